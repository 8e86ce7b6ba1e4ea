//! This exists to have a chain to play with in a second: invented organisations, officers, residents, a
//! fund with a contract, a programme with a reward and an activity, with keys that everybody knows.

mod desk;
mod door;
mod money;
mod points;

use desk::Desk;
pub use door::{Door, Remote};
use linli_ledger::code::Code;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::types::{BlockTime, ContractId, GrantId, HOUR_MS};

/// From which all keys of the demonstration are made, with the label of each (LED-2.8).
pub const SEED: &[u8] = b"linli dev";
/// Where everything takes place.
const PLACE: &str = "5101/04";
const COMMUNITY: &str = "5101/04/001/003";
/// A clock that is set by hand begins at this hour of the day, UTC+8.
const BEGINS_AT: u64 = 8;

/// The organisations: label, name, kind. The first, second and last govern.
const ORGANISATIONS: [(&str, &str, OrganisationKind); 9] = [
    ("office", "示例街道办事处", OrganisationKind::PublicBody),
    ("committee", "示例社区居委会", OrganisationKind::Committee),
    ("volunteers", "示例志愿服务队", OrganisationKind::Volunteer),
    ("provider", "示例助餐服务社", OrganisationKind::Provider),
    ("partner", "示例便民商店", OrganisationKind::Partner),
    ("bank", "示例银行", OrganisationKind::Bank),
    ("foundation", "示例社区基金会", OrganisationKind::Donor),
    ("evaluator", "示例评估中心", OrganisationKind::Evaluator),
    ("regulator", "示例区民政局", OrganisationKind::Regulator),
];

/// Positions in [`ORGANISATIONS`].
const OFFICE: u32 = 0;
const VOLUNTEERS: u32 = 2;
const PROVIDER: u32 = 3;
const PARTNER: u32 = 4;
const BANK: u32 = 5;
const FOUNDATION: u32 = 6;

/// Somebody or something of the demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The label from which its key is made; of what has no key, its name here.
    pub label: String,
    /// What it is.
    pub kind: String,
    /// Its identifier in text.
    pub id: String,
    /// Its key, if it has one.
    pub key: Option<PublicKey>,
    /// The grant under which an officer signs.
    pub grant: Option<GrantId>,
}

impl Account {
    fn new(label: &str, kind: &str, id: String) -> Self {
        let key = Some(key(label).public());
        Self { label: label.to_owned(), kind: kind.to_owned(), id, key, grant: None }
    }

    /// Something that signs nothing.
    fn thing(label: &str, kind: &str, id: String) -> Self {
        Self { key: None, ..Self::new(label, kind, id) }
    }
}

/// Why the demonstration could not be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the demonstration was refused: {0}")]
pub struct DevError(pub Code);

fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(SEED, label)
}

/// The key of its only validator.
pub fn validator() -> ConsensusKey {
    ConsensusKey::demonstration(SEED, "validator")
}

/// How a demonstration chain that is made now begins: with the clock of the machine, now; with one that
/// is set by hand, at eight in the morning of today.
pub fn begins(clock: Clock, now: BlockTime) -> Genesis {
    match clock {
        Clock::Real => genesis(clock, now),
        Clock::Data => genesis(clock, now.day().start().plus(BEGINS_AT * HOUR_MS)),
    }
}

/// How the demonstration chain of a clock and a time begins.
pub fn genesis(clock: Clock, time: BlockTime) -> Genesis {
    let organisations = ORGANISATIONS
        .iter()
        .map(|(label, name, kind)| {
            let key = key(label).public();
            GenesisOrganisation { name: (*name).to_owned(), kind: *kind, key }
        })
        .collect();
    Genesis {
        version: GENESIS_VERSION,
        name: "dev".into(),
        time,
        clock,
        keys: Keys::Demonstration,
        organisations,
        governance: vec![0, 1, 8],
        governance_threshold: 2,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: (1..=6).map(|id| (ContractId(id), 1)).collect(),
        parameters: Vec::new(),
    }
}

/// Sets up officers, residents, money and points on a chain that has just begun. On one that goes on,
/// everything has the identifiers that it had: they follow from the genesis.
///
/// # Errors
/// [`DevError`] with the first code that is in the way.
pub fn populate(door: &dyn Door) -> Result<Vec<Account>, DevError> {
    let mut desk = Desk::new(door);
    desk.appoint()?;
    let rule = points::open(&mut desk)?;
    desk.enrol()?;
    money::set_up(&mut desk)?;
    points::propose(&mut desk, rule)?;
    Ok(desk.accounts)
}
