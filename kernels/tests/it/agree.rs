//! Every backend gives what the plain form gives, for any line whatever.

use proptest::prelude::*;
use shukei_kernels::{Backend, Filter, Layout};

use crate::lines::{filter, line};
use crate::{calls, plain};

fn agree(line: &[u8], layout: &Layout<'_>) -> Result<(), TestCaseError> {
    let expected = calls(Backend::scalar(), line, layout);
    for backend in Backend::available() {
        prop_assert_eq!(&calls(backend, line, layout), &expected, "{}", backend.name());
    }
    Ok(())
}

/// The number of columns, mostly right.
fn off_by() -> impl Strategy<Value = usize> {
    prop_oneof![8 => Just(1usize), 1 => Just(0usize), 1 => Just(2usize)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn gt_only((cells, line) in line(false), off in off_by(), alleles in 0..14u16, max_ploidy in 1..5u8) {
        agree(&line, &Layout { max_ploidy, ..plain((cells + off).saturating_sub(1), alleles) })?;
        agree(&line, &Layout { max_ploidy: 4, ..plain(cells, 100) })?;
    }

    #[test]
    fn rich((cells, line) in line(true), filter in filter(), off in off_by(), alleles in 1..6u16) {
        let layout = plain((cells + off).saturating_sub(1), alleles);
        agree(&line, &layout)?;
        agree(&line, &Layout { filter, ..layout })?;
        agree(&line, &Layout { filter, max_ploidy: 4, ..plain(cells, 100) })?;
    }

    #[test]
    fn bytes(line in prop::collection::vec(prop_oneof![Just(b'0'), Just(b'/'), Just(b'\t'), Just(b':'), Just(b'1'), Just(b'.')], 0..200)) {
        let columns = line.split(|&byte| byte == b'\t').count();
        let filter = Filter { gq: Some(1), ..Filter::default() };
        agree(&line, &plain(columns, 2))?;
        agree(&line, &Layout { filter, ..plain(columns, 2) })?;
    }
}

#[test]
fn a_line_cut_at_any_byte() {
    let gt = ["0|0\t"; 40].concat() + "0/1\t10/2\t.\t" + &["1|1\t"; 40].concat() + "0/0";
    let rich = ["0/0:20,0:20:60:PASS\t"; 20].concat()
        + "0/1:10,10:20:60:.\t"
        + &["0|0:.:8:60\t"; 9].concat()
        + "0/0:9";
    let adj = Filter { ad: Some(1), dp: Some(2), gq: Some(3), ft: Some(4), haploid: None };
    for (line, filter) in [(&gt, Filter::default()), (&rich, Filter::default()), (&rich, adj)] {
        let columns = line.split('\t').count();
        for end in 0..=line.len() {
            let cut = &line.as_bytes()[..end];
            agree(cut, &Layout { filter, ..plain(columns, 12) }).unwrap();
            let columns = cut.split(|&byte| byte == b'\t').count();
            agree(cut, &Layout { filter, ..plain(columns, 12) }).unwrap();
        }
    }
}

#[test]
fn any_byte_of_a_line_changed_to_any_other() {
    let gt = ["0|0\t"; 18].concat() + "0/1";
    let rich = ["0/0:20:60:PASS\t"; 5].concat() + "0/1:10:60:.";
    let some = Filter { dp: Some(1), gq: Some(2), ft: Some(3), ..Filter::default() };
    for (line, filter) in [(&gt, Filter::default()), (&rich, Filter::default()), (&rich, some)] {
        let columns = line.split('\t').count();
        let mut bytes = line.clone().into_bytes();
        for at in 0..bytes.len() {
            let kept = bytes[at];
            for byte in 0..=255 {
                bytes[at] = byte;
                agree(&bytes, &Layout { filter, ..plain(columns, 3) }).unwrap();
            }
            bytes[at] = kept;
        }
    }
}
