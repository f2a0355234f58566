//! merge: every partition of every data site exactly once, as one stream of units in genome order.
//!
//! Groups of files hold disjoint people, so counts of one position are added across groups; a group that has no record
//! there says what its `absent` rule declares. Partitions of one group hold disjoint spans and follow one another.

use std::collections::{BTreeMap, VecDeque};

use crate::error::{Error, Problems, Result};
use crate::partial::{CellCounts, Notes, Partial, Unit, Units, VariantCounts};
use crate::plan::{Absent, Plan};
use crate::tally::worse;
use crate::text;

/// Sealed counts of every partition of a plan: nothing missing, nothing twice.
pub struct Merged<'p> {
    plan: &'p Plan,
    partials: Vec<Partial>,
    /// Contig that is being read, and the streams of its groups.
    contig: u32,
    groups: Vec<GroupUnits>,
}

impl std::fmt::Debug for Merged<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merged").field("partitions", &self.partials.len()).finish_non_exhaustive()
    }
}

/// REF and ALT.
type Alleles = (Box<str>, Box<str>);

/// The units of one group on one contig: its partitions one after the other.
struct GroupUnits {
    parts: VecDeque<Units>,
    head: Option<Unit>,
}

impl GroupUnits {
    fn advance(&mut self) -> Result<()> {
        self.head = None;
        while let Some(part) = self.parts.front_mut() {
            self.head = part.next()?;
            if self.head.is_some() {
                break;
            }
            self.parts.pop_front();
        }
        Ok(())
    }
}

/// Puts partials together; refuses while a partition is missing or there twice, or belongs to another plan.
pub fn merge<'p>(plan: &'p Plan, partials: Vec<Partial>) -> Result<Merged<'p>, Problems> {
    let mut problems = Problems::default();
    let mut seen = vec![0usize; plan.partitions().len()];
    for partial in &partials {
        if partial.plan() != plan.digest() {
            let number = partial.partition() + 1;
            problems.push(Error::input(text!(
                "partition {number} was counted for another plan; run its tally again",
                "分割 {number} は別の計画の集計です。tally を再実行してください"
            )));
        }
        if let Some(n) = seen.get_mut(partial.partition()) {
            *n += 1;
        }
    }
    for (partition, n) in seen.iter().enumerate().filter(|(_, n)| **n != 1) {
        let number = partition + 1;
        problems.push(if *n == 0 {
            Error::input(text!(
                "partition {number} is missing; run its tally (shukei tally JOB/ --partition {number})",
                "分割 {number} がありません。tally を実行してください（shukei tally JOB/ --partition {number}）"
            ))
        } else {
            Error::input(text!(
                "partition {number} is there twice; name each partial once",
                "分割 {number} が重複しています。途中集計ファイルは1つずつにしてください"
            ))
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut merged = Merged { plan, partials, contig: 0, groups: Vec::new() };
    merged.open()?;
    Ok(merged)
}

impl<'p> Merged<'p> {
    /// The plan whose counts these are.
    pub(crate) fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// Facts about the records of all partitions.
    pub(crate) fn notes(&self) -> Notes {
        let notes = || self.partials.iter().map(Partial::notes);
        Notes {
            without_genotypes: notes().map(|n| n.without_genotypes).sum(),
            whole: notes().flat_map(|n| n.whole.clone()).collect(),
        }
    }

    /// Opens the streams of the current contig.
    fn open(&mut self) -> Result<()> {
        self.groups = (0..self.plan.groups().len())
            .map(|group| {
                let mine =
                    self.partials.iter().filter(|p| self.plan.partitions()[p.partition()].group == group);
                let mut mine: Vec<&Partial> = mine.collect();
                mine.sort_by_key(|p| self.plan.partitions()[p.partition()].begin());
                let parts = mine.into_iter().map(|p| p.units(self.contig)).collect();
                let mut units = GroupUnits { parts, head: None };
                units.advance()?;
                Ok(units)
            })
            .collect::<Result<_>>()?;
        Ok(())
    }

    /// The next unit of the cohort; `None` after the last contig.
    pub(crate) fn next_unit(&mut self) -> Result<Option<Unit>> {
        while (self.contig as usize) < self.plan.contigs().len() {
            let next = self.groups.iter().filter_map(|g| g.head.as_ref().map(|u| u.pos)).min();
            let Some(pos) = next else {
                self.contig += 1;
                self.open()?;
                continue;
            };
            let mut heads = Vec::with_capacity(self.groups.len());
            for group in &mut self.groups {
                let here = group.head.as_ref().is_some_and(|u| u.pos == pos);
                heads.push(if here { group.head.take() } else { None });
                if here {
                    group.advance()?;
                }
            }
            return Ok(Some(self.join(pos, heads)));
        }
        Ok(None)
    }

    /// Adds the units of all groups at one position.
    fn join(&self, pos: u64, mut heads: Vec<Option<Unit>>) -> Unit {
        if let [only] = heads.as_mut_slice()
            && let Some(unit) = only.take()
        {
            return unit;
        }
        let mut combined = false;
        let mut missing: BTreeMap<u32, u32> = BTreeMap::new();
        let mut variants: BTreeMap<Alleles, (Box<str>, Vec<CellCounts>)> = BTreeMap::new();
        for (group, head) in self.plan.groups().iter().zip(heads) {
            let Some(unit) = head else {
                if group.absent == Absent::Missing {
                    for (fine, n) in (0u32..).zip(&group.members_by_fine).filter(|(_, n)| **n > 0) {
                        *missing.entry(fine).or_default() += n;
                    }
                }
                continue;
            };
            combined |= unit.combined;
            for (fine, n) in unit.missing {
                *missing.entry(fine).or_default() += n;
            }
            for variant in unit.variants {
                let key = (variant.reference, variant.alternate);
                let (filter, cells) =
                    variants.entry(key).or_insert_with(|| (variant.filter.clone(), Vec::new()));
                *filter = worse(filter, &variant.filter).into();
                cells.extend(variant.cells);
            }
        }
        let variants = variants
            .into_iter()
            .map(|((reference, alternate), (filter, cells))| VariantCounts {
                reference,
                alternate,
                filter,
                cells: added(cells),
            })
            .collect();
        Unit { contig: self.contig, pos, variants, missing: missing.into_iter().collect(), combined }
    }
}

/// Sums counts of the same cell.
fn added(cells: Vec<CellCounts>) -> Vec<CellCounts> {
    let mut sums: BTreeMap<u32, CellCounts> = BTreeMap::new();
    for cell in cells {
        let sum = sums.entry(cell.fine).or_insert(CellCounts { fine: cell.fine, het: 0, homalt: 0, hemi: 0 });
        sum.het += cell.het;
        sum.homalt += cell.homalt;
        sum.hemi += cell.hemi;
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial::Place;
    use crate::plan::{LedgerAt, Request, plan};
    use crate::tally::{Crew, tally};

    #[test]
    fn counts_of_another_plan_are_refused() {
        use std::fmt::Write as _;
        let dir = tempfile::tempdir().unwrap();
        let (vcf, samples) = (dir.path().join("c.vcf"), dir.path().join("s.tsv"));
        let (mut names, mut calls, mut table) =
            (String::new(), String::new(), "sample_id\tgroup\n".to_owned());
        for i in 0..40 {
            let _ = write!(names, "\tS{i}");
            let _ = write!(calls, "\t0/1");
            let _ = writeln!(table, "S{i}\t{}", i % 2);
        }
        let head = "##fileformat=VCFv4.3\n##contig=<ID=1,length=249250621>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";
        std::fs::write(&vcf, format!("{head}{names}\n1\t5\t.\tA\tC\t.\t.\t.\tGT{calls}\n")).unwrap();
        std::fs::write(&samples, table).unwrap();
        let ledger = LedgerAt { dir: Some(dir.path().join("ledger")), ..LedgerAt::default() };
        let inputs = vec![vcf];
        let request = Request { inputs, samples, max_ploidy: 2, ledger, ..Request::default() };
        let mine = plan(request.clone()).unwrap();
        let other = plan(Request { by: vec!["group".into()], ..request }).unwrap();
        let crew = Crew {
            threads: 1,
            backend: crate::Backend::best(),
            progress: &|_| {},
            timing: &crate::timing::Timing::default(),
            scratch: None,
        };
        let count = |p: &Plan| tally(p, 0, crew, &Place::Unnamed(dir.path())).unwrap();
        assert!(merge(&mine, vec![count(&mine)]).is_ok());
        let refused = merge(&mine, vec![count(&other)]).unwrap_err().to_string();
        assert!(refused.contains("partition 1 was counted for another plan"), "{refused}");
        // Neither value prints a count: every number here is that of a partition.
        assert_eq!(
            format!("{:?}", merge(&mine, vec![count(&mine)]).unwrap()),
            "Merged { partitions: 1, .. }"
        );
        assert_eq!(format!("{mine:?}"), "Plan { partitions: 1, .. }");
        assert_eq!(format!("{:?}", count(&mine)), "Partial { partition: 0, .. }");
    }
}
