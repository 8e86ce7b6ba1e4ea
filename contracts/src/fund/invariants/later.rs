//! This exists to recompute what must hold of corrections: purposes that changed, reversals, refunds,
//! evaluations, closed years. Source: `domain` §7.1.

use super::{Contracts, Payments, hold, total};
use crate::fund::accounts::FundAccount;
use crate::fund::calls::{Entry, SourceClass};
use crate::fund::evaluation::{factor_bp, score_bp};
use crate::fund::fiscal::is_closed;
use crate::fund::reading::every;
use crate::fund::records::{
    ActiveContract, Clawback, Consent, ContractState, Evaluation, FiscalYear, Frozen, Fund,
    PaymentReturn, PaymentState, Reclassification, Refund, Reversal, ServiceContract, Source,
    SourceBatch, Suspense, TreasuryReturn,
};
use linli_ledger::amount::Fen;
use linli_ledger::contract::Broken;
use linli_ledger::posting::money::{self, Segment, SegmentRecord, SourceRecord};
use linli_ledger::types::{EarmarkId, RecordId, SourceId};
use linli_ledger::view::View;
use std::collections::BTreeMap;

pub(super) fn check(
    view: &View<'_>,
    contracts: &Contracts,
    payments: &Payments,
) -> Result<(), Broken> {
    provenance(view)?;
    reversals(view, payments)?;
    returns(view, payments)?;
    claims(view, contracts)?;
    treasury(view)?;
    years(view, payments)?;
    evaluations(view, contracts)?;
    active(view, contracts)?;
    frozen(view, contracts, payments)
}

/// INV-G10 in part: what is frozen is there. That it does not move is what replay shows.
fn frozen(view: &View<'_>, contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    for (id, Frozen { .. }) in every(view, &()) {
        let known =
            contracts.contains_key(&id) || payments.contains_key(&id) || view.has::<Fund>(&id);
        hold(known, "INV-G10", id)?;
    }
    Ok(())
}

fn sum(segments: &[Segment]) -> Fen {
    total(segments.iter().map(|segment| Fen(segment.length)))
}

/// INV-M5: the earmark of fen is the one with which they came, or one that they got with the consent
/// of who gave them. A batch has no more donations than fen.
fn provenance(view: &View<'_>) -> Result<(), Broken> {
    let changed: BTreeMap<EarmarkId, Reclassification> = every(view, &()).into_iter().collect();
    for ((source, start), record) in every::<SegmentRecord>(view, &()) {
        let length = record.length;
        let own = match (view.get::<Source>(&source), view.get::<Suspense>(&source)) {
            (Some(known), _) => known.earmark == record.lot.earmark,
            (None, Some(suspense)) => suspense.earmark == record.lot.earmark,
            (None, None) => false,
        };
        let agreed = changed.get(&record.lot.earmark).is_some_and(|change| {
            money::without(&[Segment { source, start, length }], &[change.segment]).is_empty()
        });
        hold(own || agreed, "INV-M5", source)?;
    }
    for (id, change) in &changed {
        let source = view.get::<Source>(&change.segment.source);
        let class = source.as_ref().map(|source| source.class);
        let public = matches!(class, Some(SourceClass::Fiscal | SourceClass::Incentive));
        let agreed = match change.consent {
            Consent::Donor(donor) => !public && source.is_none_or(|source| source.donor == donor),
            // What was reversed and resolved anew may have another class by now.
            Consent::Budget(officer) => officer != change.maker,
        };
        hold(agreed || reversed(view, change.segment.source), "INV-M5", id)?;
    }
    for (source, batch) in every::<SourceBatch>(view, &()) {
        let issued = view.get::<SourceRecord>(&source).map_or(0, |issued| issued.amount.0);
        hold(u64::from(batch.donations) <= issued, "INV-M5", source)?;
    }
    Ok(())
}

fn reversed(view: &View<'_>, source: SourceId) -> bool {
    view.get::<Suspense>(&source).is_some_and(|suspense| suspense.reversal.is_some())
}

/// INV-M11: an entry is mirrored with its own fen and once; no reversal is reversed.
fn reversals(view: &View<'_>, payments: &Payments) -> Result<(), Broken> {
    let mut seen: BTreeMap<[u8; 32], RecordId> = BTreeMap::new();
    for (id, reversal) in every::<Reversal>(view, &()) {
        let sound = match reversal.entry {
            Entry::Source(source) => {
                let issued = view.get::<SourceRecord>(&source).map_or(0, |issued| issued.amount.0);
                let whole = Segment { source, start: 0, length: issued };
                let known = view.get::<Suspense>(&source);
                reversal.segments == [whole]
                    && known.is_some_and(|suspense| suspense.reversal == Some(id))
            }
            Entry::Payment(payment) => payments.get(&payment).is_some_and(|payment| {
                payment.reversed.is_some() && sum(&reversal.segments) == payment.terms.amount
            }),
            Entry::Reversal(_) => false,
        };
        let [maker, approver] = reversal.by;
        hold(sound && maker != approver, "INV-M11", id)?;
        // Each confirmation has a reference of its own, and so has each receipt; a reference that is
        // named again after a reversal belongs to what really happened.
        if let Entry::Source(source) = reversal.entry {
            let first = seen.insert(reversal.bank_reference, id).is_none();
            hold(first, "INV-M11", source)?;
        }
    }
    for (id, payment) in payments {
        let known = payment.reversed.is_none_or(|reversal| {
            view.get::<Reversal>(&reversal)
                .is_some_and(|reversal| reversal.entry == Entry::Payment(*id))
        });
        hold(known, "INV-M11", id)?;
    }
    Ok(())
}

/// INV-M9: what the bank returned of a payment is what its records say, and was confirmed before.
fn returns(view: &View<'_>, payments: &Payments) -> Result<(), Broken> {
    let mut back: BTreeMap<RecordId, Vec<Segment>> = BTreeMap::new();
    for ((payment, _), returned) in every::<PaymentReturn>(view, &()) {
        back.entry(payment).or_default().extend(returned.segments);
    }
    for (id, payment) in payments {
        let returned = money::coalesced(back.remove(id).unwrap_or_default());
        hold(returned == payment.returned, "INV-M9", id)?;
    }
    match back.first_key_value() {
        Some((id, _)) => hold(false, "INV-M9", id),
        None => Ok(()),
    }
}

/// INV-M12: what was paid back was the provider's for that contract, and was ordered.
fn claims(view: &View<'_>, contracts: &Contracts) -> Result<(), Broken> {
    let mut refunded: BTreeMap<RecordId, Fen> = BTreeMap::new();
    let mut by_contract: BTreeMap<RecordId, Fen> = BTreeMap::new();
    for ((order, _), refund) in every::<Refund>(view, &()) {
        let amount = total([sum(&refund.to_fund), sum(&refund.lapsed)]);
        let of_order = refunded.entry(order).or_default();
        *of_order = total([*of_order, amount]);
        let of_contract = by_contract.entry(refund.contract).or_default();
        *of_contract = total([*of_contract, amount]);
    }
    let mut open: BTreeMap<RecordId, Fen> = BTreeMap::new();
    for (id, order) in every::<Clawback>(view, &()) {
        let back = refunded.remove(&id).unwrap_or_default();
        hold(back == order.refunded && back <= order.amount, "INV-M12", id)?;
        let left = open.entry(order.contract).or_default();
        *left = total([*left, order.amount.less(back)]);
    }
    hold(refunded.is_empty(), "INV-M12", "refunds without an order")?;
    for (id, contract) in contracts {
        let back = by_contract.remove(id).unwrap_or_default();
        let left = open.remove(id).unwrap_or_default();
        let sound = back == contract.refunded && left == contract.claimed_back;
        hold(sound && back <= contract.paid, "INV-M12", id)?;
    }
    Ok(())
}

/// INV-M9: what went back for good is what the bank said.
fn treasury(view: &View<'_>) -> Result<(), Broken> {
    for (id, returned) in every::<TreasuryReturn>(view, &()) {
        let to = FundAccount::Returned(returned.fund).key();
        let there = money::parts(view, &to, &returned.segments).is_ok();
        hold(there, "INV-M9", id)?;
    }
    Ok(())
}

/// INV-M15: nothing is dated in a year that was closed before.
fn years(view: &View<'_>, payments: &Payments) -> Result<(), Broken> {
    for ((fund, year), closed) in every::<FiscalYear>(view, &()) {
        let before = year.saturating_sub(1);
        let in_order = is_closed(view, fund, before)
            || view.get::<Fund>(&fund).is_some_and(|fund| fund.opened_at.day().civil().0 == year);
        let [one, two, three] = closed.by;
        let distinct = one != two && one != three && two != three;
        hold(in_order && distinct, "INV-M15", fund)?;
    }
    for (id, source) in every::<Source>(view, &()) {
        let (year, ..) = source.value_date.civil();
        let closed = view.get::<FiscalYear>(&(source.fund, year));
        let early = closed.is_none_or(|closed| closed.last_source.is_some_and(|last| id <= last));
        hold(early, "INV-M15", id)?;
    }
    for (id, payment) in payments {
        let PaymentState::Confirmed(confirmation) = payment.state else {
            continue;
        };
        let fund = view
            .get::<ServiceContract>(&payment.terms.contract)
            .map(|contract| contract.terms.fund);
        let (year, ..) = confirmation.value_date.civil();
        let closed = fund.and_then(|fund| view.get::<FiscalYear>(&(fund, year)));
        hold(closed.is_none_or(|closed| confirmation.at <= closed.at), "INV-M15", id)?;
    }
    Ok(())
}

/// INV-G4: an evaluator is no party; the score and what follows from it are right.
fn evaluations(view: &View<'_>, contracts: &Contracts) -> Result<(), Broken> {
    for (id, evaluation) in every::<Evaluation>(view, &()) {
        let Some(contract) = contracts.get(&id) else {
            return hold(false, "INV-G4", id);
        };
        let parties = [contract.terms.provider, contract.terms.purchaser];
        hold(!parties.contains(&evaluation.evaluator), "INV-G4", id)?;
        let earned = evaluation.verdict.as_ref().map(|verdict| {
            let score = score_bp(&verdict.indicators);
            let factor = factor_bp(score).unwrap_or(0);
            let sound = verdict.score_bp == score && verdict.factor_bp == factor;
            sound.then(|| contract.withheld.terms.linked.share(factor))
        });
        hold(earned != Some(None), "INV-G4", id)?;
        hold(earned.flatten() == contract.withheld.earned, "INV-G4", id)?;
    }
    let unsaid = contracts
        .iter()
        .find(|(id, contract)| contract.withheld.earned.is_some() && !view.has::<Evaluation>(id));
    match unsaid {
        Some((id, _)) => hold(false, "INV-G4", id),
        None => Ok(()),
    }
}

/// INV-M8: the index of active contracts, which a closing follows, is complete.
fn active(view: &View<'_>, contracts: &Contracts) -> Result<(), Broken> {
    for (id, contract) in contracts {
        let listed = view.has::<ActiveContract>(&(contract.terms.fund, *id));
        hold(listed == (contract.state == ContractState::Active), "INV-M8", id)?;
    }
    Ok(())
}
