//! This exists to be a sub-district in memory: a chain with one validator, and everybody who acts.

use super::act::Age;
use super::book::points::FAMILY;
use borsh::BorshSerialize;
use linli_contracts::people::{self, AgeClass};
use linli_contracts::registry::{self, PublicOwner, Role};
use linli_ledger::block::Block;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::execute::{BlockTemplate, build_block, execute_block};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::state::State;
use linli_ledger::transaction::{
    BODY_VERSION, Body, SignedTransaction, Signer, VerifiedTransaction,
};
use linli_ledger::types::{
    BlockTime, ContractId, DAY_MS, Day, EnrolmentId, GrantId, HOUR_MS, OrganisationId, PersonId,
    RecordId, derive_identifier,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const OFFICE: u32 = 0;
pub(super) const COMMITTEE: u32 = 1;
pub(super) const VOLUNTEERS: u32 = 2;
pub(super) const PROVIDER: u32 = 3;
pub(super) const PARTNER: u32 = 4;
pub(super) const BANK: u32 = 5;
pub(super) const DONOR: u32 = 6;
pub(super) const REGULATOR: u32 = 7;
const KINDS: [OrganisationKind; 8] = [
    OrganisationKind::PublicBody,
    OrganisationKind::Committee,
    OrganisationKind::Volunteer,
    OrganisationKind::Provider,
    OrganisationKind::Partner,
    OrganisationKind::Bank,
    OrganisationKind::Donor,
    OrganisationKind::Regulator,
];

/// What the whole sub-district is called, and where everybody lives.
pub(super) const SUBDISTRICT: &str = "5101/04";
pub(super) const COMMUNITY: &str = "5101/04/001/003";
/// Residents: two who serve, and the child of one and the youth of the other.
pub(super) const RESIDENTS: usize = FAMILY.len();
const SEED: &[u8] = b"histories";

pub(super) fn document(label: &str) -> Digest {
    digest(Domain::Document, label.as_bytes())
}

pub(super) fn bytes(label: &str) -> [u8; 32] {
    *document(label).bytes()
}

pub(super) fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(SEED, label)
}

/// A key and the role that it uses.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) key: BusinessKey,
    grant: Option<GrantId>,
}

/// Everybody in office.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) administrator: Actor,
    pub(super) treasurer: Actor,
    pub(super) budget: [Actor; 2],
    pub(super) purchaser: Actor,
    pub(super) provider: Actor,
    pub(super) acceptance: [Actor; 2],
    /// Five approvers, then the regulator.
    pub(super) approvers: Vec<Actor>,
    pub(super) operators: [Actor; 2],
    pub(super) organiser: Actor,
    pub(super) publisher: Actor,
    pub(super) witness: Actor,
    pub(super) registrar: Actor,
    pub(super) partner: Actor,
    pub(super) auditor: Actor,
    /// Two pairs.
    pub(super) regulators: Vec<Actor>,
    pub(super) device: Actor,
    pub(super) residents: Vec<Actor>,
}

/// A chain in memory. Clones are cheap while it is short.
#[derive(Clone, Debug)]
pub struct Town {
    /// The state after the last block.
    pub state: State,
    /// Its rules.
    pub rulebook: Arc<Rulebook>,
    /// The genesis.
    pub genesis: Genesis,
    /// When the next block is.
    pub now: BlockTime,
    nonces: BTreeMap<PublicKey, u64>,
    last: Option<VerifiedTransaction>,
    /// Whether every block is also verified and executed again, and kept.
    full: bool,
    /// Blocks before the history began, and those since.
    past: Arc<Vec<Kept>>,
    kept: Vec<Kept>,
}

/// A block and what it did.
pub type Kept = (Block, Vec<Receipt>);

impl Town {
    /// A town at 2025-12-15, 08:00 in Beijing, with these parameters.
    pub(super) fn new(parameters: Vec<(u16, u64)>) -> Self {
        let organisation = |(number, kind): (usize, OrganisationKind)| {
            let name = format!("organisation {number}");
            GenesisOrganisation { key: key(&name).public(), kind, name }
        };
        let start = Day::from_civil(2025, 12, 15).expect("a day").start().plus(8 * HOUR_MS);
        let validator = ConsensusKey::demonstration(SEED, "validator").public();
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: "histories".into(),
            time: start,
            clock: Clock::Data,
            keys: Keys::Demonstration,
            organisations: KINDS.into_iter().enumerate().map(organisation).collect(),
            governance: vec![OFFICE, COMMITTEE, REGULATOR],
            governance_threshold: 2,
            validators: vec![GenesisValidator { key: validator, organisation: 0, power: 1 }],
            nodes: Vec::new(),
            contracts: (1..=5).map(|id| (ContractId(id), 1)).collect(),
            parameters,
        };
        let rulebook = Arc::new(linli_contracts::rulebook());
        let state = State::from_genesis(&genesis, &rulebook).expect("a sound genesis");
        Self {
            state,
            rulebook,
            genesis,
            now: start,
            nonces: BTreeMap::new(),
            last: None,
            full: true,
            past: Arc::default(),
            kept: Vec::new(),
        }
    }

    /// Every block from the first, if the whole history was judged.
    pub fn blocks(&self) -> impl Iterator<Item = &Kept> {
        self.past.iter().chain(&self.kept)
    }

    /// What happened until now is the past of every history.
    pub(super) fn seal(&mut self) {
        self.past = Arc::new(std::mem::take(&mut self.kept));
    }

    /// From now on blocks are only built, as a proposer does; or built and judged.
    pub(super) fn judged(&mut self, full: bool) {
        self.full = full;
    }

    pub(super) fn organisation(&self, position: u32) -> OrganisationId {
        self.genesis.organisation(position)
    }

    /// The organisation itself as a signer.
    pub(super) fn home(position: u32) -> Actor {
        Actor { key: key(&format!("organisation {position}")), grant: None }
    }

    /// The next block is after the last one.
    pub(super) fn tick(&mut self) -> BlockTime {
        self.now = self.now.max(self.state.tip().time.plus(1));
        self.now
    }

    /// Signs a call.
    pub(super) fn sign(
        &mut self,
        contract: ContractId,
        actors: &[&Actor],
        call: Vec<u8>,
    ) -> VerifiedTransaction {
        let nonce = self.nonces.entry(actors[0].key.public()).or_default();
        *nonce += 1;
        let signer = |actor: &&Actor| Signer { key: actor.key.public(), grant: actor.grant };
        let body = Body {
            version: BODY_VERSION,
            genesis: *self.state.genesis(),
            contract,
            call_version: 1,
            signers: actors.iter().map(signer).collect(),
            nonce: *nonce,
            salt: [7; 16],
            valid_until: self.now.plus(DAY_MS),
            call,
        };
        let id = body.id();
        let sign = |actor: &&Actor| actor.key.sign_transaction(&body.genesis, &id);
        let signatures = actors.iter().map(sign).collect();
        SignedTransaction::new(&body, signatures).verify(&body.genesis).expect("we signed it")
    }

    /// Runs a block of these transactions; what fell due comes first.
    ///
    /// # Errors
    /// The code of a transaction that was refused at the door; then nothing has happened.
    pub(super) fn block(
        &mut self,
        transactions: &[VerifiedTransaction],
    ) -> Result<Vec<Receipt>, Code> {
        let time = self.tick();
        let proposer = self.genesis.validators[0].key;
        let template = BlockTemplate { time, proposer };
        let built = build_block(&self.state, &self.rulebook, template, transactions);
        if let Some((_, code)) = built.refused.first() {
            return Err(*code);
        }
        let executed = if self.full {
            let kept = built.block.clone();
            let block = built.block.verify().expect("we built it");
            let executed = execute_block(&self.state, &self.rulebook, &block);
            let executed = executed.expect("executing agrees with building");
            assert!(executed.receipts == built.executed.receipts, "the same receipts");
            self.kept.push((kept, executed.receipts.clone()));
            executed
        } else {
            built.executed
        };
        self.state.apply(executed.delta);
        self.last = transactions.last().cloned().or(self.last.take());
        Ok(executed.receipts)
    }

    /// The last transaction once more; the door must refuse it.
    pub(super) fn again(&mut self) -> Option<Code> {
        let last = self.last.clone()?;
        let before = self.state.root();
        let refused = self.block(&[last]).err();
        assert!(self.state.root() == before, "nothing has happened");
        refused
    }

    /// Runs a call that must be applied; returns the transaction's identifiers.
    pub(super) fn apply<C: BorshSerialize + std::fmt::Debug>(
        &mut self,
        contract: ContractId,
        actors: &[&Actor],
        call: &C,
    ) -> [RecordId; 4] {
        self.tick();
        let transaction = self.sign(contract, actors, encode(call));
        let receipts = self.block(&[transaction]).expect("the door lets it in");
        let receipt = receipts.last().expect("one receipt at least");
        assert_eq!(receipt.rejection(), None, "{call:?}");
        created(receipt)
    }

    fn person(&mut self, label: &str, organisation: u32) -> (BusinessKey, PersonId) {
        let key = key(label);
        let id = self.organisation(organisation);
        let call = registry::Call::PersonRegister { organisation: id, key: key.public() };
        let made = self.apply(registry::CONTRACT, &[&Self::home(organisation)], &call);
        (key, PersonId(made[0].0))
    }

    fn officer(&mut self, label: &str, organisation: u32, role: Role, level: u8) -> Actor {
        let (key, person) = self.person(label, organisation);
        let call = registry::Call::RoleGrant {
            person,
            role,
            organisation: self.organisation(organisation),
            scope: SUBDISTRICT.into(),
            level,
            nullifier: None,
            from: self.now,
            to: self.now.plus(3_000 * DAY_MS),
        };
        let grantors = [Self::home(OFFICE), Self::home(REGULATOR)];
        let made = self.apply(registry::CONTRACT, &[&grantors[0], &grantors[1]], &call);
        Actor { key, grant: Some(GrantId(made[0].0)) }
    }

    /// Brings everybody onto the chain; also the enrolments of the residents.
    pub(super) fn cast(&mut self) -> (Cast, Vec<RecordId>) {
        let mut officer = |label: &str, at, role| self.officer(label, at, role, 0);
        let registrar = officer("registrar", OFFICE, Role::Registrar);
        let mut cast = Cast {
            administrator: officer("administrator", OFFICE, Role::FundAdministrator),
            treasurer: officer("treasurer", OFFICE, Role::Treasurer),
            budget: ["budget 1", "budget 2"]
                .map(|label| officer(label, OFFICE, Role::BudgetOfficer)),
            purchaser: officer("purchaser", OFFICE, Role::Purchaser),
            provider: officer("provider", PROVIDER, Role::ProviderOfficer),
            acceptance: [("acceptance 1", OFFICE), ("acceptance 2", COMMITTEE)]
                .map(|(label, at)| officer(label, at, Role::Acceptance)),
            approvers: Vec::new(),
            operators: ["operator 1", "operator 2"]
                .map(|label| officer(label, OFFICE, Role::PointsOperator)),
            organiser: officer("organiser", VOLUNTEERS, Role::Organiser),
            publisher: officer("publisher", VOLUNTEERS, Role::Organiser),
            witness: officer("witness", COMMITTEE, Role::Witness),
            registrar,
            partner: officer("partner", PARTNER, Role::PartnerOfficer),
            auditor: officer("auditor", REGULATOR, Role::Auditor),
            regulators: (0..4)
                .map(|n| officer(&format!("regulator {n}"), REGULATOR, Role::Regulator))
                .collect(),
            device: Actor { key: key("device"), grant: None },
            residents: Vec::new(),
        };
        let approvers = [(OFFICE, 1), (OFFICE, 1), (OFFICE, 2), (COMMITTEE, 2), (REGULATOR, 3)];
        for (number, (at, level)) in approvers.into_iter().enumerate() {
            let label = format!("approver {number}");
            cast.approvers.push(self.officer(&label, at, Role::Approver, level));
        }
        cast.approvers.push(cast.regulators[0].clone());
        let add = registry::Call::KeyAdd {
            owner: PublicOwner::Organisation(self.organisation(VOLUNTEERS)),
            key: cast.device.key.public(),
            purpose: KeyPurpose::SiteDevice,
        };
        self.apply(registry::CONTRACT, &[&Self::home(VOLUNTEERS)], &add);
        let mut enrolments: Vec<RecordId> = Vec::new();
        for (number, (age, guardian)) in FAMILY.into_iter().enumerate() {
            let label = format!("resident {number}");
            let guardian = guardian.map(|who| EnrolmentId(enrolments[who].0));
            let call = enrolment(&label, age, guardian);
            enrolments.push(self.apply(people::CONTRACT, &[&cast.registrar], &call)[0]);
            cast.residents.push(Actor { key: key(&label), grant: None });
        }
        (cast, enrolments)
    }
}

/// Somebody of the community.
pub(super) fn enrolment(label: &str, age: Age, guardian: Option<EnrolmentId>) -> people::Call {
    people::Call::Enrol {
        community: COMMUNITY.into(),
        nullifier: bytes(label),
        age_class: match age {
            Age::Child => AgeClass::Under14,
            Age::Youth => AgeClass::From14To17,
            Age::Adult => AgeClass::Adult,
        },
        key: key(label).public(),
        guardian,
        consent: document("consent"),
    }
}

/// The first identifiers that a transaction makes.
pub(super) fn created(receipt: &Receipt) -> [RecordId; 4] {
    match receipt.subject {
        Subject::Transaction(id) => [0, 1, 2, 3].map(|n| RecordId(derive_identifier(&id, n))),
        Subject::Due(_) | Subject::Recovery(_) => panic!("a transaction's receipt"),
    }
}
