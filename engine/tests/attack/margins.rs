//! Rule (c), several margins of one variant, written a second time from the text and broken on request.
//!
//! Everything is decided by allele counts of sets: everybody has two copies, one ALT is printed, nobody is shown as not
//! called.

use crate::plan::{Plan, Set};

/// How rule (c) is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Margins {
    /// Not at all.
    Sound,
    /// Without the capacities of cross cells.
    NoCap,
    /// Capacities as they must be, and nothing to spare.
    NoSlack,
    /// Capacities of whole groups where a split was withheld.
    NoReduction,
    /// A chain goes on behind a step that failed.
    Reopened,
}

/// One family of which a margin is printed.
#[derive(Clone, Debug)]
pub(crate) struct Margin {
    pub(crate) family: usize,
    /// Children that stand alone, as places in the chain.
    pub(crate) taken: Vec<usize>,
    /// Children that stay together: none, or at least two.
    pub(crate) open: Vec<usize>,
}

/// The numbers of one variant.
pub(crate) struct Table<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) k: i64,
    pub(crate) how: Margins,
    /// Alternate alleles of each plan cell.
    pub(crate) ac: &'a [i64],
}

/// A printed set and the part of it that can hold all of its alleles without a denied split being allowed.
struct Part {
    minor: i64,
    reduced: Set,
}

impl Table<'_> {
    fn alleles(&self, set: Set) -> i64 {
        self.plan.list(set).map(|c| self.ac[c]).sum()
    }

    fn capacity(&self, set: Set) -> i64 {
        2 * i64::from(self.plan.size(set))
    }

    /// Copies of the allele that is the rarer one in the cohort.
    fn minor(&self, set: Set) -> i64 {
        let all = self.plan.everybody();
        let ac = self.alleles(set);
        if 2 * self.alleles(all) > self.capacity(all) { self.capacity(set) - ac } else { ac }
    }

    /// AC ≥ 4K − 4, rest ≥ 4K − 3.
    fn wide(&self, set: Set) -> bool {
        let ac = self.alleles(set);
        ac >= 4 * self.k - 4 && self.capacity(set) - ac >= 4 * self.k - 3
    }

    /// Two wide halves fit into it.
    fn splits(&self, set: Set) -> bool {
        let ac = self.alleles(set);
        ac >= 8 * self.k - 8 && self.capacity(set) - ac >= 8 * self.k - 6
    }

    /// The margins to print, the first family's first; nothing where the root leaves everything to the plain tree.
    pub(crate) fn margins(&self) -> Option<Vec<Margin>> {
        if !self.splits(self.plan.everybody()) {
            return None;
        }
        let mut active: Vec<Margin> = Vec::new();
        for family in 0..self.plan.families.len() {
            let chain = self.plan.flat(family)?;
            let mut margin = Margin::whole(family, chain.len());
            let first = active.is_empty();
            if !first && !self.cap(&active, &margin) {
                continue;
            }
            let mut at = 0;
            while margin.open.len() > at + 1 {
                let next = margin.split(at);
                let part = chain[margin.open[at]];
                let rest = union(&chain, &margin.open) & !part;
                let taken = self.wide(part) && self.wide(rest) && (first || self.cap(&active, &next));
                match (taken, self.how == Margins::Reopened) {
                    (true, _) => margin = next,
                    (false, true) => at += 1,
                    (false, false) => break,
                }
            }
            active.push(margin);
        }
        Some(active)
    }

    /// Every cross cell of printed groups can hold more than will be in it.
    fn cap(&self, active: &[Margin], new: &Margin) -> bool {
        let all: Vec<Vec<Part>> = active.iter().chain([new]).map(|m| self.parts(m)).collect();
        self.how == Margins::NoCap || self.cross_cells(&all, self.plan.everybody(), &mut Vec::new())
    }

    fn cross_cells(&self, families: &[Vec<Part>], cell: Set, minors: &mut Vec<i64>) -> bool {
        let Some((parts, further)) = families.split_first() else { return self.holds(cell, minors) };
        parts.iter().all(|part| {
            if parts.len() > 1 {
                minors.push(part.minor);
            }
            let holds = self.cross_cells(further, cell & part.reduced, minors);
            if parts.len() > 1 {
                minors.pop();
            }
            holds
        })
    }

    /// One cross cell; `minors` are those of its groups, of families that are split.
    fn holds(&self, cell: Set, minors: &[i64]) -> bool {
        let total = self.minor(self.plan.everybody());
        // K values of every genotype count take K − 1 people with two copies here or elsewhere.
        let spare = if self.how == Margins::NoSlack { 0 } else { 2 * self.k - 2 };
        let u = self.capacity(cell);
        if u >= minors.iter().copied().min().unwrap_or(total) + spare {
            return true;
        }
        let Some(others) = minors.len().checked_sub(1) else { return false };
        let scale = i128::from(total - 2 * spare).pow(u32::try_from(others).unwrap());
        let rounded = if self.how == Margins::NoSlack { 0 } else { i128::try_from(others).unwrap() };
        let product: i128 = minors.iter().map(|&m| i128::from(m)).product();
        i128::from(u) * scale >= product + (rounded + 2 * i128::from(spare)) * scale
    }

    fn parts(&self, margin: &Margin) -> Vec<Part> {
        let Some(chain) = self.plan.flat(margin.family) else { return Vec::new() };
        let alone = margin.taken.iter().map(|&c| Part { minor: self.minor(chain[c]), reduced: chain[c] });
        let mut parts: Vec<Part> = alone.collect();
        if !margin.open.is_empty() {
            let whole = union(&chain, &margin.open);
            let halves = [&margin.open[..1], &margin.open[1..]].map(|half| union(&chain, half));
            let [first, rest] = halves.map(|half| self.plan.size(half));
            let larger = if first >= rest { halves[0] } else { halves[1] };
            let reduced = if self.how == Margins::NoReduction { whole } else { larger };
            parts.push(Part { minor: self.minor(whole), reduced });
        }
        parts
    }
}

impl Margin {
    /// Not split; an only child is the whole.
    fn whole(family: usize, children: usize) -> Margin {
        let all = (0..children).collect();
        match children {
            1 => Margin { family, taken: all, open: Vec::new() },
            _ => Margin { family, taken: Vec::new(), open: all },
        }
    }

    /// With the split of one child from those behind it.
    fn split(&self, at: usize) -> Margin {
        let mut next = self.clone();
        next.taken.push(next.open.remove(at));
        if let [last] = next.open[..] {
            next.taken.push(last);
            next.open.clear();
        }
        next
    }
}

fn union(chain: &[Set], children: &[usize]) -> Set {
    children.iter().fold(0, |set, &c| set | chain[c])
}
