//! Tables are judged together: what earlier ones print of a variant decides what a new one may add (`disclosure.md` §5.3, 5.4).
//!
//! ```text
//! for a variant that the new table would print, and every earlier table with some of the same people:
//!     nothing new:  every leaf of the new print unites leaves of an earlier one, with the same numbers     → printed
//!     an earlier one shows somebody as not called                                                          → withheld
//!     full:   every earlier print is complete, and `wide`                                                  → printed
//!     root:   the root alone is nothing new, or `wide`                                                     → the root alone
//!     otherwise                                                                                            → withheld
//! wide:  equal sets: the same numbers, or numbers of another callset that differ by what could itself be shown
//!        nested sets: the difference (a shadow) passes
//!        crossing sets: the interval that all prints leave to each intersection holds 2K − 1 allele counts, or K people
//!        of a genotype, or lies where it would pass, or is all that its size leaves
//! ```
//! Intervals are found by bounds propagation over printed numbers and plan sizes: they are audited, not proved. With
//! `linked = "strict"` only what adds nothing is printed, and what refines a complete tree of the same people into atoms that
//! all pass.

mod bits;
mod interval;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use bits::Bits;

use super::sums::{AC, AN, DIPLOID_HOMREF, HAPLOID_REF, HEMI, HET, HOMALT, Rule, Test};
use crate::region::Zone;
use crate::strata::Size;
use interval::Span;
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
    /// The calls are those of the new table.
    pub(crate) same_callset: bool,
}

/// What is printed of one ALT in one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    shapes: HashMap<Vec<Pattern>, Rc<Shape>>,
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
        let incomplete = self.someone_is_not_called(row, prints);
        let full = self.shape(prints);
        if self.adds_nothing(&full, prints) {
            return Allowed::All;
        }
        let all = !incomplete
            && full.complete.iter().skip(1).all(|c| *c)
            && if self.strict { self.refines(&full) && atoms_pass() } else { self.wide(&full, row, prints) };
        if all {
            return Allowed::All;
        }
        self.root_alone(prints);
        let root = self.shape(prints);
        let alone =
            self.adds_nothing(&root, prints) || !self.strict && !incomplete && self.wide(&root, row, prints);
        if alone { Allowed::Root } else { Allowed::Nothing }
    }

    fn root_alone(&self, prints: &mut [Print]) {
        if let Some(Print::Row(row)) = prints.first_mut() {
            let roots = &self.tables[0].families;
            let below = row.iter_mut().enumerate().filter(|(node, _)| !roots.contains(node));
            below.for_each(|(_, numbers)| *numbers = None);
        }
    }

    fn shape(&mut self, prints: &[Print]) -> Rc<Shape> {
        let pattern = |print: &Print| match print {
            Print::Unseen => Pattern::Unseen,
            Print::Absent => Pattern::Absent,
            Print::Row(row) => Pattern::Row(row.iter().map(Option::is_some).collect()),
        };
        let key: Vec<Pattern> = prints.iter().map(pattern).collect();
        if let Some(shape) = self.shapes.get(&key) {
            return Rc::clone(shape);
        }
        if self.shapes.len() >= SHAPES {
            self.shapes.clear();
        }
        let shape = Rc::new(Shape::of(&self.tables, &self.classes, &key));
        self.shapes.insert(key, Rc::clone(&shape));
        shape
    }

    /// An earlier print of people in common shows fewer alleles than there are: the cells of the new table may cut its
    /// cells, so that two such numbers would tell how many of a few are not called.
    fn someone_is_not_called(&self, row: Row, prints: &[Print]) -> bool {
        self.tables.iter().zip(prints).skip(1).any(|(table, print)| {
            let Some(print) = print.row() else { return false };
            let full = |node: usize| {
                let members = table.nodes[node].members.iter();
                members.map(|c| i64::from(self.classes[c].max_an(row.zone))).sum::<i64>()
            };
            table.families.iter().any(|&root| print[root].is_some_and(|n| n.an < full(root)))
        })
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
        (1..self.tables.len()).filter(there).all(|t| self.tables[t].same_callset && root(t) == root(0))
    }

    /// Equal sets agree, nested sets differ by what passes, crossing sets leave wide intervals.
    fn wide(&self, shape: &Shape, row: Row, prints: &[Print]) -> bool {
        self.equal_sets_agree(shape, row, prints)
            && shape.shadows.iter().all(|shadow| shadow_passes(shape, row, prints, shadow))
            && self.intervals_are_wide(shape, row, prints)
    }

    /// Numbers of the same people are the same, or of another callset and far enough apart.
    fn equal_sets_agree(&self, shape: &Shape, row: Row, prints: &[Print]) -> bool {
        (0..shape.new).all(|leaf| {
            shape.same[leaf].iter().all(|cover| {
                let (Some(own), Some(earlier)) =
                    (number(shape, prints, leaf), sum(shape, prints, cover, &[]))
                else {
                    return false;
                };
                let gap = own.plus(-1, earlier);
                let k = i64::from(row.k);
                let same = self.tables[shape.leaves[cover[0]].table].same_callset;
                let apart = |n: i64, floor: i64| n == 0 || !same && n.abs() >= floor;
                apart(gap.ac, 2 * k - 1)
                    && apart(gap.an, 2 * k)
                    && gap.genotypes.is_none_or(|g| g.iter().all(|&n| apart(n, k)))
            })
        })
    }

    /// What all prints of the callset leave to every atom; with and without what absent rows say.
    fn intervals_are_wide(&self, shape: &Shape, row: Row, prints: &[Print]) -> bool {
        let genotypes =
            (0..shape.new).all(|l| number(shape, prints, l).is_some_and(|n| n.genotypes.is_some()));
        let spans = if row.genotypes && genotypes { Span::genotypes(row) } else { vec![Span::alleles(row)] };
        spans.iter().all(|span| {
            let constraints: Vec<(&[usize], i64)> = (0..shape.leaves.len())
                .filter(|&l| !shape.atoms_of[l].is_empty())
                .filter_map(|l| Some((shape.atoms_of[l].as_slice(), span.of(number(shape, prints, l)?)?)))
                .collect();
            let Some(bounds) = span.bounds(&shape.atoms, &constraints, &[]) else { return false };
            let with =
                span.bounds(&shape.atoms, &constraints, &span.few(&shape.atoms, &shape.absent, &bounds));
            span.wide(&shape.atoms, &bounds) && with.is_none_or(|b| span.wide(&shape.atoms, &b))
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
