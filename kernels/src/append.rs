//! Appending the calls of chosen lanes: the last step of every decoded block, for text and BCF.
//!
//! A lane of four bytes holds (a, b) as they stand in a [`Call`]; the column is its number. The chosen lanes
//! are squeezed together in the register, interleaved with their columns, and a whole block is stored where
//! room was reserved; the length then covers those that count.

use std::arch::x86_64::*;

use crate::Call;

/// Appends the calls of the lanes in `chosen`, 8 bits; lane 0 is `column`.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
pub(crate) unsafe fn lanes8(alleles: __m256i, chosen: u32, column: u32, out: &mut Vec<Call>) {
    out.reserve(8);
    let space = out.spare_capacity_mut().as_mut_ptr().cast::<__m256i>();
    // SAFETY: the caller proves AVX2; `reserve` made room for 8 calls of 8 bytes, which are two vectors, and
    // the first popcount(chosen) <= 8 of them are written before the length covers them.
    unsafe {
        let order = i64::from_le_bytes(SQUEEZE[(chosen & 0xFF) as usize]);
        let order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(order));
        let columns = _mm256_add_epi32(_mm256_set1_epi32(column.cast_signed()), order);
        let alleles = _mm256_permutevar8x32_epi32(alleles, order);
        let low = _mm256_unpacklo_epi32(columns, alleles);
        let high = _mm256_unpackhi_epi32(columns, alleles);
        _mm256_storeu_si256(space, _mm256_permute2x128_si256(low, high, 0x20));
        _mm256_storeu_si256(space.add(1), _mm256_permute2x128_si256(low, high, 0x31));
        out.set_len(out.len() + (chosen & 0xFF).count_ones() as usize);
    }
}

/// Appends the calls of the lanes in `chosen`, 16 bits; lane 0 is `column`.
///
/// # Safety
///
/// The CPU has AVX-512 F.
#[inline(always)]
pub(crate) unsafe fn lanes16(alleles: __m512i, chosen: u16, column: u32, out: &mut Vec<Call>) {
    out.reserve(16);
    let space = out.spare_capacity_mut().as_mut_ptr().cast::<__m512i>();
    // SAFETY: the caller proves AVX-512; `reserve` made room for 16 calls of 8 bytes, which are two vectors,
    // and the first popcount(chosen) of them are written before the length covers them.
    unsafe {
        let lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let columns = _mm512_add_epi32(_mm512_set1_epi32(column.cast_signed()), lane);
        let columns = _mm512_maskz_compress_epi32(chosen, columns);
        let alleles = _mm512_maskz_compress_epi32(chosen, alleles);
        let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        _mm512_storeu_si512(space, _mm512_permutex2var_epi32(columns, low, alleles));
        _mm512_storeu_si512(space.add(1), _mm512_permutex2var_epi32(columns, high, alleles));
        out.set_len(out.len() + chosen.count_ones() as usize);
    }
}

/// For every set of 8 lanes, those lanes in order.
static SQUEEZE: [[u8; 8]; 256] = squeeze();

const fn squeeze() -> [[u8; 8]; 256] {
    let mut table = [[0; 8]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut lane, mut next) = (0, 0);
        while lane < 8 {
            if set >> lane & 1 == 1 {
                table[set][next] = lane;
                next += 1;
            }
            lane += 1;
        }
        set += 1;
    }
    table
}
