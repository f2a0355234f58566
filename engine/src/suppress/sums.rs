//! The numbers of one variant in every set of a family, and the tests that they must pass.
//!
//! A table holds what would be *printed* (AN′, hom-ref′), never the true number of people not called. It is kept by
//! column, and kept from variant to variant: nothing here takes memory per variant.

use super::cells::{Lost, alleles};
use crate::partial::{CellCounts, Unit};
use crate::region::Zone;
use crate::strata::{FineCell, Size, Strata};

/// Column of AN′.
pub(super) const AN: usize = 0;
/// Column of the AC of the first printed ALT; those of the others follow.
pub(super) const AC: usize = 1;
/// Columns of the genotype classes, which are looked at where one ALT is printed.
pub(super) const DIPLOID_HOMREF: usize = 2;
/// People whose only copy is REF.
pub(super) const HAPLOID_REF: usize = 3;
/// One copy of two.
pub(super) const HET: usize = 4;
/// Two copies.
pub(super) const HOMALT: usize = 5;
/// The only copy.
pub(super) const HEMI: usize = 6;

/// What is tested of one variant: so many ALTs, at tier A or G.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) alts: usize,
    pub(super) genotypes: bool,
}

impl Rule {
    /// How many columns the rule looks at and a table shows.
    pub(super) fn columns(self) -> usize {
        if self.genotypes { HEMI + 1 } else { AC + self.alts }
    }

    /// True when a set with these numbers passes at the tier of the rule: tier A by AN′ and AC alone, tier G by every
    /// genotype class that can occur in the set.
    #[inline]
    pub(super) fn passes(self, test: &Test, number: impl Fn(usize) -> i64) -> bool {
        if !test.possible {
            return false;
        }
        if self.genotypes {
            let diploid = [DIPLOID_HOMREF, HET, HOMALT];
            return diploid.into_iter().all(|class| number(class) >= test.diploid)
                && [HAPLOID_REF, HEMI].into_iter().all(|class| number(class) >= test.haploid);
        }
        let mut rest = number(AN);
        (AC..AC + self.alts).all(|alt| {
            let ac = number(alt);
            rest -= ac;
            ac >= test.alt
        }) && rest >= test.rest
    }
}

/// The thresholds of one set of subjects in one zone: all of them public.
#[derive(Clone, Copy)]
pub(super) struct Test {
    /// K people are counted, and no sex is there with fewer.
    pub(super) possible: bool,
    /// Fewest alleles of a printed ALT: 2K − 1 force K carriers where people have two copies, K where all have one.
    pub(super) alt: i64,
    /// Fewest other alleles (REF, unprinted ALTs, not called): 2K, or K where all have one.
    pub(super) rest: i64,
    /// Fewest people of each class of those with two copies; anything where there are none.
    diploid: i64,
    /// The same for those with one copy.
    haploid: i64,
}

impl Test {
    pub(super) fn of(size: Size, zone: Zone, k: u32) -> Self {
        let possible = size.counted(zone) >= k && !size.guarded(zone, k);
        let k = i64::from(k);
        let (diploid, haploid) = (size.diploid(zone) > 0, size.haploid(zone) > 0);
        let (alt, rest) = if diploid { (2 * k - 1, 2 * k) } else { (k, k) };
        let class = |occurs: bool| if occurs { k } else { i64::MIN };
        Self { possible, alt, rest, diploid: class(diploid), haploid: class(haploid) }
    }
}

/// The counts of one variant, as far as they are printed.
#[derive(Clone, Copy)]
pub(super) struct Counts<'a> {
    pub(super) unit: &'a Unit,
    /// The ALTs that the root shows; all others are rest.
    pub(super) printed: &'a [usize],
    pub(super) lost: &'a [Lost],
}

/// Disjoint sets of plan cells in one zone: which set a cell is in, and the sums of everybody called and nobody a carrier.
pub(super) struct Sets {
    of_cell: Vec<u32>,
    /// By counting cell; those that the zone does not count are in a last set that nobody looks at.
    of_fine: Vec<u32>,
    full: [Vec<i64>; 3],
}

impl Sets {
    pub(super) fn new(of_cell: &[usize], count: usize, strata: &Strata, zone: Zone) -> Self {
        let mut full = [(); 3].map(|()| vec![0; count + 1]);
        for (&set, size) in of_cell.iter().zip(&strata.cells) {
            let people = [size.max_an(zone), size.diploid(zone), size.haploid(zone)];
            for (column, n) in full.iter_mut().zip(people) {
                column[set] += i64::from(n);
            }
        }
        let narrow = |set: usize| u32::try_from(set).unwrap_or(u32::MAX);
        let of_fine =
            |f: &FineCell| narrow(if f.karyotype.copies(zone) > 0 { of_cell[f.cell] } else { count });
        Self {
            of_cell: of_cell.iter().map(|&set| narrow(set)).collect(),
            of_fine: strata.fine.iter().map(of_fine).collect(),
            full,
        }
    }

    /// One column: everybody called and nobody a carrier, and what the variant changes.
    fn fill(&self, column: usize, counts: Counts<'_>, rule: Rule, numbers: &mut [i64]) {
        let alt = if rule.genotypes { 0 } else { column.saturating_sub(AC) };
        let carriers = &counts.unit.variants[counts.printed[alt]].cells;
        match column {
            AN => {
                numbers.copy_from_slice(&self.full[0]);
                self.lose(numbers, counts.lost, |l| i64::from(l.copies) * i64::from(l.people));
            }
            _ if column == AC || !rule.genotypes => {
                numbers.fill(0);
                self.add(numbers, carriers, alleles);
            }
            DIPLOID_HOMREF => {
                numbers.copy_from_slice(&self.full[1]);
                self.lose(numbers, counts.lost, |l| if l.copies == 2 { i64::from(l.people) } else { 0 });
                self.add(numbers, carriers, |c| -i64::from(c.het) - i64::from(c.homalt));
            }
            HAPLOID_REF => {
                numbers.copy_from_slice(&self.full[2]);
                self.lose(numbers, counts.lost, |l| if l.copies == 1 { i64::from(l.people) } else { 0 });
                self.add(numbers, carriers, |c| -i64::from(c.hemi));
            }
            _ => {
                numbers.fill(0);
                let class = |c: &CellCounts| match column {
                    HET => c.het,
                    HOMALT => c.homalt,
                    _ => c.hemi,
                };
                self.add(numbers, carriers, |c| i64::from(class(c)));
            }
        }
    }

    #[inline]
    fn add(&self, numbers: &mut [i64], carriers: &[CellCounts], more: impl Fn(&CellCounts) -> i64) {
        for cell in carriers {
            numbers[self.of_fine[cell.fine as usize] as usize] += more(cell);
        }
    }

    #[inline]
    fn lose(&self, numbers: &mut [i64], lost: &[Lost], fewer: impl Fn(&Lost) -> i64) {
        for lost in lost {
            numbers[self.of_cell[lost.cell as usize] as usize] -= fewer(lost);
        }
    }
}

/// The numbers of one variant in many sets, by column.
#[derive(Default)]
pub(super) struct Table {
    /// Sets, and the one that nobody looks at.
    stride: usize,
    numbers: Vec<i64>,
}

impl Table {
    /// Fills the columns of a rule from one on; those before it are there.
    pub(super) fn fill(&mut self, sets: &Sets, counts: Counts<'_>, rule: Rule, from: usize) {
        self.stride = sets.full[0].len();
        self.numbers.resize(rule.columns() * self.stride, 0);
        for column in from..rule.columns() {
            let numbers = &mut self.numbers[column * self.stride..][..self.stride];
            sets.fill(column, counts, rule, numbers);
        }
    }

    /// Adds every set to the one that it is part of; parents come before their children, the first has none.
    pub(super) fn add_up(&mut self, parents: &[u32], rule: Rule, from: usize) {
        for column in from..rule.columns() {
            let numbers = &mut self.numbers[column * self.stride..][..self.stride];
            for (set, &parent) in parents.iter().enumerate().skip(1).rev() {
                numbers[parent as usize] += numbers[set];
            }
        }
    }

    /// One number of one set.
    #[inline]
    pub(super) fn get(&self, set: usize, column: usize) -> i64 {
        self.numbers[column * self.stride + set]
    }
}
