//! The tree rule: which nodes of one family are printed for one variant (`disclosure.md` §3).
//!
//! ```text
//! split(node): children c1, c2, … by public size, largest first
//!     rest = node
//!     for each child but the last:  both c and rest − c pass → c is a part, rest = rest − c;  else stop, rest stays together
//!     all steps taken → the last child is the rest;  parts are split further in turn
//!     behind a step that failed: `reservoir`
//! ```
//! The print is a function of the sets at which this stops; each of them passes on printed numbers alone.
//!
//! Which children a node has in a zone, in which order, and what each part and each rest must hold is public and is written
//! down once per plan and zone. Per variant a few numbers are compared.

use super::reservoir::{Reservoir, Stopped};
use super::sums::{Counts, Rule, Sets, Table, Test};
use crate::region::Zone;
use crate::strata::{Family, Size, Strata};

/// One step of a chain: a child beside what is left of its parent.
pub(super) struct Step {
    pub(super) child: usize,
    pub(super) part: Test,
    pub(super) rest: Test,
}

/// The split of one node.
#[derive(Default)]
struct Chain {
    steps: Vec<Step>,
    /// The child that is the rest when every step is taken; none in a leaf.
    last: Option<usize>,
    /// All children, with people.
    children: Vec<(usize, i64)>,
}

/// One family in one zone.
pub(super) struct Tree {
    sets: Sets,
    parents: Vec<u32>,
    chains: Vec<Chain>,
    reservoir: Option<Reservoir>,
}

/// What was decided for one variant in one family. The memory is kept from variant to variant.
#[derive(Default)]
pub(super) struct Decision {
    /// The numbers of every node.
    pub(super) sums: Table,
    /// The nodes that stand on their own.
    pub(super) alone: Vec<usize>,
    /// The nodes whose chain stopped, with the steps taken: what was left of each stays together.
    pub(super) stopped: Vec<(usize, usize)>,
    rest: Vec<i64>,
}

impl Decision {
    /// True when no step was withheld.
    pub(super) fn complete(&self) -> bool {
        self.stopped.is_empty()
    }

    /// The root and nothing else.
    pub(super) fn root_only(&mut self) {
        self.stopped.clear();
        self.alone.clear();
        self.alone.push(0);
    }
}

impl Tree {
    pub(super) fn new(family: &Family, strata: &Strata, zone: Zone, k: u32) -> Self {
        Self {
            sets: Sets::new(&family.leaf_of_cell, family.nodes.len(), strata, zone),
            parents: family.nodes.iter().map(|n| u32::try_from(n.parent).unwrap_or(u32::MAX)).collect(),
            chains: (0..family.nodes.len()).map(|node| chain(family, node, zone, k)).collect(),
            reservoir: Reservoir::of(zone, k),
        }
    }

    /// The root, and below it children that are everybody: what is printed of a variant that no step splits.
    pub(super) fn unsplit(&self, decision: &mut Decision) {
        decision.root_only();
        let mut node = 0;
        while let Chain { steps, last: Some(only), .. } = &self.chains[node]
            && steps.is_empty()
        {
            decision.alone.push(*only);
            node = *only;
        }
    }

    /// The numbers of every node, by the columns of a rule from one on: leaf cells first, then upwards.
    pub(super) fn sum(&self, counts: Counts<'_>, rule: Rule, from: usize, sums: &mut Table) {
        sums.fill(&self.sets, counts, rule, from);
        sums.add_up(&self.parents, rule, from);
    }

    /// Applies the rule from the root, which has passed.
    pub(super) fn decide(&self, rule: Rule, decision: &mut Decision) {
        let Decision { sums, alone, stopped, rest } = decision;
        stopped.clear();
        alone.clear();
        alone.push(0);
        let mut next = 0;
        while let Some(&node) = alone.get(next) {
            next += 1;
            let Chain { steps, last, children } = &self.chains[node];
            let Some(last) = last else { continue };
            rest.clear();
            rest.extend((0..rule.columns()).map(|column| sums.get(node, column)));
            let takes = |step: &Step, rest: &[i64]| {
                let part = |column| sums.get(step.child, column);
                rule.passes(&step.part, part)
                    && rule.passes(&step.rest, |c| rest[c] - sums.get(step.child, c))
            };
            let mut taken = 0;
            while let Some(step) = steps.get(taken)
                && takes(step, rest)
            {
                alone.push(step.child);
                rest.iter_mut().enumerate().for_each(|(c, n)| *n -= sums.get(step.child, c));
                taken += 1;
            }
            let Some(failed) = steps.get(taken) else {
                alone.push(*last);
                continue;
            };
            stopped.push((node, taken));
            if let Some(reservoir) = self.reservoir {
                let at = Stopped { rule, sums, test: &failed.part, children: &children[taken..] };
                reservoir.go_on(&at, rest, alone);
            }
        }
    }
}

/// The split of a node among the children that the zone counts.
fn chain(family: &Family, node: usize, zone: Zone, k: u32) -> Chain {
    let size = |c: usize| family.nodes[c].size;
    let counted = |c: &usize| size(*c).counted(zone) > 0;
    let children: Vec<usize> = family.nodes[node].children.iter().copied().filter(counted).collect();
    let Some((&last, parts)) = children.split_last() else { return Chain::default() };
    let mut left = children.iter().fold(Size::default(), |sum, &c| sum.plus(size(c)));
    let step = |&child: &usize| {
        left = left.minus(size(child));
        Step { child, part: Test::of(size(child), zone, k), rest: Test::of(left, zone, k) }
    };
    let people = |&child: &usize| (child, i64::from(size(child).counted(zone)));
    Chain {
        steps: parts.iter().map(step).collect(),
        last: Some(last),
        children: children.iter().map(people).collect(),
    }
}
