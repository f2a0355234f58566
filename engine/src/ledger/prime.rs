//! Arithmetic modulo the prime 2⁶¹ − 1.

pub(crate) const P: u64 = (1 << 61) - 1;

pub(crate) fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let low = u64::try_from(product & u128::from(P)).unwrap_or(0);
    let high = u64::try_from(product >> 61).unwrap_or(0);
    let sum = low + high;
    if sum >= P { sum - P } else { sum }
}

pub(crate) fn plus(a: u64, b: u64) -> u64 {
    if a >= P - b { a - (P - b) } else { a + b }
}

pub(crate) fn minus(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + P - b }
}

/// One over a number that is not zero.
pub(crate) fn inverse(a: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (a, P - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}
