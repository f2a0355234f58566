//! The sets of people that a planned table would show, in the numbers of a ledger.

use roaring::RoaringBitmap;

use super::entry::{ClaimFamily, ClaimNode};
use super::sets::SetDigest;
use crate::strata::{Karyotype, Strata};

/// A node of a planned tree.
pub(crate) struct DraftNode {
    pub(crate) name: Option<String>,
    pub(crate) parent: usize,
    pub(crate) children: Vec<usize>,
    pub(crate) set: RoaringBitmap,
}

/// The trees of a plan as sets of subjects.
pub(crate) struct Draft {
    pub(crate) families: Vec<(String, Vec<DraftNode>)>,
    /// Subjects with two X, with X and Y.
    pub(crate) sexes: [RoaringBitmap; 2],
}

impl Draft {
    /// `subjects[i]` is the ledger's number of the person that `strata.fine_of_person[i]` counts.
    pub(crate) fn new(strata: &Strata, subjects: &[u32]) -> Self {
        let mut cells = vec![RoaringBitmap::new(); strata.cells.len()];
        let mut sexes = [RoaringBitmap::new(), RoaringBitmap::new()];
        for (&fine, &subject) in strata.fine_of_person.iter().zip(subjects) {
            let fine = strata.fine[fine as usize];
            cells[fine.cell].insert(subject);
            match fine.karyotype {
                Karyotype::Xx => sexes[0].insert(subject),
                Karyotype::Xy => sexes[1].insert(subject),
                Karyotype::Unknown => false,
            };
        }
        let families = strata.families.iter().map(|family| {
            let mut sets = vec![RoaringBitmap::new(); family.nodes.len()];
            for (cell, set) in cells.iter().enumerate() {
                for node in family.ancestors(family.leaf_of_cell[cell]) {
                    sets[node] |= set;
                }
            }
            let node = |(node, set): (&crate::strata::Node, RoaringBitmap)| DraftNode {
                name: node.name.clone(),
                parent: node.parent,
                children: node.children.clone(),
                set,
            };
            (family.name.clone(), family.nodes.iter().zip(sets).map(node).collect())
        });
        Self { families: families.collect(), sexes }
    }

    /// The whole cohort.
    pub(crate) fn root(&self) -> &RoaringBitmap {
        &self.families[0].1[0].set
    }

    /// Every set, the nodes of all trees.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &RoaringBitmap> {
        self.families.iter().flat_map(|(_, nodes)| nodes.iter().map(|n| &n.set))
    }

    /// The trees as a claim names them.
    pub(crate) fn claimed(&self) -> Vec<ClaimFamily> {
        let number = |n: &usize| u32::try_from(*n).unwrap_or(u32::MAX);
        let node = |n: &DraftNode| ClaimNode {
            name: n.name.clone(),
            parent: number(&n.parent),
            children: n.children.iter().map(number).collect(),
            set: SetDigest::of(&n.set),
        };
        let family = |(name, nodes): &(String, Vec<DraftNode>)| ClaimFamily {
            name: name.clone(),
            nodes: nodes.iter().map(node).collect(),
        };
        self.families.iter().map(family).collect()
    }
}
