//! One variant: which ALTs, at which tier, and in which families (`disclosure.md` §3, T1 to T4).

use super::cells::Cells;
use super::layout::Layout;
use super::sums::{AC, AN, Rule, Table};
use super::tree::Decision;
use super::{Rules, Tier};
use crate::partial::Unit;
use crate::policy::GenotypeTier;
use crate::strata::Strata;

/// What is known of the variant that is being decided. The memory is kept from variant to variant.
pub(super) struct Variant {
    cells: Cells,
    /// The ALTs that the root shows.
    printed: Vec<usize>,
    /// One per family; the first `attempted` are of this variant and are printed.
    decisions: Vec<Decision>,
    attempted: usize,
    atoms: Table,
}

/// T1: for which variants genotypes are considered; a function of the root's printed AC and AN′ that the plan fixes, and of
/// nothing else.
#[derive(Clone, Copy)]
pub(super) struct T1 {
    always: bool,
    k: i64,
}

impl T1 {
    /// Genotype columns exist: without strata always, with strata on request, never when the policy says so.
    pub(super) fn of(rules: &Rules, strata: usize) -> Option<Self> {
        let always = strata == 1;
        let wanted = always || rules.genotypes_requested;
        let k = rules.policy.k();
        (wanted && rules.policy.genotype_tier == GenotypeTier::OnRequest).then_some(Self { always, k })
    }

    /// Genotypes are considered, as an earlier release did.
    pub(super) fn always(k: i64) -> Self {
        Self { always: true, k }
    }

    fn considers(self, ac: i64, an: i64) -> bool {
        let minor = ac.min(an - ac);
        self.always || minor * minor >= 4 * self.k * an
    }
}

impl Variant {
    pub(super) fn new(strata: &Strata, k: u32) -> Self {
        Self {
            cells: Cells::new(strata, k),
            printed: Vec::new(),
            decisions: strata.families.iter().map(|_| Decision::default()).collect(),
            attempted: 0,
            atoms: Table::default(),
        }
    }

    /// The ALTs that are printed, by their place in the unit.
    pub(super) fn printed(&self) -> &[usize] {
        &self.printed
    }

    /// What was decided in each family that is printed.
    pub(super) fn decisions(&self) -> &[Decision] {
        &self.decisions[..self.attempted]
    }

    /// Withholds everything but the root.
    pub(super) fn root_only(&mut self) {
        self.decisions[0].root_only();
        self.attempted = 1;
    }

    /// True when every cell of the plan passes by itself.
    pub(super) fn every_cell_passes(&self, layout: &Layout, tier: Tier) -> bool {
        let rule = Rule { alts: self.printed.len(), genotypes: tier == Tier::G };
        layout.plan_cells.pass(rule, &self.cells, i64::MAX, &mut Table::default())
    }

    /// T1–T4 and the families; nothing where no row is printed.
    pub(super) fn decide(&mut self, layout: &Layout, unit: &Unit, t1: Option<T1>) -> Option<Tier> {
        let shows = |v: &usize| layout.cells.allele_count(&unit.variants[*v].cells) >= layout.root.alt;
        self.printed.clear();
        self.printed.extend((0..unit.variants.len()).filter(shows));
        // Most variants are rare and end here.
        if self.printed.is_empty() {
            return None;
        }
        let rule = Rule { alts: self.printed.len(), genotypes: false };
        self.cells.alleles(unit, &self.printed, &layout.cells);
        let Decision { sums, .. } = &mut self.decisions[0];
        layout.trees[0].sum(&self.cells, rule, AN, sums);
        if !rule.passes(&layout.root, |column| sums.get(0, column)) {
            return None;
        }
        let considered =
            t1.is_some_and(|t1| rule.alts == 1 && t1.considers(sums.get(0, AC), sums.get(0, AN)));
        if !considered {
            self.families(layout, rule);
            return Some(Tier::A);
        }
        let rule = Rule { genotypes: true, ..rule };
        self.cells.classes(&unit.variants[self.printed[0]].cells, &layout.cells);
        layout.trees[0].sum(&self.cells, rule, AC + 1, sums);
        if rule.passes(&layout.root, |column| sums.get(0, column)) {
            self.families(layout, rule);
            return Some(Tier::G);
        }
        self.root_only();
        Some(Tier::A)
    }

    /// The first family, and each further one until the first denial.
    fn families(&mut self, layout: &Layout, rule: Rule) {
        layout.trees[0].decide(rule, &mut self.decisions[0]);
        self.attempted = 1;
        while self.attempted < self.decisions.len()
            && self.decisions[self.attempted - 1].complete()
            && self.further(layout, rule)
        {
            self.attempted += 1;
        }
    }

    /// Attempts the next family; false when it is denied.
    fn further(&mut self, layout: &Layout, rule: Rule) -> bool {
        let i = self.attempted;
        let (tree, (before, rest)) = (&layout.trees[i], self.decisions.split_at_mut(i));
        let (first, next) = (&before[0].sums, &mut rest[0]);
        let pair = layout.pair.as_ref().filter(|pair| pair.is_rule(rule, first.get(0, AN)));
        let may_try = match pair {
            Some(pair) => pair.may_try(first),
            None => layout.atoms[i].pass(rule, &self.cells, first.get(0, AC), &mut self.atoms),
        };
        if !may_try {
            return false;
        }
        tree.sum(&self.cells, rule, AN, &mut next.sums);
        tree.decide(rule, next);
        pair.is_none_or(|pair| next.complete() && pair.intervals_pass(first, &next.sums))
    }
}
