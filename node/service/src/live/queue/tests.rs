//! What a client hears of a transaction that this node would put into no block.

use super::*;
use crate::live::heard::tests::transaction;

const PATIENCE: Duration = Duration::from_secs(10);

/// A queue in which a transaction waits since `start`, what became of it, and its identifier.
fn waiting(start: Instant) -> (Queue, Ticket, TransactionId) {
    let mut queue = Queue::new(QueueLimits::default(), PATIENCE);
    let one = transaction("office", 1);
    let id = one.id();
    let ticket = queue.push(one, Home::Nobody, start).unwrap();
    (queue, ticket, id)
}

#[test]
fn what_the_others_were_told_of_is_refused_only_for_what_the_chain_says() {
    let start = Instant::now();
    for code in [Code::KeyInactive, Code::Expired] {
        let (mut queue, ticket, id) = waiting(start);
        assert_eq!(queue.pool.take_announcements(start, 1).len(), 1);
        queue.refuse(id, code, start);
        assert!(queue.pool.get(&id).is_some(), "{code}: a later block may take it");
        queue.refuse(id, code, start + PATIENCE);
        assert!(queue.pool.get(&id).is_none(), "{code}");
        assert_eq!(ticket.wait(), Answer::Unknown(Unavailable::Undecided), "{code}");
    }
    let (mut queue, ticket, id) = waiting(start);
    queue.pool.take_announcements(start, 1);
    queue.refuse(id, Code::NonceUsed, start);
    assert_eq!(ticket.wait(), Answer::Refused(Code::NonceUsed));
    // Another node has announced it before this one did.
    let (mut queue, ticket, id) = waiting(start);
    queue.pool.insert(transaction("office", 1), Home::Nobody, Origin::Peer, start).unwrap();
    queue.refuse(id, Code::KeyInactive, start + PATIENCE);
    assert_eq!(ticket.wait(), Answer::Unknown(Unavailable::Undecided));
}

#[test]
fn what_nobody_else_knows_is_refused() {
    let start = Instant::now();
    for code in [Code::KeyInactive, Code::Expired] {
        let (mut queue, ticket, id) = waiting(start);
        queue.refuse(id, code, start + PATIENCE);
        assert_eq!(ticket.wait(), Answer::Refused(code));
    }
}

#[test]
fn a_clock_that_is_wrong_throws_nothing_away_that_others_have_announced() {
    let start = Instant::now();
    let mut queue = Queue::new(QueueLimits::default(), PATIENCE);
    let one = transaction("office", 1);
    let id = one.id();
    queue.pool.insert(one, Home::Nobody, Origin::Peer, start).unwrap();
    queue.refuse(id, Code::Expired, start);
    assert!(queue.pool.get(&id).is_some());
    queue.refuse(id, Code::KeyInactive, start);
    assert!(queue.pool.get(&id).is_none(), "its node announces it again");
}
