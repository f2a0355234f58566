//! Inflates a BGZF file and does nothing else: what reading it must cost at least.
//!
//! The same decompressor, checksums and hand-over of work as the product, and no more: threads take pieces of 2 MiB of
//! whole blocks in turn.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use libdeflater::Decompressor;
use shukei_benches::bgzf::{Room, inflate};

/// Compressed bytes read at a time.
const PIECE: usize = 2 << 20;

/// A file, and the cut block at the end of what was read of it.
struct Source {
    file: File,
    rest: Vec<u8>,
}

impl Source {
    /// The next piece: whole blocks into `piece`; false at the end of the file.
    fn next(&mut self, piece: &mut Vec<u8>) -> std::io::Result<bool> {
        piece.clear();
        piece.append(&mut self.rest);
        let want = (PIECE - piece.len()) as u64;
        let n = Read::by_ref(&mut self.file).take(want).read_to_end(piece)?;
        let mut whole = 0;
        while let Some(head) = piece[whole..].first_chunk::<18>() {
            let size = usize::from(u16::from_le_bytes([head[16], head[17]])) + 1;
            if piece.len() - whole < size {
                break;
            }
            whole += size;
        }
        if whole == 0 && !piece.is_empty() {
            return Err(std::io::Error::other("the file ends inside a block"));
        }
        self.rest.extend_from_slice(&piece[whole..]);
        piece.truncate(whole);
        Ok(n > 0 || whole > 0)
    }
}

/// Inflate a BGZF file, throw the bytes away, and say how many they were.
#[derive(Debug, Parser)]
struct Args {
    /// The file
    file: PathBuf,
    /// Threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() {
    let args = Args::parse();
    let (path, threads) = (args.file.display().to_string(), args.threads);
    let file = File::open(&path).unwrap_or_else(|e| stop(&path, &e.to_string()));
    let (source, made) = (Mutex::new(Source { file, rest: Vec::new() }), AtomicU64::new(0));
    let work = || {
        let (mut decompressor, mut piece, mut room) =
            (Decompressor::new(), Vec::with_capacity(PIECE), Box::new([0; size_of::<Room>()]));
        loop {
            let more = source.lock().unwrap_or_else(|e| stop(&path, &e.to_string())).next(&mut piece);
            if !more.unwrap_or_else(|e| stop(&path, &e.to_string())) {
                break;
            }
            let (_, n) = inflate(&mut decompressor, &piece, &mut room).unwrap_or_else(|e| stop(&path, &e));
            made.fetch_add(n as u64, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    println!("{{\"bytes\":{}}}", made.into_inner());
}

fn stop(path: &str, error: &str) -> ! {
    eprintln!("{path}: {error}");
    std::process::exit(1);
}
