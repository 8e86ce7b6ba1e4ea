//! This exists to hold everybody who acts in the workload, and to bring them onto the chain.

use super::Workload;
use super::pen::{Actor, Pen};
use linli_contracts::people::{self, AgeClass};
use linli_contracts::programme::{self, Basis, RewardKind, RuleTerms};
use linli_contracts::registry::{self, PublicOwner, Role};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::crypto::{BusinessKey, ConsensusKey};
use linli_ledger::genesis::{
    Clock, GENESIS_VERSION, Genesis, GenesisOrganisation, GenesisValidator, Keys, OrganisationKind,
};
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{
    BlockTime, ContractId, DAY_MS, Day, EnrolmentId, GrantId, HOUR_MS, OrganisationId, PersonId,
    RecordId,
};
use rayon::prelude::*;

/// Communities, each with an organiser, a publisher, a witness, a device and a provider.
pub(super) const COMMUNITIES: u32 = 12;
/// What the whole sub-district is called.
pub(super) const SUBDISTRICT: &str = "5101/04";

pub(super) const OFFICE: u32 = 0;
pub(super) const REGULATOR: u32 = 1;
pub(super) const BANK: u32 = 2;
pub(super) const DONOR: u32 = 3;
const PARTNER: u32 = 4;
const COMMITTEES: u32 = 5;
const VOLUNTEERS: u32 = COMMITTEES + COMMUNITIES;
pub(super) const PROVIDERS: u32 = VOLUNTEERS + COMMUNITIES;

/// How long grants, rules and rewards hold: longer than anybody lets the work go on.
const YEARS_MS: u64 = 6 * 365 * DAY_MS;

/// A fixed Monday.
const START: (u32, u32, u32) = (2026, 3, 2);

pub(super) fn document(label: &str) -> Digest {
    digest(Domain::Document, label.as_bytes())
}

pub(super) fn community(number: u32) -> String {
    format!("{SUBDISTRICT}/001/{:03}", number + 1)
}

/// Who works in one community.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) path: String,
    pub(super) volunteers: OrganisationId,
    pub(super) organiser: Actor,
    pub(super) publisher: Actor,
    pub(super) witness: Actor,
    pub(super) device: Actor,
}

/// A resident.
#[derive(Debug)]
pub(super) struct Resident {
    pub(super) actor: Actor,
    pub(super) enrolment: EnrolmentId,
}

/// Everybody.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) genesis: Genesis,
    pub(super) validator: ConsensusKey,
    seed: String,
    pub(super) locals: Vec<Local>,
    pub(super) residents: Vec<Resident>,
    pub(super) partner: Option<Actor>,
    pub(super) rule: RecordId,
    pub(super) reward: RecordId,
}

impl Cast {
    pub(super) fn new(seed: &str, residents: u32) -> Self {
        let validator = ConsensusKey::demonstration(seed.as_bytes(), "validator");
        let genesis = genesis(seed, &validator);
        let keys = (0..residents).into_par_iter().map(|number| {
            let key = BusinessKey::demonstration(seed.as_bytes(), &format!("resident {number}"));
            let actor = Actor { key, grant: None };
            Resident { actor, enrolment: EnrolmentId::default() }
        });
        Self {
            genesis,
            validator,
            seed: seed.to_owned(),
            locals: Vec::new(),
            residents: keys.collect(),
            partner: None,
            rule: RecordId::default(),
            reward: RecordId::default(),
        }
    }

    fn key(&self, label: &str) -> BusinessKey {
        BusinessKey::demonstration(self.seed.as_bytes(), label)
    }

    pub(super) fn id(&self, position: u32) -> OrganisationId {
        self.genesis.organisation(position)
    }

    /// The organisation itself as a signer.
    pub(super) fn organisation(&self, position: u32) -> Actor {
        Actor { key: self.key(&format!("organisation {position}")), grant: None }
    }

    /// Registers a person and grants a role in the whole sub-district, for years.
    pub(super) fn officer(&self, pen: &mut Pen, label: &str, at: u32, role: Role) -> Actor {
        let key = self.key(label);
        let organisation = self.id(at);
        let call = registry::Call::PersonRegister { organisation, key: key.public() };
        let home = self.organisation(at);
        let person = PersonId(pen.write(registry::CONTRACT, &[&home], &call).0);
        let level = match role {
            Role::Approver => 1,
            _ => 0,
        };
        let call = registry::Call::RoleGrant {
            person,
            role,
            organisation,
            scope: SUBDISTRICT.into(),
            level,
            nullifier: None,
            from: self.genesis.time,
            to: self.genesis.time.plus(YEARS_MS),
        };
        let grantors = [self.organisation(OFFICE), self.organisation(REGULATOR)];
        let grant = pen.write(registry::CONTRACT, &[&grantors[0], &grantors[1]], &call);
        Actor { key, grant: Some(GrantId(grant.0)) }
    }
}

fn genesis(seed: &str, validator: &ConsensusKey) -> Genesis {
    let kind = |position| match position {
        OFFICE => OrganisationKind::PublicBody,
        REGULATOR => OrganisationKind::Regulator,
        BANK => OrganisationKind::Bank,
        DONOR => OrganisationKind::Donor,
        PARTNER => OrganisationKind::Partner,
        COMMITTEES..VOLUNTEERS => OrganisationKind::Committee,
        VOLUNTEERS..PROVIDERS => OrganisationKind::Volunteer,
        _ => OrganisationKind::Provider,
    };
    let organisation = |position| {
        let label = format!("organisation {position}");
        let key = BusinessKey::demonstration(seed.as_bytes(), &label).public();
        GenesisOrganisation { name: label, kind: kind(position), key }
    };
    let (year, month, day) = START;
    let start = Day::from_civil(year, month, day).expect("a day").start().plus(8 * HOUR_MS);
    Genesis {
        version: GENESIS_VERSION,
        name: "workload".into(),
        time: start,
        clock: Clock::Data,
        keys: Keys::Demonstration,
        organisations: (0..PROVIDERS + COMMUNITIES).map(organisation).collect(),
        governance: vec![OFFICE, REGULATOR, COMMITTEES],
        governance_threshold: 2,
        validators: vec![GenesisValidator { key: validator.public(), organisation: 0, power: 1 }],
        nodes: Vec::new(),
        contracts: (1..=5).map(|id| (ContractId(id), 1)).collect(),
        // Tier 0 up to 10 million yuan: what is measured is payments, not the tiers.
        parameters: vec![(31, 1_000_000_000)],
    }
}

impl Workload {
    /// Brings everybody onto the chain.
    pub(super) fn begin(&mut self) {
        let start = self.cast.genesis.time;
        self.pen.at(start.plus(1));
        let valid_from = start.plus(HOUR_MS);
        self.programme(valid_from);
        let locals = (0..COMMUNITIES).map(|number| local(&self.cast, &mut self.pen, number));
        self.cast.locals = locals.collect();
        self.open_fund();
        self.pen.at(valid_from);
        self.enrol();
        self.pen.finish();
    }

    fn programme(&mut self, valid_from: BlockTime) {
        let (cast, pen) = (&mut self.cast, &mut self.pen);
        let operators = ["operator 1", "operator 2"]
            .map(|label| cast.officer(pen, label, OFFICE, Role::PointsOperator));
        let [one, two] = &operators;
        let call = programme::Call::ProgrammeOpen {
            name: "积分计划".into(),
            scope: SUBDISTRICT.into(),
            reward_budget: Fen(1_000_000_000_000),
        };
        let opened = pen.write(programme::CONTRACT, &[one, two], &call);
        let valid_to = valid_from.plus(YEARS_MS);
        let terms = RuleTerms {
            basis: Basis::PerHour { rate: 10 },
            multiplier_bp: 10_000,
            cap_group: "service".into(),
            day_cap: Points(80),
            month_cap: Points(800),
            year_cap: Points(5_000),
            min_minutes: 15,
            valid_from,
            valid_to,
        };
        let call = programme::Call::RuleSet { programme: opened, rule: None, terms, totals: None };
        cast.rule = pen.write(programme::CONTRACT, &[one, two], &call);
        let partner = cast.officer(pen, "partner", PARTNER, Role::PartnerOfficer);
        let call = programme::Call::RewardOffer {
            programme: opened,
            partner: cast.id(PARTNER),
            title: "理发".into(),
            kind: RewardKind::Service,
            price: Points(20),
            fair_value: Fen(500),
            stock: u32::MAX,
            per_person: 1_000,
            valid_from,
            valid_to,
        };
        cast.reward = pen.write(programme::CONTRACT, &[&partner, one], &call);
        cast.partner = Some(partner);
    }

    fn enrol(&mut self) {
        let registrar = self.cast.officer(&mut self.pen, "registrar", OFFICE, Role::Registrar);
        for (number, resident) in (0_u32..).zip(&mut self.cast.residents) {
            let call = people::Call::Enrol {
                community: community(number % COMMUNITIES),
                nullifier: *document(&format!("nullifier {number}")).bytes(),
                age_class: AgeClass::Adult,
                key: resident.actor.key.public(),
                guardian: None,
                consent: document("consent"),
            };
            let id = self.pen.write(people::CONTRACT, &[&registrar], &call);
            resident.enrolment = EnrolmentId(id.0);
        }
    }
}

fn local(cast: &Cast, pen: &mut Pen, number: u32) -> Local {
    let (committee, volunteers) = (COMMITTEES + number, VOLUNTEERS + number);
    let mut officer =
        |label: &str, at, role| cast.officer(pen, &format!("{label} {number}"), at, role);
    let organiser = officer("organiser", volunteers, Role::Organiser);
    let publisher = officer("publisher", volunteers, Role::Organiser);
    let witness = officer("witness", committee, Role::Witness);
    let device = Actor { key: cast.key(&format!("device {number}")), grant: None };
    let call = registry::Call::KeyAdd {
        owner: PublicOwner::Organisation(cast.id(volunteers)),
        key: device.key.public(),
        purpose: KeyPurpose::SiteDevice,
    };
    pen.write(registry::CONTRACT, &[&cast.organisation(volunteers)], &call);
    let (path, volunteers) = (community(number), cast.id(volunteers));
    Local { path, volunteers, organiser, publisher, witness, device }
}
