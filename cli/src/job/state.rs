//! How far a partition is, for `status`: bytes and places, never people.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shukei::error::{Error, Lang, Result};

use super::{Job, host, now, put};

/// Seconds between two signs of life.
const BEAT: u64 = 5;
/// Seconds without one after which nobody is at work any more, where neither a lock nor Slurm tells.
const SILENT: u64 = 120;

/// A failure, in both languages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) en: String,
    pub(super) ja: String,
}

impl Said {
    pub(super) fn of(error: &Error) -> Self {
        Self { en: error.message(Lang::En), ja: error.message(Lang::Ja) }
    }

    pub(super) fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// `state/000017.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) host: String,
    pub(super) pid: u32,
    /// Slurm's number of the task that counts it.
    pub(super) slurm: Option<String>,
    /// Seconds since 1970.
    pub(super) started: u64,
    pub(super) updated: u64,
    /// Compressed bytes read so far; of how many, the plan knows.
    pub(super) bytes: u64,
    /// How often counting failed since it was submitted.
    pub(super) failures: u32,
    /// How often the time limit came first.
    pub(super) late: u32,
    /// What went wrong last.
    pub(super) error: Option<Said>,
}

impl State {
    pub(super) fn read(job: &Job, partition: usize) -> Option<Self> {
        // Written by others while it is read, but always as a whole; an unreadable one says nothing.
        serde_json::from_slice(&std::fs::read(job.state_of(partition)).ok()?).ok()
    }

    pub(super) fn write(&self, job: &Job, partition: usize) -> Result<()> {
        let path = job.state_of(partition);
        let json = serde_json::to_vec(self).unwrap_or_default();
        put(&path, &json)
    }

    /// The partition is sealed, or what went wrong is to be forgotten.
    pub(super) fn forget(job: &Job, partition: usize) {
        let _ = std::fs::remove_file(job.state_of(partition));
    }

    /// Node, process, and Slurm's task.
    pub(super) fn who(&self) -> String {
        let task = self.slurm.as_ref().map_or_else(String::new, |job| format!(", job {job}"));
        format!("{}, process {}{task}", self.host, self.pid)
    }

    /// There was a sign of life lately, and no failure.
    pub(super) fn is_alive(&self) -> bool {
        self.error.is_none() && now() < self.updated + SILENT
    }

    /// Bytes a second.
    pub(super) fn speed(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (bytes, seconds) = (self.bytes as f64, self.updated.saturating_sub(self.started).max(1) as f64);
        bytes / seconds
    }
}

/// Keeps the state of a partition on disk while it is counted.
pub(super) struct Beat {
    job: Job,
    partition: usize,
    /// None when the partition is sealed.
    state: Mutex<Option<State>>,
    bytes: AtomicU64,
    next: AtomicU64,
    start: Instant,
}

impl Beat {
    /// The first sign of life.
    pub(super) fn start(job: &Job, partition: usize) -> Result<Self> {
        let before = State::read(job, partition).unwrap_or_default();
        let slurm = std::env::var("SLURM_JOB_ID").ok();
        let (started, pid) = (now(), std::process::id());
        let state =
            State { host: host(), pid, slurm, started, updated: started, bytes: 0, error: None, ..before };
        state.write(job, partition)?;
        Ok(Self {
            job: job.clone(),
            partition,
            state: Mutex::new(Some(state)),
            bytes: AtomicU64::new(0),
            next: AtomicU64::new(BEAT),
            start: Instant::now(),
        })
    }

    /// More compressed bytes were read.
    pub(super) fn bytes(&self, n: u64) {
        let bytes = self.bytes.fetch_add(n, Ordering::Relaxed) + n;
        let (elapsed, next) = (self.start.elapsed().as_secs(), self.next.load(Ordering::Relaxed));
        let mine = elapsed >= next
            && self.next.compare_exchange(next, elapsed + BEAT, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if mine {
            // A sign of life that cannot be written is not worth the partition.
            let _ = self.update(|state| state.bytes = bytes);
        }
    }

    /// Changes what is on disk.
    pub(super) fn update(&self, change: impl FnOnce(&mut State)) -> Result<State> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(state) = state.as_mut() else { return Ok(State::default()) };
        change(state);
        state.updated = now();
        state.write(&self.job, self.partition)?;
        Ok(state.clone())
    }

    /// The partition is sealed: nothing is said of it any more.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = None;
        State::forget(&self.job, self.partition);
    }

    pub(super) fn partition(&self) -> usize {
        self.partition
    }

    pub(super) fn partial(&self) -> PathBuf {
        self.job.partial(self.partition)
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
