//! Reading a file in order, a few MiB at a time, and cutting it into chunks.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};

use super::{BLOCK, CHUNK, Container, block_size, corrupt, cut, no_block, read_full};
use crate::error::{Error, Result};
use crate::text;

/// Bytes of the first read, which often is for the header alone. Of gzip, whose checksum comes at the end, a small file is
/// read whole.
const FIRST: usize = 256 << 10;
/// Bytes of every later read: what network file systems like.
const READ: usize = 4 << 20;
/// Bytes that the kernel is asked to have ready beyond the last read, so that nobody waits and no thread reads ahead.
const AHEAD: u64 = 16 << 20;

/// A run of blocks as read from disk, in a buffer that it shares with its neighbours.
pub(crate) struct Chunk {
    buffer: Arc<Vec<u8>>,
    range: Range<usize>,
    pub(super) container: Container,
    /// Offset in the file of the first byte (uncompressed offset for gzip).
    pub(super) offset: u64,
    /// Uncompressed bytes at the front that belong to the header or to records before a seek.
    pub(super) skip: usize,
}

impl Chunk {
    /// Bytes read from disk.
    pub(crate) fn len(&self) -> u64 {
        self.range.len() as u64
    }

    /// As on disk for BGZF, uncompressed otherwise.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }
}

enum Bytes {
    Direct(File),
    Gzip(Box<flate2::read::MultiGzDecoder<BufReader<File>>>),
}

/// Reads a file as chunks, in order.
pub(crate) struct ChunkReader {
    path: PathBuf,
    container: Container,
    bytes: Bytes,
    /// What was read last, of which `held` is not yet in a chunk, and where `held` begins in the file.
    buffer: Arc<Vec<u8>>,
    held: Range<usize>,
    offset: u64,
    /// Buffers of earlier reads: those that no chunk holds any more are used again.
    buffers: Vec<Arc<Vec<u8>>>,
    /// Bytes to read next.
    want: usize,
    /// No chunk was given out.
    first: bool,
    skip: u64,
    last_was_eof_block: bool,
    ended: bool,
    /// Of every byte on disk, when the reader began at the first one.
    digest: Option<blake3::Hasher>,
}

impl ChunkReader {
    /// Opens a file at (offset, skip): the block at `offset`, `skip` uncompressed bytes in. Only BGZF begins elsewhere than at 0.
    pub(crate) fn open_at(path: &Path, container: Container, place: (u64, u64)) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io(path, &e))?;
        Self::over(file, path, container, place)
    }

    /// The same over an open file: `path`, or a copy of it.
    pub(crate) fn over(
        mut file: File,
        path: &Path,
        container: Container,
        (offset, skip): (u64, u64),
    ) -> Result<Self> {
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|e| Error::io(path, &e))?;
        }
        let bytes = match container {
            Container::Gzip => {
                let file = BufReader::with_capacity(1 << 20, file);
                Bytes::Gzip(Box::new(flate2::read::MultiGzDecoder::new(file)))
            }
            Container::Bgzf | Container::Plain => Bytes::Direct(file),
        };
        // What a gzip decoder reads ahead is not seen here.
        let digest = (offset == 0 && container != Container::Gzip).then(blake3::Hasher::new);
        Ok(Self {
            path: path.to_owned(),
            container,
            bytes,
            buffer: Arc::default(),
            held: 0..0,
            offset,
            buffers: Vec::new(),
            want: if container == Container::Gzip { READ } else { FIRST },
            first: true,
            skip,
            last_was_eof_block: false,
            ended: false,
            digest,
        })
    }

    /// The next chunk; `None` at the end of a complete file.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>> {
        if self.ended {
            return Ok(None);
        }
        let (uncompressed, start) = match self.container {
            Container::Bgzf => self.whole_blocks()?,
            Container::Gzip | Container::Plain => {
                self.refill()?;
                (self.held.len(), std::mem::replace(&mut self.held.start, self.held.end))
            }
        };
        let range = start..self.held.start;
        if range.is_empty() {
            return self.end();
        }
        let offset = self.offset;
        self.offset += range.len() as u64;
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX).min(uncompressed);
        self.skip -= skip as u64;
        let (buffer, container) = (Arc::clone(&self.buffer), self.container);
        Ok(Some(Chunk { buffer, range, container, offset, skip }))
    }

    /// Walks over the blocks of the next chunk; returns their uncompressed size and where they begin.
    ///
    /// Only the first read, which is for the header, and the end of the file may leave a chunk short: whoever had a short one
    /// would wait for whoever has the one before.
    fn whole_blocks(&mut self) -> Result<(usize, usize)> {
        let mut more = true;
        loop {
            let start = self.held.start;
            let uncompressed = self.blocks()?;
            let some = self.held.start > start;
            if uncompressed >= CHUNK || !more || (self.first && some) {
                self.first = false;
                return Ok((uncompressed, start));
            }
            self.held.start = start;
            more = self.refill()?;
        }
    }

    /// The end of the file; it must be one.
    fn end(&mut self) -> Result<Option<Chunk>> {
        if self.container == Container::Bgzf && !(self.held.is_empty() && self.last_was_eof_block) {
            return Err(cut(&self.path));
        }
        self.ended = true;
        Ok(None)
    }

    /// BLAKE3 of the whole file, if the whole file was read.
    pub(crate) fn whole(&self) -> Option<String> {
        self.digest.as_ref().filter(|_| self.ended).map(|digest| digest.finalize().to_hex().to_string())
    }

    /// Walks over whole blocks until a chunk is full or no further one is held; returns their uncompressed size.
    fn blocks(&mut self) -> Result<usize> {
        let (mut uncompressed, first) = (0, self.held.start);
        while uncompressed < CHUNK {
            let rest = &self.buffer[self.held.clone()];
            let at = self.offset + (self.held.start - first) as u64;
            let Some(head) = rest.first_chunk::<18>() else { break };
            let size = block_size(head).ok_or_else(|| no_block(&self.path, at))?;
            let Some(block) = rest.get(..size) else { break };
            let tail = [block[size - 4], block[size - 3], block[size - 2], block[size - 1]];
            let isize = usize::try_from(u32::from_le_bytes(tail)).ok().filter(|&n| n <= BLOCK);
            let isize = isize.ok_or_else(|| {
                let what = text!(
                    "a BGZF block claims more than 64 KiB",
                    "BGZF ブロックの大きさが 64 KiB を超えています"
                );
                corrupt(&self.path, at, what)
            })?;
            self.last_was_eof_block = isize == 0 && size == 28;
            uncompressed += isize;
            self.held.start += size;
        }
        Ok(uncompressed)
    }

    /// Reads more behind what is held, in another buffer; false at the end of the file.
    fn refill(&mut self) -> Result<bool> {
        let mut buffer = self.spare();
        let held = self.held.len();
        let memory = Arc::make_mut(&mut buffer);
        if memory.len() < held + self.want {
            // Zeros of the operating system: what is not used is not touched.
            *memory = vec![0; held + self.want];
        }
        memory[..held].copy_from_slice(&self.buffer[self.held.clone()]);
        let room = &mut memory[held..held + self.want];
        let read = match &mut self.bytes {
            Bytes::Direct(file) => read_full(file, room),
            Bytes::Gzip(file) => read_full(file.as_mut(), room),
        };
        let read = read.map_err(|e| self.unreadable(&e))?;
        if let Some(digest) = &mut self.digest {
            digest.update(&memory[held..held + read]);
        }
        self.buffers.push(std::mem::replace(&mut self.buffer, buffer));
        self.held = 0..held + read;
        self.want = READ;
        if let Bytes::Direct(file) = &self.bytes {
            let from = self.offset + (held + read) as u64;
            // Advice: a file system that cannot take it is as fast as it was.
            let _ = fadvise(file, from, std::num::NonZeroU64::new(AHEAD), Advice::WillNeed);
        }
        Ok(read > 0)
    }

    /// A buffer that nobody holds.
    fn spare(&mut self) -> Arc<Vec<u8>> {
        let free = self.buffers.iter_mut().position(|buffer| Arc::get_mut(buffer).is_some());
        free.map_or_else(Arc::default, |free| self.buffers.swap_remove(free))
    }

    fn unreadable(&self, error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => cut(&self.path),
            _ if self.container == Container::Gzip => {
                corrupt(&self.path, self.offset, text!("the gzip stream is damaged", "gzip を展開できません"))
            }
            _ => Error::io(&self.path, error),
        }
    }
}
