//! This exists to be a node's identity on the network, and to write it as others do.

use libp2p::PeerId;
use libp2p::identity::Keypair;
use linli_ledger::crypto::{PublicKey, peer_identity};
use std::fmt;

/// The key by which a node is known to other nodes. It proves who speaks, and signs nothing that the
/// ledger knows.
#[derive(Clone)]
pub struct NetworkKey(Keypair);

impl NetworkKey {
    /// The key whose secret scalar derives from these 32 bytes.
    ///
    /// # Panics
    /// Never: every 32 bytes are a secret.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Keypair::ed25519_from_bytes(*seed).expect("32 bytes are a key"))
    }

    /// The public half, as genesis and the chain list it.
    ///
    /// # Panics
    /// Never: it was made as Ed25519.
    pub fn public(&self) -> PublicKey {
        let key = self.0.public().try_into_ed25519().expect("it was made as Ed25519");
        PublicKey::Ed25519(key.to_bytes())
    }

    pub(crate) fn keypair(&self) -> Keypair {
        self.0.clone()
    }
}

impl fmt::Debug for NetworkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkKey({})", self.public())
    }
}

/// The key of a libp2p peer id, of which `peer_identity` gives the bytes; `None` if it is not of an
/// Ed25519 key. Source: NET-1.3.
pub fn peer_from_id(id: &[u8]) -> Option<PublicKey> {
    let key = PublicKey::Ed25519(*id.last_chunk()?);
    (peer_identity(&key) == id).then_some(key)
}

pub(crate) fn to_libp2p(peer: &PublicKey) -> PeerId {
    PeerId::from_bytes(&peer_identity(peer)).expect("these are the bytes of a peer id")
}

pub(crate) fn from_libp2p(peer: &PeerId) -> Option<PublicKey> {
    peer_from_id(&peer.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::crypto::ConsensusKey;

    #[test]
    fn a_peer_id_is_the_one_that_libp2p_gives() {
        for seed in 0..50 {
            let key = NetworkKey::from_seed(&[seed; 32]);
            assert_eq!(key.public(), ConsensusKey::from_seed(&[seed; 32]).public());
            let theirs = key.keypair().public().to_peer_id();
            assert_eq!(peer_identity(&key.public()), theirs.to_bytes());
            assert_eq!(from_libp2p(&theirs), Some(key.public()));
            assert_eq!(to_libp2p(&key.public()), theirs);
        }
    }

    #[test]
    fn other_peer_ids_have_no_key_of_ours() {
        assert_eq!(from_libp2p(&PeerId::random()), None);
        let id = peer_identity(&PublicKey::Ed25519([7; 32]));
        for length in 0..id.len() {
            assert_eq!(peer_from_id(id.get(..length).expect("it is shorter")), None);
        }
        for place in 0..id.len() - 32 {
            let mut other = id.clone();
            other[place] ^= 1;
            assert_eq!(peer_from_id(&other), None);
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", NetworkKey::from_seed(&[0x5a; 32]));
        assert!(!shown.contains("5a5a5a"), "{shown}");
    }
}
