//! This exists to state what the invariants about money notice as facts.

use super::money_late::{credit, resolve};
use super::performance::{evaluator, select, sign, submit};
use super::story::{Story, bytes, free, seg};
use crate::fund::reading::every;
use crate::fund::records::{
    ActiveContract, Clawback, Evaluation, FiscalYear, Frozen, OpenSuspense, Payment, PaymentReturn,
    Reclassification, Reversal, ServiceContract, SourceBatch, Unanswered,
};
use crate::fund::{CONTRACT, Call, Entry, Funds, PaymentKind, Signatory, SourceClass};
use crate::testing::{DONOR, document};
use linli_ledger::amount::Fen;
use linli_ledger::contract::Contract;
use linli_ledger::record::Record;
use linli_ledger::types::{PersonId, RecordId, SourceId};
use linli_ledger::view::View;

type Harm = fn(&mut View<'_>);

/// Changes the first record of a kind.
fn alter<R: Record>(view: &mut View<'_>, change: impl FnOnce(&mut R)) {
    let (id, mut record) = every::<R>(view, &()).remove(0);
    change(&mut record);
    view.put(&id, &record);
}

fn take_away<R: Record>(view: &mut View<'_>) {
    let (id, _) = every::<R>(view, &()).remove(0);
    view.remove::<R>(&id);
}

/// A fund in which everything has happened once.
fn eventful() -> Story {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::DesignatedDonation, free());
    story.issue(1_000_000, SourceClass::Fiscal, free());
    let [maker, approver, bank, buyer, treasurer] = [
        &story.administrator,
        &story.approver_one,
        &story.bank,
        &story.purchaser,
        &story.treasurer,
    ]
    .map(Clone::clone);
    let donor = story.world.organisation_actor(DONOR);
    let earmark = super::story::elder();
    let (source, start, document) = (SourceId(0), 0, document("agreement"));
    let call = Call::Reclassify { source, start, amount: Fen(1_000), earmark, document };
    story.world.apply(CONTRACT, &[&maker, &donor], &call);
    let contract = sign(&mut story, 600_000, 300_000, 100_000);
    let (third, key) = evaluator(&mut story, "third");
    story.world.apply(CONTRACT, &[&buyer], &select(contract, third));
    story.accept(contract, 0, 10_000);
    let paid = story.pay(contract, PaymentKind::Milestone(0), 500_000, "1");
    story.world.apply(CONTRACT, &[&key], &submit(contract, &[(10_000, 8_600)]));
    let call = Call::BankReturn {
        instruction: bytes("1"),
        amount: Fen(1_000),
        bank_reference: bytes("returned"),
        value_date: story.world.now.day(),
        receipt: document,
    };
    story.world.apply(CONTRACT, &[&bank], &call);
    let call = Call::ClawbackOrder { contract, amount: Fen(500), finding: document };
    let order = RecordId(story.world.apply(CONTRACT, &[&buyer], &call));
    let call = Call::Refund {
        order,
        amount: Fen(200),
        bank_reference: bytes("refund"),
        value_date: story.world.now.day(),
        account: bytes("account of the fund"),
        receipt: document,
    };
    story.world.apply(CONTRACT, &[&bank], &call);
    for label in ["unknown 1", "unknown 2"] {
        let call = credit(&story, 700, label);
        story.world.apply(CONTRACT, &[&treasurer, &bank], &call);
    }
    let call = resolve(&story, SourceId(2));
    story.world.apply(CONTRACT, &[&maker, &approver], &call);
    let call = Call::Reverse { entry: Entry::Source(SourceId(2)), reason: document };
    story.world.apply(CONTRACT, &[&maker, &approver, &bank], &call);
    assert_eq!(story.payment(paid).segments.len(), 1);
    assert_eq!(story.held(story.payee(contract)), vec![seg(1, 0, 498_800)]);
    story.world.check();
    story
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each way to break something")]
fn the_invariants_notice_what_no_call_would_do() {
    let cases: [(&str, Harm); 16] = [
        ("INV-M5", |view| take_away::<Reclassification>(view)),
        ("INV-M5", |view| {
            let batch = SourceBatch { donations: 1_001, root: document("root") };
            view.put(&SourceId(0), &batch);
        }),
        ("INV-M6", |view| take_away::<OpenSuspense>(view)),
        ("INV-M8", |view| take_away::<ActiveContract>(view)),
        ("INV-M9", |view| alter(view, |back: &mut PaymentReturn| back.segments.clear())),
        ("INV-M9", |view| {
            let (id, payment) = every::<Payment>(view, &()).remove(0);
            let contract = view.get::<ServiceContract>(&payment.terms.contract).unwrap();
            let at = payment.state.instruction().unwrap().at;
            view.put(&(contract.terms.fund, at, id), &Unanswered);
        }),
        ("INV-M11", |view| {
            alter(view, |reversal: &mut Reversal| {
                reversal.entry = Entry::Reversal(RecordId([7; 32]));
            });
        }),
        ("INV-M11", |view| {
            alter(view, |payment: &mut Payment| payment.reversed = Some(RecordId([7; 32])));
        }),
        ("INV-M12", |view| alter(view, |order: &mut Clawback| order.refunded = Fen(201))),
        ("INV-M12", |view| {
            alter(view, |contract: &mut ServiceContract| contract.claimed_back = Fen(301));
        }),
        ("INV-M13", |view| {
            alter(view, |contract: &mut ServiceContract| contract.withheld.linked_claimed = Fen(1));
        }),
        ("INV-M15", |view| {
            let (_, contract) = every::<ServiceContract>(view, &()).remove(0);
            let by = [1, 2, 3].map(|n| Signatory { person: PersonId([n; 32]) });
            let closed = FiscalYear {
                at: view.now(),
                trial_balance: document("balance"),
                statements: document("statements"),
                by,
                last_source: None,
                carried: Fen::ZERO,
                lapsed: Fen::ZERO,
                done: true,
            };
            view.put(&(contract.terms.fund, 2026), &closed);
        }),
        ("INV-G4", |view| {
            alter(view, |evaluation: &mut Evaluation| {
                evaluation.verdict.as_mut().unwrap().factor_bp = 10_000;
            });
        }),
        ("INV-G4", |view| {
            let (_, contract) = every::<ServiceContract>(view, &()).remove(0);
            let provider = contract.terms.provider;
            alter(view, |evaluation: &mut Evaluation| evaluation.evaluator = provider);
        }),
        ("INV-G10", |view| {
            let by = Signatory { person: PersonId([7; 32]) };
            let frozen = Frozen { order: document("order"), by, at: view.now() };
            view.put(&RecordId([7; 32]), &frozen);
        }),
        ("INV-G4", |view| {
            alter(view, |contract: &mut ServiceContract| {
                contract.withheld.earned = Some(Fen(300_000));
            });
        }),
    ];
    let story = eventful();
    for (position, (name, harm)) in cases.into_iter().enumerate() {
        let world = story.world.harmed(Funds, &story.administrator, move |view, _| harm(view));
        let found = Funds.invariants(&world.view()).unwrap_err().name;
        assert_eq!(found, name, "case {position}");
    }
}
