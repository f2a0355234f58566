//! ICD-10 codes of a person (the 2013 edition used in Japan).

use crate::error::Text;
use crate::text;

use super::spelling::{fold, is_unknown, plain_dashes};

/// What is recorded about a person's diagnoses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Icd10 {
    /// Nobody looked: the person counts neither with nor without any disease.
    #[default]
    NotAssessed,
    /// Assessed; the codes in normalised form (upper case, no dot), sorted, each once. May be empty.
    Codes(Vec<String>),
}

impl Icd10 {
    /// Whether `code` (normalised) or a code below it is recorded; None for people who were not assessed.
    #[must_use]
    pub fn has(&self, code: &str) -> Option<bool> {
        match self {
            Self::NotAssessed => None,
            Self::Codes(codes) => Some(codes.iter().any(|recorded| recorded.starts_with(code))),
        }
    }

    /// Reads codes separated by `;`, `,`, `、` or space. `-` is "assessed, none recorded"; empty, `unknown`, 不明 and `NA`
    /// are "not assessed".
    pub(super) fn parse(written: &str) -> Result<Self, Text> {
        let value = plain_dashes(&fold(written));
        if is_unknown(&value.to_ascii_lowercase()) {
            return Ok(Self::NotAssessed);
        }
        if value == "-" {
            return Ok(Self::Codes(Vec::new()));
        }
        let mut codes = Vec::new();
        for part in value.split([';', ',', '、', ' ', '\t', '\r', '\n']).filter(|part| !part.is_empty()) {
            codes.push(normalize(part).ok_or_else(|| {
                text!(
                    "`{part}` is not an ICD-10 code; write codes like E11 or E11.9 separated by ;, `-` if none is recorded, empty if not assessed",
                    "「{part}」はICD-10コードとして読めません。E11 や E11.9 のように書き、複数あるときは ; で区切ってください。該当なしは「-」、未評価は空欄とします"
                )
            })?);
        }
        codes.sort_unstable();
        codes.dedup();
        Ok(Self::Codes(codes))
    }
}

/// A code without dot, in upper case: a letter, a digit, a digit or letter, and up to three more. A trailing dagger,
/// asterisk or `.-` says nothing more and is dropped. None when it is not a code.
pub(crate) fn normalize(written: &str) -> Option<String> {
    let folded = plain_dashes(&fold(written)).to_ascii_uppercase();
    let code = folded.trim_end_matches(['†', '*', '＊']);
    let code = code.strip_suffix('-').unwrap_or(code);
    let (category, rest) = match code.split_once('.') {
        Some((category, rest)) if category.len() == 3 => (category, rest),
        Some(_) => return None,
        None => code.split_at_checked(3)?,
    };
    let [letter, digit, last] = *category.as_bytes() else { return None };
    let shape = letter.is_ascii_uppercase() && digit.is_ascii_digit() && last.is_ascii_alphanumeric();
    let tail = rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (shape && tail).then(|| format!("{category}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(written: &str) -> Vec<String> {
        match Icd10::parse(written) {
            Ok(Icd10::Codes(codes)) => codes,
            other => panic!("{written}: {other:?}"),
        }
    }

    #[test]
    fn spellings_of_one_code() {
        for written in ["E11.9", "E119", "e11.9", "Ｅ１１．９", "E11.9†", "E11.9;E119", " E11.9 ;"] {
            assert_eq!(codes(written), ["E119"], "{written}");
        }
        for written in ["E11", "E11.-", "E11-", "e11"] {
            assert_eq!(codes(written), ["E11"], "{written}");
        }
    }

    #[test]
    fn separators() {
        for written in ["I10;E11.9", "E11.9；I10", "I10、E11.9", "I10,E11.9", "I10\nE11.9", "I10　E11.9"] {
            assert_eq!(codes(written), ["E119", "I10"], "{written}");
        }
    }

    #[test]
    fn none_recorded_is_not_the_same_as_not_assessed() {
        for written in ["-", "－", "ー", "−"] {
            assert_eq!(codes(written), [""; 0], "{written}");
        }
        for written in ["", "　", "不明", "NA"] {
            assert_eq!(Icd10::parse(written), Ok(Icd10::NotAssessed), "{written}");
        }
        assert_eq!(Icd10::NotAssessed.has("E11"), None);
        assert_eq!(Icd10::Codes(Vec::new()).has("E11"), Some(false));
    }

    #[test]
    fn a_category_contains_its_subcategories() {
        let recorded = Icd10::Codes(vec!["E119".to_owned()]);
        assert_eq!(recorded.has("E11"), Some(true));
        assert_eq!(recorded.has("E119"), Some(true));
        assert_eq!(recorded.has("E112"), Some(false));
        assert_eq!(Icd10::Codes(vec!["E11".to_owned()]).has("E119"), Some(false));
    }

    #[test]
    fn what_is_not_a_code() {
        for written in
            ["11.9", "E1", "EE1", "E1.19", "E11.9999", "E11..9", "糖尿病", "E10-E14", "-;E11", "E11/I10"]
        {
            assert!(Icd10::parse(written).is_err(), "{written}");
        }
    }
}
