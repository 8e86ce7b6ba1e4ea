//! This exists to kill, stop, slow down, bury and leave behind real processes while offices submit at all of them.

use crate::common::load::{
    Acknowledged, DESKS, Random, Stops, chain, fill, load, number, wait_for_some,
};
use crate::common::processes::{Desk, Town, wait_up_to};
use crate::disk::SlowDisk;
use crate::flood::{Junk, memory_peak};
use linli_ledger::types::{BlockHash, Height};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long nothing is decided where nothing can be.
const QUIET: Duration = Duration::from_secs(3);
/// How far a node falls behind, in transactions.
const BEHIND: u64 = 50_000;
/// Of the rounds of a network, the one in which a node falls so far behind, and how many later the next.
const BEHIND_AT: (u64, u64) = (3, 150);
/// Nothing waits for this to pass; it only ends a run that would hang.
const CAUGHT_UP_WITHIN: Duration = Duration::from_mins(15);
/// Pieces of junk in a flood; `LINLI_FLOOD` says another number.
const FLOOD: u64 = 20_000;
/// Memory that a flood may add while its second half comes in, in KiB, and a tenth of what there was before.
const FLOOD_ADDS_MAX: u64 = 32 * 1_024;

/// What happens to whom.
#[derive(Clone, Debug)]
enum Trouble {
    /// One after the other is killed as by a power cut; the others go on.
    Killed(Vec<usize>),
    /// Two are killed, so that nothing is decided until one of them is back.
    Halted(usize, usize),
    /// It is stopped in the middle of whatever it does, and goes on later as if no time had passed.
    Stopped(usize),
    /// Each sync of its disk takes so many milliseconds more.
    Slow(usize, u64),
    /// Junk comes in at it as fast as it says no.
    Flooded(usize),
    /// It is killed, and comes back when the others have decided [`BEHIND`] more.
    Behind(usize),
}

impl Trouble {
    fn of(random: &mut Random, round: u64) -> Self {
        let mut one = |limit| usize::try_from(random.below(limit)).unwrap();
        let (kind, victim, other) = (one(8), one(4), one(4));
        match kind {
            _ if round % BEHIND_AT.1 == BEHIND_AT.0 => Self::Behind(victim),
            0 if victim != other => Self::Halted(victim, other),
            0..=4 => Self::Killed((0..4 + one(9)).map(|_| one(4)).collect()),
            5 => Self::Stopped(victim),
            6 => Self::Slow(victim, 10 + random.below(90)),
            _ => Self::Flooded(victim),
        }
    }
}

/// What has happened.
#[derive(Debug, Default)]
struct Told {
    kills: u64,
    halts: u64,
    stops: u64,
    slow: u64,
    /// Pieces of junk.
    junk: u64,
    /// What was acknowledged while they came in.
    meanwhile: usize,
    /// The most memory that a node has had after a flood, in KiB.
    memory: u64,
    /// Times that a node was [`BEHIND`] transactions behind.
    behind: u64,
    /// The longest from its start until it had all that there was at its start.
    caught_up: Duration,
    /// The longest from the return of a quorum until something is final.
    resumed: Duration,
}

/// A network of real processes, and what it has said.
pub(crate) struct Processes {
    town: Town,
    desks: Vec<Desk>,
    junk: Junk,
    /// The last block that was checked.
    checked: (Height, BlockHash),
    rounds: u64,
    acknowledged: usize,
    told: Told,
}

impl Processes {
    pub(crate) fn start() -> Self {
        let mut town = Town::new(4);
        town.start_all();
        let desk = |(label, position)| Desk::new(label, position, &town.genesis);
        let desks = DESKS.into_iter().map(desk).collect();
        let (checked, junk) = (town.wait_for_one_head(), Junk::new(&town.genesis));
        Self { town, desks, junk, checked, rounds: 0, acknowledged: 0, told: Told::default() }
    }

    pub(crate) fn round(&mut self, number: &str, random: &mut Random) {
        self.rounds += 1;
        let trouble = Trouble::of(random, self.rounds);
        // Now and then it lasts long enough that the others give it up.
        let (before, long) = (random.below(20), random.below(8) == 0);
        let during = (1 + random.below(12)) * if long { 16 } else { 1 };
        eprintln!("{number}: after {before} for {during}: {trouble:?}");
        let (stop, acknowledged) = (AtomicBool::new(false), Acknowledged::default());
        if let Trouble::Behind(victim) = trouble {
            self.go_on_without(victim, &acknowledged);
        }
        let (apis, town) = (self.town.apis.clone(), &mut self.town);
        let (junk, told) = (&mut self.junk, &mut self.told);
        thread::scope(|scope| {
            let _stops = Stops(&stop);
            let (tell, heard) = channel();
            for (turn, desk) in self.desks.iter_mut().enumerate() {
                let (mut apis, tell) = (apis.clone(), tell.clone());
                apis.rotate_left(turn);
                let (stop, acknowledged) = (&stop, &acknowledged);
                scope.spawn(move || load(desk, &apis, stop, acknowledged, &tell));
            }
            wait_for_some(before, &heard);
            told.happens(town, &trouble, during, junk, &heard);
            wait_for_some(8, &heard);
        });
        self.check(&acknowledged);
    }

    /// One is killed, and the others decide what it misses.
    fn go_on_without(&mut self, victim: usize, acknowledged: &Acknowledged) {
        self.town.kill(victim);
        self.told.kills += 1;
        let others: Vec<_> = (0..4).filter(|n| *n != victim).map(|n| &self.town.apis[n]).collect();
        thread::scope(|scope| {
            let share = BEHIND.div_ceil(self.desks.len() as u64);
            for (desk, api) in self.desks.iter_mut().zip(others.iter().cycle()) {
                scope.spawn(move || fill(desk, api, share, acknowledged));
            }
        });
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

impl Told {
    /// Lets it happen.
    fn happens(
        &mut self,
        town: &mut Town,
        trouble: &Trouble,
        during: u64,
        junk: &mut Junk,
        heard: &Receiver<()>,
    ) {
        match *trouble {
            Trouble::Killed(ref victims) => {
                for &victim in victims {
                    town.kill(victim);
                    self.kills += 1;
                    wait_for_some(during, heard);
                    town.start(victim);
                }
            }
            Trouble::Halted(first, second) => self.halts(town, (first, second), during, heard),
            Trouble::Stopped(victim) => {
                town.signal(victim, "-STOP");
                self.stops += 1;
                wait_for_some(during, heard);
                town.signal(victim, "-CONT");
            }
            Trouble::Slow(victim, milliseconds) => {
                let slow = SlowDisk::of(town.process(victim), milliseconds);
                wait_for_some(during + 16, heard);
                match slow.map(SlowDisk::end) {
                    Ok(true) => self.slow += 1,
                    Ok(false) => println!("soak: no slow disk: strace may not"),
                    Err(why) => println!("soak: no slow disk: {why}"),
                }
            }
            Trouble::Flooded(victim) => self.floods(town, victim, junk, heard),
            Trouble::Behind(victim) => {
                town.start(victim);
                let (begun, goal) = (Instant::now(), highest(town));
                wait_up_to(CAUGHT_UP_WITHIN, "one that was far behind", || {
                    town.head(victim).filter(|(height, _)| *height >= goal)
                });
                self.behind += 1;
                self.caught_up = self.caught_up.max(begun.elapsed());
            }
        }
    }

    fn halts(
        &mut self,
        town: &mut Town,
        (first, second): (usize, usize),
        during: u64,
        heard: &Receiver<()>,
    ) {
        town.kill(first);
        town.kill(second);
        (self.kills, self.halts) = (self.kills + 2, self.halts + 1);
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
        self.resumed = self.resumed.max(back.elapsed());
        wait_for_some(during, heard);
        town.start(second);
    }

    /// The second half must find room where the first was.
    fn floods(&mut self, town: &Town, victim: usize, junk: &mut Junk, heard: &Receiver<()>) {
        let (half, process) = (number("LINLI_FLOOD", FLOOD) / 2, town.process(victim));
        while heard.try_recv().is_ok() {}
        let mut pour = || {
            junk.pour(&town.apis[victim], half);
            memory_peak(process)
        };
        let peaks = pour().zip(pour());
        self.junk += 2 * half;
        let meanwhile = heard.try_iter().count();
        assert!(meanwhile > 0, "all stand still while junk comes in at one");
        self.meanwhile += meanwhile;
        if let Some((first, second)) = peaks {
            assert!(second <= first + first / 10 + FLOOD_ADDS_MAX, "{first} KiB, then {second}");
            self.memory = self.memory.max(second);
        }
    }
}

/// The height of whoever is furthest.
fn highest(town: &Town) -> Height {
    (0..4).filter_map(|n| town.head(n)).map(|(height, _)| height).max().unwrap_or(Height(0))
}

impl fmt::Display for Processes {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, checked: (height, _), told, .. } = self;
        let Told { kills, halts, stops, slow, junk, meanwhile, memory, behind, caught_up, resumed } =
            told;
        write!(to, "processes: {kills} kills, {halts} halts, {stops} stops, {slow} slow disks, ")?;
        write!(to, "{acknowledged} acknowledged in {height} blocks, ")?;
        write!(to, "at most {} ms from a quorum to a block; ", resumed.as_millis())?;
        write!(to, "{junk} pieces of junk, {meanwhile} acknowledged meanwhile, ")?;
        write!(to, "at most {} MiB; ", memory / 1_024)?;
        write!(to, "{behind} times {BEHIND} behind, caught up in {} ms", caught_up.as_millis())
    }
}
