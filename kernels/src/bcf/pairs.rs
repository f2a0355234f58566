//! Diploid GT vectors of one byte per allele, the usual form.
//!
//! The idea:
//!
//! ```text
//! for every 32 samples:
//!     other = (value & !phase) is not 0x02, for either allele
//!     no filter:    decode 16 samples at once, where there are others
//!     with filters: other |= GQ below 20 | DP below 10 | FT not known to pass
//!                   read the samples in other by their definition
//! the rest, and all other shapes, by the definition
//! ```
//!
//! Reserved values are negative, so missing GQ and DP are below any threshold without a test of their own.

use super::cell;
use super::scalar;
use super::{BcfFilter, BcfLayout, Numbers, Typed};
use crate::adj::{MIN_DP, MIN_GQ};
use crate::{Call, ScanError};

/// Samples whose hom-ref proof is one step.
const BLOCK: u32 = 32;

/// Instructions of one family. A value is a promise that the CPU has them; see `scan/simd.rs`.
pub(super) trait Simd: Copy {
    /// Bit i: sample i of 32 is hom-ref.
    fn hom_ref(self, gt: &[u8; 64]) -> u32;
    /// Appends the calls of the leading samples of 16 that are not hom-ref; returns how many samples have two
    /// values, alleles below `samples.top` or missing, or one allele and end-of-vector.
    fn decode(self, gt: &[u8; 32], samples: Samples, out: &mut Vec<Call>) -> u32;
    /// Bit i: value i of 32 is below `min`.
    fn below8(self, values: &[u8; 32], min: i8) -> u32;
    /// Bit i: value i of 32 is below `min`.
    fn below16(self, values: &[u8; 64], min: i16) -> u32;
}

/// Where 16 samples stand and what they may say.
#[derive(Clone, Copy)]
pub(super) struct Samples {
    /// Column of the first.
    pub(super) column: u32,
    /// The smallest allele that is none: at most 63, which no value of one byte can hold.
    pub(super) top: u8,
}

/// Reads all samples. Vectors have the length that `layout` and `columns`, which agree, say.
#[inline(always)]
pub(super) fn scan<S: Simd>(
    simd: S,
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    columns: u32,
    out: &mut Vec<Call>,
) -> Result<(), ScanError> {
    if gt.width != 1 || gt.per_sample != 2 || layout.alleles == 0 {
        return scalar::scan(gt, layout, 0..columns, out);
    }
    let read = if layout.filter.is_none() {
        unfiltered(simd, gt, layout, out)?
    } else {
        filtered(simd, gt, layout, out)?
    };
    scalar::scan(gt, layout, read..columns, out)
}

/// Reads samples as long as blocks fit; returns how many.
#[inline(always)]
fn unfiltered<S: Simd>(
    simd: S,
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    out: &mut Vec<Call>,
) -> Result<u32, ScanError> {
    let top = u8::try_from(layout.alleles).map_or(63, |alleles| alleles.min(63));
    let mut column = 0;
    while let Some((block, half)) =
        block(gt.bytes, column).and_then(|b: &[u8; 64]| Some((b, b.first_chunk()?)))
    {
        if simd.hom_ref(block) == u32::MAX {
            column += BLOCK;
            continue;
        }
        let taken = simd.decode(half, Samples { column, top }, out);
        if taken == 16 {
            column += 16;
            continue;
        }
        out.extend(cell::read(gt, column + taken, layout)?);
        column += taken + 1;
    }
    Ok(column)
}

/// Reads samples as long as blocks fit; returns how many.
#[inline(always)]
fn filtered<S: Simd>(
    simd: S,
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    out: &mut Vec<Call>,
) -> Result<u32, ScanError> {
    let mut column = 0;
    while let Some(genotypes) = block(gt.bytes, column) {
        let mut others = !simd.hom_ref(genotypes) | doubtful(simd, &layout.filter, column);
        while others != 0 {
            out.extend(cell::read(gt, column + others.trailing_zeros(), layout)?);
            others &= others - 1;
        }
        column += BLOCK;
    }
    Ok(column)
}

/// Samples of the block at `column` that a hom-ref call may fail in.
#[inline(always)]
fn doubtful<S: Simd>(simd: S, filter: &BcfFilter<'_>, column: u32) -> u32 {
    let mut others = 0;
    if let Some(gq) = &filter.gq {
        others |= below(simd, gq, column, MIN_GQ);
    }
    if let Some(dp) = &filter.dp {
        others |= below(simd, dp, column, MIN_DP);
    }
    if let Some(ft) = &filter.ft {
        others |= each(|lane| !matches!(ft.get(column + lane), b"PASS" | b"."));
    }
    others
}

/// Samples of the block at `column` whose number is missing or below `min`.
#[inline(always)]
fn below<S: Simd>(simd: S, numbers: &Numbers<'_>, column: u32, min: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "thresholds are small whole numbers")]
    let (byte, word) = (min as i8, min as i16);
    let known = match numbers {
        Numbers::Int(Typed { bytes, width: 1, per_sample: 1 }) => {
            block(bytes, column).map(|values| simd.below8(values, byte))
        }
        Numbers::Int(Typed { bytes, width: 2, per_sample: 1 }) => {
            block(bytes, column).map(|values| simd.below16(values, word))
        }
        _ => None,
    };
    known.unwrap_or_else(|| each(|lane| numbers.get(column + lane, 0).is_none_or(|value| value < min)))
}

/// The 32 values that start with the one of `column`, where there are so many.
#[inline(always)]
fn block<const BYTES: usize>(bytes: &[u8], column: u32) -> Option<&[u8; BYTES]> {
    bytes.get(column as usize * (BYTES / BLOCK as usize)..)?.first_chunk()
}

/// One bit per sample of a block.
#[inline(always)]
fn each(test: impl Fn(u32) -> bool) -> u32 {
    (0..BLOCK).fold(0, |bits, lane| bits | u32::from(test(lane)) << lane)
}
