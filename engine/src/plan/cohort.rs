//! Who is counted: from the sample table, the lists and the sample columns of the files to one sample per subject.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Request;
use super::columns::Columns;
use super::selection::{drop_term, select};
use crate::attribute::{self, Division, Level, Term};
use crate::error::{Error, Problems, Text};
use crate::source::Input;
use crate::strata::{People, Step, Ways, cross};
use crate::subject::{Origin, SampleRow, SampleTable};
use crate::text;

/// The people of a plan, by subject id, so that the order of rows and columns does not matter.
pub(super) struct Cohort {
    /// The sample that stands for each person.
    pub(super) samples: Vec<Arc<str>>,
    /// The id of each person.
    pub(super) subjects: Vec<Arc<str>>,
    /// The data site of each person, empty when the table does not say.
    pub(super) data_sites: Vec<String>,
    /// The datasets of all people; an empty one for those of whom the table does not say.
    pub(super) datasets: BTreeSet<String>,
    /// Per input, the person of each sample column, if it is counted.
    pub(super) columns: Vec<Vec<Option<usize>>>,
    /// What people are counted by, and what they are selected by.
    pub(super) terms: (Vec<Term>, Vec<Term>),
    pub(super) people: People,
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
    let families = families(request, &table, problems);
    let drops: Vec<Term> =
        request.drop_unknown.iter().filter_map(|name| drop_term(name, &table, problems)).collect();
    let selection = select(request, &table, &drops, problems)?;
    let rows = selection.rows.as_slice();
    let columns = Columns::new(rows, table.subject_column, inputs);
    let divide = |term| Division::new(term, rows);
    let divisions: Vec<Vec<Division<'_>>> =
        families.iter().map(|terms| terms.iter().map(divide).collect()).collect();
    let mut values = Problems::default();
    for division in divisions.iter().flatten() {
        division.check_tokens(&mut values);
        division.check_subjects(&columns.first_of_person, &mut values);
    }
    values.list().iter().for_each(|e| problems.push(e.clone().at(request.samples.display(), "")));
    check_region_kinds(request, &families, rows, problems);
    columns.check(request, (&table, &selection), inputs, problems);
    if problems.list().len() > before {
        return None;
    }
    let mut notes = table.notes.clone();
    let chosen = columns.one_each(&mut notes);
    if table.rows.iter().any(|r| r.origin == Origin::Uploaded) {
        notes.push(text!(
            "uploaded samples never count towards the threshold: they are left out of the table",
            "持ち込み（uploaded）の検体は人数の基準に含められないため、集計から除きました"
        ));
    }
    Some(Cohort {
        samples: chosen.iter().map(|&row| rows[row].sample_id.clone()).collect(),
        subjects: chosen.iter().map(|&row| rows[row].subject_id.clone()).collect(),
        data_sites: chosen.iter().map(|&row| rows[row].data_site.clone()).collect(),
        datasets: datasets(chosen.iter().map(|&row| rows[row].dataset.as_str())),
        columns: columns.people(&chosen),
        people: People {
            karyotypes: chosen.iter().map(|&row| rows[row].sex.into()).collect(),
            families: divisions.iter().map(|terms| ways(terms, &chosen)).collect(),
            earlier: vec![0; chosen.len()],
        },
        terms: (families.iter().flatten().cloned().collect(), drops),
        notes,
        subject_column: table.subject_column,
        digest: table.digest.clone(),
    })
}

/// The different datasets. Most tables name none: then nothing is compared (`memcmp` is slow at the address of an empty `String`).
fn datasets<'r>(of_people: impl Iterator<Item = &'r str>) -> BTreeSet<String> {
    let (named, unnamed): (Vec<&str>, Vec<&str>) = of_people.partition(|dataset| !dataset.is_empty());
    let different: BTreeSet<&str> = named.into_iter().chain(unnamed.into_iter().take(1)).collect();
    different.into_iter().map(str::to_owned).collect()
}

/// The attributes of every `--by`; without any, one family that is only its root.
fn families(request: &Request, table: &SampleTable, problems: &mut Problems) -> Vec<Vec<Term>> {
    if request.by.is_empty() {
        return vec![Vec::new()];
    }
    let terms = |by: &String| problems.keep(attribute::parse_by(by, table));
    request.by.iter().filter_map(terms).collect()
}

/// The ways of people down one family.
fn ways(terms: &[Division<'_>], chosen: &[usize]) -> Ways {
    let column = |division: &Division<'_>| chosen.iter().map(|&row| division.of_row[row]).collect();
    let columns: Vec<Vec<usize>> = terms.iter().map(column).collect();
    let cells = cross(chosen.len(), columns.iter().map(Vec::as_slice));
    let path = |key: &Vec<usize>| {
        let levels = terms.iter().zip(key).map(|(division, &value)| (division.term, &division.paths[value]));
        levels.flat_map(|(term, path)| path.iter().map(|level| step(term, level))).collect()
    };
    Ways {
        name: terms.iter().map(|division| spelling(division.term)).collect::<Vec<_>>().join(","),
        paths: cells.values.iter().map(path).collect(),
        of_person: cells.of,
    }
}

fn step(term: &Term, level: &Level) -> Step {
    Step {
        attribute: term.name().to_owned(),
        token: level.token.clone(),
        label: format!("{}={}", term.label(), level.label),
        tree: term.tree,
    }
}

/// How an attribute of a family is spelled.
fn spelling(term: &Term) -> String {
    let tree = if term.tree { ":tree" } else { "" };
    match &term.attribute {
        attribute::Attribute::Icd10(code) => format!("icd10={code}{tree}"),
        _ => format!("{}{tree}", term.label()),
    }
}

/// Residence and birth in one `region` are different facts.
fn check_region_kinds(
    request: &Request,
    families: &[Vec<Term>],
    rows: &[&SampleRow],
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
