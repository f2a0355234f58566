//! TBI and CSI indexes: where a region begins, how the compressed bytes are spread, and whether the index can be true.
//!
//! An index is never trusted to say "nothing here": before use its chunks must cover every data block of the file, so
//! that an index of another file, an older one, or an empty one is an error and not an empty table.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::index::{BinnedIndex, LinearIndex};
use noodles_csi::binning_index::{BinningIndex, Index as Binning};

use super::Format;
use super::container;
use crate::error::{Error, Result};
use crate::text;

/// An index that covers its file.
pub(crate) struct Index {
    pub(crate) path: PathBuf,
    /// BLAKE3 of the index file.
    pub(crate) digest: String,
    /// Names in index order; empty in a BCF's index, whose order is that of the header.
    pub(crate) names: Vec<String>,
    kind: Kind,
    /// First and last+1 virtual position of each reference with records, and finest spans with their compressed start.
    references: Vec<Vec<(u64, u64)>>,
}

enum Kind {
    Tabix(Box<Binning<LinearIndex>>),
    Csi(Box<Binning<BinnedIndex>>),
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Index {
    /// Looks for `.csi` and `.tbi` beside the file and checks what it finds.
    pub(crate) fn find(
        path: &Path,
        format: Format,
        modified: SystemTime,
        stale_ok: bool,
    ) -> Result<Option<Self>> {
        for suffix in ["csi", "tbi"] {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{suffix}"));
            let index = PathBuf::from(name);
            if index.exists() {
                return Self::read(&index, path, (format, modified, stale_ok))
                    .map(Some)
                    .map_err(|e| if e.place().is_empty() { e.at(index.display(), "") } else { e });
            }
        }
        Ok(None)
    }

    fn read(
        index: &Path,
        file: &Path,
        (format, modified, stale_ok): (Format, SystemTime, bool),
    ) -> Result<Self> {
        let meta = std::fs::metadata(index).map_err(|e| Error::io(index, &e))?;
        let written = meta.modified().map_err(|e| Error::io(index, &e))?;
        if written < modified && !stale_ok {
            return Err(stale("the index is older than its file", "索引がファイルより古くなっています"));
        }
        let bytes = std::fs::read(index).map_err(|e| Error::io(index, &e))?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let unreadable = |_| stale("the index cannot be read", "索引を読み取れません");
        let kind = if index.extension().is_some_and(|e| e == "tbi") {
            Kind::Tabix(Box::new(noodles_tabix::fs::read(index).map_err(unreadable)?))
        } else {
            Kind::Csi(Box::new(noodles_csi::fs::read(index).map_err(unreadable)?))
        };
        let names = match format {
            Format::Vcf => kind.names(),
            Format::Bcf => Vec::new(),
        };
        let references = kind.references();
        let this = Self { path: index.to_owned(), digest, names, kind, references };
        this.check(file)?;
        Ok(this)
    }

    /// The chunks of all references together must run from the first to the last data block without a gap.
    fn check(&self, file: &Path) -> Result<()> {
        let size = container::check_end(file)?;
        let end_of_data = size - 28;
        let mut spans: Vec<(u64, u64)> = self.references.iter().flatten().copied().collect();
        spans.sort_unstable();
        let foreign = || stale("the index belongs to other content", "索引の内容がファイルと一致しません");
        let Some(&(_, mut reached)) = spans.first() else {
            return if has_records(file)? { Err(foreign()) } else { Ok(()) };
        };
        for &(start, end) in &spans {
            if start > reached && !adjoins(file, reached, start)? {
                return Err(foreign());
            }
            reached = reached.max(end);
        }
        let block = reached >> 16;
        let done = block == end_of_data || (block < size && block + block_at(file, block)? >= end_of_data);
        if done && starts_at_first_record(file, spans[0].0)? { Ok(()) } else { Err(foreign()) }
    }

    /// The reference with this position in the header (BCF) or this name (VCF).
    fn reference(&self, name: &str, header_index: Option<usize>) -> Option<usize> {
        if self.names.is_empty() { header_index } else { self.names.iter().position(|n| n == name) }
    }

    /// Virtual position from which every record overlapping `[start, …)` can be read, and the offset of the block in which the last
    /// one that overlaps the span ends; `None` when there is none.
    pub(crate) fn bounds(
        &self,
        name: &str,
        header_index: Option<usize>,
        span: (u64, u64),
    ) -> Result<Option<((u64, u64), u64)>> {
        let Some(id) = self.reference(name, header_index) else { return Ok(None) };
        if self.references.get(id).is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        let position =
            |p: u64| Position::try_from(usize::try_from(p).unwrap_or(usize::MAX)).unwrap_or(Position::MIN);
        // The largest position that the binning scheme can hold.
        let limit = self.kind.limit();
        let (start, end) = (span.0.saturating_add(1).min(limit), span.1.clamp(1, limit));
        let interval = position(start.min(end))..=position(end);
        let chunks = self.kind.query(id, interval.into()).map_err(|e| Error::io(&self.path, &e))?;
        let begin = chunks.iter().map(|c| u64::from(c.start())).min();
        let end = chunks.iter().map(|c| c.end().compressed()).max();
        Ok(begin.map(|v| (v >> 16, v & 0xffff)).zip(end))
    }

    /// How compressed bytes are spread over a reference: (first base of a span, compressed offset where it begins).
    pub(crate) fn spread(&self, name: &str, header_index: Option<usize>) -> Vec<(u64, u64)> {
        let Some(id) = self.reference(name, header_index) else { return Vec::new() };
        self.kind.spread(id)
    }

    /// Contigs with records, for files without `##contig` lines.
    pub(crate) fn contigs(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .zip(&self.references)
            .filter(|(_, spans)| !spans.is_empty())
            .map(|(name, _)| name.as_str())
    }
}

fn stale(en: &str, ja: &str) -> Error {
    Error::input(text!(
        "{en}; make it again (bcftools index -f), or say --accept-stale-index if only its date is wrong",
        "{ja}。作り直してください（bcftools index -f）。更新日時だけの問題なら --accept-stale-index を指定してください"
    ))
}

/// Compressed size of a block that the index names; where none begins, index and file do not belong together.
fn block_at(file: &Path, offset: u64) -> Result<u64> {
    container::block_at(file, offset).map_err(|_| {
        stale(
            "the index belongs to other content, or the file is damaged",
            "索引の内容がファイルと一致しないか、ファイルが破損しています",
        )
    })
}

/// True when `start` is the next thing after `reached`: at most the end of a block lies between them.
fn adjoins(file: &Path, reached: u64, start: u64) -> Result<bool> {
    let block = reached >> 16;
    let next = block + block_at(file, block)?;
    Ok(start >> 16 == block || (start >> 16 == next && start & 0xffff == 0))
}

/// Reads the header again and looks whether a record follows it.
fn has_records(file: &Path) -> Result<bool> {
    let (_, records) = super::head::first_record(file)?;
    Ok(records)
}

/// True when the first indexed position is where the records begin.
fn starts_at_first_record(file: &Path, first: u64) -> Result<bool> {
    let (at, _) = super::head::first_record(file)?;
    Ok(first <= at || adjoins(file, at, first)?)
}

impl Kind {
    fn names(&self) -> Vec<String> {
        let header = match self {
            Kind::Tabix(index) => index.header(),
            Kind::Csi(index) => index.header(),
        };
        header
            .map_or_else(Vec::new, |h| h.reference_sequence_names().iter().map(ToString::to_string).collect())
    }

    fn references(&self) -> Vec<Vec<(u64, u64)>> {
        macro_rules! spans {
            ($index:expr) => {
                Binning::reference_sequences($index)
                    .iter()
                    .map(|r| {
                        r.bins()
                            .values()
                            .flat_map(|b| b.chunks())
                            .map(|c| (c.start().into(), c.end().into()))
                            .collect()
                    })
                    .collect()
            };
        }
        match self {
            Kind::Tabix(index) => spans!(index),
            Kind::Csi(index) => spans!(index),
        }
    }

    fn query(
        &self,
        id: usize,
        interval: noodles_core::region::Interval,
    ) -> std::io::Result<Vec<noodles_csi::binning_index::index::reference_sequence::bin::Chunk>> {
        match self {
            Kind::Tabix(index) => index.query(id, interval),
            Kind::Csi(index) => index.query(id, interval),
        }
    }

    fn shape(&self) -> (u8, u8) {
        match self {
            Kind::Tabix(index) => (index.min_shift(), index.depth()),
            Kind::Csi(index) => (index.min_shift(), index.depth()),
        }
    }

    fn limit(&self) -> u64 {
        let (shift, depth) = self.shape();
        (1u64 << (u32::from(shift) + 3 * u32::from(depth))) - 1
    }

    fn spread(&self, id: usize) -> Vec<(u64, u64)> {
        let (shift, depth) = self.shape();
        let first_leaf = ((1usize << (3 * u32::from(depth))) - 1) / 7;
        macro_rules! leaves {
            ($index:expr) => {
                Binning::reference_sequences($index)
                    .get(id)
                    .map(|r| {
                        r.bins()
                            .iter()
                            .filter(|(bin, _)| **bin >= first_leaf)
                            .filter_map(|(bin, b)| {
                                let start = b.chunks().iter().map(|c| c.start().compressed()).min()?;
                                Some((((bin - first_leaf) as u64) << shift, start))
                            })
                            .collect()
                    })
                    .unwrap_or_default()
            };
        }
        let mut spread: Vec<(u64, u64)> = match self {
            Kind::Tabix(index) => leaves!(index),
            Kind::Csi(index) => leaves!(index),
        };
        spread.sort_unstable();
        spread
    }
}
