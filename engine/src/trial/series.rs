//! Several tables of one population, judged together as the ledger judges releases.
//!
//! ```
//! use shukei::region::Zone;
//! use shukei::trial::{Class, GroupCounts, Series, TableSpec};
//!
//! let class = |people| Class { sex: None, people };
//! let mut series = Series::new(&[class(200), class(40), class(9)], 10, false);
//! let everybody = [0, 1, 2].map(|_| Some(Vec::new())).to_vec();
//! series.release(&TableSpec { paths: everybody.clone(), ..TableSpec::default() })?;
//! // Nine people withdrew: refused. With forty more gone the two tables differ by enough people …
//! let gone = |n| TableSpec { paths: everybody.iter().take(n).cloned().collect(), ..TableSpec::default() };
//! assert!(series.release(&gone(2)).is_err());
//! series.release(&gone(1))?;
//! // … but not at a variant that few of these carry.
//! let carriers = |counts: [u32; 3]| counts.map(|het| GroupCounts { not_called: 0, alts: vec![[het, het, 0]] });
//! let shown = series.print(Zone::Diploid, &[&carriers([30, 12, 0])]);
//! assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
//! let shown = series.print(Zone::Diploid, &[&carriers([30, 8, 0])]);
//! assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
//! # Ok::<(), shukei::error::Problems>(())
//! ```

use roaring::RoaringBitmap;

use super::{Group, GroupCounts, TrialRow, cell, fill, nothing, people, places};
use crate::error::{Error, Problems};
use crate::ledger::{
    Considers, Derivable, Draft, EarlierRow, Trees, connected, cuts, derivable, join, undecided,
};
use crate::partial::Unit;
use crate::plan::classes_by;
use crate::policy::Policy;
use crate::region::Zone;
use crate::strata::{Karyotype, People, Strata};
use crate::subject::Sex;
use crate::suppress::{EarlierRows, Frequency, Joint, Numbers, Rules, Since, Suppressor, Tier};
use crate::text;

/// Invented people of one sex whom no table tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Their sex, if it is known.
    pub sex: Option<Sex>,
    /// How many they are.
    pub people: u32,
}

/// What a table shows of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSpec {
    /// Per class of people, as far as it is in the table: per family (`--by`) the tokens on the way down.
    pub paths: Vec<Option<Vec<Vec<String>>>>,
    /// `--genotypes`.
    pub genotypes: bool,
    /// Place of its calls in what [`Series::print`] is given.
    pub callset: usize,
}

/// Tables of one population, each judged together with those before.
pub struct Series {
    classes: Vec<Class>,
    k: u32,
    strict: bool,
    sheets: Vec<Sheet>,
    /// The variant that is being printed; kept for its memory.
    unit: Unit,
}

/// One table.
struct Sheet {
    suppressor: Suppressor,
    draft: Draft,
    considers: Considers,
    callset: usize,
    /// The classes that are in it, and where each is counted.
    places: Vec<(usize, (u32, Karyotype))>,
    /// This table and the earlier ones with some of the same people, and which these are.
    beside: Option<(Joint, Vec<usize>)>,
}

/// What a table prints of one ALT: its place, the tier, the numbers of every stratum.
type Printed = (usize, Tier, Box<[Option<Frequency>]>);

impl Series {
    /// Invented people of whom nothing was released yet. `strict` as in a policy's `linked`.
    #[must_use]
    pub fn new(classes: &[Class], k: u32, strict: bool) -> Self {
        Self { classes: classes.to_vec(), k, strict, sheets: Vec::new(), unit: nothing() }
    }

    /// Releases one more table, or refuses it where its plan or the ledger would.
    pub fn release(&mut self, table: &TableSpec) -> Result<(), Problems> {
        let mut problems = Problems::default();
        let inside = self.inside(table);
        let families = inside.first().map_or(0, |(_, g)| g.paths.len());
        if self.k < 2 || inside.iter().any(|(_, g)| g.paths.len() != families) {
            problems.push(uneven());
            return Err(problems);
        }
        let groups: Vec<Group> = inside.iter().map(|(_, group)| group.clone()).collect();
        let numbers: Vec<u32> = inside.iter().flat_map(|&(class, _)| self.numbers(class)).collect();
        let earlier: Vec<&RoaringBitmap> = self.sheets.iter().flat_map(|s| s.draft.sets()).collect();
        let people = People { earlier: classes_by(&earlier, &numbers), ..people(&groups) };
        let policy = Policy { k: self.k, ..Policy::default() };
        let strata = Strata::new(&people, &policy, &mut problems);
        let Some(strata) = strata else { return Err(problems) };
        let draft = Draft::new(&strata, &numbers);
        let beside = self.judge(&draft, table.callset)?;
        let at = places(&groups, &strata);
        let places = inside.iter().zip(at).map(|((class, _), place)| (*class, place)).collect();
        let suppressor = Suppressor::new(Rules { strata, policy, genotypes_requested: table.genotypes });
        let strata = suppressor.strata().len() > 1;
        let considers = Considers { genotypes: table.genotypes || !strata, strata, k: i64::from(self.k) };
        self.sheets.push(Sheet { suppressor, draft, considers, callset: table.callset, places, beside });
        Ok(())
    }

    /// Names of the strata of a table in column order.
    #[must_use]
    pub fn names(&self, table: usize) -> Vec<&str> {
        self.sheets[table].suppressor.strata().iter().map(|s| s.name.as_str()).collect()
    }

    /// The rows that every table prints of one variant, each beside those before it. `callsets` has one entry per callset,
    /// each with one entry per class.
    pub fn print(&mut self, zone: Zone, callsets: &[&[GroupCounts]]) -> Vec<Vec<TrialRow>> {
        let mut known: Vec<EarlierRows> = Vec::new();
        let mut all = Vec::new();
        for sheet in &mut self.sheets {
            let counts: Vec<GroupCounts> =
                sheet.places.iter().map(|&(class, _)| callsets[sheet.callset][class].clone()).collect();
            let at: Vec<(u32, Karyotype)> = sheet.places.iter().map(|&(_, place)| place).collect();
            fill(&mut self.unit, &at, zone, &counts);
            let printed = sheet.print(&self.unit, zone, &known);
            all.push(printed.iter().map(row).collect());
            known.push((sheet.considers, Some(printed.iter().map(|row| sheet.archived(row)).collect())));
        }
        all
    }

    /// The classes of a table that hold anybody, as groups.
    fn inside(&self, table: &TableSpec) -> Vec<(usize, Group)> {
        let group = |class: usize| {
            let Class { sex, people } = self.classes[class];
            let paths = table.paths.get(class)?.clone()?;
            (people > 0).then_some((class, Group { sex, paths, people }))
        };
        (0..self.classes.len()).filter_map(group).collect()
    }

    /// Numbers of the people of a class.
    fn numbers(&self, class: usize) -> std::ops::Range<u32> {
        let first = self.classes[..class].iter().map(|c| c.people).sum();
        first..first + self.classes[class].people
    }

    /// What the ledger asks of the strata; and the earlier tables of some of the same people.
    fn judge(&self, draft: &Draft, callset: usize) -> Result<Option<(Joint, Vec<usize>)>, Problems> {
        let sets: Vec<&RoaringBitmap> =
            self.sheets.iter().map(|s| &s.draft).chain([draft]).flat_map(Draft::sets).collect();
        match derivable(&sets, self.k) {
            Derivable::Nothing => {}
            Derivable::Undecided => return Err(undecided().into()),
            Derivable::Group(_) => return Err(derived().into()),
        }
        let roots: Vec<&RoaringBitmap> = self.sheets.iter().map(|s| s.draft.root()).collect();
        let linked = connected(draft.root(), &roots);
        if linked.is_empty() {
            return Ok(None);
        }
        let own = Since { same_callset: true, ..Since::default() };
        let mut trees = vec![Trees::of(draft, own)];
        for &t in &linked {
            let sheet = &self.sheets[t];
            let then: Vec<&RoaringBitmap> = self.sheets[..=t].iter().flat_map(|s| s.draft.sets()).collect();
            let since = Since {
                same_callset: sheet.callset == callset,
                linked: sheet.beside.is_some(),
                cut: cuts(sheet.draft.root(), &then, &sets),
            };
            trees.push(Trees::of(&sheet.draft, since));
        }
        let sex = |person: u32| {
            let class = (0..self.classes.len()).find(|&c| self.numbers(c).contains(&person));
            class.map_or(Karyotype::Unknown, |c| self.classes[c].sex.into())
        };
        let joint = join(&trees, &sex, self.strict).ok_or_else(undecided)?;
        Ok(Some((joint, linked)))
    }
}

impl Sheet {
    /// Decides a variant beside what the tables before show of it.
    fn print(&mut self, unit: &Unit, zone: Zone, known: &[EarlierRows]) -> Vec<Printed> {
        let mut rows = Vec::new();
        let each = &mut |alt, tier, cells| rows.push((alt, tier, cells));
        match &mut self.beside {
            None => self.suppressor.decide(unit, zone, each),
            Some((joint, linked)) => {
                let earlier = linked.iter().map(|&t| known[t].clone()).collect();
                self.suppressor.decide_after((unit, zone), joint, earlier, each);
            }
        }
        rows
    }

    /// A row as a later table finds it in the archive.
    fn archived(&self, (alt, tier, cells): &Printed) -> EarlierRow {
        let numbers = |frequency: &Frequency| Numbers {
            ac: i64::from(frequency.ac()),
            an: i64::from(frequency.an()),
            genotypes: frequency.classes().map(|classes| {
                let [homref, het, homalt, hemi, diploid] = classes.map(i64::from);
                [diploid, het, homalt, homref - diploid, hemi]
            }),
        };
        EarlierRow {
            reference: String::new(),
            alternate: alt.to_string(),
            genotypes: *tier == Tier::G,
            numbers: self.suppressor.places().map(|stratum| cells[stratum?].as_ref().map(numbers)).collect(),
        }
    }
}

fn row((alt, tier, cells): &Printed) -> TrialRow {
    TrialRow { alt: *alt, tier: *tier, cells: cells.iter().map(|c| c.as_ref().map(cell)).collect() }
}

fn uneven() -> Error {
    Error::usage(text!(
        "a table needs K of at least 2, and as many paths for one class of people as for another",
        "表では K を2以上とし、どの集団にも同じ数の経路を指定してください"
    ))
}

fn derived() -> Error {
    Error::refused(text!(
        "together with earlier tables this one would tell about a group of fewer than K people; take other strata or other \
         people",
        "これまでの表と合わせるとK人未満の集団のことが分かってしまいます。層別または対象者を変えてください"
    ))
}
