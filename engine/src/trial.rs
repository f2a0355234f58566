//! What the rules would print of invented counts: for what-if questions, for benchmarks and for those who attack the rules.
//!
//! The strata are checked and the variants decided by the same code as real ones. Nothing of a real person goes in, so K may
//! be any number from 2; and what comes out are plain numbers, which no writer takes.
//!
//! ```
//! use shukei::region::Zone;
//! use shukei::trial::{Group, GroupCounts, Trial};
//!
//! let group = |token: &str| Group { sex: None, paths: vec![vec![token.to_owned()]], people: 100 };
//! let mut trial = Trial::new(&[group("a"), group("b")], 10, false)?;
//! assert_eq!(trial.names(), ["", "a0_a", "a0_b"]);
//! let counts = |het| GroupCounts { not_called: 0, alts: vec![[het, 0, 0]] };
//! let rows = trial.print(Zone::Diploid, &[counts(40), counts(9)]);
//! let shown: Vec<_> = rows[0].cells.iter().map(|cell| cell.map(|c| (c.ac, c.an))).collect();
//! assert_eq!(shown, [Some((49, 400)), None, None]);
//! # Ok::<(), shukei::error::Problems>(())
//! ```

mod series;

pub use series::{Class, Series, TableSpec};

use crate::error::{Error, Problems};
use crate::partial::{CellCounts, Unit, VariantCounts};
use crate::policy::Policy;
use crate::region::Zone;
use crate::strata::{Karyotype, People, Step, Strata};
use crate::subject::Sex;
pub use crate::suppress::Tier;
use crate::suppress::{Frequency, Rules, Suppressor};
use crate::text;

/// Invented people of one sex who go the same way down every family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their sex, if it is known.
    pub sex: Option<Sex>,
    /// Per family (`--by`) the tokens on the way down; level n of every family is called `an`.
    pub paths: Vec<Vec<String>>,
    /// How many they are.
    pub people: u32,
}

/// What is seen of one variant in one group; people not named here have two (or one) copies of REF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// People without a call.
    pub not_called: u32,
    /// Per ALT: people with one copy of two, with two copies, and people whose only copy it is.
    pub alts: Vec<[u32; 3]>,
}

/// One printed ALT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialRow {
    /// Place of the ALT in [`GroupCounts::alts`].
    pub alt: usize,
    /// Which numbers are shown.
    pub tier: Tier,
    /// The numbers of every stratum, in the order of [`Trial::names`]; `None` where nothing is shown.
    pub cells: Vec<Option<TrialCell>>,
}

/// What a row shows of one stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialCell {
    /// Alternate alleles.
    pub ac: u32,
    /// Called alleles as printed: AN′.
    pub an: u32,
    /// In tier G: without a copy, one of two, two, the only one; and those without a copy who have two.
    pub genotypes: Option<[u32; 5]>,
}

/// Variants made ready once, so that nothing but the rules is timed when they are run.
pub struct Variants {
    units: Vec<(Zone, Unit)>,
}

/// How much a run showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Rows: one per printed ALT.
    pub rows: u64,
    /// Numbers of strata in them that are not withheld.
    pub cells: u64,
}

/// Invented people under the rules.
pub struct Trial {
    suppressor: Suppressor,
    /// Where each group is counted.
    places: Vec<(u32, Karyotype)>,
    /// The variant that is being printed; kept for its memory.
    unit: Unit,
}

impl Trial {
    /// Cuts people into strata as a plan would, and refuses what a plan would refuse.
    pub fn new(groups: &[Group], k: u32, genotypes: bool) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let families = groups.first().map_or(0, |g| g.paths.len());
        if k < 2 || groups.iter().any(|g| g.paths.len() != families) {
            problems.push(Error::usage(text!(
                "a trial needs K of at least 2, and as many paths for one group as for another",
                "試算では K を2以上とし、どの集団にも同じ数の経路を指定してください"
            )));
            return Err(problems);
        }
        let policy = Policy { k, ..Policy::default() };
        let strata = Strata::new(&people(groups), &policy, &mut problems);
        let Some(strata) = strata else { return Err(problems) };
        let places = places(groups, &strata);
        let suppressor = Suppressor::new(Rules { strata, policy, genotypes_requested: genotypes });
        Ok(Self { suppressor, places, unit: nothing() })
    }

    /// Names of the strata in column order: `""` for everybody.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.suppressor.strata().iter().map(|s| s.name.as_str()).collect()
    }

    /// The rows of one variant, by ALT. `counts` has one entry per group, in their order; a group can have no more
    /// people in it than there are.
    pub fn print(&mut self, zone: Zone, counts: &[GroupCounts]) -> Vec<TrialRow> {
        fill(&mut self.unit, &self.places, zone, counts);
        let mut rows = Vec::new();
        self.suppressor.decide(&self.unit, zone, &mut |alt, tier, cells| {
            rows.push(TrialRow { alt, tier, cells: cells.iter().map(|c| c.as_ref().map(cell)).collect() });
        });
        rows
    }

    /// Makes variants ready for [`Trial::run`]: each with its zone and one entry per group.
    pub fn variants<C: AsRef<[GroupCounts]>>(&self, all: impl IntoIterator<Item = (Zone, C)>) -> Variants {
        let ready = |(zone, counts): (Zone, C)| {
            let mut unit = nothing();
            fill(&mut unit, &self.places, zone, counts.as_ref());
            (zone, unit)
        };
        Variants { units: all.into_iter().map(ready).collect() }
    }

    /// Decides variants one after the other, with the numbers of every row made as for a table.
    pub fn run(&mut self, variants: &Variants) -> Shown {
        let mut shown = Shown::default();
        for (zone, unit) in &variants.units {
            self.suppressor.decide(unit, *zone, &mut |_, _, cells| {
                shown.rows += 1;
                shown.cells += cells.iter().flatten().count() as u64;
            });
        }
        shown
    }
}

fn people(groups: &[Group]) -> People {
    let step = |(level, token): (usize, &String)| Step {
        attribute: format!("a{level}"),
        token: token.clone(),
        label: token.clone(),
        tree: false,
    };
    let group = |g: &Group| {
        let paths = g.paths.iter().map(|p| p.iter().enumerate().map(step).collect()).collect();
        (g.sex.into(), paths, g.people as usize)
    };
    let families = groups.first().map_or(0, |g| g.paths.len());
    let by: Vec<String> = (0..families).map(|f| format!("family{f}")).collect();
    People::of_groups(&by, &groups.iter().map(group).collect::<Vec<_>>())
}

/// Where each group is counted; groups of nobody come with no counts, wherever that is.
fn places(groups: &[Group], strata: &Strata) -> Vec<(u32, Karyotype)> {
    let mut first = 0;
    let place = |g: &Group| {
        let fine = strata.fine_of_person.get(first).copied().unwrap_or_default();
        first += g.people as usize;
        (fine, g.sex.into())
    };
    groups.iter().map(place).collect()
}

fn nothing() -> Unit {
    Unit { contig: 0, pos: 0, variants: Vec::new(), missing: Vec::new(), combined: false }
}

/// Writes counts as the tallies would hand them over: entries that are not zero, of people counted in the zone.
fn fill(unit: &mut Unit, places: &[(u32, Karyotype)], zone: Zone, counts: &[GroupCounts]) {
    let alts = counts.iter().map(|c| c.alts.len()).max().unwrap_or_default();
    unit.variants.truncate(alts);
    unit.variants.extend((unit.variants.len()..alts).map(|alt| VariantCounts {
        reference: Box::default(),
        alternate: alt.to_string().into(),
        filter: Box::default(),
        cells: Vec::new(),
    }));
    unit.variants.iter_mut().for_each(|v| v.cells.clear());
    unit.missing.clear();
    for (&(fine, karyotype), counts) in places.iter().zip(counts) {
        if karyotype.copies(zone) == 0 {
            continue;
        }
        if counts.not_called > 0 {
            unit.missing.push((fine, counts.not_called));
        }
        for (variant, &[het, homalt, hemi]) in unit.variants.iter_mut().zip(&counts.alts) {
            if het + homalt + hemi > 0 {
                variant.cells.push(CellCounts { fine, het, homalt, hemi });
            }
        }
    }
}

fn cell(frequency: &Frequency) -> TrialCell {
    TrialCell { ac: frequency.ac(), an: frequency.an(), genotypes: frequency.classes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(sex: Sex, token: &str, people: u32) -> Group {
        Group { sex: Some(sex), paths: vec![vec![token.to_owned()]], people }
    }

    fn counts(not_called: u32, alt: [u32; 3]) -> GroupCounts {
        GroupCounts { not_called, alts: vec![alt] }
    }

    #[test]
    fn invented_people_are_under_the_rules_of_a_plan() {
        let few = [group(Sex::Female, "f", 40), group(Sex::Male, "m", 7)];
        assert_eq!(Trial::new(&few, 10, false).err().map(|p| p.exit_code()), Some(5));
        assert!(Trial::new(&few, 2, false).is_ok());
        assert!(Trial::new(&few, 1, false).is_err());
        let uneven = [few[0].clone(), Group { paths: Vec::new(), ..few[1].clone() }];
        assert!(Trial::new(&uneven, 2, false).is_err());
        assert!(Trial::new(&[], 2, false).is_err());
    }

    #[test]
    fn groups_of_one_kind_are_one_cell_and_zones_count_by_sex() {
        let groups = [group(Sex::Female, "f", 30), group(Sex::Male, "m", 60), group(Sex::Female, "f", 30)];
        let mut trial = Trial::new(&groups, 10, false).unwrap();
        assert_eq!(trial.names(), ["", "a0_f", "a0_m"]);
        let seen = [counts(8, [10, 0, 0]), counts(9, [0, 0, 20]), counts(8, [12, 0, 0])];
        let rows = trial.print(Zone::X, &seen);
        let shown: Vec<_> = rows[0].cells.iter().map(|c| c.map(|c| (c.ac, c.an))).collect();
        // 16 women of 60 without a call are shown; 9 men of 60 are not.
        assert_eq!(shown, [Some((42, 148)), Some((22, 88)), Some((20, 60))]);
        assert_eq!((rows[0].alt, rows[0].tier), (0, Tier::A));
        let y = trial.print(Zone::Y, &seen);
        assert_eq!(y[0].cells[0], Some(TrialCell { ac: 20, an: 60, genotypes: None }));
        let ready = trial.variants([(Zone::X, &seen), (Zone::Y, &seen)]);
        assert_eq!(
            trial.run(&ready),
            Shown { rows: 2, cells: 3 + y[0].cells.iter().flatten().count() as u64 }
        );
    }

    #[test]
    fn alts_keep_their_place_and_genotypes_all_their_classes() {
        let groups = [Group { sex: None, paths: Vec::new(), people: 100 }];
        let mut trial = Trial::new(&groups, 10, true).unwrap();
        let two = GroupCounts { not_called: 0, alts: vec![[3, 0, 0], [30, 15, 0]] };
        let rows = trial.print(Zone::Diploid, &[two]);
        assert_eq!(rows.iter().map(|r| r.alt).collect::<Vec<_>>(), [1]);
        let cell = rows[0].cells[0].unwrap();
        assert_eq!((cell.ac, cell.an, cell.genotypes), (60, 200, Some([55, 30, 15, 0, 55])));
    }
}
