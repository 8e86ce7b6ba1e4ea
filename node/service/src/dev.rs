//! This exists to have a chain to play with in a second: invented organisations, officers, residents and
//! a fund, with keys that everybody knows.

use crate::live::{Answer, Live};
use linli_contracts::AnyCall;
use linli_contracts::fund::{self, AttestationLevel, EarmarkTerms, SourceClass};
use linli_contracts::people::{self, AgeClass};
use linli_contracts::registry::{self, Role};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{
    BlockTime, ContractId, DAY_MS, Day, EnrolmentId, GrantId, HOUR_MS, Height, PersonId, RecordId,
    TransactionId, derive_identifier,
};

/// From which all keys of the demonstration are made, with the label of each (LED-2.8).
pub const SEED: &[u8] = b"linli dev";
/// Where everything takes place.
const PLACE: &str = "5101/04";
const COMMUNITY: &str = "5101/04/001/003";

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

/// The officers: label, position of the organisation, role, level.
const OFFICERS: [(&str, u32, Role, u8); 10] = [
    ("registrar", 0, Role::Registrar, 0),
    ("administrator", 0, Role::FundAdministrator, 0),
    ("approver", 0, Role::Approver, 1),
    ("treasurer", 0, Role::Treasurer, 0),
    ("budget", 0, Role::BudgetOfficer, 0),
    ("points", 0, Role::PointsOperator, 0),
    ("witness", 1, Role::Witness, 0),
    ("organiser", 2, Role::Organiser, 0),
    ("banker", 5, Role::BankOfficer, 0),
    ("auditor", 8, Role::Auditor, 0),
];

const RESIDENTS: [&str; 4] = ["resident-1", "resident-2", "resident-3", "resident-4"];

/// Somebody or something of the demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The label from which its key is made; for the fund its name.
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

/// How a demonstration chain that begins now begins.
pub fn genesis(now: BlockTime) -> Genesis {
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
        time: now,
        clock: Clock::Real,
        keys: Keys::Demonstration,
        organisations,
        governance: vec![0, 1, 8],
        governance_threshold: 2,
        validators: vec![GenesisValidator { key: validator().public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: (1..=5).map(|id| (ContractId(id), 1)).collect(),
        parameters: Vec::new(),
    }
}

/// Signs the calls of the demonstration.
struct Hand {
    genesis: Digest,
    now: BlockTime,
    nonce: u64,
}

impl Hand {
    fn sign(&mut self, call: &AnyCall, by: &[(&str, Option<GrantId>)]) -> VerifiedTransaction {
        self.nonce += 1;
        let keys: Vec<BusinessKey> = by.iter().map(|(label, _)| key(label)).collect();
        let signer = |(key, (_, grant)): (&BusinessKey, &(&str, Option<GrantId>))| Signer {
            key: key.public(),
            grant: *grant,
        };
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis,
            contract: call.contract(),
            call_version: 1,
            signers: keys.iter().zip(by).map(signer).collect(),
            nonce: self.nonce,
            salt: [0; 16],
            valid_until: self.now.plus(HOUR_MS),
            call: call.encode(),
        };
        let id = body.id();
        let signatures = keys.iter().map(|key| key.sign_transaction(&self.genesis, &id)).collect();
        let signed = SignedTransaction::new(&body, signatures);
        signed.verify(&self.genesis).expect("it is signed by everybody that it names")
    }
}

/// Commits, and gives the identifiers; the first "no" ends the demonstration.
fn commit(
    live: &Live,
    is_new: bool,
    transactions: Vec<VerifiedTransaction>,
) -> Result<Vec<TransactionId>, DevError> {
    let ids = transactions.iter().map(VerifiedTransaction::id).collect();
    if !is_new {
        return Ok(ids);
    }
    for ticket in live.submit(transactions) {
        match ticket.map_err(|error| DevError(error.code()))?.wait() {
            Answer::Final(answer) => {
                if let Some(rejection) = answer.receipt.rejection() {
                    return Err(DevError(rejection.code));
                }
            }
            Answer::Refused(code) => return Err(DevError(code)),
            Answer::Unknown(why) => return Err(DevError(why.code())),
        }
    }
    Ok(ids)
}

/// Sets up officers, residents and a fund with money in it on a chain that has just begun. On one that
/// goes on, everything has the identifiers that it had: they follow from the genesis.
///
/// # Errors
/// [`DevError`] with the first code that is in the way.
pub fn populate(live: &Live) -> Result<Vec<Account>, DevError> {
    let genesis = live.genesis().clone();
    let is_new = live.heights().borrow().height == Height(0);
    let mut hand = Hand { genesis: genesis.hash(), now: genesis.time, nonce: 0 };
    let mut accounts: Vec<Account> = (0..)
        .zip(ORGANISATIONS)
        .map(|(position, (label, name, _))| {
            Account::new(label, name, genesis.organisation(position).to_string())
        })
        .collect();
    let officers = appoint(live, is_new, &genesis, &mut hand)?;
    for (officer, (_, _, role, _)) in officers.iter().zip(OFFICERS) {
        let account = Account::new(officer.label, &format!("{role:?}"), officer.person.to_string());
        accounts.push(Account { grant: Some(officer.grant), ..account });
    }
    let signer = |label: &'static str| {
        let officer = officers.iter().find(|officer| officer.label == label);
        (label, officer.map(|officer| officer.grant))
    };

    let enrolments = RESIDENTS.map(|label| {
        let call = people::Call::Enrol {
            community: COMMUNITY.into(),
            nullifier: *document(&format!("nullifier {label}")).bytes(),
            age_class: AgeClass::Adult,
            key: key(label).public(),
            guardian: None,
            consent: document("consent"),
        };
        hand.sign(&AnyCall::People(call), &[signer("registrar")])
    });
    let ids = commit(live, is_new, enrolments.to_vec())?;
    for (label, id) in RESIDENTS.iter().zip(&ids) {
        let id = EnrolmentId(derive_identifier(id, 0));
        accounts.push(Account::new(label, "居民（示例）", id.to_string()));
    }

    let open = fund::Call::FundOpen {
        name: "示例社区公益资金".into(),
        organisation: genesis.organisation(0),
        scope: PLACE.into(),
        bank: genesis.organisation(5),
        account: *document("account of the fund").bytes(),
    };
    let opening = hand.sign(&AnyCall::Fund(open), &[signer("administrator")]);
    let opened = RecordId(derive_identifier(&opening.id(), 0));
    commit(live, is_new, vec![opening])?;
    let signers = [signer("administrator"), signer("approver"), signer("banker")];
    let issue = issue(&genesis, opened);
    commit(live, is_new, vec![hand.sign(&AnyCall::Fund(issue), &signers)])?;
    let fund = Account::new("fund", "示例社区公益资金 ¥200,000.00", opened.to_string());
    accounts.push(Account { key: None, ..fund });
    Ok(accounts)
}

/// An officer with a role.
struct Officer {
    label: &'static str,
    person: PersonId,
    grant: GrantId,
}

fn appoint(
    live: &Live,
    is_new: bool,
    genesis: &Genesis,
    hand: &mut Hand,
) -> Result<Vec<Officer>, DevError> {
    let persons = OFFICERS.map(|(label, position, ..)| {
        let call = registry::Call::PersonRegister {
            organisation: genesis.organisation(position),
            key: key(label).public(),
        };
        hand.sign(&AnyCall::Registry(call), &[(organisation(position), None)])
    });
    let persons = commit(live, is_new, persons.to_vec())?;
    let mut officers = Vec::new();
    let mut grants = Vec::new();
    for ((label, position, role, level), person) in OFFICERS.into_iter().zip(persons) {
        let person = PersonId(derive_identifier(&person, 0));
        let call = registry::Call::RoleGrant {
            person,
            role,
            organisation: genesis.organisation(position),
            scope: PLACE.into(),
            level,
            nullifier: None,
            from: genesis.time,
            to: genesis.time.plus(365 * DAY_MS),
        };
        let governors = [("office", None), ("regulator", None)];
        let grant = hand.sign(&AnyCall::Registry(call), &governors);
        let id = GrantId(derive_identifier(&grant.id(), 0));
        officers.push(Officer { label, person, grant: id });
        grants.push(grant);
    }
    commit(live, is_new, grants)?;
    Ok(officers)
}

fn issue(genesis: &Genesis, opened: RecordId) -> fund::Call {
    fund::Call::SourceIssue {
        fund: opened,
        amount: Fen(20_000_000),
        class: SourceClass::Foundation,
        donor: genesis.organisation(6),
        earmark: EarmarkTerms {
            purposes: Vec::new(),
            places: Vec::new(),
            classes: Vec::new(),
            line: None,
            available_from: Day(0),
            lapse_on: None,
            excluded: Vec::new(),
        },
        bank_reference: *document("bank reference 1").bytes(),
        value_date: genesis.time.day(),
        account: *document("account of the fund").bytes(),
        document: document("grant agreement"),
        level: AttestationLevel::Bank,
    }
}

/// The label of the organisation at a position.
fn organisation(position: u32) -> &'static str {
    let at = usize::try_from(position).ok();
    at.and_then(|at| ORGANISATIONS.get(at)).map_or("office", |(label, ..)| label)
}

fn document(label: &str) -> Digest {
    digest(Domain::Document, label.as_bytes())
}
