//! Tables put together over the classes of people that they tell apart.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::derivable::signatures;
use super::draft::Draft;
use crate::strata::{Karyotype, Size};
use crate::suppress::{Bits, Joint, JointTable, Since, TableNode};

/// Groups of people that all tables together may tell apart.
const CLASSES: usize = 4_096;

/// A set of a tree.
pub(crate) struct Branch<'a> {
    pub(crate) children: Vec<usize>,
    pub(crate) set: &'a RoaringBitmap,
    /// False for pooled small levels, which no table prints.
    pub(crate) named: bool,
}

/// The trees of a table, as sets of people.
pub(crate) struct Trees<'a> {
    pub(crate) families: Vec<Vec<Branch<'a>>>,
    pub(crate) since: Since,
}

impl<'a> Trees<'a> {
    /// Those of a planned table.
    pub(crate) fn of(draft: &'a Draft, since: Since) -> Self {
        let families = draft.families.iter().map(|(_, nodes)| {
            let branch = |n: &'a super::draft::DraftNode| Branch {
                children: n.children.clone(),
                set: &n.set,
                named: n.name.is_some(),
            };
            nodes.iter().map(branch).collect()
        });
        Self { families: families.collect(), since }
    }

    /// The trees over classes, of each of which `people` names one person.
    fn over(&self, people: &[u32]) -> JointTable {
        let (mut nodes, mut roots) = (Vec::new(), Vec::new());
        for family in &self.families {
            let first = nodes.len();
            roots.push(first);
            nodes.extend(family.iter().map(|branch| {
                let mut members = Bits::none(people.len());
                let inside = people.iter().enumerate().filter(|(_, p)| branch.set.contains(**p));
                inside.for_each(|(class, _)| members.insert(class));
                let children = branch.children.iter().map(|c| first + c).collect();
                TableNode { children, members, named: branch.named }
            }));
        }
        JointTable { nodes, families: roots, since: self.since }
    }
}

/// Puts a new table (the first) and earlier ones together; nothing where they tell too many classes apart.
pub(crate) fn join(trees: &[Trees<'_>], karyotype: &dyn Fn(u32) -> Karyotype, strict: bool) -> Option<Joint> {
    let sets: Vec<&RoaringBitmap> =
        trees.iter().flat_map(|t| t.families.iter().flatten().map(|branch| branch.set)).collect();
    let mut index: HashMap<u128, usize> = HashMap::new();
    let mut people: Vec<u32> = Vec::new();
    let mut sizes: Vec<Size> = Vec::new();
    for (person, signature) in (0u32..).zip(signatures(&sets)).filter(|(_, s)| *s != 0) {
        let class = *index.entry(signature).or_insert_with(|| {
            people.push(person);
            sizes.push(Size::default());
            sizes.len() - 1
        });
        sizes[class].add(karyotype(person));
    }
    (sizes.len() <= CLASSES)
        .then(|| Joint::new(sizes, trees.iter().map(|t| t.over(&people)).collect(), strict))
}

/// True when the classes of people of a table that all `sets` make are finer than those of `then`.
pub(crate) fn cuts(root: &RoaringBitmap, then: &[&RoaringBitmap], sets: &[&RoaringBitmap]) -> bool {
    let [then, now] = [then, sets].map(signatures);
    let at = |list: &[u128], person: u32| list.get(person as usize).copied().unwrap_or_default();
    let mut now_of: HashMap<u128, u128> = HashMap::new();
    root.iter().any(|p| *now_of.entry(at(&then, p)).or_insert_with(|| at(&now, p)) != at(&now, p))
}

/// Tables that share people with a new one, or with one of these, and so on: what two of them say together may be said of
/// people of a third.
pub(crate) fn connected(root: &RoaringBitmap, roots: &[&RoaringBitmap]) -> Vec<usize> {
    let mut people = root.clone();
    let mut inside = vec![false; roots.len()];
    while let Some(next) = (0..roots.len()).find(|&t| !inside[t] && !roots[t].is_disjoint(&people)) {
        inside[next] = true;
        people |= roots[next];
    }
    (0..roots.len()).filter(|&t| inside[t]).collect()
}
