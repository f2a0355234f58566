//! The platform's ed25519 keys, in files of one line each.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::error::{Error, Result};
use crate::random::random;
use crate::text;

const PUBLIC: &str = "ed25519-public:";
const SECRET: &str = "ed25519-secret:";

/// The key that proves who signed; anybody may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The key that signs. It stays with the platform's office.
pub struct SecretKey(SigningKey);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl PublicKey {
    /// Reads the file that [`generate`] made.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, &e).into_refusal())?;
        let key = bytes(&text, PUBLIC).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        // Under a weak key one signature fits many documents.
        key.filter(|key| !key.is_weak()).map(Self).ok_or_else(|| {
            Error::refused(text!(
                "not a public key: expected one line `{PUBLIC}…`; `shukei permit keygen` writes one",
                "公開鍵として読めません。「{PUBLIC}…」の1行が必要です。`shukei permit keygen` で作成できます"
            ))
            .at(path.display(), "")
        })
    }

    /// A short name of the key: the first 16 digits of its BLAKE3.
    #[must_use]
    pub fn id(&self) -> String {
        blake3::hash(self.0.as_bytes()).to_hex()[..16].to_owned()
    }

    /// Whether `signature` (base64) is this key's over `bytes`.
    pub(super) fn signed(&self, bytes: &[u8], signature: &str) -> bool {
        let decoded = BASE64.decode(signature).ok().and_then(|raw| Signature::from_slice(&raw).ok());
        decoded.is_some_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }
}

impl SecretKey {
    /// Reads the file that [`generate`] made; refuses one that others can read.
    pub fn read(path: &Path) -> Result<Self> {
        let io = |e: std::io::Error| Error::io(path, &e);
        let mut file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
            return Err(Error::refused(text!(
                "others can read this secret key; chmod 600 it, and if they may have read it make a new one",
                "秘密鍵をほかの利用者が読める状態です。chmod 600 を実行し、読まれたおそれがあれば鍵を作り直してください"
            ))
            .at(path.display(), ""));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io)?;
        let key = bytes(&text, SECRET).map(|bytes| Self(SigningKey::from_bytes(&bytes)));
        key.ok_or_else(|| {
            Error::input(text!(
                "not a secret key: expected one line `{SECRET}…`; `shukei permit keygen` writes one",
                "秘密鍵として読めません。「{SECRET}…」の1行が必要です。`shukei permit keygen` で作成できます"
            ))
            .at(path.display(), "")
        })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature over `bytes`, in base64.
    pub(super) fn sign(&self, bytes: &[u8]) -> String {
        BASE64.encode(self.0.sign(bytes).to_bytes())
    }
}

/// Makes a new pair: `NAME.key`, readable by its owner alone, and `NAME.pub`. Neither may be there before.
pub fn generate(name: &Path) -> Result<(PathBuf, PathBuf, PublicKey)> {
    let seed = random()?;
    let secret = SecretKey(SigningKey::from_bytes(&seed));
    let public = secret.public();
    let id = public.id();
    let with = |extension: &str| {
        let mut path = name.as_os_str().to_owned();
        path.push(extension);
        PathBuf::from(path)
    };
    let (key_file, public_file) = (with(".key"), with(".pub"));
    let line = |what, prefix, bytes: &[u8]| {
        format!("# shukei {what} key, id {id}\n{prefix}{}\n", BASE64.encode(bytes))
    };
    create(&key_file, 0o600, &line("SECRET", SECRET, &seed))?;
    if let Err(error) = create(&public_file, 0o644, &line("public", PUBLIC, public.0.as_bytes())) {
        // Half a pair is of no use; the file is ours, made a moment ago.
        let _ = std::fs::remove_file(&key_file);
        return Err(error);
    }
    Ok((key_file, public_file, public))
}

fn create(path: &Path, mode: u32, text: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|e| Error::io(path, &e))
}

/// The 32 bytes of the one line that is not a comment.
fn bytes(text: &str, prefix: &str) -> Option<[u8; 32]> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().filter(|_| lines.next().is_none())?;
    BASE64.decode(line.strip_prefix(prefix)?).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_signs_and_verifies_and_the_secret_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let (key, public, id) = generate(&dir.path().join("office.2026")).unwrap();
        assert!(key.ends_with("office.2026.key") && public.ends_with("office.2026.pub"));
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let (secret, read) = (SecretKey::read(&key).unwrap(), PublicKey::read(&public).unwrap());
        assert_eq!(read.id(), id.id());
        let signature = secret.sign(b"abc");
        assert!(read.signed(b"abc", &signature));
        assert!(!read.signed(b"abd", &signature) && !read.signed(b"abc", "") && !read.signed(b"abc", "AAAA"));
        assert!(!format!("{secret:?}").contains(&BASE64.encode(secret.0.as_bytes())));
        assert!(generate(&dir.path().join("office.2026")).is_err(), "never overwritten");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(SecretKey::read(&key).unwrap_err().exit_code(), 5);
    }

    #[test]
    fn one_half_is_not_taken_for_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let (key, public, _) = generate(&dir.path().join("k")).unwrap();
        assert_eq!(PublicKey::read(&key).unwrap_err().exit_code(), 5);
        std::fs::set_permissions(&public, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(SecretKey::read(&public).is_err());
        assert_eq!(PublicKey::read(&dir.path().join("none")).unwrap_err().exit_code(), 5);
        // The neutral element: everything is signed by it.
        let mut weak = [0; 32];
        weak[0] = 1;
        std::fs::write(&public, format!("{PUBLIC}{}\n", BASE64.encode(weak))).unwrap();
        assert!(PublicKey::read(&public).is_err());
    }

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn a_known_signature() {
        let hex = |s: &str| -> Vec<u8> {
            (0..s.len() / 2).map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16).unwrap()).collect()
        };
        let seed: [u8; 32] =
            hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").try_into().unwrap();
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(SecretKey(SigningKey::from_bytes(&seed)).sign(&[0x72]), BASE64.encode(hex(expected)));
    }
}
