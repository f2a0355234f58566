//! Released rows to files: Parquet, VCF and TSV, all from the one list of columns in `column`.
//!
//! A writer sees [`TableHeader`], [`ReleasedRow`] and [`Columns`] and nothing else of the program, so that what suppression hid is not
//! there to be written. Statistics, footers and indexes are made here, after suppression. Every file depends on the
//! rows alone: not on the number of threads, not on the time, not on the machine.
//!
//! Each file has two halves: what a batch of rows looks like in it, which any thread may make (`encode`), and putting that
//! behind what is there (`take`), which happens in genome order. `table` leads rows through both.

pub mod audit;
mod bgzf;
mod column;
mod comparison;
pub(crate) mod file;
mod files;
mod measure;
mod membership;
mod parquet;
pub(crate) mod staging;
mod table;
mod tsv;
mod vcf;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use self::file::Hashing;
use crate::error::{Error, Result};
use crate::suppress::{ReleasedRow, TableHeader, Tier};
use crate::{region, text};

use self::column::Column;
pub use self::column::{Columns, check};
pub use self::files::Files;
pub use self::measure::Statistic;
use self::measure::Value;
pub use self::table::{Written, write};

/// Said in every file that has room for it.
const NOTE: &str = "An absent row means zero, few, or not called, and these cannot be told apart, by design";

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

impl OutFile {
    fn create(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(name);
        let file = file::create(&path)?;
        Ok(Self { path, name: name.to_owned(), out: Hashing::buffered(file) })
    }

    /// Puts everything on disk.
    fn finish(self) -> Result<Finished> {
        let Self { path, name, out } = self;
        let hashing = out.into_inner().map_err(|e| Error::io(&path, e.error()))?;
        hashing.file.sync_all().map_err(|e| Error::io(&path, &e))?;
        let (blake3, bytes) = (hashing.digest().to_hex().to_string(), hashing.bytes);
        Ok(Finished { path, name, blake3, bytes })
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
