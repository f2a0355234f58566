//! What the header of a VCF or BCF file tells: samples, contigs, filters, and BCF's dictionaries.
//!
//! Read by ourselves and leniently: real cohorts carry header lines that strict parsers refuse (missing `Number`,
//! commas in descriptions, no `##contig` at all), and of all lines only a handful matter here.

use crate::error::{Error, Result};
use crate::text;

/// A header, as far as counting needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Sample columns, in order.
    pub(crate) samples: Vec<String>,
    /// `##contig` lines: name and length, in order.
    pub(crate) contigs: Vec<(String, Option<u64>)>,
    /// `##FILTER` names.
    pub(crate) filters: Vec<String>,
    /// BCF's string dictionary: FILTER, INFO and FORMAT names by index.
    pub(crate) strings: Vec<String>,
    /// BCF's contig dictionary: names by index.
    pub(crate) contig_index: Vec<String>,
}

/// One `##KEY=<…>` line's ID, length and IDX.
struct Entry<'a> {
    id: &'a str,
    length: Option<u64>,
    idx: Option<usize>,
}

/// Splits `<ID=…,Description="a, b",…>`; quotes protect commas.
fn entry(value: &str) -> Option<Entry<'_>> {
    let inner = value.strip_prefix('<')?.trim_end().strip_suffix('>')?;
    let mut entry = Entry { id: "", length: None, idx: None };
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    let mut fields = Vec::new();
    for (i, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                fields.push(&inner[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    fields.push(&inner[start..]);
    for (key, value) in fields.iter().filter_map(|f| f.split_once('=')) {
        match key {
            "ID" => entry.id = value,
            "length" => entry.length = value.parse().ok(),
            "IDX" => entry.idx = value.parse().ok(),
            _ => {}
        }
    }
    (!entry.id.is_empty()).then_some(entry)
}

/// Puts a name at its IDX, or at the end when it has none and is new.
fn place(list: &mut Vec<String>, name: &str, idx: Option<usize>) {
    match idx {
        Some(idx) if idx < 1 << 20 => {
            if list.len() <= idx {
                list.resize(idx + 1, String::new());
            }
            name.clone_into(&mut list[idx]);
        }
        Some(_) => {}
        None if list.iter().any(|n| n == name) => {}
        None => list.push(name.to_owned()),
    }
}

impl Header {
    /// Parses header text that ends with the `#CHROM` line.
    pub(crate) fn parse(source: &[u8]) -> Result<Self> {
        let source = String::from_utf8_lossy(source);
        let mut header = Header { strings: vec!["PASS".to_owned()], ..Header::default() };
        let mut columns = None;
        for (number, line) in source.lines().enumerate() {
            if let Some(meta) = line.strip_prefix("##") {
                header.meta(meta);
            } else if line.starts_with("#CHROM") {
                columns = Some((number + 1, line));
                break;
            }
        }
        let Some((number, line)) = columns else {
            return Err(Error::input(text!(
                "no `#CHROM` header line; this is not a VCF file, name another",
                "`#CHROM` の見出し行がありません。VCF ファイルではないようです。ファイルを確認してください"
            )));
        };
        header.columns(line).map_err(|e| e.on(text!("line {number}", "{number}行目")))?;
        Ok(header)
    }

    fn meta(&mut self, meta: &str) {
        let Some((key, value)) = meta.split_once('=') else { return };
        let Some(entry) = entry(value) else { return };
        match key {
            "contig" => {
                place(&mut self.contig_index, entry.id, entry.idx);
                if !self.contigs.iter().any(|(name, _)| name == entry.id) {
                    self.contigs.push((entry.id.to_owned(), entry.length));
                }
            }
            "FILTER" | "INFO" | "FORMAT" => {
                place(&mut self.strings, entry.id, entry.idx);
                if key == "FILTER" && entry.id != "PASS" && !self.filters.iter().any(|f| f == entry.id) {
                    self.filters.push(entry.id.to_owned());
                }
            }
            _ => {}
        }
    }

    fn columns(&mut self, line: &str) -> Result<()> {
        const FIXED: [&str; 8] = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"];
        let mut fields = line.trim_end_matches('\r').split('\t');
        for expected in FIXED {
            let found = fields.next().unwrap_or("nothing");
            if found != expected {
                return Err(Error::input(text!(
                    "the header line has `{found}` where `{expected}` is expected; columns are separated by tabs",
                    "見出し行で `{expected}` があるべき位置に `{found}` があります。列はタブで区切ってください"
                )));
            }
        }
        match fields.next() {
            Some("FORMAT") => self.samples = fields.map(str::to_owned).collect(),
            Some(other) => {
                return Err(Error::input(text!(
                    "the header line has `{other}` where `FORMAT` is expected; FORMAT stands before the samples",
                    "見出し行で `FORMAT` があるべき位置に `{other}` があります。検体列の前に FORMAT 列が必要です"
                )));
            }
            None => {}
        }
        let mut sorted: Vec<&String> = self.samples.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = pair[0];
            return Err(Error::input(text!(
                "sample `{name}` has two columns in one file; rename or drop one (bcftools reheader -s)",
                "検体「{name}」の列が同じファイルに2つあります。どちらかの名前を変えるか、除いてください（bcftools reheader -s）"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_headers_are_read() {
        let text = "##fileformat=VCFv4.1\n##FILTER=<ID=q10,Description=\"a, \\\"b\\\" > c\">\n##contig=<ID=20>\n\
                    ##contig=<ID=X,assembly=b37,length=155270560>\n##FORMAT=<ID=GT>\n##odd\n\
                    #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n";
        let header = Header::parse(text.as_bytes()).unwrap();
        assert_eq!(header.samples, ["a", "b"]);
        assert_eq!(header.contigs, [("20".to_owned(), None), ("X".to_owned(), Some(155_270_560))]);
        assert_eq!(header.filters, ["q10"]);
        assert_eq!(header.strings, ["PASS", "q10", "GT"]);
    }

    #[test]
    fn doubled_samples_and_missing_tabs_are_refused() {
        let fixed = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";
        assert!(Header::parse(format!("{fixed}\ta\ta\n").as_bytes()).is_err());
        assert!(Header::parse(fixed.replace('\t', " ").as_bytes()).is_err());
        assert!(Header::parse(b"hello\n").is_err());
    }
}
