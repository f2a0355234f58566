//! A new table beside the earlier releases of the same people: who is told apart by all of them, and what they printed.

use std::collections::HashMap;
use std::path::Path;

use roaring::RoaringBitmap;

use super::derivable::signatures;
use super::draft::Draft;
use super::earlier::{EarlierRow, EarlierTable};
use super::entry::{Claim, FileRecord};
use super::judge::Bar;
use super::{Ledger, Status};
use crate::error::{Error, Result};
use crate::region::canonical;
use crate::strata::{Karyotype, Size};
use crate::suppress::{Bits, Joint, JointTable, TableNode};
use crate::text;

/// Earlier tables that are read along with a new one; more are for a person to judge.
const TABLES: usize = 32;
/// Groups of people that all tables together may tell apart.
const CLASSES: usize = 4_096;

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
    /// Its rows could hold genotype counts, and its trees have more than a root.
    genotypes: bool,
    strata: bool,
    k: i64,
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

    /// Whether it considered genotypes at these rows (T1): a function of what it printed there.
    pub(crate) fn considered(&self, rows: &[EarlierRow]) -> bool {
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
    /// Opens every earlier release that shares people and a contig with the new table; none: nothing to judge.
    pub(crate) fn open(ledger: &Ledger, asked: &Asked<'_>) -> Result<Option<Self>> {
        let root = asked.draft.root();
        let contigs: Vec<&str> = asked.contigs.iter().map(|c| canonical(c)).collect();
        let mut claims: Vec<(&str, &Claim, &FileRecord)> = Vec::new();
        for (id, claim, status) in asked.bar.standing(ledger) {
            let people =
                ledger.set(&claim.families[0].nodes[0].set).is_some_and(|set| !set.is_disjoint(root));
            if !people || !claim.contigs.iter().any(|c| contigs.contains(&canonical(c))) {
                continue;
            }
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
                genotypes: claim.genotypes,
                strata: claim.families.iter().any(|f| f.nodes.len() > 1),
                k: i64::from(claim.k),
            });
        }
        Ok(Some(Self { joint: join(ledger, asked, &claims)?, earlier }))
    }
}

/// A tree of sets: children of each node, its set, whether it has a name.
type Tree<'a> = Vec<(Vec<usize>, &'a RoaringBitmap, bool)>;

/// Puts the tables together over the classes of people that they tell apart.
fn join(ledger: &Ledger, asked: &Asked<'_>, claims: &[(&str, &Claim, &FileRecord)]) -> Result<Joint> {
    let empty = RoaringBitmap::new();
    let own = asked.draft.families.iter().map(|(_, nodes)| -> Tree<'_> {
        nodes.iter().map(|n| (n.children.clone(), &n.set, n.name.is_some())).collect()
    });
    let mut trees: Vec<(Vec<Tree<'_>>, bool)> = vec![(own.collect(), true)];
    for (_, claim, _) in claims {
        let families = claim.families.iter().map(|family| -> Tree<'_> {
            let node = |n: &super::entry::ClaimNode| {
                let children = n.children.iter().map(|&c| c as usize).collect();
                (children, ledger.set(&n.set).unwrap_or(&empty), n.name.is_some())
            };
            family.nodes.iter().map(node).collect()
        });
        trees.push((families.collect(), claim.callset == asked.callset));
    }
    let sets: Vec<&RoaringBitmap> =
        trees.iter().flat_map(|(families, _)| families.iter().flatten().map(|n| n.1)).collect();
    let mut index: HashMap<u128, usize> = HashMap::new();
    let mut people: Vec<u32> = Vec::new();
    let mut sizes: Vec<Size> = Vec::new();
    for (person, signature) in (0u32..).zip(signatures(&sets)).filter(|(_, s)| *s != 0) {
        let class = *index.entry(signature).or_insert_with(|| {
            people.push(person);
            sizes.push(Size::default());
            sizes.len() - 1
        });
        sizes[class].add(karyotype(ledger, asked, claims, person));
    }
    if sizes.len() > CLASSES {
        return Err(too_many());
    }
    let table = |(families, same_callset): &(Vec<Tree<'_>>, bool)| {
        let (mut nodes, mut roots) = (Vec::new(), Vec::new());
        for family in families {
            let first = nodes.len();
            roots.push(first);
            nodes.extend(family.iter().map(|(children, set, named)| {
                let mut members = Bits::none(sizes.len());
                let inside = people.iter().enumerate().filter(|(_, p)| set.contains(**p));
                inside.for_each(|(class, _)| members.insert(class));
                TableNode { children: children.iter().map(|c| first + c).collect(), members, named: *named }
            }));
        }
        JointTable { nodes, families: roots, same_callset: *same_callset }
    };
    let tables = trees.iter().map(table).collect();
    Ok(Joint::new(sizes, tables, asked.strict))
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
