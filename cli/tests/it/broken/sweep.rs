//! Cuts and flipped bytes, many of them. `SHUKEI_FULL=1` makes the sweeps about ten times as dense.

use std::path::{Path, PathBuf};

use super::files::{Bench, Random, bcftools, bgzf, vcf};
use super::{freq, good, refused, taken};
use crate::support::real;

fn full() -> bool {
    std::env::var_os("SHUKEI_FULL").is_some()
}

/// Bytes between two cuts.
fn step() -> usize {
    if full() { 97 } else { 997 }
}

/// Flips per file.
fn flips() -> usize {
    if full() { 3000 } else { 250 }
}

/// Whether damage that nothing can notice may give another table.
#[derive(Clone, Copy, PartialEq)]
enum Checksums {
    Yes,
    No,
}

/// A file to be damaged, and the right answer.
struct Victim {
    bench: Bench,
    path: PathBuf,
    bytes: Vec<u8>,
    checksums: Checksums,
    tables: Vec<(String, Vec<u8>)>,
}

impl Victim {
    fn new(name: &str, bytes: Vec<u8>, checksums: Checksums) -> Self {
        assert!(bytes.len() <= 300_000, "{name}: {} bytes", bytes.len());
        let bench = Bench::new();
        let path = bench.put(name, &bytes);
        let tables = good(&bench, &path);
        Self { bench, path, bytes, checksums, tables }
    }

    /// Runs on damaged bytes; true when they were refused.
    fn run(&self, what: &str, bytes: &[u8]) -> bool {
        std::fs::write(&self.path, bytes).expect("the victim can be written");
        let output = freq(&self.bench, &self.path, &[]);
        if output.status.success() {
            let tables = taken(&self.bench);
            assert!(
                self.checksums == Checksums::No || tables == self.tables,
                "{what}: another table, and no error"
            );
            return false;
        }
        let errors = refused(what, &self.bench, &output, (1, &self.path));
        assert!(has_place(&errors), "{what}: no place in {errors}");
        true
    }

    /// Cuts at every `step`th byte; a plain VCF that ends with a line cannot be told from a whole one.
    fn cut_everywhere(&self) {
        let mut cuts = 0;
        for length in (0..self.bytes.len()).step_by(step()) {
            let refused = self.run(&format!("cut at {length}"), &self.bytes[..length]);
            let whole = self.checksums == Checksums::No && length > 0 && self.bytes[length - 1] == b'\n';
            assert!(refused || whole, "cut at {length} of {}: no error", self.bytes.len());
            cuts += 1;
        }
        eprintln!("{}: {cuts} cuts", self.path.display());
    }

    /// One damaged bit or byte at a time, anywhere.
    fn flip(&self, seed: u64) {
        let mut random = Random(seed);
        let (mut refused, all) = (0, flips());
        for n in 0..all {
            let at = random.below(self.bytes.len());
            let mut bytes = self.bytes.clone();
            bytes[at] ^= if n % 2 == 0 {
                1 << random.below(8)
            } else {
                u8::try_from(1 + random.below(255)).expect("a byte")
            };
            let what = format!("byte {at}: {:#04x} became {:#04x}", self.bytes[at], bytes[at]);
            refused += usize::from(self.run(&what, &bytes));
        }
        eprintln!("{}: {all} flips, {refused} refused", self.path.display());
    }
}

/// A locus, a line, a byte, the record before; or the file as a whole is no VCF, or another person's.
fn has_place(errors: &str) -> bool {
    let whole = [
        "is empty",
        "not a VCF or BCF",
        "is not in the sample table",
        "is in no input file",
        "no sample columns",
    ];
    let word = |w: &str| {
        errors.split_once(w).is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    ["byte ", "line ", ": chr1:", ": chr2:", ": chrX:"].iter().any(|w| word(w))
        || errors.contains(": after ")
        || errors.contains("first record: ")
        || errors.contains(": chr")
        || whole.iter().any(|w| errors.contains(w))
}

fn compressed() -> Victim {
    Victim::new("cohort.vcf.gz", bgzf(vcf(1200).as_bytes()), Checksums::Yes)
}

fn plain() -> Victim {
    Victim::new("cohort.vcf", vcf(480).into_bytes(), Checksums::No)
}

/// BCF by bcftools: `b` compressed, `u` without compression and so without checksums.
fn bcf(kind: &str, records: usize) -> Option<Victim> {
    let bench = Bench::new();
    let path = bench.put("cohort.vcf", vcf(records).as_bytes());
    let bytes = bcftools(&["view", "--no-version", &format!("-O{kind}"), &path.display().to_string()])?;
    let checksums = if kind == "b" { Checksums::Yes } else { Checksums::No };
    Some(Victim::new("cohort.bcf", bytes, checksums))
}

#[test]
fn cut_bgzf() {
    compressed().cut_everywhere();
}

#[test]
fn cut_plain() {
    plain().cut_everywhere();
}

#[test]
fn cut_bcf() {
    if let Some(victim) = bcf("b", 1200) {
        victim.cut_everywhere();
    }
}

#[test]
fn cut_gzip() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(vcf(480).as_bytes()).expect("memory takes it");
    let victim = Victim::new("cohort.vcf.gz", gzip.finish().expect("memory takes it"), Checksums::Yes);
    victim.cut_everywhere();
    victim.flip(4);
}

#[test]
fn flipped_bgzf() {
    compressed().flip(1);
}

#[test]
fn flipped_plain() {
    plain().flip(2);
}

#[test]
fn flipped_bcf() {
    if let Some(victim) = bcf("b", 1200) {
        victim.flip(3);
    }
}

/// Without compression every flip reaches the parser.
#[test]
fn flipped_plain_bcf() {
    if let Some(victim) = bcf("u", 400) {
        victim.flip(5);
        // The fixed fields of records are a small part of a file: each byte of the first records too.
        let start = victim.bytes.windows(4).rposition(|w| w == b"P060").expect("the last sample") + 6;
        for at in (start..start + 120).step_by(if full() { 1 } else { 3 }) {
            for mask in [0x01, 0x80, 0xff] {
                let mut bytes = victim.bytes.clone();
                bytes[at] ^= mask;
                victim.run(&format!("byte {at} ^ {mask:#04x}"), &bytes);
            }
        }
    }
}

/// A file as others make them: 3,202 people of the 1000 Genomes Project.
#[test]
fn cut_and_flipped_real_file() {
    let Some(source) =
        real("cohort/1kGP_high_coverage_Illumina.chr1.filtered.SNV_INDEL_SV_phased_panel-head-1000.vcf.gz")
    else {
        return;
    };
    let Some(names) = bcftools(&["query", "-l", &source.display().to_string()]) else { return };
    let bench = Bench::new();
    let sex = |i: usize| if i.is_multiple_of(2) { "F" } else { "M" };
    let rows = String::from_utf8_lossy(&names)
        .lines()
        .enumerate()
        .map(|(i, s)| format!("{s}\t{}\n", sex(i)))
        .collect::<String>();
    bench.put("people.tsv", format!("sample_id\tsex\n{rows}").as_bytes());
    let bytes = std::fs::read(&source).expect("the real file");
    let path = bench.put("real.vcf.gz", &bytes);
    let tables = good(&bench, &path);
    let victim = Victim { bench, path, bytes, checksums: Checksums::Yes, tables };
    for length in (0..victim.bytes.len()).step_by(step() * 10) {
        assert!(victim.run(&format!("cut at {length}"), &victim.bytes[..length]));
    }
    let mut random = Random(6);
    for _ in 0..flips() / 10 {
        let at = random.below(victim.bytes.len());
        let mut bytes = victim.bytes.clone();
        bytes[at] ^= 1 << random.below(8);
        victim.run(&format!("byte {at}"), &bytes);
    }
}

/// Nothing that is no cohort file is taken for one.
#[test]
fn not_a_cohort_file() {
    let bench = Bench::new();
    let header_only = super::files::header();
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("empty.vcf", Vec::new(), "the file is empty"),
        ("text.vcf", b"hello\nworld\n".to_vec(), "not a VCF or BCF"),
        ("hash.vcf", b"#hello\nworld\n".to_vec(), "not a VCF or BCF"),
        ("picture.bcf", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "not a VCF or BCF"),
        ("text.vcf.gz", bgzf(b"hello\n"), "not a VCF or BCF"),
        ("old.bcf", bgzf(b"BCF\x04\x00\x10\x00\x00\x00"), "BCF version 4.0"),
        ("huge.bcf", bgzf(b"BCF\x02\x02\xff\xff\xff\xff"), "not a VCF or BCF"),
        ("spaces.vcf", header_only.replace('\t', " ").into_bytes(), "separated by tabs"),
        ("half.vcf", header_only.as_bytes()[..header_only.len() / 2].to_vec(), "not a VCF or BCF"),
    ];
    for (name, bytes, message) in cases {
        let path = bench.put(name, &bytes);
        let errors = refused(name, &bench, &freq(&bench, &path, &[]), (1, &path));
        assert!(errors.contains(message), "{name}: {errors}");
    }
    let dir = bench.path("folder");
    std::fs::create_dir(&dir).expect("a directory");
    for (path, message) in
        [(dir.as_path(), "this is a directory"), (Path::new("/nowhere/x.vcf"), "no such file")]
    {
        let errors = refused(message, &bench, &freq(&bench, path, &[]), (1, path));
        assert!(errors.contains(message), "{errors}");
    }
}

#[test]
fn missing_end_of_file_block() {
    let bench = Bench::new();
    let bytes = bgzf(vcf(50).as_bytes());
    let path = bench.put("cohort.vcf.gz", &bytes[..bytes.len() - 28]);
    let errors = refused("no end", &bench, &freq(&bench, &path, &[]), (1, &path));
    let place = format!("it ends at byte {} without an end-of-file block", bytes.len() - 28);
    assert!(errors.contains(&place), "{errors}");
    // An empty block in the middle is legal.
    let half = vcf(50).len() / 2;
    let text = vcf(50);
    let (a, b) = text.as_bytes().split_at(half);
    let whole = good(&bench, &bench.put("whole.vcf.gz", &bytes));
    let joined = [bgzf(a), bgzf(b)].concat();
    assert!(good(&bench, &bench.put("joined.vcf.gz", &joined)) == whole);
}
