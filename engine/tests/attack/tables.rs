//! The adversary of rule (c), for cohorts too large to enumerate person by person.
//!
//! Where everybody is called the print depends on the allele counts of cells alone. So all *allele tables* are enumerated, and
//! each stands for the genotypes that it allows: a alternate alleles in n people are
//!
//! ```text
//! hom-alt  max(0, a − n) ..= ⌊a / 2⌋        (n − hom-alt carry REF)
//! carriers ⌈a / 2⌉ ..= min(a, n)            (n − carriers are hom-ref)
//! het      a mod 2, + 2, … min(a, 2n − a)
//! ```
//! and the same added up over any union of cells. What a print leaves of a count is the union over its tables. Every count needs
//! K values, or all that the size of its set leaves; no allowance is made for small sets.

use std::collections::HashMap;

use crate::attacker::Attack;
use crate::margins::{Margins, Table};
use crate::world::World;

const MEASURES: [&str; 3] = ["hom-alt", "carriers", "het"];

/// What a table of allele counts shows: the family and place of each printed number, and the number.
pub(crate) fn print(world: &World, how: Margins, ac: &[i64]) -> Vec<i64> {
    let (plan, k) = (&world.plan, i64::from(world.request.k));
    let sum = |set| plan.list(set).map(|c| ac[c]).sum::<i64>();
    let root = sum(plan.everybody());
    if root < 2 * k - 1 || 2 * i64::from(plan.size(plan.everybody())) - root < 2 * k {
        return Vec::new();
    }
    let mut shown = vec![root];
    match (Table { plan, k, how, ac }).margins() {
        None => {
            let chain = plan.flat(0).unwrap_or_default();
            let passes = |set| sum(set) > 2 * k - 2 && 2 * i64::from(plan.size(set)) - sum(set) >= 2 * k;
            for i in 0..chain.len() {
                let rest = chain[i + 1..].iter().fold(0, |set, c| set | c);
                if rest != 0 && !(passes(chain[i]) && passes(rest)) {
                    break;
                }
                shown.extend([0, i64::try_from(i).unwrap(), sum(chain[i])]);
            }
        }
        Some(margins) => {
            for margin in margins {
                let chain = plan.flat(margin.family).unwrap_or_default();
                let [family, taken] = [margin.family, margin.taken.len()].map(|n| i64::try_from(n).unwrap());
                // Whether a family was skipped follows from what was printed before it.
                shown.extend([-1, family, taken]);
                shown.extend(margin.taken.iter().flat_map(|&c| [i64::try_from(c).unwrap(), sum(chain[c])]));
            }
        }
    }
    shown
}

/// True when two or more margins are split.
fn is_joint(print: &[i64]) -> bool {
    let mut split = 0;
    let mut rest = print.get(1..).unwrap_or_default();
    while let [-1, _, taken, ..] = rest {
        split += u32::from(*taken > 1);
        rest = &rest[3 + 2 * usize::try_from(*taken).unwrap()..];
    }
    split > 1
}

/// Enumerates every allele table of a world.
pub(crate) fn attack_tables(world: &World, how: Margins) -> Attack {
    let people: Vec<i64> = world.plan.cells.iter().map(|c| i64::from(c.iter().sum::<u32>())).collect();
    let (prints, tables) = sort_by_print(world, how, &people);
    let mut found = Attack { worlds: 1, prints: prints.len() as u64, ..Attack::default() };
    for (print, tables) in prints.iter().zip(&tables) {
        found.data_sets += tables.len() as u64;
        found.joint += u64::from(is_joint(print));
        let mut open = Open::new(world);
        // Far apart, so that a count has all its values soon.
        let step = (1..).map(|i| 7919 * i + 1).find(|s| gcd(*s, tables.len()) == 1).unwrap_or(1);
        for i in 0..tables.len() {
            if open.is_done() {
                break;
            }
            open.see(&unpack(tables[i * step % tables.len()], people.len()));
        }
        for count in open.narrow() {
            let request = &world.request;
            found.violation(|| format!("{count}, print {print:?} of {request:?}"));
        }
    }
    found
}

/// Every table, packed, by its print.
fn sort_by_print(world: &World, how: Margins, people: &[i64]) -> (Vec<Vec<i64>>, Vec<Vec<u64>>) {
    let mut ids: HashMap<Vec<i64>, usize> = HashMap::new();
    let mut by_margins: HashMap<Vec<i64>, usize> = HashMap::new();
    let mut tables: Vec<Vec<u64>> = Vec::new();
    let chains: Vec<Vec<u32>> = (0..world.plan.families.len()).filter_map(|f| world.plan.flat(f)).collect();
    let mut ac = vec![0; people.len()];
    loop {
        let margins = chains.iter().flatten().map(|&set| world.plan.list(set).map(|c| ac[c]).sum()).collect();
        let id = *by_margins.entry(margins).or_insert_with(|| {
            let next = ids.len();
            *ids.entry(print(world, how, &ac)).or_insert(next)
        });
        tables.resize_with(ids.len(), Vec::new);
        tables[id].push(pack(&ac));
        let Some(cell) = (0..ac.len()).find(|&c| ac[c] < 2 * people[c]) else { break };
        ac[cell] += 1;
        ac[..cell].fill(0);
    }
    let mut prints = vec![Vec::new(); ids.len()];
    for (print, id) in ids {
        prints[id] = print;
    }
    (prints, tables)
}

/// Six bits for each cell: at most 31 people in one.
fn pack(ac: &[i64]) -> u64 {
    ac.iter().rev().fold(0, |packed, &a| packed << 6 | u64::try_from(a).unwrap())
}

fn unpack(packed: u64, cells: usize) -> Vec<i64> {
    (0..cells).map(|c| i64::try_from(packed >> (6 * c) & 63).unwrap()).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A genotype count of a set, with the values seen so far, at most K of them.
#[derive(Clone, Copy)]
struct Count {
    set: usize,
    measure: usize,
    values: [i64; 10],
    seen: usize,
}

/// The counts that have not yet shown enough values.
pub(crate) struct Open {
    counts: Vec<Count>,
    people: Vec<i64>,
    /// People of each set.
    sizes: Vec<i64>,
    k: usize,
    sums: Vec<[i64; 6]>,
}

impl Open {
    pub(crate) fn new(world: &World) -> Self {
        let sets = 1usize << world.plan.cells.len();
        let size = |set: usize| i64::from(world.plan.size(u32::try_from(set).unwrap()));
        let count = |i: usize| Count { set: i / 3, measure: i % 3, values: [-1; 10], seen: 0 };
        Self {
            counts: (3..3 * sets).map(count).collect(),
            people: (0..world.plan.cells.len()).map(|c| size(1 << c)).collect(),
            sizes: (0..sets).map(size).collect(),
            k: world.request.k as usize,
            sums: vec![[0; 6]; sets],
        }
    }

    /// True when every count has K values, or as many as there are.
    pub(crate) fn is_done(&self) -> bool {
        self.counts.is_empty()
    }

    /// Takes in one feasible table.
    pub(crate) fn see(&mut self, ac: &[i64]) {
        for set in 1..self.sums.len() {
            let (cell, rest) = (set.trailing_zeros() as usize, set & (set - 1));
            let (a, n) = (ac[cell], self.people[cell]);
            let of = [(a - n).max(0), a / 2, a - a / 2, a.min(n), a % 2, a.min(2 * n - a)];
            for (i, value) in of.into_iter().enumerate() {
                self.sums[set][i] = self.sums[rest][i] + value;
            }
        }
        let (sums, sizes, k) = (&self.sums, &self.sizes, self.k);
        self.counts.retain_mut(|count| {
            let wanted = k.min(usize::try_from(sizes[count.set]).unwrap() + 1);
            let [low, high] = [0, 1].map(|end| sums[count.set][2 * count.measure + end]);
            for value in (low..=high).step_by(if count.measure == 2 { 2 } else { 1 }) {
                if count.seen < wanted && !count.values[..count.seen].contains(&value) {
                    count.values[count.seen] = value;
                    count.seen += 1;
                }
                if count.seen == wanted {
                    return false;
                }
            }
            true
        });
    }

    /// What is left that has a value below K, or such that everybody else has.
    pub(crate) fn narrow(&self) -> impl Iterator<Item = String> {
        let k = i64::try_from(self.k).unwrap();
        self.counts.iter().filter_map(move |c| {
            let (values, people) = (&c.values[..c.seen], self.sizes[c.set]);
            let few = values.iter().any(|&v| v < k || v > people - k);
            few.then(|| format!("{} in {:b}: {values:?} of {people} people", MEASURES[c.measure], c.set))
        })
    }
}
