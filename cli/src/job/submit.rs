//! `shukei submit`: an array of tasks that count, and the release behind it.

use std::path::PathBuf;

use shukei::error::{Error, Problems, Result, Text};
use shukei::plan::Estimate;
use shukei::{Plan, text};

use super::lock::Lock;
use super::rules::load;
use super::script::{self, filled, in_task, pattern};
use super::state::State;
use super::submission::Submission;
use super::tasks::Tasks;
use super::{Job, put, quoted, ranges, slurm};
use crate::args::{Global, Submit};
use crate::report::Reporter;

/// What is going to be submitted.
struct Batch {
    tasks: Tasks,
    /// Partitions that are not counted yet.
    missing: Vec<usize>,
    estimate: Estimate,
    out: PathBuf,
}

/// Submits what is not counted, and the release.
pub(crate) fn submit(global: &Global, command: &Submit, reporter: &Reporter) -> Result<(), Problems> {
    let job = Job::at(&command.job)?;
    let out = std::path::absolute(&command.out.out).map_err(|e| Error::io(&command.out.out, &e))?;
    let plan = load(global, &job, &command.replaces)?;
    job.make()?;
    let Some(_lock) = Lock::take(&job.dir.join("submit.lock"))? else {
        return Err(Error::input(text!(
            "another `shukei submit` of this job is at work; see `shukei status`",
            "このジョブの `shukei submit` が別に実行中です。`shukei status` で確認してください"
        ))
        .at(job.dir.display(), "")
        .into());
    };
    not_submitted(&job)?;
    if out.join("audit.json").exists() {
        return Err(Error::usage(text!(
            "there is already a table here; name another directory with -o, or remove the old one",
            "ここにはすでに表があります。-o で別のディレクトリを指定するか、古い表を削除してください"
        ))
        .at(out.display(), "")
        .into());
    }
    let batch = batch(&job, &plan, command, out, reporter)?;
    let scripts = scripts(global, command, &job, &batch)?;
    if command.dry_run {
        would(&job, &batch, &scripts, reporter);
        return Ok(());
    }
    let submission = sent(&job, &batch, command, global.again()?)?;
    tell(&job, &batch, &submission, reporter);
    Ok(())
}

/// An error while an earlier submission is in the queue.
fn not_submitted(job: &Job) -> Result<()> {
    let Some(earlier) = Submission::read(job)? else { return Ok(()) };
    if !earlier.seen()?.is_active() {
        return Ok(());
    }
    let (jobs, dir) = (earlier.jobs(), quoted(&job.dir.display().to_string()));
    Err(Error::input(text!(
        "this job was submitted and is in the queue (jobs {jobs}); see `shukei status {dir}`, or take it out (scancel {jobs}) and submit again",
        "このジョブは投入済みで、キューにあります（ジョブ {jobs}）。`shukei status {dir}` で確認するか、取り消して（scancel {jobs}）から投入し直してください"
    ))
    .at(job.dir.display(), ""))
}

/// Finds what is not counted; what is there but damaged is named and counted again.
fn batch(job: &Job, plan: &Plan, command: &Submit, out: PathBuf, reporter: &Reporter) -> Result<Batch> {
    let partitions = plan.partitions().len();
    let mut missing = Vec::new();
    for part in 0..partitions {
        match job.sealed(plan.digest(), part) {
            Some(Ok(_)) => continue,
            Some(Err(error)) => {
                let Text { en, ja } = error.text();
                reporter.note(&text!("counted again: {en}", "集計し直します: {ja}"));
            }
            None => {}
        }
        // Attempts count anew from here.
        if !command.dry_run {
            State::forget(job, part);
        }
        missing.push(part);
    }
    let limit = if missing.is_empty() || command.dry_run {
        slurm::max_array_size().unwrap_or(1001)
    } else {
        slurm::max_array_size()?
    };
    let tasks = Tasks::new(partitions, limit);
    Ok(Batch { tasks, missing, estimate: plan.estimate(usize::from(command.cpus)), out })
}

/// Writes both scripts into JOB.
fn scripts(global: &Global, command: &Submit, job: &Job, batch: &Batch) -> Result<[PathBuf; 2]> {
    let (dir, program) = (job.dir.display().to_string(), std::env::current_exe());
    let program = program.map_err(|e| Error::io(&job.dir, &e))?;
    let program = quoted(&program.display().to_string());
    let globals = global.again()?.iter().map(|word| format!(" {}", quoted(word))).collect::<String>();
    let tasks = batch.tasks.tasks(&batch.missing);
    let log = |name: &str| format!("{}/{name}", pattern(&job.logs().display().to_string()));
    let shared = |name: &str, log: String| {
        let mut options = vec![("job-name", format!("shukei-{name}")), ("output", log)];
        let named = [("account", &command.account), ("partition", &command.queue), ("qos", &command.qos)];
        options.extend(named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
        options
    };
    let minutes = (4 * batch.estimate.seconds * batch.tasks.of(1).len() as u64).div_ceil(60).max(30);
    let mem = |estimate: u64| format!("{}M", ((2 * estimate) >> 20).max(1024));
    let mut tally = shared("tally", log("tally-%a.log"));
    tally.extend([
        ("array", format!("{}%{}", ranges(&tasks), command.max_running)),
        ("cpus-per-task", command.cpus.to_string()),
        ("mem", command.mem.clone().unwrap_or_else(|| mem(batch.estimate.tally))),
        ("time", command.time.clone().unwrap_or_else(|| minutes.to_string())),
    ]);
    let scratch =
        command.scratch.as_deref().map_or_else(String::new, |dir| format!(" --scratch {}", in_task(dir)));
    let step = batch.tasks.step;
    let count = format!("exec {program}{globals} tally {} --step {step}{scratch}", quoted(&dir));
    let mut release = shared("release", log("release.log"));
    let release_mem = command.mem.clone().unwrap_or_else(|| mem(batch.estimate.release));
    release.extend([("cpus-per-task", command.cpus.to_string()), ("mem", release_mem)]);
    release.extend(command.time.clone().map(|time| ("time", time)));
    one_line(tally.iter().chain(&release))?;
    let more =
        command.release(&batch.out).iter().map(|word| format!(" {}", quoted(word))).collect::<String>();
    let end = format!("{}\nexec {program}{globals} release {}{more}", script::umask(), quoted(&dir));
    let [first, second] = ["tally.sbatch", "release.sbatch"].map(|name| job.dir.join(name));
    if !tasks.is_empty() {
        put(&first, filled(script::TALLY, &tally, &count).as_bytes())?;
    }
    put(&second, filled(script::RELEASE, &release, &end).as_bytes())?;
    Ok([first, second])
}

/// An error for a value that would begin a new line of a script.
fn one_line<'a>(options: impl Iterator<Item = &'a (&'static str, String)>) -> Result<()> {
    let mut options = options.filter(|(_, value)| value.contains(char::is_control));
    options.next().map_or(Ok(()), |(name, _)| {
        Err(Error::usage(text!(
            "the value of {name} has control characters; name it in one line",
            "{name} の値に制御文字が含まれています。1 行で指定してください"
        )))
    })
}

/// Submits the array and the release behind it, and records both. Without the release there is no array either.
fn sent(job: &Job, batch: &Batch, command: &Submit, globals: Vec<String>) -> Result<Submission> {
    let script = |name: &str| job.dir.join(name).display().to_string();
    let array = match batch.missing.as_slice() {
        [] => None,
        _ => Some(slurm::sbatch(&["--parsable".to_owned(), script("tally.sbatch")])?),
    };
    let mut args = vec!["--parsable".to_owned()];
    // Not `afterok`: that release would wait for ever behind a task that failed, or vanish without a word. This one says what is
    // missing.
    args.extend(array.iter().map(|array| format!("--dependency=afterany:{array}")));
    args.push(script("release.sbatch"));
    let mut words = vec!["shukei".to_owned()];
    words.extend(globals);
    words.extend(["submit".to_owned(), job.dir.display().to_string()]);
    words.extend(command.again(&batch.out));
    let (step, out) = (batch.tasks.step, batch.out.clone());
    let mut submission = Submission { array, release: None, step, out, command: words };
    // Twice: whoever is killed in between leaves no array that nobody knows of.
    let sent = submission.write(job).and_then(|()| slurm::sbatch(&args));
    submission.release = Some(sent.map_err(|error| taken_back(submission.array.as_deref(), error))?);
    submission.write(job)?;
    Ok(submission)
}

/// Cancels the array whose release could not be submitted.
fn taken_back(array: Option<&str>, error: Error) -> Error {
    let Some((array, cancel)) = array.and_then(|array| Some((array, slurm::cancel(array).err()?))) else {
        return error;
    };
    let (error, cancel) = (error.text(), cancel.text());
    let (en, why) = (error.en, cancel.en);
    let (ja, naze) = (error.ja, cancel.ja);
    Error::input(text!(
        "{en}; nor could its array be taken back ({why}); do that by hand: scancel {array}",
        "{ja}。アレイジョブの取り消しもできませんでした（{naze}）。手動で取り消してください: scancel {array}"
    ))
}

fn would(job: &Job, batch: &Batch, [tally, release]: &[PathBuf; 2], reporter: &Reporter) {
    let (tasks, partitions) = (batch.tasks.tasks(&batch.missing).len(), batch.missing.len());
    let [tally, release] = [tally, release].map(|path| quoted(&path.display().to_string()));
    let dir = job.dir.display();
    if tasks == 0 {
        reporter.say(&text!(
            "{dir}: everything is counted; nothing was submitted. By hand:\n  sbatch {release}",
            "{dir}: 集計はすべて終わっています。まだ投入していません。手動で投入するには:\n  sbatch {release}"
        ));
    } else {
        reporter.say(&text!(
        "{dir}: {partitions} partitions to count in {tasks} tasks; nothing was submitted. By hand:\n  \
         array=$(sbatch --parsable {tally})\n  sbatch --dependency=afterany:$array {release}",
        "{dir}: 分割 {partitions} 個を {tasks} 個のタスクで集計します。まだ投入していません。手動で投入するには:\n  \
         array=$(sbatch --parsable {tally})\n  sbatch --dependency=afterany:$array {release}"
        ));
    }
    reporter
        .data(&serde_json::json!({"array": null, "release": null, "tasks": tasks, "partitions": partitions}));
}

fn tell(job: &Job, batch: &Batch, submission: &Submission, reporter: &Reporter) {
    let (tasks, partitions) = (batch.tasks.tasks(&batch.missing).len(), batch.missing.len());
    let (release, dir) =
        (submission.release.as_deref().unwrap_or_default(), quoted(&job.dir.display().to_string()));
    match &submission.array {
        Some(array) => reporter.say(&text!(
            "submitted: array {array} ({partitions} partitions in {tasks} tasks), release {release} behind it; see: shukei status {dir}",
            "投入しました: アレイジョブ {array}（分割 {partitions} 個、タスク {tasks} 個）、その後に release {release}。状況は shukei status {dir} で確認できます"
        )),
        None => reporter.say(&text!(
            "everything is counted; submitted: release {release}; see: shukei status {dir}",
            "集計はすべて終わっています。release {release} を投入しました。状況は shukei status {dir} で確認できます"
        )),
    }
    reporter.data(&serde_json::json!({
        "array": submission.array,
        "release": release,
        "tasks": tasks,
        "partitions": partitions,
    }));
}
