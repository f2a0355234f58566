//! Files that are there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result};

/// The directory of a file.
pub(crate) fn directory(path: &Path) -> &Path {
    path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file under a temporary name, syncs it, and renames it into place (mode 0600).
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let dir = directory(path);
    let mut temporary =
        tempfile::Builder::new().prefix(".tmp-").tempfile_in(dir).map_err(|e| Error::io(dir, &e))?;
    let written = temporary.write_all(bytes).and_then(|()| temporary.as_file().sync_all());
    written.map_err(|e| Error::io(path, &e))?;
    temporary.persist(path).map_err(|e| Error::io(path, &e.error))?;
    sync_dir(dir)
}

/// Creates a new private file for writing.
pub(crate) fn create(path: &Path) -> Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| Error::io(path, &e))
}

/// Locks a file until it is closed; file systems without locks (Lustre mounted without `flock`) are let be.
pub(crate) fn lock(file: &File) -> std::io::Result<()> {
    match file.lock() {
        Err(e) if e.kind() == std::io::ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

/// Makes renames in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| Error::io(dir, &e))
}

/// A file that is being written, and the BLAKE3 of what reached it.
pub(crate) struct Hashing {
    pub(crate) file: File,
    hash: blake3::Hasher,
    pub(crate) bytes: u64,
}

impl Hashing {
    /// Behind a buffer large enough for BLAKE3 to use vectors.
    pub(crate) fn buffered(file: File) -> BufWriter<Self> {
        BufWriter::with_capacity(1 << 18, Self { file, hash: blake3::Hasher::new(), bytes: 0 })
    }

    pub(crate) fn digest(&self) -> blake3::Hash {
        self.hash.finalize()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
