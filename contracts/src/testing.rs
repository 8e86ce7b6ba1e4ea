//! This exists to let the tests of every contract run real transactions through the real kernel: a
//! small chain in memory, with organisations, officers and residents to act in it.

use crate::people::{self, AgeClass};
use crate::registry::{self, Role};
use borsh::BorshSerialize;
use linli_ledger::block::VerifiedBlock;
use linli_ledger::code::{Code, Rejection};
use linli_ledger::codec::encode;
use linli_ledger::contract::{Contract, Party, Rulebook};
use linli_ledger::crypto::{BusinessKey, ConsensusKey, PublicKey};
use linli_ledger::execute::{BlockTemplate, build_block, execute_block};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::receipt::Receipt;
use linli_ledger::replay::check_invariants;
use linli_ledger::state::State;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::{
    BlockTime, Compartment, ContractId, DAY_MS, Day, EnrolmentId, GrantId, OrganisationId,
    PersonId, derive_identifier,
};
use linli_ledger::view::View;
use std::collections::BTreeMap;

/// Positions of the organisations that every test has.
pub(crate) const OFFICE: u32 = 0;
pub(crate) const COMMITTEE: u32 = 1;
pub(crate) const VOLUNTEERS: u32 = 2;
pub(crate) const PROVIDER: u32 = 3;
pub(crate) const PARTNER: u32 = 4;
pub(crate) const BANK: u32 = 5;
pub(crate) const DONOR: u32 = 6;
pub(crate) const REGULATOR: u32 = 7;

/// Where everything takes place, unless a test says otherwise.
pub(crate) const COMMUNITY: &str = "5101/04/001/003";

/// A key and the role it uses.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) key: BusinessKey,
    pub(crate) grant: Option<GrantId>,
    pub(crate) person: PersonId,
}

/// A resident.
#[derive(Clone, Debug)]
pub(crate) struct Resident {
    pub(crate) key: BusinessKey,
    pub(crate) enrolment: EnrolmentId,
    pub(crate) nullifier: [u8; 32],
}

impl Resident {
    /// The resident as a signer.
    pub(crate) fn actor(&self) -> Actor {
        Actor { key: self.key.clone(), grant: None, person: PersonId([0; 32]) }
    }
}

/// A chain in memory.
pub(crate) struct World {
    pub(crate) genesis: Genesis,
    pub(crate) state: State,
    pub(crate) rulebook: Rulebook,
    pub(crate) now: BlockTime,
    /// Who builds the next block.
    pub(crate) proposer: PublicKey,
    nonces: BTreeMap<Vec<u8>, u64>,
}

fn contracts() -> [Box<dyn Contract>; 6] {
    [
        Box::new(registry::Registry),
        Box::new(people::People),
        Box::new(crate::programme::Programmes),
        Box::new(crate::credit::Credit),
        Box::new(crate::fund::Funds),
        Box::new(crate::governance::Governance),
    ]
}

/// The rulebook with another contract in the place of the one that has its number.
pub(crate) fn rulebook_with(other: Box<dyn Contract>) -> Rulebook {
    let id = other.id();
    let rest = contracts().into_iter().filter(|contract| contract.id() != id);
    Rulebook::new(rest.chain([other]).collect()).unwrap()
}

/// The rulebook with another version of a contract beside the one that it has.
pub(crate) fn rulebook_and(next: Box<dyn Contract>) -> Rulebook {
    Rulebook::new(contracts().into_iter().chain([next]).collect()).unwrap()
}

/// A contract that does harm where the honest one would follow its rules.
struct Vandal<C, H> {
    honest: C,
    harm: H,
}

impl<C: Contract, H: Fn(&mut View<'_>, &[Party]) + Send + Sync> Contract for Vandal<C, H> {
    fn id(&self) -> ContractId {
        self.honest.id()
    }

    fn version(&self) -> u16 {
        self.honest.version()
    }

    fn compartment(&self) -> Compartment {
        self.honest.compartment()
    }

    fn keeps_keys(&self) -> bool {
        self.honest.keeps_keys()
    }

    fn keeps_members(&self) -> bool {
        self.honest.keeps_members()
    }

    fn accepts(&self, _: &[u8]) -> bool {
        true
    }

    fn execute(&self, _: &[u8], parties: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        (self.harm)(view, parties);
        Ok(())
    }
}

pub(crate) fn key(label: &str) -> BusinessKey {
    BusinessKey::demonstration(b"contracts tests", label)
}

pub(crate) fn document(label: &str) -> Digest {
    digest(Domain::Document, label.as_bytes())
}

impl World {
    /// Begins on 2026-03-02 (a Monday), 08:00 in Beijing.
    pub(crate) fn new() -> Self {
        Self::with_parameters(Vec::new())
    }

    pub(crate) fn with_parameters(parameters: Vec<(u16, u64)>) -> Self {
        Self::begin(Self::genesis_with(parameters))
    }

    /// A genesis with one validator, eight organisations of which three govern, two of them together.
    pub(crate) fn genesis_with(parameters: Vec<(u16, u64)>) -> Genesis {
        let kinds = [
            OrganisationKind::PublicBody,
            OrganisationKind::Committee,
            OrganisationKind::Volunteer,
            OrganisationKind::Provider,
            OrganisationKind::Partner,
            OrganisationKind::Bank,
            OrganisationKind::Donor,
            OrganisationKind::Regulator,
        ];
        let organisations = (0..)
            .zip(kinds)
            .map(|(n, kind)| GenesisOrganisation {
                name: format!("organisation {n}"),
                kind,
                key: key(&format!("organisation {n}")).public(),
            })
            .collect();
        let start = Day::from_civil(2026, 3, 2).unwrap().start().plus(8 * 3_600_000);
        let validator = ConsensusKey::demonstration(b"contracts tests", "validator").public();
        Genesis {
            version: GENESIS_VERSION,
            name: "test".into(),
            time: start,
            clock: Clock::Data,
            keys: Keys::Demonstration,
            organisations,
            governance: vec![OFFICE, COMMITTEE, REGULATOR],
            governance_threshold: 2,
            validators: vec![GenesisValidator { key: validator, organisation: 0, power: 1 }],
            nodes: Vec::new(),
            contracts: (1..=5).map(|id| (ContractId(id), 1)).collect(),
            parameters,
        }
    }

    /// Begins a chain.
    pub(crate) fn begin(genesis: Genesis) -> Self {
        let rulebook = crate::rulebook();
        let state = State::from_genesis(&genesis, &rulebook).unwrap();
        let (now, proposer) = (genesis.time, genesis.validators[0].key);
        Self { genesis, state, rulebook, now, proposer, nonces: BTreeMap::new() }
    }

    /// The same chain under other rules.
    pub(crate) fn fork(&self, rulebook: Rulebook) -> Self {
        let (genesis, state) = (self.genesis.clone(), self.state.clone());
        let (now, proposer, nonces) = (self.now, self.proposer, self.nonces.clone());
        Self { genesis, state, rulebook, now, proposer, nonces }
    }

    /// The world after somebody harmed the records of a contract behind the back of its rules: to see
    /// that the invariants notice.
    pub(crate) fn harmed(
        &self,
        honest: impl Contract + 'static,
        by: &Actor,
        harm: impl Fn(&mut View<'_>, &[Party]) + Send + Sync + 'static,
    ) -> Self {
        let contract = honest.id();
        let mut world = self.fork(rulebook_with(Box::new(Vandal { honest, harm })));
        world.apply(contract, &[by], &0_u8);
        world
    }

    pub(crate) fn organisation(&self, position: u32) -> OrganisationId {
        self.genesis.organisation(position)
    }

    /// The organisation's own key as a signer.
    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    pub(crate) fn organisation_actor(&self, position: u32) -> Actor {
        let key = key(&format!("organisation {position}"));
        Actor { key, grant: None, person: PersonId([0; 32]) }
    }

    /// Moves the clock; the next transaction happens then.
    pub(crate) fn advance(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
    }

    pub(crate) fn at(&mut self, time: BlockTime) {
        assert!(time >= self.now, "time only goes forward");
        self.now = time;
    }

    /// Signs a call and runs it in a block of its own, which is also re-executed and compared.
    pub(crate) fn submit<C: BorshSerialize>(
        &mut self,
        contract: ContractId,
        actors: &[&Actor],
        call: &C,
    ) -> Receipt {
        self.try_submit(contract, actors, call).expect("the door lets it in")
    }

    /// As [`World::submit`]; the error is a refusal at the door.
    pub(crate) fn try_submit<C: BorshSerialize>(
        &mut self,
        contract: ContractId,
        actors: &[&Actor],
        call: &C,
    ) -> Result<Receipt, Code> {
        self.try_submit_as(1, contract, actors, call)
    }

    /// As [`World::try_submit`], for a version of the contract.
    pub(crate) fn try_submit_as<C: BorshSerialize>(
        &mut self,
        call_version: u16,
        contract: ContractId,
        actors: &[&Actor],
        call: &C,
    ) -> Result<Receipt, Code> {
        let sender = encode(&(actors[0].key.public(), contract));
        let nonce = self.nonces.entry(sender).and_modify(|n| *n += 1).or_insert(1);
        let body = Body {
            version: BODY_VERSION,
            genesis: self.genesis.hash(),
            contract,
            call_version,
            signers: actors
                .iter()
                .map(|a| Signer { key: a.key.public(), grant: a.grant })
                .collect(),
            nonce: *nonce * 10 + u64::from(contract.0),
            salt: [7; 16],
            valid_until: self.now.plus(DAY_MS),
            call: encode(call),
        };
        let signatures =
            actors.iter().map(|a| a.key.sign_transaction(&body.genesis, &body.id())).collect();
        let verified = SignedTransaction::new(&body, signatures).verify(&body.genesis).unwrap();
        self.now = self.now.max(self.state.tip().time.plus(1));
        let template = BlockTemplate { time: self.now, proposer: self.proposer };
        let built = build_block(&self.state, &self.rulebook, template, &[verified]);
        if let Some((_, code)) = built.refused.first() {
            return Err(*code);
        }
        let block: VerifiedBlock = built.block.verify().unwrap();
        let executed = execute_block(&self.state, &self.rulebook, &block).unwrap();
        self.state.apply(executed.delta);
        Ok(executed.receipts.last().unwrap().clone())
    }

    /// Runs an empty block now, so that what is due is swept.
    pub(crate) fn sweep(&mut self) -> Vec<Receipt> {
        self.now = self.now.max(self.state.tip().time.plus(1));
        let template = BlockTemplate { time: self.now, proposer: self.proposer };
        let built = build_block(&self.state, &self.rulebook, template, &[]);
        let block = built.block.verify().unwrap();
        let executed = execute_block(&self.state, &self.rulebook, &block).unwrap();
        self.state.apply(executed.delta);
        executed.receipts
    }

    /// Runs a call that must be applied; returns the first identifier that it created.
    pub(crate) fn apply<C: BorshSerialize + std::fmt::Debug>(
        &mut self,
        contract: ContractId,
        actors: &[&Actor],
        call: &C,
    ) -> [u8; 32] {
        let receipt = self.submit(contract, actors, call);
        assert_eq!(receipt.rejection(), None, "{call:?}");
        match receipt.subject {
            linli_ledger::receipt::Subject::Transaction(id) => derive_identifier(&id, 0),
            linli_ledger::receipt::Subject::Due(_)
            | linli_ledger::receipt::Subject::Recovery(_) => panic!("a transaction's receipt"),
        }
    }

    /// Runs a call that must be rejected with this code, changing nothing but the nonce.
    pub(crate) fn reject<C: BorshSerialize + std::fmt::Debug>(
        &mut self,
        contract: ContractId,
        actors: &[&Actor],
        call: &C,
        code: Code,
    ) {
        let receipt = self.submit(contract, actors, call);
        assert_eq!(receipt.rejection().map(|r| r.code), Some(code), "{call:?}");
        assert_eq!(receipt.writes.len(), 1, "a rejection writes the nonce only");
        assert!(receipt.movements.is_empty());
    }

    /// Checks every invariant of the kernel and of the contracts.
    pub(crate) fn check(&self) {
        check_invariants(&self.state, &self.rulebook).unwrap();
    }

    /// A view for reading, with everything visible.
    pub(crate) fn view(&self) -> View<'_> {
        View::read_only(&self.state, Compartment::Restricted, self.now)
    }

    /// Registers a person of an organisation.
    pub(crate) fn person(&mut self, label: &str, organisation: u32) -> Actor {
        let key = key(label);
        let call = registry::Call::PersonRegister {
            organisation: self.organisation(organisation),
            key: key.public(),
        };
        let signer = self.organisation_actor(organisation);
        let person = PersonId(self.apply(registry::CONTRACT, &[&signer], &call));
        Actor { key, grant: None, person }
    }

    /// Registers a person and grants a role for one year.
    pub(crate) fn officer(&mut self, label: &str, organisation: u32, role: Role) -> Actor {
        let person = self.person(label, organisation);
        self.grant(&person, organisation, role, 0, None)
    }

    /// Grants a role for one year, everywhere in the community's sub-district.
    pub(crate) fn grant(
        &mut self,
        person: &Actor,
        organisation: u32,
        role: Role,
        level: u8,
        nullifier: Option<[u8; 32]>,
    ) -> Actor {
        let call = registry::Call::RoleGrant {
            person: person.person,
            role,
            organisation: self.organisation(organisation),
            scope: "5101/04".into(),
            level,
            nullifier,
            from: self.now,
            to: self.now.plus(365 * DAY_MS),
        };
        let signers = [self.organisation_actor(OFFICE), self.organisation_actor(REGULATOR)];
        let grant = GrantId(self.apply(registry::CONTRACT, &[&signers[0], &signers[1]], &call));
        Actor { grant: Some(grant), ..person.clone() }
    }

    /// Enrols an adult of the community.
    pub(crate) fn resident(&mut self, registrar: &Actor, label: &str) -> Resident {
        self.resident_of(registrar, label, AgeClass::Adult, None)
    }

    /// Enrols a resident of the community.
    pub(crate) fn resident_of(
        &mut self,
        registrar: &Actor,
        label: &str,
        age_class: AgeClass,
        guardian: Option<EnrolmentId>,
    ) -> Resident {
        self.enrol(registrar, label, COMMUNITY, age_class, guardian)
    }

    /// Enrols an adult of another community.
    pub(crate) fn resident_at(
        &mut self,
        registrar: &Actor,
        label: &str,
        community: &str,
    ) -> Resident {
        self.enrol(registrar, label, community, AgeClass::Adult, None)
    }

    fn enrol(
        &mut self,
        registrar: &Actor,
        label: &str,
        community: &str,
        age_class: AgeClass,
        guardian: Option<EnrolmentId>,
    ) -> Resident {
        let key = key(label);
        let nullifier = *document(&format!("nullifier {label}")).bytes();
        let call = people::Call::Enrol {
            community: community.into(),
            nullifier,
            age_class,
            key: key.public(),
            guardian,
            consent: document("consent"),
        };
        let enrolment = EnrolmentId(self.apply(people::CONTRACT, &[registrar], &call));
        Resident { key, enrolment, nullifier }
    }
}
