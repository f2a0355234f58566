//! One family, and several by rule (a): the tree rule, tiers, missing calls, sex chromosomes.

use shukei::region::Zone;

use crate::attacker::{Attack, attack};
use crate::behind::Behind;
use crate::model::{Broken, model};
use crate::random::{campaign, chains, families, one_family};
use crate::world::{Product, Request, World, cross, group, leaves, men};

/// The product under attack; every print is also that of the rule written a second time.
pub(crate) fn product(world: &World) -> Attack {
    let mut product = Product::new(world);
    attack(world, &mut |data| {
        let print = product.print(world, data);
        assert_eq!(print, model(world, Broken::No, data), "{:?} {data:?}", world.request);
        print
    })
}

pub(crate) fn broken(world: &World, how: Broken) -> Attack {
    attack(world, &mut |data| model(world, how, data))
}

/// Instances of a campaign and data sets of each: few for everyday, many for `SHUKEI_FULL`.
pub(crate) fn scale(cases: usize, budget: u64) -> (usize, u64) {
    let full = std::env::var_os("SHUKEI_FULL").is_some();
    if full { (cases * 5, budget * 20) } else { (cases, budget) }
}

pub(crate) fn nothing_found(what: &str, found: &Attack) {
    println!("{what}: {}", found.figures());
    assert_eq!(found.violations, 0, "{what}: {:?}", found.first);
    assert!(found.prints > 2 * found.worlds, "{what}: hardly anything was printed: {}", found.figures());
}

pub(crate) fn must_leak(what: impl std::fmt::Debug, found: &Attack) {
    println!("{what:?}: {}", found.figures());
    assert!(found.violations > 0, "{what:?}: the attacker found nothing: {}", found.figures());
}

pub(crate) fn world(request: Request) -> World {
    World::new(request).unwrap()
}

#[test]
fn nothing_is_found_in_one_family() {
    let (cases, budget) = scale(60, 12_000);
    nothing_found("one family", &campaign(cases, budget, &one_family(), product));
}

#[test]
fn nothing_is_found_behind_a_failed_step() {
    let (cases, budget) = scale(60, 12_000);
    nothing_found("behind a failed step", &campaign(cases, budget, &chains(), product));
}

/// In cohorts that can be enumerated hardly any variant is common enough for T1.
#[test]
fn nothing_is_found_in_genotypes_behind_a_failed_step() {
    let (cases, budget) = scale(60, 12_000);
    let sound = |w: &World| broken(w, Broken::Genotypes(Behind::Sound));
    let mut found = campaign(cases, budget, &chains(), sound);
    found.add(sound(&world(Request { genotypes: true, ..Request::new(2, leaves(&[6, 6, 6, 6])) })));
    nothing_found("genotypes behind a failed step", &found);
    let masked = |w: &World| broken(w, Broken::CellMasking);
    must_leak("the same, cells masked", &campaign(cases / 5, budget / 2, &chains(), masked));
}

/// The chain goes on behind a step that failed, and a part of the rule for that is off.
#[test]
fn chains_that_go_on_without_a_reservoir_leak() {
    let (cases, budget) = scale(60, 12_000);
    for how in [Behind::None, Behind::AnyPlaces, Behind::AnySum] {
        must_leak(how, &campaign(cases, budget, &chains(), |w| broken(w, Broken::Behind(how))));
    }
}

#[test]
fn nothing_is_found_in_families() {
    let (cases, budget) = scale(25, 12_000);
    nothing_found("families", &campaign(cases, budget, &families(), product));
}

#[test]
fn nothing_is_found_at_the_real_k() {
    let mut found = Attack::default();
    for n in [10, 19, 20, 21, 25, 30, 40] {
        found.add(product(&world(Request { missing: true, ..Request::new(10, vec![group(n, &[""])]) })));
    }
    for sizes in [[20, 20], [21, 12], [24, 10]] {
        let request = Request::new(10, leaves(&sizes));
        found.add(product(&world(request.clone())));
        found.add(product(&world(Request {
            zone: Zone::Mt,
            missing: true,
            groups: leaves(&[20, 10]),
            ..request
        })));
    }
    let sexes = vec![group(20, &["f"]), men(19, &["m"])];
    for zone in [Zone::X, Zone::Y] {
        found.add(product(&world(Request { zone, genotypes: true, ..Request::new(10, sexes.clone()) })));
    }
    nothing_found("K = 10", &found);
}

#[test]
fn broken_trees_leak() {
    let (cases, budget) = scale(12, 6_000);
    for how in [Broken::CellMasking, Broken::OnePart, Broken::TrueMissing, Broken::TrueAn] {
        must_leak(how, &campaign(cases, budget, &one_family(), |w| broken(w, how)));
    }
}

#[test]
fn genotypes_chosen_by_true_carriers_leak() {
    let world = world(Request { genotypes: true, ..Request::new(2, leaves(&[15, 15])) });
    must_leak(Broken::TrueCarriers, &broken(&world, Broken::TrueCarriers));
    nothing_found("T1 by printed numbers", &product(&world));
}

/// Rule (a) switched off: a second margin is printed because it passes on its own.
#[test]
fn a_second_margin_printed_alone_leaks() {
    let world = world(Request::new(2, cross(&[&[2, 4], &[4, 2]])));
    must_leak(Broken::SecondAlone, &broken(&world, Broken::SecondAlone));
    nothing_found("two margins", &product(&world));
}
