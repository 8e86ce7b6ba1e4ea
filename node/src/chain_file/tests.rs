use super::*;
use crate::storage::faulty::Faulty;
use crate::tip::TIP_RECORD_BYTES;
use linli_ledger::certificate::Certificate;
use linli_ledger::certificate::{CommitCertificate, Vote, VoteKind};
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockTime, ContractId};

fn validator() -> ConsensusKey {
    ConsensusKey::demonstration(b"chain file", "validator")
}

fn genesis() -> Genesis {
    let key = BusinessKey::demonstration(b"chain file", "office").public();
    let kind = OrganisationKind::PublicBody;
    Genesis {
        version: GENESIS_VERSION,
        name: "chain-file".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: vec![GenesisOrganisation { name: "office".into(), kind, key }],
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: vec![(ContractId(1), 1)],
        parameters: Vec::new(),
    }
}

fn open(disk: &Faulty) -> Result<(ChainFile, State), NodeError> {
    let rulebook = linli_contracts::rulebook();
    ChainFile::open(disk.folder("chain"), disk.folder("node"), &genesis(), &rulebook, None, &mut ())
}

/// The next block, certified by the only validator.
fn next_block(state: &State) -> CommittedBlock {
    let time = state.tip().time.plus(1_000);
    let template = BlockTemplate { time, proposer: validator().public() };
    let block = build_block(state, &linli_contracts::rulebook(), template, &[]).block;
    let vote = Vote {
        kind: VoteKind::Precommit,
        height: block.header.height,
        round: 0,
        value: Some(block.header.hash()),
        validator: validator().public(),
    };
    let signature = validator().sign_vote(state.genesis(), &vote);
    let signatures = vec![(validator().public(), signature)];
    CommittedBlock {
        block,
        certificate: Certificate::Quorum(CommitCertificate { round: 0, signatures }),
    }
}

/// Appends until it fails or `count` is reached; returns the last height acknowledged.
fn append(disk: &Faulty, count: u64) -> Height {
    let mut acknowledged = Height(0);
    let Ok((mut file, mut state)) = open(disk) else { return acknowledged };
    acknowledged = state.tip().height;
    while acknowledged.0 < count {
        let block = next_block(&state);
        if file.append(&block).is_err() {
            break;
        }
        let mut replay = block.block.verify().map(|block| {
            linli_ledger::execute::execute_block(&state, &linli_contracts::rulebook(), &block)
        });
        state.apply(replay.as_mut().unwrap().as_ref().unwrap().delta.clone());
        acknowledged = state.tip().height;
    }
    acknowledged
}

const SEGMENT: &str = "chain/0000000000.chain";

#[test]
fn what_was_acknowledged_survives_a_loss_of_power_at_every_write() {
    let whole = Faulty::default();
    append(&whole, 4);
    for write in 0..whole.writes() {
        for sixteenths in [0, 1, 8, 15, 16] {
            let disk = Faulty::default();
            disk.fail_at(write, sixteenths);
            let acknowledged = append(&disk, 4);
            disk.restore();
            let (_, state) = open(&disk).unwrap();
            assert!(state.tip().height >= acknowledged, "write {write}, {sixteenths}/16");
            assert_eq!(append(&disk, 4), Height(4), "write {write}, {sixteenths}/16");
            assert_eq!(disk.bytes(SEGMENT), whole.bytes(SEGMENT), "one chain, whatever happened");
        }
    }
}

#[test]
fn a_disk_that_was_full_at_any_write_is_gone_on_with_from_the_state_in_memory() {
    let whole = Faulty::default();
    append(&whole, 4);
    let rulebook = linli_contracts::rulebook();
    // The first write makes the file; from then on there is a state in memory.
    for write in 1..whole.writes() {
        for sixteenths in [0, 1, 8, 15, 16] {
            let disk = Faulty::default();
            let (mut file, mut state) = open(&disk).unwrap();
            disk.full_at(write - 1, sixteenths);
            let error = loop {
                let block = next_block(&state);
                if let Err(error) = file.append(&block) {
                    break error;
                }
                let block = block.block.verify().unwrap();
                let executed = linli_ledger::execute::execute_block(&state, &rulebook, &block);
                state.apply(executed.unwrap().delta);
            };
            assert!(error.is_storage_full(), "write {write}, {sixteenths}/16: {error}");
            disk.restore();
            let (node, chain) = (disk.folder("node"), disk.folder("chain"));
            let start = Some(state.clone());
            let (_, resumed) =
                ChainFile::open(chain, node, &genesis(), &rulebook, start, &mut ()).unwrap();
            assert!(resumed.tip().height >= state.tip().height, "write {write}, {sixteenths}/16");
            assert_eq!(append(&disk, 4), Height(4), "write {write}, {sixteenths}/16");
            assert_eq!(disk.bytes(SEGMENT), whole.bytes(SEGMENT), "one chain, whatever happened");
        }
    }
}

#[test]
fn a_shortened_file_is_noticed_at_every_length() {
    let disk = Faulty::default();
    append(&disk, 3);
    let whole = disk.bytes(SEGMENT);
    for length in (0..whole.len()).step_by(7) {
        disk.edit(SEGMENT, |bytes| bytes.truncate(length));
        assert!(matches!(open(&disk), Err(NodeError::Shortened { .. })), "{length} bytes");
        disk.edit(SEGMENT, |bytes| *bytes = whole.clone());
    }
    assert_eq!(open(&disk).unwrap().1.tip().height, Height(3));
}

#[test]
fn a_torn_record_of_the_tip_puts_no_later_one_out_of_step() {
    for arrived in 1..TIP_RECORD_BYTES {
        let disk = Faulty::default();
        append(&disk, 2);
        disk.edit("node/tip", |bytes| bytes.truncate(TIP_RECORD_BYTES + arrived));
        append(&disk, 5);
        let whole = disk.bytes(SEGMENT);
        disk.edit(SEGMENT, |bytes| bytes.truncate(bytes.len() / 2));
        assert!(matches!(open(&disk), Err(NodeError::Shortened { .. })), "{arrived} bytes");
        disk.edit(SEGMENT, |bytes| *bytes = whole.clone());
        let middle = whole.len() / 2;
        disk.edit(SEGMENT, |bytes| bytes[middle] ^= 1);
        assert!(open(&disk).is_err(), "{arrived} bytes");
    }
}

#[test]
fn another_chain_that_is_longer_is_noticed() {
    let disk = Faulty::default();
    append(&disk, 3);
    let tip = disk.bytes("node/tip");
    let other = tip_record(Height(2), BlockHash(Digest::ZERO));
    disk.edit("node/tip", |bytes| *bytes = other);
    assert!(matches!(open(&disk), Err(NodeError::Replaced { height: Height(2) })));
    disk.edit("node/tip", |bytes| *bytes = tip);
    assert_eq!(open(&disk).unwrap().1.tip().height, Height(3));
}

#[test]
fn a_flipped_bit_is_an_error_and_never_a_shorter_chain() {
    let disk = Faulty::default();
    append(&disk, 3);
    let whole = disk.bytes(SEGMENT);
    for position in (0..whole.len()).step_by(3) {
        disk.edit(SEGMENT, |bytes| bytes[position] ^= 1 << (position % 8));
        assert!(open(&disk).is_err(), "byte {position}");
        assert_ne!(disk.bytes(SEGMENT), whole, "nothing is repaired in silence");
        disk.edit(SEGMENT, |bytes| *bytes = whole.clone());
    }
}

#[test]
fn without_its_second_place_a_damaged_end_is_not_cut_off() {
    let disk = Faulty::default();
    append(&disk, 3);
    disk.remove("node/tip");
    assert_eq!(open(&disk).unwrap().1.tip().height, Height(3), "a restored chain opens");
    disk.edit(SEGMENT, |bytes| bytes.truncate(bytes.len() - 1));
    assert!(matches!(open(&disk), Err(NodeError::Damaged(_))));
}

#[test]
fn another_genesis_is_refused() {
    let disk = Faulty::default();
    append(&disk, 1);
    let other = Genesis { name: "other".into(), ..genesis() };
    let rulebook = linli_contracts::rulebook();
    let opened = ChainFile::open(
        disk.folder("chain"),
        disk.folder("node"),
        &other,
        &rulebook,
        None,
        &mut (),
    );
    assert!(matches!(opened, Err(NodeError::OtherChain { .. })));
}

#[test]
fn blocks_are_read_back_by_height() {
    let disk = Faulty::default();
    append(&disk, 4);
    let (file, _) = open(&disk).unwrap();
    let heights: Vec<_> = file
        .blocks(Height(2), Height(9))
        .unwrap()
        .iter()
        .map(|block| block.block.header.height.0)
        .collect();
    assert_eq!(heights, [2, 3, 4]);
}
