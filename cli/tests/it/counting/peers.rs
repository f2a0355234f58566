//! What bcftools `+fill-tags` and plink2 print of a case, beside what is written of it in `peers.tsv`:
//!
//! ```text
//! tool      verdict  variant         theirs         why
//! bcftools  options  .               -r chr1        .                   more arguments
//! bcftools  equal    .               .              .                   every row and number that both have
//! plink2    differs  chr1:1000:A:C   AC=125 AN=375  counts half calls   all others are equal
//! plink2    stops    .               .              why it exits with an error
//! plink2    reads    .               .              why it goes on where we stop
//! plink2    none     .               .              why there is nothing to compare
//! bcftools  no BCF   .               .              why bcftools cannot write the case as BCF
//! ```
//! `reads` of a case that has an answer, and `differs` where nothing differs, are failures: the page would be wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use super::case::Case;
use super::sheet::{Key, Sheet, close};

const COLUMNS: &str = "tool\tverdict\tvariant\ttheirs\twhy\n";

/// Numbers by name, by variant.
type Numbers = BTreeMap<Key, BTreeMap<String, String>>;

/// A program that counts alleles too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Bcftools,
    Plink2,
}

/// One line of `peers.tsv`.
#[derive(Clone)]
struct Line {
    tool: String,
    verdict: String,
    variant: String,
    theirs: String,
    why: String,
}

impl Line {
    fn text(&self) -> String {
        let Self { tool, verdict, variant, theirs, why } = self;
        format!("{tool}\t{verdict}\t{variant}\t{theirs}\t{why}\n")
    }
}

fn lines(case: &Case) -> Vec<Line> {
    let sheet = Sheet::parse(&case.text("peers.tsv"));
    let line = |row: Vec<String>| {
        let [tool, verdict, variant, theirs, why] = row.try_into().expect("five fields a line of peers.tsv");
        Line { tool, verdict, variant, theirs, why }
    };
    sheet.rows.into_iter().map(line).collect()
}

/// Compares a case with one tool; `accept` writes what the tool prints.
pub(super) fn check(case: &Case, tool: Tool, accept: bool) -> Result<(), String> {
    let all = lines(case);
    let (mine, others): (Vec<Line>, Vec<Line>) = all.into_iter().partition(|l| l.tool == tool.name());
    let (kept, written): (Vec<Line>, Vec<Line>) =
        mine.into_iter().partition(|l| ["options", "no BCF"].contains(&l.verdict.as_str()));
    if written.first().is_some_and(|l| l.verdict == "none" && l.why != ".") {
        return Ok(());
    }
    let options: Vec<&str> =
        kept.iter().filter(|l| l.verdict == "options").flat_map(|l| l.theirs.split(' ')).collect();
    let found = verdicts(case, tool, tool.numbers(case.path(), &options), &written);
    let text = |lines: &[Line]| lines.iter().map(Line::text).collect::<String>();
    if accept {
        let (before, after) =
            if tool == Tool::Bcftools { (kept, others) } else { ([others, kept].concat(), vec![]) };
        case.accept("peers.tsv", &(COLUMNS.to_owned() + &text(&before) + &text(&found) + &text(&after)));
    } else if text(&written) != text(&found) {
        return Err(format!(
            "written (bcftools 1.16, plink2 2.00a3.5)\n{}found\n{}",
            text(&written),
            text(&found)
        ));
    }
    let silent = found.iter().any(|l| l.verdict != "equal" && matches!(l.why.as_str(), "" | "."));
    if silent { Err(format!("{}: say why\n{}", tool.name(), text(&found))) } else { Ok(()) }
}

/// The lines that are true of what a tool prints; reasons are those that are written.
fn verdicts(case: &Case, tool: Tool, theirs: Option<Numbers>, written: &[Line]) -> Vec<Line> {
    let why = |variant: &str| {
        let exact = written.iter().find(|l| l.variant == short(variant)).or(written.first());
        exact.map_or(".".to_owned(), |l| l.why.clone())
    };
    let line = |verdict: &str, variant: &str, theirs: String| {
        let why = if verdict == "equal" { ".".to_owned() } else { why(variant) };
        Line {
            tool: tool.name().to_owned(),
            verdict: verdict.to_owned(),
            variant: short(variant),
            theirs,
            why,
        }
    };
    let dot = || ".".to_owned();
    let Some(theirs) = theirs else { return vec![line("stops", ".", dot())] };
    let Some(ours) = case.expected() else { return vec![line("reads", ".", dot())] };
    let ours = ours.by_variant();
    let mut keys: Vec<&Key> = ours.keys().chain(theirs.keys()).collect();
    keys.sort();
    keys.dedup();
    let differing = |key: &Key| {
        let numbers = difference(ours.get(key), theirs.get(key));
        (!numbers.is_empty()).then(|| line("differs", key, numbers))
    };
    let differing: Vec<Line> = keys.into_iter().filter_map(differing).collect();
    if differing.is_empty() { vec![line("equal", ".", dot())] } else { differing }
}

/// A variant whose long alleles are cut.
fn short(variant: &str) -> String {
    let cut =
        |allele: &str| if allele.len() > 40 { format!("{}…", &allele[..40]) } else { allele.to_owned() };
    variant.split(':').map(cut).collect::<Vec<_>>().join(":")
}

/// Their numbers that are not ours, of those that both have; `no row` where they have none.
fn difference(ours: Option<&BTreeMap<String, String>>, theirs: Option<&BTreeMap<String, String>>) -> String {
    let Some(theirs) = theirs else { return "no row".to_owned() };
    let differs = |name: &str, number: &str| match ours {
        Some(ours) => ours.get(name).is_some_and(|n| n != "." && !close(n, number, 1e-5)),
        None => ["AC", "AN"].contains(&name),
    };
    let fields = theirs.iter().filter(|(name, number)| differs(name, number));
    fields.map(|(name, number)| format!("{name}={number}")).collect::<Vec<_>>().join(" ")
}

impl Tool {
    pub(super) const ALL: [Self; 2] = [Self::Bcftools, Self::Plink2];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bcftools => "bcftools",
            Self::Plink2 => "plink2",
        }
    }

    /// What the tool prints; `None` if it stops.
    fn numbers(self, dir: &Path, options: &[&str]) -> Option<Numbers> {
        let input = ["input.vcf", "input.vcf.gz"].into_iter().find(|name| dir.join(name).exists());
        let input = match input {
            Some(name) => name,
            None => merged(dir, options)?,
        };
        match self {
            Self::Bcftools => bcftools(dir, input, options),
            Self::Plink2 => plink2(dir, input, options),
        }
    }
}

fn run(dir: &Path, program: &str, args: &[&str]) -> Option<Output> {
    let output = Command::new(program).args(args).current_dir(dir).env("LC_ALL", "C").output();
    let output = output.expect("the program runs");
    output.status.success().then_some(output)
}

/// Two data sites in one file.
fn merged<'a>(dir: &Path, options: &[&str]) -> Option<&'a str> {
    let zeros: &[&str] = if options.contains(&"-0") { &["-0"] } else { &[] };
    let args = ["merge", "--no-index", "-o", "merged.vcf", "first.vcf", "second.vcf"];
    run(dir, "bcftools", &[&args[..], zeros].concat()).map(|_| "merged.vcf")
}

fn bcftools(dir: &Path, input: &str, options: &[&str]) -> Option<Numbers> {
    let options: Vec<&str> = options.iter().copied().filter(|o| *o != "-0").collect();
    let before = ["+fill-tags", input, "-o", "filled.vcf"];
    let after = ["--", "-t", "AN,AC,AC_Het,AC_Hom,AC_Hemi,HWE,ExcHet"];
    run(dir, "bcftools", &[&before[..], &options, &after].concat())?;
    let format = "%CHROM\t%POS\t%REF\t%ALT\t%AC\t%AN\t%AC_Het\t%AC_Hom\t%AC_Hemi\t%HWE\t%ExcHet\n";
    let output = run(dir, "bcftools", &["query", "-f", format, "filled.vcf"])?;
    let mut numbers = Numbers::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        for (i, alt) in fields[3].split(',').enumerate() {
            let of_alt = |field: usize| fields[field].split(',').nth(i).unwrap_or(".").to_owned();
            let people = |alleles: String| alleles.parse::<u32>().map_or(alleles, |n| (n / 2).to_string());
            let values = [
                ("AC", of_alt(4)),
                ("AN", fields[5].to_owned()),
                ("nhet", of_alt(6)),
                ("nhomalt", people(of_alt(7))),
                ("nhemi", of_alt(8)),
                ("HWE", of_alt(9)),
                ("ExcHet", of_alt(10)),
            ];
            add(&mut numbers, format!("{}:{}:{}:{alt}", fields[0], fields[1], fields[2]), values);
        }
    }
    Some(numbers)
}

/// Numbers of one variant; those of a variant that stands twice are joined by commas.
fn add<const N: usize>(numbers: &mut Numbers, key: Key, values: [(&str, String); N]) {
    let row = numbers.entry(key).or_default();
    for (name, value) in values {
        let field = row.entry(name.to_owned()).or_default();
        *field = if field.is_empty() { value } else { format!("{field},{value}") };
    }
}

/// What plink2 writes: file, and our names of its columns.
const PLINK2: [(&str, &[(&str, &str)]); 4] = [
    ("plink.acount", &[("AC", "ALT_CTS"), ("AN", "OBS_CT")]),
    (
        "plink.gcount",
        &[("nhet", "HET_REF_ALT_CTS"), ("nhomalt", "TWO_ALT_GENO_CTS"), ("nhemi", "HAP_ALT_CTS")],
    ),
    ("plink.hardy", &[("HWE", "P")]),
    ("plink.hardy.x", &[("HWE", "P")]),
];

fn plink2(dir: &Path, input: &str, options: &[&str]) -> Option<Numbers> {
    let table = Sheet::parse(&super::read(&dir.join("samples.tsv")).unwrap_or_default());
    let place = table.columns.iter().position(|c| c == "sex").expect("a column of sexes");
    let sex = |row: &Vec<String>| if row[place].is_empty() { "NA".to_owned() } else { row[place].clone() };
    let sexes: String = table.rows.iter().map(|row| format!("{}\t{}\n", row[0], sex(row))).collect();
    std::fs::write(dir.join("sexes.txt"), "#IID\tSEX\n".to_owned() + &sexes).expect("written");
    let build: &[&str] = if options.contains(&"--split-par") { &[] } else { &["--split-par", "hg38"] };
    let counts = ["--freq", "counts", "cols=+pos", "--geno-counts", "cols=+pos", "--hardy", "cols=+pos"];
    let names = ["--allow-extra-chr", "--output-chr", "chrM", "--update-sex", "sexes.txt"];
    let options: Vec<&str> = options.iter().copied().filter(|o| *o != "-0").collect();
    let small = ["--threads", "1", "--memory", "640", "--out", "plink"];
    run(dir, "plink2", &[&["--vcf", input][..], &names, &counts, build, &options, &small].concat())?;
    let mut numbers = Numbers::new();
    for (file, fields) in PLINK2 {
        let Some(text) = super::read(&dir.join(file)) else { continue };
        let sheet = Sheet::parse(&text);
        for row in &sheet.rows {
            let field = |name: &str| Some(&row[sheet.columns.iter().position(|c| c == name)?]);
            plink2_row(&mut numbers, fields, field);
        }
    }
    Some(numbers)
}

/// One row of one of its tables.
fn plink2_row<'r>(
    numbers: &mut Numbers,
    fields: &[(&'static str, &str)],
    field: impl Fn(&str) -> Option<&'r String>,
) {
    let (Some(contig), Some(pos)) = (field("#CHROM"), field("POS")) else { panic!("a place is expected") };
    let contig = if contig.starts_with("PAR") { "chrX" } else { contig };
    let alleles = field("A1").zip(field("AX")).or_else(|| field("REF").zip(field("ALT")));
    let (reference, alts) = alleles.expect("alleles are expected");
    // Genotypes of several ALTs are given by pairs of alleles, not by ALT.
    if alts.contains(',') && fields[0].0 != "AC" {
        return;
    }
    for (i, alt) in alts.split(',').enumerate() {
        for (ours, theirs) in fields {
            let all = field(theirs).expect("a column of plink2");
            let number = all.split(',').nth(i).unwrap_or(all).to_owned();
            add(numbers, format!("{contig}:{pos}:{reference}:{alt}"), [(*ours, number)]);
        }
    }
}
