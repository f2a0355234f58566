//! Judging one call by its GQ, DP and AD: gnomAD's `adj`.

use crate::Call;

/// Smallest GQ that passes.
pub(crate) const MIN_GQ: f64 = 20.0;
/// Smallest DP of a diploid call that passes.
pub(crate) const MIN_DP: f64 = 10.0;
/// Smallest DP of a haploid call that passes.
pub(crate) const MIN_DP_HAPLOID: f64 = 5.0;
/// AD times this must reach DP: an allele balance of 0.2, without division.
pub(crate) const BALANCE: f64 = 5.0;

/// A number beside a call.
#[derive(Clone, Copy)]
pub(crate) enum Gauge {
    /// The filter does not ask for it: passes.
    Unasked,
    /// Asked for, but not there: fails.
    Missing,
    /// Asked for and there.
    Value(f64),
}

impl Gauge {
    fn reaches(self, min: f64) -> bool {
        match self {
            Gauge::Unasked => true,
            Gauge::Missing => false,
            Gauge::Value(value) => value >= min,
        }
    }
}

impl From<Option<f64>> for Gauge {
    fn from(value: Option<f64>) -> Gauge {
        value.map_or(Gauge::Missing, Gauge::Value)
    }
}

/// What stands beside one call.
pub(crate) struct Evidence {
    pub(crate) gq: Gauge,
    pub(crate) dp: Gauge,
    /// The table of haploid columns says so.
    pub(crate) haploid: bool,
}

impl Evidence {
    /// Whether `call`, which is called, passes. `ad`, when asked for, gives the AD of an allele.
    #[inline]
    pub(crate) fn passes(&self, call: Call, ad: Option<impl Fn(u16) -> Option<f64>>) -> bool {
        let min_dp = if self.haploid || call.is_haploid() { MIN_DP_HAPLOID } else { MIN_DP };
        self.gq.reaches(MIN_GQ) && self.dp.reaches(min_dp) && ad.is_none_or(|ad| self.balanced(call, ad))
    }

    /// Whether every ALT of a het call has its share of the reads.
    fn balanced(&self, call: Call, ad: impl Fn(u16) -> Option<f64>) -> bool {
        if call.is_haploid() || call.a == call.b {
            return true;
        }
        let Gauge::Value(dp) = self.dp else { return false };
        let enough = |allele: u16| allele == 0 || ad(allele).is_some_and(|ad| BALANCE * ad >= dp);
        enough(call.a) && enough(call.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(a: u16, b: u16, dp: f64, ad: &[f64]) -> bool {
        let evidence = Evidence { gq: Gauge::Value(20.0), dp: Gauge::Value(dp), haploid: false };
        evidence.passes(Call { column: 0, a, b }, Some(|allele: u16| ad.get(usize::from(allele)).copied()))
    }

    #[test]
    fn balance_is_one_fifth_of_dp_and_judges_every_alt() {
        assert!(passes(0, 1, 10.0, &[8.0, 2.0]));
        assert!(!passes(0, 1, 11.0, &[9.0, 2.0]));
        assert!(!passes(1, 2, 20.0, &[0.0, 17.0, 3.0]));
        assert!(passes(1, 1, 20.0, &[20.0, 0.0]));
        assert!(passes(0, 1, 10.0, &[0.0, 10.0]), "no upper bound");
        assert!(!passes(0, 2, 10.0, &[5.0, 5.0]), "no AD of the allele");
    }

    #[test]
    fn a_haploid_needs_five_reads() {
        assert!(passes(1, Call::ABSENT, 5.0, &[]));
        assert!(!passes(1, Call::ABSENT, 4.0, &[]));
        assert!(!passes(1, 1, 9.0, &[]));
    }
}
