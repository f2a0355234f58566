//! Where the simulated variants lie: GRCh38's contigs, the stretches that get variants, and a pseudo-reference.

use super::random::mix;

/// A contig of GRCh38.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contig {
    /// Its name in the header.
    pub(crate) name: &'static str,
    /// Its length in bases.
    pub(crate) length: usize,
}

/// Every contig that the headers list.
pub(crate) const CONTIGS: [Contig; 25] = [
    Contig { name: "chr1", length: 248_956_422 },
    Contig { name: "chr2", length: 242_193_529 },
    Contig { name: "chr3", length: 198_295_559 },
    Contig { name: "chr4", length: 190_214_555 },
    Contig { name: "chr5", length: 181_538_259 },
    Contig { name: "chr6", length: 170_805_979 },
    Contig { name: "chr7", length: 159_345_973 },
    Contig { name: "chr8", length: 145_138_636 },
    Contig { name: "chr9", length: 138_394_717 },
    Contig { name: "chr10", length: 133_797_422 },
    Contig { name: "chr11", length: 135_086_622 },
    Contig { name: "chr12", length: 133_275_309 },
    Contig { name: "chr13", length: 114_364_328 },
    Contig { name: "chr14", length: 107_043_718 },
    Contig { name: "chr15", length: 101_991_189 },
    Contig { name: "chr16", length: 90_338_345 },
    Contig { name: "chr17", length: 83_257_441 },
    Contig { name: "chr18", length: 80_373_285 },
    Contig { name: "chr19", length: 58_617_616 },
    Contig { name: "chr20", length: 64_444_167 },
    Contig { name: "chr21", length: 46_709_983 },
    Contig { name: "chr22", length: 50_818_468 },
    Contig { name: "chrX", length: 156_040_895 },
    Contig { name: "chrY", length: 57_227_415 },
    Contig { name: "chrM", length: 16_569 },
];

/// Who carries how many copies of a locus.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ploidy {
    /// Two each: autosomes and pseudo-autosomal regions.
    Autosomal,
    /// chrX outside the pseudo-autosomal regions: XX two, XY one.
    X,
    /// chrY outside the pseudo-autosomal regions: XY one, XX none.
    Y,
    /// chrM: one each.
    Mitochondrial,
}

impl Ploidy {
    /// All four, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Autosomal, Self::X, Self::Y, Self::Mitochondrial];
}

/// A stretch of a contig that gets variants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone {
    /// Index into [`CONTIGS`].
    pub(crate) contig: usize,
    /// First position that may hold a variant (1-based).
    pub(crate) first: usize,
    /// Last one.
    pub(crate) last: usize,
    /// Who carries how many copies.
    pub(crate) ploidy: Ploidy,
    /// Its part of all variants.
    pub(crate) share: f64,
}

/// The zones in file order. Their margins keep every REF inside its zone.
pub(crate) const ZONES: [Zone; 8] = [
    Zone { contig: 0, first: 20_001, last: 248_900_000, ploidy: Ploidy::Autosomal, share: 0.37 },
    Zone { contig: 1, first: 20_001, last: 242_150_000, ploidy: Ploidy::Autosomal, share: 0.35 },
    Zone { contig: 19, first: 70_001, last: 64_300_000, ploidy: Ploidy::Autosomal, share: 0.10 },
    Zone { contig: 21, first: 10_600_001, last: 50_750_000, ploidy: Ploidy::Autosomal, share: 0.08 },
    Zone { contig: 22, first: 11_001, last: 2_780_500, ploidy: Ploidy::Autosomal, share: 0.01 },
    Zone { contig: 22, first: 2_782_500, last: 155_700_000, ploidy: Ploidy::X, share: 0.075 },
    Zone { contig: 23, first: 2_782_500, last: 26_600_000, ploidy: Ploidy::Y, share: 0.008 },
    Zone { contig: 24, first: 51, last: 16_100, ploidy: Ploidy::Mitochondrial, share: 0.007 },
];

/// The base of the pseudo-reference at a position: a hash of where it is, so overlapping records agree.
pub(crate) fn base(contig: usize, position: usize) -> u8 {
    let key = mix((contig as u64) << 40 ^ position as u64);
    b"ACGT"[usize::from((key >> 61) as u8 & 3)]
}

/// `length` bases of the pseudo-reference, beginning at `position`.
pub(crate) fn bases(contig: usize, position: usize, length: usize) -> Vec<u8> {
    (position..position + length).map(|at| base(contig, at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_lie_inside_their_contigs_and_in_order() {
        assert!(ZONES.iter().all(|zone| zone.first < zone.last && zone.last < CONTIGS[zone.contig].length));
        assert!(
            ZONES.windows(2).all(|pair| (pair[0].contig, pair[0].last) < (pair[1].contig, pair[1].first))
        );
        assert!((ZONES.iter().map(|zone| zone.share).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_reference_is_made_of_four_bases() {
        let some = bases(0, 1, 4000);
        for letter in b"ACGT" {
            let seen = some.iter().filter(|base| *base == letter).count();
            assert!((900..1100).contains(&seen));
        }
        assert_eq!(some[10..20], bases(0, 11, 10)[..]);
    }
}
