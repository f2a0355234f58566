//! Contigs, loci, regions, genome builds and pseudo-autosomal regions: the only place that adds or subtracts 1.
//!
//! Coordinates are 0-based and half-open inside the program and 1-based in every message and table.

use std::fmt;

use crate::error::{Error, Result};
use crate::text;

/// A sequence of the reference, as one cohort names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contig {
    /// Name as the first input spells it.
    pub name: String,
    /// Length in bases, when a header says so.
    pub length: Option<u64>,
    /// How many copies people carry.
    pub kind: ContigKind,
}

/// The ploidy of a contig as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContigKind {
    /// Two copies in everybody; also every contig that is not X, Y or MT.
    Autosome,
    /// Chromosome X.
    X,
    /// Chromosome Y.
    Y,
    /// The mitochondrial genome: haploid (counting rule 7).
    Mt,
}

/// Ploidy rule at one locus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// Autosomes and pseudo-autosomal regions: two copies in everybody.
    Diploid,
    /// X outside the PAR: XX two copies, XY one, unknown sex not counted.
    X,
    /// Y outside the PAR: XY one copy, nobody else counted.
    Y,
    /// MT: one copy in everybody.
    Mt,
}

impl Zone {
    /// Every zone, in a fixed order; `zone as usize` indexes it.
    pub const ALL: [Zone; 4] = [Zone::Diploid, Zone::X, Zone::Y, Zone::Mt];
}

/// Genome build, decided by contig lengths, never by a name (counting rule 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// GRCh37, hg19, hs37d5.
    Grch37,
    /// GRCh38, hg38.
    Grch38,
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Build::Grch37 => "GRCh37",
            Build::Grch38 => "GRCh38",
        })
    }
}

/// Canonical names with their lengths in GRCh37 and GRCh38 (Genome Reference Consortium).
const LENGTHS: [(&str, u64, u64); 24] = [
    ("1", 249_250_621, 248_956_422),
    ("2", 243_199_373, 242_193_529),
    ("3", 198_022_430, 198_295_559),
    ("4", 191_154_276, 190_214_555),
    ("5", 180_915_260, 181_538_259),
    ("6", 171_115_067, 170_805_979),
    ("7", 159_138_663, 159_345_973),
    ("8", 146_364_022, 145_138_636),
    ("9", 141_213_431, 138_394_717),
    ("10", 135_534_747, 133_797_422),
    ("11", 135_006_516, 135_086_622),
    ("12", 133_851_895, 133_275_309),
    ("13", 115_169_878, 114_364_328),
    ("14", 107_349_540, 107_043_718),
    ("15", 102_531_392, 101_991_189),
    ("16", 90_354_753, 90_338_345),
    ("17", 81_195_210, 83_257_441),
    ("18", 78_077_248, 80_373_285),
    ("19", 59_128_983, 58_617_616),
    ("20", 63_025_520, 64_444_167),
    ("21", 48_129_895, 46_709_983),
    ("22", 51_304_566, 50_818_468),
    ("X", 155_270_560, 156_040_895),
    ("Y", 59_373_566, 57_227_415),
];

/// PAR as 0-based half-open intervals: X then Y, GRCh37 then GRCh38 (counting rule 6).
const PAR: [[[(u64, u64); 2]; 2]; 2] = [
    [[(60_000, 2_699_520), (154_931_043, 155_260_560)], [(10_000, 2_649_520), (59_034_049, 59_363_566)]],
    [[(10_000, 2_781_479), (155_701_382, 156_030_895)], [(10_000, 2_781_479), (56_887_902, 57_217_415)]],
];

/// The name without `chr`, `MT` for the mitochondrial genome: how `chr1` and `1` are known to be one contig.
#[must_use]
pub fn canonical(name: &str) -> &str {
    let bare = match name.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("chr") => &name[3..],
        _ => name,
    };
    match bare {
        "M" | "m" | "mt" | "Mt" => "MT",
        "x" => "X",
        "y" => "Y",
        "" => name,
        other => other,
    }
}

impl Contig {
    /// A contig of a header; the kind follows from its name (`chrX`, `X`, `chrM`, `MT` …), the build from lengths.
    #[must_use]
    pub fn new(name: &str, length: Option<u64>) -> Self {
        let kind = match canonical(name) {
            "X" => ContigKind::X,
            "Y" => ContigKind::Y,
            "MT" => ContigKind::Mt,
            _ => ContigKind::Autosome,
        };
        Self { name: name.to_owned(), length, kind }
    }

    /// The build that this contig's length proves, if it is one whose length differs between builds.
    #[must_use]
    pub fn build(&self) -> Option<Build> {
        let (_, old, new) = LENGTHS.iter().find(|(name, ..)| *name == canonical(&self.name))?;
        match self.length? {
            length if length == *old => Some(Build::Grch37),
            length if length == *new => Some(Build::Grch38),
            _ => None,
        }
    }

    /// Ploidy rule at a 0-based position. An error on X and Y when no header tells the build.
    pub fn zone(&self, pos: u64, build: Option<Build>) -> Result<Zone> {
        let (row, outside) = match self.kind {
            ContigKind::Autosome => return Ok(Zone::Diploid),
            ContigKind::Mt => return Ok(Zone::Mt),
            ContigKind::X => (0, Zone::X),
            ContigKind::Y => (1, Zone::Y),
        };
        let Some(build) = build else {
            let name = &self.name;
            return Err(Error::input(text!(
                "the genome build cannot be told: no ##contig length of the header is one of GRCh37 or GRCh38, so the \
                 pseudo-autosomal regions of {name} are unknown; add ##contig lines with lengths (bcftools reheader -f)",
                "ゲノムビルドを判定できません: ヘッダーの ##contig の長さが GRCh37 にも GRCh38 にも一致しないため、{name} の\
                 偽常染色体領域（PAR）が分かりません。長さ付きの ##contig 行を加えてください（bcftools reheader -f）"
            )));
        };
        let par = &PAR[usize::from(build == Build::Grch38)][row];
        let inside = par.iter().any(|&(start, end)| (start..end).contains(&pos));
        Ok(if inside { Zone::Diploid } else { outside })
    }
}

/// `contig:pos` as people read it, from a 0-based position.
#[must_use]
pub fn locus(contig: &str, pos: u64) -> String {
    format!("{contig}:{}", pos + 1)
}

/// The 1-based position that VCF and tables print.
#[must_use]
pub fn printed(pos: u64) -> u64 {
    pos + 1
}

/// The 0-based position of a printed one; VCF's telomere position 0 has none.
#[must_use]
pub fn from_printed(pos: u64) -> Option<u64> {
    pos.checked_sub(1)
}

/// A stretch of one contig, 0-based half-open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// Contig name as the user wrote it.
    pub contig: String,
    /// First base.
    pub start: u64,
    /// One past the last base; `u64::MAX` for the whole contig.
    pub end: u64,
}

impl Region {
    /// A whole contig.
    #[must_use]
    pub fn whole(contig: &str) -> Self {
        Self { contig: contig.to_owned(), start: 0, end: u64::MAX }
    }

    /// Parses `chr1`, `chr1:1,000-2,000`, `chr1:1000-` or `chr1:1000` (1-based, inclusive), as `bcftools -r` does.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || {
            Error::usage(text!(
                "region `{text}` is not CONTIG, CONTIG:POS or CONTIG:FROM-TO; write for example chr1:1000-2000 (1-based, both \
                 ends included)",
                "領域 `{text}` は CONTIG、CONTIG:POS、CONTIG:FROM-TO のいずれでもありません。chr1:1000-2000（1始まり、両端を含む）のように書いてください"
            ))
        };
        let number = |digits: &str| digits.replace(',', "").parse::<u64>().map_err(|_| bad());
        let Some((contig, span)) = text.rsplit_once(':') else {
            return if text.is_empty() { Err(bad()) } else { Ok(Self::whole(text)) };
        };
        if contig.is_empty() {
            return Err(bad());
        }
        let (from, to) = match span.split_once('-') {
            None => (number(span)?, number(span)?),
            Some((from, "")) => (number(from)?, u64::MAX),
            Some((from, to)) => (number(from)?, number(to)?),
        };
        let start = from_printed(from).ok_or_else(bad)?;
        if to <= start {
            return Err(bad());
        }
        Ok(Self { contig: contig.to_owned(), start, end: to })
    }

    /// Parses one line of a BED file (0-based half-open): `None` for comments, `track` and `browser` lines.
    pub fn parse_bed(line: &str) -> Result<Option<Self>> {
        if line.trim().is_empty() || ["#", "track", "browser"].iter().any(|p| line.starts_with(p)) {
            return Ok(None);
        }
        let mut fields = line.split('\t');
        let parsed = (|| {
            let contig = fields.next()?.to_owned();
            let start = fields.next()?.trim().parse().ok()?;
            let end = fields.next()?.trim().parse().ok()?;
            (start < end && !contig.is_empty()).then_some(Self { contig, start, end })
        })();
        parsed.map(Some).ok_or_else(|| {
            Error::input(text!(
                "not a BED line: expected contig, start and end separated by tabs, start < end",
                "BED の行ではありません: contig、start、end をタブで区切り、start < end としてください"
            ))
        })
    }
}

/// Sorts intervals and joins those that touch or overlap, so that no base is asked for twice.
#[must_use]
pub fn join(mut spans: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    spans.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_one_based_outside() {
        let region = Region::parse("chr1:1,000-2,000").unwrap();
        assert_eq!((region.start, region.end), (999, 2000));
        assert_eq!(Region::parse("chr1:5").unwrap(), Region { contig: "chr1".into(), start: 4, end: 5 });
        assert_eq!(Region::parse("HLA:01").unwrap().contig, "HLA");
        assert!(Region::parse("chr1:0-3").is_err());
        assert!(Region::parse("chr1:9-3").is_err());
        assert_eq!(
            Region::parse_bed("1\t4\t9\tname").unwrap(),
            Some(Region { contig: "1".into(), start: 4, end: 9 })
        );
        assert_eq!(Region::parse_bed("#x").unwrap(), None);
        assert!(Region::parse_bed("1 4 9").is_err());
    }

    #[test]
    fn par_edges_of_both_builds() {
        let x38 = Contig::new("chrX", Some(156_040_895));
        assert_eq!(x38.build(), Some(Build::Grch38));
        for (pos, zone) in
            [(10_000, Zone::X), (10_001, Zone::Diploid), (2_781_479, Zone::Diploid), (2_781_480, Zone::X)]
        {
            assert_eq!(x38.zone(pos - 1, x38.build()).unwrap(), zone, "X:{pos}");
        }
        let y37 = Contig::new("Y", Some(59_373_566));
        assert_eq!(y37.build(), Some(Build::Grch37));
        for (pos, zone) in [(2_649_520, Zone::Diploid), (2_649_521, Zone::Y), (59_034_050, Zone::Diploid)] {
            assert_eq!(y37.zone(pos - 1, y37.build()).unwrap(), zone, "Y:{pos}");
        }
        assert!(Contig::new("X", Some(5)).zone(7, None).is_err());
    }

    #[test]
    fn names_meet() {
        assert_eq!(canonical("chr1"), canonical("1"));
        assert_eq!(canonical("chrM"), canonical("MT"));
        assert_ne!(canonical("chr1_random"), canonical("1"));
        assert_eq!(join(vec![(5, 9), (1, 5), (20, 30)]), vec![(1, 9), (20, 30)]);
    }
}
