//! What a line of the ledger holds.

use serde::{Deserialize, Serialize};

use super::sets::{Brought, Digest, SetDigest};
use crate::actor::Actor;
use crate::error::Problems;

/// The format of entries that this program writes and reads.
pub(super) const VERSION: u32 = 1;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Number of the line, from 1.
    pub seq: u64,
    /// When it was written (RFC 3339, UTC).
    pub time: String,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A release is about to be made; it counts from now on.
    Reserved {
        /// Its name: `R000001`.
        id: String,
        /// What it is about.
        claim: Box<Claim>,
    },
    /// Its files are made and archived.
    Released(Released),
    /// Its files have left the platform.
    Exported(Exported),
    /// It was withdrawn before it left and counts no longer.
    Void(Voided),
    /// A request was refused.
    Refused(Refusal),
}

/// An event that is appended to a ledger beside claims.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The files of a reserved release are made and archived.
    Released(Released),
    /// A release has left the platform.
    Exported(Exported),
    /// An own release that never left is withdrawn.
    Void(Voided),
    /// A request was refused.
    Refused(Refusal),
}

impl From<Event> for What {
    fn from(event: Event) -> Self {
        match event {
            Event::Released(it) => Self::Released(it),
            Event::Exported(it) => Self::Exported(it),
            Event::Void(it) => Self::Void(it),
            Event::Refused(it) => Self::Refused(it),
        }
    }
}

/// What a release is about: whose, of what, and which sets of people its table shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Project; empty where none was named.
    pub project: String,
    /// Who ran it.
    pub actor: Actor,
    /// The registered handler of the permit under which it ran; none without a permit.
    pub handler: Option<String>,
    /// `frequency`, …
    pub product: String,
    /// Digest of the plan.
    pub plan: String,
    /// Digest of the calls that were counted.
    pub callset: String,
    /// Digest of the policy.
    pub policy: String,
    /// K of the policy.
    pub k: u32,
    /// Whether genotype counts were asked for beside strata.
    pub genotypes: bool,
    /// Contigs of the plan.
    pub contigs: Vec<String>,
    /// Genome build and alignment of indels: variants are compared by their places.
    pub coordinates: String,
    /// Whose ids its people have: `subject`, or `sample` where the sample table has no subject column.
    pub unit: String,
    /// The trees of strata, the first first.
    pub families: Vec<ClaimFamily>,
    /// Subjects with two X.
    pub xx: SetDigest,
    /// Subjects with X and Y.
    pub xy: SetDigest,
    /// Own releases, never exported, that this one takes the place of: they are void from this entry on.
    pub replaces: Vec<String>,
}

impl Claim {
    /// Every set that the claim names.
    pub fn sets(&self) -> impl Iterator<Item = &SetDigest> {
        let nodes = self.families.iter().flat_map(|family| family.nodes.iter().map(|node| &node.set));
        nodes.chain([&self.xx, &self.xy])
    }
}

/// A tree of strata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimFamily {
    /// What it splits by: `sex,region`.
    pub name: String,
    /// Its nodes, the root first.
    pub nodes: Vec<ClaimNode>,
}

/// A set of people in a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimNode {
    /// Name of the stratum; none for a pool that is not shown.
    pub name: Option<String>,
    /// Number of its parent in the list of nodes; the root's is its own.
    pub parent: u32,
    /// Numbers of its children in the order of the chain.
    pub children: Vec<u32>,
    /// Its people.
    pub set: SetDigest,
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of its content.
    pub blake3: String,
}

/// The files of a release are made and archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// Which release.
    pub id: String,
    /// Rows of its table.
    pub rows: u64,
    /// Its files.
    pub files: Vec<FileRecord>,
}

/// A release has left the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exported {
    /// Which release.
    pub id: String,
    /// Who recorded it.
    pub actor: Actor,
    /// The checker's verdict; none when nothing checked it.
    pub verdict: Option<String>,
    /// Who approved it; none when nobody signed.
    pub approver: Option<String>,
    /// Rules that the checker named.
    pub rules: Vec<String>,
}

/// A release or reservation that never left is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voided {
    /// Which release.
    pub id: String,
    /// Who withdraws it.
    pub actor: Actor,
    /// The project of the permit under which it is withdrawn; none without a permit.
    pub permit_project: Option<String>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Project; empty where none was named.
    pub project: String,
    /// Who asked.
    pub actor: Actor,
    /// The registered handler of the permit; none without a permit.
    pub handler: Option<String>,
    /// What was asked, in a line.
    pub command: String,
    /// What was said, in English. Messages hold no count of people.
    pub problems: Vec<String>,
}

impl Refusal {
    /// The refusal of a request by these problems.
    #[must_use]
    pub fn new(
        project: &str,
        actor: Actor,
        handler: Option<&str>,
        command: &str,
        problems: &Problems,
    ) -> Self {
        Self {
            project: project.to_owned(),
            actor,
            handler: handler.map(str::to_owned),
            command: command.to_owned(),
            problems: problems.list().iter().map(ToString::to_string).collect(),
        }
    }
}

/// The subjects that were known when an entry was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seal {
    /// Lines of the subjects file.
    pub(super) count: u32,
    /// Keyed BLAKE3 of these lines.
    pub(super) blake3: Digest,
}

/// A line of `ledger.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) version: u32,
    pub(super) seq: u64,
    pub(super) time: String,
    pub(super) prev: Digest,
    pub(super) subjects: Seal,
    pub(super) kind: What,
    /// Sets that no earlier entry has.
    #[serde(default, skip_serializing_if = "Brought::is_empty")]
    pub(super) sets: Brought,
}
