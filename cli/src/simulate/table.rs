//! The sample table, spelled as real ones are: every data site in its own way.

use super::data_site::DATA_SITES;
use super::disease::DISEASES;
use super::people::{Person, REGIONS, Sex};

/// The columns.
const HEADER: &str = "sample_id\tsubject_id\tsex\tage10\tregion\tregion_kind\ticd10\tdisease_name\tdata_site\tprovider\tdataset";

/// The sample id of a person, who is the `index`-th of the cohort.
pub(crate) fn sample_id(person: &Person, index: usize) -> String {
    format!("{}{:06}", DATA_SITES[person.data_site].prefix, index + 1)
}

/// The subject id of the `index`-th person.
pub(crate) fn subject_id(index: usize) -> String {
    let index = index as u64;
    format!("P{:06}", super::random::mix(index) % 1000 + 1000 * (index + 1))
}

/// The whole table.
pub(crate) fn render(people: &[Person]) -> String {
    let mut text = format!("{HEADER}\n");
    for (index, person) in people.iter().enumerate() {
        text.push_str(&row(person, index).join("\t"));
        text.push('\n');
    }
    text
}

fn row(person: &Person, index: usize) -> [String; 11] {
    let data_site = &DATA_SITES[person.data_site];
    let known = |field: fn(usize) -> &'static str| match person.diseases.as_deref() {
        None => String::new(),
        Some([]) => "-".to_owned(),
        Some(diseases) => diseases.iter().map(|it| field(*it)).collect::<Vec<_>>().join(";"),
    };
    let codes = known(|disease| DISEASES[disease].code);
    let undotted = person.data_site == 2;
    let dataset = usize::from(index.is_multiple_of(3) && person.diseases.is_some());
    [
        sample_id(person, index),
        subject_id(index),
        sex(person).to_owned(),
        age(person),
        region(person, index).to_owned(),
        "residence".to_owned(),
        if undotted { codes.replace('.', "") } else { codes },
        known(|disease| DISEASES[disease].name),
        data_site.name.to_owned(),
        data_site.provider.to_owned(),
        data_site.datasets[dataset].to_owned(),
    ]
}

fn sex(person: &Person) -> &'static str {
    let [female, male] = match person.data_site {
        1 => ["女", "男"],
        2 => ["female", "male"],
        3 => ["2", "1"],
        _ => ["F", "M"],
    };
    if person.sex == Sex::Female { female } else { male }
}

fn age(person: &Person) -> String {
    let lower = 20 + 10 * person.age;
    match (lower, person.data_site) {
        (90, _) => "90歳以上".to_owned(),
        (_, 1 | 4) => format!("{lower}代"),
        _ => format!("{lower}-{}", lower + 9),
    }
}

const KANJI: [&str; 9] = ["北海道", "東北", "関東", "中部", "近畿", "中国", "四国", "九州", "沖縄"];

/// Some prefectures of each region with their JIS codes, the most populous first.
const PREFECTURES: [&[(&str, &str)]; 9] = [
    &[("北海道", "01")],
    &[
        ("宮城県", "04"),
        ("福島県", "07"),
        ("岩手県", "03"),
        ("青森県", "02"),
        ("山形県", "06"),
        ("秋田県", "05"),
    ],
    &[
        ("東京都", "13"),
        ("神奈川県", "14"),
        ("埼玉県", "11"),
        ("千葉県", "12"),
        ("茨城県", "08"),
        ("群馬県", "10"),
    ],
    &[
        ("愛知県", "23"),
        ("静岡県", "22"),
        ("新潟県", "15"),
        ("長野県", "20"),
        ("岐阜県", "21"),
        ("石川県", "17"),
    ],
    &[
        ("大阪府", "27"),
        ("兵庫県", "28"),
        ("京都府", "26"),
        ("滋賀県", "25"),
        ("奈良県", "29"),
        ("和歌山県", "30"),
    ],
    &[("広島県", "34"), ("岡山県", "33"), ("山口県", "35"), ("島根県", "32"), ("鳥取県", "31")],
    &[("愛媛県", "38"), ("香川県", "37"), ("徳島県", "36"), ("高知県", "39")],
    &[
        ("福岡県", "40"),
        ("熊本県", "43"),
        ("鹿児島県", "46"),
        ("長崎県", "42"),
        ("大分県", "44"),
        ("佐賀県", "41"),
    ],
    &[("沖縄県", "47")],
];

fn region(person: &Person, index: usize) -> &'static str {
    let prefectures = PREFECTURES[person.region];
    let (name, code) = prefectures[(index % 7) * (index % 5) % prefectures.len()];
    match person.data_site {
        0 => name,
        1 => KANJI[person.region],
        3 => code,
        _ => REGIONS[person.region].0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::people::draw;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_has_every_column_and_ids_are_unique() {
        let people = draw(400, 3);
        let text = render(&people);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 401);
        assert!(rows.iter().all(|row| row.len() == 11));
        for column in 0..2 {
            let ids: BTreeSet<_> = rows.iter().map(|row| row[column]).collect();
            assert_eq!(ids.len(), rows.len());
        }
        assert!(rows.iter().any(|row| row[6] == "-") && rows.iter().any(|row| row[6].is_empty()));
        assert!(
            rows.iter().any(|row| row[6].contains("E119")) && rows.iter().any(|row| row[6].contains("E11.9"))
        );
    }
}
