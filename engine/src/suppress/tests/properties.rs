//! What must hold of any cohort at K = 10: random trees, sizes and counts, nothing enumerated.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{Group, people, strata};
use crate::error::Problems;
use crate::partial::{CellCounts, Unit, VariantCounts};
use crate::policy::Policy;
use crate::region::Zone;
use crate::strata::{Karyotype, Strata};
use crate::suppress::{Frequency, ReleasedRow, Rules, Suppressor, Tier};

/// Counts of one variant in a group: het (or hemizygous), hom-alt, not called.
type Counts = (u32, u32, u32);

/// People with their counts, and how they are to be shown.
#[derive(Clone, Debug)]
struct Cohort {
    zone: Zone,
    genotypes: bool,
    groups: Vec<(Group, Counts)>,
}

impl Cohort {
    fn strata(&self, k: u32) -> Option<Strata> {
        strata(&self.people(), &Policy { k, ..Policy::default() })
    }

    fn people(&self) -> Vec<Group> {
        self.groups.iter().map(|(g, _)| g.clone()).collect()
    }

    fn unit(&self, strata: &Strata) -> Unit {
        let mut carriers: BTreeMap<u32, CellCounts> = BTreeMap::new();
        let mut missing: BTreeMap<u32, u32> = BTreeMap::new();
        let mut person = 0;
        for (group, (one, two, not_called)) in &self.groups {
            let fine = strata.fine_of_person[person];
            person += group.people as usize;
            let copies = group.karyotype.copies(self.zone);
            if copies == 0 {
                continue;
            }
            let cell = carriers.entry(fine).or_insert(CellCounts { fine, het: 0, homalt: 0, hemi: 0 });
            match copies {
                2 => (cell.het, cell.homalt) = (cell.het + one, cell.homalt + two),
                _ => cell.hemi += one + two,
            }
            *missing.entry(fine).or_default() += not_called;
        }
        let cells = carriers.into_values().filter(|c| c.het + c.homalt + c.hemi > 0).collect();
        let missing = missing.into_iter().filter(|(_, n)| *n > 0).collect();
        let variant =
            VariantCounts { reference: "A".into(), alternate: "C".into(), filter: "PASS".into(), cells };
        Unit { contig: 0, pos: 0, variants: vec![variant], missing, combined: false }
    }

    /// Rows by policy K with the names of the strata; nothing where the plan is refused.
    fn rows(&self, k: u32) -> Option<(Vec<String>, Vec<ReleasedRow>)> {
        let (strata, policy) = (self.strata(k)?, Policy { k, ..Policy::default() });
        let unit = self.unit(&strata);
        let mut suppressor = Suppressor::new(Rules { strata, policy, genotypes_requested: self.genotypes });
        let rows = suppressor.rows(&unit, self.zone, None);
        Some((suppressor.strata.iter().map(|s| s.name.clone()).collect(), rows))
    }

    /// The numbers printed, by the name of the stratum, and the tier.
    fn print(&self, k: u32) -> Option<(Option<Tier>, BTreeMap<String, Frequency>)> {
        let (names, rows) = self.rows(k)?;
        let Some(row) = rows.first() else { return Some((None, BTreeMap::new())) };
        let shown = names.into_iter().zip(row.cells.iter()).filter_map(|(name, cell)| Some((name, (*cell)?)));
        Some((Some(row.tier), shown.collect()))
    }

    /// REF and ALT exchanged, everybody called.
    fn flipped(&self) -> Self {
        let mut flipped = self.clone();
        for (group, (one, two, _)) in &mut flipped.groups {
            match group.karyotype.copies(self.zone) {
                2 => *two = group.people - *one - *two,
                _ => (*one, *two) = (group.people - *one - *two, 0),
            }
        }
        flipped
    }

    fn all_called(mut self) -> Self {
        for (_, counts) in &mut self.groups {
            counts.2 = 0;
        }
        self
    }
}

fn cohort(families: usize) -> impl Strategy<Value = Cohort> {
    let zone =
        prop_oneof![5 => Just(Zone::Diploid), 2 => Just(Zone::X), 1 => Just(Zone::Y), 1 => Just(Zone::Mt)];
    let frequency = prop_oneof![Just(0u32), 0u32..40, 0u32..=1000, Just(1000)];
    let group = (
        (12u32..160, any::<bool>()),
        (0usize..2, 0usize..3, 0usize..3),
        frequency.clone(),
        frequency,
        0u32..200,
    );
    (zone, any::<bool>(), vec(group, 1..9)).prop_map(move |(zone, genotypes, groups)| {
        let groups = groups.into_iter().map(|((n, male), (p, q, r), one, two, lost)| {
            let paths = [format!("p{p}/q{q}"), format!("r{r}")];
            let paths: Vec<&str> = paths.iter().take(families).map(String::as_str).collect();
            let karyotype = if male { Karyotype::Xy } else { Karyotype::Xx };
            let not_called = (n * lost / 1000) * u32::from(lost > 100);
            let two = (n - not_called) * two / 1000;
            let one = (n - not_called - two) * one / 1000;
            (Group::new(n, &paths).of(karyotype), (one, two, not_called))
        });
        Cohort { zone, genotypes, groups: groups.collect() }
    })
}

/// AC and rest of every node of the first family, and of every end of a chain.
fn tested(cohort: &Cohort) -> Vec<(u32, u32)> {
    let strata = cohort.strata(10).unwrap();
    let unit = cohort.unit(&strata);
    let family = &strata.families[0];
    let of = |cells: &dyn Fn(usize) -> bool| {
        let max: u32 = strata
            .cells
            .iter()
            .enumerate()
            .filter(|(c, _)| cells(*c))
            .map(|(_, s)| s.max_an(cohort.zone))
            .sum();
        let counted = unit.variants[0].cells.iter().filter(|c| cells(strata.fine[c.fine as usize].cell));
        let ac: u32 = counted.map(|c| c.het + 2 * c.homalt + c.hemi).sum();
        (ac, max - ac)
    };
    let below = |cell: usize, nodes: &[usize]| {
        family.ancestors(family.leaf_of_cell[cell]).any(|n| nodes.contains(&n))
    };
    let mut list = vec![of(&|_| true)];
    for node in &family.nodes {
        for i in 0..node.children.len() {
            list.push(of(&|c| below(c, &node.children[i..=i])));
            list.push(of(&|c| below(c, &node.children[i..])));
        }
    }
    list
}

fn check_print(cohort: &Cohort) -> Result<(), TestCaseError> {
    let Some((names, rows)) = cohort.rows(10) else { return Ok(()) };
    let strata = cohort.strata(10).unwrap();
    for row in &rows {
        prop_assert!(row.cells[0].is_some(), "the root of {names:?}");
        for family in &strata.families {
            let shown = |node: usize| {
                let name = family.nodes[node].name.as_ref()?;
                row.cells[names.iter().position(|n| n == name)?]
            };
            for (node, info) in family.nodes.iter().enumerate() {
                let Some(cell) = shown(node) else { continue };
                let haploid = info.size.diploid(cohort.zone) == 0;
                let floors = if haploid { (10, 10) } else { (19, 20) };
                prop_assert!(
                    info.size.counted(cohort.zone) >= 10
                        && cell.ac >= floors.0
                        && cell.an - cell.ac >= floors.1
                );
                prop_assert_eq!(cell.genotypes.is_some(), row.tier == Tier::G);
                let parts: Vec<Frequency> = info.children.iter().filter_map(|&c| shown(c)).collect();
                let sum = |f: &dyn Fn(&Frequency) -> u32| parts.iter().map(f).sum::<u32>();
                let (ac, an) = (cell.ac - sum(&|p| p.ac), cell.an - sum(&|p| p.an));
                // What a chain that stopped leaves is a set that could be printed itself.
                let nothing = (ac, an) == (0, 0) || parts.is_empty();
                let haploid = info
                    .children
                    .iter()
                    .filter(|&&c| shown(c).is_none())
                    .all(|&c| family.nodes[c].size.diploid(cohort.zone) == 0);
                let floors = if haploid { (10, 10) } else { (19, 20) };
                prop_assert!(nothing || (ac >= floors.0 && an - ac >= floors.1), "rest {ac} {an}");
                if let (Some(g), true) = (&cell.genotypes, cohort.zone == Zone::Diploid) {
                    prop_assert!(g.homref >= 10 && g.het >= 10 && g.homalt >= 10);
                    prop_assert_eq!(2 * (g.homref + g.het + g.homalt), cell.an);
                    prop_assert_eq!(g.het + 2 * g.homalt, cell.ac);
                }
            }
        }
    }
    Ok(())
}

/// Where people are not called, and where genotypes are asked for, a larger K can show more: fewer people are shown as
/// not called (AN′ grows), and T1 no longer considers genotypes that would have failed at the root.
#[test]
fn a_larger_k_can_show_more_by_the_letter_of_the_rule() {
    let cohort = |genotypes, groups| Cohort { zone: Zone::Diploid, genotypes, groups };
    let lost = cohort(false, vec![(Group::new(40, &[""]), (15, 10, 15))]);
    let common = vec![(Group::new(50, &["a"]), (43, 1, 0)), (Group::new(50, &["b"]), (43, 1, 0))];
    let strata = |cohort: &Cohort, k| cohort.print(k).unwrap().1.len();
    assert_eq!([strata(&lost, 10), strata(&lost, 16)], [0, 1]);
    let common = cohort(true, common);
    assert_eq!([strata(&common, 10), strata(&common, 11)], [1, 3]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_passes_and_adds_up(cohort in prop_oneof![cohort(1), cohort(2)]) {
        check_print(&cohort)?;
    }

    #[test]
    fn the_order_of_people_changes_nothing(cohort in cohort(2), turn in 0usize..8) {
        let mut turned = cohort.clone();
        let n = turned.groups.len();
        turned.groups.rotate_left(turn % n);
        turned.groups.swap(0, turn % n);
        prop_assert_eq!(cohort.rows(10), turned.rows(10));
    }

    /// Without missing calls: a rest is REF then, and REF is to ALT as ALT to REF but for 19 and 20.
    #[test]
    fn a_flip_changes_decisions_only_at_19(cohort in cohort(1)) {
        let cohort = cohort.all_called();
        let Some((tier, shown)) = cohort.print(10) else { return Ok(()) };
        let (flipped_tier, flipped_shown) = cohort.flipped().print(10).unwrap();
        let same = tier == flipped_tier && shown.keys().eq(flipped_shown.keys());
        let at_the_edge = tested(&cohort).iter().any(|&(ac, rest)| ac == 19 || rest == 19);
        prop_assert!(same || at_the_edge, "{:?} {:?}", shown.keys(), flipped_shown.keys());
    }

    /// Where everybody is called and genotypes are not asked for: AN′ depends on K otherwise, and T1 does. Of strata it does not
    /// hold: behind another failed step, or by the tree in place of rule (c), others may be shown.
    #[test]
    fn a_larger_k_only_hides_rows(cohort in prop_oneof![cohort(1), cohort(2)], more in 1u32..15) {
        let cohort = Cohort { genotypes: false, ..cohort.all_called() };
        let Some((_, at_larger)) = cohort.print(10 + more) else { return Ok(()) };
        let (_, shown) = cohort.print(10).expect("a row at a larger K is one at a smaller");
        let plain = cohort.strata(10).unwrap().families.iter().all(|f| f.nodes.len() == 1);
        for (name, cell) in &at_larger {
            prop_assert!(shown.get(name).is_none_or(|b| plain || b == cell), "{name}: {cell:?}");
        }
    }

    #[test]
    fn few_carriers_look_like_none(cohort in cohort(2), few in vec(0usize..8, 0..=9)) {
        let mut cohort = cohort;
        for (_, counts) in &mut cohort.groups {
            (counts.0, counts.1) = (0, 0);
        }
        let none = cohort.rows(10);
        let n = cohort.groups.len();
        for (i, group) in few.iter().enumerate() {
            let counts = &mut cohort.groups[group % n].1;
            if i % 2 == 0 { counts.0 += 1 } else { counts.1 += 1 }
        }
        prop_assert!(none.as_ref().is_none_or(|(_, rows)| rows.is_empty()));
        prop_assert_eq!(none, cohort.rows(10));
    }

    /// A refusal reads the same whether the small group holds one person or nine.
    #[test]
    fn refusals_say_no_size(cohort in cohort(2), size in 2u32..=9) {
        let refusal = |n: u32| {
            let mut groups = cohort.people();
            groups.push(Group::new(n, &["p9/q9", "r0"]));
            let mut problems = Problems::default();
            let made = Strata::new(&people(&groups), &Policy::default(), &mut problems).is_some();
            (made, problems.to_string(), problems.exit_code())
        };
        prop_assert!(!refusal(1).0);
        prop_assert_eq!(refusal(1), refusal(size));
    }
}
