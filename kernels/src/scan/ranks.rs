//! The way by ranks, for CPUs that gather and scatter bits in one instruction.
//!
//! The delimiters of a word, gathered without what is between them, are a short sequence of tabs and colons. In it the colon
//! before subfield k of a cell stands k places behind the tab before the cell: one shift for all cells. Scattered back
//! over the delimiters, that is where the colons are.
//!
//! ```text
//! tabs  = gather(tab, delimiters)                        1: tab, 0: colon
//! bad  |= scatter(tabs & (tabs << 1 | … | tabs << last)) a cell that ends early
//! behind(k) = scatter(tabs << k)
//! ```
//!
//! Against additions (`hops`) it takes away the dependence of each subfield on the one before.

use std::arch::x86_64::{_pdep_u64, _pext_u64};

use super::REACH;
use super::fields::{Follow, Wanted};
use super::streams::Marks;

/// Finds `LAST` subfields behind GT. `LAST` is `wanted.last()`, or [`REACH`] for any.
pub(super) struct Ranks<const LAST: usize> {
    /// The last `LAST` delimiters before the word, the last of all in the highest bit of these; 1: tab.
    before: u64,
}

impl<const LAST: usize> Follow for Ranks<LAST> {
    #[inline(always)]
    fn new() -> Self {
        Self { before: 1 << LAST >> 1 }
    }

    #[inline(always)]
    fn step(&mut self, wanted: impl Wanted, line: &[u8], base: usize, marks: Marks, _: u64) -> u64 {
        let tabs = gather(marks.tab, marks.end);
        let count = marks.end.count_ones() as usize;
        if count + LAST > 64 {
            // Hardly anything but delimiters: every cell is read by its definition.
            self.before = tabs >> (count - LAST);
            return marks.end;
        }
        let all = tabs << LAST | self.before;
        self.before = all >> count;
        let after = |places: usize| all >> (LAST - places);
        let mut early = 0;
        for index in 1..=LAST {
            if LAST == REACH && index > wanted.last() {
                break;
            }
            early |= after(index);
        }
        let behind = |index: usize| if index == 0 { 0 } else { scatter(after(index), marks.end) };
        scatter(tabs & early, marks.end) | wanted.failing(line, base, marks, behind)
    }
}

/// The bits of `bits` where `mask` has ones, side by side.
#[inline(always)]
fn gather(bits: u64, mask: u64) -> u64 {
    // SAFETY: this way is that of `Avx512` alone, which proves BMI2.
    unsafe { _pext_u64(bits, mask) }
}

/// The reverse.
#[inline(always)]
fn scatter(bits: u64, mask: u64) -> u64 {
    // SAFETY: as above.
    unsafe { _pdep_u64(bits, mask) }
}
