//! Reading the cells that bit streams point at.

use super::cell;
use super::quick::{self, Marked};
use super::simd::Simd;
use super::streams::WORD;
use crate::{Call, Layout};

/// Where in the line a word begins.
#[derive(Clone, Copy, Default)]
pub(super) struct Here {
    /// Column of the cell that the word begins in.
    pub(super) column: u32,
    /// Where that cell starts.
    pub(super) start: usize,
}

impl Here {
    /// Goes on to the next word; `None` if there are too many cells.
    #[inline(always)]
    pub(super) fn go_on(&mut self, base: usize, tab: u64) -> Option<()> {
        if tab != 0 {
            self.start = base + after_last(tab);
            self.column = self.column.checked_add(tab.count_ones())?;
        }
        Some(())
    }
}

/// A word, and the bytes in it that make a cell worth reading.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    pub(super) base: usize,
    pub(super) tab: u64,
    pub(super) bad: u64,
    pub(super) here: Here,
}

/// Words with something bad in them.
pub(super) struct Found {
    words: [Word; ROOM + 1],
    count: usize,
}

/// Words that are looked through before what was found is visited.
const ROOM: usize = 64;

impl Found {
    #[inline(always)]
    pub(super) fn new() -> Found {
        Found { words: [Word::default(); ROOM + 1], count: 0 }
    }

    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.count < ROOM
    }

    /// Keeps a word if it has something bad; what does not is written over by the next.
    #[inline(always)]
    pub(super) fn note(&mut self, word: Word) {
        self.words[self.count.min(ROOM)] = word;
        self.count += usize::from(word.bad != 0);
    }

    pub(super) fn words(&self) -> &[Word] {
        &self.words[..self.count.min(ROOM)]
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }
}

/// Reads the cells that bad bits lie in, each once.
pub(super) struct Visits<'a> {
    pub(super) line: &'a [u8],
    layout: &'a Layout<'a>,
    out: &'a mut Vec<Call>,
    /// See [`quick::top`].
    top: u8,
    /// No filters: [`quick::short`] may be used.
    plain: bool,
    /// No cell that starts before this is visited any more.
    fresh: usize,
}

impl<'a> Visits<'a> {
    /// At the start of `line`.
    #[inline(always)]
    pub(super) fn new(line: &'a [u8], layout: &'a Layout<'a>, out: &'a mut Vec<Call>) -> Visits<'a> {
        let top = quick::top(layout.alleles);
        Visits { line, layout, out, top, plain: layout.filter.is_none(), fresh: 0 }
    }

    /// Visits the cells that bad bits lie in (a cell includes the tab behind it); `None` if one is broken.
    #[inline(always)]
    pub(super) fn visit<S: Simd>(&mut self, simd: S, words: &[Word]) -> Option<()> {
        for &Word { base, tab, mut bad, here } in words {
            while bad != 0 {
                let lowest = bad & bad.wrapping_neg();
                let before = tab & (lowest - 1);
                let behind = tab & !(lowest - 1);
                let start = if before == 0 { here.start } else { base + after_last(before) };
                // What seems to start behind the end of the line is padding.
                if start >= self.fresh && start <= self.line.len() {
                    self.cell(simd, start, here.column + before.count_ones())?;
                    self.fresh = start + 1;
                }
                bad &= !(behind ^ behind.wrapping_sub(1));
            }
        }
        Some(())
    }

    /// Whether `columns` are all there are.
    #[inline(always)]
    pub(super) fn finish(self, columns: u32) -> Option<()> {
        (columns as usize == self.layout.columns).then_some(())
    }

    /// Reads the cell at `start`.
    #[inline(always)]
    fn cell<S: Simd>(&mut self, simd: S, start: usize, column: u32) -> Option<()> {
        let rest = self.line.get(start..)?;
        if self.plain
            && let Some((a, b, _)) = quick::short(rest, self.top)
        {
            self.out.push(Call { column, a, b });
            return Some(());
        }
        if !self.plain
            && let Some(block) = rest.first_chunk::<WORD>()
        {
            let bytes = simd.load(block);
            let tab = simd.equal(bytes, b'\t');
            if tab != 0 {
                let inside = (tab & tab.wrapping_neg()) - 1;
                let end = tab.trailing_zeros() as usize;
                let (colons, commas) = (simd.equal(bytes, b':') & inside, simd.equal(bytes, b',') & inside);
                let cell = Marked { block, end, colons, commas };
                if let Some(call) = cell.read(column, self.top, &self.layout.filter) {
                    if let Some(call) = call {
                        self.out.push(call);
                    }
                    return Some(());
                }
            }
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

/// The bit after the highest one of `bits`, which has one.
#[inline(always)]
fn after_last(bits: u64) -> usize {
    WORD - bits.leading_zeros() as usize
}
