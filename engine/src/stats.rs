//! Pure functions of released integers (disclosure rules §4); never called with an unreleased count.
//!
//! Whoever has the table can repeat every one of them: none tells more than the numbers it is made of.

mod compare;
mod faf;
mod hardy;
mod tail;

pub use compare::{Association, association, hudson_fst};
pub use faf::{Confidence, filtering_frequency};
pub use hardy::{excess_het, het_rate, hwe_exact, inbreeding};

/// Alternate and called alleles of one group of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alleles {
    /// Alleles of this ALT.
    pub ac: u32,
    /// All alleles that are called.
    pub an: u32,
}

impl Alleles {
    /// AC / AN.
    fn frequency(self) -> f64 {
        f64::from(self.ac) / f64::from(self.an)
    }
}
