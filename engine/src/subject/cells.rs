//! The cells of a column whose values have a grammar.

use std::collections::HashMap;

use crate::error::Text;

use super::column::Column;
use super::delimited::Record;
use super::layout::Layout;

/// Reads the cells of one column. A table writes the same few values over and over: each of them is read once.
pub(super) struct Cells<'t, T> {
    pub(super) column: Column,
    /// Where the column is; None when the table does not have it.
    index: Option<usize>,
    parse: fn(&str) -> Result<T, Text>,
    /// Values by how they are written.
    known: HashMap<&'t str, T>,
}

impl<'t, T: Clone + Default> Cells<'t, T> {
    /// Cells that `parse` reads.
    pub(super) fn new(column: Column, layout: &Layout, parse: fn(&str) -> Result<T, Text>) -> Self {
        Self { column, index: layout.index(column), parse, known: HashMap::new() }
    }

    /// The value in a record; unknown (the default) when the table has no such column.
    pub(super) fn read(&mut self, record: &'t Record<'t>) -> Result<T, Text> {
        let Some(index) = self.index else { return Ok(T::default()) };
        let written = record.fields[index].trim();
        if let Some(value) = self.known.get(written) {
            return Ok(value.clone());
        }
        let value = (self.parse)(written)?;
        self.known.insert(written, value.clone());
        Ok(value)
    }
}
