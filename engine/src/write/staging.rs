//! A private directory inside OUT in which files are made before they get their names.
//!
//! A run that dies leaves it behind, unreadable to others; the next run into the same OUT removes it. A run that fails
//! removes it, and OUT too (with the directories above it) if it was made for it and is empty.

use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::audit::Audit;
use super::{Finished, file};
use crate::error::{Error, Result};
use crate::text;

const NAME: &str = ".shukei-staging";
const LOCK: &str = ".lock";
/// Stands in the staging directory from the first rename on.
const PUBLISHING: &str = ".publishing";
/// A directory with one of these holds a table.
const TABLE: [&str; 5] = ["audit.json", "freq.parquet", "freq.vcf.gz", "freq.vcf.gz.tbi", "freq.tsv"];

/// A staging directory and the lock on it.
#[derive(Debug)]
pub(crate) struct Staging {
    out: PathBuf,
    path: PathBuf,
    /// Directories that were made for OUT, OUT first.
    made: Vec<PathBuf>,
    _lock: File,
}

impl Staging {
    /// Makes OUT and the staging directory in it.
    pub(crate) fn open(out: &Path) -> Result<Self> {
        undo_half_published(out)?;
        if let Some(name) = TABLE.iter().find(|name| out.join(name).exists()) {
            return Err(Error::usage(text!(
                "there is already a table here ({name}); name another directory with -o, or remove the old one",
                "ここにはすでに表があります（{name}）。-o で別のディレクトリを指定するか、古い表を削除してください"
            ))
            .at(out.display(), ""));
        }
        let made: Vec<PathBuf> =
            out.ancestors().take_while(|dir| !dir.exists()).map(Path::to_owned).collect();
        let path = Self::make(out).inspect_err(|_| remove_empty(&made))?;
        let lock = file::create(&path.join(LOCK))
            .and_then(|lock| file::lock(&lock).map_err(|e| Error::io(&path, &e)).map(|()| lock))
            .inspect_err(|_| {
                let _ = std::fs::remove_dir_all(&path);
                remove_empty(&made);
            })?;
        Ok(Self { out: out.to_owned(), path, made, _lock: lock })
    }

    /// Makes OUT, removes what a run that died left there, and makes the private directory.
    fn make(out: &Path) -> Result<PathBuf> {
        std::fs::create_dir_all(out).map_err(|e| Error::io(out, &e))?;
        let path = out.join(NAME);
        not_at_work(out)?;
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(|e| Error::io(&path, &e))?;
        }
        DirBuilder::new().mode(0o700).create(&path).map_err(|e| Error::io(&path, &e))?;
        Ok(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the finished files their names, the audit last.
    pub(crate) fn publish(self, files: &[Finished], audit: &Audit) -> Result<()> {
        let temporary = self.path.join("audit.json");
        file::replace(&temporary, &audit.json())?;
        let audit = (temporary, "audit.json");
        let all = files.iter().map(|f| (f.path.clone(), f.name.as_str())).chain([audit]);
        file::create(&self.path.join(PUBLISHING))?;
        let mut named = Vec::new();
        for (from, name) in all {
            let to = self.out.join(name);
            let moved = std::fs::set_permissions(&from, Permissions::from_mode(0o644))
                .and_then(|()| std::fs::rename(&from, &to));
            if let Err(e) = moved {
                for path in named {
                    let _ = std::fs::remove_file(path);
                }
                return Err(Error::io(&to, &e));
            }
            named.push(to);
        }
        file::sync_dir(&self.out)
    }
}

/// An error while another process works in OUT.
fn not_at_work(out: &Path) -> Result<()> {
    let leftover = out.join(NAME).join(LOCK);
    if leftover.exists() {
        let lock = File::open(&leftover).map_err(|e| Error::io(&leftover, &e))?;
        if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Error::input(text!(
                "another shukei is writing here; wait for it, or name another directory with -o",
                "別の shukei がここに書き込み中です。終了を待つか、-o で別のディレクトリを指定してください"
            ))
            .at(out.display(), ""));
        }
    }
    Ok(())
}

/// A run that was killed while it gave files their names left some of a table without an audit: they go.
fn undo_half_published(out: &Path) -> Result<()> {
    let audit = out.join(TABLE[0]);
    if !out.join(NAME).join(PUBLISHING).exists() || audit.exists() {
        return Ok(());
    }
    not_at_work(out)?;
    for path in TABLE.iter().map(|name| out.join(name)).filter(|path| path.exists()) {
        std::fs::remove_file(&path).map_err(|e| Error::io(&path, &e))?;
    }
    Ok(())
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing can be done about a directory that cannot be removed; the next run tries again.
        let _ = std::fs::remove_dir_all(&self.path);
        remove_empty(&self.made);
    }
}

/// Removes directories from the inside out as long as they are empty: OUT only when nothing was published in it.
fn remove_empty(dirs: &[PathBuf]) {
    dirs.iter().all(|dir| std::fs::remove_dir(dir).is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_table_goes_and_a_whole_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let half = || {
            std::fs::create_dir_all(out.join(NAME)).unwrap();
            std::fs::write(out.join(NAME).join(PUBLISHING), "").unwrap();
            std::fs::write(out.join("freq.parquet"), "half").unwrap();
        };
        half();
        drop(Staging::open(&out).unwrap());
        assert!(!out.join("freq.parquet").exists());
        half();
        std::fs::write(out.join("audit.json"), "whole").unwrap();
        assert!(Staging::open(&out).is_err());
        assert!(out.join("freq.parquet").exists());
        std::fs::remove_dir_all(out.join(NAME)).unwrap();
        std::fs::remove_file(out.join("audit.json")).unwrap();
        assert!(Staging::open(&out).is_err(), "a file of unknown origin is not touched");
    }
}
