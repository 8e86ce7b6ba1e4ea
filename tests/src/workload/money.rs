//! This exists to let money come in every week and go out by milestones, from request to bank.

use super::Workload;
use super::cast::{
    BANK, COMMUNITIES, DONOR, OFFICE, PROVIDERS, REGULATOR, SUBDISTRICT, community, document,
};
use super::pen::Actor;
use linli_contracts::fund::{
    self, AttestationLevel, BeneficiaryClass, Call, ContractTerms, EarmarkTerms, LineTerms,
    Listing, MilestoneTerms, PaymentKind, PaymentTerms, SourceClass, budget_hash, request_hash,
};
use linli_contracts::registry::Role;
use linli_ledger::amount::Fen;
use linli_ledger::types::{Day, RecordId};

/// Attendances for each payment.
const ATTENDANCES_PER_PAYMENT: usize = 200;
/// Payments that a contract holds.
const MILESTONES: u32 = 30;
const MILESTONE: Fen = Fen(300_000);
/// What comes in each week, from three sources.
const SOURCE: Fen = Fen(400_000_000);

/// Everybody who touches money, and where each contract stands.
#[derive(Debug, Default)]
pub(super) struct Money {
    officers: Option<Officers>,
    fund: RecordId,
    line: RecordId,
    /// For each provider the contract and its next milestone.
    contracts: Vec<Option<(RecordId, u32)>>,
    paid: u32,
    sources: u32,
}

#[derive(Debug)]
struct Officers {
    administrator: Actor,
    approver: Actor,
    treasurer: Actor,
    purchaser: Actor,
    acceptance: [Actor; 2],
    bank: Actor,
    providers: Vec<Actor>,
}

fn bytes(label: &str) -> [u8; 32] {
    *document(label).bytes()
}

impl Workload {
    /// Opens the fund and makes its budget.
    pub(super) fn open_fund(&mut self) {
        let (cast, pen) = (&self.cast, &mut self.pen);
        let mut office = |label: &str, role| cast.officer(pen, label, OFFICE, role);
        let budget = ["budget 1", "budget 2"].map(|label| office(label, Role::BudgetOfficer));
        let mut officers = Officers {
            administrator: office("administrator", Role::FundAdministrator),
            approver: office("approver", Role::Approver),
            treasurer: office("treasurer", Role::Treasurer),
            purchaser: office("purchaser", Role::Purchaser),
            acceptance: ["acceptance 1", "acceptance 2"]
                .map(|label| office(label, Role::Acceptance)),
            bank: cast.organisation(BANK),
            providers: Vec::new(),
        };
        officers.providers = (0..COMMUNITIES)
            .map(|n| {
                cast.officer(pen, &format!("provider {n}"), PROVIDERS + n, Role::ProviderOfficer)
            })
            .collect();
        let governance = [cast.organisation(OFFICE), cast.organisation(REGULATOR)];
        let (code, listing) = ("A0301".into(), Listing::Listed);
        let call = Call::CatalogueItem { code, name: "助餐".into(), listing };
        pen.write(fund::CONTRACT, &[&governance[0], &governance[1]], &call);
        let call = Call::FundOpen {
            name: "社区保障资金".into(),
            organisation: cast.id(OFFICE),
            scope: SUBDISTRICT.into(),
            bank: cast.id(BANK),
            account: bytes("account of the fund"),
        };
        let fund = pen.write(fund::CONTRACT, &[&officers.administrator], &call);
        let lines = vec![LineTerms {
            code: "meals".into(),
            name: "助餐".into(),
            catalogue: "A0301".into(),
            approved: Fen(1_000_000_000_000),
            resolution: Some(document("resolution")),
        }];
        let year = cast.genesis.time.day().civil().0;
        let budget_hash = budget_hash(fund, year, &lines);
        let call = Call::BudgetDraft { fund, year, lines };
        let records = pen.write_all(fund::CONTRACT, &[&budget[0]], &call, 2);
        let call = Call::BudgetApprove { budget: records[0], budget_hash };
        pen.write(fund::CONTRACT, &[&budget[1]], &call);
        self.money = Money {
            officers: Some(officers),
            fund,
            line: records[1],
            contracts: vec![None; COMMUNITIES as usize],
            paid: 0,
            sources: 0,
        };
    }

    /// The payments of a day on which so many attended.
    pub(super) fn pay(&mut self, attendances: usize) {
        if self.day % 7 == 1 {
            for class in
                [SourceClass::Fiscal, SourceClass::Foundation, SourceClass::UndesignatedDonation]
            {
                self.issue(class);
            }
        }
        for _ in 0..attendances.div_ceil(ATTENDANCES_PER_PAYMENT) {
            self.payment();
        }
    }

    fn issue(&mut self, class: SourceClass) {
        let (money, today) = (&mut self.money, self.cast.genesis.time.day());
        let officers = money.officers.as_ref().expect("there from the beginning");
        money.sources += 1;
        let earmark = EarmarkTerms {
            purposes: Vec::new(),
            places: Vec::new(),
            classes: Vec::new(),
            line: None,
            available_from: Day(0),
            lapse_on: None,
            excluded: Vec::new(),
        };
        let call = Call::SourceIssue {
            fund: money.fund,
            amount: SOURCE,
            class,
            donor: self.cast.id(DONOR),
            earmark,
            bank_reference: bytes(&format!("credit {}", money.sources)),
            value_date: today,
            account: bytes("account of the fund"),
            document: document("appropriation"),
            level: AttestationLevel::Bank,
        };
        let signers = [&officers.administrator, &officers.approver, &officers.bank];
        self.pen.write(fund::CONTRACT, &signers, &call);
    }

    /// One milestone, from delivery to the bank's word; the providers take turns.
    fn payment(&mut self) {
        let provider = self.money.paid % COMMUNITIES;
        let (contract, milestone) = self.milestone(provider);
        let (money, pen) = (&mut self.money, &mut self.pen);
        let officers = money.officers.as_ref().expect("there from the beginning");
        money.paid += 1;
        let label = money.paid;
        let document = document(&format!("delivered {label}"));
        let call = Call::DeliverableSubmit { contract, milestone, document };
        pen.write(fund::CONTRACT, &[&officers.providers[provider as usize]], &call);
        let call = Call::AcceptanceSign { contract, milestone, document, accepted_bp: 10_000 };
        let [one, two] = &officers.acceptance;
        pen.write(fund::CONTRACT, &[one, two], &call);
        let terms = PaymentTerms {
            contract,
            kind: PaymentKind::Milestone(milestone),
            amount: MILESTONE,
            payee_account: bytes("account of the provider"),
            invoice: bytes(&format!("invoice {label}")),
        };
        let call = Call::PaymentRequest { terms: terms.clone() };
        let payment = pen.write(fund::CONTRACT, &[&officers.administrator], &call);
        let request_hash = request_hash(payment, &terms, 0);
        let call = Call::Approve { payment, request_hash };
        pen.write(fund::CONTRACT, &[&officers.approver], &call);
        let instruction = bytes(&format!("instruction {label}"));
        let call = Call::PaymentInstruct { payment, instruction };
        pen.write(fund::CONTRACT, &[&officers.treasurer], &call);
        let today = self.cast.genesis.time.day();
        let call = Call::BankConfirm {
            instruction,
            bank_reference: bytes(&format!("debit {label}")),
            value_date: Day(today.0 + self.day),
            amount: MILESTONE,
            payer_account: bytes("account of the fund"),
            payee_account: bytes("account of the provider"),
            receipt: document,
        };
        pen.write(fund::CONTRACT, &[&officers.bank], &call);
    }

    /// The next milestone of a provider; signs a contract where there is none left.
    fn milestone(&mut self, provider: u32) -> (RecordId, u32) {
        let (cast, money, pen) = (&self.cast, &mut self.money, &mut self.pen);
        let officers = money.officers.as_ref().expect("there from the beginning");
        let slot = &mut money.contracts[provider as usize];
        if let Some((contract, next)) = slot.as_mut().filter(|(_, next)| *next < MILESTONES) {
            let found = (*contract, *next);
            *next += 1;
            return found;
        }
        let today = cast.genesis.time.day().0 + self.day;
        let due = Day(today + 365);
        let terms = ContractTerms {
            number: format!("2026-{provider}-{}", money.paid),
            fund: money.fund,
            line: money.line,
            purchaser: cast.id(OFFICE),
            provider: cast.id(PROVIDERS + provider),
            catalogue: "A0301".into(),
            place: community(provider),
            beneficiaries: BeneficiaryClass::Elder,
            total: Fen(MILESTONE.0 * u64::from(MILESTONES)),
            advance_max: Fen(0),
            milestones: vec![MilestoneTerms { amount: MILESTONE, due }; MILESTONES as usize],
            from: Day(today),
            to: due,
            payee_account: bytes("account of the provider"),
            document: document("contract"),
        };
        let call = Call::ContractSign { terms };
        let signers = [&officers.purchaser, &officers.providers[provider as usize]];
        let contract = pen.write(fund::CONTRACT, &signers, &call);
        *slot = Some((contract, 1));
        (contract, 0)
    }
}
