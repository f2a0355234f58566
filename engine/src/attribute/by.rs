//! Reads one `--by`: `sex,region`, `region:tree`, `icd10=E11`.

use crate::error::{Error, Result};
use crate::subject::{Column, SampleTable, fold, nearest, normalize_icd10};
use crate::text;

use super::own::{exact_age, own_column};
use super::{Attribute, Term};

/// Columns of the sample table that one can count by, besides the user's own.
pub(super) const COUNTABLE: [Column; 8] = [
    Column::Sex,
    Column::Age10,
    Column::Region,
    Column::Icd10,
    Column::DiseaseName,
    Column::DataSite,
    Column::Provider,
    Column::Dataset,
];

/// Reads the attributes of one family, from the outermost to the innermost.
pub fn parse_by(text: &str, table: &SampleTable) -> Result<Vec<Term>> {
    parse_attributes(text, table).map_err(|error| error.at(format!("--by {text}"), ""))
}

/// Reads attributes that are separated by commas; errors have no place yet.
pub(crate) fn parse_attributes(text: &str, table: &SampleTable) -> Result<Vec<Term>> {
    let mut terms: Vec<Term> = Vec::new();
    for part in fold(text).split(',') {
        let term = parse_term(part.trim(), table)?;
        if let Some(first) = terms.iter().find(|first| first.name() == term.name()) {
            return Err(repeated(first, &term));
        }
        terms.push(term);
    }
    Ok(terms)
}

fn parse_term(part: &str, table: &SampleTable) -> Result<Term> {
    if part.is_empty() {
        return Err(Error::usage(text!(
            "an attribute is missing; write names separated by single commas",
            "属性名が空です。属性名をコンマ1つで区切って書いてください"
        )));
    }
    if let Some(attribute) = own_column(part, table)? {
        return Ok(Term { attribute, tree: false });
    }
    let (rest, suffix) = part.split_once(':').map_or((part, None), |(rest, suffix)| (rest, Some(suffix)));
    let (name, value) = rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(value)));
    let attribute = match (Column::named(name), value) {
        (Some(Column::Icd10), Some(code)) => disease(code, table)?,
        (Some(Column::Icd10), None) => return Err(bare_icd10()),
        (_, Some(_)) => return Err(value_not_allowed(name)),
        (Some(column), None) => known_column(column, name, table)?,
        (None, None) => match own_column(name, table)? {
            Some(attribute) => attribute,
            None => return Err(unknown_attribute(name, table)),
        },
    };
    let term = Term { attribute, tree: suffix.is_some() };
    match suffix {
        None => Ok(term),
        Some("tree") if matches!(term.attribute, Attribute::Age10 | Attribute::Region) => Ok(term),
        Some(suffix) => Err(no_such_tree(name, suffix)),
    }
}

fn known_column(column: Column, name: &str, table: &SampleTable) -> Result<Attribute> {
    let attribute = match column {
        Column::Sex => Attribute::Sex,
        Column::Age => return Err(exact_age(name)),
        Column::Age10 => Attribute::Age10,
        Column::Region => Attribute::Region,
        Column::DiseaseName => Attribute::DiseaseName,
        Column::DataSite => Attribute::DataSite,
        Column::Provider => Attribute::Provider,
        Column::Dataset => Attribute::Dataset,
        Column::Icd10 => return Err(bare_icd10()),
        Column::SampleId | Column::SubjectId | Column::RegionKind | Column::Origin => {
            let available = available(table);
            return Err(Error::usage(text!(
                "{name} is not something to count people by; the table has: {available}",
                "{name} は集計の属性にできません。この表で使えるもの: {available}"
            )));
        }
    };
    present(column, table).then_some(attribute).ok_or_else(|| absent(column, table))
}

fn disease(written: &str, table: &SampleTable) -> Result<Attribute> {
    let code = normalize_icd10(written).ok_or_else(|| {
        Error::usage(text!(
            "`{written}` is not an ICD-10 code; write for example icd10=E11 or icd10=E11.9",
            "「{written}」はICD-10コードとして読めません。icd10=E11 や icd10=E11.9 のように書いてください"
        ))
    })?;
    present(Column::Icd10, table)
        .then_some(Attribute::Icd10(code))
        .ok_or_else(|| absent(Column::Icd10, table))
}

fn present(column: Column, table: &SampleTable) -> bool {
    table.columns.contains(&column) || (column == Column::Age10 && table.columns.contains(&Column::Age))
}

/// What can be named in `--by` with this table.
fn available(table: &SampleTable) -> String {
    let known = COUNTABLE.into_iter().filter(|column| present(*column, table));
    let known = known.map(|column| if column == Column::Icd10 { "icd10=CODE" } else { column.name() });
    let names: Vec<&str> = known.chain(table.extra_columns.iter().map(String::as_str)).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn absent(column: Column, table: &SampleTable) -> Error {
    let (name, available) = (column.name(), available(table));
    Error::usage(text!(
        "the sample table has no column {name}; it has: {available}",
        "検体表に {name} の列がありません。使えるもの: {available}"
    ))
}

fn unknown_attribute(name: &str, table: &SampleTable) -> Error {
    let available = available(table);
    if let Some(code) = normalize_icd10(name) {
        return Error::usage(text!(
            "no attribute `{name}`; for a disease code write --by icd10={code}, one --by per code",
            "「{name}」という属性はありません。病名コードで分けるには、コードごとに --by icd10={code} と書いてください"
        ));
    }
    let known = COUNTABLE.iter().map(|column| column.name());
    match nearest(name, known.chain(table.extra_columns.iter().map(String::as_str))) {
        Some(meant) => Error::usage(text!(
            "no attribute `{name}`; did you mean {meant}? The table has: {available}",
            "「{name}」という属性はありません。{meant} の誤りではありませんか。使えるもの: {available}"
        )),
        None => Error::usage(text!(
            "no attribute `{name}`; the table has: {available}",
            "「{name}」という属性はありません。使えるもの: {available}"
        )),
    }
}

fn bare_icd10() -> Error {
    Error::usage(text!(
        "icd10 needs a code, for example --by icd10=E11; one --by per code",
        "icd10 にはコードが必要です。例: --by icd10=E11（コードごとに --by を書きます）"
    ))
}

fn value_not_allowed(name: &str) -> Error {
    Error::usage(text!(
        "only icd10 takes a value (icd10=E11), not {name}",
        "値を付けられるのは icd10 だけです（icd10=E11）。{name} には付けられません"
    ))
}

fn no_such_tree(name: &str, suffix: &str) -> Error {
    Error::usage(text!(
        "{name} has no `:{suffix}`; coarser levels are built in for region:tree and age10:tree",
        "{name} に「:{suffix}」はありません。粗い区分があるのは region:tree と age10:tree です"
    ))
}

fn repeated(first: &Term, second: &Term) -> Error {
    let name = first.label();
    if let (Attribute::Icd10(a), Attribute::Icd10(b)) = (&first.attribute, &second.attribute)
        && a != b
    {
        return Error::usage(text!(
            "one family holds one disease code; write --by icd10={a} --by icd10={b}",
            "1つの --by に指定できる病名コードは1つです。--by icd10={a} --by icd10={b} と書いてください"
        ));
    }
    Error::usage(text!(
        "{name} is named twice; each attribute may appear once in one --by",
        "{name} が2回指定されています。1つの --by の中では1回だけ書けます"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problems;

    const TABLE: &str = "sample_id\tsex\tage\tregion\ticd10\tprovider\torigin\tsmoking\t喫煙\tBMI class\tonset_age\tstage A\tstage+a\tsex.1\n\
        S1\tF\t65\t関東\tE11.9\tBBJ\t\tever\t有\t2\t41\tx\ty\tz\n\
        S2\t\t\t\t\t\t\t\t\t\t\t\t\t\n\
        S3\tM\t92\t13\t-\tTMM 2\t\tnever\t無\t1\t\tx\ty\tz\n";

    fn table() -> SampleTable {
        let mut problems = Problems::default();
        let table = SampleTable::parse(TABLE.as_bytes(), "t.tsv", &mut problems).unwrap();
        assert!(problems.is_empty(), "{problems}");
        table
    }

    fn names(by: &str) -> Vec<String> {
        parse_by(by, &table()).unwrap().iter().map(|term| term.name().to_owned()).collect()
    }

    fn refusal(by: &str) -> String {
        let error = parse_by(by, &table()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    fn tokens(by: &str) -> Vec<String> {
        let (terms, table) = (parse_by(by, &table()).unwrap(), table());
        let path = |levels: Vec<super::super::Level>| {
            levels.into_iter().map(|level| level.token).collect::<Vec<_>>().join("/")
        };
        table.rows.iter().map(|row| path(terms[0].levels(row))).collect()
    }

    #[test]
    fn families() {
        assert_eq!(names("sex,region"), ["sex", "region"]);
        assert_eq!(names(" Sex , age10:tree,icd10=e11.9"), ["sex", "age10", "icd10"]);
        assert_eq!(names("性別，年代"), ["sex", "age10"]);
        assert_eq!(names("smoking,BMI class,provider"), ["smoking", "BMIclass", "provider"]);
        assert!(parse_by("region:tree", &table()).unwrap()[0].tree);
        let kanji = names("喫煙");
        assert!(kanji[0].starts_with('c') && kanji[0].len() == 7);
    }

    #[test]
    fn levels_of_each_row() {
        assert_eq!(tokens("sex"), ["F", "unknown", "M"]);
        assert_eq!(tokens("age10"), ["60to69", "unknown", "90plus"]);
        assert_eq!(tokens("age10:tree"), ["60plus/60to79/60to69", "unknown", "60plus/80plus/90plus"]);
        assert_eq!(tokens("region:tree"), ["east/kanto", "unknown", "east/kanto"]);
        assert_eq!(tokens("icd10=E11"), ["E11", "unknown", "notE11"]);
        assert_eq!(tokens("provider"), ["BBJ", "unknown", "TMM2"]);
    }

    #[test]
    fn exact_ages_are_refused() {
        for by in ["age", "sex,age", "年齢", "age:tree", "onset_age"] {
            assert!(refusal(by).contains("--by age10"), "{by}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (by, part) in [
            ("icd10", "--by icd10=E11"),
            ("icd10=E11:tree", "no `:tree`"),
            ("icd10=diabetes", "not an ICD-10 code"),
            ("icd10=E11,icd10=I10", "--by icd10=E11 --by icd10=I10"),
            ("icd10=E11,I10", "--by icd10=I10"),
            ("sex:tree", "no `:tree`"),
            ("region:all", "no `:all`"),
            ("smoking:tree", "no `:tree`"),
            ("sex=F", "only icd10"),
            ("regoin", "did you mean region?"),
            ("smokng", "did you mean smoking?"),
            ("zzzzzz", "the table has: sex, age10, region, icd10=CODE, provider, smoking"),
            ("dataset", "has no column dataset"),
            ("sample_id", "not something to count people by"),
            ("origin", "not something to count people by"),
            ("sex,SEX", "named twice"),
            ("sex,", "attribute is missing"),
            ("", "attribute is missing"),
            ("stage A", "`stage A` and `stage+a`"),
        ] {
            let message = refusal(by);
            assert!(
                message.starts_with(&format!("--by {by}: ")) && message.contains(part),
                "{by}: {message}"
            );
        }
    }
}
