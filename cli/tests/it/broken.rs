//! Broken input: an error with path and place, exit code 1, no panic, no hang, no output file, nothing left behind.
//!
//! A flipped byte may do no harm (a name in a gzip header, a quality in a VCF without checksums). What has checksums must
//! then give the very same tables; in plain text and plain BCF another valid file is another valid input.

mod effort;
mod files;
mod index;
mod machine;
mod records;
mod sweep;

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{backend, state, tables_as_bytes};
use files::{Bench, PEOPLE};

/// Seconds after which a run counts as hanging.
const HANG: &str = "60";

/// `shukei freq` on an input, by sex, on one thread, with more arguments.
fn freq(bench: &Bench, input: &Path, more: &[&str]) -> Output {
    freq_into(bench, input, &bench.path("out"), more)
}

fn freq_into(bench: &Bench, input: &Path, out: &Path, more: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args([HANG, env!("CARGO_BIN_EXE_shukei"), "freq", "--by", "sex", "--threads", "1", "--tsv"]);
    command.arg(input).arg("--samples").arg(&bench.samples).arg("-o").arg(out).args(backend()).args(more);
    command
        .env("XDG_STATE_HOME", state())
        .env_remove("SHUKEI_CONFIG")
        .env_remove("SLURM_ARRAY_TASK_ID")
        .env("LC_ALL", "C.UTF-8");
    command.output().expect("shukei runs")
}

/// Removes the table of a run that succeeded and gives its bytes.
fn taken(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let out = bench.path("out");
    let tables = tables_as_bytes(&out);
    assert_eq!(tables.len(), 4, "all forms are there");
    std::fs::remove_dir_all(out).expect("the table can be removed");
    tables
}

/// The tables of an undamaged input.
fn good(bench: &Bench, input: &Path) -> Vec<(String, Vec<u8>)> {
    let output = freq(bench, input, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    taken(bench)
}

/// Demands a clean error with this exit code that names `path`; returns its lines.
fn refused(what: &str, bench: &Bench, output: &Output, (code, path): (i32, &Path)) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{what}: {stderr}");
    assert!(output.stdout.is_empty(), "{what}: nothing on stdout");
    assert!(!bench.path("out").exists(), "{what}: no output is left");
    let errors: String =
        stderr.lines().filter(|l| l.starts_with("error: ")).map(|l| format!("{l}\n")).collect();
    let path = path.display().to_string();
    assert!(errors.contains(&path), "{what}: no path in {stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("overflow"), "{what}: {stderr}");
    silent(what, &stderr.replace(&path, "PATH").replace(&bench.path("").display().to_string(), "DIR/"));
    errors.replace(&path, "PATH")
}

/// Messages show no genotype, no number of people and no control character.
fn silent(what: &str, stderr: &str) {
    let stderr = stderr.replace("such as 0/1, 1|0 or `.`", "");
    let call = |w: &[u8]| {
        let allele = |b: u8| b.is_ascii_digit() || b == b'.';
        allele(w[0]) && matches!(w[1], b'/' | b'|') && allele(w[2])
    };
    assert!(!stderr.as_bytes().windows(3).any(call), "{what}: a genotype in {stderr}");
    assert!(!stderr.chars().any(|c| c.is_control() && c != '\n'), "{what}: {stderr:?}");
    let words: Vec<&str> =
        stderr.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let number = PEOPLE.to_string();
    let said = words.windows(2).any(|w| w[1] == number && !matches!(w[0], "column" | "byte" | "allele"));
    assert!(!said, "{what}: a number of people in {stderr}");
}
