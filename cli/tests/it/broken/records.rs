//! One wrong record in a file that is otherwise in order: as plain VCF and as BGZF.

use super::files::{Bench, bcftools, bgzf, header, records, vcf};
use super::{freq, good, refused};

/// Records of the cohort in these tests.
const COUNT: usize = 30;
/// The record that is changed: chr1:10004885.
const WRONG: usize = 5;

/// Replaces a tab-separated field of the wrong record, its newline aside.
fn with_field(list: &mut [String], field: usize, value: &str) {
    let line = list[WRONG].trim_end().to_owned();
    let mut fields: Vec<&str> = line.split('\t').collect();
    fields[field] = value;
    list[WRONG] = fields.join("\t") + "\n";
}

/// What is done to the records, and what the message must say: place, then finding.
type Case = (&'static str, fn(&mut Vec<String>), &'static str, &'static str);

const CASES: [Case; 23] = [
    ("out of order", |l| l.swap(WRONG, WRONG + 1), "chr1:10004885", "it stands after chr1:10005862"),
    ("a contig that reappears", |l| l.swap(WRONG, 25), "chr1:10005862", "it stands after chrX:10024425"),
    (
        "a contig that comes back",
        |l| {
            let line = l.remove(WRONG);
            l.push(line);
        },
        "chr1:10004885",
        "it stands after chrX:10028333",
    ),
    (
        "one column too few",
        |l| l[WRONG] = l[WRONG].rsplit_once('\t').map(|(a, _)| format!("{a}\n")).expect("columns"),
        "chr1:10004885",
        "ends after sample column 60",
    ),
    (
        "one column too many",
        |l| l[WRONG] = l[WRONG].replace('\n', "\t0/0:20:50\n"),
        "chr1:10004885",
        "more sample columns",
    ),
    ("no columns at all", |l| with_field(l, 9, ""), "chr1:10004885", "sample column 1"),
    (
        "allele beyond the record's",
        |l| with_field(l, 20, "0/3:20:50"),
        "chr1:10004885",
        "sample column 12: genotype refers to allele 3",
    ),
    ("allele beyond any", |l| with_field(l, 20, "0/99999999999:20:50"), "chr1:10004885", "sample column 12"),
    ("no genotype", |l| with_field(l, 20, "x/1:20:50"), "chr1:10004885", "sample column 12 does not begin"),
    ("negative allele", |l| with_field(l, 20, "-1/1:20:50"), "chr1:10004885", "sample column 12"),
    ("three alleles", |l| with_field(l, 20, "0/1/1:20:50"), "chr1:10004885", "--max-ploidy 3"),
    ("NUL in a genotype", |l| with_field(l, 20, "0\0/1:20:50"), "chr1:10004885", "sample column 12"),
    ("NUL as a genotype", |l| with_field(l, 20, "\0"), "chr1:10004885", "sample column 12"),
    ("NUL in REF", |l| with_field(l, 3, "A\0"), "chr1:10004885", "is not an allele"),
    ("NUL in ALT", |l| with_field(l, 4, "\0"), "chr1:10004885", "is not an allele"),
    ("NUL in FILTER", |l| with_field(l, 6, "PA\0SS"), "chr1:10004885", "FILTER"),
    ("NUL in POS", |l| with_field(l, 1, "10004885\0"), "chr1", "is not a position"),
    ("NUL in CHROM", |l| with_field(l, 0, "chr1\0"), "after chr1:10003908", "is not in the header"),
    ("no POS", |l| with_field(l, 1, ""), "chr1", "is not a position"),
    ("POS beyond everything", |l| with_field(l, 1, "99999999999999999999999"), "chr1", "is not a position"),
    ("empty REF", |l| with_field(l, 3, ""), "chr1:10004885", "is not an allele"),
    ("an empty line", |l| l[WRONG] = "\n".to_owned(), "after chr1:10003908", "fewer than 8"),
    (
        "a line torn in its genotypes",
        |l| l[WRONG] = l[WRONG].replacen("\t0/", "\n0/", 3),
        "after chr1:10004885",
        "fewer than 8",
    ),
];

#[test]
fn wrong_records() {
    let bench = Bench::new();
    for (what, damage, place, finding) in CASES {
        let mut list = records(COUNT);
        damage(&mut list);
        let text = header() + &list.concat();
        for (name, bytes) in
            [("wrong.vcf", text.clone().into_bytes()), ("wrong.vcf.gz", bgzf(text.as_bytes()))]
        {
            let path = bench.put(name, &bytes);
            let errors = refused(what, &bench, &freq(&bench, &path, &[]), (1, &path));
            assert!(errors.starts_with(&format!("error: PATH: {place}: ")), "{what}: {errors}");
            assert!(errors.contains(finding), "{what}: {errors}");
            assert_eq!(errors.lines().count(), 1, "{what}: {errors}");
        }
    }
}

/// Without `##contig` lines names are taken from the records; the beginning of a torn one is none.
#[test]
fn torn_without_contig_lines() {
    let bench = Bench::new();
    let mut list = records(COUNT);
    list[WRONG] = list[WRONG].replacen("\t0/", "\n0/", 1);
    let head: String = header().split_inclusive('\n').filter(|l| !l.starts_with("##contig")).collect();
    let path = bench.put("torn.vcf", (head + &list.concat()).as_bytes());
    let errors = refused("torn", &bench, &freq(&bench, &path, &[]), (1, &path));
    assert!(errors.contains("`…` is not in the header"), "{errors}");
}

/// The same through BCF, where bcftools can write it.
#[test]
fn wrong_bcf_records() {
    let bench = Bench::new();
    for (what, damage, place, finding) in CASES.iter().take(3).chain(&CASES[10..11]) {
        let mut list = records(COUNT);
        damage(&mut list);
        let path = bench.put("wrong.vcf", (header() + &list.concat()).as_bytes());
        let Some(bytes) = bcftools(&["view", "--no-version", "-Ob", &path.display().to_string()]) else {
            return;
        };
        let path = bench.put("wrong.bcf", &bytes);
        let errors = refused(what, &bench, &freq(&bench, &path, &[]), (1, &path));
        assert!(
            errors.starts_with(&format!("error: PATH: {place}: ")) && errors.contains(finding),
            "{what}: {errors}"
        );
    }
}

/// Contigs may come in another order than in the header, as long as each is in one piece: the table is the same.
#[test]
fn contigs_in_another_order() {
    let bench = Bench::new();
    let expected = good(&bench, &bench.put("cohort.vcf", vcf(COUNT).as_bytes()));
    let list = records(COUNT);
    let turned = header() + &list[20..].concat() + &list[..20].concat();
    assert!(good(&bench, &bench.put("turned.vcf", turned.as_bytes())) == expected);
    assert!(good(&bench, &bench.put("turned.vcf.gz", &bgzf(turned.as_bytes()))) == expected);
}

/// CR LF and FORMAT without GT are no damage.
#[test]
fn harmless_oddities() {
    let bench = Bench::new();
    let text = vcf(COUNT);
    let expected = good(&bench, &bench.put("cohort.vcf", text.as_bytes()));
    assert!(good(&bench, &bench.put("dos.vcf", text.replace('\n', "\r\n").as_bytes())) == expected);
}
