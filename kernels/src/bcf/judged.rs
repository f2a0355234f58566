//! The filters of 32 samples at once.
//!
//! The idea: what fails is a mask, like what is hom-ref, and hardly ever needs a look at a single sample.
//!
//! ```text
//! failed = called & (GQ below 20 | DP below 5 | DP below 10 and not haploid | FT not known to pass)
//! failed |= het & 5 * AD of the ALT below DP
//! ```
//!
//! GQ, DP and AD of one or two bytes become 16 bits. Reserved values are negative: missing numbers are below any
//! threshold without a test of their own. With several ALTs, the hets that are left are judged one by one.

use super::pairs::{self, BLOCK, Seen, Simd};
use super::{BcfFilter, BcfLayout, Numbers, Typed, cell};
use crate::Call;
use crate::adj::{BALANCE, MIN_DP, MIN_DP_HAPLOID, MIN_GQ};
use crate::layout::declared_haploid;

/// What [`Simd::below_fifth`] says.
const _: () = assert!(BALANCE == 5.0);

/// Samples of the block at `column` that are called and fail.
#[inline(always)]
pub(super) fn failed<S: Simd>(
    simd: S,
    block: &[u8; 64],
    seen: Seen,
    column: u32,
    layout: &BcfLayout<'_>,
) -> u32 {
    let filter = &layout.filter;
    let mut failed = 0;
    if let Some(gq) = &filter.gq {
        failed |= below(simd, gq, load(simd, gq, column), column, MIN_GQ);
    }
    let mut depths = None;
    if let Some(dp) = &filter.dp {
        depths = load(simd, dp, column);
        let haploid = seen.haploid | declared(simd, filter.haploid, column);
        failed |= below(simd, dp, depths, column, MIN_DP) & !haploid;
        failed |= below(simd, dp, depths, column, MIN_DP_HAPLOID);
    }
    if let Some(ft) = &filter.ft {
        failed |= each(|lane| !cell::has_passed(ft, column + lane));
    }
    failed &= seen.called;
    let hets = seen.called & seen.differ & !seen.haploid & !failed;
    if let Some(ad) = &filter.ad {
        failed |= match (depths, seconds(simd, ad, column)) {
            (Some(dp), Some(ad)) if layout.alleles == 2 => hets & simd.below_fifth(ad, dp),
            _ => unbalanced(block, hets, column, filter),
        };
    }
    failed
}

/// Samples of the block at `column` that the table has as haploid.
#[inline(always)]
fn declared<S: Simd>(simd: S, table: Option<&[u8]>, column: u32) -> u32 {
    match table {
        None => 0,
        Some(flags) => match pairs::block(flags, column) {
            Some(flags) => simd.equal(flags, 1),
            None => each(|lane| declared_haploid(table, column + lane)),
        },
    }
}

/// The 32 numbers from `column` on, if they are integers of one or two bytes, one per sample.
#[inline(always)]
fn load<S: Simd>(simd: S, numbers: &Numbers<'_>, column: u32) -> Option<S::Numbers> {
    match numbers {
        Numbers::Int(Typed { bytes, width: 1, per_sample: 1 }) => {
            Some(simd.narrow(pairs::block(bytes, column)?))
        }
        Numbers::Int(Typed { bytes, width: 2, per_sample: 1 }) => {
            Some(simd.wide(pairs::block(bytes, column)?))
        }
        _ => None,
    }
}

/// The second numbers of 32 samples, if they are integers of one or two bytes, two per sample.
#[inline(always)]
fn seconds<S: Simd>(simd: S, numbers: &Numbers<'_>, column: u32) -> Option<S::Numbers> {
    match numbers {
        Numbers::Int(Typed { bytes, width: 1, per_sample: 2 }) => {
            Some(simd.narrow_second(pairs::block(bytes, column)?))
        }
        Numbers::Int(Typed { bytes, width: 2, per_sample: 2 }) => {
            Some(simd.wide_second(pairs::block(bytes, column)?))
        }
        _ => None,
    }
}

/// Samples of the block at `column` whose number, `loaded` where it is usual, is missing or below `min`.
#[inline(always)]
fn below<S: Simd>(simd: S, numbers: &Numbers<'_>, loaded: Option<S::Numbers>, column: u32, min: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "thresholds are small whole numbers")]
    match loaded {
        Some(loaded) => simd.below(loaded, min as i16),
        None => each(|lane| numbers.get(column + lane, 0).is_none_or(|value| value < min)),
    }
}

/// Samples among `hets`, whose DP has passed, with too small an AD.
#[inline(always)]
fn unbalanced(block: &[u8; 64], mut hets: u32, column: u32, filter: &BcfFilter<'_>) -> u32 {
    let (Some(Numbers::Int(ad)), Some(Numbers::Int(dp))) = (filter.ad, filter.dp) else {
        return hets & each(|lane| !cell::passes(call(block, lane, column), filter));
    };
    let mut failed = 0;
    while hets != 0 {
        let lane = hets.trailing_zeros();
        let Call { column, a, b } = call(block, lane, column);
        let enough = has_reads(&ad, &dp, column, a) && has_reads(&ad, &dp, column, b);
        failed |= u32::from(!enough) << lane;
        hets &= hets - 1;
    }
    failed
}

/// Whether an allele of a het has its share of the reads. No AD is a negative number, or none, and not enough.
#[inline(always)]
fn has_reads(ad: &Typed<'_>, dp: &Typed<'_>, column: u32, allele: u16) -> bool {
    if allele == 0 {
        return true;
    }
    let (Some(ad), Some(dp)) = (ad.stored(column, allele.into()), dp.stored(column, 0)) else { return false };
    BALANCE * f64::from(ad) >= f64::from(dp)
}

/// A het of the block at `column`.
#[inline(always)]
fn call(block: &[u8; 64], lane: u32, column: u32) -> Call {
    let (values, _) = block.as_chunks::<2>();
    let [a, b] = values[lane as usize % values.len()].map(|value| (u16::from(value) >> 1).wrapping_sub(1));
    Call { column: column + lane, a, b }
}

/// One bit per sample of a block. Not for the usual shapes: in their loops a call must not take registers.
#[cold]
#[inline(never)]
fn each(test: impl Fn(u32) -> bool) -> u32 {
    (0..BLOCK).fold(0, |bits, lane| bits | u32::from(test(lane)) << lane)
}
