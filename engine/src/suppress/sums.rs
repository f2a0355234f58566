//! The numbers of one variant in every node of a family: sums over leaf cells, and the tests that they must pass.
//!
//! A row of sums holds what would be *printed* (AN′, hom-ref′), never the true number of people not called.

use crate::region::Zone;
use crate::strata::Size;

/// The tests of one variant: thresholds, zone and tier.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) k: u32,
    pub(super) zone: Zone,
    pub(super) genotypes: bool,
}

/// What would be printed of one variant in one set of subjects, or how a cell deviates from [`Sums::full`]. One entry of
/// `ac` per printed ALT.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) an: i64,
    pub(super) ac: Vec<i64>,
    pub(super) diploid_homref: i64,
    pub(super) haploid_ref: i64,
    pub(super) het: i64,
    pub(super) homalt: i64,
    pub(super) hemi: i64,
}

impl Sums {
    /// Everybody called and nobody a carrier.
    pub(super) fn full(size: Size, zone: Zone, alts: usize) -> Self {
        Self {
            an: i64::from(size.max_an(zone)),
            ac: vec![0; alts],
            diploid_homref: i64::from(size.diploid(zone)),
            haploid_ref: i64::from(size.haploid(zone)),
            het: 0,
            homalt: 0,
            hemi: 0,
        }
    }

    /// Adds the deviation of a cell.
    pub(super) fn add(&mut self, delta: &Sums) {
        self.an += delta.an;
        for (sum, d) in self.ac.iter_mut().zip(&delta.ac) {
            *sum += d;
        }
        self.het += delta.het;
        self.homalt += delta.homalt;
        self.hemi += delta.hemi;
        self.diploid_homref += delta.diploid_homref;
        self.haploid_ref += delta.haploid_ref;
    }

    /// The rest of a set after one part of it.
    pub(super) fn minus(&self, part: &Sums) -> Sums {
        Sums {
            an: self.an - part.an,
            ac: self.ac.iter().zip(&part.ac).map(|(a, b)| a - b).collect(),
            diploid_homref: self.diploid_homref - part.diploid_homref,
            haploid_ref: self.haploid_ref - part.haploid_ref,
            het: self.het - part.het,
            homalt: self.homalt - part.homalt,
            hemi: self.hemi - part.hemi,
        }
    }

    /// AN′ − ΣAC: REF, unprinted ALTs, or not called.
    pub(super) fn rest(&self) -> i64 {
        self.an - self.ac.iter().sum::<i64>()
    }
}

impl Rule {
    /// Fewest alleles of a printed ALT in a set: 2K − 1 force K carriers where people have two copies, K where all
    /// have one.
    pub(super) fn alt_floor(self, size: Size) -> i64 {
        let k = i64::from(self.k);
        if size.diploid(self.zone) == 0 { k } else { 2 * k - 1 }
    }

    /// Fewest other alleles: 2K, or K where all have one.
    pub(super) fn rest_floor(self, size: Size) -> i64 {
        let k = i64::from(self.k);
        if size.diploid(self.zone) == 0 { k } else { 2 * k }
    }

    /// True when the set passes at the tier of the rule.
    pub(super) fn passes(self, sums: &Sums, size: Size) -> bool {
        if size.counted(self.zone) < self.k || size.guarded(self.zone, self.k) {
            return false;
        }
        if self.genotypes { self.classes_pass(sums, size) } else { self.alleles_pass(sums, size) }
    }

    /// Tier A: printed numbers only.
    fn alleles_pass(self, sums: &Sums, size: Size) -> bool {
        let floor = self.alt_floor(size);
        sums.ac.iter().all(|&ac| ac >= floor) && sums.rest() >= self.rest_floor(size)
    }

    /// Tier G: every genotype class that can occur in the set.
    fn classes_pass(self, sums: &Sums, size: Size) -> bool {
        let k = i64::from(self.k);
        let diploid = [sums.diploid_homref, sums.het, sums.homalt];
        let haploid = [sums.haploid_ref, sums.hemi];
        sums.ac.len() == 1
            && (size.diploid(self.zone) == 0 || diploid.iter().all(|&n| n >= k))
            && (size.haploid(self.zone) == 0 || haploid.iter().all(|&n| n >= k))
    }
}
