//! The signed list of permits that do not hold, though their period says so.

use std::path::Path;

use serde::Deserialize;
use toml::value::{Date, Datetime};

use super::document::{Document, Kind};
use super::form::{bad, is_id, not_an_id};
use super::key::PublicKey;
use crate::error::{Error, Problems, Result};
use crate::text;

/// A list whose signature was checked against every key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocations {
    version: u32,
    issued: Datetime,
    #[serde(default)]
    permit: Vec<Entry>,
}

/// `[[permit]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    status: Status,
    from: Date,
    until: Option<Date>,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Revoked,
    Suspended,
}

impl Revocations {
    /// Reads a list and verifies it; a list that is missing, unsigned or forged is a refusal, never an empty list.
    pub(super) fn read(path: &Path, keys: &[PublicKey]) -> Result<Self, Problems> {
        let source = std::fs::read_to_string(path).map_err(|e| Error::io(path, &e).into_refusal())?;
        let place = |e: &Error| e.clone().at(path.display(), "");
        let document = Document::parse(&source).map_err(|e| place(&e))?;
        for key in keys {
            document.verify(Kind::Revocations, key).map_err(|e| place(&e))?;
        }
        Self::of(&document).map_err(|problems| {
            let mut placed = Problems::default();
            problems.list().iter().for_each(|e| placed.push(place(e)));
            placed
        })
    }

    /// The content of a document, whoever signed it.
    pub(super) fn of(document: &Document) -> Result<Self, Problems> {
        let list: Self = document.content()?;
        let mut problems = Problems::default();
        let version = list.version;
        if version != 1 {
            problems.push(bad(
                "version",
                text!(
                    "version {version} is not known here, expected 1; ask the platform office for a list of that version",
                    "バージョン {version} には対応していません。1 が必要です。その形式の一覧をプラットフォーム事務局に依頼してください"
                ),
            ));
        }
        if list.issued.date.is_none() || list.issued.offset.is_none() {
            problems.push(bad(
                "issued",
                text!(
                    "expected a time with its offset, such as 2026-11-20T09:00:00+09:00",
                    "2026-11-20T09:00:00+09:00 のように、時差を付けた日時で書いてください"
                ),
            ));
        }
        for entry in &list.permit {
            if !is_id(&entry.id) {
                problems.push(bad("permit.id", not_an_id()));
            }
            let backwards = entry.until.is_some_and(|until| until < entry.from);
            if backwards || (entry.until.is_some() && entry.status == Status::Revoked) {
                let id = &entry.id;
                problems.push(bad(
                    "permit.until",
                    text!(
                        "`{id}`: only a suspension ends, and not before it begins; correct or remove `until`",
                        "「{id}」: until を書けるのは suspended だけで、from 以後の日付とします。直すか削除してください"
                    ),
                ));
            }
        }
        if problems.is_empty() { Ok(list) } else { Err(problems) }
    }

    /// When the list was issued.
    #[must_use]
    pub fn issued(&self) -> String {
        self.issued.to_string()
    }

    /// The entries, for people: id, status, first day, last day, reason.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.permit.iter().map(|e| {
            let until = e.until.map(|d| d.to_string()).unwrap_or_default();
            format!("{} {} {}–{until} {}", e.id, e.status.name(), e.from, e.reason)
        })
    }

    /// Why a permit does not hold on a day, if the list says so.
    pub(super) fn refusal(&self, id: &str, day: Date) -> Option<Error> {
        let in_force = |e: &&Entry| e.id == id && e.from <= day && e.until.is_none_or(|until| day <= until);
        let entry = self.permit.iter().find(in_force)?;
        let (status, from, reason) = (entry.status.name(), entry.from, &entry.reason);
        let ja = match entry.status {
            Status::Revoked => "取り消されています",
            Status::Suspended => "停止されています",
        };
        let until = entry.until.map(|d| format!(" until {d}")).unwrap_or_default();
        let until_ja = entry.until.map(|d| format!("{d}まで")).unwrap_or_default();
        Some(bad(
            "id",
            text!(
                "permit `{id}` is {status} from {from}{until} ({reason}); ask the platform office",
                "許可証「{id}」は{from}から{until_ja}{ja}（{reason}）。プラットフォーム事務局に問い合わせてください"
            ),
        ))
    }
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Revoked => "revoked",
            Status::Suspended => "suspended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"version = 1
issued = 2026-11-20T09:00:00+09:00
[[permit]]
id = "P1"
status = "suspended"
from = 2026-05-01
until = 2026-05-31
reason = "incident"
[[permit]]
id = "P2"
status = "revoked"
from = 2026-06-01
reason = "withdrawn"
"#;

    fn list(text: &str) -> Result<Revocations, Problems> {
        Revocations::of(&Document::parse(text).unwrap())
    }

    #[test]
    fn a_permit_is_refused_on_the_days_that_the_list_names() {
        let list = list(LIST).unwrap();
        let refused = |id: &str, day: &str| {
            list.refusal(id, day.parse::<Datetime>().unwrap().date.unwrap()).map(|e| e.to_string())
        };
        assert!(refused("P1", "2026-05-01").unwrap().contains("suspended from 2026-05-01 until 2026-05-31"));
        assert!(refused("P1", "2026-05-31").is_some());
        assert!(refused("P1", "2026-04-30").is_none() && refused("P1", "2026-06-01").is_none());
        assert!(refused("P2", "2026-05-31").is_none() && refused("P2", "2099-01-01").is_some());
        assert!(refused("P3", "2026-06-01").is_none());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (from, to) in [
            ("version = 1", "version = 2"),
            ("T09:00:00+09:00", "T09:00:00"),
            ("\"suspended\"", "\"revoked\""),
            ("\"suspended\"", "\"paused\""),
            ("until = 2026-05-31", "until = 2026-04-30"),
            ("until", "untill"),
            ("\"P2\"", "\"\""),
            ("[[permit]]", "[[permits]]"),
        ] {
            let problems = list(&LIST.replacen(from, to, 1)).expect_err(to);
            assert_eq!(problems.exit_code(), 5, "{to}");
        }
        assert!(list("version = 1\nissued = 2026-11-20T09:00:00Z\n").is_ok(), "an empty list is a list");
    }
}
