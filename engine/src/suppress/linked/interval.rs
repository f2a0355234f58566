//! Bounds of a count in every atom, from sums that are printed and from what was withheld.
//!
//! A row that is absent, a step that a chain did not take: each says that one of a few tests failed. Which one nobody knows, so
//! that it is enough if under one of these explanations every atom keeps enough values.

use super::shape::{Atom, Shape};
use super::solve::solved;
use super::{Numbers, Row};
use crate::strata::Size;
use crate::suppress::sums::Test;

/// A count that atoms have: of alleles, or of people of one genotype.
pub(super) struct Span {
    row: Row,
    /// Index into the genotype counts; none for alleles.
    class: Option<usize>,
}

/// Lowest and highest value of each atom.
type Bounds = Vec<(i64, i64)>;

/// Rounds of propagation; bounds that are not tight are only too wide, which the audit says.
const ROUNDS: usize = 50;

/// Rounds in which sums are taken from sums, and how many are kept.
const DEPTH: usize = 2;
const SUMS: usize = 128;

/// Most atoms whose sums are solved for each other.
const SOLVED: usize = 64;

/// Combinations of explanations that are tried.
const TRIES: usize = 64;

/// A test that failed in a set.
#[derive(Clone, Copy)]
struct Failed<'a> {
    atoms: &'a [usize],
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// No more copies of ALT than this.
    Few(i64),
    /// No more copies of REF than this.
    Rest(i64),
    /// No more people of a genotype than this.
    Class(usize, i64),
    /// It could never pass.
    Never,
}

/// Per span the sums that are printed.
type Exact<'a> = Vec<Vec<(&'a [usize], i64)>>;

/// What all prints of the callset leave to every atom.
pub(super) struct Intervals<'a> {
    shape: &'a Shape,
    row: Row,
    spans: Vec<Span>,
    exact: Exact<'a>,
    /// Per row or step that is withheld: what may have failed.
    withheld: Vec<Vec<Failed<'a>>>,
    tries: usize,
}

impl<'a> Intervals<'a> {
    pub(super) fn new(shape: &'a Shape, row: Row, number: &dyn Fn(usize) -> Option<Numbers>) -> Self {
        let genotypes = (0..shape.new).all(|l| number(l).is_some_and(|n| n.genotypes.is_some()));
        let mut spans = vec![Span { row, class: None }];
        if row.genotypes && genotypes {
            spans.extend((0..5).map(|class| Span { row, class: Some(class) }));
        }
        let sums = |span: &Span| {
            let leaves = (0..shape.leaves.len()).filter(|&l| !shape.atoms_of[l].is_empty());
            leaves.filter_map(|l| Some((shape.atoms_of[l].as_slice(), span.of(number(l)?)?))).collect()
        };
        let exact = spans.iter().map(sums).collect();
        let mut intervals = Self { shape, row, spans, exact, withheld: Vec::new(), tries: 0 };
        let absent = shape.absent.iter().map(|set| intervals.failures(set, false));
        let stops = shape
            .stops
            .iter()
            .map(|halves| halves.iter().flat_map(|half| intervals.failures(half, row.genotypes)).collect());
        intervals.withheld = absent.chain(stops).collect();
        intervals
    }

    /// The tests of which one fails when a set is withheld.
    fn failures(&self, set: &'a [usize], genotypes: bool) -> Vec<Failed<'a>> {
        let size = set.iter().fold(Size::default(), |sum, &a| sum.plus(self.shape.atoms[a].size));
        let test = Test::of(size, self.row.zone, self.row.k);
        let k = i64::from(self.row.k);
        let (diploid, haploid) = (size.diploid(self.row.zone) > 0, size.haploid(self.row.zone) > 0);
        let of = |what| Failed { atoms: set, what };
        if !test.possible {
            return vec![of(What::Never)];
        }
        if genotypes {
            let classes =
                [0, 1, 2].into_iter().filter(|_| diploid).chain([3, 4].into_iter().filter(|_| haploid));
            return classes.map(|class| of(What::Class(class, k - 1))).collect();
        }
        vec![of(What::Few(test.alt - 1)), of(What::Rest(test.rest - 1))]
    }

    /// Every atom is wide, whatever was withheld, and under some explanation of all that was.
    pub(super) fn wide(mut self) -> bool {
        // How few alleles an absent row has limits its genotypes together; spans look at each alone.
        let apart = self.spans.len() == 1 || self.shape.absent.is_empty();
        apart && self.leaves_enough(&[]) && self.explained(&mut Vec::new())
    }

    fn explained(&mut self, taken: &mut Vec<Failed<'a>>) -> bool {
        self.tries += 1;
        if self.tries > TRIES || !self.is_possible(taken) {
            return false;
        }
        if taken.len() == self.withheld.len() {
            return self.leaves_enough(taken);
        }
        let all = self.withheld[taken.len()].clone();
        all.into_iter().any(|failed| {
            taken.push(failed);
            let found = self.explained(taken);
            taken.pop();
            found
        })
    }

    fn is_possible(&self, failed: &[Failed<'_>]) -> bool {
        self.spans
            .iter()
            .zip(&self.exact)
            .all(|(s, exact)| s.bounds(&self.shape.atoms, exact, failed).is_some())
    }

    fn leaves_enough(&self, failed: &[Failed<'_>]) -> bool {
        let atoms = &self.shape.atoms;
        self.spans
            .iter()
            .zip(&self.exact)
            .all(|(span, exact)| span.bounds(atoms, exact, failed).is_some_and(|b| span.wide(atoms, &b)))
    }
}

impl Span {
    /// The count among printed numbers.
    fn of(&self, numbers: Numbers) -> Option<i64> {
        self.class.map_or(Some(numbers.ac), |class| numbers.genotypes.map(|g| g[class]))
    }

    /// Most that an atom can have.
    fn most(&self, atom: &Atom) -> i64 {
        let zone = self.row.zone;
        i64::from(match self.class {
            None => atom.size.max_an(zone),
            Some(0..3) => atom.size.diploid(zone),
            Some(_) => atom.size.haploid(zone),
        })
    }

    /// The count's limits in a set where a test failed.
    fn limit(&self, atoms: &[Atom], failed: &Failed<'_>) -> (i64, i64) {
        let all: i64 = failed.atoms.iter().map(|&a| self.most(&atoms[a])).sum();
        let up_to = |n: i64| (0, n.min(all));
        match (failed.what, self.class) {
            (What::Few(n), None | Some(1 | 4)) | (What::Rest(n), Some(1 | 3)) => up_to(n),
            (What::Few(n), Some(2)) | (What::Rest(n), Some(0)) => up_to(n / 2),
            (What::Rest(n), None) => ((all - n).max(0), all),
            (What::Class(g, n), Some(class)) if g == class => up_to(n),
            _ => (0, all),
        }
    }

    /// Bounds by propagation. None if nothing satisfies them.
    fn bounds(&self, atoms: &[Atom], exact: &[(&[usize], i64)], failed: &[Failed<'_>]) -> Option<Bounds> {
        let mut bounds: Bounds = atoms.iter().map(|a| (0, self.most(a))).collect();
        let limits = failed.iter().map(|failed| {
            let (low, high) = self.limit(atoms, failed);
            (failed.atoms, low, high)
        });
        let all: Vec<(&[usize], i64, i64)> =
            exact.iter().map(|&(atoms, n)| (atoms, n, n)).chain(limits).collect();
        let differences = differences(&all, &bounds);
        let all =
            all.iter().copied().chain(differences.iter().map(|(atoms, low, high)| (&**atoms, *low, *high)));
        let all: Vec<(&[usize], i64, i64)> = all.collect();
        let solved = if atoms.len() <= SOLVED { solved(&all, atoms.len()) } else { Vec::new() };
        for _ in 0..ROUNDS {
            let before = bounds.clone();
            for &sum in &all {
                tighten(&mut bounds, sum)?;
            }
            for row in &solved {
                row.tighten(&mut bounds)?;
            }
            if bounds == before {
                break;
            }
        }
        Some(bounds)
    }

    /// Every atom keeps enough values, or lies where it would pass, or keeps all that its size leaves.
    fn wide(&self, atoms: &[Atom], bounds: &Bounds) -> bool {
        let k = i64::from(self.row.k);
        atoms.iter().zip(bounds).all(|(atom, &(low, high))| {
            let most = self.most(atom);
            // 2K − 1 allele counts leave K counts of people, K where people have one copy.
            let test = Test::of(atom.size, self.row.zone, self.row.k);
            let (values, floor, rest) = match self.class {
                Some(_) => (k, k, k),
                None => (test.alt, test.alt, test.rest),
            };
            high - low + 1 >= values
                || (low >= floor && high <= most - rest)
                || (most + 1 < values && low == 0 && high == most)
        })
    }
}

/// What one sum says of its atoms; none if it cannot be.
fn tighten(bounds: &mut Bounds, (atoms, low, high): (&[usize], i64, i64)) -> Option<()> {
    let least: i64 = atoms.iter().map(|&a| bounds[a].0).sum();
    let most: i64 = atoms.iter().map(|&a| bounds[a].1).sum();
    if least > high || most < low {
        return None;
    }
    for &a in atoms {
        let (lo, hi) = bounds[a];
        bounds[a] = (lo.max(low - (most - hi)), hi.min(high - (least - lo)));
    }
    atoms.iter().all(|&a| bounds[a].0 <= bounds[a].1).then_some(())
}

/// Sums of what nested sums leave of each other, and of what these leave: single atoms do not see how they add up.
fn differences(sums: &[(&[usize], i64, i64)], bounds: &Bounds) -> Vec<(Vec<usize>, i64, i64)> {
    if bounds.len() > SOLVED {
        return Vec::new();
    }
    let mask = |atoms: &[usize]| atoms.iter().fold(0u64, |mask, a| mask | 1 << a);
    let mut known: Vec<(u64, i64, i64)> = Vec::new();
    sums.iter().for_each(|&(atoms, low, high)| learn(&mut known, (mask(atoms), low, high)));
    bounds.iter().enumerate().for_each(|(atom, &(low, high))| learn(&mut known, (1 << atom, low, high)));
    for _ in 0..DEPTH {
        let before = known.clone();
        for &(outer, low, high) in &before {
            for &(inner, least, most) in before.iter().filter(|(inner, ..)| inner & outer == *inner) {
                if inner != outer {
                    learn(&mut known, (outer & !inner, low - most, high - least));
                }
            }
        }
        for (i, &(a, low, high)) in before.iter().enumerate() {
            for &(b, least, most) in before[..i].iter().filter(|(b, ..)| a & b == 0) {
                learn(&mut known, (a | b, low + least, high + most));
            }
        }
        if known == before {
            break;
        }
    }
    let atoms = |mask: u64| (0..bounds.len()).filter(|a| mask >> a & 1 == 1).collect();
    known.into_iter().map(|(mask, low, high)| (atoms(mask), low, high)).collect()
}

/// Adds a sum, or what it says beyond what is known of the same atoms.
fn learn(known: &mut Vec<(u64, i64, i64)>, (mask, low, high): (u64, i64, i64)) {
    let room = known.len() < SUMS;
    match known.iter_mut().find(|(same, ..)| *same == mask) {
        Some((_, lo, hi)) => (*lo, *hi) = ((*lo).max(low), (*hi).min(high)),
        None if room => known.push((mask, low, high)),
        None => {}
    }
}
