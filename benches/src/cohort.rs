//! Cohorts of invented people as large as real ones: the same records as VCF and as BCF, and a sample table.
//!
//! ```text
//! gt     phased GT alone, biallelic SNVs, nobody missing: what phasing and imputation servers hand out
//! rich   GT:AD:DP:GQ:PL, unphased, 1–2 % not called, 5 % of records with several ALTs, 8 % indels, X with haploid males:
//!        what joint calling hands out
//! ```
//! Allele counts are those of a large cohort of one population: P(AC ≥ x) falls as 1/√x up to 1 %, and seven variants
//! in a hundred lie above, each doubling as often. Two to three calls in a hundred carry an ALT.
//!
//! Records are made in batches of 16, each from a stream of numbers of its own, so that the number of threads
//! cannot show. A batch begins a new BGZF block.

mod bcf;
mod header;
mod people;
mod pool;
mod record;
mod spectrum;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use crate::bgzf;
use people::People;
use record::Maker;

/// Records of one stream of random numbers.
const BATCH: usize = 16;

/// What stands in the sample columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Phased GT.
    Gt,
    /// Unphased `GT:AD:DP:GQ:PL`.
    Rich,
}

/// A cohort to make.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// What stands in the sample columns.
    pub shape: Shape,
    /// People, one sample each.
    pub samples: usize,
    /// Records.
    pub records: usize,
    /// The same seed makes the same bytes.
    pub seed: u64,
}

/// Bytes made, uncompressed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// Of the VCF.
    pub text: u64,
    /// Of the BCF.
    pub binary: u64,
}

/// One batch in both formats, compressed.
#[derive(Default)]
struct Batch {
    vcf: Vec<u8>,
    bcf: Vec<u8>,
    made: Made,
}

/// Writes `cohort.vcf.gz`, `cohort.bcf` and `samples.tsv` into `dir`.
///
/// # Errors
///
/// What the file system says.
pub fn write(spec: &Spec, threads: usize, dir: &Path) -> io::Result<Made> {
    let people = People::new(spec.samples, spec.seed);
    std::fs::write(dir.join("samples.tsv"), people.table())?;
    let text = header::text(spec.shape, &people);
    let mut vcf = BufWriter::new(File::create(dir.join("cohort.vcf.gz"))?);
    let mut bcf = BufWriter::new(File::create(dir.join("cohort.bcf"))?);
    let binary = bcf::header(&text);
    vcf.write_all(&packed(text.as_bytes()))?;
    bcf.write_all(&packed(&binary))?;
    let mut made = Made { text: text.len() as u64, binary: binary.len() as u64 };
    let maker = Maker::new(spec, &people);
    std::thread::scope(|scope| {
        // Batches are dealt out in turn and collected in turn.
        let hands: Vec<Receiver<Batch>> = (0..threads.max(1))
            .map(|hand| {
                let (give, take) = sync_channel(4);
                let maker = &maker;
                scope.spawn(move || {
                    let batches = spec.records.div_ceil(BATCH);
                    // A failed send means that writing failed and nobody waits any more.
                    (hand..batches).step_by(threads.max(1)).all(|n| give.send(batch(maker, spec, n)).is_ok())
                });
                take
            })
            .collect();
        for number in 0..spec.records.div_ceil(BATCH) {
            let batch = hands[number % hands.len()].recv().map_err(io::Error::other)?;
            vcf.write_all(&batch.vcf)?;
            bcf.write_all(&batch.bcf)?;
            made.text += batch.made.text;
            made.binary += batch.made.binary;
        }
        Ok::<(), io::Error>(())
    })?;
    for mut file in [vcf, bcf] {
        file.write_all(&bgzf::END)?;
        file.flush()?;
    }
    Ok(made)
}

fn batch(maker: &Maker<'_>, spec: &Spec, number: usize) -> Batch {
    let first = number * BATCH;
    let (mut text, mut binary) = (Vec::new(), Vec::new());
    for record in first..spec.records.min(first + BATCH) {
        maker.append(record, &mut text, &mut binary);
    }
    let made = Made { text: text.len() as u64, binary: binary.len() as u64 };
    Batch { vcf: packed(&text), bcf: packed(&binary), made }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bgzf::deflate(bytes, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_do_not_show() {
        for shape in [Shape::Gt, Shape::Rich] {
            let spec = Spec { shape, samples: 60, records: 70, seed: 1 };
            let files = |threads| {
                let dir = tempfile::tempdir().unwrap();
                write(&spec, threads, dir.path()).unwrap();
                ["cohort.vcf.gz", "cohort.bcf", "samples.tsv"]
                    .map(|name| std::fs::read(dir.path().join(name)).unwrap())
            };
            assert_eq!(files(1), files(3));
        }
    }
}
