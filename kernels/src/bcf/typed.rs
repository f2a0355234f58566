//! Typed vectors of a BCF record, as they lie in the file.

/// Little-endian integers, `per_sample` for each sample, all samples one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    /// The values; `columns * per_sample * width` bytes.
    pub bytes: &'a [u8],
    /// Bytes per value: 1, 2 or 4.
    pub width: u8,
    /// Values per sample.
    pub per_sample: usize,
}

/// Integers or floats, `per_sample` for each sample.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// Integers.
    Int(Typed<'a>),
    /// Little-endian 32-bit floats.
    Float {
        /// The values; `columns * per_sample * 4` bytes.
        bytes: &'a [u8],
        /// Values per sample.
        per_sample: usize,
    },
}

/// Character arrays of one width, padded with NUL.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'a> {
    /// The characters; `columns * per_sample` bytes.
    pub bytes: &'a [u8],
    /// Bytes per sample.
    pub per_sample: usize,
}

/// One integer of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A number.
    Int(i32),
    /// The reserved value for "missing".
    Missing,
    /// The reserved value for "no more values".
    End,
}

impl<'a> Typed<'a> {
    /// Bytes per sample.
    pub(super) fn stride(&self) -> usize {
        self.per_sample.saturating_mul(usize::from(self.width))
    }

    /// Value `index` of one sample as it is stored, where "no more values" and "missing" are the two least numbers;
    /// `None` where vectors have fewer values, or no such width.
    #[inline(always)]
    pub(super) fn stored(&self, column: u32, index: usize) -> Option<i32> {
        if index >= self.per_sample {
            return None;
        }
        // Cannot wrap: vectors have the length that the layout says.
        let at = (column as usize).wrapping_mul(self.per_sample).wrapping_add(index);
        let rest = self.bytes.get(at.wrapping_mul(usize::from(self.width))..)?;
        match self.width {
            1 => Some(i8::from_le_bytes(*rest.first_chunk()?).into()),
            2 => Some(i16::from_le_bytes(*rest.first_chunk()?).into()),
            4 => Some(i32::from_le_bytes(*rest.first_chunk()?)),
            _ => None,
        }
    }

    /// Value `index` of one sample; `Missing` where vectors have fewer values, or no such width.
    #[inline(always)]
    pub(super) fn value(&self, column: u32, index: usize) -> Value {
        let Some(value) = self.stored(column, index) else { return Value::Missing };
        let least = match self.width {
            1 => i8::MIN.into(),
            2 => i16::MIN.into(),
            _ => i32::MIN,
        };
        match value.wrapping_sub(least) {
            0 => Value::Missing,
            1 => Value::End,
            _ => Value::Int(value),
        }
    }

    /// The values of one sample.
    pub(super) fn sample(self, column: u32) -> impl Iterator<Item = Value> + use<'a> {
        (0..self.per_sample).map(move |index| self.value(column, index))
    }
}

impl Numbers<'_> {
    /// Bytes in all, bytes per sample.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Numbers::Int(typed) => (typed.bytes.len(), typed.stride()),
            Numbers::Float { bytes, per_sample } => (bytes.len(), per_sample.saturating_mul(4)),
        }
    }

    /// Value `index` of one sample; `None` if missing or past the end of the vector.
    #[inline(always)]
    pub(super) fn get(&self, column: u32, index: usize) -> Option<f64> {
        match self {
            Numbers::Int(typed) => match typed.value(column, index) {
                Value::Int(value) => Some(f64::from(value)),
                Value::Missing | Value::End => None,
            },
            Numbers::Float { bytes, per_sample } if index < *per_sample => {
                let at = (column as usize).saturating_mul(*per_sample).saturating_add(index);
                let value = bytes.get(at.saturating_mul(4)..)?.first_chunk::<4>()?;
                let value = f64::from(f32::from_le_bytes(*value));
                (!value.is_nan()).then_some(value)
            }
            Numbers::Float { .. } => None,
        }
    }
}

impl Strings<'_> {
    /// The string of one sample without its padding.
    pub(super) fn get(&self, column: u32) -> &[u8] {
        let start = (column as usize).saturating_mul(self.per_sample);
        let text = self.bytes.get(start..start.saturating_add(self.per_sample)).unwrap_or_default();
        text.split(|&byte| byte == 0).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_values_of_every_width() {
        let cases: [(&[u8], Value); 8] = [
            (&[0x80], Value::Missing),
            (&[0x81], Value::End),
            (&[0x82], Value::Int(-126)),
            (&[0x00, 0x80], Value::Missing),
            (&[0x01, 0x80], Value::End),
            (&[0x00, 0x00, 0x00, 0x80], Value::Missing),
            (&[0x01, 0x00, 0x00, 0x80], Value::End),
            (&[0x39, 0x30, 0x00, 0x00], Value::Int(12345)),
        ];
        for (bytes, value) in cases {
            let width = u8::try_from(bytes.len()).unwrap();
            assert_eq!(Typed { bytes, width, per_sample: 1 }.value(0, 0), value);
        }
    }

    #[test]
    fn float_missing_and_end_are_no_numbers() {
        let bytes =
            [0x7F80_0001u32.to_le_bytes(), 0x7F80_0002u32.to_le_bytes(), 35.5f32.to_le_bytes()].concat();
        let floats = Numbers::Float { bytes: &bytes, per_sample: 1 };
        assert_eq!([0, 1, 2, 3].map(|column| floats.get(column, 0)), [None, None, Some(35.5), None]);
    }
}
