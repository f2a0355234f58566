//! What left the platform, by project and period; and whether the archive still holds what was released.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Entry, FileRecord, Ledger, What};
use crate::error::{Error, Problems, Result};
use crate::text;

/// Japan is this much ahead of UTC, all year.
const JST: Duration = Duration::from_secs(9 * 3600);

/// Which exports a report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// First day, in Japan; none for all before.
    pub from: Option<Day>,
    /// Last day, in Japan; none for all after.
    pub to: Option<Day>,
    /// Project; none for all.
    pub project: Option<String>,
}

/// A day: `2026-11-20`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl std::str::FromStr for Day {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let given = humantime::parse_rfc3339(&format!("{text}T00:00:00Z"));
        if text.len() == 10 && given.is_ok() {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::usage(text!(
            "`{text}` is not a day; write it as 2026-04-01",
            "「{text}」は日付ではありません。2026-04-01 の形で書いてください"
        )))
    }
}

/// A time of the ledger as clocks in Japan show it: `2026-11-20T09:30:00+09:00`.
#[must_use]
pub fn in_japan(time: &str) -> String {
    match humantime::parse_rfc3339(time) {
        Ok(time) => humantime::format_rfc3339_seconds(time + JST).to_string().replace('Z', "+09:00"),
        Err(_) => time.to_owned(),
    }
}

/// Today, in Japan.
#[must_use]
pub fn today() -> Day {
    let mut day = humantime::format_rfc3339_seconds(SystemTime::now() + JST).to_string();
    day.truncate(10);
    Day(day)
}

/// A file that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile<'l> {
    /// When it left, in Japan.
    pub time: String,
    /// The release it belongs to.
    pub id: &'l str,
    /// Project.
    pub project: &'l str,
    /// Product.
    pub product: &'l str,
    /// The file.
    pub file: &'l FileRecord,
    /// The checker's verdict; empty when nothing checked it.
    pub verdict: &'l str,
    /// Who approved it; empty when nobody signed.
    pub approver: &'l str,
    /// Account that recorded the export.
    pub actor: String,
    /// Rules that the checker named.
    pub rules: &'l [String],
}

impl Ledger {
    /// Every file that left the platform in a period, in the order in which they left.
    #[must_use]
    pub fn exports(&self, period: &Period) -> Vec<ExportedFile<'_>> {
        let inside = |entry: &Entry| {
            let time = in_japan(&entry.time);
            let day = time.get(..10).unwrap_or_default();
            period.from.as_ref().is_none_or(|from| from.0.as_str() <= day)
                && period.to.as_ref().is_none_or(|to| day <= to.0.as_str())
        };
        let mut list = Vec::new();
        for entry in self.entries().iter().filter(|entry| inside(entry)) {
            let What::Exported(it) = &entry.what else { continue };
            let Some(claim) = self.release_of(&it.id) else { continue };
            if period.project.as_ref().is_some_and(|project| *project != claim.project) {
                continue;
            }
            list.extend(self.files_of(&it.id).iter().map(|file| ExportedFile {
                time: in_japan(&entry.time),
                id: &it.id,
                project: &claim.project,
                product: &claim.product,
                file,
                verdict: it.verdict.as_deref().unwrap_or_default(),
                approver: it.approver.as_deref().unwrap_or_default(),
                actor: it.actor.shown(),
                rules: &it.rules,
            }));
        }
        list
    }

    /// The files of a release; none while it is only reserved.
    #[must_use]
    pub fn files_of(&self, id: &str) -> &[FileRecord] {
        self.made(id).map_or(&[], |it| &it.files)
    }

    /// What was made of a claim, once it was.
    #[must_use]
    pub fn made(&self, id: &str) -> Option<&super::Released> {
        let at = self.releases.position(id)?;
        match &self.entries().get(self.releases.0[at].made?)?.what {
            What::Released(it) => Some(it),
            _ => None,
        }
    }

    /// Reads every archived file of every release that was made, void ones too, and compares it with the ledger. Gives how
    /// many files there were.
    pub fn verify_archive(&self, archive: &Path) -> Result<usize, Problems> {
        let (mut problems, mut count) = (Problems::default(), 0);
        for entry in self.entries() {
            let What::Released(it) = &entry.what else { continue };
            for file in &it.files {
                count += 1;
                problems.keep(verify_file(&archived(archive, &it.id, &file.name), file));
            }
        }
        if problems.is_empty() { Ok(count) } else { Err(problems) }
    }
}

/// Where the archive keeps a file of a release.
#[must_use]
pub fn archived(archive: &Path, id: &str, name: &str) -> PathBuf {
    archive.join(id).join(name)
}

fn verify_file(path: &Path, file: &FileRecord) -> Result<()> {
    let mut hasher = blake3::Hasher::new();
    File::open(path)
        .and_then(|content| hasher.update_reader(content).map(drop))
        .map_err(|e| Error::io(path, &e))?;
    if hasher.finalize().to_hex().as_str() == file.blake3 {
        return Ok(());
    }
    Err(Error::refused(text!(
        "not the file that was released: its BLAKE3 is not the one in the ledger; restore it from a backup",
        "公開時のファイルと異なります（BLAKE3 が台帳の値と一致しません）。バックアップから復元してください"
    ))
    .at(path.display(), ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{actor, append};
    use crate::ledger::{Event, Exported, Released};

    /// A ledger with one exported release of two files, and its archive.
    fn exported(dir: &Path) -> Ledger {
        let mut ledger = Ledger::open(&dir.join("ledger")).unwrap();
        let id = append(&mut ledger, 0);
        append(&mut ledger, 0);
        let file = |name: &str| {
            let path = archived(dir, &id, name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, name).unwrap();
            let blake3 = blake3::hash(name.as_bytes()).to_hex().to_string();
            FileRecord { name: name.to_owned(), bytes: name.len() as u64, blake3 }
        };
        let files = vec![file("a.parquet"), file("b.vcf.gz")];
        let mut locked = ledger.lock().unwrap();
        locked.append(Event::Released(Released { id: id.clone(), rows: 3, files })).unwrap();
        let approver = Some("Suzuki".to_owned());
        let rules = vec!["R24".to_owned()];
        locked
            .append(Event::Exported(Exported { id, actor: actor(5), verdict: None, approver, rules }))
            .unwrap();
        ledger
    }

    #[test]
    fn exports_by_day_and_project() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = exported(dir.path());
        let names = |period: &Period| {
            ledger.exports(period).iter().map(|row| row.file.name.clone()).collect::<Vec<_>>()
        };
        let day = |text: &str| Some(text.parse::<Day>().unwrap());
        let with = |from, to, project: Option<&str>| Period { from, to, project: project.map(str::to_owned) };
        assert_eq!(names(&Period::default()), ["a.parquet", "b.vcf.gz"]);
        assert_eq!(names(&with(Some(today()), Some(today()), Some("hum0001"))).len(), 2);
        assert!(names(&with(None, None, Some("hum0002"))).is_empty());
        assert!(names(&with(day("2999-01-01"), None, None)).is_empty());
        assert!(names(&with(None, day("2020-12-31"), None)).is_empty());
        let row = &ledger.exports(&Period::default())[0];
        assert_eq!((row.approver, row.actor.as_str(), row.rules.len()), ("Suzuki", "user5", 1));
    }

    #[test]
    fn days_are_those_of_japan() {
        assert_eq!(in_japan("2026-03-31T15:00:00Z"), "2026-04-01T00:00:00+09:00");
        for bad in ["2026-13-01", "2026-4-1", "2026-02-30", "20260401", ""] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_archive_is_compared_file_by_file() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = exported(dir.path());
        assert_eq!(ledger.verify_archive(dir.path()), Ok(2));
        std::fs::write(archived(dir.path(), "R000001", "a.parquet"), "other").unwrap();
        std::fs::remove_file(archived(dir.path(), "R000001", "b.vcf.gz")).unwrap();
        let problems = ledger.verify_archive(dir.path()).unwrap_err();
        assert_eq!((problems.list().len(), problems.exit_code()), (2, 5));
    }
}
