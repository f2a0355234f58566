//! `shukei status`: what is done, running, failed or missing, and the command that repairs it. Reads `JOB` alone, and Slurm where
//! there is one; nothing that the plan names is opened.

mod table;

use serde::Serialize;
use shukei::error::{Lang, Problems};
use shukei::plan::Saved;

use super::lock::Lock;
use super::slurm::View;
use super::state::State;
use super::submission::{Seen, Submission};
use super::tasks::Tasks;
use super::{Job, quoted};
use crate::args::{Global, Status};
use crate::report::Reporter;

/// How a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    /// Sealed, whole, and of this plan.
    Done,
    Running,
    /// In the queue.
    Pending,
    /// Counted and failed, or killed.
    Failed,
    /// There is a file, but not a whole one of this plan.
    Damaged,
    /// Nothing is there.
    Missing,
}

/// One partition.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    partition: usize,
    state: Standing,
    /// Slurm's view of its task.
    slurm: Option<String>,
    /// Node, as Slurm or the process names it.
    node: Option<String>,
    bytes: u64,
    /// Compressed bytes read so far.
    done_bytes: u64,
    attempts: u32,
    message: Option<String>,
}

/// Everything that is said.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    job: String,
    done: usize,
    running: usize,
    pending: usize,
    failed: usize,
    damaged: usize,
    missing: usize,
    /// Share of the bytes, in percent.
    percent: f64,
    seconds_left: Option<u64>,
    /// `done`, Slurm's word, or nothing.
    release: Option<String>,
    out: Option<String>,
    /// The command that repairs what is broken, or goes on; none while Slurm is still at work, and when all is done.
    repair: Option<String>,
    /// Why Slurm's view is missing.
    slurm_error: Option<String>,
    partitions: Vec<Line>,
}

/// Says how a job stands.
pub(crate) fn status(_: &Global, command: &Status, reporter: &Reporter) -> Result<(), Problems> {
    let job = Job::at(&command.job)?;
    let plan = Saved::read(&job.plan())?;
    let submission = Submission::read(&job)?;
    let seen = submission.as_ref().map(Submission::seen);
    let (seen, slurm_error) = match seen {
        Some(Ok(seen)) => (Some(seen), None),
        Some(Err(error)) => (None, Some(error.message(reporter.lang))),
        None => (None, None),
    };
    let step = submission.as_ref().map_or(plan.partitions().len(), |s| s.step);
    let tasks = Tasks { partitions: plan.partitions().len(), step: step.max(1) };
    let line = |part: usize| {
        let view = seen.as_ref().and_then(|seen| seen.tasks.get(&tasks.task(part)));
        let alone = tasks.of(tasks.task(part)).len() == 1;
        line(&job, &plan, (part, view, alone), reporter.lang)
    };
    let lines: Vec<Line> = (0..tasks.partitions).map(line).collect();
    let speed = (0..tasks.partitions)
        .filter(|part| lines[*part].state == Standing::Running)
        .filter_map(|part| State::read(&job, part))
        .map(|state| state.speed())
        .sum();
    let mut overview = overview((&job, plan.digest()), lines, submission.as_ref(), seen.as_ref(), speed);
    overview.slurm_error = slurm_error;
    if command.json {
        reporter.data(&serde_json::to_value(&overview).unwrap_or_default());
    } else {
        table::show(&overview, reporter.lang);
    }
    Ok(())
}

/// How one partition stands: what is on disk, who holds a lock, the last sign of life, and Slurm's view, in this order.
fn line(job: &Job, plan: &Saved, (part, view, alone): (usize, Option<&View>, bool), lang: Lang) -> Line {
    let bytes = plan.partitions()[part];
    let state = State::read(job, part);
    let active = view.is_some_and(View::is_active);
    let runs = view.is_none_or(|view| view.state == "RUNNING" || view.state == "COMPLETING");
    let mut message = None;
    let standing = match job.sealed(plan.digest(), part) {
        Some(Ok(_)) => Standing::Done,
        _ if Lock::is_held(&job.lock_of(part)) => Standing::Running,
        _ if runs && state.as_ref().is_some_and(State::is_alive) => Standing::Running,
        // It has begun, and this is all that it has to do.
        _ if alone && view.is_some_and(|view| view.state == "RUNNING") => Standing::Running,
        _ if active => Standing::Pending,
        Some(Err(error)) => {
            message = Some(error.message(lang));
            Standing::Damaged
        }
        None if state.is_some() || (alone && view.is_some()) => Standing::Failed,
        None => Standing::Missing,
    };
    let known = state.as_ref().filter(|_| standing != Standing::Done);
    let said = known.and_then(|s| s.error.as_ref()).map(|said| said.get(lang).to_owned());
    let nodes = view.map(|view| view.nodes.clone()).filter(|nodes| !nodes.is_empty());
    Line {
        partition: part + 1,
        state: standing,
        slurm: view.map(View::short),
        node: nodes.or_else(|| known.map(|s| s.host.clone())),
        bytes,
        done_bytes: match standing {
            Standing::Done => bytes,
            Standing::Running => known.map_or(0, |s| s.bytes.min(bytes)),
            _ => 0,
        },
        attempts: known.map_or(0, |s| s.failures + s.late),
        message: message.or(said).or_else(|| (standing == Standing::Failed).then(|| log(job, part))?),
    }
}

/// Where a task that failed without a word may have left one.
fn log(job: &Job, part: usize) -> Option<String> {
    let path = job.logs().join(format!("tally-{}.log", part + 1));
    path.exists().then(|| path.display().to_string())
}

fn overview(
    (job, digest): (&Job, &str),
    partitions: Vec<Line>,
    submission: Option<&Submission>,
    seen: Option<&Seen>,
    speed: f64,
) -> Overview {
    let count = |standing| partitions.iter().filter(|line| line.state == standing).count();
    let all: u64 = partitions.iter().map(|line| line.bytes.max(1)).sum();
    let read: u64 = partitions
        .iter()
        .map(|line| if line.state == Standing::Done { line.bytes.max(1) } else { line.done_bytes })
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "shares and estimates")]
    let (percent, left) = (100.0 * read as f64 / all as f64, all.saturating_sub(read) as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds from now")]
    let seconds_left = (speed > 0.0).then(|| (left / speed).ceil() as u64);
    let done = count(Standing::Done);
    let released = job.released(digest);
    let planned = submission.map(|s| s.out.clone());
    // Without Slurm's word nobody knows whether it is still at work.
    let unknown = submission.is_some() && seen.is_none();
    let busy = unknown
        || seen.is_some_and(Seen::is_active)
        || count(Standing::Running) > 0
        || Lock::is_held(&job.dir.join("release.lock"));
    let view = seen.and_then(|seen| seen.release.as_ref()).map(View::short);
    let dir = quoted(&job.dir.display().to_string());
    let repair = match submission {
        _ if released.is_some() || busy => None,
        Some(submission) => Some(submission.again()),
        None if done == partitions.len() => Some(format!("shukei release {dir} -o OUT")),
        None => Some(format!("shukei tally {dir}")),
    };
    Overview {
        job: job.dir.display().to_string(),
        done,
        running: count(Standing::Running),
        pending: count(Standing::Pending),
        failed: count(Standing::Failed),
        damaged: count(Standing::Damaged),
        missing: count(Standing::Missing),
        percent: (10.0 * percent).round() / 10.0,
        seconds_left,
        release: if released.is_some() { Some("done".to_owned()) } else { view },
        out: released.or(planned).map(|out| out.display().to_string()),
        repair,
        slurm_error: None,
        partitions,
    }
}
