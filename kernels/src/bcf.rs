//! Sample columns of a BCF record.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cell;
#[cfg(target_arch = "x86_64")]
mod judged;
#[cfg(target_arch = "x86_64")]
mod pairs;
mod scalar;
mod typed;

pub use typed::{Numbers, Strings, Typed};

use crate::backend::Kind;
use crate::{Backend, Call, ScanError};

/// Shape of the sample columns of one BCF record; see [`Layout`](crate::Layout).
#[derive(Clone, Copy, Debug)]
pub struct BcfLayout<'a> {
    /// Samples in the header.
    pub columns: usize,
    /// Alleles of the record: REF and ALTs together.
    pub alleles: u16,
    /// The largest number of alleles a call may have; see [`Layout`](crate::Layout).
    pub max_ploidy: u8,
    /// Which calls are set to `./.` by what stands beside them.
    pub filter: BcfFilter<'a>,
}

/// The vectors that judge a call, with the rules of [`Filter`](crate::Filter). `None`: not judged by it.
///
/// A field that is asked for but that the record does not have is written as values with `per_sample` 0:
/// missing in every column.
#[derive(Clone, Copy, Debug, Default)]
pub struct BcfFilter<'a> {
    /// GQ of every sample.
    pub gq: Option<Numbers<'a>>,
    /// DP of every sample.
    pub dp: Option<Numbers<'a>>,
    /// AD of every sample, one value per allele.
    pub ad: Option<Numbers<'a>>,
    /// FT of every sample.
    pub ft: Option<Strings<'a>>,
    /// One byte per column, 1 where the subject is haploid at this locus; see [`Filter`](crate::Filter).
    pub haploid: Option<&'a [u8]>,
}

impl BcfFilter<'_> {
    /// Whether calls are reported as written, whatever stands beside them.
    pub fn is_none(&self) -> bool {
        self.gq.is_none() && self.dp.is_none() && self.ad.is_none() && self.ft.is_none()
    }
}

/// Appends to `out` the calls that [`scan`](crate::scan) would find in the equivalent text.
///
/// `gt` holds the GT vectors of all samples, `(allele + 1) << 1 | phased` each. Phase bits are ignored, on
/// the first allele too; 0 and the reserved "missing" value are missing alleles; end-of-vector values may
/// only be followed by others; a vector with nothing before them is a haploid missing call (`.`).
///
/// # Errors
///
/// The first [`ScanError`] from left to right, the same with every backend; `out` is then as it was. A
/// vector of the wrong length, `gt` or one of the filter's, is an error before anything is read.
pub fn scan_bcf(
    backend: Backend,
    gt: Typed<'_>,
    layout: &BcfLayout<'_>,
    out: &mut Vec<Call>,
) -> Result<(), ScanError> {
    check_lengths(&gt, layout)?;
    let columns =
        u32::try_from(layout.columns).map_err(|_| ScanError::TooManyColumns { expected: layout.columns })?;
    let before = out.len();
    let result = match backend.0 {
        Kind::Scalar => scalar::scan(&gt, layout, 0..columns, out),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a backend of this kind is only made where the CPU has avx2, bmi1, bmi2, lzcnt and popcnt.
        Kind::Avx2 => unsafe { avx2::scan(&gt, layout, columns, out) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a backend of this kind is only made where the CPU has what `Avx2` needs and avx512f, bw, vl.
        Kind::Avx512 => unsafe { avx512::scan(&gt, layout, columns, out) },
    };
    if result.is_err() {
        out.truncate(before);
    }
    result
}

/// Every vector covers exactly the columns of the layout.
fn check_lengths(gt: &Typed<'_>, layout: &BcfLayout<'_>) -> Result<(), ScanError> {
    let expected = layout.columns;
    if !matches!(gt.width, 1 | 2 | 4) {
        return Err(ScanError::BadGenotype { column: 0 });
    }
    let filter = &layout.filter;
    let numbers = [filter.gq, filter.dp, filter.ad].into_iter().flatten().map(|numbers| numbers.size());
    let strings = filter.ft.iter().map(|strings| (strings.bytes.len(), strings.per_sample));
    let all = std::iter::once((gt.bytes.len(), gt.stride())).chain(numbers).chain(strings);
    for (bytes, stride) in all {
        let wanted = expected.saturating_mul(stride);
        if bytes < wanted {
            return Err(ScanError::TooFewColumns { seen: bytes / stride });
        }
        if bytes > wanted {
            return Err(ScanError::TooManyColumns { expected });
        }
    }
    Ok(())
}
