//! AVX-512: 32 samples at a time.
//!
//! # Safety
//!
//! [`Avx512`] is only made in [`scan`], which requires the instructions; its methods need nothing else but
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
    #[inline(always)]
    fn hom_ref(self, gt: &[u8; 64]) -> u32 {
        // SAFETY: `self` proves AVX-512; the load is of 64 bytes, and may be unaligned.
        unsafe {
            let v = _mm512_loadu_si512(gt.as_ptr().cast());
            let unphased = _mm512_and_si512(v, _mm512_set1_epi8(-2));
            _mm512_cmpeq_epi16_mask(unphased, _mm512_set1_epi16(0x0202))
        }
    }

    #[inline(always)]
    fn decode(self, gt: &[u8; 32], samples: Samples, out: &mut Vec<Call>) -> u32 {
        // SAFETY: `self` proves AVX-512; the load is of 32 bytes, and may be unaligned.
        let (alleles, good, hom_ref) = unsafe {
            let v = _mm512_cvtepu8_epi16(_mm256_loadu_si256(gt.as_ptr().cast()));
            // 0 and 1, missing, become 0xFFFF: already what a call holds.
            let number = _mm512_sub_epi16(_mm512_srli_epi16(v, 1), _mm512_set1_epi16(1));
            let below = _mm512_cmplt_epi16_mask(number, _mm512_set1_epi16(i16::from(samples.top)));
            let second = 0xAAAA_AAAA;
            let haploid = _mm512_mask_cmpeq_epi16_mask(second, v, _mm512_set1_epi16(0x81));
            let both = _mm512_movm_epi16(below | haploid);
            (
                _mm512_mask_set1_epi16(number, haploid, Call::ABSENT.cast_signed()),
                _mm512_cmpeq_epi32_mask(both, _mm512_set1_epi32(-1)),
                _mm512_cmpeq_epi32_mask(number, _mm512_setzero_si512()),
            )
        };
        let leading = good & !good.wrapping_add(1);
        let report = leading & !hom_ref;
        if report != 0 {
            // SAFETY: `self` proves AVX-512.
            unsafe { append::lanes16(alleles, report, samples.column, out) };
        }
        good.trailing_ones()
    }

    #[inline(always)]
    fn below8(self, values: &[u8; 32], min: i8) -> u32 {
        // SAFETY: `self` proves AVX-512 BW and VL; the load is of 32 bytes, and may be unaligned.
        unsafe {
            let v = _mm256_loadu_si256(values.as_ptr().cast());
            _mm256_cmplt_epi8_mask(v, _mm256_set1_epi8(min))
        }
    }

    #[inline(always)]
    fn below16(self, values: &[u8; 64], min: i16) -> u32 {
        // SAFETY: `self` proves AVX-512; the load is of 64 bytes, and may be unaligned.
        unsafe {
            let v = _mm512_loadu_si512(values.as_ptr().cast());
            _mm512_cmplt_epi16_mask(v, _mm512_set1_epi16(min))
        }
    }
}
