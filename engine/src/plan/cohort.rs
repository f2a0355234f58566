//! Who is counted: from the sample table, the lists and the sample columns of the files to one sample per subject.

use std::collections::{BTreeSet, HashSet};

use super::Request;
use super::columns::Columns;
use super::selection::{drop_term, select};
use crate::attribute::{self, Term};
use crate::error::{Error, Problems, Text};
use crate::source::Input;
use crate::strata::{Karyotype, Person, Step};
use crate::subject::{Origin, SampleRow, SampleTable, Sex};
use crate::text;

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
    /// Per input, the person of each sample column, if it is counted.
    pub(super) columns: Vec<Vec<Option<usize>>>,
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
    let selection = select(request, &table, &drops, problems)?;
    let rows = selection.rows.as_slice();
    let columns = Columns::new(rows, table.subject_column, inputs);
    let mut values = Problems::default();
    for term in families.iter().flatten() {
        attribute::check_tokens(term, rows, &mut values);
        attribute::check_subjects(term, rows, &mut values);
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
        by: families.iter().map(|terms| spelling(terms)).collect(),
        people: chosen.iter().map(|&row| person(rows[row], &families)).collect(),
        terms: (families.into_iter().flatten().collect(), drops),
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
