//! Reading the cells that bit streams point at.

use super::cell;
use super::quick;
use super::streams::{Masks, WORD};
use crate::{Call, Layout};

/// Knows where in the line the words are, and reads the cells that bad bits lie in, each once.
pub(super) struct Visits<'a> {
    pub(super) line: &'a [u8],
    layout: &'a Layout<'a>,
    out: &'a mut Vec<Call>,
    /// See [`quick::top`].
    top: u8,
    /// No filters: [`quick::short`] may be used.
    plain: bool,
    /// Column of the cell that the word begins in.
    column: u32,
    /// Where that cell starts.
    start: usize,
    /// No cell that starts before this is visited any more.
    fresh: usize,
}

impl<'a> Visits<'a> {
    /// At the start of `line`.
    #[inline(always)]
    pub(super) fn new(line: &'a [u8], layout: &'a Layout<'a>, out: &'a mut Vec<Call>) -> Visits<'a> {
        let top = quick::top(layout.alleles);
        Visits { line, layout, out, top, plain: layout.filter.is_none(), column: 0, start: 0, fresh: 0 }
    }

    /// Visits the cells of the word at `base` that `bad` lies in (a cell includes the tab behind it), and goes
    /// on to the next word; `None` if one is broken.
    #[inline(always)]
    pub(super) fn word(&mut self, base: usize, masks: [Masks; 2], mut bad: u64) -> Option<()> {
        let tab = masks[0].tab;
        while bad != 0 {
            let lowest = bad & bad.wrapping_neg();
            let before = tab & (lowest - 1);
            let behind = tab & !(lowest - 1);
            let start = if before == 0 { self.start } else { base + after_last(before) };
            // What seems to start behind the end of the line is padding.
            if start >= self.fresh && start <= self.line.len() {
                self.cell(start, base, masks, self.column + before.count_ones())?;
                self.fresh = start + 1;
            }
            bad &= !(behind ^ behind.wrapping_sub(1));
        }
        if tab != 0 {
            self.start = base + after_last(tab);
            self.column = self.column.checked_add(tab.count_ones())?;
        }
        Some(())
    }

    /// Whether all columns were there.
    #[inline(always)]
    pub(super) fn finish(self) -> Option<()> {
        (self.column as usize == self.layout.columns).then_some(())
    }

    /// Reads the cell at `start`.
    #[inline(always)]
    fn cell(&mut self, start: usize, base: usize, masks: [Masks; 2], column: u32) -> Option<()> {
        let rest = self.line.get(start..)?;
        if self.plain
            && let Some((a, b, _)) = quick::short(rest, self.top)
        {
            self.out.push(Call { column, a, b });
            return Some(());
        }
        if !self.plain
            && let Some((end, colons)) = window(start, base, masks)
        {
            self.out.extend(quick::read_marked(rest.get(..end)?, colons, column, self.layout).ok()?);
            return Some(());
        }
        self.whole_cell(rest, column)
    }

    /// Reads one cell by its definition.
    #[inline(never)]
    fn whole_cell(&mut self, rest: &[u8], column: u32) -> Option<()> {
        let end = memchr::memchr(b'\t', rest).unwrap_or(rest.len());
        self.out.extend(cell::read(&rest[..end], column, self.layout).ok()?);
        Some(())
    }
}

/// Length and colons of the cell at `start`, if it starts in the first of two words and ends within 64 bytes.
#[inline(always)]
fn window(start: usize, base: usize, [now, next]: [Masks; 2]) -> Option<(usize, u64)> {
    let shift = start.checked_sub(base).filter(|&shift| shift < WORD)?;
    let from_start = |now: u64, next: u64| now >> shift | next << 1 << (WORD - 1 - shift);
    let tab = from_start(now.tab, next.tab);
    let inside = (tab & tab.wrapping_neg()).wrapping_sub(1);
    let colons = from_start(now.end, next.end) & inside;
    (tab != 0).then_some((tab.trailing_zeros() as usize, colons))
}

/// The bit after the highest one of `bits`, which has one.
#[inline(always)]
fn after_last(bits: u64) -> usize {
    WORD - bits.leading_zeros() as usize
}
