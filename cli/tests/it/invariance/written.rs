//! One cohort written down in many ways: text, columns, lines, containers, indexes.

use std::ffi::OsStr;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::support::bcftools;

/// A VCF as text: `##` lines, the samples, the lines of records.
pub(super) struct Text {
    head: String,
    samples: Vec<String>,
    lines: Vec<String>,
}

impl Text {
    pub(super) fn new(text: String) -> Self {
        let mut vcf = Self { head: String::new(), samples: Vec::new(), lines: Vec::new() };
        for line in text.lines() {
            if line.starts_with("##") {
                vcf.head.push_str(line);
                vcf.head.push('\n');
            } else if line.starts_with('#') {
                vcf.samples = line.split('\t').skip(9).map(str::to_owned).collect();
            } else {
                vcf.lines.push(line.to_owned());
            }
        }
        vcf
    }

    /// Reads what bcftools can read.
    pub(super) fn read(path: &Path) -> Self {
        let text = bcftools([OsStr::new("view"), OsStr::new("--no-version"), path.as_os_str()]);
        Self::new(String::from_utf8(text).expect("UTF-8"))
    }

    /// What bcftools makes of several data sites; records keep their alleles.
    pub(super) fn merged(files: &[PathBuf]) -> Self {
        let args = ["merge", "-m", "none", "--no-version"].map(OsStr::new);
        let text = bcftools(args.into_iter().chain(files.iter().map(|f| f.as_os_str())));
        Self::new(String::from_utf8(text).expect("UTF-8"))
    }

    pub(super) fn samples(&self) -> &[String] {
        &self.samples
    }

    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn write(&self, path: &Path) {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
        let columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";
        writeln!(file, "{}{columns}\t{}", self.head, self.samples.join("\t")).expect("written");
        for line in &self.lines {
            writeln!(file, "{line}").expect("written");
        }
        file.flush().expect("written");
    }

    /// Some of the sample columns, in this order.
    pub(super) fn columns(&self, order: &[usize]) -> Self {
        let line = |line: &String| {
            let fields: Vec<&str> = line.split('\t').collect();
            let columns = order.iter().map(|&i| fields[9 + i]);
            fields[..9].iter().copied().chain(columns).collect::<Vec<_>>().join("\t")
        };
        let samples = order.iter().map(|&i| self.samples[i].clone()).collect();
        Self { head: self.head.clone(), samples, lines: self.lines.iter().map(line).collect() }
    }

    /// Some of the lines.
    pub(super) fn part(&self, lines: Range<usize>) -> Self {
        Self { head: self.head.clone(), samples: self.samples.clone(), lines: self.lines[lines].to_vec() }
    }

    /// Without the records that nobody carries an ALT of.
    pub(super) fn carried(&self) -> Self {
        let carried = |line: &&String| {
            line.splitn(10, '\t').nth(9).is_some_and(|calls| calls.contains(['1', '2', '3']))
        };
        let lines = self.lines.iter().filter(carried).cloned().collect();
        Self { head: self.head.clone(), samples: self.samples.clone(), lines }
    }

    /// The first line that stands at the position of the line before.
    pub(super) fn twin(&self) -> Option<usize> {
        let place = |line: &String| line.splitn(3, '\t').take(2).map(str::to_owned).collect::<Vec<_>>();
        (1..self.lines.len()).find(|&i| place(&self.lines[i]) == place(&self.lines[i - 1]))
    }

    /// Pairs of cuts, each right before an indel.
    pub(super) fn cuts_at_indels(&self) -> Vec<[usize; 2]> {
        let indel = |line: &String| line.split('\t').skip(3).take(2).any(|allele| allele.len() > 1);
        let indels: Vec<usize> = (1..self.lines.len()).filter(|&i| indel(&self.lines[i])).collect();
        let n = indels.len();
        [[n / 5, n / 2], [n / 4, n / 4 + 1]].map(|pair| pair.map(|i| indels[i])).to_vec()
    }
}

/// The bgzipped VCF files of a directory, by name.
pub(super) fn vcf_files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a directory");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".vcf.gz"));
    files.sort();
    files
}

/// A copy by bcftools: `z` bgzipped VCF, `b` BCF, `u` uncompressed BCF.
pub(super) fn converted(from: &Path, to: &Path, kind: &str) -> PathBuf {
    let kind = format!("-O{kind}");
    let args = ["view", "--no-version", &kind, "-o"].map(OsStr::new);
    bcftools(args.into_iter().chain([to.as_os_str(), from.as_os_str()]));
    to.to_owned()
}

/// With an index beside it: `-t` TBI, `-c` CSI.
pub(super) fn indexed(path: PathBuf, kind: &str) -> PathBuf {
    bcftools([OsStr::new("index"), OsStr::new("-f"), OsStr::new(kind), path.as_os_str()]);
    path
}

/// A copy in plain gzip, which is not BGZF.
pub(super) fn gzip(from: &Path, to: &Path) {
    let bytes = std::fs::read(from).expect("the text");
    let file = std::fs::File::create(to).expect("a file");
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all(&bytes).expect("written");
    encoder.finish().expect("written");
}

/// A seeded shuffle of 0..n.
pub(super) fn permutation(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = seed;
    for i in (1..n).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let j = usize::try_from(state >> 33).expect("31 bits") % (i + 1);
        order.swap(i, j);
    }
    order
}
