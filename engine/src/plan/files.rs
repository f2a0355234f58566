//! The input files: opened, their contigs and builds compared, and put into groups of the same samples.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::cohort::Cohort;
use super::{Absent, Request};
use crate::error::{Error, Problems, Result};
use crate::region::{Build, Contig, canonical};
use crate::source::container::Stream;
use crate::source::record::shown;
use crate::source::{Format, Input, bcf};
use crate::strata::Strata;
use crate::text;

/// The value of a column or person that is not counted.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Files with the same samples: one stretch of the genome each.
pub(crate) struct Group {
    /// In genome order of their first records.
    pub(crate) files: Vec<GroupFile>,
    /// Fine cell of each counted person of the group.
    pub(crate) fine_of_member: Vec<u32>,
    /// Counted people of the group by fine cell.
    pub(crate) members_by_fine: Vec<u32>,
    pub(crate) absent: Absent,
}

/// One file of a group.
pub(crate) struct GroupFile {
    pub(crate) input: Input,
    /// Names of contigs in this file and their numbers in the plan.
    pub(crate) contigs: Vec<(String, u32)>,
    /// Fine cell of each sample column, [`NOBODY`] for columns that are not counted.
    pub(crate) fine_of_column: Vec<u32>,
    /// Person of the group of each sample column, or [`NOBODY`].
    pub(crate) member_of_column: Vec<u32>,
}

/// A file, how its contigs are numbered in the plan, and the people of its sample columns.
struct Opened<'c> {
    input: Input,
    contigs: Vec<(String, u32)>,
    columns: &'c [Option<usize>],
}

/// Files by their people: the places of their samples among all, by name.
type Sets<'c> = BTreeMap<Vec<usize>, Vec<Opened<'c>>>;

/// What the headers say of the genome.
pub(super) struct Genome {
    pub(super) contigs: Vec<Contig>,
    pub(super) build: Option<Build>,
    /// Per input: names and numbers.
    pub(super) names: Vec<Vec<(String, u32)>>,
}

/// Opens every input, in order of path, so that the order on the command line does not matter.
pub(super) fn open(request: &Request, problems: &mut Problems) -> Vec<Input> {
    let mut paths: Vec<&PathBuf> = request.inputs.iter().collect();
    paths.sort_unstable();
    if paths.is_empty() {
        problems.push(Error::usage(text!("no input file is named", "入力ファイルが指定されていません")));
    }
    for pair in paths.windows(2).filter(|pair| pair[0] == pair[1]) {
        let error = Error::usage(text!(
            "the file is named twice; name it once",
            "同じファイルが2回指定されています。1回だけ指定してください"
        ));
        problems.push(error.at(pair[0].display(), ""));
    }
    paths.dedup();
    let mut inputs = Vec::new();
    for path in paths {
        let Some(input) = problems.keep(Input::open(path, request.accept_stale_index)) else { continue };
        if input.header.samples.is_empty() {
            problems.push(
                Error::input(text!(
                    "the file has no sample columns; frequencies are computed from genotypes, never copied from INFO: name the file with genotypes",
                    "検体列がありません。頻度は遺伝子型から計算するもので、INFO の値は使いません。検体列のあるファイルを指定してください"
                ))
                .at(input.place(), ""),
            );
        }
        inputs.push(input);
    }
    inputs
}

/// Contigs of all files under one numbering, and the build that their lengths prove.
pub(super) fn genome(inputs: &[Input], problems: &mut Problems) -> Option<Genome> {
    let before = problems.list().len();
    let mut genome = Genome { contigs: Vec::new(), build: None, names: Vec::new() };
    let mut ids: HashMap<String, u32> = HashMap::new();
    let mut proof: Option<(&Input, Build)> = None;
    for input in inputs {
        let contigs = problems.keep(contigs(input))?;
        let mut names = Vec::new();
        for (name, length) in contigs {
            let contig = Contig::new(&name, length);
            if let Some(build) = contig.build() {
                match proof {
                    Some((first, other)) if other != build => {
                        problems.push(mixed(first, other, input, build));
                        break;
                    }
                    _ => proof = Some((input, build)),
                }
            }
            let next = u32::try_from(genome.contigs.len()).unwrap_or(NOBODY);
            let id = *ids.entry(canonical(&name).to_owned()).or_insert(next);
            match genome.contigs.get_mut(id as usize) {
                None => genome.contigs.push(contig),
                Some(known) => known.length = known.length.or(length),
            }
            names.push((name, id));
        }
        genome.names.push(names);
    }
    genome.build = proof.map(|(_, build)| build);
    (problems.list().len() == before).then_some(genome)
}

fn mixed(first: &Input, one: Build, input: &Input, other: Build) -> Error {
    let first = first.place();
    Error::input(text!(
        "its contig lengths are those of {other}, but {first} is {one}; lift one over first",
        "contig の長さは {other} のものですが、{first} は {one} です。リフトオーバーなどでどちらかに揃えてください"
    ))
    .at(input.place(), "")
}

/// Contigs that a file may hold: header, index, and for a bare VCF a look at every line.
fn contigs(input: &Input) -> Result<Vec<(String, Option<u64>)>> {
    let mut list = input.header.contigs.clone();
    if let Some(index) = &input.index {
        for name in index.contigs() {
            if printable(name.as_bytes()) && !list.iter().any(|(known, _)| known == name) {
                list.push((name.to_owned(), None));
            }
        }
    }
    if list.is_empty() && input.format == Format::Vcf {
        list = scan_contigs(input)?;
    }
    Ok(list)
}

/// Whether a name that no header vouches for may stand in messages: the beginning of a torn line may be a genotype.
fn printable(name: &[u8]) -> bool {
    shown(name).as_bytes() == name
}

/// Reads the first field of every line of a VCF without `##contig` lines and without an index.
fn scan_contigs(input: &Input) -> Result<Vec<(String, Option<u64>)>> {
    let mut stream = Stream::over(&input.path, input.records()?);
    let (mut bytes, mut list): (Vec<u8>, Vec<(String, Option<u64>)>) = (Vec::new(), Vec::new());
    loop {
        let known = bytes.len();
        if !stream.more(&mut bytes)? {
            break;
        }
        let Some(end) = memchr::memrchr(b'\n', &bytes[known..]).map(|end| known + end) else {
            if bytes.len() > crate::source::vcf::LINE_LIMIT {
                break;
            }
            continue;
        };
        for line in bytes[..end].split(|&b| b == b'\n') {
            let name = line.split(|&b| b == b'\t').next().unwrap_or_default();
            if printable(name)
                && !name.is_empty()
                && list.last().is_none_or(|(last, _)| last.as_bytes() != name)
            {
                let name = String::from_utf8_lossy(name).into_owned();
                if !list.iter().any(|(known, _)| *known == name) {
                    list.push((name, None));
                }
            }
        }
        bytes.drain(..=end);
    }
    Ok(list)
}

/// Groups the files by the people counted in them and maps columns to people.
pub(super) fn groups(
    request: &Request,
    inputs: Vec<Input>,
    genome: &Genome,
    (cohort, strata): (&Cohort, &Strata),
    problems: &mut Problems,
) -> Vec<Group> {
    let mut by_name: Vec<usize> = (0..cohort.samples.len()).collect();
    by_name.sort_unstable_by(|&a, &b| cohort.samples[a].cmp(&cohort.samples[b]));
    let mut place = vec![0; by_name.len()];
    by_name.iter().enumerate().for_each(|(at, &person)| place[person] = at);
    let mut sets = Sets::new();
    for ((input, contigs), columns) in inputs.into_iter().zip(&genome.names).zip(&cohort.columns) {
        let mut places: Vec<usize> = columns.iter().flatten().map(|&person| place[person]).collect();
        places.sort_unstable();
        sets.entry(places).or_default().push(Opened { input, contigs: contigs.clone(), columns });
    }
    // Files of which nobody is counted are not read.
    sets.remove(&Vec::new());
    let names: Vec<&str> = by_name.iter().map(|&person| &*cohort.samples[person]).collect();
    check_disjoint(&sets, &names, problems);
    let mut groups: Vec<Group> = Vec::new();
    for (places, mut files) in sets {
        if files.len() > 1 {
            files.sort_by_cached_key(|file| problems_free(first_place(&file.input, &file.contigs)));
        }
        let people: Vec<usize> = places.into_iter().map(|at| by_name[at]).collect();
        let absent = absent(request, cohort, &people);
        let place = files[0].input.path.clone();
        if let Some(absent) = problems.keep(absent.map_err(|e| e.at(place.display(), ""))) {
            groups.push(group(&people, files, strata, absent));
        }
    }
    groups
}

/// What an absent record means for these people: what their data site declares, else what the request says.
fn absent(request: &Request, cohort: &Cohort, people: &[usize]) -> Result<Absent> {
    let of = |&person: &usize| {
        let data_site = &cohort.data_sites[person];
        (request.absent_at.get(data_site).copied().unwrap_or(request.absent), data_site)
    };
    let mut people = people.iter().map(of);
    let Some((absent, first)) = people.next() else { return Ok(request.absent) };
    match people.find(|(other, _)| *other != absent) {
        None => Ok(absent),
        Some((_, second)) => Err(Error::input(text!(
            "holds people of the data sites `{first}` and `{second}`, for which the configuration declares different \
             meanings of an absent record; give one file per data site",
            "データ拠点 `{first}` と `{second}` の人が含まれていますが、レコードがない場合の意味が設定で異なります。\
             データ拠点ごとにファイルを分けてください"
        ))),
    }
}

/// A file whose first record cannot be read sorts last; reading it will say why.
fn problems_free(place: Result<Option<(u32, u64)>>) -> (u32, u64) {
    place.ok().flatten().unwrap_or((NOBODY, u64::MAX))
}

fn group(people: &[usize], files: Vec<Opened<'_>>, strata: &Strata, absent: Absent) -> Group {
    let mut member_of_person = vec![NOBODY; strata.fine_of_person.len()];
    let mut members_by_fine = vec![0; strata.fine.len()];
    for (member, &person) in (0u32..).zip(people) {
        member_of_person[person] = member;
        members_by_fine[strata.fine_of_person[person] as usize] += 1;
    }
    let fine_of_member: Vec<u32> = people.iter().map(|&person| strata.fine_of_person[person]).collect();
    let files = files
        .into_iter()
        .map(|Opened { input, contigs, columns }| {
            let member = |person: &Option<usize>| person.map_or(NOBODY, |person| member_of_person[person]);
            let member_of_column: Vec<u32> = columns.iter().map(member).collect();
            let fine = |person: &Option<usize>| person.map_or(NOBODY, |person| strata.fine_of_person[person]);
            let fine_of_column = columns.iter().map(fine).collect();
            GroupFile { input, contigs, fine_of_column, member_of_column }
        })
        .collect();
    Group { files, fine_of_member, members_by_fine, absent }
}

/// Two files with partly the same samples would count people twice.
fn check_disjoint(sets: &Sets<'_>, names: &[&str], problems: &mut Problems) {
    let mut owner: Vec<Option<&Input>> = vec![None; names.len()];
    for (places, files) in sets {
        let Some(Opened { input, .. }) = files.first() else { continue };
        let shared = places.iter().find_map(|&at| owner[at].map(|other| (names[at], other)));
        if let Some((sample, other)) = shared {
            let other = other.place();
            problems.push(
                Error::input(text!(
                    "sample `{sample}` is also in {other}, but the two files do not have the same samples; give files \
                     with equal samples (one per contig or region) or with disjoint ones (one per data site)",
                    "検体「{sample}」は {other} にもありますが、2つのファイルの検体構成が異なります。検体がすべて同じファイル（contig や\
                     領域ごと）か、検体がまったく重ならないファイル（データ拠点ごと）を指定してください"
                ))
                .at(input.place(), ""),
            );
        }
        for &at in places {
            owner[at].get_or_insert(input);
        }
    }
}

/// Contig and position of the first record.
fn first_place(input: &Input, names: &[(String, u32)]) -> Result<Option<(u32, u64)>> {
    let mut stream = Stream::over(&input.path, input.records()?);
    let mut bytes = Vec::new();
    let number = |name: &[u8]| names.iter().find(|(n, _)| n.as_bytes() == name).map(|(_, id)| *id);
    while stream.more(&mut bytes)? {
        match input.format {
            Format::Vcf => {
                let mut fields = bytes.splitn(3, |&b| b == b'\t');
                let (name, pos) = (fields.next(), fields.next());
                if fields.next().is_some() {
                    let pos = pos.and_then(|p| std::str::from_utf8(p).ok()).and_then(|p| p.parse().ok());
                    return Ok(name.and_then(number).zip(pos));
                }
                // No contig and position are that long.
                if bytes.len() > 1 << 20 {
                    return Ok(None);
                }
            }
            Format::Bcf if bytes.len() >= 16 => {
                bcf::record_length(&bytes)?;
                let word =
                    |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
                let name = input.header.contig_index.get(word(8) as usize).map(String::as_bytes);
                return Ok(name.and_then(number).zip(Some(u64::from(word(12)) + 1)));
            }
            Format::Bcf => {}
        }
    }
    Ok(None)
}

/// FILTER names that rows may carry.
pub(super) fn filters(request: &Request, groups: &[Group]) -> Vec<String> {
    if !request.include_filtered {
        return Vec::new();
    }
    let mut names: Vec<String> =
        groups.iter().flat_map(|g| &g.files).flat_map(|f| f.input.header.filters.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
