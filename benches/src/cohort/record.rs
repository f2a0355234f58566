//! One record, as text and as BCF.

use std::io::Write as _;

use super::bcf::{self, END};
use super::header::{self, CONTIGS, FILTER, FORMAT, INFO};
use super::people::People;
use super::pool::{Genotype, Pools};
use super::spectrum::allele_count;
use super::{Shape, Spec};
use crate::dice::Dice;

/// Makes any record of a cohort.
pub(super) struct Maker<'a> {
    spec: &'a Spec,
    people: &'a People,
    /// By number of alleles, from two on.
    pools: Vec<Pools>,
}

/// Where a record stands and what it says before the sample columns.
struct Site {
    contig: usize,
    /// Counted from 1.
    pos: u64,
    /// Males have one copy.
    haploid_males: bool,
    alleles: Vec<String>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(spec: &'a Spec, people: &'a People) -> Self {
        let mut dice = Dice::stream(spec.seed, u64::MAX - 1);
        let most = if spec.shape == Shape::Rich { 4 } else { 1 };
        Self { spec, people, pools: (2..=most).map(|n| Pools::new(n, &mut dice)).collect() }
    }

    /// Appends one record to both.
    pub(super) fn append(&self, number: usize, text: &mut Vec<u8>, binary: &mut Vec<u8>) {
        let mut dice = Dice::stream(self.spec.seed, number as u64);
        let site = self.site(number, &mut dice);
        match self.spec.shape {
            Shape::Gt => self.gt(&site, &mut dice, text, binary),
            Shape::Rich => self.rich(&site, &mut dice, text, binary),
        }
    }

    /// Rich cohorts: four fifths of the records on chr20, one in 25 in the PAR of X, the rest elsewhere on X.
    fn site(&self, number: usize, dice: &mut Dice) -> Site {
        let records = self.spec.records;
        let (on_20, in_par) = match self.spec.shape {
            Shape::Gt => (records, 0),
            Shape::Rich => (records * 4 / 5, records / 25),
        };
        let spread = |index: usize, step: u64, dice: &mut Dice| index as u64 * step + dice.roll(30) as u64;
        let (contig, pos) = if number < on_20 {
            (0, 5_000_000 + spread(number, 31, dice))
        } else if number < on_20 + in_par {
            (1, 200_000 + spread(number - on_20, 31, dice))
        } else {
            (1, 5_000_000 + spread(number - on_20 - in_par, 31, dice))
        };
        let alleles = match self.spec.shape {
            Shape::Gt => snv(2, dice),
            Shape::Rich => {
                let n = [2, 3, 4][dice.weighted(&[0.95, 0.04, 0.01])];
                if dice.chance(0.08) { indel(n, dice) } else { snv(n, dice) }
            }
        };
        Site { contig, pos, haploid_males: contig == 1 && pos > 2_781_479, alleles }
    }

    fn gt(&self, site: &Site, dice: &mut Dice, text: &mut Vec<u8>, binary: &mut Vec<u8>) {
        let samples = self.people.ids.len();
        let Site { contig, pos, alleles, .. } = site;
        let name = CONTIGS[*contig].0;
        let (reference, alternate) = (&alleles[0], &alleles[1]);
        // Writing to a vector cannot fail.
        let _ = write!(text, "{name}\t{pos}\t.\t{reference}\t{alternate}\t.\tPASS\t.\tGT\t");
        let start = text.len();
        text.extend(b"0|0\t".repeat(samples));
        let mut values = vec![[2u8, 3u8]; samples];
        let count = allele_count(dice, 2 * samples);
        let mut carry = |haplotype: usize| {
            let place = start + 4 * (haplotype / 2) + 2 * (haplotype % 2);
            let fresh = text[place] == b'0';
            text[place] = b'1';
            values[haplotype / 2][haplotype % 2] = if haplotype.is_multiple_of(2) { 4 } else { 5 };
            usize::from(fresh)
        };
        if count < samples / 8 {
            let mut left = count;
            while left > 0 {
                left -= carry(dice.roll(2 * samples));
            }
        } else {
            let share = count as f64 / (2 * samples) as f64;
            for haplotype in 0..2 * samples {
                if dice.chance(share) {
                    carry(haplotype);
                }
            }
        }
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
        let shared = self.shared(site, None, true, &[]);
        let mut individual = vec![0x11, header::key("GT"), 0x21];
        individual.extend(values.concat());
        bcf::record(&shared, &individual, binary);
    }

    fn rich(&self, site: &Site, dice: &mut Dice, text: &mut Vec<u8>, binary: &mut Vec<u8>) {
        let alleles = site.alleles.len();
        let calls = self.genotypes(site, dice);
        let (mut counts, mut an) = (vec![0i32; alleles], 0);
        for call in &calls {
            let both = match *call {
                Genotype::Missing { .. } => [None, None],
                Genotype::One(a) => [Some(a), None],
                Genotype::Two(a, b) => [Some(a), Some(b)],
            };
            for allele in both.into_iter().flatten() {
                counts[allele] += 1;
                an += 1;
            }
        }
        let pass = dice.chance(0.95);
        let quality = 30.0 + 4_000.0 * dice.share();
        let numbers = [3.0 * dice.share(), 60.0 - dice.share(), 18.0 + 4.0 * dice.normal()];
        let depth = i32::try_from(30 * calls.len()).unwrap_or(i32::MAX);
        let (ac, af): (Vec<i32>, Vec<f64>) =
            counts[1..].iter().map(|&n| (n, f64::from(n) / f64::from(an.max(1)))).unzip();
        let join = |list: Vec<String>| list.join(",");
        let (acs, afs) = (
            join(ac.iter().map(i32::to_string).collect()),
            join(af.iter().map(|f| format!("{f:.3e}")).collect()),
        );
        let filter = if pass { "PASS" } else { FILTER };
        let (name, pos, reference, alts) =
            (CONTIGS[site.contig].0, site.pos, &site.alleles[0], site.alleles[1..].join(","));
        let [fs, mq, qd] = numbers;
        // Writing to a vector cannot fail.
        let _ = write!(
            text,
            "{name}\t{pos}\t.\t{reference}\t{alts}\t{quality:.2}\t{filter}\tAC={acs};AF={afs};AN={an};DP={depth};\
             FS={fs:.3};MQ={mq:.2};QD={qd:.2}\t{}\t",
            FORMAT.join(":")
        );
        let individual = self.cells(site, &calls, dice, text);
        let info = Info { ac, af, an, depth, numbers };
        let shared = self.shared(site, Some(quality), pass, &info.bcf());
        bcf::record(&shared, &individual, binary);
    }

    /// Whom the frequencies of the ALTs fall on; 1–2 % are not called, more at some records.
    fn genotypes(&self, site: &Site, dice: &mut Dice) -> Vec<Genotype> {
        let samples = self.people.ids.len();
        let all = (2 * samples) as f64;
        let shares: Vec<f64> =
            site.alleles[1..].iter().map(|_| allele_count(dice, 2 * samples) as f64 / all).collect();
        let sum: f64 = shares.iter().sum();
        let scale = if sum > 0.95 { 0.95 / sum } else { 1.0 };
        let lost = 0.03 * dice.share();
        let allele = |dice: &mut Dice| {
            let mut left = dice.share();
            for (n, share) in shares.iter().enumerate() {
                left -= share * scale;
                if left < 0.0 {
                    return n + 1;
                }
            }
            0
        };
        let call = |&male: &bool| {
            let haploid = site.haploid_males && male;
            let (a, b) = (allele(dice), allele(dice));
            if dice.chance(lost) {
                Genotype::Missing { haploid }
            } else if haploid {
                Genotype::One(a)
            } else {
                Genotype::Two(a.min(b), a.max(b))
            }
        };
        self.people.male.iter().map(call).collect()
    }

    /// Appends the sample columns to the text; returns them as BCF.
    fn cells(&self, site: &Site, calls: &[Genotype], dice: &mut Dice, text: &mut Vec<u8>) -> Vec<u8> {
        let alleles = site.alleles.len();
        let pools = &self.pools[alleles - 2];
        let (mut ad, mut dp, mut gq, mut pl) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut gt = Vec::new();
        let value = |allele: usize| i32::try_from((allele + 1) << 1).unwrap_or_default();
        for &call in calls {
            let cell = pools.draw(call, dice);
            text.extend_from_slice(cell.text.as_bytes());
            text.push(b'\t');
            gt.extend(match call {
                Genotype::Missing { haploid: true } => [0, END],
                Genotype::Missing { haploid: false } => [0, 0],
                Genotype::One(a) => [value(a), END],
                Genotype::Two(a, b) => [value(a), value(b)],
            });
            ad.extend_from_slice(cell.ad);
            dp.push(cell.dp);
            gq.push(cell.gq);
            pl.extend_from_slice(cell.pl);
        }
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
        let mut out = Vec::new();
        for (name, values) in FORMAT.iter().zip([gt, ad, dp, gq, pl]) {
            bcf::key(header::key(name), &mut out);
            bcf::integers(&values, values.len() / calls.len().max(1), &mut out);
        }
        out
    }

    /// The half of a BCF record that all samples share. `info` is written already.
    fn shared(&self, site: &Site, quality: Option<f64>, pass: bool, info: &[u8]) -> Vec<u8> {
        let (samples, rich) = (self.people.ids.len(), self.spec.shape == Shape::Rich);
        let word = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (infos, formats) = if rich { (INFO.len(), FORMAT.len()) } else { (0, 1) };
        let pos = u32::try_from(site.pos - 1).unwrap_or(u32::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "BCF holds a float of 32 bits")]
        let quality = quality.map_or(0x7f80_0001, |q| (q as f32).to_bits());
        let mut out = Vec::new();
        for n in [
            word(site.contig),
            pos,
            word(site.alleles[0].len()),
            quality,
            word(site.alleles.len() << 16 | infos),
            word(formats << 24 | samples),
        ] {
            out.extend(n.to_le_bytes());
        }
        bcf::string(".", &mut out);
        site.alleles.iter().for_each(|allele| bcf::string(allele, &mut out));
        bcf::key(if pass { 0 } else { header::key(FILTER) }, &mut out);
        out.extend_from_slice(info);
        out
    }
}

/// INFO of a rich record.
struct Info {
    ac: Vec<i32>,
    af: Vec<f64>,
    an: i32,
    depth: i32,
    numbers: [f64; 3],
}

impl Info {
    fn bcf(&self) -> Vec<u8> {
        #[expect(clippy::cast_possible_truncation, reason = "BCF holds floats of 32 bits")]
        let narrow = |list: &[f64]| list.iter().map(|&x| x as f32).collect::<Vec<_>>();
        let mut out = Vec::new();
        let [ac, af, an, dp, rest @ ..] = INFO;
        bcf::key(header::key(ac), &mut out);
        bcf::integers(&self.ac, self.ac.len(), &mut out);
        bcf::key(header::key(af), &mut out);
        bcf::floats(&narrow(&self.af), &mut out);
        for (name, value) in [(an, self.an), (dp, self.depth)] {
            bcf::key(header::key(name), &mut out);
            bcf::integers(&[value], 1, &mut out);
        }
        for (name, value) in rest.iter().zip(self.numbers) {
            bcf::key(header::key(name), &mut out);
            bcf::floats(&narrow(&[value]), &mut out);
        }
        out
    }
}

/// Different bases.
fn snv(alleles: usize, dice: &mut Dice) -> Vec<String> {
    let mut bases = vec!["A", "C", "G", "T"];
    (0..alleles).map(|_| bases.swap_remove(dice.roll(bases.len())).to_owned()).collect()
}

/// Insertions into one base, or what is left of a deletion and insertions behind it.
fn indel(alleles: usize, dice: &mut Dice) -> Vec<String> {
    let mut bases = |least: usize| -> String {
        let length = least + dice.roll(10);
        (0..length).map(|_| ["A", "C", "G", "T"][dice.roll(4)]).collect()
    };
    let anchor = bases(1)[..1].to_owned();
    let mut list = vec![anchor.clone()];
    while list.len() < alleles {
        let longer = anchor.clone() + &bases(1);
        if !list.contains(&longer) {
            list.push(longer);
        }
    }
    if dice.chance(0.55) {
        list.swap(0, 1);
    }
    list
}
