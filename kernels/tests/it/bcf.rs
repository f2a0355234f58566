//! BCF vectors against the text that says the same, and their own oddities.

use proptest::prelude::*;
use shukei_kernels::{
    Backend, BcfFilter, BcfLayout, Call, Filter, Layout, Numbers, ScanError, Strings, Typed,
};

use crate::vectors::{Column, calls_bcf, least, pack};
use crate::{A, M, calls, plain};

/// One sample, to be written either way.
#[derive(Clone, Debug)]
struct Sample {
    /// Alleles, and the phase bit of each.
    gt: Vec<(Option<u8>, bool)>,
    gq: Option<i32>,
    dp: Option<i32>,
    ad: Vec<Option<i32>>,
    ft: &'static str,
}

impl Sample {
    /// `GT:AD:DP:GQ:FT`.
    fn text(&self) -> String {
        let number = |value: &Option<i32>| value.map_or(".".to_owned(), |value| value.to_string());
        let mut gt = String::new();
        for (index, (allele, phased)) in self.gt.iter().enumerate() {
            if index > 0 {
                gt.push(if *phased { '|' } else { '/' });
            }
            gt += &allele.map_or(".".to_owned(), |allele| allele.to_string());
        }
        let ad: Vec<_> = self.ad.iter().map(number).collect();
        format!("{gt}:{}:{}:{}:{}", ad.join(","), number(&self.dp), number(&self.gq), self.ft)
    }

    fn gt_values(&self) -> Vec<i64> {
        let value = |(allele, phased): &(Option<u8>, bool)| {
            allele.map_or(0, |allele| (i64::from(allele) + 1) << 1) | i64::from(*phased)
        };
        self.gt.iter().map(value).collect()
    }
}

/// How a record is written.
#[derive(Clone, Copy, Debug)]
struct Shape {
    gt: u8,
    /// Widths of GQ, DP, AD.
    widths: [u8; 3],
    /// GQ, DP, AD, FT.
    asked: [bool; 4],
    /// Numbers of AD per sample.
    depths: usize,
    alleles: u16,
    max_ploidy: u8,
}

/// Every backend finds in the vectors what the definition finds in the text.
fn says_the_same(samples: &[Sample], shape: Shape) {
    let Shape { gt: gt_width, widths, asked, depths, alleles, max_ploidy } = shape;
    let per_sample = samples.iter().map(|sample| sample.gt.len()).max().unwrap_or(2).max(2);
    let rows: Vec<_> = samples.iter().map(Sample::gt_values).collect();
    let gt = pack(&rows, gt_width, per_sample);
    let column = |value: fn(&Sample) -> Vec<Option<i32>>, width, per_sample| {
        Column::new(&samples.iter().map(value).collect::<Vec<_>>(), width, per_sample)
    };
    let gq = column(|sample| vec![sample.gq], widths[0], 1);
    let dp = column(|sample| vec![sample.dp], widths[1], 1);
    let ad = column(|sample| sample.ad.clone(), widths[2], depths);
    let ft: Vec<u8> = samples.iter().flat_map(|s| format!("{:\0<5}", s.ft).into_bytes()).collect();
    let table: Vec<u8> = (0..90).map(|column| column % 3).collect();
    let haploid = Some(&table[..]);

    let filter = BcfFilter {
        gq: asked[0].then(|| gq.numbers()),
        dp: asked[1].then(|| dp.numbers()),
        ad: asked[2].then(|| ad.numbers()),
        ft: asked[3].then_some(Strings { bytes: &ft, per_sample: 5 }),
        haploid,
    };
    let layout = BcfLayout { columns: samples.len(), alleles, max_ploidy, filter };
    let found = calls_bcf(Typed { bytes: &gt, width: gt_width, per_sample }, &layout);

    let text = samples.iter().map(Sample::text).collect::<Vec<_>>().join("\t");
    let index = |asked: bool, index: usize| asked.then_some(index);
    let [gq, dp, ad, ft] = [index(asked[0], 3), index(asked[1], 2), index(asked[2], 1), index(asked[3], 4)];
    let filter = Filter { gq, dp, ad, ft, haploid };
    let layout = Layout { max_ploidy, filter, ..plain(samples.len(), alleles) };
    assert_eq!(found, calls(Backend::scalar(), text.as_bytes(), &layout));
}

fn sample() -> impl Strategy<Value = Sample> {
    let allele = prop_oneof![6 => Just(Some(0)), 2 => (0..4u8).prop_map(Some), 1 => Just(None)];
    let ploidy = prop_oneof![20 => Just(2usize), 2 => Just(1usize), 1 => Just(3usize)];
    let gt = ploidy.prop_flat_map(move |n| prop::collection::vec((allele.clone(), any::<bool>()), n));
    let number = || prop_oneof![8 => (10..99).prop_map(Some), 3 => (0..30).prop_map(Some), 1 => Just(None)];
    let ad = prop::collection::vec(number(), 1..5);
    let ft = prop_oneof![6 => Just("PASS"), 3 => Just("."), 1 => Just("LowQ"), 1 => Just("")];
    (gt, number(), number(), ad, ft).prop_map(|(gt, gq, dp, ad, ft)| Sample { gt, gq, dp, ad, ft })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn says_what_the_text_says(
        samples in prop::collection::vec(sample(), 0..100),
        diploid in any::<bool>(),
        gt in prop::sample::select(vec![1u8, 1, 2, 4]),
        widths in prop::array::uniform3(prop::sample::select(vec![0u8, 1, 2, 4])),
        asked in prop::array::uniform4(any::<bool>()),
        depths in 0..5usize,
        (alleles, max_ploidy) in prop_oneof![3 => Just((4u16, 3u8)), 1 => (1..5u16, 1..4u8)],
    ) {
        let mut samples = samples;
        for sample in &mut samples {
            sample.gt.truncate(if diploid { 2 } else { 3 });
            sample.ad.truncate(depths);
        }
        says_the_same(&samples, Shape { gt, widths, asked, depths, alleles, max_ploidy });
    }

    /// What the fast forms are made for: pairs, all of GQ, DP and AD, alleles that the record has.
    #[test]
    fn adj_says_what_the_text_says(
        samples in prop::collection::vec(sample(), 30..140),
        widths in prop::array::uniform3(prop::sample::select(vec![0u8, 1, 1, 1, 2, 2, 2, 4])),
        deep in any::<bool>(),
        alleles in prop::sample::select(vec![2u8, 2, 3, 4]),
        fewer in prop::sample::select(vec![0usize, 0, 0, 1]),
    ) {
        let mut samples = samples;
        let depths = usize::from(alleles) - fewer;
        let times = if deep && !widths[1..].contains(&1) { 300 } else { 1 };
        for sample in &mut samples {
            sample.gt.truncate(2);
            sample.gt.iter_mut().for_each(|(allele, _)| *allele = allele.map(|allele| allele % alleles));
            sample.ad.truncate(depths);
            sample.ad.iter_mut().chain([&mut sample.dp]).for_each(|depth| *depth = depth.map(|depth| times * depth));
        }
        let asked = [true, true, true, false];
        says_the_same(&samples, Shape { gt: 1, widths, asked, depths, alleles: alleles.into(), max_ploidy: 2 });
    }

    #[test]
    fn any_bytes_with_every_backend(
        bytes in prop::collection::vec(prop_oneof![9 => 2..4u8, 1 => 0x7E..0x84u8, 1 => any::<u8>()], 0..200),
        beside in prop::collection::vec(prop_oneof![3 => 20..99u8, 1 => 0x80..0x82u8, 1 => any::<u8>()], 400),
        alleles in prop_oneof![1 => Just(2u16), 1 => 0..70u16],
        width in 1..3u8,
    ) {
        let columns = bytes.len() / 2;
        let gt = Typed { bytes: &bytes[..columns * 2], width: 1, per_sample: 2 };
        let _ = calls_bcf(gt, &layout(columns, alleles));
        let numbers = |width, per_sample| {
            let size = columns * usize::from(width) * per_sample;
            Some(Numbers::Int(Typed { bytes: &beside[..size], width, per_sample }))
        };
        let filter = BcfFilter { gq: numbers(1, 1), dp: numbers(width, 1), ad: numbers(width, 2), ..BcfFilter::default() };
        let _ = calls_bcf(gt, &BcfLayout { filter, ..layout(columns, alleles) });
    }
}

fn layout(columns: usize, alleles: u16) -> BcfLayout<'static> {
    BcfLayout { columns, alleles, max_ploidy: 2, filter: BcfFilter::default() }
}

#[test]
fn oddities_of_pairs() {
    // 0/0 with either phase bit, missing of both kinds, haploid, nothing, 1/0, 62/0.
    let pairs = [2, 2, 3, 3, 2, 3, 0, 1, 0x80, 0x80, 4, 0x81, 2, 0x81, 0x81, 0x81, 4, 2, 126, 2];
    let expected = [(3, M, M), (4, M, M), (5, 1, A), (6, 0, A), (7, M, A), (8, 1, 0), (9, 62, 0)];
    for padding in [0u32, 5, 16, 40, 100] {
        let mut bytes = vec![2; 2 * padding as usize];
        bytes.extend(pairs);
        bytes.extend(vec![2; 80]);
        let found = calls_bcf(Typed { bytes: &bytes, width: 1, per_sample: 2 }, &layout(bytes.len() / 2, 63))
            .unwrap();
        let found: Vec<_> = found.iter().map(|call| (call.column - padding, call.a, call.b)).collect();
        assert_eq!(found, expected);
    }
}

/// GQ 20 and so many reads of so many pass in every column, GQ 19 or one read more do not; whatever the widths.
#[test]
fn a_fifth_of_the_reads_of_every_width() {
    const COLUMNS: usize = 70;
    let het: Vec<u8> = [2, 4].repeat(COLUMNS);
    let passed: Vec<_> = (0..70).map(|column| Call { column, a: 0, b: 1 }).collect();
    let failed: Vec<_> = (0..70).map(Call::missing).collect();
    for (alt, all) in
        [(2, 10), (25, 125), (26, 130), (6553, 32765), (6554, 32767), (30_000, 32_767), (70_000, 350_000)]
    {
        let widths =
            |value: i32| [0, 1, 2, 4].into_iter().filter(move |&w| w == 0 || i64::from(value) < -least(w));
        for (wide_ad, wide_dp, wide_gq) in widths(alt)
            .flat_map(|ad| widths(all).map(move |dp| (ad, dp)))
            .flat_map(|(ad, dp)| widths(1).map(move |gq| (ad, dp, gq)))
        {
            let judge = |alt: i32, all: i32, gq: i32| {
                let column = |row: &[i32], width| {
                    let row: Vec<_> = row.iter().copied().map(Some).collect();
                    Column::new(&vec![row.clone(); COLUMNS], width, row.len())
                };
                let (ad, dp, gq) =
                    (column(&[all, alt], wide_ad), column(&[all], wide_dp), column(&[gq], wide_gq));
                let [gq, dp, ad] = [&gq, &dp, &ad].map(|column| Some(column.numbers()));
                let filter = BcfFilter { gq, dp, ad, ..BcfFilter::default() };
                let gt = Typed { bytes: &het, width: 1, per_sample: 2 };
                calls_bcf(gt, &BcfLayout { filter, ..layout(COLUMNS, 2) }).unwrap()
            };
            assert_eq!(judge(alt, all, 20), passed, "{alt} of {all}, {wide_ad}, {wide_dp}, {wide_gq}");
            assert_eq!(judge(alt, all, 19), failed);
            assert_eq!(judge((all - 1) / 5, all, 20), failed);
        }
    }
}

#[test]
fn values_that_are_no_genotype() {
    for (pair, expected) in [
        ([0x81, 2], ScanError::BadGenotype { column: 33 }),
        ([2, 0x82], ScanError::BadGenotype { column: 33 }),
        ([0xFF, 2], ScanError::BadGenotype { column: 33 }),
        ([2, 6], ScanError::Allele { column: 33, allele: 2 }),
    ] {
        let mut bytes = vec![2; 200];
        bytes[66..68].copy_from_slice(&pair);
        assert_eq!(
            calls_bcf(Typed { bytes: &bytes, width: 1, per_sample: 2 }, &layout(100, 2)),
            Err(expected)
        );
    }
    let triple = [2, 2, 4];
    let gt = Typed { bytes: &triple, width: 1, per_sample: 3 };
    assert_eq!(calls_bcf(gt, &layout(1, 2)), Err(ScanError::Ploidy { column: 0, ploidy: 3 }));
}

#[test]
fn lengths_must_match() {
    let bytes = [2; 8];
    let gt = Typed { bytes: &bytes, width: 1, per_sample: 2 };
    assert_eq!(calls_bcf(gt, &layout(4, 2)), Ok(vec![]));
    assert_eq!(calls_bcf(gt, &layout(5, 2)), Err(ScanError::TooFewColumns { seen: 4 }));
    assert_eq!(calls_bcf(gt, &layout(3, 2)), Err(ScanError::TooManyColumns { expected: 3 }));
    assert_eq!(calls_bcf(Typed { width: 3, ..gt }, &layout(4, 2)), Err(ScanError::BadGenotype { column: 0 }));
    let filter = BcfFilter { gq: Some(Numbers::Int(Typed { per_sample: 1, ..gt })), ..BcfFilter::default() };
    let wrong = BcfLayout { filter, ..layout(4, 2) };
    assert_eq!(calls_bcf(gt, &wrong), Err(ScanError::TooManyColumns { expected: 4 }));
}
