//! The fixed fields of a BCF2 record (VCF specification §6.3).

use std::ops::Range;

use super::header::Header;
use super::record::{Asked, Genotypes, Parsed, Record, Row, Vector, allele, find_contig, unknown_contig};
use super::vcf::{LINE_LIMIT, gt_not_first, no_adj};
use crate::error::{Error, Result};
use crate::region::locus;
use crate::text;

/// Length of the record that begins `bytes`, lengths included; `None` when more bytes are needed to know.
pub(crate) fn record_length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(&[a, b, c, d, e, f, g, h]) = bytes.first_chunk::<8>() else { return Ok(None) };
    let length = u32::from_le_bytes([a, b, c, d]) as usize + u32::from_le_bytes([e, f, g, h]) as usize;
    if !(24..=LINE_LIMIT).contains(&length) {
        return Err(damaged("a record claims an impossible length", "レコードの長さがあり得ない値です"));
    }
    Ok(Some(length + 8))
}

fn damaged(en: &str, ja: &str) -> Error {
    Error::input(text!(
        "damaged BCF record: {en}; write the file again (bcftools view -Ob)",
        "BCF レコードが破損しています（{ja}）。ファイルを書き出し直してください（bcftools view -Ob）"
    ))
}

/// Walks typed values in a buffer.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let end = self
            .at
            .checked_add(n)
            .filter(|&e| e <= self.end)
            .ok_or_else(|| damaged("it ends too early", "途中で終わっています"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// Type and count of a typed value.
    fn descriptor(&mut self) -> Result<(u8, usize)> {
        let byte = self.take(1)?[0];
        let (kind, mut count) = (byte & 15, usize::from(byte >> 4));
        if count == 15 {
            let length = self.take(1)?[0];
            if length >> 4 != 1 {
                return Err(damaged("a length is not one number", "長さが1つの数値ではありません"));
            }
            count = usize::try_from(self.integer(length & 15)?)
                .map_err(|_| damaged("a length is negative", "長さが負の値です"))?;
        }
        Ok((kind, count))
    }

    fn integer(&mut self, kind: u8) -> Result<i64> {
        if !matches!(kind, 1..=3) {
            return Err(damaged("a whole number is expected", "整数であるべき値が整数ではありません"));
        }
        let b = self.take(width(kind)?)?;
        Ok(match b {
            [a] => i64::from(i8::from_le_bytes([*a])),
            [a, b] => i64::from(i16::from_le_bytes([*a, *b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([*a, *b, *c, *d])),
            _ => return Err(damaged("a number of unknown width", "数値の幅が不明です")),
        })
    }

    fn typed_bytes(&mut self) -> Result<&'a [u8]> {
        let (kind, count) = self.descriptor()?;
        if count > 0 && kind != 7 {
            return Err(damaged("text is expected", "文字列であるべき値が文字列ではありません"));
        }
        self.take(count)
    }

    fn typed_integers(&mut self) -> Result<Vec<i64>> {
        let (kind, count) = self.descriptor()?;
        (0..count).map(|_| self.integer(kind)).collect()
    }
}

/// Bytes per value of a type.
fn width(kind: u8) -> Result<usize> {
    match kind {
        1 | 7 => Ok(1),
        2 => Ok(2),
        3 | 5 => Ok(4),
        _ => Err(damaged("a value of unknown type", "値の型が不明です")),
    }
}

/// Parses the record in `range` of `bytes`.
pub(crate) fn parse(bytes: &[u8], range: Range<usize>, header: &Header, asked: &Asked<'_>) -> Result<Row> {
    let mut cursor = Cursor { bytes, at: range.start, end: range.end };
    let shared = cursor.u32()? as usize;
    let _individual = cursor.u32()?;
    let start = cursor.at;
    let chrom = cursor.u32()? as usize;
    let pos = i64::from(cursor.u32()?.cast_signed());
    let name = header.contig_index.get(chrom).map(String::as_str).filter(|n| !n.is_empty());
    let Some(name) = name else {
        return Err(damaged("its contig is not in the header", "contig がヘッダーにありません"));
    };
    let contig = find_contig(asked.contigs, name.as_bytes(), &mut 0).ok_or_else(|| unknown_contig(name))?;
    let pos = match u64::try_from(pos) {
        Ok(pos) => pos,
        // The telomere, which VCF writes as position 0.
        Err(_) if pos == -1 => return Ok(Row { contig, pos: 0, parsed: Parsed::Skipped }),
        Err(_) => return Err(damaged("its position is negative", "位置が負の値です").at(name, "")),
    };
    let body = Body { header, asked, shared_end: start + shared, contig, pos };
    let parsed = body.parse(&mut cursor).map_err(|e| e.at(locus(name, pos), ""))?;
    Ok(Row { contig, pos, parsed })
}

struct Body<'a> {
    header: &'a Header,
    asked: &'a Asked<'a>,
    shared_end: usize,
    contig: u32,
    pos: u64,
}

impl Body<'_> {
    fn parse(&self, cursor: &mut Cursor<'_>) -> Result<Parsed> {
        // rlen and QUAL: the span that counts is that of REF, as in VCF.
        cursor.take(8)?;
        let alleles = cursor.u32()? >> 16;
        let counts = cursor.u32()?;
        let (formats, samples) = (counts >> 24, (counts & 0xff_ffff) as usize);
        let _id = cursor.typed_bytes()?;
        let raw: Vec<&[u8]> = (0..alleles).map(|_| cursor.typed_bytes()).collect::<Result<_>>()?;
        let covered = raw.first().map_or(1, |r| r.len().max(1) as u64);
        if !self.asked.wants(self.contig, self.pos, self.pos + covered) {
            return Ok(Parsed::Skipped);
        }
        let filter = self.filter(&cursor.typed_integers()?)?;
        let filtered = !self.asked.admits(&filter);
        if (filtered && !self.asked.without_rows) || raw.is_empty() {
            return Ok(Parsed::Skipped);
        }
        let alleles: Vec<Box<str>> =
            raw.iter().enumerate().map(|(i, a)| allele(a, i == 0)).collect::<Result<_>>()?;
        if !self.asked.has_rows(&alleles)? && !self.asked.without_rows {
            return Ok(Parsed::Skipped);
        }
        if !(cursor.at..=cursor.end).contains(&self.shared_end) {
            return Err(damaged("its two lengths contradict each other", "2つの長さが矛盾しています"));
        }
        cursor.at = self.shared_end;
        let genotypes = self.genotypes(cursor, formats, samples)?;
        Ok(genotypes.map_or(Parsed::WithoutGenotypes, |genotypes| {
            Parsed::Kept(Record { contig: self.contig, pos: self.pos, alleles, filter, filtered, genotypes })
        }))
    }

    fn filter(&self, ids: &[i64]) -> Result<Box<str>> {
        if ids.is_empty() {
            return Ok(".".into());
        }
        let names: Option<Vec<&str>> = ids
            .iter()
            .map(|&id| self.header.strings.get(usize::try_from(id).ok()?).map(String::as_str))
            .collect();
        names.map(|n| n.join(";").into_boxed_str()).ok_or_else(|| {
            damaged("a FILTER that the header does not name", "ヘッダーにない FILTER があります")
        })
    }

    /// Finds GT and the judging fields among the vectors of the samples.
    fn genotypes(&self, cursor: &mut Cursor<'_>, formats: u32, samples: usize) -> Result<Option<Genotypes>> {
        if formats > 0 && samples != self.asked.samples {
            return Err(Error::input(text!(
                "the record has another number of sample columns than the header; write the file again (bcftools view -Ob)",
                "レコードの検体列の数がヘッダーと一致しません。ファイルを書き出し直してください（bcftools view -Ob）"
            )));
        }
        let mut found: [Option<Vector>; 5] = [const { None }; 5];
        for number in 0..formats {
            let (kind, _) = cursor.descriptor()?;
            let key = usize::try_from(cursor.integer(kind)?).ok().and_then(|k| self.header.strings.get(k));
            let key = key.ok_or_else(|| {
                damaged(
                    "a FORMAT field that the header does not name",
                    "ヘッダーにない FORMAT 項目があります",
                )
            })?;
            let (kind, per_sample) = cursor.descriptor()?;
            let length = match per_sample {
                0 => Some(0),
                n => (samples * width(kind)?).checked_mul(n),
            };
            let length = length.ok_or_else(|| {
                damaged("a vector of impossible length", "ベクトルの長さがあり得ない値です")
            })?;
            let start = cursor.at;
            cursor.take(length)?;
            let slot = ["GT", "GQ", "DP", "AD", "FT"].iter().position(|k| k == key);
            if slot == Some(0) && number > 0 {
                return Err(gt_not_first());
            }
            if let Some(slot) = slot {
                found[slot] = Some(Vector { bytes: start..start + length, kind, per_sample });
            }
        }
        if cursor.at != cursor.end {
            return Err(damaged("bytes are left over", "余分なバイトがあります"));
        }
        let [gt, gq, dp, ad, ft] = found;
        let Some(gt) = gt.filter(|gt| gt.per_sample > 0) else { return Ok(None) };
        if !matches!(gt.kind, 1..=3) {
            return Err(damaged("GT is not a vector of integers", "GT が整数ではありません"));
        }
        if !self.asked.adj {
            return Ok(Some(Genotypes::Bcf { gt, gq: None, dp: None, ad: None, ft }));
        }
        if gq.is_none() || dp.is_none() || ad.is_none() {
            return Err(no_adj());
        }
        Ok(Some(Genotypes::Bcf { gt, gq, dp, ad, ft }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Lang;

    /// A record of one sample at chr1:8 with REF A, ALT C, GT 0/1; `gt` stands for the descriptor of GT and its values.
    fn record(gt: &[u8]) -> Vec<u8> {
        let word = |n: u32| n.to_le_bytes();
        let mut shared = Vec::new();
        for n in [0, 7, 1, 0x7f80_0001, 2 << 16, (1 << 24) | 1] {
            shared.extend(word(n));
        }
        shared.extend([0x07, 0x17, b'A', 0x17, b'C', 0x11, 0]);
        let mut individual = vec![0x11, 1];
        individual.extend(gt);
        let lengths = [shared.len(), individual.len()].map(|n| word(u32::try_from(n).unwrap()));
        [lengths.concat(), shared, individual].concat()
    }

    fn parsed(bytes: &[u8]) -> Result<Row> {
        let header = Header {
            samples: vec!["a".to_owned()],
            strings: vec!["PASS".to_owned(), "GT".to_owned()],
            contig_index: vec!["chr1".to_owned()],
            ..Header::default()
        };
        let (contigs, wanted) = ([("chr1".to_owned(), 0)], [vec![(0, 1000)]]);
        let asked = Asked {
            without_rows: false,
            samples: 1,
            contigs: &contigs,
            wanted: &wanted,
            include_filtered: false,
            structural: false,
            adj: false,
        };
        parse(bytes, 0..bytes.len(), &header, &asked)
    }

    fn says(bytes: &[u8], part: &str) {
        let error = parsed(bytes).err().unwrap();
        assert!(error.message(Lang::En).contains(part), "{error}");
    }

    #[test]
    fn a_record() {
        let row = parsed(&record(&[0x21, 2, 4])).unwrap();
        assert!(row.pos == 7 && matches!(row.parsed, Parsed::Kept(_)));
    }

    #[test]
    fn lengths_that_cannot_be() {
        says(&record(&[0xf1; 1 << 20]), "a length is not one number");
        says(&record(&[0xf1, 0x13, 0xff, 0xff, 0xff, 0x7f]), "it ends too early");
        says(&record(&[0xf1, 0x11, 0x80]), "a length is negative");
        says(&record(&[0x21, 2]), "it ends too early");
        says(&record(&[0x21, 2, 4, 0]), "bytes are left over");
        says(&record(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0]), "GT is not a vector of integers");
        for (at, byte, part) in
            [(0, 24, "contradict"), (0, 200, "contradict"), (15, 0x80, "position is negative")]
        {
            let mut bytes = record(&[0x21, 2, 4]);
            bytes[at] = byte;
            says(&bytes, part);
        }
    }
}
