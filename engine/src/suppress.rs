//! The suppression step: the only maker of [`Released`].
//!
//! `merge` hands over the counts of every variant; this file decides, variant by variant, which nodes are printed, and
//! hands out rows in which nothing else is left. The rules are those of `disclosure.md` §2–§4; the tree rule is in
//! `tree` and `reservoir`, further families in `families`, the tests in `sums`, what a plan fixes for all
//! variants in `layout`; `variant` puts them together.

mod batch;
mod beside;
mod cells;
mod families;
mod layout;
mod linked;
mod margins;
mod released;
mod reservoir;
mod sums;
#[cfg(test)]
mod tests;
mod tree;
mod variant;

use std::collections::BTreeMap;

pub(crate) use linked::{Bits, Joint, Numbers, Since, Table as JointTable, TableNode};
pub use released::{Frequency, Genotypes, ReleasedRow, Stratum, TableHeader, Tier};

use crate::error::Result;
use crate::ledger::{Beside, Reservation};
use crate::merge::Merged;
use crate::partial::Unit;
use crate::policy::{Policy, SexChromosomes};
use crate::region::Zone;
use crate::strata::Strata;
pub(crate) use batch::{Decided, Decider, Undecided};
use beside::At;
pub(crate) use beside::EarlierRows;
use layout::Layout;
use linked::{Allowed, Row};
use sums::{AC, AN, DIPLOID_HOMREF, HAPLOID_REF, HEMI, HET, HOMALT, Table};
use variant::{T1, Variant};

/// A table to which the disclosure policy was applied. Holding one proves it; nothing outside this module makes one.
///
/// Rows are decided as they are asked for, in genome order, so that a table of any length takes the memory of a few
/// batches.
pub struct Released<'p> {
    header: TableHeader,
    merged: Merged<'p>,
    decider: Decider,
    /// Earlier releases of the same people.
    beside: Option<Beside>,
}

/// Applies the plan's policy to merged counts, beside what the ledger knows of the same people: the reservation proves that
/// the strata were judged.
pub fn suppress<'p>(merged: Merged<'p>, reservation: &mut Reservation) -> Result<Released<'p>> {
    let plan = merged.plan();
    reservation.is_for(plan)?;
    let rules = Rules {
        strata: plan.strata().clone(),
        policy: plan.policy().clone(),
        genotypes_requested: plan.request().genotypes,
    };
    let decider = Decider::new(rules);
    let header = TableHeader {
        strata: decider.0.strata.clone(),
        contigs: plan.contigs().to_vec(),
        genotypes: decider.0.t1.is_some(),
        filters: plan.filters().to_vec(),
        description: plan.description(),
    };
    let beside = reservation.take_beside();
    Ok(Released { header, merged, decider, beside })
}

impl Released<'_> {
    /// What holds for the whole table.
    #[must_use]
    pub fn header(&self) -> &TableHeader {
        &self.header
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
    /// The genotype columns, if there are any.
    t1: Option<T1>,
    /// By zone; made for the first variant of each.
    layouts: [Option<Box<Layout>>; 4],
    variant: Variant,
}

/// Takes one printed ALT: its place in the unit, the tier, and the numbers of every stratum.
pub(crate) type Each<'a> = &'a mut dyn FnMut(usize, Tier, Box<[Option<Frequency>]>);

impl Suppressor {
    pub(crate) fn new(rules: Rules) -> Self {
        let (strata, stratum_of) = columns(&rules.strata);
        let t1 = T1::of(&rules, strata.len());
        let variant = Variant::new(&rules.strata, rules.policy.k);
        Self { rules, strata, stratum_of, t1, layouts: [const { None }; 4], variant }
    }

    /// The strata printed, in column order, the whole cohort first.
    pub(crate) fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// The rows of one variant (all ALTs at one position), beside those of earlier releases.
    fn rows(&mut self, unit: &Unit, zone: Zone, at: Option<At<'_>>) -> Vec<ReleasedRow> {
        let mut rows = Vec::new();
        self.decide_beside(unit, zone, at, &mut |variant, tier, cells| {
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
        self.decide_beside(unit, zone, None, each);
    }

    /// Decides one variant beside the rows that earlier tables have of it.
    pub(crate) fn decide_after(
        &mut self,
        (unit, zone): (&Unit, Zone),
        joint: &mut Joint,
        earlier: Vec<EarlierRows>,
        each: Each<'_>,
    ) {
        self.decide_beside(unit, zone, Some(At::new(joint, earlier)), each);
    }

    /// Where each node of every tree is printed, the trees one after the other.
    pub(crate) fn places(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        self.stratum_of.iter().flatten().copied()
    }

    fn decide_beside(&mut self, unit: &Unit, zone: Zone, at: Option<At<'_>>, each: Each<'_>) {
        let Rules { strata, policy, .. } = &self.rules;
        let k = policy.k;
        if policy.sexchrom == SexChromosomes::Drop && matches!(zone, Zone::X | Zone::Y) {
            return;
        }
        let layout =
            self.layouts[zone as usize].get_or_insert_with(|| Box::new(Layout::new(strata, zone, k)));
        // A variant keeps its tier: what earlier tables considered is considered now.
        let t1 = match at.as_ref().and_then(|at| at.considered) {
            None => self.t1,
            Some(considered) => considered.then(|| T1::always(policy.k())),
        };
        let Some(tier) = self.variant.decide(layout, unit, t1) else { return };
        let mut allowed = Allowed::All;
        if let Some(mut at) = at {
            let closed = self.variant.fell_back(t1, tier);
            let row = Row { zone, k, genotypes: tier == Tier::G, closed };
            let variant = &self.variant;
            let alts: Vec<(&str, &str)> = variant
                .printed()
                .iter()
                .map(|&v| (&*unit.variants[v].reference, &*unit.variants[v].alternate))
                .collect();
            let own = |alt| beside::own(variant.decisions(), &self.stratum_of, alt, row.genotypes);
            allowed = at.allowed(row, &alts, &own, &|| variant.every_cell_passes(layout, unit, tier));
        }
        match allowed {
            Allowed::Nothing => return,
            // Whether a row was cut back must not show in a child that is everybody.
            Allowed::Root => self.variant.unsplit(layout),
            Allowed::All => {}
        }
        for (alt, &variant) in self.variant.printed().iter().enumerate() {
            let shown = if self.t1.is_some() { tier } else { Tier::A };
            each(variant, shown, self.shown(alt, shown));
        }
    }

    /// The numbers of every stratum for one printed ALT.
    fn shown(&self, alt: usize, tier: Tier) -> Box<[Option<Frequency>]> {
        let mut cells = vec![None; self.strata.len()];
        for (family, decision) in self.variant.decisions() {
            let stratum_of = &self.stratum_of[family];
            for &node in &decision.alone {
                if let Some(stratum) = stratum_of[node] {
                    cells[stratum] = frequency(&decision.sums, node, alt, tier);
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
fn frequency(sums: &Table, node: usize, alt: usize, tier: Tier) -> Option<Frequency> {
    let count = |column: usize| u32::try_from(sums.get(node, column)).ok();
    let genotypes = match tier {
        Tier::A => None,
        Tier::G => Some(Genotypes {
            homref: count(DIPLOID_HOMREF)?.checked_add(count(HAPLOID_REF)?)?,
            het: count(HET)?,
            homalt: count(HOMALT)?,
            hemi: count(HEMI)?,
            diploid_homref: count(DIPLOID_HOMREF)?,
        }),
    };
    Some(Frequency { ac: count(AC + alt)?, an: count(AN)?, genotypes })
}
