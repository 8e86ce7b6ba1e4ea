//! P5: rules and postings of the mix, without signatures and tree, against one `verify_strict`.
//! P11: a payment to its sources, and where the money of all sources lies, out of the state.

use crate::book;
use crate::measure::{Pairs, Scale, Target, is_wanted, processor};
use linli_contracts::fund::{PaymentState, reading};
use linli_contracts::rulebook;
use linli_ledger::contract::Rulebook;
use linli_ledger::execute::admit;
use linli_ledger::receipt::{Receipt, Subject};
use linli_ledger::state::State;
use linli_ledger::transaction::VerifiedTransaction;
use linli_ledger::types::{BlockTime, Compartment};
use linli_ledger::view::View;
use linli_tests::workload::{Batch, Certifier, Workload};
use rayon::prelude::*;

pub(crate) fn run(scale: Scale) {
    let transactions = scale.of(60_000) as usize;
    let rulebook = rulebook();
    let mut workload = Workload::of_size("bench P5", scale.of(60_000));
    let mut certifier = Certifier::new(&workload, &rulebook);
    let mut made = 0;
    while made < transactions {
        let batch = workload.next().expect("there is always more");
        made += batch.transactions.len();
        certifier.block(batch, &rulebook);
    }
    if is_wanted("P5") {
        eprintln!("P5: after {made} transactions, the rules of the next sixth");
        rules(&mut certifier, &mut workload, transactions / 6, &rulebook);
    }
    if is_wanted("P11") {
        trace(&certifier.state);
    }
}

/// A block's transactions on the state before it: those that do there what they do in the block,
/// which are all but the later steps of what happens within one block.
struct Part {
    state: State,
    time: BlockTime,
    transactions: Vec<VerifiedTransaction>,
}

impl Part {
    fn new(certifier: &mut Certifier, batch: Batch, rulebook: &Rulebook) -> Self {
        let state = certifier.state.clone();
        let time = batch.time;
        let verify = |one: &linli_ledger::transaction::SignedTransaction| {
            one.clone().verify(state.genesis()).expect("it is signed")
        };
        let all: Vec<_> = batch.transactions.par_iter().map(verify).collect();
        let (_, receipts) = certifier.block(batch, rulebook);
        let done =
            receipts.into_iter().filter(|one| matches!(one.subject, Subject::Transaction(_)));
        let same = |(one, real): &(VerifiedTransaction, Receipt)| {
            admit(&state, rulebook, one, time).is_ok_and(|tried| tried.outcome == real.outcome)
        };
        let transactions = all.into_iter().zip(done).filter(same).map(|(one, _)| one).collect();
        Self { state, time, transactions }
    }

    fn run(&self, rulebook: &Rulebook) {
        for one in &self.transactions {
            let _ = std::hint::black_box(admit(&self.state, rulebook, one, self.time));
        }
    }
}

fn rules(certifier: &mut Certifier, workload: &mut Workload, count: usize, rulebook: &Rulebook) {
    let (mut parts, mut made, mut kept) = (Vec::new(), 0, 0);
    while made < count {
        let batch = workload.next().expect("there is always more");
        made += batch.transactions.len();
        let part = Part::new(certifier, batch, rulebook);
        kept += part.transactions.len();
        parts.push(part);
    }
    eprintln!("  {kept} of {made} stand on their own");
    let each = 1e6 / f64::from(u32::try_from(kept).expect("few"));
    let signed: Vec<_> = parts
        .iter()
        .flat_map(|part| &part.transactions)
        .flat_map(|one| book::signatures(one.signed()))
        .take(10_000)
        .collect();
    let signature = 1e6 / f64::from(u32::try_from(signed.len()).expect("10 000"));
    let pairs = Pairs::measure(
        || each * processor(|| parts.iter().for_each(|part| part.run(rulebook))),
        || signature * processor(|| signed.iter().for_each(book::verify)),
    );
    pairs.print(&Target { name: "P5", goal: "<= 0.25", unit: "microseconds" });
}

fn trace(state: &State) {
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    let is_paid = |state: &PaymentState| matches!(state, PaymentState::Confirmed(_));
    let paid: Vec<_> = reading::payments(&view)
        .into_iter()
        .filter(|(_, payment)| is_paid(&payment.state))
        .map(|(id, _)| id)
        .collect();
    let sources = reading::sources(&view);
    eprintln!("P11: {} payments, {} sources", paid.len(), sources.len());
    let each = 1e3 / f64::from(u32::try_from(paid.len()).expect("few"));
    let unit = "milliseconds";
    let traced = || {
        for payment in &paid {
            let shares = reading::trace_payment(&view, *payment).expect("it is there");
            assert!(!shares.is_empty(), "paid money has a source");
        }
    };
    Pairs::measure(|| each * processor(traced), || 5.0).print(&Target {
        name: "P11 payment",
        goal: "<= 1",
        unit,
    });
    let flow = || {
        for (source, ..) in &sources {
            assert!(!reading::trace_source(&view, *source).is_empty(), "it lies somewhere");
        }
    };
    Pairs::measure(|| 1e3 * processor(flow), || 200.0).print(&Target {
        name: "P11 flow",
        goal: "<= 1",
        unit,
    });
}
