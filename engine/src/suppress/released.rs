//! What the disclosure policy let through. Nothing outside `suppress` can make a value of these types.

use crate::policy::FLOOR_K;
use crate::region::Contig;
use crate::stats::{self, Alleles, Association, Confidence};

/// What a table shows of one stratum. Strata are named by their path from the root: `sex_F_region_kanto`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// Path from the root, `""` for the whole cohort; tokens match `[A-Za-z0-9]+`, joined by `_`.
    pub name: String,
    /// The labels as the sample table spells them, e.g. `sex=F, region=関東`.
    pub label: String,
    /// Subjects in it: at least K, checked when the plan was made.
    pub subjects: u64,
}

impl Stratum {
    /// Field name of a measure in this stratum: `AC` for the whole cohort, `AC_sex_F` below it.
    #[must_use]
    pub fn field(&self, measure: &str) -> String {
        if self.name.is_empty() { measure.to_owned() } else { format!("{measure}_{}", self.name) }
    }
}

/// What holds for a whole table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableHeader {
    pub(super) strata: Vec<Stratum>,
    pub(super) contigs: Vec<Contig>,
    pub(super) genotypes: bool,
    pub(super) filters: Vec<String>,
    pub(super) description: Vec<(String, String)>,
}

impl TableHeader {
    /// The strata of the table, the whole cohort first.
    #[must_use]
    pub fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// The contigs of the inputs, in their order; [`ReleasedRow::contig`] indexes it.
    #[must_use]
    pub fn contigs(&self) -> &[Contig] {
        &self.contigs
    }

    /// True when rows of tier G can occur, so that genotype columns exist.
    #[must_use]
    pub fn genotypes(&self) -> bool {
        self.genotypes
    }

    /// Names that FILTER may hold beside `PASS`.
    #[must_use]
    pub fn filters(&self) -> &[String] {
        &self.filters
    }

    /// What a reader must know, as key and value: versions, policy hash, how missing calls are printed …
    #[must_use]
    pub fn description(&self) -> &[(String, String)] {
        &self.description
    }
}

/// Which numbers a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// AC and AN.
    A,
    /// Genotype counts too.
    G,
}

/// Genotype counts of one variant in one stratum, all classes that can occur at least K (people).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Genotypes {
    pub(super) homref: u32,
    pub(super) het: u32,
    pub(super) homalt: u32,
    pub(super) hemi: u32,
    pub(super) diploid_homref: u32,
}

impl Genotypes {
    /// People without a copy of this ALT, among those printed as called.
    #[must_use]
    pub fn homref(&self) -> u32 {
        self.homref
    }

    /// People with one copy, of two.
    #[must_use]
    pub fn het(&self) -> u32 {
        self.het
    }

    /// People with two copies.
    #[must_use]
    pub fn homalt(&self) -> u32 {
        self.homalt
    }

    /// People whose only copy is this ALT (X and Y of XY people, MT).
    #[must_use]
    pub fn hemi(&self) -> u32 {
        self.hemi
    }

    /// P of the exact Hardy–Weinberg test (Wigginton, Cutler, Abecasis 2005); on X among XX people only;
    /// none where nobody has two copies.
    #[must_use]
    pub fn hwe(&self) -> Option<f64> {
        let diploid = self.het + self.homalt + self.diploid_homref;
        (diploid > 0).then(|| stats::hwe_exact(self.het, self.homalt, self.diploid_homref))
    }

    /// P of the one-sided exact test of an excess of heterozygotes, where [`Self::hwe`] is defined.
    #[must_use]
    pub fn excess_het(&self) -> Option<f64> {
        let diploid = self.het + self.homalt + self.diploid_homref;
        (diploid > 0).then(|| stats::excess_het(self.het, self.homalt, self.diploid_homref))
    }

    /// Heterozygotes among diploid calls; none without any.
    #[must_use]
    pub fn het_rate(&self) -> Option<f64> {
        stats::het_rate(self.het, self.homalt, self.diploid_homref)
    }

    /// Inbreeding coefficient 1 − observed / expected heterozygosity over diploid calls; none when nothing varies.
    #[must_use]
    pub fn inbreeding(&self) -> Option<f64> {
        stats::inbreeding(self.het, self.homalt, self.diploid_homref)
    }
}

/// The released numbers of one variant in one stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frequency {
    pub(super) ac: u32,
    pub(super) an: u32,
    pub(super) genotypes: Option<Genotypes>,
}

impl Frequency {
    /// Alternate alleles of this ALT.
    #[must_use]
    pub fn ac(&self) -> u32 {
        self.ac
    }

    /// Called alleles as printed: AN′, in which fewer than K people not called look like none.
    #[must_use]
    pub fn an(&self) -> u32 {
        self.an
    }

    /// Allele frequency AC / AN′.
    #[must_use]
    pub fn af(&self) -> f64 {
        f64::from(self.ac) / f64::from(self.an)
    }

    /// Filtering allele frequency of AC and AN′.
    #[must_use]
    pub fn faf(&self, confidence: Confidence) -> f64 {
        stats::filtering_frequency(self.alleles(), confidence)
    }

    /// AN′ over the alleles that there would be if everybody were called, which follow from public sizes; none where that
    /// is nobody.
    #[must_use]
    pub fn call_rate(&self, all: u32) -> Option<f64> {
        (all > 0).then(|| f64::from(self.an) / f64::from(all))
    }

    fn alleles(&self) -> Alleles {
        Alleles { ac: self.ac, an: self.an }
    }

    /// Genotype counts, in rows of tier G.
    #[must_use]
    pub fn genotypes(&self) -> Option<&Genotypes> {
        self.genotypes.as_ref()
    }
}

/// One variant (contig, pos, REF, one ALT) of a released table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasedRow {
    pub(super) contig: u32,
    pub(super) pos: u64,
    pub(super) reference: Box<str>,
    pub(super) alternate: Box<str>,
    pub(super) filter: Box<str>,
    pub(super) tier: Tier,
    pub(super) cells: Box<[Option<Frequency>]>,
}

impl ReleasedRow {
    /// Index into [`TableHeader::contigs`].
    #[must_use]
    pub fn contig(&self) -> usize {
        self.contig as usize
    }

    /// 0-based position of the first base of REF.
    #[must_use]
    pub fn pos(&self) -> u64 {
        self.pos
    }

    /// REF, normalised together with ALT.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The one ALT.
    #[must_use]
    pub fn alternate(&self) -> &str {
        &self.alternate
    }

    /// FILTER of the input: `PASS`, `.`, or names joined by `;`.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Which numbers the row shows.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The numbers of every stratum, in the order of [`TableHeader::strata`]; `None` means zero, few or withheld.
    #[must_use]
    pub fn cells(&self) -> &[Option<Frequency>] {
        &self.cells
    }

    /// F_ST between these strata (Hudson's estimator); none unless every one of them is printed.
    #[must_use]
    pub fn fst(&self, strata: &[usize]) -> Option<f64> {
        stats::hudson_fst(&strata.iter().map(|&s| self.alleles(s)).collect::<Option<Vec<_>>>()?)
    }

    /// The association of this ALT with belonging to the first of two strata. None unless both are printed and each of the
    /// four allele counts is at least 2K − 1, also where people have one copy: an odds ratio says as much as they do.
    #[must_use]
    pub fn association(&self, (cases, controls): (usize, usize), k: u32) -> Option<Association> {
        let floor = 2 * k.max(FLOOR_K) - 1;
        stats::association(self.alleles(cases)?, self.alleles(controls)?, floor)
    }

    fn alleles(&self, stratum: usize) -> Option<Alleles> {
        Some(self.cells.get(stratum)?.as_ref()?.alleles())
    }
}

#[cfg(test)]
mod tests;
