//! The table as Parquet: strings and nullable numbers that every reader knows, row groups that can be skipped.
//!
//! A row group ends after [`GROUP`] rows and where the contig changes, so that the statistics of `contig` and `pos` say
//! which groups a region needs. No order is declared in the file: contigs stand in the order of the inputs, and readers
//! take a declared order for that of the whole file, by the bytes of the name.
//!
//! Columns are built value by value in fresh buffers. A missing number is written as nothing at all, never as a number
//! with a mask over it, and dictionaries and statistics know printed values only.
//!
//! Batches of rows become arrays in any thread; the columns of a full row group are encoded side by side.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{Float64Builder, Int32Builder, StringBuilder};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::{Column, Finished, KEYS, NOTE, OutFile, Value, integer, place, tier};
use crate::error::{Error, Result};
use crate::suppress::{ReleasedRow, TableHeader};
use crate::{region, text};

/// Rows of a row group, unless the contig ends first; a whole number of batches.
const GROUP: usize = 16 * super::table::BATCH;
/// Columns that one job encodes.
const COLUMNS: usize = 8;

/// `freq.parquet`.
pub(super) struct ParquetFile {
    path: PathBuf,
    writer: SerializedFileWriter<OutFile>,
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    /// The row group that is being filled, and how many there are before it.
    filling: Vec<Arrays>,
    groups: usize,
    /// Columns of the oldest row group that is not written.
    encoded: Vec<ArrowColumnChunk>,
}

/// A batch of rows of one contig, by column.
pub(super) struct Arrays {
    contig: usize,
    rows: usize,
    columns: Vec<ArrayRef>,
}

/// Some columns of a row group that are to be encoded.
pub(super) struct ColumnJob {
    path: PathBuf,
    columns: Vec<(Arc<Field>, ArrowColumnWriter, Vec<ArrayRef>)>,
}

/// Encoded columns of a row group.
pub(super) struct Group(Vec<ArrowColumnChunk>);

impl ParquetFile {
    /// Creates the file.
    pub(super) fn create(dir: &Path, header: &TableHeader, columns: &[Column]) -> Result<Self> {
        let schema = schema(columns);
        let out = OutFile::create(dir, "freq.parquet")?;
        let path = out.path.clone();
        let made = properties(header, columns)
            .and_then(|props| ArrowWriter::try_new(out, Arc::clone(&schema), Some(props)))
            .and_then(ArrowWriter::into_serialized_writer);
        let (writer, factory) = made.map_err(|e| failed(&path, &e))?;
        Ok(Self { path, writer, factory, schema, filling: Vec::new(), groups: 0, encoded: Vec::new() })
    }

    /// Takes the next batch; if it does not go into the row group that is being filled, that one is to be encoded.
    pub(super) fn take(&mut self, arrays: Arrays) -> Result<Vec<ColumnJob>> {
        let rows: usize = self.filling.iter().map(|batch| batch.rows).sum();
        let full =
            rows + arrays.rows > GROUP || self.filling.iter().any(|batch| batch.contig != arrays.contig);
        let jobs = if full { self.close_group()? } else { Vec::new() };
        self.filling.push(arrays);
        Ok(jobs)
    }

    /// Ends the row group, if there is one.
    pub(super) fn close_group(&mut self) -> Result<Vec<ColumnJob>> {
        if self.filling.is_empty() {
            return Ok(Vec::new());
        }
        let writers = self.factory.create_column_writers(self.groups).map_err(|e| failed(&self.path, &e))?;
        self.groups += 1;
        let batches = std::mem::take(&mut self.filling);
        let mut columns: Vec<_> = writers
            .into_iter()
            .zip(self.schema.fields())
            .enumerate()
            .map(|(n, (writer, field))| {
                let arrays = batches.iter().map(|batch| Arc::clone(&batch.columns[n])).collect();
                (Arc::clone(field), writer, arrays)
            })
            .collect();
        let mut jobs = Vec::new();
        while !columns.is_empty() {
            let rest = columns.split_off(columns.len().min(COLUMNS));
            jobs.push(ColumnJob { path: self.path.clone(), columns: std::mem::replace(&mut columns, rest) });
        }
        Ok(jobs)
    }

    /// Takes encoded columns; the last ones of a row group write it.
    pub(super) fn take_columns(&mut self, Group(columns): Group) -> Result<()> {
        self.encoded.extend(columns);
        if self.encoded.len() < self.schema.fields().len() {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.encoded);
        let written = self.writer.next_row_group().and_then(|mut group| {
            columns.into_iter().try_for_each(|column| column.append_to_row_group(&mut group))?;
            group.close()
        });
        written.map(|_| ()).map_err(|e| failed(&self.path, &e))
    }

    pub(super) fn finish(self) -> Result<Finished> {
        let out = self.writer.into_inner().map_err(|e| failed(&self.path, &e))?;
        out.finish()
    }
}

impl ColumnJob {
    /// Encodes and compresses the columns.
    pub(super) fn run(self) -> Result<Group> {
        let encode = |(field, mut writer, arrays): (Arc<Field>, ArrowColumnWriter, Vec<ArrayRef>)| {
            for array in arrays {
                compute_leaves(&field, &array)?.iter().try_for_each(|leaf| writer.write(leaf))?;
            }
            writer.close()
        };
        let columns: Result<Vec<_>, ParquetError> = self.columns.into_iter().map(encode).collect();
        columns.map(Group).map_err(|e| failed(&self.path, &e))
    }
}

/// A batch of rows of one contig: keys row by row, numbers column by column.
pub(super) fn encode(header: &TableHeader, columns: &[Column], rows: &[ReleasedRow]) -> Result<Arrays> {
    let mut pos = Int32Builder::with_capacity(rows.len());
    let mut texts = [const { None::<StringBuilder> }; 5].map(|_| StringBuilder::new());
    for row in rows {
        let place_of = || place(header, row);
        pos.append_value(i32::try_from(region::printed(row.pos())).map_err(|_| {
            let limit = text!("position above 2147483647", "位置が 2147483647 を超えています");
            Error::input(limit).at(place_of(), "")
        })?);
        let contig = header.contigs()[row.contig()].name.as_str();
        let values = [contig, row.reference(), row.alternate(), row.filter(), tier(row)];
        texts.iter_mut().zip(values).for_each(|(builder, value)| builder.append_value(value));
    }
    let mut arrays: Vec<ArrayRef> =
        texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect();
    arrays.insert(1, Arc::new(pos.finish()));
    for column in columns {
        let mut numbers = Numbers::new(column, rows.len());
        for row in rows {
            numbers.push(column.of(header, row)).map_err(|e| e.at(place(header, row), &column.name))?;
        }
        arrays.push(numbers.finish());
    }
    let contig = rows.first().map_or(0, ReleasedRow::contig);
    Ok(Arrays { contig, rows: rows.len(), columns: arrays })
}

enum Numbers {
    Counts(Int32Builder),
    Reals(Float64Builder),
}

impl Numbers {
    fn new(column: &Column, rows: usize) -> Self {
        if column.is_count() {
            Self::Counts(Int32Builder::with_capacity(rows))
        } else {
            Self::Reals(Float64Builder::with_capacity(rows))
        }
    }

    /// Appends a value; nothing of a missing one reaches the buffer (its place holds zero).
    fn push(&mut self, value: Option<Value>) -> Result<()> {
        match (self, value) {
            (Self::Counts(counts), Some(Value::Count(n))) => counts.append_value(integer(n)?),
            (Self::Counts(counts), None) => counts.append_null(),
            (Self::Reals(reals), Some(Value::Real(x))) => reals.append_value(x),
            (Self::Reals(reals), None) => reals.append_null(),
            (Self::Counts(_), Some(Value::Real(_))) | (Self::Reals(_), Some(Value::Count(_))) => {
                unreachable!("Column::is_count made the column")
            }
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Counts(mut counts) => Arc::new(counts.finish()),
            Self::Reals(mut reals) => Arc::new(reals.finish()),
        }
    }
}

/// Names and types of the columns; their meaning is field metadata.
fn schema(columns: &[Column]) -> SchemaRef {
    let key = |(name, meaning): (&str, &str)| {
        let kind = if name == "pos" { DataType::Int32 } else { DataType::Utf8 };
        Field::new(name, kind, false).with_metadata([("description".to_owned(), meaning.to_owned())])
    };
    let number = |column: &Column| {
        let kind = if column.is_count() { DataType::Int32 } else { DataType::Float64 };
        let described =
            [("description", column.description.clone())].into_iter().chain(column.metadata.clone());
        let metadata = described.map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<_, _>>();
        Field::new(&column.name, kind, true).with_metadata(metadata)
    };
    let fields = KEYS.into_iter().map(key).chain(columns.iter().map(number));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// How the file is written. Statistics per page and per row group are the default.
fn properties(header: &TableHeader, columns: &[Column]) -> parquet::errors::Result<WriterProperties> {
    let note = KeyValue::new("note".to_owned(), NOTE.to_owned());
    let described = header.description().iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone()));
    let builder = WriterProperties::builder()
        .set_created_by(concat!("shukei version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(GROUP))
        .set_key_value_metadata(Some(described.chain([note]).collect()))
        .set_column_dictionary_enabled(ColumnPath::from("pos"), false)
        .set_column_encoding(ColumnPath::from("pos"), Encoding::DELTA_BINARY_PACKED);
    let reals = columns.iter().filter(|c| !c.is_count());
    let builder =
        reals.fold(builder, |b, c| b.set_column_dictionary_enabled(ColumnPath::from(c.name.as_str()), false));
    Ok(builder.build())
}

fn failed(path: &Path, error: &ParquetError) -> Error {
    Error::input(text!("{error}", "{error}")).at(path.display(), "")
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int32Type};

    use super::*;

    #[test]
    fn nothing_lies_under_a_missing_number() {
        let mut counts = Numbers::Counts(Int32Builder::new());
        let mut reals = Numbers::Reals(Float64Builder::new());
        for shown in [true, false, true] {
            counts.push(shown.then_some(Value::Count(77))).unwrap();
            reals.push(shown.then_some(Value::Real(0.77))).unwrap();
        }
        assert!(counts.push(Some(Value::Count(u32::MAX))).is_err());
        let (counts, reals) = (counts.finish(), reals.finish());
        assert_eq!(counts.as_primitive::<Int32Type>().values(), &[77, 0, 77]);
        assert_eq!(reals.as_primitive::<Float64Type>().values(), &[0.77, 0.0, 0.77]);
        assert!(counts.is_null(1) && reals.is_null(1) && counts.null_count() == 1);
    }
}
