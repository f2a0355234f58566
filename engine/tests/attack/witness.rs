//! Rule (c) at K = 10, where nothing can be enumerated: for a print, tables that have the same print are looked for until every
//! genotype count of every union of cells has shown K values. Each table found is feasible, so a count that has K values is safe;
//! one that has not is *undecided*, not a leak.

use crate::margins::Margins;
use crate::random::Random;
use crate::tables::{Open, print};
use crate::world::World;

/// What became of the prints looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witnessed {
    pub(crate) prints: u64,
    pub(crate) joint: u64,
    pub(crate) tables: u64,
    pub(crate) undecided: u64,
    pub(crate) first: Option<String>,
}

impl Witnessed {
    pub(crate) fn figures(&self) -> String {
        let Self { prints, joint, tables, undecided, .. } = self;
        format!("{prints} prints ({joint} of several margins), {tables} tables, {undecided} counts undecided")
    }
}

/// Cells that lose and cells that gain one allele.
struct Move(Vec<usize>, Vec<usize>);

/// Every exchange that leaves alone the sums of printed groups: within two cells, or crosswise between four.
fn moves(groups: &[Vec<usize>]) -> Vec<Move> {
    let cells = groups.len();
    let mut list = Vec::new();
    for (a, b) in (0..cells).flat_map(|a| (0..cells).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        if groups[a] == groups[b] {
            list.push(Move(vec![a], vec![b]));
        }
        for (c, d) in (0..cells).flat_map(|c| (c + 1..cells).map(move |d| (c, d))) {
            let same = |f: usize| {
                let (from, to) = ([groups[a][f], groups[b][f]], [groups[c][f], groups[d][f]]);
                from == to || from == [to[1], to[0]]
            };
            let apart = a < b && ![c, d].contains(&a) && ![c, d].contains(&b);
            if apart && (0..groups[a].len()).all(same) {
                list.push(Move(vec![a, b], vec![c, d]));
            }
        }
    }
    list
}

/// For each cell the printed group that it is in, per family.
fn groups(world: &World, ac: &[i64]) -> Option<Vec<Vec<usize>>> {
    let (plan, k) = (&world.plan, i64::from(world.request.k));
    let margins = crate::margins::Table { plan, k, how: Margins::Sound, ac }.margins()?;
    let of = |cell: usize| {
        let place = |m: &crate::margins::Margin| {
            let chain = plan.flat(m.family).unwrap_or_default();
            m.taken.iter().position(|&c| chain[c] >> cell & 1 == 1).unwrap_or(usize::MAX)
        };
        margins.iter().map(place).collect()
    };
    Some((0..plan.cells.len()).map(of).collect())
}

/// Looks for tables with the print of `ac`, `steps` times.
pub(crate) fn witness(world: &World, ac: &[i64], steps: u64, found: &mut Witnessed) {
    let shown = print(world, Margins::Sound, ac);
    let Some(groups) = groups(world, ac) else { return };
    let split = |f: usize| groups.iter().any(|g| g[f] != groups[0][f]);
    found.prints += 1;
    found.joint += u64::from((0..groups[0].len()).filter(|&f| split(f)).count() > 1);
    let moves = moves(&groups);
    let mut random = Random::new(found.prints);
    let (mut open, mut at) = (Open::new(world), ac.to_vec());
    let capacity: Vec<i64> = world.plan.cells.iter().map(|c| 2 * i64::from(c.iter().sum::<u32>())).collect();
    open.see(&at);
    for _ in 0..steps {
        if open.is_done() || moves.is_empty() {
            break;
        }
        let Move(from, to) = &moves[random.below(moves.len())];
        let most =
            from.iter().map(|&c| at[c]).chain(to.iter().map(|&c| capacity[c] - at[c])).min().unwrap_or(0);
        if most == 0 {
            continue;
        }
        // As far as it goes, one, or some.
        let some = 1 + i64::try_from(random.below(usize::try_from(most).unwrap())).unwrap();
        let by = [most, 1, some][random.below(3)];
        let mut next = at.clone();
        from.iter().for_each(|&c| next[c] -= by);
        to.iter().for_each(|&c| next[c] += by);
        if print(world, Margins::Sound, &next) == shown {
            at = next;
            open.see(&at);
            found.tables += 1;
        }
    }
    for count in open.narrow() {
        found.undecided += 1;
        found.first.get_or_insert_with(|| format!("{count}, {ac:?} {shown:?} of {:?}", world.request));
    }
}
