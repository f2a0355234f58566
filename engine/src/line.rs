//! A line of work: jobs are given out and taken back in one order, and done by several threads in between.
//!
//! ```text
//! next  (one at a time)   → job 0, job 1, …
//! work  (side by side)    → what was made of each
//! take  (one at a time, in the order of the jobs)
//! ```
//! What `take` gets may lead to more jobs, which `next` gives out. What comes out does not depend on the number of threads;
//! with one, no thread is made.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::text;

/// Gives out jobs and takes back what was made of them.
pub(crate) trait Line: Send {
    /// A piece of work.
    type Job: Send;
    /// What is made of it.
    type Made: Send;

    /// The next job; `None` if there is none now.
    fn next(&mut self) -> Result<Option<Self::Job>>;

    /// Takes what was made of the oldest job that is out.
    fn take(&mut self, made: Self::Made) -> Result<()>;
}

/// Jobs that may be out beyond the oldest unfinished one, per thread.
const AHEAD: u64 = 4;

struct State<L: Line> {
    line: L,
    given: u64,
    taken: u64,
    made: BTreeMap<u64, L::Made>,
    /// The earliest failure, by its job.
    failed: Option<(u64, Error)>,
}

struct Shared<L: Line> {
    state: Mutex<State<L>>,
    changed: Condvar,
    ahead: u64,
}

/// Runs a line to its end; each thread works with what `worker` makes for it.
pub(crate) fn run<L: Line, W>(
    mut line: L,
    threads: usize,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, L::Job) -> Result<L::Made> + Sync,
) -> Result<L> {
    if threads <= 1 {
        let mut own = worker();
        while let Some(job) = line.next()? {
            line.take(work(&mut own, job)?)?;
        }
        return Ok(line);
    }
    let state = State { line, given: 0, taken: 0, made: BTreeMap::new(), failed: None };
    let ahead = AHEAD * threads as u64;
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new(), ahead };
    let threaded = || {
        let mut own = worker();
        while let Some((number, job)) = shared.next() {
            let _guard = Guard(&shared, number);
            shared.take(number, work(&mut own, job));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(threaded);
        }
        threaded();
    });
    let state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match state.failed {
        None => Ok(state.line),
        Some((_, error)) => Err(error),
    }
}

impl<L: Line> Shared<L> {
    fn lock(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job; none when all are done, or one failed.
    fn next(&self) -> Option<(u64, L::Job)> {
        let mut state = self.lock();
        while state.failed.is_none() {
            if state.given < state.taken + self.ahead {
                match state.line.next() {
                    Ok(Some(job)) => {
                        state.given += 1;
                        return Some((state.given - 1, job));
                    }
                    Ok(None) if state.given == state.taken => break,
                    Ok(None) => {}
                    Err(error) => {
                        let number = state.given;
                        state.fail(number, error);
                        break;
                    }
                }
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.changed.notify_all();
        None
    }

    /// Hands over what was made of a job, and whatever waited for it.
    fn take(&self, number: u64, made: Result<L::Made>) {
        let mut state = self.lock();
        match made {
            Ok(made) => {
                state.made.insert(number, made);
            }
            Err(error) => state.fail(number, error),
        }
        while state.failed.is_none() {
            let next = state.taken;
            let Some(made) = state.made.remove(&next) else { break };
            match state.line.take(made) {
                Ok(()) => state.taken += 1,
                Err(error) => state.fail(next, error),
            }
        }
        drop(state);
        self.changed.notify_all();
    }
}

impl<L: Line> State<L> {
    /// Keeps the earliest failure.
    fn fail(&mut self, number: u64, error: Error) {
        if self.failed.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
            self.failed = Some((number, error));
        }
    }
}

/// Makes the others give up when a thread panics, so that the panic is seen and nothing hangs.
struct Guard<'a, L: Line>(&'a Shared<L>, u64);

impl<L: Line> Drop for Guard<'_, L> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = Error::input(text!("a worker panicked", "ワーカーが異常終了しました"));
            self.0.lock().fail(self.1, error);
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers up to a limit; each even one leads to a job of its own.
    struct Numbers {
        next: u64,
        more: Vec<u64>,
        seen: Vec<u64>,
    }

    impl Line for Numbers {
        type Job = u64;
        type Made = u64;

        fn next(&mut self) -> Result<Option<u64>> {
            if let Some(more) = self.more.pop() {
                return Ok(Some(more));
            }
            self.next += 1;
            Ok((self.next <= 500).then_some(self.next))
        }

        fn take(&mut self, made: u64) -> Result<()> {
            self.seen.push(made);
            if made.is_multiple_of(2) && made < 1000 {
                self.more.push(made + 1001);
            }
            Ok(())
        }
    }

    fn done(threads: usize, work: impl Fn(u64) -> Result<u64> + Sync) -> Result<Vec<u64>> {
        let line = Numbers { next: 0, more: Vec::new(), seen: Vec::new() };
        run(line, threads, || (), |(), job| work(job)).map(|line| line.seen)
    }

    #[test]
    fn everything_is_done_once() {
        let sorted = |threads| {
            let mut seen = done(threads, Ok).unwrap();
            let first: Vec<u64> = seen.iter().copied().filter(|n| *n < 1000).collect();
            assert!(first.is_sorted(), "in order");
            seen.sort_unstable();
            seen
        };
        assert_eq!(sorted(1).len(), 750);
        assert_eq!(sorted(1), sorted(3));
    }

    #[test]
    fn the_earliest_failure_is_told() {
        let fails = |job: u64| {
            if job == 300 || job == 310 {
                return Err(Error::input(text!("{job}", "{job}")));
            }
            Ok(job)
        };
        for threads in [1, 3] {
            assert_eq!(done(threads, fails).unwrap_err().to_string(), "300");
        }
    }

    #[test]
    fn a_panic_is_seen_and_nothing_hangs() {
        let panics = |job: u64| {
            assert!(job != 40, "on purpose");
            Ok(job)
        };
        let caught = std::panic::catch_unwind(|| done(3, panics));
        assert!(caught.is_err());
    }
}
