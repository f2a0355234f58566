//! The tree rule of `docs/disclosure.md` once more, for diploid loci: written from its text, slowly, so that the engine
//! can be compared with it. A set of people is a list of plan cells, and every number is summed from the people anew.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::Chain;
use super::cohort::Unit;

/// Fewest people.
pub(super) const K: i64 = 10;

/// What is known of a person: attribute → level.
pub(crate) type Attributes = BTreeMap<&'static str, String>;

/// A node of a family: its name (`sex_F`), its plan cells, its children in chain order.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) cells: BTreeSet<usize>,
    pub(super) children: Vec<Node>,
}

/// What a plan makes of `--by`.
pub(crate) struct Design {
    /// The finest cells, each with its people (sample columns).
    cells: Vec<Vec<usize>>,
    families: Vec<Node>,
    /// `--genotypes`.
    genotypes: bool,
}

/// One expected row: its tier and, by column name, its counts.
pub(crate) type Row = BTreeMap<String, String>;

/// What would be printed of a set of people.
#[derive(Clone, Default)]
pub(super) struct Sums {
    pub(super) subjects: i64,
    pub(super) an: i64,
    pub(super) ac: Vec<i64>,
    pub(super) homref: i64,
    pub(super) het: i64,
    pub(super) homalt: i64,
}

/// The tiers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tier {
    A,
    G,
}

impl Design {
    /// `by`: the families, each a list of attributes.
    pub(crate) fn new(by: &[&[&'static str]], people: &[Attributes], genotypes: bool) -> Self {
        let all: BTreeSet<usize> = (0..people.len()).collect();
        let levels = |person: &Attributes| -> Vec<String> {
            by.iter().flat_map(|family| family.iter().map(|a| person[a].clone())).collect()
        };
        let mut cells: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (column, person) in people.iter().enumerate() {
            cells.entry(levels(person)).or_default().push(column);
        }
        let cells: Vec<Vec<usize>> = cells.into_values().collect();
        let whole: &[&[&'static str]] = if by.is_empty() { &[&[]] } else { by };
        let families = whole.iter().map(|family| tree(String::new(), &all, family, people, &cells)).collect();
        Self { cells, families, genotypes }
    }

    /// The names of all strata of the table, `""` for everybody.
    pub(crate) fn strata(&self) -> BTreeSet<String> {
        fn walk(node: &Node, names: &mut BTreeSet<String>) {
            names.insert(node.name.clone());
            node.children.iter().for_each(|c| walk(c, names));
        }
        let mut names = BTreeSet::new();
        self.families.iter().for_each(|f| walk(f, &mut names));
        names
    }

    fn stratified(&self) -> bool {
        self.families.iter().any(|f| !f.children.is_empty())
    }

    /// The rows that may be printed of one unit, by `contig:pos:ref:alt`.
    pub(crate) fn rows(&self, unit: &Unit) -> BTreeMap<String, Row> {
        // T4: ALTs with AC of 19 at the root are printed, the others are rest before anything else.
        let everybody = &self.families[0].cells;
        let every_alt: Vec<usize> = (0..unit.variants.len()).collect();
        let root = self.sums(unit, &every_alt, everybody);
        let printed: Vec<usize> = every_alt.into_iter().filter(|&v| root.ac[v] >= 2 * K - 1).collect();
        if printed.is_empty() {
            return BTreeMap::new();
        }
        let sums = |cells: &BTreeSet<usize>| self.sums(unit, &printed, cells);
        let root = sums(everybody);
        if !passes(Tier::A, &root) {
            return BTreeMap::new();
        }
        // T1 to T3.
        let minor = root.ac[0].min(root.an - root.ac[0]);
        let considered = printed.len() == 1
            && (!self.stratified() || (self.genotypes && minor * minor >= 4 * K * root.an));
        let (tier, leaves) = if !considered {
            (Tier::A, self.chosen(Tier::A, &root, &sums))
        } else if passes(Tier::G, &root) {
            (Tier::G, self.chosen(Tier::G, &root, &sums))
        } else {
            (
                Tier::A,
                std::iter::once(vec![everybody.clone()])
                    .chain(self.families[1..].iter().map(|_| Vec::new()))
                    .collect(),
            )
        };
        let mut rows = BTreeMap::new();
        for (i, &v) in printed.iter().enumerate() {
            let variant = &unit.variants[v];
            let key = format!("{}:{}:{}:{}", unit.contig, unit.pos, variant.reference, variant.alternate);
            let mut row = Row::new();
            row.insert("tier".to_owned(), if tier == Tier::G { "G" } else { "A" }.to_owned());
            if variant.filter != "." {
                row.insert("filter".to_owned(), variant.filter.clone());
            }
            for (family, leaves) in self.families.iter().zip(&leaves).filter(|(_, l)| !l.is_empty()) {
                print(family, leaves, &mut |node| write(&mut row, &node.name, &sums(&node.cells), i, tier));
            }
            rows.insert(key, row);
        }
        rows
    }

    /// Sums over the cells. Of n people of a cell of whom x are not called y look so: none if x < K or n < 2K, else
    /// min(x, n − K); the others of the x look hom-ref.
    fn sums(&self, unit: &Unit, printed: &[usize], cells: &BTreeSet<usize>) -> Sums {
        let mut sums = Sums { ac: vec![0; printed.len()], ..Sums::default() };
        for &cell in cells {
            let (mut n, mut x) = (0, 0);
            for &person in &self.cells[cell] {
                n += 1;
                let Some(copies) = &unit.people[person] else {
                    x += 1;
                    continue;
                };
                let mut any = 0;
                for (ac, &v) in sums.ac.iter_mut().zip(printed) {
                    *ac += i64::from(copies[v]);
                    any += copies[v];
                    sums.het += i64::from(copies[v] == 1);
                    sums.homalt += i64::from(copies[v] == 2);
                }
                sums.homref += i64::from(any == 0);
            }
            let y = if x < K || n < 2 * K { 0 } else { x.min(n - K) };
            sums.subjects += n;
            sums.an += 2 * (n - y);
            sums.homref += x - y;
        }
        sums
    }

    /// Per family: the chosen leaves, none of a family that is not printed.
    fn chosen(
        &self,
        tier: Tier,
        root: &Sums,
        sums: &dyn Fn(&BTreeSet<usize>) -> Sums,
    ) -> Vec<Vec<BTreeSet<usize>>> {
        let one_level = |f: &Node| f.children.iter().all(|c| c.children.is_empty());
        let margins = self.families.len() > 1 && self.families.iter().all(one_level);
        let everybody_called = root.ac.len() == 1 && root.an == 2 * root.subjects;
        if margins && tier == Tier::A && everybody_called {
            return self.margins(root, sums);
        }
        let pass = |cells: &BTreeSet<usize>| passes(tier, &sums(cells));
        let chain = Chain { tier, sums, goes_on: root.ac.len() == 1 };
        let mut all = vec![Vec::new(); self.families.len()];
        let mut complete = chain.leaves(&self.families[0], &mut all[0]);
        for (n, chosen) in all.iter_mut().enumerate().skip(1) {
            // Attempted beside complete ones only, and none after a denial.
            if !(complete && self.atoms_pass(n, &pass)) {
                break;
            }
            complete = chain.leaves(&self.families[n], chosen);
        }
        all
    }

    /// Rule (c), by the letters of the text.
    fn margins(&self, root: &Sums, sums: &dyn Fn(&BTreeSet<usize>) -> Sums) -> Vec<Vec<BTreeSet<usize>>> {
        let wide = |cells: &BTreeSet<usize>| {
            let s = sums(cells);
            s.ac[0] >= 4 * K - 4 && s.an - s.ac[0] >= 4 * K - 3
        };
        let mut all = vec![Vec::new(); self.families.len()];
        let everybody = &self.families[0].cells;
        if root.ac[0] < 8 * K - 8 || root.an - root.ac[0] < 8 * K - 6 {
            Chain { tier: Tier::A, sums, goes_on: true }.leaves(&self.families[0], &mut all[0]);
            return all;
        }
        let rare = |cells: &BTreeSet<usize>| {
            let s = sums(cells);
            if 2 * root.ac[0] > root.an { s.an - s.ac[0] } else { s.ac[0] }
        };
        // Per active family: its groups, each with its reduced set.
        let mut active: Vec<Vec<Group>> = Vec::new();
        for (n, family) in self.families.iter().enumerate() {
            let chain: Vec<&BTreeSet<usize>> = family.children.iter().map(|c| &c.cells).collect();
            let groups = |taken: usize| -> Vec<Group> {
                let whole = |cells: &BTreeSet<usize>| (cells.clone(), cells.clone());
                let mut groups: Vec<Group> = chain[..taken].iter().map(|c| whole(c)).collect();
                let rest: BTreeSet<usize> = chain[taken..].iter().flat_map(|c| c.iter().copied()).collect();
                let behind: BTreeSet<usize> = &rest - chain[taken];
                let larger = if self.people(chain[taken]) >= self.people(&behind) {
                    chain[taken].clone()
                } else {
                    behind
                };
                groups.push((rest, larger));
                groups
            };
            let fits = |groups: Vec<Group>| {
                let mut families = active.clone();
                families.push(groups);
                self.capacities_suffice(&families, rare(everybody), &rare)
            };
            if n > 0 && !fits(groups(0)) {
                continue;
            }
            let mut taken = 0;
            while taken + 1 < chain.len() {
                let rest = groups(taken).pop().expect("the rest").0;
                let step = wide(chain[taken]) && wide(&(&rest - chain[taken]));
                if !(step && (n == 0 || fits(groups(taken + 1)))) {
                    break;
                }
                taken += 1;
            }
            all[n] = groups(taken).into_iter().map(|g| g.0).collect();
            active.push(groups(taken));
        }
        all
    }

    fn people(&self, cells: &BTreeSet<usize>) -> i64 {
        cells.iter().map(|&c| self.cells[c].len() as i64).sum()
    }

    /// CAP.
    fn capacities_suffice(
        &self,
        families: &[Vec<Group>],
        total: i64,
        rare: &dyn Fn(&BTreeSet<usize>) -> i64,
    ) -> bool {
        let w = 2 * K - 2;
        let split = families.iter().filter(|groups| groups.len() > 1).count();
        let split = u32::try_from(split).expect("few families");
        let mut crossed: Vec<(BTreeSet<usize>, Vec<i64>)> =
            vec![(self.families[0].cells.clone(), Vec::new())];
        for groups in families {
            let with = |(cells, copies): &(BTreeSet<usize>, Vec<i64>)| {
                groups
                    .iter()
                    .map(|(group, reduced)| {
                        let own = (groups.len() > 1).then(|| rare(group));
                        (cells & reduced, copies.iter().copied().chain(own).collect())
                    })
                    .collect::<Vec<_>>()
            };
            crossed = crossed.iter().flat_map(with).collect();
        }
        crossed.iter().all(|(cells, copies)| {
            let room = 2 * self.people(cells);
            let least = copies.iter().copied().min().unwrap_or(total);
            let product = || {
                let scale = i128::from(total - 2 * w).pow(split - 1);
                let spare = i128::from(split) - 1 + 2 * i128::from(w);
                let all: i128 = copies.iter().map(|&m| i128::from(m)).product();
                i128::from(room) * scale >= all + spare * scale
            };
            room >= least + w || (split > 0 && product())
        })
    }

    /// Rule (a): the cross cells of all finest nodes of the families up to the n-th.
    fn atoms_pass(&self, n: usize, pass: &dyn Fn(&BTreeSet<usize>) -> bool) -> bool {
        let mut atoms = vec![self.families[0].cells.clone()];
        for family in &self.families[..=n] {
            let mut finest = Vec::new();
            finest_nodes(family, &mut finest);
            atoms = atoms.iter().flat_map(|a| finest.iter().map(|f| a & f).collect::<Vec<_>>()).collect();
            atoms.retain(|a| !a.is_empty());
        }
        atoms.iter().all(pass)
    }
}

/// A printed group and its reduced set.
type Group = (BTreeSet<usize>, BTreeSet<usize>);

pub(super) fn passes(tier: Tier, sums: &Sums) -> bool {
    sums.subjects >= K
        && match tier {
            Tier::A => {
                sums.ac.iter().all(|&ac| ac >= 2 * K - 1) && sums.an - sums.ac.iter().sum::<i64>() >= 2 * K
            }
            Tier::G => sums.homref >= K && sums.het >= K && sums.homalt >= K,
        }
}

/// Grows a family; children by size, largest first, ties by name.
fn tree(
    name: String,
    members: &BTreeSet<usize>,
    by: &[&str],
    people: &[Attributes],
    cells: &[Vec<usize>],
) -> Node {
    let mut groups: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    if let Some(attribute) = by.first() {
        for &person in members {
            groups.entry(&people[person][attribute]).or_default().insert(person);
        }
    }
    let mut groups: Vec<(&str, BTreeSet<usize>)> = groups.into_iter().collect();
    groups.sort_by_key(|(level, people)| (std::cmp::Reverse(people.len()), *level));
    let path = if name.is_empty() { String::new() } else { format!("{name}_") };
    let children = groups
        .iter()
        .map(|(level, group)| tree(format!("{path}{}_{level}", by[0]), group, &by[1..], people, cells))
        .collect();
    let cells = (0..cells.len()).filter(|&c| members.contains(&cells[c][0])).collect();
    Node { name, cells, children }
}

/// The finest nodes of a family.
fn finest_nodes(node: &Node, finest: &mut Vec<BTreeSet<usize>>) {
    if node.children.is_empty() {
        finest.push(node.cells.clone());
    }
    node.children.iter().for_each(|child| finest_nodes(child, finest));
}

/// Every node of a family that is a union of chosen leaves.
fn print(node: &Node, leaves: &[BTreeSet<usize>], put: &mut dyn FnMut(&Node)) {
    if leaves.iter().all(|leaf| leaf.is_subset(&node.cells) || leaf.is_disjoint(&node.cells)) {
        put(node);
    }
    node.children.iter().for_each(|child| print(child, leaves, put));
}

fn write(row: &mut Row, stratum: &str, sums: &Sums, alt: usize, tier: Tier) {
    let mut put = |field: &str, n: i64| {
        let name = if stratum.is_empty() { field.to_owned() } else { format!("{field}_{stratum}") };
        row.insert(name, n.to_string());
    };
    put("AC", sums.ac[alt]);
    put("AN", sums.an);
    if tier == Tier::G {
        put("nhomref", sums.homref);
        put("nhet", sums.het);
        put("nhomalt", sums.homalt);
        put("nhemi", 0);
    }
}
