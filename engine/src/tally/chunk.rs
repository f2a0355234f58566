//! What one worker does with one chunk.

use std::ops::Range;
use std::sync::Arc;

use shukei_kernels::{
    Backend, BcfFilter, BcfLayout, Call, Filter, Layout, Numbers, ScanError, Strings, Typed, scan, scan_bcf,
};

use super::Stretch;
use super::count::{Alone, Counter, Observation};
use super::pipeline::Carry;
use crate::error::{Error, Result};
use crate::normalize::{self, Reference, Variant, WINDOW};
use crate::region::Zone;
use crate::source::Format;
use crate::source::container::{Chunk, Inflater};
use crate::source::record::{Genotypes, Parsed, Record, Row, Vector, is_row};
use crate::source::{bcf, vcf};
use crate::text;

/// Counts of one chunk.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) runs: Vec<Run>,
    pub(super) without_genotypes: u64,
}

/// Counts of a run of records of one contig.
pub(super) struct Run {
    pub(super) contig: u32,
    /// Position and encoded unit, in order.
    pub(super) units: Vec<(u64, Range<usize>)>,
    pub(super) bytes: Vec<u8>,
    /// Units that may reach into a neighbouring chunk.
    pub(super) edges: Vec<(u64, Observation)>,
    /// Units before this position are complete after this run.
    pub(super) settled: u64,
}

/// A record and what it contributes.
struct Kept {
    record: Record,
    stitched: bool,
    /// Normalised variants and their allele numbers.
    variants: Vec<(Variant, u16)>,
    /// Positions of its units, sorted: those of its variants, or its own where it has none and only says who is called.
    positions: Vec<u64>,
}

/// One worker: buffers and tools that are used for one chunk after another.
pub(super) struct Worker<'w, 'a> {
    stretch: &'w Stretch<'a>,
    backend: Backend,
    inflater: Inflater,
    parser: vcf::LineParser,
    reference: Option<Reference>,
    counter: Counter<'a>,
    arena: Vec<u8>,
    /// The record that the chunk before cut, put together.
    stitched: Vec<u8>,
    kept: Vec<Kept>,
    without_genotypes: u64,
    /// Farthest normalised position before this chunk, on the contig of its first record.
    reached: Option<(u32, u64)>,
    /// Last record of the chunk.
    last: Option<(u32, u64)>,
    calls: Vec<Call>,
    /// One byte per column, 1 where the person has one copy, by zone.
    haploid: [Option<Vec<u8>>; 4],
}

impl<'w, 'a> Worker<'w, 'a> {
    pub(super) fn new(stretch: &'w Stretch<'a>, backend: Backend) -> Result<Self> {
        let request = stretch.plan.request();
        let reference = request.reference.as_deref().map(Reference::open).transpose()?;
        Ok(Self {
            stretch,
            backend,
            inflater: Inflater::new(),
            parser: vcf::LineParser::default(),
            reference,
            counter: Counter::new(stretch.plan, stretch.group),
            arena: Vec::new(),
            stitched: Vec::new(),
            kept: Vec::new(),
            without_genotypes: 0,
            reached: None,
            last: None,
            calls: Vec::new(),
            haploid: haploid(stretch),
        })
    }

    fn at_file(&self, error: Error) -> Error {
        error.at(self.stretch.file().input.place(), "")
    }

    pub(super) fn inflate(&mut self, chunk: &Chunk) -> Result<()> {
        self.inflater.inflate(&self.stretch.file().input.path, chunk, &mut self.arena)
    }

    /// A chunk that is a newline.
    pub(super) fn newline(&mut self) {
        self.arena.clear();
        self.arena.push(b'\n');
    }

    /// Finds the records of the chunk, given what the one before left; returns what is left for the next.
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

    /// VCF: lines, the first one put together with the carried tail.
    fn lines(&mut self, carry: &mut Carry) -> Result<()> {
        let arena = std::mem::take(&mut self.arena);
        let result = (|| {
            let Some(first) = memchr::memchr(b'\n', &arena) else {
                carry.tail.extend_from_slice(&arena);
                return if carry.tail.len() > vcf::LINE_LIMIT { Err(too_long()) } else { Ok(()) };
            };
            let mut start = 0;
            if !carry.tail.is_empty() {
                self.stitched = std::mem::take(&mut carry.tail);
                self.stitched.extend_from_slice(&arena[..first]);
                start = first + 1;
                let line = std::mem::take(&mut self.stitched);
                let row = self.parser.parse(&line, 0, &self.stretch.asked());
                self.stitched = line;
                self.take(row?, true, carry)?;
            }
            let base = start;
            for end in memchr::memchr_iter(b'\n', &arena[start..]).map(|n| n + base) {
                if carry.stop {
                    return Ok(());
                }
                let row = self.parser.parse(&arena[start..end], start, &self.stretch.asked())?;
                self.take(row, false, carry)?;
                start = end + 1;
            }
            carry.tail = arena[start..].to_vec();
            Ok(())
        })();
        self.arena = arena;
        result
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
        if stretch.stop.is_some_and(|(wanted, end)| {
            (contig != wanted && !(carry.last.is_none() && self.last.is_none()))
                || (contig == wanted && pos >= end)
        }) {
            carry.stop = true;
            return Ok(());
        }
        carry.last = Some((stretch.file, contig, pos));
        self.last = Some((contig, pos));
        match row.parsed {
            Parsed::Skipped => {}
            Parsed::WithoutGenotypes => self.without_genotypes += 1,
            Parsed::Kept(record) => {
                let variants = self.variants(&record)?;
                let mut positions: Vec<u64> = variants.iter().map(|(v, _)| v.pos).collect();
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

    /// Scans the genotypes of the records found and counts what this chunk may decide alone.
    pub(super) fn count(&mut self) -> Result<Counted> {
        let kept = std::mem::take(&mut self.kept);
        let mut counted = Counted { runs: Vec::new(), without_genotypes: self.without_genotypes };
        let result = self.runs(&kept, &mut counted).map_err(|e| self.at_file(e));
        self.kept = kept;
        result.map(|()| counted)
    }

    fn runs(&mut self, kept: &[Kept], counted: &mut Counted) -> Result<()> {
        let mut rest = kept;
        while let Some(first) = rest.first() {
            let contig = first.record.contig;
            let n = rest.iter().take_while(|k| k.record.contig == contig).count();
            let (run, after) = rest.split_at(n);
            rest = after;
            // Before this position a neighbour chunk may still add to a unit; from `settled` on the next one may.
            let open_until = match self.reached {
                Some((c, reach)) if c == contig => Some(reach),
                _ => None,
            };
            let settled = match self.last {
                Some((c, pos)) if c == contig => {
                    if self.reference.is_some() {
                        pos.saturating_sub(WINDOW)
                    } else {
                        pos
                    }
                }
                _ => u64::MAX,
            };
            counted.runs.push(self.run(run, contig, (open_until, settled))?);
        }
        // A chunk of skipped records settles what is pending before it, but may not end a contig that goes on.
        Ok(())
    }

    fn run(&mut self, kept: &[Kept], contig: u32, (open_until, settled): (Option<u64>, u64)) -> Result<Run> {
        let mut run = Run { contig, units: Vec::new(), bytes: Vec::new(), edges: Vec::new(), settled };
        // Which records meet at which position.
        let mut entries: Vec<(u64, usize)> = Vec::new();
        for (i, k) in kept.iter().enumerate() {
            entries.extend(k.positions.iter().map(|&pos| (pos, i)));
        }
        entries.sort_unstable();
        let shared = |pos: u64| {
            let from = entries.partition_point(|e| e.0 < pos);
            entries.get(from + 1).is_some_and(|e| e.0 == pos)
        };
        let edge = |pos: u64| open_until.is_some_and(|o| pos <= o) || pos >= settled;
        let mut together: Vec<(u64, Observation)> = Vec::new();
        for k in kept {
            let zone = self.scan(k)?;
            let mut kept_calls: Option<Arc<[Call]>> = None;
            for &pos in &k.positions {
                let here = k.variants.iter().filter(|(v, _)| v.pos == pos);
                if edge(pos) || shared(pos) {
                    let calls = kept_calls.get_or_insert_with(|| self.calls.as_slice().into()).clone();
                    let variants = here.map(|(v, a)| (*a, v.clone())).collect();
                    let filter = k.record.filter.clone();
                    let observation = Observation { file: self.stretch.file, variants, filter, calls };
                    if edge(pos) {
                        run.edges.push((pos, observation))
                    } else {
                        together.push((pos, observation))
                    }
                } else {
                    let variants: Vec<(u16, &Variant)> = here.map(|(v, a)| (*a, v)).collect();
                    let alone = Alone {
                        file: self.stretch.file,
                        pos,
                        variants: &variants,
                        filter: &k.record.filter,
                        calls: &self.calls,
                    };
                    let unit = self.counter.alone(&alone, self.zone_at(contig, pos, zone)?);
                    let start = run.bytes.len();
                    unit.encode(&mut run.bytes);
                    run.units.push((pos, start..run.bytes.len()));
                }
            }
        }
        self.combine(together, contig, &mut run)?;
        run.units.sort_by_key(|(pos, _)| *pos);
        Ok(run)
    }

    /// Units of several records that lie wholly in this chunk.
    fn combine(&mut self, mut together: Vec<(u64, Observation)>, contig: u32, run: &mut Run) -> Result<()> {
        together.sort_by_key(|(pos, _)| *pos);
        let mut rest = together.as_slice();
        while let Some(&(pos, _)) = rest.first() {
            let n = rest.iter().take_while(|(p, _)| *p == pos).count();
            let observations: Vec<Observation> = rest[..n].iter().map(|(_, o)| o.clone()).collect();
            rest = &rest[n..];
            let plan = self.stretch.plan;
            let unit = self.counter.together(pos, &observations, plan.zone(contig, pos)?);
            let unit = unit.map_err(|e| e.at(plan.locus(contig, pos), ""))?;
            let start = run.bytes.len();
            unit.encode(&mut run.bytes);
            run.units.push((pos, start..run.bytes.len()));
        }
        Ok(())
    }

    /// Zone of a unit; that of the record's own position when they are the same.
    fn zone_at(&self, contig: u32, pos: u64, known: (u64, Zone)) -> Result<Zone> {
        if known.0 == pos { Ok(known.1) } else { self.stretch.plan.zone(contig, pos) }
    }

    /// Scans one record into `self.calls`; returns its position and zone.
    fn scan(&mut self, kept: &Kept) -> Result<(u64, Zone)> {
        let plan = self.stretch.plan;
        let record = &kept.record;
        let zone = plan.zone(record.contig, record.pos)?;
        self.calls.clear();
        let buffer = if kept.stitched { &self.stitched } else { &self.arena };
        let columns = self.stretch.file().input.header.samples.len();
        let alleles = u16::try_from(record.alleles.len()).unwrap_or(u16::MAX);
        let max_ploidy = plan.request().max_ploidy;
        let haploid = self.haploid[zone as usize].as_deref();
        let result = match &record.genotypes {
            Genotypes::Vcf { columns: range, format } => {
                let filter = Filter { gq: format.gq, dp: format.dp, ad: format.ad, ft: format.ft, haploid };
                let layout = Layout { columns, alleles, max_ploidy, filter };
                scan(self.backend, &buffer[range.clone()], &layout, &mut self.calls)
            }
            Genotypes::Bcf { gt, gq, dp, ad, ft } => {
                let numbers = |v: &Option<Vector>| v.as_ref().and_then(|v| numbers(v, buffer));
                let ft = ft
                    .as_ref()
                    .map(|v| Strings { bytes: &buffer[v.bytes.clone()], per_sample: v.per_sample });
                let filter = BcfFilter { gq: numbers(gq), dp: numbers(dp), ad: numbers(ad), ft, haploid };
                let layout = BcfLayout { columns, alleles, max_ploidy, filter };
                scan_bcf(self.backend, typed(gt, buffer), &layout, &mut self.calls)
            }
        };
        result.map_err(|e| scan_error(e, alleles).at(plan.locus(record.contig, record.pos), ""))?;
        Ok((record.pos, zone))
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

fn typed<'b>(vector: &Vector, buffer: &'b [u8]) -> Typed<'b> {
    let width = match vector.kind {
        1 | 7 => 1,
        2 => 2,
        _ => 4,
    };
    Typed { bytes: &buffer[vector.bytes.clone()], width, per_sample: vector.per_sample }
}

fn numbers<'b>(vector: &Vector, buffer: &'b [u8]) -> Option<Numbers<'b>> {
    match vector.kind {
        1..=3 => Some(Numbers::Int(typed(vector, buffer))),
        5 => Some(Numbers::Float { bytes: &buffer[vector.bytes.clone()], per_sample: vector.per_sample }),
        _ => None,
    }
}

/// Columns of people with one copy, for `--adj`.
fn haploid(stretch: &Stretch<'_>) -> [Option<Vec<u8>>; 4] {
    let strata = stretch.plan.strata();
    Zone::ALL.map(|zone| {
        if zone == Zone::Diploid || !stretch.plan.request().adj {
            return None;
        }
        let one = |&fine: &u32| strata.fine.get(fine as usize).is_some_and(|f| f.karyotype.copies(zone) == 1);
        Some(stretch.file().fine_of_column.iter().map(|fine| u8::from(one(fine))).collect())
    })
}

fn too_long() -> Error {
    let limit = vcf::LINE_LIMIT >> 20;
    Error::input(text!(
        "a line of more than {limit} MiB; the file is damaged or not a VCF, write it again",
        "{limit} MiB を超える行があります。ファイルが破損しているか VCF ではありません。書き出し直してください"
    ))
}

/// The message of a kernel's finding. It names the sample column, never a sample or a genotype.
fn scan_error(error: ScanError, alleles: u16) -> Error {
    match error {
        ScanError::TooFewColumns { seen } => Error::input(text!(
            "the record ends after sample column {seen}, but the header has more; write the file again",
            "レコードが{seen}番目の検体列で終わっていますが、ヘッダーの検体はそれより多くなっています。ファイルを書き出し直してください"
        )),
        ScanError::TooManyColumns { .. } => Error::input(text!(
            "the record has more sample columns than the header; write the file again",
            "レコードの検体列がヘッダーより多くなっています。ファイルを書き出し直してください"
        )),
        ScanError::BadGenotype { column } => {
            let column = column + 1;
            Error::input(text!(
                "sample column {column} does not begin with a genotype such as 0/1, 1|0 or `.`; write the \
                 file again, or drop this record",
                "{column}番目の検体列が 0/1、1|0、`.` のような遺伝子型で始まっていません。ファイルを書き出し直すか、\
                 このレコードを除いてください"
            ))
        }
        ScanError::Ploidy { column, ploidy } => {
            let column = column + 1;
            Error::input(text!(
                "sample column {column} has a genotype of {ploidy} alleles; say --max-ploidy {ploidy} to count such \
                 calls as not called, or drop the record",
                "{column}番目の検体列の遺伝子型のアレル数が {ploidy} です。--max-ploidy {ploidy} を指定すると未判定として扱います。\
                 または、このレコードを除いてください"
            ))
        }
        ScanError::Allele { column, allele } => {
            let column = column + 1;
            Error::input(text!(
                "sample column {column}: genotype refers to allele {allele}, the record has {alleles}; write the \
                 file again, or drop this record",
                "{column}番目の検体列: 遺伝子型がアレル {allele} を参照していますが、レコードには {alleles}個しかありません。\
                 ファイルを書き出し直すか、このレコードを除いてください"
            ))
        }
    }
}
