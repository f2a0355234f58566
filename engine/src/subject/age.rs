//! Ten-year age brackets. An exact age exists only inside [`AgeBracket::parse_age`].

use crate::error::Text;
use crate::text;

use super::spelling::{fold, is_unknown, plain_dashes};

/// One of the ten brackets 0–9, 10–19, … 80–89, 90 and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgeBracket(u8);

/// The last bracket, 90 and over.
const OLDEST: u8 = 9;
/// Ages above this are taken for a mistake.
const MAX_AGE: u32 = 130;

impl AgeBracket {
    /// The bracket that contains an age in years.
    #[must_use]
    pub fn of(age: u32) -> Self {
        Self(u8::try_from(age / 10).map_or(OLDEST, |decade| decade.min(OLDEST)))
    }

    /// The lowest age of the bracket: 0, 10, … 90.
    #[must_use]
    pub fn from_age(self) -> u8 {
        self.0 * 10
    }

    /// The token in field names: `0to9` … `80to89`, `90plus`.
    #[must_use]
    pub fn token(self) -> String {
        let low = self.from_age();
        if self.0 == OLDEST { format!("{low}plus") } else { format!("{low}to{}", low + 9) }
    }

    /// The words for headers: `60-69`, `90+`.
    #[must_use]
    pub fn label(self) -> String {
        let low = self.from_age();
        if self.0 == OLDEST { format!("{low}+") } else { format!("{low}-{}", low + 9) }
    }

    /// Reads an exact age (`65`, `６５歳`) and forgets it. None for empty, `unknown`, 不明, `NA`.
    pub(super) fn parse_age(written: &str) -> Result<Option<Self>, Text> {
        let value = fold(written).to_ascii_lowercase();
        if is_unknown(&value) {
            return Ok(None);
        }
        match whole(value.trim_end_matches(['歳', '才']).trim_end()) {
            Some(age) if age <= MAX_AGE => Ok(Some(Self::of(age))),
            _ => Err(text!(
                "`{written}` is not an age in whole years from 0 to {MAX_AGE}; brackets belong in a column age10, unknown is empty",
                "「{written}」は0～{MAX_AGE}の整数の年齢として読めません。年代は age10 列に書き、不明なら空欄にしてください"
            )),
        }
    }

    /// Reads a bracket (`60-69`, `60代`, `60s`, `10歳未満`, `90歳以上`, `90+` …). None for empty, `unknown`, 不明, `NA`.
    pub(super) fn parse_bracket(written: &str) -> Result<Option<Self>, Text> {
        let value = fold(written).to_ascii_lowercase();
        if is_unknown(&value) {
            return Ok(None);
        }
        let compact: String =
            plain_dashes(&value).chars().filter(|c| !c.is_whitespace() && !"歳才".contains(*c)).collect();
        match bracket(&compact) {
            Some(bracket) => Ok(Some(bracket)),
            None if value.contains('月') || value.contains("oct") => Err(text!(
                "`{written}` looks like a bracket that a spreadsheet turned into a date; write 10s or 10代",
                "「{written}」は、表計算ソフトが年代（10-19 など）を日付に変換した値のようです。10代 または 10s と書いてください"
            )),
            None if whole(&compact).is_some() => Err(text!(
                "`{written}` is not a bracket; write 60-69 or 60s, exact ages belong in a column age",
                "「{written}」は年代として読めません。60-69 や 60代 と書いてください。年齢そのものは age 列に書きます"
            )),
            None => Err(text!(
                "`{written}` is not a ten-year bracket; write 0-9, 10-19 … 80-89, 90+ (also 60s, 60代, 90歳以上), empty if unknown",
                "「{written}」は10歳刻みの年代として読めません。0-9、10-19 … 80-89、90+（または 60代、90歳以上）と書き、不明なら空欄にしてください"
            )),
        }
    }
}

/// The bracket that `value` names: folded, lower case, without space and 歳.
fn bracket(value: &str) -> Option<AgeBracket> {
    if matches!(value, "10未満" | "<10" | "under10") {
        return Some(AgeBracket(0));
    }
    for (prefix, suffix) in
        [("", "+"), ("", "plus"), ("", "以上"), ("", "代以上"), (">=", ""), ("≥", ""), ("≧", "")]
    {
        if let Some(low) = value.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix))
            && !(prefix.is_empty() && suffix.is_empty())
        {
            let low = whole(low).filter(|low| low % 10 == 0 && (90..=MAX_AGE).contains(low));
            if let Some(low) = low {
                return Some(AgeBracket::of(low));
            }
        }
    }
    let low = if let Some((low, high)) = value.split_once('-').or_else(|| value.split_once("to")) {
        let (low, high) = (whole(low)?, whole(high)?);
        (high == low + 9).then_some(low)?
    } else {
        let low = ["代", "台", "s"].iter().find_map(|suffix| value.strip_suffix(suffix))?;
        whole(low)?
    };
    (low % 10 == 0 && low <= MAX_AGE).then(|| AgeBracket::of(low))
}

/// A number of at most three ASCII digits.
fn whole(digits: &str) -> Option<u32> {
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(parsed: Result<Option<AgeBracket>, Text>) -> Option<String> {
        parsed.ok().flatten().map(AgeBracket::token)
    }

    #[test]
    fn ages_are_bracketed() {
        let cases = [
            ("0", "0to9"),
            ("9", "0to9"),
            ("10", "10to19"),
            ("65歳", "60to69"),
            ("６５", "60to69"),
            ("89", "80to89"),
        ];
        for (written, expected) in cases {
            assert_eq!(token(AgeBracket::parse_age(written)).as_deref(), Some(expected), "{written}");
        }
        for written in ["90", "99", "103 歳", "130"] {
            assert_eq!(token(AgeBracket::parse_age(written)).as_deref(), Some("90plus"), "{written}");
        }
        for written in ["131", "-1", "65.5", "60代", "60-69", "x", "1e2", "0065"] {
            assert!(AgeBracket::parse_age(written).is_err(), "{written}");
        }
        assert_eq!(AgeBracket::parse_age("不明"), Ok(None));
    }

    #[test]
    fn spellings_of_a_bracket() {
        let sixties = [
            "60-69",
            "60–69",
            "60~69",
            "60〜69",
            "６０～６９歳",
            "60歳-69歳",
            "60代",
            "60歳代",
            "60s",
            "60to69",
        ];
        for written in sixties {
            assert_eq!(token(AgeBracket::parse_bracket(written)).as_deref(), Some("60to69"), "{written}");
        }
        for written in ["0-9", "10歳未満", "<10", "0s", "0代"] {
            assert_eq!(token(AgeBracket::parse_bracket(written)).as_deref(), Some("0to9"), "{written}");
        }
        for written in
            ["90+", "90歳以上", "90代", "90-99", "100-109", "≥90", "90plus", "90代以上", "100歳以上"]
        {
            assert_eq!(token(AgeBracket::parse_bracket(written)).as_deref(), Some("90plus"), "{written}");
        }
    }

    #[test]
    fn other_brackets_are_refused() {
        for written in
            ["60-64", "60-79", "61-70", "80+", "65", "60", "10月19日", "19-Oct", "高齢", "<20", "60-", "-69"]
        {
            assert!(AgeBracket::parse_bracket(written).is_err(), "{written}");
        }
    }

    #[test]
    fn tokens_read_back() {
        for age in (0..=90).step_by(10) {
            let bracket = AgeBracket::of(age);
            assert_eq!(AgeBracket::parse_bracket(&bracket.token()), Ok(Some(bracket)));
            assert_eq!(AgeBracket::parse_bracket(&bracket.label()), Ok(Some(bracket)));
        }
    }
}
