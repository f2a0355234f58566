//! May these strata be released beside everything that was released before? Sizes alone decide here; numbers are judged variant
//! by variant when they are there (`suppress::linked`).

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use super::derivable::{Derivable, derivable};
use super::sets::SetDigest;
use super::{Claim, Ledger, Status};
use crate::error::{Error, Problems, Text};
use crate::text;

/// Releases that a refusal looks at one by one, to say which of them it is about.
const NAMED: usize = 16;

/// What a new release is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    /// Fewest people of whom anything may be told.
    pub k: u32,
    /// Only releases of this project count (`scope = "project"`).
    pub project: Option<&'a str>,
    /// Releases that no longer count: those that the new one replaces.
    pub without: &'a [String],
}

impl Ledger {
    /// Refuses strata from which, together with those of earlier releases, a group of fewer than K people follows. The
    /// whole cohort stands first.
    pub fn judge(&self, strata: &[&RoaringBitmap], bar: &Bar<'_>) -> Result<(), Problems> {
        let standing = bar.standing(self);
        match self.derivable(strata, bar.k, &standing) {
            Derivable::Nothing => Ok(()),
            Derivable::Undecided => Err(undecided().into()),
            Derivable::Group(group) => Err(self.refusal(strata, bar.k, &standing, &group)),
        }
    }

    fn derivable(&self, strata: &[&RoaringBitmap], k: u32, standing: &[(&str, &Claim, Status)]) -> Derivable {
        let mut distinct: HashMap<SetDigest, &RoaringBitmap> = HashMap::new();
        for (_, claim, _) in standing {
            let digests = claim.families.iter().flat_map(|f| f.nodes.iter().map(|n| n.set));
            for digest in digests {
                if let Some(set) = self.set(&digest) {
                    distinct.entry(digest).or_insert(set);
                }
            }
        }
        for &set in strata {
            distinct.entry(SetDigest::of(set)).or_insert(set);
        }
        let mut distinct: Vec<(SetDigest, &RoaringBitmap)> = distinct.into_iter().collect();
        distinct.sort_by_key(|(digest, _)| *digest);
        let sets: Vec<&RoaringBitmap> = distinct.into_iter().map(|(_, set)| set).collect();
        derivable(&sets, k)
    }

    /// Which earlier releases it is about, and what would help. Never how many people.
    fn refusal(
        &self,
        strata: &[&RoaringBitmap],
        k: u32,
        standing: &[(&str, &Claim, Status)],
        group: &RoaringBitmap,
    ) -> Problems {
        let near = |claim: &Claim| {
            let root = self.set(&claim.families[0].nodes[0].set);
            root.is_some_and(|r| !r.is_disjoint(strata[0]) || !r.is_disjoint(group))
        };
        // Releases of the same strata are to blame together.
        let mut alike: BTreeMap<Vec<SetDigest>, Vec<(&str, Status)>> = BTreeMap::new();
        for &(id, claim, status) in standing.iter().filter(|(_, c, _)| near(c)) {
            let mut sets: Vec<SetDigest> = claim.sets().copied().collect();
            sets.sort_unstable();
            sets.dedup();
            alike.entry(sets).or_default().push((id, status));
        }
        let mut blamed: Vec<(&str, Status)> = Vec::new();
        for same in alike.into_values().rev().take(NAMED) {
            let others = standing.iter().filter(|(other, ..)| !same.iter().any(|(id, _)| id == other));
            let others: Vec<(&str, &Claim, Status)> = others.copied().collect();
            if self.derivable(strata, k, &others) == Derivable::Nothing {
                blamed = same;
                break;
            }
        }
        let Text { en, ja } = advice(&blamed);
        Error::refused(text!(
            "together with earlier releases this table would tell about a group of fewer than {k} people, as when few have \
             joined or left since; {en}",
            "過去の公開物と合わせると{k}人未満の集団のことが分かってしまいます（その後に少人数が加わった、または同意を撤回した場合など）。{ja}"
        ))
        .into()
    }
}

impl Bar<'_> {
    /// The releases that count, with the sets that each shows.
    pub(crate) fn standing<'l>(&self, ledger: &'l Ledger) -> Vec<(&'l str, &'l Claim, Status)> {
        let counts = |(id, claim, _): &(&str, &Claim, Status)| {
            self.project.is_none_or(|p| claim.project == p) && !self.without.iter().any(|w| w == id)
        };
        ledger.standing().filter(counts).collect()
    }
}

/// What would help, where releases of one list of strata are to blame.
fn advice(blamed: &[(&str, Status)]) -> Text {
    let names = |wanted: &dyn Fn(&Status) -> bool| {
        let names = blamed.iter().filter(|(_, status)| wanted(status)).map(|(id, _)| *id);
        names.collect::<Vec<_>>()
    };
    let exported = names(&|status| *status == Status::Exported).join(", ");
    let list = names(&|_| true);
    if list.is_empty() {
        return text!(
            "publish again when enough people have joined or left, or void releases that never left the platform (shukei \
             ledger list, shukei ledger void ID)",
            "加わった人と抜けた人が十分な数になってから改めて公開するか、外部に出ていない公開を取り消してください（shukei ledger list、shukei ledger void ID）"
        );
    }
    if !exported.is_empty() {
        return text!(
            "{exported} has left the platform and cannot be replaced: publish again when enough people have joined or left",
            "{exported} はすでに外部に出ているため置き換えられません。加わった人と抜けた人が十分な数になってから改めて公開してください"
        );
    }
    let flags: Vec<String> = list.iter().map(|id| format!("--replaces {id}")).collect();
    let (list, flags) = (list.join(", "), flags.join(" "));
    text!(
        "publish again when enough people have joined or left; or, since {list} has not left the platform, put this table in \
         its place: {flags}",
        "加わった人と抜けた人が十分な数になってから改めて公開するか、{list} はまだ外部に出ていないので、この表で置き換えてください: {flags}"
    )
}

/// The limit of the search was reached.
pub(crate) fn undecided() -> Error {
    Error::refused(text!(
        "whether a small group follows from this table and the earlier releases could not be decided within the limits: a \
         person must; ask the platform office, or use strata that were released before",
        "この表と過去の公開物から少人数の集団のことが分かるかどうかを自動では判定できませんでした。事務局に相談するか、公開済みの層別を使ってください"
    ))
}
