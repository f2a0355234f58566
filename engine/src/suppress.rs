//! The suppression step: the only maker of [`Released`].
//!
//! `merge` hands over the counts of every variant; this file decides, variant by variant, which nodes are printed, and
//! hands out rows in which nothing else is left. The rules are those of `disclosure.md` §2–§4; the tree rule is in
//! `tree`, further families in `families`, the tests in `sums`.

mod cells;
mod families;
mod linked;
mod released;
mod sums;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

pub(crate) use linked::{Allowed, Bits, Joint, Numbers, Print as LinkedPrint, Table, TableNode};
pub use released::{Frequency, Genotypes, ReleasedRow, Stratum, TableHeader, Tier};

use crate::error::Result;
use crate::merge::Merged;
use crate::partial::Unit;
use crate::policy::{GenotypeTier, Policy, SexChromosomes};
use crate::region::Zone;
use crate::strata::Strata;
use cells::Cells;
use families::Pair;
use sums::{Rule, Sums};
use tree::Decision;

/// A table to which the disclosure policy was applied. Holding one proves it; nothing outside this module makes one.
///
/// Rows are decided as they are asked for, in genome order, so that a table of any length takes the memory of one
/// variant.
pub struct Released<'p> {
    header: TableHeader,
    merged: Merged<'p>,
    suppressor: Suppressor,
    rows_per_contig: Vec<u64>,
    combined: u64,
}

/// Applies the plan's policy to merged counts.
pub fn suppress<'p>(merged: Merged<'p>) -> Result<Released<'p>> {
    let plan = merged.plan();
    let suppressor = Suppressor::new(Rules {
        strata: plan.strata().clone(),
        policy: plan.policy().clone(),
        genotypes_requested: plan.request().genotypes,
    });
    let header = TableHeader {
        strata: suppressor.strata.clone(),
        contigs: plan.contigs().to_vec(),
        genotypes: suppressor.may_print_genotypes(),
        filters: plan.filters().to_vec(),
        description: plan.description(),
    };
    let rows_per_contig = vec![0; plan.contigs().len()];
    Ok(Released { header, merged, suppressor, rows_per_contig, combined: 0 })
}

impl Released<'_> {
    /// What holds for the whole table.
    #[must_use]
    pub fn header(&self) -> &TableHeader {
        &self.header
    }

    /// The rows of the next variant that has any; `None` after the last.
    pub fn next_rows(&mut self) -> Result<Option<Vec<ReleasedRow>>> {
        while let Some(unit) = self.merged.next_unit()? {
            let zone = self.merged.plan().zone(unit.contig, unit.pos)?;
            let rows = self.suppressor.rows(&unit, zone);
            if let Some(row) = rows.first() {
                self.rows_per_contig[row.contig()] += rows.len() as u64;
                self.combined += u64::from(unit.combined);
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// Positions with rows at which several records of the same people were combined, so far. Positions without rows
    /// are not counted: whether a hidden variant is there is not for this number to tell.
    #[must_use]
    pub fn combined(&self) -> u64 {
        self.combined
    }

    /// Rows handed out so far, by contig of the header.
    #[must_use]
    pub fn rows_per_contig(&self) -> &[u64] {
        &self.rows_per_contig
    }
}

/// What decides beside the counts of a variant and its zone: all of it is public.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) strata: Strata,
    pub(crate) policy: Policy,
    pub(crate) genotypes_requested: bool,
}

/// The policy of one plan, ready to be applied to variants.
pub(crate) struct Suppressor {
    rules: Rules,
    strata: Vec<Stratum>,
    /// `stratum_of[family][node]`: where a node is printed.
    stratum_of: Vec<Vec<Option<usize>>>,
    pair: Option<Pair>,
    cells: Cells,
}

/// Takes one printed ALT: its place in the unit, the tier, and the numbers of every stratum.
pub(crate) type Each<'a> = &'a mut dyn FnMut(usize, Tier, Box<[Option<Frequency>]>);

/// What is printed of one variant: its tier and, per family attempted, the nodes that stand alone.
struct Print {
    tier: Tier,
    decisions: Vec<Decision>,
}

impl Suppressor {
    pub(crate) fn new(rules: Rules) -> Self {
        let (strata, stratum_of) = columns(&rules.strata);
        let pair = families::is_pair(&rules.strata, rules.policy.k).then(|| Pair::of(&rules.strata));
        let cells = Cells::new(&rules.strata, rules.policy.k);
        Self { rules, strata, stratum_of, pair, cells }
    }

    /// The strata printed, in column order, the whole cohort first.
    pub(crate) fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// Genotype columns exist: without strata always, with strata on request, never when the policy says so.
    fn may_print_genotypes(&self) -> bool {
        let plain = self.strata.len() == 1;
        self.rules.policy.genotype_tier == GenotypeTier::OnRequest
            && (plain || self.rules.genotypes_requested)
    }

    /// The rows of one variant (all ALTs at one position).
    fn rows(&mut self, unit: &Unit, zone: Zone) -> Vec<ReleasedRow> {
        let mut rows = Vec::new();
        self.decide(unit, zone, &mut |variant, tier, cells| {
            let variant = &unit.variants[variant];
            rows.push(ReleasedRow {
                contig: unit.contig,
                pos: unit.pos,
                reference: variant.reference.clone(),
                alternate: variant.alternate.clone(),
                filter: variant.filter.clone(),
                tier,
                cells,
            });
        });
        rows.sort_by(|a, b| (&a.reference, &a.alternate).cmp(&(&b.reference, &b.alternate)));
        rows
    }

    /// Decides one variant: hands over each printed ALT with the tier and the numbers of every stratum.
    pub(crate) fn decide(&mut self, unit: &Unit, zone: Zone, each: Each<'_>) {
        let Rules { strata, policy, .. } = &self.rules;
        if policy.sexchrom == SexChromosomes::Drop && matches!(zone, Zone::X | Zone::Y) {
            return;
        }
        let root_size = strata.families[0].nodes[0].size;
        let rule = Rule { k: policy.k, zone, genotypes: false };
        let floor = rule.alt_floor(root_size);
        let printed: Vec<usize> =
            (0..unit.variants.len()).filter(|&v| self.cells.allele_count(unit, v, zone) >= floor).collect();
        if printed.is_empty() {
            return;
        }
        let deltas = self.cells.deltas(unit, &printed, zone);
        let Some(print) = self.print(rule, printed.len(), &deltas) else { return };
        for (alt, &variant) in printed.iter().enumerate() {
            each(variant, print.tier, self.shown(alt, &print));
        }
    }

    /// T1–T3 and the families.
    fn print(&self, rule: Rule, alts: usize, deltas: &[(usize, Sums)]) -> Option<Print> {
        let strata = &self.rules.strata;
        let root_size = strata.families[0].nodes[0].size;
        let first = tree::sums(&strata.families[0], rule, alts, deltas);
        let root = first[0].clone();
        if !rule.passes(&root, root_size) {
            return None;
        }
        let by_genotype = Rule { genotypes: true, ..rule };
        if !self.considers_genotypes(&root) {
            return Some(Print { tier: Tier::A, decisions: self.families(rule, first, alts, deltas) });
        }
        if by_genotype.passes(&root, root_size) {
            return Some(Print { tier: Tier::G, decisions: self.families(by_genotype, first, alts, deltas) });
        }
        let mut nodes = vec![None; first.len()];
        nodes[0] = Some(root);
        Some(Print { tier: Tier::A, decisions: vec![Decision { nodes, complete: false }] })
    }

    /// T1: a function of the root's printed AC and AN′ that the plan fixes, and of nothing else.
    fn considers_genotypes(&self, root: &Sums) -> bool {
        if !self.may_print_genotypes() || root.ac.len() != 1 {
            return false;
        }
        let minor = root.ac[0].min(root.an - root.ac[0]);
        self.strata.len() == 1 || minor * minor >= 4 * self.rules.policy.k() * root.an
    }

    /// The first family, and each further one until the first denial.
    fn families(&self, rule: Rule, first: Vec<Sums>, alts: usize, deltas: &[(usize, Sums)]) -> Vec<Decision> {
        let strata = &self.rules.strata;
        let mut decisions = vec![tree::decide(&strata.families[0], rule, first)];
        for (i, family) in strata.families.iter().enumerate().skip(1) {
            if !decisions[i - 1].complete {
                break;
            }
            let sums = tree::sums(family, rule, alts, deltas);
            let decision = match self.pair_of(rule, &decisions[0]) {
                Some(pair) => by_pair(pair, rule, family, sums),
                None => families::atoms_pass(&strata.atoms[i], rule, alts, deltas)
                    .then(|| tree::decide(family, rule, sums)),
            };
            match decision {
                Some(decision) => decisions.push(decision),
                None => break,
            }
        }
        decisions
    }

    /// The margins for rule (b), where the print of the first family says that it is the rule.
    fn pair_of(&self, rule: Rule, first: &Decision) -> Option<Pair> {
        let strata = &self.rules.strata;
        let (pair, root) = (self.pair.as_ref()?, first.nodes[0].as_ref()?);
        let everybody = i64::from(strata.families[0].nodes[0].size.max_an(rule.zone));
        if rule.zone != Zone::Diploid || rule.genotypes || root.ac.len() != 1 || root.an != everybody {
            return None;
        }
        let rows = &strata.families[0].nodes[0].children;
        let row = |p: usize| first.nodes[rows[p]].as_ref().map(|s| s.ac[0]);
        Some(Pair { capacity: pair.capacity.clone(), rows: [row(0)?, row(1)?], columns: Vec::new() })
    }

    /// The numbers of every stratum for one printed ALT.
    fn shown(&self, alt: usize, print: &Print) -> Box<[Option<Frequency>]> {
        let mut cells = vec![None; self.strata.len()];
        for (family, decision) in print.decisions.iter().enumerate() {
            for (node, sums) in decision.nodes.iter().enumerate() {
                if let (Some(stratum), Some(sums)) = (self.stratum_of[family][node], sums) {
                    cells[stratum] = frequency(sums, alt, print.tier);
                }
            }
        }
        cells.into_boxed_slice()
    }
}

impl Frequency {
    /// Every class that is printed: without a copy, one of two, two, the only one; and those without a copy who have two.
    pub(crate) fn classes(&self) -> Option<[u32; 5]> {
        self.genotypes.as_ref().map(|g| [g.homref, g.het, g.homalt, g.hemi, g.diploid_homref])
    }
}

/// Rule (b): a public test on the first margin, every column passing, and wide enough intervals.
fn by_pair(mut pair: Pair, rule: Rule, family: &crate::strata::Family, sums: Vec<Sums>) -> Option<Decision> {
    if !pair.may_try() {
        return None;
    }
    pair.columns = family.nodes[0].children.iter().map(|&c| sums[c].ac[0]).collect();
    let decision = tree::decide(family, rule, sums);
    (decision.complete && pair.intervals_pass(rule.k)).then_some(decision)
}

/// The strata of a table, each name once, the whole cohort first; and where each node of each family is printed.
fn columns(strata: &Strata) -> (Vec<Stratum>, Vec<Vec<Option<usize>>>) {
    let mut list: Vec<Stratum> = Vec::new();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let places = strata
        .families
        .iter()
        .map(|family| {
            let place = |node: &crate::strata::Node| {
                let name = node.name.clone()?;
                Some(*index.entry(name.clone()).or_insert_with(|| {
                    let subjects = u64::from(node.size.subjects());
                    list.push(Stratum { name, label: node.label.clone(), subjects });
                    list.len() - 1
                }))
            };
            family.nodes.iter().map(place).collect()
        })
        .collect();
    (list, places)
}

/// The released numbers of one ALT in one node. Sums are counts of people and alleles of one cohort: they fit; if one ever
/// did not, the cell is withheld rather than wrong.
fn frequency(sums: &Sums, alt: usize, tier: Tier) -> Option<Frequency> {
    let count = |n: i64| u32::try_from(n).ok();
    let genotypes = match tier {
        Tier::A => None,
        Tier::G => Some(Genotypes {
            homref: count(sums.diploid_homref + sums.haploid_ref)?,
            het: count(sums.het)?,
            homalt: count(sums.homalt)?,
            hemi: count(sums.hemi)?,
            diploid_homref: count(sums.diploid_homref)?,
        }),
    };
    Some(Frequency { ac: count(sums.ac[alt])?, an: count(sums.an)?, genotypes })
}
