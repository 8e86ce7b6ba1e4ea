//! This exists to play one history: every step on the chain and in the books, and after every step the
//! two compared in everything that anybody may ask.

use super::act::Act;
use super::book::clerk::When;
use super::book::money::{Moved, Spot};
use super::book::{Book, Twist};
use super::calls::{Desk, Ids, ORGANISATIONS, Signed, session};
use super::choose::Choice;
use super::town::{Actor, Cast, PROVIDER, Town, created};
use crate::oracle::{Interval, Random};
use linli_contracts::fund::FundAccount;
use linli_ledger::code::Code;
use linli_ledger::posting::Quantity;
use linli_ledger::posting::money::Segment;
use linli_ledger::receipt::Receipt;
use linli_ledger::types::{AccountId, BlockTime, Compartment, EarmarkId, RecordId};
use linli_ledger::view::View;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where chain and books differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference(pub String);

/// Both must be equal.
macro_rules! same {
    ($found:expr, $expected:expr, $($what:tt)+) => {{
        let (found, expected) = ($found, $expected);
        if found != expected {
            let what = format!($($what)+);
            return Err($crate::histories::Difference(format!("{what}\n  chain {found:?}\n  books {expected:?}")));
        }
    }};
}
pub(super) use same;

/// What a history contained.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Steps, waiting included.
    pub steps: u64,
    /// How often each kind of act was accepted, and why it was refused.
    pub answers: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

impl Seen {
    /// Counts another one too.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        for (act, answers) in &other.answers {
            let mine = self.answers.entry(act.clone()).or_default();
            for (code, times) in answers {
                *mine.entry(code).or_default() += times;
            }
        }
    }
}

/// A town with its books, and everybody in it.
#[derive(Clone, Debug)]
pub struct Player {
    /// The chain.
    pub town: Town,
    /// The books.
    pub book: Book,
    pub(super) cast: Arc<Cast>,
    pub(super) ids: Ids,
    homes: Arc<[Actor; 4]>,
    names: BTreeMap<AccountId, Spot>,
    fresh: u32,
}

pub(super) type Played = Result<(), Difference>;

impl Player {
    pub(super) fn new(town: Town, book: Book, cast: Cast, ids: Ids) -> Self {
        let homes = Arc::new(ORGANISATIONS.map(Town::home));
        let (cast, names) = (Arc::new(cast), BTreeMap::new());
        let mut player = Self { town, book, cast, ids, homes, names, fresh: 0 };
        for spot in [Spot::Origin, Spot::Available, Spot::Suspense, Spot::Lapsed, Spot::Returned] {
            player.name(spot);
        }
        player
    }

    /// The same town with a mistake in its books from now on.
    #[must_use]
    pub fn twisted(mut self, twist: Twist) -> Self {
        self.book = self.book.twisted(twist);
        self
    }

    /// Plays so many steps of the history of a seed.
    ///
    /// # Errors
    /// The first difference.
    pub fn history(
        mut self,
        seed: u64,
        steps: u64,
        full: bool,
    ) -> Result<(Self, Seen), Difference> {
        self.town.judged(full);
        let (mut random, mut seen) = (Random::new(seed), Seen::default());
        for step in 0..steps {
            self.fresh += 1;
            let now = self.town.now.0;
            let (book, fresh) = (&self.book, self.fresh);
            let act = Choice { random: &mut random, book, now, fresh }.next();
            let answer = self.step(&act).and_then(|answer| {
                self.compare()?;
                self.ask(&mut random)?;
                Ok(answer)
            });
            let answer = answer.map_err(|Difference(what)| {
                Difference(format!("seed {seed}, step {step}: {act:?}: {what}"))
            })?;
            seen.steps += 1;
            *seen.answers.entry(act.name()).or_default().entry(answer).or_default() += 1;
        }
        Ok((self, seen))
    }

    pub(super) fn account(&self, spot: Spot) -> FundAccount {
        let fund = self.ids.fund;
        match spot {
            Spot::Origin => FundAccount::Origin(fund),
            Spot::Available => FundAccount::Available(fund),
            Spot::Suspense => FundAccount::Suspense(fund),
            Spot::Lapsed => FundAccount::Lapsed(fund),
            Spot::Returned => FundAccount::Returned(fund),
            Spot::Committed(contract) => FundAccount::Committed(self.ids.contracts[contract]),
            Spot::Retained(contract) => FundAccount::Retained(self.ids.contracts[contract]),
            Spot::Payee(contract) => {
                let (contract, provider) =
                    (self.ids.contracts[contract], self.town.organisation(PROVIDER));
                FundAccount::Payee { provider, contract }
            }
            Spot::Reserved(payment) => FundAccount::Reserved(self.ids.payments[payment]),
            Spot::InFlight(payment) => FundAccount::InFlight(self.ids.payments[payment]),
        }
    }

    fn name(&mut self, spot: Spot) {
        self.names.insert(self.account(spot).key().id(), spot);
    }

    pub(super) fn view(&self) -> View<'_> {
        View::read_only(&self.town.state, Compartment::Restricted, self.town.now)
    }

    /// Does one thing in both; says with which code it was refused, or nothing.
    pub(super) fn step(&mut self, act: &Act) -> Result<&'static str, Difference> {
        match act {
            Act::Wait { hours } => {
                self.town.now = self.town.now.plus(hours * 3_600_000);
                let due = self.town.block(&[]).expect("nothing is refused");
                self.passed(&due)?;
                return Ok("");
            }
            Act::Again => {
                let refused = self.town.again();
                let known = |code: &Code| matches!(code, Code::NonceUsed | Code::Expired);
                same!(refused.is_some_and(|code| known(&code)), true, "the door: {refused:?}");
                return Ok(refused.map_or("", |code| code.name()));
            }
            _ => {}
        }
        let begun = self.town.tick();
        let mut receipt = self.submit(|desk| desk.call(act))?;
        // Publishing takes two: what was proposed is read and published by somebody else.
        if let (Act::Publish { hours, from_now, seats, admits }, None) = (act, receipt.rejection())
        {
            let activity = created(&receipt)[0];
            let start = begun.plus(*from_now);
            let terms = session(self.ids.rule, start, *hours, (*seats, *admits));
            self.town.tick();
            receipt = self.submit(|desk| Some(desk.publish(activity, &terms)))?;
            if receipt.rejection().is_none() {
                self.ids.activities.push(activity);
            }
        }
        self.enter(act, begun, &receipt)
    }

    /// Signs and runs a call; enters what fell due before it.
    fn submit(
        &mut self,
        call: impl for<'a> FnOnce(&Desk<'a, '_>) -> Option<Signed<'a>>,
    ) -> Result<Receipt, Difference> {
        let (cast, homes) = (self.cast.clone(), self.homes.clone());
        let [bank, donor, evaluator, office] = &*homes;
        let (town, cast, ids, book) = (&self.town, &*cast, &self.ids, &self.book);
        let desk = Desk { town, cast, ids, book, bank, donor, evaluator, office };
        let Signed { contract, signers, call } = call(&desk).expect("everything else is a call");
        let transaction = self.town.sign(contract, &signers, call);
        let door = |code: Code| Difference(format!("refused at the door: {code:?}"));
        let mut receipts = self.town.block(&[transaction]).map_err(door)?;
        let receipt = receipts.pop().expect("the transaction's is the last");
        self.passed(&receipts)?;
        Ok(receipt)
    }

    /// Enters an act and compares the answers.
    fn enter(
        &mut self,
        act: &Act,
        begun: BlockTime,
        receipt: &Receipt,
    ) -> Result<&'static str, Difference> {
        let ids = created(receipt);
        let made = [first_bytes(&ids[0].0), first_bytes(&ids[1].0)];
        let now = match act {
            Act::Publish { .. } => begun.0,
            _ => self.town.state.tip().time.0,
        };
        let entered = self.book.enter(act, When { now, made });
        match (receipt.rejection(), entered) {
            (None, Ok(mut expected)) => {
                self.note(act, ids[0]);
                let mut found = self.moved(receipt)?;
                expected.sort();
                found.sort();
                same!(found, expected, "the fen that went");
                Ok("")
            }
            (Some(no), Err(reasons)) => {
                let code = no.code.name();
                same!(reasons.contains(&code), true, "{code} is not one of {reasons:?}");
                let changed = (receipt.movements.len(), receipt.writes.len());
                same!(changed, (0, 1), "a refusal writes the nonce only");
                Ok(code)
            }
            (found, expected) => {
                let found = found.map(|no| no.code.name());
                Err(Difference(format!("the answer\n  chain {found:?}\n  books {expected:?}")))
            }
        }
    }

    /// Remembers what an act has made.
    fn note(&mut self, act: &Act, id: RecordId) {
        match act.itself() {
            Act::Sign { .. } => {
                let number = self.ids.contracts.len();
                self.ids.contracts.push(id);
                for spot in [Spot::Committed, Spot::Retained, Spot::Payee] {
                    self.name(spot(number));
                }
            }
            Act::Request { .. } => {
                let number = self.ids.payments.len();
                self.ids.payments.push(id);
                self.name(Spot::Reserved(number));
                self.name(Spot::InFlight(number));
            }
            Act::Claim { .. } => self.ids.orders.push(id),
            Act::SignUp { .. } => self.ids.participations.push(id),
            Act::Redeem { .. } => self.ids.vouchers.push(id),
            Act::Offer { .. } => self.ids.rewards.push(id),
            _ => {}
        }
    }

    /// Enters what time did, and compares the fen.
    fn passed(&mut self, due: &[Receipt]) -> Played {
        let expected = together(self.book.pass(self.town.state.tip().time.0));
        let mut found = Vec::new();
        for receipt in due {
            same!(receipt.rejection(), None, "what falls due is never refused");
            found.extend(self.moved(receipt)?);
        }
        same!(together(found), expected, "what time moved");
        Ok(())
    }

    /// The fen that a receipt says have gone.
    fn moved(&self, receipt: &Receipt) -> Result<Vec<Moved>, Difference> {
        let mut out = Vec::new();
        for movement in &receipt.movements {
            let Quantity::Fen(segments) = &movement.quantity else { continue };
            let spot = |id: &AccountId| {
                let unknown = || Difference(format!("an unknown account {id:?}"));
                self.names.get(id).copied().ok_or_else(unknown)
            };
            let (from, to) = (spot(&movement.from)?, spot(&movement.to)?);
            out.push(Moved { from, to, fen: segments.iter().map(interval).collect() });
        }
        Ok(out)
    }
}

/// The same fen, from each place to each other place at once: time moves them in pieces.
fn together(moved: Vec<Moved>) -> Vec<Moved> {
    let mut all: BTreeMap<(Spot, Spot), Vec<Interval>> = BTreeMap::new();
    for Moved { from, to, fen } in moved {
        all.entry((from, to)).or_default().extend(fen);
    }
    let joined = |mut fen: Vec<Interval>| {
        fen.sort_unstable();
        fen.into_iter().fold(Vec::new(), |mut out: Vec<Interval>, next| {
            match out.last_mut() {
                Some(last) if (last.source, last.end) == (next.source, next.start) => {
                    last.end = next.end;
                }
                Some(_) | None => out.push(next),
            }
            out
        })
    };
    all.into_iter().map(|((from, to), fen)| Moved { from, to, fen: joined(fen) }).collect()
}

/// The first eight bytes of an identifier: they sort as it does.
fn first_bytes(id: &[u8; 32]) -> u64 {
    id.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

pub(super) fn interval(segment: &Segment) -> Interval {
    Interval { source: segment.source.0, start: segment.start, end: segment.start + segment.length }
}

pub(super) fn earmark(id: &EarmarkId) -> u64 {
    first_bytes(&id.0)
}
