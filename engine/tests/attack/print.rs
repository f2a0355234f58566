//! Tables of one variant in cohorts of any size: what the product shows, and what a table that masks cell by cell would show.

use shukei::region::Zone;
use shukei::trial::{GroupCounts, Tier, Trial};

use crate::plan::{Plan, Set};

/// People of one plan cell who are hom-ref, het, hom-alt, not called; two copies in everybody.
pub(crate) type Calls = [u32; 4];

/// What is shown of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) ac: i64,
    /// AN′.
    pub(crate) an: i64,
    /// hom-ref′, het, hom-alt.
    pub(crate) classes: Option<[i64; 3]>,
}

/// What a row shows, by family and node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) nodes: Vec<Vec<Option<Shown>>>,
}

impl Table {
    /// The whole cohort.
    pub(crate) fn root(&self) -> Shown {
        self.nodes[0][0].unwrap()
    }

    /// Genotype counts are shown.
    pub(crate) fn tier_g(&self) -> bool {
        self.root().classes.is_some()
    }

    /// Every set shown, once.
    pub(crate) fn sets(&self, plan: &Plan) -> Vec<(Set, Shown)> {
        let nodes = plan.families.iter().flatten().map(|n| n.cells);
        let shown = nodes.zip(self.nodes.iter().flatten()).filter_map(|(set, s)| Some((set, (*s)?)));
        shown.fold(Vec::new(), |mut all: Vec<(Set, Shown)>, one| {
            if all.iter().all(|a| a.0 != one.0) {
                all.push(one);
            }
            all
        })
    }
}

impl Shown {
    /// What is left without a part.
    pub(crate) fn minus(&self, part: &Shown) -> Shown {
        let less = |(a, b): ([i64; 3], [i64; 3])| [0, 1, 2].map(|i| a[i] - b[i]);
        let classes = self.classes.zip(part.classes).map(less);
        Shown { ac: self.ac - part.ac, an: self.an - part.an, classes }
    }
}

/// The product, asked about invented people.
pub(crate) struct Product {
    trial: Trial,
    /// Column of each node of each family.
    columns: Vec<Vec<usize>>,
}

impl Product {
    /// Nothing where the plan is refused.
    pub(crate) fn new(plan: &Plan, k: u32, genotypes: bool) -> Option<Self> {
        let trial = Trial::new(&plan.groups, k, genotypes).ok()?;
        let names = trial.names();
        let place = |name: &str| names.iter().position(|n| *n == name).unwrap();
        let columns = plan.families.iter().map(|nodes| nodes.iter().map(|n| place(&n.name)).collect());
        let columns = columns.collect();
        Some(Self { trial, columns })
    }

    /// The row of one autosomal ALT, if there is one.
    pub(crate) fn print(&mut self, calls: &[Calls]) -> Option<Table> {
        let counts =
            |&[_, het, homalt, not_called]: &Calls| GroupCounts { not_called, alts: vec![[het, homalt, 0]] };
        let counts: Vec<GroupCounts> = calls.iter().map(counts).collect();
        let rows = self.trial.print(Zone::Diploid, &counts);
        let row = rows.first()?;
        let shown = |&column: &usize| {
            let cell = row.cells[column]?;
            let classes =
                cell.genotypes.map(|[homref, het, homalt, ..]| [homref, het, homalt].map(i64::from));
            Some(Shown { ac: cell.ac.into(), an: cell.an.into(), classes })
        };
        assert_eq!(row.tier == Tier::G, row.cells[self.columns[0][0]]?.genotypes.is_some());
        let nodes = self.columns.iter().map(|columns| columns.iter().map(shown).collect()).collect();
        Some(Table { nodes })
    }
}

/// The numbers of a set as the product would show them.
pub(crate) fn numbers(plan: &Plan, k: u32, calls: &[Calls], set: Set) -> Shown {
    let mut shown = Shown { ac: 0, an: 0, classes: Some([0; 3]) };
    for cell in plan.list(set) {
        let [homref, het, homalt, missing] = calls[cell];
        let n = homref + het + homalt + missing;
        let y = if missing < k || n < 2 * k { 0 } else { missing.min(n - k) };
        shown.ac += i64::from(het + 2 * homalt);
        shown.an += 2 * i64::from(n - y);
        let add = [homref + missing - y, het, homalt].map(i64::from);
        shown.classes = shown.classes.map(|sum| [0, 1, 2].map(|i| sum[i] + add[i]));
    }
    shown
}

/// The test of tier A.
pub(crate) fn passes(k: u32, shown: &Shown) -> bool {
    let k = i64::from(k);
    shown.ac >= 2 * k - 1 && shown.an - shown.ac >= 2 * k
}

/// Every node that passes by itself, in every family: hiding single cells.
pub(crate) fn masked(plan: &Plan, k: u32, calls: &[Calls]) -> Option<Table> {
    let show = |set: Set| {
        let shown = Shown { classes: None, ..numbers(plan, k, calls, set) };
        passes(k, &shown).then_some(shown)
    };
    let table: Vec<Vec<Option<Shown>>> =
        plan.families.iter().map(|nodes| nodes.iter().map(|n| show(n.cells)).collect()).collect();
    table[0][0].is_some().then_some(Table { nodes: table })
}
