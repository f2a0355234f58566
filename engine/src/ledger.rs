//! The record of every release and refusal: append-only, each line bound to the one before, judged as a whole.
//!
//! A table that is harmless alone may not be so beside an earlier one, so a release is *reserved* here, under a lock, before its
//! files are made, and counts from then on. [`Ledger`] is an opened and verified ledger; [`Locked`], which alone can append,
//! proves that the lock is held and that nothing is missing from the view.
//!
//! ```no_run
//! # fn main() -> shukei::error::Result<()> {
//! let mut ledger = shukei::ledger::Ledger::open(std::path::Path::new("/srv/ledger"))?;
//! let mut locked = ledger.lock()?;
//! let people = locked.indices("", &["P001", "P002"])?;
//! for (id, claim, status) in locked.standing() { /* judge */ }
//! # let _ = people; Ok(())
//! # }
//! ```

mod archive;
mod beside;
mod chain;
mod comparable;
mod derivable;
mod draft;
mod earlier;
mod entry;
mod files;
mod join;
mod judge;
mod lock;
mod locked;
pub(crate) mod prime;
pub mod report;
mod reserve;
mod sets;
mod standing;
mod subjects;

use std::fmt;
use std::path::{Path, PathBuf};

use roaring::RoaringBitmap;

use crate::error::{Error, Lang, Result};
use crate::random::random;
use crate::text;
pub(crate) use beside::{Beside, Considers};
use chain::End;
pub(crate) use comparable::Naming;
pub(crate) use derivable::{Derivable, derivable, signatures};
pub(crate) use draft::Draft;
pub(crate) use earlier::EarlierRow;
pub use entry::{
    Claim, ClaimFamily, ClaimNode, Entry, Event, Exported, FileRecord, Refusal, Released, Voided, What,
};
use entry::{Line, Seal};
use files::{ENTRIES, HEAD, Home, KEY, SUBJECTS, damaged};
pub(crate) use join::{Trees, connected, cuts, join};
pub use judge::Bar;
pub(crate) use judge::undecided;
use lock::Guard;
pub use lock::Waiting;
pub use locked::Locked;
pub(crate) use reserve::replaceable;
pub use reserve::{Facts, Reservation, reserve};
use sets::Sets;
pub use sets::{Digest, SetDigest};
use standing::Releases;
pub use standing::Status;
use subjects::Subjects;

/// An opened and verified ledger.
pub struct Ledger {
    home: Home,
    waiting: Waiting,
    end: End,
    entries: Vec<Entry>,
    releases: Releases,
    sets: Sets,
    subjects: Subjects,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("dir", &self.home.dir)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger of a directory, making it if it is not there, and verifies all of it: every line against the one
    /// before, the last against the head, the subjects against the lines. A last line that its writer did not finish is
    /// removed; anything else that is not as it was written is an error.
    pub fn open(dir: &Path) -> Result<Self> {
        Self::open_with(dir, Waiting::default())
    }

    /// [`open`](Self::open) with a word on waiting for other processes.
    pub fn open_with(dir: &Path, waiting: Waiting) -> Result<Self> {
        let home = Home::make(dir)?;
        lock::choose(&home, lock::advisory_works)?;
        let guard = lock::acquire(&home, &waiting)?;
        if !home.path(ENTRIES).exists() {
            create(&home)?;
        }
        let mut ledger = Self {
            subjects: Subjects::open(&home)?,
            home,
            waiting,
            end: End::default(),
            entries: Vec::new(),
            releases: Releases::default(),
            sets: Sets::default(),
        };
        ledger.catch_up(&guard)?;
        Ok(ledger)
    }

    /// True if there is a ledger in the directory.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        [ENTRIES, HEAD].iter().any(|name| dir.join(name).exists())
    }

    /// The user's own ledger: `$XDG_STATE_HOME/shukei/ledger`, else `~/.local/state/shukei/ledger`.
    #[must_use]
    pub fn default_dir() -> Option<PathBuf> {
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        Some(state.or_else(home)?.join("shukei/ledger"))
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.home.dir
    }

    /// Number and hash of the last entry: whoever keeps these elsewhere can later show that nothing before was changed.
    #[must_use]
    pub fn head(&self) -> (u64, Digest) {
        (self.end.seq, self.end.hash)
    }

    /// Every entry, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What a release is about.
    #[must_use]
    pub fn release_of(&self, id: &str) -> Option<&Claim> {
        self.releases.claim(id, &self.entries)
    }

    /// What became of a release.
    #[must_use]
    pub fn status_of(&self, id: &str) -> Option<Status> {
        self.releases.position(id).map(|at| self.releases.0[at].status)
    }

    /// Every release, void ones too, in the order of their claims.
    pub fn releases(&self) -> impl Iterator<Item = (&Entry, &str, &Claim, Status)> {
        self.releases.0.iter().filter_map(|release| {
            let entry = self.entries.get(release.claim)?;
            match &entry.what {
                What::Reserved { id, claim } => Some((entry, id.as_str(), &**claim, release.status)),
                _ => None,
            }
        })
    }

    /// Every release that counts: reserved, released, exported.
    pub fn standing(&self) -> impl Iterator<Item = (&str, &Claim, Status)> {
        let counts = self.releases().filter(|(.., status)| *status != Status::Void);
        counts.map(|(_, id, claim, status)| (id, claim, status))
    }

    /// The subjects of a set; every set that a claim of this ledger names is there.
    #[must_use]
    pub fn set(&self, digest: &SetDigest) -> Option<&RoaringBitmap> {
        self.sets.get(digest)
    }

    /// A digest that only the holder of this ledger's key can try out.
    pub(crate) fn keyed(&self, bytes: &[u8]) -> Digest {
        self.subjects.keyed(bytes)
    }

    /// The numbers of subjects that the ledger knows; the others get numbers above all of these for as long as they are
    /// looked at, and are not added.
    pub(crate) fn provisional(&mut self, namespace: &str, ids: &[&str]) -> Result<Vec<u32>> {
        self.subjects.provisional(&self.home, namespace, ids)
    }

    /// Takes the lock and reads what others appended.
    pub fn lock(&mut self) -> Result<Locked<'_>> {
        let guard = lock::acquire(&self.home, &self.waiting)?;
        if !guard.writer() {
            let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
            return Err(Error::io(&self.home.path(ENTRIES), &denied));
        }
        self.catch_up(&guard)?;
        Ok(Locked::new(self, guard))
    }

    /// Reads and verifies everything from `end` on.
    fn catch_up(&mut self, guard: &Guard) -> Result<()> {
        self.subjects.read_more(&self.home, guard.writer())?;
        let more = chain::read(&self.home, self.end, guard.writer())?;
        self.entries.reserve(more.lines.len());
        for line in more.lines {
            self.take(line)?;
        }
        self.end = more.end;
        Ok(())
    }

    /// Takes one verified line into the view.
    fn take(&mut self, line: Line) -> Result<()> {
        let (seq, path) = (line.seq, self.home.path(ENTRIES));
        let wrong = |en: &Error| {
            let what = text!("{}", "{}", en.message(Lang::En));
            let what = crate::error::Text { ja: en.message(Lang::Ja), ..what };
            damaged(&path, Some(seq), &what)
        };
        if self.subjects.seal(line.subjects.count) != Some(line.subjects) {
            let what = text!(
                "not the subjects that the ledger's line {seq} knew: the file or its key was edited or cut",
                "台帳の{seq}行目の時点の対象者と一致しません。このファイルか鍵が書き換えられたか、短くされています"
            );
            return Err(damaged(&self.home.path(SUBJECTS), None, &what));
        }
        let names_known = |sets: &Sets| match &line.kind {
            What::Reserved { claim, .. } => claim.sets().all(|digest| sets.get(digest).is_some()),
            _ => true,
        };
        if !self.sets.take(line.sets, line.subjects.count) || !names_known(&self.sets) {
            let what =
                text!("a set of subjects is not what it is named", "対象者の集合がその名前と一致しません");
            return Err(damaged(&path, Some(seq), &what));
        }
        self.releases.take(&line.kind, &self.entries, self.entries.len()).map_err(|e| wrong(&e))?;
        self.entries.push(Entry { seq, time: line.time, what: line.kind });
        Ok(())
    }

    fn seal_now(&mut self) -> Result<Seal> {
        let count = self.subjects.count();
        self.subjects.seal(count).ok_or_else(|| {
            let what = text!("the file has become shorter", "ファイルが短くなっています");
            damaged(&self.home.path(SUBJECTS), None, &what)
        })
    }
}

/// Makes the files of an empty ledger, the entries last: a ledger without any of the others is a damaged one, and so is one
/// that had entries and has them no longer.
fn create(home: &Home) -> Result<()> {
    home.put(KEY, &random()?, true)?;
    home.put(SUBJECTS, b"", true)?;
    chain::write_head(home, End::default(), true)?;
    if !chain::head_is(home, End::default()) || !home.read_from(SUBJECTS, 0)?.is_empty() {
        return Err(damaged(&home.path(ENTRIES), None, &text!("the file is gone", "ファイルがありません")));
    }
    home.put(ENTRIES, b"", true)
}

#[cfg(test)]
mod tests;
