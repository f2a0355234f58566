//! The product prints what the rule written a second time prints: random cohorts and counts that nobody could enumerate.

use shukei::trial::Group;

use crate::model::{Broken, model};
use crate::random::Random;
use crate::world::{Micro, Product, Request, World, group, shows_further};

/// Two to four families of one level at K = 2, 3 or 10; one in five has no cross cell that is small.
fn cohort(random: &mut Random) -> Request {
    let k = [2, 3, 10][random.below(3)];
    let families = 2 + random.below(3);
    let levels: Vec<usize> = (0..families).map(|_| 1 + random.below(4)).collect();
    let sparse = random.below(3);
    let mut groups: Vec<Group> = Vec::new();
    for _ in 0..2 + random.below(14) {
        let names: Vec<String> = levels
            .iter()
            .zip(["p", "q", "r", "s"])
            .map(|(n, f)| format!("{f}{}", random.below(*n)))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let people = k as usize * (1 + random.below(8)) + random.below(k as usize);
        let people = if random.below(4) < sparse { k as usize } else { people };
        groups.push(group(u32::try_from(people).unwrap(), &names));
    }
    let (missing, alts) = (random.below(4) == 0, 1 + random.below(6) / 5);
    Request { missing, alts, genotypes: random.below(4) == 0, ..Request::new(k, groups) }
}

/// People of one cell by class: hom-ref, and a share of each other class that goes with the variant and the cell.
fn micro(random: &mut Random, people: u32, classes: usize, share: usize) -> Micro {
    let mut micro = vec![0; classes];
    for _ in 0..people {
        let carrier = random.below(1000) < share && classes > 1;
        micro[if carrier { 1 + random.below(classes - 1) } else { 0 }] += 1;
    }
    micro
}

#[test]
fn the_product_prints_what_the_text_says() {
    let mut random = Random::new(7);
    let (mut worlds, mut prints, mut further) = (0, 0, 0);
    while worlds < 1_500 {
        let Some(world) = World::new(cohort(&mut random)) else { continue };
        worlds += 1;
        let mut product = Product::new(&world);
        for _ in 0..6 {
            let share = [20, 100, 300, 600, 900][random.below(5)];
            let cells = world.plan.fine.iter().zip(&world.classes);
            let data: Vec<Micro> = cells
                .map(|(f, classes)| {
                    let near = share * (50 + random.below(100)) / 100;
                    micro(&mut random, f.people, classes.len(), near)
                })
                .collect();
            let data: Vec<&Micro> = data.iter().collect();
            let print = product.print(&world, &data);
            assert_eq!(print, model(&world, Broken::No, &data), "{:?} {data:?}", world.request);
            prints += u32::from(!print.is_empty());
            further += u32::from(shows_further(&world, &print));
        }
    }
    println!("{worlds} cohorts, {prints} prints, {further} of several families");
    assert!(prints > 3_000 && further > 500, "{prints} prints, {further} of several families");
}
