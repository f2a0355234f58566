//! The chains of the tree rule once more, from the text of `docs/disclosure.md`.

use std::collections::BTreeSet;

use super::rule::{K, Node, Sums, Tier, passes};

/// The chains of one variant.
pub(super) struct Chain<'a> {
    pub(super) tier: Tier,
    pub(super) sums: &'a dyn Fn(&BTreeSet<usize>) -> Sums,
    /// One ALT is printed.
    pub(super) goes_on: bool,
}

impl Chain<'_> {
    fn both(&self, part: &BTreeSet<usize>, rest: &BTreeSet<usize>) -> bool {
        passes(self.tier, &(self.sums)(part)) && passes(self.tier, &(self.sums)(rest))
    }

    /// The chosen leaves below a node that passes; true when no step was withheld.
    pub(super) fn leaves(&self, node: &Node, chosen: &mut Vec<BTreeSet<usize>>) -> bool {
        let Some((last, steps)) = node.children.split_last() else {
            chosen.push(node.cells.clone());
            return true;
        };
        let mut rest = node.cells.clone();
        let mut complete = true;
        for (i, child) in steps.iter().enumerate() {
            let left = &rest - &child.cells;
            if !self.both(&child.cells, &left) {
                let parts = if self.goes_on { self.behind(&node.children[i..]) } else { Vec::new() };
                for part in parts {
                    rest = &rest - &part.cells;
                    self.leaves(part, chosen);
                }
                chosen.push(rest);
                return false;
            }
            complete &= self.leaves(child, chosen);
            rest = left;
        }
        self.leaves(last, chosen) && complete
    }

    /// The numbers of a set of which one is the rarer side.
    fn sides(&self, cells: &BTreeSet<usize>) -> Vec<i64> {
        let sums = (self.sums)(cells);
        match self.tier {
            Tier::A => vec![sums.ac[0], sums.an - sums.ac[0]],
            Tier::G => vec![sums.homref, sums.het, sums.homalt],
        }
    }

    /// "Behind a failed step": the children that are parts after all.
    fn behind<'n>(&self, children: &'n [Node]) -> Vec<&'n Node> {
        let mut rest: BTreeSet<usize> = children.iter().flat_map(|c| c.cells.iter().copied()).collect();
        let each = if self.tier == Tier::A { 2 } else { 1 };
        let w = each * (K - 1);
        let numbers = self.sides(&rest);
        let rarest = *numbers.iter().min().expect("two sides or three");
        let side = numbers.iter().position(|&n| n == rarest).expect("it is there");
        let places = |cells: &BTreeSet<usize>| each * (self.sums)(cells).subjects;
        let not_called = places(&rest) - numbers.iter().sum::<i64>();
        let fits = |c: &&Node| places(&c.cells) - not_called >= rarest + w;
        let Some(reservoir) = children[1..].iter().rev().find(fits) else { return Vec::new() };
        let (mut parts, mut held) = (Vec::new(), 1);
        for child in children[1..].iter().filter(|c| c.name != reservoir.name) {
            let left = &rest - &child.cells;
            if self.both(&child.cells, &left) {
                parts.push(child);
                rest = left;
            } else {
                held += 1;
            }
        }
        let left = &rest - &reservoir.cells;
        if self.both(&reservoir.cells, &left) && self.sides(&left)[side] <= w * (held - 1) {
            parts.push(reservoir);
        }
        parts
    }
}
