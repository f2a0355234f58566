//! Random requests small enough to enumerate: trees of one or two levels, every zone, missing calls, several ALTs.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use shukei::region::Zone;

use crate::attacker::Attack;
use crate::world::{Request, World, group, men};

/// Numbers for a walk: SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ z >> 31) % u64::try_from(n).unwrap()).unwrap()
    }
}

/// Runs `check` on `cases` requests of a strategy; the same ones each time.
pub(crate) fn campaign(
    cases: usize,
    budget: u64,
    strategy: &impl Strategy<Value = Request>,
    check: impl Fn(&World) -> Attack,
) -> Attack {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut found = Attack::default();
    while found.worlds < cases as u64 {
        let request = strategy.new_tree(&mut runner).unwrap().current();
        if let Some(world) = fit(request, budget) {
            found.add(check(&world));
        }
    }
    found
}

/// Makes a request smaller until its data sets can be enumerated; nothing where the plan would be refused.
fn fit(mut request: Request, budget: u64) -> Option<World> {
    loop {
        let world = World::new(request.clone())?;
        if world.data_sets() <= budget {
            return Some(world);
        }
        let floor = request.k;
        let largest = request.groups.iter_mut().max_by_key(|g| g.people)?;
        if largest.people > 2 * floor {
            largest.people -= 1;
        } else if request.alts > 1 {
            request.alts = 1;
        } else if request.missing {
            request.missing = false;
        } else if largest.people > floor {
            largest.people -= 1;
        } else {
            request.groups.pop();
        }
    }
}

/// One family: 1 to 5 leaves in one or two levels.
pub(crate) fn one_family() -> impl Strategy<Value = Request> {
    let zone =
        prop_oneof![6 => Just(Zone::Diploid), 3 => Just(Zone::X), 1 => Just(Zone::Y), 1 => Just(Zone::Mt)];
    let leaf = (0u32..6, 0u32..6, 0usize..2);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), 1usize..=2);
    (2u32..=3, zone, vec(leaf, 1..=5), flags).prop_map(
        |(k, zone, leaves, (deep, genotypes, missing, alts))| {
            let mut groups = Vec::new();
            for (i, (xx, xy, top)) in leaves.iter().enumerate() {
                let path = if deep { format!("t{top}/l{i}") } else { format!("l{i}") };
                if zone == Zone::X || zone == Zone::Y {
                    let people = |n: u32| if n < 2 { n } else { n + 2 * k - 4 };
                    groups.push(group(people(*xx), &[&path]));
                    groups.push(men(people(*xy), &[&path]));
                } else {
                    groups.push(group(k + xx + xy / 3, &[&path]));
                }
            }
            groups.retain(|g| g.people > 0);
            if groups.is_empty() {
                groups.push(group(k, &[""]));
            }
            Request { k, zone, groups, genotypes, alts, missing, alleles: false }
        },
    )
}

/// One chain of 3 to 6 children, some with children of their own, where everybody has the same number of copies: what goes on
/// behind a step that failed.
pub(crate) fn chains() -> impl Strategy<Value = Request> {
    let zone = prop_oneof![3 => Just(Zone::Diploid), 1 => Just(Zone::Mt)];
    let flags = (0u32..4, any::<bool>(), 0u32..4, 0u32..3);
    (2u32..=3, zone, vec((0u32..6, 0u32..4), 3..=6), flags).prop_map(
        |(k, zone, children, (deep, genotypes, missing, wide))| {
            let mut groups = Vec::new();
            for (i, (extra, below)) in children.iter().enumerate() {
                let people = k + if wide > 0 { *extra } else { extra % 2 };
                if deep == 0 && *below == 0 && people >= 2 * k {
                    groups.push(group(people - k, &[&format!("t{i}/x")]));
                    groups.push(group(k, &[&format!("t{i}/y")]));
                } else {
                    groups.push(group(people, &[&format!("t{i}")]));
                }
            }
            Request { zone, genotypes, missing: missing == 0, ..Request::new(k, groups) }
        },
    )
}

/// Two or three families over up to six cells, people of both kinds of decision: (a) where somebody is not called or
/// genotypes are asked for, (c) elsewhere.
pub(crate) fn families() -> impl Strategy<Value = Request> {
    let cells = vec((0u32..8, any::<bool>()), 6);
    let shape =
        prop_oneof![4 => Just((2, 2, 1)), 3 => Just((2, 3, 1)), 1 => Just((3, 2, 1)), 1 => Just((2, 2, 2))];
    (2u32..=3, shape, cells, any::<bool>(), 0u32..8).prop_map(|(k, (a, b, c), cells, genotypes, odds)| {
        let mut groups = Vec::new();
        for p in 0..a {
            for q in 0..b {
                let (extra, empty) = cells[(p * b + q) % 6];
                let people = if empty && odds == 0 { 0 } else { k + extra.saturating_sub(3) * k / 2 };
                let third = if c == 2 { vec![(p + q) % 2] } else { Vec::new() };
                let names = [p, q].into_iter().chain(third).zip(["p", "q", "r"]);
                let names: Vec<String> = names.map(|(i, family)| format!("{family}{i}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                groups.push(group(people, &names));
            }
        }
        groups.retain(|g| g.people > 0);
        Request { genotypes, missing: odds == 1, ..Request::new(k, groups) }
    })
}

/// What rule (c) is for: two or three margins over cross cells of very different sizes, some tiny, some empty.
pub(crate) fn margins() -> impl Strategy<Value = Request> {
    let shape = prop_oneof![
        4 => Just([2usize, 2, 1]), 3 => Just([2, 3, 1]), 3 => Just([3, 2, 1]), 2 => Just([3, 3, 1]),
        2 => Just([2, 4, 1]), 6 => Just([2, 2, 2]), 2 => Just([2, 2, 3]), 2 => Just([3, 2, 2]), 1 => Just([2, 1, 2]),
    ];
    (2u32..=3, shape, vec((0u32..12, 0u32..64), 12), 0u32..4).prop_map(|(k, shape, sizes, sparse)| {
        let [a, b, c] = shape;
        let cell = |i: usize| {
            let (kind, extra) = sizes[i];
            let people = match kind {
                _ if kind < 2 * sparse => 0,
                6 | 7 => 1 + extra % (k - 1).max(1),
                8 | 9 => k + extra % k,
                _ => 2 * k - 1 + extra % (2 * k),
            };
            let names = [("p", i / (b * c)), ("q", i / c % b), ("r", i % c)].map(|(f, i)| format!("{f}{i}"));
            let names: Vec<&str> =
                names.iter().map(String::as_str).take(if c == 1 { 2 } else { 3 }).collect();
            group(people, &names)
        };
        let groups = (0..a * b * c).map(cell).filter(|g| g.people > 0).collect();
        Request { alleles: true, ..Request::new(k, groups) }
    })
}

/// Runs `check` on requests of several margins whose tables can be enumerated; the plan-time rule for what families share is
/// left out, so that cross cells smaller than K are there too.
pub(crate) fn tables(cases: usize, budget: std::ops::Range<u64>, check: impl Fn(&World) -> Attack) -> Attack {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = margins();
    let mut found = Attack::default();
    while found.worlds < cases as u64 {
        let request = strategy.new_tree(&mut runner).unwrap().current();
        if request.groups.len() < 3 {
            continue;
        }
        let world = World::unchecked(request);
        if world.plan.has_nodes(world.request.k) && budget.contains(&world.data_sets()) {
            found.add(check(&world));
        }
    }
    found
}

/// Cohorts at K = 10 with two or three margins over up to nine cells, most of them near what rule (c) needs.
pub(crate) fn at_ten(random: &mut Random) -> Option<(World, Vec<i64>)> {
    let [a, b, c] = [[2, 2, 1], [2, 3, 1], [3, 3, 1], [2, 2, 2], [2, 4, 1]][random.below(5)];
    let sparse = random.below(3);
    let mut groups = Vec::new();
    let mut ac = Vec::new();
    let frequency = [40, 100, 200, 350, 500, 700, 950][random.below(7)];
    for i in 0..a * b * c {
        let people = match random.below(12) {
            n if n < sparse => 0,
            n if n < 2 * sparse => 1 + random.below(9),
            _ => 12 + random.below(60),
        };
        if people > 0 {
            let names = [("p", i / (b * c)), ("q", i / c % b), ("r", i % c)].map(|(f, i)| format!("{f}{i}"));
            let names: Vec<&str> =
                names.iter().map(String::as_str).take(if c == 1 { 2 } else { 3 }).collect();
            groups.push(group(u32::try_from(people).unwrap(), &names));
            let near = frequency * (50 + random.below(100)) / 100;
            ac.push(
                i64::try_from((2 * people * near + 500) / 1000)
                    .unwrap()
                    .min(i64::try_from(2 * people).unwrap()),
            );
        }
    }
    if groups.is_empty() {
        return None;
    }
    let world = World::unchecked(Request { alleles: true, ..Request::new(10, groups) });
    world.plan.has_nodes(10).then_some((world, ac))
}

/// Cohorts whose cross cells are as small as CAP lets them be for the margins that they are made for, and a table with these
/// margins.
pub(crate) fn at_the_edge(k: usize, random: &mut Random) -> (World, Vec<i64>) {
    let shape = [[2, 2, 1], [2, 3, 1], [3, 3, 1], [2, 4, 1], [2, 2, 2]][random.below(5)];
    let (w, most) = (2 * k - 2, shape.into_iter().max().unwrap_or(1));
    let total = most * 2 * w + random.below(4 * w);
    let margins = shape.map(|groups| {
        let mut minor = vec![2 * w; groups];
        (0..total - groups * 2 * w).for_each(|_| minor[random.below(groups)] += 1);
        minor
    });
    let mut left = margins.clone();
    let index = |[p, q, r]: [usize; 3]| (p * shape[1] + q) * shape[2] + r;
    let mut ac = vec![0; shape.iter().product()];
    for _ in 0..total {
        let cell = [0, 1, 2].map(|f| {
            let mut at = random.below(left[f].iter().sum());
            let group = left[f]
                .iter()
                .position(|&n| {
                    n > at || {
                        at -= n;
                        false
                    }
                })
                .unwrap();
            left[f][group] -= 1;
            group
        });
        ac[index(cell)] += 1;
    }
    let families = if shape[2] == 1 { 2 } else { 3 };
    let cells = (0..ac.len()).map(|i| [i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]]);
    let groups = cells.map(|cell| {
        let minors: Vec<usize> = (0..families).map(|f| margins[f][cell[f]]).collect();
        let least = minors.iter().min().unwrap_or(&total) + w;
        let scale = (1..families).map(|_| total - 2 * w).product();
        let product = minors.iter().product::<usize>().div_ceil(scale) + families - 1 + 2 * w;
        let people = least.min(product).max(ac[index(cell)]).div_ceil(2);
        let names: Vec<String> = cell.iter().zip(["p", "q", "r"]).map(|(i, f)| format!("{f}{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).take(families).collect();
        group(u32::try_from(people).unwrap(), &names)
    });
    let groups = groups.collect();
    let k = u32::try_from(k).unwrap();
    let world = World::unchecked(Request { alleles: true, ..Request::new(k, groups) });
    (world, ac.into_iter().map(|n| i64::try_from(n).unwrap()).collect())
}
