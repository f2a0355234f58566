//! tally: one partition, read to its end, becomes a [`Partial`].
//!
//! ```text
//! every worker:  take the next chunk of compressed blocks → inflate → wait for the carry of the chunk before
//!                (the cut record, the last position) → find records, hand the carry on → scan genotypes, count
//! in order:      write the counted units; units that may reach into a neighbouring chunk are counted here
//! ```
//! `--threads 1` is one worker and no other thread. The result does not depend on the number of workers: what a chunk
//! may decide alone is a rule of positions, not of timing.

mod chunk;
mod count;
mod pipeline;
mod runs;
mod scan;
mod sink;
mod staged;

use shukei_kernels::Backend;

pub(crate) use count::worse;
pub use staged::Scratch;

use crate::error::Result;
use crate::normalize::WINDOW;
use crate::partial::{Partial, PartialWriter, Place};
use crate::plan::{Group, GroupFile, Partition, Plan};
use crate::source::Begin;
use crate::source::record::Asked;
use crate::timing::Timing;

/// Who works: threads, instructions, and where progress goes.
#[derive(Clone, Copy)]
pub struct Crew<'a> {
    /// Workers, at least one.
    pub threads: usize,
    /// Kernels.
    pub backend: Backend,
    /// Called with the number of compressed bytes that were just read.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// Where it is noted how long things take.
    pub timing: &'a Timing,
    /// Where input is copied to before it is read; none to read it where it is.
    pub scratch: Option<Scratch<'a>>,
}

/// Index of a partition in its plan.
pub type PartitionId = usize;

/// A stretch of one file that is read from one place on.
struct Stretch<'a> {
    plan: &'a Plan,
    group: &'a Group,
    file: usize,
    begin: Begin,
    /// Spans by contig that this stretch answers for.
    spans: Vec<Vec<(u64, u64)>>,
    /// The same, widened by what normalisation may move in.
    wanted: Vec<Vec<(u64, u64)>>,
    /// Contig and position beyond which nothing more is wanted.
    stop: Option<(u32, u64)>,
    /// Offset in the file before which every wanted record ends, but for the block that begins there.
    until: u64,
}

impl<'a> Stretch<'a> {
    fn file(&self) -> &'a GroupFile {
        &self.group.files[self.file]
    }

    /// True when a normalised position is one that this stretch answers for.
    fn holds(&self, contig: u32, pos: u64) -> bool {
        let spans = &self.spans[contig as usize];
        spans.get(spans.partition_point(|&(_, end)| end <= pos)).is_some_and(|&(start, _)| start <= pos)
    }

    fn asked(&self) -> Asked<'_> {
        let request = self.plan.request();
        Asked {
            samples: self.file().input.header.samples.len(),
            contigs: &self.file().contigs,
            wanted: &self.wanted,
            without_rows: self.plan.groups().len() > 1,
            include_filtered: request.include_filtered,
            structural: request.structural,
            adj: request.adj,
        }
    }
}

/// Counts one partition of a plan. What cannot be read from a copy in `crew.scratch` is read where it is.
pub fn tally(plan: &Plan, part: PartitionId, crew: Crew<'_>, place: &Place<'_>) -> Result<Partial> {
    match (counted(plan, part, crew, place), crew.scratch) {
        (Err(error), Some(scratch)) => {
            scratch.given_up(&error);
            counted(plan, part, Crew { scratch: None, ..crew }, place)
        }
        (result, _) => result,
    }
}

fn counted(plan: &Plan, part: PartitionId, crew: Crew<'_>, place: &Place<'_>) -> Result<Partial> {
    let partition = &plan.partitions()[part];
    let group = &plan.groups()[partition.group];
    let writer = PartialWriter::create(place, plan.digest(), part)?;
    let mut sink = sink::UnitSink::new(plan, group, writer);
    let mut carry = pipeline::Carry::default();
    for stretch in stretches(plan, group, partition)? {
        let staged = crew.scratch.and_then(|scratch| scratch.stage(&stretch));
        let reader = stretch.file().input.open_at(stretch.begin, staged)?;
        carry = pipeline::run((&stretch, reader), crew, &mut sink, carry.for_next(stretch.file))?;
        stretch.file().input.unchanged()?;
    }
    sink.seal()
}

/// What must be read for a partition, in order.
fn stretches<'a>(plan: &'a Plan, group: &'a Group, partition: &Partition) -> Result<Vec<Stretch<'a>>> {
    let widen = if plan.request().reference.is_some() { WINDOW } else { 0 };
    let stretch = |file: usize, begin: Begin, spans: Vec<Vec<(u64, u64)>>, (stop, until)| {
        let wide = |s: &Vec<(u64, u64)>| s.iter().map(|&(a, b)| (a, b.saturating_add(widen))).collect();
        let wanted = spans.iter().map(wide).collect();
        Stretch { plan, group, file, begin, spans, wanted, stop, until }
    };
    let whole = partition.whole && !interleaved(group);
    let mut list: Vec<(Option<(u32, u64)>, Stretch<'a>)> = Vec::new();
    for (number, file) in group.files.iter().enumerate() {
        let Some(index) = file.input.index.as_ref().filter(|_| !whole) else {
            list.push((None, stretch(number, Begin::Records, partition.spans.clone(), (None, u64::MAX))));
            continue;
        };
        for (name, contig) in &file.contigs {
            let header_index = file.input.header.contig_index.iter().position(|n| n == name);
            let first = index.spread(name, header_index).first().map_or(0, |&(pos, _)| pos);
            for jump in jumps(index, (name, header_index), &partition.spans[*contig as usize], widen)? {
                let mut all = vec![Vec::new(); partition.spans.len()];
                let end = jump.spans.last().map_or(0, |s| s.1).saturating_add(widen);
                all[*contig as usize] = jump.spans;
                let begin = Begin::Virtual(jump.begin.0, jump.begin.1);
                let limits = (Some((*contig, end)), jump.until);
                list.push((Some((*contig, first)), stretch(number, begin, all, limits)));
            }
        }
    }
    // Where every file has an index, contigs follow one another; on one contig the files do, by their first records.
    if list.iter().all(|(place, _)| place.is_some()) {
        list.sort_by_key(|(place, _)| *place);
    }
    Ok(list.into_iter().map(|(_, stretch)| stretch).collect())
}

/// True when indexed files of the same samples share a contig and one of them has others too, so that they cannot be read
/// one after the other.
fn interleaved(group: &Group) -> bool {
    let contigs: Option<Vec<Vec<u32>>> = group.files.iter().map(contigs_with_records).collect();
    contigs.is_some_and(|contigs| {
        let shared =
            |i: usize, c: &u32| contigs.iter().enumerate().any(|(j, other)| i != j && other.contains(c));
        contigs.iter().enumerate().any(|(i, mine)| mine.len() > 1 && mine.iter().any(|c| shared(i, c)))
    })
}

/// The contigs of which an index has records; `None` without an index.
fn contigs_with_records(file: &GroupFile) -> Option<Vec<u32>> {
    let index = file.input.index.as_ref()?;
    let has = |name: &String| {
        let header_index = file.input.header.contig_index.iter().position(|n| n == name);
        !index.spread(name, header_index).is_empty()
    };
    Some(file.contigs.iter().filter(|(name, _)| has(name)).map(|(_, id)| *id).collect())
}

/// Compressed bytes between two spans that are worth a seek.
const JUMP: u64 = 4 << 20;

/// Spans that are read without a seek.
struct Jump {
    /// Virtual position of the first record.
    begin: (u64, u64),
    /// Offset of the block in which the last one ends.
    until: u64,
    spans: Vec<(u64, u64)>,
}

/// Groups the spans of a contig into stretches that are read without a seek. A span without a record of its own still
/// matters where normalisation may move one in.
fn jumps(
    index: &crate::source::index::Index,
    (name, header_index): (&str, Option<usize>),
    spans: &[(u64, u64)],
    widen: u64,
) -> Result<Vec<Jump>> {
    let mut list: Vec<Jump> = Vec::new();
    for &span in spans {
        let wide = (span.0, span.1.saturating_add(widen));
        let Some((begin, until)) = index.bounds(name, header_index, wide)? else { continue };
        match list.last_mut() {
            Some(jump) if begin.0.saturating_sub(jump.begin.0) < JUMP => {
                jump.spans.push(span);
                jump.until = jump.until.max(until);
            }
            _ => list.push(Jump { begin, until, spans: vec![span] }),
        }
    }
    Ok(list)
}
