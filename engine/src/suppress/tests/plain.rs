//! The suppression step as plainly as it can be written: a value per set of people, added up cell by cell, nothing kept from
//! variant to variant. The step in use must decide the same.

use crate::partial::Unit;
use crate::policy::{GenotypeTier, SexChromosomes};
use crate::region::Zone;
use crate::strata::{Family, Size, Strata};
use crate::suppress::{Frequency, Genotypes, Rules, Tier, columns};

/// A printed ALT: its place in the unit, the tier, and the numbers of every stratum.
pub(super) type Row = (usize, Tier, Vec<Option<Frequency>>);

/// What would be printed of one variant in one set of subjects.
#[derive(Clone, Default)]
struct Sums {
    size: Size,
    an: i64,
    ac: Vec<i64>,
    /// Two copies: neither ALT, one, two. One copy: not ALT, ALT.
    classes: [i64; 5],
}

impl Sums {
    fn combine(&self, other: &Sums, size: Size, sign: i64) -> Sums {
        Sums {
            size,
            an: self.an + sign * other.an,
            ac: self.ac.iter().zip(&other.ac).map(|(a, b)| a + sign * b).collect(),
            classes: std::array::from_fn(|i| self.classes[i] + sign * other.classes[i]),
        }
    }

    fn plus(&self, other: &Sums) -> Sums {
        self.combine(other, self.size.plus(other.size), 1)
    }

    fn minus(&self, part: &Sums) -> Sums {
        self.combine(part, self.size.minus(part.size), -1)
    }
}

/// One variant under the rules.
struct Case<'a> {
    rules: &'a Rules,
    zone: Zone,
    printed: Vec<usize>,
    genotypes: bool,
    /// The numbers of every plan cell.
    cells: Vec<Sums>,
}

/// Where a family stops: the nodes alone with their numbers, and whether every step was taken.
type Ends = (Vec<(usize, Sums)>, bool);

/// The rows of a variant, by ALT.
pub(super) fn rows(rules: &Rules, unit: &Unit, zone: Zone) -> Vec<Row> {
    if rules.policy.sexchrom == SexChromosomes::Drop && matches!(zone, Zone::X | Zone::Y) {
        return Vec::new();
    }
    let every: Vec<usize> = (0..unit.variants.len()).collect();
    let mut case = Case { rules, zone, printed: every.clone(), genotypes: false, cells: Vec::new() };
    case.count(unit);
    let root = case.whole(0);
    let floor = case.floors(root.size).0;
    case.printed = every.into_iter().filter(|&v| root.ac[v] >= floor).collect();
    case.count(unit);
    let root = case.whole(0);
    if case.printed.is_empty() || !case.passes(&root) {
        return Vec::new();
    }
    case.genotypes = case.considers(&root);
    let (tier, families) = match (case.genotypes, case.passes(&root)) {
        (false, _) => (Tier::A, case.families()),
        (true, true) => (Tier::G, case.families()),
        (true, false) => (Tier::A, vec![vec![(0, root)]]),
    };
    case.table(tier, &families)
}

impl Case<'_> {
    fn k(&self) -> i64 {
        i64::from(self.rules.policy.k)
    }

    fn strata(&self) -> &Strata {
        &self.rules.strata
    }

    /// Fewest alleles of a printed ALT, and of the rest.
    fn floors(&self, size: Size) -> (i64, i64) {
        if size.diploid(self.zone) == 0 { (self.k(), self.k()) } else { (2 * self.k() - 1, 2 * self.k()) }
    }

    /// The numbers of every plan cell, people not called as they are shown.
    fn count(&mut self, unit: &Unit) {
        let shown = |x: u32, n: u32| {
            let k = self.rules.policy.k;
            i64::from(if x < k || n < 2 * k { 0 } else { x.min(n - k) })
        };
        let cell = |(cell, &size): (usize, &Size)| {
            let here = |fine: u32| {
                let fine = self.strata().fine[fine as usize];
                (fine.cell == cell).then(|| fine.karyotype.copies(self.zone)).filter(|&n| n > 0)
            };
            let lost = |copies: u8| {
                unit.missing.iter().filter(|(f, _)| here(*f) == Some(copies)).map(|(_, n)| n).sum::<u32>()
            };
            let (two, one) = (size.diploid(self.zone), size.haploid(self.zone));
            let (lost_two, lost_one) = (shown(lost(2), two), shown(lost(1), one));
            let (two, one) = (i64::from(two) - lost_two, i64::from(one) - lost_one);
            let people = |variant: usize| {
                let cells = unit.variants[variant].cells.iter().filter(|c| here(c.fine).is_some());
                let add = |[a, b, c]: [i64; 3], n: &crate::partial::CellCounts| {
                    [a + i64::from(n.het), b + i64::from(n.homalt), c + i64::from(n.hemi)]
                };
                cells.fold([0; 3], add)
            };
            let ac =
                self.printed.iter().map(|&v| people(v)).map(|[het, homalt, hemi]| het + 2 * homalt + hemi);
            let [het, homalt, hemi] = self.printed.first().map_or([0; 3], |&v| people(v));
            let classes = [two - het - homalt, het, homalt, one - hemi, hemi];
            Sums { size, an: 2 * two + one, ac: ac.collect(), classes }
        };
        self.cells = self.strata().cells.iter().enumerate().map(cell).collect();
    }

    /// The sum of the plan cells that are wanted, with its size in this zone.
    fn sum(&self, wanted: impl Fn(usize) -> bool) -> Sums {
        let none = Sums { ac: vec![0; self.printed.len()], ..Sums::default() };
        (0..self.cells.len()).filter(|&c| wanted(c)).fold(none, |sum, c| sum.plus(&self.cells[c]))
    }

    fn node(&self, family: &Family, node: usize) -> Sums {
        self.sum(|c| family.ancestors(family.leaf_of_cell[c]).any(|n| n == node))
    }

    fn whole(&self, family: usize) -> Sums {
        self.node(&self.strata().families[family], 0)
    }

    fn passes(&self, sums: &Sums) -> bool {
        let size = sums.size;
        if size.counted(self.zone) < self.rules.policy.k || size.guarded(self.zone, self.rules.policy.k) {
            return false;
        }
        if !self.genotypes {
            let (alt, rest) = self.floors(size);
            return sums.ac.iter().all(|&ac| ac >= alt) && sums.an - sums.ac.iter().sum::<i64>() >= rest;
        }
        let (two, one) = (size.diploid(self.zone) > 0, size.haploid(self.zone) > 0);
        sums.classes.iter().zip([two, two, two, one, one]).all(|(&n, occurs)| !occurs || n >= self.k())
    }

    /// T1.
    fn considers(&self, root: &Sums) -> bool {
        let plain = columns(self.strata()).0.len() == 1;
        let minor = root.ac[0].min(root.an - root.ac[0]);
        self.rules.policy.genotype_tier == GenotypeTier::OnRequest
            && self.printed.len() == 1
            && (plain || (self.rules.genotypes_requested && minor * minor >= 4 * self.k() * root.an))
    }

    fn tree(&self, family: &Family) -> Ends {
        let (mut open, mut alone, mut complete) = (vec![0], Vec::new(), true);
        while let Some(node) = open.pop() {
            let sums = self.node(family, node);
            alone.push((node, sums.clone()));
            let counted = |c: &usize| family.nodes[*c].size.counted(self.zone) > 0;
            let chain: Vec<usize> = family.nodes[node].children.iter().copied().filter(counted).collect();
            let size = chain.iter().fold(Size::default(), |sum, &c| sum.plus(family.nodes[c].size));
            let mut rest = Sums { size, ..sums };
            let mut children = chain.into_iter().map(|c| (c, self.node(family, c))).collect::<Vec<_>>();
            while children.len() > 1 && self.both(&children[0].1, &rest) {
                let (child, part) = children.remove(0);
                open.push(child);
                rest = rest.minus(&part);
            }
            if children.len() > 1 {
                complete = false;
                open.extend(self.behind(children, rest));
            } else {
                open.extend(children.first().map(|c| c.0));
            }
        }
        (alone, complete)
    }

    fn both(&self, part: &Sums, rest: &Sums) -> bool {
        self.passes(part) && self.passes(&rest.minus(part))
    }

    /// What is split off behind the first of these children, which failed; `rest` is all of them.
    fn behind(&self, children: Vec<(usize, Sums)>, mut rest: Sums) -> Vec<usize> {
        if self.printed.len() > 1 || matches!(self.zone, Zone::X | Zone::Y) {
            return Vec::new();
        }
        let two = self.zone == Zone::Diploid;
        let each = if two && !self.genotypes { 2 } else { 1 };
        let w = each * (self.k() - 1);
        let sides = |sums: &Sums| match (self.genotypes, two) {
            (false, _) => vec![sums.ac[0], sums.an - sums.ac[0]],
            (true, true) => sums.classes[..3].to_vec(),
            (true, false) => sums.classes[3..].to_vec(),
        };
        let places = |sums: &Sums| each * i64::from(sums.size.subjects());
        let all = sides(&rest);
        let rarest = *all.iter().min().unwrap();
        let side = all.iter().position(|&n| n == rarest).unwrap();
        let not_called = places(&rest) - all.iter().sum::<i64>();
        let fits = |c: &&(usize, Sums)| places(&c.1) - not_called >= rarest + w;
        let Some(reservoir) = children[1..].iter().rev().find(fits) else { return Vec::new() };
        let (mut parts, mut held) = (Vec::new(), 1);
        for (child, part) in children[1..].iter().filter(|c| c.0 != reservoir.0) {
            if self.both(part, &rest) {
                parts.push(*child);
                rest = rest.minus(part);
            } else {
                held += 1;
            }
        }
        if self.both(&reservoir.1, &rest) && sides(&rest.minus(&reservoir.1))[side] <= w * (held - 1) {
            parts.push(reservoir.0);
        }
        parts
    }

    /// Families of which one has several levels: rule (a).
    fn families(&self) -> Vec<Vec<(usize, Sums)>> {
        let (first, mut complete) = self.tree(&self.strata().families[0]);
        let mut list = vec![first];
        for i in 1..self.strata().families.len() {
            let (alone, whole) = self.tree(&self.strata().families[i]);
            let allowed = complete && self.atoms_pass(i);
            if !allowed {
                break;
            }
            complete = whole;
            list.push(alone);
        }
        list
    }

    /// Rule (a).
    fn atoms_pass(&self, family: usize) -> bool {
        let atoms = &self.strata().atoms[family];
        (0..atoms.sizes.len()).filter(|&a| atoms.sizes[a].counted(self.zone) > 0).all(|atom| {
            let sums = self.sum(|cell| atoms.of_cell[cell] == atom);
            self.passes(&sums)
        })
    }

    fn table(&self, tier: Tier, families: &[Vec<(usize, Sums)>]) -> Vec<Row> {
        let (strata, stratum_of) = columns(self.strata());
        let n = |n: i64| u32::try_from(n).unwrap();
        let shown = |sums: &Sums, alt: usize| {
            let [diploid_homref, het, homalt, haploid, hemi] =
                sums.classes.map(|n| u32::try_from(n).unwrap_or(0));
            let genotypes = Genotypes { homref: diploid_homref + haploid, het, homalt, hemi, diploid_homref };
            Frequency {
                ac: n(sums.ac[alt]),
                an: n(sums.an),
                genotypes: (tier == Tier::G).then_some(genotypes),
            }
        };
        let row = |(alt, &variant): (usize, &usize)| {
            let mut cells = vec![None; strata.len()];
            for (nodes, stratum_of) in families.iter().zip(&stratum_of) {
                for (node, sums) in nodes {
                    if let Some(stratum) = stratum_of[*node] {
                        cells[stratum] = Some(shown(sums, alt));
                    }
                }
            }
            (variant, tier, cells)
        };
        self.printed.iter().enumerate().map(row).collect()
    }
}
