//! Tokens of the user's own values and names.
//!
//! A token keeps the ASCII letters and digits of the text. A text that has none (肝臓) gets a letter and six hexadecimal
//! digits of its BLAKE3 hash: the same in every cohort and every release, whatever else the table contains.

use crate::subject::fold;

use super::{Level, UNKNOWN};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
