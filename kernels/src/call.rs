//! One call that is not a diploid hom-ref.

/// The genotype of one sample column, alleles in written order, phase dropped.
///
/// | text | `a` | `b` |
/// |---|---|---|
/// | `0/1` | 0 | 1 |
/// | `1` (haploid) | 1 | [`ABSENT`](Call::ABSENT) |
/// | `./1` (half call) | [`MISSING`](Call::MISSING) | 1 |
/// | `./.` | `MISSING` | `MISSING` |
/// | `.` | `MISSING` | `ABSENT` |
///
/// A call that a filter rejects and, where they are allowed, a call of three or more alleles are written
/// as `./.`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Sample column, counted from 0.
    pub column: u32,
    /// First allele: an index (0 = REF) or [`Call::MISSING`].
    pub a: u16,
    /// Second allele: an index, [`Call::MISSING`] or, for a haploid call, [`Call::ABSENT`].
    pub b: u16,
}

impl Call {
    /// An allele that was not called (`.`).
    pub const MISSING: u16 = 0xFFFF;
    /// In `b` only: the call has one allele.
    pub const ABSENT: u16 = 0xFFFE;
    /// The largest allele index a call can hold.
    pub const LAST_ALLELE: u16 = 0xFFF0;

    /// `./.` in `column`.
    pub fn missing(column: u32) -> Call {
        Call { column, a: Call::MISSING, b: Call::MISSING }
    }

    /// Whether every allele of the call is called.
    pub fn is_called(self) -> bool {
        self.a != Call::MISSING && self.b != Call::MISSING
    }

    /// Whether the call has one allele, called or not.
    pub fn is_haploid(self) -> bool {
        self.b == Call::ABSENT
    }

    /// Whether this is a called diploid hom-ref, which a scan does not report.
    pub(crate) fn is_hom_ref(self) -> bool {
        self.a == 0 && self.b == 0
    }
}
