//! `shukei release`: merges, suppresses, writes.

use shukei::error::{Error, Problems, Result, Text};
use shukei::partial::Partial;
use shukei::timing::Stage;
use shukei::{Plan, text};

use super::lock::Lock;
use super::rules::load;
use super::submission::Submission;
use super::{Job, quoted};
use crate::args::{Global, Release};
use crate::clock::Clock;
use crate::freq::{crew, describe, ending, output};
use crate::report::Reporter;

/// Merges, suppresses, writes. Where there is no table there is a word on what to do.
pub(crate) fn release(global: &Global, command: &Release, reporter: &Reporter) -> Result<(), Problems> {
    let clock = Clock::start(global);
    let job = Job::at(&command.job)?;
    let plan = clock.timing.time(Stage::Plan, || load(global, &job, &command.replaces));
    let plan = plan.inspect_err(|_| {
        if job.plan().exists() {
            reporter.note(&where_to_look(&job));
        }
    })?;
    // The ledger would take a second release of the same plan for one that was killed and is done again.
    let Some(_lock) = Lock::take(&job.dir.join("release.lock"))? else {
        return Err(Error::input(text!(
            "another `shukei release` of this job is at work; wait for it",
            "このジョブの `shukei release` が別に実行中です。終了を待ってください"
        ))
        .at(job.dir.display(), "")
        .into());
    };
    let crew = crew(global, &|_| {}, &clock.timing)?;
    let made = || {
        let partials = partials(&job, &plan)?;
        shukei::run::release(&plan, partials, crew, &output(&command.out), describe(crew, clock.started))
    };
    let audit = made().inspect_err(|problems| {
        // A refusal is not repaired by doing the same again.
        if problems.exit_code() == 1 {
            reporter.note(&repair(&job));
        }
    })?;
    // For `status`; that it cannot be written does not take the table back.
    let _ = job.remember(plan.digest(), &command.out.out);
    clock.report(crew.threads, reporter);
    ending(&command.out.out, &audit, reporter);
    Ok(())
}

/// Every partition, sealed and whole; all that are not are named.
fn partials(job: &Job, plan: &Plan) -> Result<Vec<Partial>, Problems> {
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
    if problems.is_empty() { Ok(partials) } else { Err(problems) }
}

/// The command that goes on when the cause is mended.
fn repair(job: &Job) -> Text {
    let submitted = Submission::read(job).ok().flatten();
    let local = || format!("shukei tally {}", quoted(&job.dir.display().to_string()));
    let repair = submitted.map_or_else(local, |submission| submission.again());
    let Text { en, ja } = where_to_look(job);
    text!(
        "{en}; to repair, or to go on when the cause is mended: {repair}",
        "{ja}。修復するには、または原因を取り除いた後に続行するには: {repair}"
    )
}

fn where_to_look(job: &Job) -> Text {
    let dir = quoted(&job.dir.display().to_string());
    text!(
        "nothing was released (how it stands: shukei status {dir})",
        "何も公開していません（状況の確認: shukei status {dir}）"
    )
}
