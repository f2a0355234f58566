//! What it costs to read a stretch of the genome: compressed bytes, as the indexes spread them.

use super::super::files::{Group, GroupFile};
use crate::region::Contig;

/// Bases between two places at which a contig may be cut, where no index tells.
const STEP: u64 = 1 << 20;
/// Bytes behind the last mark of an index, which does not say where its records end.
const LAST: u64 = 1 << 14;

/// A stretch of a contig and what it costs to read.
pub(super) struct Piece {
    pub(super) contig: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) weight: u64,
}

/// The costs of a group of files.
pub(super) struct Cost {
    /// By contig: positions at which it may be cut, sorted, each with the bytes of what follows it.
    marks: Vec<Vec<(u64, u64)>>,
    /// Bytes of the files that are read from end to end, whatever is asked for.
    unindexed: u64,
    lengths: Vec<Option<u64>>,
}

impl Cost {
    pub(super) fn of(group: &Group, contigs: &[Contig]) -> Self {
        let marks = (0..contigs.len()).map(|contig| marks(&group.files, contig)).collect();
        let unindexed = group.files.iter().filter(|f| f.input.index.is_none()).map(|f| f.input.size).sum();
        Self { marks, unindexed, lengths: contigs.iter().map(|c| c.length).collect() }
    }

    /// Every file has an index.
    pub(super) fn is_indexed(&self) -> bool {
        self.unindexed == 0
    }

    /// Bytes that are read for these spans, by contig.
    pub(super) fn bytes(&self, spans: &[Vec<(u64, u64)>]) -> u64 {
        let of_span = |marks: &[(u64, u64)], &(start, end): &(u64, u64)| {
            let first = marks.partition_point(|m| m.0 <= start).saturating_sub(1);
            let last = marks.partition_point(|m| m.0 < end);
            marks.get(first..last).unwrap_or_default().iter().map(|m| m.1).sum::<u64>()
        };
        let contigs = self.marks.iter().zip(spans);
        self.unindexed
            + contigs.flat_map(|(marks, spans)| spans.iter().map(|span| of_span(marks, span))).sum::<u64>()
    }
}

/// The marks of the files that have an index.
fn marks(files: &[GroupFile], contig: usize) -> Vec<(u64, u64)> {
    let mut list: Vec<(u64, u64)> = Vec::new();
    for file in files {
        let Some(index) = &file.input.index else { continue };
        for (name, _) in file.contigs.iter().filter(|(_, id)| *id as usize == contig) {
            let header_index = file.input.header.contig_index.iter().position(|n| n == name);
            let marks = index.spread(name, header_index);
            let ends = marks.iter().skip(1).map(|m| Some(m.1)).chain([None]);
            let cost = |from: u64, to: Option<u64>| to.map_or(LAST, |to| to.saturating_sub(from) + 1);
            list.extend(marks.iter().zip(ends).map(|(&(pos, from), to)| (pos, cost(from, to))));
        }
    }
    summed(list)
}

/// Sorted, what lies at the same place added.
fn summed(mut list: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    list.sort_unstable();
    let mut sums: Vec<(u64, u64)> = Vec::with_capacity(list.len());
    for (pos, cost) in list {
        match sums.last_mut() {
            Some(last) if last.0 == pos => last.1 += cost,
            _ => sums.push((pos, cost)),
        }
    }
    sums
}

/// The spans in pieces with their costs over all groups.
pub(super) fn pieces(costs: &[Cost], spans: &[Vec<(u64, u64)>]) -> Vec<Piece> {
    let mut list = Vec::new();
    for (contig, spans) in spans.iter().enumerate() {
        let mut marks = summed(costs.iter().flat_map(|cost| cost.marks[contig].iter().copied()).collect());
        // A contig of which no index has a record is not worth a cut, unless nothing has an index.
        if marks.is_empty() && costs.iter().any(|cost| !cost.is_indexed()) {
            let length = costs.first().and_then(|cost| cost.lengths[contig]).unwrap_or(0);
            marks = (0..length / STEP).map(|i| (i * STEP, STEP)).collect();
        }
        for &(start, end) in spans {
            let mut at = start;
            let inside = marks.iter().filter(|m| m.0 > start && m.0 < end);
            let mut weight = marks.iter().rev().find(|m| m.0 <= start).map_or(1, |m| m.1);
            for &(mark, next) in inside {
                list.push(Piece { contig, start: at, end: mark, weight });
                (at, weight) = (mark, next);
            }
            list.push(Piece { contig, start: at, end, weight });
        }
    }
    list
}
