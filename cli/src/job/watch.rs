//! Signals that Slurm sends to a task, and what can be done before it is killed.
//!
//! * SIGTERM: requeue, preemption or `scancel`; SIGKILL follows after `KillWait`. A process that exits would make its job FAILED, which
//!   is not run again, or COMPLETED, which lets the release begin. So it removes temporary files, finishes the partition at hand if it
//!   is given the time (where the file system has files without a name), begins no other, and waits.
//! * USR1 (`--signal=B:USR1@120`): the time limit is near. The task asks to be run again.
//!
//! Only for tasks of an array; elsewhere signals end a process as always.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shukei::error::{Error, Result, Text};
use shukei::partial::remove_temporaries;
use shukei::text;
use signal_hook::consts::{SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::slurm;
use super::state::{Beat, Said};
use crate::report::Reporter;

/// How long a process waits to be killed; whoever announced it by then did not mean it.
const WAIT: Duration = Duration::from_secs(600);
/// How often a partition may be tried, whether it fails or runs out of time.
pub(super) const ATTEMPTS: u32 = 3;

/// How often a task may have been run again when its time is over before it has begun to count.
const IDLE_RESTARTS: u32 = 10;

/// How often Slurm has run this task again.
pub(super) fn restarts() -> u32 {
    std::env::var("SLURM_RESTART_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Watches for signals of Slurm.
pub(super) struct Watch {
    /// Slurm's number of this task.
    job: String,
    reporter: Reporter,
    stopping: AtomicBool,
    now: Mutex<Now>,
}

/// What is being done.
#[derive(Default)]
struct Now {
    beat: Option<Arc<Beat>>,
    sealed: usize,
}

impl Watch {
    /// Begins to watch, in a task of an array: what else runs under Slurm is not ours to put back into the queue.
    pub(super) fn start(reporter: &Reporter) -> Result<Option<Arc<Self>>> {
        let number = |name: &str| std::env::var(name).ok();
        // Not SLURM_JOB_ID: that of an array's last task is the array's own, and would put every task back.
        let (Some(array), Some(task)) = (number("SLURM_ARRAY_JOB_ID"), number("SLURM_ARRAY_TASK_ID")) else {
            return Ok(None);
        };
        let job = format!("{array}_{task}");
        let failed = |e: std::io::Error| {
            Error::input(text!("signals cannot be watched: {e}", "シグナルを監視できません: {e}"))
        };
        let mut signals = Signals::new([SIGTERM, SIGUSR1]).map_err(failed)?;
        let (stopping, now) = (AtomicBool::new(false), Mutex::new(Now::default()));
        let watch = Arc::new(Self { job, reporter: *reporter, stopping, now });
        let mine = watch.clone();
        std::thread::spawn(move || {
            for signal in &mut signals {
                if signal == SIGTERM { mine.terminated() } else { mine.nearly_late() }
            }
        });
        Ok(Some(watch))
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A partition is begun.
    pub(super) fn begin(&self, beat: &Arc<Beat>) {
        self.now().beat = Some(beat.clone());
    }

    /// It is sealed.
    pub(super) fn sealed(&self) {
        let mut now = self.now();
        now.beat = None;
        now.sealed += 1;
    }

    /// No partition should be begun any more.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Waits to be killed.
    pub(super) fn wait(&self) {
        std::thread::sleep(WAIT);
        self.stopping.store(false, Ordering::Relaxed);
        self.say(&text!(
            "nobody ended this task in ten minutes: it goes on",
            "10 分間終了されなかったため、続行します"
        ));
    }

    /// Asks Slurm to run this task again, and waits for it to be killed; an error if Slurm does not.
    pub(super) fn again(&self) -> Result<()> {
        self.stopping.store(true, Ordering::Relaxed);
        slurm::requeue(&self.job)?;
        self.wait();
        Ok(())
    }

    fn say(&self, text: &Text) {
        self.reporter.say(text);
    }

    fn terminated(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let now = self.now();
        if let Some(beat) = &now.beat {
            remove_temporaries(&beat.partial());
        }
        let sealed = now.sealed;
        self.say(&text!(
            "SIGTERM: requeue, preemption or scancel; {sealed} partition(s) sealed by this task, no other is begun; waiting for the end",
            "SIGTERM を受け取りました（再投入、プリエンプション、または scancel）。このタスクで完了した分割は {sealed} 個です。新しい分割は始めず、終了を待ちます"
        ));
    }

    fn nearly_late(&self) {
        let now = self.now();
        let (sealed, beat) = (now.sealed, now.beat.clone());
        drop(now);
        let Some(beat) = beat else {
            // Before the first partition, between two, or after the last: then it does no harm.
            if restarts() < IDLE_RESTARTS {
                self.request();
            }
            return;
        };
        let number = beat.partition() + 1;
        let late = match beat.update(|state| state.late += u32::from(sealed == 0)) {
            Ok(state) => state.late,
            // Who cannot count attempts must not try for ever.
            Err(error) => return self.say(&error.text()),
        };
        let minutes = beat.elapsed().as_secs() / 60;
        if late >= ATTEMPTS {
            let error = Error::input(text!(
                "partition {number} did not fit into the time limit {late} times; submit it again with a longer --time",
                "分割 {number} は {late} 回続けて制限時間内に終わりませんでした。--time を長くして投入し直してください"
            ));
            self.say(&error.text());
            let _ = beat.update(|state| state.error = Some(Said::of(&error)));
            return;
        }
        self.say(&text!(
            "the time limit is near ({minutes} min on partition {number}): asking Slurm to run this task again",
            "制限時間が近づきました（分割 {number} で {minutes} 分経過）。このタスクの再投入を Slurm に依頼します"
        ));
        self.request();
    }

    /// Asks to be run again; where Slurm does not, the work goes on.
    fn request(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Err(error) = slurm::requeue(&self.job) {
            self.stopping.store(false, Ordering::Relaxed);
            self.say(&error.text());
        }
    }
}
