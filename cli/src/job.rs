//! `plan`, `tally` and `release`: the path of `freq` in separate processes.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use shukei::error::{Error, Problems, Result};
use shukei::partial::{Partial, Place};
use shukei::plan::{Absent, Again, plan as make_plan, recorded};
use shukei::timing::Stage;
use shukei::{Plan, Request, text};

use crate::args::{Global, PlanArgs, Product, Release, Tally};
use crate::clock::Clock;
use crate::config;
use crate::freq::{crew, describe, ending, output, request};
use crate::permit;
use crate::progress::Progress;
use crate::report::Reporter;

fn plan_file(job: &Path) -> PathBuf {
    job.join("plan.json")
}

/// Sealed counts of a partition, numbered from 1.
fn partial_file(job: &Path, partition: usize) -> PathBuf {
    job.join("partials").join(format!("{:06}.partial", partition + 1))
}

fn private_dir(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io(path, &e))
}

/// Checks a request and writes JOB/plan.json.
pub(crate) fn plan(global: &Global, command: &PlanArgs, reporter: &Reporter) -> Result<(), Problems> {
    let Product::Freq(command) = &command.product;
    let file = plan_file(&command.out);
    if file.exists() {
        return Err(Error::usage(text!(
            "there is already a plan here; name another directory with -o, or remove the old one",
            "すでに計画があります。-o で別のディレクトリを指定するか、古い計画を削除してください"
        ))
        .at(command.out.display(), "")
        .into());
    }
    let request = request(global, &command.choice)?;
    readable_again(&request)?;
    let plan = make_plan(request)?;
    for note in plan.notes() {
        reporter.note(note);
    }
    private_dir(&command.out)?;
    private_dir(&command.out.join("partials"))?;
    plan.save(&file)?;
    let (n, job) = (plan.partitions().len(), command.out.display());
    reporter.say(&text!(
        "{n} partitions planned; next: shukei tally {job} --partition N for N = 1 to {n}, then shukei release {job} -o OUT",
        "{n}個の分割を計画しました。次に N = 1〜{n} のそれぞれで shukei tally {job} --partition N を、その後 shukei release {job} -o OUT を実行してください"
    ));
    reporter.data(&serde_json::json!({"plan": file.display().to_string(), "partitions": n}));
    Ok(())
}

/// `tally` and `release` read the files again: a pipe can be read once.
fn readable_again(request: &Request) -> Result<(), Problems> {
    let mut problems = Problems::default();
    for path in request.inputs.iter().chain([&request.samples]).chain(request.side_files()) {
        if path.exists() && !path.is_file() && !path.is_dir() {
            problems.push(
                Error::usage(text!(
                    "a pipe can be read only once, and `tally` reads it again; write it to a file first",
                    "パイプは 1 回しか読めませんが、`tally` でもう一度読みます。先にファイルに書き出してください"
                ))
                .at(path.display(), ""),
            );
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The plan of a job, if it was made under all the rules that hold now: what the platform or `--policy` asks for after the
/// plan was made must not be passed over in silence.
fn load(global: &Global, job: &Path, replaces: &[String]) -> Result<Plan, Problems> {
    let again = Again { handler: global.handler.as_deref(), replaces };
    let plan = Plan::load(&plan_file(job), &again)?;
    holds_now(global, job, plan.request()).map_err(|problems| recorded(plan.request(), problems))?;
    Ok(plan)
}

/// An error unless a request was made under all the rules that hold now.
fn holds_now(global: &Global, job: &Path, request: &Request) -> Result<(), Problems> {
    let rules = config::read(global)?;
    permit::same_as_planned(global, request)?;
    let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let all = |asked: &[PathBuf], known: &[PathBuf]| {
        let known: Vec<PathBuf> = known.iter().map(real).collect();
        asked.iter().all(|path| known.contains(&real(path)))
    };
    let absent = rules.absent_at.iter().all(|(data_site, absent)| {
        *absent != Absent::Missing || request.absent_at.get(data_site) == Some(absent)
    });
    let permitted = permit::has_rules(request, &rules, all);
    let all = all(&rules.policies, &request.policy) && all(&rules.withdrawn, &request.withdrawn);
    if config::ledger_at(&rules)? != request.ledger {
        return Err(Error::usage(text!(
            "the plan was made for another ledger or archive than the one that holds now; run `shukei plan` again",
            "現在の設定とは別の台帳または保管場所のために作られた計画です。`shukei plan` をやり直してください"
        ))
        .at(job.display(), "")
        .into());
    }
    if absent && all && permitted {
        return Ok(());
    }
    if !permitted {
        return Err(Error::refused(text!(
            "the plan was made without a key or a list of revoked permits that holds now; run `shukei plan` again with your permit",
            "現在有効な公開鍵または許可証の取り消し一覧を使わずに作られた計画です。許可証を指定して `shukei plan` をやり直してください"
        ))
        .at(job.display(), "")
        .into());
    }
    Err(Error::usage(text!(
        "the plan was made without a policy, a list of withdrawn people or a data site's rule that holds now; run \
         `shukei plan` again with it",
        "現在有効なポリシー、同意撤回者の一覧、またはデータ拠点の設定を使わずに作られた計画です。それを指定して `shukei plan` を\
         やり直してください"
    ))
    .at(job.display(), "")
    .into())
}

/// Counts one partition, or all that are not counted.
pub(crate) fn tally(global: &Global, command: &Tally, reporter: &Reporter) -> Result<(), Problems> {
    let clock = Clock::start(global);
    let plan = clock.timing.time(Stage::Plan, || load(global, &command.job, &[]))?;
    let count = plan.partitions().len();
    let chosen = match command.partition {
        Some(n) => Some(n),
        None => match std::env::var("SLURM_ARRAY_TASK_ID") {
            Ok(id) => Some(id.parse().unwrap_or(0)),
            Err(_) => None,
        },
    };
    let parts: Vec<usize> = match chosen {
        Some(n) if (1..=count).contains(&n) => vec![n - 1],
        Some(_) => {
            return Err(Error::usage(text!(
                "--partition: the job has partitions 1 to {count}; name one of them",
                "--partition: このジョブの分割は1〜{count}です。この範囲で指定してください"
            ))
            .into());
        }
        None => (0..count).collect(),
    };
    private_dir(&command.job.join("partials"))?;
    for part in parts {
        let file = partial_file(&command.job, part);
        if file.exists() && Partial::open(&file, plan.digest(), part).is_ok() {
            reporter.say(&text!("partition {} is already counted", "分割 {} は集計済みです", part + 1));
            continue;
        }
        let progress = Progress::new(reporter, plan.bytes() / count as u64);
        let bytes = |n: u64| progress.bytes(n);
        let crew = crew(global, &bytes, &clock.timing)?;
        shukei::tally::tally(&plan, part, crew, &Place::Named(&file))?;
        progress.partition(part + 1, count);
    }
    clock.report(crew(global, &|_| {}, &clock.timing)?.threads, reporter);
    Ok(())
}

/// Merges, suppresses, writes.
pub(crate) fn release(global: &Global, command: &Release, reporter: &Reporter) -> Result<(), Problems> {
    let clock = Clock::start(global);
    let plan = clock.timing.time(Stage::Plan, || load(global, &command.job, &command.replaces))?;
    let mut problems = Problems::default();
    let mut partials = Vec::new();
    for part in 0..plan.partitions().len() {
        let file = partial_file(&command.job, part);
        if !file.exists() {
            let (number, job) = (part + 1, command.job.display());
            problems.push(Error::input(text!(
                "partition {number} is not counted; run: shukei tally {job} --partition {number}",
                "分割 {number} が集計されていません。次を実行してください: shukei tally {job} --partition {number}"
            )));
            continue;
        }
        partials.extend(problems.keep(Partial::open(&file, plan.digest(), part)));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let crew = crew(global, &|_| {}, &clock.timing)?;
    let run = describe(crew, clock.started);
    let audit = shukei::run::release(&plan, partials, crew, &output(&command.out), run)?;
    clock.report(crew.threads, reporter);
    ending(&command.out.out, &audit, reporter);
    Ok(())
}
