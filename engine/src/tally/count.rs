//! From calls to counts by fine cell: rules 1–10 and 13–14 of counting.md.

use std::collections::BTreeMap;
use std::sync::Arc;

use shukei_kernels::Call;

use crate::error::{Error, Result};
use crate::normalize::Variant;
use crate::partial::{CellCounts, Unit, VariantCounts};
use crate::plan::{Group, Plan};
use crate::region::Zone;
use crate::source::record::is_sequence;
use crate::text;

/// One record's part in one unit: its ALTs that lie there, and the calls of everybody who is not plain hom-ref.
#[derive(Clone)]
pub(super) struct Observation {
    /// File of the group.
    pub(super) file: usize,
    /// Allele number in the record, and what it is.
    pub(super) variants: Vec<(u16, Variant)>,
    pub(super) filter: Box<str>,
    pub(super) calls: Arc<[Call]>,
}

/// One record's part in a unit that it alone makes, so that nothing needs to be kept.
pub(super) struct Alone<'a> {
    pub(super) file: usize,
    /// Position of the unit.
    pub(super) pos: u64,
    pub(super) variants: &'a [(u16, &'a Variant)],
    pub(super) filter: &'a str,
    pub(super) calls: &'a [Call],
}

/// A call as counting sees it, for a person with a known number of copies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Genotype {
    Missing,
    One(u16),
    Two(u16, u16),
}

/// What a call says of a person who has `copies` copies at a locus of this zone (1 or 2).
///
/// Two copies: both alleles must be called (a half call is not called), and a call of one allele is not called.
/// One copy on X and Y: a haploid call, or a homozygous one; a heterozygous one is not called. On MT a heterozygous
/// call with REF is a carrier of the other allele.
fn genotype(call: Call, copies: u8, zone: Zone) -> Genotype {
    let (a, b) = (call.a, call.b);
    match (copies, b) {
        (1, Call::ABSENT) if a != Call::MISSING => Genotype::One(a),
        (_, Call::ABSENT) => Genotype::Missing,
        _ if a == Call::MISSING || b == Call::MISSING => Genotype::Missing,
        (1, _) if a == b => Genotype::One(a),
        (1, _) if zone == Zone::Mt && (a == 0 || b == 0) => Genotype::One(a.max(b)),
        (1, _) => Genotype::Missing,
        _ => Genotype::Two(a, b),
    }
}

/// Counts units of one group; scratch space over the fine cells.
///
/// Only cells that somebody touches are visited: the price of a variant is its carriers, not the number of strata.
pub(super) struct Counter<'a> {
    group: &'a Group,
    /// `copies[zone][fine]`.
    copies: [Vec<u8>; 4],
    missing: Cells<u32>,
    /// Hets, hom-alts and hemizygotes by ALT of the unit.
    carriers: Vec<Cells<[u32; 3]>>,
    /// The variant of a unit by allele number, `NONE` for others.
    local: Vec<u16>,
}

/// Counts by fine cell, zero but for the cells in the list.
struct Cells<T> {
    counts: Vec<T>,
    touched: Vec<u32>,
}

impl<T: Copy + Default + PartialEq> Cells<T> {
    fn new(cells: usize) -> Self {
        Self { counts: vec![T::default(); cells], touched: Vec::new() }
    }

    /// The count of a cell, to be raised.
    fn at(&mut self, fine: u32) -> &mut T {
        let count = &mut self.counts[fine as usize];
        if *count == T::default() {
            self.touched.push(fine);
        }
        count
    }

    /// The touched cells in order with their counts; all are zero again afterwards.
    fn take(&mut self) -> Vec<(u32, T)> {
        self.touched.sort_unstable();
        let counts = &mut self.counts;
        self.touched.drain(..).map(|fine| (fine, std::mem::take(&mut counts[fine as usize]))).collect()
    }
}

const NONE: u16 = u16::MAX;

impl<'a> Counter<'a> {
    pub(super) fn new(plan: &Plan, group: &'a Group) -> Self {
        let fine = &plan.strata().fine;
        let copies = Zone::ALL.map(|zone| fine.iter().map(|f| f.karyotype.copies(zone)).collect());
        Self { group, copies, missing: Cells::new(fine.len()), carriers: Vec::new(), local: Vec::new() }
    }

    /// A unit made by one record: the hot path.
    ///
    /// For each call that is not plain hom-ref: the person's fine cell; one increment there.
    pub(super) fn alone(&mut self, alone: &Alone<'_>, zone: Zone) -> Unit {
        let alts = alone.variants.len();
        self.room_for(alts);
        self.local.clear();
        for (i, (allele, _)) in (0..NONE).zip(alone.variants) {
            let allele = usize::from(*allele);
            if self.local.len() <= allele {
                self.local.resize(allele + 1, NONE);
            }
            self.local[allele] = i;
        }
        let fine_of_column = &self.group.files[alone.file].fine_of_column;
        for call in alone.calls {
            let fine = fine_of_column[call.column as usize];
            let Some(&copies) = self.copies[zone as usize].get(fine as usize) else { continue };
            if copies == 0 {
                continue;
            }
            match genotype(*call, copies, zone) {
                Genotype::Missing => *self.missing.at(fine) += 1,
                Genotype::One(a) => self.carry(a, fine, 2),
                Genotype::Two(a, b) if a == b => self.carry(a, fine, 1),
                Genotype::Two(a, b) => {
                    self.carry(a, fine, 0);
                    self.carry(b, fine, 0);
                }
            }
        }
        let mut unit = self.take(alts);
        for (counts, (_, variant)) in unit.variants.iter_mut().zip(alone.variants) {
            counts.reference = variant.reference.clone();
            counts.alternate = variant.alternate.clone();
            counts.filter = alone.filter.into();
        }
        unit.pos = alone.pos;
        unit
    }

    /// Scratch for this many ALTs.
    fn room_for(&mut self, alts: usize) {
        let cells = self.missing.counts.len();
        if self.carriers.len() < alts {
            self.carriers.resize_with(alts, || Cells::new(cells));
        }
    }

    /// One more carrier of an allele, if it is a variant of the unit. Class 0 is het, 1 hom-alt, 2 hemizygous.
    fn carry(&mut self, allele: u16, fine: u32, class: usize) {
        if let Some(&alt) = self.local.get(usize::from(allele))
            && alt != NONE
        {
            self.carriers[usize::from(alt)].at(fine)[class] += 1;
        }
    }

    /// Collects the scratch into a unit without names and clears it.
    fn take(&mut self, alts: usize) -> Unit {
        let cell = |(fine, [het, homalt, hemi]): (u32, [u32; 3])| CellCounts { fine, het, homalt, hemi };
        let variant = |cells: &mut Cells<[u32; 3]>| VariantCounts {
            reference: "".into(),
            alternate: "".into(),
            filter: "".into(),
            cells: cells.take().into_iter().map(cell).collect(),
        };
        let variants = self.carriers[..alts].iter_mut().map(variant).collect();
        Unit { contig: 0, pos: 0, variants, missing: self.missing.take(), combined: false }
    }

    /// A unit made by several records of the same people: combined per person, not added.
    ///
    /// A person is called if every record calls them; copies of a variant are the most that any record says; more
    /// copies in all than the person has is a contradiction, and the person is not called.
    /// A record without a row says nothing beside one that has rows: it only matters to other data sites. Two records of
    /// one symbolic ALT (two `<DEL>` of different ends) cannot be told apart, which is an error.
    pub(super) fn together(&mut self, pos: u64, observations: &[Observation], zone: Zone) -> Result<Unit> {
        let any_rows = observations.iter().any(|o| !o.variants.is_empty());
        let observations: Vec<&Observation> =
            observations.iter().filter(|o| !any_rows || !o.variants.is_empty()).collect();
        let mut variants: BTreeMap<&Variant, &str> = BTreeMap::new();
        for (observation, (_, variant)) in
            observations.iter().flat_map(|o| o.variants.iter().map(move |v| (o, v)))
        {
            let twice = variants.contains_key(variant);
            if twice && !is_sequence(&variant.alternate) {
                return Err(one_symbol_twice(&variant.alternate));
            }
            let filter = variants.entry(variant).or_insert(&observation.filter);
            *filter = worse(filter, &observation.filter);
        }
        let order: Vec<&Variant> = variants.keys().copied().collect();
        let people = self.people(&observations, &order, zone);
        self.room_for(order.len());
        for (&fine, person) in
            people.iter().map(|(member, p)| (&self.group.fine_of_member[*member as usize], p))
        {
            let most = self.copies[zone as usize][fine as usize];
            if !person.called || contradicts(&order, &person.copies, most) {
                *self.missing.at(fine) += 1;
                continue;
            }
            for (alt, &copies) in person.copies.iter().enumerate().filter(|(_, c)| **c > 0) {
                let class = if most == 1 { 2 } else { usize::from(copies) - 1 };
                self.carriers[alt].at(fine)[class] += 1;
            }
        }
        let mut unit = self.take(order.len());
        unit.combined = observations.len() > 1;
        for (counts, (variant, filter)) in unit.variants.iter_mut().zip(&variants) {
            counts.reference = variant.reference.clone();
            counts.alternate = variant.alternate.clone();
            counts.filter = (*filter).into();
        }
        unit.pos = pos;
        Ok(unit)
    }

    /// Everybody whom some record does not show as plain hom-ref, by member of the group.
    fn people(&self, observations: &[&Observation], order: &[&Variant], zone: Zone) -> BTreeMap<u32, Person> {
        let mut people: BTreeMap<u32, Person> = BTreeMap::new();
        for observation in observations {
            let file = &self.group.files[observation.file];
            let index = |allele: u16| {
                let (_, variant) = observation.variants.iter().find(|(a, _)| *a == allele)?;
                order.iter().position(|v| *v == variant)
            };
            for call in observation.calls.iter() {
                let member = file.member_of_column[call.column as usize];
                let Some(&fine) = self.group.fine_of_member.get(member as usize) else { continue };
                let copies = self.copies[zone as usize][fine as usize];
                if copies == 0 {
                    continue;
                }
                let person = people
                    .entry(member)
                    .or_insert_with(|| Person { called: true, copies: vec![0; order.len()] });
                let alleles = match genotype(*call, copies, zone) {
                    Genotype::Missing => {
                        person.called = false;
                        continue;
                    }
                    Genotype::One(a) => [Some(a), None],
                    Genotype::Two(a, b) => [Some(a), Some(b)],
                };
                let mut here = vec![0u8; order.len()];
                for alt in alleles.into_iter().flatten().filter_map(index) {
                    here[alt] += 1;
                }
                for (most, n) in person.copies.iter_mut().zip(here) {
                    *most = n.max(*most);
                }
            }
        }
        people
    }
}

/// What the records of a unit say of one person.
struct Person {
    called: bool,
    copies: Vec<u8>,
}

/// True when a person has more copies than chromosomes: substitutions exclude one another on a chromosome, and so do
/// indels, but an indel leaves its anchor base to a substitution. Symbolic alleles are not judged.
fn contradicts(variants: &[&Variant], copies: &[u8], most: u8) -> bool {
    let sum = |substitution: bool| {
        let mine = |v: &Variant| {
            is_sequence(&v.alternate) && (v.reference.len() == v.alternate.len()) == substitution
        };
        variants.iter().zip(copies).filter(|(v, _)| mine(v)).map(|(_, &n)| u32::from(n)).sum::<u32>()
    };
    sum(true) > u32::from(most) || sum(false) > u32::from(most)
}

fn one_symbol_twice(alt: &str) -> Error {
    let alt = alt.to_owned();
    Error::input(text!(
        "two records of `{alt}` at one position, which their key cannot tell apart; leave --structural out, or keep one \
         of them",
        "同じ位置に `{alt}` のレコードが 2 つあり、区別できません。--structural を外すか、一方だけを残してください"
    ))
}

/// Of two FILTER values of one variant the one that says more against it, the same whatever the order.
pub(crate) fn worse<'a>(a: &'a str, b: &'a str) -> &'a str {
    let rank = |f: &str| match f {
        "." => 0,
        "PASS" => 1,
        _ => 2,
    };
    if (rank(a), a) >= (rank(b), b) { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(a: u16, b: u16) -> Call {
        Call { column: 0, a, b }
    }

    #[test]
    fn calls_by_ploidy() {
        const M: u16 = Call::MISSING;
        const ABSENT: u16 = Call::ABSENT;
        let two = |a, b| genotype(call(a, b), 2, Zone::Diploid);
        assert!(two(0, 1) == Genotype::Two(0, 1));
        assert!(two(M, 1) == Genotype::Missing, "a half call is not called");
        assert!(two(1, ABSENT) == Genotype::Missing, "one allele of two");
        let one = |a, b, zone| genotype(call(a, b), 1, zone);
        assert!(one(1, ABSENT, Zone::X) == Genotype::One(1));
        assert!(one(1, 1, Zone::Y) == Genotype::One(1));
        assert!(one(0, 1, Zone::X) == Genotype::Missing, "XY het");
        assert!(one(0, 1, Zone::Mt) == Genotype::One(1), "heteroplasmy is a carrier");
        assert!(one(1, 2, Zone::Mt) == Genotype::Missing);
        assert!(one(M, ABSENT, Zone::Mt) == Genotype::Missing);
    }

    #[test]
    fn an_indel_leaves_its_anchor_to_a_substitution() {
        let variant = |r: &str, a: &str| Variant { pos: 9, reference: r.into(), alternate: a.into() };
        let all = [variant("A", "C"), variant("A", "G"), variant("AT", "A"), variant("A", "<DEL>")];
        let list: Vec<&Variant> = all.iter().collect();
        assert!(!contradicts(&list, &[1, 1, 2, 2], 2));
        assert!(contradicts(&list, &[2, 1, 0, 0], 2), "three substitutions on two chromosomes");
        assert!(contradicts(&list, &[0, 0, 2, 0], 1), "two deletions on one");
    }

    #[test]
    fn filters_of_one_variant() {
        assert_eq!(worse("PASS", "."), "PASS");
        assert_eq!(worse("PASS", "q10"), "q10");
        assert_eq!(worse("a", "q10"), worse("q10", "a"));
    }
}
