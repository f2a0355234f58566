//! What a run takes of the machine: threads, and what it says of its time.

use std::time::{Duration, Instant};

use super::files::{Bench, vcf};
use super::machine::{long, start};
use super::{freq, taken};

/// Threads that a run has at most, looked at every few milliseconds.
fn threads(bench: &Bench, asked: &str) -> usize {
    let mut child = start(bench, &bench.path("long.vcf.gz"), asked);
    let tasks = format!("/proc/{}/task", child.id());
    let (begun, mut most) = (Instant::now(), 0);
    while child.try_wait().expect("a child").is_none() {
        most = most.max(std::fs::read_dir(&tasks).map_or(0, Iterator::count));
        assert!(begun.elapsed() < Duration::from_secs(60), "hangs");
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().expect("output");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    taken(bench);
    most
}

#[test]
fn as_many_threads_as_asked_for() {
    let bench = Bench::new();
    long(&bench.path("long.vcf.gz"), &vcf(60));
    for asked in ["1", "3"] {
        assert_eq!(threads(&bench, asked).to_string(), asked);
    }
}

#[test]
fn where_the_time_went_is_said_on_request() {
    let bench = Bench::new();
    let input = bench.put("cohort.vcf", vcf(60).as_bytes());
    let said = |more: &[&str]| {
        let output = freq(&bench, &input, more);
        assert!(output.status.success());
        taken(&bench);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(!said(&[]).contains("inflate"));
    let timed = said(&["--timing"]);
    let line =
        timed.lines().find(|l| l.starts_with("seconds of 1 thread(s): plan ")).expect("a line of stages");
    for stage in ["read", "inflate", "records", "scan", "count", "partials", "suppress", "encode", "write"] {
        assert!(line.contains(&format!(" · {stage} 0.")), "{stage}: {line}");
    }
    assert!(said(&["--timing", "--lang", "ja"]).contains("入力待ち"));
}
