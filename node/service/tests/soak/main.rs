//! What the tests of a network do, at length: `cargo soak --seed 7 --minutes 60`.
//!
//! Two networks of four validators take turns. One is of real processes on loopback under load: killed, stopped, on
//! slow disks, buried in junk, and once 50 000 transactions behind; the other is in this process, on links that are cut
//! and lossy, with clocks that are wrong and disks that are slow. The seed says what happens in which order. After each
//! round nothing acknowledged is lost, there is one block at each height, and all heads are equal. A line a minute
//! says how far it is; what each round does goes to standard error before it begins. `LINLI_FLOOD` says how many
//! pieces of junk come in each time.
//!
//! Without `--minutes` it does nothing, so that it is built with the other tests and takes none of their time.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a test")]
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod flood;
mod links;
mod processes;

use common::load::Random;
use links::Links;
use processes::Processes;
use std::env;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_mins(1);

fn main() {
    let arguments: Vec<_> = env::args().collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        let value = arguments.get(at + 1).and_then(|value| value.parse::<u64>().ok());
        Some(value.unwrap_or_else(|| panic!("{name} needs a number from 1 on")))
    };
    match number("--minutes") {
        None => println!("soak: not asked for; cargo soak --seed 7 --minutes 60"),
        Some(minutes) => soak(number("--seed").unwrap_or(0x6c69_6e6c_6921), minutes),
    }
}

fn soak(seed: u64, minutes: u64) {
    assert!(seed > 0, "--seed needs a number from 1 on");
    println!("soak: seed {seed}, {minutes} minutes");
    let (mut random, begun) = (Random(seed), Instant::now());
    let (mut processes, mut links) = (Processes::start(), Links::start());
    let (mut rounds, mut told) = (0_u64, 0_u64);
    while begun.elapsed() < MINUTE * u32::try_from(minutes).unwrap() {
        rounds += 1;
        let number = format!("soak: seed {seed}, round {rounds}");
        if rounds % 2 == 1 {
            processes.round(&number, &mut random);
        } else {
            links.round(&number, &mut random);
        }
        let minute = begun.elapsed().as_secs() / MINUTE.as_secs();
        if minute > told {
            told = minute;
            println!("soak: minute {minute}, {rounds} rounds; {processes}; {links}");
        }
    }
    println!("soak: ended well, {rounds} rounds; {processes}; {links}");
    processes.end();
    links.end();
    println!("soak: ok, audit ok at each process");
}
