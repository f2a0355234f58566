//! Who is counted: from the sample table, the lists and the sample columns of the files to one sample per subject.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use super::Request;
use crate::attribute::{self, Term, UNKNOWN};
use crate::error::{Error, Problems, Text};
use crate::source::Input;
use crate::strata::{Karyotype, Person, Step};
use crate::subject::{Origin, SampleRow, SampleTable, Sex, read_list};
use crate::text;

/// Findings of one kind that are written out.
const SHOWN: usize = 20;

/// The people of a plan, by subject id, so that the order of rows and columns does not matter.
pub(super) struct Cohort {
    /// The sample that stands for each person.
    pub(super) samples: Vec<String>,
    /// The id of each person.
    pub(super) subjects: Vec<String>,
    /// One entry per family, spelled alike whatever the user typed: `sex,region:tree`, `icd10=E11`.
    pub(super) by: Vec<String>,
    /// The data site of each person, empty when the table does not say.
    pub(super) data_sites: Vec<String>,
    /// The datasets of all people; an empty one for those of whom the table does not say.
    pub(super) datasets: BTreeSet<String>,
    /// What people are counted by, and what they are selected by.
    pub(super) terms: (Vec<Term>, Vec<Term>),
    pub(super) people: Vec<Person>,
    pub(super) notes: Vec<Text>,
    pub(super) subject_column: bool,
    pub(super) digest: String,
}

impl Cohort {
    /// What is counted: `subject`, or `sample` where the table has no subject column.
    pub(super) fn unit(&self) -> &'static str {
        if self.subject_column { "subject" } else { "sample" }
    }
}

/// Reads the table and selects; adds every problem.
pub(super) fn read(request: &Request, inputs: &[Input], problems: &mut Problems) -> Option<Cohort> {
    let before = problems.list().len();
    let table = SampleTable::read(&request.samples, problems)?;
    let mut families: Vec<Vec<Term>> = Vec::new();
    for by in &request.by {
        families.extend(problems.keep(attribute::parse_by(by, &table)));
    }
    let drops: Vec<Term> =
        request.drop_unknown.iter().filter_map(|name| drop_term(name, &table, problems)).collect();
    let rows = select(request, &table, &drops, problems)?;
    let mut values = Problems::default();
    for term in families.iter().flatten() {
        attribute::check_tokens(term, &rows, &mut values);
        attribute::check_subjects(term, &rows, &mut values);
    }
    values.list().iter().for_each(|e| problems.push(e.clone().at(request.samples.display(), "")));
    check_region_kinds(request, &families, &rows, problems);
    check_samples(request, &table, &rows, inputs, problems);
    if problems.list().len() > before {
        return None;
    }
    let mut notes = table.notes.clone();
    let chosen = one_sample_each(&rows, inputs, &mut notes);
    if table.rows.iter().any(|r| r.origin == Origin::Uploaded) {
        notes.push(text!(
            "uploaded samples never count towards the threshold: they are left out of the table",
            "持ち込み（uploaded）の検体は人数の基準に含められないため、集計から除きました"
        ));
    }
    let people = chosen.iter().map(|row| person(row, &families)).collect();
    Some(Cohort {
        samples: chosen.iter().map(|row| row.sample_id.clone()).collect(),
        subjects: chosen.iter().map(|row| row.subject_id.clone()).collect(),
        data_sites: chosen.iter().map(|row| row.data_site.clone()).collect(),
        datasets: chosen.iter().map(|row| row.dataset.clone()).collect(),
        by: families.iter().map(|terms| spelling(terms)).collect(),
        terms: (families.into_iter().flatten().collect(), drops),
        people,
        notes,
        subject_column: table.subject_column,
        digest: table.digest,
    })
}

/// How a family is spelled.
fn spelling(terms: &[Term]) -> String {
    let term = |term: &Term| {
        let tree = if term.tree { ":tree" } else { "" };
        match &term.attribute {
            attribute::Attribute::Icd10(code) => format!("icd10={code}{tree}"),
            _ => format!("{}{tree}", term.label()),
        }
    };
    terms.iter().map(term).collect::<Vec<_>>().join(",")
}

fn person(row: &SampleRow, families: &[Vec<Term>]) -> Person {
    let karyotype = match row.sex {
        Some(Sex::Female) => Karyotype::Xx,
        Some(Sex::Male) => Karyotype::Xy,
        None => Karyotype::Unknown,
    };
    let steps = |term: &Term| {
        let step = |level: attribute::Level| Step {
            attribute: term.name().to_owned(),
            token: level.token,
            label: format!("{}={}", term.label(), level.label),
            tree: term.tree,
        };
        term.levels(row).into_iter().map(step).collect::<Vec<_>>()
    };
    let paths = families.iter().map(|terms| terms.iter().flat_map(steps).collect()).collect();
    Person { karyotype, paths, earlier: 0 }
}

/// `--drop-unknown sex`: the one attribute it names.
fn drop_term(name: &str, table: &SampleTable, problems: &mut Problems) -> Option<Term> {
    let name = name.strip_suffix(":tree").unwrap_or(name);
    // Whether a disease was assessed does not depend on the code.
    let by = if name == "icd10" { "icd10=A00" } else { name };
    let place = |error: Error| error.at(format!("--drop-unknown {name}"), "");
    let mut terms = problems.keep(attribute::parse_attributes(by, table).map_err(place))?;
    if terms.len() == 1 {
        return terms.pop();
    }
    problems.push(Error::usage(text!(
        "--drop-unknown {name}: name one attribute at a time",
        "--drop-unknown {name}: 属性は1つずつ指定してください"
    )));
    None
}

/// The rows that the lists, `origin` and `--drop-unknown` leave.
fn select(
    request: &Request,
    table: &SampleTable,
    drops: &[Term],
    problems: &mut Problems,
) -> Option<Vec<SampleRow>> {
    let known: HashSet<&str> =
        table.rows.iter().flat_map(|r| [r.sample_id.as_str(), r.subject_id.as_str()]).collect();
    let list = |path: &Path, must_know: bool, problems: &mut Problems| {
        let ids = read_list(path, problems)?;
        if must_know {
            unknown_ids(path, &ids, &known, problems);
        }
        Some(ids.into_iter().map(|(id, _)| id).collect::<HashSet<String>>())
    };
    let include = request.include.as_ref().map(|path| list(path, true, problems));
    let exclude = request.exclude.as_ref().map(|path| list(path, true, problems));
    let mut withdrawn: HashSet<String> = HashSet::new();
    for path in &request.withdrawn {
        withdrawn.extend(list(path, false, problems)?);
    }
    let unread = |list: &Option<Option<HashSet<String>>>| matches!(list, Some(None));
    if unread(&include) || unread(&exclude) {
        return None;
    }
    let (include, exclude) = (include.flatten(), exclude.flatten());
    // A person withdraws, not a sample: one id is enough for all samples of that person.
    let gone = |row: &&SampleRow| withdrawn.contains(&row.sample_id) || withdrawn.contains(&row.subject_id);
    let withdrawn: HashSet<&str> =
        table.rows.iter().filter(gone).map(|row| row.subject_id.as_str()).collect();
    let named = |set: &HashSet<String>, row: &SampleRow| {
        set.contains(&row.sample_id) || set.contains(&row.subject_id)
    };
    let kept = |row: &&SampleRow| {
        include.as_ref().is_none_or(|s| named(s, row))
            && !exclude.as_ref().is_some_and(|s| named(s, row))
            && !withdrawn.contains(row.subject_id.as_str())
            && row.origin == Origin::Platform
            && !drops.iter().any(|term| term.levels(row).iter().any(|l| l.token == UNKNOWN))
    };
    Some(table.rows.iter().filter(kept).cloned().collect())
}

fn unknown_ids(path: &Path, ids: &[(String, usize)], known: &HashSet<&str>, problems: &mut Problems) {
    let strange: Vec<&(String, usize)> = ids.iter().filter(|(id, _)| !known.contains(id.as_str())).collect();
    for (id, line) in strange.iter().take(SHOWN) {
        let error = Error::input(text!(
            "`{id}` is neither a sample nor a subject of the sample table; correct it, or remove the line",
            "「{id}」は検体表の検体IDにも対象者IDにもありません。表記を直すか、この行を削除してください"
        ));
        problems.push(error.on(text!("line {line}", "{line}行目")).at(path.display(), ""));
    }
    more(strange.len(), path, problems);
}

fn more(found: usize, path: &Path, problems: &mut Problems) {
    if found > SHOWN {
        problems.push(
            Error::input(text!("… and more of the same kind", "… ほかにも同様のものがあります"))
                .at(path.display(), ""),
        );
    }
}

/// Residence and birth in one `region` are different facts.
fn check_region_kinds(
    request: &Request,
    families: &[Vec<Term>],
    rows: &[SampleRow],
    problems: &mut Problems,
) {
    let by_region = families.iter().flatten().any(|t| t.attribute == attribute::Attribute::Region);
    let kinds: HashSet<&str> = rows.iter().filter_map(|r| r.region_kind.map(|k| k.token())).collect();
    if by_region && kinds.len() > 1 && !request.allow_mixed_region {
        problems.push(
            Error::usage(text!(
                "`region` is the residence of some people and the place of birth of others; select one kind with \
                 --include, or say --allow-mixed-region",
                "`region` 列に居住地と出生地が混在しています。--include でどちらかに絞るか、--allow-mixed-region を指定してください"
            ))
            .at(request.samples.display(), ""),
        );
    }
}

/// Samples of the table that no file has, samples of files that the table does not have.
fn check_samples(
    request: &Request,
    table: &SampleTable,
    rows: &[SampleRow],
    inputs: &[Input],
    problems: &mut Problems,
) {
    if inputs.is_empty() {
        return;
    }
    let in_files: HashSet<&str> = inputs.iter().flat_map(|i| &i.header.samples).map(String::as_str).collect();
    // A file that could not be opened may have them.
    let opened = inputs.len() == request.inputs.len();
    let lost = |r: &&SampleRow| opened && !in_files.contains(r.sample_id.as_str());
    let lost: Vec<&SampleRow> = rows.iter().filter(lost).collect();
    if lost.len() == rows.len() && lost.len() > 1 {
        problems.push(no_sample_in_files(request, lost[0]));
        return;
    }
    for row in lost.iter().take(SHOWN) {
        let (id, line) = (&row.sample_id, row.line);
        let error = Error::input(text!(
            "sample `{id}` is in no input file; correct its name, add its file, or name it in --exclude",
            "検体「{id}」がどの入力ファイルにもありません。IDを直すか、その検体のファイルを加えるか、--exclude で除いてください"
        ));
        problems.push(error.on(text!("line {line}", "{line}行目")).at(request.samples.display(), ""));
    }
    more(lost.len(), &request.samples, problems);
    if request.include.is_some() || !table.whole {
        return;
    }
    let in_table: HashSet<&str> = table.rows.iter().map(|r| r.sample_id.as_str()).collect();
    for input in inputs {
        let strange: Vec<&String> =
            input.header.samples.iter().filter(|s| !in_table.contains(s.as_str())).collect();
        if strange.len() == input.header.samples.len() && strange.len() > 1 {
            problems.push(no_sample_in_table(input, strange[0]));
            continue;
        }
        for id in strange.iter().take(SHOWN) {
            let error = Error::input(text!(
                "sample `{id}` is not in the sample table; add its row, or choose people with --include",
                "検体「{id}」が検体表にありません。検体表に行を加えるか、--include で集計する対象を選んでください"
            ));
            problems.push(error.on(text!("header", "ヘッダー")).at(input.place(), ""));
        }
        more(strange.len(), &input.path, problems);
    }
}

/// Table and files have nothing in common: one line says so.
fn no_sample_in_files(request: &Request, row: &SampleRow) -> Error {
    let (id, line) = (&row.sample_id, row.line);
    let error = Error::input(text!(
        "none of these samples is in an input file, `{id}` for example; name the table of the people in the files, or \
         write the sample names of the file headers (bcftools query -l)",
        "「{id}」をはじめ、どの検体も入力ファイルにありません。入力ファイルに対応する検体表を指定するか、検体IDをファイルの\
         ヘッダーにある名前（bcftools query -l で表示）に合わせてください"
    ));
    error.on(text!("line {line}", "{line}行目")).at(request.samples.display(), "")
}

/// All samples of a file are strangers.
fn no_sample_in_table(input: &Input, id: &str) -> Error {
    let error = Error::input(text!(
        "none of its samples is in the sample table, `{id}` for example; add their rows, or leave the file out",
        "「{id}」をはじめ、このファイルの検体が1つも検体表にありません。検体表に行を加えるか、このファイルを外してください"
    ));
    error.on(text!("header", "ヘッダー")).at(input.place(), "")
}

/// One sample per subject: the first by name of those that the files have.
fn one_sample_each<'r>(rows: &'r [SampleRow], inputs: &[Input], notes: &mut Vec<Text>) -> Vec<&'r SampleRow> {
    let in_files: HashSet<&str> = inputs.iter().flat_map(|i| &i.header.samples).map(String::as_str).collect();
    let mut chosen: BTreeMap<&str, &SampleRow> = BTreeMap::new();
    let mut doubled = false;
    for row in rows.iter().filter(|r| in_files.contains(r.sample_id.as_str())) {
        let best = chosen.entry(&row.subject_id).or_insert(row);
        doubled |= best.sample_id != row.sample_id;
        if row.sample_id < best.sample_id {
            *best = row;
        }
    }
    if doubled {
        notes.push(text!(
            "some subjects have several samples: the first by name is counted, each person once; choose others with \
             --exclude",
            "複数の検体を持つ対象者がいます。検体IDの順で最初の1検体だけを使い、1人を1回だけ数えます。別の検体を使うには、使わない検体を --exclude で指定してください"
        ));
    }
    chosen.into_values().collect()
}

/// Index of each person by sample.
pub(super) fn index(cohort: &Cohort) -> HashMap<&str, usize> {
    cohort.samples.iter().enumerate().map(|(i, s)| (s.as_str(), i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_withdraws_is_gone_with_every_sample() {
        let dir = tempfile::tempdir().unwrap();
        let (samples, list) = (dir.path().join("samples.tsv"), dir.path().join("withdrawn.txt"));
        std::fs::write(&samples, "sample_id\tsubject_id\nS1\tP1\nS2\tP1\nS3\tP2\nS4\tP3\n").unwrap();
        let mut problems = Problems::default();
        let table = SampleTable::read(&samples, &mut problems).unwrap();
        for (ids, left) in [("S1\n", "S3 S4"), ("P1\nS4\n", "S3"), ("nobody\n", "S1 S2 S3 S4")] {
            std::fs::write(&list, ids).unwrap();
            let request = Request { withdrawn: vec![list.clone()], ..Request::default() };
            let rows = select(&request, &table, &[], &mut problems).unwrap();
            assert_eq!(rows.iter().map(|r| r.sample_id.as_str()).collect::<Vec<_>>().join(" "), left);
        }
        assert!(problems.is_empty());
    }
}
