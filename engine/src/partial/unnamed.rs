//! A file that has no name until it is whole: a process that is killed leaves nothing to read and nothing to remove.
//!
//! `O_TMPFILE`, and `linkat` when it is complete. Where a file system has no such files it gets a temporary name, which is removed
//! when it is dropped, by [`remove_temporaries`], or by the next one that writes the same file.

use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, linkat};
use tempfile::TempPath;

use crate::write::file::{directory, lock};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a file needs to get its name.
pub(super) struct Unnamed {
    path: PathBuf,
    temporary: Option<TempPath>,
}

/// Temporary names of a file begin with this.
fn prefix(path: &Path) -> String {
    format!(".{}-", path.file_name().unwrap_or_default().display())
}

/// Makes a file that will be `path`, mode 0600, and locks it.
pub(super) fn create(path: &Path) -> io::Result<(File, Unnamed)> {
    remove_leftovers(path)?;
    locked(path, nameless(directory(path)))
}

/// A file without a name; `None` where there can be none.
fn nameless(dir: &Path) -> Option<File> {
    // Without /proc it could never get one.
    let possible = Path::new("/proc/self/fd").exists();
    let open = || File::options().read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE).open(dir);
    possible.then(open)?.ok()
}

fn locked(path: &Path, nameless: Option<File>) -> io::Result<(File, Unnamed)> {
    let dir = directory(path);
    let (file, temporary) = match nameless {
        Some(file) => (file, None),
        None => {
            let (file, temporary) =
                tempfile::Builder::new().prefix(&prefix(path)).tempfile_in(dir)?.into_parts();
            (file, Some(temporary))
        }
    };
    lock(&file)?;
    Ok((file, Unnamed { path: path.to_owned(), temporary }))
}

impl Unnamed {
    /// Syncs the file and gives it its name, in the place of one that has it.
    pub(super) fn name(self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        let temporary = match self.temporary {
            Some(temporary) => temporary,
            None => linked(file, &self.path)?,
        };
        temporary.persist(&self.path).map_err(|e| e.error)?;
        File::open(directory(&self.path))?.sync_all()
    }
}

/// Gives a file a temporary name: a link cannot take the place of another file, a rename can.
fn linked(file: &File, path: &Path) -> io::Result<TempPath> {
    // Processes of two nodes may have the same number.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let name = format!("{}{}-{now}", prefix(path), std::process::id());
    let temporary = directory(path).join(name);
    let of_process = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, &of_process, CWD, &temporary, AtFlags::SYMLINK_FOLLOW)?;
    TempPath::try_from_path(temporary)
}

/// Removes what a tally of the same partition that was killed left behind; one that is still at work holds a lock.
fn remove_leftovers(path: &Path) -> io::Result<()> {
    let prefix = prefix(path);
    for entry in std::fs::read_dir(directory(path))? {
        let entry = entry?;
        let mine = entry.file_name().to_string_lossy().starts_with(&prefix);
        if mine && is_abandoned(&entry.path()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Nobody holds a lock on it; where a file system has no locks, nobody has written to it for a day.
fn is_abandoned(path: &Path) -> bool {
    // NFS locks only what is open for writing.
    let Ok(file) = File::options().read(true).write(true).open(path) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {
            let age = file.metadata().and_then(|meta| meta.modified()).map(|time| time.elapsed());
            age.is_ok_and(|age| age.is_ok_and(|age| age > DAY))
        }
        Err(_) => false,
    }
}

/// Removes the temporary names of a file that is being written, by whoever is about to be killed: it can then never get its name.
pub fn remove_temporaries(path: &Path) {
    let prefix = prefix(path);
    for entry in std::fs::read_dir(directory(path)).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            // There is nobody left to tell.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        std::fs::read_dir(dir).unwrap().map(name).collect()
    }

    #[test]
    fn nothing_has_a_name_until_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("000001.partial");
        std::fs::write(&path, "damaged").unwrap();
        let (mut file, unnamed) = create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        assert_eq!(
            names(dir.path()),
            ["000001.partial"],
            "needs a file system with O_TMPFILE, as Linux's own are"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"damaged");
        unnamed.name(&file).unwrap();
        assert_eq!(names(dir.path()), ["000001.partial"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_temporary_name_goes_with_who_is_killed_or_with_the_next() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("000001.partial");
        // As on a file system that has no files without a name.
        let (file, unnamed) = locked(&path, None).unwrap();
        let temporary = dir.path().join(&names(dir.path())[0]);
        assert_eq!(std::fs::metadata(&temporary).unwrap().permissions().mode() & 0o777, 0o600);
        // Another tally of the same partition lets it be while it is at work.
        remove_leftovers(&path).unwrap();
        assert!(temporary.exists());
        remove_temporaries(&path);
        assert!(names(dir.path()).is_empty());
        assert!(unnamed.name(&file).is_err() && !path.exists(), "it can never get its name");
        // Killed without a signal: the lock is gone, the name is not.
        std::fs::write(dir.path().join(".000001.partial-left"), "counts").unwrap();
        let (_file, _unnamed) = create(&path).unwrap();
        assert!(names(dir.path()).is_empty());
    }
}
