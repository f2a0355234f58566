//! What the fast forms ask of a CPU.

use super::fields::Follow;
use super::visits::{Visits, Word};
use super::{streams, stride};
use crate::{Call, Layout};

/// Instructions of one family. A value is a promise that the CPU has them, so its methods are safe.
///
/// Methods are `#[inline(always)]` and carry no `target_feature`: they become part of the one function per
/// family that has it (`avx2::scan`, `avx512::scan`). This is how memchr does it.
pub(super) trait Simd: Copy {
    /// 64 bytes of a line.
    type Bytes: Copy;
    /// The best way of this CPU to the first `LAST` subfields of every cell.
    type Way<const LAST: usize>: Follow;

    /// Loads them.
    fn load(self, bytes: &[u8; 64]) -> Self::Bytes;
    /// Bit i: byte i is `byte`.
    fn equal(self, bytes: Self::Bytes, byte: u8) -> u64;
    /// Bit i: byte i is `x` or `y`.
    fn either(self, bytes: Self::Bytes, x: u8, y: u8) -> u64;
    /// Bit i: byte i is at least `low` and at most `high`.
    fn between(self, bytes: Self::Bytes, low: u8, high: u8) -> u64;

    /// [`Visits::visit`], as a function of its own: what is rare must not take registers from what is not.
    fn visit(self, visits: &mut Visits<'_>, words: &[Word]) -> Option<()>;

    /// Whether these are 16 cells `0/0⇥` or `0|0⇥`.
    fn is_hom_ref(self, bytes: &[u8; 64]) -> bool;
    /// Appends the calls of the leading cells `d/d⇥` or `d|d⇥` that are not hom-ref; returns how many cells
    /// (0 to 16) have that form, d being `.` or one digit below `cells.top`.
    fn decode(self, bytes: &[u8; 64], cells: Cells, out: &mut Vec<Call>) -> u32;
}

/// Where 16 cells stand and what they may say.
#[derive(Clone, Copy)]
pub(super) struct Cells {
    /// Column of the first.
    pub(super) column: u32,
    /// The smallest digit that is no allele: at most 10.
    pub(super) top: u8,
}

/// Columns of fixed width where the line is about as long as those would be, else bit streams.
///
/// `None` if anything is wrong with the line.
#[inline(always)]
pub(super) fn scan<S: Simd>(simd: S, line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    let fixed = layout.columns.saturating_mul(4);
    if layout.filter.is_none() && line.len().abs_diff(fixed) <= layout.columns / 8 + 1 {
        stride::scan(simd, line, layout, out)
    } else {
        streams::scan(simd, line, layout, out)
    }
}
