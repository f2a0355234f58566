//! From the ways of people to a tree of nodes.

use std::collections::BTreeMap;

use super::{Karyotype, Node, Size, Step, Ways};
use crate::error::{Error, Problems, Text};
use crate::text;

/// A family before the families are crossed.
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) leaf_of_person: Vec<usize>,
    pub(super) levels: usize,
}

/// Works on ways, each with the people who go it: there are few of them.
struct Builder<'a> {
    ways: &'a Ways,
    /// People by way.
    sizes: Vec<Size>,
    leaf_of_way: Vec<usize>,
    k: u32,
    problems: &'a mut Problems,
    nodes: Vec<Node>,
    levels: usize,
}

/// Builds the tree of one family; refuses levels with 1 to K − 1 people, or pools them inside a built-in tree.
pub(super) fn tree(ways: &Ways, karyotypes: &[Karyotype], k: u32, problems: &mut Problems) -> Tree {
    let mut sizes = vec![Size::default(); ways.paths.len()];
    for (&way, &karyotype) in ways.of_person.iter().zip(karyotypes) {
        sizes[way].add(karyotype);
    }
    let all: Vec<usize> = (0..sizes.len()).collect();
    let leaf_of_way = vec![0; sizes.len()];
    let mut builder = Builder { ways, sizes, leaf_of_way, k, problems, nodes: Vec::new(), levels: 0 };
    builder.nodes.push(Node {
        name: Some(String::new()),
        label: "all".to_owned(),
        attribute: String::new(),
        parent: 0,
        children: Vec::new(),
        size: builder.size(&all),
    });
    builder.split(0, 0, &all);
    let Builder { leaf_of_way, nodes, levels, .. } = builder;
    let leaf_of_person = ways.of_person.iter().map(|&way| leaf_of_way[way]).collect();
    Tree { name: ways.name.clone(), nodes, leaf_of_person, levels }
}

impl<'a> Builder<'a> {
    /// Everybody who goes one of these ways.
    fn size(&self, ways: &[usize]) -> Size {
        ways.iter().fold(Size::default(), |size, &way| size.plus(self.sizes[way]))
    }

    /// The step that all of these ways take at `depth`.
    fn step(&self, ways: &[usize], depth: usize) -> &'a Step {
        &self.ways.paths[ways[0]][depth]
    }

    /// Splits the ways to a node by their step at `depth`.
    fn split(&mut self, node: usize, depth: usize, ways: &[usize]) {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &way in ways {
            self.leaf_of_way[way] = node;
            if let Some(step) = self.ways.paths[way].get(depth) {
                groups.entry(&step.token).or_default().push(way);
            }
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        if groups.is_empty() {
            return;
        }
        self.levels = self.levels.max(depth + 1);
        let pool = self.pool(&mut groups, depth);
        let mut children = Vec::new();
        groups.sort_by_key(|group| &self.step(group, depth).token);
        for group in groups {
            children.push(self.child(node, depth, &group, true));
        }
        if !pool.is_empty() {
            children.push(self.child(node, depth, &pool, false));
        }
        let nodes = &self.nodes;
        let rank = |&c: &usize| {
            (std::cmp::Reverse(nodes[c].size.subjects()), nodes[c].name.is_none(), nodes[c].name.clone())
        };
        children.sort_by_key(rank);
        self.nodes[node].children = children;
    }

    /// Takes the small groups out: pooled inside a tree (with the next smallest until K), a problem elsewhere.
    fn pool(&mut self, groups: &mut Vec<Vec<usize>>, depth: usize) -> Vec<usize> {
        let k = self.k;
        let people = |group: &[usize]| self.size(group).subjects();
        let mut pool: Vec<usize> = Vec::new();
        let mut refused: Option<Error> = None;
        groups.sort_by_key(|group| (people(group), &self.step(group, depth).token));
        while let Some(group) = groups.first() {
            let step = self.step(group, depth);
            if people(group) < k && (!step.tree || step.token == "unknown") {
                refused.get_or_insert_with(|| refusal(step, &self.ways.name, k));
                groups.remove(0);
            } else if people(group) < k || (!pool.is_empty() && people(&pool) < k) {
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
    fn child(&mut self, parent: usize, depth: usize, ways: &[usize], named: bool) -> usize {
        let step = self.step(ways, depth);
        let above = &self.nodes[parent];
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
            size: self.size(ways),
        };
        let id = self.nodes.len();
        self.nodes.push(node);
        if named {
            self.split(id, depth + 1, ways);
        } else {
            ways.iter().for_each(|&way| self.leaf_of_way[way] = id);
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
