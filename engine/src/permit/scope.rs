//! Whether a permit covers what is asked for.

use std::collections::BTreeSet;

use super::{Permit, Table};
use crate::attribute::{Attribute, Term};
use crate::error::{Error, Problems, Text};
use crate::region::{Build, Contig, Region, canonical, join, printed};
use crate::subject::normalize_icd10;
use crate::text;

/// Regions out of scope that a message writes out.
const SHOWN: usize = 5;

/// What a request asks for, in the words of a permit.
pub(crate) struct Asked<'a> {
    /// The kind of table.
    pub(crate) table: Table,
    /// What people are counted by.
    pub(crate) by: &'a [Term],
    /// What people are selected by.
    pub(crate) drops: &'a [Term],
    /// Datasets of the people who are counted; empty for those of whom the table does not say.
    pub(crate) datasets: &'a BTreeSet<String>,
    /// Where, if not everywhere.
    pub(crate) place: Option<Place<'a>>,
}

/// Spans of a genome by contig, 0-based half-open.
pub(crate) struct Place<'a> {
    pub(crate) spans: &'a [Vec<(u64, u64)>],
    pub(crate) contigs: &'a [Contig],
    pub(crate) build: Option<Build>,
}

impl Permit {
    /// Adds a problem for everything that the permit does not have.
    pub(crate) fn covers(&self, asked: &Asked<'_>, problems: &mut Problems) {
        let terms = self.terms();
        if !terms.tables.contains(&asked.table) {
            let table = asked.table.name();
            let has = terms.tables.iter().map(|t| t.name());
            self.lacks("tables", &text!("a {table} table", "{table} の表"), has, problems);
        }
        let has = || terms.attributes.iter().map(String::as_str);
        let labels: BTreeSet<&str> = asked.by.iter().chain(asked.drops).map(Term::label).collect();
        for label in labels.into_iter().filter(|label| has().all(|known| known != *label)) {
            self.lacks("attributes", &text!("attribute `{label}`", "属性「{label}」"), has(), problems);
        }
        self.covers_codes(asked.by, problems);
        self.covers_datasets(asked.datasets, problems);
        self.covers_place(asked.place.as_ref(), problems);
    }

    /// A code is covered by itself and by the codes above it: a permit for E11 has E11.9, one for E11.9 has not E11.
    fn covers_codes(&self, by: &[Term], problems: &mut Problems) {
        let has = || self.terms().codes.iter().map(String::as_str);
        let permitted: Vec<String> = has().filter_map(normalize_icd10).collect();
        for term in by {
            if let Attribute::Icd10(code) = &term.attribute
                && !permitted.iter().any(|above| code.starts_with(above.as_str()))
            {
                self.lacks("codes", &text!("disease code {code}", "病名コード {code}"), has(), problems);
            }
        }
    }

    fn covers_datasets(&self, datasets: &BTreeSet<String>, problems: &mut Problems) {
        let has = || self.terms().datasets.iter().map(String::as_str);
        for dataset in datasets.iter().filter(|dataset| has().all(|known| known != **dataset)) {
            let what = if dataset.is_empty() {
                text!(
                    "people without a value in the sample table's column `dataset`",
                    "検体表の dataset 列に値のない人"
                )
            } else {
                text!("people of dataset `{dataset}`", "データセット「{dataset}」の人")
            };
            self.lacks("datasets", &what, has(), problems);
        }
    }

    fn covers_place(&self, place: Option<&Place<'_>>, problems: &mut Problems) {
        let Some(regions) = &self.terms().regions else { return };
        let has = || regions.iter().map(String::as_str);
        let Some(place) = place else {
            let what = text!("the whole genome (no -r and no -R)", "ゲノム全体（-r も -R も指定なし）");
            return self.lacks("regions", &what, has(), problems);
        };
        let build = place.build.map(|b| b.to_string());
        if build != self.terms().build {
            let what = match build {
                Some(build) => text!("inputs of build {build}", "ビルド {build} の入力"),
                None => text!("inputs whose headers tell no build", "ヘッダーからビルドが分からない入力"),
            };
            self.lacks("build", &what, self.terms().build.as_deref().into_iter(), problems);
        }
        let permitted: Vec<Region> = regions.iter().filter_map(|r| Region::parse(r).ok()).collect();
        let mut outside: Vec<String> = Vec::new();
        for (contig, spans) in place.contigs.iter().zip(place.spans) {
            let here = permitted.iter().filter(|r| canonical(&r.contig) == canonical(&contig.name));
            let here = join(here.map(|r| (r.start, r.end)).collect());
            let inside = |&&(start, end): &&(u64, u64)| here.iter().any(|&(s, e)| s <= start && end <= e);
            outside
                .extend(spans.iter().filter(|span| !inside(span)).map(|&span| written(&contig.name, span)));
        }
        if !outside.is_empty() {
            let more = if outside.len() > SHOWN { " …" } else { "" };
            let some = outside[..outside.len().min(SHOWN)].join(", ");
            self.lacks("regions", &text!("{some}{more}", "{some}{more}"), has(), problems);
        }
    }

    /// The refusal of something that a key does not list.
    fn lacks<'a>(
        &self,
        key: &str,
        asked: &Text,
        has: impl Iterator<Item = &'a str>,
        problems: &mut Problems,
    ) {
        let has = has.collect::<Vec<_>>().join(", ");
        let has = if has.is_empty() { "-" } else { &has };
        let (en, ja) = (&asked.en, &asked.ja);
        let text = Text {
            en: format!(
                "the request asks for {en}, which the permit does not cover (it has: {has}); leave it out, or ask the platform \
                 office to extend the permit"
            ),
            ja: format!(
                "{ja}は許可証の範囲外です（許可されているもの: {has}）。対象から外すか、許可証の変更をプラットフォーム事務局に申請してください"
            ),
        };
        problems.push(Error::refused(text).at(self.file().display(), key));
    }
}

/// A span as `-r` writes it.
fn written(contig: &str, (start, end): (u64, u64)) -> String {
    match (start, end) {
        (0, u64::MAX) => contig.to_owned(),
        (_, u64::MAX) => format!("{contig}:{}-", printed(start)),
        _ => format!("{contig}:{}-{end}", printed(start)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Terms;
    use super::super::form::tests::GOOD;
    use super::*;
    use crate::attribute::parse_by;
    use crate::subject::SampleTable;

    fn table() -> SampleTable {
        let text = "sample_id\tsex\tregion\ticd10\tdataset\tsmoking\nS\tF\tkanto\tE11\tD1\tno\n";
        SampleTable::parse(text.as_bytes(), "t.tsv", &mut Problems::default()).unwrap()
    }

    fn terms(list: &[&str]) -> Vec<Term> {
        list.iter().flat_map(|by| parse_by(by, &table()).unwrap()).collect()
    }

    /// The keys that the permit refuses.
    fn refused(permit: &str, by: &[&str], datasets: &[&str], place: Option<Place<'_>>) -> Vec<String> {
        let terms_of: Terms = toml::from_str(permit).unwrap();
        let permit = Permit::of_terms(terms_of);
        let datasets = datasets.iter().map(|&d| d.to_owned()).collect();
        let asked = Asked { table: Table::Frequency, by: &terms(by), drops: &[], datasets: &datasets, place };
        let mut problems = Problems::default();
        permit.covers(&asked, &mut problems);
        assert!(problems.list().iter().all(|e| e.exit_code() == 5));
        let key = |e: &Error| e.place().rsplit(' ').next().unwrap().to_owned();
        problems.list().iter().map(key).collect()
    }

    #[test]
    fn what_is_listed_is_covered_and_nothing_else() {
        assert!(refused(GOOD, &[], &["D1"], None).is_empty());
        assert!(refused(GOOD, &["sex,icd10=E11", "icd10=E11.9", "icd10=E119"], &[], None).is_empty());
        assert_eq!(refused(GOOD, &["sex,region", "region"], &["D1"], None), ["attributes"]);
        assert_eq!(refused(GOOD, &["smoking"], &["D1", "D2"], None), ["attributes", "datasets"]);
        assert_eq!(refused(GOOD, &[], &[""], None), ["datasets"]);
        assert!(refused(GOOD, &["icd10=I10.9"], &[], None).is_empty());
        // Broader than permitted.
        assert_eq!(refused(GOOD, &["icd10=I10"], &[], None), ["codes"]);
        assert_eq!(refused(GOOD, &["icd10=E10"], &[], None), ["codes"]);
        let none = GOOD.replace("[\"frequency\"]", "[\"cohort\"]").replace("[\"D1\"]", "[]");
        assert_eq!(refused(&none, &[], &["D1"], None), ["tables", "datasets"]);
    }

    #[test]
    fn selecting_by_an_attribute_is_using_it() {
        let permit = Permit::of_terms(toml::from_str(GOOD).unwrap());
        let mut problems = Problems::default();
        let (drops, datasets) = (terms(&["region", "icd10=A00"]), BTreeSet::new());
        let asked =
            Asked { table: Table::Frequency, by: &[], drops: &drops, datasets: &datasets, place: None };
        permit.covers(&asked, &mut problems);
        assert_eq!(problems.list().len(), 1, "{problems}");
        assert!(problems.to_string().contains("`region`"));
    }

    #[test]
    fn regions_lie_inside_permitted_ones() {
        let permit = GOOD.replace(
            "codes",
            "build = \"GRCh38\"\nregions = [\"chr1:1-1000\", \"1:1001-2000\", \"chrX\"]\ncodes",
        );
        let contigs = [Contig::new("1", Some(248_956_422)), Contig::new("X", None), Contig::new("Y", None)];
        let ask = |spans: [Vec<(u64, u64)>; 3], build| {
            refused(&permit, &[], &["D1"], Some(Place { spans: &spans, contigs: &contigs, build }))
        };
        let b38 = Some(Build::Grch38);
        assert!(ask([vec![(0, 2000)], vec![(0, u64::MAX)], vec![]], b38).is_empty());
        assert!(ask([vec![(5, 6), (999, 1001)], vec![(7, 9)], vec![]], b38).is_empty());
        assert_eq!(ask([vec![(0, 2001)], vec![], vec![]], b38), ["regions"]);
        assert_eq!(ask([vec![(0, u64::MAX)], vec![], vec![]], b38), ["regions"]);
        assert_eq!(ask([vec![], vec![], vec![(1, 2)]], b38), ["regions"]);
        assert_eq!(ask([vec![(0, 5)], vec![], vec![]], Some(Build::Grch37)), ["build"]);
        assert_eq!(ask([vec![(0, 5)], vec![], vec![]], None), ["build"]);
        assert_eq!(refused(&permit, &[], &["D1"], None), ["regions"]);
    }
}
