//! The five data sites of the demo, and the habits in which their files differ.

use super::genome::Ploidy;
use super::people::Sex;

/// A data site: its part of the cohort and how it writes tables and calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataSite {
    /// Its name, also the stem of its file.
    pub(crate) name: &'static str,
    /// What its sample ids begin with.
    pub(crate) prefix: &'static str,
    /// Who recruited its people.
    pub(crate) provider: &'static str,
    /// Its datasets.
    pub(crate) datasets: [&'static str; 2],
    /// Its part of all people.
    pub(crate) share: f64,
    /// The part of calls that is missing at an ordinary locus.
    pub(crate) missing: f64,
    /// Whether its calls are phased.
    pub(crate) phased: bool,
    /// Whether it writes AD, DP and GQ beside GT.
    pub(crate) rich: bool,
    /// Whether its caller is diploid everywhere: XY men on chrX are `1/1`.
    pub(crate) diploid_sex: bool,
    /// Whether chrM comes from Mutect2: `0/1` for a carrier.
    pub(crate) diploid_mito: bool,
}

/// Index of the data site of the north-east.
pub(crate) const TOHOKU: usize = 1;
/// Index of the data site of the genetics institute.
pub(crate) const GENETICS: usize = 2;
/// Index of the data site of the cancer centre.
pub(crate) const CANCER: usize = 3;
/// Index of the data site of the general hospital.
pub(crate) const MEDICINE: usize = 4;

const PLAIN: DataSite = DataSite {
    name: "imsut",
    prefix: "IMS",
    provider: "demo hospital network",
    datasets: ["DEMO-D001", "DEMO-D002"],
    share: 0.30,
    missing: 0.002,
    phased: false,
    rich: false,
    diploid_sex: false,
    diploid_mito: false,
};

/// The five, in the order of their files.
pub(crate) const DATA_SITES: [DataSite; 5] = [
    PLAIN,
    DataSite {
        name: "tohoku-mmb",
        prefix: "TMM-",
        provider: "demo birth and community cohort",
        datasets: ["DEMO-D003", "DEMO-D004"],
        share: 0.22,
        missing: 0.004,
        phased: true,
        ..PLAIN
    },
    DataSite {
        name: "nig",
        prefix: "NIG_",
        provider: "demo university consortium",
        datasets: ["DEMO-D005", "DEMO-D005"],
        share: 0.14,
        missing: 0.006,
        rich: true,
        ..PLAIN
    },
    DataSite {
        name: "ncc",
        prefix: "NCC",
        provider: "demo cancer registry",
        datasets: ["DEMO-D006", "DEMO-D007"],
        share: 0.19,
        missing: 0.010,
        diploid_sex: true,
        ..PLAIN
    },
    DataSite {
        name: "ncgm",
        prefix: "NCGM-",
        provider: "デモ病院群",
        datasets: ["DEMO-D008", "DEMO-D009"],
        share: 0.15,
        missing: 0.015,
        diploid_mito: true,
        ..PLAIN
    },
];

/// How one person's call is written at a locus of some ploidy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// Two alleles: `0/1`.
    Pair,
    /// One allele: `1`.
    Single,
    /// One allele written twice: `1/1`.
    Doubled,
    /// One allele beside the reference: `0/1`.
    Mixed,
    /// Not there, one character: `.`.
    Absent,
    /// Not there, written as diploid: `./.`.
    AbsentPair,
}

impl Shape {
    /// Whether it takes one character and not three.
    pub(crate) fn is_single(self) -> bool {
        matches!(self, Self::Single | Self::Absent)
    }

    /// Whether the person has no copy of the locus.
    pub(crate) fn is_absent(self) -> bool {
        matches!(self, Self::Absent | Self::AbsentPair)
    }
}

impl DataSite {
    /// How this data site writes a person of that sex at a locus of that ploidy.
    pub(crate) fn shape(&self, ploidy: Ploidy, sex: Sex) -> Shape {
        let one_copy = if self.diploid_sex { Shape::Doubled } else { Shape::Single };
        match (ploidy, sex) {
            (Ploidy::Autosomal, _) | (Ploidy::X, Sex::Female) => Shape::Pair,
            (Ploidy::X | Ploidy::Y, Sex::Male) => one_copy,
            (Ploidy::Y, Sex::Female) if self.diploid_sex => Shape::AbsentPair,
            (Ploidy::Y, Sex::Female) => Shape::Absent,
            (Ploidy::Mitochondrial, _) if self.diploid_mito => Shape::Mixed,
            (Ploidy::Mitochondrial, _) => Shape::Single,
        }
    }

    /// Between the alleles of a diploid call.
    pub(crate) fn separator(&self) -> u8 {
        if self.phased { b'|' } else { b'/' }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_names_differ() {
        assert!((DATA_SITES.iter().map(|data_site| data_site.share).sum::<f64>() - 1.0).abs() < 1e-9);
        let names: std::collections::BTreeSet<_> =
            DATA_SITES.iter().map(|data_site| data_site.name).collect();
        assert_eq!(names.len(), DATA_SITES.len());
        let named = [TOHOKU, GENETICS, CANCER, MEDICINE].map(|index| DATA_SITES[index].name);
        assert_eq!(named, ["tohoku-mmb", "nig", "ncc", "ncgm"]);
    }

    #[test]
    fn men_on_x_are_haploid_except_where_the_caller_is_diploid() {
        assert_eq!(DATA_SITES[0].shape(Ploidy::X, Sex::Male), Shape::Single);
        assert_eq!(DATA_SITES[CANCER].shape(Ploidy::X, Sex::Male), Shape::Doubled);
        assert_eq!(DATA_SITES[0].shape(Ploidy::Y, Sex::Female), Shape::Absent);
    }
}
