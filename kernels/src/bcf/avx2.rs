//! AVX2: 16 samples at a time.
//!
//! # Safety
//!
//! [`Avx2`] is only made in [`scan`], which requires the instructions; its methods need nothing else but
//! arrays.

use std::arch::x86_64::*;

use super::pairs::{self, Samples, Simd};
use super::{BcfLayout, Typed};
use crate::{Call, ScanError, append};

/// Reads all samples.
///
/// # Safety
///
/// The CPU has the features named here.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn scan(
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    columns: u32,
    out: &mut Vec<Call>,
) -> Result<(), ScanError> {
    pairs::scan(Avx2(()), gt, layout, columns, out)
}

/// Proof that this CPU has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy)]
struct Avx2(());

impl Simd for Avx2 {
    #[inline(always)]
    fn hom_ref(self, gt: &[u8; 64]) -> u32 {
        // SAFETY: `self` proves AVX2; the loads are of the two halves of 64 bytes, and may be unaligned.
        unsafe {
            let pointer = gt.as_ptr().cast::<__m256i>();
            let (unphased, hom_ref) = (_mm256_set1_epi8(-2), _mm256_set1_epi16(0x0202));
            let low = _mm256_and_si256(_mm256_loadu_si256(pointer), unphased);
            let high = _mm256_and_si256(_mm256_loadu_si256(pointer.add(1)), unphased);
            words(_mm256_cmpeq_epi16(low, hom_ref), _mm256_cmpeq_epi16(high, hom_ref))
        }
    }

    #[inline(always)]
    fn decode(self, gt: &[u8; 32], samples: Samples, out: &mut Vec<Call>) -> u32 {
        // SAFETY: `self` proves AVX2; the loads are of the two halves of 32 bytes, and may be unaligned.
        let (low, high) = unsafe {
            let pointer = gt.as_ptr().cast::<__m128i>();
            let (low, high) = (_mm_loadu_si128(pointer), _mm_loadu_si128(pointer.add(1)));
            (_mm256_cvtepu8_epi16(low), _mm256_cvtepu8_epi16(high))
        };
        // SAFETY: `self` proves AVX2.
        match unsafe { decode_half(low, samples, out) } {
            8 => {
                let samples = Samples { column: samples.column.wrapping_add(8), ..samples };
                // SAFETY: `self` proves AVX2.
                8 + unsafe { decode_half(high, samples, out) }
            }
            taken => taken,
        }
    }

    #[inline(always)]
    fn below8(self, values: &[u8; 32], min: i8) -> u32 {
        // SAFETY: `self` proves AVX2; the load is of 32 bytes, and may be unaligned.
        unsafe {
            let v = _mm256_loadu_si256(values.as_ptr().cast());
            _mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(min), v)).cast_unsigned()
        }
    }

    #[inline(always)]
    fn below16(self, values: &[u8; 64], min: i16) -> u32 {
        // SAFETY: `self` proves AVX2; the loads are of the two halves of 64 bytes, and may be unaligned.
        unsafe {
            let pointer = values.as_ptr().cast::<__m256i>();
            let (low, high) = (_mm256_loadu_si256(pointer), _mm256_loadu_si256(pointer.add(1)));
            let min = _mm256_set1_epi16(min);
            words(_mm256_cmpgt_epi16(min, low), _mm256_cmpgt_epi16(min, high))
        }
    }
}

/// [`Simd::decode`] for 8 samples, each value widened to 16 bits.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn decode_half(v: __m256i, samples: Samples, out: &mut Vec<Call>) -> u32 {
    // SAFETY: the caller proves AVX2.
    let (alleles, good, hom_ref) = unsafe {
        // 0 and 1, missing, become 0xFFFF: already what a call holds.
        let number = _mm256_sub_epi16(_mm256_srli_epi16(v, 1), _mm256_set1_epi16(1));
        let below = _mm256_cmpgt_epi16(_mm256_set1_epi16(i16::from(samples.top)), number);
        let haploid = _mm256_cmpeq_epi32(_mm256_srli_epi32(v, 16), _mm256_set1_epi32(0x81));
        let haploid = _mm256_slli_epi32(haploid, 16);
        let absent = _mm256_set1_epi16(Call::ABSENT.cast_signed());
        let alleles = _mm256_blendv_epi8(number, absent, haploid);
        let good = _mm256_cmpeq_epi32(_mm256_or_si256(below, haploid), _mm256_set1_epi32(-1));
        let hom_ref = _mm256_cmpeq_epi32(number, _mm256_setzero_si256());
        let good = _mm256_movemask_ps(_mm256_castsi256_ps(good)).cast_unsigned();
        (alleles, good, _mm256_movemask_ps(_mm256_castsi256_ps(hom_ref)).cast_unsigned())
    };
    let taken = good.trailing_ones();
    let report = !hom_ref & ((1 << taken) - 1);
    if report != 0 {
        // SAFETY: the caller proves AVX2.
        unsafe { append::lanes8(alleles, report, samples.column, out) };
    }
    taken
}

/// One bit per lane of two bytes, all ones or zero.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn words(low: __m256i, high: __m256i) -> u32 {
    // SAFETY: the caller proves AVX2.
    unsafe {
        // Packing interleaves the quarters: put them back in order.
        let bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0b11_01_10_00);
        _mm256_movemask_epi8(bytes).cast_unsigned()
    }
}
