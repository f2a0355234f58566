//! Counting by its rules: every folder of `testdata/cases` is a case with its answer, and with what bcftools and plink2
//! say of it. `UPDATE=name` accepts new answers of one case, `UPDATE=all` of every case.
//!
//! ```text
//! README          which rule, and whom we differ from
//! cmd             the arguments, run in a copy of the folder
//! expected.tsv    the rows, and of the columns those that it names
//! expected.code, expected.stderr    for an error; of a success, expected.stderr is its notes
//! expected.records    what audit.json says of the records
//! older           a file that is to be older than the others
//! peers.tsv       see `peers`
//! ```

mod case;
mod peers;
mod sheet;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::testdata;
use case::Case;

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(testdata("cases")).expect("testdata/cases is there");
    let mut dirs: Vec<PathBuf> =
        entries.map(|e| e.expect("an entry").path()).filter(|p| p.is_dir()).collect();
    dirs.sort();
    dirs
}

/// True for the cases that `$UPDATE` names.
fn accepts(name: &str) -> bool {
    std::env::var("UPDATE").is_ok_and(|v| v == "all" || v.split(',').any(|n| n == name))
}

/// Walks the cases and reports all failures at once.
fn walk(check: impl Fn(&Case) -> Result<(), String>) {
    let failed = |dir: &PathBuf| {
        let case = Case::open(dir);
        check(&case).err().map(|why| format!("{}: {why}", case.name))
    };
    let failures: Vec<String> = cases().iter().filter_map(failed).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_case_has_its_answer() {
    walk(|case| case.check(accepts(&case.name)));
}

/// The same answer from BCF, and from several threads and partitions.
#[test]
fn the_answer_is_the_same_by_other_ways() {
    walk(|case| {
        case.check_partitions().and_then(|()| if there("bcftools") { case.check_bcf() } else { Ok(()) })
    });
}

#[test]
fn bcftools_and_plink2_say_what_is_written() {
    // Two data sites are one file for plink2 only by `bcftools merge`.
    if !there("bcftools") {
        return;
    }
    let tools: Vec<_> = peers::Tool::ALL.into_iter().filter(|tool| there(tool.name())).collect();
    walk(|case| {
        let checks = tools.iter().map(|&tool| peers::check(case, tool, accepts(&case.name)).err());
        let failures: Vec<String> = checks.flatten().collect();
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
    });
}

/// The page of the rules names every case, and no other.
#[test]
fn the_page_names_every_case() {
    let page = std::fs::read_to_string(testdata("../docs/counting.md")).expect("docs/counting.md is there");
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).filter(|w| is_name(w)).collect();
    let there: Vec<String> = cases().iter().map(|dir| Case::open(dir).name).collect();
    let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
    assert_eq!(named, there);
}

/// A letter and a number, a dash, a word: `g01-half-call`.
fn is_name(word: &str) -> bool {
    let Some((row, rest)) = word.split_once('-') else { return false };
    let (letter, number) = row.split_at(row.len().min(1));
    ["g", "a", "f", "x"].contains(&letter) && number.parse::<u8>().is_ok() && !rest.is_empty()
}

#[test]
fn the_inputs_are_what_make_py_writes() {
    if !there("python3") {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let made = Command::new("python3").arg(testdata("cases/make.py")).arg(dir.path()).status();
    assert!(made.expect("python3 runs").success());
    for case in cases() {
        let name = case.file_name().expect("a name");
        let entries = std::fs::read_dir(dir.path().join(name));
        for file in entries.unwrap_or_else(|_| panic!("make.py makes {}", name.display())) {
            let file = file.expect("an entry").path();
            let kept = case.join(file.file_name().expect("a name"));
            let same = std::fs::read(&file).expect("readable") == std::fs::read(&kept).unwrap_or_default();
            assert!(same, "{}: run make.py", kept.display());
        }
    }
}

/// Whether a program is installed; a clear word if not.
fn there(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).exists()));
    if !found {
        eprintln!("skipped: {program} is not installed, so that nothing is compared with it");
    }
    found
}

/// Reads a file of a case; `None` if it is not there.
fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}
