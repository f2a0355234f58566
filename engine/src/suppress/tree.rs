//! The tree rule: which nodes of one family are printed for one variant (`disclosure.md` §3).
//!
//! ```text
//! split(node): children c1, c2, … by public size, largest first
//!     rest = node
//!     for each child but the last:  both c and rest − c pass → c is a part, rest = rest − c;  else stop, rest stays together
//!     all steps taken → the last child is the rest;  parts are split further in turn
//! ```
//! The print is a function of the sets at which this stops; each of them passes on printed numbers alone.

use super::sums::{Rule, Sums};
use crate::strata::{Family, Size};

/// What the rule decided for one variant in one family.
pub(super) struct Decision {
    /// The nodes that stand on their own, each with what is printed of it; `None` elsewhere.
    pub(super) nodes: Vec<Option<Sums>>,
    /// True when no step was withheld.
    pub(super) complete: bool,
}

/// Sums of every node: leaf cells first, then upwards (parents come before their children).
pub(super) fn sums(family: &Family, rule: Rule, alts: usize, cells: &[(usize, Sums)]) -> Vec<Sums> {
    let mut sums: Vec<Sums> = family.nodes.iter().map(|n| Sums::full(n.size, rule.zone, alts)).collect();
    for (cell, delta) in cells {
        for node in family.ancestors(family.leaf_of_cell[*cell]) {
            sums[node].add(delta);
        }
    }
    sums
}

/// Applies the rule from the root, which has passed.
pub(super) fn decide(family: &Family, rule: Rule, sums: Vec<Sums>) -> Decision {
    let mut decision = Decision { nodes: vec![None; sums.len()], complete: true };
    let mut open = vec![0];
    let mut alone = vec![false; sums.len()];
    while let Some(node) = open.pop() {
        alone[node] = true;
        split(family, rule, &sums, node, &mut open, &mut decision.complete);
    }
    for (node, sum) in sums.into_iter().enumerate() {
        if alone[node] {
            decision.nodes[node] = Some(sum);
        }
    }
    decision
}

/// Runs the chain of one node and pushes the children that stand on their own.
fn split(
    family: &Family,
    rule: Rule,
    sums: &[Sums],
    node: usize,
    open: &mut Vec<usize>,
    complete: &mut bool,
) {
    let counted = |c: &&usize| family.nodes[**c].size.counted(rule.zone) > 0;
    let chain: Vec<usize> = family.nodes[node].children.iter().filter(counted).copied().collect();
    let Some((&last, steps)) = chain.split_last() else { return };
    let whole = effective(family, node, &chain);
    let (mut rest, mut size) = (sums[node].clone(), whole);
    for &child in steps {
        let (part, part_size) = (&sums[child], family.nodes[child].size);
        let (left, left_size) = (rest.minus(part), size.minus(part_size));
        if !(rule.passes(part, part_size) && rule.passes(&left, left_size)) {
            *complete = false;
            return;
        }
        open.push(child);
        (rest, size) = (left, left_size);
    }
    open.push(last);
}

/// Size of a node without the children that the zone does not count.
fn effective(family: &Family, node: usize, chain: &[usize]) -> Size {
    let children = chain.iter().fold(Size::default(), |sum, &c| sum.plus(family.nodes[c].size));
    if chain.is_empty() { family.nodes[node].size } else { children }
}
