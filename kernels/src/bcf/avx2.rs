//! AVX2: 32 samples in two registers.
//!
//! # Safety
//!
//! [`Avx2`] is only made in [`scan`], which requires the instructions; its methods need nothing else but
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
    type Numbers = [__m256i; 2];

    #[inline(always)]
    fn look(self, gt: &[u8; 64]) -> Seen {
        // SAFETY: `self` proves AVX2; the loads are of the two halves of 64 bytes, and may be unaligned.
        unsafe {
            let pointer = gt.as_ptr().cast::<__m256i>();
            let (low, high) = (_mm256_loadu_si256(pointer), _mm256_loadu_si256(pointer.add(1)));
            let (low, high) = (look_half(low), look_half(high));
            Seen {
                hom_ref: words(low.hom_ref, high.hom_ref),
                called: words(low.called, high.called),
                haploid: words(low.haploid, high.haploid),
                differ: !words(low.same, high.same),
            }
        }
    }

    #[inline(always)]
    fn decode(self, gt: &[u8; 64], samples: Samples, out: &mut Vec<Call>) -> u32 {
        let (quarters, _) = gt.as_chunks::<16>();
        let mut rest = samples;
        for quarter in quarters {
            // SAFETY: `self` proves AVX2.
            let taken = unsafe { decode_quarter(quarter, rest, out) };
            if taken < 8 {
                return rest.column - samples.column + taken;
            }
            rest = rest.behind(8);
        }
        BLOCK
    }

    #[inline(always)]
    fn equal(self, bytes: &[u8; 32], byte: u8) -> u32 {
        // SAFETY: `self` proves AVX2; the load is of 32 bytes, and may be unaligned.
        unsafe {
            let v = _mm256_loadu_si256(bytes.as_ptr().cast());
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte.cast_signed()))).cast_unsigned()
        }
    }

    #[inline(always)]
    fn narrow(self, values: &[u8; 32]) -> [__m256i; 2] {
        // SAFETY: `self` proves AVX2; the loads are of the two halves of 32 bytes, and may be unaligned.
        unsafe {
            let pointer = values.as_ptr().cast::<__m128i>();
            let (low, high) = (_mm_loadu_si128(pointer), _mm_loadu_si128(pointer.add(1)));
            [_mm256_cvtepi8_epi16(low), _mm256_cvtepi8_epi16(high)]
        }
    }

    #[inline(always)]
    fn wide(self, values: &[u8; 64]) -> [__m256i; 2] {
        // SAFETY: `self` proves AVX2; the loads are of the two halves of 64 bytes, and may be unaligned.
        unsafe {
            let pointer = values.as_ptr().cast::<__m256i>();
            [_mm256_loadu_si256(pointer), _mm256_loadu_si256(pointer.add(1))]
        }
    }

    #[inline(always)]
    fn narrow_second(self, pairs: &[u8; 64]) -> [__m256i; 2] {
        let [low, high] = self.wide(pairs);
        // SAFETY: `self` proves AVX2.
        unsafe { [_mm256_srai_epi16(low, 8), _mm256_srai_epi16(high, 8)] }
    }

    #[inline(always)]
    fn wide_second(self, pairs: &[u8; 128]) -> [__m256i; 2] {
        // SAFETY: `self` proves AVX2; the loads are of the four quarters of 128 bytes, and may be unaligned.
        unsafe {
            let pointer = pairs.as_ptr().cast::<__m256i>();
            let (a, b) = (_mm256_loadu_si256(pointer), _mm256_loadu_si256(pointer.add(1)));
            let (c, d) = (_mm256_loadu_si256(pointer.add(2)), _mm256_loadu_si256(pointer.add(3)));
            let low = _mm256_packs_epi32(_mm256_srai_epi32(a, 16), _mm256_srai_epi32(b, 16));
            let high = _mm256_packs_epi32(_mm256_srai_epi32(c, 16), _mm256_srai_epi32(d, 16));
            // Packing interleaves the quarters: put them back in order.
            [_mm256_permute4x64_epi64(low, 0b11_01_10_00), _mm256_permute4x64_epi64(high, 0b11_01_10_00)]
        }
    }

    #[inline(always)]
    fn below(self, [low, high]: [__m256i; 2], min: i16) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let min = _mm256_set1_epi16(min);
            words(_mm256_cmpgt_epi16(min, low), _mm256_cmpgt_epi16(min, high))
        }
    }

    #[inline(always)]
    fn below_fifth(self, numbers: [__m256i; 2], all: [__m256i; 2]) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe { words(below_fifth(numbers[0], all[0]), below_fifth(numbers[1], all[1])) }
    }
}

/// [`Simd::below_fifth`] for 16 samples.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn below_fifth(numbers: __m256i, all: __m256i) -> __m256i {
    // SAFETY: the caller proves AVX2. A sum that does not fit becomes the greatest number, below which is none.
    unsafe {
        let twice = _mm256_adds_epi16(numbers, numbers);
        let five_times = _mm256_adds_epi16(_mm256_adds_epi16(twice, twice), numbers);
        _mm256_cmpgt_epi16(all, five_times)
    }
}

/// [`Seen`] of 16 samples, all ones or zero in lanes of two bytes.
struct Half {
    hom_ref: __m256i,
    called: __m256i,
    haploid: __m256i,
    same: __m256i,
}

/// [`Simd::look`] for 16 samples.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn look_half(v: __m256i) -> Half {
    // SAFETY: the caller proves AVX2.
    unsafe {
        let zero = _mm256_setzero_si256();
        let unphased = _mm256_and_si256(v, _mm256_set1_epi8(-2));
        let crossed = _mm256_xor_si256(unphased, _mm256_slli_epi16(unphased, 8));
        Half {
            hom_ref: _mm256_cmpeq_epi16(unphased, _mm256_set1_epi16(0x0202)),
            called: _mm256_cmpeq_epi16(_mm256_cmpeq_epi8(unphased, zero), zero),
            haploid: _mm256_cmpeq_epi16(_mm256_srli_epi16(v, 8), _mm256_set1_epi16(0x81)),
            same: _mm256_cmpeq_epi16(_mm256_srli_epi16(crossed, 8), zero),
        }
    }
}

/// [`Simd::decode`] for 8 samples.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn decode_quarter(gt: &[u8; 16], samples: Samples, out: &mut Vec<Call>) -> u32 {
    // SAFETY: the caller proves AVX2; the load is of 16 bytes, and may be unaligned.
    let (alleles, good) = unsafe {
        let v = _mm256_cvtepu8_epi16(_mm_loadu_si128(gt.as_ptr().cast()));
        // 0 and 1, missing, become 0xFFFF: already what a call holds.
        let number = _mm256_sub_epi16(_mm256_srli_epi16(v, 1), _mm256_set1_epi16(1));
        let below = _mm256_cmpgt_epi16(_mm256_set1_epi16(i16::from(samples.top)), number);
        let haploid = _mm256_cmpeq_epi32(_mm256_srli_epi32(v, 16), _mm256_set1_epi32(0x81));
        let haploid = _mm256_slli_epi32(haploid, 16);
        let absent = _mm256_set1_epi16(Call::ABSENT.cast_signed());
        let alleles = _mm256_or_si256(_mm256_blendv_epi8(number, absent, haploid), lanes(samples.failed));
        let good = _mm256_cmpeq_epi32(_mm256_or_si256(below, haploid), _mm256_set1_epi32(-1));
        (alleles, _mm256_movemask_ps(_mm256_castsi256_ps(good)).cast_unsigned())
    };
    let taken = good.trailing_ones();
    let report = samples.others & ((1 << taken) - 1);
    // SAFETY: the caller proves AVX2.
    unsafe { append::lanes8(alleles, report, samples.column, out) };
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

/// Lanes of four bytes, all ones where the bit is set.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn lanes(bits: u32) -> __m256i {
    // SAFETY: the caller proves AVX2.
    unsafe {
        let bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits.cast_signed()), bit), bit)
    }
}
