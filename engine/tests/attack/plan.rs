//! The plan-time rules written a second time: trees, chains by public size, plan cells, and what is refused.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use shukei::region::Zone;
use shukei::subject::Sex;
use shukei::trial::Group;

/// People by sex: XX, XY, not known.
pub(crate) type People = [u32; 3];

/// A set of plan cells, one bit each.
pub(crate) type Set = u32;

/// Where a sex stands in [`People`].
fn place(sex: Option<Sex>) -> usize {
    match sex {
        Some(Sex::Female) => 0,
        Some(Sex::Male) => 1,
        None => 2,
    }
}

/// Copies that a person has in a zone; 0 where the person is not counted.
pub(crate) fn copies(sex: usize, zone: Zone) -> u32 {
    match (zone, sex) {
        (Zone::Diploid, _) | (Zone::X, 0) => 2,
        (Zone::Mt, _) | (Zone::X | Zone::Y, 1) => 1,
        _ => 0,
    }
}

/// A set of people that a table may show.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// Largest first, ties by name.
    pub(crate) children: Vec<usize>,
    pub(crate) cells: Set,
    pub(crate) depth: usize,
}

/// People of one cell and sex, who cannot be told apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fine {
    pub(crate) cell: usize,
    pub(crate) sex: usize,
    pub(crate) people: u32,
}

/// What the plan makes of a request.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Nodes of each family, the whole cohort first.
    pub(crate) families: Vec<Vec<Node>>,
    pub(crate) cells: Vec<People>,
    pub(crate) fine: Vec<Fine>,
    /// The same people as the product takes them, one group for each fine cell.
    pub(crate) groups: Vec<Group>,
}

impl Plan {
    /// Cuts people into cells; nothing is refused yet.
    pub(crate) fn of(groups: &[Group]) -> Self {
        let mut by_path: BTreeMap<&Vec<Vec<String>>, [Option<Group>; 3]> = BTreeMap::new();
        for group in groups.iter().filter(|g| g.people > 0) {
            let sexes = by_path.entry(&group.paths).or_default();
            let slot = &mut sexes[place(group.sex)];
            match slot {
                Some(same) => same.people += group.people,
                None => *slot = Some(group.clone()),
            }
        }
        let people =
            |sexes: &[Option<Group>; 3]| [0, 1, 2].map(|s| sexes[s].as_ref().map_or(0, |g| g.people));
        let cells: Vec<People> = by_path.values().map(people).collect();
        let paths: Vec<&Vec<Vec<String>>> = by_path.keys().copied().collect();
        let fine = by_path.values().enumerate().flat_map(|(cell, sexes)| {
            let of =
                move |(sex, g): (usize, &Option<Group>)| Some(Fine { cell, sex, people: g.as_ref()?.people });
            sexes.iter().enumerate().filter_map(of).collect::<Vec<_>>()
        });
        let fine = fine.collect();
        let groups = by_path.values().flat_map(|sexes| sexes.iter().flatten().cloned()).collect();
        let count = paths.first().map_or(0, |p| p.len()).max(1);
        let families = (0..count).map(|f| {
            let way = |p: &&Vec<Vec<String>>| p.get(f).cloned().unwrap_or_default();
            let ways: Vec<Vec<String>> = paths.iter().map(way).collect();
            family(&ways, &cells)
        });
        Self { families: families.collect(), cells, fine, groups }
    }

    /// People of a set, by sex.
    pub(crate) fn people(&self, set: Set) -> People {
        self.list(set).fold([0; 3], |sum, c| [0, 1, 2].map(|s| sum[s] + self.cells[c][s]))
    }

    /// Everybody in a set.
    pub(crate) fn size(&self, set: Set) -> u32 {
        self.people(set).iter().sum()
    }

    /// The cells of a set.
    pub(crate) fn list(&self, set: Set) -> impl Iterator<Item = usize> + use<> {
        (0..self.cells.len()).filter(move |c| set >> c & 1 == 1)
    }

    /// The whole cohort.
    pub(crate) fn everybody(&self) -> Set {
        (1 << self.cells.len()) - 1
    }

    /// Every node with K people, and with K or none in what it shares with a node of another family and in what is left.
    pub(crate) fn is_refused(&self, k: u32) -> bool {
        let few = |set: Set| (1..k).contains(&self.size(set));
        !self.has_nodes(k)
            || self.families.iter().enumerate().any(|(i, first)| {
                self.families[i + 1..].iter().flatten().any(|q| {
                    first
                        .iter()
                        .any(|p| few(p.cells & q.cells) || few(p.cells & !q.cells) || few(q.cells & !p.cells))
                })
            })
    }

    /// Every node with K people.
    pub(crate) fn has_nodes(&self, k: u32) -> bool {
        self.families.iter().flatten().all(|n| self.size(n.cells) >= k)
    }

    /// The children of the root, in chain order, where a family has one level.
    pub(crate) fn flat(&self, family: usize) -> Option<Vec<Set>> {
        let nodes = &self.families[family];
        let one_level = nodes.len() > 1 && nodes.iter().all(|n| n.depth <= 1);
        one_level.then(|| nodes[0].children.iter().map(|&c| nodes[c].cells).collect())
    }

    /// Names of all nodes, each once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.families.iter().flatten().map(|n| n.name.as_str()).collect();
        all.into_iter().collect()
    }
}

/// The tree of one family from the way of each cell.
fn family(ways: &[Vec<String>], cells: &[People]) -> Vec<Node> {
    let everybody = (1 << cells.len()) - 1;
    let mut nodes = vec![Node { name: String::new(), children: Vec::new(), cells: everybody, depth: 0 }];
    let mut next = 0;
    while next < nodes.len() {
        let depth = nodes[next].depth;
        let mut parts: BTreeMap<&String, Set> = BTreeMap::new();
        for (cell, way) in ways.iter().enumerate().filter(|(c, _)| nodes[next].cells >> c & 1 == 1) {
            if let Some(token) = way.get(depth) {
                *parts.entry(token).or_default() |= 1 << cell;
            }
        }
        let size = |set: Set| -> u32 {
            (0..cells.len()).filter(|c| set >> c & 1 == 1).map(|c| cells[c].iter().sum::<u32>()).sum()
        };
        let mut parts: Vec<(&String, Set)> = parts.into_iter().collect();
        parts.sort_by_key(|&(token, set)| (Reverse(size(set)), token));
        for (token, cells) in parts {
            let above = if depth == 0 { String::new() } else { format!("{}_", nodes[next].name) };
            let child = nodes.len();
            nodes[next].children.push(child);
            let name = format!("{above}a{depth}_{token}");
            nodes.push(Node { name, children: Vec::new(), cells, depth: depth + 1 });
        }
        next += 1;
    }
    nodes
}
