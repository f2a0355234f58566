//! Releases are judged together: withdrawals, replacements, exports, archives, damaged ledgers, races and killed runs.

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
fn a_project_that_no_permit_proves_is_judged_with_all() {
    let bench = Bench::new();
    std::fs::write(bench.path("platform.toml"), "[ledger]\nscope = \"project\"\n").expect("written");
    let config = bench.path("platform.toml").display().to_string();
    released(&bench.freq("a", &["--config", &config, "--project", "P1"]));
    let gone = bench.first(3);
    let other = bench.freq("b", &["--config", &config, "--project", "P2", "--exclude", &gone]);
    refused(&bench, "b", &other);
}

#[test]
fn an_audit_says_that_a_ledger_is_not_the_machines() {
    let bench = Bench::new();
    let named = bench.path("named").display().to_string();
    released(&bench.freq("a", &[]));
    released(&bench.freq("b", &["--ledger", &named]));
    for out in ["a", "b"] {
        let audit = std::fs::read_to_string(bench.path(out).join("audit.json")).expect("an audit");
        assert!(audit.contains("not the machine's ledger"), "{audit}");
    }
}

#[test]
fn the_same_people_under_other_ids_are_no_strangers() {
    let bench = Bench::new();
    released(&bench.freq("a", &[]));
    let table = std::fs::read_to_string(bench.path("people.tsv")).expect("a table");
    let without = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        format!("{}\t{}\n", fields[0], fields[2..].join("\t"))
    };
    let bare: String = table.lines().map(without).collect();
    std::fs::write(bench.path("people.tsv"), bare).expect("written");
    std::fs::write(bench.path("three.txt"), "S000\nS001\nS002\n").expect("written");
    let three = bench.path("three.txt").display().to_string();
    let text = refused(&bench, "b", &bench.freq("b", &["--exclude", &three]));
    assert!(text.contains("subject_id"), "{text}");
    released(&bench.freq("c", &["--replaces", "R000001"]));
    std::fs::write(bench.path("people.tsv"), table).expect("written");
    let text = refused(&bench, "d", &bench.freq("d", &["--exclude", &bench.first(3)]));
    assert!(text.contains("R000002") && text.contains("subject_id"), "{text}");
}

#[test]
fn variants_in_other_coordinates_are_not_compared() {
    let bench = Bench::new();
    released(&bench.freq("a", &[]));
    let vcf = std::fs::read_to_string(bench.path("cohort.vcf")).expect("a VCF");
    std::fs::write(bench.path("cohort.vcf"), vcf.replace("249250621", "248956422")).expect("written");
    let text = refused(&bench, "b", &bench.freq("b", &[]));
    assert!(text.contains("GRCh37") && text.contains("GRCh38"), "{text}");
    released(&bench.freq("c", &["--replaces", "R000001"]));
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
fn all_who_share_a_ledger_can_read_its_archive() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let mode = |path: PathBuf| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    released(&bench.freq("a", &[]));
    let own = bench.ledger().join("archive/R000001");
    assert_eq!((mode(own.clone()), mode(own.join("freq.parquet"))), (0o700, 0o600));
    let ledger = bench.path("shared");
    std::fs::create_dir(&ledger).expect("made");
    std::fs::set_permissions(&ledger, std::fs::Permissions::from_mode(0o2770)).expect("set");
    released(&bench.freq("b", &["--ledger", &ledger.display().to_string()]));
    let (archive, dir) = (ledger.join("archive"), ledger.join("archive/R000001"));
    assert_eq!((mode(archive), mode(dir.clone())), (0o770, 0o750));
    for name in ["freq.parquet", "freq.vcf.gz", "audit.json"] {
        assert_eq!(mode(dir.join(name)), 0o640, "{name}");
    }
}

#[test]
fn an_old_copy_of_the_ledger_is_seen_by_its_archive() {
    let bench = Bench::new();
    released(&bench.freq("a", &[]));
    let files = ["ledger.jsonl", "head", "subjects"];
    let old = files.map(|name| std::fs::read(bench.ledger().join(name)).expect("a file"));
    released(&bench.freq("b", &["--by", "sex"]));
    let kept = std::fs::read(bench.ledger().join("archive/R000002/freq.parquet")).expect("a copy");
    for (name, bytes) in files.iter().zip(old) {
        std::fs::write(bench.ledger().join(name), bytes).expect("written");
    }
    let text = refused(&bench, "c", &bench.freq("c", &["--by", "district"]));
    assert!(text.contains("R000002") && text.contains("old copy"), "{text}");
    assert_eq!(std::fs::read(bench.ledger().join("archive/R000002/freq.parquet")).expect("a copy"), kept);
}

#[test]
fn rows_that_were_read_without_being_recorded_go_on_counting() {
    let bench = Bench::new();
    let at = LedgerAt { dir: Some(bench.path("ledger")), ..LedgerAt::default() };
    let request = Request {
        inputs: vec![bench.path("cohort.vcf")],
        samples: bench.path("people.tsv"),
        max_ploidy: 2,
        partitions: 1,
        ledger: at,
        ..Request::default()
    };
    let plan = shukei::plan::plan(request).expect("a plan");
    drop(shukei::ledger::reserve(&plan).expect("reserved"));
    let crew = Crew { threads: 1, backend: Backend::best(), progress: &|_| {} };
    let partial = shukei::tally::tally(&plan, 0, crew, &Place::Unnamed(bench.dir.path())).expect("counted");
    let merged = shukei::merge::merge(&plan, vec![partial]).expect("merged");
    let mut reservation = shukei::ledger::reserve(&plan).expect("reserved");
    let mut rows = shukei::suppress::suppress(merged, &mut reservation).expect("released rows");
    assert!(rows.next_rows().expect("rows").is_some());
    drop((rows, reservation));
    let ledger = Ledger::open(&bench.path("ledger")).expect("a ledger");
    assert_eq!(ledger.status_of("R000001"), Some(Status::Void));
    assert_eq!(ledger.status_of("R000002"), Some(Status::Reserved));
}

#[test]
fn an_edited_or_shortened_ledger_stops_everything() {
    let bench = Bench::new();
    released(&bench.freq("first", &["--by", "sex"]));
    released(&bench.freq("second", &["--by", "sex"]));
    let file = bench.ledger().join("ledger.jsonl");
    let whole = std::fs::read_to_string(&file).expect("a ledger");
    let lines: Vec<&str> = whole.lines().collect();
    let without = |gone: usize| -> String {
        let kept = lines.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, l)| format!("{l}\n"));
        kept.collect()
    };
    let edited = whole.replacen("\"rows\":", "\"rows\":1", 1);
    for damaged in [edited, without(0), without(2), without(3)] {
        std::fs::write(&file, &damaged).expect("written");
        let output = bench.freq("third", &["--by", "sex"]);
        assert!(!output.status.success() && !bench.path("third").exists());
        assert!(said(&output).contains("ledger.jsonl"), "{}", said(&output));
        assert_eq!(std::fs::read_to_string(&file).expect("a ledger"), damaged, "nothing is written");
        assert!(!bench.run(&["ledger", "verify"]).status.success());
    }
    std::fs::write(&file, &whole).expect("written");
    released(&bench.freq("third", &["--by", "sex"]));
    released(&bench.run(&["ledger", "verify"]));
}

#[test]
fn what_cannot_be_archived_is_not_released() {
    let bench = Bench::new();
    let full = bench.path("archive");
    std::fs::write(&full, "not a directory").expect("written");
    let config = bench.path("platform.toml");
    std::fs::write(&config, "[archive]\ndir = \"archive\"\n").expect("written");
    let config = config.display().to_string();
    let output = bench.freq("out", &["--config", &config]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("nothing is released") && !bench.path("out").exists(),
        "{}",
        said(&output)
    );
    assert_eq!(bench.kinds(), ["reserved", "void"], "the reservation is given back");
    std::fs::remove_file(&full).expect("removed");
    released(&bench.freq("out", &["--config", &config]));
    let archived = bench.path("archive/R000002");
    for name in ["freq.parquet", "freq.vcf.gz", "freq.vcf.gz.tbi", "freq.tsv", "audit.json"] {
        let copy = std::fs::read(archived.join(name)).expect("a copy");
        assert!(copy == std::fs::read(bench.path("out").join(name)).expect("a file"), "{name}");
    }
    // An archive that was changed stops what must be judged beside it.
    std::fs::write(archived.join("freq.parquet"), "other").expect("written");
    let why = refused(&bench, "next", &bench.freq("next", &["--config", &config, "--by", "sex"]));
    assert!(why.contains("archived table is not the one"), "{why}");
}

/// The archive on a disk that fills up: a file system of 128 KiB, where one can be mounted.
#[test]
fn a_full_archive_disk_stops_the_release() {
    let bench = Bench::new();
    let disk = bench.path("disk");
    std::fs::create_dir(&disk).expect("made");
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&disk).stderr(Stdio::null());
    if !mount.status().is_ok_and(|s| s.success()) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let config = bench.path("platform.toml");
    std::fs::write(&config, "[archive]\ndir = \"disk\"\n").expect("written");
    let output = bench.freq("out", &["--by", "sex", "--config", &config.display().to_string()]);
    let left: Vec<_> = walk(&disk);
    assert!(std::process::Command::new("umount").arg(&disk).status().is_ok_and(|s| s.success()));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("disk") && !bench.path("out").exists(), "{}", said(&output));
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(bench.kinds(), ["reserved", "void"]);
}

/// Every file under a directory.
fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn two_releases_race_and_one_waits_or_is_told() {
    let bench = Bench::new();
    let args = |out: &str, list: Option<&str>| {
        let path = |name: &str| bench.path(name).display().to_string();
        let mut args = vec!["freq".to_owned(), path("cohort.vcf"), "--samples".into(), path("people.tsv")];
        args.extend(["-o".to_owned(), path(out)]);
        args.extend(list.map(|l| ["--withdrawn".to_owned(), l.to_owned()]).into_iter().flatten());
        args
    };
    let one = bench.first(1);
    for round in 0..8 {
        let start = |out: &str, list: Option<&str>| {
            let args = args(out, list);
            let mut command = bench.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
            command.env("XDG_STATE_HOME", bench.path(&format!("state-{round}")));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("shukei runs")
        };
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let children = [start(&a, None), start(&b, Some(&one))];
        let outputs = children.map(|child| child.wait_with_output().expect("an end"));
        let codes = outputs.each_ref().map(|o| o.status.code());
        assert!(
            codes == [Some(0), Some(5)] || codes == [Some(5), Some(0)],
            "{codes:?} {}",
            said(&outputs[1])
        );
        assert_ne!(bench.path(&a).exists(), bench.path(&b).exists(), "one table is there");
    }
}

/// A run that is killed after its reservation leaves nothing that can be read, and its reservation counts until the same
/// run is made again or somebody gives it back.
#[test]
fn a_killed_run_goes_on_counting() {
    let bench = Bench::new();
    released(&bench.freq("whole", &["--by", "sex"]));
    // Killed ever later, until it dies between its reservation and its release.
    let ledger = bench.ledger();
    let mut killed = None;
    for wait in 0..400 {
        let _ = std::fs::remove_dir_all(&ledger);
        let _ = std::fs::remove_dir_all(bench.path("out"));
        let path = |name: &str| bench.path(name).display().to_string();
        let (vcf, people, out) = (path("cohort.vcf"), path("people.tsv"), path("out"));
        let mut child = bench
            .command(&["freq", &vcf, "--samples", &people, "--by", "sex", "--tsv", "-o", &out])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("shukei runs");
        std::thread::sleep(std::time::Duration::from_micros(500 + 250 * wait));
        let _ = child.kill();
        let _ = child.wait();
        let lines = std::fs::read_to_string(ledger.join("ledger.jsonl")).unwrap_or_default();
        if lines.lines().count() == 1 {
            killed = Some(());
            break;
        }
    }
    killed.expect("a run was killed after its reservation");
    assert!(!bench.path("out/audit.json").exists(), "no table");
    let why = refused(&bench, "other", &bench.freq("other", &["--by", "district"]));
    assert!(why.contains("shukei ledger void R000001"), "{why}");
    released(&bench.freq("out", &["--by", "sex"]));
    assert!(tables_as_bytes(&bench.path("out")) == tables_as_bytes(&bench.path("whole")));
    released(&bench.freq("other", &["--by", "district"]));
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

/// Whoever asks without a permit where one is needed, or with one that the office did not sign, is on record.
#[test]
fn refusals_of_permits_are_recorded() {
    let bench = Bench::new();
    let path = |name: &str| bench.path(name).display().to_string();
    for args in
        [vec!["permit", "keygen", "-o", &path("office")], vec!["permit", "keygen", "-o", &path("other")]]
    {
        released(&bench.run(&args));
    }
    std::fs::write(bench.path("platform.toml"), "[permit]\npublic_key = \"office.pub\"\n").expect("written");
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("a process"));
    let permit = format!(
        "version = 1\nid = \"N-1\"\nproject = \"hum0001\"\ninstitution = \"i\"\npurpose = \"p\"\ndatasets = [\"D1\"]\n\
         tables = [\"frequency\"]\nattributes = [\"sex\"]\ncodes = []\n\
         export_responsible = {{ name = \"S\", uid = 59999, certified_on = 2026-04-01 }}\n\
         [period]\nfrom = 2020-01-01\nto = 2099-12-31\n[[handler]]\nname = \"T\"\nuid = {uid}\n"
    );
    let permitted = path("permit.toml");
    let config = path("platform.toml");
    let asked = |more: &[&str]| {
        let mut args = vec!["--by", "sex", "--config", &config];
        args.extend(more);
        bench.freq("out", &args)
    };
    refused(&bench, "out", &asked(&[]));
    std::fs::write(&permitted, &permit).expect("written");
    released(&bench.run(&["permit", "sign", &permitted, "--key", &path("other.key")]));
    refused(&bench, "out", &asked(&["--permit", &permitted]));
    released(&bench.run(&["permit", "sign", &permitted, "--key", &path("office.key")]));
    let signed = std::fs::read_to_string(&permitted).expect("a permit");
    std::fs::write(&permitted, signed.replace("\"sex\"", "\"district\"")).expect("written");
    refused(&bench, "out", &asked(&["--permit", &permitted]));
    assert_eq!(bench.kinds(), ["refused"; 3]);
    let listed = bench.run(&["ledger", "list", "--refused", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    for entry in listed.as_array().expect("a list") {
        assert!(entry["problems"][0].as_str().expect("why").len() > 20, "{entry}");
        assert_eq!(entry["actor"]["uid"], uid);
    }
    std::fs::write(&permitted, &signed).expect("written");
    released(&asked(&["--permit", &permitted]));
    assert_eq!(bench.kinds()[3..], ["reserved", "released"]);
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

/// Crossing margins in two releases are audited, and reading the same file in another way is no way round it: F and M by
/// districts n, s, w, t, so few in t that both margins leave its ten men 3 to 20 alleles.
#[test]
fn another_way_of_reading_is_no_way_round() {
    let bench = Bench::new();
    let groups = [("F", "n", 10, 0), ("F", "s", 10, 0), ("F", "w", 10, 0), ("F", "t", 20, 20)]
        .into_iter()
        .chain([("M", "n", 10, 19), ("M", "s", 10, 19), ("M", "w", 10, 19), ("M", "t", 10, 3)]);
    let (mut people, mut calls) = ("sample_id\tsubject_id\tsex\tdistrict\n".to_owned(), Vec::new());
    let mut names = Vec::new();
    for (sex, district, n, copies) in groups {
        for i in 0..n {
            let name = format!("{sex}{district}{i:02}");
            people.push_str(&format!("{name}\tP{name}\t{sex}\t{district}\n"));
            calls.push(["0/0", "0/1", "1/1"][(copies + n - 1 - i) / n]);
            names.push(name);
        }
    }
    let vcf = format!(
        "##fileformat=VCFv4.3\n##contig=<ID=1,length=249250621>\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n1\t10\t.\tA\tC\t.\tPASS\t.\tGT\t{}\n",
        names.join("\t"),
        calls.join("\t")
    );
    std::fs::write(bench.path("cohort.vcf"), vcf).expect("written");
    std::fs::write(bench.path("people.tsv"), people).expect("written");
    released(&bench.freq("sex", &["--by", "sex"]));
    assert!(table(&bench.path("sex"))["1:10:A:C"].contains_key("AC_sex_M"), "the first margin is there");
    for (out, more) in [("same", &[][..]), ("other", &["--max-ploidy", "4"]), ("more", &["--structural"])] {
        let audit = bench.audited();
        let mut args = vec!["--by", "district", "--policy", &audit];
        args.extend(more);
        released(&bench.freq(out, &args));
        let rows = table(&bench.path(out));
        assert!(
            rows.values().all(|row| !row.keys().any(|k| k.starts_with("AC_district"))),
            "{out}: {rows:?}"
        );
    }
    // Alone, the second margin may be shown.
    let alone = Bench::new();
    for name in ["cohort.vcf", "people.tsv"] {
        std::fs::copy(bench.path(name), alone.path(name)).expect("copied");
    }
    released(&alone.freq("district", &["--by", "district"]));
    assert!(table(&alone.path("district"))["1:10:A:C"].contains_key("AC_district_t"), "the test can see");
}
