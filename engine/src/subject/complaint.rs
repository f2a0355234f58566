//! Collects what is wrong with a table, at most a screenful per column.

use std::collections::BTreeMap;

use crate::error::{Error, Problems, Text};
use crate::text;

/// After this many messages about one column the rest are summed up in one line.
const PER_COLUMN: usize = 20;

/// The problems of one file, on their way to the problems of the request.
pub(super) struct Complaints<'a> {
    place: &'a str,
    problems: &'a mut Problems,
    /// Messages so far, by column; the empty name is for whole lines.
    seen: BTreeMap<String, usize>,
}

impl<'a> Complaints<'a> {
    /// No complaint yet about the file at `place`.
    pub(super) fn new(place: &'a str, problems: &'a mut Problems) -> Self {
        Self { place, problems, seen: BTreeMap::new() }
    }

    /// About the file as a whole.
    pub(super) fn whole_file(&mut self, text: Text) {
        self.problems.push(Error::input(text).at(self.place, ""));
    }

    /// About a line.
    pub(super) fn line(&mut self, line: usize, text: Text) {
        self.add("", text!("line {line}", "{line}行目"), text);
    }

    /// About one cell.
    pub(super) fn cell(&mut self, line: usize, column: &str, text: Text) {
        self.add(column, text!("line {line}, column {column}", "{line}行目「{column}」列"), text);
    }

    /// Says where messages were left out. To be called once, at the end.
    pub(super) fn finish(&mut self) {
        for (column, seen) in std::mem::take(&mut self.seen) {
            if seen <= PER_COLUMN {
                continue;
            }
            let text = if column.is_empty() {
                text!("more lines have problems of this kind", "同様の問題がある行がほかにもあります")
            } else {
                text!(
                    "more problems of this kind in column {column}",
                    "「{column}」列には同様の問題がほかにもあります"
                )
            };
            self.whole_file(text);
        }
    }

    fn add(&mut self, column: &str, place: Text, text: Text) {
        let seen = self.seen.entry(column.to_owned()).or_default();
        *seen += 1;
        if *seen <= PER_COLUMN {
            self.problems.push(Error::input(text).on(place).at(self.place, ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_wrong_throughout_gives_one_screen() {
        let mut problems = Problems::default();
        let mut complaints = Complaints::new("t.tsv", &mut problems);
        for line in 2..1000 {
            complaints.cell(line, "sex", text!("odd", "変"));
        }
        complaints.cell(7, "age", text!("odd", "変"));
        complaints.finish();
        assert_eq!(problems.list().len(), PER_COLUMN + 2);
        assert_eq!(problems.list()[0].place(), "t.tsv: line 2, column sex");
    }
}
