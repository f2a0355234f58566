//! From the records that a chunk found to units: what the chunk may decide alone, and what its neighbours may add to.

use std::ops::Range;
use std::sync::Arc;

use shukei_kernels::Call;

use super::chunk::{Kept, Worker};
use super::count::{Alone, Observation};
use crate::error::Result;
use crate::normalize::{Variant, WINDOW};
use crate::region::Zone;
use crate::timing::Stage;

/// Counts of one chunk.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) runs: Vec<Run>,
    pub(super) without_genotypes: u64,
}

/// Counts of a run of records of one contig.
pub(super) struct Run {
    pub(super) contig: u32,
    /// Position and encoded unit, in order.
    pub(super) units: Vec<(u64, Range<usize>)>,
    pub(super) bytes: Vec<u8>,
    /// Units that may reach into a neighbouring chunk.
    pub(super) edges: Vec<(u64, Observation)>,
    /// Units before this position are complete after this run.
    pub(super) settled: u64,
}

impl Worker<'_, '_> {
    /// Scans the genotypes of the records found and counts what this chunk may decide alone.
    pub(super) fn count(&mut self) -> Result<Counted> {
        let kept = std::mem::take(&mut self.kept);
        let mut counted = Counted { runs: Vec::new(), without_genotypes: self.without_genotypes };
        let result = self.runs(&kept, &mut counted).map_err(|e| self.at_file(e));
        self.kept = kept;
        result.map(|()| counted)
    }

    fn runs(&mut self, kept: &[Kept], counted: &mut Counted) -> Result<()> {
        let mut rest = kept;
        while let Some(first) = rest.first() {
            let contig = first.record.contig;
            let n = rest.iter().take_while(|k| k.record.contig == contig).count();
            let (run, after) = rest.split_at(n);
            rest = after;
            // Before this position a neighbour chunk may still add to a unit; from `settled` on the next one may.
            let open_until = match self.reached {
                Some((c, reach)) if c == contig => Some(reach),
                _ => None,
            };
            let settled = match self.last {
                Some((c, pos)) if c == contig => {
                    if self.reference.is_some() {
                        pos.saturating_sub(WINDOW)
                    } else {
                        pos
                    }
                }
                _ => u64::MAX,
            };
            counted.runs.push(self.run(run, contig, (open_until, settled))?);
        }
        // A chunk of skipped records settles what is pending before it, but may not end a contig that goes on.
        Ok(())
    }

    fn run(&mut self, kept: &[Kept], contig: u32, (open_until, settled): (Option<u64>, u64)) -> Result<Run> {
        let mut run = Run { contig, units: Vec::new(), bytes: Vec::new(), edges: Vec::new(), settled };
        // Which records meet at which position.
        let mut entries: Vec<(u64, usize)> = Vec::new();
        for (i, k) in kept.iter().enumerate() {
            entries.extend(k.positions.iter().map(|&pos| (pos, i)));
        }
        entries.sort_unstable();
        let shared = |pos: u64| {
            let from = entries.partition_point(|e| e.0 < pos);
            entries.get(from + 1).is_some_and(|e| e.0 == pos)
        };
        let edge = |pos: u64| open_until.is_some_and(|o| pos <= o) || pos >= settled;
        let mut together: Vec<(u64, Observation)> = Vec::new();
        for k in kept {
            let timing = self.timing;
            let zone = timing.time_record(Stage::Scan, || self.scan(k))?;
            let mut kept_calls: Option<Arc<[Call]>> = None;
            for &pos in &k.positions {
                let here = k.variants.iter().filter(|(v, _)| v.pos == pos);
                if edge(pos) || shared(pos) {
                    let calls = kept_calls.get_or_insert_with(|| self.calls.as_slice().into()).clone();
                    let variants = here.map(|(v, a)| (*a, v.clone())).collect();
                    let filter = k.record.filter.clone();
                    let observation = Observation { file: self.stretch.file, variants, filter, calls };
                    if edge(pos) {
                        run.edges.push((pos, observation))
                    } else {
                        together.push((pos, observation))
                    }
                } else {
                    let variants: Vec<(u16, &Variant)> = here.map(|(v, a)| (*a, v)).collect();
                    let alone = Alone {
                        file: self.stretch.file,
                        pos,
                        variants: &variants,
                        filter: &k.record.filter,
                        calls: &self.calls,
                    };
                    let zone = self.zone_at(contig, pos, zone)?;
                    let start = run.bytes.len();
                    timing.time_record(Stage::Count, || {
                        self.counter.alone(&alone, zone).encode(&mut run.bytes);
                    });
                    run.units.push((pos, start..run.bytes.len()));
                }
            }
        }
        self.combine(together, contig, &mut run)?;
        run.units.sort_by_key(|(pos, _)| *pos);
        Ok(run)
    }

    /// Units of several records that lie wholly in this chunk.
    fn combine(&mut self, mut together: Vec<(u64, Observation)>, contig: u32, run: &mut Run) -> Result<()> {
        together.sort_by_key(|(pos, _)| *pos);
        let mut rest = together.as_slice();
        while let Some(&(pos, _)) = rest.first() {
            let n = rest.iter().take_while(|(p, _)| *p == pos).count();
            let observations: Vec<Observation> = rest[..n].iter().map(|(_, o)| o.clone()).collect();
            rest = &rest[n..];
            let plan = self.stretch.plan;
            let unit = self.counter.together(pos, &observations, plan.zone(contig, pos)?);
            let unit = unit.map_err(|e| e.at(plan.locus(contig, pos), ""))?;
            let start = run.bytes.len();
            unit.encode(&mut run.bytes);
            run.units.push((pos, start..run.bytes.len()));
        }
        Ok(())
    }

    /// Zone of a unit; that of the record's own position when they are the same.
    fn zone_at(&self, contig: u32, pos: u64, known: (u64, Zone)) -> Result<Zone> {
        if known.0 == pos { Ok(known.1) } else { self.stretch.plan.zone(contig, pos) }
    }
}
