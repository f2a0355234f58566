//! Which small groups of people follow from the strata that are public: the rank test of `disclosure.md` §5.
//!
//! Every released stratum is a sum over its people that anybody can read, of any variant. A linear combination of such sums
//! that leaves only people of a set S tells something of S alone; with fewer than K people in S that is a leak.
//!
//! ```text
//! columns = people, rows = strata, entry = is in it;  people with equal columns are one class
//! S with fewer than K people is derivable  ⇔  rank(all columns) > rank(columns outside S)
//! certified ⇔ no such S
//! ```
//! 1. *Fast path*: every class has K people or more. Then S never holds a whole class, and the rank stays.
//! 2. *Disjoint bases*: K bases of the column space that share nobody (a class of n people may be used n times, one of K or
//!    more always). Fewer than K people meet fewer than K of them, so that one basis is left whatever S is.
//! 3. *Search*: a derivable S meets every basis. So: take a basis outside the people taken so far; none → they are
//!    derivable; else take one of its small classes, in turn. Complete; branches end as in 2 or when K people are taken.
//!
//! Arithmetic is modulo the prime 2⁶¹ − 1: what is independent there is independent over the integers. A rank that is
//! lower there than over the integers can only refuse what might pass.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::prime::{inverse, minus, times};

/// What can be said of a list of strata. `Debug` is for tests: it would name a small group.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Derivable {
    /// No group of fewer than K people follows from them.
    Nothing,
    /// These people follow from them.
    Group(RoaringBitmap),
    /// Not decided within the limit: a person must.
    Undecided,
}

/// Branches of the search.
const LIMIT: usize = 1_000_000;
/// Column operations of the search: some seconds.
const WORK: u64 = 4_000_000_000;

/// Looks for a group of fewer than `k` people that follows from public strata.
pub(crate) fn derivable(strata: &[&RoaringBitmap], k: u32) -> Derivable {
    let classes = classes(strata);
    if classes.iter().all(|c| c.people >= u64::from(k)) {
        return Derivable::Nothing;
    }
    let (large, small): (Vec<Class>, Vec<Class>) =
        classes.into_iter().partition(|c| c.people >= u64::from(k));
    let mut fixed = Echelon::new(strata.len());
    for class in &large {
        fixed.insert(&column(strata, class.person));
    }
    let columns: Vec<Vec<u64>> = small.iter().map(|c| fixed.reduced(&column(strata, c.person))).collect();
    let mut whole = fixed.clone();
    for column in &columns {
        // No column can add to the whole space.
        if whole.rank() == strata.len() {
            break;
        }
        whole.insert(column);
    }
    let mut search =
        Search { k: u64::from(k), fixed, rank: whole.rank(), small, columns, branches: 0, work: 0 };
    let mut taken = vec![false; search.small.len()];
    match search.below(&mut taken, 0) {
        Found::Nothing => Derivable::Nothing,
        Found::Undecided => Derivable::Undecided,
        Found::Group => {
            search.shrink(&mut taken);
            let of = |i: usize| members(strata, search.small[i].person);
            let taken = taken.iter().enumerate().filter(|(_, t)| **t);
            Derivable::Group(taken.map(|(i, _)| of(i)).fold(RoaringBitmap::new(), |a, b| a | b))
        }
    }
}

/// People who are in the same strata.
struct Class {
    /// One of them.
    person: u32,
    people: u64,
}

/// Groups people by the strata they are in.
fn classes(strata: &[&RoaringBitmap]) -> Vec<Class> {
    let mut index: HashMap<u128, usize> = HashMap::new();
    let mut classes: Vec<Class> = Vec::new();
    for (person, signature) in (0u32..).zip(signatures(strata)).filter(|(_, s)| *s != 0) {
        let class = *index.entry(signature).or_insert_with(|| {
            classes.push(Class { person, people: 0 });
            classes.len() - 1
        });
        classes[class].people += 1;
    }
    classes
}

/// Per person a word that stands for the list of strata with this person, zero for none: the sum of one random word per
/// stratum.
pub(crate) fn signatures(strata: &[&RoaringBitmap]) -> Vec<u128> {
    let end = strata.iter().filter_map(|s| s.max()).max().map_or(0, |m| m as usize + 1);
    let mut signatures = vec![0u128; end];
    for (i, stratum) in (0u64..).zip(strata) {
        let mut word = [0; 16];
        word.copy_from_slice(&blake3::hash(&i.to_le_bytes()).as_bytes()[..16]);
        let word = u128::from_le_bytes(word);
        for person in *stratum {
            let slot = &mut signatures[person as usize];
            *slot = slot.wrapping_add(word);
        }
    }
    signatures
}

fn column(strata: &[&RoaringBitmap], person: u32) -> Vec<u64> {
    strata.iter().map(|s| u64::from(s.contains(person))).collect()
}

/// Everybody who is in the same strata as a person.
fn members(strata: &[&RoaringBitmap], person: u32) -> RoaringBitmap {
    let mut inside: Option<RoaringBitmap> = None;
    for stratum in strata.iter().filter(|s| s.contains(person)) {
        inside = Some(inside.map_or_else(|| (*stratum).clone(), |i| i & *stratum));
    }
    let mut inside = inside.unwrap_or_default();
    for stratum in strata.iter().filter(|s| !s.contains(person)) {
        inside -= *stratum;
    }
    inside
}

/// The span of columns in echelon form.
#[derive(Clone)]
struct Echelon {
    /// Per row: the column whose first entry that is not zero is a one in this row.
    pivots: Vec<Option<Vec<u64>>>,
    rank: usize,
}

impl Echelon {
    fn new(rows: usize) -> Self {
        Self { pivots: vec![None; rows], rank: 0 }
    }

    fn rank(&self) -> usize {
        self.rank
    }

    /// What is left of a column outside the span.
    fn reduced(&self, column: &[u64]) -> Vec<u64> {
        let mut column = column.to_vec();
        for row in 0..column.len() {
            let factor = column[row];
            if factor == 0 {
                continue;
            }
            if let Some(pivot) = &self.pivots[row] {
                for (x, p) in column[row..].iter_mut().zip(&pivot[row..]) {
                    *x = minus(*x, times(factor, *p));
                }
            }
        }
        column
    }

    /// Adds a column; false if it was in the span.
    fn insert(&mut self, column: &[u64]) -> bool {
        let mut column = self.reduced(column);
        let Some(row) = column.iter().position(|&x| x != 0) else { return false };
        let inverse = inverse(column[row]);
        for x in &mut column[row..] {
            *x = times(*x, inverse);
        }
        self.pivots[row] = Some(column);
        self.rank += 1;
        true
    }
}

enum Found {
    Nothing,
    Group,
    Undecided,
}

struct Search {
    k: u64,
    /// The span of the large classes.
    fixed: Echelon,
    /// Rank of all columns.
    rank: usize,
    small: Vec<Class>,
    /// Columns of the small classes, reduced by `fixed`.
    columns: Vec<Vec<u64>>,
    branches: usize,
    work: u64,
}

impl Search {
    /// Is there a derivable group that holds the classes taken (of `people` in all) and fewer than K people?
    fn below(&mut self, taken: &mut [bool], people: u64) -> Found {
        self.branches += 1;
        if self.branches > LIMIT || self.work > WORK {
            return Found::Undecided;
        }
        let Bases { count, last } = self.bases(taken, self.k - people);
        if count == 0 {
            return Found::Group;
        }
        if count >= self.k - people {
            return Found::Nothing;
        }
        // Every group that is derivable holds a class of this basis.
        for class in last {
            let more = people + self.small[class].people;
            if more >= self.k || taken[class] {
                continue;
            }
            taken[class] = true;
            match self.below(taken, more) {
                Found::Nothing => taken[class] = false,
                found => return found,
            }
        }
        Found::Nothing
    }

    /// Gives back what a derivable group does not need.
    fn shrink(&mut self, taken: &mut [bool]) {
        for class in 0..taken.len() {
            if std::mem::take(&mut taken[class]) {
                taken[class] = self.bases(taken, 1).count > 0;
            }
        }
    }

    /// Up to `wanted` bases outside the classes taken that share nobody, and the small classes of the last of them.
    fn bases(&mut self, taken: &[bool], wanted: u64) -> Bases {
        let mut left: Vec<u64> =
            self.small.iter().zip(taken).map(|(c, t)| if *t { 0 } else { c.people }).collect();
        let mut bases = Bases { count: 0, last: Vec::new() };
        let rows = self.fixed.pivots.len() as u64;
        while bases.count < wanted {
            let mut span = self.fixed.clone();
            let mut basis = Vec::new();
            let mut order: Vec<usize> = (0..left.len()).filter(|&i| left[i] > 0).collect();
            order.sort_by_key(|&i| (std::cmp::Reverse(left[i]), i));
            for class in order {
                if span.rank() == self.rank {
                    break;
                }
                self.work += rows * (1 + span.rank() as u64) / 2;
                if span.insert(&self.columns[class]) {
                    basis.push(class);
                }
            }
            if span.rank() < self.rank {
                break;
            }
            basis.iter().for_each(|&class| left[class] -= 1);
            bases.count += 1;
            bases.last = basis;
        }
        bases
    }
}

struct Bases {
    count: u64,
    last: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[std::ops::Range<u32>]) -> RoaringBitmap {
        ranges.iter().flat_map(Clone::clone).collect()
    }

    fn span(range: std::ops::Range<u32>) -> RoaringBitmap {
        range.collect()
    }

    fn found(strata: &[RoaringBitmap], k: u32) -> Derivable {
        derivable(&strata.iter().collect::<Vec<_>>(), k)
    }

    /// By the definition, over every union of small classes.
    fn by_definition(strata: &[RoaringBitmap], k: u32) -> bool {
        let strata: Vec<&RoaringBitmap> = strata.iter().collect();
        let all = classes(&strata);
        let rank = |out: u32| {
            let mut span = Echelon::new(strata.len());
            for (i, class) in all.iter().enumerate() {
                if out >> i & 1 == 0 {
                    span.insert(&column(&strata, class.person));
                }
            }
            span.rank()
        };
        let people = |out: u32| -> u64 {
            all.iter().enumerate().filter(|(i, _)| out >> i & 1 == 1).map(|(_, c)| c.people).sum()
        };
        (1..1u32 << all.len()).any(|out| people(out) < u64::from(k) && rank(0) > rank(out))
    }

    #[test]
    fn withdrawals_wait_for_ten() {
        for (gone, safe) in [(1, false), (9, false), (10, true), (12, true)] {
            let strata = [span(0..500), span(gone..500)];
            assert_eq!(found(&strata, 10) == Derivable::Nothing, safe, "{gone}");
        }
        let one = found(&[span(0..500), span(3..500)], 10);
        assert_eq!(one, Derivable::Group(span(0..3)));
    }

    #[test]
    fn a_tracker_over_four_strata_is_found() {
        // a∪b∪s, c∪d, a∪c, b∪d: the first two less the last two are s, three people.
        let (a, b, c, d, s) = (0..50, 50..120, 120..180, 180..260, 260..263);
        let three = [set(&[a.clone(), b.clone(), s.clone()]), set(&[c.clone(), d.clone()]), set(&[a, c])];
        assert_eq!(found(&three, 10), Derivable::Nothing);
        let mut four = three.to_vec();
        four.push(set(&[b, d]));
        assert_eq!(found(&four, 10), Derivable::Group(span(s)));
    }

    #[test]
    fn crossed_margins_do_not_give_their_small_cell() {
        let strata = [span(0..100), span(100..200), set(&[0..97, 100..150]), set(&[97..100, 150..200])];
        assert_eq!(found(&strata, 10), Derivable::Nothing);
    }

    #[test]
    fn equals_the_definition() {
        let mut state = 7u64;
        let mut random = move |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let (mut bad, mut good) = (0, 0);
        for _ in 0..1_500 {
            let k = 2 + u32::try_from(random(5)).unwrap();
            let groups = 3 + random(6);
            let mut start = 0;
            let groups: Vec<std::ops::Range<u32>> = (0..groups)
                .map(|_| {
                    let n = 1 + u32::try_from(random(u64::from(k) + 2)).unwrap();
                    start += n;
                    start - n..start
                })
                .collect();
            let strata: Vec<RoaringBitmap> = (0..2 + random(4))
                .map(|_| set(&groups.iter().filter(|_| random(2) == 0).cloned().collect::<Vec<_>>()))
                .collect();
            let expected = by_definition(&strata, k);
            match found(&strata, k) {
                Derivable::Nothing => assert!(!expected, "{strata:?} {k}"),
                Derivable::Group(group) => assert!(expected && group.len() < u64::from(k), "{strata:?} {k}"),
                Derivable::Undecided => panic!("{strata:?}"),
            }
            *(if expected { &mut bad } else { &mut good }) += 1;
        }
        assert!(bad > 200 && good > 200, "{bad} {good}");
    }

    #[test]
    fn arbitrary_lists_are_certified_by_disjoint_bases() {
        let mut state = 1u64;
        let strata: Vec<RoaringBitmap> = (0..40)
            .map(|_| {
                (0..2_000u32)
                    .filter(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(3);
                        state >> 63 == 1
                    })
                    .collect()
            })
            .collect();
        assert_eq!(found(&strata, 10), Derivable::Nothing);
        let mut with_tracker = strata.clone();
        let mut shifted = strata[5].clone();
        let person = shifted.min().unwrap();
        shifted.remove(person);
        with_tracker.push(shifted);
        assert_eq!(found(&with_tracker, 10), Derivable::Group(std::iter::once(person).collect()));
    }
}
