//! The files of a ledger: names, modes, writing them so that a crash leaves a ledger.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Text};
use crate::text;
use crate::write::file::sync_dir;

/// The entries.
pub(super) const ENTRIES: &str = "ledger.jsonl";
/// Number and hash of the last entry.
pub(super) const HEAD: &str = "head";
/// What processes lock, and how.
pub(super) const LOCK: &str = "lock";
/// The key of subjects.
pub(super) const KEY: &str = "key";
/// The subjects, one a line.
pub(super) const SUBJECTS: &str = "subjects";

/// The directory of a ledger and the mode of its files.
#[derive(Clone, Debug)]
pub(super) struct Home {
    pub(super) dir: PathBuf,
    mode: u32,
}

impl Home {
    /// Makes the directory if it is not there. Files are the user's alone; in a directory that its group may write they are
    /// the group's too, whatever the umask, so that no member's setting locks the others out.
    pub(super) fn make(dir: &Path) -> Result<Self> {
        if !dir.exists() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
            made.map_err(|e| Error::io(dir, &e))?;
        }
        let meta = std::fs::metadata(dir).map_err(|e| Error::io(dir, &e))?;
        let mode = if meta.mode() & 0o020 == 0 { 0o600 } else { 0o660 };
        Ok(Self { dir: dir.to_owned(), mode })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A new file of this directory, or none if another process was first.
    pub(super) fn create(&self, name: &str) -> std::io::Result<File> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.dir.join(name))?;
        file.set_permissions(Permissions::from_mode(self.mode))?;
        Ok(file)
    }

    /// Puts a whole file in place of an old one, or, if `keep`, only where there is none.
    pub(super) fn put(&self, name: &str, bytes: &[u8], keep: bool) -> Result<()> {
        let path = self.path(name);
        let put = || {
            let mut temporary = tempfile::Builder::new().prefix(".tmp-").tempfile_in(&self.dir)?;
            temporary.write_all(bytes)?;
            temporary.as_file().set_permissions(Permissions::from_mode(self.mode))?;
            temporary.as_file().sync_all()?;
            if !keep {
                temporary.persist(&path).map_err(|e| e.error)?;
            } else if let Err(e) = temporary.persist_noclobber(&path)
                && e.error.kind() != std::io::ErrorKind::AlreadyExists
            {
                return Err(e.error);
            }
            Ok(())
        };
        put().map_err(|e| Error::io(&path, &e))?;
        sync_dir(&self.dir)
    }

    /// The content of a file from `offset` on; an error if the file is shorter.
    pub(super) fn read_from(&self, name: &str, offset: u64) -> Result<Vec<u8>> {
        let path = self.path(name);
        let read = || {
            let mut file = File::open(&path)?;
            let length = file.metadata()?.len();
            let mut bytes = Vec::with_capacity(usize::try_from(length.saturating_sub(offset)).unwrap_or(0));
            file.seek(SeekFrom::Start(offset))?;
            file.read_to_end(&mut bytes)?;
            Ok((length, bytes))
        };
        let (length, bytes) = read().map_err(|e: std::io::Error| self.unreadable(name, &e))?;
        if length < offset {
            return Err(damaged(
                &path,
                None,
                &text!("the file has become shorter", "ファイルが短くなっています"),
            ));
        }
        Ok(bytes)
    }

    /// A file of a ledger that cannot be read: one that is gone is damage.
    pub(super) fn unreadable(&self, name: &str, e: &std::io::Error) -> Error {
        let path = self.path(name);
        if e.kind() == std::io::ErrorKind::NotFound {
            damaged(&path, None, &text!("the file is gone", "ファイルがありません"))
        } else {
            Error::io(&path, e)
        }
    }

    /// Cuts a file to a length.
    pub(super) fn cut(&self, name: &str, length: u64) -> Result<()> {
        let path = self.path(name);
        let cut = || {
            let file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(length)?;
            file.sync_all()
        };
        cut().map_err(|e| Error::io(&path, &e))
    }

    /// Adds bytes to a file that has `length` bytes, durably; what could not be written whole is taken back.
    pub(super) fn add(&self, name: &str, length: u64, bytes: &[u8]) -> Result<()> {
        let path = self.path(name);
        let add = || {
            let mut file = OpenOptions::new().append(true).open(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        add().map_err(|e| {
            // Where even this fails a torn line stays, which the next opening removes.
            let _ = self.cut(name, length);
            Error::io(&path, &e)
        })
    }
}

/// The error of a ledger that is not what was written.
pub(super) fn damaged(path: &Path, line: Option<u64>, what: &Text) -> Error {
    let (en, ja) = (&what.en, &what.ja);
    let error = Error::refused(text!(
        "{en}; nothing is released until the ledger is restored from a backup or its keeper has found the cause",
        "{ja}。台帳をバックアップから復元するか、管理者が原因を突き止めるまで、何も公開できません"
    ));
    let place = line.map_or(text!("", ""), |line| text!("line {line}", "{line}行目"));
    error.on(place).at(path.display(), "")
}
