//! Opening and verifying a ledger of 10, 1,000 and 10,000 releases, judging a new one beside them, and appending to it.
//!
//! Each release shows 21 strata (all, sex, sex × region) out of 200 distinct sets of 23,211 subjects, and has four files.

use std::path::{Path, PathBuf};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use roaring::RoaringBitmap;
use shukei::actor::Actor;
use shukei::ledger::{Bar, Claim, ClaimFamily, ClaimNode, Event, FileRecord, Ledger, Released, SetDigest};

const SUBJECTS: u32 = 23_211;
const SETS: u32 = 200;
const NODES: u32 = 21;

/// Where syncing costs nothing: making the ledgers is not what is measured.
fn memory() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() }
}

/// Strata of very different sizes: unions of 300 groups of some 77 people, who are scattered over the numbers.
fn sets() -> Vec<RoaringBitmap> {
    let group = |s: u32| s.wrapping_mul(2_654_435_761) % 300;
    let inside = |n: u32, group: u32| n == 0 || (group * 31 + n * 17) % (n % 23 + 2) < 1 + n % 7;
    (0..SETS).map(|n| (0..SUBJECTS).filter(|s| inside(n, group(*s))).collect()).collect()
}

/// Lists of people that have nothing to do with each other: each takes about half of everybody.
fn arbitrary(lists: u64) -> Vec<RoaringBitmap> {
    let mut state = 1u64;
    let mut coin = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 63 == 1
    };
    (0..lists).map(|_| (0..SUBJECTS).filter(|_| coin()).collect()).collect()
}

/// A release of 21 strata, judged beside every earlier one.
fn judge(ledger: &Ledger, strata: &[RoaringBitmap]) -> bool {
    let bar = Bar { k: 10, project: None, without: &[] };
    ledger.judge(&strata.iter().collect::<Vec<_>>(), &bar).is_ok()
}

/// The claim of the release of this number: a tree of 21 of the sets.
fn claim(number: u32, actor: &Actor, digests: &[SetDigest]) -> Claim {
    let set = |n: u32| digests[((number * 7 + n * 9) % SETS) as usize];
    let node = |n: u32| ClaimNode {
        name: Some(format!("sex_F_region_{n}")),
        parent: if n < 3 { 0 } else { 1 + n % 2 },
        children: match n {
            0 => vec![1, 2],
            1 | 2 => (3..NODES).filter(|child| 1 + child % 2 == n).collect(),
            _ => Vec::new(),
        },
        set: set(n),
    };
    let hash = || set(5).to_string();
    Claim {
        project: format!("hum{:04}", number % 40),
        actor: actor.clone(),
        handler: Some("Handler".to_owned()),
        product: "frequency".to_owned(),
        plan: hash(),
        callset: hash(),
        policy: hash(),
        k: 10,
        genotypes: false,
        contigs: (1..=22).map(|n| format!("chr{n}")).collect(),
        coordinates: "GRCh38".to_owned(),
        unit: "subject".to_owned(),
        families: vec![ClaimFamily { name: "sex,region".to_owned(), nodes: (0..NODES).map(node).collect() }],
        xx: set(1),
        xy: set(2),
        replaces: Vec::new(),
    }
}

/// Makes a ledger of `count` releases in `dir`.
fn make(dir: &Path, count: u32) {
    let ids: Vec<String> = (0..SUBJECTS).map(|n| format!("P{n:08}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let sets = sets();
    let digests: Vec<SetDigest> = sets.iter().map(SetDigest::of).collect();
    let actor = Actor::current().expect("an account");
    let mut ledger = Ledger::open(dir).expect("a ledger");
    let mut locked = ledger.lock().expect("the lock");
    locked.indices("bench", &ids).expect("numbers");
    for number in 0..count {
        // Sets come with the claims that use them first; after the first rounds the ledger has them all.
        let brought = if number < SETS { sets.as_slice() } else { &[] };
        let id = locked.append_claim(claim(number, &actor, &digests), brought).expect("appended");
        let file =
            |name: &str| FileRecord { name: name.to_owned(), bytes: 1 << 20, blake3: digests[0].to_string() };
        let files = ["freq.parquet", "freq.vcf.gz", "freq.vcf.gz.tbi", "audit.json"].map(file).to_vec();
        locked.append(Event::Released(Released { id, rows: 1_000_000, files })).expect("appended");
    }
}

fn ledgers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ledger");
    group.sample_size(10);
    let actor = Actor::current().expect("an account");
    for count in [10, 1_000, 10_000] {
        // A run that only tests that benchmarks run need not make the large one.
        if count > 10 && std::env::args().any(|arg| arg == "--test") {
            continue;
        }
        let dir = tempfile::tempdir_in(memory()).expect("a directory");
        make(dir.path(), count);
        group.bench_with_input(BenchmarkId::new("open", count), &count, |bencher, _| {
            bencher.iter(|| Ledger::open(dir.path()).expect("a ledger").entries().len());
        });
        let sets = sets();
        let digests: Vec<SetDigest> = sets.iter().map(SetDigest::of).collect();
        let strata: Vec<RoaringBitmap> = (0..NODES).map(|n| sets[(n * 9 % SETS) as usize].clone()).collect();
        group.bench_with_input(BenchmarkId::new("open and judge", count), &count, |bencher, _| {
            bencher.iter(|| assert!(judge(&Ledger::open(dir.path()).expect("a ledger"), &strata)));
        });
        let mut ledger = Ledger::open(dir.path()).expect("a ledger");
        group.bench_with_input(BenchmarkId::new("lock and append", count), &count, |bencher, _| {
            let claim = || claim(1, &actor, &digests);
            let append = |claim| ledger.lock().expect("the lock").append_claim(claim, &[]).expect("appended");
            bencher.iter_batched(claim, append, BatchSize::SmallInput);
        });
    }
    let dir = tempfile::tempdir_in(memory()).expect("a directory");
    make(dir.path(), 1);
    let ledger = Ledger::open(dir.path()).expect("a ledger");
    for lists in if std::env::args().any(|arg| arg == "--test") { vec![20] } else { vec![100, 300] } {
        let strata = arbitrary(lists);
        group.bench_with_input(BenchmarkId::new("judge arbitrary lists", lists), &lists, |bencher, _| {
            bencher.iter(|| assert!(judge(&ledger, &strata)));
        });
    }
    group.finish();
}

criterion_group!(benches, ledgers);
criterion_main!(benches);
