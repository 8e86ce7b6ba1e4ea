//! This exists to find, in what peers send, what somebody has signed: votes and proposals, and the votes that
//! certificates are made of.

use crate::context::{Chain, Value, to_option};
use crate::guard::Message;
use linli_ledger::certificate::{Vote, VoteKind};
use linli_ledger::crypto::Signature;
use malachitebft_app_channel::app::engine::network::NetworkEvent;
use malachitebft_core_types::{NilOrVal, Round, VoteType};

/// What was signed, as claimed: no signature is verified here.
pub(crate) fn messages(event: &NetworkEvent<Chain>) -> Vec<(Message, Signature)> {
    match event {
        NetworkEvent::Vote(_, vote) => {
            let message = vote.message.to_ledger().map(Message::Vote);
            message.map(|message| (message, vote.signature)).into_iter().collect()
        }
        NetworkEvent::Proposal(_, proposal) => {
            let message = proposal.message.to_ledger().map(Message::Proposal);
            message.map(|message| (message, proposal.signature)).into_iter().collect()
        }
        NetworkEvent::PolkaCertificate(_, polka) => {
            let value = NilOrVal::Val(polka.value_id);
            let signed = polka.polka_signatures.iter();
            let signed = signed.map(|s| (VoteType::Prevote, &value, s.address.0, s.signature));
            votes(polka.height.0, polka.round, signed)
        }
        NetworkEvent::RoundCertificate(_, round) => {
            let signed = round.round_signatures.iter();
            let signed = signed.map(|s| (s.vote_type, &s.value_id, s.address.0, s.signature));
            votes(round.height.0, round.round, signed)
        }
        _ => Vec::new(),
    }
}

fn votes<'a>(
    height: linli_ledger::types::Height,
    round: Round,
    signed: impl Iterator<
        Item = (VoteType, &'a NilOrVal<Value>, linli_ledger::crypto::PublicKey, Signature),
    >,
) -> Vec<(Message, Signature)> {
    let Some(round) = round.as_u32() else { return Vec::new() };
    let vote = |(kind, value, validator, signature)| {
        let kind = match kind {
            VoteType::Prevote => VoteKind::Prevote,
            VoteType::Precommit => VoteKind::Precommit,
        };
        let value = to_option(value);
        (Message::Vote(Vote { kind, height, round, value, validator }), signature)
    };
    signed.map(vote).collect()
}
