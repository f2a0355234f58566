//! The sample columns of a line.
//!
//! All calls of a data site at loci of one ploidy are as wide as each other's: a line is a copy of a template in
//! which everybody is reference, with the few carriers and missing calls written over it.

use super::data_site::{DataSite, Shape};
use super::genome::Ploidy;
use super::genotypes::Genotypes;
use super::locus::Locus;
use super::people::Person;
use super::random::{Random, Skipper};
use std::ops::Range;

/// The sample columns of one data site where everybody is reference.
#[derive(Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
    shapes: Vec<Shape>,
    separator: u8,
}

impl Template {
    /// The columns of these people at loci of that ploidy.
    pub(crate) fn new(data_site: &DataSite, people: &[Person], ploidy: Ploidy) -> Self {
        let mut template = Self {
            bytes: Vec::new(),
            offsets: Vec::new(),
            shapes: Vec::new(),
            separator: data_site.separator(),
        };
        for person in people {
            let shape = data_site.shape(ploidy, person.sex);
            let letter = if shape.is_absent() { b'.' } else { b'0' };
            template.bytes.push(b'\t');
            template.offsets.push(template.bytes.len());
            template.shapes.push(shape);
            template.bytes.push(letter);
            if !shape.is_single() {
                template.bytes.extend([template.separator, letter]);
            }
        }
        template
    }

    /// The call of the `index`-th person in `columns`.
    pub(crate) fn call<'a>(&self, columns: &'a [u8], index: usize) -> &'a [u8] {
        let width = if self.shapes[index].is_single() { 1 } else { 3 };
        &columns[self.offsets[index]..self.offsets[index] + width]
    }

    fn set(&self, columns: &mut [u8], index: usize, [first, second]: [u8; 2]) {
        let at = self.offsets[index];
        columns[at] = first;
        if !self.shapes[index].is_single() {
            columns[at + 2] = second;
        }
    }

    /// A person's alleles as this caller writes them.
    fn spell(&self, index: usize, [first, second]: [u8; 2]) -> [u8; 2] {
        let pair = match self.shapes[index] {
            Shape::Pair if self.separator == b'/' => [first.min(second), first.max(second)],
            Shape::Pair | Shape::Absent | Shape::AbsentPair => [first, second],
            Shape::Single | Shape::Doubled => [first, first],
            Shape::Mixed => [0, first],
        };
        pair.map(|allele| b'0' + allele)
    }

    /// The columns of a line that lists these alleles.
    pub(crate) fn fill(&self, line: &Listed<'_>, flaws: &Flaws, columns: &mut Vec<u8>) {
        columns.clear();
        columns.extend_from_slice(&self.bytes);
        for person in line.genotypes.carriers(line.people) {
            let index = person - line.people.start;
            let mut written = self.spell(index, line.alleles(*person));
            if flaws.half == Some(index) && self.shapes[index] == Shape::Pair {
                written[0] = b'.';
            } else if flaws.half == Some(index) && self.shapes[index] == Shape::Doubled {
                written[0] = b'0';
            }
            self.set(columns, index, written);
        }
        for index in &flaws.missing {
            self.set(columns, *index, *b"..");
        }
    }
}

/// A line of a locus: which of its alleles it lists, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed<'a> {
    /// Everybody's alleles.
    pub(crate) genotypes: &'a Genotypes,
    /// The people of the file.
    pub(crate) people: &'a Range<usize>,
    /// The numbers of the alleles listed.
    pub(crate) numbers: &'a [u8],
}

impl Listed<'_> {
    /// A person's alleles, numbered as on this line; an allele of another line counts as reference.
    pub(crate) fn alleles(&self, person: usize) -> [u8; 2] {
        self.genotypes.alleles(person).map(|allele| {
            let listed = (1_u8..).zip(self.numbers).find(|(_, number)| **number == allele);
            listed.map_or(0, |(index, _)| index)
        })
    }
}

/// What went wrong at one data site: missing calls, and sometimes a carrier with half a call (`./1`), which for a
/// man on a diploid caller's chrX is an impossible `0/1`.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    /// Whose call is missing, in ascending order.
    pub(crate) missing: Vec<usize>,
    /// Whose call is half.
    pub(crate) half: Option<usize>,
    /// Seeds the depths of the calls.
    pub(crate) noise: u64,
}

impl Flaws {
    /// Draws them: most loci are good, one in twenty is bad, indels are worse than single bases.
    pub(crate) fn draw(data_site: &DataSite, locus: &Locus, line: &Listed<'_>, random: &mut Random) -> Self {
        let noise = random.bits();
        if locus.complete {
            return Self { noise, ..Self::default() };
        }
        let bad = if random.chance(0.05) { 6.0 } else { 0.2 + 1.5 * random.uniform() };
        let long = if locus.reference.len() > 1 { 2.0 } else { 1.0 };
        let rate = (data_site.missing * bad * long).min(0.15);
        let mut missing = Vec::new();
        if let Some(skipper) = Skipper::new(rate) {
            let mut at = skipper.failures(random);
            while at < line.people.len() {
                missing.push(at);
                at += 1 + skipper.failures(random);
            }
        }
        let carriers = line.genotypes.carriers(line.people);
        let half =
            (!carriers.is_empty() && random.chance(0.04)).then(|| random.pick(carriers) - line.people.start);
        Self { missing, half, noise }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::data_site::DATA_SITES;
    use crate::simulate::genome::ZONES;
    use crate::simulate::locus::{GROUPS, plant};
    use crate::simulate::people::draw;

    #[test]
    fn columns_keep_their_width_and_number() {
        let people = draw(300, 1);
        let mut genotypes = Genotypes::new(&people);
        for zone in &ZONES {
            let locus = plant(zone, zone.first + 1000, [0.4; GROUPS], 1);
            genotypes.draw(&locus, 1);
            for data_site in &DATA_SITES {
                let template = Template::new(data_site, &people, zone.ploidy);
                let line = Listed { genotypes: &genotypes, people: &(0..300), numbers: &[1] };
                let (mut columns, flaws) = (Vec::new(), Flaws { missing: vec![3], half: None, noise: 0 });
                template.fill(&line, &flaws, &mut columns);
                assert_eq!(columns.len(), template.bytes.len());
                assert_eq!(columns.iter().filter(|byte| **byte == b'\t').count(), 300);
                assert!(template.call(&columns, 3).starts_with(b"."));
            }
        }
    }
}
