//! Which spans of the genome are asked for, and how they are cut into units of work.
//!
//! Cuts follow the compressed bytes that the indexes show, so that units cost about the same; without an index they
//! follow contig lengths. A variant belongs to the partition that holds its normalised position.

use super::Request;
use super::files::{Genome, Group};
use crate::error::{Error, Problems, Result};
use crate::region::{Contig, Region, canonical, join};
use crate::text;

/// One unit of work: spans of one group of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The group whose files are read.
    pub group: usize,
    /// Spans by contig, 0-based half-open, sorted and disjoint.
    pub spans: Vec<Vec<(u64, u64)>>,
    /// Everything in the files is asked for, so that no seek is needed.
    pub whole: bool,
}

/// Whether no region is named.
pub(super) fn everywhere(request: &Request) -> bool {
    request.regions.is_empty() && request.regions_file.is_none()
}

/// The spans asked for, by contig; everything when no region is named.
pub(super) fn regions(
    request: &Request,
    genome: &Genome,
    opened: bool,
    problems: &mut Problems,
) -> Option<Vec<Vec<(u64, u64)>>> {
    let before = problems.list().len();
    let mut wanted: Vec<Region> = Vec::new();
    for list in &request.regions {
        wanted.extend(list.split(' ').filter_map(|r| problems.keep(Region::parse(r))));
    }
    if let Some(path) = &request.regions_file {
        wanted.extend(problems.keep(bed(path)).unwrap_or_default());
    }
    if everywhere(request) {
        return Some(vec![vec![(0, u64::MAX)]; genome.contigs.len()]);
    }
    let mut spans = vec![Vec::new(); genome.contigs.len()];
    for region in &wanted {
        let found = genome.contigs.iter().position(|c| canonical(&c.name) == canonical(&region.contig));
        match found {
            Some(contig) => spans[contig].push((region.start, region.end)),
            // A file that could not be opened may have it.
            None if !opened => {}
            None => problems.push(no_contig(&region.contig, &genome.contigs)),
        }
    }
    if wanted.is_empty() && problems.list().len() == before {
        problems.push(Error::usage(text!(
            "no region is named; name one with -r, or in the BED file",
            "領域が1つも指定されていません。-r か BED ファイルで指定してください"
        )));
    }
    (problems.list().len() == before).then(|| spans.into_iter().map(join).collect())
}

/// Contigs of which anything is asked for.
pub(super) fn named(contigs: &[Contig], regions: &[Vec<(u64, u64)>]) -> Vec<String> {
    let asked = contigs.iter().zip(regions).filter(|(_, spans)| !spans.is_empty());
    asked.map(|(contig, _)| contig.name.clone()).collect()
}

fn bed(path: &std::path::Path) -> Result<Vec<Region>> {
    let source = std::fs::read_to_string(path).map_err(|e| Error::io(path, &e))?;
    let mut list = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        let place = |e: Error| e.on(text!("line {number}", "{number}行目")).at(path.display(), "");
        let region = Region::parse_bed(line).map_err(place)?;
        list.extend(region);
    }
    Ok(list)
}

fn no_contig(name: &str, contigs: &[Contig]) -> Error {
    let some: Vec<&str> = contigs.iter().take(5).map(|c| c.name.as_str()).collect();
    let some = some.join(", ");
    Error::usage(text!(
        "contig `{name}` is in no input; name one that is: {some} …",
        "contig `{name}` はどの入力にもありません。入力にある contig を指定してください: {some} …"
    ))
}

/// A stretch of a contig and what it costs to read.
struct Piece {
    contig: usize,
    start: u64,
    end: u64,
    weight: u64,
}

/// Cuts the spans into `request.partitions` parts for every group.
pub(super) fn partitions(
    request: &Request,
    groups: &[Group],
    contigs: &[Contig],
    spans: &[Vec<(u64, u64)>],
) -> Vec<Partition> {
    let n = request.partitions.max(1);
    let parts =
        if n == 1 { vec![spans.to_vec()] } else { cut(&pieces(groups, contigs, spans), contigs.len(), n) };
    let whole = everywhere(request) && parts.len() == 1;
    let of_group =
        |group: usize| parts.iter().map(move |spans| Partition { group, spans: spans.clone(), whole });
    (0..groups.len()).flat_map(of_group).collect()
}

/// The spans in pieces with their costs.
fn pieces(groups: &[Group], contigs: &[Contig], spans: &[Vec<(u64, u64)>]) -> Vec<Piece> {
    let mut list = Vec::new();
    for (contig, spans) in spans.iter().enumerate() {
        let marks = marks(groups, contig, contigs[contig].length);
        for &(start, end) in spans {
            let mut at = start;
            let inside = marks.iter().filter(|m| m.0 > start && m.0 < end);
            let before = marks.iter().rev().find(|m| m.0 <= start).map_or(1, |m| m.1);
            let mut weight = before;
            for &(mark, next) in inside {
                list.push(Piece { contig, start: at, end: mark, weight });
                (at, weight) = (mark, next);
            }
            list.push(Piece { contig, start: at, end, weight });
        }
    }
    list
}

/// Positions at which a contig may be cut, each with the cost of what follows it.
fn marks(groups: &[Group], contig: usize, length: Option<u64>) -> Vec<(u64, u64)> {
    let mut spread: Vec<(u64, u64)> = Vec::new();
    let mut indexed = false;
    for file in groups.iter().flat_map(|g| &g.files) {
        let Some(index) = &file.input.index else { continue };
        for (name, _) in file.contigs.iter().filter(|(_, id)| *id as usize == contig) {
            indexed = true;
            let header_index = file.input.header.contig_index.iter().position(|n| n == name);
            let marks = index.spread(name, header_index);
            let costs = marks.iter().zip(marks.iter().skip(1).map(|m| m.1).chain([u64::MAX]));
            spread.extend(costs.map(|(&(pos, from), to)| {
                (pos, if to == u64::MAX { 1 << 14 } else { to.saturating_sub(from) + 1 })
            }));
        }
    }
    if spread.is_empty() && !indexed {
        let step = 1 << 20;
        spread = (0..length.unwrap_or(0) / step).map(|i| (i * step, step)).collect();
    }
    spread.sort_unstable();
    let mut marks: Vec<(u64, u64)> = Vec::new();
    for (pos, cost) in spread {
        match marks.last_mut() {
            Some(last) if last.0 == pos => last.1 += cost,
            _ => marks.push((pos, cost)),
        }
    }
    marks
}

/// Deals consecutive pieces into `n` parts of about equal cost; parts may be empty when there are few pieces.
fn cut(pieces: &[Piece], contigs: usize, n: usize) -> Vec<Vec<Vec<(u64, u64)>>> {
    let total: u64 = pieces.iter().map(|p| p.weight).sum::<u64>().max(1);
    let mut parts = vec![vec![Vec::new(); contigs]; n];
    let mut done = 0u64;
    for piece in pieces {
        let part = usize::try_from(u128::from(done) * n as u128 / u128::from(total)).unwrap_or(0).min(n - 1);
        parts[part][piece.contig].push((piece.start, piece.end));
        done += piece.weight;
    }
    parts.into_iter().map(|spans| spans.into_iter().map(join).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        let pieces: Vec<Piece> = (0..100)
            .map(|i| Piece {
                contig: i / 60,
                start: i as u64 * 10,
                end: i as u64 * 10 + 10,
                weight: 1 + i as u64 % 7,
            })
            .collect();
        for n in [2, 7, 300] {
            let parts = cut(&pieces, 2, n);
            assert_eq!(parts.len(), n);
            let mut all: Vec<(usize, u64, u64)> = Vec::new();
            for part in &parts {
                for (contig, spans) in part.iter().enumerate() {
                    all.extend(spans.iter().map(|&(s, e)| (contig, s, e)));
                }
            }
            assert!(all.windows(2).all(|w| w[0].2 <= w[1].1 || w[0].0 < w[1].0), "{n}: ordered");
            assert_eq!(all.iter().map(|(_, s, e)| e - s).sum::<u64>(), 1000, "{n}: covered");
        }
    }
}
