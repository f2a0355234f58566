//! The definition: one cell after the other.

use super::cell;
use crate::{Call, Layout, ScanError};

/// Reads `line` cell by cell. On error `out` may hold calls of the columns before.
pub(super) fn scan(line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Result<(), ScanError> {
    let expected = layout.columns;
    if expected == 0 && line.is_empty() {
        return Ok(());
    }
    let mut column = 0;
    for cell in line.split(|&byte| byte == b'\t') {
        if column as usize >= expected {
            return Err(ScanError::TooManyColumns { expected });
        }
        out.extend(cell::read(cell, column, layout)?);
        column += 1;
    }
    let seen = column as usize;
    if seen < expected { Err(ScanError::TooFewColumns { seen }) } else { Ok(()) }
}
