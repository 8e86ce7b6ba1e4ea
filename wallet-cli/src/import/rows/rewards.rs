//! This exists to offer rewards, to reserve them, and to hand them out.

use super::super::planner::{Planner, Voucher};
use super::super::table::{Cells, Fault};
use super::super::value;
use linli_contracts::credit;
use linli_contracts::programme::{self, BatchOf, RewardKind, RewardTerms};
use linli_ledger::amount::Points;
use linli_ledger::code::Code;
use linli_ledger::types::{RecordId, derive_identifier};

pub(super) const COLUMNS: &[&str] = &[
    "code",
    "programme",
    "partner",
    "title",
    "kind",
    "price",
    "fair_value",
    "stock",
    "per_person",
    "valid_from",
    "valid_to",
    "offered_by",
    "cosigned_by",
    "offered_at",
];

/// The budget line that pays for a reward, or for the vouchers of a claim.
pub(super) const LINE_EXTRA: &[&str] = &["line"];

pub(super) const VOUCHER_COLUMNS: &[&str] = &["code", "reward", "resident", "redeemed_at"];

pub(super) const HANDOUT_COLUMNS: &[&str] = &["voucher", "act", "officer", "secret", "at"];

pub(super) const UPDATE_COLUMNS: &[&str] =
    &["reward", "pieces_added", "offered_by", "cosigned_by", "at"];

pub(super) const RETURN_COLUMNS: &[&str] = &["voucher", "restock", "officer", "at"];

pub(super) const CLAIM_COLUMNS: &[&str] =
    &["partner", "programme", "month", "claimed_by", "claimed_at"];

const KINDS: &[(&str, RewardKind)] = &[
    ("goods", RewardKind::Goods),
    ("discount", RewardKind::Discount),
    ("service", RewardKind::Service),
    ("priority", RewardKind::Priority),
    ("honour", RewardKind::Honour),
    ("cash", RewardKind::Cash),
    ("stored_value", RewardKind::StoredValue),
    ("lottery", RewardKind::Lottery),
    ("alcohol_or_tobacco", RewardKind::AlcoholOrTobacco),
];

/// What happens to a voucher.
#[derive(Clone, Copy, Debug)]
enum Act {
    Fulfil,
    Cancel,
}

/// Whether the resident shows the right secret.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Given,
    Wrong,
}

/// An offer of a partner.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.rewards)?;
    let programme = cells.refer("programme", &planner.known.programmes)?;
    let partner = cells.refer("partner", &planner.known.organisations)?;
    let terms = RewardTerms {
        title: cells.text("title")?,
        kind: cells.choice("kind", KINDS)?,
        price: Points(cells.number("price")?),
        fair_value: cells.yuan("fair_value")?,
        stock: cells.number("stock")?,
        per_person: cells.number("per_person")?,
        valid_from: cells.day("valid_from")?.start(),
        valid_to: value::end_of(cells.day("valid_to")?),
    };
    let line = cells.refer_optional("line", &planner.known.lines)?;
    let seller = cells.refer("offered_by", &planner.known.signers)?;
    let others = cells.list("cosigned_by", |code| {
        planner.known.signers.get(code).cloned().ok_or(Code::RowReference)
    })?;
    let at = cells.time("offered_at")?;

    let call = match line {
        None => {
            let RewardTerms { title, kind, price, fair_value, .. } = terms;
            let RewardTerms { stock, per_person, valid_from, valid_to, .. } = terms;
            programme::Call::RewardOffer {
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
            }
        }
        Some(line) => programme::Call::RewardOfferFunded { programme, partner, terms, line },
    };
    let mut signers = vec![&seller];
    signers.extend(&others);
    let id = planner.submit(cells, at, programme::CONTRACT, &signers, &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.rewards.insert(code, id);
    Ok(())
}

/// A reward that a resident reserves.
pub(super) fn voucher(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.vouchers)?;
    let reward = cells.refer("reward", &planner.known.rewards)?;
    let owner = cells.refer("resident", &planner.known.residents)?;
    let at = cells.time("redeemed_at")?;

    let secret = planner.secret(&format!("voucher/{code}")).to_vec();
    let commitment = credit::voucher_commitment(reward, owner.enrolment, &secret);
    let call = credit::Call::Redeem { reward, commitment };
    let id = planner.submit(cells, at, credit::CONTRACT, &owner.signers(), &call);
    let id = RecordId(derive_identifier(&id, 0));
    planner.names.records.insert(id, code.clone());
    planner.known.vouchers.insert(code, Voucher { id, secret, owner });
    Ok(())
}

/// A reward that is handed out, or a voucher that its owner gives back.
pub(super) fn handout(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let Voucher { id: voucher, secret, owner } = cells.refer("voucher", &planner.known.vouchers)?;
    let at = cells.time("at")?;
    match cells.choice("act", &[("fulfil", Act::Fulfil), ("cancel", Act::Cancel)])? {
        Act::Fulfil => {
            let officer = cells.refer("officer", &planner.known.signers)?;
            let words = [("given", Shown::Given), ("wrong", Shown::Wrong)];
            let secret = match cells.choice("secret", &words)? {
                Shown::Given => secret,
                Shown::Wrong => planner.secret("voucher/somebody else's").to_vec(),
            };
            let call = credit::Call::RedeemFulfil { voucher, secret };
            planner.submit(cells, at, credit::CONTRACT, &[&officer], &call);
        }
        Act::Cancel => {
            for column in ["officer", "secret"] {
                if cells.optional(column).is_some() {
                    return Err(Fault { column, code: Code::RowChoice });
                }
            }
            let call = credit::Call::RedeemCancel { voucher };
            planner.submit(cells, at, credit::CONTRACT, &owner.signers(), &call);
        }
    }
    Ok(())
}

/// More pieces of a reward.
pub(super) fn update(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let call = programme::Call::RewardUpdate {
        reward: cells.refer("reward", &planner.known.rewards)?,
        pieces_added: cells.number("pieces_added")?,
    };
    let partner = cells.refer("offered_by", &planner.known.signers)?;
    let operator = cells.refer_optional("cosigned_by", &planner.known.signers)?;
    let at = cells.time("at")?;
    let mut signers = vec![&partner];
    signers.extend(operator.as_ref());
    planner.submit(cells, at, programme::CONTRACT, &signers, &call);
    Ok(())
}

/// A defective reward that its owner gives back; the partner signs too.
pub(super) fn returned(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let Voucher { id: voucher, owner, .. } = cells.refer("voucher", &planner.known.vouchers)?;
    let restock = cells.choice("restock", &[("yes", true), ("no", false)])?;
    let partner = cells.refer_optional("officer", &planner.known.signers)?;
    let at = cells.time("at")?;
    let mut signers = owner.signers();
    signers.extend(partner.as_ref());
    let call = credit::Call::RedeemReturn { voucher, restock };
    planner.submit(cells, at, credit::CONTRACT, &signers, &call);
    Ok(())
}

/// A partner's claim of a month's vouchers.
pub(super) fn claim(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let (year, month) = cells.month("month")?;
    let of = BatchOf {
        partner: cells.refer("partner", &planner.known.organisations)?,
        programme: cells.refer("programme", &planner.known.programmes)?,
        line: cells.refer_optional("line", &planner.known.lines)?,
        year,
        month,
    };
    let by = cells.refer("claimed_by", &planner.known.signers)?;
    let at = cells.time("claimed_at")?;
    planner.submit_claim(cells, at, &by, of);
    Ok(())
}
