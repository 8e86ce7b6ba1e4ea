//! This exists to turn what somebody does, in plain numbers, into the calls that are signed.

use super::act::{Act, Admits};
use super::book::Book;
use super::book::points::FAMILY;
use super::town::{
    Actor, BANK, COMMUNITY, Cast, DONOR, OFFICE, Town, VOLUNTEERS, document, enrolment, key,
};
use linli_contracts::programme::{self, ActivityKind, ActivityTerms, Participation, terms_hash};
use linli_contracts::{credit, fund, people, registry};
use linli_ledger::codec::encode;
use linli_ledger::types::{BlockTime, ContractId, Day, EnrolmentId, HOUR_MS, RecordId};

mod money;
mod partner;
mod service;

pub(super) use money::donations;
pub(super) use partner::batch_of;

/// The identifiers of what there is, by the numbers of the books.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    pub(super) fund: RecordId,
    pub(super) lines: [RecordId; 2],
    pub(super) programme: RecordId,
    pub(super) rule: RecordId,
    pub(super) rewards: Vec<RecordId>,
    pub(super) residents: Vec<RecordId>,
    pub(super) contracts: Vec<RecordId>,
    pub(super) payments: Vec<RecordId>,
    pub(super) orders: Vec<RecordId>,
    pub(super) activities: Vec<RecordId>,
    pub(super) participations: Vec<RecordId>,
    pub(super) vouchers: Vec<RecordId>,
}

/// A call and who signs it.
pub(super) struct Signed<'a> {
    pub(super) contract: ContractId,
    pub(super) signers: Vec<&'a Actor>,
    pub(super) call: Vec<u8>,
}

/// A session that starts then.
pub(super) fn session(
    rule: RecordId,
    start: BlockTime,
    hours: u64,
    (seats, admits): (u32, Admits),
) -> ActivityTerms {
    let dangerous = admits == Admits::Danger;
    ActivityTerms {
        title: "河岸清洁".into(),
        kind: ActivityKind::Service,
        place: format!("{COMMUNITY}/07"),
        start,
        end: start.plus(hours * HOUR_MS),
        capacity: seats,
        minimum_age: match admits {
            Admits::Everybody | Admits::Danger => 0,
            Admits::Youths => 14,
            Admits::Adults => 18,
        },
        risk_class: if dangerous { 3 } else { 0 },
        insurance: dangerous.then(|| document("insurance")),
        risk_statement: Some(document("risks")),
        participation: Participation::Voluntary,
        rule,
    }
}

/// Who writes what: the call of an act, at the time of the town.
pub(super) struct Desk<'a, 's> {
    pub(super) town: &'s Town,
    pub(super) cast: &'a Cast,
    pub(super) ids: &'s Ids,
    pub(super) book: &'s Book,
    /// Keys of organisations, which sign for themselves.
    pub(super) bank: &'a Actor,
    pub(super) donor: &'a Actor,
    pub(super) evaluator: &'a Actor,
    pub(super) office: &'a Actor,
}

impl<'a> Desk<'a, '_> {
    /// The call of an act; `None` for what is none.
    pub(super) fn call(&self, act: &Act) -> Option<Signed<'a>> {
        let mut signed = self.signed(act.itself())?;
        let alone = matches!(act, Act::Alone(_));
        let who = self.book.office.resident(act).filter(|_| !alone);
        let guardian = who.and_then(|who| FAMILY[who].1);
        signed.signers.extend(guardian.map(|guardian| &self.cast.residents[guardian]));
        Some(signed)
    }

    fn signed(&self, act: &Act) -> Option<Signed<'a>> {
        self.money_in(act)
            .or_else(|| self.contract(act))
            .or_else(|| self.payment(act))
            .map(|(signers, call)| Signed {
                contract: fund::CONTRACT,
                signers,
                call: encode(&call),
            })
            .or_else(|| {
                let (signers, call) = self.service(act).or_else(|| self.right(act))?;
                Some(Signed { contract: credit::CONTRACT, signers, call: encode(&call) })
            })
            .or_else(|| {
                let (signers, call) = self.partner(act)?;
                Some(Signed { contract: programme::CONTRACT, signers, call: encode(&call) })
            })
            .or_else(|| self.other(act))
    }

    fn today(&self) -> Day {
        self.town.now.day()
    }

    fn other(&self, act: &Act) -> Option<Signed<'a>> {
        let (cast, ids) = (self.cast, self.ids);
        Some(match *act {
            Act::Publish { hours, from_now, seats, admits } => {
                let organisation = self.town.organisation(VOLUNTEERS);
                let start = self.town.now.plus(from_now);
                let terms = session(ids.rule, start, hours, (seats, admits));
                let call = programme::Call::ActivityPropose { organisation, terms };
                let (contract, signers) = (programme::CONTRACT, vec![&cast.organiser]);
                Signed { contract, signers, call: encode(&call) }
            }
            Act::CallOff { activity } => {
                let activity = ids.activities[activity];
                let call = programme::Call::ActivityCancel { activity };
                let (contract, signers) = (programme::CONTRACT, vec![&cast.organiser]);
                Signed { contract, signers, call: encode(&call) }
            }
            Act::Register { officer, known } => {
                let label = if known { "treasurer".into() } else { format!("officer {officer}") };
                let organisation = self.town.organisation(OFFICE);
                let key = key(&label).public();
                let call = registry::Call::PersonRegister { organisation, key };
                let (contract, signers) = (registry::CONTRACT, vec![self.office]);
                Signed { contract, signers, call: encode(&call) }
            }
            Act::Enrol { again, age, guardian } => {
                let newcomer = || format!("newcomer at {}", self.town.now.0);
                let label = if again { "resident 0".to_owned() } else { newcomer() };
                let guardian = guardian.map(|who| EnrolmentId(ids.residents[who].0));
                let mut call = enrolment(&label, age, guardian);
                let people::Call::Enrol { key: own, .. } = &mut call else { return None };
                *own = key(&format!("key of {label} at {}", self.town.now.0)).public();
                let (contract, signers) = (people::CONTRACT, vec![&cast.registrar]);
                Signed { contract, signers, call: encode(&call) }
            }
            _ => return None,
        })
    }

    /// The second half of publishing.
    pub(super) fn publish(&self, activity: RecordId, terms: &ActivityTerms) -> Signed<'a> {
        let terms_hash = terms_hash(terms);
        let call = programme::Call::ActivityPublish { activity, terms_hash };
        let (contract, signers) = (programme::CONTRACT, vec![&self.cast.publisher]);
        Signed { contract, signers, call: encode(&call) }
    }
}

/// Organisations that sign for themselves: bank, donor, evaluator, office.
pub(super) const ORGANISATIONS: [u32; 4] = [BANK, DONOR, VOLUNTEERS, OFFICE];
