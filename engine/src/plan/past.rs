//! What was released before of the people of a request: it may refuse the request, and it says how finely people not called
//! must be counted.
//!
//! AN′ hides fewer than K people not called in each finest cell. Two tables whose cells cut each other could say together what
//! each hides, so the cells of a plan are cut by the strata of every earlier release of the same people and contigs. Releases
//! that are void count here too: tables made beside them were counted that way.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Problems, Result};
use crate::ledger::{Bar, Draft, Ledger, Naming, replaceable, signatures};
use crate::permit::Permit;
use crate::region::canonical;
use crate::strata::{People, Strata};
use crate::text;

/// Which earlier releases count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All: publications are public.
    #[default]
    Global,
    /// Those of the same project.
    Project,
}

impl Scope {
    /// As the configuration spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Project => "project",
        }
    }
}

/// The ledger of a request, and the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerAt {
    /// Directory of the ledger; the user's own when none is named.
    pub dir: Option<PathBuf>,
    /// Which earlier releases count.
    pub scope: Scope,
    /// Directory of the archive; `archive` in the ledger's when none is named.
    pub archive: Option<PathBuf>,
    /// What subject ids belong to: the same id in two namespaces is two people.
    pub namespace: String,
    /// The configuration of the machine names the ledger, so that all its users share it.
    pub shared: bool,
}

impl LedgerAt {
    /// Where the ledger is.
    pub fn dir(&self) -> Result<PathBuf> {
        self.dir.clone().or_else(Ledger::default_dir).ok_or_else(|| {
            Error::usage(text!(
                "no place for a ledger: neither $XDG_STATE_HOME nor $HOME is set; name a directory with --ledger",
                "台帳の場所が決まりません（$XDG_STATE_HOME も $HOME も設定されていません）。--ledger でディレクトリを指定してください"
            ))
        })
    }

    /// Where copies are kept.
    pub fn archive(&self) -> Result<PathBuf> {
        let own = || self.dir().map(|dir| dir.join("archive"));
        self.archive.clone().map_or_else(own, Ok)
    }

    /// The project whose releases alone count, if so. A project that no permit proves is a name that anybody may choose: then
    /// all releases count.
    pub(crate) fn project_scope<'a>(&self, permit: Option<&'a Permit>) -> Option<&'a str> {
        permit.filter(|_| self.scope == Scope::Project).map(|permit| permit.terms().project.as_str())
    }
}

/// The ledger as it was when a plan was made, with the numbers of the plan's people.
pub(super) struct Past {
    ledger: Ledger,
    /// Numbers of people that the ledger knows; others get numbers above all of these.
    numbers: Vec<u32>,
}

impl Past {
    /// Opens the ledger and looks the people up; none is added.
    pub(super) fn open(at: &LedgerAt, subjects: &[Arc<str>]) -> Result<Self> {
        let mut ledger = Ledger::open(&at.dir()?)?;
        let ids: Vec<&str> = subjects.iter().map(|id| &**id).collect();
        let numbers = ledger.provisional(&at.namespace, &ids)?;
        Ok(Self { ledger, numbers })
    }

    /// Cuts people by the strata of earlier releases.
    pub(super) fn cut(&self, people: &mut People, contigs: &[String]) {
        people.earlier = classes(&self.ledger, &self.numbers, contigs);
    }

    /// Releases that a request replaces, or why it cannot: said before hours of counting, and again when it is reserved.
    pub(super) fn replaceable(
        &self,
        ids: &[String],
        permit: Option<&Permit>,
    ) -> Result<Vec<String>, Problems> {
        replaceable(&self.ledger, ids, permit)
    }

    /// Refuses strata that tell too much together with earlier ones, before anything is counted.
    pub(super) fn judge(&self, strata: &Strata, naming: &Naming<'_>, bar: &Bar<'_>) -> Result<(), Problems> {
        let draft = Draft::new(strata, &self.numbers);
        self.ledger.comparable(draft.root(), naming, bar)?;
        self.ledger.judge(&draft.sets().collect::<Vec<_>>(), bar)
    }
}

/// Per person the class of earlier strata, by first appearance.
fn classes(ledger: &Ledger, numbers: &[u32], contigs: &[String]) -> Vec<u32> {
    let contigs: Vec<&str> = contigs.iter().map(|c| canonical(c)).collect();
    let mut sets = BTreeMap::new();
    for (_, _, claim, _) in ledger.releases() {
        if claim.contigs.iter().any(|c| contigs.contains(&canonical(c))) {
            let digests = claim.families.iter().flat_map(|f| f.nodes.iter().map(|n| n.set));
            sets.extend(digests.filter_map(|d| Some((d, ledger.set(&d)?))));
        }
    }
    classes_by(&sets.into_values().collect::<Vec<_>>(), numbers)
}

/// Per person the class of these sets, by first appearance.
pub(crate) fn classes_by(sets: &[&RoaringBitmap], numbers: &[u32]) -> Vec<u32> {
    if sets.is_empty() {
        return vec![0; numbers.len()];
    }
    let signatures = signatures(sets);
    let mut index: HashMap<u128, u32> = HashMap::new();
    let class = |&number: &u32| {
        let signature = signatures.get(number as usize).copied().unwrap_or_default();
        let next = u32::try_from(index.len()).unwrap_or(u32::MAX);
        *index.entry(signature).or_insert(next)
    };
    numbers.iter().map(class).collect()
}

/// The ledger may have grown since the plan was made: every cell must still lie within one class of earlier strata.
pub(super) fn check_cells(
    ledger: &Ledger,
    numbers: &[u32],
    strata: &Strata,
    contigs: &[String],
) -> Result<()> {
    let mut class_of_cell = vec![None; strata.cells.len()];
    let mut class_of =
        |fine: u32, class| *class_of_cell[strata.fine[fine as usize].cell].get_or_insert(class);
    let mut people = strata.fine_of_person.iter().zip(classes(ledger, numbers, contigs));
    if people.all(|(&fine, class)| class_of(fine, class) == class) {
        return Ok(());
    }
    Err(Error::refused(text!(
        "other strata of these people were released after the plan was made; plan and count again",
        "計画の作成後に、同じ人について別の層別の表が公開されました。計画と集計をやり直してください"
    )))
}
