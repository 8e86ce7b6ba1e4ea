//! This exists to be the one place that decides who may see what (D19, `domain` §6.5). The public sees
//! organisations and money whole, and of residents nothing but counts.

use super::failure::Failure;
use linli_contracts::fund::reading::every;
use linli_contracts::people::residents;
use linli_contracts::people::residents::Enrolment;
use linli_contracts::registry::Role;
use linli_contracts::registry::records::{Grant, Person};
use linli_ledger::code::Code;
use linli_ledger::contract::Party;
use linli_ledger::crypto::PublicKey;
use linli_ledger::keys::{self, KeyOwner, KeyPurpose};
use linli_ledger::posting::{AccountKey, Unit};
use linli_ledger::transaction::Signer;
use linli_ledger::types::{Compartment, EnrolmentId, OrganisationId, PersonId};
use linli_ledger::view::View;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Anybody.
    Public,
    /// A resident, by the key of an enrolment.
    Holder(EnrolmentId),
    /// An organisation, by its own key or by that of somebody who works there.
    Organisation(OrganisationId),
    /// An auditor or regulator in office.
    Auditor,
}

/// Roles that see everything, by pseudonym.
const AUDITORS: [Role; 2] = [Role::Auditor, Role::Regulator];

impl Viewer {
    /// Whom a key speaks for at the view's time; the view is a restricted one.
    ///
    /// # Errors
    /// [`Code::KeyInactive`] for a key that is unknown, has ended or is no business key.
    pub(crate) fn of_key(view: &View<'_>, key: PublicKey) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(Code::KeyInactive, format!("keyid {key} is no registered key in force"))
        };
        let record = keys::find(view, &key).ok_or_else(wrong)?;
        if record.purpose != KeyPurpose::Business || !record.is_active(view.now()) {
            return Err(wrong());
        }
        let party = Party { key, owner: record.owner, purpose: record.purpose, grant: None };
        match record.owner {
            KeyOwner::Enrolment(_) => {
                let (id, _) = residents::resident(view, &party).map_err(|_| wrong())?;
                Ok(Self::Holder(id))
            }
            KeyOwner::Organisation(organisation) => Ok(Self::Organisation(organisation)),
            KeyOwner::Person(person) if is_auditor(view, person) => Ok(Self::Auditor),
            KeyOwner::Person(person) => {
                let person = view.get::<Person>(&person).ok_or_else(wrong)?;
                Ok(Self::Organisation(person.organisation))
            }
        }
    }

    /// Refuses what this viewer may not see: who is unknown is asked to sign, who is known is told no.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`], [`Code::Forbidden`].
    pub(crate) fn require(&self, may: bool) -> Result<(), Failure> {
        match (may, self) {
            (true, _) => Ok(()),
            (false, Self::Public) => {
                Err(Failure::new(Code::Unauthenticated, "this is not public: sign the request"))
            }
            (false, Self::Holder(_) | Self::Organisation(_) | Self::Auditor) => {
                Err(Failure::new(Code::Forbidden, "the key that signed may not see this"))
            }
        }
    }

    /// Whether the viewer may see what a resident has: the resident, the guardian, an auditor.
    pub(crate) fn sees_resident(&self, view: &View<'_>, id: EnrolmentId) -> bool {
        match self {
            Self::Public | Self::Organisation(_) => false,
            Self::Holder(own) if *own == id => true,
            Self::Holder(own) => {
                view.get::<Enrolment>(&id).is_some_and(|child| child.guardian == Some(*own))
            }
            Self::Auditor => true,
        }
    }

    /// Whether the viewer may see a record between a resident and an organisation, such as a voucher.
    pub(crate) fn sees_between(
        &self,
        view: &View<'_>,
        resident: EnrolmentId,
        organisation: OrganisationId,
    ) -> bool {
        *self == Self::Organisation(organisation) || self.sees_resident(view, resident)
    }

    /// Whether the viewer may see an account. Money is public, and so are the sums of programmes; what
    /// one resident has is not.
    pub(crate) fn sees_account(&self, view: &View<'_>, key: &AccountKey) -> bool {
        let owner = EnrolmentId(key.owner);
        match key.unit {
            Unit::Fen => true,
            Unit::Points | Unit::Minutes => {
                !view.has::<Enrolment>(&owner) || self.sees_resident(view, owner)
            }
        }
    }

    /// Whether the viewer may see a transaction: public ones always, others if it signed or audits.
    pub(crate) fn sees_transaction(
        &self,
        view: &View<'_>,
        compartment: Compartment,
        signers: &[Signer],
    ) -> bool {
        match (self, compartment) {
            (_, Compartment::Public) | (Self::Auditor, Compartment::Restricted) => true,
            (Self::Public, Compartment::Restricted) => false,
            (Self::Holder(_) | Self::Organisation(_), Compartment::Restricted) => {
                signers.iter().any(|signer| self.owns(view, &signer.key))
            }
        }
    }

    /// Whether the viewer may see whom a key speaks for.
    pub(crate) fn sees_key(&self, view: &View<'_>, owner: KeyOwner) -> bool {
        match owner {
            KeyOwner::Person(_) | KeyOwner::Organisation(_) => true,
            KeyOwner::Enrolment(id) => self.sees_resident(view, id),
        }
    }

    fn owns(&self, view: &View<'_>, key: &PublicKey) -> bool {
        let Some(record) = keys::find(view, key) else { return false };
        match (self, record.owner) {
            (Self::Holder(own), KeyOwner::Enrolment(id)) => *own == id,
            (Self::Organisation(own), KeyOwner::Organisation(id)) => *own == id,
            (Self::Organisation(own), KeyOwner::Person(person)) => {
                view.get::<Person>(&person).is_some_and(|person| person.organisation == *own)
            }
            _ => false,
        }
    }
}

fn is_auditor(view: &View<'_>, person: PersonId) -> bool {
    let now = view.now();
    every::<Grant>(view, &()).iter().any(|(_, grant)| {
        grant.person == person
            && AUDITORS.contains(&grant.role)
            && grant.from <= now
            && now < grant.to
    })
}
