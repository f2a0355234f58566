//! Workers over the chunks of one stretch, and the two things that pass between chunks: the carry and the results.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::chunk::Worker;
use super::runs::Counted;
use super::sink::UnitSink;
use super::{Crew, Stretch};
use crate::error::{Error, Result, Text};
use crate::source::container::{Chunk, ChunkReader, Container};
use crate::source::{Begin, Format, Input};
use crate::text;
use crate::timing::{Stage, Timing};

/// What a chunk leaves to the next one.
#[derive(Clone, Default)]
pub(super) struct Carry {
    /// The bytes of a record that the chunk's end cut.
    pub(super) tail: Vec<u8>,
    /// File, contig and position of the last record.
    pub(super) last: Option<(usize, u32, u64)>,
    /// Farthest normalised position so far on that contig.
    pub(super) reach: u64,
    /// Contigs that are over.
    pub(super) finished: Vec<u32>,
    /// Nothing more is wanted.
    pub(super) stop: bool,
}

impl Carry {
    /// Where what comes next is: after the last record of the file, as far as one was read.
    pub(super) fn place(&self, stretch: &Stretch<'_>) -> Text {
        match (self.last, stretch.begin) {
            (Some((file, contig, pos)), _) if file == stretch.file => {
                let before = stretch.plan.locus(contig, pos);
                text!("after {before}", "{before} の後")
            }
            (_, Begin::Records) => text!("first record", "最初のレコード"),
            (_, Begin::Virtual(offset, _)) => text!("from byte {offset} on", "{offset}バイト目以降"),
        }
    }

    /// What goes over to the next stretch: where the last file ended, not its bytes. A new stretch of the same file
    /// begins before the last one ended, so that only its own records are in order.
    pub(super) fn for_next(mut self, file: usize) -> Self {
        self.tail.clear();
        self.stop = false;
        if self.last.is_some_and(|(last, ..)| last == file) {
            self.last = None;
            self.reach = 0;
            self.finished.clear();
        }
        self
    }
}

/// Chunks that may be in work beyond the oldest unfinished one, per worker.
const AHEAD: u64 = 2;

struct Shared<'a, 's> {
    source: Mutex<Source>,
    carries: Mutex<Carries>,
    carried: Condvar,
    results: Mutex<Results<'a, 's>>,
    written: Condvar,
    /// Nothing more is wanted of the file. Not under the lock of the source, which is held while waiting for results.
    stop: AtomicBool,
    ahead: u64,
    timing: &'s Timing,
}

struct Source {
    reader: ChunkReader,
    next: u64,
    ended: bool,
}

#[derive(Default)]
struct Carries {
    ready: BTreeMap<u64, Carry>,
    /// Chunks from this one on will never get a carry.
    broken: Option<u64>,
}

struct Results<'a, 's> {
    next: u64,
    waiting: BTreeMap<u64, Counted>,
    failed: Option<(u64, Error)>,
    sink: &'s mut UnitSink<'a>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one stretch to its end; returns what its last chunk leaves.
pub(super) fn run<'a>(
    (stretch, reader): (&Stretch<'a>, ChunkReader),
    crew: Crew<'_>,
    sink: &mut UnitSink<'a>,
    carry: Carry,
) -> Result<Carry> {
    let mut carries = Carries::default();
    carries.ready.insert(0, carry);
    let shared = Shared {
        source: Mutex::new(Source { reader, next: 0, ended: false }),
        carries: Mutex::new(carries),
        carried: Condvar::new(),
        results: Mutex::new(Results { next: 0, waiting: BTreeMap::new(), failed: None, sink }),
        written: Condvar::new(),
        stop: AtomicBool::new(false),
        ahead: AHEAD * crew.threads as u64,
        timing: crew.timing,
    };
    std::thread::scope(|scope| {
        for _ in 1..crew.threads {
            scope.spawn(|| shared.work(stretch, crew));
        }
        shared.work(stretch, crew);
    });
    let carry = shared.outcome()?;
    let whole = lock(&shared.source).reader.whole();
    drop(shared);
    sink.whole(&stretch.file().input.path, whole);
    match (&stretch.file().input, carry.tail.is_empty() || carry.stop) {
        (_, true) => Ok(carry),
        // Some programs end a VCF without a newline. The checks of the container have shown that nothing was cut.
        (Input { format: Format::Vcf, container: Container::Bgzf | Container::Gzip, .. }, _) => {
            let mut worker = Worker::new(stretch, crew)?;
            worker.newline();
            worker.find();
            let carry = worker.records(carry)?;
            sink.accept(worker.count()?)?;
            Ok(carry)
        }
        _ => Err(unfinished(stretch, &carry)),
    }
}

/// The file ends inside a record.
fn unfinished(stretch: &Stretch<'_>, carry: &Carry) -> Error {
    let input = &stretch.file().input;
    let text = match input.format {
        Format::Vcf => text!(
            "the file ends inside a record (no final newline); it was cut, copy or write it again",
            "レコードの途中でファイルが終わっています（最後の改行がありません）。ファイルが切れています。コピーまたは出力をやり直してください"
        ),
        Format::Bcf => text!(
            "the file ends inside a record, or a record claims a wrong length; copy or write it again",
            "レコードの途中でファイルが終わっているか、レコードの長さが壊れています。コピーまたは出力をやり直してください"
        ),
    };
    Error::input(text).on(carry.place(stretch)).at(input.place(), "")
}

/// Makes waiting workers give up when one panics, so that the panic is seen and nothing hangs. It counts as a failure:
/// the results of its chunk never come, and who waits for them to be written would wait for ever.
struct Guard<'a, 'b, 's>(&'a Shared<'b, 's>, u64);

impl Drop for Guard<'_, '_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(self.1, Error::input(text!("a worker panicked", "ワーカーが異常終了しました")));
        }
    }
}

impl<'a, 's> Shared<'a, 's> {
    fn work(&self, stretch: &Stretch<'a>, crew: Crew<'_>) {
        let mut worker = match Worker::new(stretch, crew) {
            Ok(worker) => worker,
            Err(error) => return self.fail(0, error),
        };
        while let Some((number, chunk)) = self.take() {
            let _guard = Guard(self, number);
            (crew.progress)(chunk.len());
            if let Err(error) = self.chunk(&mut worker, number, &chunk) {
                self.fail(number, error);
            }
        }
    }

    /// One chunk from compressed bytes to delivered counts.
    fn chunk(&self, worker: &mut Worker<'_, 'a>, number: u64, chunk: &Chunk) -> Result<()> {
        let timing = worker.timing;
        timing.time(Stage::Inflate, || worker.inflate(chunk))?;
        timing.time(Stage::Records, || worker.find());
        let Some(carry) = self.wait_for_carry(number) else { return Ok(()) };
        let stopped = carry.stop;
        let carry = if stopped { carry } else { timing.time(Stage::Records, || worker.records(carry))? };
        if carry.stop {
            self.stop.store(true, Ordering::Relaxed);
        }
        lock(&self.carries).ready.insert(number + 1, carry);
        self.carried.notify_all();
        let counted = if stopped { Counted::default() } else { worker.count()? };
        timing.time(Stage::Partials, || self.deliver(number, counted))
    }

    /// The next chunk in file order, when the results are not too far behind.
    fn take(&self) -> Option<(u64, Chunk)> {
        let mut source = lock(&self.source);
        if source.ended || self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let number = source.next;
        let results = lock(&self.results);
        let behind = |r: &mut Results<'_, '_>| r.failed.is_none() && number >= r.next + self.ahead;
        let results = self.written.wait_while(results, behind).unwrap_or_else(PoisonError::into_inner);
        if results.failed.is_some() {
            return None;
        }
        drop(results);
        match self.timing.time(Stage::Read, || source.reader.next()) {
            Ok(Some(chunk)) => {
                source.next += 1;
                Some((number, chunk))
            }
            Ok(None) => {
                source.ended = true;
                None
            }
            Err(error) => {
                source.ended = true;
                drop(source);
                self.fail(number, error);
                None
            }
        }
    }

    /// What the last chunk leaves, or the earliest failure. A failure beyond the end of what is wanted is none: whether
    /// that chunk was read at all is a matter of timing.
    fn outcome(&self) -> Result<Carry> {
        let chunks = lock(&self.source).next;
        let failed = lock(&self.results).failed.take();
        let mut carries = lock(&self.carries);
        match failed {
            None => Ok(carries.ready.remove(&chunks).unwrap_or_default()),
            Some((number, error)) => carries.ready.remove(&number).filter(|carry| carry.stop).ok_or(error),
        }
    }

    fn wait_for_carry(&self, number: u64) -> Option<Carry> {
        let carries = lock(&self.carries);
        let waiting = |c: &mut Carries| !c.ready.contains_key(&number) && c.broken.is_none_or(|b| number < b);
        let mut carries = self.carried.wait_while(carries, waiting).unwrap_or_else(PoisonError::into_inner);
        carries.ready.remove(&number)
    }

    /// Hands results to the sink in chunk order.
    fn deliver(&self, number: u64, counted: Counted) -> Result<()> {
        let mut results = lock(&self.results);
        results.waiting.insert(number, counted);
        loop {
            let next = results.next;
            let Some(counted) = results.waiting.remove(&next) else { break };
            results.sink.accept(counted)?;
            results.next += 1;
        }
        drop(results);
        self.written.notify_all();
        Ok(())
    }

    /// Records the failure of a chunk; the earliest one in file order is reported.
    fn fail(&self, number: u64, error: Error) {
        let mut results = lock(&self.results);
        if results.failed.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
            results.failed = Some((number, error));
        }
        drop(results);
        self.break_from(number);
    }

    fn break_from(&self, number: u64) {
        let mut carries = lock(&self.carries);
        carries.broken = Some(carries.broken.map_or(number + 1, |b| b.min(number + 1)));
        drop(carries);
        self.carried.notify_all();
        self.written.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::partial::Place;
    use crate::plan::{LedgerAt, Request, plan};
    use crate::tally::tally;

    /// A plan over a file of this many lines of 1 MiB, and the place it lies in.
    fn planned(lines: usize) -> (tempfile::TempDir, crate::Plan) {
        let dir = tempfile::tempdir().unwrap();
        let (vcf, samples) = (dir.path().join("c.vcf"), dir.path().join("s.tsv"));
        let mut table = "sample_id\n".to_owned();
        let mut text = "##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT".to_owned();
        for i in 0..40 {
            let _ = write!(text, "\tS{i}");
            let _ = writeln!(table, "S{i}");
        }
        let padding = "x".repeat(1 << 20);
        for pos in 1..=lines {
            let _ = write!(text, "\n1\t{pos}\t.\tA\tC\t.\t.\t{padding}\tGT{}", "\t0/1".repeat(40));
        }
        std::fs::write(&vcf, text + "\n").unwrap();
        std::fs::write(&samples, table).unwrap();
        let ledger = LedgerAt { dir: Some(dir.path().join("ledger")), ..LedgerAt::default() };
        let inputs = vec![vcf];
        let request = Request { inputs, samples, max_ploidy: 2, ledger, ..Request::default() };
        let plan = plan(request).unwrap();
        (dir, plan)
    }

    #[test]
    fn a_panic_is_seen_and_nothing_hangs() {
        // More chunks than two workers may have in work.
        let (dir, plan) = planned(40);
        let (done, waiting) = mpsc::channel();
        let work = move || {
            let first = AtomicBool::new(true);
            let progress = |_| assert!(!first.swap(false, Ordering::Relaxed), "on purpose");
            let crew = Crew {
                threads: 2,
                backend: crate::Backend::best(),
                progress: &progress,
                timing: &Timing::default(),
                scratch: None,
            };
            let place = Place::Unnamed(dir.path());
            let work = std::panic::AssertUnwindSafe(|| tally(&plan, 0, crew, &place).is_ok());
            done.send(std::panic::catch_unwind(work).is_err()).unwrap();
        };
        std::thread::spawn(work);
        assert_eq!(waiting.recv_timeout(Duration::from_secs(60)), Ok(true));
    }

    #[test]
    fn a_file_that_changes_meanwhile_is_refused() {
        let (dir, plan) = planned(1);
        let write = |_| {
            let file = std::fs::File::options().append(true).open(dir.path().join("c.vcf")).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        };
        let count = |progress: &(dyn Fn(u64) + Sync)| {
            let crew = Crew {
                threads: 1,
                backend: crate::Backend::best(),
                progress,
                timing: &Timing::default(),
                scratch: None,
            };
            tally(&plan, 0, crew, &Place::Unnamed(dir.path())).map(|_| ())
        };
        assert!(count(&|_| {}).is_ok());
        assert!(count(&write).unwrap_err().to_string().contains("changed while"));
    }
}
