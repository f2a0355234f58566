//! Sex as recorded in the sample table.

use crate::error::Text;
use crate::text;

use super::spelling::{fold, is_unknown};

/// Sex. Decides ploidy on X and Y, and is an attribute to count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// XX
    Female,
    /// XY
    Male,
}

impl Sex {
    /// The token in field names: `F`, `M`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
        }
    }

    /// The words for headers.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }

    /// Reads `F M`, 女 男 女性 男性, `2 1`, `XX XY`, `female male` in any case and width. None for unknown: empty,
    /// `unknown`, 不明, `NA`, `0`, `9`, `other`, その他.
    pub(super) fn parse(written: &str) -> Result<Option<Self>, Text> {
        let value = fold(written).to_ascii_lowercase();
        match value.as_str() {
            "f" | "female" | "xx" | "2" | "女" | "女性" => Ok(Some(Self::Female)),
            "m" | "male" | "xy" | "1" | "男" | "男性" => Ok(Some(Self::Male)),
            "0" | "9" | "other" | "その他" => Ok(None),
            _ if is_unknown(&value) => Ok(None),
            _ => Err(text!(
                "`{written}` is not a sex; write F or M (also 女 男 2 1 XX XY female male), empty if unknown",
                "「{written}」は性別として読めません。F、M（または 女 男 2 1 XX XY female male）と書き、不明なら空欄にしてください"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_sex() {
        for written in ["F", "f", "女", "女性", "2", "２", "XX", "ｘｘ", "Female", " Ｆ "] {
            assert_eq!(Sex::parse(written), Ok(Some(Sex::Female)), "{written}");
        }
        for written in ["M", "男", "男性", "1", "１", "xy", "MALE"] {
            assert_eq!(Sex::parse(written), Ok(Some(Sex::Male)), "{written}");
        }
        for written in ["", "不明", "NA", "n/a", "0", "9", "Other", "unknown", "　"] {
            assert_eq!(Sex::parse(written), Ok(None), "{written}");
        }
        for written in ["3", "-", "X", "男女", "FM"] {
            assert!(Sex::parse(written).is_err(), "{written}");
        }
    }
}
