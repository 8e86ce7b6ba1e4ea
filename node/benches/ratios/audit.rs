//! P1: an offline audit, everything checked, against a bare parallel loop over the same signatures.

use crate::book::{self, Signed};
use crate::measure::{Pairs, Scale, Target, Time};
use linli_contracts::rulebook;
use linli_ledger::block::BlockTransaction;
use linli_ledger::frame::Frame;
use linli_tests::workload::{Workload, chain};

pub(crate) fn run(scale: Scale) {
    let transactions = scale.of(120_000);
    eprintln!("P1: a chain of {transactions} transactions");
    let rulebook = rulebook();
    let mut workload = Workload::of_size("bench P1", transactions);
    let genesis = workload.genesis().hash();
    let (bytes, head) = chain(&mut workload, transactions as usize, &rulebook);
    let signed = signatures(&bytes);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("0000000000.chain");
    std::fs::write(&file, &bytes).expect("there is room");
    drop(bytes);
    let count = f64::from(u32::try_from(signed.len()).expect("a few hundred thousand"));
    eprintln!("  {count} signatures");
    let audit = || {
        let audited =
            linli_verify::audit(&file, &rulebook, Some(&genesis), Some(&head), &mut |_, _| {});
        let (report, _) = audited.expect("a good chain");
        assert_eq!(report.signatures, signed.len() as u64);
    };
    let (wall, processors) =
        Pairs::rates(|| count, || Time::of(audit), || Time::of(|| book::verify_all(&signed)));
    let goal = ">= 0.65";
    wall.print(&Target { name: "P1", goal, unit: "signatures per second" });
    let unit = "signatures per processor second";
    processors.print(&Target { name: "P1 processors", goal, unit });
}

fn signatures(bytes: &[u8]) -> Vec<Signed> {
    let (mut rest, mut signed) = (bytes, Vec::new());
    while let Some(frame) = Frame::take(&mut rest).expect("a good chain") {
        let Frame::Block(committed) = frame else { continue };
        for transaction in committed.block.transactions {
            match transaction {
                BlockTransaction::Full(full) => signed.extend(book::signatures(&full)),
                BlockTransaction::Withheld(_) => unreachable!("nobody withheld anything"),
            }
        }
    }
    signed
}
