//! The definition: one sample after the other.

use super::cell;
use super::{BcfLayout, Typed};
use crate::{Call, ScanError};

/// Reads the samples of `columns`. On error `out` may hold calls of the columns before.
pub(super) fn scan(
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    columns: std::ops::Range<u32>,
    out: &mut Vec<Call>,
) -> Result<(), ScanError> {
    for column in columns {
        out.extend(cell::read(gt, column, layout)?);
    }
    Ok(())
}
