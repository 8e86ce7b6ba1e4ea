//! This exists to state what the invariants of governance notice as facts.

use super::*;
use crate::governance::records::{Ballot, OpenProposal};
use linli_ledger::types::BlockTime;

type Harm = fn(&mut View<'_>);

fn alter(view: &mut View<'_>, change: impl FnOnce(&mut Proposal)) {
    let (id, mut proposal) = view.range::<Proposal>(&(), 1).remove(0);
    change(&mut proposal);
    view.put(&id, &proposal);
}

#[test]
fn the_invariants_notice_what_no_call_would_do() {
    let cases: [(&str, Harm); 8] = [
        ("INV-G11", |view| {
            let record = Node {
                organisation: OrganisationId([7; 32]),
                role: NodeRole::Observer,
                since: BlockTime(0),
            };
            view.put(&node("nobody's"), &record);
        }),
        ("INV-G11", |view| members::end_node(view, &node("0")).unwrap()),
        ("INV-G11", |view| {
            let mut record = view.get::<Node>(&node("0")).unwrap();
            record.organisation = view.get::<Node>(&node("1")).unwrap().organisation;
            view.put(&node("0"), &record);
        }),
        ("INV-G12", |view| {
            alter(view, |proposal| {
                proposal.state = ProposalState::Accepted { at: BlockTime(u64::MAX) }
            });
        }),
        ("INV-G12", |view| {
            alter(view, |proposal| {
                for n in 0..2 {
                    let organisation = proposal.organisation;
                    let (persons, approve) = (Vec::new(), n == 0);
                    proposal.ballots.push(Ballot { organisation, persons, approve });
                }
            });
        }),
        ("INV-G12", |view| {
            alter(view, |proposal| {
                proposal.state = ProposalState::Ended {
                    height: linli_ledger::types::Height(1),
                    end: End::Expired,
                }
            });
        }),
        ("INV-G12", |view| {
            let (key, OpenProposal) = view.range::<OpenProposal>(&(), 1).remove(0);
            view.remove::<OpenProposal>(&key);
        }),
        ("INV-G12", |view| {
            view.put(&(OrganisationId([7; 32]), RecordId([7; 32])), &OpenProposal);
        }),
    ];
    for (position, (name, harm)) in cases.into_iter().enumerate() {
        let mut network = Network::new();
        network.blocks(4);
        network.propose(OFFICE, vec![network.new_node("watch", DONOR, NodeRole::Observer)]);
        network.world.check();
        let office = network.own_key(OFFICE);
        let world = network.world.harmed(Governance, &office, move |view, _| harm(view));
        let found = Governance.invariants(&world.view()).unwrap_err();
        assert_eq!(found.name, name, "case {position}");
    }
}
