//! The command against files: one binary for all integration tests.

mod broken;
mod counting;
mod data_sites;
mod invariance;
mod japanese;
mod job;
mod ledger;
mod permit;
mod platform;
mod regions;
mod releases;
mod silence;
mod statistics;
mod support;
mod truth;
