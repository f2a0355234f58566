//! Copies of released files: made before anything gets its name, readable by all who use the ledger.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::entry::FileRecord;
use crate::error::{Error, Result};
use crate::text;
use crate::write::{Finished, file};

/// Refuses an archive that already holds a release of this name: its ledger is then older than the archive is, an old copy
/// that was put back, and earlier releases are missing from it.
pub(super) fn free(archive: &Path, id: &str) -> Result<()> {
    let dir = archive.join(id);
    if !dir.exists() {
        return Ok(());
    }
    Err(Error::refused(text!(
        "the archive already holds {id}, which the ledger does not know: an old copy of the ledger was put back, or the archive \
         belongs to another one; nothing is released until an operator has restored the newest ledger or named its archive",
        "台帳にない {id} がすでに保管されています。古い台帳が戻されたか、別の台帳の保管場所です。管理者が最新の台帳を復元するか正しい保管場所を指定するまで、公開できません"
    ))
    .at(dir.display(), ""))
}

/// Makes the directory of a release. Where the group of the archive may write, because several people use it, it may read:
/// every later release of the same people is judged by these files.
pub(super) fn make(archive: &Path, id: &str) -> Result<PathBuf> {
    free(archive, id)?;
    let dir = archive.join(id);
    let made = || {
        if !archive.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(archive)?;
            if archive.parent().is_some_and(shared) {
                std::fs::set_permissions(archive, Permissions::from_mode(0o2770))?;
            }
        }
        DirBuilder::new().mode(0o700).create(&dir)?;
        let mode = if shared(archive) { 0o2750 } else { 0o700 };
        std::fs::set_permissions(&dir, Permissions::from_mode(mode))
    };
    made().map_err(|e| failed(&dir, &e))?;
    Ok(dir)
}

fn shared(dir: &Path) -> bool {
    std::fs::metadata(dir).is_ok_and(|meta| meta.mode() & 0o020 != 0)
}

fn failed(path: &Path, e: &std::io::Error) -> Error {
    Error::io(path, e).on(text!("archive (nothing is released)", "保管（公開は行いません）"))
}

/// Copies files and audit into the directory, each checked against its digest on the way and put on disk.
pub(super) fn keep(dir: &Path, files: &[Finished], audit: &[u8]) -> Result<Vec<FileRecord>> {
    let mode = if std::fs::metadata(dir).is_ok_and(|m| m.mode() & 0o040 != 0) { 0o640 } else { 0o600 };
    let mut records = Vec::new();
    for finished in files {
        let to = dir.join(&finished.name);
        let copied = copy(&finished.path, &to, mode).map_err(|e| failed(&to, &e))?;
        if copied != finished.blake3 {
            return Err(Error::input(text!(
                "the copy is not the file that was written; nothing is released",
                "コピーが元のファイルと一致しません。公開は行いません"
            ))
            .at(to.display(), ""));
        }
        records.push(FileRecord { name: finished.name.clone(), bytes: finished.bytes, blake3: copied });
    }
    let to = dir.join("audit.json");
    let put = || {
        let mut written = create(&to, mode)?;
        written.write_all(audit)?;
        written.sync_all()
    };
    put().map_err(|e| failed(&to, &e))?;
    let blake3 = blake3::hash(audit).to_hex().to_string();
    records.push(FileRecord { name: "audit.json".to_owned(), bytes: audit.len() as u64, blake3 });
    file::sync_dir(dir)?;
    Ok(records)
}

/// A new file with this mode, whatever the umask is.
fn create(to: &Path, mode: u32) -> std::io::Result<File> {
    let file = OpenOptions::new().create_new(true).write(true).open(to)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// Copies a file and gives the digest of what was read back from the copy.
fn copy(from: &Path, to: &Path, mode: u32) -> std::io::Result<String> {
    let mut out = create(to, mode)?;
    std::io::copy(&mut BufReader::new(File::open(from)?), &mut out)?;
    out.sync_all()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(to)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}
