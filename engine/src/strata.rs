//! Strata: attributes → nodes of families (trees) → plan cells, and the sizes that decide what may be planned.
//!
//! One `--by` is one family: a tree from the whole cohort over its attributes to its finest nodes. A *plan cell* is a
//! cell of the cross-classification of all families' leaves; a *fine cell* is a plan cell × sex, the unit of counting.
//! Every size rule of `disclosure.md` §3 (*plan time*) is checked here, before a genotype is read.

mod build;
mod cross;
mod people;
mod size;

use std::collections::BTreeMap;

use cross::Distinct;
pub(crate) use cross::cross;
pub(crate) use people::{People, Step, Ways};
pub(crate) use size::Size;

use crate::error::{Error, Problems, Text};
use crate::policy::Policy;
use crate::region::Zone;
use crate::subject::Sex;
use crate::text;

/// Sex as far as ploidy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Karyotype {
    /// XX.
    Xx,
    /// XY.
    Xy,
    /// Not known: not counted on X and Y outside the PAR.
    Unknown,
}

impl From<Option<Sex>> for Karyotype {
    fn from(sex: Option<Sex>) -> Self {
        match sex {
            Some(Sex::Female) => Karyotype::Xx,
            Some(Sex::Male) => Karyotype::Xy,
            None => Karyotype::Unknown,
        }
    }
}

impl Karyotype {
    /// Copies that a person of this sex has at a locus of this zone; 0 where the person is not counted.
    #[must_use]
    pub(crate) fn copies(self, zone: Zone) -> u8 {
        match (zone, self) {
            (Zone::Diploid, _) | (Zone::X, Karyotype::Xx) => 2,
            (Zone::Mt, _) | (Zone::X | Zone::Y, Karyotype::Xy) => 1,
            (Zone::X, Karyotype::Unknown) | (Zone::Y, _) => 0,
        }
    }
}

/// A node of a family: a set of subjects that a table may show, or a remainder that nobody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Path from the root (`sex_F_region_kanto`), empty for the root; `None` for pooled small nodes of a `:tree`.
    pub(crate) name: Option<String>,
    /// Labels along the path, as the sample table spells them.
    pub(crate) label: String,
    /// The attribute of the last step.
    pub(crate) attribute: String,
    /// Index of the parent; parents come before their children. The root is its own parent.
    pub(crate) parent: usize,
    /// Children in chain order: by public size, largest first, ties by name.
    pub(crate) children: Vec<usize>,
    /// Subjects by sex.
    pub(crate) size: Size,
}

/// One `--by`: a tree of nodes, the root first.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    /// As the user wrote it: `sex,region`.
    pub(crate) name: String,
    /// Nodes in depth-first order.
    pub(crate) nodes: Vec<Node>,
    /// The leaf that holds each plan cell.
    pub(crate) leaf_of_cell: Vec<usize>,
    /// Attributes one below the other; a tree attribute counts its levels.
    pub(crate) levels: usize,
}

/// Cells of the cross-classification of the first families, for rule (a).
#[derive(Clone, Debug)]
pub(crate) struct Atoms {
    /// The atom of each plan cell.
    pub(crate) of_cell: Vec<usize>,
    /// Subjects of each atom.
    pub(crate) sizes: Vec<Size>,
}

/// One finest counting cell: a plan cell × sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FineCell {
    /// The plan cell.
    pub(crate) cell: usize,
    /// The sex.
    pub(crate) karyotype: Karyotype,
}

/// All strata of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Strata {
    /// At least one; without `--by` a single family that is only its root.
    pub(crate) families: Vec<Family>,
    /// Subjects of each plan cell.
    pub(crate) cells: Vec<Size>,
    /// Counting cells, by plan cell and sex.
    pub(crate) fine: Vec<FineCell>,
    /// The counting cell of each person handed to [`Strata::new`].
    pub(crate) fine_of_person: Vec<u32>,
    /// `atoms[i]`: leaves of family 0 × … × family i.
    pub(crate) atoms: Vec<Atoms>,
}

impl Strata {
    /// Builds the families and checks every size rule. Problems name attributes and rules, never a size below K.
    pub(crate) fn new(people: &People, policy: &Policy, problems: &mut Problems) -> Option<Self> {
        let k = policy.k;
        if people.karyotypes.len() < k as usize {
            problems.push(Error::refused(text!(
                "the cohort has fewer than {k} subjects after selection; no table of it may be made",
                "絞り込んだ後の対象者が{k}人未満のため、表を作成できません"
            )));
            return None;
        }
        let before = problems.list().len();
        let families = people.families.iter();
        let trees = families.map(|ways| build::tree(ways, &people.karyotypes, k, problems)).collect();
        if problems.list().len() > before {
            return None;
        }
        let strata = Self::cross(trees, people);
        strata.check_overlaps(k, problems);
        (problems.list().len() == before).then_some(strata)
    }

    /// Cross-classifies the leaves of all trees, and the classes of earlier releases.
    fn cross(trees: Vec<build::Tree>, people: &People) -> Self {
        let earlier: Vec<usize> = people.earlier.iter().map(|&class| class as usize).collect();
        let leaves = trees.iter().map(|tree| tree.leaf_of_person.as_slice());
        let Distinct { values: keys, of: cell_of } =
            cross(people.karyotypes.len(), leaves.chain([earlier.as_slice()]));
        let mut cells = vec![Size::default(); keys.len()];
        for (&cell, &karyotype) in cell_of.iter().zip(&people.karyotypes) {
            cells[cell].add(karyotype);
        }
        let fine: Vec<FineCell> = cell_of
            .iter()
            .zip(&people.karyotypes)
            .map(|(&cell, &karyotype)| FineCell { cell, karyotype })
            .collect();
        let fine = Distinct::new(&fine);
        let number = |fine: usize| u32::try_from(fine).unwrap_or(u32::MAX);
        let atoms = (1..=trees.len()).map(|n| atoms(&keys, &cells, n)).collect();
        let families = trees
            .into_iter()
            .enumerate()
            .map(|(i, tree)| Family {
                name: tree.name,
                nodes: tree.nodes,
                leaf_of_cell: keys.iter().map(|key| key[i]).collect(),
                levels: tree.levels,
            })
            .collect();
        Self {
            families,
            cells,
            fine: fine.values,
            fine_of_person: fine.of.into_iter().map(number).collect(),
            atoms,
        }
    }

    /// For nodes p, q of different families, |p∩q|, |p∖q| and |q∖p| must be 0 or at least K.
    fn check_overlaps(&self, k: u32, problems: &mut Problems) {
        for (i, first) in self.families.iter().enumerate() {
            for second in &self.families[i + 1..] {
                if let Some(attribute) = self.small_overlap(first, second, k) {
                    let (a, b) = (&first.name, &second.name);
                    let Text { en, ja } = build::coarser(attribute);
                    problems.push(Error::refused(text!(
                        "--by {a} and --by {b} together cut the cohort into a group of fewer than {k} people; {en}, \
                         or drop one of the two",
                        "--by {a} と --by {b} を組み合わせると{k}人未満の集団ができます。{ja}か、どちらか一方を外してください"
                    )));
                }
            }
        }
    }

    /// The attribute to coarsen where two families meet in a set of 1 to K − 1 people.
    fn small_overlap<'a>(&self, first: &Family, second: &'a Family, k: u32) -> Option<&'a str> {
        let mut shared: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        for (cell, size) in self.cells.iter().enumerate() {
            for p in first.ancestors(first.leaf_of_cell[cell]) {
                for q in second.ancestors(second.leaf_of_cell[cell]) {
                    *shared.entry((p, q)).or_default() += size.subjects();
                }
            }
        }
        let small = |n: u32| n > 0 && n < k;
        shared.iter().find_map(|(&(p, q), &both)| {
            let (p, q) = (&first.nodes[p], &second.nodes[q]);
            let bad = small(both) || small(p.size.subjects() - both) || small(q.size.subjects() - both);
            bad.then_some(q.attribute.as_str())
        })
    }
}

/// Groups plan cells by their leaves in the first `n` families.
fn atoms(keys: &[Vec<usize>], cells: &[Size], n: usize) -> Atoms {
    let mut ids: BTreeMap<&[usize], usize> = BTreeMap::new();
    let mut sizes: Vec<Size> = Vec::new();
    let of_cell = keys
        .iter()
        .zip(cells)
        .map(|(key, size)| {
            let id = *ids.entry(&key[..n]).or_insert_with(|| {
                sizes.push(Size::default());
                sizes.len() - 1
            });
            sizes[id] = sizes[id].plus(*size);
            id
        })
        .collect();
    Atoms { of_cell, sizes }
}

impl Family {
    /// A node and everything above it, the root last.
    pub(crate) fn ancestors(&self, leaf: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(leaf), |&n| (n != 0).then(|| self.nodes[n].parent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(attribute: &str, token: &str, tree: bool) -> Step {
        Step { attribute: attribute.into(), token: token.into(), label: format!("{attribute}={token}"), tree }
    }

    /// People by sex and by region, in two families.
    fn people(groups: &[(&str, &[&str], usize)]) -> People {
        let group = |&(sex, region, people): &(&str, &[&str], usize)| {
            let karyotype = if sex == "F" { Karyotype::Xx } else { Karyotype::Xy };
            let region = region.iter().map(|r| step("region", r, region.len() > 1)).collect();
            (karyotype, vec![vec![step("sex", sex, false)], region], people)
        };
        let by = ["sex", "region"].map(str::to_owned);
        People::of_groups(&by, &groups.iter().map(group).collect::<Vec<_>>())
    }

    #[test]
    fn chains_run_from_large_to_small() {
        let people = people(&[("F", &["b"], 20), ("M", &["b"], 20), ("F", &["a"], 20), ("M", &["a"], 30)]);
        let mut problems = Problems::default();
        let strata = Strata::new(&people, &Policy::default(), &mut problems).unwrap();
        assert!(problems.is_empty());
        let names = |f: &Family| {
            f.nodes[0].children.iter().map(|&c| f.nodes[c].name.clone().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names(&strata.families[0]), ["sex_M", "sex_F"]);
        assert_eq!(names(&strata.families[1]), ["region_a", "region_b"]);
        assert_eq!(strata.cells.len(), 4);
        assert_eq!(strata.atoms[1].sizes.len(), 4);
    }

    #[test]
    fn small_levels_are_refused_by_attribute_alone() {
        let people = people(&[("F", &["a"], 30), ("M", &["a"], 30), ("F", &["b"], 4)]);
        let mut problems = Problems::default();
        assert!(Strata::new(&people, &Policy::default(), &mut problems).is_none());
        assert_eq!(problems.exit_code(), 5);
        let text = problems.to_string();
        assert!(text.contains("`region`") && !text.contains('4'), "{text}");
    }

    #[test]
    fn small_nodes_of_a_tree_are_pooled() {
        let people = people(&[
            ("F", &["west", "kinki"], 30),
            ("M", &["west", "kyushu"], 12),
            ("M", &["west", "shikoku"], 4),
            ("F", &["east", "kanto"], 40),
        ]);
        let mut problems = Problems::default();
        let people = People { families: people.families.into_iter().skip(1).collect(), ..people };
        let strata = Strata::new(&people, &Policy::default(), &mut problems).unwrap();
        let family = &strata.families[0];
        let west = family.nodes.iter().position(|n| n.name.as_deref() == Some("region_west")).unwrap();
        let children: Vec<_> =
            family.nodes[west].children.iter().map(|&c| family.nodes[c].name.clone()).collect();
        assert_eq!(children, [Some("region_west_kinki".to_owned()), None]);
    }

    #[test]
    fn overlaps_of_families_are_checked() {
        let people = people(&[("F", &["a"], 30), ("M", &["a"], 30), ("F", &["b"], 30), ("M", &["b"], 3)]);
        let mut problems = Problems::default();
        assert!(Strata::new(&people, &Policy::default(), &mut problems).is_none());
        assert_eq!(problems.exit_code(), 5);
    }
}
