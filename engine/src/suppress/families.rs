//! Further families: a second tree is printed beside a complete first one by rule (a) or rule (b), or not at all.
//!
//! Each rule looks only at printed numbers and plan sizes, or at sets that all pass. After the first denial no further
//! family is attempted. Which rule applies to a request is fixed in the plan and public:
//!
//! * (b), with intervals of 2K − 1 instead of K values, where it was attacked: exactly two one-level families, the first of
//!   two cells, every cross cell at least K; tier A, one printed ALT, two copies in everybody, and a root at which AN′ shows
//!   nobody as not called.
//! * (a) otherwise.

use super::sums::{AC, AN, Counts, Rule, Sets, Table, Test};
use crate::region::Zone;
use crate::strata::{Atoms, Family, Strata};

/// The cells of leaf₁ × leaf₂ × … in one zone, for rule (a).
pub(super) struct AtomTests {
    sets: Sets,
    /// The atoms that the zone counts.
    tests: Vec<(usize, Test)>,
    /// Every one of them can pass.
    possible: bool,
    /// Fewest alleles of an ALT in all of them together.
    alt: i64,
}

impl AtomTests {
    pub(super) fn new(atoms: &Atoms, strata: &Strata, zone: Zone, k: u32) -> Self {
        let counted = atoms.sizes.iter().enumerate().filter(|(_, size)| size.counted(zone) > 0);
        let tests: Vec<_> = counted.map(|(atom, &size)| (atom, Test::of(size, zone, k))).collect();
        Self {
            sets: Sets::new(&atoms.of_cell, atoms.sizes.len(), strata, zone),
            possible: tests.iter().all(|(_, test)| test.possible),
            alt: tests.iter().map(|(_, test)| test.alt).sum(),
            tests,
        }
    }

    /// Rule (a): every non-empty cell leaf₁ × leaf₂ × … passes at the tier. `root` is the AC of the first ALT there; a root
    /// with fewer than all cells need together spares the sums, at either tier: K people with one copy and K with two
    /// are more alleles than 2K − 1.
    pub(super) fn pass(&self, rule: Rule, counts: Counts<'_>, root: i64, sums: &mut Table) -> bool {
        if !self.possible || root < self.alt {
            return false;
        }
        sums.fill(&self.sets, counts, rule, AN);
        self.tests.iter().all(|(atom, test)| rule.passes(test, |column| sums.get(*atom, column)))
    }
}

/// The shape of rule (b): allele capacities of the cross cells of two rows and any number of columns.
pub(super) struct Pair {
    /// Nodes of the two rows in the first family, and of the columns in the second.
    rows: [usize; 2],
    columns: Vec<usize>,
    /// `capacity[p][q]`: alleles of row p in column q.
    capacity: [Vec<i64>; 2],
    whole: [i64; 2],
    floor: i64,
}

impl Pair {
    /// The capacities of a plan that has the shape.
    pub(super) fn of(strata: &Strata, k: u32) -> Option<Self> {
        let [first, second] = strata.families.as_slice() else { return None };
        let one_level = |f: &Family| f.levels == 1 && f.nodes.iter().all(|n| n.name.is_some());
        let &[row, other] = first.nodes[0].children.as_slice() else { return None };
        let (rows, columns) = ([row, other], &second.nodes[0].children);
        let atoms = &strata.atoms[1].sizes;
        let whole = atoms.len() == 2 * columns.len() && atoms.iter().all(|s| s.subjects() >= k);
        if !(one_level(first) && one_level(second) && whole) {
            return None;
        }
        let mut capacity = [vec![0; columns.len()], vec![0; columns.len()]];
        for (cell, size) in strata.cells.iter().enumerate() {
            let row = rows.iter().position(|&r| r == first.leaf_of_cell[cell])?;
            let column = columns.iter().position(|&c| c == second.leaf_of_cell[cell])?;
            capacity[row][column] += 2 * i64::from(size.subjects());
        }
        let whole = [0, 1].map(|p: usize| capacity[p].iter().sum());
        Some(Self { rows, columns: columns.clone(), capacity, whole, floor: 2 * i64::from(k) - 1 })
    }

    /// True when this is the rule for a variant: one ALT, tier A, nobody shown as not called at the root.
    pub(super) fn is_rule(&self, rule: Rule, root_an: i64) -> bool {
        !rule.genotypes && rule.alts == 1 && root_an == self.whole[0] + self.whole[1]
    }

    /// The public test on the first margin alone: may the second be attempted?
    pub(super) fn may_try(&self, first: &Table) -> bool {
        let rows = self.rows.map(|row| first.get(row, AC));
        let room = |used: [i64; 2]| {
            (0..2).all(|p: usize| self.capacity[p].iter().all(|u| used[p] <= self.whole[p] - u))
        };
        room(rows) || room([self.whole[0] - rows[0], self.whole[1] - rows[1]])
    }

    /// The feasible intervals of every cross cell must hold 2K − 1 values, or lie where the cell itself would pass.
    ///
    /// K values of an allele count are not K of a genotype: AC of 0 to 9 leaves 0 to 4 homozygotes.
    pub(super) fn intervals_pass(&self, first: &Table, second: &Table) -> bool {
        let [u1, u2] = &self.capacity;
        let row = first.get(self.rows[0], AC);
        let column = |q: usize| second.get(self.columns[q], AC);
        let low = |q: usize| (column(q) - u2[q]).max(0);
        let high = |q: usize| column(q).min(u1[q]);
        let all = 0..self.columns.len();
        let (all_low, all_high) = (all.clone().map(low).sum::<i64>(), all.clone().map(high).sum::<i64>());
        all.clone().all(|q| {
            let lo = low(q).max(row - (all_high - high(q)));
            let hi = high(q).min(row - (all_low - low(q)));
            let floor = self.floor;
            let safe = |lo: i64, hi: i64, u: i64| hi - lo + 1 >= floor || (lo >= floor && hi <= u - floor);
            safe(lo, hi, u1[q]) && safe(column(q) - hi, column(q) - lo, u2[q])
        })
    }
}
