//! The rule of `disclosure.md` §3 written a second time, slowly and from the text, and broken on request.
//!
//! Numbers of a set of people are added up anew for every set, and nothing is shared with the product.

use shukei::region::Zone;

use crate::behind::Behind;
use crate::margins::{Margin, Margins, Table};
use crate::plan::{Node, Set, copies};
use crate::world::{Micro, World};

/// How the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
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
    /// What goes on behind a step that failed is.
    Behind(Behind),
    /// Genotypes are considered at every variant (T1 by another public function), and what goes on behind a failed step is.
    Genotypes(Behind),
    /// Rule (c) is.
    Margins(Margins),
}

/// What a table would show of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) an: i64,
    pub(crate) ac: Vec<i64>,
    /// Diploid hom-ref′, het, hom-alt; haploid REF′, ALT.
    pub(crate) classes: [i64; 5],
}

/// One data set of one world.
pub(crate) struct Case<'a> {
    pub(crate) world: &'a World,
    data: &'a [&'a Micro],
    pub(crate) broken: Broken,
    /// ALTs that the root shows.
    pub(crate) printed: Vec<usize>,
}

/// The print by the rule as this file states it, in the form of `Product::print`.
pub(crate) fn model(world: &World, broken: Broken, data: &[&Micro]) -> Vec<u32> {
    let mut case = Case { world, data, broken, printed: (1..=world.request.alts).collect() };
    let everybody = world.plan.everybody();
    let (floor, totals) = (case.floors(everybody).0, case.shown(everybody, false).ac);
    case.printed.retain(|alt| totals[alt - 1] >= floor);
    if case.printed.is_empty() || !case.passes(everybody, false) {
        return Vec::new();
    }
    let (tier_g, families) = case.decide(everybody);
    case.table(tier_g, &families)
}

/// Nodes printed, as family and node.
type Nodes = Vec<(usize, usize)>;

impl Case<'_> {
    pub(crate) fn k(&self) -> i64 {
        i64::from(self.world.request.k)
    }

    /// Two copies, one copy.
    pub(crate) fn by_ploidy(&self, cells: Set) -> [u32; 2] {
        let people = self.world.plan.people(cells);
        [2, 1].map(|p| (0..3).filter(|&s| copies(s, self.world.request.zone) == p).map(|s| people[s]).sum())
    }

    /// Fewest alleles of an ALT, and of the rest.
    fn floors(&self, cells: Set) -> (i64, i64) {
        let haploid = self.by_ploidy(cells)[0] == 0;
        if haploid { (self.k(), self.k()) } else { (2 * self.k() - 1, 2 * self.k()) }
    }

    /// People shown as not called, per finest plan cell, on X and Y per sex.
    pub(crate) fn shown(&self, cells: Set, truth: bool) -> Shown {
        let mut shown = Shown { an: 0, ac: vec![0; self.printed.len()], classes: [0; 5] };
        for cell in self.world.plan.list(cells) {
            let mut not_called = [0u32; 3];
            for (f, fine) in self.world.plan.fine.iter().enumerate().filter(|(_, f)| f.cell == cell) {
                let ploidy = copies(fine.sex, self.world.request.zone) as usize;
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
            for (n, ploidy) in self.by_ploidy(1 << cell).into_iter().zip([2, 1]) {
                let (x, k) = (not_called[ploidy], self.world.request.k);
                let few = x < k || n < 2 * k;
                let y = match (truth, few) {
                    (true, _) => x,
                    (false, true) => 0,
                    (false, false) => x.min(n - k),
                };
                shown.an += i64::try_from(ploidy).unwrap() * i64::from(n - y);
                shown.classes[if ploidy == 2 { 0 } else { 3 }] += i64::from(x) - i64::from(y);
            }
        }
        shown
    }

    pub(crate) fn passes(&self, cells: Set, tier_g: bool) -> bool {
        let (zone, k) = (self.world.request.zone, self.world.request.k);
        let [two, one] = self.by_ploidy(cells);
        let guarded = matches!(zone, Zone::X | Zone::Y)
            && self.world.plan.people(cells).iter().any(|n| (1..k).contains(n));
        if two + one < k || guarded {
            return false;
        }
        let shown = self.shown(cells, matches!(self.broken, Broken::TrueMissing | Broken::TrueAn));
        if tier_g {
            let possible = [two, two, two, one, one];
            return shown.classes.iter().zip(possible).all(|(&n, people)| people == 0 || n >= self.k());
        }
        let (alt, rest) = self.floors(cells);
        shown.ac.iter().all(|&ac| ac >= alt) && shown.an - shown.ac.iter().sum::<i64>() >= rest
    }

    /// T1 to T3.
    fn decide(&self, everybody: Set) -> (bool, Nodes) {
        let root = self.shown(everybody, false);
        let minor = root.ac[0].min(root.an - root.ac[0]);
        let carriers = root.classes[1] + root.classes[2] + root.classes[4];
        let minor = if self.broken == Broken::TrueCarriers { carriers } else { minor };
        let plain = self.world.plan.families.iter().all(|f| f.len() == 1);
        let enough = minor * minor >= 4 * self.k() * root.an;
        let considered = match self.broken {
            Broken::TrueCarriers => enough,
            Broken::Genotypes(_) => self.printed.len() == 1,
            _ => self.printed.len() == 1 && (plain || (self.world.request.genotypes && enough)),
        };
        match (considered, considered && self.passes(everybody, true)) {
            (true, false) => (false, vec![(0, 0)]),
            (_, tier_g) => (tier_g, self.families(tier_g, root.an)),
        }
    }

    /// Nodes of one family that stand alone, and whether no step was withheld.
    fn tree(&self, family: usize, tier_g: bool) -> (Nodes, bool) {
        let nodes = &self.world.plan.families[family];
        if self.broken == Broken::CellMasking {
            let alone = (0..nodes.len()).filter(|&n| self.passes(nodes[n].cells, tier_g));
            return (alone.map(|n| (family, n)).collect(), true);
        }
        let counted = |c: &usize| self.by_ploidy(nodes[*c].cells) != [0, 0];
        let (mut alone, mut complete, mut open) = (Vec::new(), true, vec![0]);
        while let Some(node) = open.pop() {
            alone.push((family, node));
            let chain: Vec<usize> = nodes[node].children.iter().copied().filter(counted).collect();
            let union = |list: &[usize]| list.iter().fold(0, |set, &c| set | nodes[c].cells);
            let one_part = self.broken == Broken::OnePart;
            let both = |child: usize, rest: Set| {
                let child_passes = self.passes(nodes[child].cells, tier_g);
                // The last child is the rest of the step before, which was tested.
                match rest {
                    0 => !one_part || child_passes,
                    _ => child_passes && (one_part || self.passes(rest, tier_g)),
                }
            };
            let failed = (0..chain.len()).find(|&i| !both(chain[i], union(&chain[i + 1..])));
            open.extend(&chain[..failed.unwrap_or(chain.len())]);
            if let Some(failed) = failed {
                complete = false;
                let behind: Vec<(usize, Set)> =
                    chain[failed..].iter().map(|&c| (c, nodes[c].cells)).collect();
                if !one_part {
                    open.extend(self.behind(&behind, tier_g));
                }
            }
        }
        (alone, complete)
    }

    /// Rule (c) where its numbers are what it is about, rule (a) elsewhere.
    fn families(&self, tier_g: bool, an: i64) -> Nodes {
        let plan = &self.world.plan;
        let everybody = 2 * i64::from(plan.size(plan.everybody()));
        let flat = plan.families.len() > 1 && (0..plan.families.len()).all(|f| plan.flat(f).is_some());
        let alleles = !tier_g && self.printed.len() == 1 && self.world.request.zone == Zone::Diploid;
        if flat && alleles && an == everybody && self.broken != Broken::SecondAlone {
            return self.margins();
        }
        let (mut list, mut complete) = self.tree(0, tier_g);
        for family in 1..plan.families.len() {
            if !complete {
                break;
            }
            let (nodes, whole) = self.tree(family, tier_g);
            let alone = self.broken == Broken::SecondAlone;
            if !(if alone { whole } else { self.rule_a(family, tier_g) }) {
                break;
            }
            list.extend(nodes);
            complete = whole;
        }
        list
    }

    fn rule_a(&self, family: usize, tier_g: bool) -> bool {
        let families = &self.world.plan.families[..=family];
        // Deeper nodes come later.
        let leaf = |nodes: &[Node], c: usize| nodes.iter().rposition(|n| n.cells >> c & 1 == 1);
        let leaves = |c: usize| families.iter().map(|f| leaf(f, c)).collect::<Vec<_>>();
        let cells = 0..self.world.plan.cells.len();
        cells.clone().all(|c| {
            let atom = cells.clone().filter(|&d| leaves(d) == leaves(c)).fold(0, |set, d| set | 1 << d);
            self.by_ploidy(atom) == [0, 0] || self.passes(atom, tier_g)
        })
    }

    fn margins(&self) -> Nodes {
        let plan = &self.world.plan;
        let how = if let Broken::Margins(how) = self.broken { how } else { Margins::Sound };
        let ac: Vec<i64> = (0..plan.cells.len()).map(|c| self.shown(1 << c, false).ac[0]).collect();
        let Some(margins) = (Table { plan, k: self.k(), how, ac: &ac }).margins() else {
            return self.tree(0, false).0;
        };
        let of = |m: &Margin| {
            let children = &plan.families[m.family][0].children;
            let taken = m.taken.iter().map(|&c| (m.family, children[c]));
            [(m.family, 0)].into_iter().chain(taken).collect::<Nodes>()
        };
        margins.iter().flat_map(of).collect()
    }

    /// The rows as numbers.
    fn table(&self, tier_g: bool, nodes: &Nodes) -> Vec<u32> {
        let n = |n: i64| u32::try_from(n).unwrap();
        let plan = &self.world.plan;
        let mut table = Vec::new();
        for (i, &alt) in self.printed.iter().enumerate() {
            table.extend([n(i64::try_from(alt).unwrap()), u32::from(tier_g)]);
            for name in plan.names() {
                let place = |(f, i): &(usize, usize)| plan.families[*f][*i].name == name;
                let Some(&(family, node)) = nodes.iter().find(|n| place(n)) else {
                    table.push(u32::MAX);
                    continue;
                };
                let shown = self.shown(plan.families[family][node].cells, self.broken == Broken::TrueAn);
                table.extend([n(shown.ac[i]), n(shown.an)]);
                if tier_g {
                    let [d, het, homalt, r, hemi] = shown.classes;
                    table.extend([d + r, het, homalt, hemi, d].map(n));
                }
            }
        }
        table
    }
}
