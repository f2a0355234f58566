//! Zero and few carriers must look the same in everything that the command lets out.

use std::path::Path;
use std::process::Output;

use crate::support::{audit, run, tables_as_bytes};

/// 200 people; at chr1:2000 the first `carriers` of them carry the ALT, `missing` others are not called.
fn cohort(dir: &Path, carriers: usize, missing: usize) {
    std::fs::create_dir_all(dir).expect("a directory");
    let people: Vec<String> = (0..200).map(|i| format!("P{i:03}")).collect();
    let mut samples = "sample_id\tsex\tregion\n".to_owned();
    for (i, person) in people.iter().enumerate() {
        let (sex, region) = (["F", "M"][i % 2], ["kanto", "kinki", "kyushu"][i % 3]);
        samples += &format!("{person}\t{sex}\t{region}\n");
    }
    std::fs::write(dir.join("samples.tsv"), samples).expect("written");
    let mut vcf = format!(
        "##fileformat=VCFv4.3\n##contig=<ID=chr1,length=248956422>\n##contig=<ID=chrX,length=156040895>\n\
         ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
        people.join("\t")
    );
    let common = |i: usize| if i.is_multiple_of(5) { "0/1" } else { "0/0" };
    let rare = |i: usize| match i {
        i if i < carriers => "0/1",
        i if i < carriers + missing => "./.",
        _ => "0/0",
    };
    // Men (odd numbers) have one X.
    let on_x = |i: usize| match rare(i) {
        call if i.is_multiple_of(2) => call,
        "0/1" => "1",
        "./." => ".",
        _ => "0",
    };
    type Row<'a> = (&'a str, u32, &'a dyn Fn(usize) -> &'static str);
    let calls: [Row<'_>; 4] =
        [("chr1", 1000, &common), ("chr1", 2000, &rare), ("chr1", 3000, &common), ("chrX", 9_000_000, &on_x)];
    for (contig, pos, call) in calls {
        let row: Vec<&str> = (0..people.len()).map(call).collect();
        vcf += &format!("{contig}\t{pos}\t.\tA\tG\t.\tPASS\t.\tGT\t{}\n", row.join("\t"));
    }
    std::fs::write(dir.join("cohort.vcf"), vcf).expect("written");
}

/// Runs the same command line in the directory.
fn release(dir: &Path, extra: &[&str]) -> Output {
    let mut args = vec!["freq", "cohort.vcf", "--samples", "samples.tsv", "--tsv", "-o", "OUT"];
    args.extend(extra);
    crate::support::shukei().current_dir(dir).args(args).output().expect("shukei runs")
}

/// What leaves: tables, stdout, stderr, exit code, audit without `run` and `inputs`.
fn assert_same(a: (&Path, &Output), b: (&Path, &Output)) {
    assert!(a.1.status.success(), "{}", String::from_utf8_lossy(&a.1.stderr));
    assert_eq!(a.1.status.code(), b.1.status.code());
    assert_eq!(String::from_utf8_lossy(&a.1.stdout), String::from_utf8_lossy(&b.1.stdout));
    // The two cohorts lie in directories of different names, which is not what is compared.
    let said = |(dir, output): (&Path, &Output)| {
        String::from_utf8_lossy(&output.stderr).replace(&dir.display().to_string(), "DIR")
    };
    assert_eq!(said(a), said(b));
    let (out_a, out_b) = (a.0.join("OUT"), b.0.join("OUT"));
    let names = |out: &Path| {
        let mut names: Vec<_> =
            std::fs::read_dir(out).expect("OUT").map(|e| e.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&out_a), names(&out_b));
    assert!(tables_as_bytes(&out_a) == tables_as_bytes(&out_b), "released tables differ");
    assert_eq!(audit(&out_a), audit(&out_b));
}

#[test]
fn nobody_and_nine_are_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let statistics = &["--by", "sex,region", "--statistics", "faf,callrate,fst,assoc"];
    for flags in
        [&["--by", "sex,region"][..], &[], &["--by", "sex", "--by", "region", "--genotypes"], statistics]
    {
        let [zero, nine, ten] = [0, 9, 80].map(|n| {
            let sub = dir.path().join(format!("c{n}-{}", flags.len()));
            cohort(&sub, n, 0);
            let output = release(&sub, flags);
            (sub, output)
        });
        assert_same((&zero.0, &zero.1), (&nine.0, &nine.1));
        assert!(
            tables_as_bytes(&zero.0.join("OUT")) != tables_as_bytes(&ten.0.join("OUT")),
            "the test can see"
        );
    }
}

#[test]
fn nobody_and_nine_not_called_are_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let [all, nine] = [0, 9].map(|n| {
        let sub = dir.path().join(format!("m{n}"));
        cohort(&sub, 60, n);
        let output = release(&sub, &["--by", "sex"]);
        (sub, output)
    });
    assert_same((&all.0, &all.1), (&nine.0, &nine.1));
}

#[test]
fn a_refusal_names_no_size() {
    let dir = tempfile::tempdir().expect("a directory");
    cohort(dir.path(), 0, 0);
    let table = std::fs::read_to_string(dir.path().join("samples.tsv")).expect("a table");
    let mut texts = Vec::new();
    for small in [1, 9] {
        let mut rows: Vec<String> = table.lines().map(str::to_owned).collect();
        for row in rows.iter_mut().skip(1).take(small) {
            *row = row.replace("kanto", "okinawa").replace("kinki", "okinawa").replace("kyushu", "okinawa");
        }
        let path = dir.path().join("small.tsv");
        std::fs::write(&path, rows.join("\n")).expect("written");
        let (vcf, out) = (dir.path().join("cohort.vcf"), dir.path().join("OUT"));
        let args =
            ["freq".as_ref(), vcf.as_os_str(), "--samples".as_ref(), path.as_os_str(), "--by".as_ref()];
        let output = run(args.into_iter().chain(["region".as_ref(), "-o".as_ref(), out.as_os_str()]));
        assert_eq!(output.status.code(), Some(5));
        assert!(!out.exists());
        texts.push(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].contains("`region`") && !texts[0].contains("okinawa"), "{}", texts[0]);
}

/// Where the 25 carriers of a variant live is withheld: no byte of any file depends on it.
#[test]
fn hidden_strata_are_in_no_byte() {
    let dir = tempfile::tempdir().expect("a directory");
    let place = |name: &str, regions: [usize; 3]| {
        let sub = dir.path().join(name);
        cohort(&sub, 0, 0);
        let path = sub.join("cohort.vcf");
        let mut left = regions;
        let mut call = |i: usize| {
            let carrier = left[i % 3] > 0;
            left[i % 3] -= usize::from(carrier);
            if carrier { "0/1" } else { "0/0" }
        };
        let calls: Vec<&str> = (0..200).map(&mut call).collect();
        let text = std::fs::read_to_string(&path).expect("a file");
        let line = |l: &str| {
            let row = format!("chr1\t2000\t.\tA\tG\t.\tPASS\t.\tGT\t{}", calls.join("\t"));
            if l.starts_with("chr1\t2000\t") { row + "\n" } else { format!("{l}\n") }
        };
        std::fs::write(&path, text.lines().map(line).collect::<String>()).expect("written");
        let output =
            release(&sub, &["--by", "region", "--by", "sex", "--statistics", "faf,callrate,fst,assoc"]);
        (sub, output)
    };
    let [north, south] = [place("a", [18, 7, 0]), place("b", [0, 9, 16])];
    assert_same((&north.0, &north.1), (&south.0, &south.1));
    let shown = crate::support::table(&north.0.join("OUT"));
    let row = &shown["chr1:2000:A:G"];
    assert!(row.contains_key("AC") && !row.contains_key("AC_region_kanto"), "{row:?}");
}
