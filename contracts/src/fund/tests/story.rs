//! This exists to give every test a fund with a budget, officers and a bank.

use crate::fund::{
    AttestationLevel, BeneficiaryClass, CONTRACT, Call, ContractTerms, EarmarkTerms, FundAccount,
    LineTerms, Listing, MilestoneTerms, Payment, PaymentKind, PaymentTerms, SourceClass,
    budget_hash, reading, request_hash,
};
use crate::registry::Role;
use crate::testing::{
    Actor, BANK, COMMITTEE, COMMUNITY, DONOR, OFFICE, PROVIDER, REGULATOR, World, document,
};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::posting::money::Segment;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::types::{Day, RecordId, SourceId, derive_identifier};

/// A fund of the sub-district and everybody who touches it.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) administrator: Actor,
    pub(super) approver_one: Actor,
    pub(super) approver_one_b: Actor,
    pub(super) approver_two: Actor,
    pub(super) approver_two_b: Actor,
    pub(super) approver_three: Actor,
    pub(super) treasurer: Actor,
    pub(super) budget_one: Actor,
    pub(super) budget_two: Actor,
    pub(super) purchaser: Actor,
    pub(super) provider: Actor,
    pub(super) acceptance_one: Actor,
    pub(super) acceptance_two: Actor,
    pub(super) regulator: Actor,
    pub(super) bank: Actor,
    pub(super) fund: RecordId,
    /// Elder meals, 33 000 000, with a council's resolution.
    pub(super) meals: RecordId,
    /// Youth platform, 6 000 000, with a council's resolution.
    pub(super) youth: RecordId,
    /// Repairs, 100 000 000, without one.
    pub(super) repairs: RecordId,
    sources: u32,
}

pub(super) fn bytes(label: &str) -> [u8; 32] {
    *document(label).bytes()
}

pub(super) fn free() -> EarmarkTerms {
    EarmarkTerms {
        purposes: Vec::new(),
        places: Vec::new(),
        classes: Vec::new(),
        line: None,
        available_from: Day(0),
        lapse_on: None,
        excluded: Vec::new(),
    }
}

pub(super) fn elder() -> EarmarkTerms {
    EarmarkTerms { purposes: vec!["A03".into()], classes: vec![BeneficiaryClass::Elder], ..free() }
}

pub(super) fn seg(source: u32, start: u64, end: u64) -> Segment {
    Segment { source: SourceId(source), start, length: end - start }
}

fn line(code: &str, catalogue: &str, approved: u64, resolved: bool) -> LineTerms {
    LineTerms {
        code: code.into(),
        name: format!("line {code}"),
        catalogue: catalogue.into(),
        approved: Fen(approved),
        resolution: resolved.then(|| document("resolution")),
    }
}

impl Story {
    pub(super) fn new() -> Self {
        Self::with_parameters(Vec::new())
    }

    pub(super) fn with_parameters(parameters: Vec<(u16, u64)>) -> Self {
        let mut w = World::with_parameters(parameters);
        let mut approver = |label: &str, organisation: u32, level: u8| {
            let person = w.person(label, organisation);
            w.grant(&person, organisation, Role::Approver, level, None)
        };
        let approver_one = approver("approver 1", OFFICE, 1);
        let approver_one_b = approver("approver 1b", OFFICE, 1);
        let approver_two = approver("approver 2", OFFICE, 2);
        let approver_two_b = approver("approver 2b", COMMITTEE, 2);
        let approver_three = approver("approver 3", REGULATOR, 3);
        let mut story = Self {
            administrator: w.officer("administrator", OFFICE, Role::FundAdministrator),
            treasurer: w.officer("treasurer", OFFICE, Role::Treasurer),
            budget_one: w.officer("budget 1", OFFICE, Role::BudgetOfficer),
            budget_two: w.officer("budget 2", OFFICE, Role::BudgetOfficer),
            purchaser: w.officer("purchaser", OFFICE, Role::Purchaser),
            provider: w.officer("provider", PROVIDER, Role::ProviderOfficer),
            acceptance_one: w.officer("acceptance 1", OFFICE, Role::Acceptance),
            acceptance_two: w.officer("acceptance 2", COMMITTEE, Role::Acceptance),
            regulator: w.officer("regulator", REGULATOR, Role::Regulator),
            bank: w.organisation_actor(BANK),
            approver_one,
            approver_one_b,
            approver_two,
            approver_two_b,
            approver_three,
            fund: RecordId::default(),
            meals: RecordId::default(),
            youth: RecordId::default(),
            repairs: RecordId::default(),
            sources: 0,
            world: w,
        };
        story.set_up();
        story
    }

    fn set_up(&mut self) {
        let governance =
            [self.world.organisation_actor(OFFICE), self.world.organisation_actor(REGULATOR)];
        for (code, listing) in [
            ("A0301", Listing::Listed),
            ("A0302", Listing::Listed),
            ("A0502", Listing::Listed),
            ("A05", Listing::Listed),
            ("A03", Listing::Listed),
            ("A0599", Listing::Negative),
        ] {
            let name = format!("service {code}");
            let call = Call::CatalogueItem { code: code.into(), name, listing };
            self.world.apply(CONTRACT, &[&governance[0], &governance[1]], &call);
        }
        let call = Call::FundOpen {
            name: "社区保障资金".into(),
            organisation: self.world.organisation(OFFICE),
            scope: "5101/04/001".into(),
            bank: self.world.organisation(BANK),
            account: bytes("account of the fund"),
        };
        self.fund = RecordId(self.world.apply(CONTRACT, &[&self.administrator], &call));
        let lines = vec![
            line("meals", "A03", 33_000_000, true),
            line("youth", "A05", 6_000_000, true),
            line("repairs", "A05", 100_000_000, false),
        ];
        let hash = budget_hash(self.fund, 2026, &lines);
        let call = Call::BudgetDraft { fund: self.fund, year: 2026, lines };
        let receipt = self.world.submit(CONTRACT, &[&self.budget_one], &call);
        assert_eq!(receipt.rejection(), None);
        let budget = created(&receipt, 0);
        [self.meals, self.youth, self.repairs] = [1, 2, 3].map(|n| created(&receipt, n));
        let call = Call::BudgetApprove { budget, budget_hash: hash };
        self.world.apply(CONTRACT, &[&self.budget_two], &call);
    }

    pub(super) fn issue_call(&mut self, amount: u64, earmark: EarmarkTerms) -> Call {
        self.sources += 1;
        Call::SourceIssue {
            fund: self.fund,
            amount: Fen(amount),
            class: SourceClass::Fiscal,
            donor: self.world.organisation(DONOR),
            earmark,
            bank_reference: bytes(&format!("credit {}", self.sources)),
            value_date: self.world.now.day(),
            account: bytes("account of the fund"),
            document: document("appropriation"),
            level: AttestationLevel::Bank,
        }
    }

    pub(super) fn issue(&mut self, amount: u64, of: SourceClass, earmark: EarmarkTerms) {
        let mut call = self.issue_call(amount, earmark);
        if let Call::SourceIssue { class, .. } = &mut call {
            *class = of;
        }
        let signers = [&self.administrator, &self.approver_one, &self.bank];
        self.world.apply(CONTRACT, &signers, &call);
    }

    pub(super) fn terms(&self, line: RecordId, amounts: &[u64], advance: u64) -> ContractTerms {
        let (from, to) = (Day::from_civil(2026, 3, 1), Day::from_civil(2027, 2, 28));
        let (from, to) = (from.unwrap(), to.unwrap());
        ContractTerms {
            number: "2026-001".into(),
            fund: self.fund,
            line,
            purchaser: self.world.organisation(OFFICE),
            provider: self.world.organisation(PROVIDER),
            catalogue: if line == self.meals { "A0301" } else { "A0502" }.into(),
            place: COMMUNITY.into(),
            beneficiaries: if line == self.meals {
                BeneficiaryClass::Elder
            } else {
                BeneficiaryClass::Child
            },
            total: Fen(amounts.iter().sum()),
            advance_max: Fen(advance),
            milestones: amounts
                .iter()
                .map(|amount| MilestoneTerms { amount: Fen(*amount), due: to })
                .collect(),
            from,
            to,
            payee_account: bytes("account of the provider"),
            document: document("contract"),
        }
    }

    pub(super) fn sign(&mut self, terms: &ContractTerms) -> RecordId {
        let call = Call::ContractSign { terms: terms.clone() };
        RecordId(self.world.apply(CONTRACT, &[&self.purchaser, &self.provider], &call))
    }

    pub(super) fn reject_sign(&mut self, terms: &ContractTerms, code: Code) {
        let call = Call::ContractSign { terms: terms.clone() };
        self.world.reject(CONTRACT, &[&self.purchaser, &self.provider], &call, code);
    }

    /// A contract for repairs with all its money, free of any earmark: milestones as given.
    pub(super) fn contract(amounts: &[u64], advance: u64) -> (Self, RecordId) {
        let mut story = Self::new();
        story.issue(amounts.iter().sum(), SourceClass::Fiscal, free());
        let terms = story.terms(story.repairs, amounts, advance);
        let contract = story.sign(&terms);
        (story, contract)
    }

    pub(super) fn accept(&mut self, contract: RecordId, milestone: u32, accepted_bp: u32) {
        let document = document("deliverable");
        let call = Call::DeliverableSubmit { contract, milestone, document };
        self.world.apply(CONTRACT, &[&self.provider], &call);
        let call = Call::AcceptanceSign { contract, milestone, document, accepted_bp };
        self.world.apply(CONTRACT, &[&self.acceptance_one, &self.acceptance_two], &call);
    }

    pub(super) fn request(
        &mut self,
        contract: RecordId,
        kind: PaymentKind,
        amount: u64,
        invoice: &str,
    ) -> RecordId {
        let terms = payment_terms(contract, kind, amount, invoice);
        let call = Call::PaymentRequest { terms };
        RecordId(self.world.apply(CONTRACT, &[&self.administrator], &call))
    }

    pub(super) fn reject_request(
        &mut self,
        contract: RecordId,
        kind: PaymentKind,
        amount: u64,
        invoice: &str,
        code: Code,
    ) {
        let terms = payment_terms(contract, kind, amount, invoice);
        let call = Call::PaymentRequest { terms };
        self.world.reject(CONTRACT, &[&self.administrator], &call, code);
    }

    pub(super) fn payment(&self, id: RecordId) -> Payment {
        self.world.view().get(&id).unwrap()
    }

    pub(super) fn approve_call(&self, payment: RecordId) -> Call {
        let known = self.payment(payment);
        let request_hash = request_hash(payment, &known.terms, known.revision);
        Call::Approve { payment, request_hash }
    }

    pub(super) fn refuse_call(&self, payment: RecordId) -> Call {
        let known = self.payment(payment);
        let request_hash = request_hash(payment, &known.terms, known.revision);
        Call::Refuse { payment, request_hash }
    }

    pub(super) fn approve(&mut self, payment: RecordId, by: &Actor) {
        let call = self.approve_call(payment);
        self.world.apply(CONTRACT, &[by], &call);
    }

    pub(super) fn reject_approve(&mut self, payment: RecordId, by: &Actor, code: Code) {
        let call = self.approve_call(payment);
        self.world.reject(CONTRACT, &[by], &call, code);
    }

    /// Two approvals of level 2: enough for tiers 0 to 2, given one by one as far as needed.
    pub(super) fn approve_two(&mut self, payment: RecordId) {
        let (first, second) = (self.approver_two.clone(), self.approver_two_b.clone());
        self.approve(payment, &first);
        if !self.is_approved(payment) {
            self.approve(payment, &second);
        }
        assert!(self.is_approved(payment));
    }

    pub(super) fn is_approved(&self, payment: RecordId) -> bool {
        self.payment(payment).state.decision().is_some()
    }

    pub(super) fn instruct(&mut self, payment: RecordId, number: &str) {
        let call = Call::PaymentInstruct { payment, instruction: bytes(number) };
        self.world.apply(CONTRACT, &[&self.treasurer], &call);
    }

    pub(super) fn reject_instruct(&mut self, payment: RecordId, number: &str, code: Code) {
        let call = Call::PaymentInstruct { payment, instruction: bytes(number) };
        self.world.reject(CONTRACT, &[&self.treasurer], &call, code);
    }

    pub(super) fn confirm_call(&self, number: &str, amount: u64) -> Call {
        confirm_call(number, amount, self.world.now.day())
    }

    pub(super) fn confirm(&mut self, number: &str, amount: u64) {
        let call = self.confirm_call(number, amount);
        self.world.apply(CONTRACT, &[&self.bank], &call);
    }

    /// The whole way of a payment, with two approvers of level 2.
    pub(super) fn pay(
        &mut self,
        contract: RecordId,
        kind: PaymentKind,
        amount: u64,
        label: &str,
    ) -> RecordId {
        let payment = self.request(contract, kind, amount, label);
        self.approve_two(payment);
        self.instruct(payment, label);
        self.confirm(label, amount);
        payment
    }

    pub(super) fn held(&self, account: FundAccount) -> Vec<Segment> {
        reading::held(&self.world.view(), account)
    }

    pub(super) fn payee(&self, contract: RecordId) -> FundAccount {
        FundAccount::Payee { provider: self.world.organisation(PROVIDER), contract }
    }
}

pub(super) fn created(receipt: &Receipt, n: u32) -> RecordId {
    match receipt.subject {
        Subject::Transaction(id) => RecordId(derive_identifier(&id, n)),
        Subject::Due(_) | Subject::Recovery(_) => panic!("a transaction's receipt"),
    }
}

pub(super) fn payment_terms(
    contract: RecordId,
    kind: PaymentKind,
    amount: u64,
    invoice: &str,
) -> PaymentTerms {
    PaymentTerms {
        contract,
        kind,
        amount: Fen(amount),
        payee_account: bytes("account of the provider"),
        invoice: bytes(invoice),
    }
}

pub(super) fn confirm_call(number: &str, amount: u64, value_date: Day) -> Call {
    Call::BankConfirm {
        instruction: bytes(number),
        bank_reference: bytes(&format!("debit {number}")),
        value_date,
        amount: Fen(amount),
        payer_account: bytes("account of the fund"),
        payee_account: bytes("account of the provider"),
        receipt: document("receipt"),
    }
}
