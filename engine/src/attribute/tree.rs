//! The built-in coarser levels of age and region.

use crate::subject::{AgeBracket, Region};

use super::Level;

/// Under or over 60, the twenty-year bracket, the ten-year bracket; only the last without `tree`.
pub(super) fn age_path(age: AgeBracket, tree: bool) -> Vec<Level> {
    let finest = Level::new(age.token(), age.label());
    if !tree {
        return vec![finest];
    }
    let half = if age.from_age() < 60 {
        Level::new("under60", "under 60")
    } else {
        Level::new("60plus", "60 and over")
    };
    let low = age.from_age() / 20 * 20;
    let twenty = if low == 80 {
        Level::new("80plus", "80+")
    } else {
        let high = low + 19;
        Level::new(format!("{low}to{high}"), format!("{low}-{high}"))
    };
    vec![half, twenty, finest]
}

/// East or west, then the region; only the region without `tree`.
pub(super) fn region_path(region: Region, tree: bool) -> Vec<Level> {
    let leaf = Level::new(region.token(), region.label());
    if !tree {
        return vec![leaf];
    }
    let half = if region.is_east() {
        Level::new("east", "east: Hokkaido, Tohoku, Kanto, Chubu")
    } else {
        Level::new("west", "west: Kinki, Chugoku, Shikoku, Kyushu, Okinawa")
    };
    vec![half, leaf]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(path: &[Level]) -> Vec<&str> {
        path.iter().map(|level| level.token.as_str()).collect()
    }

    #[test]
    fn ages() {
        for (age, expected) in [
            (0, ["under60", "0to19", "0to9"]),
            (59, ["under60", "40to59", "50to59"]),
            (60, ["60plus", "60to79", "60to69"]),
            (85, ["60plus", "80plus", "80to89"]),
            (104, ["60plus", "80plus", "90plus"]),
        ] {
            assert_eq!(tokens(&age_path(AgeBracket::of(age), true)), expected);
            assert_eq!(tokens(&age_path(AgeBracket::of(age), false)), expected[2..]);
        }
    }

    #[test]
    fn every_node_of_a_tree_has_one_parent() {
        let mut parents = std::collections::HashMap::new();
        let ages = (0..10).map(|decade| age_path(AgeBracket::of(decade * 10), true));
        for path in ages.chain(Region::ALL.map(|region| region_path(region, true))) {
            for pair in path.windows(2) {
                assert_eq!(parents.entry(pair[1].token.clone()).or_insert(pair[0].clone()), &pair[0]);
            }
        }
    }

    #[test]
    fn regions() {
        assert_eq!(tokens(&region_path(Region::Chubu, true)), ["east", "chubu"]);
        assert_eq!(tokens(&region_path(Region::Chugoku, true)), ["west", "chugoku"]);
        assert_eq!(tokens(&region_path(Region::Okinawa, false)), ["okinawa"]);
    }
}
