//! How values may be written: width, case, dashes, words for "unknown".

/// Full-width ASCII to ASCII, surrounding space removed. Everything else stays.
pub(crate) fn fold(written: &str) -> String {
    let folded: String = written.chars().map(fold_char).collect();
    folded.trim().to_owned()
}

/// The form in which column names are compared: folded, lower case, without spaces, `_`, `-`, `.` and brackets.
pub(crate) fn key(name: &str) -> String {
    fold(name)
        .chars()
        .filter(|c| !c.is_whitespace() && !"_-.()[]".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Every dash, tilde and long-vowel mark as `-`.
pub(super) fn plain_dashes(folded: &str) -> String {
    folded
        .chars()
        .map(|c| match c {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | 'ｰ' | '~' | '〜' => '-',
            other => other,
        })
        .collect()
}

/// True for an empty value and the words that mean the same; `value` is folded and in lower case.
pub(super) fn is_unknown(value: &str) -> bool {
    matches!(value, "" | "unknown" | "不明" | "na" | "n/a")
}

fn fold_char(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_separators() {
        assert_eq!(fold("　Ｅ１１．９　"), "E11.9");
        assert_eq!(key("Sample ID"), key("sample_id"));
        assert_eq!(key("年齢（歳）"), "年齢歳");
        assert_eq!(plain_dashes("60〜69–ー"), "60-69--");
    }
}
