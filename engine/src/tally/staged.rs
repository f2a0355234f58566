//! Input that is copied to node-local storage first: a busy network file system is read once, in order, in large pieces.
//!
//! Of a file only the stretch that a partition needs is copied, to the same offsets of a sparse file without a name: it is gone with
//! the process. What a reader meets behind the stretch is a hole, which is no error once nothing more is wanted.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Stretch;
use crate::error::{Error, Text};
use crate::source::Begin;
use crate::text;

/// Bytes of one read.
const PIECE: usize = 4 << 20;
/// Bytes behind the last wanted record: the one after it is read too, and shows that nothing more is wanted.
const BEHIND: u64 = 16 << 20;

/// Where input is copied to first.
#[derive(Clone, Copy)]
pub struct Scratch<'a> {
    /// A directory on storage of this node.
    pub dir: &'a Path,
    /// Called with what the user should know when it cannot be used: the input is then read where it is.
    pub note: &'a (dyn Fn(&Text) + Sync),
}

impl Scratch<'_> {
    /// The copy of what a stretch reads; none if it cannot be made.
    pub(super) fn stage(&self, stretch: &Stretch<'_>) -> Option<File> {
        let staged = self.copy(stretch);
        if let Err(error) = &staged {
            self.given_up(&Error::io(self.dir, error));
        }
        staged.ok()
    }

    pub(super) fn given_up(&self, error: &Error) {
        let Text { en, ja } = error.text();
        (self.note)(&text!(
            "input is read where it is, not from a copy in scratch: {en}",
            "入力はスクラッチのコピーではなく元の場所から読みます: {ja}"
        ));
    }

    fn copy(&self, stretch: &Stretch<'_>) -> io::Result<File> {
        let input = &stretch.file().input;
        let from = File::open(&input.path)?;
        let to = tempfile::tempfile_in(self.dir)?;
        to.set_len(input.size)?;
        let mut at = match stretch.begin {
            Begin::Records => 0,
            Begin::Virtual(offset, _) => offset,
        };
        let end = stretch.until.saturating_add(BEHIND).min(input.size);
        let mut piece = vec![0; PIECE];
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
            let n = from.read_at(&mut piece[..wanted], at)?;
            if n == 0 {
                break;
            }
            to.write_all_at(&piece[..n], at)?;
            at += n as u64;
        }
        Ok(to)
    }
}
