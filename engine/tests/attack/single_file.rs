//! Attacks by what is put into the files: half calls, uploaded people, several samples of a person. The whole path runs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

use shukei::plan::{LedgerAt, plan};
use shukei::run::{Output, frequency};
use shukei::tally::Crew;
use shukei::timing::Timing;
use shukei::write::audit::Run;
use shukei::{Backend, Request};

use crate::score::{K, Score, by_print, versus};

/// Samples of one kind of people: rows of the sample table, and genotypes by variant.
struct Samples<'a> {
    rows: Vec<String>,
    genotype: &'a dyn Fn(usize, usize) -> &'static str,
}

/// AC, AN and the columns with a value, by variant; nothing where there is no row.
type Rows = BTreeMap<usize, BTreeMap<String, String>>;

/// Writes a VCF and a sample table, and makes the table; nothing where the plan is refused.
fn freq(variants: usize, samples: &Samples<'_>, by: &[&str]) -> Option<Rows> {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<&str> = samples.rows.iter().filter_map(|row| row.split('\t').next()).collect();
    let mut vcf = String::from("##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n");
    vcf.push_str("##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n");
    writeln!(vcf, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}", names.join("\t")).unwrap();
    for variant in 0..variants {
        let calls: Vec<&str> = (0..names.len()).map(|s| (samples.genotype)(variant, s)).collect();
        writeln!(vcf, "chr1\t{}\t.\tA\tC\t.\tPASS\t.\tGT\t{}", variant + 1, calls.join("\t")).unwrap();
    }
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("in.vcf"), vcf).unwrap();
    let table = format!("sample_id\tsubject_id\tsex\torigin\n{}\n", samples.rows.join("\n"));
    std::fs::write(path("samples.tsv"), table).unwrap();
    let request = Request {
        inputs: vec![path("in.vcf")],
        samples: path("samples.tsv"),
        by: by.iter().map(|&b| b.to_owned()).collect(),
        max_ploidy: 2,
        ledger: LedgerAt { dir: Some(path("ledger")), ..LedgerAt::default() },
        ..Request::default()
    };
    let plan = plan(request).ok()?;
    let crew = Crew {
        threads: 1,
        backend: Backend::best(),
        progress: &|_| {},
        timing: &Timing::default(),
        scratch: None,
    };
    let run = Run {
        command: Vec::new(),
        started: SystemTime::now(),
        host: String::new(),
        threads: 1,
        backend: "",
        audit_key: None,
    };
    let output = Output { dir: path("out"), tsv: true, statistics: Vec::new() };
    assert!(frequency(&plan, crew, &output, run, &|_, _| {}).is_ok());
    Some(read(&path("out")))
}

fn read(out: &Path) -> Rows {
    let text = std::fs::read_to_string(out.join("freq.tsv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| {
        let cells = header.iter().zip(line.split('\t')).filter(|(_, v)| *v != ".");
        let cells: BTreeMap<String, String> = cells.map(|(k, v)| ((*k).to_owned(), v.to_owned())).collect();
        (cells["pos"].parse::<usize>().unwrap() - 1, cells)
    };
    lines.map(row).collect()
}

/// Everything that is shown but the place.
fn shown(rows: &Rows, variant: usize) -> Vec<i64> {
    let number = |(name, value): (&String, &String)| {
        let bits = value.parse::<f64>().ok()?.to_bits();
        (name != "pos").then(|| i64::from_ne_bytes(bits.to_ne_bytes()))
    };
    rows.get(&variant).map_or_else(Vec::new, |row| row.iter().filter_map(number).collect())
}

fn people(n: usize, origin: &str) -> Vec<String> {
    (0..n).map(|i| format!("{origin}{i}\t{origin}{i}\t{}\t{origin}", ["F", "M"][i % 2])).collect()
}

/// What x of 0 to 20 people do is found out, or not, from what is shown.
fn found(size: u32, print: impl FnMut(&u32) -> Vec<i64>) -> Score {
    by_print(0..=20u32, &[size], print, |&x| vec![vec![x]])
}

/// x people have a half call beside 40 heterozygotes in 100.
#[test]
fn half_calls() {
    let genotype = |x: usize, s: usize| match s {
        0..40 => "0/1",
        s if s < 40 + x => "./1",
        _ => "0/0",
    };
    let rows = freq(21, &Samples { rows: people(100, "platform"), genotype: &genotype }, &[]).unwrap();
    let rule = found(100, |&x| shown(&rows, x as usize));
    // A counter that takes the allele that was read.
    let counted = found(100, |&x| vec![i64::from(40 + x), i64::from(200 - x)]);
    let dropped = found(100, |&x| vec![40, i64::from(200 - 2 * x)]);
    versus("half calls", rule, &[("the allele counted", counted), ("the person not in AN", dropped)]);
}

/// x people are carriers; 40 uploaded ones, whom their owner knows, are added.
#[test]
fn padding() {
    let mut all = people(100, "platform");
    all.extend(people(40, "uploaded"));
    let genotype = |x: usize, s: usize| if s < x || s >= 100 { "0/1" } else { "0/0" };
    let rows = freq(21, &Samples { rows: all, genotype: &genotype }, &["sex"]).unwrap();
    assert!(rows.values().all(|row| row["AN"] == "200"));
    let rule = found(100, |&x| shown(&rows, x as usize));
    let broken = found(100, |&x| vec![i64::from(x) + 40]);
    versus("padding", rule, &[("uploaded people counted", broken)]);
    let mut few = people(9, "platform");
    few.extend(people(40, "uploaded"));
    assert!(
        freq(1, &Samples { rows: few, genotype: &|_, _| "0/1" }, &[]).is_none(),
        "nine people and their padding"
    );
}

/// x people are carriers, each by three samples.
#[test]
fn duplicates() {
    let rows: Vec<String> =
        (0..300).map(|s| format!("s{s}\tp{}\t{}\tplatform", s / 3, ["F", "M"][s / 3 % 2])).collect();
    let genotype = |x: usize, s: usize| if s / 3 < x { "0/1" } else { "0/0" };
    let table = freq(21, &Samples { rows: rows.clone(), genotype: &genotype }, &[]).unwrap();
    let rule = found(100, |&x| shown(&table, x as usize));
    let samples = found(100, |&x| if 3 * x >= 19 { vec![i64::from(3 * x)] } else { Vec::new() });
    versus("duplicates", rule, &[("samples counted", samples)]);
    let nine = Samples { rows: rows[..27].to_vec(), genotype: &|_, _| "0/1" };
    assert!(freq(1, &nine, &[]).is_none(), "27 samples of nine people");
}

/// A frequency is shown only where its count is.
#[test]
fn frequencies_without_counts() {
    let genotype = |x: usize, s: usize| match s {
        s if s % 2 == 0 && s < 60 => "0/1",
        s if s % 2 == 1 && s / 2 < x => "0/1",
        _ => "0/0",
    };
    let rows = freq(41, &Samples { rows: people(200, "platform"), genotype: &genotype }, &["sex"]).unwrap();
    let (mut with, mut without) = (0, 0);
    for row in rows.values() {
        for sex in ["F", "M"] {
            let [ac, an, af] = ["AC", "AN", "AF"].map(|n| row.contains_key(&format!("{n}_sex_{sex}")));
            assert!(ac == an && an == af);
            *(if ac { &mut with } else { &mut without }) += 1;
        }
    }
    println!("AF digits, files: {with} counts with a frequency, {without} without either");
    assert!(with > 0 && without > 2 * i32::try_from(K).unwrap());
}
