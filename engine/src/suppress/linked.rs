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

use super::sums::Rule;
use crate::strata::Size;
use interval::Span;
use shape::{Shadow, Shape};

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

impl Numbers {
    fn plus(self, sign: i64, other: Self) -> Self {
        let genotypes = self.genotypes.zip(other.genotypes);
        Self {
            ac: self.ac + sign * other.ac,
            an: self.an + sign * other.an,
            genotypes: genotypes.map(|(a, b)| std::array::from_fn(|i| a[i] + sign * b[i])),
        }
    }
}

/// What a table prints of one ALT: per node its numbers, `None` where it is withheld. No row: no print.
pub(crate) type Print = Option<Vec<Option<Numbers>>>;

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
    shapes: HashMap<Vec<Option<Vec<bool>>>, Rc<Shape>>,
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
        rule: Rule,
        prints: &mut [Print],
        atoms_pass: &dyn Fn() -> bool,
    ) -> Allowed {
        if self.tables.len() == 1 || prints[0].is_none() {
            return Allowed::All;
        }
        let incomplete = self.someone_is_not_called(rule, prints);
        let full = self.shape(prints);
        if self.adds_nothing(&full, prints) {
            return Allowed::All;
        }
        let all = !incomplete
            && full.complete.iter().skip(1).all(|c| *c)
            && if self.strict {
                self.refines(&full) && atoms_pass()
            } else {
                self.wide(&full, rule, prints)
            };
        if all {
            return Allowed::All;
        }
        self.root_alone(prints);
        let root = self.shape(prints);
        let alone = self.adds_nothing(&root, prints)
            || !self.strict && !incomplete && self.wide(&root, rule, prints);
        if alone { Allowed::Root } else { Allowed::Nothing }
    }

    fn root_alone(&self, prints: &mut [Print]) {
        if let Some(print) = &mut prints[0] {
            let roots = &self.tables[0].families;
            for (node, numbers) in print.iter_mut().enumerate() {
                if !roots.contains(&node) {
                    *numbers = None;
                }
            }
        }
    }

    fn shape(&mut self, prints: &[Print]) -> Rc<Shape> {
        let pattern = |p: &Print| p.as_ref().map(|p| p.iter().map(Option::is_some).collect::<Vec<bool>>());
        let key: Vec<Option<Vec<bool>>> = prints.iter().map(pattern).collect();
        if let Some(shape) = self.shapes.get(&key) {
            return Rc::clone(shape);
        }
        if self.shapes.len() >= SHAPES {
            self.shapes.clear();
        }
        let patterns: Vec<Option<&[bool]>> = key.iter().map(Option::as_deref).collect();
        let shape = Rc::new(Shape::of(&self.tables, &self.classes, &patterns));
        self.shapes.insert(key, Rc::clone(&shape));
        shape
    }

    /// An earlier print of people in common shows fewer alleles than there are: the cells of the new table may cut its
    /// cells, so that two such numbers would tell how many of a few are not called.
    fn someone_is_not_called(&self, rule: Rule, prints: &[Print]) -> bool {
        self.tables.iter().zip(prints).skip(1).any(|(table, print)| {
            let Some(print) = print else { return false };
            let full = |node: usize| {
                let members = table.nodes[node].members.iter();
                members.map(|c| i64::from(self.classes[c].max_an(rule.zone))).sum::<i64>()
            };
            table.families.iter().any(|&root| print[root].is_some_and(|n| n.an < full(root)))
        })
    }

    /// Every leaf of the new print unites leaves of one earlier family, with the same numbers.
    fn adds_nothing(&self, shape: &Shape, prints: &[Print]) -> bool {
        (0..shape.new).all(|leaf| {
            let own = number(shape, prints, leaf);
            let known = |cover: &&Vec<usize>| sum(shape, prints, cover, &[]).is_some_and(|n| own == Some(less(n, own)));
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
    fn wide(&self, shape: &Shape, rule: Rule, prints: &[Print]) -> bool {
        self.equal_sets_agree(shape, rule, prints)
            && shape.shadows.iter().all(|shadow| shadow_passes(shape, rule, prints, shadow))
            && self.intervals_are_wide(shape, rule, prints)
    }

    /// Numbers of the same people are the same, or of another callset and far enough apart.
    fn equal_sets_agree(&self, shape: &Shape, rule: Rule, prints: &[Print]) -> bool {
        (0..shape.new).all(|leaf| {
            shape.same[leaf].iter().all(|cover| {
                let (Some(own), Some(earlier)) =
                    (number(shape, prints, leaf), sum(shape, prints, cover, &[]))
                else {
                    return false;
                };
                let gap = own.plus(-1, earlier);
                let k = i64::from(rule.k);
                let same = self.tables[shape.leaves[cover[0]].table].same_callset;
                let apart = |n: i64, floor: i64| n == 0 || !same && n.abs() >= floor;
                apart(gap.ac, 2 * k - 1)
                    && apart(gap.an, 2 * k)
                    && gap.genotypes.is_none_or(|g| g.iter().all(|&n| apart(n, k)))
            })
        })
    }

    /// What all prints of the callset leave to every atom; with and without what absent rows say.
    fn intervals_are_wide(&self, shape: &Shape, rule: Rule, prints: &[Print]) -> bool {
        let genotypes = (0..shape.new).all(|l| number(shape, prints, l).is_some_and(|n| n.genotypes.is_some()));
        let spans = if rule.genotypes && genotypes { Span::genotypes(rule) } else { vec![Span::alleles(rule)] };
        spans.iter().all(|span| {
            let constraints: Vec<(&[usize], i64)> = (0..shape.leaves.len())
                .filter(|&l| !shape.atoms_of[l].is_empty())
                .filter_map(|l| Some((shape.atoms_of[l].as_slice(), span.of(number(shape, prints, l)?)?)))
                .collect();
            let Some(bounds) = span.bounds(&shape.atoms, &constraints, &[]) else { return false };
            let with = span.bounds(&shape.atoms, &constraints, &span.few(&shape.atoms, &shape.absent, &bounds));
            span.wide(&shape.atoms, &bounds) && with.is_none_or(|b| span.wide(&shape.atoms, &b))
        })
    }
}

/// The numbers of a leaf.
fn number(shape: &Shape, prints: &[Print], leaf: usize) -> Option<Numbers> {
    let leaf = &shape.leaves[leaf];
    let print = prints[leaf.table].as_ref()?;
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
fn shadow_passes(shape: &Shape, rule: Rule, prints: &[Print], shadow: &Shadow) -> bool {
    let Some(left) = sum(shape, prints, &shadow.plus, &shadow.minus) else { return false };
    let (size, zone, k) = (shadow.size, rule.zone, i64::from(rule.k));
    if size.counted(zone) == 0 {
        return true;
    }
    if size.counted(zone) < rule.k || size.guarded(zone, rule.k) {
        return false;
    }
    if rule.genotypes {
        let possible = [size.diploid(zone); 3].into_iter().chain([size.haploid(zone); 2]);
        return left.genotypes.is_some_and(|g| g.iter().zip(possible).all(|(&n, p)| p == 0 || n >= k));
    }
    left.ac >= rule.alt_floor(size) && left.an - left.ac >= rule.rest_floor(size)
}
