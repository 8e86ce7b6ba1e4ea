//! This exists to put money into the demonstration: a fund, a budget in force, a contract to pay under.

use super::desk::{Desk, document};
use super::{BANK, DevError, FOUNDATION, OFFICE, PLACE, PROVIDER};
use linli_contracts::AnyCall;
use linli_contracts::fund::{
    AttestationLevel, BeneficiaryClass, Call, ContractTerms, EarmarkTerms, LineTerms, Listing,
    MilestoneTerms, SourceClass, budget_hash,
};
use linli_ledger::amount::Fen;
use linli_ledger::types::{Day, RecordId, derive_identifier};

const SERVICE: &str = "A01";

pub(super) fn set_up(desk: &mut Desk<'_>) -> Result<(), DevError> {
    let day = desk.genesis.time.day();
    let open = Call::FundOpen {
        name: "示例社区公益资金".into(),
        organisation: desk.organisation(OFFICE),
        scope: PLACE.into(),
        bank: desk.organisation(BANK),
        account: *document("account of the fund").bytes(),
    };
    let fund = desk.act(&AnyCall::Fund(open), &["administrator"])?;
    let fund = RecordId(derive_identifier(&fund, 0));
    let issue = issue(desk, fund, day);
    desk.act(&AnyCall::Fund(issue), &["administrator", "approver", "banker"])?;
    desk.list("fund", "示例社区公益资金 ¥200,000.00", fund);

    let item =
        Call::CatalogueItem {
            code: SERVICE.into(), name: "助餐".into(), listing: Listing::Listed
        };
    desk.act(&AnyCall::Fund(item), &["office", "regulator"])?;
    let lines = vec![LineTerms {
        code: "L1".into(),
        name: "助餐服务".into(),
        catalogue: SERVICE.into(),
        approved: Fen(5_000_000),
        resolution: None,
    }];
    let (year, ..) = day.civil();
    let budget_hash = budget_hash(fund, year, &lines);
    let draft = desk.act(&AnyCall::Fund(Call::BudgetDraft { fund, year, lines }), &["budget"])?;
    let budget = RecordId(derive_identifier(&draft, 0));
    desk.act(&AnyCall::Fund(Call::BudgetApprove { budget, budget_hash }), &["budget-2"])?;
    let terms = contract(desk, fund, RecordId(derive_identifier(&draft, 1)), day);
    let signed =
        desk.act(&AnyCall::Fund(Call::ContractSign { terms }), &["purchaser", "provider"])?;
    desk.list("contract", "示例合同 ¥10,000.00", RecordId(derive_identifier(&signed, 0)));
    Ok(())
}

fn issue(desk: &Desk<'_>, fund: RecordId, day: Day) -> Call {
    Call::SourceIssue {
        fund,
        amount: Fen(20_000_000),
        class: SourceClass::Foundation,
        donor: desk.organisation(FOUNDATION),
        earmark: EarmarkTerms {
            purposes: Vec::new(),
            places: Vec::new(),
            classes: Vec::new(),
            line: None,
            available_from: Day(0),
            lapse_on: None,
            excluded: Vec::new(),
        },
        bank_reference: *document("bank reference 1").bytes(),
        value_date: day,
        account: *document("account of the fund").bytes(),
        document: document("grant agreement"),
        level: AttestationLevel::Bank,
    }
}

fn contract(desk: &Desk<'_>, fund: RecordId, line: RecordId, day: Day) -> ContractTerms {
    ContractTerms {
        number: "演示-1".into(),
        fund,
        line,
        purchaser: desk.organisation(OFFICE),
        provider: desk.organisation(PROVIDER),
        catalogue: SERVICE.into(),
        place: PLACE.into(),
        beneficiaries: BeneficiaryClass::Elder,
        total: Fen(1_000_000),
        advance_max: Fen(300_000),
        milestones: vec![MilestoneTerms { amount: Fen(1_000_000), due: Day(day.0 + 30) }],
        from: day,
        to: Day(day.0 + 60),
        payee_account: *document("account of the provider").bytes(),
        document: document("contract"),
    }
}
