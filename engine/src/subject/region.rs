//! The nine regions of Japan.

use crate::error::Text;
use crate::text;

use super::prefecture;
use super::spelling::{fold, is_unknown, plain_dashes};

/// A region: the eight of the usual division, with Okinawa apart from Kyushu. Mie belongs to Kinki.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// 北海道
    Hokkaido,
    /// 東北
    Tohoku,
    /// 関東
    Kanto,
    /// 中部: Niigata to Aichi, with Hokuriku, Koshin'etsu and Tokai
    Chubu,
    /// 近畿, with Mie
    Kinki,
    /// 中国
    Chugoku,
    /// 四国
    Shikoku,
    /// 九州 without Okinawa
    Kyushu,
    /// 沖縄
    Okinawa,
}

impl Region {
    /// All regions from north-east to south-west.
    pub const ALL: [Self; 9] = [
        Self::Hokkaido,
        Self::Tohoku,
        Self::Kanto,
        Self::Chubu,
        Self::Kinki,
        Self::Chugoku,
        Self::Shikoku,
        Self::Kyushu,
        Self::Okinawa,
    ];

    /// The token in field names: `hokkaido` … `okinawa`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Hokkaido => "hokkaido",
            Self::Tohoku => "tohoku",
            Self::Kanto => "kanto",
            Self::Chubu => "chubu",
            Self::Kinki => "kinki",
            Self::Chugoku => "chugoku",
            Self::Shikoku => "shikoku",
            Self::Kyushu => "kyushu",
            Self::Okinawa => "okinawa",
        }
    }

    /// The words for headers: `Kanto (関東)`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Hokkaido => "Hokkaido (北海道)",
            Self::Tohoku => "Tohoku (東北)",
            Self::Kanto => "Kanto (関東)",
            Self::Chubu => "Chubu (中部)",
            Self::Kinki => "Kinki (近畿)",
            Self::Chugoku => "Chugoku (中国地方)",
            Self::Shikoku => "Shikoku (四国)",
            Self::Kyushu => "Kyushu (九州)",
            Self::Okinawa => "Okinawa (沖縄)",
        }
    }

    /// True for the eastern half: Hokkaido, Tohoku, Kanto, Chubu.
    #[must_use]
    pub fn is_east(self) -> bool {
        self <= Self::Chubu
    }

    /// Reads a region (romaji, kanji) or a prefecture (romaji, kanji, hiragana, JIS code). None for empty, `unknown`, 不明,
    /// `NA`.
    pub(super) fn parse(written: &str) -> Result<Option<Self>, Text> {
        let value = fold(written).to_lowercase();
        if is_unknown(&value) {
            return Ok(None);
        }
        if let Some(region) =
            by_kanji(&value).or_else(|| by_romaji(&value)).or_else(|| prefecture::find(&value))
        {
            return Ok(Some(region));
        }
        if spans_several(&value) {
            return Err(text!(
                "`{written}` covers more than one of the nine regions; write the prefecture or one region, empty if unknown",
                "「{written}」は9地域の複数にまたがります。都道府県か1つの地域を書き、不明なら空欄にしてください"
            ));
        }
        Err(text!(
            "`{written}` is not a region of Japan; write hokkaido tohoku kanto chubu kinki chugoku shikoku kyushu okinawa, a prefecture or its JIS code 1 to 47, empty if unknown or abroad",
            "「{written}」は地域として読めません。北海道、東北、関東、中部、近畿、中国、四国、九州、沖縄、都道府県名、またはJISコード1～47を書き、不明や国外なら空欄にしてください"
        ))
    }
}

/// Whether a region is where the person lives or was born.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionKind {
    /// 居住地
    Residence,
    /// 出生地
    Birth,
}

impl RegionKind {
    /// The word in the sample table: `residence`, `birth`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Residence => "residence",
            Self::Birth => "birth",
        }
    }

    /// Reads `residence` (居住地, 居住, 現住所) or `birth` (`birthplace`, 出生地, 出生). None for empty, `unknown`, 不明, `NA`.
    pub(super) fn parse(written: &str) -> Result<Option<Self>, Text> {
        let value = fold(written).to_lowercase();
        match value.as_str() {
            "residence" | "居住地" | "居住" | "現住所" => Ok(Some(Self::Residence)),
            "birth" | "birthplace" | "出生地" | "出生" => Ok(Some(Self::Birth)),
            _ if is_unknown(&value) => Ok(None),
            _ => Err(text!(
                "`{written}` is not a kind of region; write residence or birth",
                "「{written}」は地域の種別として読めません。residence（居住地）か birth（出生地）と書いてください"
            )),
        }
    }
}

fn by_kanji(value: &str) -> Option<Region> {
    match value.strip_suffix("地方").unwrap_or(value) {
        "北海道" => Some(Region::Hokkaido),
        "東北" => Some(Region::Tohoku),
        "関東" => Some(Region::Kanto),
        "中部" | "北陸" | "東海" | "甲信越" => Some(Region::Chubu),
        "近畿" | "関西" => Some(Region::Kinki),
        "中国" => Some(Region::Chugoku),
        "四国" => Some(Region::Shikoku),
        "九州" => Some(Region::Kyushu),
        "沖縄" => Some(Region::Okinawa),
        _ => None,
    }
}

fn by_romaji(value: &str) -> Option<Region> {
    let plain = plain_romaji(value);
    let name = ["region", "chiho"].iter().find_map(|suffix| plain.strip_suffix(suffix)).unwrap_or(&plain);
    match name {
        "hokuriku" | "tokai" | "koshinetsu" => Some(Region::Chubu),
        "kansai" => Some(Region::Kinki),
        _ => Region::ALL.into_iter().find(|region| region.token() == name),
    }
}

/// Lower-case romaji without macrons, long vowels, spaces, hyphens and apostrophes: `Tōhoku`, `Touhoku` are `tohoku`.
pub(super) fn plain_romaji(value: &str) -> String {
    let letters: String = plain_dashes(value)
        .chars()
        .filter(|c| !c.is_whitespace() && !"-'’.".contains(*c))
        .map(|c| match c {
            'ō' | 'ô' => 'o',
            'ū' | 'û' => 'u',
            other => other,
        })
        .collect();
    letters.replace("ou", "o").replace("oo", "o").replace("uu", "u")
}

/// Names of areas that the nine regions cut through.
fn spans_several(value: &str) -> bool {
    let area = value.strip_suffix("地方").unwrap_or(value);
    matches!(
        area,
        "東日本"
            | "西日本"
            | "関東甲信越"
            | "関東甲信"
            | "首都圏"
            | "中四国"
            | "中国四国"
            | "中国・四国"
            | "四国中国"
    ) || matches!(area, "東北北海道" | "北海道東北" | "北海道・東北" | "東海北陸" | "関東信越" | "中京圏")
        || (area.contains("九州") && area.contains("沖縄"))
        || matches!(
            plain_romaji(value).as_str(),
            "east" | "west" | "eastjapan" | "westjapan" | "kyushuokinawa"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_regions() {
        let cases = [
            ("関東", Region::Kanto),
            ("関東地方", Region::Kanto),
            ("Kantō", Region::Kanto),
            ("ＫＡＮＴＯ", Region::Kanto),
            ("Touhoku", Region::Tohoku),
            ("中部", Region::Chubu),
            ("中国", Region::Chugoku),
            ("chubu", Region::Chubu),
            ("chugoku", Region::Chugoku),
            ("Chūgoku", Region::Chugoku),
            ("甲信越", Region::Chubu),
            ("北陸地方", Region::Chubu),
            ("関西", Region::Kinki),
            ("Kyūshū", Region::Kyushu),
            ("Hokkaidō", Region::Hokkaido),
            ("Kinki Region", Region::Kinki),
        ];
        for (written, expected) in cases {
            assert_eq!(Region::parse(written), Ok(Some(expected)), "{written}");
        }
        for region in Region::ALL {
            assert_eq!(Region::parse(region.token()), Ok(Some(region)));
        }
    }

    #[test]
    fn ambiguous_areas_are_refused() {
        for written in [
            "九州・沖縄",
            "九州沖縄",
            "東日本",
            "首都圏",
            "関東甲信越",
            "中四国",
            "west",
            "China",
            "海外",
            "0",
            "48",
        ] {
            assert!(Region::parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn the_east_is_the_first_four() {
        let east: Vec<_> = Region::ALL.into_iter().filter(|region| region.is_east()).collect();
        assert_eq!(east, [Region::Hokkaido, Region::Tohoku, Region::Kanto, Region::Chubu]);
    }

    #[test]
    fn kinds() {
        assert_eq!(RegionKind::parse("居住地"), Ok(Some(RegionKind::Residence)));
        assert_eq!(RegionKind::parse("Birth"), Ok(Some(RegionKind::Birth)));
        assert_eq!(RegionKind::parse(""), Ok(None));
        assert!(RegionKind::parse("本籍").is_err());
    }
}
