//! What the integration tests share: running the command, finding real data, reading released tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The command under test, with a ledger of its own: what other tests release does not count.
pub(crate) fn shukei() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shukei"));
    command.env("XDG_STATE_HOME", state());
    command.env_remove("SHUKEI_CONFIG").env_remove("SLURM_ARRAY_TASK_ID").env("LC_ALL", "C.UTF-8");
    command.args(backend());
    command
}

/// Every test runs with the kernels that `SHUKEI_TEST_BACKEND` names, where a test does not name others itself.
pub(crate) fn backend() -> Vec<String> {
    std::env::var("SHUKEI_TEST_BACKEND").map_or(Vec::new(), |name| vec!["--backend".to_owned(), name])
}

/// A state directory that no other call has.
pub(crate) fn state() -> PathBuf {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = format!("state-{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(call)
}

/// Runs the command with these arguments.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    shukei().args(args).output().expect("shukei runs")
}

/// Runs the command and demands success.
pub(crate) fn ok<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    let output = run(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The project's own small inputs.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

/// A file of the real data, or a word on stderr that the test is skipped.
pub(crate) fn real(name: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("SHUKEI_REAL_DATA").map_or(default, PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: real data not present ({name})");
    None
}

/// A released table: for each `contig:pos:ref:alt`, its columns by name (withheld ones are left out).
pub(crate) type Table = BTreeMap<String, BTreeMap<String, String>>;

/// Reads `freq.tsv` of a release made with `--tsv`.
pub(crate) fn table(out: &Path) -> Table {
    let text = std::fs::read_to_string(out.join("freq.tsv")).expect("freq.tsv is there");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    lines
        .map(|line| {
            let fields: BTreeMap<String, String> = header
                .iter()
                .zip(line.split('\t'))
                .filter(|(_, v)| *v != ".")
                .map(|(k, v)| ((*k).to_owned(), v.to_owned()))
                .collect();
            let key = ["contig", "pos", "ref", "alt"].map(|k| fields[k].clone()).join(":");
            (key, fields)
        })
        .collect()
}

/// The released files whose bytes must not depend on how the work was done.
pub(crate) fn tables_as_bytes(out: &Path) -> Vec<(String, Vec<u8>)> {
    ["freq.parquet", "freq.vcf.gz", "freq.vcf.gz.tbi", "freq.tsv"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::fs::read(out.join(name)).ok()?)))
        .collect()
}

/// `audit.json` without `run` and `inputs`.
pub(crate) fn audit(out: &Path) -> serde_json::Value {
    let text = std::fs::read(out.join("audit.json")).expect("audit.json is there");
    let mut audit: serde_json::Value = serde_json::from_slice(&text).expect("audit.json is JSON");
    let object = audit.as_object_mut().expect("an object");
    object.remove("run");
    object.remove("inputs");
    audit
}

/// Runs bcftools (Debian package, installed by the test command) and gives what it wrote; a warning is a failure.
pub(crate) fn bcftools<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Vec<u8> {
    let output = Command::new("bcftools").args(args).output().expect("bcftools is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "bcftools: {said}");
    output.stdout
}
