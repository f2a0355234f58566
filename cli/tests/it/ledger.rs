//! `shukei ledger` on ledgers that the library made: what it shows, what it refuses.

use std::path::{Path, PathBuf};
use std::process::Output;

use shukei::actor::Actor;
use shukei::ledger::{
    Claim, ClaimFamily, ClaimNode, Event, FileRecord, Ledger, Refusal, Released, SetDigest,
};

use crate::support::{ok, run, shukei};

/// The claim of a cohort of forty people without strata.
fn claim(project: &str, actor: Actor, everybody: SetDigest) -> Claim {
    let root = ClaimNode { name: Some(String::new()), parent: 0, children: Vec::new(), set: everybody };
    Claim {
        project: project.to_owned(),
        actor,
        handler: None,
        product: "frequency".to_owned(),
        plan: "plan".to_owned(),
        callset: "calls".to_owned(),
        policy: "policy".to_owned(),
        k: 10,
        genotypes: false,
        contigs: vec!["chr1".to_owned()],
        coordinates: "GRCh38".to_owned(),
        unit: "subject".to_owned(),
        families: vec![ClaimFamily { name: String::new(), nodes: vec![root] }],
        xx: everybody,
        xy: everybody,
        replaces: Vec::new(),
    }
}

/// A ledger with three releases, the first and the second with a file in the archive; and the directory that holds both.
fn ledger() -> (tempfile::TempDir, String, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let (path, archive) = (dir.path().join("ledger"), dir.path().join("archive"));
    let mut ledger = Ledger::open(&path).expect("a ledger");
    let mut locked = ledger.lock().expect("the lock");
    let ids: Vec<String> = (0..40).map(|n| format!("P{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let everybody = locked.indices("", &ids).expect("numbers").into_iter().collect();
    let digest = SetDigest::of(&everybody);
    let me = || Actor::current().expect("an account");
    let stranger: Actor =
        serde_json::from_value(serde_json::json!({"uid": 4_000_000_000u32, "name": "x"})).expect("an actor");
    let sets = [everybody];
    for (project, actor) in [("hum0001", me()), ("研究,B", me()), ("hum0001", stranger)] {
        let id = locked.append_claim(claim(project, actor, digest), &sets).expect("appended");
        if id == "R000003" {
            continue;
        }
        let file = archive.join(&id).join("freq.parquet");
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        std::fs::write(&file, &id).expect("written");
        let blake3 = SetDigest::of_bytes(id.as_bytes()).to_string();
        let files = vec![FileRecord { name: "freq.parquet".to_owned(), bytes: id.len() as u64, blake3 }];
        locked.append(Event::Released(Released { id, rows: 1234, files })).expect("appended");
    }
    let no = shukei::error::Error::refused(shukei::text!("too small", "小さすぎます"));
    let refusal = Refusal::new("hum0001", me(), None, "freq", &no.into());
    locked.append(Event::Refused(refusal)).expect("appended");
    let path = path.display().to_string();
    (dir, path, archive)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn refused(args: &[&str], code: i32, word: &str) {
    let output = run(args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(word) && output.stdout.is_empty(), "{said}");
}

#[test]
fn releases_are_listed() {
    let (_dir, path, _) = ledger();
    let text = stdout(&ok(["ledger", "list", "--ledger", &path]));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("id       time"), "{text}");
    assert!(
        lines[1].contains("hum0001") && lines[1].contains("1234") && lines[1].ends_with("released"),
        "{text}"
    );
    assert!(lines.len() == 4 && lines[3].ends_with("-     -      reserved"), "{text}");
    let text = stdout(&ok(["ledger", "list", "--ledger", &path, "--project", "研究,B", "--lang", "ja"]));
    assert!(text.starts_with("番号") && text.lines().count() == 2 && text.contains("R000002"), "{text}");
    let json: serde_json::Value =
        serde_json::from_slice(&ok(["ledger", "list", "--json", "--ledger", &path]).stdout).expect("JSON");
    assert_eq!((json[0]["rows"].as_u64(), json[2]["status"].as_str()), (Some(1234), Some("reserved")));
    assert_eq!(json[0]["files"][0]["name"], "freq.parquet");
}

#[test]
fn what_left_counts_for_ever_and_is_reported() {
    let (_dir, path, _) = ledger();
    let with = ["--ledger", path.as_str()];
    let empty = stdout(&ok(["ledger", "report", "--csv"].into_iter().chain(with)));
    assert_eq!(
        empty,
        "exported_at,id,project,product,file,bytes,blake3,verdict,approver,recorded_by,rules\r\n"
    );
    refused(&["ledger", "exported", "R000003", "--ledger", &path], 5, "reserved");
    ok(["ledger", "exported", "R000002"].into_iter().chain(with));
    refused(&["ledger", "void", "R000002", "--ledger", &path], 5, "for ever");
    refused(&["ledger", "exported", "R000002", "--ledger", &path], 5, "exported");
    let csv = stdout(&ok(["ledger", "report", "--csv", "--bom", "--lang", "ja"].into_iter().chain(with)));
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("\u{feff}持出日時,番号,課題,"), "{csv}");
    assert!(lines[1].contains("+09:00,R000002,\"研究,B\",frequency,freq.parquet,7,"), "{csv}");
    assert_eq!((lines.len(), lines[2]), (3, ""));
    let count = |args: &[&str]| stdout(&ok(args.iter().copied().chain(with))).lines().count();
    assert_eq!(count(&["ledger", "report"]), 2);
    assert_eq!(
        count(&["ledger", "report", "--project", "研究,B", "--from", "2020-01-01", "--to", "2999-12-31"]),
        2
    );
    assert_eq!(count(&["ledger", "report", "--project", "hum0001"]), 1);
    assert_eq!(count(&["ledger", "report", "--to", "2020-01-01"]), 1);
    refused(&["ledger", "report", "--from", "April", "--ledger", &path], 2, "2026-04-01");
}

#[test]
fn own_releases_can_be_voided() {
    let (_dir, path, _) = ledger();
    ok(["ledger", "void", "R000001", "--reason", "wrong cohort", "--ledger", &path]);
    refused(&["ledger", "void", "R000001", "--ledger", &path], 5, "already void");
    refused(&["ledger", "void", "R000003", "--ledger", &path], 5, "not yours");
    refused(&["ledger", "void", "R000009", "--ledger", &path], 2, "ledger list");
    let text = stdout(&ok(["ledger", "list", "--ledger", &path]));
    assert!(text.lines().nth(1).is_some_and(|line| line.ends_with("void")), "{text}");
}

#[test]
fn tampering_stops_every_command() {
    let (dir, path, archive) = ledger();
    let archive = archive.display().to_string();
    let verify = ["ledger", "verify", "--ledger", &path, "--archive", &archive];
    let said: serde_json::Value = serde_json::from_slice(&ok(verify).stdout).expect("JSON");
    assert_eq!((said["entries"].as_u64(), said["archived_files"].as_u64()), (Some(6), Some(2)));
    let file = dir.path().join("archive/R000001/freq.parquet");
    std::fs::write(&file, "other").expect("written");
    refused(&verify, 5, "freq.parquet");
    std::fs::remove_file(&file).expect("removed");
    refused(&verify, 1, "no such file");
    let entries = Path::new(&path).join("ledger.jsonl");
    let good = std::fs::read_to_string(&entries).expect("a ledger");
    std::fs::write(&entries, good.replacen("hum0001", "hum0009", 1)).expect("written");
    for command in [&["list"][..], &["verify"], &["report"], &["void", "R000001"], &["exported", "R000001"]] {
        let args: Vec<&str> = ["ledger"].iter().chain(command).copied().chain(["--ledger", &path]).collect();
        refused(&args, 5, "line 2");
    }
}

#[test]
fn there_is_one_ledger() {
    let (dir, path, archive) = ledger();
    let config = dir.path().join("platform.toml");
    std::fs::write(
        &config,
        "[ledger]\npath = \"ledger\"\nscope = \"project\"\n[archive]\ndir = \"archive\"\n",
    )
    .expect("written");
    let config = config.display().to_string();
    // The configuration's ledger and archive are found beside it; naming the same ledger is no problem, another is one.
    let said = stdout(&ok(["ledger", "verify", "--config", &config, "--ledger", &path]));
    assert!(said.contains("\"archived_files\":2"), "{said}");
    let elsewhere = archive.display().to_string();
    refused(&["ledger", "list", "--config", &config, "--ledger", &elsewhere], 2, "--ledger");
    refused(&["ledger", "list", "--ledger", &elsewhere], 1, "no ledger here");
    let mut command = shukei();
    command.env("XDG_STATE_HOME", dir.path()).args(["ledger", "list", "--lang", "ja"]);
    let output = command.output().expect("shukei runs");
    assert!(output.status.code() == Some(1) && !dir.path().join("shukei").exists(), "looking makes nothing");
}
