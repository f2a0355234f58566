//! What an earlier release printed, read from its archived `freq.parquet` in genome order.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::statistics::Statistics;

use crate::error::{Error, Result};
use crate::region::{canonical, from_printed};
use crate::suppress::Numbers;
use crate::text;

/// One row of an earlier table.
#[derive(Clone, PartialEq)]
pub(crate) struct EarlierRow {
    pub(crate) reference: String,
    pub(crate) alternate: String,
    /// The row is of tier G.
    pub(crate) genotypes: bool,
    /// Per node of the table's trees.
    pub(crate) numbers: Vec<Option<Numbers>>,
}

impl EarlierRow {
    /// True for the row of this REF and ALT.
    pub(crate) fn is(&self, (reference, alternate): (&str, &str)) -> bool {
        self.reference == reference && self.alternate == alternate
    }
}

/// Rows of one archived table, asked for in genome order.
pub(crate) struct EarlierTable {
    path: PathBuf,
    /// Names of the nodes, `None` for those that no table shows.
    nodes: Vec<Option<String>>,
    metadata: ArrowReaderMetadata,
    contig: String,
    reader: Option<ParquetRecordBatchReader>,
    batch: Option<RecordBatch>,
    at: usize,
    /// Columns of each node in a batch: AC, AN, nhomref, nhet, nhomalt, nhemi.
    columns: Vec<Option<[Option<usize>; 6]>>,
}

impl EarlierTable {
    /// Opens the archived file after its bytes were found to be those of the ledger.
    pub(crate) fn open(path: &Path, blake3: &str, nodes: Vec<Option<String>>) -> Result<Self> {
        let mut hasher = blake3::Hasher::new();
        let file = File::open(path).map_err(|e| missing(path, &e.to_string()))?;
        hasher.update_reader(&file).map_err(|e| Error::io(path, &e))?;
        if hasher.finalize().to_hex().as_str() != blake3 {
            return Err(Error::refused(text!(
                "the archived table is not the one that the ledger records; nothing more is released until an operator has \
                 restored it",
                "保管された表が台帳の記録と一致しません。管理者が復元するまで、以後の公開はできません"
            ))
            .at(path.display(), ""));
        }
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(|e| missing(path, &e.to_string()))?;
        let (path, contig) = (path.to_owned(), String::new());
        Ok(Self { path, nodes, metadata, contig, reader: None, batch: None, at: 0, columns: Vec::new() })
    }

    /// The rows at a position (0-based); positions of a contig are asked for in ascending order.
    pub(crate) fn rows(&mut self, contig: &str, pos: u64) -> Result<Vec<EarlierRow>> {
        if canonical(contig) != self.contig {
            self.seek(canonical(contig))?;
        }
        let mut rows = Vec::new();
        while let Some(here) = self.position()? {
            match here.cmp(&pos) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => rows.push(self.row()),
                std::cmp::Ordering::Greater => break,
            }
            self.at += 1;
        }
        Ok(rows)
    }

    /// Starts at the first row of a contig: row groups hold one contig each.
    fn seek(&mut self, contig: &str) -> Result<()> {
        contig.clone_into(&mut self.contig);
        (self.batch, self.at) = (None, 0);
        let group_of = |group: &parquet::file::metadata::RowGroupMetaData| {
            let Some(Statistics::ByteArray(statistics)) = group.column(0).statistics() else { return true };
            let name = statistics.min_opt().and_then(|min| std::str::from_utf8(min.data()).ok());
            name.is_none_or(|name| canonical(name) == contig)
        };
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let groups: Vec<usize> = groups.filter(|(_, g)| group_of(g)).map(|(i, _)| i).collect();
        let file = File::open(&self.path).map_err(|e| missing(&self.path, &e.to_string()))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let reader = builder.with_row_groups(groups).with_batch_size(4_096).build();
        self.reader = Some(reader.map_err(|e| missing(&self.path, &e.to_string()))?);
        Ok(())
    }

    /// The position of the next row, 0-based.
    fn position(&mut self) -> Result<Option<u64>> {
        loop {
            if let Some(batch) = &self.batch
                && self.at < batch.num_rows()
            {
                let printed = batch.column(1).as_primitive::<Int32Type>().value(self.at);
                return Ok(Some(
                    from_printed(u64::try_from(printed).unwrap_or_default()).unwrap_or_default(),
                ));
            }
            let Some(reader) = &mut self.reader else { return Ok(None) };
            let Some(batch) = reader.next() else { return Ok(None) };
            let batch = batch.map_err(|e| missing(&self.path, &e.to_string()))?;
            let find = |name: &str| batch.schema_ref().index_of(name).ok();
            let measures = ["AC", "AN", "nhomref", "nhet", "nhomalt", "nhemi"];
            let of = |name: &String| {
                let column = |measure: &str| {
                    find(&if name.is_empty() { measure.to_owned() } else { format!("{measure}_{name}") })
                };
                measures.map(column)
            };
            self.columns = self.nodes.iter().map(|name| name.as_ref().map(of)).collect();
            (self.batch, self.at) = (Some(batch), 0);
        }
    }

    /// The row at which the reader stands.
    fn row(&self) -> EarlierRow {
        let Some(batch) = &self.batch else { unreachable!("`position` found a row") };
        let string = |i: usize| batch.column(i).as_string::<i32>().value(self.at).to_owned();
        let number = |column: Option<usize>| {
            let column = batch.column(column?).as_primitive_opt::<Int32Type>()?;
            (!column.is_null(self.at)).then(|| i64::from(column.value(self.at)))
        };
        let numbers = |columns: &Option<[Option<usize>; 6]>| {
            let [ac, an, homref, het, homalt, hemi] = columns.as_ref()?.map(number);
            let (ac, an) = (ac?, an?);
            let genotypes = homref.zip(het).zip(homalt.zip(hemi)).map(|((homref, het), (homalt, hemi))| {
                // AN = 2 · (diploid hom-ref + het + hom-alt) + haploid REF + hemi.
                let diploid = an - homref - 2 * het - 2 * homalt - hemi;
                [diploid, het, homalt, homref - diploid, hemi]
            });
            Some(Numbers { ac, an, genotypes })
        };
        EarlierRow {
            reference: string(2),
            alternate: string(3),
            genotypes: string(5) == "G",
            numbers: self.columns.iter().map(numbers).collect(),
        }
    }
}

/// An archived table that cannot be read: nothing can be judged, so nothing is released.
fn missing(path: &Path, what: &str) -> Error {
    Error::refused(text!(
        "an earlier release cannot be read from the archive ({what}); nothing more of these people is released until an \
         operator has restored it",
        "過去の公開物を保管場所から読めません（{what}）。管理者が復元するまで、同じ人を含む表は公開できません"
    ))
    .at(path.display(), "")
}
