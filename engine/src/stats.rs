//! Pure functions of released integers (disclosure rules §4); never called with an unreleased count.

/// P of the exact test of Hardy–Weinberg proportions: the sum of the probabilities of every heterozygote count that is
/// as likely as, or less likely than, the observed one (Wigginton, Cutler and Abecasis 2005, AJHG 76:887).
///
/// The recurrence runs outwards from the mode and stops where terms no longer change the sum, which takes O(√n) steps.
#[must_use]
pub fn hwe_exact(het: u32, homalt: u32, homref: u32) -> f64 {
    let (het, n) = (u64::from(het), u64::from(het) + u64::from(homalt) + u64::from(homref));
    let rare = (het + 2 * u64::from(homalt.min(homref))).min(2 * n);
    if n == 0 || rare <= 1 {
        return 1.0;
    }
    let mode = hwe_mode(rare, n);
    let (mut total, mut tail) = (0.0, 0.0);
    let observed = relative(het, mode, rare, n);
    let limit = observed * (1.0 + 1e-12);
    let mut add = |p: f64| {
        total += p;
        if p <= limit {
            tail += p;
        }
    };
    add(1.0);
    for direction in [true, false] {
        let (mut h, mut p) = (mode, 1.0);
        while let Some((next, factor)) = step(h, direction, rare, n) {
            p *= factor;
            h = next;
            add(p);
            if p < 1e-300 || (p < limit * 1e-17 && p < 1e-17) {
                break;
            }
        }
    }
    (tail / total).min(1.0)
}

/// The heterozygote count of the right parity nearest to its expectation.
fn hwe_mode(rare: u64, n: u64) -> u64 {
    let expected = rare * (2 * n - rare) / (2 * n);
    let mode = if (expected ^ rare) & 1 == 1 { expected + 1 } else { expected };
    mode.min(rare - (rare & 1) + (rare & 1)).min(rare)
}

/// One step of two heterozygotes up or down and the ratio of the probabilities.
#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
fn step(h: u64, up: bool, rare: u64, n: u64) -> Option<(u64, f64)> {
    let hom_rare = (rare - h) / 2;
    let hom_common = n - h - hom_rare;
    if up {
        (hom_rare > 0 && hom_common > 0)
            .then(|| (h + 2, 4.0 * hom_rare as f64 * hom_common as f64 / ((h + 2) as f64 * (h + 1) as f64)))
    } else {
        (h >= 2).then(|| {
            (h - 2, h as f64 * (h - 1) as f64 / (4.0 * (hom_rare + 1) as f64 * (hom_common + 1) as f64))
        })
    }
}

/// Probability of `het` heterozygotes relative to that of the mode.
fn relative(het: u64, mode: u64, rare: u64, n: u64) -> f64 {
    let (mut h, mut p) = (mode, 1.0);
    while h != het {
        let Some((next, factor)) = step(h, het > h, rare, n) else { break };
        p *= factor;
        h = next;
        if p == 0.0 {
            break;
        }
    }
    p
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

    /// The whole distribution by logarithms of factorials: the definition.
    fn hwe_by_definition(het: u32, homalt: u32, homref: u32) -> f64 {
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
        let scale = all.iter().fold(f64::MIN, |a, &b| a.max(b));
        let sum =
            |f: &dyn Fn(f64) -> bool| all.iter().filter(|&&l| f(l)).map(|l| (l - scale).exp()).sum::<f64>();
        sum(&|l| l <= observed + 1e-9) / sum(&|_| true)
    }

    #[test]
    fn hwe_equals_its_definition() {
        for het in 0..40 {
            for homalt in 0..12 {
                for homref in [0, 1, 5, 30, 200] {
                    let (fast, slow) =
                        (hwe_exact(het, homalt, homref), hwe_by_definition(het, homalt, homref));
                    if het + homalt + homref > 0 {
                        assert!((fast - slow).abs() < 1e-9, "{het} {homalt} {homref}: {fast} {slow}");
                    }
                }
            }
        }
        assert!((hwe_exact(50, 25, 25) - hwe_by_definition(50, 25, 25)).abs() < 1e-12);
        assert!(hwe_exact(0, 5_000, 5_000) < 1e-200);
    }

    #[test]
    fn inbreeding_of_proportions_is_zero() {
        assert!(inbreeding(50, 25, 25).unwrap().abs() < 1e-12);
        assert_eq!(inbreeding(0, 0, 9), None);
        assert_eq!(inbreeding(0, 10, 10), Some(1.0));
    }
}
