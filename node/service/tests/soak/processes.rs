//! This exists to kill and stop real processes while offices submit at all of them.

use crate::common::load::{Acknowledged, DESKS, Random, chain, load, wait_for_some};
use crate::common::processes::{Desk, Town};
use linli_ledger::types::{BlockHash, Height};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long nothing is decided where nothing can be.
const QUIET: Duration = Duration::from_secs(3);

/// What happens to whom.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// It is killed as by a power cut; the others go on.
    Killed(usize),
    /// Two are killed, so that nothing is decided until one of them is back.
    Halted(usize, usize),
    /// It is stopped in the middle of whatever it does, and goes on later as if no time had passed.
    Stopped(usize),
}

impl Trouble {
    fn of(random: &mut Random) -> Self {
        let mut one = || usize::try_from(random.below(4)).unwrap();
        let (kind, victim, other) = (one(), one(), one());
        match kind {
            0 if victim != other => Self::Halted(victim, other),
            0 | 1 => Self::Killed(victim),
            _ => Self::Stopped(victim),
        }
    }
}

/// A network of real processes, and what it has said.
pub(crate) struct Processes {
    town: Town,
    desks: Vec<Desk>,
    /// The last block that was checked.
    checked: (Height, BlockHash),
    kills: u64,
    halts: u64,
    stops: u64,
    acknowledged: usize,
    /// The longest from the return of a quorum until something is final.
    resumed: Duration,
}

impl Processes {
    pub(crate) fn start() -> Self {
        let mut town = Town::new(4);
        town.start_all();
        let desk = |(label, position)| Desk::new(label, position, &town.genesis);
        let desks = DESKS.into_iter().map(desk).collect();
        let checked = town.wait_for_one_head();
        let resumed = Duration::ZERO;
        Self { town, desks, checked, kills: 0, halts: 0, stops: 0, acknowledged: 0, resumed }
    }

    pub(crate) fn round(&mut self, number: &str, random: &mut Random) {
        let trouble = Trouble::of(random);
        // Now and then it lasts long enough that the others give it up.
        let (before, long) = (random.below(40), random.below(4) == 0);
        let during = (1 + random.below(12)) * if long { 16 } else { 1 };
        eprintln!("{number}: after {before} for {during}: {trouble:?}");
        let (stop, acknowledged) = (AtomicBool::new(false), Acknowledged::default());
        let (apis, town) = (self.town.apis.clone(), &mut self.town);
        thread::scope(|scope| {
            let (tell, heard) = channel();
            for (turn, desk) in self.desks.iter_mut().enumerate() {
                let (mut apis, tell) = (apis.clone(), tell.clone());
                apis.rotate_left(turn);
                let (stop, acknowledged) = (&stop, &acknowledged);
                scope.spawn(move || load(desk, &apis, stop, acknowledged, &tell));
            }
            wait_for_some(before, &heard);
            let resumed = happens(town, trouble, during, &heard);
            self.resumed = self.resumed.max(resumed);
            wait_for_some(8, &heard);
            stop.store(true, Ordering::Relaxed);
        });
        match trouble {
            Trouble::Killed(_) => self.kills += 1,
            Trouble::Halted(..) => (self.kills, self.halts) = (self.kills + 2, self.halts + 1),
            Trouble::Stopped(_) => self.stops += 1,
        }
        self.check(&acknowledged);
    }

    /// One head, the same blocks everywhere since the last check, and in them all that was acknowledged.
    fn check(&mut self, acknowledged: &Acknowledged) {
        let head = self.town.wait_for_one_head();
        let from = Height(self.checked.0.0.max(1));
        let chains: Vec<_> = (0..4).map(|n| chain(&self.town, n, from)).collect();
        assert!(chains.windows(2).all(|pair| pair[0] == pair[1]), "one block at each height");
        if self.checked.0 == from {
            assert_eq!(chains[0][&from].0, self.checked.1, "the last head is in the chain");
        }
        assert_eq!(chains[0][&head.0].0, head.1, "what a node says is its head lies on its disk");
        let acknowledged = acknowledged.0.lock().unwrap();
        for (id, height) in acknowledged.iter() {
            assert!(chains[0][height].1.contains(id), "{id:?} was acknowledged in block {height}");
        }
        self.acknowledged += acknowledged.len();
        self.checked = head;
    }

    /// Everything is executed again at each node from the genesis on.
    pub(crate) fn end(mut self) {
        let head = self.town.wait_for_one_head();
        let report = self.town.audit(head);
        assert!(report.transactions >= self.acknowledged as u64);
    }
}

/// Lets it happen; says how long it took to go on where there had been no quorum.
fn happens(town: &mut Town, trouble: Trouble, during: u64, heard: &Receiver<()>) -> Duration {
    match trouble {
        Trouble::Killed(victim) => {
            town.kill(victim);
            wait_for_some(during, heard);
            town.start(victim);
        }
        Trouble::Halted(first, second) => {
            town.kill(first);
            town.kill(second);
            let before = highest(town);
            let begun = Instant::now();
            while let Some(left) = QUIET.checked_sub(begun.elapsed()) {
                let _ = heard.recv_timeout(left);
            }
            // They may have had all votes for one block more.
            assert!(highest(town) <= before.next(), "two of four have decided something");
            town.start(first);
            let back = Instant::now();
            wait_for_some(1, heard);
            let resumed = back.elapsed();
            wait_for_some(during, heard);
            town.start(second);
            return resumed;
        }
        Trouble::Stopped(victim) => {
            town.signal(victim, "-STOP");
            wait_for_some(during, heard);
            town.signal(victim, "-CONT");
        }
    }
    Duration::ZERO
}

/// The height of whoever is furthest.
fn highest(town: &Town) -> Height {
    (0..4).filter_map(|n| town.head(n)).map(|(height, _)| height).max().unwrap_or(Height(0))
}

impl fmt::Display for Processes {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, halts, stops, acknowledged, checked: (height, _), resumed, .. } = self;
        write!(to, "processes: {kills} kills, {halts} halts, {stops} stops, ")?;
        write!(to, "{acknowledged} acknowledged in {height} blocks, ")?;
        write!(to, "at most {} ms from a quorum to a block", resumed.as_millis())
    }
}
