//! The way by additions, which every CPU has.
//!
//! All cells of a word go from subfield to subfield together. A cursor at the start of a subfield reaches its
//! end by one addition: added to a run of ones (bytes that are no delimiter) it carries to the first zero.
//!
//! ```text
//! at = start of cells
//! for each subfield up to the last one needed:
//!     at   = (others + at) & !others      at the delimiter
//!     bad |= at & tab                     the cell ends early
//!     at   = at & ':'                     the next subfield is behind it
//!     bad |= at & !(passes one on)
//! ```
//!
//! The number of hops is a constant, so that they are unrolled.

use super::REACH;
use super::fields::{Follow, Wanted};
use super::streams::Marks;

/// The way to one subfield: what enters the next word.
#[derive(Clone, Copy, Default)]
struct Hop {
    /// A cursor that has not reached its delimiter.
    running: bool,
    /// A cursor that starts the subfield in the first byte.
    starting: u64,
}

/// Follows every cell through `LAST` subfields behind GT. `LAST` is `wanted.last()`, or [`REACH`] for any.
pub(super) struct Hops<const LAST: usize> {
    hops: [Hop; LAST],
    /// The colon before each subfield in this word; nowhere for 0, not asked for.
    behind: [u64; REACH + 1],
}

impl<const LAST: usize> Follow for Hops<LAST> {
    #[inline(always)]
    fn new() -> Self {
        Self { hops: [Hop::default(); LAST], behind: [0; REACH + 1] }
    }

    #[inline(always)]
    fn step(&mut self, wanted: impl Wanted, line: &[u8], base: usize, marks: Marks, start: u64) -> u64 {
        let (others, colon) = (!marks.end, marks.end & !marks.tab);
        let (mut at, mut reached) = (start, 0);
        for index in 0..LAST {
            if LAST == REACH && index == wanted.last() {
                break;
            }
            let hop = &mut self.hops[index];
            let (sum, running) = others.carrying_add(at, hop.running);
            hop.running = running;
            reached |= sum;
            let colons = sum & colon;
            self.behind[index + 1] = colons;
            at = colons << 1 | hop.starting;
            hop.starting = colons >> 63;
        }
        reached & marks.tab | wanted.failing(line, base, marks, |index| self.behind[index])
    }
}
