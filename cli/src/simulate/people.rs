//! The simulated cohort: who lives where, how old they are, what they have, and which data site holds them.
//!
//! The engine refuses strata of 1–9 people, so at the default size every pair of sex, region, age bracket and
//! E11 (and I10, E78) is a set of cells that are empty or have at least [`LEAST`] people. For small regions this
//! means fewer age brackets than the country has.

use super::data_site::{CANCER, DATA_SITES, GENETICS, MEDICINE, TOHOKU};
use super::disease::{COMPLICATION, DIABETES, DISEASES, SETTLED};
use super::random::Random;

/// The fewest people of a cell that is not empty: above the threshold of 10, with a little air.
const LEAST: usize = 12;

/// Sex as the table gives it; a person's sex chromosomes follow it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sex {
    /// XX.
    Female,
    /// XY.
    Male,
}

/// A simulated person.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Sex.
    pub(crate) sex: Sex,
    /// Age bracket: 0 is 20–29, 7 is 90 and over.
    pub(crate) age: usize,
    /// Region, an index into [`REGIONS`].
    pub(crate) region: usize,
    /// Index of the data site.
    pub(crate) data_site: usize,
    /// Indices of the diseases in ascending order; `None` where nobody looked.
    pub(crate) diseases: Option<Vec<usize>>,
}

impl Person {
    /// Whether the person is known to have type 2 diabetes.
    pub(crate) fn has_diabetes(&self) -> bool {
        self.has(DIABETES)
    }

    fn has(&self, disease: usize) -> bool {
        self.diseases.as_ref().is_some_and(|known| known.contains(&disease))
    }

    fn set(&mut self, disease: usize, present: bool) {
        if let Some(known) = &mut self.diseases {
            known.retain(|other| *other != disease);
            if present {
                known.push(disease);
                known.sort_unstable();
            }
        }
    }
}

/// The nine regions and the part of Japan's population living there.
pub(crate) const REGIONS: [(&str, f64); 9] = [
    ("hokkaido", 0.041),
    ("tohoku", 0.068),
    ("kanto", 0.345),
    ("chubu", 0.168),
    ("kinki", 0.177),
    ("chugoku", 0.057),
    ("shikoku", 0.029),
    ("kyushu", 0.100),
    ("okinawa", 0.015),
];
/// Index of Kanto.
const KANTO: usize = 2;
/// Index of Okinawa.
pub(crate) const OKINAWA: usize = 8;
/// The number of age brackets.
pub(crate) const AGES: usize = 8;

const AGE_WEIGHTS: [f64; AGES] = [0.05, 0.09, 0.14, 0.17, 0.24, 0.20, 0.08, 0.03];
const FEMALE: [f64; AGES] = [0.55, 0.55, 0.53, 0.52, 0.50, 0.50, 0.54, 0.62];

/// Draws the cohort, data site by data site.
pub(crate) fn draw(count: usize, seed: u64) -> Vec<Person> {
    let mut random = Random::stream(seed, &[1]);
    let mut people = Vec::with_capacity(count);
    let weights: Vec<f64> = REGIONS.iter().map(|region| region.1).collect();
    for (region, here) in apportion(count, &weights).into_iter().enumerate() {
        let noisy = AGE_WEIGHTS.map(|weight| weight * (0.9 + 0.2 * random.uniform()));
        for (age, cell) in gather(apportion(here, &noisy)).into_iter().enumerate() {
            add_cell(&mut people, (region, age, cell), &mut random);
        }
    }
    random.shuffle(&mut people);
    people.sort_by_key(|person| person.data_site);
    leave_unassessed(&mut people, count / 20);
    diagnose(&mut people, &mut random);
    (0..SETTLED).for_each(|disease| settle(&mut people, disease, &mut random));
    for person in &mut people {
        if person.has_diabetes() && random.chance(0.15) {
            person.set(COMPLICATION, true);
        }
    }
    people
}

/// Shares `total` out in proportion to the weights; the largest remainders get what is left.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of `total`, not negative"
)]
#[expect(clippy::cast_precision_loss, reason = "counts of people and variants are far below 2^53")]
pub(crate) fn apportion(total: usize, weights: &[f64]) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|weight| total as f64 * weight / sum).collect();
    let mut shares: Vec<usize> = exact.iter().map(|part| *part as usize).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| (exact[*b] - exact[*b].floor()).total_cmp(&(exact[*a] - exact[*a].floor())));
    let left = total.saturating_sub(shares.iter().sum());
    order.into_iter().cycle().take(left).for_each(|index| shares[index] += 1);
    shares
}

/// Moves small cells into the nearest other cell until each is empty or has [`LEAST`] people.
fn gather(mut cells: Vec<usize>) -> Vec<usize> {
    loop {
        let filled: Vec<usize> = (0..cells.len()).filter(|index| cells[*index] > 0).collect();
        let smallest = filled.iter().copied().min_by_key(|index| cells[*index]);
        let Some(small) = smallest.filter(|index| cells[*index] < LEAST) else { return cells };
        let others = filled.into_iter().filter(|index| *index != small);
        let Some(target) = others.min_by_key(|index| (index.abs_diff(small), cells[*index])) else {
            return cells;
        };
        cells[target] += cells[small];
        cells[small] = 0;
    }
}

/// Adds the people of one region and age bracket.
fn add_cell(people: &mut Vec<Person>, (region, age, count): (usize, usize, usize), random: &mut Random) {
    let affinity: Vec<f64> = DATA_SITES
        .iter()
        .enumerate()
        .map(|(data_site, it)| match (region, data_site) {
            (0, TOHOKU) => it.share * 2.0,
            (1, TOHOKU) => it.share * 8.0,
            (1, GENETICS) | (OKINAWA, TOHOKU | GENETICS | MEDICINE) => 0.0,
            (_, GENETICS) if age + 1 == AGES => 0.0,
            _ => it.share,
        })
        .collect();
    let women = apportion(count, &[FEMALE[age], 1.0 - FEMALE[age]])[0];
    for index in 0..count {
        let sex = if index < women { Sex::Female } else { Sex::Male };
        let data_site = random.weighted(&affinity);
        people.push(Person { sex, age, region, data_site, diseases: Some(Vec::new()) });
    }
}

/// The first data site never asked some of its people, aged 40–79 and all from Kanto.
fn leave_unassessed(people: &mut [Person], count: usize) {
    let asked = |person: &&mut Person| {
        person.data_site == 0 && person.region == KANTO && (2..=5).contains(&person.age)
    };
    people.iter_mut().filter(asked).take(count).for_each(|person| person.diseases = None);
}

/// Gives every assessed person diseases by age and sex, and the cancer centre more cancers.
fn diagnose(people: &mut [Person], random: &mut Random) {
    for person in people {
        for (index, disease) in DISEASES.iter().enumerate() {
            let factor = disease.by_sex[usize::from(person.sex == Sex::Male)];
            let centre = if disease.is_cancer() && person.data_site == CANCER { 5.0 } else { 1.0 };
            if random.chance(disease.percent[person.age] * factor * centre / 100.0) {
                person.set(index, true);
            }
        }
    }
}

/// Lets no sex, age bracket or region have 1–9 people with the disease: too few at an age become none before 40
/// and enough after, too few in a region become enough.
fn settle(people: &mut [Person], disease: usize, random: &mut Random) {
    let mut order: Vec<&mut Person> = people.iter_mut().collect();
    random.shuffle(&mut order);
    let people = &mut order[..];
    for age in 0..AGES {
        let found = people.iter().filter(|person| person.age == age && person.has(disease)).count();
        if found < LEAST && age < 2 {
            people
                .iter_mut()
                .filter(|person| person.age == age)
                .for_each(|person| person.set(disease, false));
        } else if found < LEAST {
            raise(people, disease, LEAST - found, |person| person.age == age);
        }
    }
    for region in 0..REGIONS.len() {
        let here = |person: &Person| person.region == region;
        let found = people.iter().filter(|person| here(person) && person.has(disease)).count();
        raise(people, disease, LEAST.saturating_sub(found), |person| here(person) && person.age >= 2);
    }
}

/// Gives the disease to `count` more of the chosen people, as far as there are so many.
fn raise(people: &mut [&mut Person], disease: usize, count: usize, chosen: impl Fn(&Person) -> bool) {
    let free =
        |person: &&mut &mut Person| chosen(person) && person.diseases.is_some() && !person.has(disease);
    people.iter_mut().filter(free).take(count).for_each(|person| person.set(disease, true));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The level of a person in each attribute whose pairs are checked.
    fn levels(person: &Person) -> Vec<usize> {
        let state = |disease| if person.diseases.is_none() { 2 } else { usize::from(person.has(disease)) };
        let sex = usize::from(person.sex == Sex::Male);
        let mut levels = vec![sex, person.region, person.age];
        levels.extend((0..SETTLED).map(state));
        levels
    }

    #[test]
    fn every_pair_of_attributes_has_cells_of_none_or_ten() {
        for seed in [super::super::Size::default().seed, 1, 2, 3] {
            let mut cells = std::collections::BTreeMap::new();
            for person in draw(3000, seed) {
                let levels = levels(&person);
                for p in 0..3 {
                    for q in p..levels.len() {
                        *cells.entry((p, q, levels[p], levels[q])).or_insert(0) += 1;
                    }
                }
            }
            let small: Vec<_> = cells.iter().filter(|cell| *cell.1 < 10).collect();
            assert!(small.is_empty(), "seed {seed}: {small:?}");
        }
    }

    #[test]
    fn apportioning_loses_nobody() {
        assert_eq!(apportion(10, &[1.0, 1.0, 1.0]).iter().sum::<usize>(), 10);
        assert_eq!(apportion(0, &[0.5, 0.5]), [0, 0]);
        assert_eq!(gather(vec![3, 0, 20, 11, 40]), [0, 0, 34, 0, 40]);
        assert_eq!(gather(vec![3, 4]), [0, 7]);
    }

    #[test]
    fn a_hundred_people_are_unassessed_and_most_women() {
        let people = draw(3000, 5);
        assert!(people.iter().filter(|person| person.diseases.is_none()).count() >= 100);
        let women = people.iter().filter(|person| person.sex == Sex::Female).count();
        assert!((1500..1650).contains(&women), "{women}");
        assert!(people.windows(2).all(|pair| pair[0].data_site <= pair[1].data_site));
    }
}
