//! Shortcuts for the cells that the fast forms visit. What they give is what [`cell::read`] gives.

use super::cell::{self, Subfields};
use crate::{Call, Filter, Layout, ScanError};

/// The smallest digit that is no allele of a record with `alleles` alleles; 10 if every digit is one.
pub(super) fn top(alleles: u16) -> u8 {
    alleles.try_into().map_or(10, |alleles: u8| alleles.min(10))
}

/// Shortcut for what [`cell::read`] would find in most cells of a line without filters: one-digit alleles of a
/// diploid or haploid call, each below `top`. Returns them and the index of the tab or colon behind them;
/// `None` where only [`cell::read`] can tell.
#[inline(always)]
pub(super) fn short(rest: &[u8], top: u8) -> Option<(u16, u16, usize)> {
    let &[a, separator, b, end] = rest.first_chunk::<4>()?;
    let a = digit(a, top)?;
    match separator {
        b'/' | b'|' if matches!(end, b'\t' | b':') => Some((a, digit(b, top)?, 3)),
        b'\t' | b':' => Some((a, Call::ABSENT, 1)),
        _ => None,
    }
}

/// One allele of one character.
#[inline(always)]
fn digit(byte: u8, top: u8) -> Option<u16> {
    let digit = byte.wrapping_sub(b'0');
    match byte {
        b'.' => Some(Call::MISSING),
        _ if digit < top => Some(u16::from(digit)),
        _ => None,
    }
}

/// [`cell::read`] for a cell of at most 64 bytes whose colons are known: bit i is byte i.
#[inline(always)]
pub(super) fn read_marked(
    cell: &[u8],
    colons: u64,
    column: u32,
    layout: &Layout<'_>,
) -> Result<Option<Call>, ScanError> {
    let gt = &cell[..cell.len().min(colons.trailing_zeros() as usize)];
    let top = top(layout.alleles);
    let call = match *gt {
        [a, b'/' | b'|', b] if let (Some(a), Some(b)) = (digit(a, top), digit(b, top)) => {
            Call { column, a, b }
        }
        _ => cell::genotype(gt, column, layout)?,
    };
    Ok(cell::judge(call, &layout.filter, || marked(cell, colons, &layout.filter)))
}

/// [`Subfields::of`] for a cell of at most 64 bytes whose colons are known.
#[inline(always)]
fn marked<'a>(cell: &'a [u8], colons: u64, filter: &Filter<'_>) -> Subfields<'a> {
    let subfield = |index: Option<usize>| marked_subfield(cell, colons, index?);
    Subfields {
        gq: subfield(filter.gq),
        dp: subfield(filter.dp),
        ad: subfield(filter.ad),
        ft: subfield(filter.ft),
    }
}

/// Subfield `index` of a cell whose colons are known.
#[inline(always)]
fn marked_subfield(cell: &[u8], colons: u64, index: usize) -> Option<&[u8]> {
    let (mut start, mut rest) = (0, colons);
    for _ in 0..index {
        if rest == 0 {
            return None;
        }
        start = rest.trailing_zeros() as usize + 1;
        rest &= rest - 1;
    }
    cell.get(start..cell.len().min(rest.trailing_zeros() as usize))
}
