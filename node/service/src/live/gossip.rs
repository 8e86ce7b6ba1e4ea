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
