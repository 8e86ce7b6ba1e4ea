//! This exists to choose anything that somebody could do, whether it makes sense or not.

use super::Choice;
use crate::histories::act::{Act, Age, Month, Purpose};
use crate::histories::book::dates::civil;
use crate::histories::book::money::LEVELS;
use crate::histories::book::{DAY, HOUR};
use crate::histories::town::RESIDENTS;

impl Choice<'_> {
    /// Anything, whether it makes sense or not.
    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    pub(super) fn any(&mut self) -> Act {
        let (fund, office) = (&self.book.fund, &self.book.office);
        let (sources, contracts) = (fund.sources.len() as u64 + 1, fund.contracts.len());
        let (payments, orders) = (fund.payments.len(), fund.orders.len());
        let (activities, seats) = (office.activities.len(), office.participations.len());
        let (vouchers, awards) = (office.vouchers.len(), office.awards.len());
        let source = u32::try_from(self.random.below(sources)).expect("small");
        let (contract, payment) = (self.place(contracts), self.place(payments));
        let (participation, voucher) = (self.place(seats), self.place(vouchers));
        let (who, reference, amount) = (self.place(RESIDENTS), self.number(), self.amount(40));
        let awards: Vec<usize> = office.awards.keys().copied().take(awards).collect();
        let award = self.random.pick(&awards);
        let choice = self.random.below(58);
        let found = match choice {
            0 => Some(Act::Issue { amount, purpose: self.purpose(), reference, ago: self.ago() }),
            1 | 2 => Some(Act::Suspend { amount, reference }),
            3 => Some(Act::Resolve { source, purpose: self.purpose() }),
            4 => Some(Act::SendBack { source, reference }),
            5 | 6 => {
                let start = self.random.below(200);
                let consent = self.random.chance(85);
                Some(Act::Reclassify { source, start, amount, consent })
            }
            7 => Some(Act::Sign { line: self.place(2), price: self.price() }),
            8 => Some(Act::Deliver { contract, milestone: self.place(4) }),
            9 => {
                let share = self.random.below(11_000);
                Some(Act::Accept { contract, milestone: self.place(4), share })
            }
            10..13 => {
                let (kind, invoice) = (self.kind(), reference);
                Some(Act::Request { contract, kind, amount, invoice })
            }
            13..24 if payments > 0 => {
                let by = self.place(LEVELS.len());
                Some(match choice {
                    13 => Act::Edit { payment, amount, invoice: reference },
                    14 => Act::Approve { payment, by },
                    15 => Act::Refuse { payment, by },
                    16 => Act::Instruct { payment, number: reference },
                    17 => Act::Confirm { payment, amount, reference },
                    18 => Act::Fail { payment },
                    19 => Act::Return { payment, amount, reference },
                    20 => Act::ReversePayment { payment },
                    21 if orders > 0 => {
                        Act::Refund { order: self.place(orders), amount, reference }
                    }
                    _ => Act::Claim { contract, amount },
                })
            }
            24 => Some(Act::ReverseSource { source }),
            25 => Some(Act::Find { contract }),
            26 => Some(Act::Close { contract }),
            27 | 28 => {
                let contract = self.place(contracts + 1);
                Some(Act::Freeze { contract, lift: self.random.chance(70) })
            }
            29 => Some(Act::ToTreasury { amount, reference, ago: self.ago() }),
            30 => {
                let (hours, seats) = (self.random.below(26), self.random.below(3));
                let from_now = HOUR / 2 + self.random.below(4 * HOUR);
                let seats = u32::try_from(seats).expect("small");
                Some(Act::Publish { hours, from_now, seats, admits: self.admits() })
            }
            31 => Some(Act::CallOff { activity: self.place(activities) }),
            32 => Some(Act::SignUp { who, activity: self.place(activities) }),
            33 => Some(Act::CheckIn { participation, stale: false }),
            34 => Some(Act::CheckOut { participation }),
            35 => Some(Act::AttestFirst { participation, minutes: amount }),
            36 => Some(Act::AttestSecond { participation, read: true }),
            37 => Some(Act::Redeem { who, reward: self.place(office.rewards.len()) }),
            38 if vouchers > 0 => Some(Act::Fulfil { voucher, knows: self.random.chance(80) }),
            39 if vouchers > 0 => Some(Act::GiveBack { voucher, who }),
            40 => award.map(|award| Act::Decide { award, right: None, regulators: true }),
            41 => award.map(|award| Act::Appeal { award, who }),
            42 => award.map(|award| Act::AppealDecide { award, right: None, same: false }),
            43 => {
                let (officer, known) = (self.place(1_000_000), self.random.chance(30));
                Some(Act::Register { officer, known })
            }
            44 => {
                let ages = [Age::Child, Age::Youth, Age::Adult];
                let age = self.random.pick(&ages).expect("there are some");
                let guardian = self.random.chance(50).then_some(who);
                Some(Act::Enrol { again: self.random.chance(50), age, guardian })
            }
            45 => Some(Act::Again),
            46 | 47 => Some(self.collect(reference)),
            48 => {
                let (year, high) = (2025 + self.random.below(4), self.random.chance(90));
                Some(Act::CloseYear { year: u32::try_from(year).expect("small"), high })
            }
            49 => Some(Act::Name { contract }),
            50 | 51 => {
                let (minutes, hour) = (self.random.below(200), self.random.below(4) * HOUR);
                let to = self.now - self.random.below(20) * DAY;
                Some(Act::Late { participation, from: to - hour, to, minutes })
            }
            52 | 53 => {
                let line = [None, Some(0), Some(1)];
                let line = self.random.pick(&line).expect("there are some");
                let (value, agreed) = (self.random.below(1_200), self.random.chance(85));
                let stock = u32::try_from(self.random.below(4)).expect("small");
                Some(Act::Offer { line, value, stock, agreed })
            }
            54 => {
                let pieces = u32::try_from(self.random.below(3)).expect("small");
                Some(Act::Restock { reward: self.place(office.rewards.len()), pieces })
            }
            55 | 56 => Some(self.settle()),
            _ => None,
        };
        found.unwrap_or_else(|| Act::Wait { hours: 1 + self.random.below(110) })
    }

    /// Many small donations; now and then not as many as it says.
    fn collect(&mut self, reference: u32) -> Act {
        let count = 2 + self.random.below(6);
        let donations: Vec<u64> = (0..count).map(|_| 1 + self.random.below(12)).collect();
        let said = match self.random.below(12) {
            0 => self.random.below(12),
            1 => 100,
            _ => count,
        };
        let said = u32::try_from(said).expect("small");
        let purpose = if self.random.chance(90) { Purpose::Free } else { self.purpose() };
        Act::Collect { donations, said, purpose, reference }
    }

    /// A claim for the months around, known or not.
    fn settle(&mut self) -> Act {
        let known: Vec<Month> = self.book.office.batches.keys().copied().collect();
        let (year, month, _) = civil(self.now - self.random.below(40) * DAY);
        let line = self.random.chance(50).then_some(1);
        let some = self.random.pick(&known).filter(|_| self.random.chance(60));
        let of = some.unwrap_or(Month { line, year, month });
        Act::Settle { of, read: self.random.chance(70) }
    }
}
