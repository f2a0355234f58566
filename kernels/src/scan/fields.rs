//! GQ, DP and FT of every cell, as bit streams.
//!
//! All cells of a word go from subfield to subfield together. A cursor at the start of a subfield reaches its
//! end by one addition: added to a run of ones (bytes that are no delimiter) it carries to the first zero.
//!
//! ```text
//! at = start of cells
//! for each subfield up to the last one needed:
//!     at   = (others + at) & !others      at the delimiter
//!     bad |= at & tab                     the cell ends early
//!     at   = (at & ':') << 1              the next subfield
//!     bad |= at & !(two or three digits, large enough), if it is GQ or DP
//!     bad |= at & !(PASS or .), if it is FT
//! ```
//!
//! A bad bit only means that the cell must be read by its definition, so this may be strict: "two digits,
//! the first at least 2, or three, the first not 0" stands for GQ ≥ 20, and so on. AD is not followed: only
//! hets need it, and those are read anyway. The number of hops is a constant, so that they are unrolled.

use super::REACH;
use super::streams::{Masks, ahead};
use crate::Filter;

/// The way to one subfield: what enters the next word.
#[derive(Clone, Copy, Default)]
struct Hop {
    /// A cursor that has not reached its delimiter.
    running: bool,
    /// A cursor that starts the subfield in the first byte.
    starting: u64,
}

/// Which subfields judge a hom-ref call; 0 where none.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    gq: usize,
    dp: usize,
    ft: usize,
}

impl Wanted {
    /// What `filter` asks for, all of it within [`REACH`].
    pub(super) fn new(filter: &Filter<'_>) -> Wanted {
        let [gq, dp, ft] = [filter.gq, filter.dp, filter.ft].map(|index| index.unwrap_or(0).min(REACH));
        Wanted { gq, dp, ft }
    }

    /// The last of them.
    pub(super) fn last(self) -> usize {
        self.gq.max(self.dp).max(self.ft)
    }
}

/// Follows every cell through `LAST` subfields behind GT.
pub(super) struct Fields<const LAST: usize> {
    wanted: Wanted,
    hops: [Hop; LAST],
    /// Where each subfield starts in this word; nowhere for 0, not asked for.
    starts: [u64; REACH + 1],
}

impl<const LAST: usize> Fields<LAST> {
    /// `LAST` is `wanted.last()`, or [`REACH`] for any.
    #[inline(always)]
    pub(super) fn new(wanted: Wanted) -> Fields<LAST> {
        Fields { wanted, hops: [Hop::default(); LAST], starts: [0; REACH + 1] }
    }

    /// Where a cell is not one that surely passes; `start` are the cells of the word at `base`.
    #[inline(always)]
    pub(super) fn step(&mut self, line: &[u8], base: usize, masks: [Masks; 2], start: u64) -> u64 {
        let [now, _] = masks;
        let (others, colon) = (!now.end, now.end & !now.tab);
        let (mut at, mut reached) = (start, 0);
        for index in 0..LAST {
            if LAST == REACH && index == self.wanted.last() {
                break;
            }
            let hop = &mut self.hops[index];
            let (sum, running) = others.carrying_add(at, hop.running);
            hop.running = running;
            reached |= sum;
            at = (sum & colon) << 1 | hop.starting;
            hop.starting = (sum & colon) >> 63;
            self.starts[index + 1] = at;
        }
        let mut bad = reached & now.tab;
        let (dp, gq) = large_enough(masks);
        bad |= self.starts[self.wanted.dp] & !dp | self.starts[self.wanted.gq] & !gq;
        if self.wanted.ft != 0 {
            bad |= failing(line, base, self.starts[self.wanted.ft]);
        }
        bad
    }
}

/// Where a number of two or three digits is at least 10, and at least 20.
#[inline(always)]
fn large_enough([now, next]: [Masks; 2]) -> (u64, u64) {
    let second = ahead::<1>(now.digit, next.digit);
    let third = ahead::<2>(now.digit, next.digit);
    let two = second & ahead::<2>(now.end, next.end);
    let three = second & third & ahead::<3>(now.end, next.end);
    let nonzero = now.digit & !now.zero;
    (nonzero & (two | three), nonzero & (three | two & !now.one))
}

/// Which of the subfields that start at `at` are neither `PASS` nor `.`.
#[inline(always)]
fn failing(line: &[u8], base: usize, mut at: u64) -> u64 {
    let mut bad = 0;
    while at != 0 {
        let rest = line.get(base + at.trailing_zeros() as usize..).unwrap_or_default();
        let passes = matches!(
            rest,
            b"." | b"PASS" | [b'.', b':' | b'\t', ..] | [b'P', b'A', b'S', b'S', b':' | b'\t', ..]
        );
        bad |= if passes { 0 } else { at & at.wrapping_neg() };
        at &= at - 1;
    }
    bad
}
