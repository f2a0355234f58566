//! What is variable at a position: alleles, their frequencies by group of people, and how the record looks.

use super::genome::{CONTIGS, Ploidy, Zone};
use super::people::{OKINAWA, Person, REGIONS};
use super::random::Random;
use super::spelling::Spelling;

/// Groups of people with a frequency of their own: region, without and with type 2 diabetes.
pub(crate) const GROUPS: usize = 2 * REGIONS.len();

/// The group of a person.
pub(crate) fn group(person: &Person) -> usize {
    2 * person.region + usize::from(person.has_diabetes())
}

/// An alternate allele.
#[derive(Clone, Debug)]
pub(crate) struct Alternate {
    /// As the ALT column spells it.
    pub(crate) text: Vec<u8>,
    /// Its frequency in each group.
    pub(crate) frequency: [f64; GROUPS],
    /// How many copies there are at least.
    pub(crate) least: usize,
}

/// Everything about a position but the people's calls.
#[derive(Clone, Debug)]
pub(crate) struct Locus {
    /// Index into [`CONTIGS`].
    pub(crate) contig: usize,
    /// 1-based position.
    pub(crate) position: usize,
    /// Who carries how many copies.
    pub(crate) ploidy: Ploidy,
    /// REF.
    pub(crate) reference: Vec<u8>,
    /// ALT, one to three.
    pub(crate) alternates: Vec<Alternate>,
    /// Last base of a symbolic deletion.
    pub(crate) end: Option<usize>,
    /// FILTER.
    pub(crate) filter: &'static str,
    /// QUAL.
    pub(crate) quality: usize,
    /// Whether each ALT has a line of its own.
    pub(crate) split: bool,
    /// Whether data sites where nobody carries it leave it out.
    pub(crate) unlisted: bool,
    /// Whether the last ALT is `*`, carried by whoever carries the deletion just before.
    pub(crate) starred: bool,
    /// Whether every call succeeds.
    pub(crate) complete: bool,
}

impl Locus {
    /// The contig's name.
    pub(crate) fn contig_name(&self) -> &'static str {
        CONTIGS[self.contig].name
    }

    /// The last base it covers.
    pub(crate) fn last(&self) -> usize {
        self.end.unwrap_or(self.position + self.reference.len() - 1)
    }

    /// The alleles that each of its lines lists: one line with all, or one line each.
    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let numbers = (1_u8..).take(self.alternates.len());
        if self.split { numbers.map(|number| vec![number]).collect() } else { vec![numbers.collect()] }
    }
}

/// Draws what is variable at a position. A deletion sometimes brings a second locus, on the next base, that shows
/// it as `*`; `room` says whether that base is free.
pub(crate) fn draw(zone: &Zone, position: usize, room: bool, seed: u64) -> Vec<Locus> {
    let random = &mut Random::stream(seed, &[2, zone.contig as u64, position as u64]);
    let kind = random.uniform();
    let autosomal = zone.ploidy == Ploidy::Autosomal;
    if kind < 0.004 && room {
        return starred_pair(zone, position, random);
    }
    let spelling = if kind < 0.005 && autosomal {
        Spelling::symbolic(zone, position, random)
    } else if kind < 0.055 {
        Spelling::multi_allelic(zone.contig, position, random)
    } else if kind < 0.13 {
        Spelling::indel(zone.contig, position, random)
    } else {
        Spelling::single_base(zone.contig, position, 1, random)
    };
    vec![assemble(zone, position, spelling, random)]
}

/// A locus planted for the story, always complete and PASS.
pub(crate) fn plant(zone: &Zone, position: usize, frequency: [f64; GROUPS], least: usize) -> Locus {
    let random = &mut Random::stream(0, &[3, zone.contig as u64, position as u64]);
    let spelling = Spelling::single_base(zone.contig, position, 1, random);
    let mut locus = assemble(zone, position, spelling, random);
    locus.alternates[0].frequency = frequency;
    locus.alternates[0].least = least;
    (locus.filter, locus.unlisted, locus.complete) = ("PASS", false, true);
    locus
}

fn assemble(zone: &Zone, position: usize, spelling: Spelling, random: &mut Random) -> Locus {
    let many = spelling.texts.len() > 1;
    let (mut left, mut rare) = (0.95, true);
    let mut alternates = Vec::with_capacity(spelling.texts.len());
    for text in spelling.texts {
        let overall = if left < 0.95 { random.log_uniform(3e-5, 10) } else { spectrum(random) };
        let overall = overall.min(left * 0.9);
        rare &= overall < 2e-3;
        left -= overall;
        alternates.push(Alternate { text, frequency: by_group(overall, random), least: 1 });
    }
    let snv = spelling.reference.len() == 1 && alternates.iter().all(|it| it.text.len() == 1);
    Locus {
        contig: zone.contig,
        position,
        ploidy: zone.ploidy,
        reference: spelling.reference,
        alternates,
        end: spelling.end,
        filter: filter(random),
        quality: 30 + random.below(4970),
        split: many && snv && random.chance(0.15),
        unlisted: rare && random.chance(0.037),
        starred: false,
        complete: random.chance(0.4),
    }
}

/// A frequency in the whole cohort: mostly rare, falling like 1/x, with a tail of common variants.
fn spectrum(random: &mut Random) -> f64 {
    match random.weighted(&[0.60, 0.22, 0.18]) {
        0 => random.log_uniform(2.5e-5, 6),
        1 => random.log_uniform(1e-3, 6),
        _ => 0.05 + 0.90 * random.uniform() * random.uniform(),
    }
}

/// The frequency in each group: drift between regions, most in Okinawa; some rare variants have a home.
fn by_group(overall: f64, random: &mut Random) -> [f64; GROUPS] {
    let mut frequency = [0.0; GROUPS];
    let home =
        (overall < 2e-3 && random.chance(0.25)).then(|| random.weighted(&REGIONS.map(|region| region.1)));
    let island = random.chance(0.004).then(|| 0.05 + 0.25 * random.uniform());
    for region in 0..REGIONS.len() {
        let spread = if region == OKINAWA { 0.06 } else { 0.012 };
        let drifted = overall + spread * (overall * (1.0 - overall)).sqrt() * random.normal();
        let here = match (home, island) {
            (_, Some(much)) if region == OKINAWA => much,
            (Some(home), _) if home == region => (overall / REGIONS[region].1).min(0.03),
            (Some(_), _) => 0.0,
            _ => drifted.clamp(0.0, 0.98),
        };
        frequency[2 * region] = here;
        frequency[2 * region + 1] = here;
    }
    frequency
}

fn filter(random: &mut Random) -> &'static str {
    const NAMES: [&str; 6] =
        ["PASS", ".", "LowQual", "VQSRTrancheSNP99.90to99.95", "ExcessHet", "LowQual;ExcessHet"];
    NAMES[random.weighted(&[0.965, 0.008, 0.010, 0.012, 0.003, 0.002])]
}

fn starred_pair(zone: &Zone, position: usize, random: &mut Random) -> Vec<Locus> {
    let length = 1 + random.below(6);
    let deletion = assemble(zone, position, Spelling::deletion(zone.contig, position, length), random);
    let spelling = Spelling::single_base(zone.contig, position + 1, 1, random);
    let mut inside = assemble(zone, position + 1, spelling, random);
    inside.alternates.push(Alternate { text: b"*".to_vec(), frequency: [0.0; GROUPS], least: 0 });
    (inside.unlisted, inside.starred) = (false, true);
    vec![Locus { unlisted: false, ..deletion }, inside]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::genome::{ZONES, bases};

    fn many() -> Vec<Locus> {
        (0..20_000).flat_map(|index| draw(&ZONES[0], 100_000 + 1000 * index, true, 11)).collect()
    }

    #[test]
    fn reference_bases_come_from_the_reference_and_indels_are_anchored() {
        for locus in many() {
            assert_eq!(locus.reference, bases(locus.contig, locus.position, locus.reference.len()));
            for alternate in locus.alternates.iter().filter(|it| it.text.len() != locus.reference.len()) {
                let text = &alternate.text;
                if text == b"*" || text == b"<DEL>" || locus.reference.len() == 1 && text.len() == 1 {
                    continue;
                }
                assert_eq!(text[0], locus.reference[0]);
                assert_ne!(text.last(), locus.reference.last());
            }
        }
    }

    #[test]
    fn kinds_have_the_intended_shares() {
        let loci = many();
        let percent =
            |chosen: &dyn Fn(&Locus) -> bool| loci.iter().filter(|it| chosen(it)).count() * 100 / loci.len();
        assert!((4..=6).contains(&percent(&|it| it.alternates.len() > 1)));
        assert!(
            (84..=93).contains(&percent(&|it| it.reference.len() == 1 && it.alternates[0].text.len() == 1))
        );
        assert!((1..=3).contains(&percent(&|it| it.unlisted)));
        assert!(loci.iter().any(|it| it.end.is_some()) && loci.iter().any(|it| it.split));
        assert!(loci.iter().any(|it| it.starred) && loci.iter().any(|it| it.alternates.len() == 3));
    }
}
