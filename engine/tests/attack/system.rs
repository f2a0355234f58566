//! What a reader of a table knows, as integer programs: one for each part of the cohort that the table ties together.
//!
//! ```text
//! cell of n people    het + hom-alt + not called (x) <= n
//! shown as missing    y = 0 if x < K or n < 2K, else min(x, n − K)      (three modes, binary variables)
//! printed node        Σ het + 2 hom-alt = AC,  Σ 2(n − y) = AN′,  in tier G each class too
//! withheld step       one part of it fails: one of 4 inequalities in tier A, one of 6 in tier G
//! T3                  one class of the cohort is below K
//! rule (a)            every atom passes, or one of them fails
//! ```
//! Nothing of this is relaxed. Where several families all have one level the rule that decides is another one, and no denial is
//! used: that attack is a relaxation, and finding nothing by it proves less.

use crate::part::{Cell, Count, Limit, Part};
use crate::plan::{Node, Plan, Set};
use crate::print::{Shown, Table};
use crate::solver::{Expr, Program, Row};

/// What is known beside the printed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knows {
    /// Nothing.
    Numbers,
    /// How the product decides, and whether genotypes were asked for.
    Rule { genotypes: bool },
}

/// The parts of one table.
pub(crate) struct Reader<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) k: u32,
    pub(crate) table: &'a Table,
    pub(crate) knows: Knows,
}

impl Reader<'_> {
    /// Rows of differences that nothing printed cuts further, joined where they overlap.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let rows = self.rows();
        let mut sets: Vec<Set> = Vec::new();
        for (set, _) in &rows {
            let (joined, apart): (Vec<Set>, Vec<Set>) = sets.into_iter().partition(|s| s & set != 0);
            sets = apart;
            sets.push(joined.into_iter().fold(*set, |all, s| all | s));
        }
        let (denied, passed) = self.decisions();
        let mut parts: Vec<Part> = sets.into_iter().map(|set| self.part(set, &rows)).collect();
        for part in &mut parts {
            let inside = passed.iter().filter(|l| l.0 & !part.cells == 0);
            let more: Vec<Row> =
                inside.map(|&(set, count, limit)| part.count(set, count).at_least(limit)).collect();
            part.program.rows.extend(more);
        }
        for denial in denied {
            // Where another part can be what failed, this one need not be.
            let able: Vec<usize> = (0..parts.len()).filter(|&i| parts[i].can_fail(&denial)).collect();
            if let [only] = able.as_slice() {
                parts[*only].deny(&denial);
            }
        }
        parts
    }

    /// Printed numbers, less those of printed children.
    fn rows(&self) -> Vec<(Set, Shown)> {
        let mut rows: Vec<(Set, Shown)> = Vec::new();
        for (nodes, shown) in self.plan.families.iter().zip(&self.table.nodes) {
            for (node, whole) in nodes.iter().zip(shown) {
                let Some(mut left) = *whole else { continue };
                let mut set = node.cells;
                for &child in &node.children {
                    if let Some(part) = shown[child] {
                        set &= !nodes[child].cells;
                        left = left.minus(&part);
                    }
                }
                if set != 0 && !rows.iter().any(|r| r.0 == set) {
                    rows.push((set, left));
                }
            }
        }
        rows
    }

    fn part(&self, cells: Set, rows: &[(Set, Shown)]) -> Part {
        let mut part = Part {
            cells,
            program: Program::default(),
            vars: vec![None; self.plan.cells.len()],
            alternatives: Vec::new(),
        };
        for cell in self.plan.list(cells) {
            let nobody =
                rows.iter().any(|(s, r)| s >> cell & 1 == 1 && r.an == 2 * i64::from(self.plan.size(*s)));
            part.vars[cell] = Some(self.cell(&mut part.program, self.plan.size(1 << cell), nobody));
        }
        for &(set, shown) in rows.iter().filter(|(set, _)| set & !cells == 0) {
            let mut exact = vec![(Count::Alt, shown.ac), (Count::Rest, shown.an - shown.ac)];
            if let Some([homref, het, homalt]) = shown.classes {
                exact = vec![(Count::HomRef, homref), (Count::Het, het), (Count::HomAlt, homalt)];
            }
            let more: Vec<Row> =
                exact.into_iter().map(|(count, n)| part.count(set, count).exactly(n)).collect();
            part.program.rows.extend(more);
        }
        part
    }

    /// Variables of one cell; `nobody` is printed as not called in it.
    fn cell(&self, program: &mut Program, n: u32, nobody: bool) -> Cell {
        let (k, people) = (self.k, i64::from(n));
        let (het, homalt) = (program.variable(n), program.variable(n));
        let few = program.variable(if n < 2 * k { n } else { k - 1 });
        let first = program.bounds.len() - 3;
        let (mut missing, mut shown, mut modes) = (few.clone(), Expr::default(), None);
        if !nobody && n >= 2 * k {
            let (some, many) = (program.variable(n - k), program.variable(n));
            let (is_some, is_many) = (program.variable(1), program.variable(1));
            modes = Some([[first + 3, first + 5], [first + 4, first + 6]]);
            let rows = [
                few.plus(i64::from(k - 1), &is_some)
                    .plus(i64::from(k - 1), &is_many)
                    .at_most(i64::from(k - 1)),
                some.clone().plus(-i64::from(k), &is_some).at_least(0),
                some.clone().plus(-i64::from(n - k), &is_some).at_most(0),
                many.clone().plus(-i64::from(n - k), &is_many).at_least(0),
                many.clone().plus(-people, &is_many).at_most(0),
                is_some.plus(1, &is_many).at_most(1),
            ];
            program.rows.extend(rows);
            missing = missing.plus(1, &some).plus(1, &many);
            shown = some.plus(i64::from(n - k), &is_many);
        }
        program.rows.push(missing.clone().plus(1, &het).plus(1, &homalt).at_most(people));
        Cell { people, het, homalt, missing, shown, modes, first }
    }

    /// Denials (one of each list holds) and what is known to pass.
    fn decisions(&self) -> (Vec<Vec<Limit>>, Vec<Limit>) {
        let Knows::Rule { genotypes } = self.knows else { return Default::default() };
        let (families, root) = (&self.plan.families, self.table.root());
        let flat = |f: usize| self.plan.flat(f).is_some();
        if families.len() > 1 && (0..families.len()).all(flat) {
            return Default::default();
        }
        let minor = root.ac.min(root.an - root.ac);
        let plain = families.iter().all(|f| f.len() == 1);
        let considered = plain || genotypes && minor * minor >= 4 * i64::from(self.k) * root.an;
        if considered && !self.table.tier_g() {
            return (vec![self.fails(self.plan.everybody(), true)], Vec::new());
        }
        let mut denied = self.steps(0);
        if !denied.is_empty() || families.len() == 1 {
            return (denied, Vec::new());
        }
        let mut passed = Vec::new();
        for family in 1..families.len() {
            let atoms = self.atoms(family);
            let shown = self.table.nodes[family].iter().skip(1).any(Option::is_some);
            let tests = atoms.into_iter().flat_map(|atom| self.fails(atom, self.table.tier_g()));
            if !shown {
                denied.push(tests.collect());
                break;
            }
            passed.extend(tests.map(|(set, count, most)| (set, count, most + 1)));
        }
        (denied, passed)
    }

    /// What it takes for a set not to pass.
    fn fails(&self, set: Set, tier_g: bool) -> Vec<Limit> {
        let k = i64::from(self.k);
        let limits = match tier_g {
            true => vec![(Count::HomRef, k - 1), (Count::Het, k - 1), (Count::HomAlt, k - 1)],
            false => vec![(Count::Alt, 2 * k - 2), (Count::Rest, 2 * k - 1)],
        };
        limits.into_iter().map(|(count, most)| (set, count, most)).collect()
    }

    /// The withheld steps of each chain of one family.
    fn steps(&self, family: usize) -> Vec<Vec<Limit>> {
        let (nodes, shown) = (&self.plan.families[family], &self.table.nodes[family]);
        let chain = |(node, whole): (&Node, &Option<Shown>)| -> Option<Vec<Vec<Limit>>> {
            let stop = node.children.iter().position(|&c| shown[c].is_none())?;
            let before = node.children[..stop].iter().filter_map(|&c| shown[c]);
            let left = before.fold((*whole)?, |left, part| left.minus(&part));
            let child = |&c: &usize| (nodes[c].cells, shown[c]);
            let children: Vec<(Set, Option<Shown>)> = node.children[stop..].iter().map(child).collect();
            Some(self.chain(left, &children))
        };
        nodes.iter().zip(shown).filter_map(chain).flatten().collect()
    }

    /// The withheld steps of a chain of which the first of these children failed, beside `left`.
    fn chain(&self, left: Shown, children: &[(Set, Option<Shown>)]) -> Vec<Vec<Limit>> {
        let tier_g = self.table.tier_g();
        let both = |part: Set, rest: Set| [self.fails(part, tier_g), self.fails(rest, tier_g)].concat();
        let mut rest = children.iter().fold(0, |set, c| set | c.0);
        let mut denied = vec![both(children[0].0, rest & !children[0].0)];
        let sides = |shown: &Shown| match shown.classes {
            Some([homref, het, homalt]) => {
                vec![(homref, Count::HomRef), (het, Count::Het), (homalt, Count::HomAlt)]
            }
            None => vec![(shown.ac, Count::Alt), (shown.an - shown.ac, Count::Rest)],
        };
        let each = if tier_g { 1 } else { 2 };
        let moved = each * (i64::from(self.k) - 1);
        let full = |set: Set| each * i64::from(self.plan.size(set));
        let all = sides(&left);
        let lost = full(rest) - all.iter().map(|s| s.0).sum::<i64>();
        let side = (0..all.len()).min_by_key(|&i| all[i].0).unwrap();
        let fits = |i: &usize| full(children[*i].0) - lost >= all[side].0 + moved;
        let Some(reservoir) = (1..children.len()).rev().find(fits) else { return denied };
        let (mut numbers, mut held) = (left, 1);
        for (_, &(set, shown)) in children.iter().enumerate().skip(1).filter(|(i, _)| *i != reservoir) {
            if let Some(shown) = shown {
                (rest, numbers) = (rest & !set, numbers.minus(&shown));
            } else {
                held += 1;
                denied.push(both(set, rest & !set));
            }
        }
        if let (set, None) = children[reservoir] {
            // More of the side in those held back is less of it in the reservoir.
            let most = sides(&numbers)[side].0 - moved * (held - 1) - 1;
            let mut last = both(set, rest & !set);
            last.push((set, all[side].1, most));
            denied.push(last);
        }
        denied
    }

    /// Cells of the leaves of the first families.
    fn atoms(&self, last: usize) -> Vec<Set> {
        let mut atoms = vec![self.plan.everybody()];
        for nodes in &self.plan.families[..=last] {
            let leaves = || nodes.iter().filter(|n| n.children.is_empty()).map(|n| n.cells);
            atoms = atoms.iter().flat_map(|a| leaves().map(move |l| a & l)).filter(|a| *a != 0).collect();
        }
        atoms
    }
}
