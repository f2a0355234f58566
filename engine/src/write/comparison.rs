//! Which strata a table sets side by side, by F_ST and as cases and controls.
//!
//! A function of the plan alone: which comparisons a table has says nothing of its numbers.

use crate::attribute::UNKNOWN;
use crate::strata::{Family, Node, Strata};

/// Sibling strata: the named children of one node, but for the unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    /// What its columns are named after: `sex_F_region`, or `icd10_E11` for {E11, not E11}.
    pub(super) name: String,
    /// Names of the strata, in their order.
    pub(super) strata: Vec<String>,
    /// Of two strata, which is the cases' and which the controls'.
    pub(super) pair: Option<(String, String)>,
}

/// Every comparison of the families, each set of strata once.
pub(super) fn comparisons(strata: &Strata) -> Vec<Comparison> {
    let mut list: Vec<Comparison> = Vec::new();
    for family in &strata.families {
        for node in &family.nodes {
            let Some(mut new) = of(family, node) else { continue };
            if list.iter().any(|c| c.strata == new.strata) {
                continue;
            }
            // `--by region` beside `--by region:tree`: other strata, the same attribute.
            while list.iter().any(|c| c.name == new.name) {
                new.name.push_str("_2");
            }
            list.push(new);
        }
    }
    list
}

/// The comparison of a node's children.
fn of(family: &Family, node: &Node) -> Option<Comparison> {
    let children = node.children.iter().map(|&c| &family.nodes[c]);
    let known: Vec<&Node> = children.filter(|c| c.name.as_deref().map(token) != Some(UNKNOWN)).collect();
    let mut names: Vec<String> = known.iter().filter_map(|c| c.name.clone()).collect();
    names.sort();
    let pair = (known.len() == 2 && names.len() == 2).then(|| pair(&names[0], &names[1]));
    let case = pair.as_ref().filter(|(cases, controls)| is_not(controls, cases)).map(|(cases, _)| cases);
    let name = match (case, names.as_slice()) {
        (Some(case), _) => case.clone(),
        (None, [first, _, ..]) => first.rsplit_once('_')?.0.to_owned(),
        _ => return None,
    };
    Some(Comparison { name, strata: names, pair })
}

/// Cases and controls: D before not D; otherwise the first name is the cases'.
fn pair(first: &str, second: &str) -> (String, String) {
    let (cases, controls) = if is_not(first, second) { (second, first) } else { (first, second) };
    (cases.to_owned(), controls.to_owned())
}

/// True for `notE11` beside `E11`.
fn is_not(name: &str, of: &str) -> bool {
    token(name).strip_prefix("not") == Some(token(of))
}

/// The last token of a name; tokens have no `_`.
fn token(name: &str) -> &str {
    name.rsplit_once('_').map_or(name, |(_, token)| token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problems;
    use crate::policy::Policy;
    use crate::strata::{Karyotype, People, Step};

    /// 20 people for every combination; each family is a list of paths, each path of `attribute=token` and `:` for a tree.
    fn strata(families: &[&[&str]]) -> Vec<(String, Vec<String>, Option<String>)> {
        let step = |text: &str| {
            let (attribute, token) = text.split_once('=').unwrap();
            let (tree, attribute) = (attribute.ends_with(':'), attribute.trim_end_matches(':'));
            Step { attribute: attribute.into(), token: token.into(), label: text.into(), tree }
        };
        let path = |text: &str| text.split('/').map(step).collect::<Vec<_>>();
        let mut combinations: Vec<Vec<Vec<Step>>> = vec![Vec::new()];
        for family in families {
            let with = |before: &Vec<Vec<Step>>| {
                family.iter().map(|p| [before.clone(), vec![path(p)]].concat()).collect::<Vec<_>>()
            };
            combinations = combinations.iter().flat_map(with).collect();
        }
        let groups: Vec<_> = combinations.into_iter().map(|paths| (Karyotype::Xx, paths, 20)).collect();
        let by: Vec<String> = (0..families.len()).map(|i| format!("f{i}")).collect();
        let mut problems = Problems::default();
        let people = People::of_groups(&by, &groups);
        let strata = Strata::new(&people, &Policy::default(), &mut problems).unwrap();
        let parts = |c: Comparison| (c.name, c.strata, c.pair.map(|(cases, _)| cases));
        comparisons(&strata).into_iter().map(parts).collect()
    }

    fn named(list: &[(String, Vec<String>, Option<String>)]) -> Vec<String> {
        list.iter().map(|(name, of, cases)| format!("{name} {} {cases:?}", of.len())).collect()
    }

    #[test]
    fn siblings_are_compared_and_pairs_are_cases_and_controls() {
        let list = strata(&[&["sex=F/region=a", "sex=F/region=b", "sex=F/region=c", "sex=M/region=a"]]);
        assert_eq!(named(&list), ["sex 2 Some(\"sex_F\")", "sex_F_region 3 None"]);
        assert_eq!(list[1].1, ["sex_F_region_a", "sex_F_region_b", "sex_F_region_c"]);
        assert!(strata(&[&["sex=F"]]).is_empty(), "nothing to compare");
    }

    #[test]
    fn a_disease_is_the_case_and_the_unknown_are_left_out() {
        let list = strata(&[
            &["icd10=E11", "icd10=notE11", "icd10=unknown"],
            &["icd10=I10", "icd10=notI10"],
            &["smoking=notnever", "smoking=never"],
        ]);
        let expected = [
            "icd10_E11 2 Some(\"icd10_E11\")",
            "icd10_I10 2 Some(\"icd10_I10\")",
            "smoking_never 2 Some(\"smoking_never\")",
        ];
        assert_eq!(named(&list), expected);
    }

    #[test]
    fn names_are_unique_and_sets_are_compared_once() {
        let tree: &[&str] = &["region:=east/region:=a", "region:=east/region:=b", "region:=west/region:=c"];
        let list = strata(&[tree, &["region=x", "region=y"], &["region=x", "region=y"]]);
        let expected = [
            "region 2 Some(\"region_east\")",
            "region_east 2 Some(\"region_east_a\")",
            "region_2 2 Some(\"region_x\")",
        ];
        assert_eq!(named(&list), expected);
    }
}
