//! This exists to make random histories that are worth comparing: most operations are possible, some
//! are just too much, some are nonsense. The same seed makes the same history.

use super::{Interval, Lot, Model, Moved, Parcel, Selection};

/// An operation in plain numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new source of money.
    Issue {
        /// The account that receives it.
        to: u8,
        /// Fen.
        amount: u64,
        /// Earmark and order.
        lot: Lot,
    },
    /// A payment or a refund: the fen are selected.
    Move {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// Fen.
        amount: u64,
        /// Which of them.
        selection: Selection,
    },
    /// A failed payment or a reversal: the fen are named.
    MoveIntervals {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// These fen.
        intervals: Vec<Interval>,
    },
    /// A return of part of a payment: the fen are selected among these.
    MoveWithin {
        /// From this account.
        from: u8,
        /// To this one.
        to: u8,
        /// Fen.
        amount: u64,
        /// From the other end of the order.
        reverse: bool,
        /// Among these fen.
        intervals: Vec<Interval>,
    },
    /// Another purpose, or another year: these fen get another lot.
    Relot {
        /// In this account.
        account: u8,
        /// These fen.
        intervals: Vec<Interval>,
        /// The lot from now on.
        lot: Lot,
    },
    /// New points.
    Mint {
        /// For this person.
        person: u8,
        /// Batches.
        parcels: Vec<Parcel>,
    },
    /// Available points become locked.
    Spend {
        /// Of this person.
        person: u8,
        /// Points.
        amount: u64,
    },
    /// Locked points become available again.
    Unlock {
        /// Of this person.
        person: u8,
        /// These.
        parcels: Vec<Parcel>,
    },
    /// Locked points end.
    Consume {
        /// Of this person.
        person: u8,
        /// These.
        parcels: Vec<Parcel>,
    },
    /// Redeemed points come back.
    Return {
        /// To this person.
        person: u8,
        /// These.
        parcels: Vec<Parcel>,
    },
    /// Available points that were given by mistake end.
    TakeBack {
        /// Of this person.
        person: u8,
        /// These.
        parcels: Vec<Parcel>,
    },
    /// What has expired ends.
    Expire {
        /// Of this person.
        person: u8,
    },
    /// Minutes of service.
    Serve {
        /// Of this person.
        person: u8,
        /// Minutes.
        minutes: u64,
    },
    /// Minutes that were wrong.
    Correct {
        /// Of this person.
        person: u8,
        /// Minutes.
        minutes: u64,
    },
}

/// Numbers from a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x1234_5678_9ABC_DEF0)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn small(&mut self, end: u64) -> u8 {
        u8::try_from(self.below(end)).expect("ends are small")
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.get(usize::try_from(self.below(from.len() as u64)).expect("small")).cloned()
    }
}

/// Makes operations that suit the state of a model.
#[derive(Clone, Debug)]
pub struct History {
    random: Random,
    start: u64,
    hour: u64,
    made: Vec<(u8, u8, Vec<Interval>)>,
}

impl History {
    /// Money accounts are 0 up to, not including, this.
    pub const ACCOUNTS: u8 = 5;
    /// Persons are 0 up to, not including, this.
    pub const PERSONS: u8 = 2;
    /// Days around which earmarks lapse.
    const TODAY: u32 = 20_000;

    /// The history of a seed; points expire some hours (milliseconds) after the start.
    pub fn new(seed: u64, start: u64, hour: u64) -> Self {
        Self { random: Random::new(seed), start, hour, made: Vec::new() }
    }

    /// The random numbers, for choices that belong to the caller.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Tells what an operation did, so that later ones may undo it.
    pub fn note(&mut self, operation: &Operation, moved: &Moved) {
        let Moved::Fen(intervals) = moved else { return };
        if let Operation::Move { from, to, .. }
        | Operation::MoveIntervals { from, to, .. }
        | Operation::MoveWithin { from, to, .. } = operation
        {
            self.made.push((*from, *to, intervals.clone()));
        }
    }

    /// The next operation.
    pub fn next(&mut self, model: &Model) -> Operation {
        let nothing_yet = model.money.sources() == 0;
        match self.random.below(100) {
            _ if nothing_yet => self.issue(),
            0..12 if model.money.sources() < 6 => self.issue(),
            0..46 => self.payment(model),
            46..58 => self.named(model),
            58..64 => self.within(model),
            64..69 => self.relot(model),
            69..77 => self.mint(),
            77..86 => self.spend(model),
            86..91 => self.settle(model),
            91 => self.give_back(model),
            92 => self.take_back(model),
            93..95 => Operation::Expire { person: self.person() },
            95..98 => Operation::Serve { person: self.person(), minutes: self.random.below(50) },
            _ => self.correct(model),
        }
    }

    fn person(&mut self) -> u8 {
        self.random.small(u64::from(Self::PERSONS))
    }

    fn two_accounts(&mut self) -> (u8, u8) {
        let from = self.random.small(u64::from(Self::ACCOUNTS));
        let step = 1 + self.random.small(u64::from(Self::ACCOUNTS) - 1);
        (from, (from + step) % Self::ACCOUNTS)
    }

    /// Two accounts; if it can be helped, the first is not empty.
    fn two_accounts_with_money(&mut self, model: &Model) -> (u8, u8) {
        for _ in 0..4 {
            let (from, to) = self.two_accounts();
            if model.money.balance(from) > 0 {
                return (from, to);
            }
        }
        self.two_accounts()
    }

    fn issue(&mut self) -> Operation {
        let lot = self.lot();
        let amount = match self.random.below(40) {
            0 => 0,
            1 => 1 << 53,
            _ => 1 + self.random.below(24),
        };
        Operation::Issue { to: self.random.small(3), amount, lot }
    }

    fn lot(&mut self) -> Lot {
        let lapse = 19_998 + u32::from(self.random.small(5));
        Lot {
            earmark: self.random.below(4),
            specificity: self.random.small(3),
            lapse_on: self.random.chance(60).then_some(lapse),
            priority: self.random.small(3),
            carry_count: self.random.small(2),
        }
    }

    /// Part of what some named fen are; now and then more than that.
    fn within(&mut self, model: &Model) -> Operation {
        let Operation::MoveIntervals { from, to, intervals } = self.named(model) else {
            return self.issue();
        };
        let have: u64 = intervals.iter().map(|interval| interval.end - interval.start).sum();
        let amount = match self.random.below(12) {
            0 => 0,
            1 => have + 1,
            2..4 => have,
            _ => 1 + self.random.below(have),
        };
        Operation::MoveWithin { from, to, amount, reverse: self.random.chance(60), intervals }
    }

    fn relot(&mut self, model: &Model) -> Operation {
        let Operation::MoveIntervals { from: account, intervals, .. } = self.named(model) else {
            return self.issue();
        };
        let lot = self.lot();
        Operation::Relot { account, intervals, lot }
    }

    fn payment(&mut self, model: &Model) -> Operation {
        let (from, to) = self.two_accounts_with_money(model);
        let earmarks = (0..4).filter(|_| self.random.chance(85)).collect();
        let selection = Selection {
            reverse: self.random.chance(40),
            earmarks,
            today: self.random.chance(40).then_some(Self::TODAY),
        };
        let have = model.money.balance(from);
        let amount = match self.random.below(30) {
            0 => 0,
            1 => u64::MAX - self.random.below(2),
            2 => have + 1,
            3..6 => have,
            _ => 1 + self.random.below(have.min(12)),
        };
        Operation::Move { from, to, amount, selection }
    }

    fn named(&mut self, model: &Model) -> Operation {
        if let Some((from, to, intervals)) = self.random.pick(&self.made.clone())
            && self.random.chance(70)
        {
            return Operation::MoveIntervals { from: to, to: from, intervals };
        }
        let (from, to) = self.two_accounts_with_money(model);
        let runs: Vec<_> = model
            .money
            .trace()
            .into_iter()
            .filter(|(account, ..)| *account == from)
            .map(|(_, _, run)| run)
            .collect();
        let mut intervals = Vec::new();
        for _ in 0..=self.random.below(3) {
            let Some(run) = self.random.pick(&runs) else { break };
            let start = run.start + self.random.below(run.end - run.start + 1);
            let end = match self.random.below(12) {
                0 => run.end + 1,
                1 => start,
                _ => start + self.random.below(run.end.saturating_sub(start) + 1),
            };
            intervals.push(Interval { start, end, ..run });
        }
        Operation::MoveIntervals { from, to, intervals }
    }

    fn mint(&mut self) -> Operation {
        let parcels = (0..=self.random.below(3))
            .map(|_| Parcel {
                expires_at: self.start + self.hour * self.random.below(6),
                batch: self.random.small(5),
                amount: if self.random.chance(4) { 0 } else { 1 + self.random.below(9) },
            })
            .collect();
        Operation::Mint { person: self.person(), parcels }
    }

    fn spend(&mut self, model: &Model) -> Operation {
        let person = self.person();
        let have: u64 = model.points.available(person).iter().map(|parcel| parcel.amount).sum();
        let amount = match self.random.below(20) {
            0 => 0,
            1 | 2 => have + 1,
            _ => 1 + self.random.below(have),
        };
        Operation::Spend { person, amount }
    }

    fn settle(&mut self, model: &Model) -> Operation {
        let someone = (0..Self::PERSONS).find(|person| !model.points.locked(*person).is_empty());
        let person = someone.unwrap_or_else(|| self.person());
        let mut parcels = model.points.locked(person);
        parcels.retain(|_| self.random.chance(90));
        for parcel in &mut parcels {
            parcel.amount = match self.random.below(10) {
                0 => parcel.amount + 1,
                1..4 => 1 + self.random.below(parcel.amount),
                _ => parcel.amount,
            };
        }
        if self.random.chance(50) {
            parcels.reverse();
        }
        if self.random.chance(50) {
            Operation::Unlock { person, parcels }
        } else {
            Operation::Consume { person, parcels }
        }
    }

    fn give_back(&mut self, model: &Model) -> Operation {
        let parcel = Parcel {
            expires_at: self.start + self.hour * self.random.below(6),
            batch: self.random.small(5),
            amount: self.random.below(model.points.redeemed + 2),
        };
        Operation::Return { person: self.person(), parcels: vec![parcel] }
    }

    fn take_back(&mut self, model: &Model) -> Operation {
        let person = self.person();
        let mut parcels = model.points.available(person);
        parcels.retain(|_| self.random.chance(60));
        for parcel in &mut parcels {
            parcel.amount = match self.random.below(8) {
                0 => parcel.amount + 1,
                _ => 1 + self.random.below(parcel.amount),
            };
        }
        Operation::TakeBack { person, parcels }
    }

    fn correct(&mut self, model: &Model) -> Operation {
        let person = self.person();
        let minutes = self.random.below(model.points.minutes(person) + 2);
        Operation::Correct { person, minutes }
    }
}
