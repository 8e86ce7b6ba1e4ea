//! Whatever organisations propose, vote, end and leave waiting in whatever order, a naive model that knows
//! only the list of headers and a list of members says the same, and every set that takes effect could go
//! on with those alone who built one of the last blocks.

mod model;

use super::*;
use model::{Model, Naive};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What somebody does; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Propose { by: usize, changes: Vec<Naive> },
    Vote { by: usize, which: usize, approve: bool },
    Agree { which: usize },
    Withdraw { by: usize, which: usize },
    End { by: usize, which: usize },
    Wait { hours: u64 },
    Build { blocks: usize },
    Silence { which: usize },
    Speak,
}

fn change() -> impl Strategy<Value = Naive> {
    let (which, label, power) = (0..8_usize, 0..20_usize, 0..4_u64);
    prop_oneof![
        4 => (label.clone(), 0..5_usize, power.clone())
            .prop_map(|(label, organisation, power)| Naive::Join { label, organisation, power }),
        4 => which.clone().prop_map(|which| Naive::Leave { which }),
        3 => (which.clone(), label.clone()).prop_map(|(which, label)| Naive::Rotate { which, label }),
        2 => (which.clone(), power).prop_map(|(which, power)| Naive::Weigh { which, power }),
        1 => (label, 0..5_usize)
            .prop_map(|(label, organisation)| Naive::Watch { label, organisation }),
        2 => which.prop_map(|which| Naive::Cut { which }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (by, which) = (0..5_usize, 0..12_usize);
    prop_oneof![
        5 => (by.clone(), prop::collection::vec(change(), 1..4))
            .prop_map(|(by, changes)| Step::Propose { by, changes }),
        4 => (by.clone(), which.clone(), prop::bool::weighted(0.7))
            .prop_map(|(by, which, approve)| Step::Vote { by, which, approve }),
        6 => which.clone().prop_map(|which| Step::Agree { which }),
        4 => (by.clone(), which.clone()).prop_map(|(by, which)| Step::Withdraw { by, which }),
        1 => (by, which.clone()).prop_map(|(by, which)| Step::End { by, which }),
        5 => (1..80_u64).prop_map(|hours| Step::Wait { hours }),
        4 => (1..12_usize).prop_map(|blocks| Step::Build { blocks }),
        2 => which.prop_map(|which| Step::Silence { which }),
        1 => Just(Step::Speak),
    ]
}

/// The network and the model side by side.
struct Pair {
    network: Network,
    model: Model,
    codes: BTreeMap<Code, u32>,
}

impl Pair {
    fn new() -> Self {
        let parameters = vec![
            (Parameter::TimeLock.number(), DAY_MS),
            (Parameter::ProposalLife.number(), 4 * DAY_MS),
        ];
        let network = Network::with(&[1; 4], parameters);
        Self { network, model: Model::new(), codes: BTreeMap::new() }
    }

    /// Who builds is told to the model after the block, with its time.
    fn built(&mut self) {
        let label = self.model.label_of(&self.network.world.proposer);
        let time = self.network.world.state.tip().time;
        self.model.block_begins(time);
        self.model.built(label);
    }

    fn call(
        &mut self,
        by: usize,
        call: &Call,
        expected: impl FnOnce(&mut Model, RecordId) -> Option<Code>,
    ) {
        let actor = self.network.own_key(model::ORGANISATIONS[by]);
        self.network.turn();
        let label = self.model.label_of(&self.network.world.proposer);
        let receipt = self.network.world.submit(CONTRACT, &[&actor], call);
        self.model.block_begins(self.network.world.state.tip().time);
        let id = match receipt.subject {
            linli_ledger::receipt::Subject::Transaction(id) => {
                RecordId(linli_ledger::types::derive_identifier(&id, 0))
            }
            other => panic!("{other:?} is no transaction"),
        };
        let found = receipt.rejection().map(|no| no.code);
        assert_eq!(found, expected(&mut self.model, id), "{call:?}");
        if let Some(code) = found {
            *self.codes.entry(code).or_default() += 1;
        }
        self.model.built(label);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Propose { by, changes } => {
                let changes = self.model.spell(changes);
                let call = proposal(self.real(&changes));
                self.call(*by, &call, |model, id| model.propose(*by, id, changes));
            }
            Step::Vote { by, which, approve } => {
                let Some(id) = self.model.pick(*which) else { return };
                let call = self.network.ballot(id, *approve);
                self.call(*by, &call, |model, _| model.vote(*by, id, *approve));
            }
            Step::Agree { which } => {
                let Some(id) = self.model.pick(*which) else { return };
                for by in 0..4 {
                    let call = self.network.ballot(id, true);
                    self.call(by, &call, |model, _| model.vote(by, id, true));
                }
            }
            Step::Withdraw { by, which } => {
                let Some(id) = self.model.pick(*which) else { return };
                self.call(*by, &Call::Withdraw { proposal: id }, |model, _| {
                    model.withdraw(*by, id)
                });
            }
            Step::End { by, which } => {
                let Some(label) = self.model.pick_node(*which) else { return };
                let call = Call::NodeEnd { key: node(&label) };
                self.call(*by, &call, |model, _| model.end_node(*by, &label));
            }
            Step::Wait { hours } => self.network.world.advance(hours * HOUR_MS),
            Step::Build { blocks } => {
                for _ in 0..*blocks {
                    self.network.blocks(1);
                    self.built();
                }
            }
            Step::Silence { which } => {
                let keys = self.network.keys();
                let silent = keys.iter().filter(|key| self.network.silent.contains(*key)).count();
                if silent + 1 < keys.len() {
                    self.network.silent.insert(keys[which % keys.len()]);
                }
                let all = keys.iter().all(|key| self.network.silent.contains(key));
                if all {
                    self.network.silent.clear();
                }
            }
            Step::Speak => self.network.silent.clear(),
        }
        // Somebody has to build the next block.
        if self.network.keys().iter().all(|key| self.network.silent.contains(key)) {
            self.network.silent.clear();
        }
        self.compare();
    }

    /// The real changes for those that the model spells by labels.
    fn real(&self, changes: &[model::Spelt]) -> Vec<Change> {
        let key = |label: &String| validator(label).public();
        let organisation =
            |position: &usize| self.network.organisation(model::ORGANISATIONS[*position]);
        let real = |change: &model::Spelt| match change {
            model::Spelt::NodeAdd { label, organisation: by, observer } => Change::NodeAdd {
                organisation: organisation(by),
                key: node(label),
                node_role: if *observer { NodeRole::Observer } else { NodeRole::Validator },
            },
            model::Spelt::Add { label, organisation: by, power } => {
                let on = peer_identity(&node(label));
                Change::ValidatorAdd {
                    organisation: organisation(by),
                    key: key(label),
                    power: *power,
                    node: node(label),
                    proof: validator(label).sign_peer(&self.network.world.genesis.hash(), &on),
                }
            }
            model::Spelt::Remove { label } => Change::ValidatorRemove { key: key(label) },
            model::Spelt::Rotate { old, new, on } => self.network.rotating(old, new, on),
            model::Spelt::Power { label, power } => {
                Change::ValidatorPower { key: key(label), power: *power }
            }
            model::Spelt::NodeRemove { label } => Change::NodeRemove { key: node(label) },
        };
        changes.iter().map(real).collect()
    }

    fn compare(&mut self) {
        let set: Vec<_> =
            self.network.set().members().iter().map(|member| (member.key, member.power)).collect();
        let expected: Vec<_> = self
            .model
            .members
            .iter()
            .map(|member| (validator(&member.label).public(), member.power))
            .collect();
        assert_eq!(set, expected);
        let nodes: BTreeSet<_> =
            nodes::allowed(&self.network.world.state).into_iter().map(|(key, _)| key).collect();
        assert_eq!(nodes, self.model.nodes.keys().map(|label| node(label)).collect());
        for (id, proposal) in &self.model.proposals {
            let found = self.network.state(*id);
            let name = match &found {
                ProposalState::Open => "open",
                ProposalState::Accepted { at } => {
                    assert_eq!(Some(*at), proposal.effect_at);
                    "accepted"
                }
                ProposalState::Ended { end: End::Applied, .. } => "applied",
                ProposalState::Ended { end: End::Refused(no), .. } => {
                    assert_eq!(Some(no.code), proposal.refused);
                    "refused"
                }
                ProposalState::Ended { end: End::Withdrawn, .. } => "withdrawn",
                ProposalState::Ended { end: End::Expired, .. } => "expired",
            };
            assert_eq!(name, proposal.state, "{proposal:?}");
        }
        self.network.world.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_decided_the_chain_could_go_on(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(step);
        }
    }
}

#[test]
fn random_histories_reach_every_end_and_the_refusals_that_matter() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut codes, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..24 {
        let steps = prop::collection::vec(step(), 60).new_tree(&mut runner).unwrap().current();
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(step);
        }
        codes.extend(pair.codes.into_keys());
        ends.extend(pair.model.proposals.values().map(|proposal| proposal.state));
    }
    let wanted = ["open", "accepted", "applied", "refused", "withdrawn", "expired"];
    assert_eq!(ends, BTreeSet::from(wanted));
    for code in [
        Code::ValidatorQuorum,
        Code::GovernanceQuorum,
        Code::KeyExists,
        Code::NotFound,
        Code::AmountZero,
        Code::State,
        Code::Exists,
        Code::Role,
        Code::LastNode,
    ] {
        assert!(codes.contains(&code), "{code} was never met: {codes:?}");
    }
}
