//! A released table through all its files, over all threads.
//!
//! ```text
//! next    variants in genome order, from sealed counts
//! work    which rows they have (suppress)
//! take    rows in genome order, cut into batches: of BATCH rows, of one contig
//! work    what a batch looks like in each file
//! take    bytes behind bytes; a full row group of Parquet leads to one more job per few columns
//! ```
//! Batches are cut by rows, never by what a thread happened to do, so that the bytes are the same for any number of them.

use std::collections::VecDeque;

use super::Finished;
use super::bgzf::Deflater;
use super::files::{Encoded, Encoder, Files};
use super::membership::Membership;
use super::parquet::{ColumnJob, Group};
use crate::error::Result;
use crate::line::{self, Line};
use crate::suppress::{Decided, Decider, Released, ReleasedRow, TableHeader, Undecided};
use crate::tally::Crew;
use crate::timing::{Stage, Timing};

/// Rows of a batch, unless the contig ends first; divides a row group.
pub(super) const BATCH: usize = 4_096;

/// What was written: files under temporary names, and how many rows.
#[derive(Debug)]
pub struct Written {
    /// What holds for the whole table.
    pub header: TableHeader,
    /// The files, still in the private directory.
    pub files: Vec<Finished>,
    /// Rows by contig of the header.
    pub rows_per_contig: Vec<u64>,
    /// Positions with rows at which several records of the same people were combined.
    pub combined: u64,
    /// How well the table would tell whether somebody is in a stratum.
    pub membership: serde_json::Value,
}

/// Writes a released table.
pub fn write(released: Released<'_>, files: Files, crew: Crew<'_>) -> Result<Written> {
    let header = released.header().clone();
    let (encoder, decider) = (files.encoder(), released.decider());
    let table = Table {
        membership: Membership::new(&header),
        rows_per_contig: vec![0; header.contigs().len()],
        released,
        files,
        timing: crew.timing,
        pending: Vec::new(),
        jobs: VecDeque::new(),
        undecided: 0,
        unwritten: 0,
        phase: Phase::Variants,
        combined: 0,
    };
    let worker = || Worker { decider: decider.fresh(), encoder: encoder.clone(), deflater: Deflater::new() };
    let table = line::run(table, crew.threads, worker, |worker, job| worker.work(job, crew.timing))?;
    let files = crew.timing.time(Stage::Write, || table.files.finish())?;
    let (rows_per_contig, combined) = (table.rows_per_contig, table.combined);
    Ok(Written { membership: table.membership.report(&header), header, files, rows_per_contig, combined })
}

enum Job {
    Decide(Undecided),
    Encode(Vec<ReleasedRow>),
    Columns(ColumnJob),
}

enum Made {
    Rows(Decided),
    Encoded(Encoded),
    Columns(Group),
}

/// What a thread works with.
struct Worker {
    decider: Decider,
    encoder: Encoder,
    deflater: Deflater,
}

impl Worker {
    fn work(&mut self, job: Job, timing: &Timing) -> Result<Made> {
        match job {
            Job::Decide(batch) => Ok(Made::Rows(timing.time(Stage::Suppress, || self.decider.decide(batch)))),
            Job::Encode(rows) => timing
                .time(Stage::Encode, || self.encoder.encode(&rows, &mut self.deflater))
                .map(Made::Encoded),
            Job::Columns(job) => timing.time(Stage::Encode, || job.run()).map(Made::Columns),
        }
    }
}

/// How far a table is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There are more variants.
    Variants,
    /// All were given out; some rows may not be in a batch.
    Rows,
    /// All batches were given out; the last row group is open.
    Group,
    /// Nothing is left to be given out.
    End,
}

struct Table<'p> {
    released: Released<'p>,
    files: Files,
    timing: &'p Timing,
    membership: Membership,
    /// Rows that are not in a batch yet, of one contig.
    pending: Vec<ReleasedRow>,
    jobs: VecDeque<Job>,
    /// Batches of variants and of rows that are out.
    undecided: usize,
    unwritten: usize,
    phase: Phase,
    rows_per_contig: Vec<u64>,
    combined: u64,
}

impl Line for Table<'_> {
    type Job = Job;
    type Made = Made;

    fn next(&mut self) -> Result<Option<Job>> {
        if let Some(job) = self.jobs.pop_front() {
            return Ok(Some(job));
        }
        if self.phase == Phase::Variants {
            let released = &mut self.released;
            if let Some(batch) = self.timing.time(Stage::Partials, || released.next())? {
                self.undecided += 1;
                return Ok(Some(Job::Decide(batch)));
            }
            self.phase = Phase::Rows;
        }
        if self.phase == Phase::Rows && self.undecided == 0 {
            self.phase = Phase::Group;
            self.cut();
        }
        if self.phase == Phase::Group && self.unwritten == 0 && self.jobs.is_empty() {
            self.phase = Phase::End;
            let closing = self.files.close()?;
            self.jobs.extend(closing.into_iter().map(Job::Columns));
        }
        Ok(self.jobs.pop_front())
    }

    fn take(&mut self, made: Made) -> Result<()> {
        match made {
            Made::Rows(decided) => {
                self.undecided -= 1;
                self.combined += decided.combined;
                self.membership.add(&decided.rows);
                decided.rows.into_iter().for_each(|row| self.add(row));
                Ok(())
            }
            Made::Encoded(encoded) => {
                self.unwritten -= 1;
                let more = self.timing.time(Stage::Write, || self.files.take(encoded))?;
                self.jobs.extend(more.into_iter().map(Job::Columns));
                Ok(())
            }
            Made::Columns(group) => self.timing.time(Stage::Write, || self.files.take_columns(group)),
        }
    }
}

impl Table<'_> {
    /// Adds a row to the batch that is being filled.
    fn add(&mut self, row: ReleasedRow) {
        self.rows_per_contig[row.contig()] += 1;
        let other = self.pending.first().is_some_and(|first| first.contig() != row.contig());
        if other || self.pending.len() == BATCH {
            self.cut();
        }
        self.pending.push(row);
    }

    /// Gives out the rows collected so far as a batch.
    fn cut(&mut self) {
        if !self.pending.is_empty() {
            self.unwritten += 1;
            self.jobs.push_back(Job::Encode(std::mem::take(&mut self.pending)));
        }
    }
}
