//! AVX-512: 32 samples at a time.
//!
//! # Safety
//!
//! [`Avx512`] is only made in [`scan`], which requires the instructions; its methods need nothing else but
//! arrays.

use std::arch::x86_64::*;

use super::pairs::{self, BLOCK, Samples, Seen, Simd};
use super::{BcfLayout, Typed};
use crate::{Call, ScanError, append};

/// Reads all samples.
///
/// # Safety
///
/// The CPU has the features named here.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn scan(
    gt: &Typed<'_>,
    layout: &BcfLayout<'_>,
    columns: u32,
    out: &mut Vec<Call>,
) -> Result<(), ScanError> {
    pairs::scan(Avx512(()), gt, layout, columns, out)
}

/// Proof that this CPU has AVX-512 F, BW and VL, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy)]
struct Avx512(());

impl Simd for Avx512 {
    type Numbers = __m512i;

    #[inline(always)]
    fn look(self, gt: &[u8; 64]) -> Seen {
        // SAFETY: `self` proves AVX-512; the load is of 64 bytes, and may be unaligned.
        unsafe {
            let v = _mm512_loadu_si512(gt.as_ptr().cast());
            let unphased = _mm512_and_si512(v, _mm512_set1_epi8(-2));
            let (first, second) = (_mm512_set1_epi16(0x00FF), _mm512_set1_epi16(-0x0100));
            let crossed = _mm512_xor_si512(unphased, _mm512_slli_epi16(unphased, 8));
            Seen {
                hom_ref: _mm512_cmpeq_epi16_mask(unphased, _mm512_set1_epi16(0x0202)),
                called: _mm512_test_epi16_mask(unphased, first) & _mm512_test_epi16_mask(unphased, second),
                haploid: _mm512_cmpeq_epi16_mask(_mm512_srli_epi16(v, 8), _mm512_set1_epi16(0x81)),
                differ: _mm512_test_epi16_mask(crossed, second),
            }
        }
    }

    #[inline(always)]
    fn decode(self, gt: &[u8; 64], samples: Samples, out: &mut Vec<Call>) -> u32 {
        let (halves, _) = gt.as_chunks::<32>();
        let mut rest = samples;
        for half in halves {
            // SAFETY: `self` proves AVX-512.
            let taken = unsafe { decode_half(half, rest, out) };
            if taken < 16 {
                return rest.column - samples.column + taken;
            }
            rest = rest.behind(16);
        }
        BLOCK
    }

    #[inline(always)]
    fn equal(self, bytes: &[u8; 32], byte: u8) -> u32 {
        // SAFETY: `self` proves AVX-512 BW and VL; the load is of 32 bytes, and may be unaligned.
        unsafe {
            let v = _mm256_loadu_si256(bytes.as_ptr().cast());
            _mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8(byte.cast_signed()))
        }
    }

    #[inline(always)]
    fn narrow(self, values: &[u8; 32]) -> __m512i {
        // SAFETY: `self` proves AVX-512; the load is of 32 bytes, and may be unaligned.
        unsafe { _mm512_cvtepi8_epi16(_mm256_loadu_si256(values.as_ptr().cast())) }
    }

    #[inline(always)]
    fn wide(self, values: &[u8; 64]) -> __m512i {
        // SAFETY: `self` proves AVX-512; the load is of 64 bytes, and may be unaligned.
        unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
    }

    #[inline(always)]
    fn narrow_second(self, pairs: &[u8; 64]) -> __m512i {
        // SAFETY: `self` proves AVX-512 BW; the load is of 64 bytes, and may be unaligned.
        unsafe { _mm512_srai_epi16(_mm512_loadu_si512(pairs.as_ptr().cast()), 8) }
    }

    #[inline(always)]
    fn wide_second(self, pairs: &[u8; 128]) -> __m512i {
        // SAFETY: `self` proves AVX-512; the loads are of the two halves of 128 bytes, and may be unaligned.
        unsafe {
            let pointer = pairs.as_ptr().cast::<__m512i>();
            let low = _mm512_srli_epi32(_mm512_loadu_si512(pointer), 16);
            let high = _mm512_srli_epi32(_mm512_loadu_si512(pointer.add(1)), 16);
            let (low, high) = (_mm512_cvtepi32_epi16(low), _mm512_cvtepi32_epi16(high));
            _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1)
        }
    }

    #[inline(always)]
    fn below(self, numbers: __m512i, min: i16) -> u32 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_cmplt_epi16_mask(numbers, _mm512_set1_epi16(min)) }
    }

    #[inline(always)]
    fn below_fifth(self, numbers: __m512i, all: __m512i) -> u32 {
        // SAFETY: `self` proves AVX-512 BW. A sum that does not fit becomes the greatest number, below which is none.
        unsafe {
            let twice = _mm512_adds_epi16(numbers, numbers);
            let five_times = _mm512_adds_epi16(_mm512_adds_epi16(twice, twice), numbers);
            _mm512_cmplt_epi16_mask(five_times, all)
        }
    }
}

/// [`Simd::decode`] for 16 samples.
///
/// # Safety
///
/// The CPU has AVX-512 F, BW and VL.
#[inline(always)]
unsafe fn decode_half(gt: &[u8; 32], samples: Samples, out: &mut Vec<Call>) -> u32 {
    let (others, failed) = ((samples.others & 0xFFFF) as u16, (samples.failed & 0xFFFF) as u16);
    // SAFETY: the caller proves AVX-512; the load is of 32 bytes, and may be unaligned.
    let (alleles, good) = unsafe {
        let v = _mm512_cvtepu8_epi16(_mm256_loadu_si256(gt.as_ptr().cast()));
        let value = _mm512_srli_epi16(v, 1);
        // 0 and 1, missing, become 0xFFFF: already what a call holds.
        let number = _mm512_sub_epi16(value, _mm512_set1_epi16(1));
        let haploid = _mm512_mask_cmpeq_epi16_mask(0xAAAA_AAAA, v, _mm512_set1_epi16(0x81));
        let above = _mm512_maskz_subs_epu16(!haploid, value, _mm512_set1_epi16(i16::from(samples.top)));
        let alleles = _mm512_mask_set1_epi16(number, haploid, Call::ABSENT.cast_signed());
        (_mm512_mask_set1_epi32(alleles, failed, -1), _mm512_testn_epi32_mask(above, above))
    };
    let leading = good & !good.wrapping_add(1);
    // SAFETY: the caller proves AVX-512.
    unsafe { append::lanes16(alleles, leading & others, samples.column, out) };
    good.trailing_ones()
}
