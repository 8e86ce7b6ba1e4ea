//! This exists to reach the posting kernel through real transactions: two contracts for tests, one in
//! each compartment, whose calls are the kernel's own operations and which decide nothing.
//!
//! They are in no rulebook that is shipped; their numbers, 900 and 901, are used by nothing else.

mod chain;
mod points;

pub use chain::Chain;
pub use points::{HOLD_EXPIRES, PointsCall, PointsContract};

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Fen;
use linli_ledger::code::Rejection;
use linli_ledger::codec::decode;
use linli_ledger::contract::{Contract, Party};
use linli_ledger::due::{self, DueItem};
use linli_ledger::posting::money::{self, Lot, Segment};
use linli_ledger::posting::{AccountKey, Side, Unit};
use linli_ledger::record::Record;
use linli_ledger::types::{BlockTime, Compartment, ContractId, Day, RecordId};
use linli_ledger::view::{Order, View};

/// The public test contract: money.
pub const MONEY: ContractId = ContractId(900);
/// The restricted test contract: points and minutes.
pub const POINTS: ContractId = ContractId(901);

/// A money account by its number.
pub fn money_account(number: u8) -> AccountKey {
    account(Unit::Fen, Side::Holder, number, number)
}

/// Where money comes from.
pub fn money_origin() -> AccountKey {
    account(Unit::Fen, Side::Origin, 255, 0)
}

fn account(unit: Unit, side: Side, kind: u8, owner: u8) -> AccountKey {
    AccountKey { unit, side, kind, owner: [owner; 32], part: [0; 32] }
}

/// A record that stands for a number; sorts like the number.
pub fn numbered(number: u32) -> RecordId {
    let mut id = [0; 32];
    let [a, b, c, d] = number.to_be_bytes();
    (id[0], id[1], id[2], id[3]) = (a, b, c, d);
    RecordId(id)
}

/// What money may be used for: earmarks by the number that fills them, and today if the payer is a
/// fund, for then what has lapsed may not leave (`domain` §4.4).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Use {
    /// The earmarks that suit.
    pub earmarks: Vec<u8>,
    /// The day of payment.
    pub today: Option<Day>,
}

impl Use {
    fn suits(&self, lot: &Lot) -> bool {
        let lapsed =
            matches!((self.today, lot.lapse_on), (Some(today), Some(last)) if today > last);
        !lapsed && self.earmarks.iter().any(|number| lot.earmark.0 == [*number; 32])
    }
}

/// Items for the due queue: `count` of them, numbered from `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Items {
    /// When they are due.
    pub at: BlockTime,
    /// Their kind.
    pub kind: u8,
    /// The number of the first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl Items {
    fn records(self) -> impl Iterator<Item = RecordId> {
        (self.first..self.first.saturating_add(self.count)).map(numbered)
    }

    fn schedule(self, view: &mut View<'_>) {
        self.records().for_each(|record| due::schedule(view, self.at, self.kind, record));
    }

    fn cancel(self, view: &mut View<'_>) {
        self.records().for_each(|record| due::cancel(view, self.at, self.kind, record));
    }
}

/// Calls of the public test contract.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum MoneyCall {
    /// A new source.
    Issue {
        /// Into this account.
        to: u8,
        /// So much.
        amount: Fen,
        /// With this lot.
        lot: Lot,
    },
    /// A payment: fen selected in the order of spending.
    Pay {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// So much.
        amount: Fen,
        /// For this use.
        purpose: Use,
    },
    /// A refund: fen selected in the reverse order.
    Refund {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// So much.
        amount: Fen,
        /// For this use.
        purpose: Use,
    },
    /// A failed payment: exactly these fen.
    MoveSegments {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// These.
        segments: Vec<Segment>,
    },
    /// Items that fall due later.
    Schedule(Items),
    /// Items that no longer do.
    Cancel(Items),
    /// Part of these fen, chosen in the order of spending or the reverse.
    MoveWithin {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// So much.
        amount: Fen,
        /// From the other end.
        reverse: bool,
        /// Among these.
        segments: Vec<Segment>,
    },
    /// Exactly these fen get another lot.
    Relot {
        /// In this account.
        account: u8,
        /// These.
        segments: Vec<Segment>,
        /// This one.
        lot: Lot,
    },
}

/// What the public test contract remembers of the items that it handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handled {
    /// How many.
    pub count: u64,
    /// The sum of their numbers.
    pub sum: u64,
}

impl Record for Handled {
    const CONTRACT: ContractId = MONEY;
    const KIND: u8 = 1;
    const COMPARTMENT: Compartment = Compartment::Public;
    type Id = ();
}

/// The public test contract.
#[derive(Clone, Copy, Debug)]
pub struct MoneyContract;

impl Contract for MoneyContract {
    fn id(&self) -> ContractId {
        MONEY
    }

    fn version(&self) -> u16 {
        1
    }

    fn compartment(&self) -> Compartment {
        Compartment::Public
    }

    fn accepts(&self, call: &[u8]) -> bool {
        decode::<MoneyCall>(call, "a call").is_ok()
    }

    fn execute(&self, call: &[u8], _: &[Party], view: &mut View<'_>) -> Result<(), Rejection> {
        let call: MoneyCall = decode(call, "a call").expect("accepts says so");
        match call {
            MoneyCall::Issue { to, amount, lot } => {
                money::issue(view, &money_origin(), &money_account(to), amount, lot).map(|_| ())
            }
            MoneyCall::Pay { from, to, amount, purpose } => {
                select_and_move(view, (from, to), amount, Order::Ascending, &purpose)
            }
            MoneyCall::Refund { from, to, amount, purpose } => {
                select_and_move(view, (from, to), amount, Order::Descending, &purpose)
            }
            MoneyCall::MoveSegments { from, to, segments } => {
                money::transfer(view, &money_account(from), &money_account(to), &segments)
            }
            MoneyCall::Schedule(items) => {
                items.schedule(view);
                Ok(())
            }
            MoneyCall::Cancel(items) => {
                items.cancel(view);
                Ok(())
            }
            MoneyCall::MoveWithin { from, to, amount, reverse, segments } => {
                let order = if reverse { Order::Descending } else { Order::Ascending };
                let from = money_account(from);
                let chosen = money::select_within(view, &from, amount, order, &segments)?;
                money::transfer(view, &from, &money_account(to), &chosen)
            }
            MoneyCall::Relot { account, segments, lot } => {
                money::relot(view, &money_account(account), &segments, |_| lot)
            }
        }
    }

    fn due(&self, item: &DueItem, view: &mut View<'_>) {
        let RecordId([a, b, c, d, ..]) = item.record;
        let mut handled = view.get::<Handled>(&()).unwrap_or_default();
        handled.count += 1;
        handled.sum += u64::from(u32::from_be_bytes([a, b, c, d]));
        view.put(&(), &handled);
    }
}

fn select_and_move(
    view: &mut View<'_>,
    (from, to): (u8, u8),
    amount: Fen,
    order: Order,
    purpose: &Use,
) -> Result<(), Rejection> {
    let from = money_account(from);
    let segments = money::select(view, &from, amount, order, |lot| purpose.suits(lot))?;
    money::transfer(view, &from, &money_account(to), &segments)
}
