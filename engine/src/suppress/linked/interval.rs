//! Bounds of a count in every atom, from sums that are printed.

use super::shape::Atom;
use super::{Numbers, Row};
use crate::suppress::sums::Test;

/// A count that atoms have: of alleles, or of people of one genotype.
pub(super) struct Span {
    row: Row,
    /// Index into the genotype counts; none for alleles.
    class: Option<usize>,
}

/// Lowest and highest value of each atom.
pub(super) type Bounds = Vec<(i64, i64)>;

/// Rounds of propagation; bounds that are not tight are only too wide, which the audit says.
const ROUNDS: usize = 50;

impl Span {
    pub(super) fn alleles(row: Row) -> Self {
        Self { row, class: None }
    }

    /// Each genotype count.
    pub(super) fn genotypes(row: Row) -> Vec<Self> {
        (0..5).map(|class| Self { row, class: Some(class) }).collect()
    }

    /// The count among printed numbers.
    pub(super) fn of(&self, numbers: Numbers) -> Option<i64> {
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

    /// Bounds by propagation: `exact` sums, and sums with an upper limit. None if nothing satisfies them.
    pub(super) fn bounds(
        &self,
        atoms: &[Atom],
        exact: &[(&[usize], i64)],
        limits: &[(Vec<usize>, i64, i64)],
    ) -> Option<Bounds> {
        let mut bounds: Bounds = atoms.iter().map(|a| (0, self.most(a))).collect();
        let exact = exact.iter().map(|&(atoms, n)| (atoms, n, n));
        let all: Vec<(&[usize], i64, i64)> =
            exact.chain(limits.iter().map(|(a, lo, hi)| (a.as_slice(), *lo, *hi))).collect();
        for _ in 0..ROUNDS {
            let mut changed = false;
            for &(atoms, low, high) in &all {
                let least: i64 = atoms.iter().map(|&a| bounds[a].0).sum();
                let most: i64 = atoms.iter().map(|&a| bounds[a].1).sum();
                if least > high || most < low {
                    return None;
                }
                for &a in atoms {
                    let (lo, hi) = bounds[a];
                    let tight = (lo.max(low - (most - hi)), hi.min(high - (least - lo)));
                    changed |= tight != (lo, hi);
                    bounds[a] = tight;
                }
                if atoms.iter().any(|&a| bounds[a].0 > bounds[a].1) {
                    return None;
                }
            }
            if !changed {
                break;
            }
        }
        Some(bounds)
    }

    /// What absent rows say of their people: too few copies of one allele or of the other, whichever is rarer.
    pub(super) fn few(
        &self,
        atoms: &[Atom],
        absent: &[Vec<usize>],
        bounds: &Bounds,
    ) -> Vec<(Vec<usize>, i64, i64)> {
        if self.class.is_some() {
            return Vec::new();
        }
        let few = 2 * i64::from(self.row.k);
        let limit = |inside: &Vec<usize>| {
            let all: i64 = inside.iter().map(|&a| self.most(&atoms[a])).sum();
            let middle: i64 = inside.iter().map(|&a| bounds[a].0 + bounds[a].1).sum();
            if middle <= all { (inside.clone(), 0, few - 2) } else { (inside.clone(), all - few + 1, all) }
        };
        absent.iter().map(limit).collect()
    }

    /// Every atom keeps enough values, or lies where it would pass, or keeps all that its size leaves.
    pub(super) fn wide(&self, atoms: &[Atom], bounds: &Bounds) -> bool {
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
