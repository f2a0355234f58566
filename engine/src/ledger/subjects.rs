//! Numbers of people: stable, never used again, without their ids.
//!
//! A line of the file `subjects` is a keyed BLAKE3 of namespace and id, cut to 16 bytes; the number of a subject is the number
//! of its line, from 0. Without the key a line cannot be tried against a list of ids.

use std::collections::HashMap;

use super::entry::Seal;
use super::files::{Home, KEY, SUBJECTS, damaged};
use super::sets::Digest;
use crate::error::{Error, Result};
use crate::text;

const HEX: usize = 32;
const LINE: usize = HEX + 1;
type Token = [u8; HEX];

/// The subjects of a ledger.
pub(super) struct Subjects {
    key: [u8; 32],
    /// The file's whole lines.
    raw: Vec<u8>,
    /// Over the first `sealed` lines.
    hasher: blake3::Hasher,
    seal: Seal,
    /// Token to number; made when first asked for.
    numbers: Option<HashMap<Token, u32>>,
}

impl Subjects {
    /// Reads the key; no lines yet.
    pub(super) fn open(home: &Home) -> Result<Self> {
        let key = std::fs::read(home.path(KEY)).map_err(|e| home.unreadable(KEY, &e))?;
        let key: [u8; 32] = key.try_into().map_err(|_| {
            damaged(&home.path(KEY), None, &text!("not a key of 32 bytes", "32バイトの鍵ではありません"))
        })?;
        let hasher = blake3::Hasher::new_keyed(&key);
        let seal = Seal { count: 0, blake3: Digest::finish(&hasher) };
        Ok(Self { key, raw: Vec::new(), hasher, seal, numbers: None })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.raw.len() / LINE).unwrap_or(u32::MAX)
    }

    /// Reads lines that are new; a torn last one is removed if `repair`.
    pub(super) fn read_more(&mut self, home: &Home, repair: bool) -> Result<()> {
        let known = self.raw.len();
        let mut more = home.read_from(SUBJECTS, known as u64)?;
        let whole = more.len() / LINE * LINE;
        if whole < more.len() && repair {
            home.cut(SUBJECTS, (known + whole) as u64)?;
        }
        more.truncate(whole);
        let good = |line: &[u8]| {
            line[HEX] == b'\n' && line[..HEX].iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        if let Some(n) = more.chunks_exact(LINE).position(|line| !good(line)) {
            let what = text!("not the code of a subject", "対象者の符号ではありません");
            return Err(damaged(&home.path(SUBJECTS), Some((known / LINE + n + 1) as u64), &what));
        }
        self.raw.extend(more);
        self.numbers = None;
        Ok(())
    }

    /// The seal of the first `count` lines; counts never go down. None if there are not that many.
    pub(super) fn seal(&mut self, count: u32) -> Option<Seal> {
        if count > self.seal.count {
            let more = self.raw.get(self.seal.count as usize * LINE..count as usize * LINE)?;
            self.hasher.update(more);
            self.seal = Seal { count, blake3: Digest::finish(&self.hasher) };
        }
        (count == self.seal.count).then_some(self.seal)
    }

    /// The numbers of these subjects; the new ones are added to the file.
    pub(super) fn indices(&mut self, home: &Home, namespace: &str, ids: &[&str]) -> Result<Vec<u32>> {
        let mut numbers = match self.numbers.take() {
            Some(numbers) => numbers,
            None => self.index(home, ids.len())?,
        };
        let (mut found, mut fresh) = (Vec::with_capacity(ids.len()), Vec::new());
        for token in tokens(&self.key, namespace, ids) {
            let next = u32::try_from(numbers.len()).map_err(|_| {
                Error::input(text!(
                    "too many subjects for one ledger",
                    "1つの台帳に登録できる人数を超えています"
                ))
            })?;
            let number = *numbers.entry(token).or_insert_with(|| {
                fresh.extend_from_slice(&token);
                fresh.push(b'\n');
                next
            });
            found.push(number);
        }
        if !fresh.is_empty() {
            home.add(SUBJECTS, self.raw.len() as u64, &fresh)?;
            self.raw.extend(fresh);
        }
        self.numbers = Some(numbers);
        Ok(found)
    }

    /// The numbers of these subjects; new ones get the next numbers, and nothing is written.
    pub(super) fn provisional(&mut self, home: &Home, namespace: &str, ids: &[&str]) -> Result<Vec<u32>> {
        let numbers = match self.numbers.take() {
            Some(numbers) => numbers,
            None => self.index(home, 0)?,
        };
        let mut fresh: HashMap<Token, u32> = HashMap::with_capacity(ids.len());
        let known = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let number = |token| {
            let next = known.saturating_add(u32::try_from(fresh.len()).unwrap_or(u32::MAX));
            numbers.get(&token).copied().unwrap_or_else(|| *fresh.entry(token).or_insert(next))
        };
        let found = tokens(&self.key, namespace, ids).map(number).collect();
        self.numbers = Some(numbers);
        Ok(found)
    }

    /// A digest under the ledger's key.
    pub(super) fn keyed(&self, bytes: &[u8]) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"shukei callset v1\0");
        hasher.update(bytes);
        Digest::finish(&hasher)
    }

    /// The numbers of all subjects, with room for at least `room` of them.
    fn index(&self, home: &Home, room: usize) -> Result<HashMap<Token, u32>> {
        let mut numbers = HashMap::with_capacity(room.max(self.raw.len() / LINE));
        for (line, number) in self.raw.chunks_exact(LINE).zip(0u32..) {
            let mut token = [0; HEX];
            token.copy_from_slice(&line[..HEX]);
            if numbers.insert(token, number).is_some() {
                let what = text!("a subject stands here twice", "同じ対象者が2回登録されています");
                return Err(damaged(&home.path(SUBJECTS), Some(u64::from(number) + 1), &what));
            }
        }
        Ok(numbers)
    }
}

/// What stands for each of these subjects: length-prefixed, so that no two pairs of namespace and id are written alike.
fn tokens(key: &[u8; 32], namespace: &str, ids: &[&str]) -> impl Iterator<Item = Token> {
    let length = (namespace.len() as u64).to_le_bytes();
    let mut message = [b"shukei subject v1\0", &length[..], namespace.as_bytes()].concat();
    let before = message.len();
    ids.iter().map(move |id| {
        message.truncate(before);
        message.extend_from_slice(id.as_bytes());
        let mut token = [0; HEX];
        token.copy_from_slice(&blake3::keyed_hash(key, &message).to_hex().as_bytes()[..HEX]);
        token
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_the_token_that_ledgers_hold() {
        let key: [u8; 32] = std::array::from_fn(|i| 100 + u8::try_from(i).unwrap());
        let of = |namespace, ids: &[&str]| tokens(&key, namespace, ids).collect::<Vec<_>>();
        let known = of("", &["JG000001", "JG000002"]);
        assert_eq!(known, [*b"f029916b4a3c52334801dd294ef7a3af", *b"87882a88cb92ff7d3279308ec7e743ba"]);
        assert_ne!(of("J", &["G000001"])[0], known[0]);
    }
}
