//! This exists to hold the calls of the registry, in the bytes that people sign. Source: REG-1.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::hash::Digest;
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{BlockTime, Day, GrantId, OrganisationId, PersonId, RecordId};
use serde::{Deserialize, Serialize};

/// What a person may do, where and until when. Source: `domain` §1.1, REG-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Role {
    /// Acts for a governance organisation (GOV).
    Governor,
    /// Enrols residents: the identity issuer.
    Registrar,
    /// Officer of a volunteer organisation (ORG, SWK): proposes, publishes, attests first.
    Organiser,
    /// Grid worker (ATT): the independent witness.
    Witness,
    /// Operates the points programme of a sub-district (SEC).
    PointsOperator,
    /// Officer of a community partner (PTR): offers and hands out rewards.
    PartnerOfficer,
    /// Officer of a provider (SUP): signs contracts, submits what was delivered.
    ProviderOfficer,
    /// Officer of a purchaser (PUR): signs contracts.
    Purchaser,
    /// Accepts what was delivered (ACC).
    Acceptance,
    /// Drafts and approves budgets (BGT).
    BudgetOfficer,
    /// Makes payment requests (FAD).
    FundAdministrator,
    /// Approves payments (APR); the level of the grant counts.
    Approver,
    /// Instructs the bank (TRS).
    Treasurer,
    /// Speaks for a bank (BNK).
    BankOfficer,
    /// Audits (AUD).
    Auditor,
    /// Regulates (REG).
    Regulator,
}

/// A call of the registry. Source: REG-1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// m of n governance organisations register another organisation. Creates identifier 0.
    OrganisationRegister {
        /// Public name, NFC, 1 to 64 bytes.
        name: String,
        /// What it is.
        kind: OrganisationKind,
        /// Its own key.
        key: PublicKey,
    },
    /// An organisation registers a person who acts in office. Creates identifier 0.
    PersonRegister {
        /// Where the person works; its key signs.
        organisation: OrganisationId,
        /// The person's key.
        key: PublicKey,
    },
    /// Adds a key to a person or organisation; signed by a key of the same owner, or for a person
    /// by the organisation.
    KeyAdd {
        /// For whom.
        owner: PublicOwner,
        /// The new key.
        key: PublicKey,
        /// What it may sign.
        purpose: KeyPurpose,
    },
    /// Ends a key now; signed as [`Call::KeyAdd`]. The last business key of an owner stays.
    KeyRevoke {
        /// The key.
        key: PublicKey,
    },
    /// Puts a new key in the place of an old one, at once; signed as [`Call::KeyAdd`].
    KeyRotate {
        /// The key that ends.
        old: PublicKey,
        /// The key that takes its place, with the same purpose.
        new: PublicKey,
    },
    /// Two governance organisations grant a role. Creates identifier 0.
    RoleGrant {
        /// To whom.
        person: PersonId,
        /// Which role.
        role: Role,
        /// For which organisation.
        organisation: OrganisationId,
        /// Administrative path, prefix match: `5101/04/012`; empty for everywhere.
        scope: String,
        /// Level of an approver, 1 to 3; 0 for other roles.
        level: u8,
        /// The person's enrolment nullifier in the community of the scope, where one is enrolled.
        #[serde(with = "linli_ledger::json::optional_bytes")]
        nullifier: Option<[u8; 32]>,
        /// From when.
        from: BlockTime,
        /// Until when, exclusive.
        to: BlockTime,
    },
    /// A governance organisation ends a role now.
    RoleRevoke {
        /// The grant.
        grant: GrantId,
    },
    /// m of n governance organisations change a parameter, after a time lock.
    ParameterSet {
        /// The number of the parameter.
        parameter: u16,
        /// Its new value.
        #[serde(with = "linli_ledger::json::decimal")]
        value: u64,
    },
    /// One of the two organisations, the regulator or governance declares a relation. Creates
    /// identifier 0.
    RelationDeclare {
        /// One end.
        one: Related,
        /// The other.
        other: Related,
        /// How they are related.
        kind: RelationKind,
        /// First day.
        from: Day,
        /// Last day; `None` while it stands.
        to: Option<Day>,
        /// Hash of what shows it.
        evidence: Digest,
    },
    /// A relation ends; it goes on counting for three years.
    RelationEnd {
        /// The relation.
        relation: RecordId,
        /// Last day.
        to: Day,
    },
}

/// One end of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Related {
    /// A person in office.
    Person(PersonId),
    /// An organisation.
    Organisation(OrganisationId),
}

/// How two are related. Source: `domain` §1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RelationKind {
    /// A person works for an organisation.
    Employment,
    /// A person sits on its board, or directs it.
    Director,
    /// One holds shares of the other.
    Shareholder {
        /// How much of it, basis points.
        bp: u32,
    },
    /// One organisation controls or manages the other.
    Control,
    /// Both have the same responsible person.
    SameResponsiblePerson,
}

/// Whose key is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PublicOwner {
    /// A person in office.
    Person(PersonId),
    /// An organisation.
    Organisation(OrganisationId),
}

impl Call {
    /// Every text in it, for the door. Source: REG-18.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::OrganisationRegister { name, .. } => vec![name],
            Self::RoleGrant { scope, .. } => vec![scope],
            Self::PersonRegister { .. }
            | Self::KeyAdd { .. }
            | Self::KeyRevoke { .. }
            | Self::KeyRotate { .. }
            | Self::RoleRevoke { .. }
            | Self::ParameterSet { .. }
            | Self::RelationDeclare { .. }
            | Self::RelationEnd { .. } => Vec::new(),
        }
    }
}
