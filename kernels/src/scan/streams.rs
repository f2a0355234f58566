//! Lines of cells of any width: bit streams.
//!
//! The idea (Parabix): turn 64 bytes at a time into one bit per byte, and judge *all* cells that start in the
//! 64 at once, by the bytes that stand one, two, three places on.
//!
//! ```text
//! start    = tab << 1
//! hom_ref  = '0' here & '/' or '|' one on & '0' two on & tab or ':' three on
//! bad      = start & !hom_ref
//! for every bit of bad: read the cell that it lies in
//! columns += popcount(tab)
//! ```
//!
//! For speed (100,000 samples of `GT:AD:DP:GQ:PL`, one in 200 a carrier, AVX-512, Zen 5, GB/s without and with GQ and DP):
//!
//! 1. Nothing depends on the width of a cell, and nothing branches on the data unless a cell is not
//!    hom-ref: the cost is that of the bytes.
//! 2. "One on" is another load, one byte on, which the cache has. Shifting masks across two words instead costs a double
//!    shift each, slow on Zen: without filters from 12 to 18 GB/s, with GQ and DP, together with `ranks`, from 5.8 to 7.3.
//! 3. The end of the line is a tab that is not there, written behind a copy of the last bytes: no tail.
//! 4. What is bad is noted, without a branch, and read 64 words later, all at once: a call in the loop would take the
//!    constants out of the registers, and whether a word has a carrier is a coin that no branch predictor knows.
//! 5. With filters, a [`Follow`] takes every cell to its GQ, DP and FT in the same way. One function per
//!    number of subfields, so that the steps are unrolled.

use super::REACH;
use super::fields::{Any, Follow, Usual, Wanted};
use super::simd::Simd;
use super::visits::{Found, Here, Visits, Word};
use crate::{Call, Layout};

/// Bytes per word of a stream.
pub(super) const WORD: usize = 64;
/// A word and the bytes behind it that judging it needs.
const WINDOW: usize = WORD + 8;

/// One word of the line: bit i of each mask is about byte i and those behind it.
#[derive(Clone, Copy, Default)]
pub(super) struct Marks {
    pub(super) tab: u64,
    /// Tabs and colons.
    pub(super) end: u64,
    /// A cell that starts here is a hom-ref call.
    pub(super) hom_ref: u64,
    /// A subfield that starts one on is a number of two or three digits from 10 on; only with filters.
    pub(super) ten: u64,
    /// The same from 20 on.
    pub(super) twenty: u64,
}

/// Reads a line; `None` if anything is wrong with it.
#[inline(always)]
pub(super) fn scan<S: Simd>(simd: S, line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    let visits = Visits::new(line, layout, out);
    let any = Any::of(&layout.filter);
    if Usual::is(any) {
        return words::<S, { Usual::LAST }>(simd, visits, Usual);
    }
    match any.last() {
        0 => words::<S, 0>(simd, visits, any),
        1 => words::<S, 1>(simd, visits, any),
        2 => words::<S, 2>(simd, visits, any),
        3 => words::<S, 3>(simd, visits, any),
        4 => words::<S, 4>(simd, visits, any),
        5 => words::<S, 5>(simd, visits, any),
        6 => words::<S, 6>(simd, visits, any),
        _ => words::<S, REACH>(simd, visits, any),
    }
}

/// Goes through all words of the line, following cells through `LAST` subfields.
#[inline(always)]
fn words<S: Simd, const LAST: usize>(simd: S, mut visits: Visits<'_>, wanted: impl Wanted) -> Option<()> {
    let line = visits.line;
    let mut walk =
        Walk { simd, way: S::Way::<LAST>::new(), wanted, line, base: 0, last_tab: 1, here: Here::default() };
    let mut found = Found::new();
    while walk.base <= line.len() {
        while found.has_room()
            && let Some(window) = line.get(walk.base..).and_then(<[u8]>::first_chunk)
        {
            walk.step::<LAST>(window, &mut found)?;
        }
        if found.has_room() {
            walk.step::<LAST>(&pad(&line[walk.base..]), &mut found)?;
        }
        simd.visit(&mut visits, found.words())?;
        found.clear();
    }
    visits.finish(walk.here.column)
}

/// On the way through a line.
struct Walk<'l, S, W, F> {
    simd: S,
    way: F,
    wanted: W,
    line: &'l [u8],
    /// Where the next word is.
    base: usize,
    /// 1 if a cell starts there.
    last_tab: u64,
    here: Here,
}

impl<S: Simd, W: Wanted, F: Follow> Walk<'_, S, W, F> {
    /// Goes through one word and notes what is bad.
    #[inline(always)]
    fn step<const LAST: usize>(&mut self, window: &[u8; WINDOW], found: &mut Found) -> Option<()> {
        let (base, marks) = (self.base, marks(self.simd, window, LAST > 0));
        let start = marks.tab << 1 | self.last_tab;
        self.last_tab = marks.tab >> 63;
        let mut bad = start & !marks.hom_ref;
        if LAST > 0 {
            bad |= self.way.step(self.wanted, self.line, base, marks, start);
        }
        found.note(Word { base, tab: marks.tab, bad, here: self.here });
        self.base += WORD;
        self.here.go_on(base, marks.tab)
    }
}

/// The marks of the first word of a window; `ten` and `twenty` stay empty unless `judged`.
#[inline(always)]
fn marks<S: Simd>(simd: S, window: &[u8; WINDOW], judged: bool) -> Marks {
    let on = |places: usize| {
        let bytes: &[u8; WORD] =
            window[places..].first_chunk().unwrap_or_else(|| unreachable!("a window is longer"));
        simd.load(bytes)
    };
    let end = |bytes: S::Bytes| simd.either(bytes, b'\t', b':');
    let (here, one, two, three) = (on(0), on(1), on(2), on(3));
    let tab = simd.equal(here, b'\t');
    let zeros = simd.equal(here, b'0') & simd.equal(two, b'0');
    let end_three = end(three);
    let mut marks = Marks {
        tab,
        end: simd.equal(here, b':') | tab,
        hom_ref: zeros & simd.either(one, b'/', b'|') & end_three,
        ..Marks::default()
    };
    if judged {
        let digit = |bytes: S::Bytes| simd.between(bytes, b'0', b'9');
        let two_digits = digit(two) & end_three;
        let three_digits = digit(two) & digit(three) & end(on(4));
        marks.ten = simd.between(one, b'1', b'9') & (two_digits | three_digits);
        marks.twenty = marks.ten & (three_digits | simd.between(one, b'2', b'9'));
    }
    marks
}

/// Fewer bytes than a window, the tab that ends the last cell, and zeros.
#[inline(never)]
fn pad(rest: &[u8]) -> [u8; WINDOW] {
    let mut padded = [0; WINDOW];
    padded[..rest.len()].copy_from_slice(rest);
    padded[rest.len()] = b'\t';
    padded
}
