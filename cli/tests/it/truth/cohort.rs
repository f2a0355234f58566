//! A slow, plain reading of a cohort file: text of `bcftools view`, one genotype per person, units by position.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::bcftools;

/// Two called alleles of a person; `None` where a call has fewer (half calls, `.`), or another ploidy.
pub(crate) type Genotype = Option<[u8; 2]>;

/// One line of a VCF.
pub(crate) struct Record {
    pub(crate) contig: String,
    /// As printed.
    pub(crate) pos: u64,
    pub(crate) alleles: Vec<String>,
    pub(crate) filter: String,
    pub(crate) info: BTreeMap<String, String>,
    /// By sample column.
    pub(crate) genotypes: Vec<Genotype>,
}

/// A cohort file in memory.
pub(crate) struct Cohort {
    pub(crate) samples: Vec<String>,
    pub(crate) records: Vec<Record>,
}

/// A variant in its shortest form.
pub(crate) struct Variant {
    pub(crate) reference: String,
    pub(crate) alternate: String,
    pub(crate) filter: String,
}

/// All variants at one position, after trimming, and everybody's copies of each; `None` is not called.
pub(crate) struct Unit {
    pub(crate) contig: String,
    pub(crate) pos: u64,
    pub(crate) variants: Vec<Variant>,
    pub(crate) people: Vec<Option<Vec<u8>>>,
}

/// A record's ALT, by its number there, at the position of a unit.
type Part<'r> = (&'r Record, u8, Variant);

impl Cohort {
    /// Reads a file that bcftools can read.
    pub(crate) fn read(path: &Path) -> Self {
        Self::parse(&bcftools(["view".as_ref(), "--no-version".as_ref(), path.as_os_str()]))
    }

    /// Reads the text of a VCF.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let text = std::str::from_utf8(text).expect("UTF-8");
        let mut cohort = Self { samples: Vec::new(), records: Vec::new() };
        for line in text.lines().filter(|l| !l.starts_with("##")) {
            let fields = line.split('\t');
            if line.starts_with('#') {
                cohort.samples = fields.skip(9).map(str::to_owned).collect();
            } else {
                let record = record(line);
                assert_eq!(record.genotypes.len(), cohort.samples.len(), "columns");
                cohort.records.push(record);
            }
        }
        cohort
    }

    /// The units, in order: only PASS and `.`, no `*`, symbolic alleles only where they are asked for.
    pub(crate) fn units(&self, structural: bool) -> Vec<Unit> {
        let row = |alt: &str| alt != "*" && (structural || !alt.starts_with('<'));
        let mut places: BTreeMap<(&str, u64), Vec<Part<'_>>> = BTreeMap::new();
        for record in self.records.iter().filter(|r| r.filter == "PASS" || r.filter == ".") {
            for (number, alt) in (1u8..).zip(&record.alleles[1..]).filter(|(_, alt)| row(alt)) {
                let (pos, reference, alternate) = trimmed(record.pos, &record.alleles[0], alt);
                let variant = Variant { reference, alternate, filter: record.filter.clone() };
                places.entry((&record.contig, pos)).or_default().push((record, number, variant));
            }
        }
        places.into_iter().map(|((contig, pos), parts)| unit(contig, pos, parts)).collect()
    }
}

fn record(line: &str) -> Record {
    let mut fields = line.split('\t');
    let mut next = || fields.next().expect("a field");
    let (contig, pos, _id, reference, alts, _qual, filter, info, format) =
        (next(), next(), next(), next(), next(), next(), next(), next(), next());
    assert!(format == "GT" || format.starts_with("GT:"), "GT comes first");
    let alleles =
        std::iter::once(reference).chain(alts.split(',').filter(|a| *a != ".")).map(str::to_owned).collect();
    let info = info.split(';').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    Record {
        contig: contig.to_owned(),
        pos: pos.parse().expect("a position"),
        alleles,
        filter: filter.to_owned(),
        info: info.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        genotypes: fields.map(genotype).collect(),
    }
}

fn genotype(field: &str) -> Genotype {
    let call = field.split(':').next()?;
    let (a, b) = call.split_once(['|', '/'])?;
    Some([a.parse().ok()?, b.parse().ok()?])
}

/// Common last bases go, then common first ones, one base of each allele stays.
pub(crate) fn trimmed(mut pos: u64, reference: &str, alt: &str) -> (u64, String, String) {
    let (mut a, mut b) = (reference, alt);
    if alt.starts_with('<') || alt.contains(['[', ']']) {
        return (pos, a.to_owned(), b.to_owned());
    }
    while a.len() > 1 && b.len() > 1 && a.as_bytes().last() == b.as_bytes().last() {
        (a, b) = (&a[..a.len() - 1], &b[..b.len() - 1]);
    }
    while a.len() > 1 && b.len() > 1 && a.as_bytes().first() == b.as_bytes().first() {
        (a, b, pos) = (&a[1..], &b[1..], pos + 1);
    }
    (pos, a.to_owned(), b.to_owned())
}

/// Several records of one position tell of the same people: a person is called if all call them, has as many copies of
/// a variant as the record that says most, and is not called where that makes more than two substitutions, or more than
/// two indels: an indel leaves its anchor base to a substitution on the same chromosome.
fn unit(contig: &str, pos: u64, parts: Vec<Part<'_>>) -> Unit {
    let mut variants: Vec<Variant> = Vec::new();
    let mut people: Vec<Option<Vec<u8>>> = vec![Some(Vec::new()); parts[0].0.genotypes.len()];
    for (record, number, variant) in parts {
        let same = |v: &Variant| v.reference == variant.reference && v.alternate == variant.alternate;
        let index = variants.iter().position(same).unwrap_or(variants.len());
        if index == variants.len() {
            variants.push(variant);
        }
        for (person, genotype) in people.iter_mut().zip(&record.genotypes) {
            let (Some(copies), Some(alleles)) = (&mut *person, genotype) else {
                *person = None;
                continue;
            };
            copies.resize(variants.len().max(copies.len()), 0);
            let here = u8::from(alleles[0] == number) + u8::from(alleles[1] == number);
            copies[index] = copies[index].max(here);
        }
    }
    for person in &mut people {
        let Some(copies) = person else { continue };
        let sum = |substitution: bool| -> u8 {
            let spelled = |v: &&Variant| !v.alternate.starts_with('<');
            let chosen = |v: &&Variant| (v.reference.len() == v.alternate.len()) == substitution;
            let pairs = variants.iter().zip(copies.iter()).filter(|(v, _)| spelled(v) && chosen(v));
            pairs.map(|(_, n)| *n).sum()
        };
        if sum(true) > 2 || sum(false) > 2 {
            *person = None;
        }
    }
    Unit { contig: contig.to_owned(), pos, variants, people }
}
