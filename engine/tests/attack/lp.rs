//! The integer-programming adversary: cohorts of realistic size at K = 10, where nothing can be enumerated.
//!
//! ```text
//! for each set of people tied together by the table: each cell, node, what a node leaves, what two nodes share
//!     for carriers, carriers of REF, each genotype, not called:
//!         K data sets with K values of the count, each of which the product prints the same → safe
//!         else least and greatest value under each way in which a denial can have come about
//!         leak: a value below K (or above |S| − K) is possible, and fewer than K values are
//! ```
//! A span of 2K − 1 or more is taken to hold K values: these counts move in steps of one or two.

use std::collections::BTreeSet;

use crate::draw::{Dice, calls, families, tree};
use crate::part::{Cell, Part};
use crate::plan::{Plan, Set};
use crate::print::{Calls, Product, Table, masked};
use crate::solver::{Answer, Expr, Row};
use crate::system::{Knows, Reader};

const K: u32 = 10;

/// Changes tried before programs are.
const WALK: usize = 1500;

/// What was tried and found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried {
    pub(crate) tables: u64,
    counts: u64,
    /// Counts with K values by data sets in hand.
    witnessed: u64,
    programs: u64,
    /// Data sets printed again, and those of which the table is another one.
    reprinted: u64,
    others: u64,
    unknown: u64,
    pub(crate) leaks: u64,
    pub(crate) first: Option<String>,
}

impl Tried {
    /// The solver gives up after a second, which depends on the machine: hardly ever.
    fn is_decided(&self) -> bool {
        self.unknown * 5_000 <= self.counts
    }

    pub(crate) fn figures(&self) -> String {
        let Tried { tables, counts, witnessed, programs, reprinted, others, unknown, leaks, .. } = self;
        format!(
            "{tables} tables, {counts} counts ({witnessed} with K data sets in hand), {programs} programs, \
             {reprinted} data sets printed again ({others} otherwise), {unknown} undecided, {leaks} leaks"
        )
    }
}

/// One part under attack, with the points found so far.
struct Siege<'a> {
    part: &'a Part,
    points: Vec<Vec<i64>>,
    tried: &'a mut Tried,
}

type Measure = (&'static str, fn(&Cell) -> Expr);

fn called(c: &Cell) -> Expr {
    Expr::constant(c.people).plus(-1, &c.missing)
}

const MEASURES: [Measure; 6] = [
    ("carriers", |c| c.het.clone().plus(1, &c.homalt)),
    ("carriers of REF", |c| called(c).plus(-1, &c.homalt)),
    ("hom-ref", |c| called(c).plus(-1, &c.het).plus(-1, &c.homalt)),
    ("het", |c| c.het.clone()),
    ("hom-alt", |c| c.homalt.clone()),
    ("not called", |c| c.missing.clone()),
];

impl Siege<'_> {
    /// The least value under one way, and the point.
    fn least(&mut self, objective: &Expr, more: &[&Row]) -> Answer {
        self.tried.programs += 1;
        let answer = self.part.program.least(objective, more);
        if let Answer::Least(at) = &answer {
            assert!(self.part.program.rows.iter().all(|row| row.holds(at)));
            self.points.push(at.clone());
        }
        answer
    }

    /// True when a count of a set of people is known too well.
    fn narrow(&mut self, expr: &Expr, people: i64) -> bool {
        let (k, wanted) = (i64::from(K), i64::from(K).min(people + 1));
        let seen: BTreeSet<i64> = self.points.iter().map(|at| expr.value(at)).collect();
        if i64::try_from(seen.len()).unwrap() >= wanted {
            self.tried.witnessed += 1;
            return false;
        }
        let part = self.part;
        let ways: Vec<Vec<&Row>> = match part.alternatives.as_slice() {
            [] => vec![Vec::new()],
            some => some.iter().map(|way| way.iter().collect()).collect(),
        };
        let mut possible: BTreeSet<i64> = BTreeSet::new();
        for way in &ways {
            let ends = [1, -1].map(|sign| self.least(&Expr::default().plus(sign, expr), way));
            let [Answer::Least(low), Answer::Least(high)] = &ends else {
                if ends.iter().any(|e| matches!(e, Answer::Unknown)) {
                    // The ends are too hard: single values may not be.
                    let some = (0..=people.min(4 * k)).collect();
                    self.tried.unknown += u64::from(self.values(expr, &ways, some) < wanted);
                    return false;
                }
                continue;
            };
            let (low, high) = (expr.value(low), expr.value(high));
            if high - low + 1 >= 2 * k - 1 {
                return false;
            }
            possible.extend(low..=high);
        }
        assert!(!possible.is_empty(), "what happened must be possible");
        if !possible.iter().any(|&v| v < k || v > people - k) {
            return false;
        }
        self.values(expr, &ways, possible) < wanted
    }

    /// How many of these values there can be, counted up to K.
    fn values(&mut self, expr: &Expr, ways: &[Vec<&Row>], possible: BTreeSet<i64>) -> i64 {
        // A program that is impossible for its parity alone takes the solver longest: the parity that was seen comes first.
        let odd = self.points.first().map_or(0, |at| expr.value(at) % 2);
        let (first, last): (Vec<i64>, Vec<i64>) = possible.into_iter().partition(|v| v % 2 == odd);
        let mut found = 0;
        for value in first.into_iter().chain(last) {
            let exact = expr.clone().exactly(value);
            let any = self.points.iter().any(|at| expr.value(at) == value)
                || ways.iter().any(|way| {
                    let more: Vec<&Row> = way.iter().copied().chain([&exact]).collect();
                    matches!(self.least(&Expr::default(), &more), Answer::Least(_))
                });
            found += i64::from(any);
            if found >= i64::from(K) {
                break;
            }
        }
        found
    }
}

/// Sets of people inside a part whose counts are looked at: at most `most` of them.
fn targets(plan: &Plan, part: Set, dice: &mut Dice, most: usize) -> Vec<Set> {
    let nodes: Vec<Set> = plan.families.iter().flatten().map(|n| n.cells & part).collect();
    let cells = plan.list(part).map(|c| 1 << c);
    let shared = nodes.iter().flat_map(|a| nodes.iter().map(move |b| a & b));
    let left = nodes.iter().map(|a| part & !a);
    let all: BTreeSet<Set> = cells.chain(shared).chain(left).filter(|s| *s != 0).collect();
    let mut all: Vec<Set> = all.into_iter().collect();
    while all.len() > most {
        let drop = dice.below(u32::try_from(all.len()).unwrap());
        all.swap_remove(drop as usize);
    }
    all
}

/// Wanders among the data sets of which the table is the same, by small changes that keep the allele count of the cohort.
fn walk(
    reader: &Reader<'_>,
    truth: &[Calls],
    again: &mut dyn FnMut(&[Calls]) -> Option<Table>,
    dice: &mut Dice,
) -> Vec<Vec<Calls>> {
    let mut at = truth.to_vec();
    let mut seen = vec![at.clone()];
    // From, to: hom-ref, het, hom-alt, not called; the second change undoes what the first did to the alleles.
    let moves =
        [[1, 0, 0, 1], [2, 1, 0, 1], [2, 1, 1, 2], [2, 0, 0, 2], [1, 0, 1, 2], [0, 3, 3, 0], [0, 3, 0, 0]];
    for _ in 0..WALK {
        let [a, b, c, d] = moves[dice.below(7) as usize];
        let [here, there] = [0, 1].map(|_| dice.below(u32::try_from(at.len()).unwrap()) as usize);
        let many = 1 + dice.below(4);
        let mut next = at.clone();
        let back = dice.below(2) == 0;
        let steps = if back { [(here, b, a), (there, d, c)] } else { [(here, a, b), (there, c, d)] };
        let fits = steps.iter().all(|&(cell, from, to)| {
            let enough = next[cell][from] >= many;
            next[cell][from] -= if enough { many } else { 0 };
            next[cell][to] += if enough { many } else { 0 };
            enough
        });
        if fits && again(&next).as_ref() == Some(reader.table) {
            at = next;
            seen.push(at.clone());
        }
    }
    seen
}

/// Attacks one table; `again` prints a data set of the whole cohort.
fn attack(
    reader: &Reader<'_>,
    truth: &[Calls],
    again: &mut dyn FnMut(&[Calls]) -> Option<Table>,
    dice: &mut Dice,
    tried: &mut Tried,
) {
    tried.tables += 1;
    let same = walk(reader, truth, again, dice);
    for part in reader.parts() {
        let sets = targets(reader.plan, part.cells, dice, 12);
        let points: Vec<Vec<i64>> = same.iter().map(|calls| part.read(K, calls)).collect();
        for at in &points {
            assert!(
                part.allows(at) && part.program.rows.iter().all(|row| row.holds(at)),
                "a program excludes what happens"
            );
        }
        let mut siege = Siege { part: &part, points, tried };
        for (set, (name, of)) in sets.iter().flat_map(|s| MEASURES.iter().map(move |m| (*s, *m))) {
            siege.tried.counts += 1;
            if siege.narrow(&part.sum(set, of), i64::from(reader.plan.size(set))) {
                siege.tried.leaks += 1;
                let text = || format!("{name} in {set:b}: {:?} of {:?}", reader.table, reader.plan.groups);
                siege.tried.first.get_or_insert_with(text);
            }
        }
        let points = siege.points;
        for at in points.into_iter().skip(same.len()) {
            let mut calls = truth.to_vec();
            part.write(&at, &mut calls);
            tried.reprinted += 1;
            tried.others += u64::from(again(&calls).as_ref() != Some(reader.table));
        }
    }
}

/// So many tables of random cohorts of a kind; `naive` tables mask cell by cell.
fn campaign(tables: u64, seed: u64, kind: fn(&mut Dice) -> Vec<shukei::trial::Group>, naive: bool) -> Tried {
    let mut dice = Dice(seed);
    let mut tried = Tried::default();
    while tried.tables < tables {
        let plan = Plan::of(&kind(&mut dice));
        let genotypes = dice.below(3) == 0;
        let Some(mut product) = Product::new(&plan, K, genotypes) else { continue };
        let mut print = |calls: &[Calls]| if naive { masked(&plan, K, calls) } else { product.print(calls) };
        let knows = if naive { Knows::Numbers } else { Knows::Rule { genotypes } };
        for _ in 0..4 {
            let truth = calls(&mut dice, &plan);
            if let Some(table) = print(&truth) {
                let reader = Reader { plan: &plan, k: K, table: &table, knows };
                attack(&reader, &truth, &mut print, &mut dice, &mut tried);
            }
        }
    }
    tried
}

/// Tables of a campaign: some hundreds every day, thousands with `SHUKEI_FULL`.
fn scale(tables: u64) -> u64 {
    if std::env::var_os("SHUKEI_FULL").is_some() { tables * 20 } else { tables }
}

#[test]
fn programs_find_nothing_in_one_family() {
    let tried = campaign(scale(150), 1, tree, false);
    println!("one family: {}", tried.figures());
    assert_eq!((tried.leaks, tried.others), (0, 0), "{:?}", tried.first);
    assert!(tried.is_decided(), "{}", tried.figures());
}

#[test]
fn programs_find_nothing_in_families() {
    let tried = campaign(scale(100), 2, families, false);
    println!("families: {}", tried.figures());
    assert_eq!(tried.leaks, 0, "{:?}", tried.first);
    assert!(tried.is_decided(), "{}", tried.figures());
}

#[test]
fn programs_find_leaks_in_masked_cells() {
    for (name, kind) in [("one family", tree as fn(&mut Dice) -> _), ("families", families)] {
        let tried = campaign(scale(6), 3, kind, true);
        println!("masked, {name}: {}", tried.figures());
        assert!(tried.leaks > 0, "{name}: {}", tried.figures());
    }
}
