//! What one worker does with one chunk.

use shukei_kernels::{Backend, Call};

use super::count::Counter;
use super::pipeline::Carry;
use super::{Crew, Stretch, scan};
use crate::error::{Error, Result};
use crate::normalize::{self, Reference, Variant};
use crate::source::Format;
use crate::source::container::{Arena, Chunk, Inflater};
use crate::source::record::{Parsed, Record, Row, is_row};
use crate::source::{bcf, vcf};
use crate::text;
use crate::timing::Timing;

/// A record and what it contributes.
pub(super) struct Kept {
    pub(super) record: Record,
    pub(super) stitched: bool,
    /// Normalised variants and their allele numbers.
    pub(super) variants: Vec<(Variant, u16)>,
    /// Positions of its units, sorted: those of its variants, or its own where it has none and only says who is called.
    pub(super) positions: Vec<u64>,
}

/// The lines of a chunk.
#[derive(Default)]
struct Found {
    /// Where the first newline is, if there is one.
    first: Option<usize>,
    /// The lines behind it.
    rows: Vec<Result<Row>>,
    /// Where the last line, which the chunk cuts, begins.
    rest: usize,
}

/// One worker: buffers and tools that are used for one chunk after another.
pub(super) struct Worker<'w, 'a> {
    pub(super) stretch: &'w Stretch<'a>,
    pub(super) backend: Backend,
    pub(super) inflater: Inflater,
    pub(super) parser: vcf::LineParser,
    pub(super) timing: &'w Timing,
    /// VCF: end of the chunk's first line, the lines behind it that were read, and where the last, cut one begins.
    found: Found,
    pub(super) reference: Option<Reference>,
    pub(super) counter: Counter<'a>,
    pub(super) arena: Arena,
    /// The record that the chunk before cut, put together.
    pub(super) stitched: Vec<u8>,
    pub(super) kept: Vec<Kept>,
    pub(super) without_genotypes: u64,
    /// Farthest normalised position before this chunk, on the contig of its first record.
    pub(super) reached: Option<(u32, u64)>,
    /// Last record of the chunk.
    pub(super) last: Option<(u32, u64)>,
    pub(super) calls: Vec<Call>,
    /// One byte per column, 1 where the person has one copy, by zone.
    pub(super) haploid: [Option<Vec<u8>>; 4],
}

impl<'w, 'a> Worker<'w, 'a> {
    pub(super) fn new(stretch: &'w Stretch<'a>, crew: Crew<'w>) -> Result<Self> {
        let request = stretch.plan.request();
        let reference = request.reference.as_deref().map(Reference::open).transpose()?;
        Ok(Self {
            stretch,
            backend: crew.backend,
            timing: crew.timing,
            found: Found::default(),
            inflater: Inflater::new(),
            parser: vcf::LineParser::default(),
            reference,
            counter: Counter::new(stretch.plan, stretch.group),
            arena: Arena::default(),
            stitched: Vec::new(),
            kept: Vec::new(),
            without_genotypes: 0,
            reached: None,
            last: None,
            calls: Vec::new(),
            haploid: scan::haploid(stretch),
        })
    }

    pub(super) fn at_file(&self, error: Error) -> Error {
        error.at(self.stretch.file().input.place(), "")
    }

    pub(super) fn inflate(&mut self, chunk: &Chunk) -> Result<()> {
        self.inflater.inflate(&self.stretch.file().input.path, chunk, &mut self.arena)
    }

    /// A chunk that is a newline.
    pub(super) fn newline(&mut self) {
        self.arena.put(b"\n");
    }

    /// VCF: finds the lines of the chunk and reads their fixed fields, before anything is known of the chunk before. What is
    /// wrong with a line is kept: it counts only if the lines before it do not end what is wanted.
    pub(super) fn find(&mut self) {
        self.found = Found::default();
        let Some(first) = memchr::memchr(b'\n', &self.arena).filter(|_| self.is_vcf()) else { return };
        let mut start = first + 1;
        let mut rows = Vec::new();
        for end in memchr::memchr_iter(b'\n', &self.arena[start..]).map(|n| n + first + 1) {
            let row = self.parser.parse(&self.arena[start..end], start, &self.stretch.asked());
            start = end + 1;
            let wrong = row.is_err();
            rows.push(row);
            if wrong {
                break;
            }
        }
        self.found = Found { first: Some(first), rows, rest: start };
    }

    fn is_vcf(&self) -> bool {
        self.stretch.file().input.format == Format::Vcf
    }

    /// Takes the records of the chunk, given what the one before left; returns what is left for the next.
    pub(super) fn records(&mut self, carry: Carry) -> Result<Carry> {
        self.kept.clear();
        self.without_genotypes = 0;
        self.reached = carry.last.map(|(_, contig, _)| (contig, carry.reach));
        self.last = None;
        let mut carry = carry;
        let result = match self.stretch.file().input.format {
            Format::Vcf => self.lines(&mut carry),
            Format::Bcf => self.bcf_records(&mut carry),
        };
        result.map_err(|e| self.at_record(e, &carry))?;
        Ok(carry)
    }

    /// The place of an error in a record whose own place could not be read: after the record before it.
    fn at_record(&self, error: Error, carry: &Carry) -> Error {
        if !error.place().is_empty() {
            return self.at_file(error);
        }
        self.at_file(error.on(carry.place(self.stretch)))
    }

    /// VCF: takes the lines that were found, the first one put together with the carried tail.
    fn lines(&mut self, carry: &mut Carry) -> Result<()> {
        let Found { first, rows, rest } = std::mem::take(&mut self.found);
        let Some(first) = first else {
            carry.tail.extend_from_slice(&self.arena);
            return if carry.tail.len() > vcf::LINE_LIMIT { Err(too_long()) } else { Ok(()) };
        };
        self.stitched = std::mem::take(&mut carry.tail);
        self.stitched.extend_from_slice(&self.arena[..first]);
        let line = std::mem::take(&mut self.stitched);
        let row = self.parser.parse(&line, 0, &self.stretch.asked());
        self.stitched = line;
        self.take(row?, true, carry)?;
        for row in rows {
            if carry.stop {
                return Ok(());
            }
            self.take(row?, false, carry)?;
        }
        carry.tail = self.arena[rest..].to_vec();
        Ok(())
    }

    /// BCF: each record tells its length.
    fn bcf_records(&mut self, carry: &mut Carry) -> Result<()> {
        let arena = std::mem::take(&mut self.arena);
        let result = (|| {
            let input = &self.stretch.file().input;
            let mut start = 0;
            if !carry.tail.is_empty() {
                self.stitched = std::mem::take(&mut carry.tail);
                start = complete(&mut self.stitched, &arena)?;
                let Some(length) = bcf::record_length(&self.stitched)?.filter(|&n| n == self.stitched.len())
                else {
                    carry.tail = std::mem::take(&mut self.stitched);
                    return Ok(());
                };
                let line = std::mem::take(&mut self.stitched);
                let row = bcf::parse(&line, 0..length, &input.header, &self.stretch.asked());
                self.stitched = line;
                self.take(row?, true, carry)?;
            }
            while !carry.stop {
                let Some(length) = bcf::record_length(&arena[start..])?.filter(|&n| n <= arena.len() - start)
                else {
                    break;
                };
                let row = bcf::parse(&arena, start..start + length, &input.header, &self.stretch.asked())?;
                self.take(row, false, carry)?;
                start += length;
            }
            carry.tail = if carry.stop { Vec::new() } else { arena[start..].to_vec() };
            Ok(())
        })();
        self.arena = arena;
        result
    }

    /// Checks the order and keeps what is to be counted.
    fn take(&mut self, row: Row, stitched: bool, carry: &mut Carry) -> Result<()> {
        let stretch = self.stretch;
        let (contig, pos) = (row.contig, row.pos);
        if stretch.stop.is_some_and(|(wanted, end)| {
            (contig != wanted && !(carry.last.is_none() && self.last.is_none()))
                || (contig == wanted && pos >= end)
        }) {
            carry.stop = true;
            return Ok(());
        }
        if let Some((_, last, before)) = carry.last {
            if last != contig {
                carry.finished.push(last);
                carry.reach = 0;
            } else if pos < before {
                return Err(self.disorder((last, before), (contig, pos), carry));
            }
            if carry.finished.contains(&contig) {
                return Err(self.disorder((last, before), (contig, pos), carry));
            }
        }
        carry.last = Some((stretch.file, contig, pos));
        self.last = Some((contig, pos));
        match row.parsed {
            Parsed::Skipped => {}
            // A neighbour reads it too where spans are widened; it is counted where its position is.
            Parsed::WithoutGenotypes => self.without_genotypes += u64::from(stretch.holds(contig, pos)),
            Parsed::Kept(record) => {
                let mut variants = self.variants(&record)?;
                let mut positions: Vec<u64> = variants.iter().map(|(v, _)| v.pos).collect();
                if record.filtered {
                    variants.clear();
                }
                let structural = stretch.plan.request().structural;
                if !record.alleles[1..].iter().any(|alt| is_row(alt, structural))
                    && stretch.holds(contig, pos)
                {
                    positions.push(pos);
                }
                positions.sort_unstable();
                positions.dedup();
                if let Some(&far) = positions.last() {
                    carry.reach = carry.reach.max(far);
                    self.kept.push(Kept { record, stitched, variants, positions });
                }
            }
        }
        Ok(())
    }

    fn disorder(&self, last: (u32, u64), here: (u32, u64), carry: &Carry) -> Error {
        let plan = self.stretch.plan;
        let before = plan.locus(last.0, last.1);
        let other = carry.last.map_or(self.stretch.file, |(file, ..)| file);
        let error = if other == self.stretch.file {
            Error::input(text!(
                "out of order: it stands after {before}; sort the file (bcftools sort)",
                "位置の順に並んでいません。{before} より後に置かれています。ファイルを並べ替えてください（bcftools sort）"
            ))
        } else {
            let name = self.stretch.group.files[other].input.place();
            Error::input(text!(
                "the same samples over one region in two files: {name} already reaches {before}; name one of them, or \
                 split them so that they do not overlap",
                "同じ検体の同じ領域が2つのファイルにあります: {name} がすでに {before} までを含んでいます。どちらか一方だけを指定するか、\
                 重ならないように分けてください"
            ))
        };
        error.at(plan.locus(here.0, here.1), "")
    }

    /// The variants of a record that are rows of this stretch.
    fn variants(&mut self, record: &Record) -> Result<Vec<(Variant, u16)>> {
        let plan = self.stretch.plan;
        let contig = &plan.contigs()[record.contig as usize].name;
        let place =
            |e: Error| if e.place().is_empty() { e.at(plan.locus(record.contig, record.pos), "") } else { e };
        if let Some(reference) = &mut self.reference {
            reference.check(contig, record.pos, &record.alleles[0]).map_err(place)?;
        }
        let mut variants = Vec::new();
        for (number, alt) in (1u16..).zip(&record.alleles[1..]) {
            if !is_row(alt, plan.request().structural) {
                continue;
            }
            let alleles = (&*record.alleles[0], &**alt);
            let variant =
                normalize::variant(self.reference.as_mut(), contig, record.pos, alleles).map_err(place)?;
            if self.stretch.holds(record.contig, variant.pos) {
                variants.push((variant, number));
            }
        }
        Ok(variants)
    }
}

/// Moves bytes from `more` to `record` until it is one whole BCF record; returns how many were taken.
fn complete(record: &mut Vec<u8>, more: &[u8]) -> Result<usize> {
    let mut taken = more.len().min(8usize.saturating_sub(record.len()));
    record.extend_from_slice(&more[..taken]);
    if let Some(length) = bcf::record_length(record)? {
        let n = (more.len() - taken).min(length - record.len());
        record.extend_from_slice(&more[taken..taken + n]);
        taken += n;
    }
    Ok(taken)
}

fn too_long() -> Error {
    let limit = vcf::LINE_LIMIT >> 20;
    Error::input(text!(
        "a line of more than {limit} MiB; the file is damaged or not a VCF, write it again",
        "{limit} MiB を超える行があります。ファイルが破損しているか VCF ではありません。書き出し直してください"
    ))
}
