//! What is kept and what stops everything: the ledger's lines, the archive, races, runs that die.

use shukei::timing::Timing;
use shukei::write::{Columns, Files};

use super::*;

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
        ledger: at,
        ..Request::default()
    };
    let plan = shukei::plan::plan(request).expect("a plan");
    drop(shukei::ledger::reserve(&plan).expect("reserved"));
    let crew = Crew {
        threads: 1,
        backend: Backend::best(),
        progress: &|_| {},
        timing: &Timing::default(),
        scratch: None,
    };
    let partial = shukei::tally::tally(&plan, 0, crew, &Place::Unnamed(bench.dir.path())).expect("counted");
    let merged = shukei::merge::merge(&plan, vec![partial]).expect("merged");
    let mut reservation = shukei::ledger::reserve(&plan).expect("reserved");
    let rows = shukei::suppress::suppress(merged, &mut reservation).expect("released rows");
    let columns = Columns::new(&plan, rows.header(), &[]);
    let files = Files::create(bench.dir.path(), rows.header(), &columns, false).expect("files");
    let written = shukei::write::write(rows, files, crew).expect("written");
    assert!(written.rows_per_contig.iter().sum::<u64>() > 0);
    drop(reservation);
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

/// The archive on a disk that fills up: a file system of 16 KiB, where one can be mounted.
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
