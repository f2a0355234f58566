//! One variant in two groups of people, or more.

use super::Alleles;
use super::tail::chi2_upper;

/// F_ST between groups: Hudson's estimator as Bhatia et al. (2013, Genome Res 23:1514) have it, the ratio at one variant.
///
/// ```text
/// N = (p₁ − p₂)² − p₁(1 − p₁)/(n₁ − 1) − p₂(1 − p₂)/(n₂ − 1)      n: called alleles
/// D = p₁(1 − p₂) + p₂(1 − p₁)                                     F_ST = N / D
/// ```
/// Of more than two groups the ratio of the sums of N and of D over all pairs. It may be a little below 0. None for fewer
/// than two groups, for one with fewer than two alleles, and where nothing varies.
#[must_use]
pub fn hudson_fst(groups: &[Alleles]) -> Option<f64> {
    if groups.len() < 2 || groups.iter().any(|g| g.an < 2) {
        return None;
    }
    let within = |g: Alleles| g.frequency() * (1.0 - g.frequency()) / (f64::from(g.an) - 1.0);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for (i, &first) in groups.iter().enumerate() {
        for &second in &groups[i + 1..] {
            let (p, q) = (first.frequency(), second.frequency());
            numerator += (p - q) * (p - q) - within(first) - within(second);
            denominator += p * (1.0 - q) + q * (1.0 - p);
        }
    }
    (denominator > 0.0).then(|| numerator / denominator)
}

/// How one ALT goes with belonging to the first of two groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Association {
    /// Pearson's χ² of the table of alleles, one degree of freedom, not corrected for continuity.
    pub chi2: f64,
    /// Its P.
    pub p: f64,
    /// Odds ratio of the ALT.
    pub odds_ratio: f64,
    /// Its 95 % confidence interval (Woolf 1955).
    pub interval: (f64, f64),
}

/// The 2 × 2 table of alleles, cases and controls by this ALT and all else. None unless every cell is at least `floor`.
#[must_use]
pub fn association(cases: Alleles, controls: Alleles, floor: u32) -> Option<Association> {
    let cells =
        [cases.ac, cases.an.checked_sub(cases.ac)?, controls.ac, controls.an.checked_sub(controls.ac)?];
    if cells.iter().any(|&n| n < floor.max(1)) {
        return None;
    }
    let [a, b, c, d] = cells.map(f64::from);
    let difference = a * d - b * c;
    let chi2 = (a + b + c + d) * difference * difference / ((a + b) * (c + d) * (a + c) * (b + d));
    let odds_ratio = (a * d) / (b * c);
    // The normal quantile of 97.5 %.
    let width = 1.959_963_984_540_054 * (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
    let interval = (odds_ratio * (-width).exp(), odds_ratio * width.exp());
    Some(Association { chi2, p: chi2_upper(chi2), odds_ratio, interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(ac: u32, an: u32) -> Alleles {
        Alleles { ac, an }
    }

    /// By `fractions.Fraction` in Python 3.11.
    #[test]
    fn fst_equals_exact_fractions() {
        type Case<'a> = (&'a [(u32, u32)], f64);
        let cases: [Case<'_>; 6] = [
            (&[(25, 100), (50, 100)], 0.11616161616161616),
            (&[(19, 3_000), (40, 3_200)], 0.0017173070875934877),
            (&[(500, 1_000), (500, 1_000)], -0.001001001001001001),
            (&[(378, 3_128), (387, 2_872)], 0.000532548887338333),
            (&[(30, 200), (50, 220), (90, 180)], 0.15061803658451664),
            (&[(20, 46_000), (19, 400), (900, 2_000), (77, 800)], 0.30543493106311587),
        ];
        for (groups, fst) in cases {
            let groups: Vec<Alleles> = groups.iter().map(|&(ac, an)| group(ac, an)).collect();
            let ours = hudson_fst(&groups).unwrap();
            assert!((ours - fst).abs() < 1e-13, "{groups:?}: {ours:e} {fst:e}");
        }
        assert_eq!(hudson_fst(&[group(20, 100)]), None);
        assert_eq!(hudson_fst(&[group(20, 100), group(0, 1)]), None);
        assert_eq!(hudson_fst(&[group(0, 100), group(0, 100)]), None);
        assert_eq!(hudson_fst(&[group(0, 100), group(100, 100)]), Some(1.0));
    }

    /// χ² and OR by `fractions.Fraction`, P and the interval by `Decimal` of 60 digits, in Python 3.11.
    #[test]
    fn association_equals_exact_fractions() {
        for ((a, an), (c, cn), expected) in [
            (
                (60, 400),
                (900, 11_600),
                [
                    27.54872563718141,
                    1.5318626697385407e-07,
                    2.0980392156862746,
                    1.5813024585099826,
                    2.7836347985603855,
                ],
            ),
            ((19, 38), (19, 38), [0.0, 1.0, 1.0, 0.40685714438665316, 2.4578651592993994]),
            (
                (100, 300),
                (100, 600),
                [32.142857142857146, 1.4324235676491362e-08, 2.5, 1.811645930629845, 3.449901492521277],
            ),
            (
                (2_000, 9_000),
                (40_000, 200_000),
                [
                    26.48670912143966,
                    2.653575503093443e-07,
                    1.1428571428571428,
                    1.0861547686015733,
                    1.2025196470492208,
                ],
            ),
            (
                (55, 4_000),
                (700, 30_000),
                [
                    14.928633727058825,
                    0.00011165537899357112,
                    0.583559659605287,
                    0.4426031778811521,
                    0.7694067583267122,
                ],
            ),
        ] {
            let ours = association(group(a, an), group(c, cn), 1).unwrap();
            let found = [ours.chi2, ours.p, ours.odds_ratio, ours.interval.0, ours.interval.1];
            for (found, expected) in found.into_iter().zip(expected) {
                assert!(
                    (found - expected).abs() <= 1e-12 * expected.abs(),
                    "{a}/{an} {c}/{cn}: {found:e} {expected:e}"
                );
            }
        }
    }

    #[test]
    fn every_cell_must_reach_the_floor() {
        let table = |a, b, c, d| association(group(a, a + b), group(c, c + d), 19).is_some();
        assert!(table(19, 19, 19, 19));
        assert!(
            !table(18, 19, 19, 19)
                && !table(19, 18, 19, 19)
                && !table(19, 19, 18, 19)
                && !table(19, 19, 19, 18)
        );
        assert_eq!(association(group(0, 10), group(5, 10), 0), None, "an odds ratio needs four counts");
        assert_eq!(association(group(11, 10), group(5, 10), 0), None);
    }
}
