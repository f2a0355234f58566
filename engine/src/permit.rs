//! permit: what the platform allows a project to do, signed by its office.
//!
//! Where the platform has configured a key, nothing is planned without a permit that this key signed, that holds today and
//! is not revoked, that names who runs the process, and that covers the request. Holding a [`Permit`] proves all of this
//! but the last, holding a [`Plan`](crate::Plan) that has one proves the whole. What cannot be read or understood refuses.

mod date;
mod document;
mod form;
mod handler;
mod key;
mod office;
mod revocation;
mod scope;
mod terms;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use toml::value::Date;

pub use key::{PublicKey, SecretKey, generate};
pub use office::{Content, Signed, inspect, sign, template, verify};
pub use revocation::Revocations;
pub use terms::{Handler, Period, Responsible, Table, Terms};

pub(crate) use scope::{Asked, Place};

use crate::actor::Actor;
use crate::error::{Error, Problems, Result};
use crate::text;
use document::{Document, Kind};

/// What a request says about its permit. Paths are absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Use {
    /// The permit.
    pub file: Option<PathBuf>,
    /// The project that the user believes to work for.
    pub project: Option<String>,
    /// Who acts, under an account that several people share. Not a part of a saved plan: another person may go on with it.
    #[serde(skip)]
    pub handler: Option<String>,
    /// The platform's keys, of all configurations: every one must have signed.
    pub public_keys: Vec<PathBuf>,
    /// Its lists of permits that do not hold: all of them count.
    pub revoked: Vec<PathBuf>,
}

impl Use {
    /// Every file that is read.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.file.iter().chain(&self.public_keys).chain(&self.revoked)
    }
}

/// A permit that was verified for this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    file: PathBuf,
    terms: Terms,
    handler: Handler,
    actor: Actor,
    digest: String,
}

impl Permit {
    /// What it says.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The registered person who runs this process.
    #[must_use]
    pub fn handler(&self) -> &Handler {
        &self.handler
    }

    /// The account of this process: the handler's own, or one that the project shares.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// BLAKE3 of the bytes that were signed.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn file(&self) -> &Path {
        &self.file
    }

    /// What an audit keeps of it.
    pub(crate) fn record(&self) -> serde_json::Value {
        let terms = &self.terms;
        serde_json::json!({
            "id": terms.id,
            "project": terms.project,
            "institution": terms.institution,
            "handler": {"name": self.handler.name, "uid": self.handler.uid},
            "run_as": self.actor,
            "blake3": self.digest,
            "period": {"from": terms.period.from.to_string(), "to": terms.period.to.to_string()},
            "replaces": terms.replaces,
        })
    }

    #[cfg(test)]
    fn of_terms(terms: Terms) -> Self {
        let (handler, actor) = (terms.handler[0].clone(), Actor::current().unwrap());
        Self { file: "p.toml".into(), terms, handler, actor, digest: String::new() }
    }
}

impl Use {
    /// Verifies the permit for this process at this moment; none if no key asks for one.
    pub fn verify(&self) -> Result<Option<Permit>, Problems> {
        let mut problems = Problems::default();
        let permit = hold(self, &mut problems);
        if problems.is_empty() { Ok(permit) } else { Err(problems) }
    }
}

/// The permit of a request, verified for this process at this moment; none if no key asks for one. Every problem is added.
pub(crate) fn hold(using: &Use, problems: &mut Problems) -> Option<Permit> {
    if let Some(project) = using.project.as_ref().filter(|project| !form::is_id(project)) {
        let expected = form::not_an_id();
        problems.push(Error::usage(expected).at(format!("--project {project}"), ""));
    }
    if using.public_keys.is_empty() {
        no_key(using, problems);
        return None;
    }
    let before = problems.list().len();
    let keys: Vec<PublicKey> =
        using.public_keys.iter().filter_map(|path| problems.keep(PublicKey::read(path))).collect();
    if keys.len() < using.public_keys.len() {
        return None;
    }
    let lists = lists(&using.revoked, &keys, problems);
    let actor = problems.keep(Actor::current().map_err(Error::into_refusal));
    let Some(file) = &using.file else {
        problems.push(Error::refused(text!(
            "--permit: this platform demands a permit, and none is named; name the file that the platform office signed",
            "--permit: このプラットフォームでは許可証が必要ですが、指定されていません。プラットフォーム事務局が署名したファイルを指定してください"
        )));
        return None;
    };
    let (document, terms) = problems_at(file, read(file, &keys), problems)?;
    let placed = |e: Error| e.at(file.display(), "");
    let handler = actor.as_ref().and_then(|actor| {
        problems.keep(handler::handler(&terms, actor.uid(), using.handler.as_deref()).map_err(placed))
    });
    match date::day_in_japan(SystemTime::now()) {
        Some(today) => {
            let refusals = [wrong_project(&terms, using.project.as_deref()), out_of_period(&terms, today)];
            let revoked = lists.iter().filter_map(|list| list.refusal(&terms.id, today));
            refusals.into_iter().flatten().chain(revoked).for_each(|e| problems.push(placed(e)));
        }
        None => problems.push(no_clock()),
    }
    let (handler, actor) = (handler?, actor?);
    let digest = document.digest(Kind::Permit);
    let held = problems.list().len() == before;
    held.then(|| Permit { file: file.clone(), terms, handler, actor, digest })
}

/// The same permit, verified again: work takes time, and a permit may be withdrawn meanwhile.
pub(crate) fn hold_again(using: &Use, held: Option<&Permit>) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let now = hold(using, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    if now.as_ref().map(Permit::digest) == held.map(Permit::digest) {
        return Ok(());
    }
    let place = using.file.as_deref().unwrap_or(Path::new("--permit")).display();
    Err(Error::refused(text!(
        "the permit was exchanged while the work was done; run it again",
        "処理の途中で許可証が差し替えられました。もう一度実行してください"
    ))
    .at(place, "")
    .into())
}

/// A permit that cannot be verified must not look as if it had been.
fn no_key(using: &Use, problems: &mut Problems) {
    let named = [("--permit", using.file.is_some()), ("--handler", using.handler.is_some())];
    for (flag, _) in named.into_iter().filter(|(_, named)| *named) {
        problems.push(Error::refused(text!(
            "{flag}: there is no key to verify a permit with; set `[permit] public_key` in the configuration, or leave {flag} out",
            "{flag}: 許可証を検証する公開鍵がありません。設定ファイルの [permit] に public_key を書くか、{flag} を外してください"
        )));
    }
    for list in &using.revoked {
        problems.push(
            Error::refused(text!(
                "there is no key to verify this list with; set `[permit] public_key` in the configuration",
                "この一覧を検証する公開鍵がありません。設定ファイルの [permit] に public_key を書いてください"
            ))
            .at(list.display(), ""),
        );
    }
}

fn lists(paths: &[PathBuf], keys: &[PublicKey], problems: &mut Problems) -> Vec<Revocations> {
    let mut lists = Vec::new();
    for path in paths {
        match Revocations::read(path, keys) {
            Ok(list) => lists.push(list),
            Err(all) => all.list().iter().for_each(|e| problems.push(e.clone())),
        }
    }
    lists
}

/// A permit that every key has signed. Nothing of an unsigned one is looked at.
fn read(file: &Path, keys: &[PublicKey]) -> Result<(Document, Terms), Problems> {
    let source = std::fs::read_to_string(file).map_err(|e| Error::io(Path::new(""), &e).into_refusal())?;
    let document = Document::parse(&source)?;
    for key in keys {
        document.verify(Kind::Permit, key)?;
    }
    let terms: Terms = document.content()?;
    terms.check()?;
    Ok((document, terms))
}

/// Puts the name of a file before every problem with it.
fn problems_at<T>(file: &Path, result: Result<T, Problems>, problems: &mut Problems) -> Option<T> {
    let error = match result {
        Ok(value) => return Some(value),
        Err(error) => error,
    };
    error.list().iter().for_each(|e| problems.push(e.clone().at(file.display(), "")));
    None
}

fn wrong_project(terms: &Terms, asked: Option<&str>) -> Option<Error> {
    let (asked, project) = (asked?, &terms.project);
    (asked != project).then(|| {
        form::bad(
            "project",
            text!(
                "--project {asked}: the permit is for project {project}; name the permit of your project, or correct --project",
                "--project {asked}: この許可証は課題 {project} のものです。自分の課題の許可証を指定するか、--project を直してください"
            ),
        )
    })
}

fn out_of_period(terms: &Terms, today: Date) -> Option<Error> {
    let Period { from, to } = terms.period;
    (!terms.period.holds(today)).then(|| {
        form::bad(
            "period",
            text!(
                "today is {today} in Japan, and the permit holds from {from} to {to}; ask the platform office for a new period",
                "日本時間の本日は{today}ですが、許可証の期間は{from}から{to}までです。期間の変更をプラットフォーム事務局に申請してください"
            ),
        )
    })
}

fn no_clock() -> Error {
    Error::refused(text!(
        "the machine's clock is before 1970 or after 9999, so no permit can be in its period; set the clock",
        "このマシンの時計が1970年より前か9999年より後のため、許可証の期間を確認できません。時計を合わせてください"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_key_nothing_is_verified_and_nothing_looks_verified() {
        let refusals = |using: Use| {
            let mut problems = Problems::default();
            assert!(hold(&using, &mut problems).is_none());
            problems.list().iter().map(Error::exit_code).collect::<Vec<_>>()
        };
        assert!(refusals(Use { project: Some("P1".into()), ..Use::default() }).is_empty());
        assert_eq!(refusals(Use { project: Some("P 1".into()), ..Use::default() }), [2]);
        assert_eq!(refusals(Use { file: Some("p".into()), ..Use::default() }), [5]);
        assert_eq!(refusals(Use { revoked: vec!["l".into()], ..Use::default() }), [5]);
        // A key that cannot be read stops everything.
        assert_eq!(refusals(Use { public_keys: vec!["/no/key".into()], ..Use::default() }), [5]);
    }
}
