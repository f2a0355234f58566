//! One sample column: the definition of what a cell of text means.

use crate::adj::{Evidence, Gauge};
use crate::genotype::Genotype;
use crate::{Call, Filter, Layout, ScanError};

/// Reads one whole cell, without its tabs; `None` if it is a called diploid hom-ref.
pub(super) fn read(cell: &[u8], column: u32, layout: &Layout<'_>) -> Result<Option<Call>, ScanError> {
    let gt = cell.split(|&byte| byte == b':').next().unwrap_or(cell);
    let call = genotype(gt, column, layout)?;
    Ok(judge(call, &layout.filter, || Subfields::of(cell, &layout.filter)))
}

/// What is reported of a call.
#[inline(always)]
pub(super) fn judge<'a>(
    call: Call,
    filter: &Filter<'_>,
    subfields: impl FnOnce() -> Subfields<'a>,
) -> Option<Call> {
    let kept = !call.is_called() || filter.is_none() || passes(call, subfields(), filter);
    let call = if kept { call } else { Call::missing(call.column) };
    if call.is_hom_ref() { None } else { Some(call) }
}

/// Reads a GT subfield.
pub(super) fn genotype(gt: &[u8], column: u32, layout: &Layout<'_>) -> Result<Call, ScanError> {
    let bad = ScanError::BadGenotype { column };
    let separator = |byte: &u8| matches!(byte, b'/' | b'|');
    let unprefixed = match gt {
        [b'/' | b'|', rest @ ..] => rest,
        _ => gt,
    };
    let mut genotype = Genotype::new(column);
    for allele in unprefixed.split(separator) {
        match allele {
            b"." => genotype.push_missing(),
            _ => genotype.push(allele_number(allele).ok_or(bad)?, layout.alleles)?,
        }
    }
    genotype.finish(layout.max_ploidy)
}

/// A number of one or more digits; what `u32` cannot hold becomes its maximum.
fn allele_number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = text.iter().map(|digit| u32::from(digit - b'0'));
    Some(digits.fold(0, |number: u32, digit| number.saturating_mul(10).saturating_add(digit)))
}

/// Whether a called genotype passes the filter.
fn passes(call: Call, subfields: Subfields<'_>, filter: &Filter<'_>) -> bool {
    let Subfields { gq, dp, ad, ft } = subfields;
    if !matches!(ft, None | Some(b"" | b"." | b"PASS")) {
        return false;
    }
    let gauge = |index: Option<usize>, text: Option<&[u8]>| match index {
        None => Gauge::Unasked,
        Some(_) => Gauge::from(text.and_then(number)),
    };
    let haploid = filter.is_haploid(call.column);
    let evidence = Evidence { gq: gauge(filter.gq, gq), dp: gauge(filter.dp, dp), haploid };
    let depth_of = |allele: u16| ad?.split(|&byte| byte == b',').nth(usize::from(allele)).and_then(number);
    evidence.passes(call, filter.ad.map(|_| depth_of))
}

/// The subfields of one cell that the filter asks for; `None` where dropped or not asked for.
#[derive(Default)]
pub(super) struct Subfields<'a> {
    pub(super) gq: Option<&'a [u8]>,
    pub(super) dp: Option<&'a [u8]>,
    pub(super) ad: Option<&'a [u8]>,
    pub(super) ft: Option<&'a [u8]>,
}

impl<'a> Subfields<'a> {
    fn of(cell: &'a [u8], filter: &Filter<'_>) -> Subfields<'a> {
        let mut found = Subfields::default();
        let needed = filter.last().map_or(0, |last| last.saturating_add(1));
        for (index, text) in cell.split(|&byte| byte == b':').take(needed).enumerate() {
            for (wanted, slot) in [
                (filter.gq, &mut found.gq),
                (filter.dp, &mut found.dp),
                (filter.ad, &mut found.ad),
                (filter.ft, &mut found.ft),
            ] {
                if wanted == Some(index) {
                    *slot = Some(text);
                }
            }
        }
        found
    }
}

/// A number as callers write them: an integer or a decimal fraction of any size; `None` for `.`, nothing, NaN
/// and junk.
#[inline]
fn number(text: &[u8]) -> Option<f64> {
    let exact = text.len() <= 15 && !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if exact {
        let digits = text.iter().map(|digit| u64::from(digit - b'0'));
        return Some(digits.fold(0, |number, digit| number * 10 + digit) as f64);
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_callers_write_them() {
        assert_eq!(number(b"35"), Some(35.0));
        assert_eq!(number(b"35.0"), Some(35.0));
        assert_eq!(number(b"007"), Some(7.0));
        assert_eq!(number(b"123456789012345678901234567890"), Some(123456789012345678901234567890.0));
        for junk in [&b""[..], b".", b"nan", b"3x", b"\xff", b"1,2"] {
            assert_eq!(number(junk), None);
        }
    }

    #[test]
    fn allele_numbers_saturate() {
        assert_eq!(allele_number(b"12"), Some(12));
        assert_eq!(allele_number(b"99999999999999"), Some(u32::MAX));
        assert_eq!(allele_number(b""), None);
        assert_eq!(allele_number(b"-1"), None);
    }
}
