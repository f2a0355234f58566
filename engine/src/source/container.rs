//! BGZF, gzip and plain files as chunks of a few MiB, each of whole blocks, that workers inflate on their own.
//!
//! BGZF (SAM specification §4.1) is a series of gzip members of at most 64 KiB, each naming its compressed size, so
//! that reading needs no decompression. A whole run of blocks is handed over at a time: per-block hand-offs cost more
//! than they save. Every block's CRC-32 and length are verified; a file that does not end in the empty end-of-file
//! block was cut, which is an error here (htslib only warns).

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Text};
use crate::text;

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

/// A run of blocks as read from disk.
pub(crate) struct Chunk {
    /// Bytes as on disk for BGZF, uncompressed otherwise.
    bytes: Vec<u8>,
    container: Container,
    /// Offset in the file of the first byte (uncompressed offset for gzip).
    offset: u64,
    /// Uncompressed bytes at the front that belong to the header or to records before a seek.
    skip: usize,
}

impl Chunk {
    /// Bytes read from disk.
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The buffer, for the next chunk.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
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

enum Bytes {
    Direct(BufReader<File>),
    Gzip(Box<flate2::read::MultiGzDecoder<BufReader<File>>>),
}

/// Reads a file as chunks, in order.
pub(crate) struct ChunkReader {
    path: PathBuf,
    container: Container,
    bytes: Bytes,
    offset: u64,
    skip: u64,
    last_was_eof_block: bool,
    ended: bool,
    /// Of every byte on disk, when the reader began at the first one.
    digest: Option<blake3::Hasher>,
}

impl ChunkReader {
    /// Opens at the start of the file, `skip` uncompressed bytes in.
    pub(crate) fn open(path: &Path, container: Container, skip: u64) -> Result<Self> {
        Self::open_at(path, container, 0, skip)
    }

    /// Opens a BGZF file at a virtual position: the block at `offset`, `skip` uncompressed bytes in.
    pub(crate) fn open_at(path: &Path, container: Container, offset: u64, skip: u64) -> Result<Self> {
        let mut file = File::open(path).map_err(|e| Error::io(path, &e))?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|e| Error::io(path, &e))?;
        }
        let file = BufReader::with_capacity(1 << 20, file);
        let bytes = match container {
            Container::Gzip => Bytes::Gzip(Box::new(flate2::read::MultiGzDecoder::new(file))),
            Container::Bgzf | Container::Plain => Bytes::Direct(file),
        };
        let path = path.to_owned();
        // What a gzip decoder reads ahead is not seen here.
        let digest = (offset == 0 && container != Container::Gzip).then(blake3::Hasher::new);
        Ok(Self { path, container, bytes, offset, skip, last_was_eof_block: false, ended: false, digest })
    }

    /// The next chunk into a reused buffer; `None` at the end of a complete file.
    pub(crate) fn next(&mut self, buffer: Vec<u8>) -> Result<Option<Chunk>> {
        if self.ended {
            return Ok(None);
        }
        let mut chunk = Chunk { bytes: buffer, container: self.container, offset: self.offset, skip: 0 };
        chunk.bytes.clear();
        let uncompressed = match self.container {
            Container::Bgzf => self.read_blocks(&mut chunk.bytes)?,
            Container::Gzip | Container::Plain => self.read_bytes(&mut chunk.bytes)?,
        };
        self.offset += chunk.bytes.len() as u64;
        let skip = self.skip.min(uncompressed as u64);
        self.skip -= skip;
        chunk.skip = usize::try_from(skip).unwrap_or(uncompressed);
        if let Some(digest) = &mut self.digest {
            digest.update(&chunk.bytes);
        }
        if chunk.bytes.is_empty() {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(chunk))
    }

    /// BLAKE3 of the whole file, if the whole file was read.
    pub(crate) fn whole(&self) -> Option<String> {
        self.digest.as_ref().filter(|_| self.ended).map(|digest| digest.finalize().to_hex().to_string())
    }

    fn read_bytes(&mut self, out: &mut Vec<u8>) -> Result<usize> {
        out.resize(CHUNK, 0);
        let n = match &mut self.bytes {
            Bytes::Direct(file) => read_full(file, out),
            Bytes::Gzip(file) => read_full(file.as_mut(), out),
        };
        let n = n.map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => self.cut(),
            _ if self.container == Container::Gzip => {
                self.corrupt(self.offset, text!("the gzip stream is damaged", "gzip を展開できません"))
            }
            _ => Error::io(&self.path, &e),
        })?;
        out.truncate(n);
        Ok(n)
    }

    /// Appends whole blocks until the chunk is full; returns the uncompressed size.
    fn read_blocks(&mut self, out: &mut Vec<u8>) -> Result<usize> {
        let mut uncompressed = 0;
        while uncompressed < CHUNK && out.len() < CHUNK {
            let start = out.len();
            let Some(size) = self.read_block(out)? else {
                if !self.last_was_eof_block {
                    return Err(self.cut());
                }
                break;
            };
            self.last_was_eof_block = size == 0 && out.len() - start == 28;
            uncompressed += size;
        }
        Ok(uncompressed)
    }

    /// Appends one block; returns its uncompressed size, `None` at the end of the file.
    fn read_block(&mut self, out: &mut Vec<u8>) -> Result<Option<usize>> {
        let Bytes::Direct(file) = &mut self.bytes else { return Ok(None) };
        let start = out.len();
        let at = self.offset + start as u64;
        let mut head = [0u8; 18];
        let io = |e: std::io::Error| Error::io(&self.path, &e);
        let n = read_full(file, &mut head).map_err(io)?;
        if n == 0 {
            return Ok(None);
        }
        let size = if n == 18 { block_size(&head) } else { None };
        let Some(size) = size else {
            return Err(if n < 18 {
                self.cut()
            } else {
                self.corrupt(
                    at,
                    text!("no BGZF block begins here", "ここから BGZF ブロックが始まっていません"),
                )
            });
        };
        out.extend_from_slice(&head);
        out.resize(start + size, 0);
        let n = read_full(file, &mut out[start + 18..]).map_err(io)?;
        if n < size - 18 {
            return Err(self.cut());
        }
        let isize = u32::from_le_bytes([
            out[start + size - 4],
            out[start + size - 3],
            out[start + size - 2],
            out[start + size - 1],
        ]);
        match usize::try_from(isize) {
            Ok(isize) if isize <= BLOCK => Ok(Some(isize)),
            _ => Err(self.corrupt(
                at,
                text!(
                    "a BGZF block claims more than 64 KiB",
                    "BGZF ブロックの大きさが 64 KiB を超えています"
                ),
            )),
        }
    }

    fn cut(&self) -> Error {
        let size = std::fs::metadata(&self.path).map_or(0, |m| m.len());
        Error::input(text!(
            "the file is cut off: it ends at byte {size} without an end-of-file block; copy or write it again",
            "ファイルが途中で切れています。終端ブロックがないまま{size}バイト目で終わっています。コピーまたは出力をやり直してください"
        ))
        .at(self.path.display(), "")
    }

    fn corrupt(&self, at: u64, what: Text) -> Error {
        corrupt(&self.path, at, what)
    }
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

/// Size of a block from its header; `None` when it is not a BGZF header.
fn block_size(head: &[u8; 18]) -> Option<usize> {
    let ok = head[..4] == [0x1f, 0x8b, 8, 4] && head[10..12] == [6, 0] && head[12..16] == *b"BC\x02\x00";
    let size = usize::from(u16::from_le_bytes([head[16], head[17]])) + 1;
    (ok && size >= 28).then_some(size)
}

/// Turns chunks into bytes: one per worker, reused.
pub(crate) struct Inflater {
    decompressor: libdeflater::Decompressor,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self { decompressor: libdeflater::Decompressor::new() }
    }

    /// Replaces `out` with the uncompressed bytes of the chunk, less those to skip.
    pub(crate) fn inflate(&mut self, path: &Path, chunk: &Chunk, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        if chunk.container != Container::Bgzf {
            out.extend_from_slice(&chunk.bytes[chunk.skip..]);
            return Ok(());
        }
        let (mut rest, mut offset) = (chunk.bytes.as_slice(), chunk.offset);
        while !rest.is_empty() {
            let size = rest.first_chunk().and_then(block_size).unwrap_or(rest.len());
            let (block, after) = rest.split_at(size);
            self.block(block, out).map_err(|what| corrupt(path, offset, what))?;
            offset += size as u64;
            rest = after;
        }
        out.drain(..chunk.skip);
        Ok(())
    }

    /// Inflates and verifies one block.
    fn block(&mut self, block: &[u8], out: &mut Vec<u8>) -> std::result::Result<(), Text> {
        let (body, tail) = block[18..].split_at(block.len() - 26);
        let word = |i: usize| u32::from_le_bytes([tail[i], tail[i + 1], tail[i + 2], tail[i + 3]]);
        let (crc, size) = (word(0), word(4) as usize);
        let start = out.len();
        out.resize(start + size, 0);
        let n = self.decompressor.deflate_decompress(body, &mut out[start..]);
        if n.ok() != Some(size) {
            return Err(text!("a block cannot be inflated", "ブロックを展開できません"));
        }
        let mut sum = libdeflater::Crc::new();
        sum.update(&out[start..]);
        if sum.sum() == crc {
            Ok(())
        } else {
            Err(text!("the checksum of a block differs", "ブロックのチェックサムが一致しません"))
        }
    }
}

/// Reads uncompressed bytes in order, for headers and other small things.
pub(crate) struct Stream {
    path: PathBuf,
    reader: ChunkReader,
    inflater: Inflater,
    bytes: Vec<u8>,
    spare: Vec<u8>,
}

impl Stream {
    pub(crate) fn open(path: &Path, container: Container) -> Result<Self> {
        let reader = ChunkReader::open(path, container, 0)?;
        Ok(Self::over(path, reader))
    }

    pub(crate) fn over(path: &Path, reader: ChunkReader) -> Self {
        Self {
            path: path.to_owned(),
            reader,
            inflater: Inflater::new(),
            bytes: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Appends the next chunk to `out`; false at the end.
    pub(crate) fn more(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let Some(chunk) = self.reader.next(std::mem::take(&mut self.spare))? else { return Ok(false) };
        self.inflater.inflate(&self.path, &chunk, &mut self.bytes)?;
        out.extend_from_slice(&self.bytes);
        self.spare = chunk.into_buffer();
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
    if end[16..] == EOF[16..] && end[..4] == EOF[..4] {
        return Ok(size);
    }
    Err(ChunkReader::open(path, Container::Bgzf, 0)?.cut())
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
    compressed.map(|c| (c, uncompressed)).ok_or_else(|| {
        corrupt(path, offset, text!("no BGZF block begins here", "ここから BGZF ブロックが始まっていません"))
    })
}
