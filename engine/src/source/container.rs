//! BGZF, gzip and plain files as chunks of a few MiB, each of whole blocks, that workers inflate on their own.
//!
//! BGZF (SAM specification §4.1) is a series of gzip members of at most 64 KiB, each naming its compressed size, so
//! that reading needs no decompression. A whole run of blocks is handed over at a time: per-block hand-offs cost more
//! than they save. Every block's CRC-32 and length are verified; a file that does not end in the empty end-of-file
//! block was cut, which is an error here (htslib only warns).

mod arena;
mod reader;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Text};
use crate::text;

pub(crate) use arena::{Arena, Inflater};
pub(crate) use reader::{Chunk, ChunkReader};

/// Uncompressed bytes at which a chunk is full.
const CHUNK: usize = 4 << 20;
/// Largest BGZF block, compressed or not.
const BLOCK: usize = 1 << 16;

/// How the bytes of a file are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Bgzf,
    Gzip,
    Plain,
}

/// Finds out the container by content, never by the name.
pub(crate) fn sniff(path: &Path) -> Result<Container> {
    let mut file = File::open(path).map_err(|e| Error::io(path, &e))?;
    let mut start = [0u8; 18];
    let n = read_full(&mut file, &mut start).map_err(|e| Error::io(path, &e))?;
    if n < 2 || start[..2] != [0x1f, 0x8b] {
        return Ok(Container::Plain);
    }
    let extra = n == 18 && start[3] & 4 != 0 && start[12..14] == *b"BC";
    Ok(if extra { Container::Bgzf } else { Container::Gzip })
}

fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn cut(path: &Path) -> Error {
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    Error::input(text!(
        "the file is cut off: it ends at byte {size} without an end-of-file block; copy or write it again",
        "ファイルが途中で切れています。終端ブロックがないまま{size}バイト目で終わっています。コピーまたは出力をやり直してください"
    ))
    .at(path.display(), "")
}

fn corrupt(path: &Path, at: u64, what: Text) -> Error {
    let Text { en, ja } = what;
    Error::input(text!(
        "damaged data: {en}; copy the file again and compare checksums",
        "データが破損しています（{ja}）。ファイルをコピーし直し、チェックサムを比べてください"
    ))
    .on(text!("byte {at}", "{at}バイト目"))
    .at(path.display(), "")
}

fn no_block(path: &Path, at: u64) -> Error {
    corrupt(path, at, text!("no BGZF block begins here", "ここから BGZF ブロックが始まっていません"))
}

/// Size of a block from its header; `None` when it is not a BGZF header.
fn block_size(head: &[u8; 18]) -> Option<usize> {
    let ok = head[..4] == [0x1f, 0x8b, 8, 4] && head[10..12] == [6, 0] && head[12..16] == *b"BC\x02\x00";
    let size = usize::from(u16::from_le_bytes([head[16], head[17]])) + 1;
    (ok && size >= 28).then_some(size)
}

/// Reads uncompressed bytes in order, for headers and other small things.
pub(crate) struct Stream {
    path: PathBuf,
    reader: ChunkReader,
    inflater: Inflater,
    arena: Arena,
}

impl Stream {
    pub(crate) fn open(path: &Path, container: Container) -> Result<Self> {
        let reader = ChunkReader::open_at(path, container, (0, 0))?;
        Ok(Self::over(path, reader))
    }

    pub(crate) fn over(path: &Path, reader: ChunkReader) -> Self {
        Self { path: path.to_owned(), reader, inflater: Inflater::new(), arena: Arena::default() }
    }

    /// Appends the next chunk to `out`; false at the end.
    pub(crate) fn more(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let Some(chunk) = self.reader.next()? else { return Ok(false) };
        self.inflater.inflate(&self.path, &chunk, &mut self.arena)?;
        out.extend_from_slice(&self.arena);
        Ok(true)
    }
}

/// Size of the file and whether it ends in BGZF's empty block, for a check that costs one read.
pub(crate) fn check_end(path: &Path) -> Result<u64> {
    const EOF: [u8; 28] = [
        0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let mut file = File::open(path).map_err(|e| Error::io(path, &e))?;
    let size = file.seek(SeekFrom::End(0)).map_err(|e| Error::io(path, &e))?;
    let mut end = [0u8; 28];
    if size >= 28 {
        file.seek(SeekFrom::End(-28))
            .and_then(|_| file.read_exact(&mut end))
            .map_err(|e| Error::io(path, &e))?;
    }
    if end[16..] == EOF[16..] && end[..4] == EOF[..4] { Ok(size) } else { Err(cut(path)) }
}

/// Compressed size of the block at `offset`, to see where the next one begins.
pub(crate) fn block_at(path: &Path, offset: u64) -> Result<u64> {
    block_sizes(path, offset).map(|(compressed, _)| compressed)
}

/// Compressed and uncompressed size of the block at `offset`.
pub(crate) fn block_sizes(path: &Path, offset: u64) -> Result<(u64, u64)> {
    let mut file = File::open(path).map_err(|e| Error::io(path, &e))?;
    let mut head = [0u8; 18];
    let mut size = [0u8; 4];
    let mut read = || -> std::io::Result<Option<u64>> {
        file.seek(SeekFrom::Start(offset))?;
        if read_full(&mut file, &mut head)? < 18 {
            return Ok(None);
        }
        let Some(compressed) = block_size(&head) else { return Ok(None) };
        file.seek(SeekFrom::Start(offset + compressed as u64 - 4))?;
        Ok((read_full(&mut file, &mut size)? == 4).then_some(compressed as u64))
    };
    let compressed = read().map_err(|e| Error::io(path, &e))?;
    let uncompressed = u64::from(u32::from_le_bytes(size));
    compressed.map(|c| (c, uncompressed)).ok_or_else(|| no_block(path, offset))
}
