//! The numbers that tables show, their names, and what each means.

use crate::stats::{Association, Confidence};
use crate::suppress::Frequency;

/// Statistics that a table has on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Filtering allele frequency.
    Faf,
    /// Called alleles of all.
    CallRate,
    /// Heterozygotes of diploid calls.
    HetRate,
    /// F_ST between siblings.
    Fst,
    /// Case and control.
    Assoc,
}

impl Statistic {
    /// As the command line and the audit spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Faf => "faf",
            Self::CallRate => "callrate",
            Self::HetRate => "hetrate",
            Self::Fst => "fst",
            Self::Assoc => "assoc",
        }
    }
}

/// A number that tables show of a variant in a stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Ac,
    An,
    Af,
    Faf95,
    Faf99,
    CallRate,
    Nhomref,
    Nhet,
    Nhomalt,
    Nhemi,
    Hwe,
    ExcHet,
    F,
    HetRate,
}

/// The value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// Alleles or people.
    Count(u32),
    /// Derived from counts.
    Real(f64),
}

impl Measure {
    /// In the order of the columns.
    pub(super) const ALL: [Self; 14] = [
        Self::Ac,
        Self::An,
        Self::Af,
        Self::Faf95,
        Self::Faf99,
        Self::CallRate,
        Self::Nhomref,
        Self::Nhet,
        Self::Nhomalt,
        Self::Nhemi,
        Self::Hwe,
        Self::ExcHet,
        Self::F,
        Self::HetRate,
    ];

    /// The name in Parquet, VCF and TSV, before the stratum's, and what it is, without quotation marks.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ac => ("AC", "Alternate alleles of this ALT"),
            Self::An => (
                "AN",
                "Called alleles as printed: fewer than K people not called look like none (K of the policy, at least 10)",
            ),
            Self::Af => ("AF", "Allele frequency AC / AN"),
            Self::Faf95 => (
                "FAF95",
                "Filtering allele frequency of AC and AN: lower 95% Poisson bound, one-sided (Whiffin et al. 2017)",
            ),
            Self::Faf99 => (
                "FAF99",
                "Filtering allele frequency of AC and AN: lower 99% Poisson bound, one-sided (Whiffin et al. 2017)",
            ),
            Self::CallRate => ("call_rate", "AN / the alleles that there would be if everybody were called"),
            Self::Nhomref => ("nhomref", "People without a copy of this ALT, among those printed as called"),
            Self::Nhet => ("nhet", "People with one copy of this ALT, of two"),
            Self::Nhomalt => ("nhomalt", "People (not alleles) with two copies of this ALT"),
            Self::Nhemi => ("nhemi", "People whose only copy is this ALT (X and Y of XY people, MT)"),
            Self::Hwe => (
                "HWE",
                "P of the exact Hardy-Weinberg test (Wigginton, Cutler, Abecasis 2005); on X among XX people only",
            ),
            Self::ExcHet => (
                "ExcHet",
                "P of the one-sided exact test of an excess of heterozygotes; on X among XX people only",
            ),
            Self::F => (
                "F",
                "Inbreeding coefficient 1 - observed / expected heterozygosity over diploid calls; absent when nothing varies",
            ),
            Self::HetRate => ("het_rate", "Heterozygotes among diploid calls"),
        }
    }

    /// The statistic that has to be asked for, if any.
    pub(super) fn asked(self) -> Option<Statistic> {
        match self {
            Self::Faf95 | Self::Faf99 => Some(Statistic::Faf),
            Self::CallRate => Some(Statistic::CallRate),
            Self::HetRate => Some(Statistic::HetRate),
            _ => None,
        }
    }

    /// True for counts, false for what is derived from them.
    pub(super) fn is_count(self) -> bool {
        matches!(self, Self::Ac | Self::An | Self::Nhomref | Self::Nhet | Self::Nhomalt | Self::Nhemi)
    }

    /// True for what only rows of tier G show.
    pub(super) fn is_genotypic(self) -> bool {
        !matches!(self, Self::Ac | Self::An | Self::Af | Self::Faf95 | Self::Faf99 | Self::CallRate)
    }

    /// The number itself; none when the row's tier does not show it, it is not defined, or it needs more than the cell.
    pub(super) fn of(self, frequency: &Frequency) -> Option<Value> {
        Some(match self {
            Self::Ac => Value::Count(frequency.ac()),
            Self::An => Value::Count(frequency.an()),
            Self::Af => Value::Real(frequency.af()),
            Self::Faf95 => Value::Real(frequency.faf(Confidence::P95)),
            Self::Faf99 => Value::Real(frequency.faf(Confidence::P99)),
            Self::CallRate => return None,
            Self::Nhomref => Value::Count(frequency.genotypes()?.homref()),
            Self::Nhet => Value::Count(frequency.genotypes()?.het()),
            Self::Nhomalt => Value::Count(frequency.genotypes()?.homalt()),
            Self::Nhemi => Value::Count(frequency.genotypes()?.hemi()),
            Self::Hwe => Value::Real(frequency.genotypes()?.hwe()?),
            Self::ExcHet => Value::Real(frequency.genotypes()?.excess_het()?),
            Self::F => Value::Real(frequency.genotypes()?.inbreeding()?),
            Self::HetRate => Value::Real(frequency.genotypes()?.het_rate()?),
        })
    }
}

/// A number of an [`Association`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Chi2,
    P,
    Or,
    Low,
    High,
}

impl Part {
    /// In the order of the columns.
    pub(super) const ALL: [Self; 5] = [Self::Chi2, Self::P, Self::Or, Self::Low, Self::High];

    /// The name before that of the cases' stratum, and what it is.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Chi2 => {
                ("CHI2", "Pearson's chi-square of the 2x2 table of alleles, 1 df, no continuity correction")
            }
            Self::P => ("P", "P of Pearson's chi-square of the 2x2 table of alleles, 1 df"),
            Self::Or => ("OR", "Odds ratio of this ALT against all other alleles"),
            Self::Low => ("OR_L95", "Lower 95% limit of the odds ratio (Woolf 1955)"),
            Self::High => ("OR_U95", "Upper 95% limit of the odds ratio (Woolf 1955)"),
        }
    }

    /// The number itself.
    pub(super) fn of(self, association: Association) -> f64 {
        match self {
            Self::Chi2 => association.chi2,
            Self::P => association.p,
            Self::Or => association.odds_ratio,
            Self::Low => association.interval.0,
            Self::High => association.interval.1,
        }
    }
}
