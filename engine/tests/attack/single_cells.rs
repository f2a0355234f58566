//! Attacks on what is shown of a few cells: every table of allele counts is tried, everybody called.

use crate::draw::group;
use crate::plan::Plan;
use crate::print::{Calls, Product, Table};
use crate::score::{K, Score, by_print, versus};

/// Every table of alleles of cells of these people.
fn tables(people: &[u32]) -> Vec<Vec<u32>> {
    people.iter().fold(vec![Vec::new()], |all, &n| {
        let longer =
            |t: &Vec<u32>| (0..=2 * n).map(|a| t.iter().copied().chain([a]).collect()).collect::<Vec<_>>();
        all.iter().flat_map(longer).collect()
    })
}

fn sets(cells: usize) -> impl Iterator<Item = Vec<usize>> {
    (1..1 << cells).map(move |set: usize| (0..cells).filter(|c| set >> c & 1 == 1).collect())
}

/// Values of carriers and of homozygotes that a table of alleles leaves, in each union of cells.
fn counts(people: &[u32], table: &[u32]) -> Vec<Vec<u32>> {
    let range = |low: &dyn Fn(u32, u32) -> u32, high: &dyn Fn(u32, u32) -> u32, set: &[usize]| {
        let sum = |of: &dyn Fn(u32, u32) -> u32| set.iter().map(|&c| of(table[c], people[c])).sum::<u32>();
        (sum(low)..=sum(high)).collect::<Vec<u32>>()
    };
    sets(people.len())
        .flat_map(|set| {
            let carriers = range(&|a, _| a.div_ceil(2), &|a, n| a.min(n), &set);
            let homozygotes = range(&|a, n| a.saturating_sub(n), &|a, _| a / 2, &set);
            [carriers, homozygotes]
        })
        .collect()
}

fn tried(people: &[u32], print: impl FnMut(&Vec<u32>) -> Vec<i64>) -> Score {
    let size = |set: Vec<usize>| set.iter().map(|&c| people[c]).sum::<u32>();
    let sizes: Vec<u32> = sets(people.len()).flat_map(|set| [size(set.clone()), size(set)]).collect();
    by_print(tables(people), &sizes, print, |table| counts(people, table))
}

/// Genotypes with these alleles: as many heterozygotes as fit.
fn calls(people: &[u32], table: &[u32]) -> Vec<Calls> {
    let cell = |(&n, &a): (&u32, &u32)| {
        let homalt = a.saturating_sub(n);
        [n - (a - homalt), a - 2 * homalt, homalt, 0]
    };
    people.iter().zip(table).map(cell).collect()
}

fn flat(table: Option<&Table>) -> Vec<i64> {
    let nodes = table.iter().flat_map(|t| t.nodes.iter().flatten());
    nodes.flat_map(|s| s.map_or([-1, -1], |s| [s.ac, s.an])).collect()
}

/// The product for cells that go these ways.
fn product(people: &[u32], ways: &[&[&str]]) -> Product {
    let paths = |way: &&[&str]| way.iter().map(|t| vec![(*t).to_owned()]).collect();
    let groups: Vec<_> = people.iter().zip(ways).map(|(&n, way)| group(n, paths(way))).collect();
    Product::new(&Plan::of(&groups), K, false).unwrap()
}

#[test]
#[expect(clippy::cast_possible_truncation, reason = "a few digits")]
fn digits_of_frequencies() {
    let people = [40, 60];
    let mut two = product(&people, &[&["a"], &["b"]]);
    let mut engine = |t: &Vec<u32>| flat(two.print(&calls(&people, t)).as_ref());
    let rule = tried(&people, &mut engine);
    let digits = |n: u32, d: i32| {
        let af = move |t: &Vec<u32>| (f64::from(t[0]) / f64::from(2 * n) * 10f64.powi(d)).round() as i64;
        tried(&[n], move |t| vec![af(t)])
    };
    let broken: Vec<(String, Score)> = (1..=6)
        .map(|d| (format!("AF to {d} digits of 40 people"), digits(40, d)))
        .chain((3..=6).map(|d| (format!("AF to {d} digits of 1,000 people"), digits(1000, d))))
        .collect();
    let broken: Vec<(&str, Score)> = broken.iter().map(|(name, s)| (name.as_str(), *s)).collect();
    versus("AF digits", rule, &broken);
    let ratio = |t: &Vec<u32>| {
        let [a, b, c, d] = [t[0], 80 - t[0], t[1], 120 - t[1]].map(|n| f64::from(n) + 0.5);
        vec![i64::from(t[0] + t[1]), (a * d / (b * c) * 100.0).round() as i64]
    };
    versus("OR inversion", rule, &[("OR to 2 digits with the AC of all", tried(&people, ratio))]);
}

/// Women in Kanto, women in Okinawa, men in Kanto: cells stand in the order of their names.
#[test]
fn margins_decided_apart() {
    let people = [10, 20, 60];
    let mut both = product(&people, &[&["f", "kanto"], &["f", "okinawa"], &["m", "kanto"]]);
    let rule = tried(&people, |t| flat(both.print(&calls(&people, t)).as_ref()));
    let mut sex = product(&people, &[&["f"], &["f"], &["m"]]);
    let mut region = product(&people, &[&["kanto"], &["okinawa"], &["kanto"]]);
    // The plan of one family puts its cells together.
    let mut margins = |t: &Vec<u32>| {
        let c = calls(&people, t);
        let sum = |a: usize, b: usize| [0, 1, 2, 3].map(|i| c[a][i] + c[b][i]);
        let first = sex.print(&[sum(0, 1), c[2]]);
        let second = region.print(&[sum(0, 2), c[1]]);
        (first, second)
    };
    let complete = |t: &Table| t.nodes[0].iter().all(Option::is_some);
    let alone = tried(&people, |t| {
        let (first, second) = margins(t);
        [flat(first.as_ref()), flat(second.as_ref())].concat()
    });
    let withheld = tried(&people, |t| {
        let (first, second) = margins(t);
        let second = second.filter(|_| first.as_ref().is_some_and(|f| !complete(f)));
        [flat(first.as_ref()), flat(second.as_ref())].concat()
    });
    versus("second margin printed alone", rule, &[("rules (a) and (c) off", alone)]);
    versus("first margin withheld", rule, &[("the second tried after a denial", withheld)]);
}
