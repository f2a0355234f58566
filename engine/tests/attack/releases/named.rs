//! Attacks over releases that have a name. Each leaks where every table is printed as if it were alone.

use shukei::region::Zone;
use shukei::trial::{Class, GroupCounts, Series, TableSpec};

use super::scene::{Calls, Measure, Scene};
use super::{alone, product};
use crate::tree::{must_leak, nothing_found};

/// Admitted by the ledger, so that every variant decides.
fn admitted() -> Vec<(&'static str, Scene)> {
    let alleles = |people: &[u32]| Scene::new(2, Calls::Alleles, people);
    let genotypes = |people: &[u32]| Scene::new(2, Calls::Genotypes, people);
    vec![
        // K or more withdrew: their number is a shadow.
        ("shadow", alleles(&[4, 4, 4]).table(&["p0", "p0", "p1"]).table(&["p0", "-", "p1"])),
        ("biobank in region", alleles(&[5, 4, 5]).table(&["p0", "-", "-"]).table(&["p0", "p0", "p1"])),
        ("regrouped brackets", alleles(&[5, 4, 5]).table(&["p0", "p0", "p1"]).table(&["p0", "p1", "p1"])),
        ("reopened chain", alleles(&[5, 4, 4]).table(&["p0", "p1", "p2"]).table(&["p0", "p0", "p1"])),
        (
            "crossing margins",
            alleles(&[4, 3, 3, 4]).table(&["p0", "p0", "p1", "p1"]).table(&["p0", "p1", "p0", "p1"]),
        ),
        (
            "half sums",
            alleles(&[4, 3, 4]).table(&["p0", "p0", "-"]).table(&["-", "p0", "p0"]).table(&["p0", "-", "p0"]),
        ),
        (
            "tracker over four",
            alleles(&[2, 2, 2, 2, 2])
                .table(&["p0", "p0", "-", "-", "p0"])
                .table(&["-", "-", "p0", "p0", "-"])
                .table(&["p0", "-", "p0", "-", "-"])
                .table(&["-", "p0", "-", "p0", "-"]),
        ),
        (
            "tiers: none, then by strata",
            genotypes(&[4, 4, 4]).table(&[".", ".", "."]).table(&["p0", "p1", "p1"]),
        ),
        (
            "tiers: by strata, then none",
            genotypes(&[4, 4, 4]).table(&["p0", "p1", "p1"]).table(&[".", ".", "."]),
        ),
    ]
}

#[test]
fn what_the_ledger_admits_leaks_nothing() {
    for (name, scene) in admitted() {
        must_leak(name, &alone(&scene));
        let found = product(&scene);
        nothing_found(name, &found);
    }
}

/// Cells that are not cut by earlier strata: two AN′ of the same people tell how many of a few are not called.
#[test]
fn exact_missing_counts_leak() {
    let mut scene =
        Scene::new(2, Calls::Missing, &[4, 3, 4]).table(&["p0", "p0", "p1"]).table(&["p0", "p1", "p1"]);
    scene.only = Some(Measure::Lost);
    must_leak("cells not cut", &alone(&scene));
    assert_eq!(product(&scene).violations, 0);
}

/// Trackers whose target has fewer than K people: the ledger refuses the last table, though every two of them are harmless.
#[test]
fn small_groups_are_refused() {
    let alleles = |people: &[u32]| Scene::new(2, Calls::Alleles, people);
    let trackers = [
        (
            "withdrawal of one",
            alleles(&[6, 6, 1]).table(&["p0", "p1", "p1"]).table(&["p0", "p1", "-"]),
            false,
        ),
        (
            "tracker over three",
            alleles(&[4, 4, 1]).table(&["p0", "p0", "p0"]).table(&["p0", "-", "-"]).table(&["-", "p0", "-"]),
            true,
        ),
        (
            "half sums",
            alleles(&[4, 4, 1]).table(&["p0", "-", "p0"]).table(&["-", "p0", "p0"]).table(&["p0", "p0", "-"]),
            true,
        ),
        (
            "tracker over four",
            alleles(&[3, 3, 3, 3, 1])
                .table(&["p0", "p0", "-", "-", "p0"])
                .table(&["-", "-", "p0", "p0", "-"])
                .table(&["p0", "-", "p0", "-", "-"])
                .table(&["-", "p0", "-", "p0", "-"]),
            true,
        ),
    ];
    for (name, scene, pairs_pass) in trackers {
        must_leak(name, &alone(&scene));
        assert!(scene.series().is_none(), "{name}");
        let tables = &scene.tables;
        let pair = |a: usize, b: usize| Scene {
            tables: vec![tables[a].clone(), tables[b].clone()],
            ..scene.clone()
        };
        let pairs = (0..tables.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let harmless = pairs.into_iter().all(|(a, b)| pair(a, b).series().is_some());
        assert_eq!(harmless, pairs_pass, "{name}: pairwise checks");
    }
}

fn spec(inside: &[bool]) -> TableSpec {
    TableSpec { paths: inside.iter().map(|&i| i.then(Vec::new)).collect(), ..TableSpec::default() }
}

fn carriers(counts: &[u32]) -> Vec<GroupCounts> {
    counts.iter().map(|&n| GroupCounts { not_called: 0, alts: vec![[n - n / 2, n / 2, 0]] }).collect()
}

/// K = 10: 1, 9, 10 and 12 people leave, alone or while 400 join.
#[test]
fn withdrawals() {
    for (gone, admitted) in [(1, false), (9, false), (10, true), (12, true)] {
        let classes = [500, gone].map(|people| Class { sex: None, people });
        let mut series = Series::new(&classes, 10, false);
        series.release(&spec(&[true, true])).unwrap();
        assert_eq!(series.release(&spec(&[true, false])).is_ok(), admitted, "{gone}");
    }
    for gone in [1, 9, 10, 12] {
        let classes = [500, gone, 400].map(|people| Class { sex: None, people });
        let mut series = Series::new(&classes, 10, false);
        series.release(&spec(&[true, true, false])).unwrap();
        series.release(&spec(&[true, false, true])).unwrap();
        let rows = |series: &mut Series, counts: &[u32]| -> Vec<usize> {
            series.print(Zone::Diploid, &[&carriers(counts)]).iter().map(Vec::len).collect()
        };
        // Everybody who left was a carrier and nobody who joined is: the fall of AC would say so.
        assert_eq!(rows(&mut series, &[150, gone, 0]), [1, 0], "{gone}");
    }
}

/// A second callset of the same people: numbers that are not the same are withheld. What is left is that a reader of a
/// withheld row knows that they are not (`docs/disclosure.md`).
#[test]
fn raw_beside_filtered() {
    let classes = [Class { sex: None, people: 200 }];
    let mut series = Series::new(&classes, 10, false);
    series.release(&TableSpec { paths: vec![Some(Vec::new())], ..TableSpec::default() }).unwrap();
    let filtered = TableSpec { paths: vec![Some(Vec::new())], callset: 1, ..TableSpec::default() };
    series.release(&filtered).unwrap();
    let seen = |not_called, n| vec![GroupCounts { not_called, alts: vec![[n, 20, 0]] }];
    for (gone, shown) in [(0, 1), (1, 0), (9, 0), (18, 0), (19, 0)] {
        let rows = series.print(Zone::Diploid, &[&seen(0, 80), &seen(0, 80 - gone)]);
        assert_eq!([rows[0].len(), rows[1].len()], [1, shown], "{gone}");
    }
    let mut strict = Series::new(&classes, 10, true);
    strict.release(&TableSpec { paths: vec![Some(Vec::new())], ..TableSpec::default() }).unwrap();
    strict.release(&filtered).unwrap();
    let rows = strict.print(Zone::Diploid, &[&seen(0, 80), &seen(0, 80)]);
    assert_eq!(rows[1].len(), 0, "other calls are never beside a strict table");
}
