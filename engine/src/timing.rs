//! Where the time goes: seconds of threads by stage.
//!
//! Whole chunks and batches are always timed, which costs nothing that can be measured. What happens once per record is
//! timed on request: the clock takes about as long as counting a rare variant of a small cohort.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A stage of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Checking inputs, sample table, strata, permit and ledger.
    Plan,
    /// Waiting for bytes of the inputs.
    Read,
    /// Decompression and checksums.
    Inflate,
    /// Finding records and reading their fixed fields.
    Records,
    /// Reading sample columns.
    Scan,
    /// Counting calls by cell.
    Count,
    /// Writing sealed counts, and reading them again.
    Partials,
    /// Deciding what is shown.
    Suppress,
    /// Making the bytes of the tables.
    Encode,
    /// Writing them.
    Write,
}

impl Stage {
    /// In the order of the path.
    pub const ALL: [Stage; 10] = [
        Stage::Plan,
        Stage::Read,
        Stage::Inflate,
        Stage::Records,
        Stage::Scan,
        Stage::Count,
        Stage::Partials,
        Stage::Suppress,
        Stage::Encode,
        Stage::Write,
    ];

    /// As `--timing` spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Plan => "plan",
            Stage::Read => "read",
            Stage::Inflate => "inflate",
            Stage::Records => "records",
            Stage::Scan => "scan",
            Stage::Count => "count",
            Stage::Partials => "partials",
            Stage::Suppress => "suppress",
            Stage::Encode => "encode",
            Stage::Write => "write",
        }
    }
}

/// Time spent so far, by stage, over all threads.
#[derive(Debug)]
pub struct Timing {
    begun: Instant,
    nanos: [AtomicU64; Stage::ALL.len()],
    records: bool,
}

impl Timing {
    /// Nothing spent; `records`: what happens once per record is timed too.
    #[must_use]
    pub fn new(records: bool) -> Self {
        Self { begun: Instant::now(), nanos: [const { AtomicU64::new(0) }; Stage::ALL.len()], records }
    }

    /// Does something and notes how long it took.
    pub fn time<R>(&self, stage: Stage, work: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let result = work();
        self.add(stage, begun.elapsed());
        result
    }

    /// The same for what happens once per record.
    #[inline]
    pub(crate) fn time_record<R>(&self, stage: Stage, work: impl FnOnce() -> R) -> R {
        if self.records { self.time(stage, work) } else { work() }
    }

    /// Notes time that was spent.
    pub fn add(&self, stage: Stage, spent: Duration) {
        let nanos = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.nanos[stage as usize].fetch_add(nanos, Ordering::Relaxed);
    }

    /// Time spent in a stage, over all threads.
    #[must_use]
    pub fn spent(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.nanos[stage as usize].load(Ordering::Relaxed))
    }

    /// Time since the beginning.
    #[must_use]
    pub fn wall(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::new(false)
    }
}
