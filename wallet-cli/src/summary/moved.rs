//! This exists to count movements of points that leave no lasting record: the vouchers of a year are gone
//! after some months, their receipts stay.

use super::stories::Sum;
use linli_contracts::credit;
use linli_ledger::invariant::records;
use linli_ledger::posting::{AccountKey, CreditAccount, Movement, Quantity};
use linli_ledger::receipt::Receipt;
use linli_ledger::state::State;
use linli_ledger::types::{AccountId, EnrolmentId, RecordId};
use std::collections::BTreeMap;

/// Movements of points by their two accounts: how many transactions or due items, and how many points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moved(BTreeMap<(AccountId, AccountId), Sum>);

/// What came back to residents.
pub(super) struct Back {
    /// Of rewards that had been handed out.
    pub(super) returned: Sum,
    /// Of vouchers that were given back, or that nobody fetched.
    pub(super) unused: Sum,
}

impl Moved {
    /// Takes up the receipts of a block.
    pub(crate) fn note(&mut self, receipts: &[Receipt]) {
        for receipt in receipts {
            let mut of_one: BTreeMap<(AccountId, AccountId), u64> = BTreeMap::new();
            for Movement { from, to, quantity } in &receipt.movements {
                if let Quantity::Points(_) = quantity {
                    *of_one.entry((*from, *to)).or_default() += quantity.amount();
                }
            }
            for (accounts, points) in of_one {
                self.0.entry(accounts).or_default().add(points);
            }
        }
    }

    /// What came back to residents, told apart by the accounts that it came from.
    pub(super) fn back(&self, state: &State) -> Back {
        let keys: BTreeMap<AccountId, AccountKey> =
            records::<CreditAccount>(state).map(|(id, account)| (id, account.0.key)).collect();
        let (nobody, nothing) = (EnrolmentId([0; 32]), RecordId([0; 32]));
        let available = credit::available(nobody, nothing).kind;
        let [redeemed, locked] = [credit::redeemed(nothing), credit::locked(nobody, nothing)];
        let mut back = Back { returned: Sum::default(), unused: Sum::default() };
        for ((from, to), sum) in &self.0 {
            let Some((from, to)) = keys.get(from).zip(keys.get(to)) else { continue };
            if to.kind != available {
                continue;
            }
            if from.kind == redeemed.kind {
                back.returned.join(sum);
            } else if from.kind == locked.kind {
                back.unused.join(sum);
            }
        }
        back
    }
}
