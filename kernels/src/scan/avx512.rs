//! AVX-512: 64 bytes, or 16 cells of four bytes, at a time.
//!
//! # Safety
//!
//! [`Avx512`] is only made in [`scan`], which requires the instructions; its methods need nothing else but
//! arrays and reserved capacity.

use std::arch::x86_64::*;

use super::ranks::Ranks;
use super::simd::{self, Cells, Simd};
use super::visits::{Visits, Word};
use crate::{Call, Layout, append};

/// Reads a line; `None` if anything is wrong with it.
///
/// # Safety
///
/// The CPU has the features named here.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn scan(line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    simd::scan(Avx512(()), line, layout, out)
}

/// [`Simd::visit`].
///
/// # Safety
///
/// The CPU has the features named here.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
#[inline(never)]
unsafe fn visit(visits: &mut Visits<'_>, words: &[Word]) -> Option<()> {
    visits.visit(Avx512(()), words)
}

/// Proof that this CPU has AVX-512 F, BW and VL, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Clone, Copy)]
struct Avx512(());

/// `0/0⇥` and `0|0⇥`, as numbers.
const HOM_REF: [i32; 2] = [i32::from_le_bytes(*b"0/0\t"), i32::from_le_bytes(*b"0|0\t")];
/// Their bytes that are not digits.
const SHAPE: [i32; 2] = [i32::from_le_bytes(*b"\0/\0\t"), i32::from_le_bytes(*b"\0|\0\t")];
/// Where the digits of a cell are.
const DIGITS: i32 = 0x00FF_00FF;

impl Simd for Avx512 {
    type Bytes = __m512i;
    type Way<const LAST: usize> = Ranks<LAST>;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> __m512i {
        // SAFETY: `bytes` is 64 long, loads may be unaligned, and `self` proves AVX-512.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn equal(self, bytes: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed())) }
    }

    #[inline(always)]
    fn either(self, bytes: __m512i, x: u8, y: u8) -> u64 {
        // A byte is x or y if the place of its low half in this table holds it: one compare. The halves differ.
        let mut table = [0xFF; 16];
        table[usize::from(x % 16)] = x;
        table[usize::from(y % 16)] = y;
        debug_assert_eq!((table[usize::from(x % 16)], x < 0x80 && y < 0x80), (x, true));
        // SAFETY: `self` proves AVX-512; the load is of 16 bytes, and may be unaligned.
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
            _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes), bytes)
        }
    }

    #[inline(always)]
    fn between(self, bytes: __m512i, low: u8, high: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let from_low = _mm512_sub_epi8(bytes, _mm512_set1_epi8(low.cast_signed()));
            _mm512_cmple_epu8_mask(from_low, _mm512_set1_epi8(high.wrapping_sub(low).cast_signed()))
        }
    }

    #[inline(always)]
    fn visit(self, visits: &mut Visits<'_>, words: &[Word]) -> Option<()> {
        // SAFETY: `self` proves the features.
        unsafe { visit(visits, words) }
    }

    #[inline(always)]
    fn is_hom_ref(self, bytes: &[u8; 64]) -> bool {
        // SAFETY: `self` proves AVX-512.
        unsafe { either_cell(self.load(bytes), HOM_REF) == 0xFFFF }
    }

    #[inline(always)]
    fn decode(self, bytes: &[u8; 64], cells: Cells, out: &mut Vec<Call>) -> u32 {
        let v = self.load(bytes);
        // SAFETY: `self` proves AVX-512.
        let (alleles, good, hom_ref) = unsafe {
            let digits = _mm512_and_si512(v, _mm512_set1_epi32(DIGITS));
            let number = _mm512_sub_epi16(digits, _mm512_set1_epi16(0x30));
            let missing = _mm512_cmpeq_epi16_mask(digits, _mm512_set1_epi16(0x2E));
            let below = _mm512_cmplt_epu16_mask(number, _mm512_set1_epi16(i16::from(cells.top)));
            let ok = _mm512_movm_epi16(below | missing);
            let shape = either_cell(_mm512_andnot_si512(_mm512_set1_epi32(DIGITS), v), SHAPE);
            (
                _mm512_mask_set1_epi16(number, missing, -1),
                _mm512_mask_cmpeq_epi32_mask(shape, ok, _mm512_set1_epi32(-1)),
                either_cell(v, HOM_REF),
            )
        };
        let taken = good.trailing_ones();
        let leading = good & !good.wrapping_add(1);
        let report = leading & !hom_ref;
        if report != 0 {
            // SAFETY: `self` proves AVX-512.
            unsafe { append::lanes16(alleles, report, cells.column, out) };
        }
        taken
    }
}

/// Lanes of four bytes that are one of two values.
///
/// # Safety
///
/// The CPU has AVX-512.
#[inline(always)]
unsafe fn either_cell(v: __m512i, values: [i32; 2]) -> u16 {
    // SAFETY: the caller proves AVX-512.
    unsafe {
        _mm512_cmpeq_epi32_mask(v, _mm512_set1_epi32(values[0]))
            | _mm512_cmpeq_epi32_mask(v, _mm512_set1_epi32(values[1]))
    }
}
