//! A seeded demo cohort: a sample table and one VCF for each of five data sites, all invented.
//!
//! The main path: draw people → write their table → for each position draw what is variable there, draw who carries
//! it, and let every data site write it down in its own way. Each step has a random stream of its own, named by the
//! seed and the place, so nothing depends on the order of work and a seed gives the same bytes for ever.

mod calls;
mod data_site;
mod depth;
mod disease;
mod genome;
mod genotypes;
mod locus;
mod people;
mod random;
mod spelling;
mod table;
mod vcf_file;

use data_site::DATA_SITES;
use genome::{CONTIGS, ZONES, Zone};
use genotypes::Genotypes;
use locus::{GROUPS, Locus};
use people::{OKINAWA, Person};
use random::Random;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vcf_file::VcfFile;

/// How large a cohort to simulate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// People, of all data sites together; strata are only sure to be large enough from 3,000 on.
    pub(crate) people: usize,
    /// Positions with a variant; a few take two lines.
    pub(crate) variants: usize,
    /// Where everything random begins.
    pub(crate) seed: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self { people: 3000, variants: 22_000, seed: 20_260_401 }
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub(crate) struct Cohort {
    /// The sample table.
    pub(crate) samples: PathBuf,
    /// The VCF files, one per data site, each with a `.tbi` beside it.
    pub(crate) inputs: Vec<PathBuf>,
    /// The code that can be asked for with `--by icd10=…`.
    pub(crate) icd10: &'static str,
    /// The subject id of one of its people.
    pub(crate) somebody: String,
    /// Variants put there for the story.
    pub(crate) planted: Vec<Planted>,
}

/// A variant with a known answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Planted {
    /// Its contig.
    pub(crate) contig: &'static str,
    /// Its 1-based position.
    pub(crate) position: usize,
    /// What is special about it.
    pub(crate) why: Why,
}

/// What is special about a planted variant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Why {
    /// Twice as frequent among people with type 2 diabetes (E11).
    Disease,
    /// Frequent in Okinawa, rare elsewhere.
    Okinawa,
    /// Too few carriers to be released.
    TooRare,
}

const PLANTED: [Planted; 3] = [
    Planted { contig: "chr1", position: 150_000_000, why: Why::Okinawa },
    Planted { contig: "chr20", position: 44_000_000, why: Why::Disease },
    Planted { contig: "chr22", position: 30_000_000, why: Why::TooRare },
];

/// Simulates a cohort of this size into the folder `out`, which is made if need be. The same size gives the same
/// bytes.
///
/// # Errors
///
/// Fewer than 50 people or 100 variants are refused; so is more than the sample ids or the contigs hold.
pub(crate) fn simulate(out: &Path, size: &Size) -> io::Result<Cohort> {
    if !(50..1_000_000).contains(&size.people) || !(100..10_000_000).contains(&size.variants) {
        let text = "a demo cohort has 50 to 999999 people and 100 to 9999999 variants";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    fs::create_dir_all(out).map_err(|error| at(out, &error))?;
    let people = people::draw(size.people, size.seed);
    let samples = out.join("samples.tsv");
    write_table(&samples, &people).map_err(|error| at(&samples, &error))?;
    let inputs = write_variants(out, &people, size).map_err(|error| {
        discard(out);
        at(out, &error)
    })?;
    let somebody = table::subject_id(0);
    Ok(Cohort { samples, inputs, icd10: "E11", somebody, planted: PLANTED.to_vec() })
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Removes what an unfinished run left, as far as it can be removed.
fn discard(out: &Path) {
    for data_site in &DATA_SITES {
        for ending in ["vcf.gz.partial", "vcf.gz.tbi.partial"] {
            let _ = fs::remove_file(out.join(format!("{}.{ending}", data_site.name)));
        }
    }
}

fn write_table(path: &Path, people: &[Person]) -> io::Result<()> {
    let temporary = path.with_extension("tsv.partial");
    let mut file = File::create(&temporary)?;
    file.write_all(table::render(people).as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn write_variants(out: &Path, people: &[Person], size: &Size) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (index, data_site) in DATA_SITES.iter().enumerate() {
        let first = people.partition_point(|person| person.data_site < index);
        let last = people.partition_point(|person| person.data_site <= index);
        files.push(VcfFile::create(out, data_site, (people, first..last))?);
    }
    let mut genotypes = Genotypes::new(people);
    for (zone, count) in ZONES.iter().zip(shares(size.variants)) {
        for locus in loci(zone, count, size.seed) {
            genotypes.draw(&locus, size.seed);
            files.iter_mut().try_for_each(|file| file.write(&locus, &genotypes, size.seed))?;
        }
    }
    files.into_iter().map(VcfFile::finish).collect()
}

/// How many positions each zone gets; what does not fit into a small zone goes to the first.
fn shares(variants: usize) -> Vec<usize> {
    let mut counts = people::apportion(variants, &ZONES.map(|zone| zone.share));
    for (index, zone) in ZONES.iter().enumerate().skip(1) {
        let excess = counts[index].saturating_sub((zone.last - zone.first) / 4);
        counts[index] -= excess;
        counts[0] += excess;
    }
    counts
}

/// The loci of a zone in order: planted ones, and others at random positions, some of them close together.
fn loci(zone: &Zone, count: usize, seed: u64) -> impl Iterator<Item = Locus> {
    let random = &mut Random::stream(seed, &[7, zone.contig as u64, zone.first as u64]);
    let planted = PLANTED.iter().filter(|it| CONTIGS[zone.contig].name == it.contig);
    let planted: Vec<Planted> =
        planted.filter(|it| (zone.first..=zone.last).contains(&it.position)).copied().collect();
    let mut positions: BTreeSet<usize> = planted.iter().map(|it| it.position).collect();
    let mut near = zone.first;
    while positions.len() < count {
        let close = near + 1 + random.below(60);
        near = if random.chance(0.3) && close <= zone.last {
            close
        } else {
            zone.first + random.below(zone.last - zone.first)
        };
        positions.insert(near);
    }
    let zone = *zone;
    positions.clone().into_iter().flat_map(move |position| {
        match planted.iter().find(|it| it.position == position) {
            Some(it) => vec![plant(&zone, *it)],
            None => locus::draw(&zone, position, !positions.contains(&(position + 1)), seed),
        }
    })
}

fn plant(zone: &Zone, it: Planted) -> Locus {
    let (mut frequency, mut least) = ([0.0; GROUPS], 1);
    match it.why {
        Why::Disease => {
            (0..GROUPS).for_each(|group| frequency[group] = if group % 2 == 1 { 0.24 } else { 0.12 })
        }
        Why::Okinawa => {
            frequency = [0.003; GROUPS];
            (frequency[2 * OKINAWA], frequency[2 * OKINAWA + 1]) = (0.28, 0.28);
        }
        Why::TooRare => least = 4,
    }
    locus::plant(zone, it.position, frequency, least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    const SMALL: Size = Size { people: 200, variants: 600, seed: 5 };

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("shukei-simulate-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn text(path: &Path) -> String {
        let mut text = String::new();
        noodles_bgzf::io::Reader::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
        let folders = [folder("a"), folder("b"), folder("c")];
        let sizes = [SMALL, SMALL, Size { seed: 6, ..SMALL }];
        let cohorts: Vec<Cohort> =
            folders.iter().zip(&sizes).map(|(out, size)| simulate(out, size).unwrap()).collect();
        let mut names: Vec<_> =
            fs::read_dir(&folders[0]).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names.len(), 11, "{names:?}");
        for name in names {
            assert_eq!(fs::read(folders[0].join(&name)).unwrap(), fs::read(folders[1].join(&name)).unwrap());
        }
        // Changes only when the simulation is changed on purpose; the compressor has no part in it.
        let files = cohorts[0].inputs.iter().map(|path| text(path));
        let all = fs::read_to_string(&cohorts[0].samples).unwrap() + &files.collect::<String>();
        assert_eq!(
            all.bytes().fold(0, |key, byte| random::mix(key ^ u64::from(byte))),
            3_363_912_640_796_861_972
        );
        assert_ne!(text(&cohorts[0].inputs[0]), text(&cohorts[2].inputs[0]));
        folders.iter().for_each(|out| fs::remove_dir_all(out).unwrap());
    }

    #[test]
    fn files_hold_disjoint_samples_that_the_table_knows() {
        let out = folder("d");
        let cohort = simulate(&out, &SMALL).unwrap();
        let table = fs::read_to_string(&cohort.samples).unwrap();
        let known: BTreeSet<&str> =
            table.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
        let mut seen = BTreeSet::new();
        for input in &cohort.inputs {
            let text = text(input);
            let header = text.lines().find(|line| line.starts_with("#CHROM")).unwrap();
            for sample in header.split('\t').skip(9) {
                assert!(known.contains(sample) && seen.insert(sample.to_owned()), "{sample}");
            }
        }
        assert_eq!(seen.len(), known.len());
        fs::remove_dir_all(&out).unwrap();
    }

    #[test]
    fn lines_have_all_columns_and_are_in_order() {
        let out = folder("e");
        for input in &simulate(&out, &SMALL).unwrap().inputs {
            let text = text(input);
            let (mut columns, mut before) = (0, (0, 0));
            for line in text.lines().filter(|line| !line.starts_with("##")) {
                let fields: Vec<&str> = line.split('\t').collect();
                if line.starts_with('#') {
                    columns = fields.len();
                    continue;
                }
                let contig = CONTIGS.iter().position(|contig| contig.name == fields[0]).unwrap();
                let here = (contig, fields[1].parse().unwrap());
                assert!(before <= here);
                before = here;
                assert_eq!(fields.len(), columns);
                let alternates = fields[4].split(',').count();
                let calls =
                    fields[9..].iter().flat_map(|call| call.split(':').next().unwrap().split(['/', '|']));
                assert!(calls.into_iter().all(|it| it == "." || it.parse::<usize>().unwrap() <= alternates));
            }
            assert!(before > (0, 0));
        }
        fs::remove_dir_all(&out).unwrap();
    }

    #[test]
    fn too_small_a_cohort_is_refused() {
        let error = simulate(&folder("f"), &Size { people: 3, ..SMALL }).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
