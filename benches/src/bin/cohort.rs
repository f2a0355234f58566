//! Makes a benchmark cohort: see `shukei_benches::cohort`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use shukei_benches::cohort::{Shape, Spec, write};

/// Make a cohort of invented people: cohort.vcf.gz, cohort.bcf and samples.tsv. The same seed makes the same bytes.
#[derive(Debug, Parser)]
struct Args {
    /// What stands in the sample columns
    shape: ShapeArg,
    /// People, one sample each
    #[arg(long, default_value_t = 23_211)]
    samples: usize,
    /// Records
    #[arg(long, default_value_t = 30_000)]
    variants: usize,
    /// Another seed makes another cohort
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Directory; made if it is not there
    #[arg(short, long)]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShapeArg {
    /// Phased GT
    Gt,
    /// Unphased GT:AD:DP:GQ:PL
    Rich,
}

fn main() -> ExitCode {
    let (args, start) = (Args::parse(), Instant::now());
    let shape = match args.shape {
        ShapeArg::Gt => Shape::Gt,
        ShapeArg::Rich => Shape::Rich,
    };
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
    let spec = Spec { shape, samples: args.samples, records: args.variants, seed: args.seed };
    let made = std::fs::create_dir_all(&args.out).and_then(|()| {
        let made = write(&spec, threads, &args.out)?;
        let size = |name| std::fs::metadata(args.out.join(name)).map(|m| m.len());
        Ok((made, size("cohort.vcf.gz")?, size("cohort.bcf")?))
    });
    match made {
        Ok((made, vcf, bcf)) => {
            let (text, binary, records) = (made.text, made.binary, args.variants);
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{{\"records\":{records},\"text_bytes\":{text},\"binary_bytes\":{binary},\"vcf_bytes\":{vcf},\
                 \"bcf_bytes\":{bcf},\"seconds\":{seconds:.1}}}"
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}: {error}", args.out.display());
            ExitCode::FAILURE
        }
    }
}
