//! How well the table would tell whether somebody, whose genome one has, is in a stratum (disclosure rules §6).
//!
//! Thresholds do not stop that question: many frequencies, each of them safe as a count, add up. A likelihood-ratio attacker
//! needs about n(z_α + z_β)² independent variants of a stratum of n people. What is counted here are printed cells alone, as
//! rows are written.

use serde_json::{Value, json};

use crate::suppress::{ReleasedRow, TableHeader};

/// Chance of a false alarm that the attacker accepts.
const ALPHA: f64 = 1e-3;
/// Chance of finding a member.
const POWER: f64 = 0.95;
/// (z_α + z_β)² = (3.0902 + 1.6449)² in millionths, the normal quantiles of 1 − `ALPHA` and of `POWER`.
const FACTOR: u64 = 22_421_039;
/// Bases between two variants that are taken for independent. A genome has 116,000 such places, as many as the common
/// variants that pruning for linkage leaves, give or take. Wider steps would never let a large stratum reach the line.
const DISTANCE: u64 = 25_000;

/// Printed variants of every stratum, counted as they pass.
#[derive(Debug)]
pub(super) struct Membership {
    strata: Vec<Printed>,
}

/// The printed variants of one stratum.
#[derive(Clone, Debug, Default)]
struct Printed {
    all: u64,
    independent: u64,
    /// The last variant that was counted as independent.
    last: Option<(usize, u64)>,
}

impl Membership {
    pub(super) fn new(header: &TableHeader) -> Self {
        Self { strata: vec![Printed::default(); header.strata().len()] }
    }

    /// Counts the cells of rows, which come in genome order.
    pub(super) fn add(&mut self, rows: &[ReleasedRow]) {
        for row in rows {
            for (printed, _) in self.strata.iter_mut().zip(row.cells()).filter(|(_, cell)| cell.is_some()) {
                printed.add(row.contig(), row.pos());
            }
        }
    }

    /// What the audit says.
    pub(super) fn report(&self, header: &TableHeader) -> Value {
        let strata: Vec<Value> =
            header.strata().iter().zip(&self.strata).map(|(s, p)| p.report(&s.name, s.subjects)).collect();
        json!({
            "false_alarms": ALPHA,
            "power": POWER,
            "bases_between_independent_variants": DISTANCE,
            "note": "m counts every printed variant, linked ones too: at most so many; a stratum is above the line when its \
                     independent variants reach what an attacker needs who has a genome and asks whether its owner is in it",
            "strata": strata,
        })
    }
}

impl Printed {
    fn add(&mut self, contig: usize, pos: u64) {
        self.all += 1;
        let near = self.last.is_some_and(|(c, p)| c == contig && pos < p + DISTANCE);
        if !near {
            self.independent += 1;
            self.last = Some((contig, pos));
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "people and variants are far below 2^52")]
    fn report(&self, stratum: &str, n: u64) -> Value {
        let ratio = |m: u64| ((m as f64 / n as f64).sqrt() * 1e4).round() / 1e4;
        let needed = needed(n);
        json!({
            "stratum": stratum,
            "n": n,
            "m": self.all,
            "sqrt_m_n": ratio(self.all),
            "m_independent": self.independent,
            "sqrt_m_independent_n": ratio(self.independent),
            "m_needed": needed,
            "above_the_line": self.independent >= needed,
        })
    }
}

/// Independent variants that an attacker needs against n people, to the nearest one.
fn needed(n: u64) -> u64 {
    (n * FACTOR + 500_000) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attacker_needs() {
        assert_eq!([100, 1_000, 23_211].map(needed), [2_242, 22_421, 520_415]);
    }

    #[test]
    fn linked_variants_count_once() {
        let mut printed = Printed::default();
        for (contig, pos) in [(0, 10), (0, 10), (0, 25_009), (0, 25_010), (0, 50_009), (1, 0), (1, 24_999)] {
            printed.add(contig, pos);
        }
        assert_eq!((printed.all, printed.independent), (7, 3));
    }

    #[test]
    fn the_line() {
        let report = |independent| Printed { all: 9_000, independent, last: None }.report("sex_F", 100);
        let below = report(2_241);
        assert_eq!(below["sqrt_m_n"], 9.4868);
        assert_eq!((&below["m_needed"], &below["above_the_line"]), (&json!(2242), &json!(false)));
        assert_eq!(report(2_242)["above_the_line"], true);
    }
}
