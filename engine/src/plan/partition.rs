//! Which spans of the genome are asked for, and how they are cut into units of work.
//!
//! Cuts follow the compressed bytes that the indexes show, so that units cost about the same; without an index they
//! follow contig lengths. A variant belongs to the partition that holds its normalised position. The largest partition is
//! the first: a cluster starts an array from its front, and what starts last should be short.

mod cost;
mod cut;

pub use cut::Cut;

use super::Request;
use super::files::{Genome, Group};
use crate::error::{Error, Problems, Result};
use crate::region::{Contig, Region, canonical, join};
use crate::text;
use cost::Cost;

/// One unit of work: spans of one group of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The group whose files are read.
    pub group: usize,
    /// Spans by contig, 0-based half-open, sorted and disjoint.
    pub spans: Vec<Vec<(u64, u64)>>,
    /// Everything in the files is asked for, so that no seek is needed.
    pub whole: bool,
    /// Compressed bytes that are read for it, as far as the indexes tell.
    pub bytes: u64,
}

impl Partition {
    /// Contig and position at which it begins; partitions of a group follow one another in this order.
    pub(crate) fn begin(&self) -> Option<(usize, u64)> {
        let first = |(contig, spans): (usize, &Vec<(u64, u64)>)| Some((contig, spans.first()?.0));
        self.spans.iter().enumerate().find_map(first)
    }
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

/// Cuts the spans as the request asks, for every group; the largest partition first.
pub(super) fn partitions(
    request: &Request,
    groups: &[Group],
    contigs: &[Contig],
    spans: &[Vec<(u64, u64)>],
) -> Vec<Partition> {
    let costs: Vec<Cost> = groups.iter().map(|group| Cost::of(group, contigs)).collect();
    let bytes: Vec<u64> = costs.iter().map(|cost| cost.bytes(spans)).collect();
    let indexed = costs.iter().all(Cost::is_indexed);
    let parts = match request.cut.parts(&bytes, indexed) {
        0 | 1 => vec![spans.to_vec()],
        n => cut::cut(&cost::pieces(&costs, spans), contigs.len(), n),
    };
    let whole = everywhere(request) && parts.len() == 1;
    let of_group = |(group, cost): (usize, &Cost)| {
        let part = |spans: &Vec<Vec<(u64, u64)>>| {
            let bytes = cost.bytes(spans);
            Partition { group, spans: spans.clone(), whole, bytes }
        };
        parts.iter().map(part).collect::<Vec<_>>()
    };
    let mut list: Vec<Partition> = costs.iter().enumerate().flat_map(of_group).collect();
    list.sort_by_key(|partition| std::cmp::Reverse(partition.bytes));
    list
}
