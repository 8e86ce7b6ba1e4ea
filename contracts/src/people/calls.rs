//! This exists to hold the calls about residents, in the bytes that people sign. Source: PPL-1.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::Digest;
use linli_ledger::types::EnrolmentId;
use serde::{Deserialize, Serialize};

/// All that the chain knows about age. Source: `domain` §6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AgeClass {
    /// Under 14: guardian in everything.
    Under14,
    /// 14 to 17: guardian at sign-up.
    From14To17,
    /// 18 and above.
    Adult,
}

/// A call about residents. Source: PPL-1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// A registrar enrols a resident under a pseudonym. Creates identifier 0.
    Enrol {
        /// The community, as an administrative path.
        community: String,
        /// One per person and community, made by the identity issuer.
        #[serde(with = "linli_ledger::json::bytes")]
        nullifier: [u8; 32],
        /// Age class, proven to the issuer.
        age_class: AgeClass,
        /// The resident's key.
        key: PublicKey,
        /// The guardian's enrolment, for minors.
        guardian: Option<EnrolmentId>,
        /// Hash of the signed consent.
        consent: Digest,
    },
    /// The resident adds another device.
    KeyAdd {
        /// The new key.
        key: PublicKey,
    },
    /// The resident, or a registrar, ends a key now. The last key stays; a lost one is rotated.
    KeyRevoke {
        /// The key.
        key: PublicKey,
    },
    /// A registrar and another officer replace all keys of a resident who lost them, after a delay.
    KeyRotate {
        /// Whose keys.
        enrolment: EnrolmentId,
        /// The new key.
        key: PublicKey,
    },
    /// The resident objects to a rotation with an old key.
    KeyRotateObject,
    /// The resident leaves; no further use.
    Close,
}

impl Call {
    /// Every text in it, for the door. Source: REG-18.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Enrol { community, .. } => vec![community],
            Self::KeyAdd { .. }
            | Self::KeyRevoke { .. }
            | Self::KeyRotate { .. }
            | Self::KeyRotateObject
            | Self::Close => Vec::new(),
        }
    }
}
