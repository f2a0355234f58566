//! Shortcuts for the cells that the fast forms visit. What they give is what [`cell::read`] gives.

use crate::adj::{BALANCE, MIN_DP, MIN_DP_HAPLOID, MIN_GQ};
use crate::{Call, Filter};

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

/// A cell of fewer than 64 bytes, and what stands behind it; bit i of the masks is byte i, for the cell's bytes alone.
#[derive(Clone, Copy)]
pub(super) struct Marked<'a> {
    pub(super) block: &'a [u8; 64],
    /// Where its tab is.
    pub(super) end: usize,
    pub(super) colons: u64,
    pub(super) commas: u64,
}

impl<'a> Marked<'a> {
    /// [`cell::read`] of a usual cell: alleles of one digit, GQ, DP and (of a het) AD asked for, there, and of one to three
    /// digits. `None` where only [`cell::read`] can tell.
    #[inline(always)]
    pub(super) fn read(self, column: u32, top: u8, filter: &Filter<'_>) -> Option<Option<Call>> {
        let gt = (self.colons.trailing_zeros() as usize).min(self.end);
        let [a, separator, b, ..] = *self.block;
        let call = match gt {
            3 if matches!(separator, b'/' | b'|') => Call { column, a: digit(a, top)?, b: digit(b, top)? },
            1 => Call { column, a: digit(a, top)?, b: Call::ABSENT },
            _ => return None,
        };
        if !call.is_called() {
            return Some(Some(call));
        }
        let call = if self.passes(call, filter)? { call } else { Call::missing(column) };
        Some(if call.is_hom_ref() { None } else { Some(call) })
    }

    /// Whether a called genotype passes; `None` unless GQ and DP and, of a het, AD are short whole numbers and nothing else
    /// is asked for.
    #[inline(always)]
    fn passes(self, call: Call, filter: &Filter<'_>) -> Option<bool> {
        let (Some(gq), Some(dp), Some(ad), None) = (filter.gq, filter.dp, filter.ad, filter.ft) else {
            return None;
        };
        let gq = number(self.text(gq)?)?;
        let dp = number(self.text(dp)?)?;
        let haploid = call.is_haploid();
        let min_dp = if haploid || filter.is_haploid(call.column) { MIN_DP_HAPLOID } else { MIN_DP };
        if f64::from(gq) < MIN_GQ || f64::from(dp) < min_dp {
            return Some(false);
        }
        if haploid || call.a == call.b {
            return Some(true);
        }
        let (start, end) = self.place(ad)?;
        let enough = |allele: u16| {
            Some(allele == 0 || BALANCE * f64::from(self.item(start, end, allele)?) >= f64::from(dp))
        };
        Some(enough(call.a)? && enough(call.b)?)
    }

    /// Start and end of a subfield that is there.
    #[inline(always)]
    fn place(self, index: usize) -> Option<(usize, usize)> {
        let mut rest = self.colons;
        for _ in 1..index {
            rest &= rest.wrapping_sub(1);
        }
        let behind = rest & rest.wrapping_sub(1);
        (rest != 0)
            .then(|| (rest.trailing_zeros() as usize + 1, self.end.min(behind.trailing_zeros() as usize)))
    }

    /// A subfield that is there.
    #[inline(always)]
    fn text(self, index: usize) -> Option<&'a [u8]> {
        let (start, end) = self.place(index)?;
        self.block.get(start..end)
    }

    /// Number `index` of a list.
    #[inline(always)]
    fn item(self, start: usize, end: usize, index: u16) -> Option<u32> {
        let before = |place: usize| (1u64 << place) - 1;
        let mut commas = self.commas & before(end) & !before(start);
        for _ in 1..index {
            commas &= commas.wrapping_sub(1);
        }
        let behind = commas & commas.wrapping_sub(1);
        let first = (commas != 0).then(|| commas.trailing_zeros() as usize + 1)?;
        number(self.block.get(first..end.min(behind.trailing_zeros() as usize))?)
    }
}

/// A whole number of one to three digits.
#[inline(always)]
fn number(text: &[u8]) -> Option<u32> {
    let digit = |byte: u8| {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        (digit < 10).then_some(digit)
    };
    match *text {
        [a, b] => Some(10 * digit(a)? + digit(b)?),
        [a] => digit(a),
        [a, b, c] => Some(100 * digit(a)? + 10 * digit(b)? + digit(c)?),
        _ => None,
    }
}
