//! This exists to put transactions into messages for the other nodes, and to take them out again.

use bytes::Bytes;
use linli_ledger::codec::{decode, encode};
use linli_ledger::transaction::{SignedTransaction, VerifiedTransaction};
use linli_network::Topic;

/// Most bytes of a message.
pub(super) const MESSAGE_BYTES_MAX: usize = Topic::Transactions.bytes_max();
/// The number in front of a list.
const COUNT_BYTES: usize = 4;

/// Messages that hold these transactions, in order, each as many as fit. Source: NET-4.4.
pub(super) fn pack(transactions: &[VerifiedTransaction]) -> Vec<Bytes> {
    let (mut messages, mut list, mut bytes) = (Vec::new(), Vec::new(), COUNT_BYTES);
    for transaction in transactions {
        let signed = transaction.signed();
        let size = encode(signed).len();
        if bytes + size > MESSAGE_BYTES_MAX && !list.is_empty() {
            messages.push(Bytes::from(encode(&list)));
            (list, bytes) = (Vec::new(), COUNT_BYTES);
        }
        bytes += size;
        list.push(signed);
    }
    if !list.is_empty() {
        messages.push(Bytes::from(encode(&list)));
    }
    messages
}

/// What a message holds; nothing of it is checked. `None` for bytes that are no list.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<SignedTransaction>> {
    decode(bytes, "transactions").ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::crypto::BusinessKey;
    use linli_ledger::hash::Digest;
    use linli_ledger::limits::TRANSACTION_BYTES_MAX;
    use linli_ledger::transaction::{BODY_VERSION, Body, Signer};
    use linli_ledger::types::{BlockTime, ContractId};
    use proptest::prelude::*;

    fn transaction(call: usize) -> VerifiedTransaction {
        let (genesis, key) =
            (Digest::Blake3([1; 32]), BusinessKey::demonstration(b"gossip", "one"));
        let body = Body {
            version: BODY_VERSION,
            genesis,
            contract: ContractId(1),
            call_version: 1,
            signers: vec![Signer { key: key.public(), grant: None }],
            nonce: 1,
            salt: [0; 16],
            valid_until: BlockTime(1),
            call: vec![0; call],
        };
        let signature = key.sign_transaction(&genesis, &body.id());
        SignedTransaction::new(&body, vec![signature]).verify(&genesis).unwrap()
    }

    /// Bytes of a body without its call.
    const FRAME: usize = 150;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_packed_comes_out_in_order(
            calls in prop::collection::vec(
                prop_oneof![0_usize..1_000, 30_000..TRANSACTION_BYTES_MAX - FRAME], 0..20,
            )
        ) {
            let transactions: Vec<_> = calls.into_iter().map(transaction).collect();
            let messages = pack(&transactions);
            prop_assert!(messages.iter().all(|message| message.len() <= MESSAGE_BYTES_MAX));
            let unpacked: Vec<_> =
                messages.iter().flat_map(|message| unpack(message).unwrap()).collect();
            let signed: Vec<_> = transactions.iter().map(|one| one.signed().clone()).collect();
            prop_assert_eq!(unpacked, signed);
            // None is sent that could have gone with the one before.
            for pair in messages.windows(2) {
                prop_assert!(pair[0].len() + pair[1].len() > MESSAGE_BYTES_MAX - TRANSACTION_BYTES_MAX);
            }
        }
    }

    #[test]
    fn bytes_that_are_no_list_are_none() {
        let message = pack(&[transaction(10), transaction(20)]).pop().unwrap();
        for length in 0..message.len() {
            assert!(unpack(&message[..length]).is_none());
        }
        // A list of four thousand million takes no memory before it is there.
        assert!(unpack(&[0xff; 64]).is_none());
        let more: Vec<u8> = message.iter().copied().chain([0]).collect();
        assert!(unpack(&more).is_none());
    }
}
