//! Bytes to text: UTF-8 with or without BOM, UTF-16 with BOM, CP932.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, SHIFT_JIS, UTF_16BE, UTF_16LE};

use crate::error::{Error, Result, Text};
use crate::text;

/// A text, and what the user should know about how it was decoded.
#[derive(Debug)]
pub(super) struct Decoded<'b> {
    pub(super) text: Cow<'b, str>,
    pub(super) note: Option<Text>,
}

/// Decodes a whole file. Nothing is replaced: an invalid byte is a problem that names its offset.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>> {
    refuse_other_files(bytes)?;
    let (text, note) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (utf8(rest, 3)?.into(), None),
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, UTF_16LE)?.into(), None),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, UTF_16BE)?.into(), None),
        _ => utf8_or_cp932(bytes)?,
    };
    if text.contains('\0') {
        return Err(Error::input(text!(
            "NUL bytes: this is UTF-16 without byte order mark, or not text; save as UTF-8",
            "NULバイトを含んでいます。BOMのないUTF-16か、テキストではありません。UTF-8で保存してください"
        )));
    }
    Ok(Decoded { text, note })
}

fn utf8(bytes: &[u8], skipped: usize) -> Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let offset = skipped + error.valid_up_to();
            Err(Error::input(text!(
                "begins as UTF-8 but is not at byte {offset}; save as UTF-8 again",
                "UTF-8のBOMがありますが、{offset}バイト目がUTF-8ではありません。UTF-8で保存し直してください"
            )))
        }
    }
}

fn utf16(bytes: &[u8], encoding: &'static Encoding) -> Result<String> {
    strict(bytes, encoding).map_err(|offset| {
        let offset = offset + 2;
        Error::input(text!(
            "begins as UTF-16 but is not at byte {offset}; save as UTF-8",
            "UTF-16のBOMがありますが、{offset}バイト目がUTF-16ではありません。UTF-8で保存してください"
        ))
    })
}

fn utf8_or_cp932(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<Text>)> {
    let utf8_offset = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((text.into(), None)),
        Err(error) => error.valid_up_to(),
    };
    if is_damaged_utf8(bytes) {
        return Err(Error::input(text!(
            "mostly UTF-8, but not at byte {utf8_offset}; the file is damaged, save it again",
            "ほぼUTF-8ですが、{utf8_offset}バイト目が壊れています。ファイルを保存し直してください"
        )));
    }
    match strict(bytes, SHIFT_JIS) {
        Ok(text) => Ok((
            text.into(),
            Some(text!(
                "the sample table is read as CP932 (Shift_JIS), because it is not UTF-8",
                "検体表はUTF-8ではないため、CP932（Shift_JIS）として読みました"
            )),
        )),
        Err(cp932_offset) => Err(Error::input(text!(
            "neither UTF-8 (byte {utf8_offset}) nor CP932 (byte {cp932_offset}); save as UTF-8",
            "UTF-8（{utf8_offset}バイト目）でもCP932（{cp932_offset}バイト目）でもありません。UTF-8で保存してください"
        ))),
    }
}

/// True when characters that only UTF-8 writes in three bytes or more outnumber the invalid places. CP932 hardly ever
/// looks so, while damaged UTF-8 often decodes as CP932 into other words.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| c.len_utf8() >= 3).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > invalid
}

/// Decodes without replacing anything, or gives the offset (0-based) of the first invalid byte.
fn strict(bytes: &[u8], encoding: &'static Encoding) -> Result<String, usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(
        decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(0_usize)?,
    );
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(length, after), read) => {
            Err(read.saturating_sub(usize::from(length) + usize::from(after)))
        }
        (DecoderResult::OutputFull, read) => Err(read),
    }
}

/// A workbook or a compressed file would give nonsense further on: say what it is.
fn refuse_other_files(bytes: &[u8]) -> Result<()> {
    match bytes {
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(Error::input(text!(
            "this is an Excel workbook or an archive; save the sheet as CSV UTF-8",
            "Excelブックまたは圧縮ファイルです。シートを「CSV UTF-8」で保存してください"
        ))),
        [b'#', b'#', ..] => Err(Error::input(text!(
            "this begins like a VCF file (##), not like a sample table; name the table of samples",
            "「##」で始まっており、検体表ではなく VCF ファイルのようです。検体表を指定してください"
        ))),
        [0x1F, 0x8B, ..] => Err(Error::input(text!(
            "this is a compressed file; decompress it first",
            "圧縮されています。先に展開してください"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        decode(bytes).unwrap().text.into_owned()
    }

    #[test]
    fn encodings_of_the_same_word() {
        assert_eq!(text_of("性別".as_bytes()), "性別");
        assert_eq!(text_of("\u{FEFF}性別".as_bytes()), "性別");
        assert_eq!(text_of(b"\xFF\xFE\x27\x60\x25\x52"), "性別");
        assert_eq!(text_of(b"\xFE\xFF\x60\x27\x52\x25"), "性別");
        assert_eq!(text_of(b"\x90\xAB\x95\xCA"), "性別");
    }

    #[test]
    fn only_cp932_leaves_a_note() {
        assert!(decode("性別".as_bytes()).unwrap().note.is_none());
        assert!(decode(b"\x90\xAB\x95\xCA").unwrap().note.is_some());
    }

    #[test]
    fn invalid_bytes_are_named_by_offset() {
        let message = decode(b"abc\x90\xFF").unwrap_err().to_string();
        assert!(message.contains("UTF-8 (byte 3) nor CP932 (byte 3)"), "{message}");
        let message = decode(b"\xEF\xBB\xBFab\xFF").unwrap_err().to_string();
        assert!(message.contains("byte 5"), "{message}");
        let message = decode(b"\xFF\xFEa\0\0\xD8b\0").unwrap_err().to_string();
        assert!(message.contains("byte 4"), "{message}");
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_cp932() {
        let mut bytes = "検体ID,性別,病名\nA,女,肝臓\n".as_bytes().to_vec();
        bytes.remove(20);
        let message = decode(&bytes).unwrap_err().to_string();
        assert!(message.starts_with("mostly UTF-8"), "{message}");
    }

    #[test]
    fn other_files_are_recognised() {
        for bytes in [&b"PK\x03\x04rest"[..], b"\x1F\x8B\x08", b"a\0b\0"] {
            assert!(decode(bytes).is_err());
        }
    }
}
