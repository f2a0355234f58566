//! The files of one table.

use std::path::Path;
use std::sync::Arc;

use super::bgzf::Deflater;
use super::parquet::{self, Arrays, ColumnJob, Group, ParquetFile};
use super::tsv::{self, TsvFile};
use super::vcf::{self, Blocks, VcfFile};
use super::{Column, Columns, Finished};
use crate::error::{Error, Result};
use crate::suppress::{ReleasedRow, TableHeader};

/// The files of one table while they are being written, in a private directory. They take released rows and nothing else.
pub struct Files {
    parquet: ParquetFile,
    vcf: VcfFile,
    tsv: Option<TsvFile>,
    encoder: Encoder,
}

/// What a batch of rows looks like in every file.
pub(super) struct Encoded {
    arrays: Arrays,
    blocks: Blocks,
    lines: Option<String>,
}

/// Makes it, in any thread.
#[derive(Clone)]
pub(super) struct Encoder {
    header: Arc<TableHeader>,
    columns: Arc<[Column]>,
    /// Where each file is, for messages.
    places: Arc<[String; 3]>,
    tsv: bool,
}

impl Files {
    /// Creates Parquet and VCF, and TSV on request.
    pub fn create(dir: &Path, header: &TableHeader, columns: &Columns, tsv: bool) -> Result<Self> {
        let columns: Arc<[Column]> = columns.list.as_slice().into();
        let places =
            ["freq.parquet", "freq.vcf.gz", "freq.tsv"].map(|name| dir.join(name).display().to_string());
        Ok(Self {
            parquet: ParquetFile::create(dir, header, &columns)?,
            vcf: VcfFile::create(dir, header, &columns)?,
            tsv: tsv.then(|| TsvFile::create(dir, &columns)).transpose()?,
            encoder: Encoder { header: Arc::new(header.clone()), columns, places: Arc::new(places), tsv },
        })
    }

    pub(super) fn encoder(&self) -> Encoder {
        self.encoder.clone()
    }

    /// Puts a batch behind those before; what is to be done for it besides, in any thread.
    pub(super) fn take(&mut self, encoded: Encoded) -> Result<Vec<ColumnJob>> {
        self.vcf.take(&self.encoder.header, &encoded.blocks)?;
        if let (Some(tsv), Some(lines)) = (&mut self.tsv, &encoded.lines) {
            tsv.take(lines)?;
        }
        self.parquet.take(encoded.arrays)
    }

    /// What is to be done when all batches were taken.
    pub(super) fn close(&mut self) -> Result<Vec<ColumnJob>> {
        self.parquet.close_group()
    }

    pub(super) fn take_columns(&mut self, group: Group) -> Result<()> {
        self.parquet.take_columns(group)
    }

    /// Writes what is left, and the index, and puts everything on disk.
    pub(super) fn finish(self) -> Result<Vec<Finished>> {
        let mut files = vec![self.parquet.finish()?];
        files.extend(self.vcf.finish()?);
        files.extend(self.tsv.map(TsvFile::finish).transpose()?);
        Ok(files)
    }
}

impl Encoder {
    /// Encodes a batch of rows, of one contig.
    pub(super) fn encode(&self, rows: &[ReleasedRow], deflater: &mut Deflater) -> Result<Encoded> {
        let (header, columns) = (&*self.header, &*self.columns);
        let at = |file: usize| move |e: Error| e.at(&self.places[file], "");
        Ok(Encoded {
            arrays: parquet::encode(header, columns, rows).map_err(at(0))?,
            blocks: vcf::encode(header, columns, rows, deflater).map_err(at(1))?,
            lines: self.tsv.then(|| tsv::encode(header, columns, rows).map_err(at(2))).transpose()?,
        })
    }
}
