//! Rule (c): several margins of one variant, for families of one level, tier A, one printed ALT and two copies in everybody.
//!
//! ```text
//! w = 2K − 2                                            wide(set) = AC ≥ 2w and AN′ − AC ≥ 2w + 1
//! M = the rarer allele's copies in a printed group, T in the cohort
//! g̃ = g, or the publicly larger half of the split at which the chain of g stopped
//! CAP = every cross cell of groups g₁ × … × g_a has a capacity u(g̃₁ ∩ … ∩ g̃_a) of alleles
//!         ≥ min M + w,  or  ≥ Π M / (T − 2w)^(m − 1) + (m − 1) + 2w        (the m families that are split)
//! a step of a chain is taken iff part and rest are wide and CAP holds after it; the first that fails closes the chain
//! a family with which CAP fails before its first step is skipped
//! a cohort that is not AC ≥ 4w, AN′ − AC ≥ 4w + 2 could not be split so: the first family is decided as any tree, no other follows
//! ```
//!
//! Why: w alleles are K − 1 people with two copies, so K values of every genotype count. Tables with w alleles or fewer outside of
//! the reduced sets are denied the same splits; CAP leaves room in every cross cell to move w alleles to and fro; and what
//! is not a union of printed groups changes when they are moved.

use super::sums::{AC, AN, Table};
use super::tree::Decision;
use crate::strata::{Family, Strata};

/// More cross cells than this are not held in memory; rule (a) is the rule then.
const MOST_CELLS: usize = 1 << 20;

/// What the plan fixes.
pub(super) struct Margins {
    families: Vec<Chain>,
    /// Alleles in the first so many groups of every family: sums of cross cells up to, not including, each index.
    capacity: Vec<i64>,
    everybody: i64,
    /// Alleles that must be movable: 2K − 2.
    movable: i64,
}

/// The chain of one family.
struct Chain {
    children: Vec<usize>,
    /// Where the chain can stop: the larger half of the step that is not taken, as a range of children.
    reduced: Vec<(usize, usize)>,
    /// Step from one child to the next in `capacity`.
    stride: usize,
}

/// A printed group: the children in it that can hold all its alleles, and how many these are.
#[derive(Clone, Copy)]
struct Group {
    children: (usize, usize),
    minor: i64,
}

/// AC and AN′ of a set.
#[derive(Clone, Copy)]
struct Numbers {
    ac: i64,
    an: i64,
}

/// The margins of one variant so far. The memory is kept from variant to variant.
#[derive(Default)]
pub(super) struct Crossing {
    /// By family; of active ones.
    groups: Vec<Vec<Group>>,
    active: Vec<usize>,
    bounds: Vec<(usize, usize)>,
    root: Option<Numbers>,
}

impl Margins {
    /// Nothing where the rule is not defined for a plan.
    pub(super) fn of(strata: &Strata, k: u32) -> Option<Self> {
        let families = &strata.families;
        if families.len() < 2 || families.iter().any(|f| f.levels != 1) {
            return None;
        }
        let mut chains: Vec<Chain> = families.iter().map(chain).collect();
        let mut cells = 1usize;
        for chain in chains.iter_mut().rev() {
            chain.stride = cells;
            cells = cells.checked_mul(chain.children.len() + 1).filter(|&n| n <= MOST_CELLS)?;
        }
        let mut capacity = vec![0; cells];
        for (cell, size) in strata.cells.iter().enumerate() {
            let mut at = 0;
            for (chain, family) in chains.iter().zip(families) {
                let child = chain.children.iter().position(|&c| c == family.leaf_of_cell[cell])?;
                at += (child + 1) * chain.stride;
            }
            capacity[at] += 2 * i64::from(size.subjects());
        }
        for chain in &chains {
            let length = chain.stride * (chain.children.len() + 1);
            for at in (0..cells).filter(|at| at % length >= chain.stride) {
                capacity[at] += capacity[at - chain.stride];
            }
        }
        let everybody = *capacity.last()?;
        // Products of margins stay within 128 bits.
        i128::from(everybody).checked_pow(u32::try_from(families.len()).ok()?)?.checked_mul(1 << 16)?;
        Some(Self { families: chains, capacity, everybody, movable: 2 * i64::from(k) - 2 })
    }

    /// True where nobody is shown as not called: of one ALT at tier A, a function of the root's AN′.
    pub(super) fn is_rule(&self, root_an: i64) -> bool {
        root_an == self.everybody
    }

    fn wide(&self, set: Numbers) -> bool {
        set.ac >= 2 * self.movable && set.an - set.ac > 2 * self.movable
    }

    /// Two wide sets can make up this one.
    fn splits(&self, set: Numbers) -> bool {
        set.ac >= 4 * self.movable && set.an - set.ac >= 4 * self.movable + 2
    }

    /// Alleles in a range of children of every family, from a family on.
    fn room(&self, bounds: &[(usize, usize)], family: usize, at: usize) -> i64 {
        let Some(&(from, to)) = bounds.get(family) else { return self.capacity[at] };
        let stride = self.families[family].stride;
        let up_to = self.room(bounds, family + 1, at + to * stride);
        if from == 0 { up_to } else { up_to - self.room(bounds, family + 1, at + from * stride) }
    }
}

fn chain(family: &Family) -> Chain {
    let children = family.nodes[0].children.clone();
    let size = |c: &usize| family.nodes[*c].size.subjects();
    let half = |at: usize| {
        let behind: u32 = children[at + 1..].iter().map(size).sum();
        if size(&children[at]) >= behind { (at, at + 1) } else { (at + 1, children.len()) }
    };
    Chain { reduced: (0..children.len()).map(half).collect(), stride: 0, children }
}

impl Crossing {
    /// Begins with the first margin; false where the root has too few of an allele for two wide halves, which leaves it to the
    /// tree rule alone.
    pub(super) fn first(&mut self, margins: &Margins, decision: &mut Decision) -> bool {
        let root = numbers(&decision.sums, 0);
        self.root = Some(root);
        self.active.clear();
        self.groups.resize_with(margins.families.len(), Vec::new);
        self.bounds.clear();
        self.bounds.extend(margins.families.iter().map(|f| (0, f.children.len())));
        margins.splits(root) && self.further(margins, 0, decision)
    }

    /// Runs the chain of one more family; false when it is skipped.
    pub(super) fn further(&mut self, margins: &Margins, family: usize, decision: &mut Decision) -> bool {
        let Some(root) = self.root else { return false };
        let Chain { children, reduced, .. } = &margins.families[family];
        let first = self.active.is_empty();
        self.active.push(family);
        self.groups[family].clear();
        self.groups[family].push(Group { children: reduced[0], minor: minor(root, root) });
        if !first && !self.fits(margins, 0) {
            self.active.pop();
            return false;
        }
        decision.root_only();
        let (mut rest, mut taken) = (root, 0);
        while taken + 1 < children.len() {
            let part = numbers(&decision.sums, children[taken]);
            let left = Numbers { ac: rest.ac - part.ac, an: rest.an - part.an };
            if !(margins.wide(part) && margins.wide(left)) {
                break;
            }
            let whole = self.groups[family].pop();
            self.groups[family].push(Group { children: (taken, taken + 1), minor: minor(part, root) });
            self.groups[family].push(Group { children: reduced[taken + 1], minor: minor(left, root) });
            if !first && !self.fits(margins, taken) {
                self.groups[family].truncate(taken);
                self.groups[family].extend(whole);
                break;
            }
            decision.alone.push(children[taken]);
            (rest, taken) = (left, taken + 1);
        }
        match children.last() {
            Some(&last) if taken + 1 == children.len() => decision.alone.push(last),
            _ => decision.stopped.push((0, taken)),
        }
        true
    }

    /// CAP, of the last family's groups from one on: cross cells of the others have not changed since they were tested.
    fn fits(&mut self, margins: &Margins, from: usize) -> bool {
        let Some(root) = self.root else { return false };
        let split = self.active.iter().filter(|&&f| self.groups[f].len() > 1).count();
        let total = minor(root, root);
        let product = split.checked_sub(1).and_then(|further| {
            let further = u32::try_from(further).ok()?;
            let scale = i128::from(total - 2 * margins.movable).checked_pow(further)?;
            Some((scale, (i128::from(further) + 2 * i128::from(margins.movable)) * scale))
        });
        let mut bounds = std::mem::take(&mut self.bounds);
        let cells = CrossCells { margins, crossing: self, from, product };
        let fits = cells.fit(0, &mut bounds, total, 1);
        bounds.iter_mut().zip(&margins.families).for_each(|(b, f)| *b = (0, f.children.len()));
        self.bounds = bounds;
        fits
    }
}

/// One test of CAP.
struct CrossCells<'a> {
    margins: &'a Margins,
    crossing: &'a Crossing,
    /// First group of the last active family that is looked at.
    from: usize,
    /// (T − 2w)^(m − 1), and (m − 1) + 2w times that; nothing where no family is split.
    product: Option<(i128, i128)>,
}

impl CrossCells<'_> {
    /// Walks the groups of the active families from one on; `least` and `product` are of the M of those before.
    fn fit(&self, at: usize, bounds: &mut [(usize, usize)], least: i64, product: i128) -> bool {
        let active = &self.crossing.active;
        let Some(&family) = active.get(at) else { return self.holds(bounds, least, product) };
        let all = &self.crossing.groups[family];
        let groups = if at + 1 == active.len() { &all[self.from..] } else { all };
        groups.iter().all(|group| {
            bounds[family] = group.children;
            match all.len() {
                1 => self.fit(at + 1, bounds, least, product),
                _ => self.fit(at + 1, bounds, least.min(group.minor), product * i128::from(group.minor)),
            }
        })
    }

    fn holds(&self, bounds: &[(usize, usize)], least: i64, product: i128) -> bool {
        let room = self.margins.room(bounds, 0, 0);
        room >= least + self.margins.movable
            || self.product.is_some_and(|(scale, spare)| i128::from(room) * scale >= product + spare)
    }
}

fn numbers(sums: &Table, node: usize) -> Numbers {
    Numbers { ac: sums.get(node, AC), an: sums.get(node, AN) }
}

/// Copies in a set of the allele that is the rarer one in the cohort.
fn minor(set: Numbers, root: Numbers) -> i64 {
    if 2 * root.ac > root.an { set.an - set.ac } else { set.ac }
}
