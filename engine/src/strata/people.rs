//! People as strata see them.

use super::Karyotype;

/// The people of a plan; every list has one entry per person.
pub(crate) struct People {
    /// Sex.
    pub(crate) karyotypes: Vec<Karyotype>,
    /// The way of each person down every family. At least one family; without `--by` nobody goes anywhere in it.
    pub(crate) families: Vec<Ways>,
    /// Class of the strata of earlier releases that hold each person: cells are cut by them.
    pub(crate) earlier: Vec<u32>,
}

/// One `--by`: every way down that somebody goes, and which one each person goes.
pub(crate) struct Ways {
    /// Spelled alike whatever the user typed: `sex,region:tree`, `icd10=E11`.
    pub(crate) name: String,
    pub(crate) paths: Vec<Vec<Step>>,
    /// Index of `paths`.
    pub(crate) of_person: Vec<usize>,
}

/// One level on a way down a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Attribute as it stands in names: `region`.
    pub(crate) attribute: String,
    /// Token of the level: `kanto`.
    pub(crate) token: String,
    /// Label as in the sample table.
    pub(crate) label: String,
    /// True inside a built-in tree: small nodes are pooled instead of refused.
    pub(crate) tree: bool,
}

impl People {
    /// People of one kind after the other: their sex, their way down every family of `by`, and how many they are.
    pub(crate) fn of_groups(by: &[String], groups: &[(Karyotype, Vec<Vec<Step>>, usize)]) -> Self {
        let by = if by.is_empty() { &[String::new()] } else { by };
        let groups: Vec<_> = groups.iter().filter(|(.., people)| *people > 0).collect();
        let numbered = groups.iter().enumerate();
        let of_person: Vec<usize> =
            numbered.flat_map(|(group, (.., people))| std::iter::repeat_n(group, *people)).collect();
        let ways = |(family, name): (usize, &String)| Ways {
            name: name.clone(),
            paths: groups
                .iter()
                .map(|(_, paths, _)| paths.get(family).cloned().unwrap_or_default())
                .collect(),
            of_person: of_person.clone(),
        };
        Self {
            karyotypes: of_person.iter().map(|&group| groups[group].0).collect(),
            families: by.iter().enumerate().map(ways).collect(),
            earlier: vec![0; of_person.len()],
        }
    }
}
