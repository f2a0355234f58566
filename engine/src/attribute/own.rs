//! The user's own columns as attributes.

use crate::error::{Error, Result};
use crate::subject::{SampleTable, fold, key};
use crate::text;

use super::by::COUNTABLE;
use super::{Attribute, token};

/// The user's own column of this name. It is refused when its token is not its alone, or when it holds exact ages.
pub(super) fn own_column(name: &str, table: &SampleTable) -> Result<Option<Attribute>> {
    let wanted = key(name);
    let Some(index) = table.extra_columns.iter().position(|column| key(column) == wanted) else {
        return Ok(None);
    };
    let column = &table.extra_columns[index];
    let token = token::token('c', column);
    let reserved = COUNTABLE.iter().map(|column| column.name()).find(|name| key(name) == key(&token));
    let others = table.extra_columns.iter().enumerate().filter(|(other, _)| *other != index);
    let twin = others
        .map(|(_, other)| other.as_str())
        .find(|other| token::token('c', other).eq_ignore_ascii_case(&token));
    if let Some(other) = reserved.or(twin) {
        return Err(Error::usage(text!(
            "the columns `{column}` and `{other}` would both be named {token}; names keep ASCII letters and digits only, rename one",
            "列「{column}」と「{other}」の名前がどちらも {token} になります。名前には半角英数字だけが残るため、一方を改名してください"
        )));
    }
    if names_an_age(column) && table.rows.iter().any(|row| is_number(&row.extra[index])) {
        return Err(exact_age(column));
    }
    Ok(Some(Attribute::Extra { name: column.clone(), token, index }))
}

/// True when the column's name says that it holds ages or dates of birth.
fn names_an_age(column: &str) -> bool {
    let folded = fold(column).to_lowercase();
    let mut words = folded.split(|c: char| !c.is_ascii_alphabetic());
    let compact = key(column);
    words.any(|word| matches!(word, "age" | "ages" | "dob" | "yob"))
        || ["birthdate", "birthday", "birthyear", "dateofbirth", "yearofbirth"]
            .iter()
            .any(|word| compact.contains(word))
        || ["年齢", "年令", "生年", "誕生日"].iter().any(|word| folded.contains(word))
}

/// A number, also with 歳 or 年, or a date: three parts joined by `-` or `/`.
fn is_number(value: &str) -> bool {
    let folded = fold(value);
    let digits = folded.trim_end_matches(['歳', '才', '年']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && (digits.parse::<f64>().is_ok() || digits.split(['-', '/']).count() == 3)
}

/// The refusal of anything that would tell ages to the year.
pub(super) fn exact_age(name: &str) -> Error {
    Error::usage(text!(
        "people are never counted by exact age ({name}); use --by age10, the ten-year bracket",
        "「{name}」（年齢そのもの）では集計できません。10歳刻みの --by age10 を使ってください"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_hold_ages() {
        for name in ["age_at_onset", "Onset Age", "発症年齢", "birth_date", "DOB", "生年月日"] {
            assert!(names_an_age(name), "{name}");
        }
        for name in ["stage", "dosage", "birth_weight", "storage", "language"] {
            assert!(!names_an_age(name), "{name}");
        }
        for value in ["41", "41.5", "４１歳", "1980-01-02", "1980/1/2", "1980年"] {
            assert!(is_number(value), "{value}");
        }
        for value in ["", "40-49", "40s", "young", "nan"] {
            assert!(!is_number(value), "{value}");
        }
    }
}
