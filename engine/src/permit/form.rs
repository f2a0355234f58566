//! What makes a permit well formed: every problem of its values at once.

use std::collections::HashSet;

use super::terms::Terms;
use crate::error::{Error, Problems, Result};
use crate::region::Region;
use crate::subject::normalize_icd10;
use crate::text;

/// The version of the format that this program reads.
const VERSION: u32 = 1;

impl Terms {
    /// Every problem of the values; their types are right already.
    pub(super) fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        let version = self.version;
        if version != VERSION {
            problems.push(bad(
                "version",
                text!(
                    "version {version} is not known here, expected {VERSION}; ask the platform office for a permit of that version",
                    "バージョン {version} には対応していません。{VERSION} が必要です。その形式の許可証をプラットフォーム事務局に依頼してください"
                ),
            ));
        }
        self.check_names(&mut problems);
        self.check_uids(&mut problems);
        self.check_accounts(&mut problems);
        self.check_scope(&mut problems);
        if self.period.from > self.period.to {
            let (from, to) = (self.period.from, self.period.to);
            problems.push(bad(
                "period",
                text!(
                    "it ends ({to}) before it begins ({from}); correct the dates",
                    "終了日（{to}）が開始日（{from}）より前です。日付を直してください"
                ),
            ));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn check_names(&self, problems: &mut Problems) {
        for (key, id) in
            [("id", Some(&self.id)), ("project", Some(&self.project)), ("replaces", self.replaces.as_ref())]
        {
            if id.is_some_and(|id| !is_id(id)) {
                problems.push(bad(key, not_an_id()));
            }
        }
        if self.replaces.as_ref() == Some(&self.id) {
            problems.push(bad(
                "replaces",
                text!(
                    "a permit cannot replace itself; name the earlier one, or leave the key out",
                    "自分自身を置き換えることはできません。以前の許可証の id を書くか、このキーを削除してください"
                ),
            ));
        }
        let names = [
            ("institution", &self.institution),
            ("purpose", &self.purpose),
            ("export_responsible.name", &self.export_responsible.name),
        ];
        let handlers = self.handler.iter().map(|h| ("handler.name", &h.name));
        for (key, name) in names.into_iter().chain(handlers) {
            if name.trim().is_empty() || name.contains(char::is_control) {
                problems.push(bad(
                    key,
                    text!(
                        "it is empty or holds control characters; fill it in",
                        "空欄か、制御文字を含んでいます。記入してください"
                    ),
                ));
            }
        }
    }

    /// -1 is no account; the template has it, so that it is not forgotten.
    fn check_uids(&self, problems: &mut Problems) {
        let own = self.handler.iter().map(|h| ("handler.uid", h.uid));
        let shared = self.project_accounts.iter().map(|uid| ("project_accounts", *uid));
        let responsible = [("export_responsible.uid", self.export_responsible.uid)];
        for (key, _) in own.chain(shared).chain(responsible).filter(|(_, uid)| *uid == u32::MAX) {
            problems.push(bad(
                key,
                text!(
                    "4294967295 is no account; write the number that `id -u` prints",
                    "4294967295 というアカウントはありません。`id -u` で表示される番号を書いてください"
                ),
            ));
        }
    }

    /// An account must say who acts: one person, or a shared one under which the person is named.
    fn check_accounts(&self, problems: &mut Problems) {
        if self.handler.is_empty() {
            problems.push(bad(
                "handler",
                text!(
                    "nobody may use the permit; name its handlers",
                    "取扱者がいません。取扱者を記載してください"
                ),
            ));
        }
        let (mut names, mut uids) = (HashSet::new(), HashSet::new());
        let twice = self.handler.iter().find(|h| !names.insert(&h.name) | !uids.insert(h.uid));
        if let Some(handler) = twice {
            let (name, uid) = (&handler.name, handler.uid);
            problems.push(bad(
                "handler",
                text!(
                    "`{name}` or uid {uid} stands twice; every handler has one name and one account",
                    "「{name}」または uid {uid} が重複しています。取扱者ごとに氏名とアカウントを1つずつ記載してください"
                ),
            ));
        }
        if let Some(uid) =
            self.project_accounts.iter().find(|uid| self.handler.iter().any(|h| h.uid == **uid))
        {
            problems.push(bad(
                "project_accounts",
                text!(
                    "uid {uid} is also a handler's own; an account is either shared or one person's",
                    "uid {uid} は取扱者本人のアカウントでもあります。共用か個人用かのどちらかにしてください"
                ),
            ));
        }
    }

    fn check_scope(&self, problems: &mut Problems) {
        for code in self.codes.iter().filter(|code| normalize_icd10(code).is_none()) {
            problems.push(bad(
                "codes",
                text!(
                    "`{code}` is not an ICD-10 code; write at least a category, such as E11",
                    "「{code}」はICD-10コードとして読めません。E11 のように3桁分類以上で書いてください"
                ),
            ));
        }
        for region in self.regions.iter().flatten() {
            if let Err(error) = Region::parse(region) {
                problems.push(error.into_refusal().at("regions", ""));
            }
        }
        let known = |build: &String| ["GRCh37", "GRCh38"].contains(&build.as_str());
        if self.build.is_some() != self.regions.is_some() || !self.build.iter().all(known) {
            problems.push(bad(
                "build",
                text!(
                    "regions are places of a genome build; write build = \"GRCh37\" or \"GRCh38\" beside regions, and only there",
                    "regions の座標はゲノムビルドによって変わります。regions とともに（その場合に限り）build = \"GRCh37\" または \"GRCh38\" と書いてください"
                ),
            ));
        }
    }
}

/// Something wrong at a key of a permit.
pub(super) fn bad(key: &str, text: crate::error::Text) -> Error {
    Error::refused(text).at(key, "")
}

/// Ids are printed in tables and compared byte by byte.
pub(super) fn is_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=64).contains(&id.len()) && id.chars().all(allowed)
}

pub(super) fn not_an_id() -> crate::error::Text {
    text!(
        "expected 1 to 64 ASCII letters, digits, `.`, `_` or `-`",
        "半角英数字と「.」「_」「-」の1〜64文字で書いてください"
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A permit in which everything is right.
    pub(in crate::permit) const GOOD: &str = r#"version = 1
id = "P1-2026"
project = "P1"
institution = "A University"
purpose = "Frequencies"
project_accounts = [5000]
export_responsible = { name = "Sato", uid = 5003, certified_on = 2026-04-01 }
datasets = ["D1"]
tables = ["frequency"]
attributes = ["sex", "icd10"]
codes = ["E11", "i10.9"]
[period]
from = 2026-04-01
to = 2027-03-31
[[handler]]
name = "Hanako"
uid = 5001
[[handler]]
name = "Taro"
uid = 5002
"#;

    fn places(text: &str) -> Vec<String> {
        let terms: Terms = toml::from_str(text).unwrap();
        let problems = terms.check().err().unwrap_or_default();
        assert!(problems.list().iter().all(|e| e.exit_code() == 5));
        problems.list().iter().map(|e| e.place().to_owned()).collect()
    }

    #[test]
    fn every_value_is_checked() {
        assert!(places(GOOD).is_empty());
        for (from, to, place) in [
            ("version = 1", "version = 2", "version"),
            ("\"P1-2026\"", "\"P1 2026\"", "id"),
            ("project = \"P1\"", "project = \"\"", "project"),
            ("\"A University\"", "\" \"", "institution"),
            ("\"Taro\"", "\"Hanako\"", "handler"),
            ("uid = 5002", "uid = 5001", "handler"),
            ("uid = 5002", "uid = 4294967295", "handler.uid"),
            ("uid = 5003", "uid = 4294967295", "export_responsible.uid"),
            ("[5000]", "[5001]", "project_accounts"),
            ("\"E11\"", "\"E1\"", "codes"),
            ("to = 2027-03-31", "to = 2026-03-31", "period"),
            ("codes", "regions = [\"chr1\"]\ncodes", "build"),
            ("codes", "build = \"GRCh38\"\ncodes", "build"),
            ("codes", "build = \"hg38\"\nregions = []\ncodes", "build"),
            ("codes", "build = \"GRCh38\"\nregions = [\"chr1:0-5\"]\ncodes", "regions"),
            ("codes", "replaces = \"P1-2026\"\ncodes", "replaces"),
        ] {
            assert_eq!(places(&GOOD.replacen(from, to, 1)), [place], "{to}");
        }
        let nobody =
            GOOD.split("[[handler]]").next().unwrap().replacen("version", "handler = []\nversion", 1);
        assert_eq!(places(&nobody), ["handler"]);
    }

    #[test]
    fn every_scope_is_said_and_nothing_else_is_understood() {
        for key in ["datasets", "tables", "attributes", "codes", "purpose", "export_responsible", "id"] {
            let without: String =
                GOOD.lines().filter(|l| !l.starts_with(key)).map(|l| format!("{l}\n")).collect();
            let error = toml::from_str::<Terms>(&without).unwrap_err();
            assert!(error.message().contains(key), "{key}: {error}");
        }
        for odd in ["tabels = []\n", "k = 5\n"] {
            assert!(toml::from_str::<Terms>(&format!("{odd}{GOOD}")).is_err());
        }
        assert!(toml::from_str::<Terms>(&GOOD.replace("\"frequency\"", "\"genotypes\"")).is_err());
        assert!(
            toml::from_str::<Terms>(&GOOD.replace("from = 2026-04-01", "from = \"2026-04-01\"")).is_err()
        );
        assert!(toml::from_str::<Terms>(&GOOD.replace("uid = 5001", "uid = -1")).is_err());
    }
}
