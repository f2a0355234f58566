//! Small cohorts of which every data set can be enumerated, and the product's own decision about each.

use shukei::region::Zone;
use shukei::subject::Sex;
use shukei::trial::{Group, GroupCounts, Tier, Trial};

use crate::plan::{Plan, copies};

/// People without a sex who go these ways: `t0/l1` is a step and one below it.
pub(crate) fn group(people: u32, paths: &[&str]) -> Group {
    let path = |p: &&str| p.split('/').filter(|t| !t.is_empty()).map(str::to_owned).collect();
    Group { sex: Some(Sex::Female), paths: paths.iter().map(path).collect(), people }
}

/// The same with XY people.
pub(crate) fn men(people: u32, paths: &[&str]) -> Group {
    Group { sex: Some(Sex::Male), ..group(people, paths) }
}

/// One level with these leaves.
pub(crate) fn leaves(sizes: &[u32]) -> Vec<Group> {
    sizes.iter().enumerate().map(|(i, &n)| group(n, &[&format!("l{i}")])).collect()
}

/// Two one-level families over a table of cells.
pub(crate) fn cross(rows: &[&[u32]]) -> Vec<Group> {
    let cell = |(p, q, n): (usize, usize, u32)| group(n, &[&format!("p{p}"), &format!("q{q}")]);
    let cells =
        rows.iter().enumerate().flat_map(|(p, row)| row.iter().enumerate().map(move |(q, &n)| (p, q, n)));
    cells.filter(|c| c.2 > 0).map(cell).collect()
}

/// Everything about a request that an attacker knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) k: u32,
    pub(crate) zone: Zone,
    pub(crate) groups: Vec<Group>,
    pub(crate) genotypes: bool,
    /// ALTs at the position.
    pub(crate) alts: usize,
    /// People may be not called.
    pub(crate) missing: bool,
    /// Data sets are tables of allele counts, everybody called; what is sensitive is still people.
    pub(crate) alleles: bool,
}

impl Request {
    /// One diploid variant, everybody called.
    pub(crate) fn new(k: u32, groups: Vec<Group>) -> Self {
        Self { k, zone: Zone::Diploid, groups, genotypes: false, alts: 1, missing: false, alleles: false }
    }
}

/// One way in which a person can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) called: bool,
    /// Copies of REF and of each ALT.
    pub(crate) copies: Vec<u32>,
}

impl Class {
    /// True for a genotype; people who are not counted in a zone have none, and neither are they not called.
    pub(crate) fn is_call(&self) -> bool {
        self.called && self.copies.iter().any(|&n| n > 0)
    }
}

/// How many people of a fine cell are in each class.
pub(crate) type Micro = Vec<u32>;

/// A request with its strata.
pub(crate) struct World {
    pub(crate) request: Request,
    pub(crate) plan: Plan,
    /// Per fine cell.
    pub(crate) classes: Vec<Vec<Class>>,
}

impl World {
    /// Nothing where the plan would be refused, which the product must refuse too.
    pub(crate) fn new(request: Request) -> Option<Self> {
        let world = Self::unchecked(request);
        let refused = world.plan.is_refused(world.request.k);
        let trial = Trial::new(&world.plan.groups, world.request.k, world.request.genotypes);
        assert_eq!(trial.is_err(), refused, "{:?}", world.request);
        (!refused).then_some(world)
    }

    /// Without the plan-time rules.
    pub(crate) fn unchecked(request: Request) -> Self {
        let plan = Plan::of(&request.groups);
        let classes = plan.fine.iter().map(|f| classes(copies(f.sex, request.zone), &request)).collect();
        Self { request, plan, classes }
    }

    /// Every data set of one fine cell.
    pub(crate) fn micros(&self, fine: usize) -> Vec<Micro> {
        let (n, classes) = (self.plan.fine[fine].people, self.classes[fine].len());
        if self.request.alleles {
            return (0..=2 * n).map(|a| vec![n - a / 2 - a % 2, a % 2, a / 2]).collect();
        }
        let mut all = Vec::new();
        compositions(n, classes, &mut Vec::new(), &mut all);
        all
    }

    /// Data sets in all.
    pub(crate) fn data_sets(&self) -> u64 {
        let of = |(fine, classes): (&crate::plan::Fine, &Vec<Class>)| {
            let (n, c) = (u64::from(fine.people), classes.len() as u64);
            if self.request.alleles { 2 * n + 1 } else { (1..c).fold(1, |p, i| p * (n + i) / i) }
        };
        self.plan.fine.iter().zip(&self.classes).map(of).fold(1, u64::saturating_mul)
    }
}

/// The product, asked about data sets of one world.
pub(crate) struct Product {
    trial: Trial,
    zone: Zone,
    /// Where each name of the plan stands in the product's rows.
    columns: Vec<usize>,
}

impl Product {
    pub(crate) fn new(world: &World) -> Self {
        let Request { k, genotypes, zone, .. } = world.request;
        let Ok(trial) = Trial::new(&world.plan.groups, k, genotypes) else { panic!("a plan is refused") };
        let names = trial.names();
        let place = |name: &&str| names.iter().position(|n| n == name).unwrap();
        let columns: Vec<usize> = world.plan.names().iter().map(place).collect();
        assert_eq!(columns.len(), names.len(), "the product prints more strata than there are");
        Self { trial, zone, columns }
    }

    /// What a reader sees of a variant, as numbers: equal keys are equal tables.
    pub(crate) fn print(&mut self, world: &World, data: &[&Micro]) -> Vec<u32> {
        let counts: Vec<GroupCounts> = (0..data.len()).map(|f| counts(world, f, data[f])).collect();
        let mut key = Vec::new();
        for row in self.trial.print(self.zone, &counts) {
            key.extend([u32::try_from(row.alt).unwrap() + 1, u32::from(row.tier == Tier::G)]);
            for &column in &self.columns {
                let Some(cell) = row.cells[column] else {
                    key.push(u32::MAX);
                    continue;
                };
                key.extend([cell.ac, cell.an]);
                key.extend(cell.genotypes.into_iter().flatten());
            }
        }
        key
    }
}

/// True when a print of tier A shows a number of a further family below its root.
pub(crate) fn shows_further(world: &World, print: &[u32]) -> bool {
    if print.get(1) != Some(&0) {
        return false;
    }
    let names = world.plan.names();
    let of_first = |name: &str| world.plan.families[0].iter().any(|n| n.name == name);
    let mut rest = print.get(2..).unwrap_or_default();
    names.iter().any(|name| {
        let shown = rest.first().is_some_and(|&n| n != u32::MAX);
        rest = rest.get(if shown { 2 } else { 1 }..).unwrap_or_default();
        shown && !of_first(name)
    })
}

/// What the tallies hand over for one fine cell.
fn counts(world: &World, fine: usize, micro: &Micro) -> GroupCounts {
    let classes = &world.classes[fine];
    let count = |wanted: &dyn Fn(&Class) -> bool| -> u32 {
        micro.iter().zip(classes).filter(|(_, c)| wanted(c)).map(|(n, _)| n).sum()
    };
    let ploidy = copies(world.plan.fine[fine].sex, world.request.zone);
    let alt = |alt: usize| {
        let (one, two) = (count(&|c| c.copies[alt] == 1), count(&|c| c.copies[alt] == 2));
        if ploidy == 1 { [0, two, one] } else { [one, two, 0] }
    };
    GroupCounts { not_called: count(&|c| !c.called), alts: (1..=world.request.alts).map(alt).collect() }
}

/// The ways in which a person with so many copies can be seen.
fn classes(copies: u32, request: &Request) -> Vec<Class> {
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
