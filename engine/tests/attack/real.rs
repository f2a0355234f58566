//! The 3,202 people of the 1000 Genomes Project, where the file is there (`SHUKEI_REAL_DATA`).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const CALLS: &str =
    "cohort/1kGP_high_coverage_Illumina.chr1.filtered.SNV_INDEL_SV_phased_panel-head-1000.vcf.gz";

/// People, and the genotypes of lines with one ALT.
pub(crate) struct Cohort {
    /// Sex and superpopulation.
    pub(crate) people: Vec<[String; 2]>,
    /// 0, 1, 2 copies, or 3: not called.
    pub(crate) variants: Vec<Vec<u8>>,
}

fn file(name: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("SHUKEI_REAL_DATA").map_or(default, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: real data not present ({name})");
    None
}

/// Sex and superpopulation by sample; one sample of the file is not in the table.
fn table() -> Option<BTreeMap<String, [String; 2]>> {
    let text = std::fs::read_to_string(file("samples/igsr_samples.tsv")?).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        Some(((*fields.first()?).to_owned(), [(*fields.get(1)?).to_owned(), (*fields.get(5)?).to_owned()]))
    };
    Some(text.lines().skip(1).filter_map(row).collect())
}

/// Nothing where the data is not there.
pub(crate) fn read() -> Option<Cohort> {
    let table = table()?;
    let reader = flate2::read::MultiGzDecoder::new(std::fs::File::open(file(CALLS)?).unwrap());
    let (mut people, mut columns, mut variants) = (Vec::new(), Vec::new(), Vec::new());
    for line in BufReader::new(reader).lines() {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split('\t').collect();
        if line.starts_with("#CHROM") {
            let known = |&(_, name): &(usize, &&str)| table.contains_key::<str>(name);
            for (column, name) in fields.iter().enumerate().skip(9).filter(known) {
                people.push(table[*name].clone());
                columns.push(column);
            }
        } else if !line.starts_with('#') && !fields[4].contains(',') {
            let copies = |gt: &str| match gt.get(..3).map(str::as_bytes) {
                Some(&[a @ (b'0' | b'1'), _, b @ (b'0' | b'1')]) => a + b - 2 * b'0',
                _ => 3,
            };
            variants.push(columns.iter().map(|&c| copies(fields[c])).collect());
        }
    }
    Some(Cohort { people, variants })
}
