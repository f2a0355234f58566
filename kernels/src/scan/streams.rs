//! Lines of cells of any width: bit streams.
//!
//! The idea (Parabix): turn 64 bytes at a time into one bit per byte, and judge *all* cells that start in the
//! 64 at once with shifts and ands, looking ahead into the next 64.
//!
//! ```text
//! start    = tab << 1
//! hom_ref  = '0' & ('/' or '|') >> 1 & '0' >> 2 & (tab or ':') >> 3
//! bad      = start & !hom_ref
//! for every bit of bad: read the cell that it lies in
//! columns += popcount(tab)
//! ```
//!
//! For speed (100,000 samples of `GT:AD:DP:GQ:PL`, AVX-512, Zen 4):
//!
//! 1. Nothing depends on the width of a cell, and nothing branches on the data unless a cell is not
//!    hom-ref: the cost is that of the bytes, 10 GB/s.
//! 2. Looking ahead needs no state but the masks of two words; looking back needs a carry per step. Without
//!    filters from 9 to 10 GB/s, with GQ and DP from 2.4 to 3.1.
//! 3. The end of the line is a tab that is not there, added to the mask of the last, padded word: no tail.
//! 4. With filters, [`Fields`] follows every cell to its GQ, DP and FT in the same way. One function per
//!    number of subfields, so that the hops are unrolled: from 3.1 to 4.4 GB/s.

use super::REACH;
use super::fields::{Fields, Wanted};
use super::simd::Simd;
use super::visits::Visits;
use crate::{Call, Layout};

/// Bytes per word of a stream.
pub(super) const WORD: usize = 64;

/// One word of the line: bit i of each mask is about byte i.
#[derive(Clone, Copy, Default)]
pub(super) struct Masks {
    pub(super) tab: u64,
    /// Tabs and colons.
    pub(super) end: u64,
    /// `0`.
    pub(super) zero: u64,
    /// `/` and `|`.
    pub(super) separator: u64,
    /// `1`; only with filters.
    pub(super) one: u64,
    /// `0` to `9`; only with filters.
    pub(super) digit: u64,
}

/// `now`, moved so that bit i is about byte i + `BYTES`, of which `next` has the last ones.
#[inline(always)]
pub(super) fn ahead<const BYTES: u32>(now: u64, next: u64) -> u64 {
    now >> BYTES | next << (64 - BYTES)
}

/// Reads a line; `None` if anything is wrong with it.
#[inline(always)]
pub(super) fn scan<S: Simd>(simd: S, line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    let visits = Visits::new(line, layout, out);
    let wanted = Wanted::new(&layout.filter);
    match wanted.last() {
        0 => words::<S, 0>(simd, visits, wanted),
        1 => words::<S, 1>(simd, visits, wanted),
        2 => words::<S, 2>(simd, visits, wanted),
        3 => words::<S, 3>(simd, visits, wanted),
        4 => words::<S, 4>(simd, visits, wanted),
        5 => words::<S, 5>(simd, visits, wanted),
        6 => words::<S, 6>(simd, visits, wanted),
        _ => words::<S, REACH>(simd, visits, wanted),
    }
}

/// Goes through all words of the line, following cells through `LAST` subfields.
#[inline(always)]
fn words<S: Simd, const LAST: usize>(simd: S, mut visits: Visits<'_>, wanted: Wanted) -> Option<()> {
    let mut fields = Fields::<LAST>::new(wanted);
    let line = visits.line;
    let words = line.len() / WORD + 1;
    let mut last_tab = 1;
    let mut now = masks(simd, line, 0, LAST > 0);
    for word in 0..words {
        let base = word * WORD;
        let next = if word + 1 < words { masks(simd, line, base + WORD, LAST > 0) } else { Masks::default() };
        let start = now.tab << 1 | last_tab;
        last_tab = now.tab >> 63;
        let separator = ahead::<1>(now.separator, next.separator);
        let second = ahead::<2>(now.zero, next.zero);
        let hom_ref = now.zero & separator & second & ahead::<3>(now.end, next.end);
        let mut bad = start & !hom_ref;
        if LAST > 0 {
            bad |= fields.step(line, base, [now, next], start);
        }
        visits.word(base, [now, next], bad)?;
        now = next;
    }
    visits.finish()
}

/// The masks of the word at `base`, which is at most the length of the line: there, a tab is added.
///
/// `one` and `digit` stay empty unless `digits`.
#[inline(always)]
fn masks<S: Simd>(simd: S, line: &[u8], base: usize, digits: bool) -> Masks {
    let rest = &line[base..];
    let padded;
    let (block, virtual_tab) = match rest.first_chunk::<WORD>() {
        Some(block) => (block, 0),
        None => {
            padded = pad(rest);
            (&padded, 1 << rest.len())
        }
    };
    let bytes = simd.load(block);
    let tab = simd.equal(bytes, b'\t') | virtual_tab;
    Masks {
        tab,
        end: simd.equal(bytes, b':') | tab,
        zero: simd.equal(bytes, b'0'),
        separator: simd.either(bytes, b'/', b'|'),
        one: if digits { simd.equal(bytes, b'1') } else { 0 },
        digit: if digits { simd.between(bytes, b'0', b'9') } else { 0 },
    }
}

/// Fewer bytes than a word, and zeros.
#[inline(never)]
fn pad(rest: &[u8]) -> [u8; WORD] {
    let mut padded = [0; WORD];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}
