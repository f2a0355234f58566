//! Several releases of one population: the adversary knows every table, the order in which they came, and all the rules.
//!
//! ```text
//! for each data set: all tables, each beside those before → which values has each sensitive count here
//! violation:  a sensitive count of a union of classes has a value below K, or above its people − K, and fewer than K feasible
//!             values, although the strata alone left K or more
//! ```
//! Sets that are narrow by size beside a single table, as any few people known by name, need two values.

mod enumerate;
mod named;
mod scene;

use enumerate::attack;
use scene::{Calls, Scene, random_scene};
use shukei::trial::Series;

use crate::attacker::Attack;
use crate::random::Random;
use crate::tree::{nothing_found, scale};

/// The product under attack.
fn product(scene: &Scene) -> Attack {
    let mut series = scene.series().unwrap();
    attack(scene, &mut |counts| series.print(scene.zone, counts))
}

/// Every table as if it were the only one: no ledger at all, nor cells cut by earlier strata.
fn alone(scene: &Scene) -> Attack {
    let single = |spec| {
        let mut series = Series::new(&scene.classes, scene.k, scene.strict);
        series.release(spec).unwrap();
        series
    };
    let mut tables: Vec<Series> = scene.tables.iter().map(single).collect();
    attack(scene, &mut |counts| tables.iter_mut().flat_map(|table| table.print(scene.zone, counts)).collect())
}

/// Random scenes of two to four tables; two callsets only where nothing of the one is printed beside the other.
fn campaign(seed: u64, cases: usize, budget: u64, strict: bool) -> Attack {
    let mut random = Random::new(seed);
    let mut found = Attack::default();
    while found.worlds < cases as u64 {
        let tables = 2 + random.below(3);
        let scene = random_scene(&mut random, tables, budget, strict);
        if let Some(scene) = scene.filter(|s| strict || s.calls != Calls::Filtered) {
            found.add(product(&scene));
        }
    }
    found
}

/// `linked = "audit"` is audited, not proved: nothing in the everyday scenes, little in many more, and far less than without.
#[test]
fn little_is_found_over_audited_releases() {
    let (cases, budget) = scale(70, 15_000);
    let found = campaign(1, cases, budget, false);
    if cases == 70 {
        return nothing_found("releases, audit", &found);
    }
    println!("releases, audit: {}", found.figures());
    assert!(found.violations * 1_000 < found.data_sets && found.prints > 2 * found.worlds);
}

#[test]
fn nothing_is_found_over_strict_releases() {
    let (cases, budget) = scale(50, 15_000);
    nothing_found("releases, strict", &campaign(2, cases, budget, true));
}

/// The same scenes without a ledger.
#[test]
fn releases_without_a_ledger_leak() {
    let mut random = Random::new(1);
    let mut found = Attack::default();
    while found.worlds < 20 {
        let scene = random_scene(&mut random, 2, 4_000, false).filter(|s| s.calls != Calls::Filtered);
        if let Some(scene) = scene {
            found.add(alone(&scene));
        }
    }
    crate::tree::must_leak("no ledger", &found);
}
