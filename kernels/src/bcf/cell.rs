//! One sample of a BCF record: the definition of what its vectors mean.

use super::typed::Value;
use super::{BcfFilter, BcfLayout, Numbers, Strings, Typed};
use crate::adj::{Evidence, Gauge};
use crate::genotype::Genotype;
use crate::layout::declared_haploid;
use crate::{Call, ScanError};

/// How htslib writes a missing string.
const MISSING_STRING: &[u8] = b"\x07";

/// Reads one sample; `None` if it is a called diploid hom-ref.
pub(super) fn read(gt: &Typed<'_>, column: u32, layout: &BcfLayout<'_>) -> Result<Option<Call>, ScanError> {
    let mut call = genotype(gt, column, layout)?;
    if call.is_called() && !layout.filter.is_none() && !passes(call, &layout.filter) {
        call = Call::missing(column);
    }
    Ok(if call.is_hom_ref() { None } else { Some(call) })
}

/// Reads the GT vector of one sample.
fn genotype(gt: &Typed<'_>, column: u32, layout: &BcfLayout<'_>) -> Result<Call, ScanError> {
    let bad = ScanError::BadGenotype { column };
    let mut genotype = Genotype::new(column);
    let mut ended = false;
    for value in gt.sample(column) {
        match value {
            Value::End => ended = true,
            _ if ended => return Err(bad),
            Value::Missing | Value::Int(0 | 1) => genotype.push_missing(),
            Value::Int(value) => {
                let value = u32::try_from(value).map_err(|_| bad)?;
                genotype.push((value >> 1) - 1, layout.alleles)?;
            }
        }
    }
    genotype.finish(layout.max_ploidy)
}

/// Whether a called genotype passes the filter.
pub(super) fn passes(call: Call, filter: &BcfFilter<'_>) -> bool {
    let column = call.column;
    if filter.ft.is_some_and(|ft| !has_passed(&ft, column)) {
        return false;
    }
    let gauge = |numbers: Option<Numbers<'_>>| match numbers {
        None => Gauge::Unasked,
        Some(numbers) => Gauge::from(numbers.get(column, 0)),
    };
    let haploid = declared_haploid(filter.haploid, column);
    let evidence = Evidence { gq: gauge(filter.gq), dp: gauge(filter.dp), haploid };
    let depth_of = |allele: u16| filter.ad?.get(column, usize::from(allele));
    evidence.passes(call, filter.ad.map(|_| depth_of))
}

/// Whether FT lets a call pass.
pub(super) fn has_passed(ft: &Strings<'_>, column: u32) -> bool {
    matches!(ft.get(column), b"" | b"." | MISSING_STRING | b"PASS")
}
