//! How frequent the alleles of a large cohort are.

use crate::dice::Dice;

/// Share of the variants above 1 %.
const COMMON: f64 = 0.07;

/// A number of alternate alleles among `alleles`, at least 1.
pub(super) fn allele_count(dice: &mut Dice, alleles: usize) -> usize {
    let all = alleles as f64;
    let one_percent = (all / 100.0).max(2.0);
    if dice.chance(COMMON) {
        // 1 % to 95 %, each doubling as often.
        let (low, high) = (one_percent, 0.95 * all);
        return whole(low * (high / low).powf(dice.share())).clamp(1, alleles);
    }
    loop {
        let count = dice.share().max(1e-9).powi(-2);
        if count < one_percent {
            return whole(count).max(1);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of a cohort, so it fits")]
fn whole(n: f64) -> usize {
    n.max(0.0) as usize
}
