//! Populations of a few classes of people, and tables of them.

use std::collections::BTreeMap;

use shukei::region::Zone;
use shukei::subject::Sex;
use shukei::trial::{Class, GroupCounts, Series, TableSpec};

use crate::random::Random;

/// What can differ between the people of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// Allele counts, everybody called; what is sensitive is still people.
    Alleles,
    /// Genotypes, everybody called.
    Genotypes,
    /// Genotypes and people not called.
    Missing,
    /// The same people in a second callset, in which some of the calls are gone.
    Filtered,
}

/// A population and the tables of it.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) k: u32,
    pub(crate) zone: Zone,
    pub(crate) strict: bool,
    pub(crate) calls: Calls,
    pub(crate) classes: Vec<Class>,
    pub(crate) tables: Vec<TableSpec>,
    /// The one count that is looked at; all, where none is named.
    pub(crate) only: Option<Measure>,
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Scene { k, zone, strict, calls, classes, tables, .. } = self;
        write!(f, "K = {k} {zone:?} {calls:?} strict {strict}:")?;
        for class in classes {
            let sex = if class.sex == Some(Sex::Male) { "m" } else { "" };
            write!(f, " {}{sex}", class.people)?;
        }
        for table in tables {
            let path = |p: &Vec<Vec<String>>| p.iter().map(|w| w.join("/")).collect::<Vec<_>>().join(" ");
            let paths = table.paths.iter().map(|p| p.as_ref().map_or("-".into(), path));
            let (genotypes, callset) = (table.genotypes, table.callset);
            write!(f, "\n    {:?} genotypes {genotypes} callset {callset}", paths.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// One way in which a class can be: its counts in every callset, and per measure the values that it may have.
pub(crate) struct State {
    pub(crate) counts: Vec<GroupCounts>,
    pub(crate) values: Vec<u64>,
}

impl Scene {
    /// XX people, one variant on an autosome.
    pub(crate) fn new(k: u32, calls: Calls, people: &[u32]) -> Self {
        let class = |&people: &u32| Class { sex: Some(Sex::Female), people };
        let classes = people.iter().map(class).collect();
        Self { k, zone: Zone::Diploid, strict: false, calls, classes, tables: Vec::new(), only: None }
    }

    /// One more table: per class `-` (not in it), or the ways down its families, `p0 q1/r0`; `.` without families.
    pub(crate) fn table(mut self, paths: &[&str]) -> Self {
        self.tables.push(table(paths));
        self
    }

    /// The product's series; nothing where it refuses a table.
    pub(crate) fn series(&self) -> Option<Series> {
        let mut series = Series::new(&self.classes, self.k, self.strict);
        self.tables.iter().all(|table| series.release(table).is_ok()).then_some(series)
    }

    /// Copies that each class has.
    pub(crate) fn copies(&self, class: usize) -> u32 {
        match (self.zone, self.classes[class].sex) {
            (Zone::Diploid, _) | (Zone::X, Some(Sex::Female)) => 2,
            (Zone::Mt, _) | (Zone::X | Zone::Y, Some(Sex::Male)) => 1,
            _ => 0,
        }
    }

    /// Every way in which a class can be.
    pub(crate) fn states(&self, class: usize) -> Vec<State> {
        let (n, copies) = (self.classes[class].people, self.copies(class));
        if copies == 0 {
            let counts = vec![GroupCounts { not_called: 0, alts: vec![[0; 3]] }; 2];
            return vec![State { counts, values: vec![1; self.measures().len()] }];
        }
        if self.calls == Calls::Alleles {
            return (0..=copies * n).map(|a| alleles(n, copies, a)).collect();
        }
        let called = copies + 1;
        let kinds = match self.calls {
            Calls::Filtered => 2 * called,
            Calls::Missing => called + 1,
            _ => called,
        };
        let mut all = Vec::new();
        compositions(n, kinds as usize, &mut Vec::new(), &mut all);
        all.iter().map(|micro| self.state(copies, micro)).collect()
    }

    fn state(&self, copies: u32, micro: &[u32]) -> State {
        let called = copies as usize + 1;
        let (first, gone) = micro.split_at(called);
        let filtered = self.calls == Calls::Filtered;
        let raw: Vec<u32> = (0..called).map(|c| first[c] + if filtered { gone[c] } else { 0 }).collect();
        let lost: u32 = gone.iter().sum();
        let alt = |of: &[u32]| if copies == 2 { [of[1], of[2], 0] } else { [0, 0, of[1]] };
        let counts = |not_called: u32, of: &[u32]| GroupCounts { not_called, alts: vec![alt(of)] };
        let counts = vec![counts(if filtered { 0 } else { lost }, &raw), counts(lost, first)];
        let values = self.measures().iter().map(|m| 1 << m.of(&raw, first, lost)).collect();
        State { counts, values }
    }

    /// What is sensitive.
    pub(crate) fn measures(&self) -> Vec<Measure> {
        use Measure::{Adj, AdjCarriers, AdjReference, Carriers, Lost, Raw, Reference};
        match self.calls {
            Calls::Alleles | Calls::Genotypes => vec![Raw(0), Raw(1), Raw(2), Carriers, Reference],
            Calls::Missing => vec![Raw(0), Raw(1), Raw(2), Carriers, Reference, Lost],
            // How many calls differ is not here: `docs/disclosure.md`, "Releases together".
            Calls::Filtered => {
                vec![
                    Raw(0),
                    Raw(1),
                    Raw(2),
                    Carriers,
                    Reference,
                    Adj(0),
                    Adj(1),
                    Adj(2),
                    AdjCarriers,
                    AdjReference,
                ]
            }
        }
    }
}

/// A count of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// With so many copies of ALT; and in the other callset.
    Raw(usize),
    Adj(usize),
    /// With ALT; with REF.
    Carriers,
    Reference,
    AdjCarriers,
    AdjReference,
    /// Not called.
    Lost,
}

impl Measure {
    fn of(self, raw: &[u32], adj: &[u32], lost: u32) -> u32 {
        let one = |of: &[u32], c: usize| of.get(c).copied().unwrap_or_default();
        let carriers = |of: &[u32]| of[1..].iter().sum::<u32>();
        let reference = |of: &[u32]| of[..of.len() - 1].iter().sum::<u32>();
        match self {
            Measure::Raw(c) => one(raw, c),
            Measure::Adj(c) => one(adj, c),
            Measure::Carriers => carriers(raw),
            Measure::Reference => reference(raw),
            Measure::AdjCarriers => carriers(adj),
            Measure::AdjReference => reference(adj),
            Measure::Lost => lost,
        }
    }
}

/// So many ALT alleles in n people, with the genotypes that these allow.
fn alleles(n: u32, copies: u32, a: u32) -> State {
    let mut values = vec![0u64; 5];
    let ways = if copies == 2 { a.saturating_sub(n)..=a / 2 } else { 0..=0 };
    for homalt in ways {
        let one = a - 2 * homalt;
        let hemi = if copies == 1 { a } else { 0 };
        let carriers = if copies == 1 { hemi } else { one + homalt };
        let list = [n - carriers, one, homalt, carriers, if copies == 1 { n - a } else { n - homalt }];
        values.iter_mut().zip(list).for_each(|(bits, value)| *bits |= 1 << value);
    }
    let alt = if copies == 1 { [0, 0, a] } else { [a % 2, a / 2, 0] };
    State { counts: vec![GroupCounts { not_called: 0, alts: vec![alt] }; 2], values }
}

fn compositions(n: u32, parts: usize, head: &mut Vec<u32>, all: &mut Vec<Vec<u32>>) {
    if parts == 1 {
        all.push(head.iter().copied().chain([n]).collect());
        return;
    }
    for first in 0..=n {
        head.push(first);
        compositions(n - first, parts - 1, head, all);
        head.pop();
    }
}

fn table(paths: &[&str]) -> TableSpec {
    let way = |family: &str| family.split('/').map(str::to_owned).collect();
    let path = |text: &&str| match *text {
        "-" => None,
        "." => Some(Vec::new()),
        text => Some(text.split(' ').map(way).collect()),
    };
    TableSpec { paths: paths.iter().map(path).collect(), ..TableSpec::default() }
}

/// A population with two to four tables that the product admits, or nothing.
pub(crate) fn random_scene(random: &mut Random, tables: usize, budget: u64, strict: bool) -> Option<Scene> {
    let k = 2 + u32::try_from(random.below(2)).unwrap();
    let calls = match random.below(10) {
        0..=4 => Calls::Alleles,
        5 | 6 => Calls::Genotypes,
        7 | 8 => Calls::Missing,
        _ => Calls::Filtered,
    };
    let sexes = random.below(6) == 0;
    let count = 2 + random.below(4);
    let mut scene = Scene::new(k, calls, &[]);
    scene.strict = strict;
    scene.zone = if sexes { [Zone::X, Zone::X, Zone::Mt, Zone::Y][random.below(4)] } else { Zone::Diploid };
    for _ in 0..count {
        let people = match random.below(6) {
            0 => 1 + random.below(k as usize),
            1 => k as usize,
            _ => k as usize + random.below(3 * k as usize),
        };
        let sex = if sexes && random.below(2) == 0 { Sex::Male } else { Sex::Female };
        scene.classes.push(Class { sex: Some(sex), people: u32::try_from(people).unwrap() });
    }
    while scene.data_sets() > budget {
        scene.shrink()?;
    }
    for _ in 0..40 {
        let mut spec = random_table(random, scene.classes.len());
        if calls == Calls::Filtered {
            spec.callset = random.below(2);
        }
        if calls == Calls::Alleles {
            spec.genotypes = false;
        }
        let Some(series) = series_of(&scene, &spec) else { continue };
        // Where genotypes are considered, allele counts do not stand for them.
        if calls == Calls::Alleles && series.names(scene.tables.len()).len() == 1 {
            continue;
        }
        scene.tables.push(spec);
        if scene.tables.len() == tables {
            return Some(scene);
        }
    }
    None
}

fn series_of(scene: &Scene, spec: &TableSpec) -> Option<Series> {
    let mut more = scene.clone();
    more.tables.push(spec.clone());
    more.series()
}

fn random_table(random: &mut Random, classes: usize) -> TableSpec {
    let everybody = random.below(2) == 0;
    let families = [0, 1, 1, 1, 1, 2, 2, 3][random.below(8)];
    let deep = random.below(4) == 0;
    let levels = 2 + random.below(2);
    let paths = (0..classes).map(|_| {
        let out = !everybody && random.below(3) == 0;
        let way = |f: usize, random: &mut Random| {
            let token = |l: usize| format!("{}{l}", ["p", "q", "r"][f]);
            let mut way = vec![token(random.below(levels))];
            if deep {
                way.push(format!("l{}", random.below(2)));
            }
            way
        };
        let ways: Vec<Vec<String>> = (0..families).map(|f| way(f, random)).collect();
        (!out).then_some(ways)
    });
    let paths = paths.collect();
    TableSpec { paths, genotypes: random.below(3) == 0, callset: 0 }
}

impl Scene {
    /// Data sets in all.
    pub(crate) fn data_sets(&self) -> u64 {
        let of = |class: usize| {
            let (n, copies) = (u64::from(self.classes[class].people), u64::from(self.copies(class)));
            let kinds = match self.calls {
                _ if copies == 0 => 1,
                Calls::Alleles => return copies * n + 1,
                Calls::Genotypes => copies + 1,
                Calls::Missing => copies + 2,
                Calls::Filtered => 2 * copies + 2,
            };
            (1..kinds).fold(1, |p, i| p * (n + i) / i)
        };
        (0..self.classes.len()).map(of).fold(1, u64::saturating_mul)
    }

    /// One person fewer in the largest class.
    fn shrink(&mut self) -> Option<()> {
        let largest = self.classes.iter_mut().max_by_key(|c| c.people)?;
        largest.people = largest.people.checked_sub(1).filter(|&n| n > 0)?;
        Some(())
    }
}

impl Scene {
    /// People of a set of classes who are counted.
    pub(crate) fn people(&self, set: usize) -> u32 {
        let inside = (0..self.classes.len()).filter(|&c| set >> c & 1 == 1 && self.copies(c) > 0);
        inside.map(|c| self.classes[c].people).sum()
    }

    /// Sets at which a tree can stop, and their differences where one is inside the other.
    pub(crate) fn ends(&self) -> Vec<usize> {
        let mut ends = Vec::new();
        for table in &self.tables {
            let classes = 0..table.paths.len();
            let inside = classes.filter(|&c| table.paths[c].is_some()).fold(0, |set, c| set | 1 << c);
            ends.push(inside);
            let families = table.paths.iter().flatten().map(Vec::len).max().unwrap_or_default();
            (0..families).for_each(|family| self.split(table, family, inside, 0, &mut ends));
        }
        let all = ends.clone();
        let nested =
            all.iter().flat_map(|a| all.iter().filter(move |b| *a & **b == **b).map(move |b| a & !b));
        ends.extend(nested.filter(|&set| set != 0));
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// Children of a node, and what a chain leaves of it.
    fn split(&self, table: &TableSpec, family: usize, node: usize, depth: usize, ends: &mut Vec<usize>) {
        let mut parts: BTreeMap<&String, usize> = BTreeMap::new();
        for class in (0..self.classes.len()).filter(|c| node >> c & 1 == 1) {
            let way = table.paths[class].as_ref().and_then(|ways| ways.get(family)?.get(depth));
            if let Some(token) = way {
                *parts.entry(token).or_default() |= 1 << class;
            }
        }
        let size = |set: usize| -> u32 {
            (0..self.classes.len()).filter(|c| set >> c & 1 == 1).map(|c| self.classes[c].people).sum()
        };
        let mut parts: Vec<usize> = parts.into_values().collect();
        parts.sort_by_key(|&set| std::cmp::Reverse(size(set)));
        for (i, &part) in parts.iter().enumerate() {
            ends.extend([part, parts[i..].iter().fold(0, |all, p| all | p)]);
            self.split(table, family, part, depth + 1, ends);
        }
    }
}
