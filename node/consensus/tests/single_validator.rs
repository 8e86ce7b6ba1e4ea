//! One validator on the real engine, with a network without peers: decides, certifies, stops, goes
//! on, rests, and survives a crash between proposing and committing.

mod common;

use common::SignedFile;
use linli_consensus::{
    Built, Config, Next, Proposed, Request, Running, Start, StartError, Timeouts, Voice,
};
use linli_ledger::certificate::{CommitCertificate, Validator, ValidatorSet, Vote, VoteKind};
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockHash, Height, OrganisationId};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

/// Nothing here waits for a time to pass; this only ends a test that would hang.
const GUARD: Duration = Duration::from_mins(1);

const GENESIS: Digest = Digest::Blake3([9; 32]);

fn key() -> ConsensusKey {
    ConsensusKey::from_seed(&[1; 32])
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

async fn start(folder: &Path) -> Result<Running, StartError> {
    linli_consensus::start(Config {
        moniker: "alone".into(),
        genesis: GENESIS,
        voice: Some(Voice { key: key(), signed: Box::new(SignedFile(folder.join("signed"))) }),
        wal: folder.join("wal").join("consensus.wal"),
        timeouts: Timeouts::default(),
        network: linli_network::alone(),
    })
    .await
}

async fn started(folder: &TempDir) -> Running {
    start(folder.path()).await.expect("it starts")
}

async fn stop(running: Running) {
    timeout(GUARD, running.stop()).await.expect("it stops");
}

async fn next_request(running: &mut Running) -> Option<Request> {
    timeout(GUARD, running.requests.recv()).await.expect("the engine does not hang")
}

/// An application that makes up its blocks and keeps what a real one keeps on disk.
#[derive(Default)]
struct Application {
    chain: Vec<(Height, BlockHash, CommitCertificate)>,
    proposed: BTreeMap<(Height, u32), BlockHash>,
    /// Makes its blocks differ from those of another application.
    salt: u8,
}

impl Application {
    fn next(&self) -> Start {
        let height = self.chain.last().map_or(Height(1), |(height, ..)| height.next());
        let organisation = OrganisationId([5; 32]);
        let validator = Validator { key: key().public(), organisation, power: 1 };
        let validators = ValidatorSet::new(vec![validator]).expect("one validator is a set");
        Start { height, validators }
    }

    /// Answers everything until the question that `until` knows, which it hands back.
    async fn answer(&mut self, running: &mut Running, until: impl Fn(&Request) -> bool) -> Request {
        loop {
            let request = next_request(running).await.expect("the engine runs");
            if until(&request) {
                return request;
            }
            self.reply(request);
        }
    }

    /// Answers everything until the given height is finalized; the reply to that is dropped.
    async fn decide(&mut self, running: &mut Running, height: u64) {
        self.answer(running, finalized(height)).await;
    }

    fn reply(&mut self, request: Request) {
        match request {
            Request::Ready { reply } => {
                reply.send(self.next()).expect("the engine waits");
            }
            Request::StartedRound { height, round, proposer, reply } => {
                assert_eq!(proposer, key().public());
                let held = self.proposed.get(&(height, round));
                let held = held.map(|&block| Proposed { block, proposer, pol_round: None });
                reply.send(held.into_iter().collect()).expect("the engine waits");
            }
            Request::Propose { height, round, timeout: _, reply } => {
                let byte = u8::try_from(height.0).expect("the tests are short") + self.salt;
                let block = BlockHash(Digest::Blake3([byte; 32]));
                let block = *self.proposed.entry((height, round)).or_insert(block);
                reply.send(Built { block, bytes: vec![0; 100_000] }).expect("the engine waits");
            }
            Request::Decided { height, block, certificate, reply } => {
                assert_eq!(self.proposed.get(&(height, certificate.round)), Some(&block));
                self.chain.push((height, block, certificate));
                reply.send(()).expect("the engine waits");
            }
            Request::Finalized { evidence, reply, .. } => {
                assert_eq!(evidence, []);
                reply.send(Next::Start(self.next())).expect("the engine waits");
            }
            Request::HistoryMinimum { reply } => {
                let first = self.chain.first().map_or(Height(0), |(height, ..)| *height);
                reply.send(first).expect("the engine waits");
            }
            request @ (Request::Received { .. }
            | Request::Restream { .. }
            | Request::Synced { .. }
            | Request::Ahead { .. }
            | Request::DecidedBlocks { .. }) => panic!("nobody is there to cause {request:?}"),
        }
    }

    /// Heights from 1 on, each with a certificate of one signature, for exactly that vote.
    fn check(&self, heights: u64) {
        let found: Vec<_> = self.chain.iter().map(|(height, ..)| height.0).collect();
        assert_eq!(found, (1..=heights).collect::<Vec<_>>());
        for (height, block, certificate) in &self.chain {
            let [(validator, signature)] = certificate.signatures[..] else {
                panic!("{certificate:?} has one signature");
            };
            assert_eq!(validator, key().public());
            let verifies = |height, round, block| {
                let (kind, value) = (VoteKind::Precommit, Some(block));
                Vote { kind, height, round, value, validator }.verify(&GENESIS, &signature)
            };
            assert!(verifies(*height, certificate.round, *block));
            assert!(!verifies(height.next(), certificate.round, *block));
            assert!(!verifies(*height, certificate.round + 1, *block));
            assert!(!verifies(*height, certificate.round, BlockHash(Digest::ZERO)));
            let set = self.next().validators;
            assert_eq!(certificate.verify(&GENESIS, *height, *block, &set), Ok(()));
        }
    }
}

fn decided(wanted: u64) -> impl Fn(&Request) -> bool {
    move |request| matches!(request, Request::Decided { height, .. } if height.0 == wanted)
}

fn finalized(wanted: u64) -> impl Fn(&Request) -> bool {
    move |request| matches!(request, Request::Finalized { height, .. } if height.0 == wanted)
}

#[tokio::test]
async fn heights_are_decided_with_certificates_that_verify_and_a_restart_goes_on() {
    let folder = folder();
    let mut application = Application::default();
    for heights in [5, 10, 15] {
        let mut running = started(&folder).await;
        application.decide(&mut running, heights).await;
        stop(running).await;
        application.check(heights);
    }
}

#[tokio::test]
async fn nothing_is_decided_while_the_reply_to_finalized_is_held() {
    let folder = folder();
    let mut application = Application::default();
    let mut running = started(&folder).await;
    let request = application.answer(&mut running, finalized(3)).await;
    let Request::Finalized { reply, .. } = request else { panic!("{request:?}") };

    // Long enough for a dozen heights. On a slow machine this shows less, but never fails.
    let more = application.answer(&mut running, decided(4));
    assert!(timeout(Duration::from_millis(200), more).await.is_err(), "the chain rests");
    application.check(3);

    reply.send(Next::Start(application.next())).expect("the engine waits");
    application.decide(&mut running, 6).await;
    application.check(6);
    stop(running).await;
}

#[tokio::test]
async fn what_was_voted_for_is_decided_after_a_crash_before_the_commit() {
    let folder = folder();
    let mut application = Application::default();
    let mut running = started(&folder).await;
    application.answer(&mut running, decided(3)).await;
    stop(running).await;
    application.check(2);

    let mut running = started(&folder).await;
    application.decide(&mut running, 4).await;
    application.check(4);
    stop(running).await;
}

#[tokio::test]
async fn a_block_built_anew_after_a_crash_does_not_replace_the_one_voted_for() {
    let folder = folder();
    let mut application = Application::default();
    let mut running = started(&folder).await;
    application.answer(&mut running, decided(3)).await;
    stop(running).await;

    let voted = application.proposed.remove(&(Height(3), 0)).expect("it was proposed");
    application.salt = 100;
    let mut running = started(&folder).await;
    let request = application.answer(&mut running, decided(3)).await;
    let Request::Decided { block, .. } = request else { panic!("{request:?}") };
    assert_eq!(block, voted);
    stop(running).await;
}

#[tokio::test]
async fn a_chain_that_has_lost_blocks_does_not_vote_on_them_again() {
    let folder = folder();
    let mut application = Application::default();
    let mut running = started(&folder).await;
    application.decide(&mut running, 3).await;
    stop(running).await;

    application.chain.truncate(1);
    let mut running = started(&folder).await;
    let ready = next_request(&mut running).await.expect("the engine runs");
    application.reply(ready);
    let end = next_request(&mut running).await;
    assert!(end.is_none(), "{end:?}");
    stop(running).await;
}

#[tokio::test]
async fn a_log_in_use_is_refused_until_it_is_closed() {
    let folder = folder();
    let first = started(&folder).await;
    let second = start(folder.path()).await.expect_err("the log is locked");
    assert!(matches!(second, StartError::Log { .. }), "{second}");
    stop(first).await;
    stop(started(&folder).await).await;
}

#[tokio::test]
async fn a_block_that_cannot_be_built_costs_a_round_and_no_more() {
    let folder = folder();
    let mut application = Application::default();
    let mut running = started(&folder).await;
    let is_propose = |request: &Request| matches!(request, Request::Propose { .. });
    drop(application.answer(&mut running, is_propose).await);
    application.decide(&mut running, 2).await;
    application.check(2);
    let rounds: Vec<_> =
        application.chain.iter().map(|(.., certificate)| certificate.round).collect();
    assert_eq!(rounds, [1, 0]);
    stop(running).await;
}

#[tokio::test]
async fn a_log_that_a_loss_of_power_took_lets_the_same_be_signed_again_and_nothing_else() {
    for same in [true, false] {
        let folder = folder();
        let mut application = Application::default();
        let mut running = started(&folder).await;
        application.answer(&mut running, decided(3)).await;
        stop(running).await;

        // What was signed is written down before the log: that the log has not is possible.
        std::fs::remove_dir_all(folder.path().join("wal")).expect("it is there");
        if !same {
            application.proposed.remove(&(Height(3), 0)).expect("it was proposed");
            application.salt = 100;
        }
        let mut running = started(&folder).await;
        if same {
            application.decide(&mut running, 4).await;
            application.check(4);
        } else {
            // Long enough for a dozen heights. On a slow machine this shows less, but never fails.
            let more = application.answer(&mut running, decided(3));
            assert!(timeout(Duration::from_millis(500), more).await.is_err(), "it contradicts");
            application.check(2);
        }
        stop(running).await;
    }
}
