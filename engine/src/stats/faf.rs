//! The filtering allele frequency.

use super::Alleles;
use super::tail::poisson_upper;

/// How sure a filtering allele frequency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// 95 %.
    P95,
    /// 99 %.
    P99,
}

impl Confidence {
    /// What is left of one, and the normal quantile that goes with it.
    fn alpha(self) -> (f64, f64) {
        match self {
            Self::P95 => (0.05, 1.644_853_626_951_472_7),
            Self::P99 => (0.01, 2.326_347_874_040_841),
        }
    }
}

/// Filtering allele frequency (Whiffin et al. 2017, Genet Med 19:1151): the largest population frequency f at which
/// seeing AC or more would still be improbable, P(X ≥ AC) ≤ 1 − confidence for X Poisson of mean f · AN. A disease that
/// allows less than that cannot be due to this variant.
///
/// ```text
/// λ:  P(X ≥ AC | mean λ) = 1 − confidence      FAF = λ / AN
/// ```
/// gnomAD's `faf95` and `faf99` are found by steps of 10⁻⁶ and lie at most one step below (Hail
/// `filtering_allele_frequency`).
/// λ is found by Newton's method from the approximation of Wilson and Hilferty.
#[must_use]
pub fn filtering_frequency(group: Alleles, confidence: Confidence) -> f64 {
    if group.ac == 0 || group.an == 0 {
        return 0.0;
    }
    let (alpha, z) = confidence.alpha();
    let k = f64::from(group.ac);
    let root = 1.0 - 1.0 / (9.0 * k) - z / (3.0 * k.sqrt());
    let mut mean = k * root.powi(3);
    for _ in 0..50 {
        let (tail, point) = poisson_upper(group.ac, mean);
        // d tail / d mean = P(X = AC − 1) = P(X = AC) · AC / mean
        let step = (tail - alpha) / (point * k / mean);
        mean -= step;
        if step.abs() <= 1e-14 * mean {
            break;
        }
    }
    mean / f64::from(group.an)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(ac: u32, confidence: Confidence) -> f64 {
        filtering_frequency(Alleles { ac, an: 1 }, confidence)
    }

    /// By bisection on sums of `Decimal` terms of 60 digits in Python 3.11.
    #[test]
    fn the_mean_equals_its_definition() {
        for (ac, p95, p99) in [
            (1, 0.051293294387550536, 0.010050335853501442),
            (2, 0.35536151069866206, 0.14855474025326595),
            (3, 0.8176914471639534, 0.43604516507829316),
            (10, 5.425405697091293, 4.130199166273199),
            (11, 6.1690072893953225, 4.771246169392536),
            (15, 9.246330490976733, 7.476728264227719),
            (16, 10.035956732274144, 8.181107773832899),
            (19, 12.441952191667811, 10.34572103112858),
            (37, 27.59461554097935, 24.3328625934331),
            (100, 84.13927721831419, 78.21598305379582),
            (1_000, 948.5598493836511, 927.9081597966425),
            (5_000, 4884.262567833768, 4836.9744197888185),
        ] {
            let (ours95, ours99) = (mean(ac, Confidence::P95), mean(ac, Confidence::P99));
            assert!((ours95 / p95 - 1.0).abs() < 1e-12, "{ac}: {ours95} {p95}");
            assert!((ours99 / p99 - 1.0).abs() < 1e-12, "{ac}: {ours99} {p99}");
        }
    }

    #[test]
    fn it_lies_below_the_frequency_and_grows_with_it() {
        let mut last = (0.0, 0.0);
        for ac in 1..3_000 {
            let (p95, p99) = (mean(ac, Confidence::P95), mean(ac, Confidence::P99));
            assert!(p99 < p95 && p95 < f64::from(ac) && p95 > last.0 && p99 > last.1, "{ac}");
            last = (p95, p99);
        }
        assert_eq!(filtering_frequency(Alleles { ac: 0, an: 10 }, Confidence::P95), 0.0);
        assert_eq!(filtering_frequency(Alleles { ac: 0, an: 0 }, Confidence::P95), 0.0);
        let million = mean(1_000_000, Confidence::P95);
        assert!((million - (1e6 - 1_644.85 + 0.57)).abs() < 0.5, "{million}");
    }

    /// Hail's condition: the last multiple of 10⁻⁶ at which the 95 % (99 %) quantile of the Poisson distribution is below AC,
    /// by sums of `Decimal` terms in Python 3.11.
    #[test]
    fn it_is_the_last_frequency_that_hail_accepts() {
        for (ac, an, p95, p99) in [
            (19, 6_000, 2_073, 1_724),
            (20, 40, 331_366, 277_053),
            (50, 6_404, 6_084, 5_470),
            (765, 6_000, 120_013, 117_021),
            (3_000, 6_400, 454_762, 449_070),
            (137, 46_422, 2_549, 2_396),
        ] {
            let steps = |confidence| (filtering_frequency(Alleles { ac, an }, confidence) * 1e6).floor();
            assert_eq!(
                (steps(Confidence::P95), steps(Confidence::P99)),
                (f64::from(p95), f64::from(p99)),
                "{ac} {an}"
            );
        }
    }
}
