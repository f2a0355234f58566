//! Named attacks: each is tried against the product's tables and against those of a broken rule.

use std::collections::{BTreeMap, BTreeSet};

/// The real threshold.
pub(crate) const K: u32 = 10;

/// Tables tried, and those that told too much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) tables: u64,
    pub(crate) leaks: u64,
}

impl Score {
    pub(crate) fn add(&mut self, leaks: bool) {
        self.tables += 1;
        self.leaks += u64::from(leaks);
    }
}

/// Prints one line for each rule that was attacked: the product's must hold, the broken ones must not.
pub(crate) fn versus(attack: &str, rule: Score, broken: &[(&str, Score)]) {
    println!("{attack}: the rule, {} tables, {} leaks", rule.tables, rule.leaks);
    assert!(rule.leaks == 0 && rule.tables > 0, "{attack}: {rule:?}");
    for (how, score) in broken {
        println!("{attack}: {how}, {} tables, {} leaks", score.tables, score.leaks);
        assert!(score.leaks > 0, "{attack}, {how}: nothing was found in {score:?}");
    }
}

/// True when these are all the values that a count of so many people can have, and too few of them.
pub(crate) fn narrow(values: &BTreeSet<u32>, people: u32) -> bool {
    let small = values.iter().any(|&v| v < K || v + K > people);
    small && values.len() < K.min(people + 1) as usize
}

/// A number of alleles in so many people that leaves fewer than K genotypes' worth of doubt.
pub(crate) fn narrow_alleles(ac: i64, an: i64) -> bool {
    let (k, n) = (i64::from(K), an / 2);
    let few = |a: i64| {
        let carriers = (a.min(n) - (a + 1) / 2 + 1, (a + 1) / 2);
        let homozygotes = (a / 2 - (a - n).max(0) + 1, (a - n).max(0));
        [carriers, homozygotes].iter().any(|&(values, least)| least < k && values < k)
    };
    n > 0 && (few(ac) || few(an - ac))
}

/// Groups data sets by what is printed of them; `counts` are of sets of so many people.
pub(crate) fn by_print<D>(
    data: impl IntoIterator<Item = D>,
    sizes: &[u32],
    mut print: impl FnMut(&D) -> Vec<i64>,
    counts: impl Fn(&D) -> Vec<Vec<u32>>,
) -> Score {
    let mut seen: BTreeMap<Vec<i64>, Vec<BTreeSet<u32>>> = BTreeMap::new();
    for set in data {
        let values = seen.entry(print(&set)).or_insert_with(|| vec![BTreeSet::new(); sizes.len()]);
        for (values, more) in values.iter_mut().zip(counts(&set)) {
            values.extend(more);
        }
    }
    let mut score = Score::default();
    for values in seen.values() {
        score.add(values.iter().zip(sizes).any(|(v, &people)| narrow(v, people)));
    }
    score
}
