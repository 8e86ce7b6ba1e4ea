//! This exists to bring a sub-district to where histories begin: points that will expire at the end of
//! the year and points that will not, contracts that are signed, accepted and paid in part.

use super::act::{Act, Admits, For, Price, Purpose};
use super::book::counter::VALUE_OF_YEAR;
use super::book::dates::starts;
use super::book::money::{APPROVAL_LIFE, LINES, RETENTION_TIME, TIERS};
use super::book::points::CAPS;
use super::book::year::CARRY_MAX;
use super::book::{Book, DAY, HOUR, Twist};
use super::calls::Ids;
use super::play::Player;
use super::town::{BANK, Cast, OFFICE, REGULATOR, RESIDENTS, SUBDISTRICT, Town, bytes, document};
use linli_contracts::fund::{self, LineTerms, Listing, budget_hash};
use linli_contracts::programme::{self, Basis, RuleTerms};
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::amount::{Fen, Points};
use linli_ledger::types::{BlockTime, DAY_MS, HOUR_MS};

impl Player {
    /// The sub-district on 2026-12-16, the same every time.
    ///
    /// # Panics
    /// If something on the way is refused, or chain and books differ.
    pub fn begin() -> Self {
        let parameters = [
            (Parameter::ExpiryYears, 1),
            (Parameter::RewardValuePerYear, VALUE_OF_YEAR),
            (Parameter::ApprovalLife, APPROVAL_LIFE),
            (Parameter::TierZeroMax, TIERS[0]),
            (Parameter::TierOneMax, TIERS[1]),
            (Parameter::RetentionTime, RETENTION_TIME),
            (Parameter::CarryMax, CARRY_MAX.into()),
        ];
        let parameters = parameters.map(|(parameter, value)| (parameter.number(), value));
        let mut town = Town::new(parameters.to_vec());
        let (cast, residents) = town.cast();
        let mut ids = Ids { residents, ..Ids::default() };
        programme(&mut town, &cast, &mut ids);
        fund(&mut town, &cast, &mut ids);
        let mut player = Self::new(town, Book::new(Twist::None), cast, ids);
        player.must(&Act::Offer { line: None, value: 800, stock: 4, agreed: true });
        player.must(&Act::Offer { line: Some(1), value: 600, stock: 2, agreed: true });
        player.attend(4);
        player.attest(0, 3, 239);
        // A voucher of November that the partner has not claimed yet.
        player.until(BlockTime(starts(2026, 11) + 5 * DAY));
        player.must(&Act::Redeem { who: 0, reward: 0 });
        player.must(&Act::Fulfil { voucher: 0, knows: true });
        player.until(BlockTime(1_796_342_400_000));
        player.attend(4);
        player.attest(RESIDENTS, 2, 239);
        player.must(&Act::Dispute { award: RESIDENTS, who: 2 });
        player.must(&Act::Decide { award: RESIDENTS, right: None, regulators: true });
        player.until(BlockTime(1_796_774_400_000));
        player.spend();
        player.town.seal();
        player
    }

    fn must(&mut self, act: &Act) {
        let answer = self.step(act).and_then(|answer| self.compare().map(|()| answer));
        assert_eq!(answer, Ok(""), "{act:?}");
    }

    fn until(&mut self, time: BlockTime) {
        let hours = time.0.saturating_sub(self.town.now.0) / HOUR;
        self.must(&Act::Wait { hours });
    }

    /// Everybody serves for some hours.
    fn attend(&mut self, hours: u64) {
        let activity = self.ids.activities.len();
        let first = self.ids.participations.len();
        let (from_now, seats, admits) = (2 * HOUR, 5, Admits::Everybody);
        self.must(&Act::Publish { hours, from_now, seats, admits });
        for who in 0..RESIDENTS {
            self.must(&Act::SignUp { who, activity });
        }
        self.must(&Act::Wait { hours: 2 });
        for participation in first..first + RESIDENTS {
            self.must(&Act::CheckIn { participation, stale: false });
        }
        self.must(&Act::Wait { hours });
        for participation in first..first + RESIDENTS {
            self.must(&Act::CheckOut { participation });
        }
    }

    /// What the last session gave to the first of its people.
    fn attest(&mut self, first: usize, count: usize, minutes: u64) {
        for participation in first..first + count {
            self.must(&Act::AttestFirst { participation, minutes });
            self.must(&Act::AttestSecond { participation, read: true });
        }
    }

    /// Money comes in, is bound and paid.
    fn spend(&mut self) {
        let sources = [
            (300, Purpose::Free),
            (300, Purpose::Elder),
            (200, Purpose::Passing),
            (200, Purpose::Free),
            (40, Purpose::Old),
        ];
        for (reference, (amount, purpose)) in (1_000_000..).zip(sources) {
            self.must(&Act::Issue { amount, purpose, reference, ago: 0 });
        }
        self.must(&Act::CloseYear { year: 2025, high: true });
        let (donations, purpose) = (vec![1, 5, 2, 8, 3], Purpose::Free);
        self.must(&Act::Collect { donations, said: 5, purpose, reference: 1_000_005 });
        self.must(&Act::Suspend { amount: 40, reference: 1_000_010 });
        let price =
            Price { milestones: vec![100, 120], advance: 60, linked: 0, retention: 0, total: 220 };
        self.must(&Act::Sign { line: 0, price });
        let price =
            Price { milestones: vec![60, 60], advance: 40, linked: 50, retention: 15, total: 185 };
        self.must(&Act::Sign { line: 1, price });
        for contract in 0..2 {
            self.must(&Act::Name { contract });
        }
        let all = 10_000;
        for (contract, milestone, share) in [(0, 0, all), (1, 0, all), (1, 1, 9_000)] {
            self.must(&Act::Deliver { contract, milestone });
            self.must(&Act::Accept { contract, milestone, share });
        }
        let kind = For::Milestone(0);
        self.must(&Act::Request { contract: 1, kind, amount: 50, invoice: 1_000_000 });
        self.must(&Act::Approve { payment: 0, by: 0 });
        self.must(&Act::Instruct { payment: 0, number: 1_000_000 });
        self.must(&Act::Confirm { payment: 0, amount: 50, reference: 1_000_020 });
        self.must(&Act::Claim { contract: 1, amount: 10 });
        // What was paid with money for a time comes back too late for the fund.
        self.until(BlockTime(1_797_379_200_000));
        self.must(&Act::Refund { order: 0, amount: 10, reference: 1_000_030 });
        self.must(&Act::Request { contract: 0, kind, amount: 20, invoice: 1_000_001 });
        for by in [1, 2] {
            self.must(&Act::Approve { payment: 1, by });
        }
        self.must(&Act::Instruct { payment: 1, number: 1_000_001 });
        self.must(&Act::Confirm { payment: 1, amount: 20, reference: 1_000_021 });
        self.must(&Act::Request { contract: 0, kind, amount: 25, invoice: 1_000_002 });
        self.must(&Act::Approve { payment: 2, by: 2 });
        // Two sessions on one day, which the witness confirms later; of another nothing is attested.
        for (hours, minutes) in [(3, 175), (4, 235)] {
            let first = self.ids.participations.len();
            self.attend(hours);
            for participation in [first, first + 1] {
                self.must(&Act::AttestFirst { participation, minutes });
            }
        }
        let activity = self.ids.activities.len();
        for (admits, after) in [(Admits::Everybody, 0), (Admits::Youths, 4), (Admits::Danger, 8)] {
            let from_now = DAY + after * HOUR;
            self.must(&Act::Publish { hours: 3, from_now, seats: 3, admits });
        }
        self.must(&Act::SignUp { who: 0, activity });
    }
}

fn programme(town: &mut Town, cast: &Cast, ids: &mut Ids) {
    let [one, two] = &cast.operators;
    let call = programme::Call::ProgrammeOpen {
        name: "积分计划".into(),
        scope: SUBDISTRICT.into(),
        reward_budget: Fen(1_000_000),
    };
    ids.programme = town.apply(programme::CONTRACT, &[one, two], &call)[0];
    let valid_from = town.now.plus(HOUR_MS);
    let [day_cap, month_cap, year_cap] = CAPS.map(Points);
    let terms = RuleTerms {
        basis: Basis::PerHour { rate: 10 },
        multiplier_bp: 10_000,
        cap_group: "service".into(),
        day_cap,
        month_cap,
        year_cap,
        min_minutes: 15,
        valid_from,
        valid_to: valid_from.plus(3_000 * DAY_MS),
    };
    let programme = ids.programme;
    let call = programme::Call::RuleSet { programme, rule: None, terms, totals: None };
    ids.rule = town.apply(programme::CONTRACT, &[one, two], &call)[0];
    town.now = valid_from;
}

fn fund(town: &mut Town, cast: &Cast, ids: &mut Ids) {
    let governance = [Town::home(OFFICE), Town::home(REGULATOR)];
    for code in ["A03", "A0301", "A05", "A0502"] {
        let (name, listing) = (format!("service {code}"), Listing::Listed);
        let call = fund::Call::CatalogueItem { code: code.into(), name, listing };
        town.apply(fund::CONTRACT, &[&governance[0], &governance[1]], &call);
    }
    let call = fund::Call::FundOpen {
        name: "社区保障资金".into(),
        organisation: town.organisation(OFFICE),
        scope: SUBDISTRICT.into(),
        bank: town.organisation(BANK),
        account: bytes("account of the fund"),
    };
    ids.fund = town.apply(fund::CONTRACT, &[&cast.administrator], &call)[0];
    let line = |(catalogue, (approved, resolved)): (&str, (u64, bool))| LineTerms {
        code: catalogue.into(),
        name: format!("line {catalogue}"),
        catalogue: catalogue.into(),
        approved: Fen(approved),
        resolution: resolved.then(|| document("resolution")),
    };
    let lines: Vec<_> = ["A03", "A05"].into_iter().zip(LINES).map(line).collect();
    let budget_hash = budget_hash(ids.fund, 2026, &lines);
    let call = fund::Call::BudgetDraft { fund: ids.fund, year: 2026, lines };
    let [budget, first, second, _] = town.apply(fund::CONTRACT, &[&cast.budget[0]], &call);
    ids.lines = [first, second];
    let call = fund::Call::BudgetApprove { budget, budget_hash };
    town.apply(fund::CONTRACT, &[&cast.budget[1]], &call);
}
