//! The columns of the sample table and the names by which they go.

use super::RegionKind;
use super::spelling::key;

/// A column that the sample table may have.
///
/// Names are compared without regard to case, width, spaces, `_`, `-` and brackets.
///
/// | Column | Also |
/// |---|---|
/// | `sample_id` | `sample`, `sample_name`, `IID`, 検体ID, 検体番号, サンプルID, サンプル名, 試料ID |
/// | `subject_id` | `subject`, `individual_id`, `participant_id`, `patient_id`, 被験者ID, 対象者ID, 研究対象者ID, 参加者ID, 個人ID, 患者ID |
/// | `sex` | `gender`, 性別 |
/// | `age` | 年齢, 年齢（歳） |
/// | `age10` | `age_bracket`, `age_group`, `age_range`, 年代, 年齢階級, 年齢層, 年齢区分 |
/// | `region` | `prefecture`, 地域, 地方, 都道府県; `residence`, 居住地, 居住地域, 居住都道府県 (kind: residence); `birthplace`, 出生地, 出生都道府県 (kind: birth) |
/// | `region_kind` | 地域種別, 地域の種別 |
/// | `icd10` | `icd10_code`, `icd10_codes`, ICD10コード |
/// | `disease_name` | `disease`, 病名, 疾患名, 傷病名 |
/// | `data_site` | データ拠点, データサイト |
/// | `provider` | 提供機関, 提供元 |
/// | `dataset` | データセット, データセット名 |
/// | `origin` | 由来, データ由来 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// `sample_id`, the only one required.
    SampleId,
    /// `subject_id`
    SubjectId,
    /// `sex`
    Sex,
    /// `age`, exact
    Age,
    /// `age10`
    Age10,
    /// `region`
    Region,
    /// `region_kind`
    RegionKind,
    /// `icd10`
    Icd10,
    /// `disease_name`
    DiseaseName,
    /// `data_site`
    DataSite,
    /// `provider`
    Provider,
    /// `dataset`
    Dataset,
    /// `origin`
    Origin,
}

/// Names under which each column goes, in the form that [`key`] gives them; the first is the column's own.
const NAMES: [(Column, &[&str]); 13] = [
    (
        Column::SampleId,
        &[
            "sampleid",
            "sample",
            "samplename",
            "iid",
            "検体id",
            "検体番号",
            "サンプルid",
            "サンプル名",
            "試料id",
        ],
    ),
    (
        Column::SubjectId,
        &[
            "subjectid",
            "subject",
            "individualid",
            "participantid",
            "patientid",
            "被験者id",
            "対象者id",
            "研究対象者id",
            "参加者id",
            "個人id",
            "患者id",
        ],
    ),
    (Column::Sex, &["sex", "gender", "性別"]),
    (Column::Age, &["age", "年齢", "年齢歳"]),
    (
        Column::Age10,
        &["age10", "agebracket", "agegroup", "agerange", "年代", "年齢階級", "年齢層", "年齢区分"],
    ),
    (
        Column::Region,
        &[
            "region",
            "prefecture",
            "地域",
            "地方",
            "都道府県",
            "residence",
            "居住地",
            "居住地域",
            "居住都道府県",
            "birthplace",
            "出生地",
            "出生都道府県",
        ],
    ),
    (Column::RegionKind, &["regionkind", "地域種別", "地域の種別"]),
    (Column::Icd10, &["icd10", "icd10code", "icd10codes", "icd10コード"]),
    (Column::DiseaseName, &["diseasename", "disease", "病名", "疾患名", "傷病名"]),
    (Column::DataSite, &["datasite", "データ拠点", "データサイト"]),
    (Column::Provider, &["provider", "提供機関", "提供元"]),
    (Column::Dataset, &["dataset", "データセット", "データセット名"]),
    (Column::Origin, &["origin", "由来", "データ由来"]),
];

impl Column {
    /// Every known column.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(column, _)| *column)
    }

    /// The column's own name in the sample table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SampleId => "sample_id",
            Self::SubjectId => "subject_id",
            Self::Sex => "sex",
            Self::Age => "age",
            Self::Age10 => "age10",
            Self::Region => "region",
            Self::RegionKind => "region_kind",
            Self::Icd10 => "icd10",
            Self::DiseaseName => "disease_name",
            Self::DataSite => "data_site",
            Self::Provider => "provider",
            Self::Dataset => "dataset",
            Self::Origin => "origin",
        }
    }

    /// The column that goes by this name, in any of its spellings.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let key = key(name);
        NAMES.iter().find(|(_, names)| names.contains(&key.as_str())).map(|(column, _)| *column)
    }
}

/// The kind of region that a column name states.
pub(super) fn implied_kind(name: &str) -> Option<RegionKind> {
    match key(name).as_str() {
        "residence" | "居住地" | "居住地域" | "居住都道府県" => Some(RegionKind::Residence),
        "birthplace" | "出生地" | "出生都道府県" => Some(RegionKind::Birth),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_belongs_to_one_column_and_is_in_the_form_that_is_compared() {
        let mut seen = BTreeSet::new();
        for (column, names) in NAMES {
            assert_eq!(Column::named(column.name()), Some(column));
            for name in names {
                assert_eq!(key(name), *name);
                assert!(seen.insert(*name), "{name}");
            }
        }
    }

    #[test]
    fn spellings_of_names() {
        for (name, column) in [
            ("Sample ID", Column::SampleId),
            ("ＳＡＭＰＬＥ＿ＩＤ", Column::SampleId),
            ("検体ＩＤ", Column::SampleId),
            ("年齢（歳）", Column::Age),
            ("ICD-10", Column::Icd10),
            ("出生地", Column::Region),
        ] {
            assert_eq!(Column::named(name), Some(column), "{name}");
        }
        assert_eq!(Column::named("喫煙"), None);
    }
}
