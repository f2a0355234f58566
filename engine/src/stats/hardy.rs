//! Hardy–Weinberg proportions: the exact tests, F, and the share of heterozygotes.

/// P of the exact test of Hardy–Weinberg proportions: the sum of the probabilities of every heterozygote count that is
/// as likely as, or less likely than, the observed one (Wigginton, Cutler and Abecasis 2005, AJHG 76:887).
///
/// ```text
/// total = sum outwards from the mode, both ways        (probabilities relative to that of the mode)
/// tail  = sum outwards from the observed count, away from the mode
///       + sum outwards from the first count beyond the mode that is no more likely than the observed one
/// ```
/// Terms fall ever faster away from the mode, and a sum ends where they no longer change it: O(√n) steps. Probabilities
/// carry their own exponent, so that the smallest `f64` above 0 is the only floor.
#[must_use]
pub fn hwe_exact(het: u32, homalt: u32, homref: u32) -> f64 {
    let Some(mode) = Term::of(het, homalt, homref) else { return 1.0 };
    let het = u64::from(het);
    if het == mode.het {
        return 1.0;
    }
    let up = het > mode.het;
    let Some(observed) = mode.until(up, |t| t.het == het) else { return 0.0 };
    let mut tail = observed.plus(observed.beyond(up));
    // Equal probabilities reached by different steps differ by a few of the last digits.
    if let Some(far) = mode.until(!up, |t| t.ratio(observed) <= 1.0 + 1e-10) {
        tail = tail.plus(far.plus(far.beyond(!up)));
    }
    tail.scaled(1.0 / mode.total()).min(1.0)
}

/// P of the one-sided exact test of an excess of heterozygotes: the probability, under the same distribution, of the
/// observed count or a larger one (`ExcHet` of bcftools +fill-tags; GATK's ExcessHet is −10·log₁₀ of a mid-P of it).
#[must_use]
pub fn excess_het(het: u32, homalt: u32, homref: u32) -> f64 {
    let Some(mode) = Term::of(het, homalt, homref) else { return 1.0 };
    let (het, total) = (u64::from(het), mode.total());
    if het > mode.het {
        let observed = mode.until(true, |t| t.het == het);
        return observed.map_or(0.0, |t| t.plus(t.beyond(true)).scaled(1.0 / total));
    }
    // All but the counts below the observed one.
    let observed = mode.until(false, |t| t.het == het);
    1.0 - observed.map_or(0.0, |t| t.beyond(false).scaled(1.0 / total))
}

/// Heterozygotes among diploid calls; none without any.
#[must_use]
pub fn het_rate(het: u32, homalt: u32, homref: u32) -> Option<f64> {
    let n = f64::from(het) + f64::from(homalt) + f64::from(homref);
    (n > 0.0).then(|| f64::from(het) / n)
}

/// A heterozygote count and a probability (or a sum of them) relative to that of the mode: `p · 2^(−512 · shift)`.
#[derive(Clone, Copy)]
struct Term {
    het: u64,
    rare: u64,
    n: u64,
    p: f64,
    shift: i32,
}

/// 2^−512.
const SHIFT: f64 = f64::from_bits((1023 - 512) << 52);

impl Term {
    /// The likeliest heterozygote count given the alleles of these genotypes; none where only one count is possible.
    fn of(het: u32, homalt: u32, homref: u32) -> Option<Self> {
        let n = u64::from(het) + u64::from(homalt) + u64::from(homref);
        let rare = u64::from(het) + 2 * u64::from(homalt.min(homref));
        (rare > 1).then(|| Self::mode(rare, n))
    }

    /// The sum over every count, called on the mode and relative to it.
    fn total(self) -> f64 {
        1.0 + self.beyond(true).ratio(self) + self.beyond(false).ratio(self)
    }

    fn mode(rare: u64, n: u64) -> Self {
        let expected = rare * (2 * n - rare) / (2 * n);
        let start = Self { het: expected + ((expected ^ rare) & 1), rare, n, p: 1.0, shift: 0 };
        [true, false].into_iter().fold(start, |mut mode, up| {
            while let Some(next) = mode.step(up).filter(|next| next.p > mode.p) {
                mode = Self { p: 1.0, ..next };
            }
            mode
        })
    }

    /// Two heterozygotes more or less; `None` where there is no such count.
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    fn step(self, up: bool) -> Option<Self> {
        let hom_rare = (self.rare - self.het) / 2;
        let hom_common = self.n - self.het - hom_rare;
        let h = self.het as f64;
        let (het, factor) = if up {
            let some = hom_rare > 0 && hom_common > 0;
            (self.het + 2, some.then(|| 4.0 * hom_rare as f64 * hom_common as f64 / ((h + 2.0) * (h + 1.0))))
        } else {
            let factor = || h * (h - 1.0) / (4.0 * (hom_rare + 1) as f64 * (hom_common + 1) as f64);
            (self.het.saturating_sub(2), (self.het >= 2).then(factor))
        };
        let next = Self { het, p: self.p * factor?, ..self };
        Some(if next.p < SHIFT { Self { p: next.p / SHIFT, shift: next.shift + 1, ..next } } else { next })
    }

    /// The first term on the way, this one included, that is `wanted`; `None` at the end, or below every `f64`.
    fn until(self, up: bool, wanted: impl Fn(Self) -> bool) -> Option<Self> {
        std::iter::successors(Some(self), |t| t.step(up)).take_while(|t| t.shift < 4).find(|t| wanted(*t))
    }

    /// The sum of the terms after this one.
    fn beyond(self, up: bool) -> Self {
        let mut sum = Self { p: 0.0, ..self };
        for term in std::iter::successors(self.step(up), |t| t.step(up)) {
            let before = sum.p;
            sum = sum.plus(term);
            if sum.p == before {
                break;
            }
        }
        sum
    }

    /// This sum and another.
    fn plus(self, other: Self) -> Self {
        let (large, small) = if self.shift <= other.shift { (self, other) } else { (other, self) };
        Self { p: large.p + small.p * SHIFT.powi(small.shift - large.shift), ..large }
    }

    fn ratio(self, other: Self) -> f64 {
        self.p / other.p * SHIFT.powi(self.shift - other.shift)
    }

    fn scaled(self, factor: f64) -> f64 {
        (0..self.shift).fold(self.p * factor, |p, _| p * SHIFT)
    }
}

/// Inbreeding coefficient F = 1 − observed / expected heterozygosity; none when only one allele occurs.
#[must_use]
pub fn inbreeding(het: u32, homalt: u32, homref: u32) -> Option<f64> {
    let n = f64::from(het) + f64::from(homalt) + f64::from(homref);
    let p = (2.0 * f64::from(homalt) + f64::from(het)) / (2.0 * n);
    let expected = 2.0 * p * (1.0 - p) * n;
    (expected > 0.0).then(|| 1.0 - f64::from(het) / expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The logarithm of P over the whole distribution, by logarithms of factorials: the definition.
    fn ln_hwe_by_definition(het: u32, homalt: u32, homref: u32) -> f64 {
        let ln_factorial = |k: u64| (2..=k).map(|i| (i as f64).ln()).sum::<f64>();
        let (het, n) = (u64::from(het), u64::from(het + homalt + homref));
        let rare = het + 2 * u64::from(homalt.min(homref));
        let ln = |h: u64| {
            let r = (rare - h) / 2;
            h as f64 * 2f64.ln() - ln_factorial(h) - ln_factorial(r) - ln_factorial(n - h - r)
        };
        let observed = ln(het);
        let all: Vec<f64> =
            (0..=rare).filter(|h| (rare - h) % 2 == 0 && n >= h + (rare - h) / 2).map(ln).collect();
        let ln_sum = |limit: f64| {
            let chosen = || all.iter().filter(|l| **l <= limit);
            let scale = chosen().fold(f64::MIN, |a, &b| a.max(b));
            scale + chosen().map(|l| (l - scale).exp()).sum::<f64>().ln()
        };
        ln_sum(observed + 1e-9) - ln_sum(f64::MAX)
    }

    /// Relative agreement, also where P is tiny.
    fn agrees(het: u32, homalt: u32, homref: u32) {
        let (fast, slow) = (hwe_exact(het, homalt, homref).ln(), ln_hwe_by_definition(het, homalt, homref));
        assert!((fast - slow).abs() < 1e-9, "{het} {homalt} {homref}: {fast} {slow}");
        assert_eq!(
            fast.to_bits(),
            hwe_exact(het, homref, homalt).ln().to_bits(),
            "either allele may be the rare one"
        );
    }

    #[test]
    fn hwe_equals_its_definition() {
        for het in 0..40 {
            for homalt in 0..12 {
                for homref in [0, 1, 5, 30, 200] {
                    if het + homalt + homref > 0 {
                        agrees(het, homalt, homref);
                    }
                }
            }
        }
        for (het, homalt, homref) in [
            (50, 25, 25),
            (0, 300, 300),
            (3, 300, 310),
            (400, 3, 2),
            (60, 190, 900),
            (900, 0, 40),
            (700, 30, 20),
        ] {
            agrees(het, homalt, homref);
        }
    }

    /// By exact fractions: `Fraction(2**h * n!, h! * r! * (n - h - r)!)` in Python 3.11, over every h.
    #[test]
    fn hwe_equals_exact_fractions() {
        for (het, homalt, homref, p) in [
            (80, 20, 100, 0.502_448_895_508_995_2),
            (50, 40, 110, 2.042_594_611_636_391_3e-9),
            (150, 30, 20, 6.087_456_976_994_552e-13),
            (10, 95, 95, 2.054_277_937_226_512e-44),
            (1, 10, 10, 1.831_260_529_212_890_6e-5),
            (5, 5, 590, 1.156_385_039_691_626_5e-9),
            (0, 300, 300, 3.407_431_402_542_766e-181),
            (1_000, 1, 1, 3.448_468_146_098_796_5e-295),
            (3, 500, 520, 3.406_273_059_908_021e-300),
            (2, 0, 2, 1.0),
        ] {
            let ours = hwe_exact(het, homalt, homref);
            assert!((ours / p - 1.0).abs() < 1e-12, "{het} {homalt} {homref}: {ours:e} {p:e}");
        }
    }

    #[test]
    fn hwe_goes_down_to_the_smallest_number() {
        // 3.6192e-321 has ten bits left.
        assert!((hwe_exact(0, 530, 535) / 3.619_228_577_661e-321 - 1.0).abs() < 1e-3);
        assert_eq!(hwe_exact(2, 700, 600), 0.0, "6e-385 is below every f64");
        assert_eq!(hwe_exact(0, 500_000, 500_000), 0.0);
        assert_eq!(hwe_exact(0, 0, 0), 1.0);
        assert_eq!(hwe_exact(1, 0, 1_000_000), 1.0);
        let common = hwe_exact(481_000, 159_500, 359_500);
        assert!((0.01..0.1).contains(&common), "a million people: {common}");
    }

    /// By exact fractions in Python 3.11, as above: the sum over every count of at least `het`, over that of all.
    #[test]
    fn excess_equals_exact_fractions() {
        for (het, homalt, homref, p) in [
            (80, 20, 100, 0.8108815764424823),
            (50, 40, 110, 0.9999999997686623),
            (150, 30, 20, 5.446675874457923e-13),
            (100, 25, 75, 0.2247888156529772),
            (10, 95, 95, 1.0),
            (5, 5, 590, 0.9999999999983712),
            (1_000, 1, 1, 3.2828486432688036e-295),
            (60, 0, 200, 0.021186108988797504),
            (2, 0, 2, 0.8571428571428571),
            (90, 5, 105, 0.0029491643045495984),
            (11, 10, 300, 0.9999999999999584),
        ] {
            for ours in [excess_het(het, homalt, homref), excess_het(het, homref, homalt)] {
                assert!((ours / p - 1.0).abs() < 1e-12, "{het} {homalt} {homref}: {ours:e} {p:e}");
            }
        }
        assert_eq!(excess_het(0, 0, 9), 1.0);
        assert_eq!(excess_het(1, 0, 9), 1.0);
        assert_eq!(excess_het(3_000, 0, 0), 0.0, "below every f64");
    }

    #[test]
    fn excess_falls_with_every_heterozygote() {
        let mut last = 1.0;
        for pairs in 0..=30 {
            let p = excess_het(2 * pairs, 30 - pairs, 170 - pairs);
            assert!(p <= last && (0.0..=1.0).contains(&p), "{pairs}");
            last = p;
        }
        assert!(last > 0.0 && last < 0.02, "{last}");
        assert_eq!(het_rate(25, 5, 70), Some(0.25));
        assert_eq!(het_rate(0, 0, 0), None);
    }

    #[test]
    fn inbreeding_of_proportions_is_zero() {
        assert!(inbreeding(50, 25, 25).unwrap().abs() < 1e-12);
        assert_eq!(inbreeding(0, 0, 9), None);
        assert_eq!(inbreeding(0, 10, 10), Some(1.0));
        assert_eq!(inbreeding(20, 0, 0), Some(-1.0));
        for (het, homalt, homref) in [(60, 40, 100), (140, 30, 30), (7, 1, 992)] {
            // (4 · hom-ref · hom-alt − het²) / (alleles of one kind · of the other), all integers.
            let (h, a, r) = (i64::from(het), i64::from(homalt), i64::from(homref));
            let exact = (4 * a * r - h * h) as f64 / ((2 * a + h) * (2 * r + h)) as f64;
            assert!((inbreeding(het, homalt, homref).unwrap() - exact).abs() < 1e-12);
        }
    }
}
