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
    assert!(String::from_utf8_lossy(&output.stderr).contains("plan"));
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
