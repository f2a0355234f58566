//! Receives the counts of chunks in file order, finishes units that span chunks, and writes the partial.

use std::collections::BTreeMap;
use std::path::Path;

use super::count::{Alone, Counter, Observation};
use super::runs::Counted;
use crate::error::{Error, Result};
use crate::partial::{Notes, Partial, PartialWriter};
use crate::plan::{Group, Plan};
use crate::text;

/// Writes units in order.
pub(super) struct UnitSink<'a> {
    plan: &'a Plan,
    counter: Counter<'a>,
    writer: PartialWriter,
    contig: Option<u32>,
    finished: Vec<u32>,
    last: Option<u64>,
    pending: BTreeMap<u64, Vec<Observation>>,
    notes: Notes,
    buffer: Vec<u8>,
}

impl<'a> UnitSink<'a> {
    pub(super) fn new(plan: &'a Plan, group: &'a Group, writer: PartialWriter) -> Self {
        let counter = Counter::new(plan, group);
        Self {
            plan,
            counter,
            writer,
            contig: None,
            finished: Vec::new(),
            last: None,
            pending: BTreeMap::new(),
            notes: Notes::default(),
            buffer: Vec::new(),
        }
    }

    /// Takes the counts of the next chunk.
    pub(super) fn accept(&mut self, counted: Counted) -> Result<()> {
        self.notes.without_genotypes += counted.without_genotypes;
        for run in counted.runs {
            if self.contig != Some(run.contig) {
                self.turn_to(run.contig)?;
            }
            for (pos, observation) in run.edges {
                self.pending.entry(pos).or_default().push(observation);
            }
            for (pos, range) in run.units {
                self.flush_before(pos)?;
                self.write(pos, &run.bytes[range])?;
            }
            self.flush_before(run.settled)?;
        }
        Ok(())
    }

    /// Ends one contig and begins another.
    fn turn_to(&mut self, contig: u32) -> Result<()> {
        self.flush_before(u64::MAX)?;
        self.finished.extend(self.contig);
        self.contig = Some(contig);
        self.last = None;
        if self.finished.contains(&contig) {
            return Err(self.disorder(contig, 0));
        }
        self.writer.segment(contig);
        Ok(())
    }

    fn disorder(&self, contig: u32, pos: u64) -> Error {
        Error::input(text!(
            "records are out of order, or two files of the same samples overlap here; sort (bcftools sort) or name \
             each file once",
            "レコードが位置の順に並んでいないか、同じ検体の2つのファイルがここで重なっています。並べ替える（bcftools sort）か、\
             各ファイルを1回だけ指定してください"
        ))
        .at(self.plan.locus(contig, pos), "")
    }

    /// Counts and writes the pending units that nothing can reach any more.
    fn flush_before(&mut self, settled: u64) -> Result<()> {
        while let Some(entry) = self.pending.first_entry() {
            let pos = *entry.key();
            if pos >= settled {
                break;
            }
            let observations = entry.remove();
            let contig = self.contig.unwrap_or(0);
            let zone = self.plan.zone(contig, pos)?;
            let unit = match observations.as_slice() {
                [one] => {
                    let variants: Vec<_> = one.variants.iter().map(|(a, v)| (*a, v)).collect();
                    let alone = Alone {
                        file: one.file,
                        pos,
                        variants: &variants,
                        filter: &one.filter,
                        calls: &one.calls,
                    };
                    self.counter.alone(&alone, zone)
                }
                many => {
                    let place = self.plan.locus(contig, pos);
                    self.counter.together(pos, many, zone).map_err(|e| e.at(place, ""))?
                }
            };
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            unit.encode(&mut buffer);
            self.write(pos, &buffer)?;
            self.buffer = buffer;
        }
        Ok(())
    }

    fn write(&mut self, pos: u64, encoded: &[u8]) -> Result<()> {
        if self.last.is_some_and(|last| last >= pos) {
            return Err(self.disorder(self.contig.unwrap_or(0), pos));
        }
        self.last = Some(pos);
        self.writer.unit(encoded)
    }

    /// A file was read from the first to the last byte.
    pub(super) fn whole(&mut self, path: &Path, digest: Option<String>) {
        self.notes.whole.extend(digest.map(|digest| (path.to_owned(), digest)));
    }

    /// Finishes the partial.
    pub(super) fn seal(mut self) -> Result<Partial> {
        self.flush_before(u64::MAX)?;
        self.writer.seal(self.notes)
    }
}
