//! A seeded cohort of a few chunks in which nearly every record meets others: repeats with the same deletion written at
//! both ends, an insertion at the far end, and substitutions between, so that any cut of the file falls among records
//! that normalisation brings together.

use std::fmt::Write;

/// People.
const PEOPLE: usize = 400;

/// One stretch of the sequence: an anchor, fifteen times CA, and bases that repeat nothing.
const STRETCH: &str = "GCACACACACACACACACACACACACACACATGTCTTAGGATCCATTGCAGTCGTGCCTG";

/// Records of a stretch: bases after the anchor, REF, ALT. The three first and the two at the far end meet at the anchor.
const RECORDS: [(usize, &str, &str); 7] = [
    (0, "GCA", "G"),
    (0, "G", "T"),
    (11, "C", "G"),
    (12, "A", "T"),
    (28, "ACA", "A"),
    (30, "A", "ACA"),
    (34, "C", "A"),
];

/// FASTA, its `.fai`, the cohort as VCF, and a sample table.
pub(super) struct Repeats {
    pub(super) fasta: String,
    pub(super) fai: String,
    pub(super) vcf: String,
    pub(super) table: String,
}

impl Repeats {
    pub(super) fn new(stretches: usize) -> Self {
        let sequence = STRETCH.repeat(stretches);
        let n = sequence.len();
        let mut vcf = format!(
            "##fileformat=VCFv4.2\n##contig=<ID=chr1,length={n}>\n\
             ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
             #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
        );
        let mut table = "sample_id\tsex\tgroup\n".to_owned();
        for i in 0..PEOPLE {
            write!(vcf, "\tP{i}").expect("written");
            writeln!(table, "P{i}\t{}\tg{}", ["F", "M"][i % 2], i / 2 % 3).expect("written");
        }
        vcf.push('\n');
        let mut random = 11_u64;
        let mut below = |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        for stretch in 0..stretches {
            for (offset, reference, alt) in RECORDS {
                let pos = stretch * STRETCH.len() + offset + 1;
                write!(vcf, "chr1\t{pos}\t.\t{reference}\t{alt}\t.\tPASS\t.\tGT").expect("written");
                let carriers = 1 + below(24);
                for _ in 0..PEOPLE {
                    let call = match below(100) {
                        n if n < carriers => "\t0/1",
                        98 => "\t1/1",
                        99 => "\t./.",
                        _ => "\t0/0",
                    };
                    vcf.push_str(call);
                }
                vcf.push('\n');
            }
        }
        Self {
            fasta: format!(">chr1\n{sequence}\n"),
            fai: format!("chr1\t{n}\t6\t{n}\t{}\n", n + 1),
            vcf,
            table,
        }
    }
}
