//! Counting a unit made by several records of the same people.

use std::collections::BTreeMap;

use super::{Counter, Genotype, HEMI, HET, MISSING, Named, Observation, genotype, worse};
use crate::error::{Error, Result};
use crate::normalize::Variant;
use crate::partial::Unit;
use crate::region::Zone;
use crate::source::record::is_sequence;
use crate::text;

impl Counter<'_> {
    /// A unit made by several records of the same people: combined per person, not added.
    ///
    /// A person is called if every record calls them; copies of a variant are the most that any record says; more
    /// copies in all than the person has is a contradiction, and the person is not called.
    /// A record without a row says nothing beside one that has rows: it only matters to other data sites. Two records of
    /// one symbolic ALT (two `<DEL>` of different ends) cannot be told apart, which is an error.
    pub(in crate::tally) fn together(
        &mut self,
        pos: u64,
        observations: &[Observation],
        zone: Zone,
    ) -> Result<Unit> {
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
                self.rows[0].0[fine as usize][MISSING] += 1;
                continue;
            }
            for (alt, &copies) in person.copies.iter().enumerate().filter(|(_, c)| **c > 0) {
                let class = if most == 1 { HEMI } else { HET + usize::from(copies) - 1 };
                self.rows[alt].0[fine as usize][class] += 1;
            }
        }
        let named: Vec<Named<'_>> =
            variants.iter().map(|(variant, filter)| Named { variant, filter }).collect();
        let touched = people.keys().map(|member| self.group.fine_of_member[*member as usize]);
        let mut unit = self.take(pos, &named, touched);
        unit.combined = observations.len() > 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indel_leaves_its_anchor_to_a_substitution() {
        let variant = |r: &str, a: &str| Variant { pos: 9, reference: r.into(), alternate: a.into() };
        let all = [variant("A", "C"), variant("A", "G"), variant("AT", "A"), variant("A", "<DEL>")];
        let list: Vec<&Variant> = all.iter().collect();
        assert!(!contradicts(&list, &[1, 1, 2, 2], 2));
        assert!(contradicts(&list, &[2, 1, 0, 0], 2), "three substitutions on two chromosomes");
        assert!(contradicts(&list, &[0, 0, 2, 0], 1), "two deletions on one");
    }
}
