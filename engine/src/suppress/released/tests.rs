//! Statistics of rows: present exactly when their inputs are.

use proptest::prelude::*;

use super::*;

/// A row of tier A whose cells have these AC and AN.
fn row(cells: &[Option<(u32, u32)>]) -> ReleasedRow {
    let cell = |&(ac, an): &(u32, u32)| Frequency { ac, an, genotypes: None };
    ReleasedRow {
        contig: 0,
        pos: 0,
        reference: "A".into(),
        alternate: "G".into(),
        filter: "PASS".into(),
        tier: Tier::A,
        cells: cells.iter().map(|c| c.as_ref().map(cell)).collect(),
    }
}

fn cells() -> impl Strategy<Value = Vec<Option<(u32, u32)>>> {
    let cell = (10..200_u32, 10..200_u32).prop_map(|(ac, rest)| (ac, ac + rest));
    prop::collection::vec(prop::option::weighted(0.7, cell), 2..6)
}

proptest! {
    /// Present exactly when every input is, and the same whatever the cells beside them hold.
    #[test]
    fn a_statistic_is_there_when_its_inputs_are(cells in cells(), of in prop::collection::vec(0..6_usize, 2..4)) {
        let row_of_all = row(&cells);
        let printed = |s: &usize| cells.get(*s).is_some_and(Option::is_some);
        prop_assert_eq!(row_of_all.fst(&of).is_some(), of.iter().all(printed));
        let enough = |s: &usize| cells[*s].is_some_and(|(ac, an)| ac >= 19 && an - ac >= 19);
        let pair = (of[0], of[1]);
        let both = printed(&pair.0) && printed(&pair.1) && enough(&pair.0) && enough(&pair.1);
        prop_assert_eq!(row_of_all.association(pair, 10).is_some(), both);
        let alone: Vec<_> =
            (0..cells.len()).map(|s| if of.contains(&s) { cells[s] } else { None }).collect();
        prop_assert_eq!(row(&alone).fst(&of), row_of_all.fst(&of));
        prop_assert_eq!(row(&alone).association(pair, 10), row_of_all.association(pair, 10));
    }
}

#[test]
fn a_lower_k_is_no_lower_floor() {
    let row = row(&[Some((18, 100)), Some((30, 100)), Some((19, 38))]);
    assert_eq!(row.association((0, 1), 2), None);
    assert!(row.association((2, 1), 10).is_some());
    assert_eq!(row.association((2, 1), 11), None);
    assert_eq!(row.fst(&[0, 7]), None, "no such stratum");
}

#[test]
fn rates_are_of_printed_numbers() {
    let cell = Frequency { ac: 30, an: 380, genotypes: None };
    assert_eq!(cell.call_rate(400), Some(0.95));
    assert_eq!(cell.call_rate(0), None);
    let genotypes = |diploid_homref| Genotypes { homref: 40, het: 20, homalt: 20, hemi: 10, diploid_homref };
    assert_eq!(genotypes(40).het_rate(), Some(0.25));
    assert!(genotypes(40).excess_het().is_some_and(|p| p > 0.99));
    let haploid = Genotypes { homref: 40, het: 0, homalt: 0, hemi: 10, diploid_homref: 0 };
    assert_eq!((haploid.hwe(), haploid.excess_het(), haploid.het_rate()), (None, None, None));
}
