//! Progress in bytes and partitions, never in samples or carriers: a bar on a terminal, one line per partition elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use shukei::text;

use crate::report::Reporter;

/// Width of the bar in characters.
const WIDTH: u64 = 40;

/// Progress of one command.
pub(crate) struct Progress<'a> {
    reporter: &'a Reporter,
    bar: bool,
    total: u64,
    done: AtomicU64,
    shown: AtomicU64,
    start: Instant,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(reporter: &'a Reporter, total: u64) -> Self {
        let bar = !reporter.quiet && std::io::stderr().is_terminal();
        let (done, shown) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { reporter, bar, total: total.max(1), done, shown, start: Instant::now() }
    }

    /// More compressed bytes were read.
    pub(crate) fn bytes(&self, n: u64) {
        let done = self.done.fetch_add(n, Ordering::Relaxed) + n;
        let step = (done * WIDTH / self.total).min(WIDTH);
        if self.bar && self.shown.fetch_max(step, Ordering::Relaxed) < step {
            let filled = "█".repeat(usize::try_from(step).unwrap_or(0));
            let empty = "░".repeat(usize::try_from(WIDTH - step).unwrap_or(0));
            let (mb, all) = (done / 1_000_000, self.total / 1_000_000);
            eprint!("\r{filled}{empty} {mb}/{all} MB  {:.0} s", self.start.elapsed().as_secs_f64());
            let _ = std::io::stderr().flush();
        }
    }

    /// A partition is done.
    pub(crate) fn partition(&self, done: usize, of: usize) {
        if self.bar {
            if done == of {
                eprintln!();
            }
        } else {
            self.reporter
                .say(&text!("partition {done} of {of} counted", "分割 {done}/{of} の集計が終わりました"));
        }
    }
}
