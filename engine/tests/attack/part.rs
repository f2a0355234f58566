//! Cells that a table ties together, as one integer program.

use crate::plan::Set;
use crate::print::Calls;
use crate::solver::{Answer, Expr, Program, Row};

/// One plan cell in a program.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) people: i64,
    pub(crate) het: Expr,
    pub(crate) homalt: Expr,
    pub(crate) missing: Expr,
    /// Of them shown as not called.
    pub(crate) shown: Expr,
    /// More than K − 1, and more than n − K, of them: number and flag, where that can be.
    pub(crate) modes: Option<[[usize; 2]; 2]>,
    /// The first three variables: het, hom-alt, not called as long as they are few.
    pub(crate) first: usize,
}

/// Cells that have nothing to do with the others.
pub(crate) struct Part {
    pub(crate) cells: Set,
    pub(crate) program: Program,
    /// By plan cell; `None` outside the part.
    pub(crate) vars: Vec<Option<Cell>>,
    /// All rows of one of these hold, if there are any.
    pub(crate) alternatives: Vec<Vec<Row>>,
}

/// A count of a set, and the most of it where the set does not pass.
pub(crate) type Limit = (Set, Count, i64);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    Alt,
    Rest,
    HomRef,
    Het,
    HomAlt,
}

impl Part {
    fn cell(&self, cell: usize) -> &Cell {
        self.vars[cell].as_ref().unwrap()
    }

    /// Adds up over the cells of a set.
    pub(crate) fn sum(&self, set: Set, of: impl Fn(&Cell) -> Expr) -> Expr {
        let cells = (0..self.vars.len()).filter(|c| set >> c & 1 == 1);
        cells.fold(Expr::default(), |sum, c| sum.plus(1, &of(self.cell(c))))
    }

    /// A number as the product would print it.
    pub(crate) fn count(&self, set: Set, count: Count) -> Expr {
        self.sum(set, |c| {
            let alleles = || c.het.clone().plus(2, &c.homalt);
            match count {
                Count::Alt => alleles(),
                Count::Rest => Expr::constant(2 * c.people).plus(-2, &c.shown).plus(-1, &alleles()),
                Count::HomRef => {
                    Expr::constant(c.people).plus(-1, &c.shown).plus(-1, &c.het).plus(-1, &c.homalt)
                }
                Count::Het => c.het.clone(),
                Count::HomAlt => c.homalt.clone(),
            }
        })
    }

    /// One more denial: one of its limits holds beside one of the ways so far.
    pub(crate) fn deny(&mut self, denial: &[Limit]) {
        let inside = || denial.iter().filter(|l| l.0 & !self.cells == 0);
        let rows: Vec<Row> =
            inside().map(|&(set, count, most)| self.count(set, count).at_most(most)).collect();
        let before = std::mem::take(&mut self.alternatives);
        let before = if before.is_empty() { vec![Vec::new()] } else { before };
        let both = before
            .iter()
            .flat_map(|way| rows.iter().map(|row| way.iter().chain([row]).cloned().collect::<Vec<Row>>()));
        let possible = |way: &Vec<Row>| {
            let rows: Vec<&Row> = way.iter().collect();
            !matches!(self.program.least(&Expr::default(), &rows), Answer::Infeasible)
        };
        self.alternatives = both.filter(possible).collect();
    }

    /// True when the data can be in one of the ways.
    pub(crate) fn allows(&self, at: &[i64]) -> bool {
        self.alternatives.is_empty()
            || self.alternatives.iter().any(|way| way.iter().all(|row| row.holds(at)))
    }

    pub(crate) fn can_fail(&self, denial: &[Limit]) -> bool {
        let inside = denial.iter().filter(|l| l.0 & !self.cells == 0);
        inside.into_iter().any(|&(set, count, most)| {
            let row = self.count(set, count).at_most(most);
            !matches!(self.program.least(&Expr::default(), &[&row]), Answer::Infeasible)
        })
    }

    /// Writes a point into the genotypes of the whole cohort.
    pub(crate) fn write(&self, at: &[i64], calls: &mut [Calls]) {
        for (cell, calls) in self.vars.iter().zip(calls) {
            if let Some(cell) = cell {
                let [het, homalt, missing] =
                    [&cell.het, &cell.homalt, &cell.missing].map(|e| u32::try_from(e.value(at)).unwrap());
                let people = u32::try_from(cell.people).unwrap();
                *calls = [people - het - homalt - missing, het, homalt, missing];
            }
        }
    }

    /// Genotypes as values of the variables.
    pub(crate) fn read(&self, k: u32, calls: &[Calls]) -> Vec<i64> {
        let mut at = vec![0; self.program.bounds.len()];
        for (cell, &[_, het, homalt, missing]) in self.vars.iter().zip(calls) {
            let Some(cell) = cell else { continue };
            let [het, homalt, missing, k] = [het, homalt, missing, k].map(i64::from);
            at[cell.first] = het;
            at[cell.first + 1] = homalt;
            match cell.modes {
                Some(modes) if missing >= k => {
                    let [number, flag] = modes[usize::from(missing > cell.people - k)];
                    at[number] = missing;
                    at[flag] = 1;
                }
                _ => at[cell.first + 2] = missing,
            }
        }
        at
    }
}
