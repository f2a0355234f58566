//! BGZF blocks (SAM specification §4.1) of released text.

use crate::error::{Error, Result};
use crate::text;

/// Uncompressed bytes of a full block, as htslib cuts them: with any content the block stays below 64 KiB.
pub(super) const FULL: usize = 0xff00;

/// The empty block at the end of every file.
pub(super) const END: [u8; 28] =
    [31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 27, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Makes blocks; one per thread.
pub(super) struct Deflater(libdeflater::Compressor);

impl Deflater {
    pub(super) fn new() -> Self {
        Self(libdeflater::Compressor::new(libdeflater::CompressionLvl::default()))
    }

    /// The text as blocks, and where each begins.
    pub(super) fn blocks(&mut self, text: &[u8]) -> Result<(Vec<u8>, Vec<usize>)> {
        let (mut out, mut starts) = (Vec::with_capacity(text.len() / 4), Vec::new());
        for block in text.chunks(FULL) {
            let start = out.len();
            starts.push(start);
            out.extend_from_slice(&END[..18]);
            out.resize(start + 18 + self.0.deflate_compress_bound(block.len()), 0);
            let made =
                self.0.deflate_compress(block, &mut out[start + 18..]).map_err(|e| failed(&e.to_string()))?;
            out.truncate(start + 18 + made);
            let mut crc = libdeflater::Crc::new();
            crc.update(block);
            out.extend(crc.sum().to_le_bytes());
            out.extend(u32::try_from(block.len()).unwrap_or(u32::MAX).to_le_bytes());
            let size = u16::try_from(out.len() - start - 1).map_err(|e| failed(&e.to_string()))?;
            out[start + 16..start + 18].copy_from_slice(&size.to_le_bytes());
        }
        Ok((out, starts))
    }
}

fn failed(error: &str) -> Error {
    Error::input(text!("a BGZF block cannot be made: {error}", "BGZF ブロックを作れません: {error}"))
}
