//! One position's counts, and how they are written: variable-length integers and short strings.

/// Carriers of one ALT in one fine cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellCounts {
    pub(crate) fine: u32,
    pub(crate) het: u32,
    pub(crate) homalt: u32,
    pub(crate) hemi: u32,
}

/// One variant of a unit.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct VariantCounts {
    pub(crate) reference: Box<str>,
    pub(crate) alternate: Box<str>,
    pub(crate) filter: Box<str>,
    pub(crate) cells: Vec<CellCounts>,
}

/// All variants at one position, and who is not called there, by fine cell.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) contig: u32,
    pub(crate) pos: u64,
    pub(crate) variants: Vec<VariantCounts>,
    pub(crate) missing: Vec<(u32, u32)>,
    /// Several records of the same people were combined here (counting rules 13 and 14).
    pub(crate) combined: bool,
}

pub(super) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what `put` wrote; `None` on damaged bytes (which the digest has ruled out).
pub(super) struct Get<'a>(pub(super) &'a [u8]);

impl Get<'_> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<Box<str>> {
        let n = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Into::into)
    }
}

impl Unit {
    /// Appends the unit (without its contig) to a buffer.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.pos);
        put(out, self.variants.len() as u64);
        for variant in &self.variants {
            put_text(out, &variant.reference);
            put_text(out, &variant.alternate);
            put_text(out, &variant.filter);
            put(out, variant.cells.len() as u64);
            for cell in &variant.cells {
                for n in [cell.fine, cell.het, cell.homalt, cell.hemi] {
                    put(out, u64::from(n));
                }
            }
        }
        put(out, self.missing.len() as u64);
        for &(fine, n) in &self.missing {
            put(out, u64::from(fine));
            put(out, u64::from(n));
        }
        put(out, u64::from(self.combined));
    }

    pub(super) fn decode(contig: u32, bytes: &[u8]) -> Option<Unit> {
        let mut get = Get(bytes);
        let pos = get.number()?;
        let variants = (0..get.number()?)
            .map(|_| {
                let (reference, alternate, filter) = (get.text()?, get.text()?, get.text()?);
                let cell = |get: &mut Get<'_>| {
                    Some(CellCounts {
                        fine: get.small()?,
                        het: get.small()?,
                        homalt: get.small()?,
                        hemi: get.small()?,
                    })
                };
                let cells = (0..get.number()?).map(|_| cell(&mut get)).collect::<Option<_>>()?;
                Some(VariantCounts { reference, alternate, filter, cells })
            })
            .collect::<Option<_>>()?;
        let missing =
            (0..get.number()?).map(|_| Some((get.small()?, get.small()?))).collect::<Option<_>>()?;
        let combined = get.number()? == 1;
        get.0.is_empty().then_some(Unit { contig, pos, variants, missing, combined })
    }
}
