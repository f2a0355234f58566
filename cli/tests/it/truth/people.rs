//! Sex and superpopulation of the samples of the 1000 Genomes Project.

use std::collections::BTreeMap;
use std::path::Path;

use super::rule::Attributes;

/// The people of a file, by sample column.
pub(crate) struct People {
    pub(crate) attributes: Vec<Attributes>,
}

impl People {
    /// From the IGSR table; who is not in it, from the pedigree, which knows sex and population.
    pub(crate) fn of(samples: &[String], igsr: &Path, ped: &Path) -> Self {
        let read = |path: &Path| std::fs::read_to_string(path).expect("a table");
        let (igsr, ped) = (read(igsr), read(ped));
        let rows = |text: &'_ str| -> Vec<Vec<String>> {
            text.lines().skip(1).map(|l| l.split('\t').map(str::to_owned).collect()).collect()
        };
        let (igsr, ped) = (rows(&igsr), rows(&ped));
        let superpopulation: BTreeMap<&str, &str> =
            igsr.iter().map(|r| (r[3].as_str(), r[5].as_str())).collect();
        let mut known: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for row in &ped {
            let sex = if row[4] == "1" { "M" } else { "F" };
            known.insert(&row[1], (sex, superpopulation[row[6].as_str()]));
        }
        for row in &igsr {
            known.insert(&row[0], (if row[1] == "male" { "M" } else { "F" }, &row[5]));
        }
        let attributes = samples
            .iter()
            .map(|sample| {
                let (sex, superpopulation) = known[sample.as_str()];
                BTreeMap::from([("sex", sex.to_owned()), ("superpopulation", superpopulation.to_owned())])
            })
            .collect();
        Self { attributes }
    }

    /// Invented people: a sex and one of four unequal groups by their order.
    pub(crate) fn by_order(n: usize) -> Self {
        let group = |i: usize| ["A", "A", "A", "B", "A", "C", "B", "A", "B", "A", "D"][i % 11];
        let person =
            |i: usize| [("sex", ["F", "M"][i % 2].to_owned()), ("superpopulation", group(i).to_owned())];
        Self { attributes: (0..n).map(|i| BTreeMap::from(person(i))).collect() }
    }

    /// A sample table.
    pub(crate) fn table(&self, samples: &[String]) -> String {
        let row = |(sample, a): (&String, &Attributes)| {
            format!("{sample}\t{}\t{}\n", a["sex"], a["superpopulation"])
        };
        let rows: String = samples.iter().zip(&self.attributes).map(row).collect();
        format!("sample_id\tsex\tsuperpopulation\n{rows}")
    }
}
