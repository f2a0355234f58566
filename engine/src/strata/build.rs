//! From the paths of people to a tree of nodes.

use std::collections::BTreeMap;

use super::{Karyotype, Node, Size};
use crate::error::{Error, Problems, Text};
use crate::text;

/// One level on a person's way down a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Attribute as it stands in names: `region`.
    pub(crate) attribute: String,
    /// Token of the level: `kanto`.
    pub(crate) token: String,
    /// Label as in the sample table.
    pub(crate) label: String,
    /// True inside a built-in tree: small nodes are pooled instead of refused.
    pub(crate) tree: bool,
}

/// A subject: sex and, per family, the way down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Sex.
    pub(crate) karyotype: Karyotype,
    /// One path per family; empty without `--by`.
    pub(crate) paths: Vec<Vec<Step>>,
    /// Class of the strata of earlier releases that hold this person: cells are cut by them.
    pub(crate) earlier: u32,
}

/// A family before the families are crossed.
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) leaf_of_person: Vec<usize>,
    pub(super) levels: usize,
}

struct Builder<'a> {
    family: usize,
    people: &'a [Person],
    k: u32,
    problems: &'a mut Problems,
    tree: Tree,
}

/// Builds the tree of one family; refuses levels with 1 to K − 1 people, or pools them inside a built-in tree.
pub(super) fn tree(name: &str, family: usize, people: &[Person], k: u32, problems: &mut Problems) -> Tree {
    let members: Vec<usize> = (0..people.len()).collect();
    let root = Node {
        name: Some(String::new()),
        label: "all".to_owned(),
        attribute: String::new(),
        parent: 0,
        children: Vec::new(),
        size: size(people, &members),
    };
    let tree =
        Tree { name: name.to_owned(), nodes: vec![root], leaf_of_person: vec![0; people.len()], levels: 0 };
    let mut builder = Builder { family, people, k, problems, tree };
    builder.split(0, 0, &members);
    builder.tree
}

fn size(people: &[Person], members: &[usize]) -> Size {
    let mut size = Size::default();
    for &m in members {
        size.add(people[m].karyotype);
    }
    size
}

impl Builder<'_> {
    /// Splits the members of a node by their step at `depth`.
    fn split(&mut self, node: usize, depth: usize, members: &[usize]) {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &m in members {
            self.tree.leaf_of_person[m] = node;
            if let Some(step) = self.people[m].paths.get(self.family).and_then(|path| path.get(depth)) {
                groups.entry(&step.token).or_default().push(m);
            }
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        if groups.is_empty() {
            return;
        }
        self.tree.levels = self.tree.levels.max(depth + 1);
        let pool = self.pool(&mut groups, depth);
        let mut children = Vec::new();
        groups.sort_by_cached_key(|g| self.people[g[0]].paths[self.family][depth].token.clone());
        for group in groups {
            children.push(self.child(node, depth, &group, true));
        }
        if !pool.is_empty() {
            children.push(self.child(node, depth, &pool, false));
        }
        let nodes = &self.tree.nodes;
        let rank = |&c: &usize| {
            (std::cmp::Reverse(nodes[c].size.subjects()), nodes[c].name.is_none(), nodes[c].name.clone())
        };
        children.sort_by_key(rank);
        self.tree.nodes[node].children = children;
    }

    /// Takes the small groups out: pooled inside a tree (with the next smallest until K), a problem elsewhere.
    fn pool(&mut self, groups: &mut Vec<Vec<usize>>, depth: usize) -> Vec<usize> {
        let k = self.k as usize;
        let step = |group: &[usize]| &self.people[group[0]].paths[self.family][depth];
        let mut pool: Vec<usize> = Vec::new();
        let mut refused: Option<Error> = None;
        groups.sort_by_key(|g| (g.len(), step(g).token.clone()));
        while let Some(group) = groups.first() {
            let step = step(group);
            if group.len() < k && (!step.tree || step.token == "unknown") {
                refused.get_or_insert_with(|| refusal(step, &self.tree.name, self.k));
                groups.remove(0);
            } else if group.len() < k || (!pool.is_empty() && pool.len() < k) {
                pool.extend(groups.remove(0));
            } else {
                break;
            }
        }
        if let Some(error) = refused
            && !self.problems.list().contains(&error)
        {
            self.problems.push(error);
        }
        pool
    }

    /// Appends a child and everything below it; a pooled child is a leaf without a name.
    fn child(&mut self, parent: usize, depth: usize, members: &[usize], named: bool) -> usize {
        let step = &self.people[members[0]].paths[self.family][depth];
        let above = &self.tree.nodes[parent];
        let name = above.name.as_deref().unwrap_or_default();
        let name = match (name, above.attribute == step.attribute) {
            ("", _) => format!("{}_{}", step.attribute, step.token),
            (name, true) => format!("{name}_{}", step.token),
            (name, false) => format!("{name}_{}_{}", step.attribute, step.token),
        };
        let label = if parent == 0 { step.label.clone() } else { format!("{}, {}", above.label, step.label) };
        let node = Node {
            name: named.then_some(name),
            label: if named { label } else { format!("{}, small levels together", above.label) },
            attribute: step.attribute.clone(),
            parent,
            children: Vec::new(),
            size: size(self.people, members),
        };
        let id = self.tree.nodes.len();
        self.tree.nodes.push(node);
        if named {
            self.split(id, depth + 1, members);
        } else {
            for &m in members {
                self.tree.leaf_of_person[m] = id;
            }
        }
        id
    }
}

/// The refusal of a level with 1 to K − 1 people; names the attribute and the remedy, never the level or a size.
fn refusal(step: &Step, family: &str, k: u32) -> Error {
    let attribute = &step.attribute;
    if step.token == "unknown" {
        return Error::refused(text!(
            "--by {family}: fewer than {k} people have no value of `{attribute}`; take them out of the cohort with \
             --drop-unknown {attribute}",
            "--by {family}: `{attribute}` が空欄の人が{k}人未満です。--drop-unknown {attribute} を指定してコホートから除いてください"
        ));
    }
    let Text { en, ja } = coarser(attribute);
    Error::refused(text!(
        "--by {family}: a level of `{attribute}` holds fewer than {k} people; {en}, or leave it out",
        "--by {family}: `{attribute}` に{k}人未満の区分があります。{ja}か、`{attribute}` を外してください"
    ))
}

/// How to get larger levels of an attribute.
pub(super) fn coarser(attribute: &str) -> Text {
    match attribute {
        "region" | "age10" => text!("write {attribute}:tree", "{attribute}:tree と指定する"),
        "icd10" => text!("name a broader code", "より広い範囲のコードを指定する"),
        _ => text!("coarsen `{attribute}` in the sample table", "検体表の `{attribute}` の区分を粗くする"),
    }
}
