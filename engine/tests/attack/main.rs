//! Attacks on the disclosure rules by adversaries who know everything but the genotypes.
//!
//! `SHUKEI_FULL=1` enumerates more and larger requests (release profile) and prints the figures.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod attacker;
mod behind;
mod best;
mod draw;
mod lp;
mod margins;
mod model;
mod part;
mod plan;
mod print;
mod random;
mod real;
mod releases;
mod same;
mod score;
mod several;
mod single_cells;
mod single_file;
mod single_set;
mod single_tables;
mod solver;
mod system;
mod tables;
mod tree;
mod utility;
mod witness;
mod world;
