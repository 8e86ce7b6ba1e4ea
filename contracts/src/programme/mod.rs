//! This exists to say which service counts, for how much, and what points can be exchanged for:
//! programmes of points, award rules, activities and rewards.
//!
//! Everything here is public and names no resident. Taking part, earning and spending is the credit
//! contract, which reads this one through [`reading`].
//!
//! Lifetimes: programmes, rules and their versions stay (hundreds per year, and awards are replayed
//! against them). Activities and rewards leave through the due queue [`RECORD_KEPT_MS`] after their
//! end; readers treat them as gone from that instant, whether the sweep has come or not. Source:
//! PRG-9.

mod activity;
mod calls;
mod invariants;
pub mod reading;
mod records;
mod reward;
mod rule;
mod settlement;

pub use activity::terms_hash;
pub use calls::*;
pub(crate) use invariants::all as all_records;
pub use records::{
    Activity, ActivityStatus, Programme, RECORD_KEPT_MS, Reward, RewardTerms, Rule, RuleVersion,
};
pub use reward::partner_signs;
pub use settlement::{BatchOf, Settlement, month_ends_at, voucher_batch_id};

use crate::registry::Role;
use crate::registry::roles::{officer, same_human};
use crate::text::{any_personal_data, check_path, check_text};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::codec::decode;
use linli_ledger::contract::{Broken, Contract, Party};
use linli_ledger::due::DueItem;
use linli_ledger::receipt::Condition;
use linli_ledger::types::{Compartment, ContractId, RecordId};
use linli_ledger::view::View;

/// The number of this contract.
pub const CONTRACT: ContractId = ContractId(3);

/// The longest title of a programme, an activity or a reward, bytes.
pub const TITLE_BYTES_MAX: usize = 64;

/// The rules of this contract, version 1.
#[derive(Clone, Copy, Debug)]
pub struct Programmes;

impl Contract for Programmes {
    fn id(&self) -> ContractId {
        CONTRACT
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok()
    }

    fn holds_personal_data(&self, call: &[u8]) -> bool {
        decode::<Call>(call, "a call").is_ok_and(|call| any_personal_data(&call.texts()))
    }

    fn conditions(&self, call: &[u8]) -> Vec<Condition> {
        match decode::<Call>(call, "a call") {
            Ok(Call::RuleSet { programme, totals: Some(totals), .. }) => {
                vec![rule::condition(programme, &totals)]
            }
            Ok(Call::SettleClaim { of, batch }) => vec![settlement::condition(&of, &batch)],
            Ok(
                Call::RuleSet { totals: None, .. }
                | Call::ProgrammeOpen { .. }
                | Call::ActivityPropose { .. }
                | Call::ActivityPublish { .. }
                | Call::ActivityCancel { .. }
                | Call::RewardOffer { .. }
                | Call::RewardUpdate { .. }
                | Call::RewardOfferFunded { .. },
            )
            | Err(_) => Vec::new(),
        }
    }

    fn execute(
        &self,
        call: &[u8],
        parties: &[Party],
        view: &mut View<'_>,
    ) -> Result<(), Rejection> {
        match decode::<Call>(call, "a call").map_err(|_| Code::Encoding)? {
            Call::ProgrammeOpen { name, scope, reward_budget } => {
                programme_open(view, parties, &Programme::new(name, scope, reward_budget))
            }
            Call::RuleSet { programme, rule, terms, totals } => {
                rule::set(view, parties, &rule::Proposal { programme, rule, terms, totals })
            }
            Call::ActivityPropose { organisation, terms } => {
                activity::propose(view, parties, organisation, terms)
            }
            Call::ActivityPublish { activity, terms_hash } => {
                activity::publish(view, parties, activity, terms_hash)
            }
            Call::ActivityCancel { activity } => activity::cancel(view, parties, activity),
            Call::RewardOffer {
                programme,
                partner,
                title,
                kind,
                price,
                fair_value,
                stock,
                per_person,
                valid_from,
                valid_to,
            } => {
                let terms = RewardTerms {
                    title,
                    kind,
                    price,
                    fair_value,
                    stock,
                    per_person,
                    valid_from,
                    valid_to,
                };
                reward::offer(view, parties, &Reward { programme, partner, terms, line: None })
            }
            Call::RewardUpdate { reward, pieces_added } => {
                reward::update(view, parties, reward, pieces_added)
            }
            Call::RewardOfferFunded { programme, partner, terms, line } => {
                let line = Some(line);
                reward::offer(view, parties, &Reward { programme, partner, terms, line })
            }
            Call::SettleClaim { of, batch } => settlement::claim(view, parties, of, batch),
        }
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        match item.kind {
            records::due::ACTIVITY_ENDS => view.remove::<Activity>(&item.record),
            records::due::REWARD_ENDS => view.remove::<Reward>(&item.record),
            // Nothing else is ever scheduled by this contract.
            _ => {}
        }
    }

    fn invariants(&self, view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
        invariants::check(view)
    }
}

/// Opens a programme of points.
///
/// # Errors
/// In this order: [`Code::Text`] for the name, [`Code::Text`] for the
/// scope; [`Code::AmountZero`], [`Code::AmountRange`]; the errors of [`operators`].
///
/// Source: PRG-2, `domain` §2.2.
fn programme_open(
    view: &mut View<'_>,
    parties: &[Party],
    programme: &Programme,
) -> Result<(), Rejection> {
    check_text(&programme.name, TITLE_BYTES_MAX)?;
    check_path(&programme.scope)?;
    programme.reward_budget.check()?;
    operators(view, parties, &programme.scope)?;
    let id = RecordId(view.new_identifier());
    view.put(&id, programme);
    Ok(())
}

/// Checks that two points operators sign who are two people.
///
/// # Errors
/// In this order: [`Code::Cosign`] with fewer than two signers; for each of the first two
/// [`Code::Role`], [`Code::RoleExpired`], [`Code::Scope`]; [`Code::DuplicateApprover`] for one person
/// with two keys, or two officers who are one resident.
///
/// Source: PRG-2, SOD-2.
fn operators(view: &View<'_>, parties: &[Party], path: &str) -> Result<(), Rejection> {
    let [first, second, ..] = parties else {
        return Err(Code::Cosign.into());
    };
    let first = officer(view, first, &[Role::PointsOperator], path)?;
    let second = officer(view, second, &[Role::PointsOperator], path)?;
    ensure(!same_human(view, first.person, second.person), Code::DuplicateApprover)
}

#[cfg(test)]
pub(crate) mod tests;
