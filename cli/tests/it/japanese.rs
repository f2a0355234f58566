//! As a researcher in Japan would try it: a table as Excel saves it, attributes in Japanese, mistakes, messages.
//!
//! Inputs are made by `testdata/cases-ja/make.py`. Expected messages lie beside them, accepted with `UPDATE=1`.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{ok, run, shukei, table, tables_as_bytes, testdata};

fn file(name: &str) -> PathBuf {
    testdata("cases-ja").join(name)
}

/// Arguments of `shukei freq` on the cohort with this sample table.
fn freq(people: &str, out: &Path, more: &[&str]) -> Vec<String> {
    let mut args: Vec<String> = vec!["freq".to_owned(), file("cohort.vcf").display().to_string()];
    args.extend(["--samples".to_owned(), file(people).display().to_string(), "--tsv".to_owned()]);
    args.extend(["-o".to_owned(), out.display().to_string()]);
    args.extend(more.iter().map(|&m| m.to_owned()));
    args
}

/// What a run says on stderr, with the changing parts of paths left out.
fn said(output: &Output, out: &Path) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("messages are UTF-8");
    let cases = std::path::absolute(file("")).expect("a path").display().to_string();
    text.replace(&cases, "CASES/").replace(&out.display().to_string(), "OUT")
}

/// Compares with the accepted text, or accepts it.
fn expect(name: &str, text: &str) {
    let path = file(name);
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::write(&path, text).expect("the expected text can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name}: accept with UPDATE=1");
}

#[test]
fn what_excel_saves_gives_the_same_table() {
    let dir = tempfile::tempdir().expect("a directory");
    let by = ["--by", "sex,region", "--by", "icd10=E11"];
    let (english, excel) = (dir.path().join("english"), dir.path().join("excel"));
    ok(freq("people.tsv", &english, &by));
    ok(freq("people_excel.csv", &excel, &by));
    assert!(tables_as_bytes(&english).len() == 4 && tables_as_bytes(&english) == tables_as_bytes(&excel));
    let table = table(&english);
    assert!(table.values().any(|row| row.contains_key("AC_sex_F_region_kanto")), "{table:?}");
    // The attributes may be named in Japanese, with a comma of either width.
    for (name, attributes) in [("a", "性別,地域"), ("b", "性別，地域")] {
        let out = dir.path().join(name);
        ok(freq("people_excel.csv", &out, &["--by", attributes, "--by", "ICD-10=e119", "--lang", "ja"]));
        let other = dir.path().join(format!("{name}-en"));
        ok(freq("people.tsv", &other, &["--by", "sex,region", "--by", "icd10=E11.9"]));
        let names: Vec<String> =
            crate::support::table(&out).into_values().flat_map(|r| r.into_keys()).collect();
        assert!(names.iter().any(|n| n == "AC_sex_F_region_kinki"));
        assert!(tables_as_bytes(&out) == tables_as_bytes(&other), "{attributes}");
    }
}

#[test]
fn success_is_reported_in_japanese() {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, lang) in [("ja", "ja"), ("en", "en")] {
        let out = dir.path().join(name);
        let output =
            ok(freq("people_excel.csv", &out, &["--by", "性別,地域", "--lang", lang, "--threads", "1"]));
        expect(&format!("success.{name}.txt"), &said(&output, &out));
    }
}

#[test]
fn a_mistake_in_each_column_is_reported_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out");
    for lang in ["ja", "en"] {
        let output = run(freq("mistakes_excel.csv", &out, &["--by", "性別,地域", "--lang", lang]));
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty() && !out.exists());
        let text = said(&output, &out);
        for line in [3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27] {
            let place = if lang == "ja" { format!(" {line}行目") } else { format!(" line {line}") };
            assert!(text.lines().any(|l| l.contains(&format!("csv:{place}"))), "line {line}: {text}");
        }
        expect(&format!("mistakes.{lang}.txt"), &text);
    }
}

#[test]
fn the_locale_chooses_the_language() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out");
    let args = freq("mistakes_excel.csv", &out, &["--by", "性別,地域"]);
    let expected = std::fs::read_to_string(file("mistakes.ja.txt")).expect("accepted before");
    for (name, value) in [("LANG", "ja_JP.UTF-8"), ("LC_ALL", "ja_JP.eucJP"), ("LC_MESSAGES", "ja")] {
        let mut command = shukei();
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "C").env(name, value);
        let output = command.args(&args).output().expect("shukei runs");
        assert_eq!(said(&output, &out), expected, "{name}={value}");
    }
    let mut command = shukei();
    let output =
        command.env("LC_ALL", "C").env("LANG", "ja_JP.UTF-8").args(&args).output().expect("shukei runs");
    assert!(said(&output, &out).starts_with("error: "), "LC_ALL goes before LANG");
}

/// Mistakes on the command line, and a refusal: what a new user meets first.
#[test]
fn requests_that_cannot_be_met() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out");
    let nowhere = dir.path().join("nowhere.csv").display().to_string();
    let cases: [(&str, &[&str], i32); 10] = [
        ("unknown attribute", &["--by", "性別,血液型"], 2),
        ("exact age", &["--by", "年齢"], 2),
        ("a bare code", &["--by", "E119"], 2),
        ("no code", &["--by", "icd10"], 2),
        ("twice", &["--by", "性別,sex"], 2),
        ("no tree", &["--by", "性別:tree"], 2),
        ("a region that is not there", &["-r", "chr2:1-100"], 2),
        ("no list", &["--include", &nowhere], 1),
        ("too small together", &["--by", "性別,地域", "--by", "年代,icd10=E11"], 5),
        ("unknown to drop", &["--drop-unknown", "血液型"], 2),
    ];
    for lang in ["ja", "en"] {
        let mut text = String::new();
        for (what, more, code) in cases {
            let output = run(freq("people_excel.csv", &out, &[more, &["--lang", lang]].concat()));
            assert!(!out.exists(), "{what}");
            let errors = said(&output, &out).replace(&dir.path().display().to_string(), "DIR");
            assert_eq!(output.status.code(), Some(code), "{what}: {errors}");
            text.push_str(
                &format!("$ shukei freq … {}\n{errors}\n", more.join(" "))
                    .replace(&dir.path().display().to_string(), "DIR"),
            );
        }
        expect(&format!("requests.{lang}.txt"), &text);
    }
}
