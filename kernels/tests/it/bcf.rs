//! BCF vectors against the text that says the same, and their own oddities.

use proptest::prelude::*;
use shukei_kernels::{
    Backend, BcfFilter, BcfLayout, Call, Filter, Layout, Numbers, ScanError, Strings, Typed, scan_bcf,
};

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

fn least(width: u8) -> i64 {
    -(1 << (8 * u32::from(width) - 1))
}

/// Values padded with end-of-vector to `per_sample`.
fn pack(samples: &[Vec<i64>], width: u8, per_sample: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for values in samples {
        for index in 0..per_sample {
            let value = values.get(index).copied().unwrap_or(least(width) + 1);
            bytes.extend(&value.to_le_bytes()[..usize::from(width)]);
        }
    }
    bytes
}

/// Every backend, which must agree.
fn calls_bcf(gt: Typed<'_>, layout: &BcfLayout<'_>) -> Result<Vec<Call>, ScanError> {
    let found = Backend::available().into_iter().map(|backend| {
        let mut out = Vec::new();
        let result = scan_bcf(backend, gt, layout, &mut out);
        assert!(result.is_ok() || out.is_empty());
        result.map(|()| out)
    });
    let mut found: Vec<_> = found.collect();
    found.dedup();
    assert_eq!(found.len(), 1, "backends differ");
    found.remove(0)
}

/// Writes one number per sample, as integers of `width` or, for width 0, floats.
fn column(values: Vec<Option<i32>>, width: u8) -> (Vec<u8>, u8) {
    if width == 0 {
        let missing = f32::from_bits(0x7F80_0001);
        let floats = values.iter().map(|value| value.map_or(missing, |value| value as f32));
        return (floats.flat_map(f32::to_le_bytes).collect(), 0);
    }
    let rows: Vec<_> = values.iter().map(|value| vec![value.map_or(least(width), i64::from)]).collect();
    (pack(&rows, width, 1), width)
}

fn numbers((bytes, width): &(Vec<u8>, u8)) -> Numbers<'_> {
    match *width {
        0 => Numbers::Float { bytes, per_sample: 1 },
        width => Numbers::Int(Typed { bytes, width, per_sample: 1 }),
    }
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
        gt_width in prop::sample::select(vec![1u8, 1, 2, 4]),
        widths in prop::array::uniform3(prop::sample::select(vec![0u8, 1, 2, 4])),
        asked in prop::array::uniform4(any::<bool>()),
        (alleles, max_ploidy) in prop_oneof![3 => Just((4u16, 3u8)), 1 => (1..5u16, 1..4u8)],
    ) {
        let mut samples = samples;
        if diploid {
            samples.iter_mut().for_each(|sample| sample.gt.truncate(2));
        }
        let per_sample = samples.iter().map(|sample| sample.gt.len()).max().unwrap_or(2);
        let rows: Vec<_> = samples.iter().map(Sample::gt_values).collect();
        let gt = pack(&rows, gt_width, per_sample);
        let gq = column(samples.iter().map(|sample| sample.gq).collect(), widths[0]);
        let dp = column(samples.iter().map(|sample| sample.dp).collect(), widths[1]);
        let ad_width = widths[2].max(1);
        let depths = |sample: &Sample| sample.ad.iter().map(|v| v.map_or(least(ad_width), i64::from)).collect();
        let rows: Vec<_> = samples.iter().map(depths).collect();
        let ad = pack(&rows, ad_width, 4);
        let ft: Vec<u8> = samples.iter().flat_map(|s| format!("{:\0<5}", s.ft).into_bytes()).collect();
        let table: Vec<u8> = (0..90).map(|column| column % 3).collect();
        let haploid = Some(&table[..]);

        let filter = BcfFilter {
            gq: asked[0].then(|| numbers(&gq)),
            dp: asked[1].then(|| numbers(&dp)),
            ad: asked[2].then_some(Numbers::Int(Typed { bytes: &ad, width: ad_width, per_sample: 4 })),
            ft: asked[3].then_some(Strings { bytes: &ft, per_sample: 5 }),
            haploid,
        };
        let layout = BcfLayout { columns: samples.len(), alleles, max_ploidy, filter };
        let found = calls_bcf(Typed { bytes: &gt, width: gt_width, per_sample }, &layout);

        let text = samples.iter().map(Sample::text).collect::<Vec<_>>().join("\t");
        let index = |asked: bool, index: usize| asked.then_some(index);
        let filter = Filter { gq: index(asked[0], 3), dp: index(asked[1], 2), ad: index(asked[2], 1), ft: index(asked[3], 4), haploid };
        let layout = Layout { max_ploidy, filter, ..plain(samples.len(), alleles) };
        prop_assert_eq!(found, calls(Backend::scalar(), text.as_bytes(), &layout));
    }

    #[test]
    fn any_bytes_with_every_backend(bytes in prop::collection::vec(prop_oneof![9 => 2..4u8, 1 => 0x7E..0x84u8, 1 => any::<u8>()], 0..200), alleles in 0..70u16) {
        let gt = Typed { bytes: &bytes[..bytes.len() / 2 * 2], width: 1, per_sample: 2 };
        let _ = calls_bcf(gt, &layout(bytes.len() / 2, alleles));
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
