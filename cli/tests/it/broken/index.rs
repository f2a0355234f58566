//! Indexes that are older than their file, empty, of other content, cut or damaged: never an empty or short table.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::files::{Bench, Random, bcftools, bgzf, header, records, vcf};
use super::{freq, good, refused, taken};

/// Enough records for several blocks.
const COUNT: usize = 600;
/// Asks the index where to begin.
const REGION: [&str; 2] = ["-r", "chr2"];

/// A cohort file of this format beside which bcftools puts an index.
struct Indexed {
    bench: Bench,
    path: PathBuf,
    index: PathBuf,
    tables: Vec<(String, Vec<u8>)>,
    region: Vec<(String, Vec<u8>)>,
}

/// Writes the text as `name` in the format of its ending; its index too if `kind` (`-t`, `-c`) is given.
fn write(bench: &Bench, name: &str, text: &str, kind: &str) -> Option<(PathBuf, PathBuf)> {
    let path = if name.ends_with(".bcf") {
        let source = bench.put("source.vcf", text.as_bytes());
        bench.put(name, &bcftools(&["view", "--no-version", "-Ob", &source.display().to_string()])?)
    } else {
        bench.put(name, &bgzf(text.as_bytes()))
    };
    bcftools(&["index", "-f", kind, &path.display().to_string()])?;
    let index = bench.path(&format!("{name}.{}", if kind == "-t" { "tbi" } else { "csi" }));
    Some((path, index))
}

impl Indexed {
    fn new(name: &str, kind: &str) -> Option<Self> {
        let bench = Bench::new();
        let (path, index) = write(&bench, name, &vcf(COUNT), kind)?;
        let tables = good(&bench, &path);
        assert!(freq(&bench, &path, &REGION).status.success());
        let region = taken(&bench);
        assert!(region != tables);
        Some(Self { bench, path, index, tables, region })
    }

    fn all() -> Vec<Self> {
        let kinds = [("cohort.vcf.gz", "-t"), ("cohort.vcf.gz", "-c"), ("cohort.bcf", "-c")];
        kinds.iter().filter_map(|(name, kind)| Self::new(name, kind)).collect()
    }

    /// Demands an error that names the index, with and without a region.
    fn refused(&self, what: &str, finding: &str) {
        for more in [&[][..], &REGION] {
            let errors = refused(what, &self.bench, &freq(&self.bench, &self.path, more), (1, &self.index));
            assert!(errors.contains(finding) && errors.contains("bcftools index -f"), "{what}: {errors}");
        }
    }

    /// Puts the index of another text in the place of the right one.
    fn index_of(&self, text: &str, kind: &str) {
        let name = self.path.file_name().expect("a name").to_string_lossy().into_owned();
        let (_, other) =
            write(&self.bench, &format!("other-{name}"), text, kind).expect("bcftools was there before");
        std::fs::copy(other, &self.index).expect("an index can be copied");
    }

    fn kind(&self) -> &'static str {
        if self.index.extension().is_some_and(|e| e == "tbi") { "-t" } else { "-c" }
    }
}

fn touch(path: &Path, time: SystemTime) {
    let file = std::fs::File::options().write(true).open(path).expect("a file");
    file.set_modified(time).expect("a date can be set");
}

#[test]
fn older_than_its_file() {
    for cohort in Indexed::all() {
        touch(&cohort.index, SystemTime::now() - Duration::from_secs(3600));
        cohort.refused("old", "the index is older than its file");
        let mut more = REGION.to_vec();
        more.push("--accept-stale-index");
        assert!(freq(&cohort.bench, &cohort.path, &more).status.success());
        assert!(taken(&cohort.bench) == cohort.region, "an index that covers its file may be used");
        // Accepting the date is not accepting the content.
        cohort.index_of(&header(), cohort.kind());
        touch(&cohort.index, SystemTime::now() - Duration::from_secs(3600));
        let output = freq(&cohort.bench, &cohort.path, &more);
        let errors = refused("old and empty", &cohort.bench, &output, (1, &cohort.index));
        assert!(errors.contains("other content"), "{errors}");
    }
}

#[test]
fn empty_or_of_other_content() {
    for cohort in Indexed::all() {
        let list = records(COUNT);
        let texts = [
            ("of the header only", header()),
            ("of an older version, shorter at the end", header() + &list[..500].concat()),
            ("of an older version, shorter at the start", header() + &list[100..].concat()),
            (
                "of an older version without a contig",
                header() + &list[..200].concat() + &list[400..].concat(),
            ),
            ("of a longer version", vcf(COUNT + 200)),
        ];
        for (what, text) in texts {
            cohort.index_of(&text, cohort.kind());
            cohort.refused(what, "other content");
        }
    }
}

/// Empty, cut and damaged index files are refused, or do no harm.
#[test]
fn damaged() {
    let mut random = Random(8);
    for cohort in Indexed::all() {
        let bytes = std::fs::read(&cohort.index).expect("an index");
        for (what, wrong) in
            [("no bytes", Vec::new()), ("text", b"hello\n".to_vec()), ("another", bgzf(b"TBI\x01"))]
        {
            std::fs::write(&cohort.index, wrong).expect("an index can be written");
            cohort.refused(what, "cannot be read");
        }
        let end = bytes.len() - 28;
        for cut in [1, 17, 40, end / 2, end - 1] {
            std::fs::write(&cohort.index, &bytes[..cut]).expect("an index can be written");
            cohort.refused(&format!("cut at {cut}"), "the index ");
        }
        for _ in 0..60 {
            let at = random.below(bytes.len());
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << random.below(8);
            std::fs::write(&cohort.index, wrong).expect("an index can be written");
            for (more, expected) in [(&[][..], &cohort.tables), (&REGION, &cohort.region)] {
                let output = freq(&cohort.bench, &cohort.path, more);
                if output.status.success() {
                    assert!(taken(&cohort.bench) == *expected, "byte {at}: another table, and no error");
                } else {
                    refused(&format!("byte {at}"), &cohort.bench, &output, (1, &cohort.index));
                }
            }
        }
    }
}

/// An index cannot hide a damaged block: reading through it says so too.
#[test]
fn right_index_of_a_damaged_file() {
    for cohort in Indexed::all() {
        let mut bytes = std::fs::read(&cohort.path).expect("the cohort");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        std::fs::write(&cohort.path, bytes).expect("the cohort can be written");
        touch(&cohort.index, SystemTime::now() + Duration::from_secs(5));
        let errors =
            refused("flip", &cohort.bench, &freq(&cohort.bench, &cohort.path, &REGION), (1, &cohort.path));
        assert!(errors.contains(": byte "), "{errors}");
    }
}
