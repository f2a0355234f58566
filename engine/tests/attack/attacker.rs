//! The adversary: knows the rule, the plan, every public size and the print, and enumerates all data sets.
//!
//! ```text
//! for each data set: print → which values has each sensitive count here
//! a count of a set S is sensitive:  for each set S of counting cells (every union and difference of nodes is one):
//!     people not called; carriers of each allele, REF included; people of each genotype
//! violation:  a print leaves a sensitive count a value below K, or above |S| − K (then "everybody else" is below K),
//!             and fewer than K feasible values, although the plan alone left at least K (or leaves it all it left)
//! ```
//! Sets that are narrow by their size alone (`narrow_by_size`) need two values. Zero is a value below K.

use std::collections::HashMap;

use shukei::region::Zone;

use crate::plan::{Set, copies};
use crate::world::{Class, Micro, World, shows_further};

/// What one enumeration found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attack {
    pub(crate) worlds: u64,
    pub(crate) data_sets: u64,
    pub(crate) prints: u64,
    /// Prints of tier A with numbers of two or more families.
    pub(crate) joint: u64,
    pub(crate) violations: u64,
    pub(crate) first: Option<String>,
}

impl Attack {
    pub(crate) fn add(&mut self, other: Attack) {
        self.worlds += other.worlds;
        self.data_sets += other.data_sets;
        self.prints += other.prints;
        self.joint += other.joint;
        self.violations += other.violations;
        self.first = self.first.take().or(other.first);
    }

    pub(crate) fn figures(&self) -> String {
        let Attack { worlds, data_sets, prints, joint, violations, .. } = self;
        let joint = if *joint > 0 { format!(" ({joint} of several margins)") } else { String::new() };
        format!("{worlds} instances, {data_sets} data sets, {prints} prints{joint}, {violations} violations")
    }

    pub(crate) fn violation(&mut self, text: impl FnOnce() -> String) {
        self.violations += 1;
        self.first.get_or_insert_with(text);
    }
}

/// A count of people: so much for a person of each class.
struct Measure {
    name: String,
    weight: Box<dyn Fn(&Class) -> u32>,
}

fn measures(world: &World) -> Vec<Measure> {
    let measure = |name: String, weight: Box<dyn Fn(&Class) -> u32>| Measure { name, weight };
    let alleles = world.request.alts + 1;
    let carriers =
        |a: usize| measure(format!("carriers of {a}"), Box::new(move |c| u32::from(c.copies[a] > 0)));
    let mut list: Vec<Measure> = (0..alleles).map(carriers).collect();
    list.push(measure("not called".into(), Box::new(|c| u32::from(!c.called))));
    let mut seen: Vec<Vec<u32>> = Vec::new();
    for class in world.classes.iter().flatten().filter(|c| c.is_call()) {
        if !seen.contains(&class.copies) {
            let copies = class.copies.clone();
            seen.push(copies.clone());
            let weight = move |c: &Class| u32::from(c.is_call() && c.copies == copies);
            list.push(measure(format!("genotype {:?}", class.copies), Box::new(weight)));
        }
    }
    if alleles > 2 {
        for (a, n) in (1..alleles).flat_map(|a| [(a, 0), (a, 1), (a, 2)]) {
            let weight = move |c: &Class| u32::from(c.is_call() && c.copies[a] == n);
            list.push(measure(format!("people with {n} of {a}"), Box::new(weight)));
        }
    }
    list
}

/// Feasible values as bits, per set of fine cells and measure.
type Feasible = Vec<u128>;

/// Counts of every data set of every fine cell.
struct Values {
    micros: Vec<Vec<Micro>>,
    /// Per fine cell, data set of it and measure.
    of: Vec<Vec<Vec<u32>>>,
}

impl Values {
    fn new(world: &World, measures: &[Measure]) -> Self {
        let cells = 0..world.plan.fine.len();
        let micros: Vec<Vec<Micro>> = cells.map(|f| world.micros(f)).collect();
        let value = |f: usize, micro: &Micro, m: &Measure| -> u32 {
            micro.iter().zip(&world.classes[f]).map(|(n, c)| n * (m.weight)(c)).sum()
        };
        let all = |f: usize| {
            micros[f].iter().map(|micro| measures.iter().map(|m| value(f, micro, m)).collect()).collect()
        };
        Self { of: (0..micros.len()).map(all).collect(), micros }
    }

    /// Sums over every set of fine cells.
    fn sums(&self, at: &[usize], width: usize, sums: &mut [u32]) {
        for set in 1..1usize << at.len() {
            let (low, rest) = (set.trailing_zeros() as usize, set & (set - 1));
            for m in 0..width {
                sums[set * width + m] = sums[rest * width + m] + self.of[low][at[low]][m];
            }
        }
    }

    /// The next data set; false after the last.
    fn advance(&self, at: &mut [usize]) -> bool {
        for (i, all) in at.iter_mut().zip(&self.micros) {
            *i += 1;
            if *i < all.len() {
                return true;
            }
            *i = 0;
        }
        false
    }
}

/// Enumerates every data set of a world, prints each by `print`, and looks for narrow counts.
pub(crate) fn attack(world: &World, print: &mut dyn FnMut(&[&Micro]) -> Vec<u32>) -> Attack {
    let measures = measures(world);
    let values = Values::new(world, &measures);
    let width = measures.len();
    let sets = 1usize << values.micros.len();
    let mut prior: Feasible = vec![0; sets * width];
    let mut seen: HashMap<Vec<u32>, Feasible> = HashMap::new();
    let mut at = vec![0; values.micros.len()];
    let mut sums = vec![0u32; sets * width];
    let mut found = Attack { worlds: 1, ..Attack::default() };
    loop {
        let data: Vec<&Micro> = at.iter().zip(&values.micros).map(|(&i, m)| &m[i]).collect();
        values.sums(&at, width, &mut sums);
        let feasible = seen.entry(print(&data)).or_insert_with(|| vec![0; sets * width]);
        for ((bits, all), sum) in feasible.iter_mut().zip(&mut prior).zip(&sums) {
            *bits |= 1 << sum;
            *all |= 1 << sum;
        }
        found.data_sets += 1;
        if !values.advance(&mut at) {
            break;
        }
    }
    found.prints = seen.len() as u64;
    found.joint = seen.keys().filter(|print| shows_further(world, print)).count() as u64;
    for (printed, feasible) in &seen {
        for (set, (m, measure)) in
            (1..sets).flat_map(|set| measures.iter().enumerate().map(move |m| (set, m)))
        {
            let (bits, all) = (feasible[set * width + m], prior[set * width + m]);
            if narrow(world, set, bits, all) {
                let (name, bits) = (&measure.name, list(bits));
                let request = &world.request;
                found.violation(|| format!("{name} in {set:b}: {bits}, print {printed:?} of {request:?}"));
            }
        }
    }
    found
}

fn narrow(world: &World, set: usize, bits: u128, prior: u128) -> bool {
    let inside = |f: usize| set >> f & 1 == 1;
    let fine = world.plan.fine.iter().enumerate();
    let counted = fine.filter(|(f, fine)| inside(*f) && copies(fine.sex, world.request.zone) > 0);
    let people: u32 = counted.map(|(_, fine)| fine.people).sum();
    let k = world.request.k;
    let low = (0..k).any(|v| bits >> v & 1 == 1);
    let high = (0..k).filter_map(|d| people.checked_sub(d)).any(|v| bits >> v & 1 == 1);
    let wanted = if narrow_by_size(world, &inside) { 2 } else { k };
    (low || high) && bits.count_ones() < wanted.min(prior.count_ones())
}

/// True when a set, or what it leaves of a set at which a tree can stop, holds 1 to K - 1 people of a sex that is counted
/// apart. Such a set is as narrow as any few people known by name beside a table without strata; it must not be known
/// exactly. The plan lets it arise on X and Y only, where the sex guard keeps it from being printed, and from three
/// families.
fn narrow_by_size(world: &World, inside: &dyn Fn(usize) -> bool) -> bool {
    let (plan, zone) = (&world.plan, world.request.zone);
    let apart = matches!(zone, Zone::X | Zone::Y);
    let few = |n: u32| n > 0 && n < world.request.k;
    plan.families.iter().any(|nodes| {
        // Every set at which a tree can stop: the root, each child, and what a chain leaves.
        let union = |nodes_of: &[usize]| nodes_of.iter().fold(0, |set: Set, &n| set | nodes[n].cells);
        let ends = nodes.iter().flat_map(|n| (0..n.children.len()).map(|i| &n.children[i..]));
        let ends = ends.flat_map(|end| [end, &end[..1]]).chain([[0].as_slice()]).map(union);
        ends.into_iter().any(|end| {
            (0..3).any(|sex| {
                let (mut part, mut rest) = (0, 0);
                for (f, fine) in plan.fine.iter().enumerate() {
                    if end >> fine.cell & 1 == 1 && copies(fine.sex, zone) > 0 && (!apart || fine.sex == sex)
                    {
                        *(if inside(f) { &mut part } else { &mut rest }) += fine.people;
                    }
                }
                few(part) || few(rest) && part > 0
            })
        })
    })
}

fn list(bits: u128) -> String {
    format!("{:?}", (0..128).filter(|v| bits >> v & 1 == 1).collect::<Vec<u32>>())
}
