//! GQ, DP and FT of every cell, as bit streams.
//!
//! A bad bit only means that the cell must be read by its definition, so this may be strict: "two or three digits, the
//! first not 0" stands for DP ≥ 10, and so on. AD is not followed: only hets need it, and those are read anyway.

use super::REACH;
use super::streams::Marks;
use crate::Filter;

/// Which subfields judge a hom-ref call; 0 where none.
pub(super) trait Wanted: Copy {
    fn dp(self) -> usize;
    fn gq(self) -> usize;
    fn ft(self) -> usize;

    /// The last of them.
    #[inline(always)]
    fn last(self) -> usize {
        self.gq().max(self.dp()).max(self.ft())
    }

    /// Cells whose subfields, each behind a colon of `behind`, do not surely pass; `behind` has nothing for 0.
    #[inline(always)]
    fn failing(self, line: &[u8], base: usize, marks: Marks, behind: impl Fn(usize) -> u64) -> u64 {
        let mut bad = behind(self.dp()) & !marks.ten | behind(self.gq()) & !marks.twenty;
        if self.ft() != 0 {
            bad |= no_pass(line, base, behind(self.ft()));
        }
        bad
    }
}

/// DP and GQ where GATK and DeepVariant's joint calls have them, `GT:AD:DP:GQ:…`, known when this is compiled: every shift
/// is then a constant, which is a third of the time.
#[derive(Clone, Copy)]
pub(super) struct Usual;

impl Usual {
    /// The number of subfields to follow.
    pub(super) const LAST: usize = 3;

    pub(super) fn is(any: Any) -> bool {
        (any.dp, any.gq, any.ft) == (2, 3, 0)
    }
}

impl Wanted for Usual {
    #[inline(always)]
    fn dp(self) -> usize {
        2
    }

    #[inline(always)]
    fn gq(self) -> usize {
        3
    }

    #[inline(always)]
    fn ft(self) -> usize {
        0
    }
}

/// Whatever a filter asks for, all of it within [`REACH`].
#[derive(Clone, Copy)]
pub(super) struct Any {
    dp: usize,
    gq: usize,
    ft: usize,
}

impl Any {
    pub(super) fn of(filter: &Filter<'_>) -> Any {
        let [gq, dp, ft] = [filter.gq, filter.dp, filter.ft].map(|index| index.unwrap_or(0).min(REACH));
        Any { dp, gq, ft }
    }
}

impl Wanted for Any {
    #[inline(always)]
    fn dp(self) -> usize {
        self.dp
    }

    #[inline(always)]
    fn gq(self) -> usize {
        self.gq
    }

    #[inline(always)]
    fn ft(self) -> usize {
        self.ft
    }
}

/// A way from the start of every cell of a line to its subfields, word by word.
pub(super) trait Follow {
    /// At the start of a line.
    fn new() -> Self;
    /// Where a cell is not one that surely passes; `start` are the cells that start in the word at `base`.
    fn step(&mut self, wanted: impl Wanted, line: &[u8], base: usize, marks: Marks, start: u64) -> u64;
}

/// Which of the subfields one behind `behind` are neither `PASS` nor `.`.
#[inline(always)]
fn no_pass(line: &[u8], base: usize, mut behind: u64) -> u64 {
    let mut bad = 0;
    while behind != 0 {
        let rest = line.get(base + behind.trailing_zeros() as usize + 1..).unwrap_or_default();
        let passes = matches!(
            rest,
            b"." | b"PASS" | [b'.', b':' | b'\t', ..] | [b'P', b'A', b'S', b'S', b':' | b'\t', ..]
        );
        bad |= if passes { 0 } else { behind & behind.wrapping_neg() };
        behind &= behind - 1;
    }
    bad
}
