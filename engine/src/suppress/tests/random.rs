//! Random requests small enough to enumerate: trees of one or two levels, every zone, missing calls, several ALTs.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::attacker::Attack;
use super::world::{Group, Request, World};
use crate::region::Zone;
use crate::strata::Karyotype;

/// Runs `check` on `cases` requests of a strategy; the same ones each time.
pub(super) fn campaign(
    cases: usize,
    budget: u64,
    strategy: &impl Strategy<Value = Request>,
    check: impl Fn(&World) -> Attack,
) -> Attack {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut found = Attack::default();
    while found.worlds < cases as u64 {
        let request = strategy.new_tree(&mut runner).unwrap().current();
        if let Some(world) = fit(request, budget) {
            found.add(check(&world));
        }
    }
    found
}

/// Makes a request smaller until its data sets can be enumerated; nothing where the plan would be refused.
fn fit(mut request: Request, budget: u64) -> Option<World> {
    loop {
        let world = World::new(request.clone())?;
        if world.data_sets() <= budget {
            return Some(world);
        }
        let floor = request.k;
        let largest = request.groups.iter_mut().max_by_key(|g| g.people)?;
        if largest.people > 2 * floor {
            largest.people -= 1;
        } else if request.alts > 1 {
            request.alts = 1;
        } else if request.missing {
            request.missing = false;
        } else if largest.people > floor {
            largest.people -= 1;
        } else {
            request.groups.pop();
        }
    }
}

/// One family: 1 to 5 leaves in one or two levels.
pub(super) fn one_family() -> impl Strategy<Value = Request> {
    let zone =
        prop_oneof![6 => Just(Zone::Diploid), 3 => Just(Zone::X), 1 => Just(Zone::Y), 1 => Just(Zone::Mt)];
    let leaf = (0u32..6, 0u32..6, 0usize..2);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), 1usize..=2);
    (2u32..=3, zone, vec(leaf, 1..=5), flags).prop_map(
        |(k, zone, leaves, (deep, genotypes, missing, alts))| {
            let mut groups = Vec::new();
            for (i, (xx, xy, top)) in leaves.iter().enumerate() {
                let path = if deep { format!("t{top}/l{i}") } else { format!("l{i}") };
                if zone == Zone::X || zone == Zone::Y {
                    let people = |n: u32| if n < 2 { n } else { n + 2 * k - 4 };
                    groups.push(Group::new(people(*xx), &[&path]));
                    groups.push(Group::new(people(*xy), &[&path]).of(Karyotype::Xy));
                } else {
                    groups.push(Group::new(k + xx + xy / 3, &[&path]));
                }
            }
            groups.retain(|g| g.people > 0);
            if groups.is_empty() {
                groups.push(Group::new(k, &[""]));
            }
            Request { k, zone, groups, genotypes, alts, missing, alleles: false }
        },
    )
}

/// Two or three families over up to six cells.
pub(super) fn families(alleles: bool) -> impl Strategy<Value = Request> {
    let cells = vec((0u32..8, any::<bool>()), 6);
    let shape =
        prop_oneof![4 => Just((2, 2, 1)), 3 => Just((2, 3, 1)), 1 => Just((3, 2, 1)), 1 => Just((2, 2, 2))];
    (2u32..=3, shape, cells, any::<bool>(), 0u32..8).prop_map(
        move |(k, (a, b, c), cells, genotypes, odds)| {
            let mut groups = Vec::new();
            for p in 0..a {
                for q in 0..b {
                    let (extra, empty) = cells[(p * b + q) % 6];
                    let people = if empty && odds == 0 { 0 } else { k + extra.saturating_sub(3) * k / 2 };
                    let third = if c == 2 { vec![(p + q) % 2] } else { Vec::new() };
                    let names: Vec<String> =
                        [p, q].into_iter().chain(third).map(|i| format!("c{i}")).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    groups.push(Group::new(people, &names));
                }
            }
            groups.retain(|g| g.people > 0);
            let missing = odds == 1 && !alleles;
            Request {
                k,
                zone: Zone::Diploid,
                groups,
                genotypes: genotypes && !alleles,
                alts: 1,
                missing,
                alleles,
            }
        },
    )
}

/// The shape of rule (b), small cells beside large ones.
pub(super) fn pair(alleles: bool) -> impl Strategy<Value = Request> {
    (2u32..=3, 2usize..=3, vec(0u32..8, 6), 0u32..4).prop_map(move |(k, columns, extra, odds)| {
        let cell = |i: usize| {
            let people = k + extra[i].saturating_sub(3);
            Group::new(people, &[&format!("p{}", i / columns), &format!("q{}", i % columns)])
        };
        let missing = odds == 0 && !alleles;
        Request { alleles, missing, ..Request::new(k, (0..2 * columns).map(cell).collect()) }
    })
}
