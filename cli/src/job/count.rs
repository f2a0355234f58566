//! `shukei tally`: counts one partition, several, or all that are not counted.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use shukei::error::{Error, Kind, Problems, Result, Text};
use shukei::partial::Place;
use shukei::tally::{Crew, Scratch};
use shukei::timing::Stage;
use shukei::{Plan, text};

use super::Job;
use super::lock::Lock;
use super::rules::load;
use super::state::{Beat, Said, State};
use super::tasks::Tasks;
use super::watch::{ATTEMPTS, Watch, restarts};
use crate::args::{Global, Tally};
use crate::clock::Clock;
use crate::freq::crew;
use crate::progress::Progress;
use crate::report::Reporter;

/// Seconds between two looks at a partition that somebody else counts.
const LOOK: Duration = Duration::from_secs(2);

/// What every partition of one call needs.
struct Counting<'a> {
    global: &'a Global,
    command: &'a Tally,
    reporter: &'a Reporter,
    job: Job,
    plan: Plan,
    clock: Clock,
    watch: Option<Arc<Watch>>,
}

/// Counts one partition, or all that are not counted.
pub(crate) fn tally(global: &Global, command: &Tally, reporter: &Reporter) -> Result<(), Problems> {
    let watch = Watch::start(reporter)?;
    let clock = Clock::start(global);
    let job = Job::at(&command.job)?;
    let plan = clock.timing.time(Stage::Plan, || load(global, &job, &[]));
    let plan = plan.inspect_err(|problems| perhaps_elsewhere(watch.as_deref(), problems, reporter))?;
    let parts = chosen(command, plan.partitions().len())?;
    job.make()?;
    let counting = Counting { global, command, reporter, job, plan, clock, watch };
    // What fails for good does not keep the rest of this task from being counted.
    let mut problems = Problems::default();
    for part in parts {
        problems.keep(counting.one(part));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let threads = crew(global, &|_| {}, &counting.clock.timing)?.threads;
    counting.clock.report(threads, reporter);
    Ok(())
}

/// Under Slurm another node may have what this one has not: a file system that is not mounted would make every task fail that lands
/// here.
fn perhaps_elsewhere(watch: Option<&Watch>, problems: &Problems, reporter: &Reporter) {
    let Some(watch) = watch.filter(|_| problems.exit_code() == 1 && restarts() + 1 < ATTEMPTS) else {
        return;
    };
    reporter.problems(problems);
    let attempt = restarts() + 1;
    reporter.say(&text!(
        "attempt {attempt} of {ATTEMPTS}: asking Slurm to run this task again",
        "{ATTEMPTS} 回中 {attempt} 回目の失敗: このタスクの再投入を Slurm に依頼します"
    ));
    if let Err(refused) = watch.again() {
        reporter.say(&refused.text());
    }
}

/// The partitions that are asked for, counted from 0.
fn chosen(command: &Tally, count: usize) -> Result<Vec<usize>> {
    let task = || std::env::var("SLURM_ARRAY_TASK_ID").ok().map(|id| id.parse().unwrap_or(0));
    let Some(first) = command.partition.or_else(task) else { return Ok((0..count).collect()) };
    if !(1..=count).contains(&first) {
        return Err(Error::usage(text!(
            "--partition {first}: the job has partitions 1 to {count}; name one of them",
            "--partition {first}: このジョブの分割は1〜{count}です。この範囲で指定してください"
        )));
    }
    let step = command.step.map_or(count, |step| usize::try_from(step).unwrap_or(count));
    Ok(Tasks { partitions: count, step }.of(first))
}

impl Counting<'_> {
    /// Comes back when the partition is sealed, or with an error.
    fn one(&self, part: usize) -> Result<()> {
        if self.is_sealed(part) {
            // Of one that was killed between sealing and saying so.
            State::forget(&self.job, part);
            self.reporter.say(&text!("partition {} is already counted", "分割 {} は集計済みです", part + 1));
            return Ok(());
        }
        let Some(_lock) = self.take(part)? else { return Ok(()) };
        while let Some(watch) = self.watch.as_ref().filter(|watch| watch.is_stopping()) {
            watch.wait();
        }
        let beat = Arc::new(Beat::start(&self.job, part)?);
        if let Some(watch) = &self.watch {
            watch.begin(&beat);
        }
        match self.count(part, &beat) {
            Ok(()) => {
                beat.end();
                if let Some(watch) = &self.watch {
                    watch.sealed();
                }
                Ok(())
            }
            Err(error) => self.failed(part, &beat, error),
        }
    }

    /// Sealed, whole, and of this plan; what is there but is not is named.
    fn is_sealed(&self, part: usize) -> bool {
        match self.job.sealed(self.plan.digest(), part) {
            None => false,
            Some(Ok(_)) => true,
            Some(Err(error)) => {
                let Text { en, ja } = error.text();
                self.reporter.note(&text!("counted again: {en}", "集計し直します: {ja}"));
                false
            }
        }
    }

    /// Waits for whoever counts this partition; `None` when that has sealed it.
    fn take(&self, part: usize) -> Result<Option<Lock>> {
        let mut told = false;
        loop {
            if let Some(lock) = Lock::take_passing(&self.job.lock_of(part))? {
                let done = matches!(self.job.sealed(self.plan.digest(), part), Some(Ok(_)));
                return Ok((!done).then_some(lock));
            }
            if !told {
                let who = State::read(&self.job, part).map_or_else(String::new, |state| state.who());
                let (number, lock) = (part + 1, self.job.lock_of(part));
                let lock = lock.display();
                self.reporter.say(&text!(
                    "partition {number} is being counted by another process ({who}); waiting for it. If its node is dead, remove {lock}",
                    "分割 {number} は別のプロセスが集計中です（{who}）。終了を待ちます。そのノードが停止している場合は {lock} を削除してください"
                ));
                told = true;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn count(&self, part: usize, beat: &Beat) -> Result<()> {
        let count = self.plan.partitions().len();
        let progress = Progress::new(self.reporter, self.plan.partitions()[part].bytes);
        let bytes = |n: u64| {
            progress.bytes(n);
            beat.bytes(n);
        };
        let note = |text: &Text| self.reporter.note(text);
        let dir = self.command.scratch.as_deref().filter(|dir| !dir.is_empty()).map(Path::new);
        let scratch = dir.map(|dir| Scratch { dir, note: &note });
        let crew = crew(self.global, &bytes, &self.clock.timing)?;
        let crew = Crew { threads: self.fitting(crew.threads), scratch, ..crew };
        shukei::tally::tally(&self.plan, part, crew, &Place::Named(&self.job.partial(part)))?;
        progress.partition(part + 1, count);
        Ok(())
    }

    /// As many threads as the memory of the task is enough for.
    fn fitting(&self, threads: usize) -> usize {
        let Some(limit) = memory_limit() else { return threads };
        let fits = |n: &usize| self.plan.estimate(*n).tally <= limit;
        let fitting = (1..=threads).rev().find(fits);
        let mib = limit >> 20;
        match fitting {
            Some(n) if n == threads => {}
            Some(n) => self.reporter.note(&text!(
                "{mib} MiB of memory are enough for {n} thread(s), not {threads}; ask for more with --mem",
                "メモリが {mib} MiB のため、{threads} スレッドを {n} に減らして実行します。--mem で増やせます"
            )),
            None => self.reporter.note(&text!(
                "{mib} MiB of memory may be too little even for one thread; ask for more with --mem",
                "メモリ {mib} MiB では 1 スレッドでも足りないおそれがあります。--mem で増やしてください"
            )),
        }
        fitting.unwrap_or(1)
    }

    /// Under Slurm a failure is tried again, perhaps on another node: what reads from a storage that many use fails now and then.
    fn failed(&self, part: usize, beat: &Beat, error: Error) -> Result<()> {
        if let Some(watch) = self.watch.as_ref().filter(|watch| watch.is_stopping()) {
            // Its temporary file was removed: this is no attempt that failed.
            self.reporter.say(&error.text());
            watch.wait();
            return Err(error);
        }
        let state = beat.update(|state| {
            state.failures += 1;
            state.error = Some(Said::of(&error));
        });
        let failures = state.map_or(ATTEMPTS, |state| state.failures);
        let Some(watch) = &self.watch else { return Err(error) };
        if error.kind() != Kind::Input || failures >= ATTEMPTS {
            return Err(error);
        }
        let (number, Text { en, ja }) = (part + 1, error.text());
        self.reporter.say(&text!(
            "partition {number}, attempt {failures} of {ATTEMPTS}: {en}; asking Slurm to run this task again",
            "分割 {number}、{ATTEMPTS} 回中 {failures} 回目の失敗: {ja}。このタスクの再投入を Slurm に依頼します"
        ));
        match watch.again() {
            Ok(()) => Err(error),
            Err(refused) => {
                self.reporter.say(&refused.text());
                Err(error)
            }
        }
    }
}

/// Bytes that Slurm gives this task, as far as it says so.
fn memory_limit() -> Option<u64> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok().filter(|n| *n > 0);
    let of_cpus = || Some(number("SLURM_MEM_PER_CPU")? * number("SLURM_CPUS_ON_NODE").unwrap_or(1));
    Some(number("SLURM_MEM_PER_NODE").or_else(of_cpus)? << 20)
}
