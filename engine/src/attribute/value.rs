//! What a row says of an attribute, before it is named.

use crate::subject::{AgeBracket, Region, SampleRow, Sex};

use super::{Attribute, Level, Term, token, tree};

/// One of the values of an attribute. Whoever has the same value has the same levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value<'a> {
    Unknown,
    Sex(Sex),
    Age10(AgeBracket),
    Region(Region),
    /// Assessed, with or without the disease.
    Icd10 {
        code: &'a str,
        has: bool,
    },
    /// As the table has it, which may be another spelling of unknown.
    Written(&'a str),
}

impl<'a> Value<'a> {
    /// The value of a row.
    pub(super) fn of(term: &'a Term, row: &'a SampleRow) -> Self {
        let value = match &term.attribute {
            Attribute::Sex => row.sex.map(Self::Sex),
            Attribute::Age10 => row.age10.map(Self::Age10),
            Attribute::Region => row.region.map(Self::Region),
            Attribute::Icd10(code) => row.icd10.has(code).map(|has| Self::Icd10 { code, has }),
            Attribute::DiseaseName => Some(Self::Written(&row.disease_name)),
            Attribute::DataSite => Some(Self::Written(&row.data_site)),
            Attribute::Provider => Some(Self::Written(&row.provider)),
            Attribute::Dataset => Some(Self::Written(&row.dataset)),
            Attribute::Extra { index, .. } => Some(Self::Written(&row.extra[*index])),
        };
        value.unwrap_or(Self::Unknown)
    }

    /// The levels from coarse to fine, with or without the built-in coarser ones.
    pub(super) fn levels(self, tree: bool) -> Vec<Level> {
        match self {
            Self::Unknown => vec![Level::unknown()],
            Self::Sex(sex) => vec![Level::new(sex.token(), sex.label())],
            Self::Age10(age) => tree::age_path(age, tree),
            Self::Region(region) => tree::region_path(region, tree),
            Self::Icd10 { code, has: true } => vec![Level::new(code, format!("ICD-10 {code}"))],
            Self::Icd10 { code, has: false } => {
                vec![Level::new(format!("not{code}"), format!("assessed, no ICD-10 {code}"))]
            }
            Self::Written(text) => vec![token::written(text).unwrap_or_else(Level::unknown)],
        }
    }
}
