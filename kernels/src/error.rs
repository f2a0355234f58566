//! Why the sample columns of a record cannot be read.

/// The first thing, from left to right, that is wrong with the sample columns of one record.
///
/// Columns count from 0. There is no `Display`: the caller knows the path and the locus and writes the
/// message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanError {
    /// The record ends after `seen` columns.
    TooFewColumns {
        /// Columns in the record.
        seen: usize,
    },
    /// The record has more columns than the header.
    TooManyColumns {
        /// Columns in the header.
        expected: usize,
    },
    /// The GT of `column` is not a genotype.
    BadGenotype {
        /// The column.
        column: u32,
    },
    /// The call in `column` has more alleles than the layout allows.
    Ploidy {
        /// The column.
        column: u32,
        /// Alleles in the call.
        ploidy: u32,
    },
    /// The call in `column` names an allele that the record does not have.
    Allele {
        /// The column.
        column: u32,
        /// The allele number, as written; `u32::MAX` also stands for anything larger.
        allele: u32,
    },
}
