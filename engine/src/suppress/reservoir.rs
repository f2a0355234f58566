//! How a chain goes on behind a step that failed, where everybody has the same number of copies and one ALT is printed.
//!
//! ```text
//! side       the rarer of AC and AN′ − AC in what is left (tier G: the rarest class), at the first step that fails
//! reservoir  the smallest child behind that step that has places for all of that side, and for w more
//!            w = 2K − 2 alleles, K − 1 where everybody has one copy, K − 1 people at tier G;  none → the chain ends
//! each other child in turn:  both c and rest − c pass → c is a part, else it is held back
//! last                       the reservoir is a part if it and the children held back pass, and these have at most
//!                            w · (their number − 1) of the side
//! ```
//! Every child held back may have 0 to w of the side, whatever the others have: the reservoir takes what is left, or, where it is
//! printed too, the others do. So each union of them, and what it leaves of the rest, keeps its values.

use super::sums::{AC, AN, DIPLOID_HOMREF, HAPLOID_REF, HEMI, HET, HOMALT, Rule, Table, Test};
use crate::region::Zone;

/// What is public of it in one zone.
#[derive(Clone, Copy)]
pub(super) struct Reservoir {
    k: i64,
    /// Copies that everybody has.
    copies: i64,
}

/// The rarer side of a set.
#[derive(Clone, Copy)]
enum Side {
    Alt,
    Rest,
    /// A genotype class, by its column.
    Class(usize),
}

/// A chain at the step that failed.
pub(super) struct Stopped<'a> {
    pub(super) rule: Rule,
    pub(super) sums: &'a Table,
    /// What the children must hold: the same for each where everybody has the same number of copies.
    pub(super) test: &'a Test,
    /// What is left, from the child that failed on, with people.
    pub(super) children: &'a [(usize, i64)],
}

impl Side {
    #[inline]
    fn of(self, number: impl Fn(usize) -> i64) -> i64 {
        match self {
            Self::Alt => number(AC),
            Self::Rest => number(AN) - number(AC),
            Self::Class(column) => number(column),
        }
    }
}

impl Reservoir {
    /// Nothing where the number of copies depends on sex.
    pub(super) fn of(zone: Zone, k: u32) -> Option<Self> {
        let copies = match zone {
            Zone::Diploid => 2,
            Zone::Mt => 1,
            Zone::X | Zone::Y => return None,
        };
        Some(Self { k: i64::from(k), copies })
    }

    /// Goes on behind the first of the children; `rest` holds the numbers of all of them.
    pub(super) fn go_on(self, at: &Stopped<'_>, rest: &mut [i64], alone: &mut Vec<usize>) {
        let Stopped { rule, sums, test, children } = *at;
        if rule.alts != 1 || children.len() < 3 {
            return;
        }
        let (side, moved) = self.side(rule, rest);
        let Some(reservoir) = self.choose(at, rest, side.of(|c| rest[c]) + moved) else { return };
        let both = |child: usize, rest: &[i64]| {
            rule.passes(test, |c| sums.get(child, c)) && rule.passes(test, |c| rest[c] - sums.get(child, c))
        };
        let mut held = 1;
        for (i, &(child, _)) in children.iter().enumerate().skip(1) {
            if i == reservoir {
                continue;
            }
            if both(child, rest) {
                alone.push(child);
                rest.iter_mut().enumerate().for_each(|(c, n)| *n -= sums.get(child, c));
            } else {
                held += 1;
            }
        }
        let last = children[reservoir].0;
        let left = side.of(|c| rest[c] - sums.get(last, c));
        if left <= moved * (held - 1) && both(last, rest) {
            alone.push(last);
        }
    }

    /// The rarer side, and how much of it makes no set pass.
    fn side(self, rule: Rule, rest: &[i64]) -> (Side, i64) {
        if !rule.genotypes {
            let rarer = if 2 * rest[AC] <= rest[AN] { Side::Alt } else { Side::Rest };
            return (rarer, self.copies * (self.k - 1));
        }
        let classes: &[usize] =
            if self.copies == 2 { &[DIPLOID_HOMREF, HET, HOMALT] } else { &[HAPLOID_REF, HEMI] };
        let rarest = classes.iter().copied().min_by_key(|&column| rest[column]).unwrap_or(HOMALT);
        (Side::Class(rarest), self.k - 1)
    }

    /// The smallest child behind the first with so many places, if all who are printed as not called are in it.
    fn choose(self, at: &Stopped<'_>, rest: &[i64], places: i64) -> Option<usize> {
        let each = if at.rule.genotypes { 1 } else { self.copies };
        let called = if at.rule.genotypes {
            [DIPLOID_HOMREF, HET, HOMALT, HAPLOID_REF, HEMI].iter().map(|&column| rest[column]).sum()
        } else {
            rest[AN]
        };
        let lost = each * at.children.iter().map(|c| c.1).sum::<i64>() - called;
        (1..at.children.len()).rev().find(|&i| each * at.children[i].1 - lost >= places)
    }
}
