//! The rule of `disclosure.md` §3 written a second time, slowly and from the text, and broken on request.
//!
//! Numbers of a set of people are added up anew for every set, and nothing is shared with the engine but the plan.

use super::world::{Micro, World};
use crate::region::Zone;
use crate::strata::Size;

/// How the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Not at all.
    No,
    /// Every node is printed that passes by itself.
    CellMasking,
    /// A step tests the child and not the rest.
    OnePart,
    /// Tests are of the true number of people not called, prints are of AN′.
    TrueMissing,
    /// AN is the true number of called alleles, in tests and prints.
    TrueAn,
    /// Genotypes are considered by the true number of carriers.
    TrueCarriers,
    /// A further family is printed whenever its own tree is complete.
    SecondAlone,
    /// Rule (b) with intervals of K values, which are not K values of a genotype count.
    NarrowIntervals,
    /// The same without the public test on the first margin.
    NoPrecheck,
    /// Rule (b) without its intervals.
    NoIntervals,
}

/// What a table would show of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    an: i64,
    ac: Vec<i64>,
    /// Diploid hom-ref′, het, hom-alt; haploid REF′, ALT.
    classes: [i64; 5],
}

/// One data set of one world.
struct Case<'a> {
    world: &'a World,
    data: &'a [&'a Micro],
    broken: Broken,
    /// ALTs that the root shows.
    printed: Vec<usize>,
}

/// The print by the rule as this file states it, in the form of [`key`].
pub(super) fn model(world: &World, broken: Broken, data: &[&Micro]) -> Vec<u32> {
    let mut case = Case { world, data, broken, printed: Vec::new() };
    let everybody: Vec<usize> = (0..world.strata.cells.len()).collect();
    let all = Case { printed: (1..=world.request.alts).collect(), ..case };
    let floor = case.floors(&everybody).0;
    let totals = all.shown(&everybody, false).ac;
    case.printed = (1..=world.request.alts).filter(|alt| totals[alt - 1] >= floor).collect();
    case.broken = broken;
    if case.printed.is_empty() || !case.passes(&everybody, false) {
        return Vec::new();
    }
    let (tier_g, families) = case.decide(&everybody);
    case.table(tier_g, &families)
}

/// Per family the nodes printed.
type Families = Vec<Vec<usize>>;

impl Case<'_> {
    fn k(&self) -> i64 {
        i64::from(self.world.request.k)
    }

    fn size(&self, cells: &[usize]) -> Size {
        cells.iter().fold(Size::default(), |sum, &c| sum.plus(self.world.strata.cells[c]))
    }

    /// Fewest alleles of an ALT, and of the rest.
    fn floors(&self, cells: &[usize]) -> (i64, i64) {
        let haploid = self.size(cells).diploid(self.world.request.zone) == 0;
        if haploid { (self.k(), self.k()) } else { (2 * self.k() - 1, 2 * self.k()) }
    }

    /// People shown as not called, per finest plan cell, on X and Y per sex.
    fn shown(&self, cells: &[usize], truth: bool) -> Shown {
        let zone = self.world.request.zone;
        let mut shown = Shown { an: 0, ac: vec![0; self.printed.len()], classes: [0; 5] };
        for &cell in cells {
            let size = self.world.strata.cells[cell];
            let mut not_called = [0u32; 3];
            let fine = self.world.strata.fine.iter().enumerate().filter(|(_, f)| f.cell == cell);
            for (f, fine) in fine {
                let ploidy = fine.karyotype.copies(zone) as usize;
                for (class, &n) in self.world.classes[f].iter().zip(self.data[f]) {
                    if !class.called {
                        not_called[ploidy] += n;
                    }
                    for (ac, &alt) in shown.ac.iter_mut().zip(&self.printed) {
                        *ac += i64::from(class.copies[alt] * n);
                    }
                    if class.called && ploidy > 0 && !self.printed.is_empty() {
                        let copies = class.copies[self.printed[0]] as usize;
                        shown.classes[if ploidy == 2 { copies } else { 3 + copies }] += i64::from(n);
                    }
                }
            }
            for (ploidy, n) in [(1, size.haploid(zone)), (2, size.diploid(zone))] {
                let (x, k) = (not_called[ploidy], self.world.request.k);
                let few = x < k || n < 2 * k;
                let y = if truth {
                    x
                } else if few {
                    0
                } else {
                    x.min(n - k)
                };
                shown.an += ploidy as i64 * i64::from(n - y);
                shown.classes[if ploidy == 2 { 0 } else { 3 }] += i64::from(x) - i64::from(y);
            }
        }
        shown
    }

    fn passes(&self, cells: &[usize], tier_g: bool) -> bool {
        let (zone, k) = (self.world.request.zone, self.world.request.k);
        let size = self.size(cells);
        if size.counted(zone) < k || size.guarded(zone, k) {
            return false;
        }
        let shown = self.shown(cells, matches!(self.broken, Broken::TrueMissing | Broken::TrueAn));
        if tier_g {
            let possible = [size.diploid(zone); 3].into_iter().chain([size.haploid(zone); 2]);
            return shown.classes.iter().zip(possible).all(|(&n, people)| people == 0 || n >= self.k());
        }
        let (alt, rest) = self.floors(cells);
        shown.ac.iter().all(|&ac| ac >= alt) && shown.an - shown.ac.iter().sum::<i64>() >= rest
    }

    /// T1 to T3.
    fn decide(&self, everybody: &[usize]) -> (bool, Families) {
        let root = self.shown(everybody, false);
        let minor = root.ac[0].min(root.an - root.ac[0]);
        let carriers = root.classes[1] + root.classes[2] + root.classes[4];
        let minor = if self.broken == Broken::TrueCarriers { carriers } else { minor };
        let plain = self.world.strata.families.iter().all(|f| f.nodes.len() == 1);
        let enough = minor * minor >= 4 * self.k() * root.an;
        let considered = if self.broken == Broken::TrueCarriers {
            enough
        } else {
            self.printed.len() == 1 && (plain || (self.world.request.genotypes && enough))
        };
        match (considered, considered && self.passes(everybody, true)) {
            (true, false) => (false, vec![vec![0]]),
            (_, tier_g) => (tier_g, self.families(tier_g)),
        }
    }

    /// Plan cells of a node.
    fn node(&self, family: usize, node: usize) -> Vec<usize> {
        let family = &self.world.strata.families[family];
        (0..self.world.strata.cells.len())
            .filter(|&c| family.ancestors(family.leaf_of_cell[c]).any(|n| n == node))
            .collect()
    }

    /// Nodes of one family that stand alone, and whether no step was withheld.
    fn tree(&self, family: usize, tier_g: bool) -> (Vec<usize>, bool) {
        let nodes = &self.world.strata.families[family].nodes;
        if self.broken == Broken::CellMasking {
            let alone = (0..nodes.len()).filter(|&n| self.passes(&self.node(family, n), tier_g)).collect();
            return (alone, true);
        }
        let counted = |c: &usize| nodes[*c].size.counted(self.world.request.zone) > 0;
        let (mut alone, mut complete, mut open) = (Vec::new(), true, vec![0]);
        while let Some(node) = open.pop() {
            alone.push(node);
            let chain: Vec<usize> = nodes[node].children.iter().copied().filter(counted).collect();
            for (i, &child) in chain.iter().enumerate() {
                let rest: Vec<usize> = chain[i + 1..].iter().flat_map(|&c| self.node(family, c)).collect();
                let child_passes = self.passes(&self.node(family, child), tier_g);
                let one_part = self.broken == Broken::OnePart;
                // The last child is the rest of the step before, which was tested.
                let taken = match rest.is_empty() {
                    true => !one_part || child_passes,
                    false => child_passes && (one_part || self.passes(&rest, tier_g)),
                };
                if !taken {
                    complete = false;
                    break;
                }
                open.push(child);
            }
        }
        (alone, complete)
    }

    fn families(&self, tier_g: bool) -> Families {
        let (first, mut complete) = self.tree(0, tier_g);
        let mut list = vec![first];
        for family in 1..self.world.strata.families.len() {
            if !complete {
                break;
            }
            let (nodes, whole) = self.tree(family, tier_g);
            let allowed = match self.broken {
                Broken::SecondAlone => whole,
                _ => self.rule_b(tier_g).map_or_else(|| self.rule_a(family, tier_g), |b| b && whole),
            };
            if !allowed {
                break;
            }
            list.push(nodes);
            complete = whole;
        }
        list
    }

    fn rule_a(&self, family: usize, tier_g: bool) -> bool {
        let families = &self.world.strata.families[..=family];
        let leaves = |c: usize| families.iter().map(|f| f.leaf_of_cell[c]).collect::<Vec<_>>();
        let cells = 0..self.world.strata.cells.len();
        let zone = self.world.request.zone;
        cells.clone().all(|c| {
            let atom: Vec<usize> = cells.clone().filter(|&d| leaves(d) == leaves(c)).collect();
            self.size(&atom).counted(zone) == 0 || self.passes(&atom, tier_g)
        })
    }

    /// Rule (b) where it is the rule, by the letters of the text: r, c margins, u, U capacities.
    fn rule_b(&self, tier_g: bool) -> Option<bool> {
        let strata = &self.world.strata;
        let [first, second] = strata.families.as_slice() else { return None };
        let flat = |f: &crate::strata::Family| f.levels == 1;
        let (rows, columns) = (&first.nodes[0].children, &second.nodes[0].children);
        let cell = |p: usize, q: usize| {
            (0..strata.cells.len()).find(|&c| first.leaf_of_cell[c] == p && second.leaf_of_cell[c] == q)
        };
        let everybody: Vec<usize> = (0..strata.cells.len()).collect();
        let full = self.shown(&everybody, false).an == i64::from(self.size(&everybody).max_an(Zone::Diploid));
        let whole = rows.iter().all(|&p| columns.iter().all(|&q| cell(p, q).is_some()));
        let shape = flat(first) && flat(second) && rows.len() == 2 && whole;
        if !shape || !full || tier_g || self.printed.len() != 1 || self.world.request.zone != Zone::Diploid {
            return None;
        }
        let u =
            |p: usize, q: usize| 2 * i64::from(strata.cells[cell(rows[p], columns[q]).unwrap()].subjects());
        let total = |p: usize| (0..columns.len()).map(|q| u(p, q)).sum::<i64>();
        let r: Vec<i64> = rows.iter().map(|&p| self.shown(&self.node(0, p), false).ac[0]).collect();
        let c: Vec<i64> = columns.iter().map(|&q| self.shown(&self.node(1, q), false).ac[0]).collect();
        let room = |used: &dyn Fn(usize) -> i64| {
            (0..2).all(|p| (0..columns.len()).all(|q| used(p) <= total(p) - u(p, q)))
        };
        if self.broken != Broken::NoPrecheck && !room(&|p| r[p]) && !room(&|p| total(p) - r[p]) {
            return Some(false);
        }
        let l = |q: usize| (c[q] - u(1, q)).max(0);
        let h = |q: usize| u(0, q).min(c[q]);
        let others =
            |q: usize, f: &dyn Fn(usize) -> i64| (0..columns.len()).filter(|&j| j != q).map(f).sum::<i64>();
        let wide = (0..columns.len()).all(|q| {
            let (lo, hi) = (l(q).max(r[0] - others(q, &h)), h(q).min(r[0] - others(q, &l)));
            let floor = 2 * self.k() - 1;
            let narrow = matches!(self.broken, Broken::NarrowIntervals | Broken::NoPrecheck);
            let width = if narrow { self.k() } else { floor };
            let safe = |lo: i64, hi: i64, u: i64| hi - lo + 1 >= width || (lo >= floor && hi <= u - floor);
            safe(lo, hi, u(0, q)) && safe(c[q] - hi, c[q] - lo, u(1, q))
        });
        Some(wide || self.broken == Broken::NoIntervals)
    }

    /// The rows as numbers.
    fn table(&self, tier_g: bool, families: &Families) -> Vec<u32> {
        let suppressor = self.world.suppressor();
        let n = |n: i64| u32::try_from(n).unwrap();
        let mut table = Vec::new();
        for (i, &alt) in self.printed.iter().enumerate() {
            table.extend([u32::from(b"ACGT"[alt]), u32::from(tier_g)]);
            let mut cells = vec![vec![u32::MAX]; suppressor.strata.len()];
            for (family, nodes) in families.iter().enumerate() {
                for &node in nodes {
                    let Some(stratum) = suppressor.stratum_of[family][node] else { continue };
                    let shown = self.shown(&self.node(family, node), self.broken == Broken::TrueAn);
                    cells[stratum] = vec![n(shown.ac[i]), n(shown.an)];
                    if tier_g {
                        let [d, het, homalt, r, hemi] = shown.classes;
                        cells[stratum].extend([d + r, het, homalt, hemi, d].map(n));
                    }
                }
            }
            table.extend(cells.concat());
        }
        table
    }
}
