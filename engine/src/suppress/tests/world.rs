//! Small cohorts of which every data set can be enumerated, and the engine's own decision about each.

use crate::error::Problems;
use crate::partial::{CellCounts, Unit, VariantCounts};
use crate::policy::Policy;
use crate::region::Zone;
use crate::strata::{Karyotype, Person, Step, Strata};
use crate::suppress::{ReleasedRow, Rules, Suppressor, Tier};

/// People of one sex who go the same way down every family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) karyotype: Karyotype,
    /// Per family the tokens on the way down.
    pub(super) paths: Vec<Vec<String>>,
    pub(super) people: u32,
}

impl Group {
    pub(super) fn new(people: u32, paths: &[&str]) -> Self {
        let path = |p: &&str| p.split('/').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        Self { karyotype: Karyotype::Xx, paths: paths.iter().map(path).collect(), people }
    }

    pub(super) fn of(self, karyotype: Karyotype) -> Self {
        Self { karyotype, ..self }
    }
}

/// Everything about a request that an attacker knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) k: u32,
    pub(super) zone: Zone,
    pub(super) groups: Vec<Group>,
    pub(super) genotypes: bool,
    /// ALTs at the position.
    pub(super) alts: usize,
    /// People may be not called.
    pub(super) missing: bool,
    /// Data sets are tables of allele counts, everybody called: the level at which rule (b) is defined.
    pub(super) alleles: bool,
}

impl Request {
    /// One diploid variant, everybody called.
    pub(super) fn new(k: u32, groups: Vec<Group>) -> Self {
        Self { k, zone: Zone::Diploid, groups, genotypes: false, alts: 1, missing: false, alleles: false }
    }
}

/// One way in which a person can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) called: bool,
    /// Copies of REF and of each ALT.
    pub(super) copies: Vec<u32>,
}

impl Class {
    /// True for a genotype; people who are not counted in a zone have none, and neither are they not called.
    pub(super) fn is_call(&self) -> bool {
        self.called && self.copies.iter().any(|&n| n > 0)
    }
}

/// How many people of a fine cell are in each class.
pub(super) type Micro = Vec<u32>;

/// A request with its strata.
pub(super) struct World {
    pub(super) request: Request,
    pub(super) strata: Strata,
    pub(super) policy: Policy,
    /// Per fine cell.
    pub(super) classes: Vec<Vec<Class>>,
    /// People of each fine cell.
    pub(super) people: Vec<u32>,
}

/// The people of groups, in their order.
pub(super) fn people(groups: &[Group]) -> Vec<Person> {
    let step = |(level, token): (usize, &String)| Step {
        attribute: format!("a{level}"),
        token: token.clone(),
        label: token.clone(),
        tree: false,
    };
    let person = |g: &Group| Person {
        karyotype: g.karyotype,
        paths: g.paths.iter().map(|p| p.iter().enumerate().map(step).collect()).collect(),
        earlier: 0,
    };
    groups.iter().flat_map(|g| std::iter::repeat_n(person(g), g.people as usize)).collect()
}

/// The plan's strata, or nothing where the plan would be refused.
pub(super) fn strata(groups: &[Group], policy: &Policy) -> Option<Strata> {
    let people = people(groups);
    let by: Vec<String> = (0..groups[0].paths.len()).map(|f| format!("family{f}")).collect();
    Strata::new(&by, &people, policy, &mut Problems::default())
}

impl World {
    /// Nothing where the plan would be refused.
    pub(super) fn new(request: Request) -> Option<Self> {
        let policy = Policy { k: request.k, ..Policy::default() };
        let strata = strata(&request.groups, &policy)?;
        let mut people = vec![0; strata.fine.len()];
        for &fine in &strata.fine_of_person {
            people[fine as usize] += 1;
        }
        let classes =
            strata.fine.iter().map(|f| classes(f.karyotype.copies(request.zone), &request)).collect();
        Some(Self { request, strata, policy, classes, people })
    }

    pub(super) fn suppressor(&self) -> Suppressor {
        Suppressor::new(Rules {
            strata: self.strata.clone(),
            policy: self.policy.clone(),
            genotypes_requested: self.request.genotypes,
        })
    }

    /// Every data set of one fine cell.
    pub(super) fn micros(&self, fine: usize) -> Vec<Micro> {
        let (n, classes) = (self.people[fine], self.classes[fine].len());
        if self.request.alleles {
            return (0..=2 * n).map(|a| vec![n - a / 2 - a % 2, a % 2, a / 2]).collect();
        }
        let mut all = Vec::new();
        compositions(n, classes, &mut Vec::new(), &mut all);
        all
    }

    /// What the tallies hand over for a data set: one composition per fine cell.
    pub(super) fn unit(&self, data: &[&Micro]) -> Unit {
        let mut missing = Vec::new();
        let mut cells = vec![Vec::new(); self.request.alts];
        for (fine, (micro, classes)) in (0u32..).zip(data.iter().zip(&self.classes)) {
            let count = |wanted: &dyn Fn(&Class) -> bool| -> u32 {
                micro.iter().zip(classes).filter(|(_, c)| wanted(c)).map(|(n, _)| n).sum()
            };
            let not_called = count(&|c| !c.called);
            if not_called > 0 {
                missing.push((fine, not_called));
            }
            let ploidy = self.strata.fine[fine as usize].karyotype.copies(self.request.zone);
            for (alt, cells) in (1..).zip(&mut cells) {
                let (one, two) = (count(&|c| c.copies[alt] == 1), count(&|c| c.copies[alt] == 2));
                if one + two > 0 {
                    let (het, hemi) = if ploidy == 1 { (0, one) } else { (one, 0) };
                    cells.push(CellCounts { fine, het, homalt: two, hemi });
                }
            }
        }
        let variant = |(cells, alt): (Vec<CellCounts>, &str)| VariantCounts {
            reference: "A".into(),
            alternate: alt.into(),
            filter: "PASS".into(),
            cells,
        };
        let variants = cells.into_iter().zip(["C", "G", "T"]).map(variant).collect();
        Unit { contig: 0, pos: 0, variants, missing, combined: false }
    }

    /// Data sets in all.
    pub(super) fn data_sets(&self) -> u64 {
        (0..self.people.len())
            .map(|f| {
                let (n, c) = (u64::from(self.people[f]), self.classes[f].len() as u64);
                if self.request.alleles { 2 * n + 1 } else { (1..c).fold(1, |p, i| p * (n + i) / i) }
            })
            .product()
    }
}

/// The ways in which a person with so many copies can be seen.
fn classes(copies: u8, request: &Request) -> Vec<Class> {
    let alleles = request.alts + 1;
    let class = |list: &[usize]| {
        let count = |a: usize| u32::try_from(list.iter().filter(|&&l| l == a).count()).unwrap();
        Class { called: !list.is_empty(), copies: (0..alleles).map(count).collect() }
    };
    let mut all = match copies {
        2 => (0..alleles).flat_map(|b| (0..=b).map(move |a| [a, b])).map(|pair| class(&pair)).collect(),
        1 => (0..alleles).map(|a| class(&[a])).collect(),
        _ => vec![Class { called: true, copies: vec![0; alleles] }],
    };
    if request.missing && copies > 0 {
        all.push(class(&[]));
    }
    all
}

fn compositions(n: u32, parts: usize, head: &mut Micro, all: &mut Vec<Micro>) {
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

/// What a reader sees of a variant, as numbers: equal keys are equal tables.
pub(super) fn key(rows: &[ReleasedRow]) -> Vec<u32> {
    let mut key = Vec::with_capacity(8 * rows.len());
    for row in rows {
        key.push(u32::from(row.alternate.as_bytes()[0]));
        key.push(u32::from(row.tier == Tier::G));
        for cell in &row.cells {
            let Some(cell) = cell else {
                key.push(u32::MAX);
                continue;
            };
            key.extend([cell.ac, cell.an]);
            if let Some(g) = &cell.genotypes {
                key.extend([g.homref, g.het, g.homalt, g.hemi, g.diploid_homref]);
            }
        }
    }
    key
}
