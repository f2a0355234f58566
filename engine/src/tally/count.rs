//! From calls to counts by fine cell: rules 1–10 and 13–14 of counting.md.

mod alone;
mod together;

use std::sync::Arc;

use shukei_kernels::Call;

use crate::normalize::Variant;
use crate::partial::{CellCounts, Unit, VariantCounts};
use crate::plan::{Group, Plan};
use crate::region::Zone;

/// One record's part in one unit: its ALTs that lie there, and the calls of everybody who is not plain hom-ref.
#[derive(Clone)]
pub(super) struct Observation {
    /// File of the group.
    pub(super) file: usize,
    /// Allele number in the record, and what it is.
    pub(super) variants: Vec<(u16, Variant)>,
    pub(super) filter: Box<str>,
    pub(super) calls: Arc<[Call]>,
}

/// One record's part in a unit that it alone makes, so that nothing needs to be kept.
pub(super) struct Alone<'a> {
    pub(super) file: usize,
    /// Position of the unit.
    pub(super) pos: u64,
    pub(super) variants: &'a [(u16, &'a Variant)],
    pub(super) filter: &'a str,
    pub(super) calls: &'a [Call],
}

/// A call as counting sees it, for a person with a known number of copies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Genotype {
    Missing,
    One(u16),
    Two(u16, u16),
}

/// What a call says of a person who has `copies` copies at a locus of this zone (1 or 2).
///
/// Two copies: both alleles must be called (a half call is not called), and a call of one allele is not called.
/// One copy on X and Y: a haploid call, or a homozygous one; a heterozygous one is not called. On MT a heterozygous
/// call with REF is a carrier of the other allele.
fn genotype(call: Call, copies: u8, zone: Zone) -> Genotype {
    let (a, b) = (call.a, call.b);
    match (copies, b) {
        (1, Call::ABSENT) if a != Call::MISSING => Genotype::One(a),
        (_, Call::ABSENT) => Genotype::Missing,
        _ if a == Call::MISSING || b == Call::MISSING => Genotype::Missing,
        (1, _) if a == b => Genotype::One(a),
        (1, _) if zone == Zone::Mt && (a == 0 || b == 0) => Genotype::One(a.max(b)),
        (1, _) => Genotype::Missing,
        _ => Genotype::Two(a, b),
    }
}

/// Counts units of one group; scratch space over the fine cells.
pub(super) struct Counter<'a> {
    group: &'a Group,
    /// `copies[zone][fine]`.
    copies: [Vec<u8>; 4],
    /// By ALT of a unit.
    rows: Vec<Rows>,
    /// By file, made when its first record is counted: the row of each column, 16 bits wide where that is enough, so that the
    /// table of 23,211 people stays in the first-level cache.
    columns: Vec<Option<ColumnRows>>,
}

/// The row of each column of a file, the last one for those who are not counted.
enum ColumnRows {
    Narrow(Box<[u16]>),
    Wide(Box<[u32]>),
}

impl ColumnRows {
    fn new(fine_of_column: &[u32], cells: usize) -> Self {
        let nobody = u32::try_from(cells).unwrap_or(u32::MAX);
        let rows = || fine_of_column.iter().map(|&fine| fine.min(nobody));
        let narrow: Result<Box<[u16]>, _> = rows().map(u16::try_from).collect();
        narrow.map_or_else(|_| Self::Wide(rows().collect()), Self::Narrow)
    }
}

/// Counts of one ALT by fine cell: hets, hom-alts, hemizygotes and people not called; and a last row for everybody and
/// everything that is not counted. All zero between variants.
struct Rows(Vec<[u32; 4]>);

const HET: usize = 0;
const HOMALT: usize = 1;
const HEMI: usize = 2;
const MISSING: usize = 3;

impl<'a> Counter<'a> {
    pub(super) fn new(plan: &Plan, group: &'a Group) -> Self {
        let fine = &plan.strata().fine;
        let copies = Zone::ALL.map(|zone| fine.iter().map(|f| f.karyotype.copies(zone)).collect());
        let columns = group.files.iter().map(|_| None).collect();
        Self { group, copies, rows: Vec::new(), columns }
    }

    /// Fine cells of the plan.
    fn cells(&self) -> usize {
        self.copies[0].len()
    }

    /// Rows for this many ALTs, at least one.
    fn room_for(&mut self, alts: usize) {
        let cells = self.cells();
        if self.rows.len() < alts.max(1) {
            self.rows.resize_with(alts.max(1), || Rows(vec![[0; 4]; cells + 1]));
        }
    }

    /// Collects the rows into a unit and clears them. Who is not called stands in the rows of the first ALT.
    ///
    /// `touched`, if there are few, are the cells that may have counts, in any order and more than once: of thousands of
    /// strata a rare variant looks at its carriers' alone.
    fn take(&mut self, pos: u64, named: &[Named<'_>], touched: impl Iterator<Item = u32> + Clone) -> Unit {
        let mut missing = Vec::new();
        let mut variants: Vec<VariantCounts> = Vec::with_capacity(named.len());
        for (alt, rows) in self.rows.iter_mut().enumerate().take(named.len().max(1)) {
            let mut cells: Vec<CellCounts> = Vec::new();
            rows.drain(touched.clone(), |fine, [het, homalt, hemi, not_called]| {
                if het | homalt | hemi != 0 {
                    cells.push(CellCounts { fine, het, homalt, hemi });
                }
                if not_called != 0 {
                    missing.push((fine, not_called));
                }
            });
            if let Some(Named { variant, filter }) = named.get(alt) {
                let (reference, alternate) = (variant.reference.clone(), variant.alternate.clone());
                variants.push(VariantCounts { reference, alternate, filter: (*filter).into(), cells });
            }
        }
        Unit { contig: 0, pos, variants, missing, combined: false }
    }
}

/// A variant and its FILTER.
struct Named<'u> {
    variant: &'u Variant,
    filter: &'u str,
}

impl Rows {
    /// Hands over the rows that are not zero, in order of cells, and clears them.
    fn drain(&mut self, touched: impl Iterator<Item = u32> + Clone, mut each: impl FnMut(u32, [u32; 4])) {
        let Some((rest, rows)) = self.0.split_last_mut() else { return };
        *rest = [0; 4];
        let mut take = |fine: u32, row: &mut [u32; 4]| {
            if *row != [0; 4] {
                each(fine, std::mem::take(row));
            }
        };
        if touched.clone().take(rows.len() / 4 + 1).count() > rows.len() / 4 {
            return (0u32..).zip(rows).for_each(|(fine, row)| take(fine, row));
        }
        let mut few: Vec<u32> = touched.filter(|&fine| (fine as usize) < rows.len()).collect();
        few.sort_unstable();
        few.iter().for_each(|&fine| take(fine, &mut rows[fine as usize]));
    }
}

/// Of two FILTER values of one variant the one that says more against it, the same whatever the order.
pub(crate) fn worse<'a>(a: &'a str, b: &'a str) -> &'a str {
    let rank = |f: &str| match f {
        "." => 0,
        "PASS" => 1,
        _ => 2,
    };
    if (rank(a), a) >= (rank(b), b) { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(a: u16, b: u16) -> Call {
        Call { column: 0, a, b }
    }

    #[test]
    fn calls_by_ploidy() {
        const M: u16 = Call::MISSING;
        const ABSENT: u16 = Call::ABSENT;
        let two = |a, b| genotype(call(a, b), 2, Zone::Diploid);
        assert!(two(0, 1) == Genotype::Two(0, 1));
        assert!(two(M, 1) == Genotype::Missing, "a half call is not called");
        assert!(two(1, ABSENT) == Genotype::Missing, "one allele of two");
        let one = |a, b, zone| genotype(call(a, b), 1, zone);
        assert!(one(1, ABSENT, Zone::X) == Genotype::One(1));
        assert!(one(1, 1, Zone::Y) == Genotype::One(1));
        assert!(one(0, 1, Zone::X) == Genotype::Missing, "XY het");
        assert!(one(0, 1, Zone::Mt) == Genotype::One(1), "heteroplasmy is a carrier");
        assert!(one(1, 2, Zone::Mt) == Genotype::Missing);
        assert!(one(M, ABSENT, Zone::Mt) == Genotype::Missing);
    }

    #[test]
    fn filters_of_one_variant() {
        assert_eq!(worse("PASS", "."), "PASS");
        assert_eq!(worse("PASS", "q10"), "q10");
        assert_eq!(worse("a", "q10"), worse("q10", "a"));
    }
}
