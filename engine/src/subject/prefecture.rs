//! The 47 prefectures and the region of each.

use super::region::{Region, plain_romaji};

/// Kanji without the ending, the ending, hiragana, romaji. The position is the JIS code (JIS X 0401) less one.
type Name = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const NAMES: [Name; 47] = [
    ("北海道", "", "ほっかいどう", "hokkaido"),
    ("青森", "県", "あおもり", "aomori"), ("岩手", "県", "いわて", "iwate"), ("宮城", "県", "みやぎ", "miyagi"),
    ("秋田", "県", "あきた", "akita"), ("山形", "県", "やまがた", "yamagata"), ("福島", "県", "ふくしま", "fukushima"),
    ("茨城", "県", "いばらき", "ibaraki"), ("栃木", "県", "とちぎ", "tochigi"), ("群馬", "県", "ぐんま", "gunma"),
    ("埼玉", "県", "さいたま", "saitama"), ("千葉", "県", "ちば", "chiba"), ("東京", "都", "とうきょう", "tokyo"),
    ("神奈川", "県", "かながわ", "kanagawa"),
    ("新潟", "県", "にいがた", "niigata"), ("富山", "県", "とやま", "toyama"), ("石川", "県", "いしかわ", "ishikawa"),
    ("福井", "県", "ふくい", "fukui"), ("山梨", "県", "やまなし", "yamanashi"), ("長野", "県", "ながの", "nagano"),
    ("岐阜", "県", "ぎふ", "gifu"), ("静岡", "県", "しずおか", "shizuoka"), ("愛知", "県", "あいち", "aichi"),
    ("三重", "県", "みえ", "mie"), ("滋賀", "県", "しが", "shiga"), ("京都", "府", "きょうと", "kyoto"),
    ("大阪", "府", "おおさか", "osaka"), ("兵庫", "県", "ひょうご", "hyogo"), ("奈良", "県", "なら", "nara"),
    ("和歌山", "県", "わかやま", "wakayama"),
    ("鳥取", "県", "とっとり", "tottori"), ("島根", "県", "しまね", "shimane"), ("岡山", "県", "おかやま", "okayama"),
    ("広島", "県", "ひろしま", "hiroshima"), ("山口", "県", "やまぐち", "yamaguchi"),
    ("徳島", "県", "とくしま", "tokushima"), ("香川", "県", "かがわ", "kagawa"), ("愛媛", "県", "えひめ", "ehime"),
    ("高知", "県", "こうち", "kochi"),
    ("福岡", "県", "ふくおか", "fukuoka"), ("佐賀", "県", "さが", "saga"), ("長崎", "県", "ながさき", "nagasaki"),
    ("熊本", "県", "くまもと", "kumamoto"), ("大分", "県", "おおいた", "oita"), ("宮崎", "県", "みやざき", "miyazaki"),
    ("鹿児島", "県", "かごしま", "kagoshima"),
    ("沖縄", "県", "おきなわ", "okinawa"),
];

/// The region of the prefecture with this JIS code.
fn region_of(code: usize) -> Option<Region> {
    match code {
        1 => Some(Region::Hokkaido),
        2..=7 => Some(Region::Tohoku),
        8..=14 => Some(Region::Kanto),
        15..=23 => Some(Region::Chubu),
        24..=30 => Some(Region::Kinki),
        31..=35 => Some(Region::Chugoku),
        36..=39 => Some(Region::Shikoku),
        40..=46 => Some(Region::Kyushu),
        47 => Some(Region::Okinawa),
        _ => None,
    }
}

/// The region of a prefecture given in kanji (東京, 東京都), hiragana, romaji (`Tokyo`, `Tokyo-to`, `Hyogo Prefecture`) or as
/// its code (`13`, `01`, `1`, `JP-13`). `value` is folded and in lower case.
pub(super) fn find(value: &str) -> Option<Region> {
    let code = value.strip_prefix("jp-").unwrap_or(value);
    if (1..=2).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return region_of(code.parse().ok()?);
    }
    let romaji = plain_romaji(value);
    NAMES.iter().position(|name| is_called(name, value, &romaji)).and_then(|index| region_of(index + 1))
}

fn is_called(name: &Name, value: &str, romaji: &str) -> bool {
    let (kanji, ending, hiragana, latin) = *name;
    if value == hiragana || value.strip_prefix(kanji).is_some_and(|rest| rest.is_empty() || rest == ending) {
        return true;
    }
    let latin_ending = match ending {
        "都" => "to",
        "府" => "fu",
        "県" => "ken",
        _ => "",
    };
    romaji
        .strip_prefix(latin)
        .is_some_and(|rest| rest.is_empty() || rest == latin_ending || rest == "prefecture" || rest == "pref")
        || (latin == "gunma"
            && romaji.starts_with("gumma")
            && is_called(name, value, &romaji.replacen("mm", "nm", 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefecture_is_found_by_each_of_its_names() {
        for (index, (kanji, ending, hiragana, latin)) in NAMES.into_iter().enumerate() {
            let expected = region_of(index + 1);
            let code = index + 1;
            let names = [
                kanji.to_owned(),
                format!("{kanji}{ending}"),
                hiragana.to_owned(),
                latin.to_owned(),
                format!("{latin} prefecture"),
                format!("{code}"),
                format!("{code:02}"),
                format!("jp-{code:02}"),
            ];
            for name in names {
                assert_eq!(find(&name), expected, "{name}");
            }
        }
    }

    #[test]
    fn endings_and_long_vowels() {
        for (written, expected) in [
            ("京都府", Region::Kinki),
            ("kyoto-fu", Region::Kinki),
            ("tokyo-to", Region::Kanto),
            ("tōkyō", Region::Kanto),
            ("toukyou", Region::Kanto),
            ("hyougo-ken", Region::Kinki),
            ("ooita", Region::Kyushu),
            ("gumma", Region::Kanto),
            ("mie", Region::Kinki),
        ] {
            assert_eq!(find(written), Some(expected), "{written}");
        }
        for written in ["東京県", "京", "東京都港区", "kyo", "tokyo-ken", "0", "48", "013", "神奈"]
        {
            assert_eq!(find(written), None, "{written}");
        }
    }
}
