//! Released tables, some variants at a time: given out in genome order, decided by whichever thread.

use super::beside::At;
use super::{Released, ReleasedRow, Rules, Suppressor};
use crate::error::Result;
use crate::partial::Unit;
use crate::region::Zone;

/// Variants that are decided together.
const BATCH: usize = 1_024;

/// Variants that are to be decided. What is in it cannot be looked at.
pub(crate) struct Undecided(Batch);

enum Batch {
    Units(Vec<(Unit, Zone)>),
    /// Beside earlier releases, whose rows are read in genome order, each variant is decided as it is given out.
    Decided(Decided),
}

/// The rows of some variants.
#[derive(Default)]
pub(crate) struct Decided {
    pub(crate) rows: Vec<ReleasedRow>,
    /// Positions with rows at which several records of the same people were combined. Positions without rows are not
    /// counted: whether a hidden variant is there is not for this number to tell.
    pub(crate) combined: u64,
}

/// Applies the policy of one table; one per thread.
pub(crate) struct Decider(pub(super) Suppressor);

impl Decider {
    pub(super) fn new(rules: Rules) -> Self {
        Self(Suppressor::new(rules))
    }

    /// The same, for another thread.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(self.0.rules.clone())
    }

    /// The rows of a batch.
    pub(crate) fn decide(&mut self, batch: Undecided) -> Decided {
        match batch.0 {
            Batch::Decided(decided) => decided,
            Batch::Units(units) => {
                let mut decided = Decided::default();
                for (unit, zone) in &units {
                    self.add(unit, *zone, None, &mut decided);
                }
                decided
            }
        }
    }

    fn add(&mut self, unit: &Unit, zone: Zone, at: Option<At<'_>>, decided: &mut Decided) {
        let rows = self.0.rows(unit, zone, at);
        decided.combined += u64::from(unit.combined && !rows.is_empty());
        decided.rows.extend(rows);
    }
}

impl Released<'_> {
    /// A decider for a thread of its own.
    pub(crate) fn decider(&self) -> Decider {
        self.decider.fresh()
    }

    /// The next variants; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Undecided>> {
        let mut units = Vec::new();
        let mut decided = Decided::default();
        for count in 0..BATCH {
            let Some(unit) = self.merged.next_unit()? else {
                if count == 0 {
                    return Ok(None);
                }
                break;
            };
            let zone = self.merged.plan().zone(unit.contig, unit.pos)?;
            match &mut self.beside {
                None => units.push((unit, zone)),
                Some(beside) => {
                    let contig = &self.merged.plan().contigs()[unit.contig as usize].name;
                    let at = At::read(beside, contig, unit.pos)?;
                    self.decider.add(&unit, zone, Some(at), &mut decided);
                }
            }
        }
        let batch = if self.beside.is_none() { Batch::Units(units) } else { Batch::Decided(decided) };
        Ok(Some(Undecided(batch)))
    }
}
