//! This exists to bury a node in what no block will ever take, and to see what it holds meanwhile.

use crate::common::load::ANSWER;
use crate::common::processes::send;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_contracts::registry;
use linli_ledger::codec::encode;
use linli_ledger::crypto::{BusinessKey, Signature};
use linli_ledger::genesis::Genesis;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::HOUR_MS;
use std::fs;

/// How many go into one request.
const BATCH: u64 = 1_000;

/// Junk without end, each piece another.
pub(crate) struct Junk {
    genesis: Genesis,
    next: u64,
}

impl Junk {
    pub(crate) fn new(genesis: &Genesis) -> Self {
        Self { genesis: genesis.clone(), next: 0 }
    }

    /// Hands in so many at a node and waits for none. Nobody reads the answers: they say no.
    pub(crate) fn pour(&mut self, api: &str, count: u64) {
        let mut left = count;
        while left > 0 {
            let some = left.min(BATCH);
            left -= some;
            let texts = (0..some).map(|_| STANDARD.encode(self.one())).collect();
            // A node that is too busy says so, or nothing.
            let _ = send(api, "none", texts, ANSWER);
        }
    }

    /// In turn: no transaction at all; one that says it is longer than it is; one that somebody else has signed; one
    /// that has expired; one that is good, of a key that the chain does not know.
    fn one(&mut self) -> Vec<u8> {
        self.next += 1;
        let hour = if self.next % 5 == 3 { 0 } else { HOUR_MS };
        let key = BusinessKey::demonstration(b"flood", &format!("nobody {}", self.next));
        let call = registry::Call::PersonRegister {
            organisation: self.genesis.organisation(0),
            key: key.public(),
        };
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis.hash(),
            contract: registry::CONTRACT,
            call_version: 1,
            signers: vec![Signer { key: key.public(), grant: None }],
            nonce: self.next,
            salt: [7; 16],
            valid_until: crate::common::now().plus(hour),
            call: encode(&call),
        };
        match self.next % 5 {
            0 => self.next.to_le_bytes().repeat(64),
            1 => [u32::MAX.to_le_bytes().to_vec(), self.next.to_le_bytes().repeat(8)].concat(),
            2 => encode(&SignedTransaction::new(&body, vec![Signature::Ed25519([7; 64])])),
            _ => {
                let signature = key.sign_transaction(&body.genesis, &body.id());
                encode(&SignedTransaction::new(&body, vec![signature]))
            }
        }
    }
}

/// The most memory that a process has had, in KiB; `None` where the system does not say.
pub(crate) fn memory_peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
