//! Releases are judged together: withdrawals, replacements, exports, archives, damaged ledgers, races and killed runs.

mod kept;
mod round;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use shukei::ledger::{Ledger, Status};
use shukei::partial::Place;
use shukei::plan::LedgerAt;
use shukei::tally::Crew;
use shukei::{Backend, Request};

use crate::support::{real, shukei, table, tables_as_bytes};

/// People of the cohort of these tests.
const PEOPLE: usize = 120;

/// A cohort, and a ledger that all its runs share.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    /// Common variants with a few hundred alleles, and the numbers of those who are in each group.
    fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().expect("a directory") };
        let names: Vec<String> = (0..PEOPLE).map(|i| format!("S{i:03}")).collect();
        let mut vcf = format!(
            "##fileformat=VCFv4.3\n##contig=<ID=1,length=249250621>\n\
             #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
            names.join("\t")
        );
        for pos in 1..=40 {
            let call = |i: usize| ["0/0", "0/1", "1/1"][(i * 7 + i * i * pos) % 13 % 3];
            let calls: Vec<&str> = (0..PEOPLE).map(call).collect();
            vcf.push_str(&format!("1\t{}\t.\tA\tC\t.\tPASS\t.\tGT\t{}\n", pos * 10, calls.join("\t")));
        }
        std::fs::write(bench.path("cohort.vcf"), vcf).expect("written");
        let row = |(i, name): (usize, &String)| {
            let sex = if i % 2 == 0 { "F" } else { "M" };
            format!("{name}\tP{name}\t{sex}\t{}\tD1\n", ["north", "south", "west"][i / 4 % 3])
        };
        let rows: String = names.iter().enumerate().map(row).collect();
        let header = "sample_id\tsubject_id\tsex\tdistrict\tdataset\n";
        std::fs::write(bench.path("people.tsv"), format!("{header}{rows}")).expect("written");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A policy under which differences and intervals are audited, as where a person looks at every table.
    fn audited(&self) -> String {
        let path = self.path("audit.toml");
        std::fs::write(&path, "linked = \"audit\"\n").expect("written");
        path.display().to_string()
    }

    /// A list of the first people, to leave out.
    fn first(&self, n: usize) -> String {
        let list: String = (0..n).map(|i| format!("PS{i:03}\n")).collect();
        let path = self.path(&format!("first-{n}.txt"));
        std::fs::write(&path, list).expect("written");
        path.display().to_string()
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = shukei();
        command.env("XDG_STATE_HOME", self.path("state")).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("shukei runs")
    }

    fn freq(&self, out: &str, more: &[&str]) -> Output {
        let (vcf, people) = (self.path("cohort.vcf"), self.path("people.tsv"));
        let (vcf, people, out) =
            (vcf.display().to_string(), people.display().to_string(), self.path(out).display().to_string());
        let mut args = vec!["freq", &vcf, "--samples", &people, "--tsv", "-o", &out];
        args.extend(more);
        self.run(&args)
    }

    fn ledger(&self) -> PathBuf {
        self.path("state/shukei/ledger")
    }

    /// The kinds of entries, in order.
    fn kinds(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.ledger().join("ledger.jsonl")).expect("a ledger");
        let kind = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            line["kind"].as_object().expect("a kind").keys().next().expect("one").clone()
        };
        text.lines().map(kind).collect()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn released(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

/// Refused with exit code 5, and nothing there: what the ledger has of it is that it was refused.
fn refused(bench: &Bench, out: &str, output: &Output) -> String {
    let lines = said(output);
    let errors: Vec<&str> = lines.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.iter().collect::<std::collections::BTreeSet<_>>().len(), errors.len(), "once: {lines}");
    assert_eq!(output.status.code(), Some(5), "{}", said(output));
    assert!(!bench.path(out).exists(), "nothing is left");
    said(output)
}

#[test]
fn a_withdrawal_is_refused_until_the_first_is_replaced_or_for_good() {
    let bench = Bench::new();
    released(&bench.freq("first", &["--by", "sex"]));
    let one = bench.first(1);
    let why = refused(&bench, "second", &bench.freq("second", &["--by", "sex", "--withdrawn", &one]));
    assert!(why.contains("--replaces R000001") && why.contains("fewer than 10 people"), "{why}");
    // What is said does not depend on how few they are.
    for few in [2, 9] {
        let list = bench.first(few);
        let again = refused(&bench, "second", &bench.freq("second", &["--by", "sex", "--withdrawn", &list]));
        assert_eq!(again.replace(&list, &one), why);
    }
    released(&bench.freq("second", &["--by", "sex", "--withdrawn", &one, "--replaces", "R000001"]));
    assert!(!table(&bench.path("second")).is_empty());
    let kinds = bench.kinds();
    assert_eq!(kinds, ["reserved", "released", "refused", "refused", "refused", "reserved", "released"]);
    // The new one leaves the platform: it counts for good.
    released(&bench.run(&["ledger", "exported", "R000002"]));
    let two = bench.first(2);
    let why = refused(&bench, "third", &bench.freq("third", &["--by", "sex", "--withdrawn", &two]));
    assert!(why.contains("R000002 has left the platform and cannot be replaced"), "{why}");
    let replacing = ["--by", "sex", "--withdrawn", &two, "--replaces", "R000002"];
    let why = refused(&bench, "third", &bench.freq("third", &replacing));
    assert!(why.contains("left the platform"), "{why}");
    assert_eq!(bench.run(&["ledger", "void", "R000002"]).status.code(), Some(5));
}

#[test]
fn ten_may_go_and_their_difference_must_pass() {
    let bench = Bench::new();
    let audit = bench.audited();
    released(&bench.freq("first", &["--policy", &audit]));
    let list = bench.first(40);
    released(&bench.freq("strict", &["--withdrawn", &list]));
    assert!(table(&bench.path("strict")).is_empty(), "nothing of other people without a person");
    released(&bench.run(&["ledger", "void", "R000002"]));
    released(&bench.freq("second", &["--policy", &audit, "--withdrawn", &list]));
    let (first, second) = (table(&bench.path("first")), table(&bench.path("second")));
    let mut shown = 0;
    for (key, row) in &second {
        let count = |row: &std::collections::BTreeMap<String, String>, column: &str| -> i64 {
            row[column].parse().expect("a number")
        };
        let before = &first[key];
        let ac = count(before, "AC") - count(row, "AC");
        let rest = count(before, "AN") - count(row, "AN") - ac;
        assert!(ac >= 19 && rest >= 20, "{key}: {ac} {rest}");
        shown += 1;
    }
    assert!(shown > 0 && shown <= first.len(), "{shown}");
}

#[test]
fn the_same_again_is_the_same_and_other_strata_stand_beside_it() {
    let bench = Bench::new();
    released(&bench.freq("first", &["--by", "sex"]));
    released(&bench.freq("second", &["--by", "sex"]));
    assert!(tables_as_bytes(&bench.path("first")) == tables_as_bytes(&bench.path("second")));
    released(&bench.freq("third", &["--by", "district", "--policy", &bench.audited()]));
    let (first, third) = (table(&bench.path("first")), table(&bench.path("third")));
    for (key, row) in &third {
        assert_eq!(row["AC"], first[key]["AC"]);
    }
    let audit: serde_json::Value =
        serde_json::from_slice(&std::fs::read(bench.path("third/audit.json")).expect("an audit"))
            .expect("JSON");
    assert_eq!(audit["ledger"]["note"], "linked to 1 earlier releases: intervals audited, not proved");
}

#[test]
fn what_cannot_be_replaced_is_said_before_anything_is_counted() {
    let bench = Bench::new();
    let missing = bench.freq("a", &["--dry-run", "--replaces", "R000007"]);
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    released(&bench.freq("a", &[]));
    released(&bench.run(&["ledger", "exported", "R000001"]));
    let text = refused(&bench, "b", &bench.freq("b", &["--dry-run", "--replaces", "R000001"]));
    assert!(text.contains("R000001"), "{text}");
}

#[test]
fn a_dry_run_is_judged_and_leaves_nothing() {
    let bench = Bench::new();
    released(&bench.freq("dry", &["--by", "sex", "--dry-run"]));
    assert!(!bench.path("dry").exists() && bench.kinds().is_empty());
    released(&bench.freq("first", &["--by", "sex"]));
    let one = bench.first(1);
    refused(&bench, "dry", &bench.freq("dry", &["--by", "sex", "--withdrawn", &one, "--dry-run"]));
}

/// The acceptance line on the real 3,202 people: released, refused without one, replaced, exported, refused for good.
#[test]
fn real_people_withdraw() {
    const FILE: &str =
        "cohort/1kGP_high_coverage_Illumina.chr1.filtered.SNV_INDEL_SV_phased_panel-head-1000.vcf.gz";
    let Some(input) = real(FILE) else { return };
    let bench = Bench::new();
    let header = std::process::Command::new("bcftools").args(["query", "-l"]).arg(&input).output();
    let header = String::from_utf8(header.expect("bcftools is installed").stdout).expect("names");
    let rows: String = header.lines().map(|id| format!("{id}\t{id}\n")).collect();
    let people = bench.path("real.tsv");
    std::fs::write(&people, format!("sample_id\tsubject_id\n{rows}")).expect("written");
    let one = bench.path("one.txt");
    std::fs::write(&one, header.lines().next().expect("somebody")).expect("written");
    let (input, people, one) =
        (input.display().to_string(), people.display().to_string(), one.display().to_string());
    let run = |out: &str, more: &[&str]| {
        let out = bench.path(out).display().to_string();
        let mut args = vec!["freq", &input, "--samples", &people, "-o", &out];
        args.extend(more);
        bench.run(&args)
    };
    released(&run("first", &[]));
    let why = refused(&bench, "second", &run("second", &["--withdrawn", &one]));
    eprintln!("refused: {}", why.lines().last().unwrap_or_default());
    released(&run("second", &["--withdrawn", &one, "--replaces", "R000001"]));
    released(&bench.run(&["ledger", "exported", "R000002"]));
    let why = refused(&bench, "third", &run("third", &["--replaces", "R000002"]));
    eprintln!("refused: {}", why.lines().last().unwrap_or_default());
}

/// The same in separate processes: a job is judged when it is planned, counted and released.
#[test]
fn a_job_is_judged_at_every_step() {
    let bench = Bench::new();
    let path = |name: &str| bench.path(name).display().to_string();
    let (vcf, people, one) = (path("cohort.vcf"), path("people.tsv"), bench.first(1));
    let plan = |job: &str, more: &[&str]| {
        let job = path(job);
        let mut args = vec!["plan", "freq", &vcf, "--samples", &people, "--by", "sex", "-o", &job];
        args.extend(more);
        bench.run(&args)
    };
    released(&plan("early", &["--withdrawn", &one]));
    released(&bench.run(&["tally", &path("early")]));
    released(&bench.freq("first", &["--by", "sex"]));
    // Another release has come in between: neither a further tally nor the release goes on.
    let late = bench.run(&["release", &path("early"), "-o", &path("out")]);
    assert!(refused(&bench, "out", &late).contains("--replaces R000001"), "{}", said(&late));
    assert_eq!(plan("again", &["--withdrawn", &one]).status.code(), Some(5));
    assert!(!bench.path("again").exists());
    released(&bench.run(&["release", &path("early"), "-o", &path("out"), "--replaces", "R000001"]));
    let list = bench.run(&["ledger", "list"]);
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(list.contains("void") && list.contains("released"), "{list}");
}
