//! This exists to measure what is promised in `docs/performance.md`, as ratios: both sides of each are
//! timed alternately in this one run, and the median of five pairs counts. An absolute time says more
//! about the machine than about the program.
//!
//! `cargo bench --workspace --bench ratios` prints one JSON line for each target; what goes on meanwhile goes to
//! standard error. `LINLI_BENCH_SCALE=0.02` makes everything smaller, `LINLI_BENCH_ONLY=P1,P6` leaves
//! the rest out.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod audit;
mod book;
#[path = "../../service/tests/common/mod.rs"]
mod common;
mod http;
mod machine;
mod measure;
mod network;
mod node;
mod rules;
mod tree;

use measure::Scale;

/// As in the programs (ADR 0028).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The names of targets, and what measures them.
type Measured = (&'static [&'static str], fn(Scale));

fn main() {
    let scale = Scale::of_environment();
    if let Some(transactions) = machine::scale_child() {
        return node::scaled(transactions);
    }
    eprintln!("{}", machine::words());
    let targets: [Measured; 7] = [
        (&["P1"], audit::run),
        (&["P3"], node::run),
        (&["P4", "P8"], network::run),
        (&["P5", "P11"], rules::run),
        (&["P6"], tree::run),
        (&["P7"], http::run),
        (&["P9"], node::run_scaled),
    ];
    for (names, run) in targets {
        if names.iter().any(|name| measure::is_wanted(name)) {
            run(scale);
        }
    }
}
