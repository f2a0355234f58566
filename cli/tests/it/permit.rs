//! Permits from end to end: real keys, real signatures, and everything that must be refused with nothing written.

use std::path::{Path, PathBuf};
use std::process::Output as Ended;
use std::time::SystemTime;

use shukei::actor::Actor;
use shukei::permit::Use;
use shukei::plan::{LedgerAt, plan};
use shukei::run::{Output, frequency};
use shukei::tally::Crew;
use shukei::timing::Timing;
use shukei::write::audit::Run;
use shukei::{Backend, Request};

use crate::support::{audit, ok, run, tables_as_bytes, testdata};

/// A platform with a key, a configuration and a signed permit for whoever runs the tests.
struct Platform {
    dir: tempfile::TempDir,
}

impl Platform {
    fn new() -> Self {
        let platform = Self { dir: tempfile::tempdir().expect("a directory") };
        ok(["permit", "keygen", "-q", "-o", &platform.path("office")]);
        platform.write("platform.toml", "[permit]\npublic_key = \"office.pub\"\n");
        platform.permit("permit.toml", |text| text);
        platform
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).expect("it is there")
    }

    fn sign(&self, name: &str, key: &str) {
        ok(["permit", "sign", "-q", &self.path(name), "--key", &self.path(key)]);
    }

    /// Writes and signs a permit that differs from a good one.
    fn permit(&self, name: &str, change: impl Fn(String) -> String) {
        let uid = Actor::current().expect("an actor").uid();
        self.write(name, &change(GOOD.replace("{uid}", &uid.to_string())));
        self.sign(name, "office.key");
    }

    /// A signed list with these entries.
    fn revoke(&self, entries: &str) {
        self.write("revoked.toml", &format!("version = 1\nissued = 2026-11-20T09:00:00+09:00\n{entries}"));
        self.sign("revoked.toml", "office.key");
    }

    fn with_list(&self) {
        self.write("platform.toml", "[permit]\npublic_key = \"office.pub\"\nrevoked = \"revoked.toml\"\n");
    }

    /// `shukei COMMAND… -o OUT` on a small cohort, under the platform's configuration.
    fn run(&self, command: &[&str], out: &str, extra: &[&str]) -> Ended {
        let [vcf, samples] = cohort().map(|p| p.display().to_string());
        let (config, out) = (self.path("platform.toml"), self.path(out));
        let inputs = [vcf.as_str(), "--samples", &samples, "--config", &config, "-o", &out];
        run(command.iter().copied().chain(inputs).chain(extra.iter().copied()))
    }

    fn freq(&self, out: &str, permit: &str, extra: &[&str]) -> Ended {
        let permit = self.path(permit);
        let extra: Vec<&str> =
            ["--tsv", "--permit", &permit].into_iter().chain(extra.iter().copied()).collect();
        self.run(&["freq"], out, &extra)
    }

    /// `freq` must refuse, say this and leave nothing.
    fn refuses(&self, permit: &str, extra: &[&str], words: &[&str]) {
        refused(&self.freq("out", permit, extra), words);
        assert!(!Path::new(&self.path("out")).exists(), "{words:?}: nothing is written");
    }
}

const GOOD: &str = r#"version = 1
id = "P1-2026"
project = "P1"
institution = "東京大学"
purpose = "Frequencies by sex"
project_accounts = []
export_responsible = { name = "Sato", uid = 7, certified_on = 2026-04-01 }
datasets = ["D1", "D2", "D3"]
tables = ["frequency"]
attributes = ["sex", "icd10"]
codes = ["E11"]
[period]
from = 2000-01-01
to = 9999-12-31
[[handler]]
name = "Hanako"
uid = {uid}
[[handler]]
name = "Taro"
uid = 4294967294
"#;

fn cohort() -> [PathBuf; 2] {
    [testdata("cases-ja/cohort.vcf"), testdata("cases-ja/people.tsv")]
}

fn refused(output: &Ended, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{words:?}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
}

fn fine(output: &Ended) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Replaces what must be there.
fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

#[test]
fn a_permit_changes_nothing_but_what_names_the_project() {
    let platform = Platform::new();
    let by = ["--by", "sex", "--by", "icd10=E11.9"];
    fine(&platform.freq("with", "permit.toml", &by));
    let [vcf, samples] = cohort().map(|p| p.display().to_string());
    let bare = ["freq", &vcf, "--samples", &samples, "--tsv", "-o", &platform.path("without")];
    ok(bare.into_iter().chain(by));
    let named = ["--project", "P1", "-o", &platform.path("named")];
    ok(["freq", &vcf, "--samples", &samples, "--tsv"].into_iter().chain(named).chain(by));
    let bytes = |out: &str| tables_as_bytes(&platform.dir.path().join(out));
    // The project is named in the file either way, and is all that differs.
    assert!(bytes("with") == bytes("named"));
    let (with, without) = (bytes("with"), bytes("without"));
    let tsv =
        |list: &[(String, Vec<u8>)]| list.iter().find(|(name, _)| name == "freq.tsv").map(|f| f.1.clone());
    assert_eq!(tsv(&with), tsv(&without));
    assert!(with != without, "the project is in the header");
    let [with, without, named] =
        ["with", "without", "named"].map(|out| audit(&platform.dir.path().join(out)));
    let permit = &with["permit"];
    assert_eq!((&permit["id"], &permit["project"]), (&"P1-2026".into(), &"P1".into()));
    assert_eq!((&permit["institution"], &permit["handler"]["name"]), (&"東京大学".into(), &"Hanako".into()));
    assert_eq!(
        (&permit["period"]["from"], permit["blake3"].as_str().map(str::len)),
        (&"2000-01-01".into(), Some(64))
    );
    assert!(without["permit"].is_null() && named["permit"].is_null());
    assert_eq!((&with["project"], &named["project"]), (&"P1".into(), &"P1".into()));
    assert_eq!((&with["rows"], &with["strata"]), (&without["rows"], &without["strata"]));
}

#[test]
fn nothing_runs_without_a_permit_of_the_office() {
    let platform = Platform::new();
    refused(&platform.run(&["freq"], "out", &[]), &["--permit"]);
    refused(&platform.run(&["plan", "freq"], "out", &[]), &["--permit"]);
    platform.refuses("nowhere.toml", &[], &["nowhere.toml"]);
    platform.write("unsigned.toml", platform.read("permit.toml").split("[signature]").next().expect("text"));
    platform.refuses("unsigned.toml", &[], &["unsigned.toml: signature:"]);
    // Another key signs, also under the office's name.
    ok(["permit", "keygen", "-q", "-o", &platform.path("forger")]);
    platform.write("forged.toml", &platform.read("permit.toml"));
    platform.sign("forged.toml", "forger.key");
    platform.refuses("forged.toml", &[], &["signature.key_id"]);
    let id = |name: &str| {
        let text = platform.read(name);
        text.split("key_id = \"").nth(1).expect("an id")[..16].to_owned()
    };
    let posing = changed(&platform.read("forged.toml"), &id("forged.toml"), &id("permit.toml"));
    platform.write("posing.toml", &posing);
    platform.refuses("posing.toml", &[], &["signature.value"]);
    // Any value changed after signing.
    for (from, to) in
        [("\"sex\"", "\"region\""), ("9999-12-31", "9998-12-31"), ("\"P1\"", "\"P2\""), ("\"E11\"", "\"E1\"")]
    {
        platform.write("tampered.toml", &changed(&platform.read("permit.toml"), from, to));
        platform.refuses("tampered.toml", &[], &["tampered.toml: signature.value"]);
    }
    // A key that is not there does not switch the check off; and a list without a key cannot be believed.
    platform.write("platform.toml", "[permit]\npublic_key = \"gone.pub\"\n");
    platform.refuses("permit.toml", &[], &["gone.pub"]);
    platform.revoke("");
    platform.write("platform.toml", "[permit]\nrevoked = \"revoked.toml\"\n");
    platform.refuses("permit.toml", &[], &["revoked.toml", "--permit"]);
}

#[test]
fn out_of_scope_is_refused_all_at_once() {
    let platform = Platform::new();
    platform.refuses(
        "permit.toml",
        &["--by", "sex,region", "--by", "icd10=I10"],
        &["permit.toml: attributes:", "`region`", "permit.toml: codes:", "I10", "platform office"],
    );
    platform.refuses("permit.toml", &["--drop-unknown", "region"], &["permit.toml: attributes:"]);
    platform.refuses("permit.toml", &["--project", "P2"], &["permit.toml: project:", "P2"]);
    platform.permit("other.toml", |text| {
        changed(&changed(&text, "\"D1\", \"D2\", \"D3\"", "\"D9\""), "frequency", "cohort")
    });
    platform.refuses("other.toml", &[], &["other.toml: datasets:", "`D1`", "other.toml: tables:"]);
    platform.permit("region.toml", |text| {
        changed(&text, "codes", "build = \"GRCh38\"\nregions = [\"chr1:1-2000000\"]\ncodes")
    });
    platform.refuses("region.toml", &[], &["region.toml: regions:", "whole genome"]);
    platform.refuses(
        "region.toml",
        &["-r", "chr1:1999999-2000001"],
        &["region.toml: regions:", "chr1:1999999-2000001"],
    );
    fine(&platform.freq("inside", "region.toml", &["-r", "1:1,000-2000000"]));
    // A request of the wrong person says so beside what is out of scope.
    platform.permit("nobody.toml", |text| {
        changed(&text, "name = \"Hanako\"\nuid = ", "name = \"Hanako\"\nuid = 1")
    });
    platform.refuses("nobody.toml", &["--by", "region"], &["nobody.toml: handler:"]);
}

#[test]
fn out_of_period_suspended_and_revoked() {
    let platform = Platform::new();
    for (from, to) in [("9999-12-31", "2020-01-01"), ("2000-01-01", "9999-01-01")] {
        platform.permit("late.toml", |text| changed(&text, from, to));
        platform.refuses("late.toml", &[], &["late.toml: period:"]);
    }
    platform.with_list();
    platform.refuses("permit.toml", &[], &["revoked.toml", "no such file"]);
    platform.revoke("");
    fine(&platform.freq("fine", "permit.toml", &[]));
    let entry = |id: &str, status: &str, days: &str| {
        format!("[[permit]]\nid = \"{id}\"\nstatus = \"{status}\"\n{days}\nreason = \"incident 7\"\n")
    };
    for (status, days) in [
        ("revoked", "from = 2020-01-01"),
        ("suspended", "from = 2020-01-01"),
        ("suspended", "from = 2020-01-01\nuntil = 9999-01-01"),
    ] {
        platform.revoke(&entry("P1-2026", status, days));
        platform.refuses("permit.toml", &[], &["permit.toml: id:", status, "incident 7"]);
    }
    // An edited or unsigned list stops everything, a permit that it does not name too.
    platform.write("revoked.toml", &changed(&platform.read("revoked.toml"), "P1-2026", "P2-2026"));
    platform.refuses("permit.toml", &[], &["revoked.toml: signature.value"]);
    platform.write("revoked.toml", "version = 1\nissued = 2026-11-20T09:00:00+09:00\n");
    platform.refuses("permit.toml", &[], &["revoked.toml: signature:"]);
    // Not these days, and not this permit.
    let others = entry("P1-2026", "suspended", "from = 2020-01-01\nuntil = 2020-02-01")
        + &entry("P1-2026", "revoked", "from = 9999-01-01")
        + &entry("P2", "revoked", "from = 2020-01-01");
    platform.revoke(&others);
    fine(&platform.freq("still", "permit.toml", &[]));
}

#[test]
fn a_shared_account_says_who_acts() {
    let platform = Platform::new();
    let uid = Actor::current().expect("an actor").uid();
    platform.permit("shared.toml", |text| {
        let own = changed(&text, &format!("uid = {uid}\n"), "uid = 4294967293\n");
        changed(&own, "project_accounts = []", &format!("project_accounts = [{uid}]"))
    });
    platform.refuses("shared.toml", &[], &["shared.toml: project_accounts:", "--handler NAME"]);
    platform.refuses("shared.toml", &["--handler", "Jiro"], &["shared.toml: handler:", "Jiro"]);
    platform.refuses("permit.toml", &["--handler", "Taro"], &["permit.toml: handler:"]);
    fine(&platform.freq("shared", "shared.toml", &["--handler", "Taro"]));
    let record = audit(&platform.dir.path().join("shared"))["permit"].clone();
    assert_eq!(record["handler"]["name"], "Taro");
    assert_eq!(record["run_as"]["uid"], uid);
    // Who releases is not who planned: a saved plan answers for nobody.
    let permit = platform.path("shared.toml");
    let config = platform.path("platform.toml");
    fine(&platform.run(&["plan", "freq"], "job", &["--permit", &permit, "--handler", "Taro"]));
    let [job, out] = ["job", "released"].map(|name| platform.path(name));
    refused(&run(["tally", &job, "--config", &config]), &["project_accounts"]);
    ok(["tally", &job, "--config", &config, "--handler", "Taro"]);
    refused(&run(["release", &job, "--config", &config, "-o", &out]), &["project_accounts"]);
    ok(["release", &job, "--config", &config, "--handler", "Hanako", "-o", &out]);
    assert_eq!(audit(Path::new(&out))["permit"]["handler"]["name"], "Hanako");
}

#[test]
fn a_job_needs_its_permit_at_every_step() {
    let platform = Platform::new();
    platform.with_list();
    platform.revoke("");
    let (permit, config) = (platform.path("permit.toml"), platform.path("platform.toml"));
    let [job, bare, out] = ["job", "bare", "out"].map(|name| platform.path(name));
    fine(&platform.run(&["plan", "freq"], "job", &["--permit", &permit]));
    ok(["tally", &job, "--config", &config]);
    // Revoked between tally and release, with or without the configuration at hand.
    let entry = "[[permit]]\nid = \"P1-2026\"\nstatus = \"revoked\"\nfrom = 2020-01-01\nreason = \"x\"\n";
    platform.revoke(entry);
    for command in [
        &["release", &job, "-o", &out][..],
        &["release", &job, "-o", &out, "--config", &config],
        &["tally", &job],
    ] {
        refused(&run(command), &["permit.toml: id:", "revoked"]);
    }
    platform.revoke("");
    let other = run(["release", &job, "-o", &out, "--permit", &platform.path("other.toml")]);
    assert_eq!(other.status.code(), Some(2));
    let other = run(["release", &job, "-o", &out, "--project", "P2"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(!Path::new(&out).exists());
    // The same permit, extended meanwhile, goes on.
    platform.permit("permit.toml", |text| changed(&text, "\"icd10\"", "\"icd10\", \"region\""));
    ok(["release", &job, "-o", &out, "--config", &config, "--permit", &permit]);
    // A plan that was made before the platform had a key.
    let [vcf, samples] = cohort().map(|p| p.display().to_string());
    ok(["plan", "freq", &vcf, "--samples", &samples, "-o", &bare]);
    refused(&run(["tally", &bare, "--config", &config]), &["shukei plan"]);
    ok(["tally", &bare]);
    refused(&run(["release", &bare, "--config", &config, "-o", &platform.path("out2")]), &["shukei plan"]);
    assert!(!Path::new(&platform.path("out2")).exists());
}

/// The permit is looked at once more before anything is published.
#[test]
fn a_permit_that_is_withdrawn_while_counting_stops_the_table() {
    let platform = Platform::new();
    let file = |name: &str| platform.dir.path().join(name);
    platform.revoke("");
    let [vcf, samples] = cohort();
    let using = Use {
        file: Some(file("permit.toml")),
        public_keys: vec![file("office.pub")],
        revoked: vec![file("revoked.toml")],
        ..Use::default()
    };
    let request = Request {
        inputs: vec![vcf],
        samples,
        max_ploidy: 2,
        permit: Some(using),
        ledger: LedgerAt { dir: Some(file("ledger")), ..LedgerAt::default() },
        ..Request::default()
    };
    let plan = plan(request).expect("permitted");
    assert_eq!(plan.permit().map(|p| p.terms().id.as_str()), Some("P1-2026"));
    let publish = |out: &str| {
        let crew = Crew {
            threads: 1,
            backend: Backend::best(),
            progress: &|_| {},
            timing: &Timing::default(),
            scratch: None,
        };
        let run = Run {
            command: Vec::new(),
            started: SystemTime::now(),
            host: String::new(),
            threads: 1,
            backend: crew.backend.name(),
            audit_key: None,
        };
        let made = frequency(
            &plan,
            crew,
            &Output { dir: file(out), tsv: false, statistics: Vec::new() },
            run,
            &|_, _| {},
        );
        assert_eq!(made.is_ok(), file(out).exists());
        made.map(|_| ()).map_err(|problems| problems.to_string())
    };
    assert_eq!(publish("first"), Ok(()));
    platform
        .revoke("[[permit]]\nid = \"P1-2026\"\nstatus = \"revoked\"\nfrom = 2020-01-01\nreason = \"x\"\n");
    assert!(publish("revoked").is_err_and(|e| e.contains("revoked from 2020-01-01")));
    platform.revoke("");
    platform.permit("permit.toml", |text| changed(&text, "\"sex\", ", ""));
    assert!(publish("exchanged").is_err_and(|e| e.contains("exchanged")));
}

#[test]
fn the_office_writes_signs_verifies_and_shows() {
    let platform = Platform::new();
    let [new, permit, public] = ["new.toml", "permit.toml", "office.pub"].map(|name| platform.path(name));
    assert_eq!(run(["permit", "new", "-o", &new]).status.code(), Some(2), "whose?");
    ok(["permit", "new", "--project", "P7", "-o", &new]);
    assert_eq!(
        run(["permit", "new", "--project", "P7", "-o", &new]).status.code(),
        Some(1),
        "never overwritten"
    );
    let unfilled = run(["permit", "sign", &new, "--key", &platform.path("office.key")]);
    refused(&unfilled, &["institution", "purpose", "handler.name"]);
    let verified = ok(["permit", "verify", &permit, "--public-key", &public]);
    let line: serde_json::Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    assert_eq!((&line["id"], &line["kind"]), (&"P1-2026".into(), &"permit".into()));
    refused(&run(["permit", "verify", &new, "--public-key", &public]), &["new.toml"]);
    for (lang, word) in [("en", "export responsible"), ("ja", "持ち出し責任者")] {
        let shown = ok(["permit", "show", &permit, "--lang", lang]);
        let text = String::from_utf8_lossy(&shown.stderr).into_owned();
        assert!(text.contains(word) && text.contains("Hanako") && text.contains("東京大学"), "{text}");
    }
    platform
        .revoke("[[permit]]\nid = \"P1-2026\"\nstatus = \"suspended\"\nfrom = 2020-01-01\nreason = \"x\"\n");
    let list = platform.path("revoked.toml");
    ok(["permit", "verify", &list, "--public-key", &public]);
    refused(&run(["permit", "verify", &permit, "--public-key", &public, "--revoked", &list]), &["suspended"]);
    refused(
        &run(["permit", "verify", &permit, "--public-key", &public, "--revoked", &permit]),
        &["permit.toml"],
    );
    let japanese =
        run(["permit", "verify", &permit, "--public-key", &public, "--revoked", &list, "--lang", "ja"]);
    refused(&japanese, &["停止されています"]);
}
