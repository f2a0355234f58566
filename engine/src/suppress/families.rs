//! Further families: a second tree is printed beside a complete first one by rule (a) or rule (b), or not at all.
//!
//! Each rule looks only at printed numbers and plan sizes, or at sets that all pass. After the first denial no further
//! family is attempted. Which rule applies to a request is fixed in the plan and public:
//!
//! * (b), with intervals of 2K − 1 instead of K values, where it was attacked: exactly two one-level families, the first of
//!   two cells, every cross cell at least K; tier A, one printed ALT, two copies in everybody, and a root at which AN′ shows
//!   nobody as not called.
//! * (a) otherwise.

use super::sums::{Rule, Sums};
use crate::strata::{Atoms, Family, Strata};

/// True when a request has the shape of rule (b).
pub(super) fn is_pair(strata: &Strata, k: u32) -> bool {
    let [first, second] = strata.families.as_slice() else { return false };
    let one_level = |f: &Family| f.levels == 1 && f.nodes.iter().all(|n| n.name.is_some());
    let (rows, columns) = (first.nodes[0].children.len(), second.nodes[0].children.len());
    one_level(first)
        && one_level(second)
        && rows == 2
        && strata.atoms[1].sizes.len() == rows * columns
        && strata.atoms[1].sizes.iter().all(|s| s.subjects() >= k)
}

/// Rule (a): every non-empty cell leaf₁ × leaf₂ × … passes at the tier.
pub(super) fn atoms_pass(atoms: &Atoms, rule: Rule, alts: usize, cells: &[(usize, Sums)]) -> bool {
    let mut sums: Vec<Sums> = atoms.sizes.iter().map(|&s| Sums::full(s, rule.zone, alts)).collect();
    for (cell, delta) in cells {
        sums[atoms.of_cell[*cell]].add(delta);
    }
    let counted = |size: &crate::strata::Size| size.counted(rule.zone) > 0;
    sums.iter().zip(&atoms.sizes).filter(|(_, size)| counted(size)).all(|(sum, &size)| rule.passes(sum, size))
}

/// One pair of margins: allele capacities of the cross cells and the two printed margins.
pub(super) struct Pair {
    /// `capacity[p][q]`: alleles of row p (two rows) in column q.
    pub(super) capacity: [Vec<i64>; 2],
    /// AC of the two rows.
    pub(super) rows: [i64; 2],
    /// AC of the columns.
    pub(super) columns: Vec<i64>,
}

impl Pair {
    /// The capacities of a plan; the margins are filled in per variant.
    pub(super) fn of(strata: &Strata) -> Self {
        let rows = &strata.families[0].nodes[0].children;
        let columns = &strata.families[1].nodes[0].children;
        let mut capacity = [vec![0; columns.len()], vec![0; columns.len()]];
        for (cell, size) in strata.cells.iter().enumerate() {
            let row = rows.iter().position(|&r| r == strata.families[0].leaf_of_cell[cell]);
            let column = columns.iter().position(|&c| c == strata.families[1].leaf_of_cell[cell]);
            if let (Some(row), Some(column)) = (row, column) {
                capacity[row][column] += 2 * i64::from(size.subjects());
            }
        }
        Self { rows: [0; 2], columns: vec![0; columns.len()], capacity }
    }

    /// The public test on the first margin alone: may the second be attempted?
    pub(super) fn may_try(&self) -> bool {
        let room = |used: [i64; 2]| {
            (0..2).all(|p| {
                let whole: i64 = self.capacity[p].iter().sum();
                self.capacity[p].iter().all(|u| used[p] <= whole - u)
            })
        };
        let whole = [0, 1].map(|p| self.capacity[p].iter().sum::<i64>());
        room(self.rows) || room([whole[0] - self.rows[0], whole[1] - self.rows[1]])
    }

    /// The feasible intervals of every cross cell must hold 2K − 1 values, or lie where the cell itself would pass.
    ///
    /// K values of an allele count are not K of a genotype: AC of 0 to 9 leaves 0 to 4 homozygotes.
    pub(super) fn intervals_pass(&self, k: u32) -> bool {
        let floor = 2 * i64::from(k) - 1;
        let [u1, u2] = &self.capacity;
        let low: Vec<i64> = self.columns.iter().zip(u2).map(|(c, u)| (c - u).max(0)).collect();
        let high: Vec<i64> = self.columns.iter().zip(u1).map(|(c, u)| *c.min(u)).collect();
        let (all_low, all_high): (i64, i64) = (low.iter().sum(), high.iter().sum());
        (0..self.columns.len()).all(|q| {
            let lo = low[q].max(self.rows[0] - (all_high - high[q]));
            let hi = high[q].min(self.rows[0] - (all_low - low[q]));
            let safe = |lo: i64, hi: i64, u: i64| hi - lo + 1 >= floor || (lo >= floor && hi <= u - floor);
            safe(lo, hi, u1[q]) && safe(self.columns[q] - hi, self.columns[q] - lo, u2[q])
        })
    }
}
