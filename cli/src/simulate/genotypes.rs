//! Who carries what at a locus: alleles drawn copy by copy, so that genotypes are in Hardy-Weinberg proportions.
//!
//! For each alternate allele: visit the copies that succeed at its largest frequency (a [`Skipper`] jumps over the
//! rest), accept each with the ratio of its group's frequency to the largest, and give it the allele if it is still
//! reference. Rare variants cost a few draws, whatever the number of people.

use super::genome::Ploidy;
use super::locus::{Alternate, Locus, group};
use super::people::{Person, Sex};
use super::random::{Random, Skipper};
use std::ops::Range;

/// The alleles of everybody at one locus; reused from locus to locus.
#[derive(Debug)]
pub(crate) struct Genotypes {
    groups: Vec<usize>,
    /// For each ploidy, the copies there are: 2 × person + slot.
    copies: [Vec<usize>; 4],
    alleles: Vec<[u8; 2]>,
    carriers: Vec<usize>,
}

impl Genotypes {
    /// Nobody carries anything yet.
    pub(crate) fn new(people: &[Person]) -> Self {
        let copies = Ploidy::ALL.map(|ploidy| {
            let slots = |person: &Person| match (ploidy, person.sex) {
                (Ploidy::Autosomal, _) | (Ploidy::X, Sex::Female) => 2,
                (Ploidy::Y, Sex::Female) => 0,
                _ => 1,
            };
            people
                .iter()
                .enumerate()
                .flat_map(|(index, it)| (0..slots(it)).map(move |slot| 2 * index + slot))
                .collect()
        });
        let groups = people.iter().map(group).collect();
        Self { groups, copies, alleles: vec![[0; 2]; people.len()], carriers: Vec::new() }
    }

    /// Draws the calls of a locus. The carriers of the locus before keep their allele where this one shows it as `*`.
    pub(crate) fn draw(&mut self, locus: &Locus, seed: u64) {
        let random = &mut Random::stream(seed, &[4, locus.contig as u64, locus.position as u64]);
        self.inherit(locus);
        for (number, alternate) in (1_u8..).zip(&locus.alternates) {
            let mut found = self.scatter(locus.ploidy, number, alternate, random);
            let copies = self.copies[locus.ploidy as usize].len();
            for _ in 0..1000 {
                if found >= alternate.least || copies == 0 {
                    break;
                }
                let copy = self.copies[locus.ploidy as usize][random.below(copies)];
                found += usize::from(self.give(copy, number));
            }
        }
        self.carriers.sort_unstable();
    }

    /// Forgets the calls of the locus before, but for the deletion that a `*` shows.
    fn inherit(&mut self, locus: &Locus) {
        let star = u8::try_from(locus.alternates.len()).unwrap_or(0);
        if locus.starred {
            for person in &self.carriers {
                self.alleles[*person] =
                    self.alleles[*person].map(|allele| if allele == 0 { 0 } else { star });
            }
        } else {
            for person in self.carriers.drain(..) {
                self.alleles[person] = [0; 2];
            }
        }
    }

    fn scatter(&mut self, ploidy: Ploidy, number: u8, alternate: &Alternate, random: &mut Random) -> usize {
        let largest = alternate.frequency.iter().copied().fold(0.0, f64::max);
        let Some(skipper) = Skipper::new(largest) else { return 0 };
        let (mut at, mut found) = (skipper.failures(random), 0);
        while let Some(copy) = self.copies[ploidy as usize].get(at).copied() {
            let accepted = alternate.frequency[self.groups[copy / 2]];
            if accepted >= largest || random.chance(accepted / largest) {
                found += usize::from(self.give(copy, number));
            }
            at += 1 + skipper.failures(random);
        }
        found
    }

    /// Gives a copy the allele, unless it has another already.
    fn give(&mut self, copy: usize, number: u8) -> bool {
        let pair = &mut self.alleles[copy / 2];
        if pair[copy % 2] != 0 {
            return false;
        }
        if *pair == [0; 2] {
            self.carriers.push(copy / 2);
        }
        pair[copy % 2] = number;
        true
    }

    /// The people of a range who carry any alternate allele, in ascending order.
    pub(crate) fn carriers(&self, people: &Range<usize>) -> &[usize] {
        let first = self.carriers.partition_point(|person| *person < people.start);
        let last = self.carriers.partition_point(|person| *person < people.end);
        &self.carriers[first..last]
    }

    /// The two alleles of a person; the second means nothing where there is one copy.
    pub(crate) fn alleles(&self, person: usize) -> [u8; 2] {
        self.alleles[person]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::genome::ZONES;
    use crate::simulate::locus::{GROUPS, plant};
    use crate::simulate::people::draw;

    #[test]
    fn frequencies_and_least_copies_hold() {
        let people = draw(3000, 1);
        let mut genotypes = Genotypes::new(&people);
        genotypes.draw(&plant(&ZONES[0], 1_000_000, [0.3; GROUPS], 1), 1);
        let copies: usize = (0..3000)
            .map(|person| genotypes.alleles(person).iter().filter(|allele| **allele > 0).count())
            .sum();
        assert!((1650..1950).contains(&copies), "{copies}");
        genotypes.draw(&plant(&ZONES[0], 2_000_000, [0.0; GROUPS], 4), 1);
        let copies: usize = (0..3000)
            .map(|person| genotypes.alleles(person).iter().filter(|allele| **allele > 0).count())
            .sum();
        assert_eq!(copies, 4);
    }

    #[test]
    fn women_have_no_y_and_men_one_x() {
        let people = draw(500, 1);
        let mut genotypes = Genotypes::new(&people);
        genotypes.draw(&plant(&ZONES[6], 3_000_000, [0.5; GROUPS], 1), 1);
        assert!(genotypes.carriers(&(0..500)).iter().all(|person| people[*person].sex == Sex::Male));
        genotypes.draw(&plant(&ZONES[5], 3_000_000, [0.5; GROUPS], 1), 1);
        let men = (0..500).filter(|person| people[*person].sex == Sex::Male);
        assert!(men.into_iter().all(|person| genotypes.alleles(person)[1] == 0));
    }
}
