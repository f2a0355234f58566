//! The best that any rule could print of one variant in one tree: an upper bound.
//!
//! ```text
//! for each set of nodes beside the cohort, the larger first:
//!     their AC is printed; the reader knows sizes and these numbers, and nothing of the rule
//!     every node then has an AC of lo ..= hi        (exact: bounds go up and down the tree)
//!     its carriers, carriers of REF, and people of either homozygous genotype have a range of values from that
//!     fails if one of these counts is truly below K and has fewer than K values
//! ```
//! In favour of the bound: AN is the number of alleles that there are, unions of nodes and heterozygotes are not looked at, numbers
//! of other nodes do not narrow a count but through AC, and the reader does not know why a number is withheld.

use crate::plan::{Node, Plan};
use crate::print::Calls;
use crate::score::K;

/// One tree with the genotypes of one variant, everybody called.
pub(crate) struct Best<'a> {
    nodes: &'a [Node],
    people: Vec<i64>,
    /// hom-ref, het, hom-alt of each node.
    truth: Vec<[i64; 3]>,
}

impl<'a> Best<'a> {
    pub(crate) fn new(plan: &'a Plan, family: usize, calls: &[Calls]) -> Self {
        let nodes = plan.families[family].as_slice();
        let sum =
            |n: &Node, class: usize| plan.list(n.cells).map(|c| i64::from(calls[c][class])).sum::<i64>();
        let truth = nodes.iter().map(|n| [0, 1, 2].map(|class| sum(n, class))).collect();
        Self { nodes, people: nodes.iter().map(|n| i64::from(plan.size(n.cells))).collect(), truth }
    }

    fn ac(&self, node: usize) -> i64 {
        self.truth[node][1] + 2 * self.truth[node][2]
    }

    /// The most nodes, without the cohort, that can be printed; nothing if the cohort itself cannot.
    pub(crate) fn most(&self) -> Option<u32> {
        let alone = |node: usize| self.is_safe(node, (self.ac(node), self.ac(node)));
        self.largest(alone, |printed| self.all_safe(printed))
    }

    /// The same where also what printed children leave of a node must pass tier A: the best that a rule can show which
    /// shows sets that pass and nothing else, if it may choose them anew for each variant (which a reader of it could use).
    pub(crate) fn most_of_passing(&self) -> Option<u32> {
        let passes = |ac: i64, people: i64| ac >= 19 && 2 * people - ac >= 20;
        let left = |printed: &[bool]| {
            (0..self.nodes.len()).all(|node| {
                let children = &self.nodes[node].children;
                let hidden = || children.iter().filter(|c| !printed[**c]);
                let (ac, people) =
                    (hidden().map(|&c| self.ac(c)).sum(), hidden().map(|&c| self.people[c]).sum());
                let inside = printed[node] || children.iter().all(|c| !printed[*c]);
                inside && (people == 0 || hidden().count() == children.len() || passes(ac, people))
            })
        };
        self.largest(|node| passes(self.ac(node), self.people[node]), left)
    }

    /// The size of the largest set of nodes that pass alone and together.
    fn largest(&self, alone: impl Fn(usize) -> bool, together: impl Fn(&[bool]) -> bool) -> Option<u32> {
        if !alone(0) {
            return None;
        }
        let able: Vec<usize> = (1..self.nodes.len()).filter(|&n| alone(n)).collect();
        let mut sets: Vec<u32> = (0..1 << able.len()).collect();
        sets.sort_by_key(|set| std::cmp::Reverse(set.count_ones()));
        let chosen = |set: u32| {
            let mut printed = vec![false; self.nodes.len()];
            printed[0] = true;
            able.iter().enumerate().for_each(|(i, &n)| printed[n] = set >> i & 1 == 1);
            printed
        };
        sets.into_iter().find(|&set| together(&chosen(set))).map(u32::count_ones)
    }

    fn all_safe(&self, printed: &[bool]) -> bool {
        let mut low = vec![0; self.nodes.len()];
        let mut high: Vec<i64> = self.people.iter().map(|n| 2 * n).collect();
        // Children come after their parents.
        for node in (0..self.nodes.len()).rev() {
            let children = &self.nodes[node].children;
            if !children.is_empty() {
                low[node] = children.iter().map(|&c| low[c]).sum();
                high[node] = children.iter().map(|&c| high[c]).sum();
            }
            if printed[node] {
                (low[node], high[node]) = (self.ac(node), self.ac(node));
            }
        }
        for node in 0..self.nodes.len() {
            let children = &self.nodes[node].children;
            let (lows, highs): (i64, i64) =
                (children.iter().map(|&c| low[c]).sum(), children.iter().map(|&c| high[c]).sum());
            for &c in children {
                let (least, most) = (low[node] - (highs - high[c]), high[node] - (lows - low[c]));
                (low[c], high[c]) = (low[c].max(least), high[c].min(most));
            }
        }
        (0..self.nodes.len()).all(|n| self.is_safe(n, (low[n], high[n])))
    }

    /// True when counts of a node that are below K keep K values.
    fn is_safe(&self, node: usize, (low, high): (i64, i64)) -> bool {
        let (n, k) = (self.people[node], i64::from(K));
        let [homref, het, homalt] = self.truth[node];
        let (carriers_low, carriers_high) = ((low + 1) / 2, high.min(n));
        let (homs_low, homs_high) = ((low - n).max(0), high / 2);
        let open = |truth: i64, values: i64| truth >= k || values >= k;
        open(homalt, homs_high - homs_low + 1)
            && open(homref + het, homs_high - homs_low + 1)
            && open(het + homalt, carriers_high - carriers_low + 1)
            && open(homref, carriers_high - carriers_low + 1)
    }
}
