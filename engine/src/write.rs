//! Released rows to files: Parquet, VCF and TSV, all from the one list of columns below.
//!
//! A writer sees [`TableHeader`] and [`ReleasedRow`] and nothing else of the program, so that what suppression hid is not
//! there to be written. Statistics, footers and indexes are made here, after suppression. Every file depends on the
//! rows alone: not on the size of the batches in which they came, not on the time, not on the machine.

pub mod audit;
pub(crate) mod file;
mod parquet;
pub(crate) mod staging;
mod table;
mod tsv;
mod vcf;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::suppress::{Frequency, ReleasedRow, Stratum, TableHeader, Tier};
use crate::{region, text};

pub use self::parquet::ParquetSink;
pub use self::table::{Written, write};
pub use self::tsv::TsvSink;
pub use self::vcf::VcfSink;

/// Said in every file that has room for it.
const NOTE: &str = "An absent row means zero, few, or not called, and these cannot be told apart, by design";

/// What a missing number means.
const MISSING: &str = "zero, few, withheld or not called";

/// Takes released rows, in genome order, and makes files of them.
pub trait Sink: Send {
    /// Takes the next rows; how many come at a time does not change a byte of the files.
    fn rows(&mut self, header: &TableHeader, rows: &[ReleasedRow]) -> Result<()>;

    /// Writes what is left, and the indexes, and puts everything on disk.
    fn finish(self: Box<Self>) -> Result<Vec<Finished>>;
}

/// A complete file, still in the private directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Where it is now.
    pub path: PathBuf,
    /// The name it is to have.
    pub name: String,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub blake3: String,
    /// Its length.
    pub bytes: u64,
}

/// The columns that say which variant a row is about, and what each means.
const KEYS: [(&str, &str); 6] = [
    ("contig", "Sequence, named as the first input names it"),
    ("pos", "Position of the first base of REF, the first base of the sequence being 1"),
    ("ref", "REF, normalised together with ALT"),
    ("alt", "The one ALT of the row"),
    ("filter", "FILTER of the input: PASS, `.`, or names joined by `;`"),
    ("tier", "Which numbers the row shows: A (AC, AN, AF) or G (genotype counts too)"),
];

/// A number that tables show of a variant in a stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Ac,
    An,
    Af,
    Nhomref,
    Nhet,
    Nhomalt,
    Nhemi,
    Hwe,
    F,
}

/// The value of a [`Measure`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    /// Alleles or people.
    Count(u32),
    /// Derived from counts.
    Real(f64),
}

impl Measure {
    /// In the order of the columns.
    const ALL: [Self; 9] = [
        Self::Ac,
        Self::An,
        Self::Af,
        Self::Nhomref,
        Self::Nhet,
        Self::Nhomalt,
        Self::Nhemi,
        Self::Hwe,
        Self::F,
    ];

    /// The name in Parquet, VCF and TSV, before the stratum's, and what it is, without quotation marks.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ac => ("AC", "Alternate alleles of this ALT"),
            Self::An => (
                "AN",
                "Called alleles as printed: fewer than K people not called look like none (K of the policy, at least 10)",
            ),
            Self::Af => ("AF", "Allele frequency AC / AN"),
            Self::Nhomref => ("nhomref", "People without a copy of this ALT, among those printed as called"),
            Self::Nhet => ("nhet", "People with one copy of this ALT, of two"),
            Self::Nhomalt => ("nhomalt", "People (not alleles) with two copies of this ALT"),
            Self::Nhemi => ("nhemi", "People whose only copy is this ALT (X and Y of XY people, MT)"),
            Self::Hwe => (
                "HWE",
                "P of the exact Hardy-Weinberg test (Wigginton, Cutler, Abecasis 2005); on X among XX people only",
            ),
            Self::F => (
                "F",
                "Inbreeding coefficient 1 - observed / expected heterozygosity over diploid calls; absent when nothing varies",
            ),
        }
    }

    /// True for counts, false for what is derived from them.
    fn is_count(self) -> bool {
        !matches!(self, Self::Af | Self::Hwe | Self::F)
    }

    /// True for what only rows of tier G show.
    fn is_genotypic(self) -> bool {
        !matches!(self, Self::Ac | Self::An | Self::Af)
    }

    /// `Number` of VCF: AN is one per record, the rest belongs to the ALT.
    fn vcf_number(self) -> &'static str {
        if self == Self::An { "1" } else { "A" }
    }

    /// The number itself; none when the row's tier does not show it or it is not defined.
    fn of(self, frequency: &Frequency) -> Option<Value> {
        let value = match self {
            Self::Ac => Value::Count(frequency.ac()),
            Self::An => Value::Count(frequency.an()),
            Self::Af => Value::Real(frequency.af()),
            Self::Nhomref => Value::Count(frequency.genotypes()?.homref()),
            Self::Nhet => Value::Count(frequency.genotypes()?.het()),
            Self::Nhomalt => Value::Count(frequency.genotypes()?.homalt()),
            Self::Nhemi => Value::Count(frequency.genotypes()?.hemi()),
            Self::Hwe => Value::Real(frequency.genotypes()?.hwe()?),
            Self::F => Value::Real(frequency.genotypes()?.inbreeding()?),
        };
        match value {
            Value::Real(x) if !x.is_finite() => None,
            value => Some(value),
        }
    }
}

/// One measure of one stratum: a column of Parquet and TSV, an INFO field of VCF.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    measure: Measure,
    /// Index into [`TableHeader::strata`].
    stratum: usize,
}

impl Column {
    /// All columns of a table: stratum by stratum, measures in the order of [`Measure::ALL`].
    fn all(header: &TableHeader) -> Vec<Self> {
        let shown = |m: &Measure| header.genotypes() || !m.is_genotypic();
        let of = |(stratum, s): (usize, &Stratum)| {
            let column = |m: Measure| Self { name: s.field(m.words().0), measure: m, stratum };
            Measure::ALL.into_iter().filter(shown).map(column).collect::<Vec<_>>()
        };
        header.strata().iter().enumerate().flat_map(of).collect()
    }

    /// The sentence that goes with the column: what it is, of whom, and what its absence means.
    fn description(&self, header: &TableHeader) -> String {
        let stratum = &header.strata()[self.stratum];
        let whom = if stratum.name.is_empty() { "whole cohort" } else { &stratum.label };
        format!("{}; {whom}; absent field: {MISSING}", self.measure.words().1)
    }

    /// The number of a row.
    fn of(&self, row: &ReleasedRow) -> Option<Value> {
        self.measure.of(row.cells()[self.stratum].as_ref()?)
    }
}

/// The tier as the column of that name spells it.
fn tier(row: &ReleasedRow) -> &'static str {
    match row.tier() {
        Tier::A => "A",
        Tier::G => "G",
    }
}

/// A count as the 32-bit signed integer that Parquet readers and VCF expect.
fn integer(count: u32) -> Result<i32> {
    i32::try_from(count).map_err(|_| {
        Error::input(text!(
            "a count does not fit into the 32-bit integers of VCF and Parquet",
            "カウントが VCF と Parquet の 32 ビット整数に収まりません"
        ))
    })
}

/// A text of a row, which must not contain what separates the fields and lines of VCF and TSV.
fn field<'a>(text: &'a str, header: &TableHeader, row: &ReleasedRow) -> Result<&'a str> {
    if !text.is_empty() && text.bytes().all(|b| b > b' ' && b != 0x7f) {
        return Ok(text);
    }
    Err(Error::input(text!(
        "contig, REF, ALT or FILTER is empty or contains white space or control characters",
        "contig、REF、ALT、FILTER のいずれかが空か、空白または制御文字を含みます"
    ))
    .at(place(header, row), ""))
}

/// Where a row is: `contig:pos`.
fn place(header: &TableHeader, row: &ReleasedRow) -> String {
    region::locus(&header.contigs()[row.contig()].name, row.pos())
}

/// A new file of mode 0600 that hashes what goes through it.
struct OutFile {
    path: PathBuf,
    name: String,
    out: BufWriter<Hashing>,
}

/// What reaches the file, and its hash.
struct Hashing {
    file: File,
    hash: blake3::Hasher,
    bytes: u64,
}

impl OutFile {
    /// Large enough for BLAKE3 to use vectors.
    const BUFFER: usize = 1 << 18;

    fn create(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(name);
        let file = file::create(&path)?;
        let hashing = Hashing { file, hash: blake3::Hasher::new(), bytes: 0 };
        Ok(Self { path, name: name.to_owned(), out: BufWriter::with_capacity(Self::BUFFER, hashing) })
    }

    /// Puts everything on disk.
    fn finish(self) -> Result<Finished> {
        let Self { path, name, out } = self;
        let hashing = out.into_inner().map_err(|e| Error::io(&path, e.error()))?;
        hashing.file.sync_all().map_err(|e| Error::io(&path, &e))?;
        let blake3 = hashing.hash.finalize().to_hex().to_string();
        Ok(Finished { path, name, blake3, bytes: hashing.bytes })
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_private_and_its_hash_is_that_of_its_bytes() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let mut out = OutFile::create(dir.path(), "x").unwrap();
        out.write_all(b"abc").unwrap();
        let finished = out.finish().unwrap();
        assert_eq!(finished.bytes, 3);
        assert_eq!(
            finished.blake3,
            blake3::hash(&std::fs::read(&finished.path).unwrap()).to_hex().to_string()
        );
        assert_eq!(finished.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(OutFile::create(dir.path(), "x").is_err_and(|e| e.place().ends_with("/x")));
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        assert_eq!(integer(i32::MAX as u32).unwrap(), i32::MAX);
        assert!(integer(u32::MAX).is_err());
    }
}
