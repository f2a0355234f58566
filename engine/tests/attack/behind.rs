//! How a chain goes on behind a step that failed: written a second time from the text, and broken on request.

use shukei::region::Zone;

use crate::model::{Broken, Case};
use crate::plan::Set;

/// How a chain goes on behind a step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// By the rule.
    Sound,
    /// Without a reservoir.
    None,
    /// Whatever places the reservoir has.
    AnyPlaces,
    /// Whatever the children held back have together.
    AnySum,
}

impl Case<'_> {
    /// The parts that are split off behind the first of these children, which failed.
    pub(crate) fn behind(&self, left: &[(usize, Set)], tier_g: bool) -> Vec<usize> {
        let zone = self.world.request.zone;
        if self.printed.len() > 1 || !matches!(zone, Zone::Diploid | Zone::Mt) {
            return Vec::new();
        }
        let everybody = left.iter().fold(0, |set, c| set | c.1);
        let sides = |set: Set| {
            let shown = self.shown(set, false);
            let [two, one] = self.by_ploidy(set).map(|n| n > 0);
            let classes = shown.classes.into_iter().zip([two, two, two, one, one]);
            let classes = classes.filter(|c| c.1).map(|c| c.0).collect();
            if tier_g { classes } else { vec![shown.ac[0], shown.an - shown.ac[0]] }
        };
        let copies = if zone == Zone::Diploid { 2 } else { 1 };
        let each = if tier_g { 1 } else { copies };
        let all = sides(everybody);
        let lost = each * i64::from(self.world.plan.size(everybody)) - all.iter().sum::<i64>();
        let (side, rare) = all.iter().copied().enumerate().min_by_key(|s| (s.1, s.0)).unwrap();
        let moved = each * (self.k() - 1);
        let how = match self.broken {
            Broken::Behind(how) | Broken::Genotypes(how) => how,
            _ => Behind::Sound,
        };
        let wanted = match how {
            Behind::AnyPlaces => 0,
            _ => rare + moved,
        };
        let fits = |c: &&(usize, Set)| each * i64::from(self.world.plan.size(c.1)) - lost >= wanted;
        let reservoir = match how {
            Behind::None => None,
            _ => match left[1..].iter().rev().find(fits) {
                Some(reservoir) => Some(*reservoir),
                None => return Vec::new(),
            },
        };
        let both = |part: Set, rest: Set| self.passes(part, tier_g) && self.passes(rest, tier_g);
        let (mut rest, mut parts, mut held) = (everybody, Vec::new(), 1);
        for &(child, cells) in left[1..].iter().filter(|c| reservoir.is_none_or(|r| r.0 != c.0)) {
            if rest != cells && both(cells, rest & !cells) {
                parts.push(child);
                rest &= !cells;
            } else {
                held += 1;
            }
        }
        if let Some((child, cells)) = reservoir {
            let rest = rest & !cells;
            let few = how == Behind::AnySum || sides(rest)[side] <= moved * (held - 1);
            if both(cells, rest) && few {
                parts.push(child);
            }
        }
        parts
    }
}
