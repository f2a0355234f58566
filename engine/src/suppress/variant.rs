//! One variant: which ALTs, at which tier, and in which families (`disclosure.md` §3, T1 to T4).

use super::cells::Missing;
use super::layout::Layout;
use super::margins::{Crossing, Margins};
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
    /// One per family; those in `shown` are of this variant and are printed.
    decisions: Vec<Decision>,
    shown: Vec<usize>,
    atoms: Table,
    crossing: Crossing,
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
        let (atoms, crossing) = (Table::default(), Crossing::default());
        let families = Families { decisions, shown: Vec::new(), atoms, crossing };
        Self { printed: Vec::new(), missing: Missing::new(strata, k), families }
    }

    /// The ALTs that are printed, by their place in the unit.
    pub(super) fn printed(&self) -> &[usize] {
        &self.printed
    }

    /// The families that are printed, with what was decided in each.
    pub(super) fn decisions(&self) -> impl Iterator<Item = (usize, &Decision)> {
        self.families.shown.iter().map(|&family| (family, &self.families.decisions[family]))
    }

    /// Genotypes were considered for the variant that was decided last and did not pass at the root.
    pub(super) fn fell_back(&self, t1: Option<T1>, tier: Tier) -> bool {
        let sums = &self.families.decisions[0].sums;
        let considers = |t1: T1| t1.considers(sums.get(0, AC), sums.get(0, AN));
        tier == Tier::A && self.printed.len() == 1 && t1.is_some_and(considers)
    }

    /// Withholds every split.
    pub(super) fn unsplit(&mut self, layout: &Layout) {
        layout.trees[0].unsplit(&mut self.families.decisions[0]);
        self.families.show_first();
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
        self.show_first();
    }

    fn show_first(&mut self) {
        self.shown.clear();
        self.shown.push(0);
    }

    /// The first family, and further ones by rule (c) where it is defined, by rule (a) elsewhere: which it is, the plan
    /// says, the number of printed ALTs, the tier, and the root's AN′.
    fn attempt(&mut self, layout: &Layout, counts: Counts<'_>, rule: Rule) {
        let root_an = self.decisions[0].sums.get(0, AN);
        let alleles = !rule.genotypes && rule.alts == 1;
        self.show_first();
        match layout.margins.as_ref().filter(|margins| alleles && margins.is_rule(root_an)) {
            Some(margins) => self.margins(layout, margins, counts, rule),
            None => self.atoms(layout, counts, rule),
        }
    }

    /// Rule (c).
    fn margins(&mut self, layout: &Layout, margins: &Margins, counts: Counts<'_>, rule: Rule) {
        let Self { decisions, shown, crossing, .. } = self;
        if !crossing.first(margins, &mut decisions[0]) {
            return layout.trees[0].decide(rule, &mut decisions[0]);
        }
        for (family, decision) in decisions.iter_mut().enumerate().skip(1) {
            layout.trees[family].sum(counts, rule, AN, &mut decision.sums);
            if crossing.further(margins, family, decision) {
                shown.push(family);
            }
        }
    }

    /// Rule (a), until the first denial.
    fn atoms(&mut self, layout: &Layout, counts: Counts<'_>, rule: Rule) {
        let Self { decisions, shown, atoms, .. } = self;
        layout.trees[0].decide(rule, &mut decisions[0]);
        let root_ac = decisions[0].sums.get(0, AC);
        for family in 1..decisions.len() {
            let complete = decisions[family - 1].complete();
            if !(complete && layout.atoms[family].pass(rule, counts, root_ac, atoms)) {
                break;
            }
            layout.trees[family].sum(counts, rule, AN, &mut decisions[family].sums);
            layout.trees[family].decide(rule, &mut decisions[family]);
            shown.push(family);
        }
    }
}
