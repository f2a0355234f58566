//! What a combination of prints looks like, whatever the numbers: which sets stand on their own in which table, how they cut
//! each other, and which differences can be formed. It depends on what is printed and what is not, so that few are needed.

use super::derived::{Derived, derived};
use super::{Bits, Table};
use crate::region::Zone;
use crate::strata::Size;

/// A set that stands on its own in a table: a printed node, or what a chain that stopped left of one.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) table: usize,
    pub(super) family: usize,
    /// Its number is that of this node …
    pub(super) node: usize,
    /// … less those of these.
    pub(super) less: Vec<usize>,
    pub(super) members: Bits,
}

/// People that no leaf divides.
pub(super) struct Atom {
    pub(super) size: Size,
}

/// A difference of unions of leaves: its number is a sum of theirs with signs.
pub(super) struct Shadow {
    pub(super) plus: Vec<usize>,
    pub(super) minus: Vec<usize>,
    pub(super) size: Size,
}

/// Shape of one combination of prints.
pub(super) struct Shape {
    /// Leaves of all tables, those of the new one first.
    pub(super) leaves: Vec<Leaf>,
    /// How many of them are the new table's.
    pub(super) new: usize,
    /// Per leaf of the same callset the atoms in it.
    pub(super) atoms_of: Vec<Vec<usize>>,
    pub(super) atoms: Vec<Atom>,
    pub(super) shadows: Vec<Shadow>,
    /// Smallest sets whose numbers follow from those of leaves of the callset.
    pub(super) derived: Vec<Derived>,
    /// Per new leaf, for each earlier family that unites leaves to the same people: these.
    pub(super) same: Vec<Vec<Vec<usize>>>,
    /// Per table: no step of it is withheld.
    pub(super) complete: Vec<bool>,
    /// Per earlier table of the callset without a row: the atoms of its people.
    pub(super) absent: Vec<Vec<usize>>,
    halves: Vec<[Bits; 2]>,
    /// Per chain of a table of the callset that stopped: the atoms of the part and of the rest that were not told apart.
    pub(super) stops: Vec<[Vec<usize>; 2]>,
}

/// Which nodes of a table are printed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pattern {
    /// The table did not look there.
    Unseen,
    /// It has no row.
    Absent,
    /// Per node.
    Row(Vec<bool>),
}

impl Shape {
    /// Of the new table's print (first) and the earlier ones.
    pub(super) fn of(tables: &[Table], classes: &[Size], patterns: &[Pattern], zone: Zone) -> Self {
        let mut leaves = Vec::new();
        let mut complete = vec![true; tables.len()];
        let mut new = 0;
        for (t, (table, pattern)) in tables.iter().zip(patterns).enumerate() {
            if let Pattern::Row(shown) = pattern {
                for family in 0..table.families.len() {
                    complete[t] &= collect(&mut leaves, (t, family), table, shown, classes);
                }
            }
            if t == 0 {
                new = leaves.len();
            }
        }
        let mut shape = Self {
            leaves,
            new,
            atoms_of: Vec::new(),
            atoms: Vec::new(),
            shadows: Vec::new(),
            derived: Vec::new(),
            same: Vec::new(),
            complete,
            absent: Vec::new(),
            stops: Vec::new(),
            halves: Vec::new(),
        };
        shape.halves = shape.halves(tables, classes, zone);
        shape.cut(tables, classes, patterns);
        shape.compare(tables, classes);
        shape
    }

    /// Atoms of the leaves of one callset; people of a table without a row are told apart too.
    fn cut(&mut self, tables: &[Table], classes: &[Size], patterns: &[Pattern]) {
        let joined = |leaf: &Leaf| tables[leaf.table].since.same_callset;
        let silent =
            tables.iter().zip(patterns).filter(|(t, p)| **p == Pattern::Absent && t.since.same_callset);
        let silent: Vec<&Bits> = silent.map(|(t, _)| &t.nodes[t.families[0]].members).collect();
        let halves = std::mem::take(&mut self.halves);
        let mut keys: Vec<Vec<bool>> = Vec::new();
        self.atoms_of = vec![Vec::new(); self.leaves.len()];
        self.absent = vec![Vec::new(); silent.len()];
        self.stops = vec![[Vec::new(), Vec::new()]; halves.len()];
        for (class, size) in classes.iter().enumerate() {
            let inside = self.leaves.iter().map(|l| joined(l) && l.members.contains(class));
            let silent = silent.iter().map(|s| s.contains(class));
            let stopped = halves.iter().flatten().map(|half| half.contains(class));
            let key: Vec<bool> = inside.chain(silent).chain(stopped).collect();
            if !key.contains(&true) {
                continue;
            }
            if let Some(atom) = keys.iter().position(|k| *k == key) {
                self.atoms[atom].size = self.atoms[atom].size.plus(*size);
                continue;
            }
            let atom = self.atoms.len();
            let stops = self.stops.iter_mut().flatten();
            let lists = self.atoms_of.iter_mut().chain(&mut self.absent).chain(stops);
            lists.zip(&key).filter(|(_, inside)| **inside).for_each(|(list, _)| list.push(atom));
            keys.push(key);
            self.atoms.push(Atom { size: *size });
        }
        self.absent.retain(|atoms| !atoms.is_empty());
        let sizes: Vec<Size> = self.atoms.iter().map(|a| a.size).collect();
        self.derived = derived(&self.atoms_of, &sizes);
    }

    /// The two parts that a chain did not tell apart, of every leaf of the callset that was not split to its end. A child that
    /// is everybody who is counted is passed by.
    fn halves(&self, tables: &[Table], classes: &[Size], zone: Zone) -> Vec<[Bits; 2]> {
        let of = |leaf: &Leaf| {
            let table = &tables[leaf.table];
            let counted = |c: &usize| table.nodes[*c].members.iter().any(|m| classes[m].counted(zone) > 0);
            let left = |node: usize| -> Vec<usize> {
                let children = table.nodes[node].children.iter().copied();
                children.filter(|c| !leaf.less.contains(c) && counted(c)).collect()
            };
            let mut parts = left(leaf.node);
            while let [only] = parts[..] {
                parts = if leaf.less.is_empty() { left(only) } else { Vec::new() };
            }
            let (first, rest) = parts.split_first()?;
            let mut behind = Bits::none(classes.len());
            rest.iter().for_each(|&c| behind.add(&table.nodes[c].members));
            Some([table.nodes[*first].members.clone(), behind])
        };
        self.leaves.iter().filter(|leaf| tables[leaf.table].since.same_callset).filter_map(of).collect()
    }

    /// Every pair of families, one new and one earlier: equal unions, and differences of nested ones.
    fn compare(&mut self, tables: &[Table], classes: &[Size]) {
        self.same = vec![Vec::new(); self.new];
        let families = |t: usize| (0..tables[t].families.len()).map(move |f| (t, f));
        for new in families(0) {
            for earlier in (1..tables.len()).flat_map(families) {
                let of = |which: (usize, usize)| -> Vec<usize> {
                    let mine = |l: &Leaf| (l.table, l.family) == which;
                    (0..self.leaves.len()).filter(|&i| mine(&self.leaves[i])).collect()
                };
                let (new, earlier) = (of(new), of(earlier));
                self.equal_unions(&new, &earlier, classes.len());
                for (a, b) in [(&new, &earlier), (&earlier, &new)] {
                    let shadows = self.nested(a, b, classes);
                    self.shadows.extend(shadows);
                }
            }
        }
    }

    fn union(&self, leaves: &[usize], classes: usize) -> Bits {
        let mut all = Bits::none(classes);
        leaves.iter().for_each(|&l| all.add(&self.leaves[l].members));
        all
    }

    fn equal_unions(&mut self, new: &[usize], earlier: &[usize], classes: usize) {
        for &leaf in new {
            let cover = self.cover(leaf, earlier);
            if !cover.is_empty() && self.union(&cover, classes) == self.leaves[leaf].members {
                self.same[leaf].push(cover);
            }
        }
    }

    /// The leaves of a family that meet a leaf.
    fn cover(&self, leaf: usize, family: &[usize]) -> Vec<usize> {
        let members = &self.leaves[leaf].members;
        family.iter().copied().filter(|&l| self.leaves[l].members.meets(members)).collect()
    }

    /// Differences between unions of one family's leaves and the unions of the other's inside them: for every leaf of the
    /// inner family and for every set of leaves that hang together.
    fn nested(&self, inner: &[usize], outer: &[usize], classes: &[Size]) -> Vec<Shadow> {
        let mut groups: Vec<Vec<usize>> = inner.iter().map(|&leaf| vec![leaf]).collect();
        groups.extend(outer.iter().map(|&leaf| self.cover(leaf, inner)).filter(|g| g.len() > 1));
        groups.extend(self.components(inner, outer));
        groups.sort();
        groups.dedup();
        let mut shadows = Vec::new();
        for group in groups {
            let inside = self.union(&group, classes.len());
            let cover: Vec<usize> =
                outer.iter().copied().filter(|&l| self.leaves[l].members.meets(&inside)).collect();
            let mut left = self.union(&cover, classes.len());
            if cover.is_empty() || !inside.inside(&left) || inside == left {
                continue;
            }
            left.remove(&inside);
            let size = left.iter().fold(Size::default(), |sum, class| sum.plus(classes[class]));
            shadows.push(Shadow { plus: cover, minus: group, size });
        }
        shadows
    }

    /// The inner leaves of every set of leaves that hang together.
    fn components(&self, inner: &[usize], outer: &[usize]) -> Vec<Vec<usize>> {
        let mut open: Vec<usize> = inner.to_vec();
        let mut components = Vec::new();
        while let Some(first) = open.pop() {
            let mut group = vec![first];
            let mut at = 0;
            while at < group.len() {
                for other in self.cover(group[at], outer) {
                    let (more, rest): (Vec<usize>, Vec<usize>) = open
                        .iter()
                        .partition(|&&l| self.leaves[l].members.meets(&self.leaves[other].members));
                    group.extend(more);
                    open = rest;
                }
                at += 1;
            }
            group.sort_unstable();
            components.push(group);
        }
        components
    }
}

/// Appends the leaves of a family; false if a step is withheld.
fn collect(
    leaves: &mut Vec<Leaf>,
    place: (usize, usize),
    table: &Table,
    shown: &[bool],
    classes: &[Size],
) -> bool {
    let people = |members: &Bits| members.iter().map(|c| classes[c].subjects()).sum::<u32>();
    let mut complete = true;
    let mut open = vec![table.families[place.1]];
    while let Some(node) = open.pop() {
        let children = &table.nodes[node].children;
        let less: Vec<usize> = children.iter().copied().filter(|&c| shown[c]).collect();
        open.extend(&less);
        let mut members = table.nodes[node].members.clone();
        less.iter().for_each(|&c| members.remove(&table.nodes[c].members));
        if people(&members) == 0 {
            continue;
        }
        // What is left of a chain that ran to its end is at most the one child that has no name.
        let left = children.iter().filter(|&&c| !shown[c] && people(&table.nodes[c].members) > 0);
        let nameless = |&&c: &&usize| !table.nodes[c].named;
        complete &= left.clone().count() == left.filter(nameless).count().min(1);
        leaves.push(Leaf { table: place.0, family: place.1, node, less, members });
    }
    complete
}
