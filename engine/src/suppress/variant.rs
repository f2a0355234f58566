//! One variant: which ALTs, at which tier, and in which families (`disclosure.md` §3, T1 to T4).

use super::cells::Missing;
use super::layout::Layout;
use super::sums::{AC, AN, Counts, Rule, Table};
use super::tree::Decision;
use super::{Rules, Tier};
use crate::partial::Unit;
use crate::policy::GenotypeTier;
use crate::strata::Strata;

/// What is known of the variant that is being decided. The memory is kept from variant to variant.
pub(super) struct Variant {
    /// The ALTs that the root shows.
    printed: Vec<usize>,
    missing: Missing,
    families: Families,
}

/// What was decided in each family.
struct Families {
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
        let decisions = strata.families.iter().map(|_| Decision::default()).collect();
        let families = Families { decisions, attempted: 0, atoms: Table::default() };
        Self { printed: Vec::new(), missing: Missing::new(strata, k), families }
    }

    /// The ALTs that are printed, by their place in the unit.
    pub(super) fn printed(&self) -> &[usize] {
        &self.printed
    }

    /// What was decided in each family that is printed.
    pub(super) fn decisions(&self) -> &[Decision] {
        &self.families.decisions[..self.families.attempted]
    }

    /// Withholds everything but the root.
    pub(super) fn root_only(&mut self) {
        self.families.root_only();
    }

    /// True when every cell of the plan passes by itself, at the variant that was decided last.
    pub(super) fn every_cell_passes(&self, layout: &Layout, unit: &Unit, tier: Tier) -> bool {
        let rule = Rule { alts: self.printed.len(), genotypes: tier == Tier::G };
        let counts = Counts { unit, printed: &self.printed, lost: self.missing.shown() };
        layout.plan_cells.pass(rule, counts, i64::MAX, &mut Table::default())
    }

    /// T4: the ALTs that are printed, and all that follows; nothing where no row is.
    pub(super) fn decide(&mut self, layout: &Layout, unit: &Unit, t1: Option<T1>) -> Option<Tier> {
        let shows = |v: &usize| layout.cells.allele_count(&unit.variants[*v].cells) >= layout.root.alt;
        self.printed.clear();
        self.printed.extend((0..unit.variants.len()).filter(shows));
        // Most variants are rare and end here.
        if self.printed.is_empty() {
            return None;
        }
        let rule = Rule { alts: self.printed.len(), genotypes: false };
        self.missing.read(unit, &layout.cells);
        let counts = Counts { unit, printed: &self.printed, lost: self.missing.shown() };
        self.families.decide(layout, counts, rule, t1)
    }
}

impl Families {
    /// T1–T3: the tier, and the families at it.
    fn decide(&mut self, layout: &Layout, counts: Counts<'_>, rule: Rule, t1: Option<T1>) -> Option<Tier> {
        let Decision { sums, .. } = &mut self.decisions[0];
        layout.trees[0].sum(counts, rule, AN, sums);
        if !rule.passes(&layout.root, |column| sums.get(0, column)) {
            return None;
        }
        let considered =
            t1.is_some_and(|t1| rule.alts == 1 && t1.considers(sums.get(0, AC), sums.get(0, AN)));
        if !considered {
            self.attempt(layout, counts, rule);
            return Some(Tier::A);
        }
        let rule = Rule { genotypes: true, ..rule };
        layout.trees[0].sum(counts, rule, AC + 1, sums);
        if rule.passes(&layout.root, |column| sums.get(0, column)) {
            self.attempt(layout, counts, rule);
            return Some(Tier::G);
        }
        self.root_only();
        Some(Tier::A)
    }

    fn root_only(&mut self) {
        self.decisions[0].root_only();
        self.attempted = 1;
    }

    /// The first family, and each further one until the first denial.
    fn attempt(&mut self, layout: &Layout, counts: Counts<'_>, rule: Rule) {
        layout.trees[0].decide(rule, &mut self.decisions[0]);
        self.attempted = 1;
        while self.attempted < self.decisions.len()
            && self.decisions[self.attempted - 1].complete()
            && self.further(layout, counts, rule)
        {
            self.attempted += 1;
        }
    }

    /// Attempts the next family; false when it is denied.
    fn further(&mut self, layout: &Layout, counts: Counts<'_>, rule: Rule) -> bool {
        let i = self.attempted;
        let (tree, (before, rest)) = (&layout.trees[i], self.decisions.split_at_mut(i));
        let (first, next) = (&before[0].sums, &mut rest[0]);
        let pair = layout.pair.as_ref().filter(|pair| pair.is_rule(rule, first.get(0, AN)));
        let may_try = match pair {
            Some(pair) => pair.may_try(first),
            None => layout.atoms[i].pass(rule, counts, first.get(0, AC), &mut self.atoms),
        };
        if !may_try {
            return false;
        }
        tree.sum(counts, rule, AN, &mut next.sums);
        tree.decide(rule, next);
        pair.is_none_or(|pair| next.complete() && pair.intervals_pass(first, &next.sums))
    }
}
