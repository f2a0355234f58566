//! Files of several data sites: joined by variant, with what each says of the others' variants.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::support::{ok, run, table};

/// A VCF of `n` people at chr1; each line is (pos, ref, alt, calls of the first people, call of all others).
fn vcf(path: &Path, prefix: &str, n: usize, lines: &[(u32, &str, &str, usize, [&str; 2])]) {
    let people: Vec<String> = (0..n).map(|i| format!("{prefix}{i:03}")).collect();
    let mut text = format!(
        "##fileformat=VCFv4.3\n##contig=<ID=chr1,length=248956422>\n\
         ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n",
        people.join("\t")
    );
    for (pos, reference, alt, first, calls) in lines {
        let row: Vec<&str> = (0..n).map(|i| calls[usize::from(i >= *first)]).collect();
        writeln!(text, "chr1\t{pos}\t.\t{reference}\t{alt}\t.\tPASS\t.\tGT\t{}", row.join("\t"))
            .expect("text");
    }
    std::fs::write(path, text).expect("written");
}

/// Two data sites, 40 people each; returns their files and the sample table.
fn two_sites(dir: &Path, second: &[(u32, &str, &str, usize, [&str; 2])]) -> (PathBuf, PathBuf, PathBuf) {
    let (a, b, samples) = (dir.join("a.vcf"), dir.join("b.vcf"), dir.join("samples.tsv"));
    vcf(&a, "A", 40, &[(1000, "A", "G", 25, ["0/1", "0/0"])]);
    vcf(&b, "B", 40, second);
    let mut text = "sample_id\tdata_site\n".to_owned();
    for site in ["A", "B"] {
        for i in 0..40 {
            writeln!(text, "{site}{i:03}\tsite{site}").expect("text");
        }
    }
    std::fs::write(&samples, text).expect("written");
    (a, b, samples)
}

fn an(dir: &Path, second: &[(u32, &str, &str, usize, [&str; 2])], extra: &[&str]) -> String {
    let (a, b, samples) = two_sites(dir, second);
    let out = dir.join("out");
    let mut args: Vec<&std::ffi::OsStr> = vec!["freq".as_ref(), a.as_ref(), b.as_ref(), "--samples".as_ref()];
    args.extend([samples.as_os_str(), "--tsv".as_ref(), "-o".as_ref(), out.as_os_str()]);
    args.extend(extra.iter().map(|e| std::ffi::OsStr::new(*e)));
    ok(args);
    let row = &table(&out)["chr1:1000:A:G"];
    assert_eq!(row["AC"], "25");
    row["AN"].clone()
}

#[test]
fn records_without_a_row_say_who_is_called() {
    for alt in [".", "*", "<NON_REF>", "<DEL>", "T"] {
        let dir = tempfile::tempdir().expect("a directory");
        // Of the 40 people of the second data site 15 are not called.
        assert_eq!(an(dir.path(), &[(1000, "A", alt, 15, ["./.", "0/0"])], &[]), "130", "ALT {alt}");
    }
}

#[test]
fn an_absent_record_means_what_is_declared() {
    let elsewhere = [(2000, "C", "T", 0, ["0/0", "0/0"])];
    for (flags, expected) in [(&[][..], "80"), (&["--absent", "hom-ref"][..], "160")] {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(an(dir.path(), &elsewhere, flags), expected, "{flags:?}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    let config = dir.path().join("platform.toml");
    std::fs::write(&config, "[[data_site]]\nname = \"siteB\"\nabsent = \"hom-ref\"\n").expect("written");
    assert_eq!(an(dir.path(), &elsewhere, &["--config", &config.display().to_string()]), "160");
}

#[test]
fn a_filtered_record_is_not_an_absent_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (a, b, samples) = two_sites(dir.path(), &[(1000, "A", "G", 25, ["0/1", "0/0"])]);
    let text = std::fs::read_to_string(&b).expect("a VCF");
    std::fs::write(&b, text.replace("PASS", "q10")).expect("written");
    for (flags, ac, an) in [(&[][..], "25", "80"), (&["--include-filtered"][..], "50", "160")] {
        let out = dir.path().join(format!("out{}", flags.len()));
        let mut args: Vec<&std::ffi::OsStr> =
            vec!["freq".as_ref(), a.as_ref(), b.as_ref(), "--samples".as_ref()];
        args.extend([samples.as_os_str(), "--tsv".as_ref(), "-o".as_ref(), out.as_os_str()]);
        args.extend(["--absent".as_ref(), "hom-ref".as_ref()] as [&std::ffi::OsStr; 2]);
        args.extend(flags.iter().map(|f| std::ffi::OsStr::new(*f)));
        ok(args);
        let row = &table(&out)["chr1:1000:A:G"];
        assert_eq!((row["AC"].as_str(), row["AN"].as_str()), (ac, an), "{flags:?}");
    }
}

#[test]
fn two_symbols_of_one_name_cannot_be_told_apart() {
    let dir = tempfile::tempdir().expect("a directory");
    let del = |first| (1500, "A", "<DEL>", first, ["0/1", "0/0"]);
    let (_, b, samples) = two_sites(dir.path(), &[del(25), del(30)]);
    let out = dir.path().join("out");
    let base: [&std::ffi::OsStr; 6] =
        ["freq".as_ref(), b.as_ref(), "--samples".as_ref(), samples.as_ref(), "-o".as_ref(), out.as_ref()];
    let table = std::fs::read_to_string(&samples).expect("a table");
    std::fs::write(
        &samples,
        table.lines().filter(|l| !l.starts_with('A')).collect::<Vec<_>>().join("\n") + "\n",
    )
    .expect("written");
    let output = run(base.into_iter().chain(["--structural".as_ref()]));
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("chr1:1500: two records of `<DEL>`"), "{stderr}");
    assert!(!out.exists());
    ok(base);
}

#[test]
fn a_demo_that_is_refused_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("demo");
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "k = 9\n").expect("written");
    let output =
        run(["demo", "--people", "60", "--variants", "200", "-o", &out.display().to_string(), "--policy"]
            .into_iter()
            .map(String::from)
            .chain([policy.display().to_string()]));
    assert_eq!(output.status.code(), Some(5));
    assert!(!out.exists());
}
