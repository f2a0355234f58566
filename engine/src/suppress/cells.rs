//! From the counts of a variant to what is printed of it: which entries a zone counts, and the missing-call rule.

use crate::partial::{CellCounts, Unit};
use crate::region::Zone;
use crate::strata::Strata;

/// The plan cells as one zone counts them.
pub(super) struct ZoneCells {
    /// Copies that people of each counting cell have.
    copies: Vec<u8>,
    /// The plan cell of each counting cell.
    cell: Vec<u32>,
    /// People with one copy and with two, per plan cell.
    people: Vec<[u32; 2]>,
}

impl ZoneCells {
    pub(super) fn new(strata: &Strata, zone: Zone) -> Self {
        Self {
            copies: strata.fine.iter().map(|f| f.karyotype.copies(zone)).collect(),
            cell: strata.fine.iter().map(|f| u32::try_from(f.cell).unwrap_or(u32::MAX)).collect(),
            people: strata.cells.iter().map(|s| [s.haploid(zone), s.diploid(zone)]).collect(),
        }
    }

    /// AC of one ALT over the cohort.
    pub(super) fn allele_count(&self, cells: &[CellCounts]) -> i64 {
        cells.iter().filter(|c| self.copies[c.fine as usize] > 0).map(alleles).sum()
    }
}

/// Alternate alleles of an entry.
#[inline]
pub(super) fn alleles(cell: &CellCounts) -> i64 {
    i64::from(cell.het) + 2 * i64::from(cell.homalt) + i64::from(cell.hemi)
}

/// People of one plan cell who are shown as not called.
#[derive(Clone, Copy)]
pub(super) struct Lost {
    pub(super) cell: u32,
    /// Copies that each of them has.
    pub(super) copies: u8,
    pub(super) people: u32,
}

/// Who is shown as not called at one variant. The memory is kept from variant to variant.
pub(super) struct Missing {
    k: u32,
    /// People not called with one copy and with two, per plan cell; all zero between variants.
    counts: Vec<[u32; 2]>,
    touched: Vec<(u32, u8)>,
    shown: Vec<Lost>,
}

/// People shown as not called, of `x` in a cell of `n`: none if fewer than K or if the cell is below 2K; never more
/// than n − K.
fn shown_missing(x: u32, n: u32, k: u32) -> u32 {
    if x < k || n < 2 * k { 0 } else { x.min(n - k) }
}

impl Missing {
    pub(super) fn new(strata: &Strata, k: u32) -> Self {
        Self { k, counts: vec![[0; 2]; strata.cells.len()], touched: Vec::new(), shown: Vec::new() }
    }

    /// The cells in which somebody is shown as not called.
    pub(super) fn shown(&self) -> &[Lost] {
        &self.shown
    }

    /// Adds up the people of every plan cell, on X and Y by sex, and applies the rule to each.
    pub(super) fn read(&mut self, unit: &Unit, zone: &ZoneCells) {
        self.shown.clear();
        for &(fine, people) in unit.missing.iter().filter(|(_, people)| *people > 0) {
            let (cell, copies) = (zone.cell[fine as usize], zone.copies[fine as usize]);
            if copies > 0 {
                let count = &mut self.counts[cell as usize][usize::from(copies - 1)];
                if *count == 0 {
                    self.touched.push((cell, copies));
                }
                *count += people;
            }
        }
        for (cell, copies) in self.touched.drain(..) {
            let (c, ploidy) = (cell as usize, usize::from(copies - 1));
            let people = shown_missing(self.counts[c][ploidy], zone.people[c][ploidy], self.k);
            self.counts[c][ploidy] = 0;
            if people > 0 {
                self.shown.push(Lost { cell, copies, people });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_missing_look_like_none() {
        for (x, n, shown) in
            [(0, 100, 0), (9, 100, 0), (10, 100, 10), (95, 100, 90), (15, 19, 0), (12, 20, 10)]
        {
            assert_eq!(shown_missing(x, n, 10), shown, "{x} of {n}");
        }
    }
}
