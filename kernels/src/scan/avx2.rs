//! AVX2: 32 bytes, or 8 cells of four bytes, at a time.
//!
//! # Safety
//!
//! [`Avx2`] is only made in [`scan`], which requires the instructions; its methods need nothing else but
//! arrays and reserved capacity.

use std::arch::x86_64::*;

use super::hops::Hops;
use super::simd::{self, Cells, Simd};
use super::visits::{Visits, Word};
use crate::{Call, Layout, append};

/// Reads a line; `None` if anything is wrong with it.
///
/// # Safety
///
/// The CPU has the features named here.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn scan(line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    simd::scan(Avx2(()), line, layout, out)
}

/// [`Simd::visit`].
///
/// # Safety
///
/// The CPU has the features named here.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline(never)]
unsafe fn visit(visits: &mut Visits<'_>, words: &[Word]) -> Option<()> {
    visits.visit(Avx2(()), words)
}

/// Proof that this CPU has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy)]
struct Avx2(());

/// `0/0⇥` and `0|0⇥`, as numbers.
const HOM_REF: [i32; 2] = [i32::from_le_bytes(*b"0/0\t"), i32::from_le_bytes(*b"0|0\t")];
/// Their bytes that are not digits.
const SHAPE: [i32; 2] = [i32::from_le_bytes(*b"\0/\0\t"), i32::from_le_bytes(*b"\0|\0\t")];
/// Where the digits of a cell are.
const DIGITS: i32 = 0x00FF_00FF;

impl Simd for Avx2 {
    type Bytes = [__m256i; 2];
    type Way<const LAST: usize> = Hops<LAST>;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [__m256i; 2] {
        let pointer = bytes.as_ptr().cast::<__m256i>();
        // SAFETY: `bytes` is 64 long, loads may be unaligned, and `self` proves AVX2.
        unsafe { [_mm256_loadu_si256(pointer), _mm256_loadu_si256(pointer.add(1))] }
    }

    #[inline(always)]
    fn equal(self, [low, high]: [__m256i; 2], byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let wanted = _mm256_set1_epi8(byte.cast_signed());
            bits(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted))
        }
    }

    #[inline(always)]
    fn either(self, [low, high]: [__m256i; 2], x: u8, y: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let (x, y) = (_mm256_set1_epi8(x.cast_signed()), _mm256_set1_epi8(y.cast_signed()));
            let low = _mm256_or_si256(_mm256_cmpeq_epi8(low, x), _mm256_cmpeq_epi8(low, y));
            let high = _mm256_or_si256(_mm256_cmpeq_epi8(high, x), _mm256_cmpeq_epi8(high, y));
            bits(low, high)
        }
    }

    #[inline(always)]
    fn between(self, [low, high]: [__m256i; 2], first: u8, last: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let first = _mm256_set1_epi8(first.cast_signed());
            let last = _mm256_set1_epi8(last.cast_signed());
            let low = _mm256_cmpeq_epi8(_mm256_max_epu8(_mm256_min_epu8(low, last), first), low);
            let high = _mm256_cmpeq_epi8(_mm256_max_epu8(_mm256_min_epu8(high, last), first), high);
            bits(low, high)
        }
    }

    #[inline(always)]
    fn visit(self, visits: &mut Visits<'_>, words: &[Word]) -> Option<()> {
        // SAFETY: `self` proves the features.
        unsafe { visit(visits, words) }
    }

    #[inline(always)]
    fn is_hom_ref(self, bytes: &[u8; 64]) -> bool {
        let [first, second] = self.load(bytes);
        // SAFETY: `self` proves AVX2.
        unsafe {
            let both = _mm256_and_si256(either_cell(first, HOM_REF), either_cell(second, HOM_REF));
            _mm256_movemask_epi8(both) == -1
        }
    }

    #[inline(always)]
    fn decode(self, bytes: &[u8; 64], cells: Cells, out: &mut Vec<Call>) -> u32 {
        let [first, second] = self.load(bytes);
        // SAFETY: `self` proves AVX2.
        match unsafe { decode_half(first, cells, out) } {
            8 => {
                let cells = Cells { column: cells.column.wrapping_add(8), ..cells };
                // SAFETY: `self` proves AVX2.
                8 + unsafe { decode_half(second, cells, out) }
            }
            taken => taken,
        }
    }
}

/// [`Simd::decode`] for 8 cells.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn decode_half(v: __m256i, cells: Cells, out: &mut Vec<Call>) -> u32 {
    // SAFETY: the caller proves AVX2.
    let (alleles, good, hom_ref) = unsafe {
        let digits = _mm256_and_si256(v, _mm256_set1_epi32(DIGITS));
        let number = _mm256_sub_epi16(digits, _mm256_set1_epi16(0x30));
        let missing = _mm256_cmpeq_epi16(digits, _mm256_set1_epi16(0x2E));
        let below = _mm256_cmpgt_epi16(_mm256_set1_epi16(i16::from(cells.top)), number);
        let number_ok = _mm256_andnot_si256(_mm256_srai_epi16(number, 15), below);
        let both_ok = _mm256_cmpeq_epi32(_mm256_or_si256(number_ok, missing), _mm256_set1_epi32(-1));
        let shape = either_cell(_mm256_andnot_si256(_mm256_set1_epi32(DIGITS), v), SHAPE);
        (
            _mm256_or_si256(number, missing),
            lanes(_mm256_and_si256(both_ok, shape)),
            lanes(either_cell(v, HOM_REF)),
        )
    };
    let taken = good.trailing_ones();
    let report = !hom_ref & ((1 << taken) - 1);
    if report != 0 {
        // SAFETY: the caller proves AVX2.
        unsafe { append::lanes8(alleles, report, cells.column, out) };
    }
    taken
}

/// Lanes of four bytes that are one of two values.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn either_cell(v: __m256i, values: [i32; 2]) -> __m256i {
    // SAFETY: the caller proves AVX2.
    unsafe {
        let x = _mm256_cmpeq_epi32(v, _mm256_set1_epi32(values[0]));
        let y = _mm256_cmpeq_epi32(v, _mm256_set1_epi32(values[1]));
        _mm256_or_si256(x, y)
    }
}

/// One bit per lane of four bytes.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn lanes(v: __m256i) -> u32 {
    // SAFETY: the caller proves AVX2.
    unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(v)).cast_unsigned() }
}

/// One bit per byte.
///
/// # Safety
///
/// The CPU has AVX2.
#[inline(always)]
unsafe fn bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the caller proves AVX2.
    let (low, high) = unsafe { (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)) };
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}
