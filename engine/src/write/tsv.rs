//! The table as text: one line of names, one line per row, `.` for what is missing.
//!
//! The names are those of Parquet. Fractions have as many digits as it takes to read the same number back.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::{Column, Finished, KEYS, OutFile, Value, field, tier};
use crate::error::{Error, Result};
use crate::region;
use crate::suppress::{ReleasedRow, TableHeader};

/// `freq.tsv`.
pub(super) struct TsvFile {
    out: OutFile,
}

impl TsvFile {
    /// Creates the file and writes the line of names.
    pub(super) fn create(dir: &Path, columns: &[Column]) -> Result<Self> {
        let keys = KEYS.iter().map(|(name, _)| *name);
        let names: Vec<&str> = keys.chain(columns.iter().map(|c| c.name.as_str())).collect();
        let mut file = Self { out: OutFile::create(dir, "freq.tsv")? };
        file.take(&(names.join("\t") + "\n"))?;
        Ok(file)
    }

    /// Appends lines.
    pub(super) fn take(&mut self, lines: &str) -> Result<()> {
        self.out.write_all(lines.as_bytes()).map_err(|e| Error::io(&self.out.path, &e))
    }

    pub(super) fn finish(self) -> Result<Finished> {
        self.out.finish()
    }
}

/// The lines of rows.
pub(super) fn encode(header: &TableHeader, columns: &[Column], rows: &[ReleasedRow]) -> Result<String> {
    let mut lines = String::new();
    for row in rows {
        line(header, columns, row, &mut lines)?;
    }
    Ok(lines)
}

fn line(header: &TableHeader, columns: &[Column], row: &ReleasedRow, lines: &mut String) -> Result<()> {
    let text = |text| field(text, header, row);
    let contig = text(&header.contigs()[row.contig()].name)?;
    let (pos, tier) = (region::printed(row.pos()), tier(row));
    let (reference, alternate, filter) =
        (text(row.reference())?, text(row.alternate())?, text(row.filter())?);
    // Writing to a string cannot fail.
    let _ = write!(lines, "{contig}\t{pos}\t{reference}\t{alternate}\t{filter}\t{tier}");
    for column in columns {
        let _ = match column.of(header, row) {
            None => lines.write_str("\t."),
            Some(Value::Count(n)) => write!(lines, "\t{n}"),
            Some(Value::Real(x)) => write!(lines, "\t{x:?}"),
        };
    }
    lines.push('\n');
    Ok(())
}
