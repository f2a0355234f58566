//! The index of the released VCF: tabix, or CSI where a contig is too long for it.

use std::io;
use std::path::Path;

use noodles_core::Position;
use noodles_csi as csi;
use noodles_csi::binning_index::Indexer;
use noodles_csi::binning_index::index::header::{Builder as IndexHeader, ReferenceSequenceNames};
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles_csi::binning_index::index::reference_sequence::index::{BinnedIndex, LinearIndex};
use noodles_tabix as tabix;

use super::Place;
use crate::error::{Error, Result};
use crate::region::{self, Contig};
use crate::write::{Finished, OutFile};

/// The index as it grows.
pub(super) enum Index {
    Tabix(Indexer<LinearIndex>, ReferenceSequenceNames),
    Csi(Indexer<BinnedIndex>, ReferenceSequenceNames),
}

impl Index {
    /// Bases that a tabix index can address.
    const TABIX: u64 = 1 << 29;
    /// Bits of the smallest bin, as tabix has them.
    const MIN_SHIFT: u8 = 14;

    pub(super) fn new(contigs: &[Contig]) -> Self {
        let longest = contigs.iter().filter_map(|c| c.length).max().unwrap_or(0);
        let deep = (6..=8).find(|depth| longest <= 1 << (Self::MIN_SHIFT + 3 * depth)).unwrap_or(8);
        match Indexer::new(Self::MIN_SHIFT, deep) {
            Some(indexer) if longest > Self::TABIX => Self::Csi(indexer, ReferenceSequenceNames::new()),
            _ => Self::Tabix(Indexer::default(), ReferenceSequenceNames::new()),
        }
    }

    /// Adds a record; contigs are numbered as they come.
    pub(super) fn add(&mut self, name: &str, place: &Place, chunk: Chunk) -> Result<(), String> {
        let first = usize::try_from(region::printed(place.pos)).map_err(|e| e.to_string())?;
        let start = Position::try_from(first).map_err(|e| e.to_string())?;
        let end = start.checked_add(place.length - 1).ok_or("end out of range")?;
        let (Self::Tabix(_, names) | Self::Csi(_, names)) = self;
        let (id, _) = names.insert_full(name.into());
        let context = Some((id, start, end, true));
        let added = match self {
            Self::Tabix(indexer, _) => indexer.add_record(context, chunk),
            Self::Csi(indexer, _) => indexer.add_record(context, chunk),
        };
        added.map_err(|e| e.to_string())
    }

    /// Writes the index beside the data.
    pub(super) fn write(self, dir: &Path) -> Result<Finished> {
        let header = |names| IndexHeader::vcf().set_reference_sequence_names(names).build();
        let name = if matches!(self, Self::Tabix(..)) { "freq.vcf.gz.tbi" } else { "freq.vcf.gz.csi" };
        let out = OutFile::create(dir, name)?;
        let path = out.path.clone();
        let written: io::Result<OutFile> = match self {
            Self::Tabix(indexer, names) => {
                let (count, mut writer) = (names.len(), tabix::io::Writer::new(out));
                writer
                    .write_index(&indexer.set_header(header(names)).build(count))
                    .and_then(|()| writer.into_inner().finish())
            }
            Self::Csi(indexer, names) => {
                let (count, mut writer) = (names.len(), csi::io::Writer::new(out));
                writer
                    .write_index(&indexer.set_header(header(names)).build(count))
                    .and_then(|()| writer.into_inner().finish())
            }
        };
        written.map_err(|e| Error::io(&path, &e))?.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_contigs_need_a_deeper_index() {
        let depth = |length| match Index::new(&[Contig::new("1", Some(length))]) {
            Index::Tabix(..) => "tbi",
            Index::Csi(..) => "csi",
        };
        assert_eq!((depth(248_956_422), depth(1 << 29), depth((1 << 29) + 1)), ("tbi", "tbi", "csi"));
    }
}
