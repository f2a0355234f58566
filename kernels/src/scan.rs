//! Sample columns of a VCF record.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cell;
#[cfg(target_arch = "x86_64")]
mod fields;
#[cfg(target_arch = "x86_64")]
mod hops;
#[cfg(target_arch = "x86_64")]
mod quick;
#[cfg(target_arch = "x86_64")]
mod ranks;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod simd;
#[cfg(target_arch = "x86_64")]
mod streams;
#[cfg(target_arch = "x86_64")]
mod stride;
#[cfg(target_arch = "x86_64")]
mod visits;

use crate::backend::Kind;
use crate::{Backend, Call, Layout, ScanError};

/// Appends to `out`, in increasing order of column, one [`Call`] for every sample that is not a called
/// diploid hom-ref.
///
/// `line` is everything after the tab that follows FORMAT, without the newline; one trailing carriage return is
/// ignored. Columns are separated by tabs, subfields by colons, and GT is the first subfield: alleles
/// (decimal numbers or `.`) joined by `/` or `|`, from VCF 4.4 on perhaps with one of them in front.
///
/// # Errors
///
/// The first [`ScanError`] from left to right, the same with every backend; `out` is then as it was.
pub fn scan(
    backend: Backend,
    line: &[u8],
    layout: &Layout<'_>,
    out: &mut Vec<Call>,
) -> Result<(), ScanError> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let before = out.len();
    if fast(backend, line, layout, out).is_some() {
        return Ok(());
    }
    // Either the plain form was asked for, or something is wrong and the plain form says what.
    out.truncate(before);
    let result = scalar::scan(line, layout, out);
    if result.is_err() {
        out.truncate(before);
    }
    result
}

/// The fast forms; `None` where there is none for this backend or layout, and for any line with an error,
/// with anything appended to `out`.
#[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "no fast form here"))]
fn fast(backend: Backend, line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    if layout.columns == 0 || layout.alleles == 0 || !fields_in_reach(layout) {
        return None;
    }
    match backend.0 {
        Kind::Scalar => None,
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a backend of this kind is only made where the CPU has avx2, bmi1, bmi2, lzcnt and popcnt.
        Kind::Avx2 => unsafe { avx2::scan(line, layout, out) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a backend of this kind is only made where the CPU has what `Avx2` needs and avx512f, bw, vl.
        Kind::Avx512 => unsafe { avx512::scan(line, layout, out) },
    }
}

/// Whether every subfield asked for is one that the fast forms can follow: not GT itself, and not far right.
fn fields_in_reach(layout: &Layout<'_>) -> bool {
    let filter = &layout.filter;
    [filter.gq, filter.dp, filter.ft].into_iter().flatten().all(|index| (1..=REACH).contains(&index))
}

/// The last subfield that the fast forms can follow.
const REACH: usize = 16;
