//! Small integer programs, solved by `microlp` and checked in integers.

use std::time::Duration;

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome, Variable};

/// A sum of variables and a constant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expr {
    pub(crate) terms: Vec<(usize, i64)>,
    pub(crate) constant: i64,
}

impl Expr {
    pub(crate) fn constant(constant: i64) -> Self {
        Self { terms: Vec::new(), constant }
    }

    pub(crate) fn plus(mut self, times: i64, other: &Expr) -> Self {
        for &(var, n) in &other.terms {
            match self.terms.iter_mut().find(|t| t.0 == var) {
                Some(term) => term.1 += times * n,
                None => self.terms.push((var, times * n)),
            }
        }
        self.constant += times * other.constant;
        self.terms.retain(|t| t.1 != 0);
        self
    }

    pub(crate) fn value(&self, at: &[i64]) -> i64 {
        self.constant + self.terms.iter().map(|&(var, n)| n * at[var]).sum::<i64>()
    }

    /// This must be at most, or exactly, so much.
    pub(crate) fn at_most(self, limit: i64) -> Row {
        Row { expr: self, exact: false, limit }
    }

    pub(crate) fn at_least(self, limit: i64) -> Row {
        Expr::default().plus(-1, &self).at_most(-limit)
    }

    pub(crate) fn exactly(self, limit: i64) -> Row {
        Row { expr: self, exact: true, limit }
    }
}

/// One constraint.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) expr: Expr,
    exact: bool,
    limit: i64,
}

impl Row {
    pub(crate) fn holds(&self, at: &[i64]) -> bool {
        let value = self.expr.value(at);
        if self.exact { value == self.limit } else { value <= self.limit }
    }
}

/// What came of a program.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A point that meets every row, checked in integers, at which the objective is least.
    Least(Vec<i64>),
    Infeasible,
    /// Out of time, or the numbers of the solver do not hold in integers.
    Unknown,
}

/// Integer variables with bounds, and rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) bounds: Vec<(i32, i32)>,
    pub(crate) rows: Vec<Row>,
}

impl Program {
    pub(crate) fn variable(&mut self, most: u32) -> Expr {
        self.bounds.push((0, i32::try_from(most).unwrap()));
        Expr { terms: vec![(self.bounds.len() - 1, 1)], constant: 0 }
    }

    /// The least value of `objective` where `more` holds too.
    pub(crate) fn least(&self, objective: &Expr, more: &[&Row]) -> Answer {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        problem.set_time_limit(Duration::from_secs(1));
        let weight = |var: usize| objective.terms.iter().find(|t| t.0 == var).map_or(0, |t| t.1);
        let variables: Vec<Variable> = (0..self.bounds.len())
            .map(|var| problem.add_integer_var(real(weight(var)), self.bounds[var]))
            .collect();
        for row in self.rows.iter().chain(more.iter().copied()) {
            let terms: Vec<(Variable, f64)> =
                row.expr.terms.iter().map(|&(var, n)| (variables[var], real(n))).collect();
            let op = if row.exact { ComparisonOp::Eq } else { ComparisonOp::Le };
            if terms.is_empty() {
                if !row.holds(&vec![0; self.bounds.len()]) {
                    return Answer::Infeasible;
                }
                continue;
            }
            problem.add_constraint(terms.as_slice(), op, real(row.limit - row.expr.constant));
        }
        let solution = match problem.solve() {
            Ok(SolveOutcome::Solution(solution)) if solution.gap().is_none_or(|gap| gap < 1e-6) => solution,
            Err(microlp::Error::Infeasible) => return Answer::Infeasible,
            _ => return Answer::Unknown,
        };
        let at: Vec<i64> = variables.iter().map(|&v| whole(solution.var_value(v))).collect();
        let inside =
            at.iter().zip(&self.bounds).all(|(&x, b)| (i64::from(b.0)..=i64::from(b.1)).contains(&x));
        let holds = self.rows.iter().chain(more.iter().copied()).all(|row| row.holds(&at));
        if inside && holds { Answer::Least(at) } else { Answer::Unknown }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people")]
fn real(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the solver's integers, checked afterwards")]
fn whole(x: f64) -> i64 {
    x.round() as i64
}
