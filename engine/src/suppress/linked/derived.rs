//! Sets of people whose numbers follow from printed ones by addition and subtraction, whatever the numbers.
//!
//! Leaves are rows over atoms; a set follows from them iff its indicator is a combination of rows. Every such set is a
//! disjoint union of *minimal* ones, and passing is closed under disjoint union, so the minimal ones are enough.

use super::{Numbers, Row};
use crate::ledger::prime::{P, inverse, minus, plus, times};
use crate::strata::Size;

/// Up to this rank all combinations are looked at; beyond it those of up to three rows of the echelon form.
const RANK: usize = 12;

/// A set that follows from leaves, with what each leaf counts.
pub(super) struct Derived {
    terms: Vec<(usize, u64)>,
    pub(super) size: Size,
}

/// The minimal sets that follow from leaves; `inside[leaf]` says which atoms are in it.
pub(super) fn derived(inside: &[Vec<usize>], sizes: &[Size]) -> Vec<Derived> {
    let echelon = reduced(inside, sizes.len());
    let mut sets: Vec<(Vec<usize>, Vec<u64>)> = Vec::new();
    let mut take = |chosen: &[usize]| {
        let atoms: Option<Vec<usize>> = (0..sizes.len())
            .filter_map(|atom| match chosen.iter().fold(0, |sum, &r| plus(sum, echelon[r].atoms[atom])) {
                0 => None,
                1 => Some(Some(atom)),
                _ => Some(None),
            })
            .collect();
        if let Some(atoms) = atoms {
            let add = |leaf: usize| chosen.iter().fold(0, |sum, &r| plus(sum, echelon[r].leaves[leaf]));
            sets.push((atoms, (0..inside.len()).map(add).collect()));
        }
    };
    let ranks = 0..echelon.len();
    if echelon.len() <= RANK {
        for bits in 1..1usize << echelon.len() {
            take(&ranks.clone().filter(|r| bits >> r & 1 == 1).collect::<Vec<_>>());
        }
    } else {
        for a in ranks.clone() {
            take(&[a]);
            for b in 0..a {
                take(&[a, b]);
                (0..b).for_each(|c| take(&[a, b, c]));
            }
        }
    }
    sets.sort_by_key(|(atoms, _)| atoms.len());
    let mut minimal: Vec<(Vec<usize>, Vec<u64>)> = Vec::new();
    for set in sets {
        if !minimal.iter().any(|(least, _)| least.iter().all(|a| set.0.contains(a))) {
            minimal.push(set);
        }
    }
    let of = |(atoms, leaves): (Vec<usize>, Vec<u64>)| Derived {
        terms: leaves.into_iter().enumerate().filter(|(_, c)| *c != 0).collect(),
        size: atoms.iter().fold(Size::default(), |sum, &a| sum.plus(sizes[a])),
    };
    minimal.into_iter().map(of).collect()
}

/// A row of the reduced echelon form, and the combination of leaves that it is.
struct Combined {
    atoms: Vec<u64>,
    leaves: Vec<u64>,
    pivot: usize,
}

impl Combined {
    fn less(&mut self, factor: u64, other: &Self) {
        let pairs = self.atoms.iter_mut().zip(&other.atoms).chain(self.leaves.iter_mut().zip(&other.leaves));
        pairs.for_each(|(x, o)| *x = minus(*x, times(factor, *o)));
    }
}

/// The reduced echelon form of the leaves.
fn reduced(inside: &[Vec<usize>], atoms: usize) -> Vec<Combined> {
    let mut rows: Vec<Combined> = Vec::new();
    for (leaf, members) in inside.iter().enumerate() {
        let mut row = Combined { atoms: vec![0; atoms], leaves: vec![0; inside.len()], pivot: 0 };
        members.iter().for_each(|&atom| row.atoms[atom] = 1);
        row.leaves[leaf] = 1;
        for known in &rows {
            row.less(row.atoms[known.pivot], known);
        }
        let Some(pivot) = row.atoms.iter().position(|&x| x != 0) else { continue };
        let scale = inverse(row.atoms[pivot]);
        row.pivot = pivot;
        row.atoms.iter_mut().chain(&mut row.leaves).for_each(|x| *x = times(*x, scale));
        for known in &mut rows {
            known.less(known.atoms[pivot], &row);
        }
        rows.push(row);
    }
    rows
}

impl Derived {
    /// The set passes, or nobody in it is counted.
    pub(super) fn passes(&self, row: Row, number: &dyn Fn(usize) -> Option<Numbers>) -> bool {
        if self.size.counted(row.zone) == 0 {
            return true;
        }
        let all: Option<Vec<(u64, Numbers)>> =
            self.terms.iter().map(|&(leaf, factor)| Some((factor, number(leaf)?))).collect();
        let Some(all) = all else { return false };
        let add = |of: &dyn Fn(&Numbers) -> i64| {
            all.iter().fold(0, |sum, (factor, n)| plus(sum, times(*factor, modulo(of(n)))))
        };
        let genotypes = all.iter().all(|(_, n)| n.genotypes.is_some());
        let class = |i: usize| integer(add(&|n| n.genotypes.map_or(0, |g| g[i])));
        let numbers = Numbers {
            ac: integer(add(&|n| n.ac)),
            an: integer(add(&|n| n.an)),
            genotypes: genotypes.then(|| std::array::from_fn(class)),
        };
        row.passes(self.size, numbers)
    }
}

fn modulo(n: i64) -> u64 {
    let size = n.unsigned_abs();
    if n < 0 { P - size } else { size }
}

/// Counts are far smaller than half the prime.
fn integer(n: u64) -> i64 {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    if n > P / 2 { -signed(P - n) } else { signed(n) }
}
