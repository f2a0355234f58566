//! Tables are judged together: what earlier ones print of a variant decides what a new one may add (`disclosure.md` §5.3, 5.4).
//!
//! ```text
//! for a variant that the new table would print, and every earlier table linked to it by people in common:
//!     an earlier one shows somebody as not called, and its cells are cut since                            → withheld
//!     nothing new:  every leaf of the new print unites leaves of an earlier one, with the same numbers     → printed
//!     a print shows somebody as not called; genotypes were considered and failed at a root; an earlier table of another
//!     callset has no row; one that itself stood beside earlier ones has none, and the first of these people has one → withheld
//!     full:   every earlier print is complete, and `wide`                                                  → printed
//!     root:   the root alone is nothing new, or `wide`                                                     → the root alone
//!     otherwise                                                                                            → withheld
//! wide:  equal sets: the same numbers
//!        nested sets, and every set whose numbers follow from printed ones by sums and differences: it passes
//!        every atom: the interval that all prints leave to it holds 2K − 1 allele counts and K people of each genotype, or
//!        lies where it would pass, or is all that its size leaves; also under some explanation of all rows and steps that
//!        are withheld
//! ```
//! Intervals are found by bounds propagation over printed numbers and plan sizes: they are audited, not proved. With
//! `linked = "strict"` only what adds nothing is printed, and what refines a complete tree of the same people into atoms that
//! all pass; nothing where an earlier table has no row, or is of other calls.

mod bits;
mod derived;
mod interval;
mod shape;
mod solve;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use bits::Bits;

use super::sums::{AC, AN, DIPLOID_HOMREF, HAPLOID_REF, HEMI, HET, HOMALT, Rule, Test};
use crate::region::Zone;
use crate::strata::Size;
use interval::Intervals;
use shape::{Pattern, Shadow, Shape};

/// A node of a table, in terms of the classes of people that all tables together tell apart.
#[derive(Clone, Debug)]
pub(crate) struct TableNode {
    pub(crate) children: Vec<usize>,
    pub(crate) members: Bits,
    /// False for pooled small levels, which no table prints.
    pub(crate) named: bool,
}

/// The strata of a table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Nodes of all families.
    pub(crate) nodes: Vec<TableNode>,
    /// The root of each family.
    pub(crate) families: Vec<usize>,
    pub(crate) since: Since,
}

/// What stands between an earlier table and the new one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Since {
    /// The calls are those of the new table.
    pub(crate) same_callset: bool,
    /// It was itself judged beside earlier tables: that it has no row may have been their doing.
    pub(crate) linked: bool,
    /// Cells in which its people not called were counted are cut now.
    pub(crate) cut: bool,
}

/// What is printed of one ALT in one set, or would be: no `Debug`, because it may yet be withheld.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) ac: i64,
    pub(crate) an: i64,
    /// Diploid hom-ref′, het, hom-alt; haploid REF′, ALT: at tier G.
    pub(crate) genotypes: Option<[i64; 5]>,
}

/// What every row of a variant is judged by.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) zone: Zone,
    pub(super) k: u32,
    /// The row is decided at tier G.
    pub(super) genotypes: bool,
    /// Nothing new may be said, whatever the numbers.
    pub(super) closed: bool,
}

impl Row {
    /// True when a set with these numbers would pass.
    fn passes(self, size: Size, numbers: Numbers) -> bool {
        if self.genotypes && numbers.genotypes.is_none() {
            return false;
        }
        let rule = Rule { alts: 1, genotypes: self.genotypes };
        rule.passes(&Test::of(size, self.zone, self.k), |column| numbers.get(column))
    }
}

impl Numbers {
    fn get(&self, column: usize) -> i64 {
        let class = |i: usize| self.genotypes.map_or(0, |g| g[i]);
        match column {
            AN => self.an,
            AC => self.ac,
            DIPLOID_HOMREF => class(0),
            HET => class(1),
            HOMALT => class(2),
            HAPLOID_REF => class(3),
            HEMI => class(4),
            _ => 0,
        }
    }

    fn plus(self, sign: i64, other: Self) -> Self {
        let genotypes = self.genotypes.zip(other.genotypes);
        Self {
            ac: self.ac + sign * other.ac,
            an: self.an + sign * other.an,
            genotypes: genotypes.map(|(a, b)| std::array::from_fn(|i| a[i] + sign * b[i])),
        }
    }
}

/// What a table prints of one ALT.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Print {
    /// The table did not look there.
    Unseen,
    /// It has no row.
    Absent,
    /// Per node its numbers, `None` where it is withheld.
    Row(Vec<Option<Numbers>>),
}

impl Print {
    fn row(&self) -> Option<&[Option<Numbers>]> {
        match self {
            Print::Row(row) => Some(row),
            Print::Unseen | Print::Absent => None,
        }
    }
}

/// How much of a row may be printed beside earlier tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Allowed {
    /// Nothing.
    Nothing,
    /// The whole cohort alone.
    Root,
    /// All of it.
    All,
}

/// A new table (the first) beside earlier ones, over the classes of people that they tell apart.
pub(crate) struct Joint {
    pub(crate) classes: Vec<Size>,
    pub(crate) tables: Vec<Table>,
    strict: bool,
    shapes: HashMap<(Zone, Vec<Pattern>), Arc<Shape>>,
}

/// Shapes that are kept.
const SHAPES: usize = 4_096;

impl Joint {
    pub(crate) fn new(classes: Vec<Size>, tables: Vec<Table>, strict: bool) -> Self {
        Self { classes, tables, strict, shapes: HashMap::new() }
    }

    /// How much of a new print (the first) may stand beside the earlier ones. `atoms_pass` says whether every cell in which
    /// the new table and the earlier ones cross passes by itself.
    pub(super) fn allowed(
        &mut self,
        row: Row,
        prints: &mut [Print],
        atoms_pass: &dyn Fn() -> bool,
    ) -> Allowed {
        let lost = |t: usize| self.someone_is_not_called(row, t, &prints[t]);
        if (1..prints.len()).any(|t| self.tables[t].since.cut && lost(t)) {
            return Allowed::Nothing;
        }
        // Beside other calls of the same people nothing is added: no sum of the one is a sum of the other, so that nothing
        // about their crossings could be audited.
        let other = self.other_calls(prints);
        let open = !other && !row.closed && !(0..prints.len()).any(lost) && !self.closed(prints);
        let full = self.shape(row.zone, prints);
        if other && self.strict {
            return Allowed::Nothing;
        }
        if self.adds_nothing(&full, prints) {
            return Allowed::All;
        }
        let all = open
            && full.complete.iter().skip(1).all(|c| *c)
            && if self.strict { self.refines(&full) && atoms_pass() } else { self.wide(&full, row, prints) };
        if all {
            return Allowed::All;
        }
        self.root_alone(prints);
        let root = self.shape(row.zone, prints);
        let alone = self.adds_nothing(&root, prints) || !self.strict && open && self.wide(&root, row, prints);
        if alone { Allowed::Root } else { Allowed::Nothing }
    }

    fn root_alone(&self, prints: &mut [Print]) {
        if let Some(Print::Row(row)) = prints.first_mut() {
            let roots = &self.tables[0].families;
            let below = row.iter_mut().enumerate().filter(|(node, _)| !roots.contains(node));
            below.for_each(|(_, numbers)| *numbers = None);
        }
    }

    fn shape(&mut self, zone: Zone, prints: &[Print]) -> Arc<Shape> {
        let pattern = |print: &Print| match print {
            Print::Unseen => Pattern::Unseen,
            Print::Absent => Pattern::Absent,
            Print::Row(row) => Pattern::Row(row.iter().map(Option::is_some).collect()),
        };
        let key = (zone, prints.iter().map(pattern).collect());
        if let Some(shape) = self.shapes.get(&key) {
            return Arc::clone(shape);
        }
        if self.shapes.len() >= SHAPES {
            self.shapes.clear();
        }
        let shape = Arc::new(Shape::of(&self.tables, &self.classes, &key.1, zone));
        self.shapes.insert(key, Arc::clone(&shape));
        shape
    }

    /// A print shows fewer alleles than there are: cells of another table may cut its cells, so that two such numbers would
    /// tell how many of a few are not called.
    fn someone_is_not_called(&self, row: Row, t: usize, print: &Print) -> bool {
        let Some(print) = print.row() else { return false };
        let table = &self.tables[t];
        let full = |node: usize| {
            let members = table.nodes[node].members.iter();
            members.map(|c| i64::from(self.classes[c].max_an(row.zone))).sum::<i64>()
        };
        table.families.iter().any(|&root| print[root].is_some_and(|n| n.an < full(root)))
    }

    /// An earlier table has no row, and it may have been withheld beside still earlier ones: what that says nobody can
    /// bound. Not so where the first table of the same people and calls has none either.
    fn closed(&self, prints: &[Print]) -> bool {
        let root = |t: usize| &self.tables[t].nodes[self.tables[t].families[0]].members;
        let silent = |t: &usize| prints[*t] == Print::Absent;
        let first = |t: usize, s: usize| {
            let since = self.tables[s].since;
            !since.linked && since.same_callset == self.tables[t].since.same_callset && root(s) == root(t)
        };
        let mut silents = (1..prints.len()).filter(silent);
        if self.strict {
            return silents.next().is_some();
        }
        silents.any(|t| {
            !self.tables[t].since.same_callset
                || self.tables[t].since.linked && !(1..t).filter(silent).any(|s| first(t, s))
        })
    }

    /// Other calls of some of the people were looked at.
    fn other_calls(&self, prints: &[Print]) -> bool {
        (1..prints.len()).any(|t| prints[t] != Print::Unseen && !self.tables[t].since.same_callset)
    }

    /// Every leaf of the new print unites leaves of one earlier family, with the same numbers.
    fn adds_nothing(&self, shape: &Shape, prints: &[Print]) -> bool {
        (0..shape.new).all(|leaf| {
            let own = number(shape, prints, leaf);
            let known = |cover: &&Vec<usize>| {
                sum(shape, prints, cover, &[]).is_some_and(|n| own == Some(less(n, own)))
            };
            shape.same[leaf].iter().any(|cover| known(&cover))
        })
    }

    /// The new table refines complete trees of the same people.
    fn refines(&self, shape: &Shape) -> bool {
        let root = |t: usize| &self.tables[t].nodes[self.tables[t].families[0]].members;
        let there = |t: &usize| shape.leaves.iter().any(|l| l.table == *t);
        (1..self.tables.len()).filter(there).all(|t| self.tables[t].since.same_callset && root(t) == root(0))
    }

    /// Equal sets agree, nested sets differ by what passes, crossing sets leave wide intervals.
    fn wide(&self, shape: &Shape, row: Row, prints: &[Print]) -> bool {
        self.equal_sets_agree(shape, prints)
            && shape.shadows.iter().all(|shadow| shadow_passes(shape, row, prints, shadow))
            && shape.derived.iter().all(|set| set.passes(row, &|leaf| number(shape, prints, leaf)))
            && Intervals::new(shape, row, &|leaf| number(shape, prints, leaf)).wide()
    }

    /// Numbers of the same people are the same, of another callset too: calls that are gone there are people not called, of
    /// whom AN′ shows nothing or not all, so that no difference can be known to pass.
    fn equal_sets_agree(&self, shape: &Shape, prints: &[Print]) -> bool {
        (0..shape.new).all(|leaf| {
            shape.same[leaf].iter().all(|cover| {
                let (own, earlier) = (number(shape, prints, leaf), sum(shape, prints, cover, &[]));
                own.zip(earlier).is_some_and(|(own, earlier)| {
                    let gap = own.plus(-1, earlier);
                    gap.ac == 0 && gap.an == 0 && gap.genotypes.is_none_or(|g| g == [0; 5])
                })
            })
        })
    }
}

/// The numbers of a leaf.
fn number(shape: &Shape, prints: &[Print], leaf: usize) -> Option<Numbers> {
    let leaf = &shape.leaves[leaf];
    let print = prints[leaf.table].row()?;
    leaf.less.iter().try_fold(print[leaf.node]?, |n, &child| Some(n.plus(-1, print[child]?)))
}

/// Leaves added up, less others.
fn sum(shape: &Shape, prints: &[Print], plus: &[usize], minus: &[usize]) -> Option<Numbers> {
    let (first, rest) = plus.split_first()?;
    let mut all = number(shape, prints, *first)?;
    for &leaf in rest {
        all = all.plus(1, number(shape, prints, leaf)?);
    }
    for &leaf in minus {
        all = all.plus(-1, number(shape, prints, leaf)?);
    }
    Some(all)
}

/// Genotype counts are compared only where both show them.
fn less(n: Numbers, like: Option<Numbers>) -> Numbers {
    Numbers { genotypes: like.and_then(|l| l.genotypes).and(n.genotypes), ..n }
}

/// A difference of nested sets must pass, at the tier of the row.
fn shadow_passes(shape: &Shape, row: Row, prints: &[Print], shadow: &Shadow) -> bool {
    let Some(left) = sum(shape, prints, &shadow.plus, &shadow.minus) else { return false };
    shadow.size.counted(row.zone) == 0 || row.passes(shadow.size, left)
}
