//! A small random generator of our own, so that a seed means the same bytes for ever.
//!
//! Nothing here calls the system's mathematical library: its last digit differs between machines. Only the
//! operations that IEEE 754 defines exactly are used.

/// One step of splitmix64: a hash of 64 bits, and the seeder of [`Random`].
pub(crate) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// xoshiro256** (Blackman and Vigna), in independent streams.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream named by `path` of this seed: two streams do not move each other.
    pub(crate) fn stream(seed: u64, path: &[u64]) -> Self {
        let start = path.iter().fold(mix(seed), |key, part| mix(key ^ mix(*part)));
        let mut state = [0; 4];
        let mut key = start;
        for word in &mut state {
            key = mix(key);
            *word = key;
        }
        Self { state }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number in [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `bound`, or 0 where `bound` is 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the product's high half is below the bound, a usize"
    )]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Roughly a standard normal: the sum of twelve uniforms, centred.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// A draw with density 1/x (constant inside each doubling) on `[lowest, lowest × 2^doublings)`.
    pub(crate) fn log_uniform(&mut self, lowest: f64, doublings: usize) -> f64 {
        let scale = (0..self.below(doublings)).fold(lowest, |value, _| value * 2.0);
        scale * (1.0 + self.uniform())
    }

    /// An index, drawn in proportion to the weights.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts the items into random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Independent trials of one probability, visited success by success: a variant with four carriers among
/// thousands costs five draws.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Skipper {
    log_failure: f64,
}

impl Skipper {
    /// Trials that succeed with this probability; `None` where none ever does.
    pub(crate) fn new(probability: f64) -> Option<Self> {
        (probability > 1e-12).then(|| Self { log_failure: ln(1.0 - probability.min(0.999)) })
    }

    /// How many failures come before the next success.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 … 2^40")]
    pub(crate) fn failures(self, random: &mut Random) -> usize {
        (ln(1.0 - random.uniform()) / self.log_failure).clamp(0.0, 1_099_511_627_776.0) as usize
    }
}

/// The natural logarithm of a positive, normal number: exponent apart, then the series of artanh.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let raised = u32::try_from(bits >> 52).unwrap_or(0);
    let mut exponent = f64::from(raised) - 1023.0;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..9_u32).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    exponent * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_never_changes() {
        let mut random = Random::stream(1, &[2, 3]);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(first, [1_978_079_135_696_892_849, 1_933_419_429_298_869_065, 3_078_182_297_779_078_089]);
    }

    #[test]
    fn ln_agrees_with_the_system() {
        for x in [1e-300, 1e-16, 0.001, 0.25, 0.7, 0.999_999, 1.0, 1.5, 3.0, 1e10] {
            assert!((ln(x) - f64::ln(x)).abs() <= 1e-13 * f64::ln(x).abs().max(1.0), "ln {x}");
        }
    }

    #[test]
    fn skipping_succeeds_as_often_as_asked() {
        let mut random = Random::stream(7, &[]);
        let skipper = Skipper::new(0.02).unwrap();
        let (mut at, mut hits) = (skipper.failures(&mut random), 0);
        while at < 1_000_000 {
            hits += 1;
            at += 1 + skipper.failures(&mut random);
        }
        assert!((19_300..20_700).contains(&hits), "{hits}");
        assert!(Skipper::new(0.0).is_none());
    }

    #[test]
    fn draws_stay_below_their_bound() {
        let mut random = Random::stream(9, &[]);
        assert!((0..1000).all(|_| random.below(7) < 7));
        assert_eq!(random.below(0), 0);
        assert!((0..1000).all(|_| random.weighted(&[0.0, 1.0, 0.0]) == 1));
    }
}
