//! The suppression step alone, in variants per second: from counts by cell to the numbers of every row.
//!
//! 23,211 people in about 50 strata of one to three families (21 in the small ones, which are all printed where a variant is common
//! enough), or in none. Spectrum: allele counts as whole genomes have them, four in five below 19. Common: every variant above
//! 1 %. Half of the variants have people without a call.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shukei::region::Zone;
use shukei::subject::Sex;
use shukei::trial::{Group, GroupCounts, Trial, Variants};
use shukei_benches::dice::Dice;

const PEOPLE: u32 = 23_211;
const VARIANTS: usize = 2_000;

/// How many of `n` people something with this probability happens to.
fn many(dice: &mut Dice, n: u32, probability: f64) -> u32 {
    let mean = f64::from(n) * probability;
    if mean > 50.0 {
        let near = mean + (dice.share() + dice.share() + dice.share() - 1.5) * 2.0 * mean.sqrt();
        return whole(near).min(n);
    }
    let (mut left, mut count) = (mean, 0);
    loop {
        left += dice.share().max(1e-9).ln();
        if left < 0.0 || count == n {
            return count;
        }
        count += 1;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of a cohort, so it fits")]
fn whole(n: f64) -> u32 {
    n.max(0.0) as u32
}

/// Which attributes the families are of: levels per attribute, largest first by a third each time.
struct Plan {
    name: &'static str,
    families: Vec<Vec<usize>>,
}

fn plans() -> Vec<Plan> {
    let plan = |name, families| Plan { name, families };
    vec![
        plan("no strata", vec![vec![]]),
        plan("1 family", vec![vec![2, 4, 5]]),
        plan("2 families by rule a", vec![vec![2, 7], vec![4, 7]]),
        plan("2 families by rule c", vec![vec![2], vec![48]]),
        plan("3 families by rule c", vec![vec![2], vec![16], vec![24]]),
        plan("4 families by rule c", vec![vec![2], vec![8], vec![9], vec![2]]),
        plan("3 families", vec![vec![2, 7], vec![10], vec![3, 7]]),
        plan("3 small families", vec![vec![2], vec![6], vec![3, 3]]),
    ]
}

/// People by sex and by every combination of levels; the first attribute of the first family is sex.
fn groups(families: &[Vec<usize>]) -> Vec<Group> {
    let mut groups = vec![(1.0, vec![Vec::new(); families.len()])];
    for (family, levels) in families.iter().enumerate() {
        for &n in levels {
            let weight = |level: usize| 1.0 / (1.0 + level as f64 / 3.0);
            let all: f64 = (0..n).map(weight).sum();
            groups = groups
                .into_iter()
                .flat_map(|(share, paths): (f64, Vec<Vec<String>>)| {
                    (0..n).map(move |level| {
                        let mut paths = paths.clone();
                        paths[family].push(format!("f{family}l{level}"));
                        (share * weight(level) / all, paths)
                    })
                })
                .collect();
        }
    }
    let sex = |paths: &[Vec<String>]| match paths[0].first().map(String::as_str) {
        Some("f0l0") => Sex::Female,
        _ => Sex::Male,
    };
    groups
        .into_iter()
        .map(|(share, paths)| Group {
            sex: Some(sex(&paths)),
            people: whole(share * f64::from(PEOPLE)).max(1),
            paths,
        })
        .collect()
}

/// Allele frequency of a variant of a whole genome: allele counts fall with their power −1.5.
fn spectrum(dice: &mut Dice) -> f64 {
    let count = dice.share().max(1e-6).powi(-2);
    count.min(f64::from(PEOPLE)) / f64::from(2 * PEOPLE)
}

/// From 1 % to 50 %, each power of ten as often.
fn common(dice: &mut Dice) -> f64 {
    0.01 * 50f64.powf(dice.share())
}

fn counts(groups: &[Group], dice: &mut Dice, frequency: f64) -> Vec<GroupCounts> {
    let lost = if dice.share() < 0.5 { 0.0 } else { 0.05 * dice.share().powi(2) };
    let count = |group: &Group| {
        let homalt = many(dice, group.people, frequency * frequency);
        let het = many(dice, group.people - homalt, 2.0 * frequency * (1.0 - frequency));
        let not_called = many(dice, group.people - homalt - het, lost);
        GroupCounts { not_called, alts: vec![[het, homalt, 0]] }
    };
    groups.iter().map(count).collect()
}

/// A name and the allele frequencies it stands for.
type Kind = (&'static str, fn(&mut Dice) -> f64);

/// Variants of one kind under one plan.
fn ready(plan: &Plan, (kind, frequency): Kind) -> (Trial, Variants) {
    let (groups, mut dice) = (groups(&plan.families), Dice::new(1));
    let mut trial = Trial::new(&groups, 10, false).unwrap_or_else(|e| panic!("{e}"));
    let variants = trial.variants((0..VARIANTS).map(|_| {
        let frequency = frequency(&mut dice);
        (Zone::Diploid, counts(&groups, &mut dice, frequency))
    }));
    let (strata, shown) = (trial.names().len(), trial.run(&variants));
    println!("{kind}, {}: {strata} strata, {} cells, {shown:?}", plan.name, groups.len());
    (trial, variants)
}

fn suppress(criterion: &mut Criterion) {
    let kinds: [Kind; 2] = [("spectrum", spectrum), ("common", common)];
    for kind in kinds {
        let mut bench = criterion.benchmark_group(kind.0);
        bench.throughput(Throughput::Elements(VARIANTS as u64)).sample_size(20);
        for plan in plans() {
            let mut made = None;
            bench.bench_function(plan.name, |b| {
                let (trial, variants) = made.get_or_insert_with(|| ready(&plan, kind));
                b.iter(|| trial.run(black_box(variants)));
            });
        }
        bench.finish();
    }
}

criterion_group!(benches, suppress);
criterion_main!(benches);
