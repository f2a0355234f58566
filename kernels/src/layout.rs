//! What the caller knows about the sample columns of a VCF record.

/// Shape of the sample columns of one VCF record.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// Sample columns in the header.
    pub columns: usize,
    /// Alleles of the record: REF and ALTs together.
    pub alleles: u16,
    /// The largest number of alleles a call may have. Below 2 means 2; calls of 3 to `max_ploidy` alleles
    /// are reported as `./.`.
    pub max_ploidy: u8,
    /// Which calls are set to `./.` by what stands beside them.
    pub filter: Filter<'a>,
}

/// Which subfields judge a call, as indices into FORMAT (GT is 0). `None`: not judged by it. An index that
/// FORMAT does not have reads as a missing value in every column.
///
/// Only called genotypes are judged; one that fails becomes `./.`, also where it was hom-ref.
///
/// - `ft`: fails unless FT is `PASS`, `.`, empty or dropped.
/// - `gq`: fails below 20.
/// - `dp`: fails below 10; below 5 where the call has one allele or `haploid` says so.
/// - `ad`: a call with two different alleles fails if 5·AD < DP for any ALT allele of it.
///
/// A GQ, DP or (where needed) AD that is missing, dropped or not a number fails. `gq`, `dp` and `ad`
/// together are gnomAD's `adj`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Index of GQ.
    pub gq: Option<usize>,
    /// Index of DP.
    pub dp: Option<usize>,
    /// Index of AD.
    pub ad: Option<usize>,
    /// Index of FT.
    pub ft: Option<usize>,
    /// One byte per column, 1 where the subject is haploid at this locus even if written as a diploid;
    /// columns past its end are diploid.
    pub haploid: Option<&'a [u8]>,
}

impl Filter<'_> {
    /// Whether calls are reported as written, whatever stands beside them.
    pub fn is_none(&self) -> bool {
        self.gq.is_none() && self.dp.is_none() && self.ad.is_none() && self.ft.is_none()
    }

    /// The last subfield that is needed.
    pub(crate) fn last(&self) -> Option<usize> {
        [self.gq, self.dp, self.ad, self.ft].into_iter().flatten().max()
    }

    /// Whether `column` is declared haploid.
    pub(crate) fn is_haploid(&self, column: u32) -> bool {
        declared_haploid(self.haploid, column)
    }
}

/// Whether the table, one byte per column, says 1 for `column`.
pub(crate) fn declared_haploid(table: Option<&[u8]>, column: u32) -> bool {
    table.and_then(|table| table.get(column as usize)) == Some(&1)
}
