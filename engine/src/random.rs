//! Bytes that nobody can guess, for keys.

use std::path::Path;

use rustix::io::retry_on_intr;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::error::{Error, Result};

/// 32 bytes that nobody can guess. The kernel is asked itself, because an empty container has no `/dev/urandom`.
pub fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let mut have = 0;
    while let Some(missing) = bytes.get_mut(have..).filter(|rest| !rest.is_empty()) {
        have += retry_on_intr(|| getrandom(&mut *missing, GetRandomFlags::empty()))
            .map_err(|e| Error::io(Path::new("getrandom"), &e.into()))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_drawn_anew() {
        // A byte that is the same in all of 32 draws would happen once in 2^248 if it were drawn.
        let draws: Vec<[u8; 32]> = (0..32).map(|_| random().unwrap()).collect();
        for at in 0..32 {
            assert!(draws.iter().any(|draw| draw[at] != draws[0][at]), "byte {at}");
        }
    }
}
