//! `shukei plan`: checks a request, cuts it, and writes JOB/plan.json.

use shukei::error::{Error, Problems};
use shukei::plan::{Cut, Estimate, plan as make_plan, room};
use shukei::{Plan, Request, text};

use super::Job;
use crate::args::{Global, PlanArgs, PlanFreq, Product};
use crate::freq::request;
use crate::report::Reporter;

/// Threads of a task, for the estimates.
const THREADS: usize = 2;

/// Checks a request and writes JOB/plan.json.
pub(crate) fn plan(global: &Global, command: &PlanArgs, reporter: &Reporter) -> Result<(), Problems> {
    let Product::Freq(command) = &command.product;
    let job = Job::at(&command.out)?;
    if job.plan().exists() {
        return Err(Error::usage(text!(
            "there is already a plan here; name another directory with -o, or remove all of this one",
            "すでに計画があります。-o で別のディレクトリを指定するか、このディレクトリを丸ごと削除してください"
        ))
        .at(command.out.display(), "")
        .into());
    }
    let request = request(global, &command.choice, cut(command))?;
    readable_again(&request)?;
    let plan = make_plan(request)?;
    plan.notes().iter().chain(&plan.hint()).for_each(|note| reporter.note(note));
    let estimate = plan.estimate(global.threads.map_or(THREADS, usize::from));
    if !command.dry_run {
        job.make()?;
        plan.save(&job.plan())?;
    }
    enough_room(&job, &estimate, reporter);
    tell(&plan, &estimate, command, reporter);
    Ok(())
}

fn cut(command: &PlanFreq) -> Cut {
    let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    match (command.partitions, command.partition_size) {
        (Some(n), _) => Cut::Parts(number(n)),
        (None, Some(size)) => Cut::Size(size),
        (None, None) => Cut::Slots(number(command.max_running)),
    }
}

/// A word when the file system of JOB is too full for it.
fn enough_room(job: &Job, estimate: &Estimate, reporter: &Reporter) {
    let there = job.dir.ancestors().find(|dir| dir.is_dir()).unwrap_or(&job.dir);
    // A file system that does not tell will tell when it is full.
    let Ok((bytes, files)) = room(there) else { return };
    let place = there.display();
    if bytes < estimate.bytes {
        let (free, wanted) = (mib(bytes), mib(estimate.bytes));
        reporter.note(&text!(
            "{place}: {free} MiB are free, and the job may need {wanted} MiB; free some, or put JOB elsewhere",
            "{place}: 空き容量は {free} MiB ですが、このジョブには最大 {wanted} MiB 必要です。空きを作るか、JOB を別の場所に置いてください"
        ));
    }
    if let Some(free) = files.filter(|files| *files < estimate.files) {
        let wanted = estimate.files;
        reporter.note(&text!(
            "{place}: room for {free} more files, and the job needs {wanted}; remove some, or plan fewer partitions",
            "{place}: 作成できるファイルはあと {free} 個ですが、このジョブには {wanted} 個必要です。ファイルを減らすか、分割数を減らしてください"
        ));
    }
}

/// Says what was planned and what comes next.
fn tell(plan: &Plan, estimate: &Estimate, command: &PlanFreq, reporter: &Reporter) {
    let (n, job) = (plan.partitions().len(), command.out.display());
    let sizes = plan.partitions();
    let largest = mib(sizes.first().map_or(0, |p| p.bytes));
    let smallest = mib(sizes.last().map_or(0, |p| p.bytes));
    let (tally, release, minutes) =
        (mib(estimate.tally), mib(estimate.release), estimate.seconds.div_ceil(60));
    let (bytes, files) = (mib(estimate.bytes), estimate.files);
    reporter.say(&text!(
        "{n} partitions of {smallest} to {largest} MiB of compressed input\n\
         each takes at most about {minutes} min and {tally} MiB of memory, the release {release} MiB\n\
         {job} will hold at most about {bytes} MiB in {files} files",
        "分割 {n} 個（圧縮入力 {smallest}〜{largest} MiB）\n\
         1 個あたり最大で約 {minutes} 分、メモリ {tally} MiB。release は {release} MiB\n\
         {job} は最大で約 {bytes} MiB、{files} ファイルになります"
    ));
    let next = if command.dry_run {
        text!("nothing was counted or written", "集計も出力もしていません")
    } else {
        text!(
            "next: shukei submit {job} -o OUT (Slurm), or shukei tally {job} --partition N for N = 1 to {n} and then shukei release {job} -o OUT",
            "次に shukei submit {job} -o OUT（Slurm）を、または N = 1〜{n} のそれぞれで shukei tally {job} --partition N を実行し、その後 shukei release {job} -o OUT を実行してください"
        )
    };
    reporter.say(&next);
    let mut data = serde_json::json!({
        "plan": command.out.join("plan.json").display().to_string(),
        "partitions": n,
        "largest_bytes": sizes.first().map_or(0, |p| p.bytes),
        "seconds": estimate.seconds,
        "memory_bytes": {"tally": estimate.tally, "release": estimate.release},
        "job": {"bytes": estimate.bytes, "files": estimate.files},
    });
    if command.dry_run {
        data["plan"] = serde_json::Value::Null;
        data["bytes"] = sizes.iter().map(|p| p.bytes).collect();
    }
    reporter.data(&data);
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
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
