//! Appending.

use std::ops::Deref;
use std::time::SystemTime;

use roaring::RoaringBitmap;

use super::chain::{self, End};
use super::entry::{Line, VERSION};
use super::files::ENTRIES;
use super::lock::Guard;
use super::sets::{Brought, SetDigest, Stored};
use super::{Claim, Event, Ledger, What};
use crate::error::{Error, Result};
use crate::text;

/// Holding it proves that the lock is held and that the view is current. Reads like the ledger.
#[derive(Debug)]
pub struct Locked<'l> {
    ledger: &'l mut Ledger,
    _guard: Guard,
}

impl Deref for Locked<'_> {
    type Target = Ledger;
    fn deref(&self) -> &Ledger {
        self.ledger
    }
}

impl<'l> Locked<'l> {
    pub(super) fn new(ledger: &'l mut Ledger, guard: Guard) -> Self {
        Self { ledger, _guard: guard }
    }

    /// The numbers of these subjects in this ledger. Who is new gets a number that nobody had and nobody else will have.
    pub fn indices(&mut self, namespace: &str, subject_ids: &[&str]) -> Result<Vec<u32>> {
        self.ledger.subjects.indices(&self.ledger.home, namespace, subject_ids)
    }

    /// Appends a claim and gives it its name. `sets` holds every set that the claim names and the ledger may not have.
    pub fn append_claim(&mut self, claim: Claim, sets: &[RoaringBitmap]) -> Result<String> {
        let mut brought = Brought::new();
        let given = sets.iter().map(|set| (SetDigest::of(set), set));
        let given: std::collections::HashMap<SetDigest, &RoaringBitmap> = given.collect();
        for digest in claim.sets() {
            if self.ledger.sets.get(digest).is_some() || brought.contains_key(digest) {
                continue;
            }
            let set = given.get(digest).ok_or_else(|| {
                Error::input(text!(
                    "the claim names a set of subjects that was not handed over with it",
                    "登録の内容が参照する対象者の集合が渡されていません"
                ))
            })?;
            if set.max().is_some_and(|last| last >= self.ledger.subjects.count()) {
                return Err(Error::input(text!(
                    "a set names subjects that have no number in this ledger",
                    "この台帳で番号のない対象者が集合に含まれています"
                )));
            }
            brought.insert(*digest, Stored::new((*set).clone()));
        }
        let id = self.ledger.releases.next_id();
        self.append_what(What::Reserved { id: id.clone(), claim: Box::new(claim) }, brought)?;
        Ok(id)
    }

    /// Appends an event; an error, and nothing appended, when it cannot follow: what was exported stays so, only an own
    /// release can be voided.
    pub fn append(&mut self, event: Event) -> Result<()> {
        self.append_what(event.into(), Brought::new())
    }

    /// Line to the file, then the head, then the view.
    fn append_what(&mut self, kind: What, sets: Brought) -> Result<()> {
        let ledger = &mut *self.ledger;
        let mut releases = ledger.releases.clone();
        releases.take(&kind, &ledger.entries, ledger.entries.len())?;
        let line = Line {
            version: VERSION,
            seq: ledger.end.seq + 1,
            time: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            prev: ledger.end.hash,
            subjects: ledger.seal_now()?,
            kind,
            sets,
        };
        let mut bytes = serde_json::to_vec(&line).map_err(|e| Error::json(&e))?;
        bytes.push(b'\n');
        let (old, home) = (ledger.end, &ledger.home);
        let new = End { bytes: old.bytes + bytes.len() as u64, seq: line.seq, hash: chain::hash_of(&bytes) };
        home.add(ENTRIES, old.bytes, &bytes)?;
        let headed = chain::write_head(home, new, false);
        if let Err(e) = headed
            && !chain::head_is(home, new)
        {
            // The line was not taken into account: it goes. If it stays, the next opening takes it for one whose writer died.
            let _ = home.cut(ENTRIES, old.bytes);
            return Err(e);
        }
        ledger.end = new;
        ledger.take(line)
    }
}
