//! What must hold for any cohort, and that the step in use decides as the plain one. The attackers are in `tests/attack`.

mod plain;
mod properties;
mod same;
mod world;
