//! The pool against a list that is searched from front to back.

use super::share::LARGEST;
use super::*;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::hash::Digest;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{ContractId, OrganisationId};
use proptest::prelude::*;
use std::sync::LazyLock;

const KEYS: usize = 3;
const HOMES: [Home; 4] = [
    Home::Organisation(OrganisationId([1; 32])),
    Home::Organisation(OrganisationId([2; 32])),
    Home::Residents,
    Home::Nobody,
];
const PATIENCE: Duration = Duration::from_secs(5);

/// Of three keys in turn; each seventh is large; void after times that come and go.
static TRANSACTIONS: LazyLock<Vec<VerifiedTransaction>> = LazyLock::new(|| {
    let genesis = Digest::Blake3([1; 32]);
    let keys: Vec<_> =
        (0..KEYS).map(|n| BusinessKey::demonstration(b"pool", &n.to_string())).collect();
    let transaction = |n: usize| {
        let key = &keys[n % KEYS];
        let body = Body {
            version: BODY_VERSION,
            genesis,
            contract: ContractId(1),
            call_version: 1,
            signers: vec![Signer { key: key.public(), grant: None }],
            nonce: n as u64,
            salt: [0; 16],
            valid_until: BlockTime((n as u64 * 7) % 20),
            call: vec![0; if n.is_multiple_of(7) { 60_000 } else { 10 * n }],
        };
        let signature = key.sign_transaction(&genesis, &body.id());
        SignedTransaction::new(&body, vec![signature]).verify(&genesis).unwrap()
    };
    (0..40).map(transaction).collect()
});

/// One that waits, as a list holds it.
#[derive(Clone, Debug)]
struct Entry {
    n: usize,
    home: Home,
    arrived: Instant,
    announced: Option<Announced>,
    heard: bool,
    deferred: bool,
}

impl Entry {
    fn transaction(&self) -> &'static VerifiedTransaction {
        &TRANSACTIONS[self.n]
    }

    fn bytes(&self) -> usize {
        let signed = self.transaction().signed();
        signed.body.len() + 65 * signed.signatures.len()
    }
}

#[derive(Debug)]
struct Model {
    limits: QueueLimits,
    list: Vec<Entry>,
}

impl Model {
    fn insert(&mut self, n: usize, home: Home, client: bool, now: Instant) -> Result<(), Full> {
        let new = Entry { n, home, arrived: now, announced: None, heard: false, deferred: false };
        if !self.list.iter().any(|entry| entry.n == n) {
            let key = sender(new.transaction());
            let all = |_: &&Entry| true;
            self.admits(&new, 1, all).then_some(()).ok_or(Full::Pool)?;
            let at_home = |entry: &&Entry| entry.home == home;
            self.admits(&new, 2, at_home).then_some(()).ok_or(Full::Home)?;
            let of_key = |entry: &&Entry| sender(entry.transaction()) == key;
            self.admits(&new, 4, of_key).then_some(()).ok_or(Full::Key)?;
            self.list.push(new);
        }
        let entry = self.list.iter_mut().find(|entry| entry.n == n).unwrap();
        entry.heard |= !client;
        if client && entry.announced.is_none() {
            entry.announced = Some(Announced { last: None, due: now, wait: WAIT_MIN });
        }
        Ok(())
    }

    fn admits(&self, new: &Entry, part: usize, counts: impl Fn(&&Entry) -> bool) -> bool {
        let counted: Vec<_> = self.list.iter().filter(counts).collect();
        let bytes: usize = counted.iter().map(|entry| entry.bytes()).sum();
        let most = self.limits.bytes / part;
        let most = if part == 1 { most } else { most.max(LARGEST) };
        counted.len() * part < self.limits.transactions && bytes + new.bytes() <= most
    }

    fn announcements(&mut self, now: Instant, bytes_max: usize) -> Vec<usize> {
        let mut due: Vec<_> = self
            .list
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((entry.announced?.due, at)))
            .filter(|(due, _)| *due <= now)
            .collect();
        due.sort();
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for (_, at) in due {
            if bytes >= bytes_max {
                break;
            }
            let entry = &mut self.list[at];
            let announced = entry.announced.as_mut().unwrap();
            announced.last = Some(now);
            announced.due = now + announced.wait;
            announced.wait = (announced.wait * 2).min(WAIT_MAX);
            bytes += entry.bytes();
            taken.push(entry.n);
        }
        taken
    }

    fn announce_again(&mut self, now: Instant) {
        for announced in self.list.iter_mut().filter_map(|entry| entry.announced.as_mut()) {
            let soonest = match announced.last {
                Some(last) if last + WAIT_MIN > now => last + WAIT_MIN,
                _ => now,
            };
            announced.due = announced.due.min(soonest);
            announced.wait = WAIT_MIN;
        }
    }

    fn defer(&mut self, n: usize, code: Code, now: Instant) -> bool {
        let Some(entry) = self.list.iter_mut().find(|entry| entry.n == n) else { return false };
        let waited_for = entry.announced.is_some() || code == Code::Expired;
        let may = waited_for && now < entry.arrived + PATIENCE;
        entry.deferred |= may;
        may
    }

    fn candidates(&self) -> Vec<usize> {
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            bytes += entry.bytes();
            bytes <= BLOCK_BYTES_MAX
        };
        let ready = self.list.iter().filter(|entry| !entry.deferred);
        ready.take(BLOCK_TRANSACTIONS_MAX).take_while(fits).map(|entry| entry.n).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert { n: usize, home: usize, client: bool },
    Remove(usize),
    Defer(usize, Code),
    Resume,
    Announce { bytes_max: usize },
    AnnounceAgain,
    Pass { milliseconds: u64 },
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..TRANSACTIONS.len();
    prop_oneof![
        12 => (n.clone(), 0..HOMES.len(), any::<bool>())
            .prop_map(|(n, home, client)| Step::Insert { n, home, client }),
        4 => n.clone().prop_map(Step::Remove),
        3 => (n, prop::sample::select(vec![Code::KeyInactive, Code::Expired]))
            .prop_map(|(n, code)| Step::Defer(n, code)),
        1 => Just(Step::Resume),
        3 => (1_usize..100_000).prop_map(|bytes_max| Step::Announce { bytes_max }),
        1 => Just(Step::AnnounceAgain),
        4 => (1_u64..4_000).prop_map(|milliseconds| Step::Pass { milliseconds }),
        1 => Just(Step::Clear),
    ]
}

fn numbers<'a>(transactions: impl IntoIterator<Item = &'a VerifiedTransaction>) -> Vec<usize> {
    let number = |one: &VerifiedTransaction| usize::try_from(one.body().nonce).unwrap();
    transactions.into_iter().map(number).collect()
}

fn compare(pool: &Pool, model: &Model) {
    let bytes = model.list.iter().map(Entry::bytes).sum();
    assert_eq!(pool.load(), (model.list.len(), bytes));
    assert!(bytes <= model.limits.bytes && model.list.len() <= model.limits.transactions);
    assert_eq!(pool.is_empty(), model.list.is_empty());
    assert_eq!(numbers(&pool.candidates()), model.candidates());
    assert_eq!(numbers(pool.first()), Vec::from_iter(model.candidates().first().copied()));
    let announced = || model.list.iter().filter_map(|entry| entry.announced);
    assert_eq!(pool.announcement_due(), announced().map(|announced| announced.due).min());
    assert_eq!(pool.has_only_others(), announced().next().is_none());
    assert_eq!(pool.has_deferred(), model.list.iter().any(|entry| entry.deferred));
    for transaction in &TRANSACTIONS[..KEYS] {
        let key = sender(transaction).unwrap();
        let of_key = model.list.iter().filter(|entry| sender(entry.transaction()) == Some(key));
        assert_eq!(numbers(pool.of_key(&key)), of_key.map(|entry| entry.n).collect::<Vec<_>>());
    }
    for time in [0, 6, 13, 19, 20].map(BlockTime) {
        let void = model.list.iter().map(Entry::transaction);
        let void = void.filter(|one| one.body().valid_until <= time).map(VerifiedTransaction::id);
        let found: BTreeSet<_> = pool.void_after(time).into_iter().collect();
        assert_eq!(found, void.collect());
    }
    for (n, transaction) in TRANSACTIONS.iter().enumerate() {
        let entry = model.list.iter().find(|entry| entry.n == n);
        assert_eq!(pool.get(&transaction.id()), entry.map(|_| transaction));
        let told = |entry: &Entry| entry.announced.is_some_and(|one| one.last.is_some());
        let with_others = entry.is_some_and(|entry| entry.heard || told(entry));
        assert_eq!(pool.is_with_others(&transaction.id()), with_others);
    }
}

proptest! {
    #[test]
    fn it_is_a_list_with_shares(
        transactions in 1_usize..20,
        bytes in 70_000_usize..400_000,
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let limits = QueueLimits { transactions, bytes };
        let mut pool = Pool::new(limits, PATIENCE);
        let mut model = Model { limits, list: Vec::new() };
        let mut now = Instant::now();
        for step in steps {
            match step {
                Step::Insert { n, home, client } => {
                    let (transaction, home) = (TRANSACTIONS[n].clone(), HOMES[home]);
                    let origin = if client { Origin::Client } else { Origin::Peer };
                    let inserted = pool.insert(transaction, home, origin, now);
                    prop_assert_eq!(inserted, model.insert(n, home, client, now));
                }
                Step::Remove(n) => {
                    pool.remove(&TRANSACTIONS[n].id());
                    model.list.retain(|entry| entry.n != n);
                }
                Step::Defer(n, code) => {
                    let deferred = pool.defer(&TRANSACTIONS[n].id(), code, now);
                    prop_assert_eq!(deferred, model.defer(n, code, now));
                }
                Step::Resume => {
                    pool.resume();
                    model.list.iter_mut().for_each(|entry| entry.deferred = false);
                }
                Step::Announce { bytes_max } => {
                    let taken = pool.take_announcements(now, bytes_max);
                    prop_assert_eq!(numbers(&taken), model.announcements(now, bytes_max));
                }
                Step::AnnounceAgain => {
                    pool.announce_again(now);
                    model.announce_again(now);
                }
                Step::Pass { milliseconds } => now += Duration::from_millis(milliseconds),
                Step::Clear => {
                    pool.clear();
                    model.list.clear();
                }
            }
            compare(&pool, &model);
        }
    }
}

#[test]
fn what_is_announced_is_announced_again_after_ever_longer_waits_until_it_leaves() {
    let mut pool = Pool::new(QueueLimits::default(), PATIENCE);
    let (one, start) = (TRANSACTIONS[1].clone(), Instant::now());
    pool.insert(one.clone(), Home::Nobody, Origin::Peer, start).unwrap();
    assert_eq!(pool.announcement_due(), None, "its own node does that");
    pool.insert(one.clone(), Home::Nobody, Origin::Client, start).unwrap();
    let mut waits = Vec::new();
    let mut now = start;
    for _ in 0..8 {
        assert_eq!(pool.take_announcements(now, 1), std::slice::from_ref(&one));
        assert_eq!(pool.take_announcements(now, 1), []);
        let next = pool.announcement_due().unwrap();
        waits.push((next - now).as_secs());
        now = next;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    pool.announce_again(now);
    assert_eq!(pool.announcement_due(), Some(now));
    pool.take_announcements(now, 1);
    pool.announce_again(now);
    assert_eq!(pool.announcement_due(), Some(now + WAIT_MIN), "who comes and goes makes no noise");
    pool.remove(&one.id());
    assert_eq!(pool.announcement_due(), None);
}

#[test]
fn one_organisation_and_one_key_leave_room_for_the_others() {
    let limits = QueueLimits { transactions: 8, bytes: usize::MAX };
    let mut pool = Pool::new(limits, PATIENCE);
    let mut insert = |n: usize, home: Home| {
        pool.insert(TRANSACTIONS[n].clone(), home, Origin::Peer, Instant::now())
    };
    let [loud, other, ..] = HOMES;
    // Transactions 1, 4, 7 are of one key, 2 and 5 of another, 3 and 6 of the third.
    assert_eq!([1, 4].map(|n| insert(n, loud)), [Ok(()); 2]);
    assert_eq!(insert(7, loud), Err(Full::Key));
    assert_eq!([2, 5].map(|n| insert(n, loud)), [Ok(()); 2]);
    assert_eq!([3, 6].map(|n| insert(n, loud)), [Err(Full::Home); 2]);
    assert_eq!([3, 6].map(|n| insert(n, other)), [Ok(()); 2]);
    assert_eq!(insert(9, other), Err(Full::Key));
}
