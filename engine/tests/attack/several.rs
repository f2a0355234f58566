//! Several families by rule (c): allele tables enumerated, genotypes sensitive; people not called, enumerated one by one; and
//! K = 10.

use crate::attacker::Attack;
use crate::margins::Margins;
use crate::model::Broken;
use crate::random::{Random, at_ten, at_the_edge, tables};
use crate::tables::attack_tables;
use crate::tree::{broken, must_leak, nothing_found, product, scale};
use crate::witness::{Witnessed, witness};
use crate::world::{Request, World, cross};

fn campaign(how: Margins, cases: usize, budget: u64) -> Attack {
    tables(cases, 200..budget, |world| attack_tables(world, how))
}

#[test]
fn nothing_is_found_in_margins() {
    let (cases, budget) = scale(240, 20_000);
    nothing_found("margins", &campaign(Margins::Sound, cases, budget));
}

#[test]
fn broken_margins_leak() {
    let (cases, budget) = scale(60, 20_000);
    for how in [Margins::NoCap, Margins::NoReduction, Margins::Reopened] {
        must_leak(how, &campaign(how, cases, budget));
    }
}

/// Without slack the smallest leaks are where a chain stopped at a cell of one person, and between two uneven margins.
#[test]
fn margins_without_slack_leak() {
    let mut found = Attack::default();
    for rows in [[&[6, 1, 4], &[5, 5, 3]] as [&[u32]; 2], [&[3, 5, 0], &[5, 4, 0]]] {
        let world = World::unchecked(Request { alleles: true, ..Request::new(2, cross(&rows)) });
        found.add(attack_tables(&world, Margins::NoSlack));
        nothing_found("uneven margins", &attack_tables(&world, Margins::Sound));
    }
    must_leak(Margins::NoSlack, &found);
}

/// People not called who are shown as none: persons enumerated, K = 2.
#[test]
fn nothing_is_found_in_margins_with_missing_calls() {
    let request = |rows: [&[u32]; 2]| Request { missing: true, ..Request::new(2, cross(&rows)) };
    let mut requests = vec![request([&[4, 3], &[3, 4]])];
    if scale(1, 1).0 > 1 {
        let larger = [[3, 3, 3, 3], [4, 4, 3, 3], [5, 3, 3, 3], [4, 4, 4, 4], [5, 4, 3, 5]];
        requests.extend(larger.map(|[a, b, c, d]| request([&[a, b], &[c, d]])));
    }
    let mut found = Attack::default();
    for request in &requests {
        found.add(product(&World::new(request.clone()).unwrap()));
    }
    nothing_found("margins, people not called", &found);
    let world = World::new(request([&[2, 5], &[4, 2]])).unwrap();
    must_leak("NoCap, people not called", &broken(&world, Broken::Margins(Margins::NoCap)));
}

#[test]
fn nothing_is_narrow_in_margins_at_the_real_k() {
    let (cases, steps) = scale(100, 20_000);
    let (mut random, mut found) = (Random::new(1), Witnessed::default());
    while found.joint < cases as u64 {
        if let Some((world, ac)) = at_ten(&mut random) {
            witness(&world, &ac, steps, &mut found);
        }
    }
    println!("K = 10: {}", found.figures());
    assert_eq!(found.undecided, 0, "{:?}", found.first);
}

#[test]
fn nothing_is_narrow_where_cross_cells_are_as_small_as_they_can_be() {
    let (cases, steps) = scale(150, 20_000);
    let (mut random, mut found) = (Random::new(2), Witnessed::default());
    for case in 0..cases {
        let (world, ac) = at_the_edge([2, 3, 10][case % 3], &mut random);
        witness(&world, &ac, steps, &mut found);
    }
    println!("cross cells as small as can be: {}", found.figures());
    assert_eq!(found.undecided, 0, "{:?}", found.first);
    assert!(2 * found.joint > found.prints, "{}", found.figures());
}
