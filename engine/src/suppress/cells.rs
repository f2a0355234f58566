//! From the counts of a variant to what each plan cell adds to the print: the missing-call rule lives here.

use super::sums::Sums;
use crate::partial::Unit;
use crate::region::Zone;
use crate::strata::{FineCell, Size, Strata};

/// What the tallies of one plan cell say of one variant.
#[derive(Clone, Default)]
struct Counts {
    touched: bool,
    not_called_diploid: u32,
    not_called_haploid: u32,
    ac: Vec<u32>,
    het: u32,
    homalt: u32,
    hemi: u32,
}

/// Scratch space over the plan cells.
pub(super) struct Cells {
    k: u32,
    fine: Vec<FineCell>,
    sizes: Vec<Size>,
    counts: Vec<Counts>,
    touched: Vec<usize>,
}

/// People shown as not called, of `x` in a cell of `n`: none if fewer than K or if the cell is below 2K; never more
/// than n − K.
fn shown_missing(x: u32, n: u32, k: u32) -> u32 {
    if x < k || n < 2 * k { 0 } else { x.min(n - k) }
}

impl Cells {
    pub(super) fn new(strata: &Strata, k: u32) -> Self {
        let counts = vec![Counts::default(); strata.cells.len()];
        Self { k, fine: strata.fine.clone(), sizes: strata.cells.clone(), counts, touched: Vec::new() }
    }

    /// AC of one ALT over the cohort.
    pub(super) fn allele_count(&self, unit: &Unit, variant: usize, zone: Zone) -> i64 {
        let counted = |fine: u32| self.fine[fine as usize].karyotype.copies(zone) > 0;
        let cells = unit.variants[variant].cells.iter().filter(|c| counted(c.fine));
        cells.map(|c| i64::from(c.het) + 2 * i64::from(c.homalt) + i64::from(c.hemi)).sum()
    }

    /// Deviations of every touched plan cell, for the printed ALTs; unprinted ALTs are rest.
    pub(super) fn deltas(&mut self, unit: &Unit, printed: &[usize], zone: Zone) -> Vec<(usize, Sums)> {
        for &(fine, x) in &unit.missing {
            let copies = self.fine[fine as usize].karyotype.copies(zone);
            let counts = self.touch(fine, printed.len());
            match copies {
                2 => counts.not_called_diploid += x,
                1 => counts.not_called_haploid += x,
                _ => {}
            }
        }
        for (alt, &variant) in printed.iter().enumerate() {
            for cell in &unit.variants[variant].cells {
                if self.fine[cell.fine as usize].karyotype.copies(zone) == 0 {
                    continue;
                }
                let counts = self.touch(cell.fine, printed.len());
                counts.ac[alt] += cell.het + 2 * cell.homalt + cell.hemi;
                counts.het += cell.het;
                counts.homalt += cell.homalt;
                counts.hemi += cell.hemi;
            }
        }
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().map(|cell| (cell, self.delta(cell, zone))).collect()
    }

    fn touch(&mut self, fine: u32, alts: usize) -> &mut Counts {
        let cell = self.fine[fine as usize].cell;
        let counts = &mut self.counts[cell];
        if !counts.touched {
            *counts = Counts { touched: true, ac: vec![0; alts], ..Counts::default() };
            self.touched.push(cell);
        }
        counts
    }

    /// The deviation of one plan cell; clears its scratch.
    fn delta(&mut self, cell: usize, zone: Zone) -> Sums {
        let counts = std::mem::take(&mut self.counts[cell]);
        let size = self.sizes[cell];
        let diploid = i64::from(shown_missing(counts.not_called_diploid, size.diploid(zone), self.k));
        let haploid = i64::from(shown_missing(counts.not_called_haploid, size.haploid(zone), self.k));
        let (het, homalt, hemi) = (i64::from(counts.het), i64::from(counts.homalt), i64::from(counts.hemi));
        Sums {
            an: -(2 * diploid + haploid),
            ac: counts.ac.iter().map(|&n| i64::from(n)).collect(),
            diploid_homref: -(diploid + het + homalt),
            haploid_ref: -(haploid + hemi),
            het,
            homalt,
            hemi,
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
