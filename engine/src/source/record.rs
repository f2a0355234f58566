//! One record as counting needs it: place, alleles, and where its genotypes lie.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::text;

/// Subfields of FORMAT that judge a call, as indices; GT is always first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormatPlan {
    pub(crate) gq: Option<usize>,
    pub(crate) dp: Option<usize>,
    pub(crate) ad: Option<usize>,
    pub(crate) ft: Option<usize>,
}

/// A vector of BCF values of all samples: range in the record's buffer, bytes per value, values per sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vector {
    pub(crate) bytes: Range<usize>,
    pub(crate) kind: u8,
    pub(crate) per_sample: usize,
}

/// Where the genotypes of a record lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Genotypes {
    Vcf { columns: Range<usize>, format: FormatPlan },
    Bcf { gt: Vector, gq: Option<Vector>, dp: Option<Vector>, ad: Option<Vector>, ft: Option<Vector> },
}

/// The fixed fields of a record whose genotypes are to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Contig of the plan.
    pub(crate) contig: u32,
    /// 0-based position.
    pub(crate) pos: u64,
    /// REF, then every ALT, upper case.
    pub(crate) alleles: Vec<Box<str>>,
    pub(crate) filter: Box<str>,
    /// FILTER keeps it out: there, where another data site has a variant, its people are not called.
    pub(crate) filtered: bool,
    pub(crate) genotypes: Genotypes,
}

/// What parsing a record's fixed fields gives.
#[expect(clippy::large_enum_variant, reason = "one per record in work; a box would cost an allocation each")]
pub(crate) enum Parsed {
    /// Nothing to count: outside the regions, filtered, or without a variant.
    Skipped,
    /// A record that has no genotypes (counting rule 16).
    WithoutGenotypes,
    Kept(Record),
}

/// Place and outcome of one record.
pub(crate) struct Row {
    pub(crate) contig: u32,
    pub(crate) pos: u64,
    pub(crate) parsed: Parsed,
}

/// What is asked of a file: which records, and how its contigs are numbered in the plan.
pub(crate) struct Asked<'a> {
    pub(crate) samples: usize,
    /// `contigs[i]`: name in this file and number in the plan.
    pub(crate) contigs: &'a [(String, u32)],
    /// Spans by plan contig, 0-based half-open, sorted, widened by what normalisation may move.
    pub(crate) wanted: &'a [Vec<(u64, u64)>],
    /// Records that can be no row are asked for too: they say who is called where another data site has a variant.
    pub(crate) without_rows: bool,
    pub(crate) include_filtered: bool,
    pub(crate) structural: bool,
    pub(crate) adj: bool,
}

impl Asked<'_> {
    /// True when a record that covers `[start, end)` touches a wanted span.
    pub(crate) fn wants(&self, contig: u32, start: u64, end: u64) -> bool {
        let spans = &self.wanted[contig as usize];
        let next = spans.partition_point(|&(_, e)| e <= start);
        spans.get(next).is_some_and(|&(s, _)| s < end)
    }

    /// True when FILTER lets a record in.
    pub(crate) fn admits(&self, filter: &str) -> bool {
        self.include_filtered || matches!(filter, "PASS" | ".")
    }

    /// True when at least one ALT can become a row. `alleles` is REF, then every ALT; each row must be another allele,
    /// or one person's copies would be split over two rows of one name.
    pub(crate) fn has_rows(&self, alleles: &[Box<str>]) -> Result<bool> {
        if alleles.len() > ALLELES {
            return Err(too_many_alleles());
        }
        let row = |i: &usize| is_row(&alleles[*i], self.structural);
        match (1..alleles.len()).filter(row).find(|&i| alleles[..i].contains(&alleles[i])) {
            Some(i) => Err(twice(&alleles[i], alleles[i] == alleles[0])),
            None => Ok((1..alleles.len()).any(|i| row(&i))),
        }
    }
}

/// Alleles that a call can name: the two largest numbers say "missing" and "no second allele".
const ALLELES: usize = u16::MAX as usize - 1;

fn too_many_alleles() -> Error {
    Error::input(text!(
        "a record of more than {ALLELES} alleles; split it (bcftools norm -m-), or drop it",
        "アレルが {ALLELES} 個を超えるレコードがあります。分割するか（bcftools norm -m-）、除いてください"
    ))
}

fn twice(alt: &str, is_ref: bool) -> Error {
    let shown: String = alt.chars().take(40).collect();
    if is_ref {
        return Error::input(text!(
            "ALT `{shown}` is the same as REF; drop it or re-export the record",
            "ALT `{shown}` が REF と同じです。除くか、レコードを書き出し直してください"
        ));
    }
    Error::input(text!(
        "ALT `{shown}` stands twice in one record, so that its carriers cannot be counted; re-export the record",
        "ALT `{shown}` が同じレコードに 2 回あり、保有者を数えられません。レコードを書き出し直してください"
    ))
}

/// Whether an ALT can be a row: not `*`, not gVCF's "anything else", and symbolic alleles and breakends only on request.
pub(crate) fn is_row(alt: &str, structural: bool) -> bool {
    match alt.as_bytes() {
        b"*" | b"." | b"<NON_REF>" | b"<*>" | b"<X>" => false,
        _ if is_sequence(alt) => true,
        _ => structural,
    }
}

/// Whether an allele is spelled out in bases.
pub(crate) fn is_sequence(allele: &str) -> bool {
    !allele.is_empty() && allele.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Checks and upper-cases an allele of a record.
pub(crate) fn allele(bytes: &[u8], is_ref: bool) -> Result<Box<str>> {
    let known = |b: u8| b.is_ascii_graphic();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().copied().all(known) => text,
        _ => return Err(bad_allele(&shown(bytes))),
    };
    let symbolic = text.starts_with('<') && text.ends_with('>') && text.len() > 2;
    let breakend =
        text.contains(['[', ']']) || (text.len() > 1 && (text.starts_with('.') || text.ends_with('.')));
    if is_sequence(text) {
        Ok(text.to_ascii_uppercase().into_boxed_str())
    } else if !is_ref && (symbolic || breakend || matches!(text, "*" | ".")) {
        Ok(text.into())
    } else {
        Err(bad_allele(&shown(bytes)))
    }
}

/// A field as a message may show it: short, without control characters, and never something that may be a genotype
/// (where bytes of a line are lost, sample columns stand where other fields belong).
pub(crate) fn shown(field: &[u8]) -> String {
    let first = field.split(|&b| b == b':').next().unwrap_or_default();
    let haploid = first.len() < field.len() && first.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    if haploid || field.contains(&b'/') || field.contains(&b'|') {
        return "…".to_owned();
    }
    let text = String::from_utf8_lossy(&field[..field.len().min(40)]);
    let mut text: String =
        text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if field.len() > 40 {
        text.push('…');
    }
    text
}

fn bad_allele(shown: &str) -> Error {
    Error::input(text!(
        "`{shown}` is not an allele; REF is bases, ALT is bases, `*`, `.`, <SYMBOL> or a breakend",
        "`{shown}` はアレルとして読めません。REF は塩基、ALT は塩基・`*`・`.`・<SYMBOL>・ブレークエンドのいずれかです"
    ))
}

/// The number of contigs that a file names is small; the last one found is tried first.
pub(crate) fn find_contig(contigs: &[(String, u32)], name: &[u8], hint: &mut usize) -> Option<u32> {
    if let Some((known, id)) = contigs.get(*hint)
        && known.as_bytes() == name
    {
        return Some(*id);
    }
    *hint = contigs.iter().position(|(known, _)| known.as_bytes() == name)?;
    Some(contigs[*hint].1)
}

pub(crate) fn unknown_contig(name: &str) -> Error {
    Error::input(text!(
        "contig `{name}` is not in the header; add its ##contig line (bcftools reheader -f)",
        "contig `{name}` がヘッダーにありません。##contig 行を加えてください（bcftools reheader -f）"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_genotype_is_not_shown() {
        for field in ["0/1", "0|1:35", "1:35", ".:.", "12:0,30"] {
            assert_eq!(shown(field.as_bytes()), "…", "{field}");
        }
        for field in ["1", "chr1", "HLA-A*01:01:01:01", "GL000192.1"] {
            assert_eq!(shown(field.as_bytes()), field);
        }
    }
}
