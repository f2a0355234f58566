//! A cohort whose indels do not stand where they should.

use std::path::Path;

use super::cohort::Cohort;

/// The cohort with every indel pushed as far right as the sequence allows (up to 30 bases), sorted, as VCF text.
pub(crate) fn shifted(cohort: &Cohort, fasta: &Path) -> (usize, String) {
    let sequence = Sequence::read(fasta);
    let mut moved = 0;
    let mut lines: Vec<(u64, String)> = Vec::new();
    for record in &cohort.records {
        let [reference, alt] = record.alleles.as_slice() else { continue };
        let (pos, reference, alt) = pushed(&sequence, record.pos, reference, alt);
        moved += usize::from(pos != record.pos);
        let calls = record.genotypes.iter().map(|g| g.map_or("./.".to_owned(), |[a, b]| format!("{a}/{b}")));
        let calls: Vec<String> = calls.collect();
        let line = format!(
            "{}\t{pos}\t.\t{reference}\t{alt}\t.\t{}\t.\tGT\t{}\n",
            record.contig,
            record.filter,
            calls.join("\t")
        );
        lines.push((pos, line));
    }
    lines.sort_by_key(|(pos, _)| *pos);
    let head = format!(
        "##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
        cohort.samples.join("\t")
    );
    (moved, lines.into_iter().fold(head, |text, (_, line)| text + &line))
}

/// `aX` → `a` and `a` → `aX`: the same change one base to the right while the base after X is the first of X.
fn pushed(sequence: &Sequence, mut pos: u64, reference: &str, alt: &str) -> (u64, String, String) {
    let deletion = reference.len() > 1 && alt.len() == 1;
    let (short, long) = if deletion { (alt, reference) } else { (reference, alt) };
    if short.len() != 1
        || long.len() == 1
        || alt.starts_with('<')
        || long.as_bytes()[0] != short.as_bytes()[0]
    {
        return (pos, reference.to_owned(), alt.to_owned());
    }
    let mut long = long.as_bytes().to_vec();
    for _ in 0..30 {
        let after = sequence.base(pos + if deletion { long.len() as u64 } else { 1 });
        if after != long[1] {
            break;
        }
        long.remove(0);
        long.push(after);
        pos += 1;
    }
    let long = String::from_utf8(long).expect("bases");
    let short = long[..1].to_owned();
    if deletion { (pos, long, short) } else { (pos, short, long) }
}

/// A FASTA of one sequence, in memory.
struct Sequence(Vec<u8>);

impl Sequence {
    fn read(path: &Path) -> Self {
        let mut text = Vec::new();
        let file = std::fs::File::open(path).expect("the FASTA");
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(file), &mut text).expect("gzip");
        let start = text.iter().position(|&b| b == b'\n').expect("a name");
        Self(text[start..].iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_uppercase).collect())
    }

    /// 1-based.
    fn base(&self, pos: u64) -> u8 {
        self.0[usize::try_from(pos).expect("fits") - 1]
    }
}
