//! GT-only lines: columns four bytes apart.
//!
//! The idea:
//!
//! ```text
//! while 16 more cells of 4 bytes fit:
//!     all 0/0⇥ or 0|0⇥?          next 16
//!     decode the leading d|d⇥    and step over them
//!     fewer than 16?             read one cell the plain way: in step again
//! the rest the plain way
//! ```
//!
//! For speed (100,000 samples in L2, AVX-512, Zen 4):
//!
//! 1. The hom-ref proof is two compares of whole 4-byte cells, so separators and tabs need no test of
//!    their own: 40 GB/s where carriers are rare.
//! 2. A block with carriers is decoded as a whole, without branches: digits in 16-bit lanes are already
//!    (a, b) of a [`Call`]; calls are squeezed together in the register and stored with two writes. A line
//!    with two carriers in three takes 4 times the time of a sparse one, not 300 times (the plain form).
//! 3. The step of a whole block is a constant, so the next block need not wait for this one: dense lines
//!    from 5 to 9.5 GB/s.
//! 4. A cell of another width (haploid, two digits) costs one plain read, whatever stands around it. Lines
//!    that are mostly that, such as X outside the PAR, go to the bit streams: from 0.4 to 1.4 GB/s.

use super::cell;
use super::quick;
use super::simd::{Cells, Simd};
use crate::{Call, Layout};

/// Bytes of 16 cells.
const BLOCK: usize = 64;

/// Reads a line; `None` if anything is wrong with it. `layout` has no filter.
#[inline(always)]
pub(super) fn scan<S: Simd>(simd: S, line: &[u8], layout: &Layout<'_>, out: &mut Vec<Call>) -> Option<()> {
    let mut cells = Cells { column: 0, top: quick::top(layout.alleles) };
    let mut rest = line;
    while let Some(block) = rest.first_chunk::<BLOCK>() {
        let taken = if simd.is_hom_ref(block) { 16 } else { simd.decode(block, cells, out) };
        if taken == 16 {
            rest = &rest[BLOCK..];
            cells.column = cells.column.checked_add(16)?;
            continue;
        }
        rest = &rest[4 * taken as usize..];
        cells.column = cells.column.checked_add(taken)?;
        match one(rest, cells, layout, out)? {
            Some(next) => rest = next,
            None => return finish(cells.column, layout),
        }
        cells.column = cells.column.checked_add(1)?;
    }
    while let Some(next) = one(rest, cells, layout, out)? {
        rest = next;
        cells.column = cells.column.checked_add(1)?;
    }
    finish(cells.column, layout)
}

/// Reads one cell; what follows its tab, or `Some(None)` if it is the last.
#[inline(always)]
fn one<'l>(
    rest: &'l [u8],
    cells: Cells,
    layout: &Layout<'_>,
    out: &mut Vec<Call>,
) -> Option<Option<&'l [u8]>> {
    let column = cells.column;
    if let Some((a, b, tab)) = quick::short(rest, cells.top)
        && rest.get(tab) == Some(&b'\t')
    {
        if (a, b) != (0, 0) {
            out.push(Call { column, a, b });
        }
        return Some(rest.get(tab + 1..));
    }
    let end = rest.iter().position(|&byte| byte == b'\t').unwrap_or(rest.len());
    let (cell, after) = rest.split_at(end);
    out.extend(cell::read(cell, column, layout).ok()?);
    Some(after.get(1..))
}

/// Whether `last` is the last column.
#[inline(always)]
fn finish(last: u32, layout: &Layout<'_>) -> Option<()> {
    (last as usize + 1 == layout.columns).then_some(())
}
