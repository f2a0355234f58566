//! The whole path in one process, from a file of a small cohort to released tables on disk: `GT` and `GT:AD:DP:GQ:PL`, as
//! VCF and as BCF, with every backend of this CPU, in genotypes per second.
//!
//! 2,000 invented people, 1,500 variants (of rich records 300). Checking the inputs is in it, and the ledger of a machine that
//! never released anything. Large cohorts are for `compare/`.

use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use shukei::Backend;
use shukei::plan::{LedgerAt, Request, plan};
use shukei::run::{Output, frequency};
use shukei::tally::Crew;
use shukei::timing::Timing;
use shukei::write::audit::Run;
use shukei_benches::cohort::{Shape, Spec, write};

const SAMPLES: usize = 2_000;

/// One run into a directory of its own; its table goes with it.
fn run(file: &Path, samples: &Path, adj: bool, backend: Backend) {
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let request = Request {
        inputs: vec![file.to_owned()],
        samples: samples.to_owned(),
        by: vec!["sex".to_owned(), "region:tree".to_owned()],
        adj,
        max_ploidy: 2,
        ledger: LedgerAt { dir: Some(dir.path().join("ledger")), ..LedgerAt::default() },
        ..Request::default()
    };
    let plan = plan(request).unwrap_or_else(|e| panic!("{e}"));
    let output = Output { dir: dir.path().join("out"), tsv: false, statistics: Vec::new() };
    let timing = Timing::default();
    let crew = Crew { threads: 1, backend, progress: &|_| {}, timing: &timing, scratch: None };
    let run = Run {
        command: Vec::new(),
        started: std::time::SystemTime::UNIX_EPOCH,
        host: String::new(),
        threads: 1,
        backend: backend.name(),
        audit_key: Some([0; 32]),
    };
    frequency(&plan, crew, &output, run, &|_, _| {}).unwrap_or_else(|e| panic!("{e}"));
}

/// A cohort on disk; gone when the directory is dropped.
fn cohort(shape: Shape, records: usize) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let spec = Spec { shape, samples: SAMPLES, records, seed: 1 };
    write(&spec, 1, dir.path()).unwrap_or_else(|e| panic!("{e}"));
    let samples = dir.path().join("samples.tsv");
    (dir, samples)
}

fn pipeline(criterion: &mut Criterion) {
    for (name, shape, records, adj) in [
        ("gt", Shape::Gt, 1_500, false),
        ("rich", Shape::Rich, 300, false),
        ("rich adj", Shape::Rich, 300, true),
    ] {
        let mut made = None;
        for file in ["cohort.vcf.gz", "cohort.bcf"] {
            let mut group = criterion.benchmark_group(format!("pipeline {name} {file}"));
            group.throughput(Throughput::Elements((SAMPLES * records) as u64)).sample_size(10);
            for backend in Backend::available() {
                group.bench_function(BenchmarkId::from_parameter(backend.name()), |bencher| {
                    let (dir, samples) = made.get_or_insert_with(|| cohort(shape, records));
                    let path = dir.path().join(file);
                    bencher.iter(|| run(&path, samples, adj, backend));
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
