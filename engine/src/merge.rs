//! merge: every partition of every data site exactly once, as one stream of units in genome order.
//!
//! Groups of files hold disjoint people, so counts of one position are added across groups; a group that has no record
//! there says what its `absent` rule declares. Partitions of one group hold disjoint spans and follow one another.

use std::collections::{BTreeMap, VecDeque};

use crate::error::{Error, Problems, Result};
use crate::partial::{CellCounts, Notes, Partial, Unit, Units, VariantCounts};
use crate::plan::{Absent, Plan};
use crate::tally::worse;
use crate::text;

/// Sealed counts of every partition of a plan: nothing missing, nothing twice.
pub struct Merged<'p> {
    plan: &'p Plan,
    partials: Vec<Partial>,
    /// Contig that is being read, and the streams of its groups.
    contig: u32,
    groups: Vec<GroupUnits>,
}

impl std::fmt::Debug for Merged<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merged").field("partitions", &self.partials.len()).finish_non_exhaustive()
    }
}

/// REF and ALT.
type Alleles = (Box<str>, Box<str>);

/// The units of one group on one contig: its partitions one after the other.
struct GroupUnits {
    parts: VecDeque<Units>,
    head: Option<Unit>,
}

impl GroupUnits {
    fn advance(&mut self) -> Result<()> {
        self.head = None;
        while let Some(part) = self.parts.front_mut() {
            self.head = part.next()?;
            if self.head.is_some() {
                break;
            }
            self.parts.pop_front();
        }
        Ok(())
    }
}

/// Puts partials together; refuses while a partition is missing or there twice.
pub fn merge<'p>(plan: &'p Plan, partials: Vec<Partial>) -> Result<Merged<'p>, Problems> {
    let mut problems = Problems::default();
    let mut seen = vec![0usize; plan.partitions().len()];
    for partial in &partials {
        if let Some(n) = seen.get_mut(partial.partition()) {
            *n += 1;
        }
    }
    for (partition, n) in seen.iter().enumerate().filter(|(_, n)| **n != 1) {
        let number = partition + 1;
        problems.push(if *n == 0 {
            Error::input(text!(
                "partition {number} is missing; run its tally (shukei tally JOB/ --partition {number})",
                "分割 {number} がありません。tally を実行してください (shukei tally JOB/ --partition {number})"
            ))
        } else {
            Error::input(text!("partition {number} is there twice", "分割 {number} が重複しています"))
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut merged = Merged { plan, partials, contig: 0, groups: Vec::new() };
    merged.open()?;
    Ok(merged)
}

impl<'p> Merged<'p> {
    /// The plan whose counts these are.
    pub(crate) fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// Facts about the records of all partitions.
    pub(crate) fn notes(&self) -> Notes {
        Notes { without_genotypes: self.partials.iter().map(|p| p.notes().without_genotypes).sum() }
    }

    /// Opens the streams of the current contig.
    fn open(&mut self) -> Result<()> {
        self.groups = (0..self.plan.groups().len())
            .map(|group| {
                let mine =
                    self.partials.iter().filter(|p| self.plan.partitions()[p.partition()].group == group);
                let mut mine: Vec<&Partial> = mine.collect();
                mine.sort_by_key(|p| p.partition());
                let parts = mine.into_iter().map(|p| p.units(self.contig)).collect::<Result<_>>()?;
                let mut units = GroupUnits { parts, head: None };
                units.advance()?;
                Ok(units)
            })
            .collect::<Result<_>>()?;
        Ok(())
    }

    /// The next unit of the cohort; `None` after the last contig.
    pub(crate) fn next_unit(&mut self) -> Result<Option<Unit>> {
        while (self.contig as usize) < self.plan.contigs().len() {
            let next = self.groups.iter().filter_map(|g| g.head.as_ref().map(|u| u.pos)).min();
            let Some(pos) = next else {
                self.contig += 1;
                self.open()?;
                continue;
            };
            let mut heads = Vec::with_capacity(self.groups.len());
            for group in &mut self.groups {
                let here = group.head.as_ref().is_some_and(|u| u.pos == pos);
                heads.push(if here { group.head.take() } else { None });
                if here {
                    group.advance()?;
                }
            }
            return Ok(Some(self.join(pos, heads)));
        }
        Ok(None)
    }

    /// Adds the units of all groups at one position.
    fn join(&self, pos: u64, mut heads: Vec<Option<Unit>>) -> Unit {
        if let [only] = heads.as_mut_slice()
            && let Some(unit) = only.take()
        {
            return unit;
        }
        let mut combined = false;
        let mut missing: BTreeMap<u32, u32> = BTreeMap::new();
        let mut variants: BTreeMap<Alleles, (Box<str>, Vec<CellCounts>)> = BTreeMap::new();
        for (group, head) in self.plan.groups().iter().zip(heads) {
            let Some(unit) = head else {
                if group.absent == Absent::Missing {
                    for (fine, n) in (0u32..).zip(&group.members_by_fine).filter(|(_, n)| **n > 0) {
                        *missing.entry(fine).or_default() += n;
                    }
                }
                continue;
            };
            combined |= unit.combined;
            for (fine, n) in unit.missing {
                *missing.entry(fine).or_default() += n;
            }
            for variant in unit.variants {
                let key = (variant.reference, variant.alternate);
                let (filter, cells) =
                    variants.entry(key).or_insert_with(|| (variant.filter.clone(), Vec::new()));
                *filter = worse(filter, &variant.filter).into();
                cells.extend(variant.cells);
            }
        }
        let variants = variants
            .into_iter()
            .map(|((reference, alternate), (filter, cells))| VariantCounts {
                reference,
                alternate,
                filter,
                cells: added(cells),
            })
            .collect();
        Unit { contig: self.contig, pos, variants, missing: missing.into_iter().collect(), combined }
    }
}

/// Sums counts of the same cell.
fn added(cells: Vec<CellCounts>) -> Vec<CellCounts> {
    let mut sums: BTreeMap<u32, CellCounts> = BTreeMap::new();
    for cell in cells {
        let sum = sums.entry(cell.fine).or_insert(CellCounts { fine: cell.fine, het: 0, homalt: 0, hemi: 0 });
        sum.het += cell.het;
        sum.homalt += cell.homalt;
        sum.hemi += cell.hemi;
    }
    sums.into_values().collect()
}
