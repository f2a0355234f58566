//! One line of the sample table.

use std::sync::Arc;

use crate::error::Text;
use crate::text;

use super::cells::Cells;
use super::column::Column;
use super::complaint::Complaints;
use super::delimited::Record;
use super::layout::Layout;
use super::{AgeBracket, Icd10, Origin, Region, RegionKind, Sex, fold};

/// What the sample table says about one sample.
#[derive(Clone, Debug)]
pub struct SampleRow {
    /// The sample's name in the genotype files, as written but for surrounding space.
    pub sample_id: Arc<str>,
    /// The person; the sample id where the table has no subject column.
    pub subject_id: Arc<str>,
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

/// Reads the records of one table.
pub(super) struct Rows<'t> {
    layout: &'t Layout,
    sex: Cells<'t, Option<Sex>>,
    age: Cells<'t, Option<AgeBracket>>,
    age10: Cells<'t, Option<AgeBracket>>,
    region: Cells<'t, Option<Region>>,
    region_kind: Cells<'t, Option<RegionKind>>,
    icd10: Cells<'t, Icd10>,
    origin: Cells<'t, Origin>,
}

impl<'t> Rows<'t> {
    /// Nothing read yet.
    pub(super) fn new(layout: &'t Layout) -> Self {
        Self {
            layout,
            sex: Cells::new(Column::Sex, layout, Sex::parse),
            age: Cells::new(Column::Age, layout, AgeBracket::parse_age),
            age10: Cells::new(Column::Age10, layout, AgeBracket::parse_bracket),
            region: Cells::new(Column::Region, layout, Region::parse),
            region_kind: Cells::new(Column::RegionKind, layout, RegionKind::parse),
            icd10: Cells::new(Column::Icd10, layout, Icd10::parse),
            origin: Cells::new(Column::Origin, layout, Origin::parse),
        }
    }

    /// Reads one record. None when it cannot be a sample at all; a value that cannot be read is a problem and is left
    /// unknown here, so that the rest of the row is still checked.
    pub(super) fn read(
        &mut self,
        record: &'t Record<'t>,
        complaints: &mut Complaints<'_>,
    ) -> Option<SampleRow> {
        let (found, expected) = (record.fields.len(), self.layout.width);
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
        let layout = self.layout;
        let mut row = Row { record, layout, complaints };
        let sample_id = row.id(Column::SampleId);
        let subject_id =
            if layout.has(Column::SubjectId) { row.id(Column::SubjectId) } else { sample_id.clone() };
        let named = sample_id.is_some() && subject_id.is_some();
        let region_kind = row.region_kind(&mut self.region_kind);
        let read = SampleRow {
            sample_id: sample_id.unwrap_or_default(),
            subject_id: subject_id.unwrap_or_default(),
            sex: row.value(&mut self.sex),
            age10: row.age10(&mut self.age, &mut self.age10),
            region: row.region(&mut self.region, region_kind),
            region_kind,
            icd10: row.value(&mut self.icd10),
            disease_name: row.text(Column::DiseaseName).to_owned(),
            data_site: row.text(Column::DataSite).to_owned(),
            provider: row.text(Column::Provider).to_owned(),
            dataset: row.text(Column::Dataset).to_owned(),
            origin: row.value(&mut self.origin),
            extra: layout.extra.iter().map(|slot| record.fields[slot.index].trim().to_owned()).collect(),
            line: record.line,
        };
        named.then_some(read)
    }
}

/// One record while it is read.
struct Row<'t, 'c, 'p> {
    record: &'t Record<'t>,
    layout: &'t Layout,
    complaints: &'c mut Complaints<'p>,
}

impl<'t> Row<'t, '_, '_> {
    /// The trimmed field, empty when the table has no such column.
    fn text(&self, column: Column) -> &'t str {
        self.layout.index(column).map_or("", |index| self.record.fields[index].trim())
    }

    /// An id, which must not be empty.
    fn id(&mut self, column: Column) -> Option<Arc<str>> {
        let id = self.text(column);
        if id.is_empty() {
            self.complain(
                column,
                text!("the id is empty; every row needs one", "IDが空欄です。すべての行に必要です"),
            );
            return None;
        }
        Some(id.into())
    }

    /// A value with its own grammar; unknown (the default) after a problem.
    fn value<T: Clone + Default>(&mut self, cells: &mut Cells<'t, T>) -> T {
        cells.read(self.record).unwrap_or_else(|text| {
            self.complain(cells.column, text);
            T::default()
        })
    }

    /// The bracket from `age`, `age10` or both, which must then agree.
    fn age10(
        &mut self,
        exact: &mut Cells<'t, Option<AgeBracket>>,
        bracket: &mut Cells<'t, Option<AgeBracket>>,
    ) -> Option<AgeBracket> {
        let (exact, bracket) = (self.value(exact), self.value(bracket));
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
    fn region_kind(&mut self, cells: &mut Cells<'t, Option<RegionKind>>) -> Option<RegionKind> {
        let written = self.value(cells);
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
    fn region(&mut self, cells: &mut Cells<'t, Option<Region>>, kind: Option<RegionKind>) -> Option<Region> {
        let region = self.value(cells);
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
