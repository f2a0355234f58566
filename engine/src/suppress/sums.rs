//! The numbers of one variant in every set of a family, and the tests that they must pass.
//!
//! A table holds what would be *printed* (AN′, hom-ref′), never the true number of people not called. It is kept by
//! column, and kept from variant to variant: nothing here takes memory per variant.

use std::ops::Range;

use super::cells::Cells;
use crate::region::Zone;
use crate::strata::Size;

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
/// Columns with genotype classes.
pub(super) const COLUMNS: usize = 7;

/// What is tested of one variant: so many ALTs, at tier A or G.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) alts: usize,
    pub(super) genotypes: bool,
}

impl Rule {
    /// The columns that the rule looks at and a table shows.
    pub(super) fn columns(self) -> Range<usize> {
        if self.genotypes { AN..COLUMNS } else { AN..AC + self.alts }
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

/// Disjoint sets of plan cells: which set a cell is in, and the sums of everybody called and nobody a carrier.
pub(super) struct Sets {
    of_cell: Vec<u32>,
    full: [Vec<i64>; 3],
}

impl Sets {
    pub(super) fn new(of_cell: &[usize], sizes: &[Size], count: usize, zone: Zone) -> Self {
        let mut full = [vec![0; count], vec![0; count], vec![0; count]];
        for (&set, size) in of_cell.iter().zip(sizes) {
            let people = [size.max_an(zone), size.diploid(zone), size.haploid(zone)];
            for (column, n) in full.iter_mut().zip(people) {
                column[set] += i64::from(n);
            }
        }
        Self { of_cell: of_cell.iter().map(|&s| u32::try_from(s).unwrap_or(u32::MAX)).collect(), full }
    }

    fn count(&self) -> usize {
        self.full[0].len()
    }
}

/// The numbers of one variant in many sets, by column.
#[derive(Default)]
pub(super) struct Table {
    sets: usize,
    numbers: Vec<i64>,
}

impl Table {
    /// Fills columns: everybody called and nobody a carrier, and what the cells add to it.
    pub(super) fn fill(&mut self, sets: &Sets, cells: &Cells, columns: Range<usize>) {
        self.sets = sets.count();
        self.numbers.resize(columns.end * self.sets, 0);
        for column in columns {
            let numbers = &mut self.numbers[column * self.sets..][..self.sets];
            match column {
                AN => numbers.copy_from_slice(&sets.full[0]),
                DIPLOID_HOMREF if cells.genotypes() => numbers.copy_from_slice(&sets.full[1]),
                HAPLOID_REF if cells.genotypes() => numbers.copy_from_slice(&sets.full[2]),
                _ => numbers.fill(0),
            }
            let deltas = cells.deltas(column);
            for &cell in cells.touched() {
                numbers[sets.of_cell[cell as usize] as usize] += deltas[cell as usize];
            }
        }
    }

    /// Adds every set to the one that it is part of; parents come before their children, the first has none.
    pub(super) fn add_up(&mut self, parents: &[u32], columns: Range<usize>) {
        for column in columns {
            let numbers = &mut self.numbers[column * self.sets..][..self.sets];
            for (set, &parent) in parents.iter().enumerate().skip(1).rev() {
                numbers[parent as usize] += numbers[set];
            }
        }
    }

    /// One number of one set.
    #[inline]
    pub(super) fn get(&self, set: usize, column: usize) -> i64 {
        self.numbers[column * self.sets + set]
    }
}
