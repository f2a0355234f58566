//! A row beside the rows that earlier releases have at its position.

use super::linked::{Allowed, Joint, Numbers, Print, Row};
use super::sums::{AC, AN, DIPLOID_HOMREF, HAPLOID_REF, HEMI, HET, HOMALT, Table};
use super::tree::Decision;
use crate::error::Result;
use crate::ledger::{Beside, Considers, EarlierRow};

/// What earlier releases printed at one position.
pub(super) struct At<'b> {
    joint: &'b mut Joint,
    /// Per earlier table: nothing where it did not look.
    rows: Vec<Option<Vec<EarlierRow>>>,
    /// Whether genotypes were considered at this variant where it was first printed: a variant keeps its tier, and those
    /// that were printed since did too.
    pub(super) considered: Option<bool>,
    /// That it was of tier G.
    genotypes: bool,
}

/// An earlier table at one position: for which variants it considers genotypes, and its rows, nothing where it did not look.
pub(crate) type EarlierRows = (Considers, Option<Vec<EarlierRow>>);

impl<'b> At<'b> {
    /// Reads the rows of every earlier table at a position (0-based).
    pub(super) fn read(beside: &'b mut Beside, contig: &str, pos: u64) -> Result<Self> {
        let Beside { joint, earlier } = beside;
        let rows = earlier.iter_mut().map(|table| Ok((table.considers, table.rows(contig, pos)?)));
        Ok(Self::new(joint, rows.collect::<Result<_>>()?))
    }

    /// Of the rows of every earlier table, in the order of the joint ones.
    pub(super) fn new(joint: &'b mut Joint, earlier: Vec<EarlierRows>) -> Self {
        let first = earlier.iter().find_map(|(considers, rows)| {
            let rows = rows.as_deref()?;
            Some((considers.at(rows), rows.first()?.genotypes))
        });
        Self {
            joint,
            considered: first.map(|(considered, _)| considered),
            genotypes: first.is_some_and(|(_, genotypes)| genotypes),
            rows: earlier.into_iter().map(|(_, rows)| rows).collect(),
        }
    }

    /// How much of a unit's rows may be printed: the least that any of its ALTs allows.
    pub(super) fn allowed(
        &mut self,
        row: Row,
        alts: &[(&str, &str)],
        own: &dyn Fn(usize) -> Vec<Option<Numbers>>,
        atoms_pass: &dyn Fn() -> bool,
    ) -> Allowed {
        let known = self.rows.iter().flatten().filter(|rows| !rows.is_empty());
        let same_alts = |rows: &Vec<EarlierRow>| {
            rows.len() == alts.len() && alts.iter().all(|alt| rows.iter().any(|r| r.is(*alt)))
        };
        if !known.clone().all(same_alts) {
            return Allowed::Nothing;
        }
        if self.considered.is_some() && self.genotypes != row.genotypes {
            return Allowed::Nothing;
        }
        // Genotypes were considered and the root did not pass with them: there is nothing below it, and nothing beside it.
        let fell_back = self.considered == Some(true) && !self.genotypes;
        let row = Row { closed: row.closed || fell_back, ..row };
        let mut allowed = if fell_back { Allowed::Root } else { Allowed::All };
        for (i, alt) in alts.iter().enumerate() {
            let mut prints = vec![Print::Row(own(i))];
            prints.extend(self.rows.iter().map(|rows| match rows {
                None => Print::Unseen,
                Some(rows) => {
                    rows.iter().find(|r| r.is(*alt)).map_or(Print::Absent, |r| Print::Row(r.numbers.clone()))
                }
            }));
            allowed = allowed.min(self.joint.allowed(row, &mut prints, atoms_pass));
        }
        allowed
    }
}

/// What a table would print of one ALT, over the nodes of all families; the root stands in each.
pub(super) fn own<'a>(
    decisions: impl Iterator<Item = (usize, &'a Decision)>,
    places: &[Vec<Option<usize>>],
    alt: usize,
    genotypes: bool,
) -> Vec<Option<Numbers>> {
    let decisions: Vec<(usize, &Decision)> = decisions.collect();
    let root = decisions.first().map(|(_, first)| numbers(&first.sums, 0, alt, genotypes));
    let mut list = Vec::new();
    for (family, stratum_of) in places.iter().enumerate() {
        let mut nodes = vec![None; stratum_of.len()];
        nodes[0] = root;
        if let Some((_, decision)) = decisions.iter().find(|(of, _)| *of == family) {
            for &node in decision.alone.iter().filter(|&&node| stratum_of[node].is_some()) {
                nodes[node] = Some(numbers(&decision.sums, node, alt, genotypes));
            }
        }
        list.extend(nodes);
    }
    list
}

fn numbers(sums: &Table, node: usize, alt: usize, genotypes: bool) -> Numbers {
    let classes = || [DIPLOID_HOMREF, HET, HOMALT, HAPLOID_REF, HEMI].map(|column| sums.get(node, column));
    Numbers { ac: sums.get(node, AC + alt), an: sums.get(node, AN), genotypes: genotypes.then(classes) }
}
