//! Attacks by adding and subtracting what random tables show.

use shukei::region::Zone;
use shukei::trial::{Group, GroupCounts, Trial};

use crate::draw::{Dice, calls, families, group, tree};
use crate::plan::{Plan, Set};
use crate::print::{Calls, Product, Shown, Table, masked, numbers, passes};
use crate::score::{K, Score, narrow_alleles, versus};

/// What is left of every printed set without printed sets inside it that do not overlap.
fn differences(plan: &Plan, table: &Table) -> Vec<(Set, Shown)> {
    let printed: Vec<(Set, Shown)> = table.sets(plan);
    let mut left = Vec::new();
    for &(whole, shown) in &printed {
        let inside: Vec<&(Set, Shown)> =
            printed.iter().filter(|p| p.0 & !whole == 0 && p.0 != whole).collect();
        for first in 0..inside.len() {
            let (mut set, mut rest) = (whole, shown);
            for &&(part, less) in inside[first..].iter().chain(&inside[..first]) {
                if part & !set == 0 {
                    set &= !part;
                    rest = rest.minus(&less);
                    left.push((set, rest));
                }
            }
        }
    }
    left.retain(|d| d.0 != 0);
    left
}

fn subtraction(plan: &Plan, table: &Table) -> bool {
    differences(plan, table).iter().any(|(_, rest)| narrow_alleles(rest.ac, rest.an))
}

/// A class of people of one genotype that is too small, or what is left of a set.
fn classes(plan: &Plan, table: &Table) -> bool {
    let few = |s: &Shown| s.classes.is_some_and(|c| c.iter().any(|&n| n < i64::from(K)));
    differences(plan, table).iter().map(|d| &d.1).chain(table.nodes.iter().flatten().flatten()).any(few)
}

type Attack = fn(&Plan, &Table) -> bool;
/// A table by another rule.
type Other = fn(&Plan, &[Calls]) -> Option<Table>;

/// The product and other rules on the same random variants.
fn tried(
    kind: impl Fn(&mut Dice) -> Vec<Group>,
    genotypes: bool,
    attack: Attack,
    others: &[Other],
) -> (Score, Vec<Score>) {
    let mut dice = Dice(11);
    let (mut rule, mut broken) = (Score::default(), vec![Score::default(); others.len()]);
    let tables = if std::env::var_os("SHUKEI_FULL").is_some() { 20_000 } else { 2_000 };
    while rule.tables < tables {
        let plan = Plan::of(&kind(&mut dice));
        let Some(mut product) = Product::new(&plan, K, genotypes) else { continue };
        for _ in 0..10 {
            let calls = calls(&mut dice, &plan);
            if let Some(table) = product.print(&calls) {
                rule.add(attack(&plan, &table));
            }
            for (other, score) in others.iter().zip(&mut broken) {
                if let Some(table) = other(&plan, &calls) {
                    score.add(attack(&plan, &table));
                }
            }
        }
    }
    (rule, broken)
}

fn mask(plan: &Plan, calls: &[Calls]) -> Option<Table> {
    masked(plan, K, calls)
}

/// A chain in which a step tests the child and not the rest.
fn one_part(plan: &Plan, calls: &[Calls]) -> Option<Table> {
    let show =
        |set: Set| Some(Shown { classes: None, ..numbers(plan, K, calls, set) }).filter(|s| passes(K, s));
    let tree = |nodes: &Vec<crate::plan::Node>| {
        let mut shown: Vec<Option<Shown>> = vec![None; nodes.len()];
        shown[0] = show(nodes[0].cells);
        for node in 0..nodes.len() {
            if shown[node].is_some() {
                for &child in &nodes[node].children {
                    shown[child] = show(nodes[child].cells);
                    if shown[child].is_none() {
                        break;
                    }
                }
            }
        }
        shown
    };
    let nodes: Vec<Vec<Option<Shown>>> = plan.families.iter().map(tree).collect();
    nodes[0][0].is_some().then_some(Table { nodes })
}

/// Genotypes wherever a node's classes pass, alleles elsewhere.
fn mixed(plan: &Plan, calls: &[Calls]) -> Option<Table> {
    let mut table = Product::new(plan, K, false)?.print(calls)?;
    for (nodes, shown) in plan.families.iter().zip(&mut table.nodes) {
        for (node, shown) in nodes.iter().zip(shown.iter_mut()) {
            let classes = numbers(plan, K, calls, node.cells).classes;
            let classes = classes.filter(|c| c.iter().all(|&n| n >= i64::from(K)));
            *shown = shown.map(|s| Shown { classes, ..s });
        }
    }
    Some(table)
}

/// A region, and the same regions by sex.
fn region_and_sex(dice: &mut Dice) -> Vec<Group> {
    let mut all = Vec::new();
    for (region, sex) in (0..3).flat_map(|r| ["f", "m"].map(|s| (r, s))) {
        let name = format!("r{region}");
        let people = 10 + dice.below(150);
        all.push(group(people, vec![vec![name.clone()], vec![sex.to_owned(), name]]));
    }
    all
}

/// A region, and a biobank all of whose people but a few live in it.
fn biobank(dice: &mut Dice) -> Vec<Group> {
    let path = |region: &str, bank: &str| vec![vec![region.to_owned()], vec![bank.to_owned()]];
    let mut people = |low: u32| low + dice.below(200);
    vec![
        group(people(40), path("in", "bank")),
        group(people(10), path("in", "not")),
        group(people(40), path("out", "not")),
    ]
}

#[test]
fn subtracting() {
    let flat = |dice: &mut Dice| {
        let groups = tree(dice);
        groups.into_iter().map(|g| Group { paths: vec![vec![g.paths[0].join("-")]], ..g }).collect()
    };
    let (rule, broken) = tried(flat, false, subtraction, &[mask, one_part]);
    versus(
        "complement",
        rule,
        &[("cells masked one by one", broken[0]), ("one part of a step tested", broken[1])],
    );
    let (rule, broken) = tried(tree, false, subtraction, &[mask, one_part]);
    let named = [("cells masked one by one", broken[0]), ("one part of a step tested", broken[1])];
    versus("hierarchy regrouping", rule, &named);
    let (rule, broken) = tried(region_and_sex, false, subtraction, &[mask]);
    versus("margin subtraction", rule, &[("cells masked one by one", broken[0])]);
    let (rule, broken) = tried(biobank, false, subtraction, &[mask]);
    versus("biobank in a region", rule, &[("each decided alone", broken[0])]);
    let (rule, broken) = tried(families, false, subtraction, &[mask]);
    versus("several families", rule, &[("cells masked one by one", broken[0])]);
}

/// A biobank with three people outside its region is refused before anything is counted.
#[test]
fn a_few_outside() {
    let mut score = Score::default();
    for few in 1..K {
        let groups = biobank(&mut Dice(3));
        let path = vec![vec!["out".to_owned()], vec!["bank".to_owned()]];
        let plan = Plan::of(&groups.into_iter().chain([group(few, path)]).collect::<Vec<_>>());
        score.add(Product::new(&plan, K, false).is_some());
    }
    let leak = Score { tables: 9, leaks: 9 };
    versus(
        "biobank with 1 to 9 people outside",
        score,
        &[("no plan-time rule: a difference of so many", leak)],
    );
}

#[test]
fn mixing_tiers() {
    let (rule, broken) = tried(tree, true, classes, &[mixed]);
    versus("tier mixing in a release", rule, &[("a tier for each node", broken[0])]);
}

/// Two ALTs in two groups.
fn two_alts(dice: &mut Dice, most: u32) -> [GroupCounts; 2] {
    [0, 1].map(|_| GroupCounts { not_called: 0, alts: [0, 1].map(|_| [dice.below(most), 0, 0]).into() })
}

#[test]
fn several_alts_at_one_position() {
    let leaf = |name: &str| group(60, vec![vec![name.to_owned()]]);
    let groups = [leaf("a"), leaf("b")];
    let mut trial = Trial::new(&groups, K, false).unwrap();
    let (mut rule, mut apart, mut reference, mut pooled) = Default::default();
    let mut dice = Dice(5);
    for _ in 0..4_000 {
        // No more than 60 carriers in a group.
        let counts = two_alts(&mut dice, 31);
        let of = |g: usize, alt: usize| i64::from(counts[g].alts[alt][0]);
        let sum = |alt: usize| of(0, alt) + of(1, alt);
        let rows = trial.print(Zone::Diploid, &counts);
        let shown = |column: usize| {
            rows.iter().filter_map(|r| r.cells[column].map(|c| i64::from(c.ac))).collect::<Vec<_>>()
        };
        let residue =
            |acs: &[i64], an: i64| acs.len() == 2 && narrow_alleles(an - acs.iter().sum::<i64>(), an);
        let whole = shown(0);
        Score::add(&mut rule, residue(&whole, 240) || (1..3).any(|c| residue(&shown(c), 120)));
        // A column of REF beside the ALTs that pass.
        let hidden =
            [0, 1].iter().any(|&alt| sum(alt) < 19 && sum(1 - alt) >= 19 && narrow_alleles(sum(alt), 240));
        Score::add(&mut reference, hidden);
        // In a group: ALTs that pass are printed, the others as OTHER; the rest of the cohort's is subtracted.
        let passes = |g: usize, alt: usize| of(g, alt) >= 19;
        let gone = |alt: usize| sum(alt) >= 19 && passes(0, alt) != passes(1, alt);
        let small = |alt: usize| (0..2).any(|g| !passes(g, alt) && narrow_alleles(of(g, alt), 120));
        let other = |g: usize| (0..2).filter(|&alt| !passes(g, alt)).map(|alt| of(g, alt)).sum::<i64>() >= 19;
        Score::add(&mut pooled, (0..2).any(|alt| gone(alt) && small(alt)) && (other(0) || other(1)));
    }
    // Each ALT alone: the other is part of its rest. Many alleles, few REF.
    for (first, second) in (0..=240i64).flat_map(|a| (0..=240 - a).map(move |b| (a, b))) {
        let alone = |ac: i64| ac >= 19 && 240 - ac >= 20;
        Score::add(&mut apart, alone(first) && alone(second) && narrow_alleles(240 - first - second, 240));
    }
    let broken = [("T4 off: each ALT decided alone", apart), ("a column of REF", reference)];
    versus("multi-allelic residue", rule, &broken);
    versus("allele pooling", rule, &[("OTHER for the ALTs that fail in a group", pooled)]);
}

/// The cohort has few homozygotes and fails by genotype; its groups by allele count say at least how many there are.
#[test]
fn groups_after_genotypes_failed() {
    let groups =
        ["a", "b"].map(|name| group(if name == "a" { 30 } else { 170 }, vec![vec![name.to_owned()]]));
    let plan = Plan::of(&groups);
    let mut product = Product::new(&plan, K, true).unwrap();
    let table = product.print(&[[0, 24, 6, 0], [76, 94, 0, 0]]).unwrap();
    let shown = table.nodes[0].iter().flatten().count();
    assert!(shown == 1 && !table.tier_g(), "the whole cohort only, by alleles");
    // The same numbers with the groups: 36 of 60 alleles, 94 of 340, and that a class of the cohort is below K.
    let homozygotes = |low: i64, high: i64| -> std::collections::BTreeSet<u32> {
        let fails = |&h: &i64| [h, 130 - 2 * h, 70 + h].iter().any(|&n| n < i64::from(K));
        (low..=high).filter(fails).map(|h| u32::try_from(h).unwrap()).collect()
    };
    let [rule, off] = [homozygotes(0, 65), homozygotes(6, 18 + 47)].map(|values| {
        let mut score = Score::default();
        score.add(crate::score::narrow(&values, 200));
        score
    });
    versus("groups after genotypes failed", rule, &[("T3 off", off)]);
}
