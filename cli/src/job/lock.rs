//! Who works on something right now, across the nodes that share a file system.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use shukei::error::{Error, Result};

/// How often, and how long apart, a lock is tried before somebody is said to have it.
const LOOKS: u32 = 5;
const LOOK: Duration = Duration::from_millis(20);

/// A lock that is held until it is dropped. Where a file system has no locks (Lustre mounted without `flock`), everybody gets one: a
/// partition may then be counted twice, a job submitted twice, and of two releases the ledger takes the first for one that was
/// killed; but every file is replaced as a whole, and no table becomes wrong.
pub(super) struct Lock {
    /// Of a lock whose file goes with it.
    passing: Option<PathBuf>,
    file: File,
}

impl Lock {
    /// Takes a lock whose file stays; `None` while somebody else has it.
    pub(super) fn take(path: &Path) -> Result<Option<Self>> {
        let lock = Self::try_some_time(path)?;
        Ok(lock.map(|file| Self { passing: None, file }))
    }

    /// Takes a lock whose file goes with it, since there are many of the kind.
    pub(super) fn take_passing(path: &Path) -> Result<Option<Self>> {
        let lock = Self::try_some_time(path)?;
        Ok(lock.map(|file| Self { passing: Some(path.to_owned()), file }))
    }

    fn try_some_time(path: &Path) -> Result<Option<File>> {
        // Whoever only looks whether it is held has it for a moment.
        for _ in 1..LOOKS {
            if let Some(file) = Self::once(path)? {
                return Ok(Some(file));
            }
            std::thread::sleep(LOOK);
        }
        Self::once(path)
    }

    fn once(path: &Path) -> Result<Option<File>> {
        loop {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(path).map_err(|e| Error::io(path, &e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(e)) => return Err(Error::io(path, &e)),
            }
            // Whoever had it removed the file: the lock is on a file that nobody else finds.
            let (here, there) = (file.metadata(), std::fs::metadata(path));
            if here.is_ok_and(|here| there.is_ok_and(|there| here.ino() == there.ino())) {
                return Ok(Some(file));
            }
        }
    }

    /// Whether somebody has it.
    pub(super) fn is_held(path: &Path) -> bool {
        // NFS locks only what is open for writing.
        let file = File::options().read(true).write(true).open(path);
        file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is held, so that nobody can have taken it in between. A file that stays does no harm.
        let _ = self.passing.as_ref().map(std::fs::remove_file);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let mine = Lock::take_passing(&path).unwrap().unwrap();
        assert!(Lock::is_held(&path));
        assert!(Lock::take(&path).unwrap().is_none());
        drop(mine);
        assert!(!path.exists() && !Lock::is_held(&path));
        assert!(Lock::take(&path).unwrap().is_some());
        assert!(path.exists() && !Lock::is_held(&path));
    }
}
