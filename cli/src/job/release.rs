//! `shukei release`: merges, suppresses, writes.

use shukei::error::{Error, Problems, Result, Text};
use shukei::text;
use shukei::timing::Stage;

use super::lock::Lock;
use super::rules::load;
use super::submission::Submission;
use super::{Job, quoted};
use crate::args::{Global, Release};
use crate::clock::Clock;
use crate::freq::{crew, describe, ending, output};
use crate::report::Reporter;

/// Merges, suppresses, writes. Whatever the reason, where there is no table there is a word on what to do.
pub(crate) fn release(global: &Global, command: &Release, reporter: &Reporter) -> Result<(), Problems> {
    let job = Job::at(&command.job)?;
    released(global, command, &job, reporter).inspect_err(|problems| {
        // A refusal is not repaired by doing the same again.
        if problems.exit_code() == 1 && job.plan().exists() {
            reporter.note(&repair(&job));
        }
    })
}

/// The command that goes on when the cause is mended.
fn repair(job: &Job) -> Text {
    let dir = quoted(&job.dir.display().to_string());
    let submitted = Submission::read(job).ok().flatten();
    let repair = submitted.map_or_else(|| format!("shukei tally {dir}"), |submission| submission.again());
    text!(
        "nothing was released; to repair, or to go on when the cause is mended: {repair} (how it stands: shukei status {dir})",
        "何も公開していません。修復するには、または原因を取り除いた後に続行するには: {repair}（状況の確認: shukei status {dir}）"
    )
}

fn released(global: &Global, command: &Release, job: &Job, reporter: &Reporter) -> Result<(), Problems> {
    let clock = Clock::start(global);
    let plan = clock.timing.time(Stage::Plan, || load(global, job, &command.replaces))?;
    // The ledger would take a second release of the same plan for one that was killed and is done again.
    let Some(_lock) = Lock::take(&job.dir.join("release.lock"))? else {
        return Err(Error::input(text!(
            "another `shukei release` of this job is at work; wait for it",
            "このジョブの `shukei release` が別に実行中です。終了を待ってください"
        ))
        .at(job.dir.display(), "")
        .into());
    };
    let mut problems = Problems::default();
    let mut partials = Vec::new();
    for part in 0..plan.partitions().len() {
        let run = job.tally_command(part);
        match job.sealed(plan.digest(), part) {
            Some(Ok(partial)) => partials.push(partial),
            Some(Err(error)) => problems.push(error.on(text!("run: {run}", "実行してください: {run}"))),
            None => {
                let number = part + 1;
                problems.push(Error::input(text!(
                    "partition {number} is not counted; run: {run}",
                    "分割 {number} が集計されていません。次を実行してください: {run}"
                )));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let crew = crew(global, &|_| {}, &clock.timing)?;
    let run = describe(crew, clock.started);
    let audit = shukei::run::release(&plan, partials, crew, &output(&command.out), run)?;
    // For `status`; that it cannot be written does not take the table back.
    let _ = job.remember(&command.out.out);
    clock.report(crew.threads, reporter);
    ending(&command.out.out, &audit, reporter);
    Ok(())
}
