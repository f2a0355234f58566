//! From the decision that a table may be released to the files that are: reserved → archived → released.
//!
//! Under the lock the strata are judged and a reserved entry is appended, which counts as a release from then on. Then the table
//! is made, every file is copied into the archive and only then recorded as released; whoever makes the table renames its files
//! afterwards. A run that fails in between makes its reservation void; one that is killed leaves it, and it goes on counting.

use std::path::PathBuf;

use super::archive;
use super::beside::{Asked, Beside};
use super::draft::Draft;
use super::entry::{Claim, Event, Released, Voided};
use super::judge::Bar;
use super::sets::SetDigest;
use super::{Ledger, Locked, Naming, Status};
use crate::actor::Actor;
use crate::error::{Error, Problems, Result};
use crate::permit::Permit;
use crate::plan::{Plan, Scope};
use crate::policy::Linked;
use crate::text;
use crate::write::Finished;

/// A release that the ledger has admitted and that counts there. Holding one proves that the strata of the plan were judged
/// together with every earlier release.
pub struct Reservation {
    ledger: Ledger,
    id: String,
    plan: String,
    archive: PathBuf,
    beside: Option<Beside>,
    facts: Facts,
    open: bool,
    /// Rows may have been read.
    read: bool,
}

/// What an audit says of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Name of the release: `R000001`.
    pub id: String,
    /// `global` or `project`.
    pub scope: &'static str,
    /// Releases that the strata were judged together with.
    pub judged_with: usize,
    /// Tables that every variant was judged together with.
    pub linked: usize,
    /// `audit` or `strict`.
    pub rule: &'static str,
    /// The ledger is the one that everybody on the machine uses; another does not know of others' releases.
    pub shared: bool,
    /// Releases that this one took the place of.
    pub replaces: Vec<String>,
    /// Number and hash of the entry that reserved it: whoever keeps them can show that nothing before was changed.
    pub head: (u64, String),
}

impl std::fmt::Debug for Reservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reservation").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Judges the strata of a plan under the ledger's lock and reserves the release.
pub fn reserve(plan: &Plan) -> Result<Reservation, Problems> {
    let at = &plan.request().ledger;
    let mut ledger = Ledger::open(&at.dir()?)?;
    let archive = at.archive()?;
    let mut locked = ledger.lock()?;
    let ids: Vec<&str> = plan.subjects().iter().map(|id| &**id).collect();
    let numbers = locked.indices(&at.namespace, &ids)?;
    plan.still_fine_enough(&locked, &numbers)?;
    let draft = Draft::new(plan.strata(), &numbers);
    let without = replaced(plan, &locked)?;
    let bar = Bar { k: plan.policy().k, project: at.project_scope(plan.permit()), without: &without };
    let contigs = plan.planned_contigs();
    let coordinates = plan.coordinates();
    let naming = Naming { unit: plan.unit(), coordinates: &coordinates, contigs: &contigs };
    locked.comparable(draft.root(), &naming, &bar)?;
    locked.judge(&draft.sets().collect::<Vec<_>>(), &bar)?;
    let callset = locked.keyed(&plan.callset()).to_string();
    let asked = Asked {
        draft: &draft,
        callset: &callset,
        contigs: &contigs,
        strict: plan.policy().linked == Linked::Strict,
        bar: &bar,
        archive: &archive,
    };
    let beside = Beside::open(&locked, &asked)?;
    let facts = Facts {
        id: String::new(),
        scope: if bar.project.is_some() { Scope::Project } else { Scope::Global }.name(),
        judged_with: bar.standing(&locked).len(),
        linked: beside.as_ref().map_or(0, |b| b.earlier.len()),
        rule: plan.policy().linked.name(),
        shared: at.shared,
        replaces: plan.request().replaces.clone(),
        head: (0, String::new()),
    };
    archive::free(&archive, &locked.releases.next_id())?;
    let id = append(&mut locked, plan, &draft, (callset, contigs), without)?;
    let (seq, hash) = locked.head();
    drop(locked);
    let facts = Facts { id: id.clone(), head: (seq, hash.to_string()), ..facts };
    Ok(Reservation {
        ledger,
        id,
        plan: plan.digest().to_owned(),
        archive,
        beside,
        facts,
        open: true,
        read: false,
    })
}

/// Releases that no longer count once this one is reserved: those of `--replaces`, and own reservations of the very same
/// plan, whose run was killed and is now done again.
fn replaced(plan: &Plan, ledger: &Ledger) -> Result<Vec<String>, Problems> {
    let me = Actor::current()?;
    let mut list = replaceable(ledger, &plan.request().replaces, plan.permit())?;
    let again = ledger.standing().filter(|(_, claim, status)| {
        *status == Status::Reserved && claim.plan == plan.digest() && claim.actor.uid() == me.uid()
    });
    list.extend(again.map(|(id, ..)| id.to_owned()));
    list.sort();
    list.dedup();
    Ok(list)
}

/// Those of these releases that are not void yet; an error for any that cannot be replaced.
pub(crate) fn replaceable(
    ledger: &Ledger,
    ids: &[String],
    permit: Option<&Permit>,
) -> Result<Vec<String>, Problems> {
    let mut problems = Problems::default();
    let me = Actor::current()?;
    let mut list = Vec::new();
    for id in ids {
        let own = ledger.release_of(id).is_some_and(|c| {
            c.actor.uid() == me.uid() || permit.is_some_and(|p| p.terms().project == c.project)
        });
        match ledger.status_of(id) {
            None => problems.push(not_there(id)),
            Some(Status::Exported) => problems.push(exported(id)),
            Some(_) if !own => problems.push(not_own(id)),
            Some(Status::Void) => {}
            Some(Status::Reserved | Status::Released) => list.push(id.clone()),
        }
    }
    if problems.is_empty() { Ok(list) } else { Err(problems) }
}

fn append(
    locked: &mut Locked<'_>,
    plan: &Plan,
    draft: &Draft,
    (callset, contigs): (String, Vec<String>),
    replaces: Vec<String>,
) -> Result<String> {
    let [xx, xy] = &draft.sexes;
    let claim = Claim {
        project: plan.project().unwrap_or_default().to_owned(),
        actor: Actor::current()?,
        handler: plan.permit().map(|p| p.handler().name.clone()),
        product: "frequency".to_owned(),
        plan: plan.digest().to_owned(),
        callset,
        policy: plan.policy().hash(),
        k: plan.policy().k,
        genotypes: plan.may_print_genotypes(),
        contigs,
        coordinates: plan.coordinates(),
        unit: plan.unit().to_owned(),
        families: draft.claimed(),
        xx: SetDigest::of(xx),
        xy: SetDigest::of(xy),
        replaces,
    };
    let sets: Vec<_> = draft.sets().chain([xx, xy]).cloned().collect();
    locked.append_claim(claim, &sets)
}

impl Reservation {
    /// Name of the release.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the audit says of the ledger.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// An error for another plan than the one whose strata were judged.
    pub(crate) fn is_for(&self, plan: &Plan) -> Result<()> {
        if self.plan == plan.digest() {
            return Ok(());
        }
        Err(Error::usage(text!(
            "the release was reserved for another plan; reserve it for this one",
            "別の計画のために予約された公開です。この計画で予約し直してください"
        )))
    }

    /// The earlier tables that every variant is judged together with.
    pub(crate) fn take_beside(&mut self) -> Option<Beside> {
        self.read = true;
        self.beside.take()
    }

    /// Copies every file into the archive, and only then records the release. Nothing may get its name before.
    pub(crate) fn archive(&mut self, files: &[Finished], audit: &[u8], rows: u64) -> Result<()> {
        let dir = archive::make(&self.archive, &self.id)?;
        let kept = archive::keep(&dir, files, audit);
        let mut records = match kept {
            Ok(records) => records,
            Err(error) => {
                // What was copied so far is of no use without the rest.
                let _ = std::fs::remove_dir_all(&dir);
                return Err(error);
            }
        };
        records.sort_by(|a, b| a.name.cmp(&b.name));
        let released = Released { id: self.id.clone(), rows, files: records };
        self.ledger.lock()?.append(Event::Released(released))?;
        self.open = false;
        Ok(())
    }
}

impl Reservation {
    /// The files of a run that failed are gone, and nothing of it can be read by anybody: the release does not count. If the
    /// ledger cannot take that word, it goes on counting, which is the safe side.
    pub(crate) fn give_back(mut self) {
        self.read = false;
    }
}

impl Drop for Reservation {
    /// Gives the reservation back, unless rows were handed out: whoever read them may have kept them.
    fn drop(&mut self) {
        if self.open && !self.read {
            let reason = Some("the run failed before its files were released".to_owned());
            let void = |actor| Voided { id: self.id.clone(), actor, permit_project: None, reason };
            let void = Actor::current().map(void);
            let _ = void.and_then(|void| self.ledger.lock()?.append(Event::Void(void)));
        }
    }
}

fn not_there(id: &str) -> Error {
    Error::usage(text!(
        "--replaces {id}: the ledger has no such release; `shukei ledger list` shows them",
        "--replaces {id}: 台帳にこの公開はありません。`shukei ledger list` で確認してください"
    ))
}

fn exported(id: &str) -> Error {
    Error::refused(text!(
        "--replaces {id}: this release has left the platform; it counts for good",
        "--replaces {id}: この公開はすでに外部に出ており、取り消せません"
    ))
}

fn not_own(id: &str) -> Error {
    Error::refused(text!(
        "--replaces {id}: this release is somebody else's; ask them, or run this under the permit of its project",
        "--replaces {id}: 他の人の公開です。本人に依頼するか、そのプロジェクトの許可証のもとで実行してください"
    ))
}
