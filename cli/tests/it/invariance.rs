//! The same bytes whatever the container, the threads, the partitions, the order and the cut of the input.
//!
//! Every way of writing one cohort down (`written`) must give the table of the plain file. The ground is a seeded demo
//! cohort (X, Y, MT, split and multi-allelic records, half and missing calls, indels); where the real data is there, a
//! cohort of several chunks, and one whose indels are pushed right, too.

mod repeats;
mod written;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::support::{audit, real, shukei, tables_as_bytes};
use crate::truth::{Cohort, shifted};
use repeats::Repeats;
use written::Text;

/// One cohort as text, with its sample table and what is asked of it.
struct Ground {
    dir: tempfile::TempDir,
    text: Text,
    samples: PathBuf,
    flags: Vec<OsString>,
}

/// What must not change.
struct Outcome {
    tables: Vec<(String, Vec<u8>)>,
    audit: serde_json::Value,
}

impl Ground {
    fn new(text: Text, table: &str, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let samples = dir.path().join("samples.tsv");
        std::fs::write(&samples, table).expect("samples.tsv");
        Self { dir, text, samples, flags: flags.iter().map(OsString::from).collect() }
    }

    /// The five files of `shukei demo` as one. The demo's own tables of so few people are refused, its cohort stays.
    fn demo() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut demo = shukei();
        demo.args(["demo", "--people", "300", "--variants", "1500", "-o"]).arg(dir.path().join("demo"));
        demo.output().expect("shukei runs");
        let cohort = dir.path().join("demo/cohort");
        let table = std::fs::read_to_string(cohort.join("samples.tsv")).expect("the demo's sample table");
        let text = Text::merged(&written::vcf_files(&cohort));
        let mut ground = Self::new(text, &table, &["--by", "sex,region:tree", "--genotypes"]);
        ground.dir = dir;
        ground.samples = cohort.join("samples.tsv");
        ground
    }

    /// A real file; its people get a sex and a group by their order.
    fn real(name: &str, flags: &[&str]) -> Option<Self> {
        let text = Text::read(&real(name)?);
        let row =
            |(i, sample): (usize, &String)| format!("{sample}\t{}\tg{}\n", ["F", "M"][i % 2], i / 2 % 3);
        let rows: String = text.samples().iter().enumerate().map(row).collect();
        Some(Self::new(text, &format!("sample_id\tsex\tgroup\n{rows}"), flags))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs `shukei freq` on these inputs; the table is removed again.
    fn freq(&self, inputs: &[PathBuf], more: &[&str]) -> Outcome {
        self.freq_of(inputs, &self.samples, more)
    }

    fn freq_of(&self, inputs: &[PathBuf], samples: &Path, more: &[&str]) -> Outcome {
        let out = self.path("out");
        let mut command = shukei();
        command.arg("freq").args(inputs).arg("--samples").arg(samples).args(&self.flags).args(more);
        let output = command.arg("--tsv").arg("-o").arg(&out).output().expect("shukei runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{inputs:?} {more:?}: {said}");
        let outcome = Outcome { tables: tables_as_bytes(&out), audit: audit(&out) };
        std::fs::remove_dir_all(&out).expect("the table can be removed");
        assert_eq!(outcome.tables.len(), 4);
        outcome
    }

    /// The table that all others must equal: one thread, one partition, scalar kernels, plain text.
    fn base(&self) -> (PathBuf, Outcome) {
        let path = self.path("base.vcf");
        self.text.write(&path);
        let base = self.freq(std::slice::from_ref(&path), &["--threads", "1", "--backend", "scalar"]);
        let rows = base.tables[3].1.iter().filter(|&&b| b == b'\n').count() - 1;
        assert!(rows > 100, "{rows} rows are enough to compare");
        (path, base)
    }

    /// Containers, with and without index, 1, 2 and 4 threads, 1 and 7 partitions; returns how many runs were compared.
    fn check_containers(&self) -> usize {
        let (plain, base) = self.base();
        let mut inputs = vec![plain.clone()];
        let gzip = self.path("gzip.vcf.gz");
        written::gzip(&plain, &gzip);
        inputs.push(gzip);
        for (name, kind) in [("b.vcf.gz", "z"), ("b.bcf", "b"), ("u.bcf", "u")] {
            inputs.push(written::converted(&plain, &self.path(name), kind));
        }
        for (name, kind, index) in
            [("tbi.vcf.gz", "z", "-t"), ("csi.vcf.gz", "z", "-c"), ("csi.bcf", "b", "-c")]
        {
            inputs.push(written::indexed(written::converted(&plain, &self.path(name), kind), index));
        }
        let mut ways: Vec<(&PathBuf, [&str; 2])> = inputs.iter().map(|input| (input, ["4", "7"])).collect();
        for threads in ["1", "2", "4"] {
            let (text, bcf) = (&inputs[5], &inputs[3]);
            ways.extend([(text, [threads, "1"]), (bcf, [threads, "1"]), (text, [threads, "40"])]);
        }
        for (input, [threads, partitions]) in &ways {
            let more = ["--threads", threads, "--partitions", partitions];
            let same = self.freq(std::slice::from_ref(input), &more);
            assert_same(&same, &base, &format!("{} {more:?}", input.display()));
        }
        ways.len()
    }

    /// Every kernel that this machine has, on text and on BCF.
    fn check_backends(&self) -> Vec<&'static str> {
        let (plain, base) = self.base();
        let bcf = written::converted(&plain, &self.path("kernels.bcf"), "b");
        let mut there = vec!["scalar"];
        there.extend(std::arch::is_x86_feature_detected!("avx2").then_some("avx2"));
        let avx512 =
            std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512bw");
        there.extend(avx512.then_some("avx512"));
        for backend in &there {
            for input in [&plain, &bcf] {
                let same = self.freq(std::slice::from_ref(input), &["--backend", backend]);
                assert_same(&same, &base, &format!("{backend} {}", input.display()));
            }
        }
        there
    }

    /// Columns permuted, rows of the sample table permuted.
    fn check_orders(&self) {
        let (plain, base) = self.base();
        for seed in [1, 2] {
            let path = self.path("columns.vcf");
            self.text.columns(&written::permutation(self.text.samples().len(), seed)).write(&path);
            assert_same(&self.freq(&[path], &["--threads", "2"]), &base, "columns permuted");
        }
        let table = std::fs::read_to_string(&self.samples).expect("the sample table");
        let (header, rows) = table.split_once('\n').expect("a header");
        let rows: Vec<&str> = rows.lines().collect();
        let order = written::permutation(rows.len(), 3);
        let permuted = self.path("permuted.tsv");
        let rows: String = order.iter().map(|&i| format!("{}\n", rows[i])).collect();
        std::fs::write(&permuted, format!("{header}\n{rows}")).expect("permuted.tsv");
        assert_same(&self.freq_of(&[plain], &permuted, &[]), &base, "rows of the sample table permuted");
    }

    /// The file in three by lines, at each of these cuts, plain and as BCF, named in any order.
    fn check_cuts(&self, cuts: &[[usize; 2]]) {
        let (_, base) = self.base();
        for (n, &[first, second]) in cuts.iter().enumerate() {
            let ends = [0..first, first..second, second..self.text.lines()];
            let parts: Vec<PathBuf> = ends
                .into_iter()
                .zip(["c", "a", "b"])
                .map(|(lines, name)| {
                    let path = self.path(&format!("cut{n}{name}.vcf"));
                    self.text.part(lines).write(&path);
                    path
                })
                .collect();
            let what = format!("cut at lines {first} and {second}");
            assert_same(&self.freq(&parts, &["--threads", "2"]), &base, &what);
            assert_same(&self.freq(&parts, &["--threads", "4", "--partitions", "7"]), &base, &what);
            let mut mixed: Vec<PathBuf> = parts.clone();
            mixed[1] = written::indexed(
                written::converted(&parts[1], &self.path(&format!("cut{n}.vcf.gz")), "z"),
                "-t",
            );
            mixed[2] = written::converted(&parts[2], &self.path(&format!("cut{n}.bcf")), "b");
            mixed.rotate_left(1);
            assert_same(
                &self.freq(&mixed, &["--partitions", "7"]),
                &base,
                &format!("{what}, three containers"),
            );
        }
    }

    /// The people in five files with all records: five data sites are one cohort.
    fn check_data_sites(&self) {
        let (_, base) = self.base();
        let order = written::permutation(self.text.samples().len(), 5);
        let mut sites: Vec<PathBuf> = order
            .chunks(order.len().div_ceil(5))
            .zip(["d", "b", "e", "a", "c"])
            .map(|(people, name)| {
                let path = self.path(&format!("site_{name}.vcf"));
                self.text.columns(people).write(&path);
                path
            })
            .collect();
        assert_eq!(sites.len(), 5);
        assert_same_tables(&self.freq(&sites, &["--threads", "4"]), &base, "five data sites");
        sites[1] = written::indexed(written::converted(&sites[1], &self.path("site_1.bcf"), "b"), "-c");
        sites[3] = written::indexed(written::converted(&sites[3], &self.path("site_3.vcf.gz"), "z"), "-t");
        sites.rotate_left(2);
        assert_same_tables(
            &self.freq(&sites, &["--partitions", "7"]),
            &base,
            "five data sites, containers, partitions",
        );
        // A data site may itself come in pieces.
        let site = Text::read(&sites[0]);
        let middle = site.lines() / 2;
        for (lines, name) in [(0..middle, "left"), (middle..site.lines(), "right")] {
            sites.push(self.path(&format!("site_{name}.vcf")));
            site.part(lines).write(&sites[sites.len() - 1]);
        }
        sites.remove(0);
        assert_same_tables(&self.freq(&sites, &[]), &base, "five data sites, one in two pieces");
    }
}

/// Same tables, and the same audit outside `run` and `inputs`.
fn assert_same(ours: &Outcome, base: &Outcome, what: &str) {
    assert_same_tables(ours, base, what);
    let differs = |key: &&String| ours.audit[*key] != base.audit[*key];
    let keys: Vec<&String> = base.audit.as_object().expect("an object").keys().filter(differs).collect();
    assert!(keys.is_empty() && ours.audit == base.audit, "{what}: audit.json differs in {keys:?}");
}

/// Same tables; says which file differs and where. The audit of five data sites speaks of five times the records.
fn assert_same_tables(ours: &Outcome, base: &Outcome, what: &str) {
    let lines = |outcome: &Outcome| String::from_utf8_lossy(&outcome.tables[3].1).into_owned();
    let (a, b) = (lines(ours), lines(base));
    if let Some((a, b)) = a.lines().zip(b.lines()).find(|(a, b)| a != b) {
        panic!("{what}: freq.tsv differs:\n{a}\n{b}");
    }
    for ((name, a), (_, b)) in ours.tables.iter().zip(&base.tables) {
        assert!(a == b, "{what}: {name} differs ({} and {} bytes)", a.len(), b.len());
    }
}

#[test]
fn demo_cohort_in_every_container() {
    let ground = Ground::demo();
    let runs = ground.check_containers();
    eprintln!("demo cohort: {} lines, {runs} runs gave the same bytes", ground.text.lines());
}

#[test]
fn demo_cohort_in_any_order_and_with_every_kernel() {
    let ground = Ground::demo();
    ground.check_orders();
    eprintln!("demo cohort: {:?} give the same bytes", ground.check_backends());
}

/// The demo's data site that writes AD, DP and GQ.
#[test]
fn demo_data_site_with_qualities_under_adj() {
    let demo = Ground::demo();
    let text = Text::read(&demo.path("demo/cohort/nig.vcf.gz"));
    let table = std::fs::read_to_string(&demo.samples).expect("the sample table");
    let mine = |(n, row): &(usize, &str)| {
        *n == 0 || row.split('\t').next().is_some_and(|id| text.samples().iter().any(|s| s == id))
    };
    let table: String = table.lines().enumerate().filter(mine).map(|(_, row)| format!("{row}\n")).collect();
    let ground = Ground::new(text, &table, &["--by", "sex", "--adj"]);
    ground.check_containers();
    ground.check_orders();
    ground.check_backends();
}

#[test]
fn demo_cohort_cut_by_lines_and_by_people() {
    let ground = Ground::demo();
    let n = ground.text.lines();
    // Between contigs, within one, an empty piece, and between two records of one position.
    let inside = ground.text.twin().expect("two records of one position");
    ground.check_cuts(&[[n / 3, 2 * n / 3], [0, n / 2], [inside.min(n / 2), inside.max(n / 2)]]);
    ground.check_data_sites();
}

/// Any cut between chunks, partitions or files falls among records that belong together.
#[test]
fn repeats_in_which_records_meet() {
    let repeats = Repeats::new(800);
    let mut ground = Ground::new(Text::new(repeats.vcf), &repeats.table, &["--by", "sex,group"]);
    ground.check_containers();
    let fasta = ground.path("repeats.fa");
    std::fs::write(&fasta, &repeats.fasta).expect("repeats.fa");
    std::fs::write(ground.path("repeats.fa.fai"), &repeats.fai).expect("repeats.fa.fai");
    ground.flags.extend(["--reference".into(), fasta.into_os_string()]);
    ground.check_containers();
    let n = ground.text.lines();
    ground.check_cuts(&[[n / 3 + 1, 2 * n / 3 + 5], [n / 2 + 3, n / 2 + 4]]);
}

/// The five files of the demo, in which records of one data site only occur, against the merge that bcftools makes.
#[test]
fn demo_data_sites_equal_their_bcftools_merge() {
    let ground = Ground::demo();
    let (_, base) = ground.base();
    let sites = written::vcf_files(&ground.path("demo/cohort"));
    assert_eq!(sites.len(), 5);
    assert_same_tables(&ground.freq(&sites, &["--partitions", "7"]), &base, "the demo's own files");
}

#[test]
fn regions_put_together_are_the_whole() {
    let ground = Ground::demo();
    let (plain, base) = ground.base();
    let indexed = written::indexed(written::converted(&plain, &ground.path("r.vcf.gz"), "z"), "-t");
    let rows = |outcome: &Outcome| -> Vec<String> {
        String::from_utf8_lossy(&outcome.tables[3].1).lines().skip(1).map(str::to_owned).collect()
    };
    for input in [plain, indexed] {
        let part = |region: &str| rows(&ground.freq(std::slice::from_ref(&input), &["-r", region]));
        let mut joined = part("chr1:1-100000000");
        for region in ["chr1:100000001-248956422", "chr2", "chr20,chr22", "chrX:1-2781479"] {
            joined.extend(part(region));
        }
        joined.extend(part("chrX:2781480-156040895,chrY,chrM"));
        assert_eq!(joined, rows(&base), "{}", input.display());
    }
}

#[test]
fn unphased_vcf_and_bcf_of_203_people() {
    let Some(mut ground) = Ground::real("cohort/unphased.vcf.gz", &["--by", "sex,group", "--genotypes"])
    else {
        return;
    };
    let (_, base) = ground.base();
    for name in ["cohort/unphased.vcf.gz", "cohort/unphased.bcf"] {
        let Some(path) = real(name) else { return };
        assert_same(&ground.freq(&[path], &[]), &base, name);
    }
    let runs = ground.check_containers();
    ground.check_orders();
    let kernels = ground.check_backends();
    let n = ground.text.lines();
    ground.check_cuts(&[[n / 3, 2 * n / 3]]);
    ground.check_data_sites();
    // Nothing is missing in this cohort, so a data site may leave out what none of its people carries.
    ground.flags.extend(["--absent", "hom-ref"].map(OsString::from));
    let (_, base) = ground.base();
    let order: Vec<usize> = (0..ground.text.samples().len()).collect();
    let sites: Vec<PathBuf> = order
        .chunks(41)
        .enumerate()
        .map(|(i, people)| {
            let path = ground.path(&format!("carried{i}.vcf"));
            ground.text.columns(people).carried().write(&path);
            path
        })
        .collect();
    assert_same_tables(
        &ground.freq(&sites, &["--partitions", "3"]),
        &base,
        "data sites that leave out hom-ref records",
    );
    eprintln!("unphased: {n} lines, {runs} runs and {kernels:?} gave the same bytes");
}

#[test]
fn reference_bcf_and_its_vcf_of_300_people() {
    let Some(ground) = Ground::real("cohort/reference.bcf", &["--by", "group", "--by", "sex"]) else {
        return;
    };
    let (plain, base) = ground.base();
    let Some(bcf) = real("cohort/reference.bcf") else { return };
    assert_same(&ground.freq(std::slice::from_ref(&bcf), &["--threads", "4"]), &base, "the BCF");
    let bgzf = written::converted(&plain, &ground.path("z.vcf.gz"), "z");
    let gzip = ground.path("gzip.vcf.gz");
    written::gzip(&plain, &gzip);
    for input in [bcf, bgzf, gzip] {
        let what = input.display().to_string();
        for partitions in ["1", "7"] {
            assert_same(
                &ground.freq(std::slice::from_ref(&input), &["--partitions", partitions]),
                &base,
                &what,
            );
        }
    }
}

/// Records that move by normalisation across chunks, partitions and files.
#[test]
fn indels_pushed_right_and_aligned_again() {
    let (Some(input), Some(fasta)) = (real("cohort/unphased.vcf.gz"), real("reads/hs37d5.chr20.fa.gz"))
    else {
        return;
    };
    let (moved, text) = shifted(&Cohort::read(&input), &fasta);
    assert!(moved > 100);
    let flags = ["--by", "sex,group", "--reference", fasta.to_str().expect("UTF-8")];
    let Some(mut ground) = Ground::real("cohort/unphased.vcf.gz", &flags) else { return };
    let (_, straight) = ground.base();
    ground.text = Text::new(text);
    let (_, base) = ground.base();
    let rows =
        |o: &Outcome| String::from_utf8_lossy(&o.tables[3].1).lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&base), rows(&straight), "indels come back to where they were");
    let runs = ground.check_containers();
    let cuts = ground.text.cuts_at_indels();
    ground.check_cuts(&cuts);
    ground.check_data_sites();
    eprintln!("{moved} indels pushed right: {runs} runs and {} cuts gave the same bytes", cuts.len());
}
