//! Cells of rich records: drawn once for every genotype, then dealt out.

use std::fmt::Write as _;

use super::bcf::{END, MISSING};
use crate::dice::Dice;

/// Cells of hom-ref calls of two alleles; an eighth of that for everything else. Many more than fit into deflate's window
/// of 32 KiB, so that they compress like cells that were never seen.
const CELLS: usize = 1 << 16;

/// The cells of one genotype of records with so many alleles.
pub(super) struct Pool {
    text: Vec<Box<str>>,
    /// `width` numbers each: AD by allele, DP, GQ, PL by genotype.
    numbers: Vec<i32>,
    width: usize,
}

/// A cell of a record with `alleles` alleles.
pub(super) struct Cell<'p> {
    pub(super) text: &'p str,
    pub(super) ad: &'p [i32],
    pub(super) dp: i32,
    pub(super) gq: i32,
    pub(super) pl: &'p [i32],
}

/// One sample's genotype in a rich record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Genotype {
    Missing {
        haploid: bool,
    },
    One(usize),
    /// Smaller allele first.
    Two(usize, usize),
}

/// Genotypes of `alleles` alleles in the order of PL.
fn genotypes(alleles: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..alleles).flat_map(|b| (0..=b).map(move |a| (a, b)))
}

impl Pool {
    pub(super) fn new(genotype: Genotype, alleles: usize, dice: &mut Dice) -> Self {
        let cells = if genotype == Genotype::Two(0, 0) && alleles == 2 { CELLS } else { CELLS / 8 };
        let width = alleles + 2 + alleles * (alleles + 1) / 2;
        let mut pool = Self { text: Vec::with_capacity(cells), numbers: Vec::new(), width };
        for number in 0..cells {
            pool.add(genotype, alleles, number % 2 == 0, dice);
        }
        pool
    }

    pub(super) fn draw(&self, alleles: usize, dice: &mut Dice) -> Cell<'_> {
        let number = dice.roll(self.text.len());
        let numbers = &self.numbers[number * self.width..][..self.width];
        let (ad, rest) = numbers.split_at(alleles);
        Cell { text: &self.text[number], ad, dp: rest[0], gq: rest[1], pl: &rest[2..] }
    }

    /// A missing call with its subfields, or with all of them dropped.
    fn add_missing(&mut self, haploid: bool, alleles: usize, whole: bool) {
        let call = if haploid { "." } else { "./." };
        let mut text = call.to_owned();
        if whole {
            // Writing to a string cannot fail.
            let _ = write!(text, ":{}:0:.:.", vec!["0"; alleles].join(","));
            self.numbers.extend(std::iter::repeat_n(0, alleles + 1));
        } else {
            self.numbers.extend([MISSING].into_iter().chain(std::iter::repeat_n(END, alleles - 1)));
            self.numbers.push(MISSING);
        }
        self.numbers.extend([MISSING, MISSING]);
        self.numbers.resize((self.text.len() + 1) * self.width, END);
        self.text.push(text.into());
    }

    fn add(&mut self, genotype: Genotype, alleles: usize, whole: bool, dice: &mut Dice) {
        let (a, b, haploid) = match genotype {
            Genotype::Missing { haploid } => return self.add_missing(haploid, alleles, whole),
            Genotype::One(a) => (a, a, true),
            Genotype::Two(a, b) => (a, b, false),
        };
        // About 30 reads, 15 of one chromosome; one cell in a hundred has too few.
        let scale = if haploid { 0.5 } else { 1.0 };
        let dp = whole_number(scale * (30.0 + 8.5 * dice.normal())).max(2);
        let mut ad = vec![0; alleles];
        let second = if a == b { 0 } else { (0..dp).filter(|_| dice.chance(0.49)).count() };
        let wrong = (0..dp).filter(|_| dice.chance(0.003)).count();
        let (second, wrong) = (i32::try_from(second).unwrap_or(0), i32::try_from(wrong).unwrap_or(0));
        ad[b] = second;
        ad[a] += dp - second;
        let wrong = wrong.min(ad[a]);
        ad[a] -= wrong;
        ad[(a + 1 + dice.roll(alleles - 1)) % alleles] += wrong;
        let pl = likelihoods(&ad, (a, b), haploid, dice);
        let gq = pl.iter().enumerate().filter(|(i, _)| *i != place(a, b, haploid)).map(|(_, &v)| v).min();
        let gq = gq.unwrap_or(0).min(99);
        // Reference blocks hold bands of GQ.
        let gq = if b == 0 { gq / 3 * 3 } else { gq };
        let join = |list: &[i32]| list.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
        let call = if haploid { a.to_string() } else { format!("{a}/{b}") };
        self.text.push(format!("{call}:{}:{dp}:{gq}:{}", join(&ad), join(&pl)).into());
        self.numbers.extend(ad.into_iter().chain([dp, gq]).chain(pl));
        self.numbers.resize(self.text.len() * self.width, END);
    }
}

/// Where a genotype stands in PL.
fn place(a: usize, b: usize, haploid: bool) -> usize {
    if haploid { a } else { b * (b + 1) / 2 + a }
}

/// PL of a binomial model with an error of 0.002 a read, and noise; 0 for the call.
fn likelihoods(ad: &[i32], call: (usize, usize), haploid: bool, dice: &mut Dice) -> Vec<i32> {
    let loss = |allele: usize, (a, b): (usize, usize)| match (allele == a, allele == b) {
        (true, true) => 0.0,
        (false, false) => 27.0,
        _ => 3.0,
    };
    let of = |genotype| ad.iter().enumerate().map(|(allele, &n)| f64::from(n) * loss(allele, genotype)).sum();
    let list: Vec<f64> = if haploid {
        (0..ad.len()).map(|a| of((a, a))).collect()
    } else {
        genotypes(ad.len()).map(of).collect()
    };
    let mine = place(call.0, call.1, haploid);
    let (best, noise) = (list[mine], 3.0);
    let noisy = |(n, pl): (usize, f64)| {
        if n == mine { 0 } else { whole_number((pl - best).abs() + noise * dice.normal()).max(1) }
    };
    list.into_iter().enumerate().map(noisy).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "reads of one sample, so it fits")]
fn whole_number(n: f64) -> i32 {
    n.round() as i32
}

/// The pools of records with so many alleles.
pub(super) struct Pools {
    two: Vec<Pool>,
    one: Vec<Pool>,
    missing: [Pool; 2],
    alleles: usize,
}

impl Pools {
    pub(super) fn new(alleles: usize, dice: &mut Dice) -> Self {
        let mut pool = |genotype| Pool::new(genotype, alleles, dice);
        Self {
            two: genotypes(alleles).map(|(a, b)| pool(Genotype::Two(a, b))).collect(),
            one: (0..alleles).map(|a| pool(Genotype::One(a))).collect(),
            missing: [false, true].map(|haploid| pool(Genotype::Missing { haploid })),
            alleles,
        }
    }

    pub(super) fn draw(&self, genotype: Genotype, dice: &mut Dice) -> Cell<'_> {
        let pool = match genotype {
            Genotype::Missing { haploid } => &self.missing[usize::from(haploid)],
            Genotype::One(a) => &self.one[a],
            Genotype::Two(a, b) => &self.two[place(a, b, false)],
        };
        pool.draw(self.alleles, dice)
    }
}
