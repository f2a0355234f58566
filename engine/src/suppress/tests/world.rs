//! Cohorts for the tests of this module: people of one kind at a time.

use crate::error::Problems;
use crate::policy::Policy;
use crate::strata::{Karyotype, People, Step, Strata};

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
pub(super) fn people(groups: &[Group]) -> People {
    let step = |(level, token): (usize, &String)| Step {
        attribute: format!("a{level}"),
        token: token.clone(),
        label: token.clone(),
        tree: false,
    };
    let group = |g: &Group| {
        let paths = g.paths.iter().map(|p| p.iter().enumerate().map(step).collect()).collect();
        (g.karyotype, paths, g.people as usize)
    };
    let by: Vec<String> = (0..groups[0].paths.len()).map(|f| format!("family{f}")).collect();
    People::of_groups(&by, &groups.iter().map(group).collect::<Vec<_>>())
}

/// The plan's strata, or nothing where the plan would be refused.
pub(super) fn strata(groups: &[Group], policy: &Policy) -> Option<Strata> {
    Strata::new(&people(groups), policy, &mut Problems::default())
}
