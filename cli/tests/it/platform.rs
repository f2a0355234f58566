//! What the platform sets for everybody: a user can be stricter, never laxer; and what an audit commits to.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{audit, ok, run, shukei, table, testdata};

/// A small cohort of the project and its table.
fn cohort() -> (PathBuf, PathBuf) {
    (testdata("cases-ja/cohort.vcf"), testdata("cases-ja/people.tsv"))
}

fn freq(out: &Path, state: &Path, extra: &[&str]) -> Output {
    let (vcf, samples) = cohort();
    let mut command = shukei();
    command.env("XDG_STATE_HOME", state).arg("freq").arg(vcf).arg("--samples").arg(samples).args(extra);
    let output = command.arg("--tsv").arg("-o").arg(out).output().expect("shukei runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

#[test]
fn the_stricter_policy_holds() {
    let dir = tempfile::tempdir().expect("a directory");
    write(&dir.path().join("platform-policy.toml"), "k = 20\n");
    let config = write(&dir.path().join("platform.toml"), "[policy]\nfile = \"platform-policy.toml\"\n");
    let mine = write(&dir.path().join("mine.toml"), "k = 10\ngenotype_tier = \"off\"\n");
    let out = dir.path().join("out");
    freq(&out, dir.path(), &["--config", &config, "--policy", &mine]);
    let values = &audit(&out)["policy"]["values"];
    assert_eq!((values["k"].as_u64(), values["genotype_tier"].as_str()), (Some(20), Some("off")));
}

/// A plan that was made before, or without the configuration, does not go round it.
#[test]
fn a_job_is_bound_by_the_rules_of_its_release() {
    let dir = tempfile::tempdir().expect("a directory");
    write(&dir.path().join("policy.toml"), "k = 20\n");
    write(&dir.path().join("gone.txt"), "nobody\n");
    let policy = dir.path().join("policy.toml").display().to_string();
    let platform = write(
        &dir.path().join("platform.toml"),
        "[policy]\nfile = \"policy.toml\"\n[subjects]\nwithdrawn = \"gone.txt\"\n",
    );
    let [job, out, strict, out2] =
        ["job", "out", "strict", "out2"].map(|n| dir.path().join(n).display().to_string());
    let (vcf, samples) = cohort();
    let [vcf, samples] = [vcf, samples].map(|p| p.display().to_string());
    let plan = ["plan", "freq", &vcf, "--samples", &samples];
    ok(plan.into_iter().chain(["-o", &job]));
    ok(["tally", &job]);
    for rule in [["--policy", &policy], ["--config", &platform]] {
        let refused = run(["release", &job, "-o", &out].into_iter().chain(rule));
        assert_eq!(refused.status.code(), Some(2));
        assert!(!Path::new(&out).exists());
    }
    ok(plan.into_iter().chain(["--config", &platform, "-o", &strict]));
    ok(["tally", &strict, "--config", &platform]);
    ok(["release", &strict, "--policy", &policy, "-o", &out2]);
    assert_eq!(audit(Path::new(&out2))["policy"]["values"]["k"], 20);
}

#[test]
fn lists_of_withdrawn_people_add_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let (_, samples) = cohort();
    let text = std::fs::read_to_string(samples).expect("a table");
    let ids: Vec<&str> = text.lines().skip(1).filter_map(|l| l.split('\t').next()).collect();
    write(&dir.path().join("gone.txt"), &format!("{}\n", ids[0]));
    let config = write(&dir.path().join("platform.toml"), "[subjects]\nwithdrawn = \"gone.txt\"\n");
    let mine = write(&dir.path().join("mine.txt"), &format!("{}\n", ids[1]));
    let subjects = |name: &str, extra: &[&str]| {
        let out = dir.path().join(name);
        // Each with a ledger of its own: one person fewer would be refused.
        freq(&out, &dir.path().join("state").join(name), extra);
        audit(&out)["strata"][0]["subjects"].as_u64().expect("a number")
    };
    let all = subjects("all", &[]);
    assert_eq!(all, ids.len() as u64);
    assert_eq!(subjects("platform", &["--config", &config]), all - 1);
    assert_eq!(subjects("both", &["--config", &config, "--withdrawn", &mine]), all - 2);
}

/// A plain digest of a small file can be searched for what the table withholds; the audit's are keyed.
#[test]
fn digests_of_inputs_are_keyed() {
    let dir = tempfile::tempdir().expect("a directory");
    let digests = |name: &str, state: &str| {
        let out = dir.path().join(name);
        freq(&out, &dir.path().join(state), &[]);
        assert!(!table(&out).is_empty());
        let text = std::fs::read(out.join("audit.json")).expect("an audit");
        let audit: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let of = |key: &str| audit["inputs"][0][key].as_str().expect("a digest").to_owned();
        [of("edges_keyed_blake3"), of("keyed_blake3")]
    };
    let (first, again, other) = (digests("a", "one"), digests("b", "one"), digests("c", "two"));
    assert_eq!(first, again);
    assert_ne!(first[0], other[0]);
    assert_ne!(first[1], other[1]);
}

/// A name as an old Japanese system wrote it: an error with the name, never a panic.
#[test]
fn names_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().expect("a directory");
    let name = |bytes: &[u8]| dir.path().join(std::ffi::OsStr::from_bytes(bytes));
    let (vcf, samples) = cohort();
    let (odd, out, odd_out) = (name(b"\x8c\x9f\x91\xcc.vcf"), name(b"out"), name(b"\x95\x5c"));
    std::fs::copy(&vcf, &odd).expect("copied");
    for command in [&["freq"][..], &["plan", "freq"]] {
        let mut run = shukei();
        run.args(command).arg(&odd).arg("--samples").arg(&samples).arg("-o").arg(&out);
        let output = run.output().expect("shukei runs");
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(".vcf: the name is not UTF-8"), "{stderr}");
        assert!(!out.exists());
    }
    // OUT is named in no document.
    freq(&odd_out, dir.path(), &[]);
    assert!(odd_out.join("audit.json").exists());
}
