//! Every backend against the plain form, the plain form against hand-written answers, BCF against text.

mod agree;
mod bcf;
mod lines;
mod text;
mod vectors;

use shukei_kernels::{Backend, Call, Filter, Layout, ScanError, scan};

/// Allele `.`.
const M: u16 = Call::MISSING;
/// No second allele.
const A: u16 = Call::ABSENT;

/// Scans with one backend; calls found before are left alone.
fn calls(backend: Backend, line: &[u8], layout: &Layout<'_>) -> Result<Vec<Call>, ScanError> {
    let guard = Call { column: 77, a: 7, b: 7 };
    let mut out = vec![guard];
    let result = scan(backend, line, layout, &mut out);
    assert_eq!(out.remove(0), guard);
    assert!(result.is_ok() || out.is_empty(), "an error left calls behind");
    result.map(|()| out)
}

/// A diploid layout without filters.
fn plain(columns: usize, alleles: u16) -> Layout<'static> {
    Layout { columns, alleles, max_ploidy: 2, filter: Filter::default() }
}
