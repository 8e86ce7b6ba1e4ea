//! This exists to hold the records of the registry. Source: REG-3.

use super::calls::{Related, RelationKind};
use super::{CONTRACT, Role};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::hash::Digest;
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{BlockTime, Day, GrantId, OrganisationId, PersonId, RecordId};
use serde::{Deserialize, Serialize};

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Organisation {
    /// Public name.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
}

/// A person in public office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Person {
    /// Where the person works.
    pub organisation: OrganisationId,
}

/// A role that was granted.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Grant {
    /// To whom.
    pub person: PersonId,
    /// Which role.
    pub role: Role,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Administrative path.
    pub scope: String,
    /// Level of an approver.
    pub level: u8,
    /// The person's enrolment nullifier, where one is enrolled.
    #[serde(with = "linli_ledger::json::optional_bytes")]
    pub nullifier: Option<[u8; 32]>,
    /// From when.
    pub from: BlockTime,
    /// Until when, exclusive.
    pub to: BlockTime,
}

/// An index entry: this key of this owner and purpose has not been revoked. Its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct OwnedKey;

/// Identifies an [`OwnedKey`]: the person or organisation, the number of the purpose, the key.
pub type OwnedKeyId = ([u8; 32], u8, PublicKey);

/// The identifier of an index entry. `owner` is a person's or an organisation's identifier.
pub fn owned_key(owner: [u8; 32], purpose: KeyPurpose, key: PublicKey) -> OwnedKeyId {
    (owner, purpose_number(purpose), key)
}

/// The number of a purpose in an [`OwnedKeyId`].
pub fn purpose_number(purpose: KeyPurpose) -> u8 {
    match purpose {
        KeyPurpose::Business => 0,
        KeyPurpose::SiteDevice => 1,
        KeyPurpose::Consensus => 2,
        KeyPurpose::Network => 3,
    }
}

/// A nullifier under which a person in office is enrolled somewhere: it belongs to the person, not to
/// the grant that she happens to use. Source: REG-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PersonNullifier;

/// Two that are related, and since when. Source: REG-21.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Relation {
    /// One end.
    pub one: Related,
    /// The other.
    pub other: Related,
    /// How.
    pub kind: RelationKind,
    /// First day.
    pub from: Day,
    /// Last day; `None` while it stands.
    pub to: Option<Day>,
    /// Hash of what shows it.
    pub evidence: Digest,
    /// Whether the regulator or governance declared it: then they alone end it.
    pub by_authority: bool,
}

/// A relation by one of its ends: its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RelationOf;

linli_ledger::records! { CONTRACT, Public:
    Organisation = 1, OrganisationId;
    Person = 2, PersonId;
    Grant = 3, GrantId;
    OwnedKey = 5, OwnedKeyId;
    PersonNullifier = 6, (PersonId, [u8; 32]);
    Relation = 7, RecordId;
    RelationOf = 8, ([u8; 32], RecordId);
}
