//! The header, and where its names stand in BCF's dictionaries.

use super::Shape;
use super::people::People;

/// The filter of the records that do not pass.
pub(super) const FILTER: &str = "VQSRTrancheSNP99.80to100.00";
/// INFO of rich records, in the order in which they are written.
pub(super) const INFO: [&str; 7] = ["AC", "AF", "AN", "DP", "FS", "MQ", "QD"];
/// FORMAT of rich records.
pub(super) const FORMAT: [&str; 5] = ["GT", "AD", "DP", "GQ", "PL"];
/// Contigs and their lengths in GRCh38.
pub(super) const CONTIGS: [(&str, u64); 2] = [("chr20", 64_444_167), ("chrX", 156_040_895)];

/// Place of a name in the dictionary of strings: PASS is 0, the others as the lines of the header name them.
pub(super) fn key(name: &str) -> u8 {
    let mut names: Vec<&str> = vec!["PASS", FILTER];
    for name in INFO.iter().chain(&FORMAT) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let place = names.iter().position(|known| *known == name);
    place.and_then(|n| u8::try_from(n).ok()).unwrap_or_default()
}

/// The header of the VCF, which is also that inside the BCF.
pub(super) fn text(shape: Shape, people: &People) -> String {
    let shape = match shape {
        Shape::Gt => "gt",
        Shape::Rich => "rich",
    };
    let mut text = format!("##fileformat=VCFv4.2\n##source=shukei benchmark cohort, {shape}\n");
    text += "##FILTER=<ID=PASS,Description=\"All filters passed\">\n";
    text += &format!("##FILTER=<ID={FILTER},Description=\"Truth sensitivity tranche\">\n");
    for (name, length) in CONTIGS {
        text += &format!("##contig=<ID={name},length={length}>\n");
    }
    for (name, kind) in INFO.iter().zip([
        "A,Type=Integer",
        "A,Type=Float",
        "1,Type=Integer",
        "1,Type=Integer",
        "1,Type=Float",
        "1,Type=Float",
        "1,Type=Float",
    ]) {
        text += &format!("##INFO=<ID={name},Number={kind},Description=\"As joint calling writes it\">\n");
    }
    for (name, kind) in FORMAT.iter().zip([
        "1,Type=String",
        "R,Type=Integer",
        "1,Type=Integer",
        "1,Type=Integer",
        "G,Type=Integer",
    ]) {
        text += &format!("##FORMAT=<ID={name},Number={kind},Description=\"As joint calling writes it\">\n");
    }
    text += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT";
    for id in &people.ids {
        text.push('\t');
        text += id;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_is_that_of_the_header() {
        let header = text(Shape::Rich, &People::new(1, 1));
        let mut names: Vec<&str> = vec!["PASS"];
        for line in header.lines() {
            let rest =
                ["##FILTER=<ID=", "##INFO=<ID=", "##FORMAT=<ID="].iter().find_map(|s| line.strip_prefix(s));
            if let Some(name) = rest.and_then(|rest| rest.split(',').next())
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        for (place, name) in names.iter().enumerate() {
            assert_eq!(usize::from(key(name)), place, "{name}");
        }
    }
}
