//! Released numbers against the published ones of the 1000 Genomes Project, against bcftools, and against the rule of
//! `docs/disclosure.md` written a second time (`rule`).
//!
//! Each test says on stderr what it compared (`cargo test truth -- --nocapture`).

mod chain;
mod cohort;
mod crooked;
mod people;
mod random;
mod rule;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::{self, Table, bcftools, real};
pub(crate) use cohort::Cohort;
use cohort::{Record, trimmed};
pub(crate) use crooked::shifted;
use people::People;
use rule::{Design, Row};

const HIGH_COVERAGE: &str =
    "cohort/1kGP_high_coverage_Illumina.chr1.filtered.SNV_INDEL_SV_phased_panel-head-1000.vcf.gz";
const PHASE3: &str = "cohort/1kg-phaseIII-v5a.20130502.genotypes.chr22-16-16.5mb.vcf.gz";
const BROAD: &str = "cohort/1000G.phase3.broad.withGenotypes.chr20.10100000.vcf.gz";
const REFERENCE: &str = "reads/hs37d5.chr20.fa.gz";
const SUPERPOPULATIONS: [&str; 5] = ["AFR", "AMR", "EAS", "EUR", "SAS"];

/// Families and flags; a group is called a superpopulation everywhere.
type Run = (&'static [&'static [&'static str]], &'static [&'static str]);
const RUNS: [Run; 8] = [
    (&[], &[]),
    (&[&["superpopulation"]], &["--genotypes"]),
    (&[&["sex", "superpopulation"]], &[]),
    (&[&["superpopulation", "sex"]], &["--genotypes"]),
    (&[&["sex"], &["superpopulation"]], &[]),
    (&[&["sex"], &["superpopulation"]], &["--genotypes"]),
    (&[&["superpopulation"], &["sex"]], &[]),
    (&[&["superpopulation"], &["sex"]], &["--genotypes"]),
];

/// A cohort, its people, and a place for tables.
struct Bench {
    input: PathBuf,
    cohort: Cohort,
    people: People,
    dir: tempfile::TempDir,
}

/// What a comparison went over.
struct Compared {
    table: Table,
    cells: usize,
    withheld: usize,
    /// Positions with several rows.
    together: usize,
}

impl Bench {
    /// None where the real data is not there.
    fn new(name: &str) -> Option<Self> {
        let (input, igsr) = (real(name)?, real("samples/igsr_samples.tsv")?);
        let ped = real("samples/20130606_g1k.ped")?;
        let cohort = Cohort::read(&input);
        let people = People::of(&cohort.samples, &igsr, &ped);
        Some(Self::with(input, cohort, people, tempfile::tempdir().expect("a directory")))
    }

    fn with(input: PathBuf, cohort: Cohort, people: People, dir: tempfile::TempDir) -> Self {
        std::fs::write(dir.path().join("samples.tsv"), people.table(&cohort.samples)).expect("samples.tsv");
        Self { input, cohort, people, dir }
    }

    /// The autosomes of the demo's five data sites in one file: half calls, missing calls, split and multi-allelic
    /// records. Its people get a sex and a group by their order.
    fn demo() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut demo = support::shukei();
        demo.args(["demo", "--people", "800", "--variants", "2500", "-o"]).arg(dir.path().join("demo"));
        demo.output().expect("shukei runs");
        let input = dir.path().join("demo.vcf");
        let sites = ["imsut", "ncc", "ncgm", "nig", "tohoku-mmb"];
        let sites = sites.map(|s| dir.path().join(format!("demo/cohort/{s}.vcf.gz")));
        let args = ["merge", "-m", "none", "-r", "chr1,chr2,chr20,chr22", "-o"].map(std::ffi::OsStr::new);
        bcftools(args.into_iter().chain([input.as_os_str()]).chain(sites.iter().map(|s| s.as_os_str())));
        let cohort = Cohort::read(&input);
        let people = People::by_order(cohort.samples.len());
        Self::with(input, cohort, people, dir)
    }

    /// Runs `shukei freq`; gives the directory of the table.
    fn freq(&self, input: &Path, by: &[&[&str]], flags: &[&str]) -> PathBuf {
        let out = self.dir.path().join(format!("out{}", rand_name(self.dir.path())));
        let mut command = support::shukei();
        command.arg("freq").arg(input).arg("--samples").arg(self.dir.path().join("samples.tsv"));
        for family in by {
            command.arg("--by").arg(family.join(","));
        }
        let output = command.args(flags).arg("--tsv").arg("-o").arg(&out).output().expect("shukei runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        out
    }

    /// Demands that a table is what the rule makes of the genotypes: the same rows, the same cells, the same numbers.
    fn compare(&self, by: &[&[&'static str]], flags: &[&str]) -> Compared {
        let table = support::table(&self.freq(&self.input, by, flags));
        self.compare_with(table, &self.cohort, by, flags)
    }

    fn compare_with(
        &self,
        table: Table,
        cohort: &Cohort,
        by: &[&[&'static str]],
        flags: &[&str],
    ) -> Compared {
        let design = Design::new(by, &self.people.attributes, flags.contains(&"--genotypes"));
        let units = cohort.units(flags.contains(&"--structural"));
        let variants: usize = units.iter().map(|u| u.variants.len()).sum();
        let expected: BTreeMap<String, Row> = units.iter().flat_map(|u| design.rows(u)).collect();
        let more: Vec<&String> = table.keys().filter(|k| !expected.contains_key(*k)).take(5).collect();
        let fewer: Vec<&String> = expected.keys().filter(|k| !table.contains_key(*k)).take(5).collect();
        assert!(more.is_empty() && fewer.is_empty(), "rows by {by:?} {flags:?}: +{more:?} -{fewer:?}");
        for (key, row) in &expected {
            assert_eq!(&counts(&table[key]), row, "{key} by {by:?} {flags:?}");
            check_derived(key, &table[key]);
        }
        let cells = expected.values().flat_map(|row| row.keys()).filter(|k| is(k, "AC")).count();
        let withheld = variants * design.strata().len() - cells;
        eprintln!(
            "by {by:?} {flags:?}: {variants} variants, {} rows, {cells} cells equal, {withheld} withheld as the rule says",
            table.len()
        );
        let together = units.iter().filter(|u| design.rows(u).len() > 1).count();
        Compared { table, cells, withheld, together }
    }

    /// The records by the key of each of their ALTs.
    fn by_key(&self) -> BTreeMap<String, (&Record, usize)> {
        let keys = |record: &'_ Record| -> Vec<String> {
            let key = |alt| {
                let (pos, reference, alternate) = trimmed(record.pos, &record.alleles[0], alt);
                format!("{}:{pos}:{reference}:{alternate}", record.contig)
            };
            record.alleles[1..].iter().map(|alt| key(alt)).collect()
        };
        self.cohort
            .records
            .iter()
            .flat_map(|record| keys(record).into_iter().enumerate().map(move |(i, key)| (key, (record, i))))
            .collect()
    }
}

/// A number that no directory entry has yet.
fn rand_name(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("a directory").count()
}

/// True for a column of this measure, whatever the stratum.
fn is(column: &str, measure: &str) -> bool {
    column.strip_prefix(measure).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// The columns of a released row that hold counts, tier and FILTER.
fn counts(row: &BTreeMap<String, String>) -> Row {
    let other = |column: &str| {
        ["contig", "pos", "ref", "alt"].contains(&column)
            || ["AF", "HWE", "ExcHet", "F"].iter().any(|m| is(column, m))
    };
    row.iter().filter(|(column, _)| !other(column)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> Option<f64> {
    Some(row.get(column)?.parse().unwrap_or_else(|_| panic!("{column} is a number")))
}

/// AF stands wherever AC does and is AC / AN; HWE and F stand wherever genotypes do, F by its definition.
fn check_derived(key: &str, row: &BTreeMap<String, String>) {
    let strata = |measure: &str| -> Vec<String> {
        row.keys().filter(|c| is(c, measure)).map(|c| c[measure.len()..].to_owned()).collect()
    };
    assert_eq!(strata("AC"), strata("AF"), "{key}");
    assert_eq!(strata("nhet"), strata("HWE"), "{key}");
    assert_eq!(strata("nhet"), strata("ExcHet"), "{key}");
    for stratum in strata("AC") {
        let get = |measure: &str| number(row, &format!("{measure}{stratum}"));
        assert_eq!(
            get("AF"),
            Some(get("AC").expect("a number") / get("AN").expect("a number")),
            "{key}{stratum}"
        );
        if let Some(het) = get("nhet") {
            let (homalt, homref) = (get("nhomalt").expect("a number"), get("nhomref").expect("a number"));
            let n = homref + het + homalt;
            let p = (2.0 * homalt + het) / (2.0 * n);
            assert!(
                (get("F").expect("a number") - (1.0 - het / (2.0 * p * (1.0 - p) * n))).abs() < 1e-9,
                "{key}{stratum}"
            );
        }
    }
}

/// A number of INFO, of one ALT where there are several.
fn info(record: &Record, field: &str, alt: usize) -> f64 {
    let value = record.info.get(field).unwrap_or_else(|| panic!("{field} at {}", record.pos));
    let value = value.split(',').nth(alt).or_else(|| value.split(',').next()).expect("a value");
    value.parse().unwrap_or_else(|_| panic!("{field}={value}"))
}

/// Equal to a number that bcftools holds as a 32-bit float and prints with six significant digits: what is too small for
/// such a float is zero there.
fn assert_printed(ours: f64, published: f64, what: &str) {
    let near = (ours - published).abs() <= 1e-5 * published.abs().max(1e-33);
    assert!(near, "{what}: {ours:e}, published {published:e}");
}

/// The genotypes of a record give the published counts: our reading and the publisher's agree.
fn assert_published_counts(bench: &Bench, record: &Record) {
    let mut sums: BTreeMap<String, [i64; 4]> = BTreeMap::new();
    for (genotype, attributes) in record.genotypes.iter().zip(&bench.people.attributes) {
        let Some([a, b]) = genotype.map(|g| g.map(|a| i64::from(a == 1))) else { continue };
        for suffix in [String::new(), format!("_{}", attributes["superpopulation"])] {
            let sum = sums.entry(suffix).or_default();
            let (het, hom) = (i64::from(a + b == 1), 2 * i64::from(a + b == 2));
            *sum = [sum[0] + a + b, sum[1] + 2, sum[2] + het, sum[3] + hom];
        }
    }
    for (suffix, sum) in sums {
        let published =
            ["AC", "AN", "AC_Het", "AC_Hom"].map(|field| info(record, &format!("{field}{suffix}"), 0));
        assert_eq!(sum.map(|n| n as f64), published, "{}{suffix}", record.pos);
    }
}

/// Compares every number of a table with INFO of the high-coverage file; returns how many, HWE apart.
fn assert_published(bench: &Bench, table: &Table) -> (usize, usize) {
    let published = bench.by_key();
    let (mut numbers, mut hwe) = (0, 0);
    for (key, row) in table {
        let (record, alt) = published[key];
        for suffix in std::iter::once("").chain(SUPERPOPULATIONS) {
            let (ours, theirs) = match suffix {
                "" => (String::new(), String::new()),
                s => (format!("_superpopulation_{s}"), format!("_{s}")),
            };
            for (mine, field, unit) in
                [("AC", "AC", 1.0), ("AN", "AN", 1.0), ("nhet", "AC_Het", 1.0), ("nhomalt", "AC_Hom", 2.0)]
            {
                let Some(value) = number(row, &format!("{mine}{ours}")) else { continue };
                assert_eq!(
                    value * unit,
                    info(record, &format!("{field}{theirs}"), alt),
                    "{key} {mine}{ours}"
                );
                numbers += 1;
            }
            if let Some(af) = number(row, &format!("AF{ours}")) {
                assert_printed(af, info(record, &format!("AF{theirs}"), alt), &format!("{key} AF{ours}"));
                numbers += 1;
            }
            if let Some(p) = number(row, &format!("HWE{ours}")) {
                assert_printed(p, info(record, &format!("HWE{theirs}"), alt), &format!("{key} HWE{ours}"));
                hwe += 1;
            }
        }
    }
    (numbers, hwe)
}

#[test]
fn demo_cohort_is_released_as_the_rule_says() {
    let bench = Bench::demo();
    for (by, flags) in RUNS {
        let compared = bench.compare(by, flags);
        assert!(compared.cells > 300 && compared.withheld > 0 && compared.together > 0);
    }
}

#[test]
fn corner_cases_are_released_as_the_rule_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let input = dir.path().join("random.vcf");
    let (text, cohort, people) = random::cohort(3_000);
    std::fs::write(&input, text).expect("random.vcf");
    let bench = Bench::with(input, cohort, people, dir);
    for (by, flags) in RUNS {
        let compared = bench.compare(by, flags);
        assert!(compared.cells > 1000 && compared.withheld > 0 && compared.together > 100);
    }
}

#[test]
fn high_coverage_file_by_superpopulation_and_sex() {
    let Some(bench) = Bench::new(HIGH_COVERAGE) else { return };
    for record in &bench.cohort.records {
        assert_published_counts(&bench, record);
    }
    eprintln!(
        "{} records: AC, AN, AC_Het, AC_Hom of the genotypes are the published ones",
        bench.cohort.records.len()
    );
    let (pop, sex): (&[&str], &[&str]) = (&["superpopulation"], &["sex"]);
    let runs: [(&[&[&str]], &[&str]); 8] = [
        (&[], &["--structural"]),
        (&[pop], &["--structural"]),
        (&[pop], &["--genotypes"]),
        (&[sex], &[]),
        (&[&["sex", "superpopulation"]], &[]),
        (&[&["sex", "superpopulation"]], &["--genotypes"]),
        (&[pop, sex], &[]),
        (&[sex, pop], &["--genotypes"]),
    ];
    for (by, flags) in runs {
        let compared = bench.compare(by, flags);
        let (numbers, hwe) = assert_published(&bench, &compared.table);
        eprintln!("    {numbers} released numbers and {hwe} HWE are the published ones");
        assert!(
            compared.cells > 200 && compared.withheld > 0 && numbers > 200,
            "the comparison is not empty"
        );
    }
}

/// The pair (b): sex first, so that the second margin is printed without its cross cells passing.
#[test]
fn high_coverage_file_by_sex_beside_superpopulation() {
    let Some(bench) = Bench::new(HIGH_COVERAGE) else { return };
    let pair = bench.compare(&[&["sex"], &["superpopulation"]], &[]);
    let atoms = bench.compare(&[&["superpopulation"], &["sex"]], &[]);
    assert!(pair.cells > atoms.cells, "rule (b) prints more than rule (a)");
    assert_published(&bench, &pair.table);
}

#[test]
fn phase_3_file_equals_published_totals_and_superpopulation_frequencies() {
    let Some(bench) = Bench::new(PHASE3) else { return };
    let published = bench.by_key();
    for (by, flags) in [(&[][..], &["--structural"][..]), (&[&["superpopulation"][..]], &[])] {
        let compared = bench.compare(by, flags);
        let (mut totals, mut frequencies) = (0, 0);
        for (key, row) in &compared.table {
            let (record, alt) = published[key];
            for field in ["AC", "AN"] {
                assert_eq!(number(row, field), Some(info(record, field, alt)), "{key} {field}");
                totals += 1;
            }
            assert_printed(number(row, "AF").expect("a number"), info(record, "AF", alt), key);
            for s in SUPERPOPULATIONS {
                let Some(af) = number(row, &format!("AF_superpopulation_{s}")) else { continue };
                let digits = info(record, &format!("{s}_AF"), alt);
                assert!((af - digits).abs() <= 0.5e-4 + 1e-12, "{key} {s}: {af}, published {digits}");
                frequencies += 1;
            }
        }
        eprintln!("    {totals} totals and {frequencies} superpopulation frequencies are the published ones");
        let symbolic = compared.table.keys().any(|key| key.contains('<'));
        assert_eq!(symbolic, flags.contains(&"--structural"));
        assert!(totals > 500 && (by.is_empty() || frequencies > 500));
    }
}

/// Real missing calls: AN′ by the rule, totals of AC by bcftools.
#[test]
fn broad_file_with_missing_calls() {
    let Some(bench) = Bench::new(BROAD) else { return };
    // The last line of this file has no newline; the checks of BGZF show that nothing was cut.
    let (pop, sex): (&[&str], &[&str]) = (&["superpopulation"], &["sex"]);
    let runs: [(&[&[&str]], &[&str]); 5] = [
        (&[], &[]),
        (&[sex], &[]),
        (&[pop], &["--genotypes"]),
        (&[&["sex", "superpopulation"]], &[]),
        (&[sex, pop], &[]),
    ];
    let tagged = bcftools([
        "+fill-tags".as_ref(),
        bench.input.as_os_str(),
        "--".as_ref(),
        "-t".as_ref(),
        "AC,AN".as_ref(),
    ]);
    let tagged = Cohort::parse(&tagged);
    let filled = |key: &str| {
        let pos = key.split(':').nth(1).expect("a position");
        tagged.records.iter().find(|r| r.pos.to_string() == pos).expect("the record")
    };
    let mut differ = 0;
    for (by, flags) in runs {
        for (key, row) in bench.compare(by, flags).table {
            let record = filled(&key);
            assert_eq!(
                number(&row, "AC"),
                Some(info(record, "AC", 0)),
                "{key}: no half calls, so AC is bcftools' AC"
            );
            let (an, called) = (number(&row, "AN").expect("a number"), info(record, "AN", 0));
            assert!(called <= an, "{key}: AN′ is never below AN");
            differ += usize::from(an != called);
        }
    }
    assert!(differ > 0, "some cell hides that fewer than ten are not called");
    eprintln!(
        "AC is that of bcftools everywhere; AN′ differs from its AN in {differ} rows, as the rule says"
    );
}

/// Left-alignment: the released rows are those of `bcftools norm`.
#[test]
fn left_alignment_is_that_of_bcftools_norm() {
    let Some(fasta) = real(REFERENCE) else { return };
    for name in ["cohort/unphased.vcf.gz", "cohort/reference.bcf"] {
        let Some(bench) = Bench::new(name) else { return };
        let norm = |input: &Path| {
            let args = ["norm", "--no-version", "-m", "-any", "-f"].map(std::ffi::OsStr::new);
            quiet_norm(args.into_iter().chain([fasta.as_os_str(), input.as_os_str()]))
        };
        let by: &[&[&str]] = &[&["sex"]];
        let flags = ["--reference", fasta.to_str().expect("UTF-8")];
        let straight = bench.freq(&bench.input, by, &flags);
        bench.compare_with(support::table(&straight), &norm(&bench.input), by, &[]);

        if name.ends_with(".bcf") {
            continue;
        }
        let (moved, text) = shifted(&bench.cohort, &fasta);
        let crooked = bench.dir.path().join("crooked.vcf");
        std::fs::write(&crooked, text).expect("crooked.vcf");
        let out = bench.freq(&crooked, by, &flags);
        let normal = norm(&crooked);
        bench.compare_with(support::table(&out), &normal, by, &[]);
        let without = support::table(&bench.freq(&crooked, by, &[]));
        let with = support::table(&out);
        let realigned = with.keys().filter(|key| !without.contains_key(*key)).count();
        eprintln!(
            "{name}: {moved} indels pushed right, {realigned} released rows stand elsewhere with --reference"
        );
        assert!(moved > 100 && realigned > 10);
    }
}

/// `bcftools norm` counts on stderr what it did.
fn quiet_norm<'a>(args: impl Iterator<Item = &'a std::ffi::OsStr>) -> Cohort {
    let output = std::process::Command::new("bcftools").args(args).output().expect("bcftools is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.lines().all(|l| l.starts_with("Lines ")), "{said}");
    Cohort::parse(&output.stdout)
}

/// bcftools reads the released VCF and its index, says nothing, and finds the numbers of the other files in it.
#[test]
fn bcftools_reads_the_released_vcf() {
    let Some(bench) = Bench::new(HIGH_COVERAGE) else { return };
    let out = bench.freq(&bench.input, &[&["superpopulation"]], &["--genotypes"]);
    let (vcf, table) = (out.join("freq.vcf.gz"), support::table(&out));
    let vcf = vcf.as_os_str();
    let run = |args: &[&str]| bcftools(args.iter().map(std::ffi::OsStr::new).chain([vcf]));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");

    assert_eq!(text(run(&["index", "-s"])).trim(), format!("chr1\t248956422\t{}", table.len()));
    assert!(text(run(&["stats"])).contains(&format!("number of records:\t{}\n", table.len())));
    let whole = text(run(&["view"]));
    let (header, records) = whole.split_at(whole.find("#CHROM").expect("a header"));
    assert_eq!(records.lines().count(), table.len() + 1);
    let mut strata: Vec<String> = SUPERPOPULATIONS.iter().map(|s| format!("_superpopulation_{s}")).collect();
    strata.push(String::new());
    let mut values = 0;
    for stratum in strata {
        for measure in ["AC", "AN", "AF", "nhomref", "nhet", "nhomalt", "nhemi", "HWE", "ExcHet", "F"] {
            let column = format!("{measure}{stratum}");
            assert!(header.contains(&format!("##INFO=<ID={column},")), "{column} is described");
            let query = text(run(&["query", "-f", &format!("%CHROM:%POS:%REF:%ALT\\t%INFO/{column}\\n")]));
            let shown: BTreeMap<&str, &str> =
                query.lines().filter_map(|l| l.split_once('\t')).filter(|(_, v)| *v != ".").collect();
            let expected: BTreeMap<&str, &String> =
                table.iter().filter_map(|(key, row)| Some((key.as_str(), row.get(&column)?))).collect();
            assert_eq!(shown.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{column}");
            for (key, value) in &shown {
                let (vcf, tsv): (f64, f64) =
                    (value.parse().expect("a number"), expected[key].parse().expect("a number"));
                assert_printed(tsv, vcf, &format!("{key} {column}"));
                values += 1;
            }
        }
    }
    let middle = table.values().nth(table.len() / 2).map(|row| row["pos"].clone()).expect("a row");
    let here = format!("chr1:{middle}-{middle}");
    let found = text(run(&["query", "-r", &here, "-f", "%POS\\n"]));
    assert!(found.lines().count() >= 1 && found.lines().all(|pos| pos == middle), "{here}: {found}");
    assert!(run(&["query", "-r", "chr1:1-9999", "-f", "%POS\\n"]).is_empty());
    eprintln!(
        "{} records, {values} values of freq.vcf.gz as bcftools reads them are those of freq.tsv",
        table.len()
    );
}
