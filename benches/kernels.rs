//! The kernels alone, with every backend of this CPU, in bytes of sample columns per second.
//!
//! One line of 100,000 subjects per shape. Sparse: one call in 200 is not hom-ref; dense: two in three. Of the cases
//! `bcf adj`, 6 % (autosome), 14 % and 53 % (chrX) of the samples are no hom-ref call that passes.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shukei_kernels::{Backend, BcfFilter, BcfLayout, Filter, Layout, Numbers, Typed, scan, scan_bcf};

const SUBJECTS: usize = 100_000;
const SPARSE: u64 = 200;
const DENSE: u64 = 1;

/// Numbers that look random, the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    /// A genotype; one in `rarity` is a carrier, or two in three where that is 1.
    fn genotype(&mut self, rarity: u64) -> &'static str {
        if self.roll(rarity) > 0 {
            return "0/0";
        }
        match self.roll(if rarity == 1 { 12 } else { 8 }) {
            0..4 => "0/1",
            4..6 => "1|0",
            6 => "1/1",
            7 => "./.",
            _ => "0|0",
        }
    }
}

fn gt_only(rarity: u64) -> String {
    let mut dice = Dice(1);
    (0..SUBJECTS).map(|_| dice.genotype(rarity)).collect::<Vec<_>>().join("\t")
}

/// `GT:AD:DP:GQ:PL`; one cell in 100 has too few reads.
fn rich(rarity: u64) -> String {
    let mut dice = Dice(2);
    let cell = |_| {
        let gt = dice.genotype(rarity);
        let dp = if dice.roll(100) == 0 { dice.roll(10) } else { 18 + dice.roll(40) };
        let ad = if gt == "0/0" { 0 } else { dp / 2 };
        let gq = if dp < 10 { dp } else { 30 + dice.roll(70) };
        format!("{gt}:{},{ad}:{dp}:{gq}:0,{},{}", dp - ad, 3 * dp, 35 * dp + dice.roll(99))
    };
    (0..SUBJECTS).map(cell).collect::<Vec<_>>().join("\t")
}

fn pairs(rarity: u64) -> Vec<u8> {
    let mut dice = Dice(1);
    let value = |allele: u8| if allele == b'.' { 0 } else { (allele - b'0' + 1) << 1 };
    let pair = |_| match dice.genotype(rarity).as_bytes() {
        [a, separator, b] => [value(*a), value(*b) | u8::from(*separator == b'|')],
        _ => [2, 2],
    };
    (0..SUBJECTS).flat_map(pair).collect()
}

fn text(criterion: &mut Criterion) {
    let adj = Filter { ad: Some(1), dp: Some(2), gq: Some(3), ..Filter::default() };
    let males_haploid = gt_only(SPARSE).replace("0/0\t0/0\t", "0/0\t0\t");
    for (name, line, filter) in [
        ("gt-only sparse", gt_only(SPARSE), Filter::default()),
        ("gt-only dense", gt_only(DENSE), Filter::default()),
        ("gt-only chrX", males_haploid, Filter::default()),
        ("rich sparse", rich(SPARSE), Filter::default()),
        ("rich dense", rich(DENSE), Filter::default()),
        ("rich adj sparse", rich(SPARSE), adj),
        ("rich adj dense", rich(DENSE), adj),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(line.len() as u64));
        let layout = Layout { columns: SUBJECTS, alleles: 2, max_ploidy: 2, filter };
        for backend in Backend::available() {
            let mut calls = Vec::new();
            group.bench_function(backend.name(), |bencher| {
                bencher.iter(|| {
                    calls.clear();
                    let result = scan(backend, black_box(line.as_bytes()), &layout, &mut calls);
                    assert_eq!(result, Ok(()));
                    calls.len()
                });
            });
        }
        group.finish();
    }
}

/// GT, AD, DP and GQ of a BCF record, as files have them.
///
/// Of a million subjects: a branch predictor learns 100,000 by heart, which hides half the cost of a branch per subject.
struct Judged {
    gt: Vec<u8>,
    ad: Vec<u8>,
    dp: Vec<u8>,
    gq: Vec<u8>,
    haploid: Vec<u8>,
    /// Bytes per number of AD and DP.
    width: u8,
}

impl Judged {
    /// In 1,000 samples: 30 carriers, 15 missing, 13 with few reads and `haploid` with one allele.
    fn new(width: u8, haploid: u64) -> Judged {
        let mut dice = Dice(4);
        let mut judged = Judged { gt: vec![], ad: vec![], dp: vec![], gq: vec![], haploid: vec![], width };
        for _ in 0..10 * SUBJECTS {
            let one = dice.roll(1000) < haploid;
            let [a, b] = match dice.roll(1000) {
                0..24 => [2, 4],
                24..30 => [4, 4],
                30..45 => [0, 0],
                _ => [2, 2],
            };
            let dp = if dice.roll(1000) < 13 { dice.roll(10) } else { 18 + dice.roll(40) };
            let alt = if a == b { 0 } else { dice.roll(dp + 1) };
            judged.gt.extend(if one { [b, 0x81] } else { [a, b] });
            for depth in [dp - alt, alt] {
                judged.ad.extend(&depth.to_le_bytes()[..usize::from(width)]);
            }
            judged.dp.extend(&dp.to_le_bytes()[..usize::from(width)]);
            judged.gq.push(u8::try_from(3 * dp).map_or(99, |gq| gq.min(99)));
            judged.haploid.push(u8::from(one));
        }
        judged
    }

    fn filter(&self) -> BcfFilter<'_> {
        let numbers = |bytes, width, per_sample| Some(Numbers::Int(Typed { bytes, width, per_sample }));
        BcfFilter {
            ad: numbers(&self.ad, self.width, 2),
            dp: numbers(&self.dp, self.width, 1),
            gq: numbers(&self.gq, 1, 1),
            haploid: Some(&self.haploid),
            ..BcfFilter::default()
        }
    }
}

fn bcf(criterion: &mut Criterion) {
    let [none_haploid, some, wide, half] =
        [(1, 0), (1, 80), (2, 80), (1, 500)].map(|(w, h)| Judged::new(w, h));
    let none = BcfFilter::default();
    for (name, gt, filter) in [
        ("bcf sparse", &pairs(SPARSE), none),
        ("bcf dense", &pairs(DENSE), none),
        ("bcf chrX", &half.gt, none),
        ("bcf adj autosome", &none_haploid.gt, none_haploid.filter()),
        ("bcf adj", &some.gt, some.filter()),
        ("bcf adj wide", &wide.gt, wide.filter()),
        ("bcf adj chrX", &half.gt, half.filter()),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(gt.len() as u64));
        let layout = BcfLayout { columns: gt.len() / 2, alleles: 2, max_ploidy: 2, filter };
        let gt = Typed { bytes: gt, width: 1, per_sample: 2 };
        for backend in Backend::available() {
            let mut calls = Vec::new();
            group.bench_function(backend.name(), |bencher| {
                bencher.iter(|| {
                    calls.clear();
                    let result = scan_bcf(backend, black_box(gt), &layout, &mut calls);
                    assert_eq!(result, Ok(()));
                    calls.len()
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(600))
        .without_plots();
    targets = text, bcf
}
criterion_main!(benches);
