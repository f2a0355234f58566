//! The fixed fields of a VCF line.

use super::record::{
    Asked, FormatPlan, Genotypes, Parsed, Record, Row, allele, find_contig, shown, unknown_contig,
};
use crate::error::{Error, Result};
use crate::region::{from_printed, locus};
use crate::text;

/// Longest line that is read, in bytes: a record of a million people with rich FORMAT stays below.
pub(crate) const LINE_LIMIT: usize = 512 << 20;

/// Parses lines of one file; remembers the last contig and FORMAT.
#[derive(Default)]
pub(crate) struct LineParser {
    contig: usize,
    format: Vec<u8>,
    plan: Option<FormatPlan>,
}

/// The first nine fields and the offset of what follows.
struct Fields<'a> {
    fixed: [&'a [u8]; 9],
    found: usize,
    /// The sample columns in the line.
    rest: std::ops::Range<usize>,
}

fn fields(line: &[u8]) -> Fields<'_> {
    let mut fields = Fields { fixed: [&[]; 9], found: 0, rest: line.len()..line.len() };
    let mut start = 0;
    while fields.found < 9 && start <= line.len() {
        let end = memchr::memchr(b'\t', &line[start..]).map_or(line.len(), |n| start + n);
        fields.fixed[fields.found] = &line[start..end];
        fields.found += 1;
        start = end + 1;
    }
    fields.rest.start = start.min(line.len());
    fields
}

impl LineParser {
    /// Parses one line (no newline). `base` is where the line begins in its buffer.
    pub(crate) fn parse(&mut self, line: &[u8], base: usize, asked: &Asked<'_>) -> Result<Row> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let fields = fields(line);
        if fields.found < 8 {
            return Err(Error::input(text!(
                "a line with fewer than 8 tab-separated fields; the file is damaged, write it again",
                "タブ区切りの項目が8個未満の行があります。ファイルが破損しています。書き出し直してください"
            )));
        }
        let name = fields.fixed[0];
        let contig =
            find_contig(asked.contigs, name, &mut self.contig).ok_or_else(|| unknown_contig(&shown(name)))?;
        let name = String::from_utf8_lossy(name);
        let pos = position(fields.fixed[1]).map_err(|e| e.at(&name, ""))?;
        let Some(pos) = pos else { return Ok(Row { contig, pos: 0, parsed: Parsed::Skipped }) };
        let parsed = self.record(&fields, (contig, pos, base), asked);
        Ok(Row { contig, pos, parsed: parsed.map_err(|e| e.at(locus(&name, pos), ""))? })
    }

    fn record(
        &mut self,
        fields: &Fields<'_>,
        (contig, pos, base): (u32, u64, usize),
        asked: &Asked<'_>,
    ) -> Result<Parsed> {
        let [_, _, _, reference, alts, _, filter, _, format] = fields.fixed;
        if !asked.wants(contig, pos, pos + reference.len().max(1) as u64) {
            return Ok(Parsed::Skipped);
        }
        let filter = filter_text(filter)?;
        let filtered = !asked.admits(&filter);
        if filtered && !asked.without_rows {
            return Ok(Parsed::Skipped);
        }
        let mut alleles = vec![allele(reference, true)?];
        for alt in alts.split(|&b| b == b',').filter(|alt| *alt != b".") {
            alleles.push(allele(alt, false)?);
        }
        if !asked.has_rows(&alleles)? && !asked.without_rows {
            return Ok(Parsed::Skipped);
        }
        if fields.found < 9 {
            return Ok(Parsed::WithoutGenotypes);
        }
        if self.plan.is_none() || self.format != format {
            self.plan = plan(format, asked.adj)?;
            self.format = format.to_vec();
        }
        let Some(format) = self.plan else { return Ok(Parsed::WithoutGenotypes) };
        let columns = base + fields.rest.start..base + fields.rest.end;
        Ok(Parsed::Kept(Record {
            contig,
            pos,
            alleles,
            filter,
            filtered,
            genotypes: Genotypes::Vcf { columns, format },
        }))
    }
}

/// POS as a 0-based position; `None` for the telomere position 0.
fn position(field: &[u8]) -> Result<Option<u64>> {
    let number = std::str::from_utf8(field).ok().and_then(|s| s.parse::<u64>().ok()).filter(|&p| p < 1 << 40);
    let Some(number) = number else {
        let shown = shown(field);
        return Err(Error::input(text!(
            "POS `{shown}` is not a position; the line is damaged, write the file again",
            "POS `{shown}` は位置として読めません。行が破損しています。ファイルを書き出し直してください"
        )));
    };
    Ok(from_printed(number))
}

fn filter_text(field: &[u8]) -> Result<Box<str>> {
    match std::str::from_utf8(field) {
        Ok(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text.into()),
        _ => Err(Error::input(text!(
            "FILTER is empty or not text; write PASS, `.` or names joined by `;`",
            "FILTER が空か文字列ではありません。PASS、`.`、または `;` で区切った名前にしてください"
        ))),
    }
}

/// Where the judging subfields stand in FORMAT; `None` without GT.
fn plan(format: &[u8], adj: bool) -> Result<Option<FormatPlan>> {
    let find = |key: &[u8]| format.split(|&b| b == b':').position(|k| k == key);
    match find(b"GT") {
        None => return Ok(None),
        Some(0) => {}
        Some(_) => return Err(gt_not_first()),
    }
    let mut plan = FormatPlan { ft: find(b"FT"), ..FormatPlan::default() };
    if adj {
        (plan.gq, plan.dp, plan.ad) = (find(b"GQ"), find(b"DP"), find(b"AD"));
        if plan.gq.is_none() || plan.dp.is_none() || plan.ad.is_none() {
            return Err(no_adj());
        }
    }
    Ok(Some(plan))
}

/// A record that has genotypes, but not where VCF wants them.
pub(crate) fn gt_not_first() -> Error {
    Error::input(text!(
        "GT is not the first key of FORMAT, as VCF demands; re-export the record",
        "FORMAT の先頭が GT ではありません (VCF の仕様では先頭です)。レコードを書き出し直してください"
    ))
}

/// `--adj` on a record that lacks what it judges by.
pub(crate) fn no_adj() -> Error {
    Error::input(text!(
        "--adj needs GQ, DP and AD in FORMAT, and this record lacks one of them; leave --adj out",
        "--adj には FORMAT の GQ・DP・AD が必要ですが、このレコードには足りません。--adj を外してください"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Row> {
        let contigs = [("chr1".to_owned(), 0)];
        let wanted = [vec![(0, 1000)]];
        let asked = Asked {
            samples: 2,
            contigs: &contigs,
            wanted: &wanted,
            include_filtered: false,
            without_rows: false,
            structural: false,
            adj: false,
        };
        LineParser::default().parse(line.as_bytes(), 0, &asked)
    }

    fn kept(line: &str) -> Option<Record> {
        match parse(line).unwrap().parsed {
            Parsed::Kept(record) => Some(record),
            Parsed::Skipped | Parsed::WithoutGenotypes => None,
        }
    }

    #[test]
    fn fixed_fields() {
        let line = "chr1\t5\t.\ta\tC,*\t.\tPASS\t.\tGT:FT\t0/0\t0/1\r";
        let record = kept(line).unwrap();
        assert_eq!((record.pos, record.alleles.len(), &*record.alleles[0]), (4, 3, "A"));
        let Genotypes::Vcf { columns, format } = record.genotypes else { panic!() };
        assert_eq!(&line[columns], "0/0\t0/1");
        assert_eq!(format.ft, Some(1));
    }

    #[test]
    fn what_is_skipped() {
        for line in [
            "chr1\t5000\t.\tA\tC\t.\tPASS\t.\tGT\t0/0\t0/1",
            "chr1\t5\t.\tA\tC\t.\tq10\t.\tGT\t0/0\t0/1",
            "chr1\t5\t.\tA\t.\t.\tPASS\t.\tGT\t0/0\t0/0",
            "chr1\t5\t.\tA\t<NON_REF>\t.\t.\t.\tGT\t0/0\t0/0",
            "chr1\t5\t.\tA\t<DEL>\t.\t.\t.\tGT\t0/0\t0/1",
            "chr1\t5\t.\tA\tC\t.\t.\t.\tDP\t1\t2",
            "chr1\t5\t.\tA\tC\t.\t.\t.",
        ] {
            assert!(kept(line).is_none(), "{line}");
        }
    }

    #[test]
    fn alleles_beyond_what_a_call_can_name() {
        let alts = |n: usize| (0..n).map(|i| format!("<D{i}>")).collect::<Vec<_>>().join(",");
        let line = |n: usize| format!("chr1\t5\t.\tA\t{}\t.\tPASS\t.\tGT\t0/0\t0/1", alts(n));
        assert!(parse(&line(65_533)).is_ok());
        assert_eq!(parse(&line(65_534)).err().unwrap().place(), "chr1:5");
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (line, place) in [
            ("chr1\t5\t.\tA\tC D\t.\tPASS\t.\tGT\t0/0\t0/1", "chr1:5"),
            ("chr1\tx\t.\tA\tC\t.\tPASS\t.\tGT\t0/0\t0/1", "chr1"),
            ("chr1\t5", ""),
            ("chr1\t5\t.\tA\tC\t.\tPASS\t.\tDP:GT\t1:0/0\t1:0/1", "chr1:5"),
            ("chr1\t5\t.\tA\tC,G,c\t.\tPASS\t.\tGT\t0/0\t0/1", "chr1:5"),
            ("chr1\t5\t.\tA\tC,a\t.\tPASS\t.\tGT\t0/0\t0/1", "chr1:5"),
            ("chr9\t5\t.\tA\tC\t.\tPASS\t.\tGT\t0/0\t0/1", ""),
        ] {
            assert_eq!(parse(line).err().unwrap().place(), place, "{line}");
        }
    }
}
