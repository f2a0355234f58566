//! Attacks on what is shown of one set of people: every data set of it is tried.

use shukei::stats::{hwe_exact, inbreeding};

use crate::draw::group;
use crate::plan::Plan;
use crate::print::{Calls, Product, numbers, passes};
use crate::score::{K, Score, by_print, versus};

/// Genotypes of so many people.
fn data(people: u32, missing: bool) -> Vec<Calls> {
    let most = if missing { people } else { 0 };
    let all = (0..=most)
        .flat_map(|m| (0..=people - m).flat_map(move |h| (0..=people - m - h).map(move |a| (m, h, a))));
    all.map(|(m, h, a)| [people - m - h - a, h, a, m]).collect()
}

/// Carriers of each allele and people of each genotype; people not called where there can be any.
fn counts(&[homref, het, homalt, missing]: &Calls) -> Vec<Vec<u32>> {
    [het + homalt, homref + het, homref, het, homalt, missing].map(|n| vec![n]).into()
}

fn tried(people: u32, missing: bool, print: impl FnMut(&Calls) -> Vec<i64>) -> Score {
    let sizes = vec![people; if missing { 6 } else { 5 }];
    by_print(data(people, missing), &sizes, print, counts)
}

/// The product's table of a cohort without strata.
fn product(people: u32, k: u32) -> impl FnMut(&Calls) -> Vec<i64> {
    let mut product = Product::new(&Plan::of(&[group(people, Vec::new())]), k, false).unwrap();
    move |calls| {
        let Some(table) = product.print(&[*calls]) else { return Vec::new() };
        let root = table.root();
        [root.ac, root.an].into_iter().chain(root.classes.into_iter().flatten()).collect()
    }
}

fn alleles(&[_, het, homalt, _]: &Calls) -> i64 {
    i64::from(het + 2 * homalt)
}

/// AC and AN of tier A.
fn tier_a(calls: &Calls) -> Option<[i64; 2]> {
    let people = calls.iter().sum();
    let plan = Plan::of(&[group(people, Vec::new())]);
    let shown = numbers(&plan, K, &[*calls], 1);
    passes(K, &shown).then_some([shown.ac, shown.an])
}

fn row(shown: bool, numbers: &[i64]) -> Vec<i64> {
    if shown { numbers.to_vec() } else { Vec::new() }
}

#[test]
fn allele_counts_of_homozygotes() {
    let true_carriers = |c: &Calls| {
        let [carriers, others] = [c[1] + c[2], c[0] + c[1]];
        row(carriers >= K && others >= K, &[alleles(c)])
    };
    let no_rest = |c: &Calls| row(alleles(c) >= 19, &[alleles(c)]);
    let rule = tried(60, false, product(60, K));
    let broken = [
        ("carriers >= K instead of AC >= 2K − 1", tried(60, false, true_carriers)),
        ("rest side off", tried(60, false, no_rest)),
        ("K off (K = 2)", tried(60, false, product(60, 2))),
    ];
    versus("allele count of homozygotes", rule, &broken);
}

#[test]
fn presence_of_rows() {
    let masked = |c: &Calls| match tier_a(c) {
        Some(shown) => shown.to_vec(),
        None => row(c[1] + c[2] > 0, &[-1]),
    };
    let few = |c: &Calls| match tier_a(c) {
        Some(shown) => shown.to_vec(),
        None => row((1..K).contains(&(c[1] + c[2])), &[-1]),
    };
    let broken = [
        ("a masked row where somebody is a carrier", tried(60, false, masked)),
        ("a word for 1 to 9", tried(60, false, few)),
    ];
    versus("row presence", tried(60, false, product(60, K)), &broken);
}

#[test]
fn exact_numbers_of_people_not_called() {
    let exact = |c: &Calls| {
        let an = 2 * i64::from(c[0] + c[1] + c[2]);
        row(alleles(c) >= 19 && an - alleles(c) >= 20, &[alleles(c), an])
    };
    let half = |c: &Calls| {
        // Each person not called has one allele that was read, and it is counted.
        let an = i64::from(2 * (c[0] + c[1] + c[2]) + c[3]);
        row(alleles(c) >= 19 && an - alleles(c) >= 20, &[alleles(c), an])
    };
    let broken = [("AN exact", tried(30, true, exact)), ("half calls counted in AN", tried(30, true, half))];
    versus("exact missing counts", tried(30, true, product(30, K)), &broken);
}

#[test]
#[expect(clippy::cast_possible_truncation, reason = "a few digits")]
fn statistics_turned_back() {
    let hwe = |c: &Calls| {
        let digits = (hwe_exact(c[1], c[2], c[0]) * 1e4).round() as i64;
        tier_a(c).map_or_else(Vec::new, |[ac, an]| vec![ac, an, digits])
    };
    let f = |c: &Calls| {
        let digits = (inbreeding(c[1], c[2], c[0]).unwrap_or(0.0) * 1e3).round() as i64;
        tier_a(c).map_or_else(Vec::new, |[ac, an]| vec![ac, an, digits])
    };
    let broken = [
        ("HWE to 4 digits in tier A", tried(60, false, hwe)),
        ("F to 3 digits in tier A", tried(60, false, f)),
    ];
    versus("HWE and F inversion", tried(60, false, product(60, K)), &broken);
}

/// The tier of a row that has strata is seen: they are there (−2), or the cohort failed by genotype and they are not (−1).
#[test]
fn genotypes_asked_by_true_carriers() {
    let by = |true_carriers: bool| {
        move |c: &Calls| {
            let Some([ac, an]) = tier_a(c) else { return Vec::new() };
            let minor = if true_carriers { i64::from(c[1] + c[2]) } else { ac.min(an - ac) };
            let passes = c[..3].iter().all(|&n| n >= K);
            match (minor * minor >= 4 * i64::from(K) * an, passes) {
                (true, true) => [0, 1, 2].map(|i| i64::from(c[i])).into(),
                (true, false) => vec![ac, -1],
                (false, _) => vec![ac, -2],
            }
        }
    };
    let broken = [("T1 by the true number of carriers", tried(150, false, by(true)))];
    versus("tier chosen by hidden counts", tried(150, false, by(false)), &broken);
    versus("the same without strata", tried(150, false, product(150, K)), &broken);
}
