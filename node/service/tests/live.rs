//! A node as a service: what is submitted becomes final, once, and everybody can read it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod common;

use common::{genesis, open, options, register};
use linli_ledger::code::Code;
use linli_ledger::genesis::{Clock, Genesis, Keys};
use linli_ledger::types::Height;
use linli_node::NodeError;
use linli_service::live::ADVANCE_MAX;
use linli_service::{
    AdvanceError, Answer, Live, LiveError, LiveOptions, QueueLimits, SubmitError, Times,
    Unavailable,
};
use std::ops::ControlFlow;
use std::time::Duration;

#[test]
fn what_is_submitted_becomes_final_once_and_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let live = open(folder.path()).unwrap();
    let mut followed = live.follow();
    let batch: Vec<_> = (1..=50).map(register).collect();
    let tickets = live.submit(batch.clone());
    let twins = live.submit(batch.clone());
    for (position, (ticket, twin)) in tickets.into_iter().zip(twins).enumerate() {
        let Answer::Final(answer) = ticket.unwrap().wait() else { panic!("{position}") };
        assert_eq!(answer.receipt.rejection(), None);
        let block = live.blocks(answer.height, answer.height).unwrap().pop().unwrap();
        let at = usize::try_from(answer.index).unwrap();
        let id = batch[position].id();
        assert!(matches!(&block.block.transactions[at],
            linli_ledger::block::BlockTransaction::Full(signed) if signed.id() == id));
        // A twin joins while the first waits, and is refused once that is written.
        match twin.unwrap().wait() {
            Answer::Final(twin) => assert_eq!(twin, answer),
            Answer::Refused(code) => assert_eq!(code, Code::NonceUsed),
            Answer::Unknown(why) => panic!("{why}"),
        }
    }
    let again = live.submit(vec![batch[7].clone()]).pop().unwrap().unwrap().wait();
    assert_eq!(again, Answer::Refused(Code::NonceUsed));
    let head = *live.heights().borrow();
    live.with_state(|state| assert_eq!(state.tip().hash, head.hash));
    assert_eq!(live.blocks(Height(1), Height(u64::MAX)).unwrap().len() as u64, head.height.0);

    let mut heights = Vec::new();
    let mut receipts = Vec::new();
    live.replay(Height(0), &mut |_, next| {
        heights.push(next.block.block.header.height.0);
        receipts.push(next.receipts);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(heights, (1..=head.height.0).collect::<Vec<_>>());
    for (height, replayed) in heights.iter().zip(receipts) {
        let next = followed.try_recv().unwrap();
        assert_eq!((next.block.block.header.height.0, &next.receipts), (*height, &replayed));
    }
    live.stop();

    let refused = live.submit(vec![register(99)]).pop().unwrap().unwrap_err();
    assert_eq!(refused, SubmitError::Unavailable(Unavailable::Draining));
    let live = open(folder.path()).unwrap();
    assert_eq!(*live.heights().borrow(), head, "nothing is lost and no block made for nothing");
    assert!(matches!(open(folder.path()), Err(LiveError::Node(NodeError::Busy { .. }))));
    live.stop();
}

#[test]
fn a_block_of_nothing_but_refused_transactions_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let live = open(folder.path()).unwrap();
    let expired = common::register_at(1, linli_ledger::types::BlockTime(5));
    let answer = live.submit(vec![expired]).pop().unwrap().unwrap().wait();
    assert_eq!(answer, Answer::Refused(Code::Expired));
    assert_eq!(live.heights().borrow().height, Height(0));
    live.stop();
}

#[test]
fn the_queue_is_bounded_by_count_and_by_bytes_and_says_when_to_try_again() {
    for queue in [
        QueueLimits { transactions: 3, bytes: usize::MAX },
        QueueLimits { transactions: usize::MAX, bytes: 1_000 },
    ] {
        let folder = tempfile::tempdir().unwrap();
        let live = Live::open(LiveOptions { queue, ..options(folder.path()) }).unwrap();
        // One call: the writer cannot take any of them in between.
        let taken = live.submit((1..=20).map(register).collect());
        let refused: Vec<_> = taken.iter().filter_map(|taken| taken.as_ref().err()).collect();
        assert!((10..20).contains(&refused.len()), "{queue:?}: {}", refused.len());
        for error in refused {
            let SubmitError::QueueFull { retry_after, .. } = error else { panic!("{error}") };
            assert!((1..=30).contains(&retry_after.as_secs()));
        }
        for ticket in taken.into_iter().flatten() {
            assert!(matches!(ticket.wait(), Answer::Final(_)));
        }
        live.stop();
    }
}

#[test]
fn the_heartbeat_makes_a_block_and_stopping_writes_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let heartbeat = Some(Duration::from_millis(20));
    let live = Live::open(LiveOptions { heartbeat, ..options(folder.path()) }).unwrap();
    let mut heights = live.heights();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let third = |head: &linli_service::Head| head.height >= Height(3);
    runtime.block_on(heights.wait_for(third)).unwrap();
    let tickets = live.submit((1..=5).map(register).collect());
    live.stop();
    for ticket in tickets {
        assert!(matches!(ticket.unwrap().wait(), Answer::Final(_)));
    }
}

#[test]
fn a_chain_is_shown_without_a_key_and_one_with_its_own_times_only_so() {
    let folder = tempfile::tempdir().unwrap();
    let live = open(folder.path()).unwrap();
    live.submit(vec![register(1)]).pop().unwrap().unwrap().wait();
    let head = *live.heights().borrow();
    live.stop();
    drop(live);
    let shown = Live::open(LiveOptions { validator: None, ..options(folder.path()) }).unwrap();
    assert_eq!(*shown.heights().borrow(), head);
    assert_eq!(shown.health().closed, Some(Unavailable::ReadOnly));
    let refused = shown.submit(vec![register(2)]).pop().unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::ReadOnly);
    assert_eq!(shown.blocks(Height(1), head.height).unwrap().len(), 1);

    let other = tempfile::tempdir().unwrap();
    let genesis = Genesis { clock: Clock::Data, ..genesis() };
    let written = LiveOptions { genesis, ..options(other.path()) };
    assert!(matches!(Live::open(written), Err(LiveError::DataClock)));
}

#[test]
fn times_are_set_by_hand_on_a_demonstration_with_the_clock_of_its_data_only() {
    let folder = tempfile::tempdir().unwrap();
    for (clock, keys) in
        [(Clock::Real, Keys::Demonstration), (Clock::Data, Keys::Real), (Clock::Real, Keys::Real)]
    {
        let genesis = Genesis { clock, keys, ..genesis() };
        let set = LiveOptions { genesis, times: Times::Hand, ..options(folder.path()) };
        assert!(matches!(Live::open(set), Err(LiveError::SetClock)), "{clock:?} {keys:?}");
    }
    let genesis = Genesis { clock: Clock::Data, ..genesis() };
    let began = genesis.time;
    let set =
        LiveOptions { genesis: genesis.clone(), times: Times::Hand, ..options(folder.path()) };
    let live = Live::open(set.clone()).unwrap();
    let day = Duration::from_hours(24);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let head = runtime.block_on(live.advance(day)).unwrap();
    assert_eq!((head.height, head.time), (Height(1), began.plus(86_400_000)));
    for by in [Duration::ZERO, Duration::from_micros(900), ADVANCE_MAX + Duration::from_millis(1)] {
        assert_eq!(runtime.block_on(live.advance(by)), Err(AdvanceError::Range));
    }
    live.stop();
    let draining = AdvanceError::Unavailable(Unavailable::Draining);
    assert_eq!(runtime.block_on(live.advance(day)), Err(draining));
    drop(live);
    let live = Live::open(set).unwrap();
    assert_eq!(*live.heights().borrow(), head);
    live.stop();
    let real = open(tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(runtime.block_on(real.advance(day)), Err(AdvanceError::Machine));
    real.stop();
}
