//! One validator on the real engine, with a network without peers: decides, certifies, stops, goes
//! on, rests, and survives a crash between proposing and committing.

use linli_consensus::{Built, Config, Next, Proposed, Request, Running, Start, Timeouts, start};
use linli_ledger::certificate::{CommitCertificate, Validator, ValidatorSet, Vote, VoteKind};
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, Height, OrganisationId};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Nothing here waits for a time; this only ends a test that would hang.
const GUARD: Duration = Duration::from_secs(60);

const GENESIS: Digest = Digest::Blake3([9; 32]);

fn key() -> ConsensusKey {
    ConsensusKey::from_seed(&[1; 32])
}

fn config(folder: &Path) -> Config {
    Config {
        moniker: "alone".into(),
        genesis: GENESIS,
        key: key(),
        wal: folder.join("wal").join("consensus.wal"),
        timeouts: Timeouts::default(),
    }
}

/// An application that makes up its blocks and keeps what a real one keeps on disk.
#[derive(Default)]
struct Application {
    chain: Vec<(Height, BlockHash, CommitCertificate)>,
    proposed: BTreeMap<(Height, u32), BlockHash>,
    /// What was asked, for tests that care for the order.
    asked: Vec<&'static str>,
}

/// A question that the application did not answer.
#[derive(Debug)]
enum Pending {
    Decided(oneshot::Sender<()>),
    Finalized(oneshot::Sender<Next>),
}

/// Where the application stops answering.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    Decided(u64),
    Finalized(u64),
}

impl Application {
    fn next(&self) -> Start {
        let height = self
            .chain
            .last()
            .map_or(Height(1), |(height, ..)| height.next());
        let organisation = OrganisationId([5; 32]);
        let validator = Validator {
            key: key().public(),
            organisation,
            power: 1,
        };
        let validators = ValidatorSet::new(vec![validator]).expect("one validator is a set");
        Start { height, validators }
    }

    fn block(&mut self, height: Height, round: u32) -> BlockHash {
        let byte = u8::try_from(height.0).expect("the tests are short");
        *self
            .proposed
            .entry((height, round))
            .or_insert(BlockHash(Digest::Blake3([byte; 32])))
    }

    /// Answers everything until the given question, which it hands back.
    async fn answer(&mut self, running: &mut Running, until: Until) -> Pending {
        loop {
            let request = timeout(GUARD, running.requests.recv())
                .await
                .expect("the engine asks");
            match request.expect("the engine runs") {
                Request::Ready { reply } => {
                    self.asked.push("ready");
                    reply.send(self.next()).expect("the engine waits");
                }
                Request::StartedRound {
                    height,
                    round,
                    proposer,
                    reply,
                } => {
                    self.asked.push("round");
                    assert_eq!(proposer, key().public());
                    let held = self.proposed.get(&(height, round));
                    let held = held.map(|&block| Proposed {
                        block,
                        proposer,
                        pol_round: None,
                    });
                    reply
                        .send(held.into_iter().collect())
                        .expect("the engine waits");
                }
                Request::Propose {
                    height,
                    round,
                    timeout: _,
                    reply,
                } => {
                    self.asked.push("propose");
                    let block = self.block(height, round);
                    reply
                        .send(Built {
                            block,
                            bytes: vec![0; 100_000],
                        })
                        .expect("the engine waits");
                }
                Request::Decided {
                    height,
                    block,
                    certificate,
                    reply,
                } => {
                    self.asked.push("decided");
                    assert_eq!(
                        self.proposed.get(&(height, certificate.round)),
                        Some(&block)
                    );
                    if until == Until::Decided(height.0) {
                        return Pending::Decided(reply);
                    }
                    self.chain.push((height, block, certificate));
                    reply.send(()).expect("the engine waits");
                }
                Request::Finalized {
                    height,
                    block,
                    certificate,
                    misbehaviour,
                    reply,
                } => {
                    self.asked.push("finalized");
                    assert_eq!(self.chain.last(), Some(&(height, block, certificate)));
                    assert_eq!(misbehaviour, []);
                    if until == Until::Finalized(height.0) {
                        return Pending::Finalized(reply);
                    }
                    reply
                        .send(Next::Start(self.next()))
                        .expect("the engine waits");
                }
                Request::HistoryMinimum { reply } => {
                    let first = self.chain.first().map_or(Height(0), |(height, ..)| *height);
                    reply.send(first).expect("the engine waits");
                }
                request @ (Request::Received { .. }
                | Request::Restream { .. }
                | Request::Synced { .. }
                | Request::DecidedBlocks { .. }) => panic!("nobody is there to cause {request:?}"),
            }
        }
    }

    /// Every height from 1 has a certificate with one signature, of exactly that vote.
    fn check(&self, heights: u64) {
        assert_eq!(
            self.chain.iter().map(|(h, ..)| h.0).collect::<Vec<_>>(),
            Vec::from_iter(1..=heights)
        );
        for (height, block, certificate) in &self.chain {
            let [(validator, signature)] = certificate.signatures[..] else {
                panic!("{certificate:?} has one signature");
            };
            assert_eq!(validator, key().public());
            let vote = |height, round, block| {
                let (kind, value) = (VoteKind::Precommit, Some(block));
                Vote {
                    kind,
                    height,
                    round,
                    value,
                    validator,
                }
                .verify(&GENESIS, &signature)
            };
            assert!(vote(*height, certificate.round, *block));
            assert!(!vote(height.next(), certificate.round, *block));
            assert!(!vote(*height, certificate.round + 1, *block));
            assert!(!vote(*height, certificate.round, BlockHash(Digest::ZERO)));
        }
    }
}

#[tokio::test]
async fn heights_are_decided_with_certificates_that_verify_and_a_restart_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut application = Application::default();
    for heights in [5, 10, 15] {
        let mut running = start(config(folder.path())).await.expect("it starts");
        application
            .answer(&mut running, Until::Finalized(heights))
            .await;
        timeout(GUARD, running.stop()).await.expect("it stops");
        application.check(heights);
    }
}

#[tokio::test]
async fn nothing_is_decided_while_the_reply_to_finalized_is_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut application = Application::default();
    let mut running = start(config(folder.path())).await.expect("it starts");
    let pending = application.answer(&mut running, Until::Finalized(3)).await;
    let Pending::Finalized(reply) = pending else {
        panic!("{pending:?}")
    };
    // Long enough for a hundred heights; the test cannot fail by being slow.
    let more = timeout(
        Duration::from_millis(300),
        application.answer(&mut running, Until::Decided(4)),
    );
    assert!(more.await.is_err(), "the chain rests");
    application.check(3);
    reply
        .send(Next::Start(application.next()))
        .expect("the engine waits");
    application.answer(&mut running, Until::Finalized(6)).await;
    application.check(6);
    timeout(GUARD, running.stop()).await.expect("it stops");
}

#[tokio::test]
async fn what_was_voted_for_is_decided_after_a_crash_before_the_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut application = Application::default();
    let mut running = start(config(folder.path())).await.expect("it starts");
    application.answer(&mut running, Until::Decided(3)).await;
    timeout(GUARD, running.stop()).await.expect("it stops");
    application.check(2);

    application.asked.clear();
    let mut running = start(config(folder.path())).await.expect("it starts");
    application.answer(&mut running, Until::Finalized(4)).await;
    eprintln!("{:?}", application.asked);
    application.check(4);
    timeout(GUARD, running.stop()).await.expect("it stops");
}

#[tokio::test]
async fn a_log_in_use_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = start(config(folder.path())).await.expect("it starts");
    let second = start(config(folder.path()))
        .await
        .expect_err("the log is locked");
    assert!(second.to_string().contains("consensus.wal"), "{second}");
    timeout(GUARD, first.stop()).await.expect("it stops");
    let third = start(config(folder.path()))
        .await
        .expect("the log is free again");
    timeout(GUARD, third.stop()).await.expect("it stops");
}
