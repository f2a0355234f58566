//! Writing the vectors of BCF records, and reading them with every backend.

use shukei_kernels::{Backend, BcfLayout, Call, Numbers, ScanError, Typed, scan_bcf};

/// The smallest number of so many bytes: "missing".
pub(crate) fn least(width: u8) -> i64 {
    -(1 << (8 * u32::from(width) - 1))
}

/// Values padded with end-of-vector to `per_sample`.
pub(crate) fn pack(samples: &[Vec<i64>], width: u8, per_sample: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for values in samples {
        for index in 0..per_sample {
            let value = values.get(index).copied().unwrap_or(least(width) + 1);
            bytes.extend(&value.to_le_bytes()[..usize::from(width)]);
        }
    }
    bytes
}

/// Every backend, which must agree.
pub(crate) fn calls_bcf(gt: Typed<'_>, layout: &BcfLayout<'_>) -> Result<Vec<Call>, ScanError> {
    let found = Backend::available().into_iter().map(|backend| {
        let mut out = Vec::new();
        let result = scan_bcf(backend, gt, layout, &mut out);
        assert!(result.is_ok() || out.is_empty());
        result.map(|()| out)
    });
    let mut found: Vec<_> = found.collect();
    found.dedup();
    assert_eq!(found.len(), 1, "backends differ");
    found.remove(0)
}

/// `per_sample` numbers of each sample, as integers of `width` or, for width 0, floats.
pub(crate) struct Column {
    bytes: Vec<u8>,
    width: u8,
    per_sample: usize,
}

impl Column {
    /// What is missing is written as "missing" and as "no more values", in turns.
    pub(crate) fn new(rows: &[Vec<Option<i32>>], width: u8, per_sample: usize) -> Column {
        let mut bytes = Vec::new();
        for (column, row) in rows.iter().enumerate() {
            for index in 0..per_sample {
                let (value, reserved) =
                    (row.get(index).copied().flatten(), u8::from((column + index) % 2 == 1));
                match (value, width) {
                    (Some(value), 0) => bytes.extend((value as f32).to_le_bytes()),
                    (None, 0) => bytes.extend((0x7F80_0001 + u32::from(reserved)).to_le_bytes()),
                    _ => {
                        let value = value.map_or(least(width) + i64::from(reserved), i64::from);
                        bytes.extend(&value.to_le_bytes()[..usize::from(width)]);
                    }
                }
            }
        }
        Column { bytes, width, per_sample }
    }

    pub(crate) fn numbers(&self) -> Numbers<'_> {
        let Column { bytes, width, per_sample } = self;
        match *width {
            0 => Numbers::Float { bytes, per_sample: *per_sample },
            width => Numbers::Int(Typed { bytes, width, per_sample: *per_sample }),
        }
    }
}
