//! The public size of a set of subjects, by sex, and what it means for ploidy.

use super::Karyotype;
use crate::region::Zone;

/// Subjects of a set by sex.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Size {
    xx: u32,
    xy: u32,
    unknown: u32,
}

impl std::fmt::Debug for Size {
    /// Sizes below K are not for anybody's eyes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Size")
    }
}

impl Size {
    /// One more subject.
    pub(crate) fn add(&mut self, karyotype: Karyotype) {
        match karyotype {
            Karyotype::Xx => self.xx += 1,
            Karyotype::Xy => self.xy += 1,
            Karyotype::Unknown => self.unknown += 1,
        }
    }

    /// Everybody.
    #[must_use]
    pub(crate) fn subjects(self) -> u32 {
        self.xx + self.xy + self.unknown
    }

    /// The union with a disjoint set.
    #[must_use]
    pub(crate) fn plus(self, other: Size) -> Size {
        Size { xx: self.xx + other.xx, xy: self.xy + other.xy, unknown: self.unknown + other.unknown }
    }

    /// The difference to a subset.
    #[must_use]
    pub(crate) fn minus(self, part: Size) -> Size {
        Size { xx: self.xx - part.xx, xy: self.xy - part.xy, unknown: self.unknown - part.unknown }
    }

    /// Subjects who carry two copies at a locus of this zone.
    #[must_use]
    pub(crate) fn diploid(self, zone: Zone) -> u32 {
        match zone {
            Zone::Diploid => self.subjects(),
            Zone::X => self.xx,
            Zone::Y | Zone::Mt => 0,
        }
    }

    /// Subjects who carry one copy.
    #[must_use]
    pub(crate) fn haploid(self, zone: Zone) -> u32 {
        match zone {
            Zone::Diploid => 0,
            Zone::X | Zone::Y => self.xy,
            Zone::Mt => self.subjects(),
        }
    }

    /// Subjects who are counted there at all.
    #[must_use]
    pub(crate) fn counted(self, zone: Zone) -> u32 {
        self.diploid(zone) + self.haploid(zone)
    }

    /// Alleles if everybody is called.
    #[must_use]
    pub(crate) fn max_an(self, zone: Zone) -> u32 {
        2 * self.diploid(zone) + self.haploid(zone)
    }

    /// True when the zone depends on sex and 1 to K − 1 members of a sex (or of unknown sex) are in the set.
    #[must_use]
    pub(crate) fn guarded(self, zone: Zone, k: u32) -> bool {
        matches!(zone, Zone::X | Zone::Y) && [self.xx, self.xy, self.unknown].iter().any(|&n| n > 0 && n < k)
    }
}
