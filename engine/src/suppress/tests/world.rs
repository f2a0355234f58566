//! Cohorts for the tests of this module: people of one kind at a time.

use crate::error::Problems;
use crate::policy::Policy;
use crate::strata::{Karyotype, Person, Step, Strata};

/// People of one sex who go the same way down every family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) karyotype: Karyotype,
    /// Per family the tokens on the way down.
    pub(super) paths: Vec<Vec<String>>,
    pub(super) people: u32,
}

impl Group {
    pub(super) fn new(people: u32, paths: &[&str]) -> Self {
        let path = |p: &&str| p.split('/').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        Self { karyotype: Karyotype::Xx, paths: paths.iter().map(path).collect(), people }
    }

    pub(super) fn of(self, karyotype: Karyotype) -> Self {
        Self { karyotype, ..self }
    }
}

/// The people of groups, in their order.
pub(super) fn people(groups: &[Group]) -> Vec<Person> {
    let step = |(level, token): (usize, &String)| Step {
        attribute: format!("a{level}"),
        token: token.clone(),
        label: token.clone(),
        tree: false,
    };
    let person = |g: &Group| Person {
        karyotype: g.karyotype,
        paths: g.paths.iter().map(|p| p.iter().enumerate().map(step).collect()).collect(),
        earlier: 0,
    };
    groups.iter().flat_map(|g| std::iter::repeat_n(person(g), g.people as usize)).collect()
}

/// The plan's strata, or nothing where the plan would be refused.
pub(super) fn strata(groups: &[Group], policy: &Policy) -> Option<Strata> {
    let people = people(groups);
    let by: Vec<String> = (0..groups[0].paths.len()).map(|f| format!("family{f}")).collect();
    Strata::new(&by, &people, policy, &mut Problems::default())
}
