//! How fast the read model takes blocks, and how much memory and disk it needs: one line of JSON.
//!
//! `cargo bench --workspace --bench index -- 2000000`
//!
//! The transactions are made up (nobody checks a signature here) but have the mix and the sizes of a
//! sub-district's: check-ins without value, awards of points, now and then money. Each block is
//! followed as a node would do it: its own batch, flushed and synced.

#![expect(clippy::print_stdout, reason = "the result of a bench is what it prints")]

mod common;

use borsh::BorshSerialize;
use common::{Chain, bytes, memory};
use linli_contracts::credit::{self, Call};
use linli_ledger::block::{Block, BlockTransaction, CommittedBlock, Header};
use linli_ledger::certificate::{Certificate, CommitCertificate};
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::frame::Frame;
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, hash};
use linli_ledger::merkle;
use linli_ledger::posting::money::Segment;
use linli_ledger::posting::points::PointLot;
use linli_ledger::posting::{Direction, JournalEntry, Movement, Quantity};
use linli_ledger::receipt::{Outcome, Receipt, Subject, Write};
use linli_ledger::state::State;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{
    AccountId, BlockHash, BlockTime, Compartment, ContractId, Height, RecordId, SourceId,
    StateRoot, TransactionId,
};
use linli_service::Followed;
use linli_service::index::{Index, IndexError, Placed};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Transactions of a block.
const BLOCK: u32 = 500;
/// Residents who act.
const PEOPLE: u64 = 100_000;

fn id(domain: Domain, n: u64) -> [u8; 32] {
    hash(domain, &n.to_le_bytes())
}

fn genesis(validator: PublicKey) -> Genesis {
    let key = BusinessKey::demonstration(b"bench", "office").public();
    let kind = OrganisationKind::PublicBody;
    Genesis {
        version: GENESIS_VERSION,
        name: "bench".into(),
        time: BlockTime(1_767_225_600_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![GenesisOrganisation { name: "office".into(), kind, key }],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator, organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: (1..=5).map(|id| (ContractId(id), 1)).collect(),
        parameters: Vec::new(),
    }
}

/// Makes blocks that look like a year's, one after the other.
struct Maker {
    genesis: Digest,
    validator: PublicKey,
    people: Vec<PublicKey>,
    parent: BlockHash,
    height: u64,
    made: u64,
    /// Entries of each account so far.
    entries: BTreeMap<AccountId, u64>,
}

impl Maker {
    fn block(&mut self) -> Followed {
        let mut transactions = Vec::new();
        let mut receipts = Vec::new();
        for _ in 0..BLOCK {
            let (signed, receipt) = self.transaction();
            transactions.push(BlockTransaction::Full(signed));
            receipts.push(receipt);
        }
        self.height += 1;
        let leaves: Vec<_> = receipts.iter().map(Receipt::leaf).collect();
        let none = Digest::ZERO;
        let header = Header {
            version: 1,
            chain: self.genesis,
            height: Height(self.height),
            time: BlockTime(1_767_225_600_000 + self.height * 60_000),
            parent: self.parent,
            transactions_root: none,
            transaction_count: u32::try_from(transactions.len()).expect("a block is small"),
            receipts_root: Digest::Blake3(merkle::root(&leaves)),
            receipt_count: u32::try_from(receipts.len()).expect("a block is small"),
            state_root: StateRoot(none),
            history_root: none,
            validators_hash: none,
            next_validators_hash: none,
            proposer: self.validator,
        };
        self.parent = header.hash();
        let certificate =
            Certificate::Quorum(CommitCertificate { round: 0, signatures: Vec::new() });
        let block = CommittedBlock { block: Block { header, transactions }, certificate };
        Followed { block, receipts }
    }

    fn transaction(&mut self) -> (SignedTransaction, Receipt) {
        let n = self.made;
        self.made += 1;
        let person = n.wrapping_mul(0x9e37_79b9) % PEOPLE;
        let key = self.people[usize::try_from(person % 1_000).expect("small")];
        let call = Call::SignUp { activity: RecordId(id(Domain::Document, n / 30)) };
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis,
            contract: credit::CONTRACT,
            call_version: 1,
            signers: vec![Signer { key, grant: None }; 1 + usize::from(n.is_multiple_of(2))],
            nonce: n,
            salt: [7; 16],
            valid_until: BlockTime(u64::MAX),
            call: encode(&call),
        };
        let signed = SignedTransaction::new(&body, Vec::new());
        let mut receipt = Receipt {
            subject: Subject::Transaction(signed.id()),
            contract: credit::CONTRACT,
            compartment: Compartment::Restricted,
            outcome: Outcome::Applied,
            conditions: Vec::new(),
            movements: Vec::new(),
            entries: Vec::new(),
            writes: Vec::new(),
        };
        let created = linli_ledger::types::derive_identifier(&signed.id(), 0);
        let write = |contract: u16, kind: u8, id: &[u8]| Write {
            key: [&contract.to_be_bytes(), [kind].as_slice(), id].concat(),
            version: 1,
            value: Some(self::id(Domain::Value, n)),
        };
        receipt.writes = vec![
            write(0, 1, &encode(&key)),
            write(4, 1, &if n.is_multiple_of(3) { created } else { id(Domain::Document, person) }),
            write(4, 2, &id(Domain::Identifier, n / 30)),
        ];
        let resident = AccountId(id(Domain::Account, person));
        match n % 100 {
            0..9 => {
                let lot =
                    PointLot { expires_at: BlockTime(0), batch: RecordId(created), amount: 40 };
                self.moved(&mut receipt, AccountId([1; 32]), resident, Quantity::Points(vec![lot]));
            }
            9..12 => {
                let source = SourceId(u32::try_from(n % 60).expect("small"));
                let segments = (0..2)
                    .map(|part| Segment { source, start: n * 1_000 + part * 500, length: 300 })
                    .collect();
                let fund = AccountId(id(Domain::Account, PEOPLE + n % 40));
                self.moved(&mut receipt, fund, resident, Quantity::Fen(segments));
            }
            _ => {}
        }
        (signed, receipt)
    }

    fn moved(&mut self, receipt: &mut Receipt, from: AccountId, to: AccountId, what: Quantity) {
        for (account, direction) in [(from, Direction::Out), (to, Direction::In)] {
            let number = self.entries.entry(account).or_default();
            *number += 1;
            receipt.entries.push(JournalEntry {
                account,
                direction,
                amount: what.amount(),
                balance: 0,
                number: *number,
                head: [0; 32],
            });
        }
        receipt.movements.push(Movement { from, to, quantity: what });
    }
}

fn encoded(value: &impl BorshSerialize) -> u64 {
    borsh::object_length(value).map_or(0, |length| length as u64)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = std::env::args().filter_map(|word| word.parse().ok()).next_back();
    let wanted: u64 = wanted.unwrap_or(500_000);
    let folder = tempfile::tempdir()?;
    let validator = ConsensusKey::demonstration(b"bench", "validator").public();
    let genesis = genesis(validator);
    let rulebook = linli_contracts::rulebook();
    let state = State::from_genesis(&genesis, &rulebook)?;
    let first = Frame::Genesis(encode(&genesis));
    let mut chain = Chain::begin(folder.path().join("chain"), &first)?;
    let storage = linli_node::storage::Folder::create(&folder.path().join("chain"))?;
    let blocks = Arc::new(linli_node::Blocks::new(Box::new(storage)));
    let index = Index::open(&folder.path().join("index"), &genesis, blocks)?;
    let mut maker = Maker {
        genesis: genesis.hash(),
        validator,
        people: (0..1_000)
            .map(|n| BusinessKey::demonstration(b"bench", &format!("person {n}")).public())
            .collect(),
        parent: BlockHash(genesis.hash()),
        height: 0,
        made: 0,
        entries: BTreeMap::new(),
    };
    let (before, _) = memory("self");
    let mut times: Vec<Duration> = Vec::new();
    let mut sample: Vec<TransactionId> = Vec::new();
    let mut logical = 0;
    while maker.made < wanted {
        let followed = Arc::new(maker.block());
        chain.append(&Frame::Block(followed.block.clone()))?;
        logical += followed.receipts.iter().map(encoded).sum::<u64>();
        if let Subject::Transaction(id) = followed.receipts[followed.receipts.len() / 3].subject {
            sample.push(id);
        }
        let placed = Placed::new(&state, followed);
        let begun = Instant::now();
        index.append(&[placed])?;
        times.push(begun.elapsed());
    }
    let (now, most) = memory("self");
    let tenth = (times.len() / 10).max(1);
    let rate = |times: &[Duration]| {
        let seconds: f64 = times.iter().map(Duration::as_secs_f64).sum();
        let blocks = u32::try_from(times.len()).map_or(f64::NAN, f64::from);
        blocks * f64::from(BLOCK) / seconds
    };
    let mut lookups = lookups(&index, &sample)?;
    lookups.sort_unstable();
    let at = |share: usize| lookups[(lookups.len() - 1) * share / 100].as_micros();
    println!(
        "{{\"target\":\"index\",\"transactions\":{},\"per_second\":{:.0},\"first_tenth\":{:.0},\
         \"last_tenth\":{:.0},\"memory_before_mb\":{before},\"memory_mb\":{now},\
         \"memory_most_mb\":{most},\"disk_mb\":{},\"receipts_mb\":{},\"lookup_p50_us\":{},\
         \"lookup_p99_us\":{},\"slowest_block_ms\":{}}}",
        maker.made,
        rate(&times),
        rate(&times[..tenth]),
        rate(&times[times.len() - tenth..]),
        bytes(&folder.path().join("index")) / 1_048_576,
        logical / 1_048_576,
        at(50),
        at(99),
        times.iter().max().map_or(0, Duration::as_millis),
    );
    Ok(())
}

/// Looks every second sampled transaction up, oldest and newest mixed.
fn lookups(index: &Index, sample: &[TransactionId]) -> Result<Vec<Duration>, IndexError> {
    let mut times = Vec::new();
    for n in 0..sample.len().min(2_000) {
        let id = sample[n.wrapping_mul(7_919) % sample.len()];
        let begun = Instant::now();
        assert!(index.transaction(&id)?.is_some(), "every transaction is found");
        times.push(begun.elapsed());
    }
    Ok(times)
}
