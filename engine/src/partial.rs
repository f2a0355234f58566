//! Sealed counts of one partition: what `tally` leaves for `merge`. Unreleased; never leaves the platform.
//!
//! ```text
//! "SHUKEIP1" · u32 length · header (JSON: plan digest, partition) · units … · footer (JSON: segments, notes) ·
//! u32 length · BLAKE3 of everything before · "SHUKEIP."
//! ```
//! A segment is a run of units of one contig. A unit is written as variable-length integers and short strings. Files
//! are mode 0600 and have no name until they are whole and synced; `freq` in one process uses files that never get one.
//! Nothing here has a `Display` or a `Serialize`, and `Debug` shows shape, never a count.

mod unit;
mod units;
mod unnamed;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text;
use crate::write::file::Hashing;

use unit::put;
pub(crate) use unit::{CellCounts, Unit, VariantCounts};
pub(crate) use units::Units;
use units::{Bytes, Identity};
use unnamed::Unnamed;
pub use unnamed::remove_temporaries;

const MAGIC: &[u8; 8] = b"SHUKEIP1";
const END: &[u8; 8] = b"SHUKEIP.";
/// Footer length, digest and end mark.
const TRAILER: u64 = 4 + 32 + 8;

/// Which work a partial holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    version: String,
    plan: String,
    partition: usize,
}

/// Facts about the records of a partition that depend on no genotype.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Records without GT (counting rule 16).
    pub without_genotypes: u64,
    /// BLAKE3 of the files that were read from the first to the last byte.
    pub whole: BTreeMap<PathBuf, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Segment {
    contig: u32,
    offset: u64,
    length: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Foot {
    segments: Vec<Segment>,
    notes: Notes,
}

/// Counts of one partition, read to its end without error.
pub struct Partial {
    bytes: Bytes,
    place: String,
    plan: String,
    partition: usize,
    segments: Vec<Segment>,
    notes: Notes,
}

impl std::fmt::Debug for Partial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partial").field("partition", &self.partition).finish_non_exhaustive()
    }
}

/// Where a partial is written.
pub enum Place<'a> {
    /// A file without a name in this directory: gone with the process.
    Unnamed(&'a Path),
    /// This file, by way of a temporary name beside it.
    Named(&'a Path),
}

/// Writes a partial; dropping it unsealed leaves nothing behind.
pub(crate) struct PartialWriter {
    out: BufWriter<Hashing>,
    name: Option<Unnamed>,
    place: String,
    plan: String,
    partition: usize,
    offset: u64,
    segments: Vec<Segment>,
}

impl PartialWriter {
    pub(crate) fn create(place: &Place<'_>, plan: &str, partition: usize) -> Result<Self> {
        let (file, name, shown) = match place {
            Place::Unnamed(dir) => {
                let file = tempfile::tempfile_in(dir).map_err(|e| Error::io(dir, &e))?;
                (file, None, dir.display().to_string())
            }
            Place::Named(path) => {
                let (file, name) = unnamed::create(path).map_err(|e| Error::io(path, &e))?;
                (file, Some(name), path.display().to_string())
            }
        };
        let mut writer = Self {
            out: Hashing::buffered(file),
            name,
            place: shown,
            plan: plan.to_owned(),
            partition,
            offset: 0,
            segments: Vec::new(),
        };
        let head = Head { version: env!("CARGO_PKG_VERSION").to_owned(), plan: plan.to_owned(), partition };
        let head = serde_json::to_vec(&head).map_err(|e| Error::json(&e))?;
        writer.put(MAGIC)?;
        writer.put(&length(&head)?)?;
        writer.put(&head)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.offset += bytes.len() as u64;
        let place = &self.place;
        self.out.write_all(bytes).map_err(|e| Error::io(Path::new(place), &e))
    }

    /// Begins a run of units of one contig.
    pub(crate) fn segment(&mut self, contig: u32) {
        self.segments.push(Segment { contig, offset: self.offset, length: 0 });
    }

    /// Appends one encoded unit to the current segment.
    pub(crate) fn unit(&mut self, encoded: &[u8]) -> Result<()> {
        let mut length = Vec::with_capacity(5);
        put(&mut length, encoded.len() as u64);
        self.put(&length)?;
        self.put(encoded)?;
        if let Some(segment) = self.segments.last_mut() {
            segment.length = self.offset - segment.offset;
        }
        Ok(())
    }

    /// Writes the footer, syncs, and gives the file its name.
    pub(crate) fn seal(mut self, notes: Notes) -> Result<Partial> {
        let foot = Foot { segments: std::mem::take(&mut self.segments), notes };
        let json = serde_json::to_vec(&foot).map_err(|e| Error::json(&e))?;
        self.put(&json)?;
        self.put(&length(&json)?)?;
        let io = |e: std::io::Error, place: &str| Error::io(Path::new(place), &e);
        let hashing = self.out.into_inner().map_err(|e| io(e.into_error(), &self.place))?;
        let digest = hashing.digest();
        let mut file = hashing.file;
        file.write_all(digest.as_bytes())
            .and_then(|()| file.write_all(END))
            .map_err(|e| io(e, &self.place))?;
        if let Some(name) = self.name {
            name.name(&file).map_err(|e| io(e, &self.place))?;
        }
        let Self { place, plan, partition, .. } = self;
        let bytes = Bytes::Open(Arc::new(file));
        Ok(Partial { bytes, place, plan, partition, segments: foot.segments, notes: foot.notes })
    }
}

impl Partial {
    /// Opens a sealed file and checks digest, plan and partition; refuses anything else with its name.
    pub fn open(path: &Path, plan: &str, partition: usize) -> Result<Self> {
        Self::check(&open(path)?, path, plan, partition).map_err(|e| e.at(path.display(), ""))
    }

    fn check(file: &File, path: &Path, plan: &str, partition: usize) -> Result<Self> {
        let io = |e: std::io::Error| Error::input(text!("{e}", "{e}"));
        let meta = file.metadata().map_err(io)?;
        let size = meta.len();
        let at = |offset: u64, n: usize| -> Result<Vec<u8>> {
            let mut bytes = vec![0; n];
            file.read_exact_at(&mut bytes, offset).map_err(|_| damaged())?;
            Ok(bytes)
        };
        if size < TRAILER + 12 || at(0, 8)? != MAGIC || at(size - 8, 8)? != END {
            return Err(damaged());
        }
        verify(file, size)?;
        let number = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize;
        let head: Head = serde_json::from_slice(&at(12, number(&at(8, 4)?))?).map_err(|_| damaged())?;
        if head.version != env!("CARGO_PKG_VERSION") {
            let version = head.version;
            return Err(Error::input(text!(
                "written by shukei {version}, another version; run its tally again",
                "別のバージョン（shukei {version}）が書いたファイルです。tally を再実行してください"
            )));
        }
        if head.plan != plan || head.partition != partition {
            return Err(Error::input(text!(
                "belongs to another plan or partition; run its tally again",
                "別の計画または分割のファイルです。tally を再実行してください"
            )));
        }
        let length = number(&at(size - TRAILER, 4)?) as u64;
        let start = (size - TRAILER).checked_sub(length).ok_or_else(damaged)?;
        let foot = at(start, usize::try_from(length).map_err(|_| damaged())?)?;
        let foot: Foot = serde_json::from_slice(&foot).map_err(|_| damaged())?;
        let place = path.display().to_string();
        let bytes = Bytes::Verified(path.to_owned(), Identity::of(&meta));
        Ok(Self { bytes, place, plan: head.plan, partition, segments: foot.segments, notes: foot.notes })
    }

    /// Digest of the plan whose counts these are.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// The partition whose counts these are.
    #[must_use]
    pub fn partition(&self) -> usize {
        self.partition
    }

    /// Facts about the records.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The units of one contig, in order.
    pub(crate) fn units(&self, contig: u32) -> Units {
        let of_contig = self.segments.iter().filter(|s| s.contig == contig);
        let segments = of_contig.map(|s| (s.offset, s.offset + s.length)).collect();
        Units::new(self.bytes.clone(), contig, self.place.clone(), segments)
    }
}

/// How the length of a header or footer is written.
fn length(json: &[u8]) -> Result<[u8; 4]> {
    u32::try_from(json.len()).map(u32::to_le_bytes).map_err(|_| {
        Error::input(text!(
            "the footer of a partial is longer than 4 GiB; plan more partitions",
            "途中集計ファイルの末尾情報が 4 GiB を超えました。分割数を増やしてください"
        ))
    })
}

fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NOFOLLOW).open(path).map_err(|e| Error::io(path, &e))
}

fn damaged() -> Error {
    Error::input(text!(
        "not a complete partial: cut off or changed; run its tally again",
        "途中集計ファイルが不完全か、書き換えられています。tally を再実行してください"
    ))
}

/// Compares the digest with the bytes.
fn verify(file: &File, size: u64) -> Result<()> {
    let (mut hasher, mut offset, end) = (blake3::Hasher::new(), 0, size - 40);
    let mut buffer = vec![0; 1 << 20];
    while offset < end {
        let n = usize::try_from((end - offset).min(buffer.len() as u64)).unwrap_or(buffer.len());
        file.read_exact_at(&mut buffer[..n], offset).map_err(|_| damaged())?;
        hasher.update(&buffer[..n]);
        offset += n as u64;
    }
    let mut digest = [0; 32];
    file.read_exact_at(&mut digest, end).map_err(|_| damaged())?;
    if *hasher.finalize().as_bytes() == digest { Ok(()) } else { Err(damaged()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(pos: u64) -> Unit {
        let cells = vec![CellCounts { fine: 300, het: 7, homalt: 0, hemi: 1 }];
        let variant =
            VariantCounts { reference: "A".into(), alternate: "CT".into(), filter: "PASS".into(), cells };
        Unit { contig: 3, pos, variants: vec![variant], missing: vec![(0, 5)], combined: true }
    }

    fn write(path: &Path) -> Partial {
        let mut writer = PartialWriter::create(&Place::Named(path), "digest", 4).unwrap();
        let mut bytes = Vec::new();
        for contig in [3, 1] {
            writer.segment(contig);
            for pos in [1, 1 << 33] {
                bytes.clear();
                unit(pos).encode(&mut bytes);
                writer.unit(&bytes).unwrap();
            }
        }
        writer.seal(Notes::default()).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        drop(write(&path));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let partial = Partial::open(&path, "digest", 4).unwrap();
        let mut units = partial.units(3);
        assert!(units.next().unwrap().unwrap() == unit(1));
        assert!(units.next().unwrap().unwrap() == unit(1 << 33));
        assert!(units.next().unwrap().is_none());
        assert!(partial.units(9).next().unwrap().is_none());
        assert_eq!(format!("{partial:?}"), "Partial { partition: 4, .. }");
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        drop(write(&path));
        let good = std::fs::read(&path).unwrap();
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            assert!(Partial::open(&path, "digest", 4).is_err(), "byte {i}");
        }
        std::fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert!(Partial::open(&path, "digest", 4).is_err());
        std::fs::write(&path, &good).unwrap();
        assert!(Partial::open(&path, "other", 4).is_err());
        assert!(Partial::open(&path, "digest", 5).is_err());
    }
}
