//! The sample table: who is in the cohort, and what is known about each person.
//!
//! A table is TSV or CSV with one header line. Whatever can be read without guessing is read (Japanese headers,
//! full-width digits, CP932 from Excel); everything else is a problem with its line, and all problems are reported at
//! once. Exact ages are bracketed on reading and forgotten.

mod age;
mod agree;
mod cells;
mod column;
mod complaint;
mod decode;
mod delimited;
mod icd10;
mod layout;
mod list;
mod nearest;
mod origin;
mod prefecture;
mod region;
mod row;
mod sex;
mod spelling;

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::{Error, Problems, Text};
use crate::text;

pub use age::AgeBracket;
pub use column::Column;
pub use icd10::Icd10;
pub use list::read_list;
pub use origin::Origin;
pub use region::{Region, RegionKind};
pub use row::SampleRow;
pub use sex::Sex;

pub(crate) use icd10::normalize as normalize_icd10;
pub(crate) use nearest::nearest;
pub(crate) use spelling::{fold, key};

use complaint::Complaints;
use delimited::{Record, Records};
use layout::Layout;
use row::Rows;

/// A sample table that has been read. It may be used only if reading it added nothing to the problems.
#[derive(Clone, Debug)]
pub struct SampleTable {
    /// One row per sample, in the order of the file.
    pub rows: Vec<SampleRow>,
    /// The known columns that the table has.
    pub columns: BTreeSet<Column>,
    /// Every further column, as the header calls it (in ASCII width, spaces made single); [`SampleRow::extra`] has the same order.
    pub extra_columns: Vec<String>,
    /// False when there is no subject column, so that every sample counts as a person (`unit: sample`).
    pub subject_column: bool,
    /// True when every line became a row, so that a sample that is not in [`Self::rows`] is not in the table.
    pub whole: bool,
    /// What the user should know though nothing is wrong: encoding, skipped lines, doubtful column names.
    pub notes: Vec<Text>,
    /// BLAKE3 of the file's bytes, in hexadecimal.
    pub digest: String,
}

impl SampleTable {
    /// Reads the table at `path`. None when there is nothing to look at: unreadable file, encoding or header.
    pub fn read(path: &Path, problems: &mut Problems) -> Option<Self> {
        let bytes = problems.keep(std::fs::read(path).map_err(|source| Error::io(path, &source)))?;
        Self::parse(&bytes, &path.display().to_string(), problems)
    }

    /// Reads the table from `bytes`; `place` stands in front of every message.
    pub fn parse(bytes: &[u8], place: &str, problems: &mut Problems) -> Option<Self> {
        let decoded = problems.keep(decode::decode(bytes).map_err(|error| error.at(place, "")))?;
        let mut notes: Vec<Text> = decoded.note.into_iter().collect();
        let mut complaints = Complaints::new(place, problems);
        let (records, unsplit) = read_records(&decoded.text, &mut complaints, &mut notes);
        let Some((header, body)) = records.split_first() else {
            complaints.whole_file(text!(
                "the sample table is empty; expected a header line with sample_id",
                "検体表が空です。1行目に sample_id を含む見出し行が必要です"
            ));
            complaints.finish();
            return None;
        };
        let layout = Layout::read(header, body, &mut complaints, &mut notes)?;
        let lines = body.len() + unsplit;
        let mut reader = Rows::new(&layout);
        let mut rows = Vec::with_capacity(body.len());
        rows.extend(body.iter().filter_map(|record| reader.read(record, &mut complaints)));
        if body.is_empty() {
            complaints.whole_file(text!(
                "the sample table has a header but no sample; add a line per sample",
                "検体表に見出し行しかありません。検体を1行に1つずつ加えてください"
            ));
        }
        agree::check(&rows, &layout, &mut complaints);
        complaints.finish();
        Some(Self {
            whole: rows.len() == lines,
            rows,
            columns: layout.columns(),
            subject_column: layout.has(Column::SubjectId),
            extra_columns: layout.extra_names(),
            notes,
            digest: blake3::hash(bytes).to_hex().to_string(),
        })
    }
}

/// Every record that is not empty, and the number of those that cannot be split: these are problems and are left out.
fn read_records<'t>(
    text: &'t str,
    complaints: &mut Complaints<'_>,
    notes: &mut Vec<Text>,
) -> (Vec<Record<'t>>, usize) {
    let (mut records, mut unsplit) = (Vec::new(), 0);
    let mut empty_line = None;
    for record in Records::new(text) {
        match record {
            Ok(record) if record.is_empty() => empty_line = empty_line.or(Some(record.line)),
            Ok(record) => records.push(record),
            Err(fault) => {
                unsplit += 1;
                complaints.line(fault.line, fault.text);
            }
        }
    }
    if let Some(line) = empty_line {
        notes.push(text!(
            "empty lines were skipped, the first is line {line}",
            "空行を読み飛ばしました（最初は{line}行目）"
        ));
    }
    (records, unsplit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/samples")).join(name)
    }

    fn read(name: &str) -> (SampleTable, Problems) {
        let mut problems = Problems::default();
        let table = SampleTable::read(&fixture(name), &mut problems).unwrap();
        (table, problems)
    }

    fn parse(text: &str) -> (Option<SampleTable>, Vec<String>) {
        let mut problems = Problems::default();
        let table = SampleTable::parse(text.as_bytes(), "t.tsv", &mut problems);
        (table, problems.list().iter().map(ToString::to_string).collect())
    }

    /// Everything a row says, without the line.
    fn content(table: &SampleTable) -> Vec<String> {
        table.rows.iter().map(|row| format!("{:?}", SampleRow { line: 0, ..row.clone() })).collect()
    }

    #[test]
    fn a_good_table() {
        let (table, problems) = read("good.tsv");
        assert!(problems.is_empty(), "{problems}");
        assert!(table.notes.is_empty() && table.subject_column);
        assert_eq!(table.extra_columns, ["tissue"]);
        assert_eq!(table.rows.len(), 5);
        assert_eq!(table.rows[1].extra, ["肝臓"]);
        assert_eq!(table.rows[3].disease_name, "いわゆる\"不明熱\"");
        assert_eq!(table.rows[4].origin, Origin::Uploaded);
        assert_eq!(table.rows[2].icd10, Icd10::Codes(Vec::new()));
        assert_eq!(table.rows[3].icd10, Icd10::NotAssessed);
    }

    #[test]
    fn what_excel_saves_says_the_same() {
        let (good, _) = read("good.tsv");
        for (name, notes) in [("excel_cp932.csv", 1), ("excel_unicode.txt", 0)] {
            let (table, problems) = read(name);
            assert!(problems.is_empty(), "{name}: {problems}");
            assert_eq!(content(&table), content(&good), "{name}");
            assert_eq!(table.notes.len(), notes, "{name}");
            assert_eq!(table.columns, good.columns);
            assert_ne!(table.digest, good.digest);
        }
    }

    #[test]
    fn every_mistake_is_reported_at_its_place_in_one_pass() {
        let (_, problems) = read("broken.tsv");
        let places: Vec<&str> = problems
            .list()
            .iter()
            .filter_map(|error| error.place().split_once("broken.tsv: ").map(|(_, inner)| inner))
            .collect();
        let expected = [
            "line 15",
            "line 2, column sample_id",
            "line 3, column subject_id",
            "line 4, column sex",
            "line 5, column age10",
            "line 6, column region",
            "line 7, column region_kind",
            "line 8, column icd10",
            "line 9, column origin",
            "line 10, column age",
            "line 11, column age10",
            "line 14",
            "line 12, column sample_id",
            "line 13, column sex",
        ];
        assert_eq!(places, expected, "{problems}");
    }

    #[test]
    fn a_mistake_that_repeats_is_reported_on_every_line() {
        let (table, problems) = parse("sample_id\tsex\nA\tF\nB\tX\nC\tF\nD\tX\n");
        let places: Vec<&str> = problems.iter().filter_map(|p| p.split(", ").next()).collect();
        assert_eq!(places, ["t.tsv: line 3", "t.tsv: line 5"]);
        let sexes: Vec<Option<Sex>> = table.unwrap().rows.iter().map(|row| row.sex).collect();
        assert_eq!(sexes, [Some(Sex::Female), None, Some(Sex::Female), None]);
    }

    #[test]
    fn without_subjects_every_sample_is_one() {
        let (table, problems) = parse("Sample ID,SEX\nA,F\nB,M\n");
        let table = table.unwrap();
        assert!(problems.is_empty() && !table.subject_column);
        assert_eq!(&*table.rows[1].subject_id, "B");
        assert_eq!(table.rows[1].line, 3);
    }

    #[test]
    fn headers_that_cannot_be_used() {
        for (text, part) in [
            ("", "is empty"),
            ("\n\n", "is empty"),
            ("sample_id\tsex\n", "no sample"),
            ("samples\tsex\nA\tF\n", "found `samples`, `sex`"),
            ("sample_id\tsex\t性別\nA\tF\tM\n", "`sex` and `性別` mean the same"),
            ("sample_id\t居住地\t出生地\nA\t関東\t関東\n", "`居住地` and `出生地` mean the same"),
            ("sample_id\t\nA\tF\n", "column 2 has values (line 2) but no name"),
        ] {
            let (_, problems) = parse(text);
            assert!(problems.len() == 1 && problems[0].contains(part), "{text}: {problems:?}");
        }
    }

    #[test]
    fn what_spreadsheets_leave_behind_is_passed_over() {
        let (table, problems) = parse("#sample_id,sex,\r\nA,F,\r\n,,\r\n\r\nB,M,\r\n");
        assert!(problems.is_empty(), "{problems:?}");
        let table = table.unwrap();
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.rows[1].line, 5);
        assert_eq!(table.notes[0].en, "empty lines were skipped, the first is line 3");
    }

    #[test]
    fn the_header_of_a_region_may_say_its_kind() {
        let (table, problems) = parse("検体ID\t出生地\nA\t沖縄県\nB\t中国\n");
        assert_eq!(table.unwrap().rows[0].region_kind, Some(RegionKind::Birth));
        assert!(problems.len() == 1 && problems[0].contains("t.tsv: line 3, column 出生地"), "{problems:?}");
        let (_, problems) = parse("検体ID\t居住地\tregion_kind\nA\t中国\tbirth\n");
        assert!(
            problems.iter().any(|problem| problem.contains("header of the region column")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_misspelt_column_is_pointed_out() {
        let (table, problems) = parse("sample_id\torgin\nA\tuploaded\n");
        assert!(problems.is_empty());
        assert!(table.unwrap().notes[0].en.ends_with("did you mean origin?"));
    }

    #[test]
    fn lists() {
        let mut problems = Problems::default();
        let ids = read_list(&fixture("withdrawn.txt"), &mut problems).unwrap();
        assert!(problems.is_empty());
        assert_eq!(ids, [("S003".to_owned(), 3), ("S004".to_owned(), 5)]);
        assert!(read_list(&fixture("absent.txt"), &mut problems).is_none());
        assert!(problems.list()[0].place().ends_with("absent.txt"));
    }
}
