//! Which rows of the sample table are counted.

use std::collections::HashSet;
use std::path::Path;

use super::Request;
use crate::attribute::{self, Term, UNKNOWN};
use crate::error::{Error, Problems};
use crate::subject::{Origin, SampleRow, SampleTable, read_list};
use crate::text;

/// Findings of one kind that are written out.
pub(super) const SHOWN: usize = 20;

/// `--drop-unknown sex`: the one attribute it names.
pub(super) fn drop_term(name: &str, table: &SampleTable, problems: &mut Problems) -> Option<Term> {
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

/// The rows of a table that are counted, and the others.
pub(super) struct Selection<'t> {
    pub(super) rows: Vec<&'t SampleRow>,
    pub(super) others: Vec<&'t SampleRow>,
}

/// The rows that the lists, `origin` and `--drop-unknown` leave.
pub(super) fn select<'t>(
    request: &Request,
    table: &'t SampleTable,
    drops: &[Term],
    problems: &mut Problems,
) -> Option<Selection<'t>> {
    let list = |path: &Path, must_know: bool, problems: &mut Problems| {
        let ids = read_list(path, problems)?;
        if must_know {
            unknown_ids(path, &ids, table, problems);
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
    let gone = |row: &&SampleRow| withdrawn.contains(&*row.sample_id) || withdrawn.contains(&*row.subject_id);
    let withdrawn: HashSet<&str> = table.rows.iter().filter(gone).map(|row| &*row.subject_id).collect();
    let named = |set: &HashSet<String>, row: &SampleRow| {
        set.contains(&*row.sample_id) || set.contains(&*row.subject_id)
    };
    let kept = |row: &&SampleRow| {
        include.as_ref().is_none_or(|s| named(s, row))
            && !exclude.as_ref().is_some_and(|s| named(s, row))
            && !withdrawn.contains(&*row.subject_id)
            && row.origin == Origin::Platform
            && !drops.iter().any(|term| term.levels(row).iter().any(|l| l.token == UNKNOWN))
    };
    let (rows, others) = table.rows.iter().partition(kept);
    Some(Selection { rows, others })
}

fn unknown_ids(path: &Path, ids: &[(String, usize)], table: &SampleTable, problems: &mut Problems) {
    let known: HashSet<&str> = table.rows.iter().flat_map(|r| [&*r.sample_id, &*r.subject_id]).collect();
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

pub(super) fn more(found: usize, path: &Path, problems: &mut Problems) {
    if found > SHOWN {
        problems.push(
            Error::input(text!("… and more of the same kind", "… ほかにも同様のものがあります"))
                .at(path.display(), ""),
        );
    }
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
            let rows = select(&request, &table, &[], &mut problems).unwrap().rows;
            assert_eq!(rows.iter().map(|r| &*r.sample_id).collect::<Vec<_>>().join(" "), left);
        }
        assert!(problems.is_empty());
    }
}
