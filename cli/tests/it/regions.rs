//! What a region reads of a file, and what it does not.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::support::{audit, bcftools, ok, table, tables_as_bytes};

const PEOPLE: usize = 60;
/// Length of the only contig.
const LENGTH: usize = 60_000;

fn line(pos: usize, alleles: &str, more: &str) -> String {
    let calls: String = (0..PEOPLE).map(|i| if i < 30 { "\t0/1" } else { "\t0/0" }).collect();
    format!("1\t{pos}\t.\t{alleles}\t.\tPASS\t{more}{calls}\n")
}

/// A place with a sample table, a reference with one run of A (16,370 to 16,400), and a compressed, indexed VCF.
struct Ground(tempfile::TempDir);

impl Ground {
    fn new(records: &str) -> Self {
        let this = Self(tempfile::tempdir().expect("a directory"));
        let mut names = String::new();
        let mut people = "sample_id\n".to_owned();
        for i in 0..PEOPLE {
            let _ = write!(names, "\tS{i}");
            let _ = writeln!(people, "S{i}");
        }
        let sequence: String = (1..=LENGTH)
            .map(|p| if (16_370..=16_400).contains(&p) { 'A' } else { b"CG"[p % 2].into() })
            .collect();
        let put = |name: &str, text: String| std::fs::write(this.path(name), text).expect("written");
        put("people.tsv", people);
        put("r.fa", format!(">1\n{sequence}\n"));
        put("r.fa.fai", format!("1\t{LENGTH}\t3\t{LENGTH}\t{}\n", LENGTH + 1));
        let head = format!(
            "##fileformat=VCFv4.3\n##contig=<ID=1,length={LENGTH}>\n\
             ##INFO=<ID=X,Number=1,Type=String,Description=\"x\">\n\
             ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\n\
             ##FORMAT=<ID=DP,Number=1,Type=String,Description=\"x\">\n\
             #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT{names}\n"
        );
        put("c.vcf", head + records);
        let [vcf, packed] = ["c.vcf", "c.vcf.gz"].map(|name| this.path(name).display().to_string());
        bcftools(["view", "--no-version", "-Oz", "-o", &packed, &vcf]);
        bcftools(["index", "-t", &packed]);
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn freq(&self, name: &str, more: &[&str]) -> PathBuf {
        let [input, samples, out] =
            ["c.vcf.gz", "people.tsv", name].map(|n| self.path(n).display().to_string());
        ok(["freq", &input, "--samples", &samples, "--tsv", "-q", "-o", &out]
            .into_iter()
            .chain(more.iter().copied()));
        self.path(name)
    }

    fn reference(&self) -> String {
        self.path("r.fa").display().to_string()
    }
}

fn keys(out: &Path) -> Vec<String> {
    table(out).into_keys().collect()
}

/// The index has nothing below 16,385, where its next bin begins.
#[test]
fn a_variant_that_moves_into_a_region_without_records() {
    let ground = Ground::new(&line(16_395, "AA\tA", ".\tGT"));
    let reference = ground.reference();
    let out = ground.freq("out", &["--reference", &reference, "-r", "1:16000-16384"]);
    assert_eq!(keys(&out), ["1:16369:GA:G"]);
}

/// Records behind the region are read because they may move into it, but they are not of it.
#[test]
fn records_without_genotypes_are_counted_where_they_are() {
    let bare = |pos: usize| line(pos, "C\tT", ".\tDP").replace("0/", "");
    let ground = Ground::new(&(bare(102) + &bare(502) + &bare(902)));
    let reference = ground.reference();
    let out = ground.freq("out", &["--reference", &reference, "-r", "1:100-200"]);
    assert_eq!(audit(&out)["records"]["without_genotypes"], 1);
}

/// Whether a chunk behind the region is read at all is a matter of timing, so that its damage must not matter.
#[test]
fn damage_behind_a_region_with_any_number_of_threads() {
    let padding = "x".repeat(1 << 18);
    let records: String = (1..=80).map(|n| line(n * 100, "C\tT", &format!("X={padding}\tGT"))).collect();
    let ground = Ground::new(&records);
    let path = ground.path("c.vcf.gz");
    let index = ground.path("c.vcf.gz.tbi");
    let mut bytes = std::fs::read(&path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(&path, bytes).expect("written");
    let text = std::fs::read(&index).expect("an index");
    std::fs::write(&index, text).expect("written again, later than its file");
    let one = ground.freq("one", &["-r", "1:1-1000", "--threads", "1"]);
    assert_eq!(keys(&one).len(), 10);
    for n in 0..8 {
        let more = ground.freq(&format!("more{n}"), &["-r", "1:1-1000", "--threads", "4"]);
        assert!(tables_as_bytes(&more) == tables_as_bytes(&one));
    }
}

#[test]
fn another_reference_is_another_job() {
    let ground = Ground::new(&line(16_395, "AA\tA", ".\tGT"));
    let [input, samples, job, reference] =
        ["c.vcf.gz", "people.tsv", "job", "r.fa"].map(|n| ground.path(n).display().to_string());
    ok(["plan", "freq", &input, "--samples", &samples, "--reference", &reference, "-o", &job]);
    let text = std::fs::read_to_string(ground.path("r.fa")).expect("a reference");
    std::fs::write(ground.path("r.fa"), text + "\n").expect("written");
    let output = crate::support::run(["tally", &job]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("changed since the plan was made: a side file"));
}

/// Two indexed files of the same samples, each with the first or the second half of every contig.
#[test]
fn files_that_hold_a_part_of_every_contig() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let names: String = (0..PEOPLE).map(|i| format!("\tS{i}")).collect();
    let people: String = (0..PEOPLE).map(|i| format!("S{i}\n")).collect();
    std::fs::write(path("people.tsv"), format!("sample_id\n{people}")).expect("written");
    let head = format!(
        "##fileformat=VCFv4.3\n##contig=<ID=1,length=900000>\n##contig=<ID=2,length=900000>\n\
         ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT{names}\n"
    );
    let records = |from: usize, to: usize| -> String {
        let of = |contig: &str| -> String {
            (from..to).step_by(997).map(|p| line(p, "A\tC", ".\tGT").replacen('1', contig, 1)).collect()
        };
        of("1") + &of("2")
    };
    // The file that comes first by name holds the second halves.
    for (name, from, to) in [("a", 450_000, 900_000), ("b", 1_000, 450_000), ("all", 1_000, 900_000)] {
        // The whole is put together from the same records.
        let text = if name == "all" {
            let both: Vec<String> = [(1_000, 450_000), (450_000, 900_000)].map(|(f, t)| records(f, t)).into();
            let of = |contig: &str| -> String {
                both.iter()
                    .flat_map(|h| h.lines())
                    .filter(|l| l.starts_with(contig))
                    .fold(String::new(), |t, l| t + l + "\n")
            };
            of("1\t") + &of("2\t")
        } else {
            records(from, to)
        };
        std::fs::write(path("x.vcf"), head.clone() + &text).expect("written");
        let packed = path(&format!("{name}.vcf.gz"));
        bcftools(["view", "--no-version", "-Oz", "-o", &packed, &path("x.vcf")]);
        bcftools(["index", "-t", &packed]);
    }
    let freq = |out: &str, inputs: &[&str], partitions: &str| {
        let inputs: Vec<String> = inputs.iter().map(|n| path(&format!("{n}.vcf.gz"))).collect();
        let rest = ["--samples", &path("people.tsv"), "--tsv", "--partitions", partitions, "-o", &path(out)];
        ok(std::iter::once("freq".to_owned()).chain(inputs).chain(rest.map(str::to_owned)));
        tables_as_bytes(Path::new(&path(out)))
    };
    let whole = freq("whole", &["all"], "1");
    assert_eq!(whole.len(), 4);
    for partitions in ["1", "2", "5"] {
        assert!(
            freq(&format!("halves{partitions}"), &["a", "b"], partitions) == whole,
            "{partitions} partitions"
        );
    }
}
