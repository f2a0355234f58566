//! A small table of text: rows by variant, columns by name.

use std::collections::BTreeMap;

/// `contig:pos:ref:alt`.
pub(super) type Key = String;

/// Rows by variant in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Reads lines of tab-separated fields, the first of them names.
    pub(super) fn parse(text: &str) -> Self {
        let mut lines = text.lines().map(|l| l.split('\t').map(str::to_owned).collect::<Vec<_>>());
        Self { columns: lines.next().unwrap_or_default(), rows: lines.collect() }
    }

    pub(super) fn text(&self) -> String {
        let lines = std::iter::once(&self.columns).chain(&self.rows);
        lines.map(|fields| fields.join("\t") + "\n").collect()
    }

    /// The same rows with these columns only.
    pub(super) fn select(&self, columns: &[String]) -> Self {
        let place = |name: &String| {
            self.columns.iter().position(|c| c == name).unwrap_or_else(|| panic!("no column {name}"))
        };
        let places: Vec<usize> = columns.iter().map(place).collect();
        let rows = self.rows.iter().map(|row| places.iter().map(|&i| row[i].clone()).collect()).collect();
        Self { columns: columns.to_vec(), rows }
    }

    /// The fields beside the key, by variant.
    pub(super) fn by_variant(&self) -> BTreeMap<Key, BTreeMap<String, String>> {
        let key = |row: &[String]| {
            let field = |name: &str| row[self.columns.iter().position(|c| c == name).expect("a key")].clone();
            ["contig", "pos", "ref", "alt"].map(field).join(":")
        };
        let fields = |row: &[String]| self.columns.iter().cloned().zip(row.iter().cloned()).skip(4).collect();
        self.rows.iter().map(|row| (key(row), fields(row))).collect()
    }

    /// Equal, fractions up to the last digits.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let rows = || self.rows.iter().zip(&other.rows);
        self.columns == other.columns
            && self.rows.len() == other.rows.len()
            && rows().all(|(a, b)| a.iter().zip(b).all(|(a, b)| close(a, b, 1e-12)))
    }
}

/// The same text, or fractions whose ratio is 1 up to a tolerance.
pub(super) fn close(a: &str, b: &str, tolerance: f64) -> bool {
    let fraction = |text: &str| text.contains(['.', 'e']).then(|| text.parse::<f64>().ok()).flatten();
    let near = |a: f64, b: f64| (a - b).abs() <= tolerance * a.abs().max(b.abs());
    a == b
        || fraction(a)
            .or(fraction(b))
            .is_some_and(|_| a.parse().ok().zip(b.parse().ok()).is_some_and(|(a, b)| near(a, b)))
}
