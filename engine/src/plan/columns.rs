//! The sample columns of the files beside the rows of the sample table: which are the same samples, and one of them per person.

use std::collections::{HashMap, HashSet};

use super::Request;
use super::selection::{SHOWN, Selection, more};
use crate::error::{Error, Problems, Text};
use crate::source::Input;
use crate::subject::{SampleRow, SampleTable};
use crate::text;

/// Selected rows and the columns that hold their samples.
pub(super) struct Columns<'r> {
    rows: &'r [&'r SampleRow],
    /// Per input, the row of each column; None where no selected row names the sample.
    row_of_column: Vec<Vec<Option<usize>>>,
    /// For each row, whether a file has its sample.
    in_files: Vec<bool>,
    /// For each row, the first row of the same person.
    pub(super) first_of_person: Vec<usize>,
}

impl<'r> Columns<'r> {
    /// Looks the samples of every input up.
    pub(super) fn new(rows: &'r [&'r SampleRow], subject_column: bool, inputs: &[Input]) -> Self {
        let (samples, first_of_sample) = by_id(rows.iter().map(|row| &*row.sample_id));
        let row = |sample: &String| samples.get(sample.as_str()).copied();
        let row_of_column: Vec<Vec<Option<usize>>> =
            inputs.iter().map(|input| input.header.samples.iter().map(row).collect()).collect();
        let mut found = vec![false; rows.len()];
        row_of_column.iter().flatten().flatten().for_each(|&row| found[row] = true);
        let in_files = first_of_sample.iter().map(|&first| found[first]).collect();
        let first_of_person =
            if subject_column { by_id(rows.iter().map(|row| &*row.subject_id)).1 } else { first_of_sample };
        Self { rows, row_of_column, in_files, first_of_person }
    }

    /// One row per person, by subject id: the first by sample name of those that the files have.
    pub(super) fn one_each(&self, notes: &mut Vec<Text>) -> Vec<usize> {
        let mut best: Vec<Option<usize>> = vec![None; self.rows.len()];
        let mut doubled = false;
        for row in (0..self.rows.len()).filter(|&row| self.in_files[row]) {
            let best = best[self.first_of_person[row]].get_or_insert(row);
            let (sample, chosen) = (&self.rows[row].sample_id, &self.rows[*best].sample_id);
            doubled |= sample != chosen;
            if sample < chosen {
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
        let mut chosen: Vec<usize> = best.into_iter().flatten().collect();
        chosen.sort_unstable_by(|&a, &b| self.rows[a].subject_id.cmp(&self.rows[b].subject_id));
        chosen
    }

    /// Per input, the person of each column, if each of these rows is a person.
    pub(super) fn people(&self, chosen: &[usize]) -> Vec<Vec<Option<usize>>> {
        let mut person_of_row = vec![None; self.rows.len()];
        for (person, &row) in chosen.iter().enumerate() {
            person_of_row[row] = Some(person);
        }
        let person = |row: &Option<usize>| row.and_then(|row| person_of_row[row]);
        self.row_of_column.iter().map(|columns| columns.iter().map(person).collect()).collect()
    }

    /// Complains of samples of the table that no file has, and of samples of files that the table does not have.
    pub(super) fn check(
        &self,
        request: &Request,
        (table, selection): (&SampleTable, &Selection<'_>),
        inputs: &[Input],
        problems: &mut Problems,
    ) {
        if inputs.is_empty() {
            return;
        }
        // A file that could not be opened may have them.
        let opened = inputs.len() == request.inputs.len();
        let lost = self.rows.iter().zip(&self.in_files).filter(|(_, found)| opened && !**found);
        let lost: Vec<&SampleRow> = lost.map(|(row, _)| *row).collect();
        if lost.len() == self.rows.len() && lost.len() > 1 {
            problems.push(no_sample_in_files(request, lost[0]));
            return;
        }
        for row in lost.iter().take(SHOWN) {
            problems.push(sample_not_in_files(request, row));
        }
        more(lost.len(), &request.samples, problems);
        if request.include.is_some() || !table.whole {
            return;
        }
        let others: HashSet<&str> = selection.others.iter().map(|row| &*row.sample_id).collect();
        for (input, rows) in inputs.iter().zip(&self.row_of_column) {
            let columns = input.header.samples.iter().zip(rows);
            let strange = columns.filter(|(sample, row)| row.is_none() && !others.contains(sample.as_str()));
            let strange: Vec<&String> = strange.map(|(sample, _)| sample).collect();
            if strange.len() == input.header.samples.len() && strange.len() > 1 {
                problems.push(no_sample_in_table(input, strange[0]));
                continue;
            }
            for id in strange.iter().take(SHOWN) {
                problems.push(sample_not_in_table(input, id));
            }
            more(strange.len(), &input.path, problems);
        }
    }
}

/// The first row with each id, and for each row the first with the same id.
fn by_id<'r>(ids: impl ExactSizeIterator<Item = &'r str>) -> (HashMap<&'r str, usize>, Vec<usize>) {
    let mut rows = HashMap::with_capacity(ids.len());
    let first = ids.enumerate().map(|(row, id)| *rows.entry(id).or_insert(row)).collect();
    (rows, first)
}

fn sample_not_in_files(request: &Request, row: &SampleRow) -> Error {
    let (id, line) = (&row.sample_id, row.line);
    let error = Error::input(text!(
        "sample `{id}` is in no input file; correct its name, add its file, or name it in --exclude",
        "検体「{id}」がどの入力ファイルにもありません。IDを直すか、その検体のファイルを加えるか、--exclude で除いてください"
    ));
    error.on(text!("line {line}", "{line}行目")).at(request.samples.display(), "")
}

fn sample_not_in_table(input: &Input, id: &str) -> Error {
    let error = Error::input(text!(
        "sample `{id}` is not in the sample table; add its row, or choose people with --include",
        "検体「{id}」が検体表にありません。検体表に行を加えるか、--include で集計する対象を選んでください"
    ));
    error.on(text!("header", "ヘッダー")).at(input.place(), "")
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
