//! What the machine does to a run: lines without end, tables that cannot be read, outputs that cannot be written, a full
//! disk, a kill.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::files::{Bench, bgzf, header, names, vcf};
use super::{freq, freq_into, good, refused, taken};
use crate::support::tables_as_bytes;

/// Bytes of a line without end.
const ENDLESS: u64 = 3 << 30;

/// A BGZF block of this content, without an end-of-file block.
fn block(content: &[u8]) -> Vec<u8> {
    let mut bytes = bgzf(content);
    bytes.truncate(bytes.len() - 28);
    bytes
}

/// A BGZF file that begins with `start` and then repeats a full block until `ENDLESS` bytes.
fn endless(path: &Path, start: &[u8]) {
    let full = block(&[b'A'; 65_280]);
    let mut file = std::io::BufWriter::new(File::create(path).expect("a file"));
    file.write_all(&block(start)).expect("written");
    for _ in 0..ENDLESS / 65_280 {
        file.write_all(&full).expect("written");
    }
    file.write_all(&bgzf(b"")).expect("written");
}

/// A sparse file that begins with `start` and goes on with `ENDLESS` NUL bytes.
fn hole(path: &Path, start: &[u8]) {
    let mut file = File::create(path).expect("a file");
    file.write_all(start).expect("written");
    file.set_len(ENDLESS).expect("a sparse file");
}

pub(super) fn start(bench: &Bench, input: &Path, threads: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shukei"));
    command.args(["freq", "--by", "sex", "--tsv", "--threads", threads]).arg(input);
    command.arg("--samples").arg(&bench.samples).arg("-o").arg(bench.path("out"));
    command.args(crate::support::backend()).env("XDG_STATE_HOME", crate::support::state());
    command.env_remove("SHUKEI_CONFIG").env("LC_ALL", "C.UTF-8");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("shukei runs")
}

/// Waits for the end and gives the most memory that was resident, in MiB.
fn peak(child: &mut Child) -> u64 {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let begun = Instant::now();
    let mut most = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let high =
            text.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|v| v.split_whitespace().next());
        most = most.max(high.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10);
        assert!(begun.elapsed() < Duration::from_secs(60), "hangs");
        std::thread::sleep(Duration::from_millis(5));
    }
    most
}

#[test]
fn lines_without_end() {
    let bench = Bench::new();
    let line = "chr1\t5\t.\tA\tC\t.\tPASS\t.\tGT\t0/0\t0/1\t";
    let bare: String =
        header().lines().filter(|l| !l.starts_with("##contig")).map(|l| format!("{l}\n")).collect();
    let record = (header() + line).into_bytes();
    type Make = fn(&Path, &[u8]);
    let cases: [(&str, Make, Vec<u8>, &str); 5] = [
        ("record.vcf.gz", endless, record.clone(), "first record: a line of more than 512 MiB"),
        ("record.vcf", hole, record, "first record: a line of more than 512 MiB"),
        ("bare.vcf", hole, bare.into_bytes(), "first record: a line of more than 512 MiB"),
        ("header.vcf.gz", endless, b"##fileformat=VCFv4.2\n##x=".to_vec(), "its header is not complete"),
        ("header.vcf", hole, b"##fileformat=VCFv4.2\n##x=".to_vec(), "its header is not complete"),
    ];
    for (name, make, first, finding) in cases {
        let path = bench.path(name);
        make(&path, &first);
        let begun = Instant::now();
        let mut child = start(&bench, &path, "2");
        let most = peak(&mut child);
        let output = child.wait_with_output().expect("output");
        let errors = refused(name, &bench, &output, (1, &path));
        assert!(errors.contains(finding), "{name}: {errors}");
        assert!(most < 1200, "{name}: {most} MiB");
        eprintln!("{name}: {most} MiB, {:.1} s", begun.elapsed().as_secs_f64());
        fs::remove_file(path).expect("removed");
    }
}

#[test]
fn unreadable_sample_tables() {
    let mut bench = Bench::new();
    let input = bench.put("cohort.vcf", vcf(20).as_bytes());
    let cases: [(&str, &[u8], &str); 7] = [
        ("empty.tsv", b"", "the sample table is empty"),
        ("header.tsv", b"sample_id\tsex\n", "no sample"),
        ("nul.tsv", b"sample_id\tsex\nP000\t\0\n", "NUL"),
        ("bytes.tsv", b"sample_id\tsex\nP000\t\xff\xfe\xff\n", "byte"),
        ("book.xlsx", b"PK\x03\x04rest", "Excel"),
        ("packed.tsv.gz", b"\x1f\x8b\x08\x00", "compressed"),
        ("other.tsv", b"name\tsex\nP000\tF\n", "sample_id"),
    ];
    for (name, bytes, finding) in cases {
        bench.samples = bench.put(name, bytes);
        let errors = refused(name, &bench, &freq(&bench, &input, &[]), (1, &bench.samples));
        assert!(errors.contains(finding), "{name}: {errors}");
    }
    bench.samples = bench.path("");
    let errors = refused("directory", &bench, &freq(&bench, &input, &[]), (1, &bench.samples));
    assert!(errors.contains("directory"), "{errors}");
    bench.samples = bench.path("nowhere.tsv");
    refused("absent", &bench, &freq(&bench, &input, &[]), (1, &bench.samples));
}

/// Root may read everything; for others a file without permission is an error like any other.
#[test]
fn permission_denied() {
    let bench = Bench::new();
    let input = bench.put("cohort.vcf", vcf(20).as_bytes());
    fs::set_permissions(&input, fs::Permissions::from_mode(0o000)).expect("own file");
    if File::open(&input).is_ok() {
        eprintln!("skipped: nothing is forbidden to this user");
        return;
    }
    let errors = refused("input", &bench, &freq(&bench, &input, &[]), (1, &input));
    assert!(errors.contains("permission denied"), "{errors}");
    fs::set_permissions(&input, fs::Permissions::from_mode(0o600)).expect("own file");
    let locked = bench.path("locked");
    fs::create_dir(&locked).expect("a directory");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).expect("own directory");
    let output = freq_into(&bench, &input, &locked.join("out"), &[]);
    refused("out", &bench, &output, (1, &locked.join("out")));
    assert!(names(&locked).is_empty());
}

#[test]
fn outputs_that_cannot_be() {
    let bench = Bench::new();
    let input = bench.put("cohort.vcf", vcf(20).as_bytes());
    let file = bench.put("file", b"mine");
    let before = bench.names();
    for out in [file.clone(), file.join("out"), file.join("a/b"), PathBuf::from("/proc/nowhere/out")] {
        let output = freq_into(&bench, &input, &out, &[]);
        refused("out", &bench, &output, (1, &out));
        assert_eq!(bench.names(), before);
    }
    assert_eq!(fs::read(&file).expect("the file"), b"mine");
    // A failing run takes away the directories it made, all of them, and none that it found.
    let broken = bench.put("broken.vcf", &vcf(20).as_bytes()[..9000]);
    fs::create_dir(bench.path("found")).expect("a directory");
    for out in ["made/by/run", "found/by/run", "found"] {
        refused(out, &bench, &freq_into(&bench, &broken, &bench.path(out), &[]), (1, &broken));
    }
    assert!(!bench.path("made").exists() && names(&bench.path("found")).is_empty());
}

#[test]
fn a_table_is_never_overwritten() {
    let bench = Bench::new();
    let input = bench.put("cohort.vcf", vcf(20).as_bytes());
    let out = bench.path("table");
    assert!(freq_into(&bench, &input, &out, &[]).status.success());
    let (before, files) = (tables_as_bytes(&out), names(&out));
    let other = bench.put("other.vcf", vcf(25).as_bytes());
    let output = freq_into(&bench, &other, &out, &[]);
    let errors = refused("again", &bench, &output, (2, &out));
    assert!(errors.contains("there is already a table here"), "{errors}");
    assert!(tables_as_bytes(&out) == before && names(&out) == files);
}

/// A limit on the size of files stands for a full disk where none can be mounted.
#[test]
fn no_space_left() {
    let bench = Bench::new();
    let input = bench.put("cohort.vcf.gz", &bgzf(vcf(600).as_bytes()));
    // The ledger is there before: what is short of space is the table.
    for blocks in ["unlimited", "0", "1", "8", "16"] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_shukei"), "freq", "--by", "sex", "--tsv"]);
        command.arg(&input).arg("--samples").arg(&bench.samples).arg("-o").arg(bench.path("out"));
        let command = command.env("LC_ALL", "C.UTF-8").env("XDG_STATE_HOME", bench.path("state"));
        let output = command.output().expect("bash runs");
        if blocks == "unlimited" {
            assert!(output.status.success());
            fs::remove_dir_all(bench.path("out")).expect("a table");
            continue;
        }
        refused(&format!("{blocks} KiB"), &bench, &output, (1, &bench.path("out")));
    }
    let disk = bench.path("disk");
    fs::create_dir(&disk).expect("a directory");
    for size in ["16k", "48k"] {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&disk)
            .output();
        if !mount.is_ok_and(|o| o.status.success()) {
            eprintln!("skipped: no disk can be mounted here");
            return;
        }
        let output = freq_into(&bench, &input, &disk.join("out"), &[]);
        let left = names(&disk);
        assert!(Command::new("umount").arg(&disk).status().is_ok_and(|s| s.success()));
        let errors = refused(size, &bench, &output, (1, &disk.join("out")));
        assert!(errors.contains("no space left on the disk"), "{size}: {errors}");
        assert!(left.is_empty(), "{size}: {left:?}");
    }
}

/// The good records, then a long tail of filtered ones, so that there is time for a kill.
pub(super) fn long(path: &Path, text: &str) {
    let line = "chrX\t60000000\t.\tA\tC\t.\tq10\t.\tGT\n";
    let tail = block(line.repeat(65_280 / line.len()).as_bytes());
    let mut file = std::io::BufWriter::new(File::create(path).expect("a file"));
    for part in text.as_bytes().chunks(60_000) {
        file.write_all(&block(part)).expect("written");
    }
    for _ in 0..4000 {
        file.write_all(&tail).expect("written");
    }
    file.write_all(&bgzf(b"")).expect("written");
}

#[test]
fn killed_and_run_again() {
    let bench = Bench::new();
    let expected = good(&bench, &bench.put("cohort.vcf", vcf(60).as_bytes()));
    let path = bench.path("long.vcf.gz");
    long(&path, &vcf(60));
    let out = bench.path("out");
    for wait in [0, 5, 40] {
        let mut child = start(&bench, &path, "1");
        let begun = Instant::now();
        while !out.join(".shukei-staging").exists() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().expect("SIGKILL");
        assert!(!child.wait().expect("a child").success(), "it was still at work");
        // A kill may fall between the removal of what the run before left and the making of what replaces it.
        for left in names(&out) {
            assert_eq!(left, ".shukei-staging", "only the private directory is left");
            let mode = out.join(left).metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
    let output = freq(&bench, &path, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!out.join(".shukei-staging").exists());
    assert!(taken(&bench) == expected);
}

/// A tally that is killed leaves no counts behind, not even under a temporary name, and is simply run again.
#[test]
fn killed_tally_is_run_again() {
    let bench = Bench::new();
    let expected = good(&bench, &bench.put("cohort.vcf", vcf(60).as_bytes()));
    let path = bench.path("long.vcf.gz");
    long(&path, &vcf(60));
    let job = bench.path("job").display().to_string();
    let (input, people) = (path.display().to_string(), bench.samples.display().to_string());
    crate::support::ok(["plan", "freq", &input, "--samples", &people, "--by", "sex", "-o", &job]);
    let partials = bench.path("job/partials");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shukei"));
    command.env("XDG_STATE_HOME", crate::support::state());
    command.args(["tally", &job, "--threads", "1"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("shukei runs");
    let begun = Instant::now();
    let state = bench.path("job/state/000001.json");
    while !state.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(20));
    child.kill().expect("SIGKILL");
    assert!(!child.wait().expect("a child").success(), "it was still at work");
    assert!(names(&partials).is_empty(), "nothing is left");
    let early = crate::support::run(["release", &job, "-o", &bench.path("out").display().to_string()]);
    let errors = refused("not counted", &bench, &early, (1, Path::new(&job)));
    assert!(errors.contains("partition 1 is not counted; run: shukei tally"), "{errors}");
    crate::support::ok(["tally", &job]);
    assert_eq!(names(&partials), ["000001.partial"]);
    crate::support::ok(["release", &job, "--tsv", "-o", &bench.path("out").display().to_string()]);
    assert!(taken(&bench) == expected);
}

/// Two runs into one OUT: the second is told so and does no harm.
#[test]
fn two_runs_into_one_directory() {
    let bench = Bench::new();
    let expected = good(&bench, &bench.put("cohort.vcf", vcf(60).as_bytes()));
    let path = bench.path("long.vcf.gz");
    long(&path, &vcf(60));
    let mut first = start(&bench, &path, "1");
    let begun = Instant::now();
    while !bench.path("out/.shukei-staging/.lock").exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(20));
    let second = freq(&bench, &path, &[]);
    let errors = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{errors}");
    assert!(errors.contains("another shukei is writing here"), "{errors}");
    assert!(first.wait().expect("a child").success());
    assert!(taken(&bench) == expected);
}
