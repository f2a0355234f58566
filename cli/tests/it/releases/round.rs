//! Ways round the ledger and the permit, and that they are closed.

use super::*;

#[test]
fn a_project_that_no_permit_proves_is_judged_with_all() {
    let bench = Bench::new();
    std::fs::write(bench.path("platform.toml"), "[ledger]\nscope = \"project\"\n").expect("written");
    let config = bench.path("platform.toml").display().to_string();
    released(&bench.freq("a", &["--config", &config, "--project", "P1"]));
    let gone = bench.first(3);
    let other = bench.freq("b", &["--config", &config, "--project", "P2", "--exclude", &gone]);
    refused(&bench, "b", &other);
}

#[test]
fn an_audit_says_that_a_ledger_is_not_the_machines() {
    let bench = Bench::new();
    let named = bench.path("named").display().to_string();
    released(&bench.freq("a", &[]));
    released(&bench.freq("b", &["--ledger", &named]));
    for out in ["a", "b"] {
        let audit = std::fs::read_to_string(bench.path(out).join("audit.json")).expect("an audit");
        assert!(audit.contains("not the machine's ledger"), "{audit}");
    }
}

#[test]
fn the_same_people_under_other_ids_are_no_strangers() {
    let bench = Bench::new();
    released(&bench.freq("a", &[]));
    let table = std::fs::read_to_string(bench.path("people.tsv")).expect("a table");
    let without = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        format!("{}\t{}\n", fields[0], fields[2..].join("\t"))
    };
    let bare: String = table.lines().map(without).collect();
    std::fs::write(bench.path("people.tsv"), bare).expect("written");
    std::fs::write(bench.path("three.txt"), "S000\nS001\nS002\n").expect("written");
    let three = bench.path("three.txt").display().to_string();
    let text = refused(&bench, "b", &bench.freq("b", &["--exclude", &three]));
    assert!(text.contains("subject_id"), "{text}");
    released(&bench.freq("c", &["--replaces", "R000001"]));
    std::fs::write(bench.path("people.tsv"), table).expect("written");
    let text = refused(&bench, "d", &bench.freq("d", &["--exclude", &bench.first(3)]));
    assert!(text.contains("R000002") && text.contains("subject_id"), "{text}");
}

#[test]
fn variants_in_other_coordinates_are_not_compared() {
    let bench = Bench::new();
    released(&bench.freq("a", &[]));
    let vcf = std::fs::read_to_string(bench.path("cohort.vcf")).expect("a VCF");
    std::fs::write(bench.path("cohort.vcf"), vcf.replace("249250621", "248956422")).expect("written");
    let text = refused(&bench, "b", &bench.freq("b", &[]));
    assert!(text.contains("GRCh37") && text.contains("GRCh38"), "{text}");
    released(&bench.freq("c", &["--replaces", "R000001"]));
}

/// Whoever asks without a permit where one is needed, or with one that the office did not sign, is on record.
#[test]
fn refusals_of_permits_are_recorded() {
    let bench = Bench::new();
    let path = |name: &str| bench.path(name).display().to_string();
    for args in
        [vec!["permit", "keygen", "-o", &path("office")], vec!["permit", "keygen", "-o", &path("other")]]
    {
        released(&bench.run(&args));
    }
    std::fs::write(bench.path("platform.toml"), "[permit]\npublic_key = \"office.pub\"\n").expect("written");
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("a process"));
    let permit = format!(
        "version = 1\nid = \"N-1\"\nproject = \"hum0001\"\ninstitution = \"i\"\npurpose = \"p\"\ndatasets = [\"D1\"]\n\
         tables = [\"frequency\"]\nattributes = [\"sex\"]\ncodes = []\n\
         export_responsible = {{ name = \"S\", uid = 59999, certified_on = 2026-04-01 }}\n\
         [period]\nfrom = 2020-01-01\nto = 2099-12-31\n[[handler]]\nname = \"T\"\nuid = {uid}\n"
    );
    let permitted = path("permit.toml");
    let config = path("platform.toml");
    let asked = |more: &[&str]| {
        let mut args = vec!["--by", "sex", "--config", &config];
        args.extend(more);
        bench.freq("out", &args)
    };
    refused(&bench, "out", &asked(&[]));
    std::fs::write(&permitted, &permit).expect("written");
    released(&bench.run(&["permit", "sign", &permitted, "--key", &path("other.key")]));
    refused(&bench, "out", &asked(&["--permit", &permitted]));
    released(&bench.run(&["permit", "sign", &permitted, "--key", &path("office.key")]));
    let signed = std::fs::read_to_string(&permitted).expect("a permit");
    std::fs::write(&permitted, signed.replace("\"sex\"", "\"district\"")).expect("written");
    refused(&bench, "out", &asked(&["--permit", &permitted]));
    assert_eq!(bench.kinds(), ["refused"; 3]);
    let listed = bench.run(&["ledger", "list", "--refused", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    for entry in listed.as_array().expect("a list") {
        assert!(entry["problems"][0].as_str().expect("why").len() > 20, "{entry}");
        assert_eq!(entry["actor"]["uid"], uid);
    }
    std::fs::write(&permitted, &signed).expect("written");
    released(&asked(&["--permit", &permitted]));
    assert_eq!(bench.kinds()[3..], ["reserved", "released"]);
}

/// Crossing margins in two releases are audited, and reading the same file in another way is no way round it: F and M by
/// districts n, s, w, t, so few in t that both margins leave its ten men 3 to 20 alleles.
#[test]
fn another_way_of_reading_is_no_way_round() {
    let bench = Bench::new();
    let groups = [("F", "n", 10, 0), ("F", "s", 10, 0), ("F", "w", 10, 0), ("F", "t", 20, 20)]
        .into_iter()
        .chain([("M", "n", 10, 19), ("M", "s", 10, 19), ("M", "w", 10, 19), ("M", "t", 10, 3)]);
    let (mut people, mut calls) = ("sample_id\tsubject_id\tsex\tdistrict\n".to_owned(), Vec::new());
    let mut names = Vec::new();
    for (sex, district, n, copies) in groups {
        for i in 0..n {
            let name = format!("{sex}{district}{i:02}");
            people.push_str(&format!("{name}\tP{name}\t{sex}\t{district}\n"));
            calls.push(["0/0", "0/1", "1/1"][(copies + n - 1 - i) / n]);
            names.push(name);
        }
    }
    let vcf = format!(
        "##fileformat=VCFv4.3\n##contig=<ID=1,length=249250621>\n\
         #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n1\t10\t.\tA\tC\t.\tPASS\t.\tGT\t{}\n",
        names.join("\t"),
        calls.join("\t")
    );
    std::fs::write(bench.path("cohort.vcf"), vcf).expect("written");
    std::fs::write(bench.path("people.tsv"), people).expect("written");
    released(&bench.freq("sex", &["--by", "sex"]));
    assert!(table(&bench.path("sex"))["1:10:A:C"].contains_key("AC_sex_M"), "the first margin is there");
    for (out, more) in [("same", &[][..]), ("other", &["--max-ploidy", "4"]), ("more", &["--structural"])] {
        let audit = bench.audited();
        let mut args = vec!["--by", "district", "--policy", &audit];
        args.extend(more);
        released(&bench.freq(out, &args));
        let rows = table(&bench.path(out));
        assert!(
            rows.values().all(|row| !row.keys().any(|k| k.starts_with("AC_district"))),
            "{out}: {rows:?}"
        );
    }
    // Alone, the second margin may be shown.
    let alone = Bench::new();
    for name in ["cohort.vcf", "people.tsv"] {
        std::fs::copy(bench.path(name), alone.path(name)).expect("copied");
    }
    released(&alone.freq("district", &["--by", "district"]));
    assert!(table(&alone.path("district"))["1:10:A:C"].contains_key("AC_district_t"), "the test can see");
}
