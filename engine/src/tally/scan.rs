//! The genotypes of one record through the kernels.

use shukei_kernels::{
    BcfFilter, BcfLayout, Call, Filter, Layout, Numbers, ScanError, Strings, Typed, scan, scan_bcf,
};

use super::Stretch;
use super::chunk::{Kept, Worker};
use crate::error::{Error, Result};
use crate::region::Zone;
use crate::source::record::{Genotypes, Vector};
use crate::text;

impl Worker<'_, '_> {
    /// Scans one record into `self.calls`; returns its position and zone.
    pub(super) fn scan(&mut self, kept: &Kept) -> Result<(u64, Zone)> {
        let plan = self.stretch.plan;
        let record = &kept.record;
        let zone = plan.zone(record.contig, record.pos)?;
        self.calls.clear();
        if record.filtered {
            let columns = self.stretch.file().fine_of_column.len();
            self.calls.extend((0u32..).take(columns).map(Call::missing));
            return Ok((record.pos, zone));
        }
        let buffer: &[u8] = if kept.stitched { &self.stitched } else { &self.arena };
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
pub(super) fn haploid(stretch: &Stretch<'_>) -> [Option<Vec<u8>>; 4] {
    let strata = stretch.plan.strata();
    Zone::ALL.map(|zone| {
        if zone == Zone::Diploid || !stretch.plan.request().adj {
            return None;
        }
        let one = |&fine: &u32| strata.fine.get(fine as usize).is_some_and(|f| f.karyotype.copies(zone) == 1);
        Some(stretch.file().fine_of_column.iter().map(|fine| u8::from(one(fine))).collect())
    })
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
