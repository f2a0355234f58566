//! Tokens of the user's own values and names, and the checks that keep them apart.
//!
//! A token keeps the ASCII letters and digits of the text. A text that has none (肝臓) gets a letter and six hexadecimal
//! digits of its BLAKE3 hash: the same in every cohort and every release, whatever else the table contains.

use std::collections::HashMap;

use crate::error::{Error, Problems};
use crate::subject::{SampleRow, fold};
use crate::text;

use super::{Level, Term, UNKNOWN};

/// The level of a value as written, line ends and repeated spaces made one space; None when it is empty, `unknown` or 不明.
pub(super) fn written(value: &str) -> Option<Level> {
    let label = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let folded = fold(&label);
    if folded.is_empty() || folded.eq_ignore_ascii_case(UNKNOWN) || folded == "不明" {
        return None;
    }
    Some(Level::new(token('v', &folded), label))
}

/// The ASCII letters and digits of `text` (full-width ones folded), or `prefix` and a hash when there are none.
pub(super) fn token(prefix: char, text: &str) -> String {
    let folded = fold(text);
    let letters: String = folded.chars().filter(char::is_ascii_alphanumeric).collect();
    if !letters.is_empty() {
        return letters;
    }
    let hash = blake3::hash(folded.as_bytes()).to_hex();
    format!("{prefix}{}", &hash.as_str()[..6])
}

/// Clashes of one column that are written out.
const SHOWN: usize = 20;
const MORE: usize = SHOWN + 1;

fn more(term: &Term) -> Error {
    let column = term.label();
    Error::input(text!("… and more of the same kind", "… ほかにも同様のものがあります"))
        .at(format!("column {column}"), "")
}

/// Complains when two values of a term would have the same token, or tokens that differ only in case (many readers of
/// tables cannot tell those apart).
pub fn check_tokens(term: &Term, rows: &[&SampleRow], problems: &mut Problems) {
    let (mut seen, mut clashes): (HashMap<String, Vec<(String, usize)>>, usize) = (HashMap::new(), 0);
    seen.insert(UNKNOWN.to_owned(), vec![(UNKNOWN.to_owned(), 0)]);
    for row in rows {
        for level in term.levels(row) {
            let labels = seen.entry(level.token.to_ascii_lowercase()).or_default();
            if labels.iter().any(|(label, _)| *label == level.label) {
                continue;
            }
            if let Some((first, first_line)) = labels.first() {
                clashes += 1;
                match clashes {
                    ..=SHOWN => problems.push(clash(term, (first, *first_line), (&level, row.line))),
                    MORE => problems.push(more(term)),
                    _ => {}
                }
            }
            labels.push((level.label, row.line));
        }
    }
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

/// Complains when a person's rows have different values of a term: such a person would be in two strata.
pub fn check_subjects(term: &Term, rows: &[&SampleRow], problems: &mut Problems) {
    const SHOWN: usize = 20;
    let mut seen: HashMap<&str, (Vec<Level>, usize)> = HashMap::new();
    let mut found = 0;
    let column = term.label();
    for row in rows {
        let levels = term.levels(row);
        let (first, first_line) = seen.entry(&row.subject_id).or_insert_with(|| (levels.clone(), row.line));
        if *first == levels {
            continue;
        }
        found += 1;
        if found > SHOWN {
            continue;
        }
        let (id, line) = (&row.subject_id, row.line);
        problems.push(
            Error::input(text!(
                "the subject `{id}` has different values on the lines {first_line} and {line}; people can be counted only by what is the same on all their lines",
                "対象者「{id}」の値が{first_line}行目と{line}行目で異なります。集計に使えるのは、同じ人のすべての行で値が等しい列だけです"
            ))
            .on(text!("column {column}", "「{column}」列")),
        );
    }
    if found > SHOWN {
        let text = text!("more subjects have different values", "値が異なる対象者がほかにもいます");
        problems.push(Error::input(text).on(text!("column {column}", "「{column}」列")));
    }
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
        let terms = parse_by("stage", &table).unwrap();
        check_tokens(&terms[0], &table.rows.iter().collect::<Vec<_>>(), &mut problems);
        problems.list().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tokens_keep_letters_and_digits() {
        assert_eq!(token('v', "stage II-b"), "stageIIb");
        assert_eq!(token('v', "Ⅱ期 Ａ１"), "A1");
        assert_eq!(token('v', "肝臓"), token('v', "　肝臓 "));
        assert_ne!(token('v', "肝臓"), token('v', "腎臓"));
        let hashed = token('v', "肝臓");
        assert!(
            hashed.starts_with('v') && hashed.len() == 7 && hashed.bytes().all(|b| b.is_ascii_alphanumeric())
        );
    }

    #[test]
    fn unknown_has_several_spellings() {
        for value in ["", " ", "unknown", "Unknown", "不明"] {
            assert_eq!(written(value), None, "{value}");
        }
        assert_eq!(written(" stage\n II").map(|level| level.label).as_deref(), Some("stage II"));
        assert_eq!(written("NA").map(|level| level.token).as_deref(), Some("NA"));
    }

    #[test]
    fn a_person_has_one_level() {
        let text = "sample_id\tsubject_id\ttissue\tdataset\nA\tP\tblood\tD1\nB\tP\tliver\tD1\n";
        let mut problems = Problems::default();
        let table = SampleTable::parse(text.as_bytes(), "t.tsv", &mut problems).unwrap();
        let rows: Vec<&SampleRow> = table.rows.iter().collect();
        check_subjects(&parse_by("dataset", &table).unwrap()[0], &rows, &mut problems);
        assert!(problems.is_empty(), "{problems}");
        check_subjects(&parse_by("tissue", &table).unwrap()[0], &rows, &mut problems);
        assert!(problems.to_string().contains("on the lines 2 and 3"), "{problems}");
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
