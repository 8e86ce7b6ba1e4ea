//! This exists to name every account in fen, once, and to read the name back from its key. Source:
//! FND-4, `domain` §4.3.

use linli_ledger::posting::{AccountKey, MoneyAccount, Side, Unit};
use linli_ledger::types::{AccountId, OrganisationId, RecordId};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

/// An account of this contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FundAccount {
    /// What a fund may still commit.
    Available(RecordId),
    /// What a contract holds for its payments.
    Committed(RecordId),
    /// What an approved payment holds.
    Reserved(RecordId),
    /// What the bank was told to pay.
    InFlight(RecordId),
    /// What the bank confirmed: the end of the way.
    Payee {
        /// Who was paid.
        provider: OrganisationId,
        /// For which contract.
        contract: RecordId,
    },
    /// Where the money of a fund comes from.
    Origin(RecordId),
    /// What a contract holds back until no fault was found for long enough.
    Retained(RecordId),
    /// Money of a fund that nobody knows yet what it is for.
    Suspense(RecordId),
    /// Money of a fund whose time is over, until it goes back to the treasury.
    Lapsed(RecordId),
    /// Money of a fund that went back to the treasury or to an unknown sender: the end of its way.
    Returned(RecordId),
}

const NO_PART: [u8; 32] = [0; 32];

impl FundAccount {
    /// The key under which the posting kernel keeps it.
    pub fn key(&self) -> AccountKey {
        let (side, kind, owner, part) = match *self {
            Self::Available(fund) => (Side::Holder, 1, fund.0, NO_PART),
            Self::Committed(contract) => (Side::Holder, 2, contract.0, NO_PART),
            Self::Reserved(payment) => (Side::Holder, 3, payment.0, NO_PART),
            Self::InFlight(payment) => (Side::Holder, 4, payment.0, NO_PART),
            Self::Payee { provider, contract } => (Side::Holder, 5, provider.0, contract.0),
            Self::Origin(fund) => (Side::Origin, 6, fund.0, NO_PART),
            Self::Retained(contract) => (Side::Holder, 7, contract.0, NO_PART),
            Self::Suspense(fund) => (Side::Holder, 8, fund.0, NO_PART),
            Self::Lapsed(fund) => (Side::Holder, 9, fund.0, NO_PART),
            Self::Returned(fund) => (Side::Holder, 10, fund.0, NO_PART),
        };
        AccountKey { unit: Unit::Fen, side, kind, owner, part }
    }

    /// The account with this key; `None` if it is none of this contract.
    pub fn from_key(key: &AccountKey) -> Option<Self> {
        let account = match key.kind {
            1 => Self::Available(RecordId(key.owner)),
            2 => Self::Committed(RecordId(key.owner)),
            3 => Self::Reserved(RecordId(key.owner)),
            4 => Self::InFlight(RecordId(key.owner)),
            5 => Self::Payee { provider: OrganisationId(key.owner), contract: RecordId(key.part) },
            6 => Self::Origin(RecordId(key.owner)),
            7 => Self::Retained(RecordId(key.owner)),
            8 => Self::Suspense(RecordId(key.owner)),
            9 => Self::Lapsed(RecordId(key.owner)),
            10 => Self::Returned(RecordId(key.owner)),
            _ => return None,
        };
        (account.key() == *key).then_some(account)
    }

    /// The account with this identifier; `None` if nothing was ever posted to it.
    pub fn find(view: &View<'_>, id: AccountId) -> Option<Self> {
        Self::from_key(&view.get::<MoneyAccount>(&id)?.0.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_read_back_from_its_key_and_from_no_other() {
        let record = RecordId([7; 32]);
        let accounts = [
            FundAccount::Available(record),
            FundAccount::Committed(record),
            FundAccount::Reserved(record),
            FundAccount::InFlight(record),
            FundAccount::Payee { provider: OrganisationId([8; 32]), contract: record },
            FundAccount::Origin(record),
            FundAccount::Retained(record),
            FundAccount::Suspense(record),
            FundAccount::Lapsed(record),
            FundAccount::Returned(record),
        ];
        for account in accounts {
            let key = account.key();
            assert_eq!(FundAccount::from_key(&key), Some(account));
            let wrong = [
                AccountKey { unit: Unit::Points, ..key },
                AccountKey { side: Side::Sink, ..key },
                AccountKey { kind: 11, ..key },
            ];
            for key in wrong {
                assert_eq!(FundAccount::from_key(&key), None, "{key:?}");
            }
        }
        let odd = AccountKey { part: [1; 32], ..accounts[0].key() };
        assert_eq!(FundAccount::from_key(&odd), None);
    }
}
