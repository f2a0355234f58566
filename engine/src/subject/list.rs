//! Lists of ids: one per line, for including, excluding and withdrawing.

use std::path::Path;

use crate::error::{Error, Problems};
use crate::text;

use super::column::Column;
use super::decode::decode;

/// Reads one id per line, with the line of each. Empty lines and lines that begin with `#` are left out, and so is a first
/// line that only names the column (`sample_id`, 検体ID, `subject_id` …). None when the file cannot be read.
pub fn read_list(path: &Path, problems: &mut Problems) -> Option<Vec<(String, usize)>> {
    let bytes = problems.keep(std::fs::read(path).map_err(|source| Error::io(path, &source)))?;
    let text = problems.keep(decode(&bytes).map_err(|error| error.at(path.display(), "")))?.text;
    let mut ids: Vec<(String, usize)> = Vec::new();
    for (index, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        let (id, number) = (line.trim(), index + 1);
        if id.is_empty() || id.starts_with('#') || (ids.is_empty() && names_a_column(id)) {
            continue;
        }
        if id.contains('\t') {
            problems.push(
                Error::input(text!(
                    "several columns; write one id per line and nothing else",
                    "複数の列があります。1行に1つのIDだけを書いてください"
                ))
                .on(text!("line {number}", "{number}行目"))
                .at(path.display(), ""),
            );
            continue;
        }
        ids.push((id.to_owned(), number));
    }
    Some(ids)
}

fn names_a_column(id: &str) -> bool {
    matches!(Column::named(id), Some(Column::SampleId | Column::SubjectId))
}
