//! One line of the sample table.

use crate::error::Text;
use crate::text;

use super::column::Column;
use super::complaint::Complaints;
use super::delimited::Record;
use super::layout::Layout;
use super::{AgeBracket, Icd10, Origin, Region, RegionKind, Sex, fold};

/// What the sample table says about one sample.
#[derive(Clone, Debug)]
pub struct SampleRow {
    /// The sample's name in the genotype files, as written but for surrounding space.
    pub sample_id: String,
    /// The person; the sample id where the table has no subject column.
    pub subject_id: String,
    /// None when unknown.
    pub sex: Option<Sex>,
    /// None when unknown.
    pub age10: Option<AgeBracket>,
    /// None when unknown.
    pub region: Option<Region>,
    /// Whether `region` is where the person lives or was born; None when the table does not say.
    pub region_kind: Option<RegionKind>,
    /// Diagnoses.
    pub icd10: Icd10,
    /// Free text, empty when unknown.
    pub disease_name: String,
    /// Name of the data site that stores the sample, empty when not given.
    pub data_site: String,
    /// The institution that provided the sample, empty when not given.
    pub provider: String,
    /// The dataset, empty when not given.
    pub dataset: String,
    /// Whether the sample belongs to the platform or was uploaded by the user.
    pub origin: Origin,
    /// The values of [`SampleTable::extra_columns`](super::SampleTable::extra_columns), in that order.
    pub extra: Vec<String>,
    /// 1-based line of the file on which the row begins.
    pub line: usize,
}

/// Reads one record. None when it cannot be a sample at all; a value that cannot be read is a problem and is left
/// unknown here, so that the rest of the row is still checked.
pub(super) fn read_row(
    record: &Record,
    layout: &Layout,
    complaints: &mut Complaints<'_>,
) -> Option<SampleRow> {
    let (found, expected) = (record.fields.len(), layout.width);
    if found != expected {
        complaints.line(
            record.line,
            text!(
                "{found} fields, but the header has {expected}; quote values that contain the separator",
                "列の数が{found}個ですが、見出し行は{expected}個です。区切り文字を含む値は引用符で囲んでください"
            ),
        );
        return None;
    }
    let mut cells = Cells { record, layout, complaints };
    let sample_id = cells.id(Column::SampleId);
    let subject_id =
        if layout.has(Column::SubjectId) { cells.id(Column::SubjectId) } else { sample_id.clone() };
    let region_kind = cells.region_kind();
    let row = SampleRow {
        sample_id: sample_id.clone().unwrap_or_default(),
        subject_id: subject_id.clone().unwrap_or_default(),
        sex: cells.value(Column::Sex, Sex::parse),
        age10: cells.age10(),
        region: cells.region(region_kind),
        region_kind,
        icd10: cells.value(Column::Icd10, Icd10::parse),
        disease_name: cells.text(Column::DiseaseName).to_owned(),
        data_site: cells.text(Column::DataSite).to_owned(),
        provider: cells.text(Column::Provider).to_owned(),
        dataset: cells.text(Column::Dataset).to_owned(),
        origin: cells.value(Column::Origin, Origin::parse),
        extra: layout.extra.iter().map(|slot| record.fields[slot.index].trim().to_owned()).collect(),
        line: record.line,
    };
    (sample_id.is_some() && subject_id.is_some()).then_some(row)
}

/// The fields of one record, by column.
struct Cells<'a, 'p> {
    record: &'a Record,
    layout: &'a Layout,
    complaints: &'a mut Complaints<'p>,
}

impl<'a> Cells<'a, '_> {
    /// The trimmed field, empty when the table has no such column.
    fn text(&self, column: Column) -> &'a str {
        self.layout.index(column).map_or("", |index| self.record.fields[index].trim())
    }

    /// An id, which must not be empty.
    fn id(&mut self, column: Column) -> Option<String> {
        let id = self.text(column);
        if id.is_empty() {
            self.complain(
                column,
                text!("the id is empty; every row needs one", "IDが空欄です。すべての行に必要です"),
            );
            return None;
        }
        Some(id.to_owned())
    }

    /// A value with its own grammar; unknown (the default) after a problem.
    fn value<T: Default>(&mut self, column: Column, parse: fn(&str) -> Result<T, Text>) -> T {
        parse(self.text(column)).unwrap_or_else(|text| {
            self.complain(column, text);
            T::default()
        })
    }

    /// The bracket from `age`, `age10` or both, which must then agree.
    fn age10(&mut self) -> Option<AgeBracket> {
        let exact = self.value(Column::Age, AgeBracket::parse_age);
        let bracket = self.value(Column::Age10, AgeBracket::parse_bracket);
        if let (Some(exact), Some(bracket)) = (exact, bracket)
            && exact != bracket
        {
            let (exact, bracket) = (exact.label(), bracket.label());
            self.complain(
                Column::Age10,
                text!(
                    "age10 says {bracket}, but the age of the same row lies in {exact}; correct one",
                    "年代は {bracket} ですが、同じ行の年齢は {exact} に入ります。どちらかを直してください"
                ),
            );
        }
        bracket.or(exact)
    }

    /// The kind of region, from its own column or from a header such as 出生地; both must agree.
    fn region_kind(&mut self) -> Option<RegionKind> {
        let written = self.value(Column::RegionKind, RegionKind::parse);
        let implied = self.layout.implied_kind;
        if let (Some(written), Some(implied)) = (written, implied)
            && written != implied
        {
            let (written, implied) = (written.token(), implied.token());
            self.complain(
                Column::RegionKind,
                text!(
                    "the row says {written}, but the header of the region column says {implied}; correct one",
                    "この行は {written} ですが、地域の列の見出しは {implied} を表しています。どちらかを直してください"
                ),
            );
        }
        written.or(implied)
    }

    /// The region. 中国 is the Chugoku region, but as a place of birth it may be the country: not guessed.
    fn region(&mut self, kind: Option<RegionKind>) -> Option<Region> {
        let region = self.value(Column::Region, Region::parse);
        if kind == Some(RegionKind::Birth) && fold(self.text(Column::Region)) == "中国" {
            self.complain(
                Column::Region,
                text!(
                    "`中国` as a place of birth may be the Chugoku region or China; write chugoku or 中国地方, or leave it empty",
                    "出生地の「中国」は中国地方か国名か判別できません。chugoku または 中国地方 と書くか、空欄にしてください"
                ),
            );
            return None;
        }
        region
    }

    fn complain(&mut self, column: Column, text: Text) {
        self.complaints.cell(self.record.line, self.layout.title(column), text);
    }
}
