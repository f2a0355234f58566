//! Lines for the property tests: usual, unusual and broken.

use proptest::prelude::*;
use shukei_kernels::Filter;

/// What a line is mostly made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Texture {
    /// `0/0`, hardly anything else.
    Sparse,
    /// One digit each side.
    Dense,
    /// Anything that may stand in a file.
    Mixed,
    /// The same, and things that may not.
    Broken,
}

/// GT subfields.
fn gt(texture: Texture) -> BoxedStrategy<String> {
    let hom_ref = prop_oneof![Just("0/0".to_owned()), Just("0|0".to_owned())];
    let digits = "[0-3.][/|][0-3.]";
    let odd = prop_oneof![
        "[0-3.]",
        "[/|][0-3.]",
        "[/|]?[0-9]{1,2}[/|][0-9]{1,2}",
        "[/|]?0[/|]0",
        "[0-2.]([/|][0-2.]){2,3}",
    ];
    let junk = prop_oneof!["[0-1./|x\\x00]{0,5}", "0[/|]0[0/|.x \\x00]", "[0-9]{3,12}", ".{0,4}"];
    match texture {
        Texture::Sparse => prop_oneof![60 => hom_ref, 2 => digits, 1 => odd].boxed(),
        Texture::Dense => prop_oneof![2 => hom_ref, 9 => digits].boxed(),
        Texture::Mixed => prop_oneof![3 => hom_ref, 2 => digits, 2 => odd].boxed(),
        Texture::Broken => prop_oneof![150 => hom_ref, 10 => digits, 5 => odd, 1 => junk].boxed(),
    }
}

/// Subfields after GT, which may be fewer than FORMAT has.
fn rest(texture: Texture) -> BoxedStrategy<String> {
    let number =
        prop_oneof![6 => "[1-9][0-9]", 2 => "[0-9]{0,4}", 1 => "[0-9.x,-]{0,4}", 1 => "[0-9]{1,2}\\.[0-9]"];
    let depths = prop_oneof![5 => "[0-9]{1,2},[0-9]{1,2}", 1 => "[0-9.,]{0,8}"];
    let pass = prop_oneof![5 => Just("PASS".to_owned()), 3 => Just(".".to_owned()), 1 => "[PAS.x]{0,5}"];
    let quiet = ("[1-9][0-9],0", "[1-9][0-9]{1,2}", "[2-9][0-9]", "PASS|\\.", "0,[0-9]{2},[0-9]{2,60}");
    let quiet = quiet.prop_map(|(ad, dp, gq, ft, pl)| format!(":{ad}:{dp}:{gq}:{ft}:{pl}"));
    let any = (depths, number.clone(), number, pass, "[0-9]{1,3},[0-9]{1,3}");
    let any = any.prop_map(|(ad, dp, gq, ft, pl)| vec![ad, dp, gq, ft, pl]);
    let any =
        (any, 0..=5usize).prop_map(|(fields, kept)| fields[..kept].iter().map(|f| format!(":{f}")).collect());
    match texture {
        Texture::Sparse | Texture::Broken => prop_oneof![20 => quiet, 1 => any].boxed(),
        Texture::Dense | Texture::Mixed => prop_oneof![1 => quiet, 3 => any].boxed(),
    }
}

/// Whole lines: cells, then perhaps a cut or a changed byte.
pub(crate) fn line(rich: bool) -> impl Strategy<Value = (usize, Vec<u8>)> {
    let texture = prop_oneof![
        Just(Texture::Sparse),
        Just(Texture::Dense),
        Just(Texture::Mixed),
        Just(Texture::Broken),
    ];
    let cells = texture.prop_flat_map(move |texture| {
        let rest = if rich { rest(texture) } else { Just(String::new()).boxed() };
        prop::collection::vec((gt(texture), rest).prop_map(|(gt, rest)| gt + &rest), 0..120)
    });
    let harm = prop_oneof![
        4 => Just(Harm::None),
        1 => any::<prop::sample::Index>().prop_map(Harm::Cut),
        1 => (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(b'\t'), Just(b':'), Just(b'0')])
            .prop_map(|(at, byte)| Harm::Change(at, byte)),
    ];
    (cells, harm).prop_map(|(cells, harm)| (cells.len(), harm.done_to(cells.join("\t").into_bytes())))
}

#[derive(Clone, Debug)]
enum Harm {
    None,
    Cut(prop::sample::Index),
    Change(prop::sample::Index, u8),
}

impl Harm {
    fn done_to(self, mut line: Vec<u8>) -> Vec<u8> {
        match self {
            Harm::Cut(at) if !line.is_empty() => line.truncate(at.index(line.len())),
            Harm::Change(at, byte) if !line.is_empty() => {
                let at = at.index(line.len());
                line[at] = byte;
            }
            _ => {}
        }
        line
    }
}

/// Filters for `GT:AD:DP:GQ:FT:PL`, now and then with subfields in the wrong place.
pub(crate) fn filter() -> impl Strategy<Value = Filter<'static>> {
    let maybe = |index: usize| prop_oneof![Just(Some(index)), Just(Some(index)), Just(None)];
    let usual = (maybe(1), maybe(2), maybe(3), maybe(4));
    let wild = prop::option::of(0..8usize);
    let wild = (wild.clone(), wild.clone(), wild.clone(), wild);
    const HAPLOID: [u8; 40] = [
        1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1,
        0, 0, 0, 1, 0, 2,
    ];
    (prop_oneof![4 => usual, 1 => wild], any::<bool>()).prop_map(|((ad, dp, gq, ft), table)| Filter {
        gq,
        dp,
        ad,
        ft,
        haploid: table.then_some(&HAPLOID),
    })
}
