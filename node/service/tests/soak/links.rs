//! This exists to cut and spoil the links of validators in one process, to set their clocks wrong, and to make their
//! disks slow.

use crate::common::load::Random;
use crate::common::town::{GUARD, OBSERVER, Town, VALIDATORS, network};
use linli_ledger::block::BlockTransaction;
use linli_ledger::types::{HOUR_MS, Height, TransactionId};
use linli_service::{Final, Live, LiveOptions, Syncs, Ticket};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a trouble lasts at least where it is in the way of some answer.
const LASTS: Duration = Duration::from_secs(3);

/// What each validator's clock is wrong by, in milliseconds, and an hour more.
static AHEAD: [AtomicU64; VALIDATORS] = [const { AtomicU64::new(HOUR_MS) }; VALIDATORS];

fn clock<const N: usize>() -> u64 {
    linli_node::milliseconds_since_epoch() + AHEAD[N].load(Ordering::Relaxed) - HOUR_MS
}

/// How long each sync of a node's disk takes at most, in milliseconds, beside what it takes.
static SLOW: [AtomicU64; OBSERVER + 1] = [const { AtomicU64::new(0) }; OBSERVER + 1];

/// A disk that is slow when told so.
fn disk(n: usize) -> Syncs {
    let random = Mutex::new(Random(n as u64 + 1));
    Syncs::told(move |_| {
        let most = SLOW[n].load(Ordering::Relaxed);
        if most > 0 {
            let takes = random.lock().unwrap().below(most);
            // The time is the thing itself here: this is the disk.
            thread::park_timeout(Duration::from_millis(takes));
        }
    })
}

const CLOCKS: [fn() -> u64; VALIDATORS] = [clock::<0>, clock::<1>, clock::<2>, clock::<3>];

/// What happens to whom.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// So many messages in a thousand are lost on each link.
    Loses(u64),
    /// Nobody hears it and it hears nobody.
    Alone(usize),
    /// It and the next one are on one side, the other two on the other: nothing is decided.
    Halves(usize),
    /// It hears everybody, and nobody hears it.
    Mute(usize),
    /// Its clock is an hour ahead or behind.
    Skewed(usize, Skew),
    /// Each sync of its disk takes up to so many milliseconds more.
    Slow(usize, u64),
    /// So do those of all disks.
    AllSlow(u64),
    /// It ends in peace and is started again.
    Restarted(usize),
}

#[derive(Clone, Copy, Debug)]
enum Skew {
    Ahead,
    Behind,
}

impl Trouble {
    fn of(random: &mut Random) -> Self {
        let (kind, validator) = (random.below(10), index(random, VALIDATORS));
        match kind {
            0 => Self::Loses(50),
            1 => Self::Loses(200),
            2 => Self::Alone(validator),
            3 => Self::Halves(validator),
            4 => Self::Mute(validator),
            5 => Self::Skewed(validator, Skew::Ahead),
            6 => Self::Skewed(validator, Skew::Behind),
            7 => Self::Slow(index(random, OBSERVER + 1), 20 + random.below(180)),
            8 => Self::AllSlow(20 + random.below(60)),
            _ => Self::Restarted(validator),
        }
    }

    fn begin(self, town: &mut Town) {
        let others = |some: &[usize]| (0..=OBSERVER).filter(|n| !some.contains(n)).collect();
        match self {
            Self::Loses(in_a_thousand) => town.hub.lose(in_a_thousand),
            Self::Alone(n) => town.cut_off(n),
            Self::Halves(n) => {
                let half = [n, (n + 1) % VALIDATORS];
                let others: Vec<_> = others(&half);
                town.part(&half, &others);
            }
            Self::Mute(n) => {
                let others: Vec<_> = others(&[n]);
                for other in others {
                    town.hub.cut(network(n).public(), network(other).public());
                }
            }
            Self::Skewed(n, skew) => {
                let ahead = match skew {
                    Skew::Ahead => 2 * HOUR_MS,
                    Skew::Behind => 0,
                };
                AHEAD[n].store(ahead, Ordering::Relaxed);
            }
            Self::Slow(n, most) => SLOW[n].store(most, Ordering::Relaxed),
            Self::AllSlow(most) => SLOW.iter().for_each(|slow| slow.store(most, Ordering::Relaxed)),
            Self::Restarted(n) => town.restart(n),
        }
    }

    /// Links, clocks and disks are as they should be.
    fn end(town: &Town) {
        town.hub.heal_all();
        town.hub.lose(0);
        for ahead in &AHEAD {
            ahead.store(HOUR_MS, Ordering::Relaxed);
        }
        for slow in &SLOW {
            slow.store(0, Ordering::Relaxed);
        }
    }

    /// Where nobody submits: a node whose clock is wrong may find what it gets too old or too new.
    fn shuns(self, n: usize) -> bool {
        matches!(self, Self::Skewed(skewed, _) if skewed == n)
    }
}

fn index(random: &mut Random, limit: usize) -> usize {
    usize::try_from(random.below(limit as u64)).unwrap()
}

/// A network in this process, and what it has said.
pub(crate) struct Links {
    town: Town,
    rounds: u64,
    acknowledged: u64,
    /// The longest from the end of a trouble until everything is final on all nodes.
    resumed: Duration,
}

impl Links {
    pub(crate) fn start() -> Self {
        let town = Town::with(|n, options| {
            let clock = CLOCKS.get(n).copied().unwrap_or(options.clock);
            LiveOptions { clock, syncs: disk(n), ..options }
        });
        Self { town, rounds: 0, acknowledged: 0, resumed: Duration::ZERO }
    }

    pub(crate) fn round(&mut self, number: &str, random: &mut Random) {
        let trouble = Trouble::of(random);
        let at: Vec<_> = (0..4 + random.below(16)).map(|_| index(random, OBSERVER + 1)).collect();
        eprintln!("{number}: with {} submitted: {trouble:?}", at.len());
        let town = &mut self.town;
        trouble.begin(town);
        let mut waiting: Vec<(TransactionId, Ticket)> = Vec::new();
        for n in at.into_iter().filter(|n| !trouble.shuns(*n)) {
            let transaction = town.register(n);
            waiting.push((transaction.id(), town.submit(n, &transaction)));
        }
        let (begun, mut done) = (Instant::now(), Vec::new());
        waiting.retain_mut(|(id, ticket)| {
            let answer = town.answer(ticket, LASTS.saturating_sub(begun.elapsed()));
            let is_open = answer.is_none();
            done.extend(answer.map(|answer| (*id, answer)));
            is_open
        });
        Trouble::end(town);
        let ended = Instant::now();
        for (id, mut ticket) in waiting {
            done.push((id, town.answer(&mut ticket, GUARD).expect("it goes on")));
        }
        let highest = done.iter().map(|(_, answer)| answer.height).max();
        town.until(highest.unwrap_or(Height(0)));
        self.resumed = self.resumed.max(ended.elapsed());
        self.rounds += 1;
        self.check(&done);
    }

    /// One head everywhere, and below it at every node all that was acknowledged.
    fn check(&mut self, done: &[(TransactionId, Box<Final>)]) {
        let head = |node: &Live| node.health().head.hash;
        self.town
            .until_true(|town| town.nodes.windows(2).all(|pair| head(&pair[0]) == head(&pair[1])));
        for (id, answer) in done {
            assert_eq!(answer.receipt.rejection(), None, "every transaction here is good");
            for (n, node) in self.town.nodes.iter().enumerate() {
                let block = node.blocks(answer.height, answer.height).unwrap().pop().unwrap();
                let at = usize::try_from(answer.index).unwrap();
                let there = match &block.block.transactions[at] {
                    BlockTransaction::Full(signed) => signed.id() == *id,
                    BlockTransaction::Withheld(_) => false,
                };
                assert!(
                    there,
                    "{id:?} was acknowledged in block {} and node {n} has it not",
                    answer.height
                );
            }
        }
        self.acknowledged += done.len() as u64;
    }

    pub(crate) fn end(self) {
        self.town.stop();
    }
}

impl fmt::Display for Links {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, acknowledged, resumed, town } = self;
        let height = town.nodes[0].health().head.height;
        write!(to, "links: {rounds} troubles, {acknowledged} acknowledged in {height} blocks, ")?;
        write!(to, "at most {} ms after one has ended", resumed.as_millis())
    }
}
