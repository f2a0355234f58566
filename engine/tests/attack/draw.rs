//! Random cohorts of realistic size, and random genotypes in them.

use shukei::subject::Sex;
use shukei::trial::Group;

use crate::plan::Plan;
use crate::print::Calls;

/// A small generator (splitmix64): the same draws on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.next() % u64::from(n)).unwrap()
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(u32::try_from(from.len()).unwrap()) as usize]
    }

    /// Log-uniform.
    pub(crate) fn scale(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    /// Log-uniform people.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand at most")]
    fn people(&mut self, low: u32, high: u32) -> u32 {
        self.scale(low.into(), high.into()) as u32
    }
}

/// People of one path per family.
pub(crate) fn group(people: u32, paths: Vec<Vec<String>>) -> Group {
    Group { sex: Some(Sex::Female), paths, people }
}

/// One family: a tree of one to three levels below the whole, up to 18 leaves, 200 to 3,000 people.
pub(crate) fn tree(dice: &mut Dice) -> Vec<Group> {
    let levels = 1 + dice.below(3) as usize;
    let widths: Vec<u32> =
        (0..levels).map(|l| if l == 0 { 2 + dice.below(5) } else { 1 + dice.below(3) }).collect();
    let cohort = dice.people(200, 3000);
    let mut paths: Vec<Vec<String>> = vec![Vec::new()];
    for width in widths {
        let deeper = |path: &Vec<String>| {
            (0..width)
                .map(|i| path.iter().cloned().chain([format!("l{i}")]).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(deeper).collect();
    }
    paths.truncate(18);
    let share = cohort / u32::try_from(paths.len()).unwrap();
    paths.into_iter().map(|p| group(dice.people(10, (3 * share).max(12)), vec![p])).collect()
}

/// Two or three families crossed; the last may have two levels, which is for rule (a).
pub(crate) fn families(dice: &mut Dice) -> Vec<Group> {
    let deep = dice.below(2) == 0;
    let shape = dice.pick(&[[2, 3, 1], [2, 4, 1], [3, 3, 1], [2, 6, 1], [2, 2, 2], [2, 3, 2]]);
    let high = dice.people(30, 300);
    let mut groups = Vec::new();
    for (p, q, r) in (0..shape[0])
        .flat_map(|p| (0..shape[1]).map(move |q| (p, q)))
        .flat_map(|(p, q)| (0..shape[2]).map(move |r| (p, q, r)))
    {
        let flat = |name: &str, i: u32| vec![format!("{name}{i}")];
        let middle = if deep { vec![format!("h{}", q % 2), format!("q{q}")] } else { flat("q", q) };
        let third = (shape[2] > 1).then(|| flat("r", r));
        let paths = [flat("p", p), middle].into_iter().chain(third).collect();
        if dice.below(8) > 0 {
            groups.push(group(dice.people(10, high), paths));
        }
    }
    groups
}

/// Genotypes of one variant: rare or common, alike or concentrated in some cells, with or without people not called.
pub(crate) fn calls(dice: &mut Dice, plan: &Plan) -> Vec<Calls> {
    let people = f64::from(plan.size(plan.everybody()));
    let common = dice.below(5) == 0;
    let base = if common { dice.scale(0.02, 0.5) } else { dice.scale(8.0, 300.0) / (2.0 * people) };
    let (flipped, inbred) = (dice.below(6) == 0, dice.pick(&[0.0, 0.0, 0.3]));
    let uncalled = dice.pick(&[0.0, 0.0, 0.01, 0.03]);
    let concentrated = dice.below(3) > 0;
    let mut cell = |&people: &u32| {
        let factor = if concentrated { dice.pick(&[0.0, 0.2, 1.0, 1.0, 4.0, 12.0]) } else { 1.0 };
        let p = (base * factor).min(0.95);
        let uncalled = if dice.below(12) == 0 { 10.0 * uncalled } else { uncalled };
        let mut calls = [0; 4];
        for _ in 0..people {
            let mut copy = || usize::from(dice.unit() < p);
            let first = copy();
            let second = if dice.unit() < inbred { first } else { usize::from(dice.unit() < p) };
            let alleles = if flipped { 2 - first - second } else { first + second };
            calls[if dice.unit() < uncalled { 3 } else { alleles }] += 1;
        }
        calls
    };
    plan.cells.iter().map(|sexes| sexes.iter().sum()).collect::<Vec<u32>>().iter().map(&mut cell).collect()
}
