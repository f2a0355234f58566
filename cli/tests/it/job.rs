//! plan + tally + release: the same table as `freq`, and honest when something is missing.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::support::{audit, ok, run, tables_as_bytes};

/// A small simulated cohort, made once.
fn cohort() -> &'static Path {
    static DIR: OnceLock<tempfile::TempDir> = OnceLock::new();
    let dir = DIR.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let demo = dir.path().join("demo");
        ok(["demo", "--people", "900", "--variants", "1500", "-q", "-o", &demo.display().to_string()]);
        dir
    });
    dir.path()
}

/// The arguments that choose inputs and strata.
fn choice() -> Vec<String> {
    let data = cohort().join("demo/cohort");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&data)
        .expect("the cohort")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "gz"))
        .collect();
    files.sort();
    let mut args: Vec<String> = files.iter().map(|p| p.display().to_string()).collect();
    args.extend(["--samples".into(), data.join("samples.tsv").display().to_string()]);
    args.extend(["--by", "sex", "--by", "icd10=I10", "--genotypes"].map(String::from));
    args
}

fn freq(out: &Path) {
    let mut args = vec!["freq".to_owned()];
    args.extend(choice());
    args.extend(["--tsv".into(), "-o".into(), out.display().to_string()]);
    ok(args);
}

fn plan(job: &Path, partitions: usize) {
    let mut args = vec!["plan".to_owned(), "freq".to_owned()];
    args.extend(choice());
    args.extend(["--partitions".into(), partitions.to_string(), "-o".into(), job.display().to_string()]);
    ok(args);
}

#[test]
fn a_job_gives_the_bytes_of_freq() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, job, two) = (dir.path().join("one"), dir.path().join("job"), dir.path().join("two"));
    freq(&one);
    plan(&job, 3);
    let job_text = job.display().to_string();
    // Backwards, and one of them twice: a partition that is already counted is left alone.
    for n in (1..=15).rev().chain([4]) {
        ok(["tally", &job_text, "--partition", &n.to_string()]);
    }
    ok(["release", &job_text, "--tsv", "-o", &two.display().to_string()]);
    assert!(tables_as_bytes(&one) == tables_as_bytes(&two));
    assert_eq!(tables_as_bytes(&one).len(), 4);
    assert_eq!(audit(&one), audit(&two));
}

#[test]
fn what_is_missing_or_changed_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let (job, out) = (dir.path().join("job"), dir.path().join("out"));
    let (job_text, out_text) = (job.display().to_string(), out.display().to_string());
    plan(&job, 1);
    for n in [1, 2, 4, 5] {
        ok(["tally", &job_text, "--partition", &n.to_string()]);
    }
    let output = run(["release", &job_text, "-o", &out_text]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("--partition 3"), "{stderr}");
    assert!(!out.exists());
    ok(["tally", &job_text, "--partition", "3"]);
    let file = job.join("partials/000002.partial");
    let good = std::fs::read(&file).expect("a partial");
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 4;
    std::fs::write(&file, &bad).expect("written");
    let output = run(["release", &job_text, "-o", &out_text]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("000002.partial"));
    assert!(!out.exists());
    // A damaged partial is simply counted again.
    ok(["tally", &job_text]);
    ok(["release", &job_text, "-o", &out_text]);
    assert!(out.join("audit.json").exists());
}

/// The overview of a job, where there is no Slurm.
fn status(job: &Path) -> serde_json::Value {
    let output = ok(["status", &job.display().to_string(), "--json"]);
    serde_json::from_slice(&output.stdout).expect("one line of JSON")
}

#[test]
fn status_says_what_is_there_and_what_repairs_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (job, out) = (dir.path().join("a job"), dir.path().join("out"));
    let (job_text, out_text) = (job.display().to_string(), out.display().to_string());
    plan(&job, 2);
    ok(["tally", &job_text, "--partition", "3", "--step", "4"]);
    let seen = status(&job);
    assert_eq!((&seen["done"], &seen["missing"]), (&2.into(), &8.into()), "{seen}");
    let states = |seen: &serde_json::Value| {
        let lines = seen["partitions"].as_array().expect("a list").clone();
        ["done", "damaged", "missing"].map(|state| {
            let lines = lines.iter().filter(|line| line["state"] == state);
            lines.map(|line| line["partition"].to_string()).collect::<Vec<_>>().join(",")
        })
    };
    assert_eq!(states(&seen), ["3,7", "", "1,2,4,5,6,8,9,10"]);
    let file = job.join("partials/000003.partial");
    let mut bytes = std::fs::read(&file).expect("a partial");
    let at = bytes.len() - 60;
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    // A partial of another partition in its place.
    std::fs::copy(job.join("partials/000007.partial"), job.join("partials/000008.partial")).expect("copied");
    let seen = status(&job);
    assert_eq!(states(&seen), ["7", "3,8", "1,2,4,5,6,9,10"]);
    let message = |n: usize| seen["partitions"][n - 1]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message(3).contains("000003.partial: not a complete partial"), "{seen}");
    assert!(message(8).contains("000008.partial: belongs to another plan or partition"), "{seen}");
    let page = String::from_utf8_lossy(&ok(["status", &job_text]).stdout).into_owned();
    assert!(page.contains("10 partitions: 1 done, 2 damaged, 7 missing"), "{page}");
    let page = String::from_utf8_lossy(&ok(["--lang", "ja", "status", &job_text]).stdout).into_owned();
    assert!(page.contains("分割 10 個: 1 完了, 2 破損, 7 未着手"), "{page}");
    // The command that it names repairs it.
    assert_eq!(seen["repair"], format!("shukei tally '{job_text}'"));
    // As one leaves it that is killed between sealing a partition and saying so.
    std::fs::write(job.join("state/000007.json"), "{}").expect("written");
    let again = ok(["tally", &job_text]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("counted again"), "damaged ones are named");
    let seen = status(&job);
    assert_eq!((&seen["done"], &seen["percent"]), (&10.into(), &100.0.into()));
    assert_eq!(seen["repair"], format!("shukei release '{job_text}' -o OUT"));
    ok(["release", &job_text, "-o", &out_text]);
    let seen = status(&job);
    assert_eq!((&seen["release"], &seen["out"]), (&"done".into(), &out_text.clone().into()));
    assert!(seen["repair"].is_null());
    let left = |name: &str| std::fs::read_dir(job.join(name)).expect("a directory").count();
    assert_eq!((left("state"), left("partials")), (0, 10), "nothing but the counts is left");
}

#[test]
fn a_partial_of_another_version_is_refused_with_its_name() {
    let dir = tempfile::tempdir().expect("a directory");
    let job = dir.path().join("job");
    let job_text = job.display().to_string();
    plan(&job, 1);
    ok(["tally", &job_text]);
    let file = job.join("partials/000002.partial");
    let mut bytes = std::fs::read(&file).expect("a partial");
    let mark = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let at = bytes.windows(mark.len()).position(|w| w == mark.as_bytes()).expect("a version");
    bytes[at + mark.len() - 2] = b'9';
    // Sealed as that version would have sealed it.
    let end = bytes.len() - 40;
    let digest = blake3::hash(&bytes[..end]);
    bytes[end..end + 32].copy_from_slice(digest.as_bytes());
    std::fs::write(&file, bytes).expect("written");
    let output = run(["release", &job_text, "-o", &dir.path().join("out").display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("000002.partial: written by shukei 0.1.9, another version"), "{stderr}");
    assert!(stderr.contains(&format!("run: shukei tally {job_text} --partition 2")), "{stderr}");
}

#[test]
fn partitions_by_size_are_the_largest_first_and_the_table_is_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, job, two) = (dir.path().join("one"), dir.path().join("job"), dir.path().join("two"));
    let [job_text, scratch] = [&job, &dir.path().to_owned()].map(|path| path.display().to_string());
    freq(&one);
    let planned = |more: &[&str]| {
        let mut args = vec!["plan".to_owned(), "freq".to_owned()];
        args.extend(choice());
        args.extend(more.iter().map(|s| (*s).to_owned()));
        args.extend(["-o".to_owned(), job_text.clone()]);
        let output = ok(args);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")
    };
    let dry = planned(&["--partition-size", "100K", "--dry-run"]);
    assert!(!job.exists(), "a dry run writes nothing");
    let bytes: Vec<u64> =
        dry["bytes"].as_array().expect("a list").iter().map(|n| n.as_u64().expect("bytes")).collect();
    assert!(bytes.len() > 5 && bytes.is_sorted_by(|a, b| a >= b), "{bytes:?}");
    assert!(dry["job"]["files"].as_u64().expect("files") > 2 * bytes.len() as u64);
    // By slots a cohort this small is not cut.
    assert_eq!(planned(&["--dry-run"])["partitions"], 5);
    let real = planned(&["--partition-size", "100K"]);
    assert_eq!(real["partitions"], bytes.len());
    // Half of it from a copy, half from where it is.
    ok(["tally", &job_text, "--partition", "1", "--step", "2", "--scratch", &scratch]);
    ok(["tally", &job_text, "--threads", "1"]);
    ok(["release", &job_text, "--tsv", "-o", &two.display().to_string()]);
    assert!(tables_as_bytes(&one) == tables_as_bytes(&two));
    let held = std::fs::read_dir(&job).expect("JOB").count();
    assert_eq!(held, 6, "plan.json, released, release.lock, three directories");
}

#[test]
fn a_submission_is_two_scripts() {
    let dir = tempfile::tempdir().expect("a directory");
    let job = dir.path().join("100% a job");
    let job_text = job.display().to_string();
    plan(&job, 2);
    ok(["tally", &job_text, "--partition", "3"]);
    let mut args =
        vec!["submit", &job_text, "-o", "/scratch/out", "--tsv", "--statistics", "faf,callrate", "--dry-run"];
    args.extend([
        "--account",
        "jga",
        "--queue",
        "epyc",
        "--qos",
        "long",
        "--time",
        "1-12",
        "--mem",
        "7G",
        "--cpus",
        "4",
    ]);
    args.extend(["--max-running", "3", "--scratch", "$TMPDIR/shukei", "--handler", "Hanako Yamada"]);
    let output = ok(args);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&said["tasks"], &said["partitions"], &said["array"]),
        (&9.into(), &9.into(), &serde_json::Value::Null)
    );
    let script = |name: &str| std::fs::read_to_string(job.join(name)).expect("a script");
    let (tally, release) = (script("tally.sbatch"), script("release.sbatch"));
    for line in [
        "account=jga",
        "partition=epyc",
        "qos=long",
        "time=1-12",
        "mem=7G",
        "cpus-per-task=4",
        "array=1-2,4-10%3",
    ] {
        assert!(tally.contains(&format!("#SBATCH --{line}\n")), "{line}: {tally}");
    }
    let logs = job.join("logs").display().to_string().replace('%', "%%");
    assert!(tally.contains(&format!("#SBATCH --output=\"{logs}/tally-%a.log\"\n")), "{tally}");
    let end =
        format!(" '--handler=Hanako Yamada' tally '{job_text}' --step 10 --scratch \"$TMPDIR/shukei\"\n");
    assert!(tally.ends_with(&end), "{tally}");
    for line in ["account=jga", "partition=epyc", "qos=long"] {
        assert!(release.contains(&format!("#SBATCH --{line}\n")), "{line}: {release}");
    }
    let end = format!(" release '{job_text}' -o /scratch/out --tsv --statistics faf,callrate\n");
    assert!(release.ends_with(&end), "{release}");
    // Both are scripts that a shell can read.
    for name in ["tally.sbatch", "release.sbatch"] {
        let read = std::process::Command::new("bash").arg("-n").arg(job.join(name)).status().expect("bash");
        assert!(read.success(), "{name}");
    }
}

#[test]
fn a_task_takes_no_more_threads_than_its_memory_is_enough_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let job = dir.path().join("job");
    plan(&job, 1);
    let tally = |memory: &str, partition: &str| {
        let mut command = crate::support::shukei();
        command.env("SLURM_MEM_PER_NODE", memory).args(["tally", &job.display().to_string()]);
        let output =
            command.args(["--partition", partition, "--threads", "8"]).output().expect("shukei runs");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(tally("100", "1").contains("100 MiB of memory are enough for 2 thread(s), not 8"));
    assert!(!tally("4000", "2").contains("of memory"));
}

#[test]
fn a_scratch_that_cannot_be_used_is_said_and_passed_over() {
    let dir = tempfile::tempdir().expect("a directory");
    let job = dir.path().join("job");
    plan(&job, 1);
    let nowhere = dir.path().join("nowhere").display().to_string();
    let output = ok(["tally", &job.display().to_string(), "--partition", "1", "--scratch", &nowhere]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("input is read where it is, not from a copy in scratch"), "{stderr}");
}

#[test]
fn two_releases_of_a_job_and_one_wins() {
    let dir = tempfile::tempdir().expect("a directory");
    let job = dir.path().join("job");
    let job_text = job.display().to_string();
    plan(&job, 1);
    ok(["tally", &job_text]);
    // As another process would hold it.
    let lock = std::fs::File::create(job.join("release.lock")).expect("a lock");
    lock.lock().expect("locked");
    let out = dir.path().join("out").display().to_string();
    let output = run(["release", &job_text, "-o", &out]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("another `shukei release` of this job is at work")
    );
    drop(lock);
    ok(["release", &job_text, "-o", &out]);
}

#[test]
fn a_changed_sample_table_is_seen() {
    let dir = tempfile::tempdir().expect("a directory");
    let table = dir.path().join("samples.tsv");
    std::fs::copy(cohort().join("demo/cohort/samples.tsv"), &table).expect("copied");
    let job = dir.path().join("job");
    let mut args = vec!["plan".to_owned(), "freq".to_owned()];
    args.extend(choice());
    let at = args.iter().position(|a| a == "--samples").expect("a table");
    args[at + 1] = table.display().to_string();
    args.extend(["-o".into(), job.display().to_string()]);
    ok(args);
    let text = std::fs::read_to_string(&table).expect("a table");
    std::fs::write(&table, text + "\n").expect("written");
    let output = run(["tally", &job.display().to_string(), "--partition", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("changed since the plan was made: the sample table;"), "{stderr}");
}

#[test]
fn partials_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let job = dir.path().join("job");
    plan(&job, 1);
    ok(["tally", &job.display().to_string(), "--partition", "1"]);
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&job), 0o700);
    assert_eq!(mode(&job.join("partials")), 0o700);
    assert_eq!(mode(&job.join("plan.json")), 0o600);
    assert_eq!(mode(&job.join("partials/000001.partial")), 0o600);
}
