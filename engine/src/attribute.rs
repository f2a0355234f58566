//! What people are counted by: the attributes of one `--by`, and the level of each person.
//!
//! A person's levels in one term are a path from coarse to fine. Every level has a token (`[A-Za-z0-9]+`, part of field
//! names) and a label (the original text, for headers).

mod by;
mod division;
mod own;
mod token;
mod tree;
mod value;

use crate::subject::SampleRow;

pub(crate) use by::parse_attributes;
pub use by::parse_by;
pub(crate) use division::Division;
use value::Value;

/// The token and label of everybody whose value is not known.
pub const UNKNOWN: &str = "unknown";

/// Something to count by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Female, male.
    Sex,
    /// Ten-year age bracket.
    Age10,
    /// One of the nine regions.
    Region,
    /// One disease code in normalised form (`E11`, `E119`), against everybody assessed without it.
    Icd10(String),
    /// Free text of the column `disease_name`.
    DiseaseName,
    /// The storing institution.
    DataSite,
    /// The providing institution.
    Provider,
    /// The dataset.
    Dataset,
    /// A further column of the sample table.
    Extra {
        /// The column as written in the header.
        name: String,
        /// The column's name in field names: its ASCII letters and digits.
        token: String,
        /// Position in [`SampleRow::extra`].
        index: usize,
    },
}

/// One attribute of a `--by`, with or without its built-in coarser levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What to count by.
    pub attribute: Attribute,
    /// True for `region:tree` and `age10:tree`.
    pub tree: bool,
}

/// One value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level {
    /// The value in field names: `[A-Za-z0-9]+`.
    pub token: String,
    /// The value as written, or in words.
    pub label: String,
}

impl Level {
    /// A level from its two parts.
    fn new(token: impl Into<String>, label: impl Into<String>) -> Self {
        Self { token: token.into(), label: label.into() }
    }

    /// The level of people whose value is not known.
    fn unknown() -> Self {
        Self::new(UNKNOWN, UNKNOWN)
    }
}

impl Term {
    /// The attribute's part in field names: `sex` in `AC_sex_F`.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.attribute {
            Attribute::Sex => "sex",
            Attribute::Age10 => "age10",
            Attribute::Region => "region",
            Attribute::Icd10(_) => "icd10",
            Attribute::DiseaseName => "diseasename",
            Attribute::DataSite => "datasite",
            Attribute::Provider => "provider",
            Attribute::Dataset => "dataset",
            Attribute::Extra { token, .. } => token,
        }
    }

    /// The attribute's name for headers and messages: the column as the sample table calls it.
    #[must_use]
    pub fn label(&self) -> &str {
        match &self.attribute {
            Attribute::DiseaseName => "disease_name",
            Attribute::DataSite => "data_site",
            Attribute::Extra { name, .. } => name,
            _ => self.name(),
        }
    }

    /// The person's levels from coarse to fine: one, or in a tree up to three; `unknown` alone when the value is empty.
    #[must_use]
    pub fn levels(&self, row: &SampleRow) -> Vec<Level> {
        Value::of(self, row).levels(self.tree)
    }
}
