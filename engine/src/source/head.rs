//! Opening an input: container, format, header and index, everything checked before a genotype is read.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::container::{self, ChunkReader, Container, Stream};
use super::header::Header;
use super::index::Index;
use crate::error::{Error, Result};
use crate::text;

/// VCF text or BCF records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Vcf,
    Bcf,
}

/// Bytes of a header beyond which something is wrong.
const HEADER_LIMIT: usize = 256 << 20;

/// A cohort file that was opened and whose header and index were read.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) container: Container,
    pub(crate) format: Format,
    pub(crate) header: Header,
    /// Uncompressed bytes before the first record.
    pub(crate) records_at: u64,
    pub(crate) index: Option<Index>,
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    /// BLAKE3 of header, index and the first and last 64 KiB.
    pub(crate) digest: String,
}

impl Input {
    /// Opens a file; `stale_ok` accepts an index that is older than its file.
    pub(crate) fn open(path: &Path, stale_ok: bool) -> Result<Self> {
        Self::open_inner(path, stale_ok)
            .map_err(|e| if e.place().is_empty() { e.at(path.display(), "") } else { e })
    }

    fn open_inner(path: &Path, stale_ok: bool) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(|e| Error::io(path, &e))?;
        if meta.is_dir() {
            return Err(Error::input(text!(
                "this is a directory; name the VCF or BCF files in it",
                "ディレクトリです。中の VCF/BCF ファイルを指定してください"
            )));
        }
        if meta.len() == 0 {
            return Err(Error::input(text!("the file is empty", "ファイルが空です")));
        }
        let container = container::sniff(path)?;
        if container == Container::Bgzf {
            container::check_end(path)?;
        }
        let (format, source, records_at) = read_header(path, container)?;
        let header = Header::parse(&source).map_err(|e| e.at(path.display(), ""))?;
        let modified = meta.modified().map_err(|e| Error::io(path, &e))?;
        let index = match container {
            Container::Bgzf => Index::find(path, format, modified, stale_ok)?,
            Container::Gzip | Container::Plain => None,
        };
        let digest = digest(path, &source, index.as_ref(), meta.len())?;
        let path = path.to_owned();
        Ok(Self { path, container, format, header, records_at, index, size: meta.len(), modified, digest })
    }

    /// A reader of everything after the header.
    pub(crate) fn records(&self) -> Result<ChunkReader> {
        ChunkReader::open_at(&self.path, self.container, (0, self.records_at))
    }

    /// An error when the file is no longer the one that was opened: its columns may stand for other people.
    pub(crate) fn unchanged(&self) -> Result<()> {
        let meta = std::fs::metadata(&self.path).map_err(|e| Error::io(&self.path, &e))?;
        if meta.len() == self.size && meta.modified().is_ok_and(|time| time == self.modified) {
            return Ok(());
        }
        Err(Error::input(text!(
            "the file changed while it was being read; run this again when nobody writes to it",
            "読み込みの途中でファイルが変更されました。書き込みが終わってからやり直してください"
        ))
        .at(self.path.display(), ""))
    }

    /// The file's place in messages.
    pub(crate) fn place(&self) -> std::path::Display<'_> {
        self.path.display()
    }
}

/// Reads the header text; returns it with the uncompressed offset of the first record.
fn read_header(path: &Path, container: Container) -> Result<(Format, Vec<u8>, u64)> {
    let mut stream = Stream::open(path, container)?;
    let (mut bytes, mut searched) = (Vec::new(), 0);
    loop {
        let more = bytes.len() < HEADER_LIMIT && stream.more(&mut bytes)?;
        if bytes.len() >= 9 && bytes.starts_with(b"BCF") {
            if let Some(header) = bcf_header(&bytes)? {
                return Ok(header);
            }
        } else if let Some(end) = vcf_header_end(&bytes, &mut searched) {
            bytes.truncate(end);
            return Ok((Format::Vcf, bytes, end as u64));
        }
        let hopeless = bytes.len() >= 3 && !bytes.starts_with(b"BCF") && bytes[0] != b'#';
        if !more || hopeless {
            return Err(Error::input(text!(
                "not a VCF or BCF file, or its header is not complete (a `#CHROM` line is expected)",
                "VCF/BCF ファイルではないか、ヘッダーが途中で切れています（`#CHROM` 行が必要です）"
            ))
            .at(path.display(), ""));
        }
    }
}

fn bcf_header(bytes: &[u8]) -> Result<Option<(Format, Vec<u8>, u64)>> {
    if bytes[3] != 2 {
        let (major, minor) = (bytes[3], bytes[4]);
        return Err(Error::input(text!(
            "BCF version {major}.{minor} is not read; convert it to BCF 2 (bcftools view -Ob)",
            "BCF バージョン {major}.{minor} には対応していません。BCF 2 に変換してください（bcftools view -Ob）"
        )));
    }
    let length = u32::from_le_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) as usize;
    let end = 9 + length;
    if bytes.len() < end {
        return Ok(None);
    }
    let header = &bytes[9..end];
    let text_end = header.iter().position(|&b| b == 0).unwrap_or(header.len());
    Ok(Some((Format::Bcf, header[..text_end].to_vec(), end as u64)))
}

/// One past the newline of the `#CHROM` line; `searched` remembers how far it cannot begin.
fn vcf_header_end(bytes: &[u8], searched: &mut usize) -> Option<usize> {
    let mark = b"\n#CHROM";
    if !bytes.starts_with(&mark[1..]) {
        let Some(found) = memchr::memmem::find(&bytes[*searched..], mark) else {
            *searched = bytes.len().saturating_sub(mark.len());
            return None;
        };
        *searched += found;
    }
    let line = *searched + 1;
    memchr::memchr(b'\n', &bytes[line..]).map(|n| line + n + 1)
}

fn digest(path: &Path, header: &[u8], index: Option<&Index>, size: u64) -> Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    const EDGE: u64 = 64 << 10;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&size.to_le_bytes()).update(header);
    if let Some(index) = index {
        hasher.update(index.digest.as_bytes());
    }
    let mut read = || -> std::io::Result<()> {
        let mut file = std::fs::File::open(path)?;
        let mut edge = Vec::new();
        (&mut file).take(EDGE).read_to_end(&mut edge)?;
        file.seek(SeekFrom::Start(size.saturating_sub(EDGE)))?;
        file.take(EDGE).read_to_end(&mut edge)?;
        hasher.update(&edge);
        Ok(())
    };
    read().map_err(|e| Error::io(path, &e))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Where a reader begins in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// After the header.
    Records,
    /// At a virtual position of a BGZF file: block offset and offset inside it.
    Virtual(u64, u64),
}

impl Input {
    /// A reader from `begin`, of the file or of a copy of it.
    pub(crate) fn open_at(&self, begin: Begin, copy: Option<std::fs::File>) -> Result<ChunkReader> {
        let place = match begin {
            Begin::Records => (0, self.records_at),
            Begin::Virtual(offset, skip) => (offset, skip),
        };
        match copy {
            None => ChunkReader::open_at(&self.path, self.container, place),
            Some(copy) => ChunkReader::over(copy, &self.path, self.container, place),
        }
    }
}

/// Virtual position of the first record, and whether there is one.
pub(super) fn first_record(path: &Path) -> Result<(u64, bool)> {
    let (_, _, mut left) = read_header(path, Container::Bgzf)?;
    let mut offset = 0;
    let size = container::check_end(path)?;
    while offset < size {
        let (compressed, uncompressed) = container::block_sizes(path, offset)?;
        if uncompressed > left {
            return Ok(((offset << 16) | left, true));
        }
        left -= uncompressed;
        offset += compressed;
    }
    Ok(((size - 28) << 16, false))
}
