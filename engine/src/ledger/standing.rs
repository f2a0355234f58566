//! What became of each release.

use super::entry::{Claim, Entry, Voided, What};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::text;

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is being made, or its run died; it counts.
    Reserved,
    /// Its files are made; it counts.
    Released,
    /// It has left the platform; it counts for ever.
    Exported,
    /// It was withdrawn before it left; it does not count.
    Void,
}

impl Status {
    /// Its name in tables and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Released => "released",
            Self::Exported => "exported",
            Self::Void => "void",
        }
    }
}

/// A release: where its entries stand, and its status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release {
    /// Its claim.
    pub(super) claim: usize,
    /// Its files.
    pub(super) made: Option<usize>,
    pub(super) status: Status,
}

/// Every release in the order of its claim.
#[derive(Clone, Debug, Default)]
pub(super) struct Releases(pub(super) Vec<Release>);

impl Releases {
    /// The name of the next release.
    pub(super) fn next_id(&self) -> String {
        id(self.0.len())
    }

    /// Where a release stands in the list.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let number: usize = name.strip_prefix('R')?.parse().ok()?;
        let at = number.checked_sub(1).filter(|at| *at < self.0.len())?;
        (id(at) == name).then_some(at)
    }

    /// Takes an entry into account, the one of this number; an error if it cannot follow, and nothing is changed.
    pub(super) fn take(&mut self, what: &What, entries: &[Entry], number: usize) -> Result<()> {
        match what {
            What::Reserved { id, claim } => {
                if *id != self.next_id() || !well_formed(claim) {
                    return Err(Error::refused(text!(
                        "not a claim that can follow",
                        "続けることのできない登録です"
                    )));
                }
                let mut replaced = Vec::new();
                for old in &claim.replaces {
                    replaced.push(self.closable(old)?);
                    let permit = claim.handler.is_some().then_some(claim.project.as_str());
                    own(old, self.claim(old, entries), &claim.actor, permit)?;
                }
                replaced.into_iter().for_each(|at| self.0[at].status = Status::Void);
                self.0.push(Release { claim: number, made: None, status: Status::Reserved });
            }
            What::Released(it) => {
                let at = self.change(&it.id, Status::Reserved, Status::Released)?;
                self.0[at].made = Some(number);
            }
            What::Exported(it) => {
                self.change(&it.id, Status::Released, Status::Exported)?;
            }
            What::Void(it) => {
                let at = self.closable(&it.id)?;
                self.may_void(it, entries)?;
                self.0[at].status = Status::Void;
            }
            What::Refused(_) => {}
        }
        Ok(())
    }

    fn change(&mut self, id: &str, from: Status, to: Status) -> Result<usize> {
        let at = self.position(id).ok_or_else(|| unknown(id))?;
        let (is, to_name) = (self.0[at].status.name(), to.name());
        if self.0[at].status != from {
            let from = from.name();
            return Err(Error::refused(text!(
                "{id} is {is}; only a {from} release can become {to_name}; see `shukei ledger list`",
                "{id} の状態は {is} です。{to_name} にできるのは {from} のものだけです。`shukei ledger list` で確認してください"
            )));
        }
        self.0[at].status = to;
        Ok(at)
    }

    /// A release that may still be withdrawn.
    fn closable(&self, id: &str) -> Result<usize> {
        let at = self.position(id).ok_or_else(|| unknown(id))?;
        match self.0[at].status {
            Status::Reserved | Status::Released => Ok(at),
            Status::Exported => Err(Error::refused(text!(
                "{id} has left the platform and counts for ever: it can be neither voided nor replaced",
                "{id} はすでに持ち出されているため、今後も有効です。取り消しも置き換えもできません"
            ))),
            Status::Void => {
                Err(Error::refused(text!("{id} is already void", "{id} はすでに取り消されています")))
            }
        }
    }

    fn may_void(&self, it: &Voided, entries: &[Entry]) -> Result<()> {
        own(&it.id, self.claim(&it.id, entries), &it.actor, it.permit_project.as_deref())
    }

    pub(super) fn claim<'e>(&self, id: &str, entries: &'e [Entry]) -> Option<&'e Claim> {
        let release = self.0[self.position(id)?];
        match &entries.get(release.claim)?.what {
            What::Reserved { claim, .. } => Some(claim),
            _ => None,
        }
    }
}

fn id(at: usize) -> String {
    format!("R{:06}", at + 1)
}

fn unknown(id: &str) -> Error {
    Error::usage(text!(
        "{id}: the ledger has no such release; see `shukei ledger list`",
        "{id}: 台帳にこの番号の公開はありません。`shukei ledger list` で確認してください"
    ))
}

/// Own: made by the same account, or under a permit of the same project by one who acts under a permit of it.
fn own(id: &str, claim: Option<&Claim>, actor: &Actor, permit_project: Option<&str>) -> Result<()> {
    let mine = claim.is_some_and(|claim| {
        let project = claim.handler.is_some() && permit_project == Some(claim.project.as_str());
        claim.actor.uid() == actor.uid() || project
    });
    if mine {
        return Ok(());
    }
    Err(Error::refused(text!(
        "{id} is not yours: only the account that made it, or its project under a permit, can void or replace it",
        "{id} はあなたのものではありません。取り消しや置き換えができるのは、作成したアカウントか、許可証のある同じ課題だけです"
    )))
}

/// Trees are trees: children name nodes, and their parent is the node.
fn well_formed(claim: &Claim) -> bool {
    claim.families.iter().all(|family| {
        let at = |n: u32| family.nodes.get(n as usize);
        family.nodes.first().is_some_and(|root| root.parent == 0)
            && (0u32..).zip(&family.nodes).all(|(n, node)| {
                at(node.parent).is_some()
                    && node.children.iter().all(|c| *c > n && at(*c).is_some_and(|child| child.parent == n))
            })
    })
}
