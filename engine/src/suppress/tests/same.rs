//! The step in use decides as the plain one does: random strata, zones, ALTs and tiers, one variant after the other. Rule (c), of
//! several families of one level, is compared in `tests/attack`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::plain::{self, Row};
use super::world::{Group, strata};
use crate::partial::{CellCounts, Unit, VariantCounts};
use crate::policy::{GenotypeTier, Policy, SexChromosomes};
use crate::region::Zone;
use crate::strata::{Karyotype, Strata};
use crate::suppress::{Rules, Suppressor, Tier};

/// In thousandths, per group: people not called, and per ALT those with one copy and with two.
type Shares = Vec<(u32, Vec<(u32, u32)>)>;

/// People, how they are shown, and variants.
#[derive(Clone, Debug)]
struct Request {
    policy: Policy,
    genotypes: bool,
    groups: Vec<Group>,
    variants: Vec<(Zone, usize, Shares)>,
}

impl Request {
    /// What the tallies would hand over.
    fn unit(&self, strata: &Strata, (zone, alts, shares): &(Zone, usize, Shares)) -> Unit {
        let empty = || VariantCounts {
            reference: "A".into(),
            alternate: "C".into(),
            filter: "PASS".into(),
            cells: Vec::new(),
        };
        let mut variants: Vec<VariantCounts> = (0..*alts).map(|_| empty()).collect();
        let (mut missing, mut person) = (Vec::new(), 0);
        for (group, (lost, carriers)) in self.groups.iter().zip(shares) {
            let fine = strata.fine_of_person[person];
            person += group.people as usize;
            let not_called = group.people * lost / 1000;
            let mut left = group.people - not_called;
            if not_called > 0 {
                missing.push((fine, not_called));
            }
            for (variant, (one, two)) in variants.iter_mut().zip(carriers) {
                let homalt = left * two / 1000;
                let het = (left - homalt) * one / 1000;
                left -= het + homalt;
                // A person of unknown sex on X is in the record, and not counted.
                let (het, homalt, hemi) = match group.karyotype.copies(*zone) {
                    1 => (0, 0, het + homalt),
                    _ => (het, homalt, 0),
                };
                if het + homalt + hemi > 0 {
                    variant.cells.push(CellCounts { fine, het, homalt, hemi });
                }
            }
        }
        Unit { contig: 0, pos: 0, variants, missing, combined: false }
    }
}

fn request() -> impl Strategy<Value = Request> {
    let zone =
        prop_oneof![6 => Just(Zone::Diploid), 2 => Just(Zone::X), 1 => Just(Zone::Y), 1 => Just(Zone::Mt)];
    let share = || prop_oneof![1 => Just(0u32), 2 => 0u32..60, 6 => 150u32..700, 1 => Just(1000)];
    let lost = prop_oneof![4 => Just(0u32), 1 => 0u32..400];
    let shares = vec((lost, vec((share(), share()), 3)), 12);
    let variants = vec((zone, prop_oneof![4 => Just(1usize), 1 => 2usize..=3], shares), 1..6);
    let sex = prop_oneof![5 => Just(0), 5 => Just(1), 1 => Just(2)];
    let groups = vec((1u32..14, sex, (0usize..2, 0usize..3), (0usize..3, 0usize..2)), 1..12);
    let policy = (prop_oneof![Just(2u32), Just(3), Just(10)], 0u32..8, 0u32..8);
    (policy, any::<bool>(), 1usize..=3, groups, variants).prop_map(
        |((k, tier, sexchrom), genotypes, families, groups, variants)| {
            let group = |(n, sex, (p, q), (r, s)): (u32, usize, (usize, usize), (usize, usize))| {
                let paths = [format!("p{p}/q{q}"), format!("r{r}"), format!("s{s}")];
                let paths: Vec<&str> = paths[..families].iter().map(String::as_str).collect();
                let sexes = [Karyotype::Xx, Karyotype::Xy, Karyotype::Unknown];
                Group::new(n * k, &paths).of(sexes[sex])
            };
            let policy = Policy {
                k,
                genotype_tier: if tier == 0 { GenotypeTier::Off } else { GenotypeTier::OnRequest },
                sexchrom: if sexchrom == 0 { SexChromosomes::Drop } else { SexChromosomes::Guarded },
                ..Policy::default()
            };
            Request { policy, genotypes, groups: groups.into_iter().map(group).collect(), variants }
        },
    )
}

/// How often each part of the rules was seen.
#[derive(Debug, Default)]
struct Seen {
    rows: u64,
    tier_g: u64,
    several_alts: u64,
    /// Variants with a number in the last of two families, and of three.
    second: u64,
    third: u64,
    part_of_a_tree: u64,
}

impl Seen {
    fn look(&mut self, rows: &[Row], families: &[Vec<usize>]) {
        let Some((_, tier, cells)) = rows.first() else { return };
        let shown = |strata: &[usize]| strata.iter().any(|&s| cells[s].is_some());
        self.rows += rows.len() as u64;
        self.tier_g += u64::from(*tier == Tier::G);
        self.several_alts += u64::from(rows.len() > 1);
        self.second += u64::from(families.len() == 2 && shown(&families[1]));
        self.third += u64::from(families.len() == 3 && shown(&families[2]));
        self.part_of_a_tree += u64::from(shown(&families[0]) && cells.iter().any(Option::is_none));
    }
}

fn compare(cases: usize, strategy: &impl Strategy<Value = Request>) -> Seen {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut seen = Seen::default();
    for _ in 0..cases {
        let request = strategy.new_tree(&mut runner).unwrap().current();
        let Some(strata) = strata(&request.groups, &request.policy) else { continue };
        let (policy, genotypes_requested) = (request.policy.clone(), request.genotypes);
        let rules = Rules { strata, policy, genotypes_requested };
        let mut suppressor = Suppressor::new(rules.clone());
        for variant in &request.variants {
            let (unit, mut rows) = (request.unit(&rules.strata, variant), Vec::new());
            suppressor.decide(&unit, variant.0, &mut |v, tier, cells| rows.push((v, tier, cells.into_vec())));
            assert_eq!(rows, plain::rows(&rules, &unit, variant.0), "{request:?}");
            let below_root = |f: &Vec<Option<usize>>| f.iter().skip(1).copied().flatten().collect();
            seen.look(&rows, &suppressor.stratum_of.iter().map(below_root).collect::<Vec<_>>());
        }
    }
    println!("{seen:?}");
    seen
}

#[test]
fn the_step_in_use_decides_as_the_plain_one() {
    let seen = compare(4000, &request());
    let Seen { rows, tier_g, several_alts, second, third, part_of_a_tree } = seen;
    let least = [rows, tier_g, several_alts, second, third, part_of_a_tree].into_iter().min();
    assert!(least.is_some_and(|n| n >= 20), "{seen:?}");
}
