//! The whole path in one process: plan → tally → merge → suppress → write.
//!
//! Between merge and suppress the release is reserved in the ledger; between write and the names its files are archived.

use std::path::PathBuf;

use crate::error::{Problems, Result};
use crate::ledger::{Reservation, reserve};
use crate::merge::{Merged, merge};
use crate::partial::{Notes, Partial, Place};
use crate::plan::{Plan, recorded};
use crate::suppress::suppress;
use crate::tally::{Crew, tally};
use crate::write::audit::{self, Audit, Done, Run};
use crate::write::staging::Staging;
use crate::write::{self, Columns, Files, Finished, Statistic, write};

/// Where a table goes, and in which forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Directory of the table; made if it is not there, refused if it already holds one.
    pub dir: PathBuf,
    /// TSV beside Parquet and VCF.
    pub tsv: bool,
    /// Columns beyond the usual ones; they add nothing to what a reader can calculate.
    pub statistics: Vec<Statistic>,
}

/// What happens after each partition, for progress.
pub type AfterPartition<'a> = &'a dyn Fn(usize, usize);

/// Counts every partition of a plan and releases the table.
pub fn frequency(
    plan: &Plan,
    crew: Crew<'_>,
    output: &Output,
    run: Run,
    after: AfterPartition<'_>,
) -> Result<Audit, Problems> {
    write::check(plan, &output.statistics)?;
    let staging = Staging::open(&output.dir)?;
    let count = plan.partitions().len();
    let mut partials = Vec::with_capacity(count);
    for part in 0..count {
        partials.push(tally(plan, part, crew, &Place::Unnamed(staging.path()))?);
        after(part + 1, count);
    }
    finish((plan, crew), partials, staging, output, run)
}

/// Releases the table of a plan whose partitions were counted before.
pub fn release(
    plan: &Plan,
    partials: Vec<Partial>,
    crew: Crew<'_>,
    output: &Output,
    run: Run,
) -> Result<Audit, Problems> {
    write::check(plan, &output.statistics)?;
    let staging = Staging::open(&output.dir)?;
    finish((plan, crew), partials, staging, output, run)
}

/// merge → suppress → write → archive, and only then the names. A refusal is recorded.
fn finish(
    (plan, crew): (&Plan, Crew<'_>),
    partials: Vec<Partial>,
    staging: Staging,
    output: &Output,
    run: Run,
) -> Result<Audit, Problems> {
    let merged = merge(plan, partials)?;
    let notes = merged.notes();
    let mut reservation = reserve(plan).map_err(|problems| recorded(plan.request(), problems))?;
    match made((plan, merged, &notes, crew), &mut reservation, &staging, output, run) {
        Ok((files, audit)) => {
            staging.publish(&files, &audit)?;
            Ok(audit)
        }
        Err(problems) => {
            // First the files go, then the word that they are gone is given.
            drop(staging);
            reservation.give_back();
            Err(problems)
        }
    }
}

/// Makes and archives the files of a reserved release, and has it recorded.
fn made(
    (plan, merged, notes, crew): (&Plan, Merged<'_>, &Notes, Crew<'_>),
    reservation: &mut Reservation,
    staging: &Staging,
    output: &Output,
    run: Run,
) -> Result<(Vec<Finished>, Audit), Problems> {
    let released = suppress(merged, reservation)?;
    let columns = Columns::new(plan, released.header(), &output.statistics);
    let files = Files::create(staging.path(), released.header(), &columns, output.tsv)?;
    let written = write(released, files, crew)?;
    let (facts, statistics) = (reservation.facts(), output.statistics.as_slice());
    let audit = audit::of(&Done { plan, written: &written, notes, facts, statistics }, run);
    // Counting takes hours; a permit that was withdrawn meanwhile stops the table.
    plan.still_permitted().map_err(|problems| recorded(plan.request(), problems))?;
    reservation.archive(&written.files, &audit.json(), audit.rows())?;
    Ok((written.files, audit))
}
