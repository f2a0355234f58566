//! Tails of distributions, to the last digits of an `f64`, without tables.

use std::f64::consts::PI;

/// P(X ≥ k) of a Poisson variable of mean `mean` < k, and P(X = k).
///
/// Terms above k fall by at least mean / (k + 1) each: the sum ends where they no longer change it.
#[expect(clippy::cast_precision_loss, reason = "the sum ends after some √k terms")]
pub(super) fn poisson_upper(k: u32, mean: f64) -> (f64, f64) {
    let k = f64::from(k);
    let (mut sum, mut term) = (1.0, 1.0);
    for i in 1..u64::MAX {
        term *= mean / (k + i as f64);
        if sum + term == sum {
            break;
        }
        sum += term;
    }
    let point = poisson_point(k, mean);
    (sum * point, point)
}

/// P(X = k) as Loader (2000) has it: the deviance and the error of Stirling's formula apart, so that nothing large cancels.
fn poisson_point(k: f64, mean: f64) -> f64 {
    let u = (mean - k) / k;
    let deviance = k * (u - u.ln_1p());
    (-stirling_error(k) - deviance).exp() / (2.0 * PI * k).sqrt()
}

/// ln k! − ln(√(2πk) · (k/e)^k).
fn stirling_error(k: f64) -> f64 {
    if k < 16.0 {
        let factorial = (1..16).map(f64::from).take_while(|i| *i <= k).product::<f64>();
        return factorial.ln() - (0.5 * (2.0 * PI * k).ln() + k * k.ln() - k);
    }
    let s = 1.0 / (k * k);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0)))) / k
}

/// P of a χ² of one degree of freedom that is at least `chi2`: Q(½, χ²/2), by its series or its continued fraction
/// (Lentz). Goes down to the smallest `f64`, then 0.
pub(super) fn chi2_upper(chi2: f64) -> f64 {
    let x = chi2 / 2.0;
    // e^−x · √x / Γ(½)
    let front = (-x).exp() * (x / PI).sqrt();
    if x < 1.5 {
        let (mut sum, mut term, mut a) = (2.0, 2.0, 0.5);
        while sum + term != sum {
            a += 1.0;
            term *= x / a;
            sum += term;
        }
        return 1.0 - front * sum;
    }
    let mut b = x + 0.5;
    let (mut c, mut d) = (f64::MAX, 1.0 / b);
    let mut fraction = d;
    for i in (1..1_000).map(f64::from) {
        let a = -i * (i - 0.5);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By sums of `Decimal` terms of 60 digits in Python 3.11.
    #[test]
    fn poisson_tails() {
        for (k, mean, tail) in [
            (1, 0.05, 0.04877057549928599),
            (2, 0.355, 0.0499099844523844),
            (10, 5.425, 0.04997995310890109),
            (15, 9.25, 0.05013569087208563),
            (16, 10.0, 0.048740403303978705),
            (19, 12.44, 0.049938551063106795),
            (40, 20.0, 5.3202025112462175e-05),
            (100, 84.0, 0.048407126411166505),
            (1_000, 948.5, 0.049798121950823254),
            (25_000, 24740.0, 0.049675337179646666),
            (200_000, 199265.0, 0.05000738714613884),
        ] {
            let ours = poisson_upper(k, mean).0;
            assert!((ours / tail - 1.0).abs() < 1e-12, "{k} {mean}: {ours:e} {tail:e}");
        }
    }

    /// By the series of erf in `Decimal` of 400 digits in Python 3.11; 3.841 and 6.635 are what every table has.
    #[test]
    fn chi2_tails() {
        for (chi2, tail) in [
            (1e-06, 0.9992021155721779),
            (0.1, 0.7518296340458492),
            (0.454936, 0.500000199347037),
            (1.0, 0.3173105078629141),
            (2.9, 0.0885795525797768),
            (3.0, 0.0832645166635504),
            (3.1, 0.07829229414640987),
            (3.841458820694124, 0.05000000000000006),
            (6.6348966010212145, 0.010000000000000004),
            (10.0, 0.0015654022580025497),
            (29.7, 5.0434820841424256e-08),
            (100.0, 1.523970604832105e-23),
            (500.0, 9.505397766554091e-111),
        ] {
            let ours = chi2_upper(chi2);
            assert!((ours / tail - 1.0).abs() < 1e-13, "{chi2}: {ours:e} {tail:e}");
        }
        assert_eq!(chi2_upper(0.0), 1.0);
        assert_eq!(chi2_upper(1e6), 0.0);
    }
}
