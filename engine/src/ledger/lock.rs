//! One process at a time.
//!
//! How a ledger is locked is decided when it is made and written into its file `lock`: `advisory`, a lock of the operating
//! system that ends with its process, or `file`, where the file system has no such locks: a file `lock.pid` that is made if it
//! is not there. All processes thus lock alike, whatever the file system looks like from their machine.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::files::{Home, LOCK};
use crate::error::{Error, Result, Text};
use crate::text;

const PID: &str = "lock.pid";
const ADVISORY: &str = "advisory\n";
const BY_FILE: &str = "file\n";

/// How long to wait for other processes, and whom to tell.
#[derive(Clone)]
pub struct Waiting {
    /// Longest wait for a lock file, which may be a dead process's. For a lock of the operating system, which is not, ten
    /// times that.
    pub limit: Duration,
    /// Is told once that one waits.
    pub note: Arc<dyn Fn(&Text) + Send + Sync>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { limit: Duration::from_secs(60), note: Arc::new(|_| {}) }
    }
}

/// Holding it, nobody else writes.
#[derive(Debug)]
pub(super) enum Guard {
    /// A lock of the operating system; `writer` is false for one who may not write and only keeps writers out.
    Advisory { _file: File, writer: bool },
    /// A lock file.
    Own(PathBuf),
}

impl Guard {
    pub(super) fn writer(&self) -> bool {
        !matches!(self, Self::Advisory { writer: false, .. })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Self::Own(path) = self {
            // A file that stays is reported to the next process, with what to do.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Decides how a new ledger is locked.
pub(super) fn choose(home: &Home, works: impl Fn(&Path) -> bool) -> Result<()> {
    if home.path(LOCK).exists() {
        return Ok(());
    }
    let word = if works(&home.dir) { ADVISORY } else { BY_FILE };
    home.put(LOCK, word.as_bytes(), true)
}

/// True where a lock that one file handle holds keeps another out.
pub(super) fn advisory_works(dir: &Path) -> bool {
    let attempt = || {
        let first = tempfile::Builder::new().prefix(".tmp-").tempfile_in(dir)?;
        let second = OpenOptions::new().write(true).open(first.path())?;
        first.as_file().try_lock()?;
        Ok::<_, std::io::Error>(matches!(second.try_lock(), Err(TryLockError::WouldBlock)))
    };
    attempt().unwrap_or(false)
}

/// Waits for the lock and takes it.
pub(super) fn acquire(home: &Home, waiting: &Waiting) -> Result<Guard> {
    let path = home.path(LOCK);
    let word = std::fs::read_to_string(&path).map_err(|e| home.unreadable(LOCK, &e))?;
    if word == BY_FILE {
        return by_file(home, waiting);
    }
    if word != ADVISORY {
        return Err(Error::refused(text!(
            "neither `advisory` nor `file`; restore the file, or write one of these words into it",
            "`advisory` でも `file` でもありません。ファイルを復元するか、どちらかの語を書いてください"
        ))
        .at(path.display(), ""));
    }
    match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) => {
            wait(waiting, waiting.limit * 10, || attempt(file.try_lock()), || held(&path, ""))
                .map_err(|e| e.at(path.display(), ""))?;
            excludes(&path)?;
            Ok(Guard::Advisory { _file: file, writer: true })
        }
        Err(e) if matches!(e.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            let file = File::open(&path).map_err(|e| Error::io(&path, &e))?;
            wait(waiting, waiting.limit * 10, || attempt(file.try_lock_shared()), || held(&path, ""))
                .map_err(|e| e.at(path.display(), ""))?;
            Ok(Guard::Advisory { _file: file, writer: false })
        }
        Err(e) => Err(Error::io(&path, &e)),
    }
}

/// Whether the lock could be had.
fn attempt(tried: Result<(), TryLockError>) -> Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(_)) => Err(useless()),
    }
}

/// An error unless the lock that is held keeps a second handle out.
fn excludes(path: &Path) -> Result<()> {
    let second = OpenOptions::new().write(true).open(path).map_err(|e| Error::io(path, &e))?;
    match second.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(()),
        _ => Err(useless().at(path.display(), "")),
    }
}

fn useless() -> Error {
    Error::refused(text!(
        "locks do not work on this file system as this machine sees it, and the ledger relies on them; mount it with locks \
         (Lustre: `-o flock`), or, while nobody uses the ledger, write the word `file` into this file",
        "このマシンから見たファイルシステムではロックが働きませんが、台帳はロックを前提としています。ロックを有効にしてマウントする\
         （Lustre では `-o flock`）か、誰も台帳を使っていないときに、このファイルに `file` と書いてください"
    ))
}

/// Tries until the lock is had or the time is up.
fn wait(
    waiting: &Waiting,
    limit: Duration,
    mut attempt: impl FnMut() -> Result<bool>,
    held: impl Fn() -> Text,
) -> Result<()> {
    let (started, mut pause, mut told) = (Instant::now(), Duration::from_millis(2), false);
    while !attempt()? {
        if started.elapsed() >= limit {
            return Err(Error::refused(held()));
        }
        if !told && started.elapsed() >= Duration::from_secs(1).min(limit / 2) {
            told = true;
            (waiting.note)(&text!(
                "waiting for another process that uses the ledger",
                "台帳を使用中の別のプロセスの終了を待っています"
            ));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
    Ok(())
}

fn held(path: &Path, holder: &str) -> Text {
    let path = path.display();
    if holder.is_empty() {
        return text!(
            "another process has held the ledger's lock for minutes; see who has {path} open (`lsof`), and try again",
            "別のプロセスが台帳のロックを長い間保持しています。{path} を開いているプロセスを `lsof` で調べてから、やり直してください"
        );
    }
    text!(
        "the ledger is locked by {holder}; if that process is certainly no longer there, remove the lock with: rm {path}",
        "台帳は {holder} によりロックされています。そのプロセスが確実に終了していれば、次でロックを解除してください: rm {path}"
    )
}

/// Takes the lock file.
fn by_file(home: &Home, waiting: &Waiting) -> Result<Guard> {
    let path = home.path(PID);
    let take = || match home.create(PID) {
        Ok(mut file) => {
            let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let (host, pid) = (host.trim(), std::process::id());
            let time = humantime::format_rfc3339_seconds(SystemTime::now());
            let who = format!("host {host}, pid {pid}, {time}\n");
            file.write_all(who.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| {
                let _ = std::fs::remove_file(&path);
                Error::io(&path, &e)
            })?;
            Ok(true)
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(Error::io(&path, &e)),
    };
    let holder = || {
        let who = std::fs::read_to_string(&path).unwrap_or_default();
        let who = if who.trim().is_empty() { "an unknown process" } else { who.trim() };
        held(&path, who)
    };
    wait(waiting, waiting.limit, take, holder)?;
    Ok(Guard::Own(path.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn waiting(limit: u64, told: &Arc<AtomicUsize>) -> Waiting {
        let told = Arc::clone(told);
        Waiting {
            limit: Duration::from_millis(limit),
            note: Arc::new(move |_| {
                told.fetch_add(1, Ordering::Relaxed);
            }),
        }
    }

    #[test]
    fn both_kinds_keep_a_second_out_and_say_who_holds() {
        for works in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let home = Home::make(dir.path()).unwrap();
            choose(&home, |dir| works && advisory_works(dir)).unwrap();
            let told = Arc::new(AtomicUsize::new(0));
            let guard = acquire(&home, &waiting(20, &told)).unwrap();
            assert_eq!(home.path(PID).exists(), !works);
            let error = acquire(&home, &waiting(20, &told)).unwrap_err();
            assert_eq!(error.kind(), Kind::Refused);
            assert_eq!(told.load(Ordering::Relaxed), 1);
            let said = error.to_string();
            let pid = format!("pid {}", std::process::id());
            assert_eq!(
                said.contains(&pid) && said.contains("rm ") && said.contains("lock.pid"),
                !works,
                "{said}"
            );
            drop(guard);
            acquire(&home, &waiting(20, &told)).unwrap();
        }
    }

    #[test]
    fn a_lock_file_of_a_dead_process_is_never_removed() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::make(dir.path()).unwrap();
        choose(&home, |_| false).unwrap();
        std::fs::write(home.path(PID), "host gone, pid 1, 2020-01-01T00:00:00Z\n").unwrap();
        let told = Arc::new(AtomicUsize::new(0));
        let error = acquire(&home, &waiting(20, &told)).unwrap_err();
        assert!(error.to_string().contains("host gone, pid 1, 2020-01-01T00:00:00Z"), "{error}");
        assert!(home.path(PID).exists());
    }

    #[test]
    fn the_way_of_locking_is_not_changed_later() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::make(dir.path()).unwrap();
        choose(&home, |_| false).unwrap();
        choose(&home, |_| true).unwrap();
        assert_eq!(std::fs::read_to_string(home.path(LOCK)).unwrap(), BY_FILE);
        std::fs::write(home.path(LOCK), "none").unwrap();
        assert_eq!(acquire(&home, &Waiting::default()).unwrap_err().kind(), Kind::Refused);
    }
}
