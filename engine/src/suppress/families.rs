//! Further families by rule (a): a second tree is printed beside a complete first one if every cell in which they cross
//! passes. After the first denial no further family is attempted. Where allele counts of one level are all that is printed,
//! rule (c) in `margins` takes its place; which of them it is, is a function of the plan and of what the root shows.

use super::sums::{AN, Counts, Rule, Sets, Table, Test};
use crate::region::Zone;
use crate::strata::{Atoms, Strata};

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
