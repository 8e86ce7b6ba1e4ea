//! This exists to read where another node listens: `<public key>@host:port`.

use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::from_hex;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// Where another node listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeerAddress {
    /// Its network key.
    pub key: PublicKey,
    /// `host:port`; a name is looked up whenever it is dialled.
    pub address: String,
}

/// Why a text is not where a node listens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no peer: expected <64 hexadecimal digits of its network key>@host:port")]
pub struct PeerAddressError(String);

impl FromStr for PeerAddress {
    type Err = PeerAddressError;

    fn from_str(text: &str) -> Result<Self, PeerAddressError> {
        let parsed = || {
            let (key, address) = text.split_once('@')?;
            let key = PublicKey::Ed25519(from_hex(key)?);
            is_address(address).then(|| Self { key, address: address.to_owned() })
        };
        parsed().ok_or_else(|| PeerAddressError(text.to_owned()))
    }
}

/// Whether something can be dialled there: a name or an address, and a port.
fn is_address(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let named = |(host, port): (&str, &str)| {
        !host.is_empty()
            && host.chars().all(is_letter)
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    match text.parse::<SocketAddr>() {
        Ok(address) => address.port() > 0,
        Err(_) => text.rsplit_once(':').is_some_and(named),
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.key, self.address)
    }
}

impl TryFrom<String> for PeerAddress {
    type Error = PeerAddressError;

    fn try_from(text: String) -> Result<Self, PeerAddressError> {
        text.parse()
    }
}

impl From<PeerAddress> for String {
    fn from(peer: PeerAddress) -> Self {
        peer.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_key_and_a_place() {
        let key = "07".repeat(32);
        for place in ["10.0.0.7:8642", "[::1]:8642", "node-1.bureau.example:1", "localhost:65535"] {
            let text = format!("{key}@{place}");
            let peer: PeerAddress = text.parse().unwrap();
            assert_eq!((peer.key, &*peer.address), (PublicKey::Ed25519([7; 32]), place));
            assert_eq!(peer.to_string(), text);
        }
        for text in [
            String::new(),
            key.clone(),
            format!("{key}@"),
            format!("{key}@host"),
            format!("{key}@host:0"),
            format!("{key}@host:65536"),
            format!("{key}@:8642"),
            format!("{key}@::1:8642"),
            format!("{key}@a b:8642"),
            format!("{}@host:8642", &key[2..]),
            "host:8642".to_owned(),
        ] {
            let error = text.parse::<PeerAddress>().unwrap_err();
            assert!(error.to_string().contains("host:port"), "{text}");
        }
    }
}
