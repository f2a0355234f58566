//! What the rules cost: numbers shown, beside what the best possible rule could show.

use shukei::trial::Group;

use crate::best::Best;
use crate::draw::{Dice, group};
use crate::plan::Plan;
use crate::print::{Calls, Product, numbers, passes};
use crate::real;
use crate::score::K;

/// Shares of Japan's regions, as in the demo.
const REGIONS: [(&str, f64); 9] = [
    ("hokkaido", 0.041),
    ("tohoku", 0.068),
    ("kanto", 0.345),
    ("chubu", 0.168),
    ("kinki", 0.177),
    ("chugoku", 0.057),
    ("shikoku", 0.029),
    ("kyushu", 0.100),
    ("okinawa", 0.015),
];

/// Least allele count of the rarer allele in a bin.
const BINS: [(i64, &str); 5] =
    [(19, "19-29"), (30, "30-59"), (60, "60-299"), (300, "300-999"), (1000, "1000-")];

/// Numbers asked for, shown, and possible at best, by bin.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    variants: u32,
    asked: u32,
    shown: u32,
    /// What sets that pass could show, chosen anew for each variant.
    passing: u32,
    best: u32,
}

fn share(part: u32, of: u32) -> f64 {
    100.0 * f64::from(part) / f64::from(of.max(1))
}

/// One line for each bin; all bins together come back.
fn report(what: &str, bins: &[Bin; 5]) -> Bin {
    let mut all = Bin::default();
    for (bin, (_, name)) in bins.iter().zip(BINS).filter(|(b, _)| b.variants > 0) {
        let [shares, passing, best] = [bin.shown, bin.passing, bin.best].map(|n| share(n, bin.asked));
        let (variants, of) = (bin.variants, share(bin.shown, bin.best));
        println!(
            "{what}, AC {name}: {variants} variants, shown {shares:.1} %, by sets that pass {passing:.1} %, \
             best {best:.1} %: {of:.1} % of it"
        );
        all.variants += variants;
        all.asked += bin.asked;
        all.shown += bin.shown;
        all.passing += bin.passing;
        all.best += bin.best;
    }
    let [shown, passing] = [all.shown, all.passing].map(|n| share(n, all.best));
    println!(
        "{what}, all {} variants: {shown:.1} % of the best, {passing:.1} % by sets that pass",
        all.variants
    );
    all
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "people of a cohort")]
fn part(cohort: u32, share: f64) -> u32 {
    (f64::from(cohort) * share).round() as u32
}

fn path(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|s| (*s).to_owned()).collect()
}

/// The demo's people: `cells` says the paths of a person of a sex and region.
fn demo(cohort: u32, cells: impl Fn(&str, &str) -> Vec<Vec<String>>) -> Vec<Group> {
    let sexes = [("F", 0.52), ("M", 0.48)];
    let both = REGIONS.iter().flat_map(|region| sexes.iter().map(move |sex| (region, sex)));
    both.map(|(r, s)| group(part(cohort, r.1 * s.1), cells(s.0, r.0))).collect()
}

/// East, middle and west.
fn third(region: &str) -> &str {
    match region {
        "hokkaido" | "tohoku" | "kanto" => "east",
        "chubu" | "kinki" => "middle",
        _ => "west",
    }
}

/// Six regions, the small ones together.
fn sixth(region: &str) -> &str {
    match region {
        "kanto" | "kinki" | "chubu" | "kyushu" | "tohoku" => region,
        _ => "others",
    }
}

/// Genotypes of a variant: as many rare ones as there are in people, regions that differ by up to a half.
fn variant(dice: &mut Dice, plan: &Plan) -> Vec<Calls> {
    let people = plan.size(plan.everybody());
    let frequency = dice.scale(19.0 / (2.0 * f64::from(people)), 0.5);
    let cell = |sexes: &[u32; 3]| {
        let p = (frequency * (0.5 + dice.unit())).min(0.6);
        let mut calls = [0; 4];
        for _ in 0..sexes.iter().sum() {
            calls[usize::from(dice.unit() < p) + usize::from(dice.unit() < p)] += 1;
        }
        calls
    };
    plan.cells.iter().map(cell).collect()
}

/// One family: the product's tables of these variants beside the best.
fn one_family(what: &str, plan: &Plan, variants: impl Iterator<Item = Vec<Calls>>) -> Bin {
    let mut product = Product::new(plan, K, false).unwrap();
    let mut bins = [Bin::default(); 5];
    for calls in variants {
        let Some(table) = product.print(&calls) else { continue };
        let root = table.root();
        let minor = root.ac.min(root.an - root.ac);
        let bin = &mut bins[BINS.iter().rposition(|b| minor >= b.0).unwrap_or(0)];
        let count = |n: usize| u32::try_from(n).unwrap();
        let shown = count(table.nodes[0].iter().flatten().count()) - 1;
        let bound = Best::new(plan, 0, &calls);
        let (best, passing) = (bound.most().unwrap(), bound.most_of_passing().unwrap_or_default());
        assert!(best >= shown, "the bound is none: {calls:?}");
        bin.variants += 1;
        bin.asked += count(table.nodes[0].len()) - 1;
        bin.shown += shown;
        bin.passing += passing;
        bin.best += best;
    }
    report(what, &bins)
}

fn scale(variants: usize) -> usize {
    if std::env::var_os("SHUKEI_FULL").is_some() { 10 * variants } else { variants }
}

/// The claim: nearly all that any rule could show.
#[test]
fn one_family_of_the_demo() {
    type Cells = fn(&str, &str) -> Vec<Vec<String>>;
    let designs: [(&str, Cells, f64); 3] = [
        ("six regions", |_, r| vec![path(&[sixth(r)])], 94.0),
        ("sex and three regions", |s, r| vec![path(&[s, third(r)])], 95.0),
        ("nine regions", |_, r| vec![path(&[r])], 95.0),
    ];
    for cohort in [2_000, 3_000, 23_211] {
        for (what, cells, claim) in designs {
            let plan = Plan::of(&demo(cohort, cells));
            let mut dice = Dice(17);
            let variants =
                (0..scale(if cohort > 3_000 { 200 } else { 3_000 })).map(|_| variant(&mut dice, &plan));
            let all = one_family(&format!("{cohort} people by {what}"), &plan, variants);
            assert!(share(all.shown, all.best) > claim, "{what}: {all:?}");
        }
    }
}

/// Numbers that rule (a) would show: a family beside complete ones where every atom passes.
fn by_atoms(plan: &Plan, calls: &[Calls]) -> Option<u32> {
    let mut shown = 0;
    for family in 0..plan.families.len() {
        let only = |depth: std::ops::RangeInclusive<usize>| {
            let paths = |g: &Group| g.paths[depth.clone()].to_vec();
            plan.groups.iter().map(paths).collect::<Vec<_>>()
        };
        let [own, atoms] = [only(family..=family), only(0..=family)];
        let sum = |ways: &[Vec<Vec<String>>], way: &Vec<Vec<String>>| {
            ways.iter()
                .zip(calls)
                .filter(|(w, _)| *w == way)
                .fold([0; 4], |sum, (_, c)| [0, 1, 2, 3].map(|i| sum[i] + c[i]))
        };
        let passing = |way: &Vec<Vec<String>>| {
            let calls = sum(&atoms, way);
            let plan = Plan::of(&[group(calls.iter().sum(), Vec::new())]);
            passes(K, &numbers(&plan, K, &[calls], 1))
        };
        if family > 0 && !atoms.iter().all(passing) {
            break;
        }
        let groups: Vec<Group> =
            own.iter().zip(calls).map(|(way, c)| group(c.iter().sum(), way.clone())).collect();
        let alone = Plan::of(&groups);
        let calls: Vec<Calls> = alone.groups.iter().map(|g| sum(&own, &g.paths)).collect();
        let table = Product::new(&alone, K, false)?.print(&calls)?;
        shown += u32::try_from(table.nodes[0].iter().flatten().count()).unwrap() - 1;
        if table.nodes[0].iter().any(Option::is_none) {
            break;
        }
    }
    Some(shown)
}

/// What several families cost, by frequency: the product, and rule (a) alone.
#[test]
fn several_families_of_the_demo() {
    let two = |s: &str, r: &str| vec![path(&[s]), path(&[r])];
    let three = |dice: &mut Dice| {
        let cells = ["F", "M"].iter().flat_map(|s| ["east", "middle", "west"].iter().map(move |r| (s, r)));
        let cells = cells
            .flat_map(|(s, r)| (0..4).map(move |a| vec![path(&[s]), path(&[r]), vec![format!("age{a}")]]));
        cells.map(|paths| group(60 + dice.below(130), paths)).collect::<Vec<_>>()
    };
    let mut dice = Dice(23);
    for (what, groups) in [
        ("3,000 people by sex | region", demo(3_000, two)),
        ("23,211 people by sex | region", demo(23_211, two)),
        ("3,000 people by sex | third | age", three(&mut dice)),
    ] {
        let plan = Plan::of(&groups);
        let mut product = Product::new(&plan, K, false).unwrap();
        for (name, low, high) in
            [("0.1-0.5", 0.001, 0.005), ("0.5-1", 0.005, 0.01), ("1-5", 0.01, 0.05), ("5-50", 0.05, 0.5)]
        {
            let (mut rows, mut asked, mut ours, mut atoms, mut first) = (0, 0, 0, 0, 0);
            for _ in 0..scale(60) {
                let p = dice.scale(low, high);
                let calls = at_frequency(&mut dice, &plan, p);
                let Some(table) = product.print(&calls) else { continue };
                let count = |nodes: &[Option<crate::print::Shown>]| {
                    u32::try_from(nodes.iter().skip(1).flatten().count()).unwrap()
                };
                rows += 1;
                asked += table.nodes.iter().map(|n| u32::try_from(n.len()).unwrap() - 1).sum::<u32>();
                ours += table.nodes.iter().map(|n| count(n)).sum::<u32>();
                first += count(&table.nodes[0]);
                atoms += by_atoms(&plan, &calls).unwrap();
            }
            let [ours_share, atoms_share, first_share] = [ours, atoms, first].map(|n| share(n, asked));
            println!(
                "{what}, AF {name} %: {rows} variants, shown {ours_share:.1} % (first family {first_share:.1} %), rule (a) instead {atoms_share:.1} %"
            );
            assert!(rows == 0 || asked > 0);
        }
    }
}

fn at_frequency(dice: &mut Dice, plan: &Plan, frequency: f64) -> Vec<Calls> {
    let cell = |sexes: &[u32; 3]| {
        let p = frequency * (0.8 + 0.4 * dice.unit());
        let mut calls = [0; 4];
        for _ in 0..sexes.iter().sum() {
            calls[usize::from(dice.unit() < p) + usize::from(dice.unit() < p)] += 1;
        }
        calls
    };
    plan.cells.iter().map(cell).collect()
}

/// 3,202 people of the 1000 Genomes Project, where the file is there.
#[test]
fn one_family_of_real_people() {
    let Some(cohort) = real::read() else { return };
    for (what, by) in [("superpopulation", 1..2), ("sex,superpopulation", 0..2)] {
        let paths: Vec<Vec<String>> = cohort.people.iter().map(|p| p[by.clone()].to_vec()).collect();
        let groups: Vec<Group> = paths.iter().map(|p| group(1, vec![p.clone()])).collect();
        let plan = Plan::of(&groups);
        let cell: Vec<usize> =
            paths.iter().map(|p| plan.groups.iter().position(|g| g.paths[0] == *p).unwrap()).collect();
        let variants = cohort.variants.iter().map(|genotypes| {
            let mut calls = vec![[0; 4]; plan.groups.len()];
            genotypes.iter().zip(&cell).for_each(|(&g, &c)| calls[c][usize::from(g)] += 1);
            calls
        });
        let all = one_family(&format!("{} real people by {what}", cohort.people.len()), &plan, variants);
        assert!(all.variants > 100 && share(all.shown, all.best) > 95.0);
    }
}
