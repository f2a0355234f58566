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

/// A lock that is held until it is dropped. Where a file system has no locks (Lustre mounted without `flock`), everybody gets one:
/// what they guard is then only work done twice, since every file is replaced as a whole and the ledger has a lock of its own.
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock; `None` while somebody else has it.
    pub(super) fn take(path: &Path) -> Result<Option<Self>> {
        // Whoever only looks whether it is held has it for a moment.
        for _ in 1..LOOKS {
            if let Some(lock) = Self::once(path)? {
                return Ok(Some(lock));
            }
            std::thread::sleep(LOOK);
        }
        Self::once(path)
    }

    fn once(path: &Path) -> Result<Option<Self>> {
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
                return Ok(Some(Self { path: path.to_owned(), file }));
            }
        }
    }

    /// Whether somebody has it.
    pub(super) fn is_held(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is held, so that nobody can have taken it in between. A file that stays does no harm.
        let _ = std::fs::remove_file(&self.path);
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
        let mine = Lock::take(&path).unwrap().unwrap();
        assert!(Lock::is_held(&path));
        assert!(Lock::take(&path).unwrap().is_none());
        drop(mine);
        assert!(!path.exists() && !Lock::is_held(&path));
        assert!(Lock::take(&path).unwrap().is_some());
    }
}
