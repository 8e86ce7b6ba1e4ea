//! This exists to write the calls of partners: what they offer, and the vouchers that they claim.

use super::{Desk, Ids};
use crate::histories::act::{Act, Month};
use crate::histories::book::counter::{PER_PERSON, PRICE};
use crate::histories::town::{Actor, PARTNER, Town};
use linli_contracts::credit::VoucherBatch;
use linli_contracts::programme::{self, BatchOf, RewardKind, RewardTerms};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::types::DAY_MS;

impl<'a> Desk<'a, '_> {
    pub(super) fn partner(&self, act: &Act) -> Option<(Vec<&'a Actor>, programme::Call)> {
        let (cast, ids) = (self.cast, self.ids);
        let (programme, partner) = (ids.programme, self.town.organisation(PARTNER));
        Some(match *act {
            Act::Offer { line, value, stock, agreed } => {
                let valid_from = self.town.now;
                let terms = RewardTerms {
                    title: "理发".into(),
                    kind: RewardKind::Service,
                    price: Points(PRICE),
                    fair_value: Fen(value),
                    stock,
                    per_person: PER_PERSON,
                    valid_from,
                    valid_to: valid_from.plus(3_000 * DAY_MS),
                };
                let mut signers = vec![&cast.partner, &cast.operators[0]];
                let call = if let Some(line) = line {
                    signers.push(&cast.budget[0]);
                    let line = ids.lines[line];
                    programme::Call::RewardOfferFunded { programme, partner, terms, line }
                } else {
                    let RewardTerms { title, kind, price, fair_value, valid_to, .. } = terms;
                    programme::Call::RewardOffer {
                        programme,
                        partner,
                        title,
                        kind,
                        price,
                        fair_value,
                        stock,
                        per_person: PER_PERSON,
                        valid_from,
                        valid_to,
                    }
                };
                // Whoever has to agree is the last of them.
                signers.truncate(signers.len() - usize::from(!agreed));
                (signers, call)
            }
            Act::Restock { reward, pieces: pieces_added } => {
                let reward = ids.rewards[reward];
                let call = programme::Call::RewardUpdate { reward, pieces_added };
                (vec![&cast.partner, &cast.operators[0]], call)
            }
            Act::Settle { of, read } => {
                let known = self.book.office.batches.get(&of).cloned().unwrap_or_default();
                let vouchers = known.vouchers + u64::from(!read);
                let (points, fair_value) = (Points(known.points), Fen(known.value));
                let batch = VoucherBatch { vouchers, points, fair_value };
                let call = programme::Call::SettleClaim { of: batch_of(self.town, ids, of), batch };
                (vec![&cast.partner], call)
            }
            _ => return None,
        })
    }
}

/// A month of vouchers, in the words of the contracts.
pub(in crate::histories) fn batch_of(town: &Town, ids: &Ids, of: Month) -> BatchOf {
    let Month { line, year, month } = of;
    let (partner, line) = (town.organisation(PARTNER), line.map(|line| ids.lines[line]));
    BatchOf { partner, programme: ids.programme, line, year, month }
}
