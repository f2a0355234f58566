//! The adversary: knows the rule, the plan, every public size and the print, and enumerates all data sets.
//!
//! ```text
//! for each data set: print → which values has each sensitive count here
//! a count of a set S is sensitive:  for each set S of counting cells (every union and difference of nodes is one):
//!     people not called; carriers of each allele, REF included; people of each genotype
//! violation:  a print leaves a sensitive count a value below K, or above |S| − K (then "everybody else" is below K),
//!             and fewer than K feasible values, although the plan alone left at least K (or leaves it all it left)
//! ```
//! Sets that are narrow by their size alone (`narrow_by_size`) need two values. Zero is a value below K. At allele level the counts are those of alleles, of REF too, in every S.

use std::collections::HashMap;

use super::world::{Class, Micro, World};
use crate::partial::Unit;
use crate::region::Zone;
use crate::strata::Karyotype;

/// What one enumeration found.
#[derive(Clone, Debug, Default)]
pub(super) struct Attack {
    pub(super) worlds: u64,
    pub(super) data_sets: u64,
    pub(super) prints: u64,
    pub(super) violations: u64,
    pub(super) first: Option<String>,
}

impl Attack {
    pub(super) fn add(&mut self, other: Attack) {
        self.worlds += other.worlds;
        self.data_sets += other.data_sets;
        self.prints += other.prints;
        self.violations += other.violations;
        self.first = self.first.take().or(other.first);
    }

    pub(super) fn figures(&self) -> String {
        let Attack { worlds, data_sets, prints, violations, .. } = self;
        format!("{worlds} instances, {data_sets} data sets, {prints} prints, {violations} violations")
    }
}

/// A count of people (or alleles): so much for a person of each class.
struct Measure {
    name: String,
    weight: Box<dyn Fn(&Class) -> u32>,
}

fn measures(world: &World) -> Vec<Measure> {
    let measure = |name: String, weight: Box<dyn Fn(&Class) -> u32>| Measure { name, weight };
    let alleles = world.request.alts + 1;
    if world.request.alleles {
        let copies = |a: usize| measure(format!("copies of allele {a}"), Box::new(move |c| c.copies[a]));
        return (0..alleles).map(copies).collect();
    }
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

/// Enumerates every data set of a world, prints each by `print`, and looks for narrow counts.
pub(super) fn attack(world: &World, print: &mut dyn FnMut(&Unit, &[&Micro]) -> Vec<u32>) -> Attack {
    let cells = world.people.len();
    let measures = measures(world);
    let micros: Vec<Vec<Micro>> = (0..cells).map(|f| world.micros(f)).collect();
    let value = |fine: usize, micro: &Micro, m: &Measure| -> u32 {
        micro.iter().zip(&world.classes[fine]).map(|(n, c)| n * (m.weight)(c)).sum()
    };
    let values: Vec<Vec<Vec<u32>>> = (0..cells)
        .map(|f| {
            micros[f].iter().map(|micro| measures.iter().map(|m| value(f, micro, m)).collect()).collect()
        })
        .collect();
    let width = measures.len();
    let sets = 1usize << cells;
    let mut prior: Feasible = vec![0; sets * width];
    let mut seen: HashMap<Vec<u32>, Feasible> = HashMap::new();
    let mut at = vec![0; cells];
    let mut sums = vec![0u32; sets * width];
    let mut found = Attack { worlds: 1, ..Attack::default() };
    loop {
        let data: Vec<&Micro> = at.iter().zip(&micros).map(|(&i, m)| &m[i]).collect();
        for set in 1..sets {
            let (low, rest) = (set.trailing_zeros() as usize, set & (set - 1));
            for m in 0..width {
                sums[set * width + m] = sums[rest * width + m] + values[low][at[low]][m];
            }
        }
        let printed = print(&world.unit(&data), &data);
        let feasible = seen.entry(printed).or_insert_with(|| vec![0; sets * width]);
        for ((bits, all), sum) in feasible.iter_mut().zip(&mut prior).zip(&sums) {
            *bits |= 1 << sum;
            *all |= 1 << sum;
        }
        found.data_sets += 1;
        if !advance(&mut at, &micros) {
            break;
        }
    }
    found.prints = seen.len() as u64;
    for (printed, feasible) in &seen {
        for set in 1..sets {
            for (m, measure) in measures.iter().enumerate() {
                let (bits, all) = (feasible[set * width + m], prior[set * width + m]);
                if narrow(world, set, bits, all) {
                    found.violations += 1;
                    let name = &measure.name;
                    let text = || {
                        format!(
                            "{name} in cells {set:b}: {} of {:?}, print {printed:?}",
                            list(bits),
                            world.request
                        )
                    };
                    found.first.get_or_insert_with(text);
                }
            }
        }
    }
    found
}

/// The next data set; false after the last.
fn advance(at: &mut [usize], micros: &[Vec<Micro>]) -> bool {
    for (i, all) in at.iter_mut().zip(micros) {
        *i += 1;
        if *i < all.len() {
            return true;
        }
        *i = 0;
    }
    false
}

fn narrow(world: &World, set: usize, bits: u128, prior: u128) -> bool {
    let per_person = if world.request.alleles { 2 } else { 1 };
    let inside = |f: usize| set >> f & 1 == 1;
    let counted = |f: usize| world.strata.fine[f].karyotype.copies(world.request.zone) > 0;
    let cells = 0..world.people.len();
    let people: u32 = cells.filter(|&f| inside(f) && counted(f)).map(|f| world.people[f]).sum();
    let (k, most) = (world.request.k, per_person * people);
    let low = (0..k).any(|v| bits >> v & 1 == 1);
    let high = (0..k).filter_map(|d| most.checked_sub(d)).any(|v| bits >> v & 1 == 1);
    let wanted = if narrow_by_size(world, &inside) { 2 } else { k };
    (low || high) && bits.count_ones() < wanted.min(prior.count_ones())
}

/// True when a set, or what it leaves of a set at which a tree can stop, holds 1 to K - 1 people of a sex that is counted apart. Such a set is
/// as narrow as any few people known by name beside a table without strata; it must not be known exactly. The plan
/// lets it arise on X and Y only, where the sex guard keeps it from being printed, and from three families.
fn narrow_by_size(world: &World, inside: &dyn Fn(usize) -> bool) -> bool {
    let (strata, zone) = (&world.strata, world.request.zone);
    let apart = matches!(zone, Zone::X | Zone::Y);
    let sexes = [Karyotype::Xx, Karyotype::Xy, Karyotype::Unknown];
    let few = |n: u32| n > 0 && n < world.request.k;
    strata.families.iter().any(|family| {
        // Every set at which a tree can stop: the root, each child, and what a chain leaves.
        let ends = family.nodes.iter().flat_map(|n| (0..n.children.len()).map(|i| &n.children[i..]));
        let ends = ends.flat_map(|end| [end, &end[..1]]).chain([[0].as_slice()]);
        ends.into_iter().any(|end| {
            sexes.iter().any(|sex| {
                let (mut part, mut rest) = (0, 0);
                for (f, fine) in strata.fine.iter().enumerate() {
                    let here = family.ancestors(family.leaf_of_cell[fine.cell]).any(|n| end.contains(&n));
                    let sexed = fine.karyotype.copies(zone) > 0 && (!apart || fine.karyotype == *sex);
                    if here && sexed {
                        *(if inside(f) { &mut part } else { &mut rest }) += world.people[f];
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
