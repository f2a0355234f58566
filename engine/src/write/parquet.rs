//! The table as Parquet: strings and nullable numbers that every reader knows, row groups that can be skipped.
//!
//! A row group ends after [`GROUP`] rows and where the contig changes, so that the statistics of `contig` and `pos` say
//! which groups a region needs. No order is declared in the file: contigs stand in the order of the inputs, and readers
//! take a declared order for that of the whole file, by the bytes of the name.
//!
//! Columns are built value by value in fresh buffers. A missing number is written as nothing at all, never as a number
//! with a mask over it, and dictionaries and statistics know printed values only.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int32Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::{Column, Columns, Finished, KEYS, NOTE, OutFile, Sink, Value, integer, place, tier};
use crate::error::{Error, Result};
use crate::suppress::{ReleasedRow, TableHeader};
use crate::{region, text};

/// Rows of a row group, unless the contig ends first.
const GROUP: usize = 65_536;

/// Writes `freq.parquet`.
pub struct ParquetSink {
    path: PathBuf,
    writer: ArrowWriter<OutFile>,
    schema: SchemaRef,
    columns: Vec<Column>,
    group: Group,
}

/// The row group that is being filled.
#[derive(Default)]
struct Group {
    rows: usize,
    /// Index of its contig; anything while it is empty.
    contig: usize,
    pos: Int32Builder,
    /// `contig`, `ref`, `alt`, `filter`, `tier`.
    texts: [StringBuilder; 5],
    numbers: Vec<Numbers>,
}

enum Numbers {
    Counts(Int32Builder),
    Reals(Float64Builder),
}

impl ParquetSink {
    /// Creates the file.
    pub fn create(dir: &Path, header: &TableHeader, columns: &Columns) -> Result<Self> {
        let columns = columns.list.clone();
        let schema = schema(&columns);
        let out = OutFile::create(dir, "freq.parquet")?;
        let path = out.path.clone();
        let props = properties(header, &columns).map_err(|e| failed(&path, &e))?;
        let writer =
            ArrowWriter::try_new(out, Arc::clone(&schema), Some(props)).map_err(|e| failed(&path, &e))?;
        let numbers = columns.iter().map(Numbers::new).collect();
        Ok(Self { path, writer, schema, columns, group: Group { numbers, ..Group::default() } })
    }

    /// Writes the row group, if there is one.
    fn close_group(&mut self) -> Result<()> {
        if self.group.rows == 0 {
            return Ok(());
        }
        let arrays = self.group.take();
        let written = RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(parquet::errors::ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .and_then(|()| self.writer.flush());
        written.map_err(|e| failed(&self.path, &e))
    }
}

impl Sink for ParquetSink {
    fn rows(&mut self, header: &TableHeader, mut rows: &[ReleasedRow]) -> Result<()> {
        while let Some(first) = rows.first() {
            if self.group.rows == GROUP || self.group.contig != first.contig() {
                self.close_group()?;
                self.group.contig = first.contig();
            }
            let room = &rows[..rows.len().min(GROUP - self.group.rows)];
            let same = room.iter().take_while(|row| row.contig() == first.contig()).count();
            self.group
                .add(header, &self.columns, &rows[..same])
                .map_err(|e| e.at(self.path.display(), ""))?;
            rows = &rows[same..];
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Finished>> {
        self.close_group()?;
        let out = self.writer.into_inner().map_err(|e| failed(&self.path, &e))?;
        Ok(vec![out.finish()?])
    }
}

impl Group {
    /// Appends rows of one contig: keys row by row, numbers column by column.
    fn add(&mut self, header: &TableHeader, columns: &[Column], rows: &[ReleasedRow]) -> Result<()> {
        for row in rows {
            let pos = i32::try_from(region::printed(row.pos())).map_err(|_| {
                let limit = text!("position above 2147483647", "位置が 2147483647 を超えています");
                Error::input(limit).at(place(header, row), "")
            })?;
            self.pos.append_value(pos);
            let contig = header.contigs()[row.contig()].name.as_str();
            let texts = [contig, row.reference(), row.alternate(), row.filter(), tier(row)];
            for (builder, text) in self.texts.iter_mut().zip(texts) {
                builder.append_value(text);
            }
        }
        for (numbers, column) in self.numbers.iter_mut().zip(columns) {
            for row in rows {
                numbers.push(column.of(header, row)).map_err(|e| e.at(place(header, row), &column.name))?;
            }
        }
        self.rows += rows.len();
        Ok(())
    }

    /// The arrays in the order of the schema; the group is empty afterwards.
    fn take(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        let pos: ArrayRef = Arc::new(self.pos.finish());
        let mut arrays: Vec<ArrayRef> =
            self.texts.iter_mut().map(|t| Arc::new(t.finish()) as ArrayRef).collect();
        arrays.insert(1, pos);
        arrays.extend(self.numbers.iter_mut().map(Numbers::take));
        arrays
    }
}

impl Numbers {
    fn new(column: &Column) -> Self {
        if column.is_count() { Self::Counts(Int32Builder::new()) } else { Self::Reals(Float64Builder::new()) }
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

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Counts(counts) => Arc::new(counts.finish()),
            Self::Reals(reals) => Arc::new(reals.finish()),
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

fn failed(path: &Path, error: &parquet::errors::ParquetError) -> Error {
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
        for round in 0..2 {
            for shown in [true, false, true] {
                counts.push(shown.then_some(Value::Count(77))).unwrap();
                reals.push(shown.then_some(Value::Real(0.77))).unwrap();
            }
            let (counts, reals) = (counts.take(), reals.take());
            assert_eq!(counts.as_primitive::<Int32Type>().values(), &[77, 0, 77], "round {round}");
            assert_eq!(reals.as_primitive::<Float64Type>().values(), &[0.77, 0.0, 0.77], "round {round}");
            assert!(counts.is_null(1) && reals.is_null(1) && counts.null_count() == 1);
        }
        assert!(counts.push(Some(Value::Count(u32::MAX))).is_err());
    }
}
