//! Invented people: sex, age bracket, region, diseases.

use std::fmt::Write as _;

use crate::dice::Dice;

// No cell of region and age is so small, in 23,211 people, that the two could not be shown side by side.
const REGIONS: [(&str, f64); 9] = [
    ("hokkaido", 41.0),
    ("tohoku", 68.0),
    ("kanto", 345.0),
    ("chubu", 168.0),
    ("kinki", 177.0),
    ("chugoku", 57.0),
    ("shikoku", 29.0),
    ("kyushu", 95.0),
    ("okinawa", 20.0),
];
const AGES: [(&str, f64); 6] = [
    ("30-39", 100.0),
    ("40-49", 150.0),
    ("50-59", 190.0),
    ("60-69", 220.0),
    ("70-79", 220.0),
    ("80-89", 120.0),
];
const DISEASES: [&str; 12] = [
    "I10", "E11.9", "E78.5", "I25.1", "I48.9", "C50.9", "C16.9", "C18.9", "J45.9", "N18.9", "M06.9", "G30.9",
];

/// The people of a cohort, in the order of the sample columns.
pub(super) struct People {
    pub(super) ids: Vec<String>,
    /// True for those with one X.
    pub(super) male: Vec<bool>,
    rest: Vec<String>,
}

impl People {
    pub(super) fn new(samples: usize, seed: u64) -> Self {
        let mut dice = Dice::stream(seed, u64::MAX);
        let mut people = Self { ids: Vec::new(), male: Vec::new(), rest: Vec::new() };
        for number in 1..=samples {
            people.ids.push(format!("JG{number:06}"));
            people.male.push(dice.chance(0.48));
            let region = REGIONS[dice.weighted(&REGIONS.map(|(_, weight)| weight))].0;
            let age = AGES[dice.weighted(&AGES.map(|(_, weight)| weight))].0;
            let mut codes: Vec<&str> = Vec::new();
            for (n, code) in DISEASES.iter().enumerate() {
                if dice.chance(0.5 / (n as f64 + 2.0)) {
                    codes.push(code);
                }
            }
            let codes = if codes.is_empty() { "-".to_owned() } else { codes.join(";") };
            people.rest.push(format!("{age}\t{region}\t{codes}"));
        }
        people
    }

    /// The sample table.
    pub(super) fn table(&self) -> String {
        let mut table = "sample_id\tsex\tage10\tregion\ticd10\n".to_owned();
        for ((id, &male), rest) in self.ids.iter().zip(&self.male).zip(&self.rest) {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{id}\t{}\t{rest}", if male { "M" } else { "F" });
        }
        table
    }
}
