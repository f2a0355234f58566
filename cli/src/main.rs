//! The `shukei` command: arguments to requests, errors to messages and exit codes.
//!
//! stdout carries one machine-readable line, stderr everything else. Exit codes: 0 done, 1 input or machine, 2 usage,
//! 5 refused by policy or permit.

mod args;
mod clock;
mod config;
mod demo;
mod freq;
mod job;
mod ledger;
mod permit;
mod progress;
mod report;
mod simulate;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use report::Reporter;

/// Tables of people and units of counts are many small pieces of memory: with this allocator a GT-only cohort takes 6 % less
/// time than with glibc's, and a static binary does not depend on musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let code = u8::from(error.use_stderr()) * 2;
            // Printing help to a closed pipe is nobody's problem.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let reporter = Reporter::new(&args.global);
    let result = match &args.command {
        Command::Freq(command) => freq::run(&args.global, command, &reporter),
        Command::Plan(command) => job::plan(&args.global, command, &reporter),
        Command::Tally(command) => job::tally(&args.global, command, &reporter),
        Command::Submit(command) => job::submit(&args.global, command, &reporter),
        Command::Status(command) => job::status(&args.global, command, &reporter),
        Command::Release(command) => job::release(&args.global, command, &reporter),
        Command::Ledger(command) => ledger::run(&args.global, command, &reporter),
        Command::Demo(command) => demo::run(&args.global, command, &reporter),
        Command::Permit(command) => permit::run(&args.global, command, &reporter),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            reporter.problems(&problems);
            ExitCode::from(problems.exit_code())
        }
    }
}
