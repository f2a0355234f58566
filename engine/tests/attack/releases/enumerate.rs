//! Every data set of a scene, and what its prints leave of every count.

use std::collections::HashMap;

use shukei::region::Zone;
use shukei::trial::{GroupCounts, TrialRow};

use super::scene::{Measure, Scene, State};
use crate::attacker::Attack;

/// What all tables of a scene show of a data set: counts per callset and class in, rows per table out.
pub(crate) type Printer<'a> = &'a mut dyn FnMut(&[&[GroupCounts]]) -> Vec<Vec<TrialRow>>;

/// Enumerates every data set of a scene.
pub(crate) fn attack(scene: &Scene, print: Printer<'_>) -> Attack {
    let states: Vec<Vec<State>> = (0..scene.classes.len()).map(|c| scene.states(c)).collect();
    let measures = scene.measures();
    let width = measures.len();
    let sets = 1usize << states.len();
    let mut at = vec![0; states.len()];
    let mut sums = vec![1u64; sets * width];
    let mut seen: HashMap<Vec<u32>, Vec<u64>> = HashMap::new();
    let mut prior = vec![0u64; sets * width];
    let mut found = Attack { worlds: 1, ..Attack::default() };
    let mut callsets = vec![vec![GroupCounts::default(); states.len()]; 2];
    loop {
        for (class, &i) in at.iter().enumerate() {
            callsets.iter_mut().zip(&states[class][i].counts).for_each(|(c, n)| c[class].clone_from(n));
        }
        add_up(&states, &at, width, &mut sums);
        let counts: Vec<&[GroupCounts]> = callsets.iter().map(Vec::as_slice).collect();
        let entry = seen.entry(key(&print(&counts)));
        let feasible = entry.or_insert_with(|| vec![0; sets * width]);
        for ((bits, all), sum) in feasible.iter_mut().zip(&mut prior).zip(&sums) {
            *bits |= sum;
            *all |= sum;
        }
        found.data_sets += 1;
        if !advance(&states, &mut at) {
            break;
        }
    }
    found.prints = seen.len() as u64;
    found.joint = seen.keys().filter(|key| several(key)).count() as u64;
    let ends = scene.ends();
    let mut prints: Vec<(&Vec<u32>, &Vec<u64>)> = seen.iter().collect();
    prints.sort();
    for (print, feasible) in prints {
        for at in width..sets * width {
            let (set, measure) = (at / width, measures[at % width]);
            let looked_at = scene.only.is_none_or(|only| only == measure);
            if looked_at && narrow(scene, &ends, set, feasible[at], prior[at]) {
                found.violation(|| tell(scene, (set, measure), feasible[at], print));
            }
        }
    }
    found
}

/// Per union of classes and measure the values that it may have.
fn add_up(states: &[Vec<State>], at: &[usize], width: usize, sums: &mut [u64]) {
    for set in 1..1usize << at.len() {
        let (low, rest) = (set.trailing_zeros() as usize, set & (set - 1));
        for m in 0..width {
            let (of, with) = (states[low][at[low]].values[m], sums[rest * width + m]);
            sums[set * width + m] = if of.count_ones() == 1 {
                with << of.trailing_zeros()
            } else {
                (0..64).filter(|v| of >> v & 1 == 1).fold(0, |bits, v| bits | with << v)
            };
        }
    }
}

fn advance(states: &[Vec<State>], at: &mut [usize]) -> bool {
    for (i, all) in at.iter_mut().zip(states) {
        *i += 1;
        if *i < all.len() {
            return true;
        }
        *i = 0;
    }
    false
}

/// Rows as numbers: equal keys are equal tables. A table begins with the number of its rows.
fn key(tables: &[Vec<TrialRow>]) -> Vec<u32> {
    let mut key = Vec::new();
    for rows in tables {
        key.push(u32::try_from(rows.len()).unwrap());
        for row in rows {
            key.push(u32::from(row.tier == shukei::trial::Tier::G));
            for cell in &row.cells {
                match cell {
                    None => key.push(u32::MAX),
                    Some(cell) => {
                        key.extend([cell.ac, cell.an]);
                        key.extend(cell.genotypes.into_iter().flatten());
                    }
                }
            }
        }
        key.push(u32::MAX - 1);
    }
    key
}

/// True when two or more tables have a row.
fn several(key: &[u32]) -> bool {
    key.split(|&n| n == u32::MAX - 1).filter(|table| table.first().is_some_and(|&n| n > 0)).count() > 1
}

fn narrow(scene: &Scene, ends: &[usize], set: usize, bits: u64, prior: u64) -> bool {
    let people = scene.people(set);
    let k = scene.k;
    let low = (0..k).any(|v| bits >> v & 1 == 1);
    let high = (0..k).filter_map(|d| people.checked_sub(d)).any(|v| bits >> v & 1 == 1);
    let wanted = if narrow_by_size(scene, ends, set) { 2 } else { k };
    (low || high) && prior.count_ones() >= k && bits.count_ones() < wanted
}

/// True when a set, or what it leaves of a set whose numbers can be known, holds 1 to K − 1 people (on X and Y: of a sex). Then
/// it is as narrow as any few people known by name are beside one table; it must not be known exactly.
fn narrow_by_size(scene: &Scene, ends: &[usize], set: usize) -> bool {
    let apart = matches!(scene.zone, Zone::X | Zone::Y);
    let few = |n: u32| n > 0 && n < scene.k;
    ends.iter().any(|end| {
        [1, 2].into_iter().filter(|&copies| !apart || copies > 0).any(|copies| {
            let of = |set: usize| {
                let counted = (0..scene.classes.len()).filter(|&c| set >> c & 1 == 1);
                let counted =
                    counted.filter(|&c| if apart { scene.copies(c) == copies } else { scene.copies(c) > 0 });
                counted.map(|c| scene.classes[c].people).sum::<u32>()
            };
            few(of(end & set)) || few(of(end & !set)) && of(end & set) > 0
        })
    })
}

fn tell(scene: &Scene, (set, measure): (usize, Measure), bits: u64, print: &[u32]) -> String {
    let values: Vec<u32> = (0..64).filter(|v| bits >> v & 1 == 1).collect();
    let print: Vec<String> = print
        .iter()
        .map(|&n| match n {
            u32::MAX => ".".into(),
            n if n == u32::MAX - 1 => "|".into(),
            n => n.to_string(),
        })
        .collect();
    format!("{measure:?} in {set:b}: {values:?}, print {} of {scene:?}", print.join(" "))
}
