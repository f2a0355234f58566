//! Diploid GT vectors of one byte per allele, the usual form.
//!
//! The idea:
//!
//! ```text
//! for every 32 samples:
//!     other  = (value & !phase) is not 0x02, for either allele
//!     failed = called, but rejected by a filter; see `judged`
//!     decode all 32 at once where there are others or failed ones: `./.` for the failed
//! the rest, and all other shapes, by the definition
//! ```
//!
//! Nothing branches on a single sample: with one in 16 to be reported, whether there is one among the next 8 or 16, and
//! whether it is a het, are coins that no branch predictor knows. A million of them with GQ, DP and AD take 0.79 ms with
//! such branches, 0.35 ms without (AVX-512, Zen 5). Where nearly all are hom-ref it costs: one carrier in 200, no filter,
//! AVX2, 37 ns per 1,000 samples became 54.

use super::{BcfLayout, Typed, cell, judged, scalar};
use crate::{Call, ScanError};

/// Samples that are read in one step.
pub(super) const BLOCK: u32 = 32;

/// Instructions of one family. A value is a promise that the CPU has them; see `scan/simd.rs`.
pub(super) trait Simd: Copy {
    /// 32 numbers of 16 bits.
    type Numbers: Copy;

    /// What 32 vectors say.
    fn look(self, gt: &[u8; 64]) -> Seen;
    /// Appends the calls of the leading samples of 32 that are to be reported; returns how many samples have two
    /// values, alleles below `samples.top` or missing, or one allele and end-of-vector.
    fn decode(self, gt: &[u8; 64], samples: Samples, out: &mut Vec<Call>) -> u32;

    /// Bit i: byte i is `byte`.
    fn equal(self, bytes: &[u8; 32], byte: u8) -> u32;
    /// Numbers of 8 bits.
    fn narrow(self, values: &[u8; 32]) -> Self::Numbers;
    /// Numbers of 16 bits.
    fn wide(self, values: &[u8; 64]) -> Self::Numbers;
    /// The second numbers of pairs of 8 bits.
    fn narrow_second(self, pairs: &[u8; 64]) -> Self::Numbers;
    /// The second numbers of pairs of 16 bits.
    fn wide_second(self, pairs: &[u8; 128]) -> Self::Numbers;
    /// Bit i: number i is below `min`.
    fn below(self, numbers: Self::Numbers, min: i16) -> u32;
    /// Bit i: five times number i is below number i of `all`.
    fn below_fifth(self, numbers: Self::Numbers, all: Self::Numbers) -> u32;
}

/// One bit per sample. Of a sample that [`Simd::decode`] does not take, only `hom_ref` means anything.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// Two alleles, both REF.
    pub(super) hom_ref: u32,
    /// No allele is missing.
    pub(super) called: u32,
    /// The second value is end-of-vector.
    pub(super) haploid: u32,
    /// The values differ in more than their phase.
    pub(super) differ: u32,
}

/// Where 32 samples stand and what they may say.
#[derive(Clone, Copy)]
pub(super) struct Samples {
    /// Column of the first.
    pub(super) column: u32,
    /// The smallest allele that is none: at most 63, which no value of one byte can hold.
    pub(super) top: u8,
    /// Bit i: sample i is to be reported.
    pub(super) others: u32,
    /// Bit i: as `./.`, whatever its alleles.
    pub(super) failed: u32,
}

impl Samples {
    /// What is behind the first `count`.
    #[inline(always)]
    pub(super) fn behind(self, count: u32) -> Samples {
        let Samples { column, top, others, failed } = self;
        Samples { column: column + count, top, others: others >> count, failed: failed >> count }
    }
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
        blocks::<S, false>(simd, gt, layout, out)?
    } else {
        blocks::<S, true>(simd, gt, layout, out)?
    };
    scalar::scan(gt, layout, read..columns, out)
}

/// Reads samples as long as blocks fit; returns how many.
#[inline(always)]
fn blocks<S: Simd, const JUDGED: bool>(
    simd: S,
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    out: &mut Vec<Call>,
) -> Result<u32, ScanError> {
    let top = u8::try_from(layout.alleles).map_or(63, |alleles| alleles.min(63));
    let mut column = 0;
    while let Some(block) = block(gt.bytes, column) {
        let seen = simd.look(block);
        let failed = if JUDGED { judged::failed(simd, block, seen, column, layout) } else { 0 };
        let others = !seen.hom_ref | failed;
        if others == 0 {
            column += BLOCK;
            continue;
        }
        let taken = simd.decode(block, Samples { column, top, others, failed }, out);
        if taken == BLOCK {
            // Not `+= taken`: the next load would wait for it, and all take twice as long.
            column += BLOCK;
            continue;
        }
        odd(gt, column + taken, layout, out)?;
        column += taken + 1;
    }
    Ok(column)
}

/// Reads one sample by its definition.
#[cold]
#[inline(never)]
fn odd(gt: &Typed<'_>, column: u32, layout: &BcfLayout<'_>, out: &mut Vec<Call>) -> Result<(), ScanError> {
    out.extend(cell::read(gt, column, layout)?);
    Ok(())
}

/// The 32 values that start with the one of `column`, where there are so many.
#[inline(always)]
pub(super) fn block<const BYTES: usize>(bytes: &[u8], column: u32) -> Option<&[u8; BYTES]> {
    bytes.get(column as usize * (BYTES / BLOCK as usize)..)?.first_chunk()
}
