//! A new table beside the earlier releases of the same people: who is told apart by all of them, and what they printed.

use std::collections::BTreeSet;
use std::path::Path;

use roaring::RoaringBitmap;

use super::draft::Draft;
use super::earlier::{EarlierRow, EarlierTable};
use super::entry::{Claim, FileRecord};
use super::join::{Branch, Trees, connected, cuts};
use super::judge::Bar;
use super::sets::SetDigest;
use super::{Ledger, Status};
use crate::error::{Error, Result};
use crate::region::canonical;
use crate::strata::Karyotype;
use crate::suppress::{Joint, Since};
use crate::text;

/// Earlier tables that are read along with a new one; more are for a person to judge.
const TABLES: usize = 32;

/// Earlier releases of the people of a new table.
pub(crate) struct Beside {
    /// The new table and the earlier ones, in terms of classes of people.
    pub(crate) joint: Joint,
    /// The earlier tables, in the order of `joint.tables[1..]`.
    pub(crate) earlier: Vec<Earlier>,
}

/// One earlier release.
pub(crate) struct Earlier {
    /// Names of its nodes, the trees one after the other.
    table: EarlierTable,
    /// Contigs of its plan.
    contigs: Vec<String>,
    pub(crate) considers: Considers,
}

/// For which variants a table considered genotypes.
#[derive(Clone, Copy)]
pub(crate) struct Considers {
    /// Its rows could hold genotype counts.
    pub(crate) genotypes: bool,
    /// Its trees have more than a root.
    pub(crate) strata: bool,
    pub(crate) k: i64,
}

impl Earlier {
    /// Its rows at a position; none where it has none, or did not look.
    pub(crate) fn rows(&mut self, contig: &str, pos: u64) -> Result<Option<Vec<EarlierRow>>> {
        if !self.looked_at(contig) {
            return Ok(None);
        }
        self.table.rows(contig, pos).map(Some)
    }

    /// Its plan had the contig.
    fn looked_at(&self, contig: &str) -> bool {
        self.contigs.iter().any(|c| c == canonical(contig))
    }
}

impl Considers {
    /// Whether it considered genotypes at these rows (T1): a function of what it printed there.
    pub(crate) fn at(self, rows: &[EarlierRow]) -> bool {
        let [row] = rows else { return false };
        let Some(root) = row.numbers.first().copied().flatten() else { return false };
        let minor = root.ac.min(root.an - root.ac);
        self.genotypes && (!self.strata || minor * minor >= 4 * self.k * root.an)
    }
}

/// What is asked of the ledger.
pub(crate) struct Asked<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) callset: &'a str,
    pub(crate) contigs: &'a [String],
    pub(crate) strict: bool,
    /// Which releases count.
    pub(crate) bar: &'a Bar<'a>,
    pub(crate) archive: &'a Path,
}

impl Beside {
    /// Opens every earlier release that shares people and a contig with the new table, or with another of these; none: nothing
    /// to judge.
    pub(crate) fn open(ledger: &Ledger, asked: &Asked<'_>) -> Result<Option<Self>> {
        let root = asked.draft.root();
        let contigs: Vec<&str> = asked.contigs.iter().map(|c| canonical(c)).collect();
        let mut claims: Vec<(&str, &Claim, &FileRecord)> = Vec::new();
        let empty = RoaringBitmap::new();
        let mut standing = asked.bar.standing(ledger);
        standing.retain(|(_, claim, _)| claim.contigs.iter().any(|c| contigs.contains(&canonical(c))));
        let root_of = |claim: &Claim| ledger.set(&claim.families[0].nodes[0].set).unwrap_or(&empty);
        let roots: Vec<&RoaringBitmap> = standing.iter().map(|(_, claim, _)| root_of(claim)).collect();
        for (id, claim, status) in connected(root, &roots).into_iter().map(|t| standing[t]) {
            if status == Status::Reserved {
                return Err(unfinished(id));
            }
            let table = ledger.files_of(id).iter().find(|f| f.name == "freq.parquet");
            // Tables with the same bytes say the same.
            if let Some(file) = table
                && !claims.iter().any(|(_, c, f)| f.blake3 == file.blake3 && c.families == claim.families)
            {
                claims.push((id, claim, file));
            }
        }
        if claims.is_empty() {
            return Ok(None);
        }
        if claims.len() > TABLES {
            return Err(too_many());
        }
        let mut earlier = Vec::new();
        for &(id, claim, file) in &claims {
            let nodes = claim.families.iter().flat_map(|f| f.nodes.iter().map(|n| n.name.clone())).collect();
            let path = asked.archive.join(id).join(&file.name);
            earlier.push(Earlier {
                table: EarlierTable::open(&path, &file.blake3, nodes)?,
                contigs: claim.contigs.iter().map(|c| canonical(c).to_owned()).collect(),
                considers: Considers {
                    genotypes: claim.genotypes,
                    strata: claim.families.iter().any(|f| f.nodes.len() > 1),
                    k: i64::from(claim.k),
                },
            });
        }
        Ok(Some(Self { joint: join(ledger, asked, &claims)?, earlier }))
    }
}

/// Puts the tables together over the classes of people that they tell apart.
fn join(ledger: &Ledger, asked: &Asked<'_>, claims: &[(&str, &Claim, &FileRecord)]) -> Result<Joint> {
    let empty = RoaringBitmap::new();
    let own = Since { same_callset: true, ..Since::default() };
    let mut trees = vec![Trees::of(asked.draft, own)];
    for &(id, claim, _) in claims {
        let families = claim.families.iter().map(|family| {
            let node = |n: &super::entry::ClaimNode| Branch {
                children: n.children.iter().map(|&c| c as usize).collect(),
                set: ledger.set(&n.set).unwrap_or(&empty),
                named: n.name.is_some(),
            };
            family.nodes.iter().map(node).collect()
        });
        trees.push(Trees { families: families.collect(), since: since(ledger, asked, (id, claim)) });
    }
    let karyotype = |person| karyotype(ledger, asked, claims, person);
    super::join::join(&trees, &karyotype, asked.strict).ok_or_else(too_many)
}

/// What stands between an earlier release and the new table. Releases that are void count here too: cells were cut by them, and
/// rows withheld beside them.
fn since(ledger: &Ledger, asked: &Asked<'_>, (id, claim): (&str, &Claim)) -> Since {
    let meets = |other: &Claim| {
        other.contigs.iter().any(|c| claim.contigs.iter().any(|own| canonical(own) == canonical(c)))
    };
    let releases: Vec<(&str, &Claim)> = ledger.releases().map(|(_, id, claim, _)| (id, claim)).collect();
    let place = releases.iter().position(|(other, _)| *other == id).unwrap_or_default();
    let sets = |releases: &[(&str, &Claim)]| -> Vec<&RoaringBitmap> {
        let claims = releases.iter().filter(|(_, other)| meets(other));
        let digests: BTreeSet<SetDigest> =
            claims.flat_map(|(_, c)| c.families.iter().flat_map(|f| f.nodes.iter().map(|n| n.set))).collect();
        digests.iter().filter_map(|d| ledger.set(d)).collect()
    };
    let root_of = |claim: &Claim| ledger.set(&claim.families[0].nodes[0].set);
    let Some(root) = root_of(claim) else { return Since { linked: true, cut: true, ..Since::default() } };
    let shares = |other: &Claim| root_of(other).is_some_and(|r| !r.is_disjoint(root));
    let mut now = sets(&releases);
    now.extend(asked.draft.sets());
    Since {
        same_callset: claim.callset == asked.callset,
        linked: releases[..place].iter().any(|(_, other)| meets(other) && shares(other)),
        cut: cuts(root, &sets(&releases[..=place]), &now),
    }
}

/// The sex of a person, as the new table or else the first that has the person says.
fn karyotype(
    ledger: &Ledger,
    asked: &Asked<'_>,
    claims: &[(&str, &Claim, &FileRecord)],
    person: u32,
) -> Karyotype {
    let of = |[xx, xy]: [bool; 2]| match (xx, xy) {
        (true, _) => Karyotype::Xx,
        (_, true) => Karyotype::Xy,
        _ => Karyotype::Unknown,
    };
    if asked.draft.root().contains(person) {
        return of(asked.draft.sexes.each_ref().map(|s| s.contains(person)));
    }
    let said = claims.iter().map(|(_, c, _)| {
        of([c.xx, c.xy].map(|digest| ledger.set(&digest).is_some_and(|s| s.contains(person))))
    });
    said.into_iter().find(|k| *k != Karyotype::Unknown).unwrap_or(Karyotype::Unknown)
}

/// Another release of these people is being made, or its run died.
fn unfinished(id: &str) -> Error {
    Error::refused(text!(
        "release {id} of some of the same people is not finished; run this again when it is, or, if its run died: \
         shukei ledger void {id}",
        "同じ人を含む公開 {id} がまだ完了していません。完了後に再実行するか、その処理が異常終了している場合は shukei ledger void {id} を実行してください"
    ))
}

fn too_many() -> Error {
    Error::refused(text!(
        "too many earlier releases of the same people to be judged together with this one: a person must decide; ask the \
         platform office, or publish one table with all the --by that are needed",
        "同じ人を含む過去の公開が多すぎて、自動では判定できません。事務局に相談するか、必要な --by をまとめて1つの表にしてください"
    ))
}
