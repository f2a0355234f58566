//! What a permit says: its keys.

use serde::Deserialize;
use toml::value::Date;

/// The keys of a permit. Every key is required but `project_accounts`, `regions`, `build` and `replaces`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub(super) version: u32,
    /// Names this permit in revocation lists and audits.
    pub id: String,
    /// The approved project.
    pub project: String,
    /// Whose project it is.
    pub institution: String,
    /// What the data may be used for.
    pub purpose: String,
    /// People who may run the program.
    pub handler: Vec<Handler>,
    /// Accounts that several handlers share; under these the handler has to be named.
    #[serde(default)]
    pub project_accounts: Vec<u32>,
    /// Who answers for what leaves the platform.
    pub export_responsible: Responsible,
    /// When it holds.
    pub period: Period,
    /// Datasets whose people may be counted.
    pub datasets: Vec<String>,
    /// Kinds of tables.
    pub tables: Vec<Table>,
    /// Columns of the sample table that people may be counted or selected by.
    pub attributes: Vec<String>,
    /// ICD-10 codes; each covers the codes below it.
    pub codes: Vec<String>,
    /// Regions of the genome; everything if there is no such key.
    pub regions: Option<Vec<String>>,
    /// The genome build of `regions`.
    pub build: Option<String>,
    /// The permit that this one takes the place of.
    pub replaces: Option<String>,
}

/// `[[handler]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// The person.
    pub name: String,
    /// The person's own account.
    pub uid: u32,
}

/// `export_responsible`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responsible {
    /// The person.
    pub name: String,
    /// The person's own account.
    pub uid: u32,
    /// When the person was certified.
    pub certified_on: Date,
}

/// `[period]`: days in Japan, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    pub(super) fn holds(&self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// A kind of table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Allele and genotype frequencies.
    Frequency,
    /// Depth of sequencing.
    Coverage,
    /// The people themselves, by attribute.
    Cohort,
}

impl Table {
    /// As a permit spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Frequency => "frequency",
            Table::Coverage => "coverage",
            Table::Cohort => "cohort",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::form::tests::GOOD;
    use super::*;

    #[test]
    fn both_days_of_the_period_are_in_it() {
        let period = toml::from_str::<Terms>(GOOD).unwrap().period;
        let holds = |day: &str| period.holds(day.parse::<toml::value::Datetime>().unwrap().date.unwrap());
        assert!(holds("2026-04-01") && holds("2027-03-31") && holds("2026-12-31"));
        assert!(!holds("2026-03-31") && !holds("2027-04-01"));
    }
}
