//! What a plan and a policy fix for every variant of one zone: written down once, because it is public.

use super::cells::ZoneCells;
use super::families::AtomTests;
use super::margins::Margins;
use super::sums::Test;
use super::tree::Tree;
use crate::region::Zone;
use crate::strata::{Atoms, Strata};

/// The strata of a plan as one zone counts them.
pub(super) struct Layout {
    pub(super) cells: ZoneCells,
    /// What the whole cohort must hold.
    pub(super) root: Test,
    /// One tree per family.
    pub(super) trees: Vec<Tree>,
    /// `atoms[i]`: the cells of families 0 to i, for rule (a).
    pub(super) atoms: Vec<AtomTests>,
    /// Every cell of the plan.
    pub(super) plan_cells: AtomTests,
    /// Rule (c), where every family has one level and everybody two copies.
    pub(super) margins: Option<Margins>,
}

impl Layout {
    pub(super) fn new(strata: &Strata, zone: Zone, k: u32) -> Self {
        let sizes = &strata.cells;
        let alone = Atoms { of_cell: (0..sizes.len()).collect(), sizes: sizes.clone() };
        Self {
            cells: ZoneCells::new(strata, zone),
            root: Test::of(strata.families[0].nodes[0].size, zone, k),
            trees: strata.families.iter().map(|f| Tree::new(f, strata, zone, k)).collect(),
            atoms: strata.atoms.iter().map(|a| AtomTests::new(a, strata, zone, k)).collect(),
            plan_cells: AtomTests::new(&alone, strata, zone, k),
            margins: if zone == Zone::Diploid { Margins::of(strata, k) } else { None },
        }
    }
}
