//! People divided by one attribute, and the checks that keep its levels apart.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Problems};
use crate::subject::SampleRow;
use crate::text;

use super::{Level, Term, UNKNOWN, Value};

/// Findings of one kind that are written out.
const SHOWN: usize = 20;
const MORE: usize = SHOWN + 1;

/// Rows of the sample table divided by a term. A cohort has few values: each of them is named once.
pub(crate) struct Division<'r> {
    pub(crate) term: &'r Term,
    rows: &'r [&'r SampleRow],
    /// The levels of every value, in the order in which the values first appear.
    pub(crate) paths: Vec<Vec<Level>>,
    /// The row with which each value first appears.
    first_row: Vec<usize>,
    /// The value of each row: an index of `paths`.
    pub(crate) of_row: Vec<usize>,
}

impl<'r> Division<'r> {
    /// Divides rows.
    pub(crate) fn new(term: &'r Term, rows: &'r [&'r SampleRow]) -> Self {
        let mut numbers: BTreeMap<Value<'r>, usize> = BTreeMap::new();
        let (mut paths, mut first_row) = (Vec::new(), Vec::new());
        let mut of_row = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let value = Value::of(term, row);
            let number = *numbers.entry(value).or_insert_with(|| {
                paths.push(value.levels(term.tree));
                first_row.push(index);
                paths.len() - 1
            });
            of_row.push(number);
        }
        Self { term, rows, paths, first_row, of_row }
    }

    /// Complains when two values would have the same token, or tokens that differ only in case (many readers of tables
    /// cannot tell those apart).
    pub(crate) fn check_tokens(&self, problems: &mut Problems) {
        let mut clashes = 0;
        let mut seen: HashMap<String, Vec<(&str, usize)>> = HashMap::new();
        seen.insert(UNKNOWN.to_owned(), vec![(UNKNOWN, 0)]);
        for (path, &row) in self.paths.iter().zip(&self.first_row) {
            let line = self.rows[row].line;
            for level in path {
                let labels = seen.entry(level.token.to_ascii_lowercase()).or_default();
                if labels.iter().any(|(label, _)| *label == level.label) {
                    continue;
                }
                if let Some(&first) = labels.first() {
                    clashes += 1;
                    match clashes {
                        ..=SHOWN => problems.push(clash(self.term, first, (level, line))),
                        MORE => problems.push(more(self.term)),
                        _ => {}
                    }
                }
                labels.push((&level.label, line));
            }
        }
    }

    /// Complains when a person's rows have different levels: such a person would be in two strata. `first_of_person` is
    /// for each row the first row of the same person.
    pub(crate) fn check_subjects(&self, first_of_person: &[usize], problems: &mut Problems) {
        let path = |row: usize| &self.paths[self.of_row[row]];
        let differs = |&(row, first): &(usize, usize)| {
            self.of_row[row] != self.of_row[first] && path(row) != path(first)
        };
        let mut differing = first_of_person.iter().copied().enumerate().filter(differs);
        for (row, first) in differing.by_ref().take(SHOWN) {
            problems.push(two_values(self.term, self.rows[first], self.rows[row]));
        }
        if differing.next().is_some() {
            let column = self.term.label();
            let text = text!("more subjects have different values", "値が異なる対象者がほかにもいます");
            problems.push(Error::input(text).on(text!("column {column}", "「{column}」列")));
        }
    }
}

fn more(term: &Term) -> Error {
    let column = term.label();
    Error::input(text!("… and more of the same kind", "… ほかにも同様のものがあります"))
        .at(format!("column {column}"), "")
}

fn two_values(term: &Term, first: &SampleRow, row: &SampleRow) -> Error {
    let (id, first_line, line, column) = (&row.subject_id, first.line, row.line, term.label());
    Error::input(text!(
        "the subject `{id}` has different values on the lines {first_line} and {line}; people can be counted only by what is the same on all their lines",
        "対象者「{id}」の値が{first_line}行目と{line}行目で異なります。集計に使えるのは、同じ人のすべての行で値が等しい列だけです"
    ))
    .on(text!("column {column}", "「{column}」列"))
}

fn clash(term: &Term, (first, first_line): (&str, usize), (level, line): (&Level, usize)) -> Error {
    let (second, token, column) = (&level.label, &level.token, term.label());
    let text = if first_line == 0 {
        text!(
            "`{second}` (line {line}) would be named {token}, which is reserved for empty values; rename it",
            "「{second}」（{line}行目）の名前が {token} となり、空欄を表す名前と重なります。値を書き換えてください"
        )
    } else {
        text!(
            "`{first}` (line {first_line}) and `{second}` (line {line}) would both be named {token}; names keep ASCII letters and digits only, rename one",
            "「{first}」（{first_line}行目）と「{second}」（{line}行目）の名前がどちらも {token} になります。名前には半角英数字だけが残るため、一方を書き換えてください"
        )
    };
    Error::input(text).on(text!("column {column}", "「{column}」列"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::parse_by;
    use crate::subject::SampleTable;

    fn clashes(values: &[&str]) -> Vec<String> {
        let mut text = "sample_id\tstage\n".to_owned();
        for (index, value) in values.iter().enumerate() {
            text.push_str(&format!("S{index}\t{value}\n"));
        }
        let mut problems = Problems::default();
        let table = SampleTable::parse(text.as_bytes(), "t.tsv", &mut problems).unwrap();
        let (terms, rows): (_, Vec<&SampleRow>) =
            (parse_by("stage", &table).unwrap(), table.rows.iter().collect());
        Division::new(&terms[0], &rows).check_tokens(&mut problems);
        problems.list().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_person_has_one_level() {
        let text = "sample_id\tsubject_id\ttissue\tdataset\nA\tP\tblood\tD 1\nB\tP\tliver\tD  1\n";
        let mut problems = Problems::default();
        let table = SampleTable::parse(text.as_bytes(), "t.tsv", &mut problems).unwrap();
        let rows: Vec<&SampleRow> = table.rows.iter().collect();
        let mut check = |by: &str| {
            Division::new(&parse_by(by, &table).unwrap()[0], &rows).check_subjects(&[0, 0], &mut problems);
            problems.to_string()
        };
        assert_eq!(check("dataset"), "", "one level in two spellings");
        let problems = check("tissue");
        assert!(problems.contains("on the lines 2 and 3"), "{problems}");
    }

    #[test]
    fn clashes_are_reported_once_per_pair() {
        assert_eq!(clashes(&["a", "b", "a", ""]), [""; 0]);
        let messages = clashes(&["stage 1", "stage-1", "stage 1", "stage-1"]);
        assert_eq!(messages.len(), 1);
        assert!(
            messages[0].starts_with("column stage: `stage 1` (line 2) and `stage-1` (line 3)"),
            "{messages:?}"
        );
        assert_eq!(clashes(&["肝A", "腎A"]).len(), 1);
        assert_eq!(clashes(&["Liver", "liver"]).len(), 1);
        assert_eq!(clashes(&["un-known", "x"]).len(), 1);
    }
}
