//! This exists to sign and commit for everybody in the demonstration, and to appoint them.

use super::door::Door;
use super::{Account, COMMUNITY, DevError, ORGANISATIONS, PLACE, key};
use linli_contracts::AnyCall;
use linli_contracts::people::{self, AgeClass};
use linli_contracts::registry::{self, PublicOwner, Role};
use linli_ledger::crypto::BusinessKey;
use linli_ledger::genesis::Genesis;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{
    DAY_MS, EnrolmentId, GrantId, HOUR_MS, OrganisationId, PersonId, RecordId, TransactionId,
    derive_identifier,
};

/// The officers: label, position of the organisation, role, level.
const OFFICERS: [(&str, u32, Role, u8); 15] = [
    ("registrar", 0, Role::Registrar, 0),
    ("administrator", 0, Role::FundAdministrator, 0),
    ("approver", 0, Role::Approver, 1),
    ("treasurer", 0, Role::Treasurer, 0),
    ("budget", 0, Role::BudgetOfficer, 0),
    ("budget-2", 0, Role::BudgetOfficer, 0),
    ("purchaser", 0, Role::Purchaser, 0),
    ("acceptance", 1, Role::Acceptance, 0),
    ("points", 0, Role::PointsOperator, 0),
    ("points-2", 0, Role::PointsOperator, 0),
    ("witness", 1, Role::Witness, 0),
    ("organiser", 2, Role::Organiser, 0),
    ("shopkeeper", 4, Role::PartnerOfficer, 0),
    ("banker", 5, Role::BankOfficer, 0),
    ("auditor", 8, Role::Auditor, 0),
];

const RESIDENTS: [&str; 4] = ["resident-1", "resident-2", "resident-3", "resident-4"];
/// The device at the place of the volunteers' activities.
const SITE: &str = "site";

/// The hand that signs for everybody.
pub(super) struct Desk<'a> {
    door: &'a dyn Door,
    is_new: bool,
    pub(super) genesis: Genesis,
    nonce: u64,
    grants: Vec<(&'static str, GrantId)>,
    pub(super) accounts: Vec<Account>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(door: &'a dyn Door) -> Self {
        let genesis = door.genesis().clone();
        let accounts = (0..)
            .zip(ORGANISATIONS)
            .map(|(position, (label, name, _))| {
                Account::new(label, name, genesis.organisation(position).to_string())
            })
            .collect();
        let is_new = door.is_new();
        Self { door, is_new, genesis, nonce: 0, grants: Vec::new(), accounts }
    }

    pub(super) fn organisation(&self, position: u32) -> OrganisationId {
        self.genesis.organisation(position)
    }

    /// Signs a call for each of these labels; officers under their grants.
    fn sign(&mut self, call: &AnyCall, by: &[&str]) -> VerifiedTransaction {
        self.nonce += 1;
        let keys: Vec<BusinessKey> = by.iter().map(|label| key(label)).collect();
        let grant = |label: &str| {
            let found = self.grants.iter().find(|(officer, _)| *officer == label);
            found.map(|(_, grant)| *grant)
        };
        let signer =
            |(key, label): (&BusinessKey, &&str)| Signer { key: key.public(), grant: grant(label) };
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis.hash(),
            contract: call.contract(),
            call_version: 1,
            signers: keys.iter().zip(by).map(signer).collect(),
            nonce: self.nonce,
            salt: [0; 16],
            valid_until: self.genesis.time.plus(HOUR_MS),
            call: call.encode(),
        };
        let (id, genesis) = (body.id(), body.genesis);
        let signatures = keys.iter().map(|key| key.sign_transaction(&genesis, &id)).collect();
        let signed = SignedTransaction::new(&body, signatures);
        signed.verify(&genesis).expect("it is signed by everybody that it names")
    }

    /// Commits, and gives the identifiers; the first "no" ends the demonstration.
    fn commit(
        &self,
        transactions: Vec<VerifiedTransaction>,
    ) -> Result<Vec<TransactionId>, DevError> {
        let ids = transactions.iter().map(VerifiedTransaction::id).collect();
        if self.is_new {
            self.door.commit(transactions)?;
        }
        Ok(ids)
    }

    /// Does one thing; the identifier of the transaction, from which those of what it creates follow.
    pub(super) fn act(&mut self, call: &AnyCall, by: &[&str]) -> Result<TransactionId, DevError> {
        let signed = self.sign(call, by);
        let id = signed.id();
        self.commit(vec![signed]).map(|_| id)
    }

    /// Puts something of the demonstration on the list.
    pub(super) fn list(&mut self, label: &str, kind: &str, id: RecordId) {
        self.accounts.push(Account::thing(label, kind, id.to_string()));
    }

    /// Moves a clock that is set by hand on; whether it is one.
    pub(super) fn pass(&self, milliseconds: u64) -> Result<bool, DevError> {
        let is_by_hand = self.door.is_by_hand();
        if is_by_hand && self.is_new {
            self.door.pass(milliseconds)?;
        }
        Ok(is_by_hand)
    }

    /// Registers the officers and gives each the role.
    pub(super) fn appoint(&mut self) -> Result<(), DevError> {
        let persons = OFFICERS.map(|(label, position, ..)| {
            let organisation = self.organisation(position);
            let call = registry::Call::PersonRegister { organisation, key: key(label).public() };
            self.sign(&AnyCall::Registry(call), &[employer(position)])
        });
        let persons = self.commit(persons.to_vec())?;
        let mut granted = Vec::new();
        for ((label, position, role, level), person) in OFFICERS.into_iter().zip(persons) {
            let person = PersonId(derive_identifier(&person, 0));
            let call = registry::Call::RoleGrant {
                person,
                role,
                organisation: self.organisation(position),
                scope: PLACE.into(),
                level,
                nullifier: None,
                from: self.genesis.time,
                to: self.genesis.time.plus(365 * DAY_MS),
            };
            let signed = self.sign(&AnyCall::Registry(call), &["office", "regulator"]);
            let grant = GrantId(derive_identifier(&signed.id(), 0));
            let account = Account::new(label, &format!("{role:?}"), person.to_string());
            self.accounts.push(Account { grant: Some(grant), ..account });
            granted.push((label, grant, signed));
        }
        self.commit(granted.iter().map(|(.., signed)| signed.clone()).collect())?;
        self.grants = granted.into_iter().map(|(label, grant, _)| (label, grant)).collect();
        Ok(())
    }

    /// Enrols the residents, and registers the device of the volunteers.
    pub(super) fn enrol(&mut self) -> Result<(), DevError> {
        let enrolments = RESIDENTS.map(|label| {
            let call = people::Call::Enrol {
                community: COMMUNITY.into(),
                nullifier: *document(&format!("nullifier {label}")).bytes(),
                age_class: AgeClass::Adult,
                key: key(label).public(),
                guardian: None,
                consent: document("consent"),
            };
            self.sign(&AnyCall::People(call), &["registrar"])
        });
        let ids = self.commit(enrolments.to_vec())?;
        for (label, id) in RESIDENTS.iter().zip(&ids) {
            let id = EnrolmentId(derive_identifier(id, 0));
            self.accounts.push(Account::new(label, "居民（示例）", id.to_string()));
        }
        let volunteers = self.organisation(super::VOLUNTEERS);
        let device = registry::Call::KeyAdd {
            owner: PublicOwner::Organisation(volunteers),
            key: key(SITE).public(),
            purpose: KeyPurpose::SiteDevice,
        };
        self.act(&AnyCall::Registry(device), &[employer(super::VOLUNTEERS)])?;
        self.accounts.push(Account::new(SITE, "签到设备（示例）", volunteers.to_string()));
        Ok(())
    }
}

/// The label of the organisation at a position.
fn employer(position: u32) -> &'static str {
    let at = usize::try_from(position).ok();
    at.and_then(|at| ORGANISATIONS.get(at)).map_or("office", |(label, ..)| label)
}

pub(super) fn document(label: &str) -> Digest {
    digest(Domain::Document, label.as_bytes())
}
