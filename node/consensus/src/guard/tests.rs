//! What a key may say twice, and what not: after a crash at any byte, from an older copy, and beside a
//! second process.

use super::*;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::types::BlockHash;

const GENESIS: Digest = Digest::Blake3([9; 32]);

/// A disk, which outlives the guards on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<(Vec<u8>, bool)>>);

impl Disk {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }

    fn of(bytes: &[u8]) -> Self {
        Self(Arc::new(Mutex::new((bytes.to_vec(), false))))
    }

    fn breaks(&self) {
        self.0.lock().unwrap().1 = true;
    }
}

impl Memory for Disk {
    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.bytes())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        if disk.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.0.extend_from_slice(bytes);
        Ok(())
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().0 = bytes.to_vec();
        Ok(())
    }
}

fn key() -> ConsensusKey {
    ConsensusKey::from_seed(&[1; 32])
}

/// A validator among others that are at this height.
fn among(disk: &Disk, others: u64) -> Guard {
    let mut guard = Guard::open(GENESIS, key().public(), Box::new(disk.clone())).unwrap();
    guard.reaches(told(others, others));
    guard
}

fn told(least: u64, most: u64) -> Reached {
    Reached { least: Height(least), most: Height(most) }
}

fn block(n: u8) -> BlockHash {
    BlockHash(Digest::Blake3([n; 32]))
}

fn vote(kind: VoteKind, height: u64, round: u32, value: Option<u8>) -> Message {
    let (height, value, validator) = (Height(height), value.map(block), key().public());
    Message::Vote(Vote { kind, height, round, value, validator })
}

fn prevote(height: u64, round: u32, value: Option<u8>) -> Message {
    vote(VoteKind::Prevote, height, round, value)
}

fn precommit(height: u64, round: u32, value: Option<u8>) -> Message {
    vote(VoteKind::Precommit, height, round, value)
}

fn proposal(height: u64, round: u32, value: u8) -> Message {
    let (height, value, validator) = (Height(height), block(value), key().public());
    Message::Proposal(Proposal { height, round, value, pol_round: None, validator })
}

fn signature(message: &Message) -> Signature {
    match message {
        Message::Vote(vote) => key().sign_vote(&GENESIS, vote),
        Message::Proposal(proposal) => key().sign_proposal(&GENESIS, proposal),
    }
}

/// Somebody shows what this key has signed.
fn show(guard: &mut Guard, message: &Message) -> Option<Silence> {
    guard.shown(message, &signature(message));
    guard.silence().borrow().clone()
}

/// One height as it is decided.
fn height(height: u64) -> [Message; 3] {
    [proposal(height, 0, 1), prevote(height, 0, Some(1)), precommit(height, 0, Some(1))]
}

#[test]
fn what_may_have_been_signed_is_signed_again_after_a_crash_and_nothing_instead() {
    let whole = Disk::default();
    let mut guard = among(&whole, 0);
    for message in height(1).into_iter().chain([proposal(2, 0, 1), prevote(2, 0, None)]) {
        assert_eq!(guard.admit(message.clone()), Ok(message));
    }
    drop(guard);
    let mut guard = among(&whole, 0);
    for message in height(1).into_iter().chain([proposal(2, 0, 1), prevote(2, 0, None)]) {
        assert_eq!(guard.admit(message.clone()), Ok(message), "the same");
    }
    for other in
        [proposal(1, 0, 2), precommit(1, 0, Some(2)), precommit(1, 0, None), proposal(2, 0, 2)]
    {
        assert_eq!(guard.admit(other), Err(Refused::Contradiction));
    }
    // Which vote the engine comes to may depend on when it is asked: then it repeats the old one.
    assert_eq!(guard.admit(prevote(2, 0, Some(1))), Ok(prevote(2, 0, None)));
    assert_eq!(guard.admit(prevote(1, 1, None)), Err(Refused::Contradiction), "it is past that");
    assert_eq!(guard.admit(precommit(2, 0, None)), Ok(precommit(2, 0, None)), "it goes on");
    assert_eq!(guard.admit(precommit(2, 0, Some(1))), Ok(precommit(2, 0, None)));
    assert_eq!(guard.admit(prevote(2, 1, Some(3))), Ok(prevote(2, 1, Some(3))));
    assert_eq!(*guard.silence().borrow(), None);
}

#[test]
fn a_loss_of_power_at_every_byte_leaves_what_was_signed_before() {
    let whole = Disk::default();
    let mut guard = among(&whole, 0);
    let mut ends = Vec::new();
    for message in height(1) {
        guard.admit(message).unwrap();
        ends.push(whole.bytes().len());
    }
    let bytes = whole.bytes();
    for length in 0..=bytes.len() {
        let disk = Disk::of(&bytes[..length]);
        let mut guard = among(&disk, 0);
        let signed = ends.iter().filter(|end| **end <= length).count();
        // What was torn off had not been signed: something else may be, and lasts.
        let others = [proposal(1, 0, 2), precommit(1, 0, Some(2))];
        for (other, place) in others.into_iter().zip([0, 2]) {
            let free = guard.admit(other.clone()).is_ok();
            assert_eq!(free, place >= signed, "{length} bytes, {other:?}");
        }
        drop(guard);
        let again = among(&disk, 0).admit(precommit(1, 0, Some(if signed > 2 { 1 } else { 2 })));
        assert!(again.is_ok(), "{length} bytes");
    }
}

#[test]
fn a_record_that_the_disk_has_changed_lets_nothing_else_be_signed() {
    let whole = Disk::default();
    let mut guard = among(&whole, 0);
    let mut ends = Vec::new();
    for message in height(1).into_iter().chain(height(2)) {
        guard.admit(message).unwrap();
        ends.push(whole.bytes().len());
    }
    let bytes = whole.bytes();
    for at in 0..ends[4] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let disk = Disk::of(&changed);
        let mut guard = among(&disk, 1);
        let until = Height(2);
        assert_eq!(*guard.silence().borrow(), Some(Silence::Older { until }), "byte {at}");
        for other in [proposal(1, 0, 2), proposal(2, 0, 2), precommit(2, 0, Some(2))] {
            assert!(guard.admit(other.clone()).is_err(), "byte {at}, {other:?}");
        }
        assert_eq!(guard.admit(prevote(2, 1, None)), Err(Refused::Below(until)));
        drop(guard);
        let mut guard = among(&disk, 1);
        assert_eq!(*guard.silence().borrow(), None, "it is in order again");
        assert_eq!(guard.admit(prevote(2, 1, None)), Err(Refused::Below(until)), "and remembers");
        assert!(guard.admit(prevote(3, 0, None)).is_ok());
        // Alone nobody would go on without it; nothing is said twice all the same.
        let disk = Disk::of(&changed);
        let mut alone = Guard::open(GENESIS, key().public(), Box::new(disk.clone())).unwrap();
        for other in [proposal(1, 0, 2), proposal(2, 0, 2), precommit(2, 0, Some(2))] {
            assert!(alone.admit(other.clone()).is_err(), "byte {at}, {other:?}");
        }
        assert!(alone.admit(prevote(2, 1, None)).is_ok());
    }
}

#[test]
fn the_memory_stays_small_and_keeps_what_counts() {
    let disk = Disk::default();
    let mut guard = among(&disk, 0);
    let mut longest = 0;
    for n in 1..1_000 {
        for message in height(n) {
            guard.admit(message).unwrap();
            longest = longest.max(disk.bytes().len());
        }
    }
    assert!(longest > BYTES_MAX && longest < 2 * BYTES_MAX, "{longest} bytes");
    drop(guard);
    let mut guard = among(&disk, 998);
    assert!(guard.admit(precommit(999, 0, Some(1))).is_ok());
    assert_eq!(guard.admit(precommit(999, 0, Some(2))), Err(Refused::Contradiction));
    assert!(guard.admit(proposal(1_000, 0, 1)).is_ok());
}

#[test]
fn what_the_others_have_decided_is_signed_no_more() {
    let disk = Disk::default();
    let mut guard = among(&disk, 100);
    assert_eq!(guard.admit(prevote(50, 0, None)), Err(Refused::Below(Height(100))));
    assert_eq!(guard.admit(prevote(100, 7, None)), Err(Refused::Below(Height(100))));
    assert_eq!(*guard.silence().borrow(), None, "it was away: nobody shows anything of it");
    assert!(guard.admit(prevote(101, 0, None)).is_ok());
    // It is at work: that the others are one ahead now and then means nothing.
    guard.reaches(told(101, 101));
    assert!(guard.admit(precommit(101, 0, None)).is_ok());
}

#[test]
fn an_older_copy_is_silent_until_nothing_of_its_former_self_can_be_contradicted() {
    let (disk, mut copy) = (Disk::default(), Vec::new());
    let mut guard = among(&disk, 0);
    for n in 1..=9 {
        for message in height(n) {
            guard.admit(message).unwrap();
        }
        if n == 3 {
            copy = disk.bytes();
        }
    }
    drop(guard);
    let restored = Disk::of(&copy);
    let mut guard = among(&restored, 9);
    assert_eq!(show(&mut guard, &precommit(3, 0, Some(1))), None, "it knows of that");
    let until = Height(11);
    let older = Some(Silence::Older { until });
    assert_eq!(show(&mut guard, &precommit(4, 0, Some(1))), older);
    assert_eq!(show(&mut guard, &precommit(9, 0, Some(1))), older);
    for n in 10..=11 {
        assert_eq!(guard.admit(prevote(n, 0, None)), Err(Refused::Below(until)));
    }
    drop(guard);
    let mut guard = among(&restored, 9);
    assert_eq!(guard.admit(prevote(10, 0, None)), Err(Refused::Below(until)), "after a start, too");
    assert!(guard.admit(prevote(12, 0, None)).is_ok());
    assert_eq!(*guard.silence().borrow(), None, "it speaks again");

    // The twin: the folder that was not restored.
    let mut guard = among(&disk, 9);
    for n in [4, 9] {
        assert_eq!(show(&mut guard, &precommit(n, 0, Some(1))), None);
    }
    assert!(guard.admit(prevote(10, 0, None)).is_ok());
}

#[test]
fn what_a_former_self_has_signed_is_no_second_signers_although_one_of_two_that_told_lags() {
    let copy = Disk::default();
    among(&copy, 0).admit(prevote(3, 0, None)).unwrap();
    // One validator was away since block 10. The other has block 19, and 20 was just decided.
    let mut guard = Guard::open(GENESIS, key().public(), Box::new(copy)).unwrap();
    guard.reaches(told(10, 19));
    for n in 4..=20 {
        let until = Height(n.max(10) + UNTOLD);
        let shown = show(&mut guard, &precommit(n, 0, Some(1)));
        assert_eq!(shown, Some(Silence::Older { until }), "block {n}");
        assert_eq!(guard.admit(prevote(n, 1, None)), Err(Refused::Below(until)));
    }
    let until = Height(23);
    assert_eq!(show(&mut guard, &prevote(21, 0, Some(1))), Some(Silence::Older { until }));
    assert!(guard.admit(prevote(24, 0, None)).is_ok());
    assert_eq!(*guard.silence().borrow(), None, "it speaks again");
    // The twin: what was signed above that was signed by somebody else.
    let second = show(&mut guard, &prevote(25, 0, None));
    assert!(matches!(second, Some(Silence::SecondSigner { .. })), "{second:?}");
}

#[test]
fn a_second_process_with_the_key_is_noticed_by_what_it_signs() {
    // Something later, something else, something in between.
    for other in [prevote(15, 0, Some(1)), prevote(14, 0, None), prevote(14, 1, None)] {
        let disk = Disk::default();
        let mut guard = among(&disk, 10);
        for message in [prevote(14, 0, Some(1)), precommit(14, 2, None)] {
            guard.admit(message.clone()).unwrap();
            assert_eq!(show(&mut guard, &message), None, "its own");
        }
        let second = show(&mut guard, &other);
        assert!(matches!(second, Some(Silence::SecondSigner { .. })), "{other:?}: {second:?}");
        assert_eq!(guard.admit(prevote(20, 0, None)), Err(Refused::Silent));
        assert_eq!(second.map(|silence| silence.code()), Some(Code::SecondSigner));
    }
}

#[test]
fn nobody_is_silenced_by_what_he_has_not_signed_or_by_what_was_long_ago() {
    let disk = Disk::default();
    let mut guard = among(&disk, 10);
    for n in 11..=30 {
        for message in height(n) {
            guard.admit(message).unwrap();
        }
    }
    let forged = prevote(31, 0, Some(9));
    guard.shown(&forged, &signature(&prevote(31, 0, Some(8))));
    let Message::Vote(vote) = forged else { panic!("a vote") };
    let other = ConsensusKey::from_seed(&[2; 32]);
    let theirs = Vote { validator: other.public(), ..vote };
    guard.shown(&Message::Vote(theirs.clone()), &other.sign_vote(&GENESIS, &theirs));
    assert_eq!(show(&mut guard, &precommit(12, 0, Some(1))), None, "forgotten");
    assert!(guard.admit(prevote(31, 0, None)).is_ok());
}

#[test]
fn whoever_cannot_write_does_not_sign() {
    let disk = Disk::default();
    let mut guard = among(&disk, 0);
    assert!(guard.admit(prevote(1, 0, None)).is_ok());
    disk.breaks();
    assert_eq!(guard.admit(precommit(1, 0, None)), Err(Refused::Silent));
    assert!(matches!(*guard.silence().borrow(), Some(Silence::Record { .. })));
    assert_eq!(guard.admit(prevote(1, 0, None)), Err(Refused::Silent), "until it starts again");
}

/// What is to be signed at a height that is decided in the last of so many rounds.
fn votes(height: u64, rounds: u32, value: u8) -> impl Iterator<Item = Message> {
    (0..rounds).flat_map(move |round| {
        let last = round + 1 == rounds;
        [prevote(height, round, Some(value)), precommit(height, round, last.then_some(value))]
    })
}

/// What is signed when this is to be, if anything; never something else than ever before.
fn signs(
    guard: &mut Guard,
    ever: &mut BTreeMap<Position, Message>,
    message: Message,
) -> Option<Message> {
    let signed = guard.admit(message).ok()?;
    let before = ever.entry(signed.position()).or_insert_with(|| signed.clone());
    assert_eq!(*before, signed);
    Some(signed)
}

/// A validator whose folder is restored from any older copy, again and again, while the chain goes on:
/// the others show what they hold, at once or block by block, and nothing that it signs contradicts anything it
/// ever signed (T15).
#[test]
fn five_hundred_restores_contradict_nothing() {
    let mut random = 15_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    let mut ever: BTreeMap<Position, Message> = BTreeMap::new();
    let (mut disk, mut copies) = (Disk::default(), Vec::new());
    let mut guard = among(&disk, 0);
    // What everybody has decided; and in whose certificates this validator is.
    let (mut tip, mut certified) = (0, BTreeMap::new());
    let (mut restores, mut voted, mut silent, mut early) = (0, 0_u64, 0_u64, 0_u64);
    while restores < 500 {
        let height = tip + 1;
        copies.push((tip, disk.bytes()));
        // It may come to any vote, in one round or in two, and be restored in the middle of it.
        let (value, rounds) = (u8::try_from(next(3)).unwrap(), u32::try_from(1 + next(2)).unwrap());
        let stops = usize::try_from(next(12)).unwrap();
        let mut commits = None;
        for message in votes(height, rounds, value).take(stops.max(1)) {
            match signs(&mut guard, &mut ever, message) {
                Some(signed) => (voted, commits) = (voted + 1, Some(signed)),
                None => silent += 1,
            }
        }
        if stops < 2 {
            // Away it goes, and an older self comes back; the others are where they were, or further, and one
            // of them lags.
            restores += 1;
            let old = copies.len() - 1 - usize::try_from(next(40)).unwrap().min(copies.len() - 1);
            let (known, copy) = &copies[old];
            disk = Disk::of(copy);
            let most = tip - next(2).min(tip);
            let least = most - next(6).min(most);
            guard = Guard::open(GENESIS, key().public(), Box::new(disk.clone())).unwrap();
            guard.reaches(told(least, most));
            // What it missed comes with certificates; two in three have its precommit. Its engine may be asked to
            // vote before they come, at heights that others have decided.
            let at_once = next(2) == 0;
            for missed in known + 1..=tip {
                if !at_once && missed <= least {
                    let value = u8::try_from(next(3)).unwrap();
                    for message in [proposal(missed, 0, value), prevote(missed, 0, Some(value))] {
                        early += 1;
                        signs(&mut guard, &mut ever, message);
                    }
                }
                if let Some(message) = certified.get(&Height(missed)) {
                    show(&mut guard, message);
                }
            }
            // What is being decided is shown by whoever holds it, before it counts.
            if at_once || guard.floor < Height(height) {
                for (_, message) in ever.range((Height(height), 0, Step::Propose)..) {
                    show(&mut guard, message);
                }
            }
            assert!(!matches!(*guard.silence().borrow(), Some(Silence::SecondSigner { .. })));
            continue;
        }
        // The height is decided, with or without it.
        if let Some(Message::Vote(vote)) = commits
            && vote.kind == VoteKind::Precommit
            && vote.value.is_some()
            && next(3) > 0
        {
            certified.insert(Height(height), Message::Vote(vote));
        }
        tip = height;
        guard.reaches(told(tip, tip));
    }
    println!(
        "{restores} restores, {tip} heights, {voted} messages signed, {silent} not, {early} early"
    );
    assert!(voted > silent, "it is silent no longer than it must");
    assert!(early > 500, "it was asked before anybody showed anything");
}
