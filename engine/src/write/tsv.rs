//! The table as text: one line of names, one line per row, `.` for what is missing.
//!
//! The names are those of Parquet. Fractions have as many digits as it takes to read the same number back.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::{Column, Columns, Finished, KEYS, OutFile, Sink, Value, field, tier};
use crate::error::{Error, Result};
use crate::region;
use crate::suppress::{ReleasedRow, TableHeader};

/// Writes `freq.tsv`.
pub struct TsvSink {
    out: OutFile,
    columns: Vec<Column>,
    /// The lines of a batch.
    lines: String,
}

impl TsvSink {
    /// Creates the file and writes the line of names.
    pub fn create(dir: &Path, columns: &Columns) -> Result<Self> {
        let columns = columns.list.clone();
        let keys = KEYS.iter().map(|(name, _)| *name);
        let names: Vec<&str> = keys.chain(columns.iter().map(|c| c.name.as_str())).collect();
        let lines = names.join("\t") + "\n";
        let mut sink = Self { out: OutFile::create(dir, "freq.tsv")?, columns, lines };
        sink.put()?;
        Ok(sink)
    }

    fn put(&mut self) -> Result<()> {
        self.out.write_all(self.lines.as_bytes()).map_err(|e| Error::io(&self.out.path, &e))?;
        self.lines.clear();
        Ok(())
    }

    fn line(&mut self, header: &TableHeader, row: &ReleasedRow) -> Result<()> {
        let lines = &mut self.lines;
        let text = |text| field(text, header, row);
        let contig = text(&header.contigs()[row.contig()].name)?;
        let (pos, tier) = (region::printed(row.pos()), tier(row));
        let (reference, alternate, filter) =
            (text(row.reference())?, text(row.alternate())?, text(row.filter())?);
        // Writing to a string cannot fail.
        let _ = write!(lines, "{contig}\t{pos}\t{reference}\t{alternate}\t{filter}\t{tier}");
        for column in &self.columns {
            let _ = match column.of(header, row) {
                None => lines.write_str("\t."),
                Some(Value::Count(n)) => write!(lines, "\t{n}"),
                Some(Value::Real(x)) => write!(lines, "\t{x:?}"),
            };
        }
        lines.push('\n');
        Ok(())
    }
}

impl Sink for TsvSink {
    fn rows(&mut self, header: &TableHeader, rows: &[ReleasedRow]) -> Result<()> {
        for row in rows {
            self.line(header, row).map_err(|e| e.at(self.out.path.display(), ""))?;
        }
        self.put()
    }

    fn finish(self: Box<Self>) -> Result<Vec<Finished>> {
        Ok(vec![self.out.finish()?])
    }
}
