//! A genotype while its alleles are being read; shared by text and BCF.

use crate::{Call, ScanError};

/// Alleles read so far.
pub(crate) struct Genotype {
    call: Call,
    ploidy: u32,
}

impl Genotype {
    /// No allele yet.
    pub(crate) fn new(column: u32) -> Genotype {
        Genotype { call: Call { column, a: Call::MISSING, b: Call::ABSENT }, ploidy: 0 }
    }

    /// Adds allele `number` of a record with `alleles` alleles.
    pub(crate) fn push(&mut self, number: u32, alleles: u16) -> Result<(), ScanError> {
        match u16::try_from(number) {
            Ok(allele) if allele < alleles && allele <= Call::LAST_ALLELE => {
                self.put(allele);
                Ok(())
            }
            _ => Err(ScanError::Allele { column: self.call.column, allele: number }),
        }
    }

    /// Adds a missing allele.
    pub(crate) fn push_missing(&mut self) {
        self.put(Call::MISSING);
    }

    /// The call, `./.` if it has more than two alleles; an error if it has more than `max_ploidy`.
    pub(crate) fn finish(self, max_ploidy: u8) -> Result<Call, ScanError> {
        let column = self.call.column;
        match self.ploidy {
            0..=2 => Ok(self.call),
            ploidy if ploidy <= u32::from(max_ploidy) => Ok(Call::missing(column)),
            ploidy => Err(ScanError::Ploidy { column, ploidy }),
        }
    }

    fn put(&mut self, allele: u16) {
        match self.ploidy {
            0 => self.call.a = allele,
            1 => self.call.b = allele,
            _ => {}
        }
        self.ploidy = self.ploidy.saturating_add(1);
    }
}
