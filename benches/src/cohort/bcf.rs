//! BCF2 (VCF specification §6.3), as far as the records of a benchmark need it.

/// Values of one FORMAT field or INFO field: so many per sample, [`MISSING`] and [`END`] where there is none.
pub(super) const MISSING: i32 = i32::MIN;
/// No more values of this sample.
pub(super) const END: i32 = i32::MIN + 1;

/// What stands before the records.
pub(super) fn header(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len() + 1).unwrap_or(u32::MAX);
    [b"BCF\x02\x02", length.to_le_bytes().as_slice(), text.as_bytes(), &[0]].concat()
}

/// Appends a record from its two halves.
pub(super) fn record(shared: &[u8], individual: &[u8], out: &mut Vec<u8>) {
    for half in [shared, individual] {
        out.extend(u32::try_from(half.len()).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend_from_slice(shared);
    out.extend_from_slice(individual);
}

/// Type and number of values.
fn descriptor(kind: u8, count: usize, out: &mut Vec<u8>) {
    match u8::try_from(count) {
        Ok(count) if count < 15 => out.push(count << 4 | kind),
        Ok(count) if count < 128 => out.extend([0xf0 | kind, 0x11, count]),
        _ => {
            out.extend([0xf0 | kind, 0x13]);
            out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
    }
}

/// A text; nothing where it is `.`.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    let text = if text == "." { "" } else { text };
    descriptor(7, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// A key of the dictionary.
pub(super) fn key(key: u8, out: &mut Vec<u8>) {
    out.extend([0x11, key]);
}

/// Floats.
pub(super) fn floats(values: &[f32], out: &mut Vec<u8>) {
    descriptor(5, values.len(), out);
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Integers in the narrowest type that holds all of them, `per_sample` for each sample.
#[expect(clippy::cast_possible_truncation, reason = "the type was chosen by the largest value")]
pub(super) fn integers(values: &[i32], per_sample: usize, out: &mut Vec<u8>) {
    let numbers = values.iter().filter(|&&v| v > END);
    let most = numbers.fold(0, |most, value| value.abs().max(most));
    let reserved = |value: i32, least: i32| match value {
        MISSING => least,
        END => least + 1,
        number => number,
    };
    match most {
        0..=120 => {
            descriptor(1, per_sample, out);
            out.extend(values.iter().map(|&v| (reserved(v, i32::from(i8::MIN)) as i8).cast_unsigned()));
        }
        121..=32_000 => {
            descriptor(2, per_sample, out);
            out.extend(values.iter().flat_map(|&v| (reserved(v, i32::from(i16::MIN)) as i16).to_le_bytes()));
        }
        _ => {
            descriptor(3, per_sample, out);
            out.extend(values.iter().flat_map(|&v| v.to_le_bytes()));
        }
    }
}
