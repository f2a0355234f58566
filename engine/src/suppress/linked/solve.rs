//! Sums solved for each other: what one sum says where others are known.

/// A combination of atoms and the values that it may have.
pub(super) struct Combination {
    factors: Vec<i128>,
    low: i128,
    high: i128,
}

/// Exact sums in reduced echelon form, and the others with everything taken out that these determine. Factors stay whole.
pub(super) fn solved(sums: &[(&[usize], i64, i64)], atoms: usize) -> Vec<Combination> {
    let row = |&(inside, low, high): &(&[usize], i64, i64)| {
        let mut factors = vec![0; atoms];
        inside.iter().for_each(|&atom| factors[atom] = 1);
        Combination { factors, low: i128::from(low), high: i128::from(high) }
    };
    let (exact, open): (Vec<_>, Vec<_>) = sums.iter().partition(|(_, low, high)| low == high);
    let mut echelon: Vec<(usize, Combination)> = Vec::new();
    for sum in &exact {
        let mut next = row(sum);
        echelon.iter().for_each(|(pivot, known)| next.without(*pivot, known));
        let Some(pivot) = next.factors.iter().position(|&f| f != 0) else { continue };
        echelon.iter_mut().for_each(|(_, known)| known.without(pivot, &next));
        echelon.push((pivot, next));
    }
    let reduced = open.iter().map(|sum| {
        let mut next = row(sum);
        echelon.iter().for_each(|(pivot, known)| next.without(*pivot, known));
        next
    });
    let reduced: Vec<Combination> = reduced.collect();
    echelon.into_iter().map(|(_, row)| row).chain(reduced).collect()
}

impl Combination {
    /// Takes an atom out with an exact combination that has it.
    fn without(&mut self, atom: usize, exact: &Self) {
        let (own, other) = (self.factors[atom], exact.factors[atom]);
        if own == 0 {
            return;
        }
        let (scale, times) = (other.abs(), own * other.signum());
        self.factors.iter_mut().zip(&exact.factors).for_each(|(f, e)| *f = scale * *f - times * e);
        self.low = scale * self.low - times * exact.low;
        self.high = scale * self.high - times * exact.low;
        let common = self.factors.iter().fold(0, |g, &f| gcd(g, f.abs()));
        if common > 1 {
            self.factors.iter_mut().for_each(|f| *f /= common);
            self.low = -(-self.low).div_euclid(common);
            self.high = self.high.div_euclid(common);
        }
    }

    /// What it says of every atom; none if it cannot be.
    pub(super) fn tighten(&self, bounds: &mut [(i64, i64)]) -> Option<()> {
        let ends = |factor: i128, (low, high): (i64, i64)| {
            let (a, b) = (factor * i128::from(low), factor * i128::from(high));
            if factor < 0 { (b, a) } else { (a, b) }
        };
        let terms = || self.factors.iter().enumerate().filter(|(_, f)| **f != 0);
        let [mut least, mut most] = [0i128, 0];
        for (atom, &factor) in terms() {
            let (low, high) = ends(factor, bounds[atom]);
            (least, most) = (least + low, most + high);
        }
        if least > self.high || most < self.low {
            return None;
        }
        for (atom, &factor) in terms() {
            let (low, high) = ends(factor, bounds[atom]);
            let (from, to) = (self.low - (most - high), self.high - (least - low));
            let (from, to) = if factor < 0 { (-to, -from) } else { (from, to) };
            let size = factor.abs();
            let (lowest, highest) = (-(-from).div_euclid(size), to.div_euclid(size));
            let (lo, hi) = bounds[atom];
            let tight = (i128::from(lo).max(lowest), i128::from(hi).min(highest));
            bounds[atom] = (i64::try_from(tight.0).ok()?, i64::try_from(tight.1).ok()?);
            if tight.0 > tight.1 {
                return None;
            }
            let (after_low, after_high) = ends(factor, bounds[atom]);
            (least, most) = (least - low + after_low, most - high + after_high);
        }
        Some(())
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
