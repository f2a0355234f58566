//! What the platform's office does with permits and lists: write, sign, verify, show.

use std::path::Path;
use std::time::SystemTime;

use super::date::day_in_japan;
use super::document::{Document, Kind};
use super::form::{is_id, not_an_id};
use super::key::{PublicKey, SecretKey};
use super::revocation::Revocations;
use super::terms::Terms;
use super::{out_of_period, problems_at};
use crate::error::{Error, Problems, Result};

/// A document that the office signs.
#[derive(Debug)]
pub struct Signed {
    /// What it says.
    pub content: Content,
    /// The key that is said to have signed it; whether it did is another question.
    pub key_id: Option<String>,
    /// BLAKE3 of the bytes that are signed.
    pub digest: String,
}

/// What a document says.
#[derive(Debug)]
pub enum Content {
    /// What a project may do.
    Permit(Box<Terms>),
    /// Which permits do not hold.
    Revocations(Revocations),
}

/// Reads a permit or a list that is well formed. Its signature is *not* checked.
pub fn inspect(path: &Path) -> Result<Signed, Problems> {
    open(path).map(|(_, _, signed)| signed)
}

/// Signs a permit or a list that is well formed, in place of an earlier signature, and keeps who may read it.
pub fn sign(path: &Path, key: &SecretKey) -> Result<Signed, Problems> {
    let (document, kind, mut signed) = open(path)?;
    let text = document.sign(kind, key).map_err(|e| e.at(path.display(), ""))?;
    let io = |e: std::io::Error| Error::io(path, &e);
    let mode = std::fs::metadata(path).map_err(io)?.permissions();
    crate::write::file::replace(path, text.as_bytes())?;
    std::fs::set_permissions(path, mode).map_err(io)?;
    signed.key_id = Some(key.public().id());
    Ok(signed)
}

/// Verifies a permit, today and against a list of revocations, or a list. Who runs the process does not matter.
pub fn verify(path: &Path, key: &PublicKey, revoked: Option<&Path>) -> Result<Signed, Problems> {
    let (document, kind, signed) = open(path)?;
    let mut problems = Problems::default();
    let placed = |e: Error| e.at(path.display(), "");
    problems.keep(document.verify(kind, key).map_err(placed));
    let keys = [key.clone()];
    let list = revoked.map(|path| Revocations::read(path, &keys)).transpose();
    let today = day_in_japan(SystemTime::now());
    match (&signed.content, today) {
        (Content::Revocations(_), _) => {}
        (Content::Permit(_), None) => problems.push(super::no_clock()),
        (Content::Permit(terms), Some(today)) => {
            let listed =
                list.as_ref().ok().and_then(Option::as_ref).and_then(|l| l.refusal(&terms.id, today));
            let refusals = out_of_period(terms, today).into_iter().chain(listed);
            refusals.for_each(|e| problems.push(placed(e)));
        }
    }
    if let Err(all) = list {
        all.list().iter().for_each(|e| problems.push(e.clone()));
    }
    if problems.is_empty() { Ok(signed) } else { Err(problems) }
}

fn open(path: &Path) -> Result<(Document, Kind, Signed), Problems> {
    let read = || {
        let source = std::fs::read_to_string(path).map_err(|e| Error::io(Path::new(""), &e))?;
        let document = Document::parse(&source)?;
        let kind = document.kind();
        let content = match kind {
            Kind::Revocations => Content::Revocations(Revocations::of(&document)?),
            Kind::Permit => {
                let terms: Terms = document.content()?;
                terms.check()?;
                Content::Permit(Box::new(terms))
            }
        };
        let key_id = document.key_id().map(str::to_owned);
        let signed = Signed { content, key_id, digest: document.digest(kind) };
        Ok((document, kind, signed))
    };
    let mut problems = Problems::default();
    problems_at(path, read(), &mut problems).ok_or(problems)
}

/// A permit to fill in. What has to be said is empty, so that it cannot be signed as it is.
pub fn template(project: &str) -> Result<String> {
    if !is_id(project) {
        return Err(Error::usage(not_an_id()).at(format!("--project {project}"), ""));
    }
    let today = day_in_japan(SystemTime::now()).ok_or_else(super::no_clock)?;
    let (year, today) = (today.year, today.to_string());
    Ok(TEMPLATE.replace("{project}", project).replace("{year}", &year.to_string()).replace("{today}", &today))
}

const TEMPLATE: &str = r#"# A permit of shukei: what a project may do. Fill in, then: shukei permit sign FILE --key KEY
# Ids: ASCII letters, digits, . _ - only.
version = 1
id = "{project}-{year}-1"            # names this permit in revocation lists
project = "{project}"
institution = ""
purpose = ""
# replaces = "ID"                   # the earlier permit; revoke it too if it should no longer hold

# Accounts (uids) that several handlers share: there --handler NAME is required.
project_accounts = []

# Who answers for what leaves the platform.
export_responsible = { name = "", uid = 4294967295, certified_on = {today} }

# Values of the sample table's column `dataset`. Everybody who is counted must be in one of these.
datasets = []
# "frequency", "coverage", "cohort"
tables = ["frequency"]
# Columns that people may be counted or selected by: "sex", "age10", "region", "icd10", …
attributes = []
# ICD-10 codes; "E11" covers E11.9 too.
codes = []
# Places of the genome; without this key, all of it. Needs the build.
# regions = ["chr1:1000000-2000000", "chrX"]
# build = "GRCh38"

# Days in Japan, both included.
[period]
from = {today}
to = {today}

# People who may use the permit, one block each, with their own account.
[[handler]]
name = ""
uid = 4294967295
"#;

#[cfg(test)]
mod tests {
    use super::super::form::tests::GOOD;
    use super::super::key::generate;
    use super::*;

    #[test]
    fn a_template_is_signed_only_when_it_is_filled_in() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (key, public, _) = generate(&dir.path().join("k")).unwrap();
        let (key, public) = (SecretKey::read(&key).unwrap(), PublicKey::read(&public).unwrap());
        let file = dir.path().join("p.toml");
        std::fs::write(&file, template("P1").unwrap()).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let problems = sign(&file, &key).unwrap_err();
        let empty = [
            "institution",
            "purpose",
            "export_responsible.name",
            "handler.name",
            "export_responsible.uid",
            "handler.uid",
        ];
        assert_eq!(problems.list().len(), empty.len(), "{problems}");
        assert!(empty.iter().all(|key| problems.to_string().contains(key)), "{problems}");
        std::fs::write(&file, template("P1").unwrap().replace("\"\"", "\"x\"").replace("4294967295", "7"))
            .unwrap();
        assert!(verify(&file, &public, None).is_err(), "not signed");
        sign(&file, &key).unwrap();
        assert_eq!(verify(&file, &public, None).unwrap().key_id, Some(public.id()));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        assert!(std::fs::read_to_string(&file).unwrap().contains("# Days in Japan"), "comments stay");
        assert!(template("a b").is_err());
    }

    #[test]
    fn a_list_stops_a_permit_and_is_verified_itself() {
        let dir = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let (key, public, _) = generate(&dir.path().join(name)).unwrap();
            (SecretKey::read(&key).unwrap(), PublicKey::read(&public).unwrap())
        };
        let ((key, public), (forger, _)) = (key("office"), key("forger"));
        let (file, list) = (dir.path().join("p.toml"), dir.path().join("revoked.toml"));
        let always = GOOD
            .replace("to = 2027-03-31", "to = 9999-12-31")
            .replace("from = 2026-04-01", "from = 1970-01-01");
        std::fs::write(&file, &always).unwrap();
        sign(&file, &key).unwrap();
        let entry = "[[permit]]\nid = \"P1-2026\"\nstatus = \"revoked\"\nfrom = 1970-01-01\nreason = \"x\"\n";
        let check = |entry: &str, by: Option<&SecretKey>| {
            std::fs::write(&list, format!("version = 1\nissued = 2026-01-01T00:00:00Z\n{entry}")).unwrap();
            if let Some(key) = by {
                sign(&list, key).unwrap();
            }
            verify(&file, &public, Some(&list)).map_err(|p| p.exit_code()).map(|_| ())
        };
        assert_eq!(check("", Some(&key)), Ok(()));
        assert_eq!(check(entry, Some(&key)), Err(5));
        assert_eq!(check("", None), Err(5));
        assert_eq!(check("", Some(&forger)), Err(5));
        assert!(verify(&file, &public, Some(&dir.path().join("none"))).is_err());
        check("", Some(&key)).unwrap();
        assert!(matches!(verify(&list, &public, None).unwrap().content, Content::Revocations(_)));
        // A list is no permit.
        assert_eq!(verify(&file, &public, Some(&file)).unwrap_err().exit_code(), 5);
    }
}
