//! From a chunk to its uncompressed bytes.

use std::ops::{Deref, Range};
use std::path::Path;

use super::{BLOCK, CHUNK, Chunk, Container, block_size, corrupt};
use crate::error::{Result, Text};
use crate::text;

/// Room for a block, and for what libdeflate's fast loop may write behind it.
const ROOM: usize = BLOCK + 512;

/// The uncompressed bytes of one chunk. The memory is kept from chunk to chunk and is never cleared: a pass of zeros over
/// every byte that is about to be overwritten is 3 % of the time of a sparse cohort.
#[derive(Default)]
pub(crate) struct Arena {
    memory: Vec<u8>,
    used: Range<usize>,
}

impl Deref for Arena {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.used.clone()]
    }
}

impl Arena {
    /// These bytes and no others.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.memory.clear();
        self.memory.extend_from_slice(bytes);
        self.used = 0..bytes.len();
    }

    /// Room for one more block behind `filled` bytes.
    fn room(&mut self, filled: usize) -> &mut [u8] {
        if self.memory.len() < filled + ROOM {
            // Zeros of the operating system: what is not used is not touched. A chunk ends with the block that makes it full.
            let mut memory = vec![0; CHUNK + BLOCK + ROOM];
            memory[..filled].copy_from_slice(&self.memory[..filled]);
            self.memory = memory;
        }
        &mut self.memory[filled..]
    }
}

/// Turns chunks into bytes: one per worker, reused.
pub(crate) struct Inflater {
    decompressor: libdeflater::Decompressor,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self { decompressor: libdeflater::Decompressor::new() }
    }

    /// Replaces what is in the arena by the uncompressed bytes of the chunk, less those to skip.
    pub(crate) fn inflate(&mut self, path: &Path, chunk: &Chunk, arena: &mut Arena) -> Result<()> {
        let bytes = chunk.bytes();
        if chunk.container != Container::Bgzf {
            arena.put(&bytes[chunk.skip..]);
            return Ok(());
        }
        let (mut at, mut filled) = (0, 0);
        while at < bytes.len() {
            let rest = &bytes[at..];
            let size = rest.first_chunk().and_then(block_size).unwrap_or(rest.len());
            let made = self.block(rest, size, arena.room(filled));
            filled += made.map_err(|what| corrupt(path, chunk.offset + at as u64, what))?;
            at += size;
        }
        arena.used = chunk.skip..filled;
        Ok(())
    }

    /// Inflates and verifies the block of `size` bytes that begins `bytes`; returns how many bytes it made.
    ///
    /// libdeflate is shown all that follows the block, and more room than it needs: close to the end of either it copies byte
    /// by byte. 64 KiB of genotypes may come from 400 bytes, of which the last 32 would be slow: it would take 2.5 times as
    /// long. The block's length and checksum say whether it took what is its own.
    fn block(&mut self, bytes: &[u8], size: usize, room: &mut [u8]) -> std::result::Result<usize, Text> {
        let tail = &bytes[size - 8..size];
        let word = |i: usize| u32::from_le_bytes([tail[i], tail[i + 1], tail[i + 2], tail[i + 3]]);
        let (crc, length) = (word(0), word(4) as usize);
        let made = self.decompressor.deflate_decompress(&bytes[18..], room);
        if made.ok() != Some(length) {
            return Err(text!("a block cannot be inflated", "ブロックを展開できません"));
        }
        let mut sum = libdeflater::Crc::new();
        sum.update(&room[..length]);
        if sum.sum() == crc {
            Ok(length)
        } else {
            Err(text!("the checksum of a block differs", "ブロックのチェックサムが一致しません"))
        }
    }
}
