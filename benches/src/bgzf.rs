//! BGZF (SAM specification §4.1), written and inflated block by block, as plainly as it can be.

use libdeflater::{CompressionLvl, Compressor, Crc, Decompressor};

/// Uncompressed bytes of a full block, as htslib cuts them.
const FULL: usize = 0xff00;
/// What htslib takes for its default level where it is built with libdeflate.
const LEVEL: i32 = 7;
/// The empty block at the end of every file.
pub const END: [u8; 28] =
    [31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 27, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Appends `bytes` to `out` as blocks.
///
/// # Panics
///
/// Never: the room reserved is libdeflate's bound, and no block of 65,280 bytes grows beyond 64 KiB.
pub fn deflate(bytes: &[u8], out: &mut Vec<u8>) {
    let level = CompressionLvl::new(LEVEL).unwrap_or_default();
    let mut compressor = Compressor::new(level);
    for block in bytes.chunks(FULL) {
        let start = out.len();
        out.extend_from_slice(&END[..18]);
        out.resize(start + 18 + compressor.deflate_compress_bound(block.len()), 0);
        let n = compressor.deflate_compress(block, &mut out[start + 18..]).expect("within the bound");
        out.truncate(start + 18 + n);
        let mut crc = Crc::new();
        crc.update(block);
        out.extend(crc.sum().to_le_bytes());
        out.extend(u32::try_from(block.len()).expect("a block is small").to_le_bytes());
        let size = u16::try_from(out.len() - start - 1).expect("a block fits");
        out[start + 16..start + 18].copy_from_slice(&size.to_le_bytes());
    }
}

/// Room for a block and for what libdeflate's fast loop may write behind it.
pub type Room = [u8; (1 << 16) + 512];

/// Inflates and verifies the whole blocks at the front of `bytes`, each into the same `room`; returns how many bytes of
/// `bytes` and how many uncompressed ones that were, or what is wrong.
///
/// libdeflate is shown all that follows of `bytes`, not the block alone: near the end of its input it copies byte by byte,
/// and a block of genotypes, of which 64 KiB may come from 400 bytes, is nearly all end.
///
/// # Errors
///
/// A block that is not one, or of which length or checksum differ.
pub fn inflate(
    decompressor: &mut Decompressor,
    bytes: &[u8],
    room: &mut Room,
) -> Result<(usize, usize), String> {
    let (mut taken, mut made) = (0, 0);
    while let Some(head) = bytes[taken..].first_chunk::<18>() {
        if head[..4] != END[..4] || head[12..16] != END[12..16] {
            return Err(format!("no block begins at byte {taken} of this piece"));
        }
        let size = usize::from(u16::from_le_bytes([head[16], head[17]])) + 1;
        let Some(block) = bytes.get(taken..taken + size) else { break };
        let tail = &block[size.saturating_sub(8)..];
        let word = |i: usize| u32::from_le_bytes([tail[i], tail[i + 1], tail[i + 2], tail[i + 3]]);
        let length = word(4) as usize;
        let n = decompressor.deflate_decompress(&bytes[taken + 18..], room).map_err(|e| e.to_string())?;
        let mut crc = Crc::new();
        crc.update(&room[..n]);
        if n != length || crc.sum() != word(0) {
            return Err("a block's checksum or length differs".to_owned());
        }
        taken += size;
        made += n;
    }
    Ok((taken, made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deflated_is_inflated() {
        let text: Vec<u8> = (0..200_000u32).flat_map(|n| (n % 251).to_le_bytes()).collect();
        let mut packed = Vec::new();
        deflate(&text, &mut packed);
        packed.extend(END);
        let mut room = [0; size_of::<Room>()];
        let (taken, made) = inflate(&mut Decompressor::new(), &packed, &mut room).unwrap();
        assert_eq!((taken, made), (packed.len(), text.len()));
        packed[40] ^= 1;
        assert!(inflate(&mut Decompressor::new(), &packed, &mut room).is_err());
    }
}
