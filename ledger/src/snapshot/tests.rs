use super::*;
use crate::certificate::{CommitCertificate, Vote, VoteKind};
use crate::contract::Rulebook;
use crate::crypto::{BusinessKey, ConsensusKey};
use crate::execute::{BlockTemplate, build_block};
use crate::genesis::{
    Clock, GENESIS_VERSION, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use crate::types::TransactionId;

fn validator(label: &str) -> ConsensusKey {
    ConsensusKey::demonstration(b"snapshot", label)
}

fn genesis() -> Genesis {
    let organisation = |n: u32| GenesisOrganisation {
        name: format!("organisation {n}"),
        kind: OrganisationKind::PublicBody,
        key: BusinessKey::demonstration(b"snapshot", &n.to_string()).public(),
    };
    let only = GenesisValidator { key: validator("only").public(), organisation: 0, power: 1 };
    Genesis {
        version: GENESIS_VERSION,
        name: "snapshot".into(),
        time: BlockTime(1_000),
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: (0..40).map(organisation).collect(),
        governance: vec![0],
        governance_threshold: 1,
        validators: vec![only],
        nodes: Vec::new(),
        contracts: Vec::new(),
        parameters: Vec::new(),
    }
}

/// A chain of some blocks: the last one, and the state after it.
fn chain(blocks: u64) -> (CommittedBlock, State) {
    let rulebook = Rulebook::new(Vec::new()).unwrap();
    let mut state = State::from_genesis(&genesis(), &rulebook).unwrap();
    let mut last = None;
    for _ in 0..blocks {
        let time = state.tip().time.plus(1_000);
        let template = BlockTemplate { time, proposer: validator("only").public() };
        let built = build_block(&state, &rulebook, template, &[]);
        state.apply(built.executed.delta);
        last = Some(certified(built.block, "only"));
    }
    (last.unwrap(), state)
}

fn certified(block: crate::block::Block, by: &str) -> CommittedBlock {
    let key = validator(by);
    let vote = Vote {
        kind: VoteKind::Precommit,
        height: block.header.height,
        round: 0,
        value: Some(block.header.hash()),
        validator: key.public(),
    };
    let signatures = vec![(key.public(), key.sign_vote(&genesis().hash(), &vote))];
    let certificate = Certificate::Quorum(CommitCertificate { round: 0, signatures });
    CommittedBlock { block, certificate }
}

/// A leaf in bytes: key, version, writer, value.
type LeafBytes = (Vec<u8>, u64, TransactionId, Vec<u8>);

/// What a frame of a snapshot holds, as LED-11.3 says it; the code reads and writes it piece by piece.
#[derive(BorshSerialize, BorshDeserialize)]
enum Payload {
    Head(Head),
    Leaves(Compartment, Vec<LeafBytes>),
}

fn read(frame: &[u8]) -> Payload {
    decode(payload(frame).unwrap(), "a frame").unwrap()
}

fn load(bytes: &[u8], block: &CommittedBlock) -> Result<State, SnapshotError> {
    let (frames, taken) = split(bytes)?;
    if taken < bytes.len() {
        return Err(FrameError::Torn.into());
    }
    let (head, parts) = frames.split_first().ok_or(SnapshotError::Order)?;
    let mut assembly = Assembly::new(read_head(head)?);
    for part in parts {
        assembly.add(read_part(part)?)?;
    }
    assembly.finish(&genesis(), block)
}

#[test]
fn a_state_comes_back_whole_whatever_the_division() {
    for blocks in 1..9 {
        let (block, state) = chain(blocks);
        for part_bytes in [1, 300, 4_000, PART_BYTES] {
            let frames: Vec<_> = frames_of(&state, part_bytes).collect();
            assert!(part_bytes > 1 || frames.len() == 1 + state.len(Compartment::Public));
            let loaded = load(&frames.concat(), &block).unwrap();
            assert_eq!((loaded.tip(), loaded.root()), (state.tip(), state.root()));
            for compartment in Compartment::BOTH {
                assert!(loaded.leaves(compartment).eq(state.leaves(compartment)));
            }
        }
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let (block, state) = chain(3);
    let bytes = frames_of(&state, 600).collect::<Vec<_>>().concat();
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1 << (position % 8);
        assert!(load(&flipped, &block).is_err(), "byte {position}");
        assert!(load(&bytes[..position], &block).is_err(), "cut at {position}");
    }
}

/// Frames that are well formed and say something else.
fn forged(state: &State, change: impl Fn(&mut Head, &mut Vec<LeafBytes>)) -> Vec<u8> {
    let frames: Vec<_> = frames(state).collect();
    let Payload::Head(mut head) = read(&frames[0]) else { panic!() };
    let Payload::Leaves(compartment, mut leaves) = read(&frames[1]) else { panic!() };
    change(&mut head, &mut leaves);
    let frames = [Payload::Head(head), Payload::Leaves(compartment, leaves)];
    frames.iter().flat_map(|frame| with_header(&encode(frame))).collect()
}

type Change = fn(&mut Head, &mut Vec<LeafBytes>);

/// As many headers as there can be: one more cannot be counted.
fn endless() -> Frontier {
    let mut bytes = vec![0xff; 8];
    bytes.extend(64_u32.to_le_bytes());
    bytes.extend([7; 64 * 32]);
    decode(&bytes, "a frontier").unwrap()
}

#[test]
fn a_well_formed_lie_is_found() {
    let (block, state) = chain(3);
    let other = Digest::Blake3([9; 32]);
    let lies: [(Change, SnapshotError); 14] = [
        (|head, _| head.version = 2, SnapshotError::Version(2)),
        (|head, _| head.genesis = Digest::Blake3([9; 32]), SnapshotError::Chain),
        (|head, _| head.height = Height(2), SnapshotError::Block),
        (|head, _| head.time = BlockTime(2), SnapshotError::Block),
        (|head, _| head.block = BlockHash(Digest::ZERO), SnapshotError::Block),
        (|head, _| head.leaves.1 = 1, SnapshotError::Leaves),
        (|_, leaves| leaves.swap(0, 1), SnapshotError::Leaves),
        (|_, leaves| drop(leaves.pop()), SnapshotError::Leaves),
        (|_, leaves| leaves.insert(1, leaves[0].clone()), SnapshotError::Leaves),
        (|_, leaves| leaves[39].0 = vec![255; 70_000], SnapshotError::Leaves),
        (|_, leaves| leaves[3].3[0] ^= 1, SnapshotError::StateRoot),
        (|_, leaves| leaves[3].1 += 1, SnapshotError::StateRoot),
        (|head, _| head.earlier.push([1; 32]), SnapshotError::History),
        (|head, _| head.earlier = endless(), SnapshotError::History),
    ];
    for (number, (change, error)) in lies.into_iter().enumerate() {
        assert_eq!(load(&forged(&state, change), &block).unwrap_err(), error, "lie {number}");
    }
    assert!(load(&forged(&state, |_, _| {}), &block).is_ok(), "nothing changed, nothing found");
    let stranger = certified(block.block.clone(), "stranger");
    let bytes = frames(&state).collect::<Vec<_>>().concat();
    assert!(matches!(load(&bytes, &stranger), Err(SnapshotError::Certificate(_))));
    let mut elsewhere = block.clone();
    elsewhere.block.header.validators_hash = other;
    assert!(matches!(load(&bytes, &elsewhere), Err(SnapshotError::Block)));
    let swapped: Vec<_> = frames(&state).collect();
    assert_eq!(read_head(&swapped[1]).unwrap_err(), SnapshotError::Order);
    assert_eq!(read_part(&swapped[0]).unwrap_err(), SnapshotError::Order);
}
