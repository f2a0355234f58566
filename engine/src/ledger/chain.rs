//! The lines of the file, each bound to the one before, and the head that says which is the last.

use std::thread;

use serde::{Deserialize, Serialize};

use super::entry::{Line, VERSION};
use super::files::{ENTRIES, HEAD, Home, damaged};
use super::sets::Digest;
use crate::error::{Error, Result};
use crate::text;

/// Reading is split over threads from this many bytes on.
const PARALLEL: usize = 1 << 20;

/// Where a chain ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    /// Bytes of the file.
    pub(super) bytes: u64,
    /// Number of the last line.
    pub(super) seq: u64,
    /// BLAKE3 of the last line; zeros before the first.
    pub(super) hash: Digest,
}

/// The file `head`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    seq: u64,
    hash: Digest,
}

impl From<End> for Head {
    fn from(end: End) -> Self {
        Self { seq: end.seq, hash: end.hash }
    }
}

/// Lines that follow an [`End`].
pub(super) struct More {
    pub(super) lines: Vec<Line>,
    pub(super) end: End,
}

/// Writes the head of a chain.
pub(super) fn write_head(home: &Home, end: End, keep: bool) -> Result<()> {
    let mut json = serde_json::to_vec(&Head::from(end)).map_err(|e| Error::json(&e))?;
    json.push(b'\n');
    home.put(HEAD, &json, keep)
}

/// True if the head says that the chain ends here.
pub(super) fn head_is(home: &Home, end: End) -> bool {
    read_head(home).is_ok_and(|head| head == Head::from(end))
}

fn read_head(home: &Home) -> Result<Head> {
    let bytes = home.read_from(HEAD, 0)?;
    serde_json::from_slice(&bytes).map_err(|_| {
        damaged(&home.path(HEAD), None, &text!("not the head of a ledger", "台帳の先頭情報として読めません"))
    })
}

/// Reads what follows `from` and checks it against the head. If `repair`, a torn last line is removed, and the head is
/// moved to a line that was written just before its writer died.
pub(super) fn read(home: &Home, from: End, repair: bool) -> Result<More> {
    let head = read_head(home)?;
    let bytes = home.read_from(ENTRIES, from.bytes)?;
    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
    let path = home.path(ENTRIES);
    let (mut end, mut before) = (from, from);
    let mut lines = Vec::new();
    for (line, hash, length) in parse(&bytes[..whole]).into_iter().flatten() {
        let number = end.seq + 1;
        let line = line.map_err(|wrong| wrong.error(home, number))?;
        if line.seq != number || line.prev != end.hash {
            let what = text!(
                "does not follow from the line before: one of them was edited, or a line was removed or added",
                "前の行とつながりません。どちらかの行が書き換えられたか、行が削除または追加されています"
            );
            return Err(damaged(&path, Some(number), &what));
        }
        before = end;
        end = End { bytes: end.bytes + length, seq: number, hash };
        lines.push(line);
    }
    let late = head == Head::from(before) && end.seq == before.seq + 1;
    if head != Head::from(end) && !late {
        return Err(against_head(home, head, end));
    }
    if repair && whole < bytes.len() {
        home.cut(ENTRIES, end.bytes)?;
    }
    if repair && late {
        write_head(home, end, false)?;
    }
    Ok(More { lines, end })
}

fn against_head(home: &Home, head: Head, end: End) -> Error {
    let (there, said) = (end.seq, head.seq);
    let what = match there.cmp(&said) {
        std::cmp::Ordering::Less => text!(
            "the file ends here, but its head names line {said}: lines were removed, or the head was changed",
            "ファイルはここで終わりますが、head は{said}行目を指しています。行が削除されたか、head が書き換えられています"
        ),
        std::cmp::Ordering::Equal => text!(
            "is not the line that the head names: it was edited, or the head was changed",
            "head が指す行と一致しません。この行か head が書き換えられています"
        ),
        std::cmp::Ordering::Greater => text!(
            "the head names line {said}: lines were added, or the head was changed",
            "head は{said}行目を指しています。行が追加されたか、head が書き換えられています"
        ),
    };
    damaged(&home.path(ENTRIES), Some(there), &what)
}

/// What a line is instead of an entry.
enum Wrong {
    Version(u32),
    Form,
}

impl Wrong {
    fn error(self, home: &Home, line: u64) -> Error {
        let path = home.path(ENTRIES);
        match self {
            Self::Form => damaged(&path, Some(line), &text!("not an entry of a ledger", "台帳の記録として読めません")),
            Self::Version(version) => Error::refused(text!(
                "format {version} of an entry is not known here (this program reads {VERSION}); use a newer shukei",
                "記録の形式 {version} には対応していません（このプログラムが読めるのは {VERSION} です）。新しい shukei を使ってください"
            ))
            .on(text!("line {line}", "{line}行目"))
            .at(path.display(), ""),
        }
    }
}

type Parsed = (Result<Line, Wrong>, Digest, u64);

/// Parses and hashes whole lines, in order, in parallel if there are many.
fn parse(bytes: &[u8]) -> Vec<Vec<Parsed>> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let parts = if bytes.len() < PARALLEL { 1 } else { cores };
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for part in (1..=parts).rev() {
        let cut = memchr::memchr(b'\n', &rest[rest.len() / part..])
            .map_or(rest.len(), |at| rest.len() / part + at + 1);
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    thread::scope(|scope| {
        let (first, others) = pieces.split_first().map_or((&[][..], &[][..]), |(f, o)| (*f, o));
        let workers: Vec<_> = others.iter().map(|piece| scope.spawn(|| parse_piece(piece))).collect();
        let mut all = vec![parse_piece(first)];
        // A worker that panicked takes this thread with it.
        all.extend(workers.into_iter().map(|w| w.join().unwrap_or_else(|e| std::panic::resume_unwind(e))));
        all
    })
}

fn parse_piece(bytes: &[u8]) -> Vec<Parsed> {
    let lines = bytes.split_inclusive(|b| *b == b'\n');
    lines.map(|line| (parse_line(line), hash_of(line), line.len() as u64)).collect()
}

/// BLAKE3 of a line with its line feed.
pub(super) fn hash_of(line: &[u8]) -> Digest {
    Digest::of_bytes(line)
}

fn parse_line(line: &[u8]) -> Result<Line, Wrong> {
    #[derive(Deserialize)]
    struct Probe {
        version: u32,
    }
    match serde_json::from_slice::<Line>(line) {
        Ok(line) if line.version == VERSION => Ok(line),
        Ok(line) => Err(Wrong::Version(line.version)),
        Err(_) => Err(match serde_json::from_slice::<Probe>(line) {
            Ok(probe) if probe.version != VERSION => Wrong::Version(probe.version),
            _ => Wrong::Form,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_in_order() {
        let line = |n: usize| format!("{{\"version\":{}}}{}\n", 1 + n % 2, " ".repeat(n * 7919 % 5_000));
        let many: String = (0..1_000).map(line).collect();
        let one = format!("{}\n{}\n", "x".repeat(3 * PARALLEL), "y");
        for text in [many.as_str(), &one, "", "\n", "a\n"] {
            let bytes = text.as_bytes();
            let all: Vec<Parsed> = parse(bytes).into_iter().flatten().collect();
            let alone: Vec<Parsed> = parse_piece(bytes);
            let shape = |list: &[Parsed]| {
                let wrong = |line: &Result<Line, Wrong>| matches!(line, Err(Wrong::Version(2)));
                list.iter().map(|(line, hash, length)| (wrong(line), *hash, *length)).collect::<Vec<_>>()
            };
            assert_eq!(shape(&all), shape(&alone));
            assert_eq!(all.iter().map(|(.., length)| length).sum::<u64>(), bytes.len() as u64);
        }
        assert!(many.len() > PARALLEL);
    }
}
