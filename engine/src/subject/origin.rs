//! Where a sample comes from.

use crate::error::Text;
use crate::text;

use super::spelling::fold;

/// Whether a sample belongs to the platform. Uploaded people never count towards the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Provided by the platform.
    #[default]
    Platform,
    /// Brought in by the user.
    Uploaded,
}

impl Origin {
    /// The word in the sample table: `platform`, `uploaded`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Uploaded => "uploaded",
        }
    }

    /// Reads `platform` (also empty, 基盤, プラットフォーム) or `uploaded` (also 持込, 持ち込み, アップロード).
    pub(super) fn parse(written: &str) -> Result<Self, Text> {
        match fold(written).to_ascii_lowercase().as_str() {
            "" | "platform" | "基盤" | "プラットフォーム" => Ok(Self::Platform),
            "uploaded" | "持込" | "持ち込み" | "アップロード" => Ok(Self::Uploaded),
            _ => Err(text!(
                "`{written}` is not an origin; write platform or uploaded, empty means platform",
                "「{written}」は由来として読めません。platform か uploaded と書いてください（空欄は platform とみなします）"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_origin_is_never_taken_for_platform() {
        assert_eq!(Origin::parse(""), Ok(Origin::Platform));
        assert_eq!(Origin::parse("Uploaded"), Ok(Origin::Uploaded));
        assert_eq!(Origin::parse("持込"), Ok(Origin::Uploaded));
        assert!(Origin::parse("upload?").is_err());
        assert!(Origin::parse("不明").is_err());
    }
}
