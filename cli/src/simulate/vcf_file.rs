//! One data site's file: bgzipped VCF 4.3 with a tabix index, complete or not there.

use super::calls::{Flaws, Listed, Template};
use super::data_site::DataSite;
use super::depth::Depth;
use super::genome::{CONTIGS, Ploidy};
use super::genotypes::Genotypes;
use super::locus::Locus;
use super::people::Person;
use super::random::Random;
use super::table::sample_id;
use noodles_bgzf as bgzf;
use noodles_core::Position;
use noodles_csi::binning_index::index::header::Builder;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles_tabix as tabix;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file being written.
pub(crate) struct VcfFile {
    data_site: &'static DataSite,
    people: Range<usize>,
    templates: [Template; 4],
    depth: Option<Depth>,
    out: bgzf::io::Writer<BufWriter<File>>,
    index: tabix::index::Indexer,
    temporary: PathBuf,
    path: PathBuf,
    line: Vec<u8>,
    columns: Vec<u8>,
}

impl VcfFile {
    /// Begins the file of a data site, whose people are a range of all, in `folder`.
    pub(crate) fn create(
        folder: &Path,
        data_site: &'static DataSite,
        (all, people): (&[Person], Range<usize>),
    ) -> io::Result<Self> {
        let path = folder.join(format!("{}.vcf.gz", data_site.name));
        let temporary = folder.join(format!("{}.vcf.gz.partial", data_site.name));
        let mut out = bgzf::io::Writer::new(BufWriter::new(File::create(&temporary)?));
        out.write_all(header(data_site, all, people.clone()).as_bytes())?;
        let mut index = tabix::index::Indexer::default();
        index.set_header(Builder::vcf().build());
        Ok(Self {
            data_site,
            templates: Ploidy::ALL.map(|ploidy| Template::new(data_site, &all[people.clone()], ploidy)),
            people,
            depth: data_site.rich.then(Depth::new),
            out,
            index,
            temporary,
            path,
            line: Vec::new(),
            columns: Vec::new(),
        })
    }

    /// Writes a locus: one line, or one per alternate allele, or none where it is not listed and nobody carries it.
    pub(crate) fn write(&mut self, locus: &Locus, genotypes: &Genotypes, seed: u64) -> io::Result<()> {
        let people = self.people.clone();
        if locus.unlisted && genotypes.carriers(&people).is_empty() {
            return Ok(());
        }
        let path = [6, people.start as u64, locus.contig as u64, locus.position as u64];
        let random = &mut Random::stream(seed, &path);
        let filter = if random.chance(0.003) && !locus.complete { "LowQual" } else { locus.filter };
        let mut flaws = None;
        for numbers in locus.lines() {
            let listed = Listed { genotypes, people: &people, numbers: &numbers };
            let flaws = flaws.get_or_insert_with(|| Flaws::draw(self.data_site, locus, &listed, random));
            self.begin_line(locus, &numbers, filter);
            self.add_columns(locus.ploidy, &listed, flaws);
            self.end_line(locus)?;
        }
        Ok(())
    }

    /// The nine columns before the samples.
    fn begin_line(&mut self, locus: &Locus, numbers: &[u8], filter: &str) {
        let alternates: Vec<&[u8]> =
            numbers.iter().map(|number| &locus.alternates[usize::from(number - 1)].text[..]).collect();
        let info = locus.end.map_or_else(
            || ".".to_owned(),
            |end| format!("SVTYPE=DEL;END={end};SVLEN=-{}", end - locus.position),
        );
        let format = if self.depth.is_some() { "GT:AD:DP:GQ" } else { "GT" };
        self.line.clear();
        self.line.extend_from_slice(format!("{}\t{}\t.\t", locus.contig_name(), locus.position).as_bytes());
        self.line.extend_from_slice(&locus.reference);
        self.line.push(b'\t');
        self.line.extend_from_slice(&alternates.join(&b','));
        self.line.extend_from_slice(format!("\t{}\t{filter}\t{info}\t{format}", locus.quality).as_bytes());
    }

    fn add_columns(&mut self, ploidy: Ploidy, listed: &Listed<'_>, flaws: &Flaws) {
        let template = &self.templates[ploidy as usize];
        template.fill(listed, flaws, &mut self.columns);
        match &self.depth {
            Some(depth) => depth.weave((template, &self.columns), listed, flaws, &mut self.line),
            None => self.line.extend_from_slice(&self.columns),
        }
        self.line.push(b'\n');
    }

    fn end_line(&mut self, locus: &Locus) -> io::Result<()> {
        let begin = self.out.virtual_position();
        self.out.write_all(&self.line)?;
        let chunk = Chunk::new(begin, self.out.virtual_position());
        self.index.add_record(locus.contig_name(), position(locus.position)?, position(locus.last())?, chunk)
    }

    /// Ends the file, writes its index and gives both their names.
    pub(crate) fn finish(self) -> io::Result<PathBuf> {
        let file = self.out.finish()?.into_inner()?;
        file.sync_all()?;
        let index = PathBuf::from(format!("{}.tbi", self.path.display()));
        let temporary = PathBuf::from(format!("{}.partial", index.display()));
        let mut writer = tabix::io::Writer::new(File::create(&temporary)?);
        writer.write_index(&self.index.build())?;
        writer.into_inner().finish()?.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        fs::rename(&temporary, &index)?;
        Ok(self.path)
    }
}

fn position(at: usize) -> io::Result<Position> {
    Position::try_from(at).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The header of a data site's file.
fn header(data_site: &DataSite, all: &[Person], people: Range<usize>) -> String {
    let mut lines = vec![
        "##fileformat=VCFv4.3".to_owned(),
        format!(
            "##source=shukei demo, simulated people and a pseudo-reference; data site {}",
            data_site.name
        ),
        "##reference=pseudo-GRCh38 (contig lengths of GRCh38, bases drawn)".to_owned(),
    ];
    let contigs = CONTIGS.iter();
    lines.extend(contigs.map(|it| format!("##contig=<ID={},length={},assembly=GRCh38>", it.name, it.length)));
    let fixed = [
        "##FILTER=<ID=LowQual,Description=\"Low quality\">",
        "##FILTER=<ID=ExcessHet,Description=\"More heterozygotes than expected\">",
        "##FILTER=<ID=VQSRTrancheSNP99.90to99.95,Description=\"Truth sensitivity tranche 99.90 to 99.95\">",
        "##ALT=<ID=DEL,Description=\"Deletion\">",
        "##INFO=<ID=END,Number=1,Type=Integer,Description=\"Last base of the record\">",
        "##INFO=<ID=SVTYPE,Number=1,Type=String,Description=\"Type of structural variant\">",
        "##INFO=<ID=SVLEN,Number=A,Type=Integer,Description=\"Difference in length between REF and ALT\">",
        "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">",
    ];
    lines.extend(fixed.map(str::to_owned));
    let depths = [
        "##FORMAT=<ID=AD,Number=R,Type=Integer,Description=\"Reads per allele\">",
        "##FORMAT=<ID=DP,Number=1,Type=Integer,Description=\"Reads\">",
        "##FORMAT=<ID=GQ,Number=1,Type=Integer,Description=\"Genotype quality\">",
    ];
    lines.extend(depths.iter().filter(|_| data_site.rich).map(|line| (*line).to_owned()));
    let mut columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT".to_owned();
    for index in people {
        columns.push('\t');
        columns.push_str(&sample_id(&all[index], index));
    }
    lines.push(columns);
    lines.join("\n") + "\n"
}
