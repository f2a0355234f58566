//! The tree rule against adversaries who know everything but the genotypes, and what must hold for any cohort.
//!
//! `SHUKEI_FULL=1` enumerates more and larger requests (release profile, about twelve minutes) and prints the figures.

mod attacker;
mod model;
mod plain;
mod properties;
mod random;
mod same;
mod world;

use attacker::{Attack, attack};
use model::{Broken, model};
use random::{campaign, families, one_family, pair};
use world::{Group, Request, World, key};

use crate::region::Zone;
use crate::strata::Karyotype;

/// The engine under attack; every print is also that of the rule written a second time.
fn engine(world: &World) -> Attack {
    let mut suppressor = world.suppressor();
    attack(world, &mut |unit, data| {
        let print = key(&suppressor.rows(unit, world.request.zone, None));
        assert_eq!(print, model(world, Broken::No, data), "{:?} {data:?}", world.request);
        print
    })
}

fn broken(world: &World, how: Broken) -> Attack {
    attack(world, &mut |_, data| model(world, how, data))
}

/// Instances of a campaign and data sets of each: few for everyday, many for `SHUKEI_FULL`.
fn scale(cases: usize, budget: u64) -> (usize, u64) {
    let full = std::env::var_os("SHUKEI_FULL").is_some();
    if full { (cases * 5, budget * 20) } else { (cases, budget) }
}

fn nothing_found(what: &str, found: &Attack) {
    println!("{what}: {}", found.figures());
    assert_eq!(found.violations, 0, "{what}: {:?}", found.first);
    assert!(found.prints > 2 * found.worlds, "{what}: hardly anything was printed: {}", found.figures());
}

fn world(request: Request) -> World {
    World::new(request).unwrap()
}

/// One level with these leaves.
fn leaves(sizes: &[u32]) -> Vec<Group> {
    sizes.iter().enumerate().map(|(i, &n)| Group::new(n, &[&format!("l{i}")])).collect()
}

/// Two one-level families over a table of cells.
fn cross(rows: &[&[u32]]) -> Vec<Group> {
    let cell = |(p, q, n): (usize, usize, u32)| Group::new(n, &[&format!("p{p}"), &format!("q{q}")]);
    let cells =
        rows.iter().enumerate().flat_map(|(p, row)| row.iter().enumerate().map(move |(q, &n)| (p, q, n)));
    cells.filter(|c| c.2 > 0).map(cell).collect()
}

#[test]
fn nothing_is_found_in_one_family() {
    let (cases, budget) = scale(60, 12_000);
    nothing_found("one family", &campaign(cases, budget, &one_family(), engine));
}

#[test]
fn nothing_is_found_in_families_at_allele_level() {
    let (cases, budget) = scale(25, 16_000);
    nothing_found("families, alleles", &campaign(cases, budget, &families(true), engine));
    nothing_found("pairs, alleles", &campaign(cases, budget, &pair(true), engine));
}

#[test]
fn nothing_is_found_in_families_at_genotype_level() {
    let (cases, budget) = scale(25, 12_000);
    nothing_found("families, genotypes", &campaign(cases, budget, &families(false), engine));
    nothing_found("pairs, genotypes", &campaign(cases, budget, &pair(false), engine));
}

#[test]
fn nothing_is_found_at_the_real_k() {
    let mut found = Attack::default();
    for n in [10, 19, 20, 21, 25, 30, 40] {
        found.add(engine(&world(Request { missing: true, ..Request::new(10, vec![Group::new(n, &[""])]) })));
    }
    for sizes in [[20, 20], [21, 12], [24, 10]] {
        let request = Request::new(10, leaves(&sizes));
        found.add(engine(&world(request.clone())));
        found.add(engine(&world(Request {
            zone: Zone::Mt,
            missing: true,
            groups: leaves(&[20, 10]),
            ..request
        })));
    }
    let sexes = vec![Group::new(20, &["f"]), Group::new(19, &["m"]).of(Karyotype::Xy)];
    for zone in [Zone::X, Zone::Y] {
        found.add(engine(&world(Request { zone, genotypes: true, ..Request::new(10, sexes.clone()) })));
    }
    nothing_found("K = 10", &found);
}

fn must_leak(how: Broken, found: &Attack) {
    println!("{how:?}: {}", found.figures());
    assert!(found.violations > 0, "{how:?}: the attacker found nothing: {}", found.figures());
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
    nothing_found("T1 by printed numbers", &engine(&world));
}

#[test]
fn broken_pairs_leak() {
    let rows: [&[u32]; 2] = [&[2, 2, 4], &[3, 3, 2]];
    let genotypes = world(Request::new(2, cross(&rows)));
    must_leak(Broken::NarrowIntervals, &broken(&genotypes, Broken::NarrowIntervals));
    nothing_found("uneven pair, genotypes", &engine(&genotypes));
    let rows: [&[u32]; 2] = [&[2, 2, 6], &[3, 4, 2]];
    let alleles = world(Request { alleles: true, ..Request::new(2, cross(&rows)) });
    for how in [Broken::NoIntervals, Broken::SecondAlone] {
        must_leak(how, &broken(&alleles, how));
    }
    nothing_found("uneven pair, alleles", &engine(&alleles));
    let rows: [&[u32]; 2] = [&[3, 6], &[2, 6]];
    let genotypes = world(Request::new(2, cross(&rows)));
    must_leak(Broken::NoPrecheck, &broken(&genotypes, Broken::NoPrecheck));
    nothing_found("2 x 2, genotypes", &engine(&genotypes));
}

/// K = 10, AC 78 and 30 by sex, 28, 59 and 21 by region: one cell has an AC of 0 to 11, which are twelve values, and
/// 0 to 5 homozygotes, which are six.
#[test]
fn twelve_allele_counts_are_not_ten_genotype_counts() {
    let rows: [&[u32]; 2] = [&[20, 20, 30], &[20, 30, 20]];
    let world = world(Request { alleles: true, ..Request::new(10, cross(&rows)) });
    let ac = [28, 40, 10, 0, 19, 11];
    let data: Vec<Vec<u32>> =
        ac.iter().zip(rows.concat()).map(|(a, n)| vec![n - a / 2 - a % 2, a % 2, a / 2]).collect();
    let data: Vec<&Vec<u32>> = data.iter().collect();
    let shown = |print: &[u32]| print.iter().filter(|&&n| n == u32::MAX).count();
    let print = key(&world.suppressor().rows(&world.unit(&data), Zone::Diploid, None));
    assert_eq!(print[..8], [u32::from(b'C'), 0, 108, 280, 78, 140, 30, 140]);
    assert_eq!(shown(&print), 3, "regions are withheld");
    assert_eq!(shown(&model(&world, Broken::NarrowIntervals, &data)), 0);
}
