//! Reading the units of one contig of one partial.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::unit::Get;
use super::{Unit, damaged, open};
use crate::error::{Error, Result};

/// Bytes that are read at a time.
const READ: usize = 1 << 18;

/// Where the bytes of a partial are. A job may have more partials than a process may have open files, so that one that was
/// verified is closed and opened again when its turn comes, as long as it is still the same.
#[derive(Clone)]
pub(super) enum Bytes {
    /// An open file: of `freq`, where it has no name.
    Open(Arc<File>),
    /// A file that was verified.
    Verified(PathBuf, Identity),
}

/// What changes when a file is written or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity([i64; 4], [u64; 3]);

impl Identity {
    pub(super) fn of(meta: &Metadata) -> Self {
        let times = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()];
        Self(times, [meta.dev(), meta.ino(), meta.size()])
    }
}

impl Bytes {
    fn open(&self) -> Result<Arc<File>> {
        match self {
            Bytes::Open(file) => Ok(file.clone()),
            Bytes::Verified(path, identity) => {
                let file = open(path)?;
                let meta = file.metadata().map_err(|e| Error::io(path, &e))?;
                let same = Identity::of(&meta) == *identity;
                if same { Ok(Arc::new(file)) } else { Err(damaged().at(path.display(), "")) }
            }
        }
    }
}

/// Reads the units of one contig of one partial.
pub(crate) struct Units {
    bytes: Bytes,
    /// From the first read on.
    file: Option<Arc<File>>,
    contig: u32,
    place: String,
    segments: Vec<(u64, u64)>,
    buffer: Vec<u8>,
    at: usize,
}

impl Units {
    pub(super) fn new(bytes: Bytes, contig: u32, place: String, segments: Vec<(u64, u64)>) -> Self {
        Self { bytes, file: None, contig, place, segments, buffer: Vec::new(), at: 0 }
    }

    /// The next unit; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Unit>> {
        loop {
            let mut get = Get(&self.buffer[self.at..]);
            if let Some(length) = get.number() {
                let length = usize::try_from(length).map_err(|_| damaged())?;
                if let Some(bytes) = get.0.get(..length) {
                    let unit =
                        Unit::decode(self.contig, bytes).ok_or_else(|| damaged().at(&self.place, ""))?;
                    self.at = self.buffer.len() - get.0.len() + length;
                    return Ok(Some(unit));
                }
            }
            if !self.refill()? {
                return if self.at == self.buffer.len() {
                    Ok(None)
                } else {
                    Err(damaged().at(&self.place, ""))
                };
            }
        }
    }

    /// Reads more of the first segment that is left; false when all are read.
    fn refill(&mut self) -> Result<bool> {
        while let Some(&(start, end)) = self.segments.first() {
            if start == end {
                self.segments.remove(0);
                continue;
            }
            let file = match &self.file {
                Some(file) => file.clone(),
                None => self.file.insert(self.bytes.open()?).clone(),
            };
            self.buffer.drain(..self.at);
            self.at = 0;
            let n = usize::try_from(end - start).unwrap_or(READ).min(READ);
            let held = self.buffer.len();
            self.buffer.resize(held + n, 0);
            let place = Path::new(&self.place);
            file.read_exact_at(&mut self.buffer[held..], start).map_err(|e| Error::io(place, &e))?;
            self.segments[0].0 += n as u64;
            return Ok(true);
        }
        Ok(false)
    }
}
