//! A small cohort as text, BGZF and BCF, and ways to damage it. Everything is seeded.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// People of the cohort: a number that no message has a reason to say.
pub(super) const PEOPLE: usize = 61;

/// A seeded source of numbers (splitmix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("below n")
    }
}

/// Every second person is a man.
fn is_man(person: usize) -> bool {
    person % 2 == 1
}

/// The sample table.
pub(super) fn samples() -> String {
    let row = |i: usize| format!("P{i:03}\t{}\n", if is_man(i) { "M" } else { "F" });
    format!("sample_id\tsex\n{}", (0..PEOPLE).map(row).collect::<String>())
}

/// The header of the cohort's VCF.
pub(super) fn header() -> String {
    let names: String = (0..PEOPLE).map(|i| format!("\tP{i:03}")).collect();
    format!(
        "##fileformat=VCFv4.2\n##FILTER=<ID=q10,Description=\"low\">\n\
         ##contig=<ID=chr1,length=248956422>\n##contig=<ID=chr2,length=242193529>\n\
         ##contig=<ID=chrX,length=156040895>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         ##FORMAT=<ID=DP,Number=1,Type=Integer,Description=\"Depth\">\n\
         ##FORMAT=<ID=GQ,Number=1,Type=Integer,Description=\"Quality\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT{names}\n"
    )
}

/// The records, each with its newline: equal parts on chr1, chr2 and chrX.
pub(super) fn records(count: usize) -> Vec<String> {
    let mut random = Random(7);
    let record = |i: usize| {
        let contig = ["chr1", "chr2", "chrX"][i * 3 / count];
        let alts = if i % 10 == 3 { 2 } else { 1 };
        let percent = 5 + i % 60;
        let allele = |random: &mut Random| {
            if random.below(100) < percent { 1 + random.below(alts) } else { 0 }
        };
        let alt = if alts == 2 { "C,G" } else { "C" };
        let pos = 10_000_000 + 977 * i;
        let mut line = format!("{contig}\t{pos}\t.\tA\t{alt}\t50\tPASS\t.\tGT:DP:GQ");
        for person in 0..PEOPLE {
            let (a, b) = (allele(&mut random), allele(&mut random));
            let call = match (random.below(100), contig == "chrX" && is_man(person)) {
                (0, _) => "./.".to_owned(),
                (_, true) => a.to_string(),
                (n, _) => format!("{a}{}{b}", if n % 2 == 0 { '|' } else { '/' }),
            };
            line.push_str(&format!("\t{call}:{}:{}", 10 + random.below(50), random.below(100)));
        }
        line.push('\n');
        line
    };
    (0..count).map(record).collect()
}

/// The whole VCF.
pub(super) fn vcf(count: usize) -> String {
    header() + &records(count).concat()
}

/// BGZF of these bytes.
pub(super) fn bgzf(bytes: &[u8]) -> Vec<u8> {
    let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
    writer.write_all(bytes).expect("memory takes it");
    writer.finish().expect("memory takes it")
}

/// What bcftools makes of a file, or nothing (with a word on stderr) where it is not installed.
pub(super) fn bcftools(args: &[&str]) -> Option<Vec<u8>> {
    match Command::new("bcftools").args(args).output() {
        Ok(output) => {
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(output.stdout)
        }
        Err(_) => {
            eprintln!("skipped: bcftools is not installed");
            None
        }
    }
}

/// A place to work in, with a sample table in it.
pub(super) struct Bench {
    dir: tempfile::TempDir,
    pub(super) samples: PathBuf,
}

impl Bench {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let this = Self { samples: dir.path().join("people.tsv"), dir };
        this.put("people.tsv", samples().as_bytes());
        this
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of this name.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// Every name in the place, to see that nothing is left behind.
    pub(super) fn names(&self) -> Vec<String> {
        names(self.dir.path())
    }
}

pub(super) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
