//! Hand-written lines and their answers, with every backend, alone and deep inside a long line.

use shukei_kernels::{Backend, Call, Filter, Layout, ScanError};

use crate::{A, M, calls, plain};

/// Scans `cells`, checks that all backends agree, also with 100 hom-ref cells around; returns (a, b) by column.
fn read(cells: &[&str], layout: Layout<'_>, around: &str) -> Result<Vec<(u32, u16, u16)>, ScanError> {
    let line = cells.join("\t");
    let found = calls(Backend::scalar(), line.as_bytes(), &layout);
    let before = vec![around; 100].join("\t");
    let long = format!("{before}\t{line}\t{before}");
    let long_layout = Layout { columns: layout.columns + 200, ..layout };
    let in_long = calls(Backend::scalar(), long.as_bytes(), &long_layout);
    if let (Ok(found), Ok(in_long), None) = (&found, &in_long, layout.filter.haploid) {
        let own = in_long.iter().filter(|call| (100..100 + cells.len()).contains(&(call.column as usize)));
        let moved = own.map(|call| Call { column: call.column - 100, ..*call });
        assert_eq!(found, &moved.collect::<Vec<_>>());
    }
    for backend in Backend::available() {
        assert_eq!(calls(backend, line.as_bytes(), &layout), found, "{}", backend.name());
        assert_eq!(calls(backend, long.as_bytes(), &long_layout), in_long, "{}", backend.name());
    }
    found.map(|calls| calls.iter().map(|call| (call.column, call.a, call.b)).collect())
}

fn gt_only(cells: &[&str], alleles: u16) -> Result<Vec<(u32, u16, u16)>, ScanError> {
    read(cells, plain(cells.len(), alleles), "0|0")
}

#[test]
fn hom_ref_is_not_reported() {
    assert_eq!(gt_only(&["0/0", "0|0", "/0/0", "|0|0", "|0/0", "00/0", "0/0:3,4", "0|0:"], 1), Ok(vec![]));
}

#[test]
fn everything_else_is() {
    let cells = ["0", ".", "./.", ".|.", "./1", "1|.", "0/1", "1|0", "1/1", "2/1", "1", "/1", "|.", "/.|2"];
    let pairs =
        [(0, A), (M, A), (M, M), (M, M), (M, 1), (1, M), (0, 1), (1, 0), (1, 1), (2, 1), (1, A), (1, A)];
    let mut expected: Vec<_> = (0..).zip(pairs).map(|(column, (a, b))| (column, a, b)).collect();
    expected.extend([(12, M, A), (13, M, 2)]);
    assert_eq!(gt_only(&cells, 3), Ok(expected));
}

#[test]
fn allele_numbers_of_several_digits() {
    assert_eq!(gt_only(&["10/0", "0|12", "123/45"], 124), Ok(vec![(0, 10, 0), (1, 0, 12), (2, 123, 45)]));
    let all = u16::MAX;
    assert_eq!(gt_only(&["65520/0"], all), Ok(vec![(0, 0xFFF0, 0)]));
    assert_eq!(gt_only(&["0/65521"], all), Err(ScanError::Allele { column: 0, allele: 65521 }));
}

#[test]
fn alleles_that_the_record_lacks() {
    assert_eq!(gt_only(&["0/0", "0/2"], 2), Err(ScanError::Allele { column: 1, allele: 2 }));
    assert_eq!(gt_only(&["0/0", "1"], 1), Err(ScanError::Allele { column: 1, allele: 1 }));
    assert_eq!(gt_only(&["0/0"], 0), Err(ScanError::Allele { column: 0, allele: 0 }));
    let huge = gt_only(&["0/99999999999"], 2);
    assert_eq!(huge, Err(ScanError::Allele { column: 0, allele: u32::MAX }));
}

#[test]
fn polyploid_calls() {
    let cells = ["0/0/0", "0/1/1", ".|.|.", "0/0"];
    assert_eq!(gt_only(&cells[1..], 2), Err(ScanError::Ploidy { column: 0, ploidy: 3 }));
    let layout = Layout { max_ploidy: 3, ..plain(4, 2) };
    assert_eq!(read(&cells, layout, "0/0"), Ok(vec![(0, M, M), (1, M, M), (2, M, M)]));
    assert_eq!(
        read(&["0/1/0/1"], Layout { columns: 1, ..layout }, "0/0"),
        Err(ScanError::Ploidy { column: 0, ploidy: 4 })
    );
}

#[test]
fn broken_genotypes() {
    let broken = [
        "", "/", "0/", "/0/", "0//0", "0-0", "000\t", "0x0", "a/0", "0/a", "0/0/", "\0", "0\0", "0/0\0",
        "+0/0", "0/0 ", "0/0\r", ":", ":12", "..", "./..", ".0", "0:0\n\t:", "\n", "0,1", "PASS",
    ];
    for cell in broken {
        let cells = ["0/1", cell, "0/0"];
        let columns = cells.join("\t").split('\t').count();
        let found = read(&cells, plain(columns, 2), "0/0");
        let at_fault = matches!(found, Err(ScanError::BadGenotype { column: 1 | 2 }));
        let wide = cell == "000\t" && found == Err(ScanError::BadGenotype { column: 2 });
        assert!(at_fault || wide, "{cell:?}: {found:?}");
    }
}

#[test]
fn number_of_columns() {
    for (line, columns, expected) in [
        ("0/0\t0/0", 3, ScanError::TooFewColumns { seen: 2 }),
        ("0/0\t0/0", 1, ScanError::TooManyColumns { expected: 1 }),
        ("0/0", 0, ScanError::TooManyColumns { expected: 0 }),
        ("", 1, ScanError::BadGenotype { column: 0 }),
        ("0/0\t", 1, ScanError::TooManyColumns { expected: 1 }),
        ("0/0\t", 2, ScanError::BadGenotype { column: 1 }),
    ] {
        for backend in Backend::available() {
            assert_eq!(calls(backend, line.as_bytes(), &plain(columns, 2)), Err(expected));
        }
    }
    for backend in Backend::available() {
        assert_eq!(calls(backend, b"", &plain(0, 2)), Ok(vec![]));
        assert_eq!(calls(backend, b"\r", &plain(0, 2)), Ok(vec![]));
        assert_eq!(calls(backend, b"0/0\t1\r", &plain(2, 2)), Ok(vec![Call { column: 1, a: 1, b: A }]));
        let twice = calls(backend, b"0/0\r\r", &plain(1, 2));
        assert_eq!(twice, Err(ScanError::BadGenotype { column: 0 }));
    }
}

/// `GT:AD:DP:GQ:FT`.
fn adj(columns: usize) -> Layout<'static> {
    let filter = Filter { ad: Some(1), dp: Some(2), gq: Some(3), ft: Some(4), haploid: None };
    Layout { filter, ..plain(columns, 4) }
}

/// Whether a called genotype of this cell stays called.
fn kept(cell: &str) -> bool {
    let found = read(&[cell], adj(1), "0/0:30,0:30:99:PASS");
    assert!(found.is_ok(), "{cell}: {found:?}");
    found != Ok(vec![(0, M, M)])
}

#[test]
fn hom_ref_needs_gq_and_dp() {
    for cell in [
        "0/0:10,0:10:20",
        "0/0:.:10:20:.",
        "0|0::99:99:PASS",
        "0/0:.:100:100:",
        "0/0:.:1000:20",
        "0/0:.:12.5:35.0",
        "0/0:.:010:020",
        "0/0:.:99999999999999999999:1e3",
        "0/0:.:10:20:PASS:more",
    ] {
        assert!(kept(cell), "{cell}");
    }
    for cell in [
        "0/0",
        "0/0:10,0",
        "0/0:10,0:10",
        "0/0:.:10:19",
        "0/0:.:9:20",
        "0/0:.:.:20",
        "0/0:.:10:.",
        "0/0:.:10:",
        "0/0:.::20",
        "0/0:.:10:2",
        "0/0:.:05:20",
        "0/0:.:10:19.9",
        "0/0:.:10:nan",
        "0/0:.:1x:20",
        "0/0:.:10:2x",
        "0/0:.:-10:20",
        "0/0:.:10:20:LowGQ",
        "0/0:.:10:20:PAS",
        "0/0:.:10:20:PASSED",
        "0/0:.:10:20:..",
        "0/0:.:10:20:pass",
    ] {
        assert!(!kept(cell), "{cell}");
    }
}

#[test]
fn a_het_needs_ad() {
    for cell in [
        "0/1:8,2:10:20",
        "1|0:0,10:10:20",
        "1/2:0,5,5:10:20",
        "1/1:10,0:10:20",
        "3/3:.:10:20",
        "0/1:8,2.0:10:20",
    ] {
        assert!(kept(cell), "{cell}");
    }
    for cell in
        ["0/1:9,2:11:20", "0/1:.:10:20", "0/1:8,.:10:20", "0/1::10:20", "1/2:0,9,1:10:20", "0/3:9,9,9:10:20"]
    {
        assert!(!kept(cell), "{cell}");
    }
}

#[test]
fn haploid_calls_need_five_reads() {
    assert!(kept("1:.:5:20"));
    assert!(!kept("1:.:4:20"));
    let table = [0, 1, 1];
    let mut layout = adj(3);
    layout.filter.haploid = Some(&table);
    let cells = ["0/0:.:9:20", "0/0:.:9:20", "0/0:.:4:20"];
    assert_eq!(read(&cells, layout, "0/0:.:10:20"), Ok(vec![(0, M, M), (2, M, M)]));
}

#[test]
fn only_called_genotypes_are_judged() {
    let found = read(&[".", "./.", "./1", "0"], adj(4), "0/0:.:10:20");
    assert_eq!(found, Ok(vec![(0, M, A), (1, M, M), (2, M, 1), (3, M, M)]));
}

#[test]
fn one_filter_alone() {
    let only_ft = Layout { filter: Filter { ft: Some(1), ..Filter::default() }, ..plain(4, 2) };
    let found = read(&["0/0", "0/1:PASS", "0/1:q10", "0/0:q10"], only_ft, "0/0:.");
    assert_eq!(found, Ok(vec![(1, 0, 1), (2, M, M), (3, M, M)]));
    let far = Layout { filter: Filter { gq: Some(40), ..Filter::default() }, ..plain(1, 2) };
    assert_eq!(read(&["0/0:1:2:3"], far, "0/0:1"), Ok(vec![(0, M, M)]));
    let absent = Layout { filter: Filter { dp: Some(usize::MAX), ..Filter::default() }, ..plain(1, 2) };
    assert_eq!(read(&["0/0:1:2:3"], absent, "0/0:1"), Ok(vec![(0, M, M)]));
}
