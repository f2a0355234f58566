//! One ALT at a time in its shortest, left-most form (counting rule 13; Tan, Abecasis and Kang 2015).
//!
//! Without a reference the common suffix and prefix are trimmed; with one, indels also move left, by at most [`WINDOW`]
//! bases, so that workers know which later records can become the same variant. To the right a variant moves no farther
//! than its REF reaches, and a worker has seen that.

use std::path::{Path, PathBuf};

use noodles_core::{Position, Region};
use noodles_fasta as fasta;

use crate::error::{Error, Result};
use crate::region::canonical;
use crate::source::record::is_sequence;
use crate::text;

/// Farthest that normalisation moves a variant to the left, in bases.
pub(crate) const WINDOW: u64 = 1_000;

/// A variant: position, REF and one ALT.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variant {
    pub(crate) pos: u64,
    pub(crate) reference: Box<str>,
    pub(crate) alternate: Box<str>,
}

/// Reads stretches of an indexed FASTA file; one per worker.
pub(crate) struct Reference {
    path: PathBuf,
    reader: fasta::io::IndexedReader<fasta::io::BufReader<std::fs::File>>,
    contig: String,
    start: u64,
    bases: Vec<u8>,
}

impl Reference {
    /// Opens a FASTA file with its `.fai` (and `.gzi` when it is compressed).
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let reader = fasta::io::indexed_reader::Builder::default().build_from_path(path).map_err(|e| {
            Error::input(text!(
                "the reference or its index cannot be opened ({e}); make the index (samtools faidx)",
                "参照配列かそのインデックスを開けません（{e}）。インデックスを作成してください（samtools faidx）"
            ))
            .at(path.display(), "")
        })?;
        Ok(Self { path: path.to_owned(), reader, contig: String::new(), start: 0, bases: Vec::new() })
    }

    /// Name of a contig in this file, whatever its `chr` prefix.
    fn name(&self, contig: &str) -> Result<String> {
        let names =
            self.reader.index().as_ref().iter().map(|r| String::from_utf8_lossy(r.name()).into_owned());
        let all: Vec<String> = names.collect();
        let found = all
            .iter()
            .find(|n| *n == contig)
            .or_else(|| all.iter().find(|n| canonical(n) == canonical(contig)));
        found.cloned().ok_or_else(|| {
            Error::input(text!(
                "the reference has no contig `{contig}`; use the one that the reads were mapped to",
                "参照配列に contig `{contig}` がありません。リードのマッピングに使った参照配列を指定してください"
            ))
            .at(self.path.display(), "")
        })
    }

    /// Makes `[start, end)` of a contig available; bases past the end of the contig are missing.
    fn load(&mut self, contig: &str, start: u64, end: u64) -> Result<()> {
        let held = self.start + self.bases.len() as u64;
        if self.contig == contig && self.start <= start && end <= held {
            return Ok(());
        }
        let name = self.name(contig)?;
        let from = start.saturating_sub(WINDOW);
        let position =
            |p: u64| Position::try_from(usize::try_from(p).unwrap_or(usize::MAX)).unwrap_or(Position::MIN);
        let region = Region::new(name, position(from + 1)..=position(end.max(from + 1) + (64 << 10)));
        let record = self.reader.query(&region).map_err(|e| Error::io(&self.path, &e))?;
        self.bases = record.sequence().as_ref().to_ascii_uppercase();
        contig.clone_into(&mut self.contig);
        self.start = from;
        Ok(())
    }

    fn base(&self, pos: u64) -> Option<u8> {
        self.bases.get(usize::try_from(pos.checked_sub(self.start)?).ok()?).copied()
    }

    /// REF must be what the reference says.
    pub(crate) fn check(&mut self, contig: &str, pos: u64, reference: &str) -> Result<()> {
        self.load(contig, pos, pos + reference.len() as u64)?;
        let wrong = |(i, b): (usize, u8)| {
            let there = self.base(pos + i as u64);
            there.is_none_or(|there| there != b && there != b'N' && b != b'N' && b"ACGT".contains(&there))
        };
        if is_sequence(reference) && reference.bytes().enumerate().any(wrong) {
            return Err(Error::input(text!(
                "REF differs from the reference sequence; give the reference that the calls were made with",
                "REF が参照配列と一致しません。変異検出に使った参照配列を指定してください"
            )));
        }
        Ok(())
    }
}

/// The normal form of one ALT. Symbolic alleles and breakends stay as they are.
pub(crate) fn variant(
    reference: Option<&mut Reference>,
    contig: &str,
    pos: u64,
    (ref_allele, alt): (&str, &str),
) -> Result<Variant> {
    let unchanged = || Variant { pos, reference: ref_allele.into(), alternate: alt.into() };
    if !is_sequence(ref_allele)
        || !is_sequence(alt)
        || ref_allele == alt
        || (ref_allele.len() == 1 && alt.len() == 1)
    {
        return Ok(unchanged());
    }
    let mut left: (Vec<u8>, Vec<u8>, u64) = (ref_allele.into(), alt.into(), pos);
    trim_suffix(&mut left);
    if let Some(reference) = reference {
        shift_left(reference, contig, &mut left)?;
    }
    trim_prefix(&mut left);
    let (reference, alternate, pos) = left;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default().into_boxed_str();
    Ok(Variant { pos, reference: text(reference), alternate: text(alternate) })
}

type Alleles = (Vec<u8>, Vec<u8>, u64);

/// Drops common last bases, leaving one base each.
fn trim_suffix((a, b, _): &mut Alleles) {
    while a.len() > 1 && b.len() > 1 && a.last() == b.last() {
        a.pop();
        b.pop();
    }
}

/// Drops common first bases, leaving one base each.
fn trim_prefix((a, b, pos): &mut Alleles) {
    let common = a.iter().zip(b.iter()).take_while(|(x, y)| x == y).count();
    let drop = common.min(a.len().min(b.len()) - 1);
    a.drain(..drop);
    b.drain(..drop);
    *pos += drop as u64;
}

/// While the last bases are equal: one more base on the left, one less on the right.
fn shift_left(reference: &mut Reference, contig: &str, (a, b, pos): &mut Alleles) -> Result<()> {
    let floor = pos.saturating_sub(WINDOW);
    while a.last() == b.last() && *pos > floor {
        if a.len() > 1 && b.len() > 1 {
            a.pop();
            b.pop();
            continue;
        }
        reference.load(contig, pos.saturating_sub(1), *pos)?;
        let Some(base) = reference.base(*pos - 1) else { break };
        a.insert(0, base);
        b.insert(0, base);
        a.pop();
        b.pop();
        *pos -= 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(pos: u64, reference: &str, alt: &str) -> (u64, String, String) {
        let v = variant(None, "1", pos, (reference, alt)).unwrap();
        (v.pos, v.reference.into(), v.alternate.into())
    }

    fn with(sequence: &str, pos: u64, reference: &str, alt: &str) -> (u64, String, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.fa");
        std::fs::write(&path, format!(">chr1\n{sequence}\n")).unwrap();
        let n = sequence.len();
        std::fs::write(dir.path().join("r.fa.fai"), format!("chr1\t{n}\t6\t{n}\t{}\n", n + 1)).unwrap();
        let mut fasta = Reference::open(&path).unwrap();
        fasta.check("1", pos, reference).unwrap();
        let v = variant(Some(&mut fasta), "1", pos, (reference, alt)).unwrap();
        (v.pos, v.reference.into(), v.alternate.into())
    }

    #[test]
    fn trimming_alone() {
        assert_eq!(normal(10, "CAT", "CGT"), (11, "A".into(), "G".into()));
        assert_eq!(normal(10, "CAA", "CA"), (10, "CA".into(), "C".into()));
        assert_eq!(normal(10, "A", "<DEL>"), (10, "A".into(), "<DEL>".into()));
        assert_eq!(normal(10, "AC", "GT"), (10, "AC".into(), "GT".into()));
        let long = "ACGTT".repeat(1_000);
        let snp = normal(10, &format!("{long}A"), &format!("{long}G"));
        assert_eq!(snp, (5_010, "A".into(), "G".into()), "however long the common part is");
    }

    #[test]
    fn left_alignment() {
        assert_eq!(with("GGGCACACACAGGG", 9, "CA", "C"), (9, "CA".into(), "C".into()));
        assert_eq!(with("GGGCACACACAGGG", 8, "ACA", "A"), (2, "GCA".into(), "G".into()));
        assert_eq!(with("TAAAAA", 5, "A", "AA"), (0, "T".into(), "TA".into()));
    }
}
