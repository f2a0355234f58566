//! The table as a VCF without samples, in BGZF, with its index: for bcftools, tabix, IGV, VEP and their like.
//!
//! Numbers are INFO fields; a missing number is a missing field. Fractions have six significant digits, which is what
//! the 32-bit floats of these programs hold.

mod index;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use noodles_bgzf::VirtualPosition;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;

use self::index::Index;
use super::bgzf::{Deflater, END, FULL};
use super::{Column, Finished, NOTE, OutFile, Value, field, integer, place};
use crate::error::{Error, Result};
use crate::region;
use crate::suppress::{ReleasedRow, TableHeader};
use crate::text;

/// `freq.vcf.gz` and `freq.vcf.gz.tbi` (`.csi` when a contig is longer than 512 Mb).
pub(super) struct VcfFile {
    dir: PathBuf,
    path: PathBuf,
    out: OutFile,
    /// Bytes written so far.
    offset: u64,
    index: Index,
}

/// The records of a batch of rows as blocks.
pub(super) struct Blocks {
    bytes: Vec<u8>,
    records: Vec<Place>,
}

/// Where a record is: in the genome, and in the blocks of its batch (block offset and offset inside).
struct Place {
    contig: usize,
    pos: u64,
    /// Bases of REF.
    length: usize,
    start: (usize, usize),
    end: (usize, usize),
}

impl VcfFile {
    /// Creates the file and writes its header.
    pub(super) fn create(dir: &Path, header: &TableHeader, columns: &[Column]) -> Result<Self> {
        let text = lines_of(header, columns)?;
        let out = OutFile::create(dir, "freq.vcf.gz")?;
        let (path, index) = (out.path.clone(), Index::new(header.contigs()));
        let mut file = Self { dir: dir.to_owned(), path, out, offset: 0, index };
        let (bytes, _) = Deflater::new().blocks(text.as_bytes())?;
        file.put(&bytes)?;
        Ok(file)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|e| Error::io(&self.path, &e))
    }

    /// Appends the records of a batch.
    pub(super) fn take(&mut self, header: &TableHeader, blocks: &Blocks) -> Result<()> {
        for place in &blocks.records {
            let position = |(block, inside): (usize, usize)| {
                let inside = u16::try_from(inside).unwrap_or(u16::MAX);
                VirtualPosition::try_from((self.offset + block as u64, inside)).map_err(|e| e.to_string())
            };
            let name = header.contigs()[place.contig].name.as_str();
            let chunk = position(place.start).and_then(|s| Ok(Chunk::new(s, position(place.end)?)));
            chunk.and_then(|chunk| self.index.add(name, place, chunk)).map_err(|e| {
                Error::input(text!(
                    "the record cannot be indexed: {e}",
                    "レコードをインデックスに登録できません: {e}"
                ))
                .at(self.path.display(), region::locus(name, place.pos))
            })?;
        }
        self.put(&blocks.bytes)
    }

    pub(super) fn finish(mut self) -> Result<Vec<Finished>> {
        self.put(&END)?;
        let index = self.index.write(&self.dir)?;
        Ok(vec![self.out.finish()?, index])
    }
}

/// The records of a batch of rows, which begins a block.
pub(super) fn encode(
    header: &TableHeader,
    columns: &[Column],
    rows: &[ReleasedRow],
    deflater: &mut Deflater,
) -> Result<Blocks> {
    let (mut text, mut ends) = (String::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        line(header, columns, row, &mut text)?;
        ends.push(text.len());
    }
    let (bytes, starts) = deflater.blocks(text.as_bytes())?;
    // What ends with a block is where the next begins, but for the last.
    let place = |at: usize| match starts.get(at / FULL) {
        Some(&block) => (block, at % FULL),
        None => (starts.last().copied().unwrap_or(0), FULL),
    };
    let begins = std::iter::once(0).chain(ends.iter().copied());
    let record = |((row, start), &end): ((&ReleasedRow, usize), &usize)| Place {
        contig: row.contig(),
        pos: row.pos(),
        length: row.reference().len(),
        start: place(start),
        end: place(end),
    };
    let records = rows.iter().zip(begins).zip(&ends).map(record).collect();
    Ok(Blocks { bytes, records })
}

/// Appends the line of a row.
fn line(header: &TableHeader, columns: &[Column], row: &ReleasedRow, line: &mut String) -> Result<()> {
    let text = |text| field(text, header, row);
    let contig = text(&header.contigs()[row.contig()].name)?;
    let pos = region::printed(row.pos());
    let (reference, alternate, filter) =
        (text(row.reference())?, text(row.alternate())?, text(row.filter())?);
    // Writing to a string cannot fail.
    let _ = write!(line, "{contig}\t{pos}\t.\t{reference}\t{alternate}\t.\t{filter}\t");
    let start = line.len();
    for column in columns {
        let Some(value) = column.of(header, row) else { continue };
        if line.len() > start {
            line.push(';');
        }
        line.push_str(&column.name);
        line.push('=');
        match value {
            Value::Count(n) => {
                let n = integer(n).map_err(|e| e.at(place(header, row), &column.name))?;
                let _ = write!(line, "{n}");
            }
            Value::Real(x) => push_general(line, x),
        }
    }
    line.push_str(if line.len() > start { "\n" } else { ".\n" });
    Ok(())
}

/// The header of the VCF.
fn lines_of(header: &TableHeader, columns: &[Column]) -> Result<String> {
    let mut lines = String::from("##fileformat=VCFv4.3\n");
    // Writing to a string cannot fail.
    let _ = writeln!(lines, "##source=shukei {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(lines, "##shukei_note={NOTE}");
    for (key, value) in header.description() {
        let _ = writeln!(lines, "##shukei_{}={}", token(key), plain(value));
    }
    for contig in header.contigs() {
        let id = identifier(&contig.name)?;
        let _ = match contig.length {
            Some(length) => writeln!(lines, "##contig=<ID={id},length={length}>"),
            None => writeln!(lines, "##contig=<ID={id}>"),
        };
    }
    lines.push_str("##FILTER=<ID=PASS,Description=\"All filters passed\">\n");
    for name in header.filters().iter().filter(|name| !matches!(name.as_str(), "PASS" | ".")) {
        let id = identifier(name)?;
        let _ = writeln!(lines, "##FILTER=<ID={id},Description=\"Filter of the input\">");
    }
    for column in columns {
        let kind = if column.is_count() { "Integer" } else { "Float" };
        let (number, description) = (column.vcf_number(), quoted(&column.description));
        let name = &column.name;
        let _ =
            writeln!(lines, "##INFO=<ID={name},Number={number},Type={kind},Description=\"{description}\">");
    }
    lines.push_str("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n");
    Ok(lines)
}

/// The name of a contig or filter, which cannot be escaped in a header line.
fn identifier(name: &str) -> Result<&str> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "<>,\"".contains(c);
    if !name.is_empty() && !name.contains(bad) {
        return Ok(name);
    }
    Err(Error::input(text!(
        "`{name}` cannot be the ID of a VCF header line: it is empty or contains white space, `<`, `>`, `,` or `\"`",
        "`{name}` は VCF ヘッダー行の ID にできません: 空であるか、空白、`<`、`>`、`,`、`\"` のいずれかを含みます"
    )))
}

/// A key of a header line: letters, digits, `_`, `.` and `-`; anything else becomes `_`.
fn token(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

/// A value of a header line on its own: control characters, `%` and a leading `<` are percent-encoded (VCF 4.3, 1.2).
fn plain(value: &str) -> String {
    let encode = |(at, c): (usize, char)| match c {
        '\0'..='\x1f' | '\x7f' | '%' => format!("%{:02X}", u32::from(c)),
        '<' if at == 0 => "%3C".to_owned(),
        _ => c.to_string(),
    };
    value.char_indices().map(encode).collect()
}

/// A value between quotation marks.
fn quoted(value: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => " ".to_owned(),
        _ => c.to_string(),
    };
    value.chars().map(escape).collect()
}

/// Appends a finite number as `%g` of C prints it: six significant digits, no trailing zeros.
fn push_general(line: &mut String, value: f64) {
    if !push_fraction(line, value) {
        push_any(line, value);
    }
}

/// [`push_general`] for what most numbers of a table are, fractions from 1e-4 on; false, and nothing appended, where it is not
/// certain how the sixth digit is rounded.
fn push_fraction(line: &mut String, value: f64) -> bool {
    // Zeros behind the point, and what makes the first six digits a whole number.
    let (zeros, scale) = match value {
        0.1..1.0 => (0, 1e6),
        0.01..0.1 => (1, 1e7),
        0.001..0.01 => (2, 1e8),
        1e-4..0.001 => (3, 1e9),
        _ => return false,
    };
    // Below 1e6 the product is off by less than 1e-9.
    let scaled = value * scale;
    let (whole, rest) = (scaled.floor(), scaled.fract());
    let rounded = if rest > 0.5 { whole + 1.0 } else { whole };
    if (rest - 0.5).abs() < 1e-6 || !(100_000.0..1e6).contains(&whole) || rounded >= 1e6 {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "six digits")]
    let mut digits = rounded as u32;
    let mut text = *b"0.000000000";
    let mut end = 2 + zeros + 6;
    for place in text[2 + zeros..end].iter_mut().rev() {
        *place = b'0' + u8::try_from(digits % 10).unwrap_or_default();
        digits /= 10;
    }
    while text[end - 1] == b'0' {
        end -= 1;
    }
    line.extend(text[..end].iter().map(|&byte| char::from(byte)));
    true
}

/// [`push_general`], by the formatting of the standard library.
fn push_any(line: &mut String, value: f64) {
    const DIGITS: i32 = 6;
    let start = line.len();
    // Writing to a string cannot fail.
    let _ = write!(line, "{value:.5e}");
    let Some((mantissa, exponent)) = line[start..].split_once('e') else { return };
    let Ok(exponent) = exponent.parse::<i32>() else { return };
    if (-4..DIGITS).contains(&exponent) {
        line.truncate(start);
        let _ = write!(line, "{value:.*}", usize::try_from(DIGITS - 1 - exponent).unwrap_or(0));
        if line[start..].contains('.') {
            line.truncate(line.trim_end_matches('0').trim_end_matches('.').len());
        }
    } else {
        let kept = mantissa.trim_end_matches('0').trim_end_matches('.').len();
        line.truncate(start + kept);
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(line, "e{sign}{:02}", exponent.unsigned_abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_like_those_of_c() {
        let printed = |value: f64| {
            let mut line = String::from("100");
            push_general(&mut line, value);
            line[3..].to_owned()
        };
        let whole = [0.0, 1.0, 10.0, 100_000.0, 999_999.5, 1_000_000.0].map(printed);
        assert_eq!(whole.join(" "), "0 1 10 100000 1e+06 1e+06");
        let fractions =
            [0.5, 1.0 / 81.0, 1e-4, 1e-5, 0.000_099_999_99, 0.999_999_9, -0.012_345_678].map(printed);
        assert_eq!(fractions.join(" "), "0.5 0.0123457 0.0001 1e-05 0.0001 1 -0.0123457");
        let ties_and_tiny = [1.0 / 512.0, 3.0 / 512.0, 1.234_567_89e-12, 5e-324].map(printed);
        assert_eq!(ties_and_tiny.join(" "), "0.00195312 0.00585938 1.23457e-12 4.94066e-324");
    }

    #[test]
    fn fractions_are_printed_alike_the_fast_way() {
        let both = |value: f64| {
            let (mut fast, mut plain) = (String::new(), String::new());
            let certain = push_fraction(&mut fast, value);
            push_any(&mut plain, value);
            assert!(!certain || fast == plain, "{value:e}: {fast} {plain}");
            certain
        };
        let mut certain = 0;
        for an in [2, 3, 20, 77, 1_000, 9_999, 20_000, 46_422] {
            certain += (0..=an.min(3_000)).filter(|ac| both(f64::from(*ac) / f64::from(an))).count();
        }
        assert!(certain > 10_000, "most are certain: {certain}");
        for value in [0.1, 0.01, 0.001, 1e-4, 0.5, 0.123_456_5, 0.099_999_95, 0.999_999_5, 0.010_000_05] {
            both(value);
            both(f64::from_bits(value.to_bits() - 1));
            both(f64::from_bits(value.to_bits() + 1));
        }
    }

    #[test]
    fn header_texts_are_escaped() {
        assert_eq!(token("policy hash/1"), "policy_hash_1");
        assert_eq!(plain("<a>\n5 %"), "%3Ca>%0A5 %25");
        assert_eq!(quoted("region=関東 \"x\\y\"\n"), "region=関東 \\\"x\\\\y\\\" ");
        assert!(identifier("HLA-A*01:01").is_ok());
        assert!(["", "a b", "a,b", "<a>"].iter().all(|name| identifier(name).is_err()));
    }
}
