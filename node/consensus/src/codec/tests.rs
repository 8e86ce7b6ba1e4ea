use super::*;
use crate::context::Head;
use linli_ledger::hash::Digest;
use std::fmt::Debug;

const KEY: PublicKey = PublicKey::Ed25519([3; 32]);
const SIGNATURE: Signature = Signature::Ed25519([4; 64]);
const HEIGHT: types::Height = types::Height(7);

fn block() -> BlockHash {
    BlockHash(Digest::Blake3([5; 32]))
}

fn vote(kind: VoteKind, value: Option<BlockHash>) -> SignedVote<Chain> {
    let vote = ledger::Vote { kind, height: HEIGHT, round: u32::MAX, value, validator: KEY };
    SignedVote::new(Vote::from_ledger(&vote), SIGNATURE)
}

fn proposal(pol_round: Option<u32>) -> SignedProposal<Chain> {
    let (height, value, validator) = (HEIGHT, block(), KEY);
    let proposal = ledger::Proposal { height, round: 2, value, pol_round, validator };
    SignedProposal::new(Proposal::from_ledger(&proposal), SIGNATURE)
}

fn polka() -> PolkaCertificate<Chain> {
    let vote = vote(VoteKind::Prevote, Some(block()));
    PolkaCertificate::new(Height(HEIGHT), Round::new(u32::MAX), Value(block()), vec![vote])
}

/// One spelling, and no other bytes are taken for it.
fn check<T: InBytes + PartialEq + Debug>(message: &T) {
    let bytes = Borsh::default().encode(message).expect("it has bytes");
    let decode = |bytes: Bytes| <Borsh as Codec<T>>::decode(&Borsh::default(), bytes);
    assert_eq!(&decode(bytes.clone()).expect("these are its bytes"), message);
    let mut longer = bytes.to_vec();
    longer.push(0);
    assert!(decode(longer.into()).is_err(), "{message:?} with one more byte");
    for length in 0..bytes.len() {
        assert!(decode(bytes.slice(..length)).is_err(), "{message:?} cut to {length} bytes");
    }
}

#[test]
fn votes_and_proposals_survive() {
    for kind in [VoteKind::Prevote, VoteKind::Precommit] {
        for value in [None, Some(block())] {
            check(&vote(kind, value));
            check(&SignedConsensusMsg::Vote(vote(kind, value)));
            check(&LivenessMsg::Vote(vote(kind, value)));
        }
    }
    for pol_round in [None, Some(0), Some(1)] {
        check(&proposal(pol_round));
        check(&SignedConsensusMsg::Proposal(proposal(pol_round)));
    }
}

#[test]
fn certificates_survive() {
    check(&polka());
    check(&LivenessMsg::PolkaCertificate(polka()));
    for kind in [RoundCertificateType::Skip, RoundCertificateType::Precommit] {
        let votes = vec![vote(VoteKind::Prevote, None), vote(VoteKind::Precommit, Some(block()))];
        let certificate =
            RoundCertificate::new_from_votes(Height(HEIGHT), Round::ZERO, kind, votes);
        check(&certificate);
        check(&LivenessMsg::SkipRoundCertificate(certificate));
    }
}

#[test]
fn values_and_parts_survive() {
    for (valid_round, validity) in [(Round::Nil, Validity::Valid), (Round::ZERO, Validity::Invalid)]
    {
        let (height, proposer, value) = (Height(HEIGHT), Address(KEY), Value(block()));
        let round = Round::new(1);
        check(&ProposedValue { height, round, valid_round, proposer, value, validity });
    }
    let head = Head { height: HEIGHT, round: 0, pol_round: Some(3), proposer: KEY };
    for content in [
        StreamContent::Data(Part::Head(head)),
        StreamContent::Data(Part::Chunk(Bytes::from_static(b"block"))),
        StreamContent::Fin,
    ] {
        check(&StreamMessage::new(StreamId::new(Bytes::from_static(b"id")), 5, content));
    }
    check(&ValidatorProof::<Chain>::new(vec![1], vec![2], SIGNATURE));
}

#[test]
fn sync_messages_survive() {
    let peer_id =
        PeerId::from_bytes(&linli_ledger::crypto::peer_identity(&KEY)).expect("a peer id");
    let (tip_height, history_min_height) = (Height(HEIGHT), Height(types::Height(1)));
    check(&Status::<Chain> { peer_id, tip_height, history_min_height });
    check(&Request::ValueRequest(ValueRequest::new(history_min_height..=tip_height)));
    let certificate = CommitCertificate { round: 1, signatures: vec![(KEY, SIGNATURE)] };
    let decided =
        RawDecidedValue::new(Bytes::from_static(b"block"), to_engine(HEIGHT, block(), certificate));
    let response = Response::ValueResponse(ValueResponse::new(Height(HEIGHT), vec![decided]));
    check(&response);
    let length = Borsh::default().encode(&response).expect("it has bytes").len();
    assert_eq!(Borsh::default().encoded_len(&response).expect("it has a length"), length);
}

#[test]
fn a_vote_outside_any_round_has_no_bytes() {
    use malachitebft_core_types::Context;
    let vote = Chain.new_prevote(Height(HEIGHT), Round::Nil, from_option(None), Address(KEY));
    let refused = Borsh::default().encode(&SignedVote::<Chain>::new(vote, SIGNATURE));
    assert!(matches!(refused, Err(CodecError::NoRound)));
}
