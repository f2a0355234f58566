//! From the counts of a variant to what each plan cell adds to the print: the missing-call rule lives here.

use super::sums::{AC, AN, COLUMNS, DIPLOID_HOMREF, HAPLOID_REF, HEMI, HET, HOMALT};
use crate::partial::{CellCounts, Unit};
use crate::region::Zone;
use crate::strata::Strata;

/// The plan cells as one zone counts them.
pub(super) struct ZoneCells {
    /// Copies that people of each counting cell have.
    copies: Vec<u8>,
    /// People with two copies and with one, per plan cell.
    people: [Vec<u32>; 2],
}

impl ZoneCells {
    pub(super) fn new(strata: &Strata, zone: Zone) -> Self {
        let copies = strata.fine.iter().map(|f| f.karyotype.copies(zone)).collect();
        let diploid = strata.cells.iter().map(|s| s.diploid(zone)).collect();
        let haploid = strata.cells.iter().map(|s| s.haploid(zone)).collect();
        Self { copies, people: [diploid, haploid] }
    }

    /// The entries of a variant that this zone counts.
    fn counted<'a>(&'a self, cells: &'a [CellCounts]) -> impl Iterator<Item = &'a CellCounts> {
        cells.iter().filter(|c| self.copies[c.fine as usize] > 0)
    }

    /// AC of one ALT over the cohort.
    pub(super) fn allele_count(&self, cells: &[CellCounts]) -> i64 {
        self.counted(cells).map(alleles).sum()
    }
}

fn alleles(cell: &CellCounts) -> i64 {
    i64::from(cell.het) + 2 * i64::from(cell.homalt) + i64::from(cell.hemi)
}

/// What the plan cells of one variant deviate by from everybody called and nobody a carrier. The memory is kept; cells
/// that a variant does not touch hold what an earlier one left, and are not read.
pub(super) struct Cells {
    k: u32,
    cell_of_fine: Vec<u32>,
    /// The variant that touched a cell last.
    stamp: Vec<u64>,
    variant: u64,
    touched: Vec<u32>,
    genotypes: bool,
    /// People shown as not called, with two copies and with one.
    lost: [Vec<u32>; 2],
    /// By column, as in a table of sums.
    deltas: Vec<i64>,
}

/// People shown as not called, of `x` in a cell of `n`: none if fewer than K or if the cell is below 2K; never more
/// than n − K.
fn shown_missing(x: u32, n: u32, k: u32) -> u32 {
    if x < k || n < 2 * k { 0 } else { x.min(n - k) }
}

impl Cells {
    pub(super) fn new(strata: &Strata, k: u32) -> Self {
        let n = strata.cells.len();
        Self {
            k,
            cell_of_fine: strata.fine.iter().map(|f| u32::try_from(f.cell).unwrap_or(u32::MAX)).collect(),
            stamp: vec![0; n],
            variant: 0,
            touched: Vec::with_capacity(n),
            genotypes: false,
            lost: [vec![0; n], vec![0; n]],
            deltas: vec![0; n * COLUMNS],
        }
    }

    /// The cells with a deviation.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// True when the columns of genotype classes are there.
    pub(super) fn genotypes(&self) -> bool {
        self.genotypes
    }

    /// One column of deviations, right for touched cells.
    pub(super) fn deltas(&self, column: usize) -> &[i64] {
        &self.deltas[column * self.stamp.len()..][..self.stamp.len()]
    }

    /// AN′ and the AC of the printed ALTs; unprinted ALTs are rest.
    pub(super) fn alleles(&mut self, unit: &Unit, printed: &[usize], zone: &ZoneCells) {
        let n = self.stamp.len();
        self.variant += 1;
        self.genotypes = false;
        self.touched.clear();
        if self.deltas.len() < n * (AC + printed.len()) {
            self.deltas.resize(n * (AC + printed.len()), 0);
        }
        self.not_called(unit, printed.len(), zone);
        for (alt, &variant) in printed.iter().enumerate() {
            for counts in zone.counted(&unit.variants[variant].cells) {
                let cell = self.touch(counts.fine, printed.len());
                self.deltas[(AC + alt) * n + cell] += alleles(counts);
            }
        }
    }

    fn not_called(&mut self, unit: &Unit, alts: usize, zone: &ZoneCells) {
        for &(fine, x) in &unit.missing {
            let copies = zone.copies[fine as usize];
            if copies > 0 {
                let cell = self.touch(fine, alts);
                self.lost[usize::from(copies == 1)][cell] += x;
            }
        }
        for &cell in &self.touched {
            let cell = cell as usize;
            for (lost, people) in self.lost.iter_mut().zip(&zone.people) {
                lost[cell] = shown_missing(lost[cell], people[cell], self.k);
            }
            let [diploid, haploid] = [0, 1].map(|i| i64::from(self.lost[i][cell]));
            self.deltas[AN * self.stamp.len() + cell] = -(2 * diploid + haploid);
        }
    }

    /// The plan cell of a counting cell, ready to be added to.
    fn touch(&mut self, fine: u32, alts: usize) -> usize {
        let (touched, n) = (self.cell_of_fine[fine as usize], self.stamp.len());
        let cell = touched as usize;
        if self.stamp[cell] != self.variant {
            self.stamp[cell] = self.variant;
            self.touched.push(touched);
            self.lost[0][cell] = 0;
            self.lost[1][cell] = 0;
            for column in AN..AC + alts {
                self.deltas[column * n + cell] = 0;
            }
        }
        cell
    }

    /// Adds the genotype classes of the only printed ALT.
    pub(super) fn classes(&mut self, counts: &[CellCounts], zone: &ZoneCells) {
        let n = self.stamp.len();
        self.genotypes = true;
        for &cell in &self.touched {
            let cell = cell as usize;
            self.deltas[DIPLOID_HOMREF * n + cell] = -i64::from(self.lost[0][cell]);
            self.deltas[HAPLOID_REF * n + cell] = -i64::from(self.lost[1][cell]);
            for column in [HET, HOMALT, HEMI] {
                self.deltas[column * n + cell] = 0;
            }
        }
        for counts in zone.counted(counts) {
            let cell = self.cell_of_fine[counts.fine as usize] as usize;
            let [het, homalt, hemi] = [counts.het, counts.homalt, counts.hemi].map(i64::from);
            let changes = [het, homalt, hemi, -het - homalt, -hemi];
            for (column, n_more) in [HET, HOMALT, HEMI, DIPLOID_HOMREF, HAPLOID_REF].into_iter().zip(changes)
            {
                self.deltas[column * n + cell] += n_more;
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
