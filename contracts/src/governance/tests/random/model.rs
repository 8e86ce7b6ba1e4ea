//! The naive model: lists of labels, no keys, no queue, no records. It goes through everything, always.

use super::super::{
    COMMITTEE, DONOR, OFFICE, PublicKey, REGULATOR, RecordId, VOLUNTEERS, validator,
};
use linli_ledger::code::Code;
use linli_ledger::types::{BlockTime, DAY_MS};
use std::collections::{BTreeMap, BTreeSet};

/// The organisations of the model by number; the last one does not govern.
pub(super) const ORGANISATIONS: [u32; 5] = [OFFICE, COMMITTEE, VOLUNTEERS, REGULATOR, DONOR];
const GOVERNING: usize = 4;
const THRESHOLD: usize = 3;

/// A change as it is thrown: numbers choose.
#[derive(Clone, Debug)]
pub(super) enum Naive {
    Join { label: usize, organisation: usize, power: u64 },
    Leave { which: usize },
    Rotate { which: usize, label: usize },
    Weigh { which: usize, power: u64 },
    Watch { label: usize, organisation: usize },
    Cut { which: usize },
}

/// A change by labels.
#[derive(Clone, Debug)]
pub(super) enum Spelt {
    NodeAdd { label: String, organisation: usize, observer: bool },
    Add { label: String, organisation: usize, power: u64 },
    Remove { label: String },
    Rotate { old: String, new: String, on: String },
    Power { label: String, power: u64 },
    NodeRemove { label: String },
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) label: String,
    pub(super) organisation: usize,
    pub(super) power: u64,
    /// The node on which it runs.
    pub(super) home: String,
}

#[derive(Clone, Debug)]
pub(super) struct Proposed {
    by: usize,
    changes: Vec<Spelt>,
    until: BlockTime,
    votes: BTreeMap<usize, bool>,
    pub(super) state: &'static str,
    pub(super) effect_at: Option<BlockTime>,
    pub(super) refused: Option<Code>,
}

/// Everything that the model knows.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) members: Vec<Member>,
    /// By label: who runs it, and whether only to watch.
    pub(super) nodes: BTreeMap<String, (usize, bool)>,
    /// Labels whose consensus key, and labels whose network key, were ever seen.
    seen: (BTreeSet<String>, BTreeSet<String>),
    /// Who built, block by block.
    headers: Vec<String>,
    now: BlockTime,
    pub(super) proposals: BTreeMap<RecordId, Proposed>,
    order: Vec<RecordId>,
}

/// The members as they would be.
struct Outcome {
    members: Vec<Member>,
    nodes: BTreeMap<String, (usize, bool)>,
    seen: (BTreeSet<String>, BTreeSet<String>),
}

impl Model {
    pub(super) fn new() -> Self {
        let labels: Vec<String> = (0..4).map(|n| format!("{n}")).collect();
        let member = |(organisation, label): (usize, &String)| Member {
            label: label.clone(),
            organisation,
            power: 1,
            home: label.clone(),
        };
        let seen: BTreeSet<_> = labels.iter().cloned().collect();
        Self {
            members: labels.iter().enumerate().map(member).collect(),
            nodes: labels
                .iter()
                .enumerate()
                .map(|(n, label)| (label.clone(), (n, false)))
                .collect(),
            seen: (seen.clone(), seen),
            headers: Vec::new(),
            now: BlockTime(0),
            proposals: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    pub(super) fn label_of(&self, key: &PublicKey) -> String {
        let found = self.members.iter().find(|member| validator(&member.label).public() == *key);
        found.expect("a member builds").label.clone()
    }

    pub(super) fn built(&mut self, label: String) {
        self.headers.push(label);
    }

    pub(super) fn pick(&self, which: usize) -> Option<RecordId> {
        // The latest ones are the ones that people talk about.
        let at = which.checked_rem(self.order.len())?;
        self.order.iter().rev().nth(at).copied()
    }

    pub(super) fn pick_node(&self, which: usize) -> Option<String> {
        let at = which.checked_rem(self.nodes.len())?;
        self.nodes.keys().nth(at).cloned()
    }

    pub(super) fn spell(&self, changes: &[Naive]) -> Vec<Spelt> {
        let label = |n: &usize| format!("{n}");
        let member = |which: &usize| self.members.get(*which);
        let name = |which: &usize| {
            member(which).map_or_else(|| "missing".into(), |member| member.label.clone())
        };
        changes
            .iter()
            .flat_map(|change| match change {
                Naive::Join { label: n, organisation, power } => vec![
                    Spelt::NodeAdd {
                        label: label(n),
                        organisation: *organisation,
                        observer: false,
                    },
                    Spelt::Add { label: label(n), organisation: *organisation, power: *power },
                ],
                Naive::Leave { which } => vec![Spelt::Remove { label: name(which) }],
                Naive::Rotate { which, label: n } => {
                    let on = member(which).map_or_else(|| "0".into(), |member| member.home.clone());
                    vec![Spelt::Rotate { old: name(which), new: label(n), on }]
                }
                Naive::Weigh { which, power } => {
                    vec![Spelt::Power { label: name(which), power: *power }]
                }
                Naive::Watch { label: n, organisation } => vec![Spelt::NodeAdd {
                    label: label(n),
                    organisation: *organisation,
                    observer: true,
                }],
                Naive::Cut { which } => vec![Spelt::NodeRemove {
                    label: self.pick_node(*which).unwrap_or_else(|| "missing".into()),
                }],
            })
            .collect()
    }

    /// What changes would come to now, or why not.
    fn work_out(&self, changes: &[Spelt]) -> Result<Outcome, Code> {
        let mut out = Outcome {
            members: self.members.clone(),
            nodes: self.nodes.clone(),
            seen: self.seen.clone(),
        };
        let mut homes = Vec::new();
        for change in changes {
            match change {
                Spelt::NodeAdd { label, organisation, observer } => {
                    fresh(&mut out.seen.1, label)?;
                    out.nodes.insert(label.clone(), (*organisation, *observer));
                }
                Spelt::Add { label, organisation, power } => {
                    (*power > 0).then_some(()).ok_or(Code::AmountZero)?;
                    fresh(&mut out.seen.0, label)?;
                    homes.push((label.clone(), *organisation));
                    out.members.push(Member {
                        label: label.clone(),
                        organisation: *organisation,
                        power: *power,
                        home: label.clone(),
                    });
                }
                Spelt::Remove { label } => {
                    let at = place(&out.members, label)?;
                    out.members.remove(at);
                }
                Spelt::Rotate { old, new, on } => {
                    let at = place(&out.members, old)?;
                    fresh(&mut out.seen.0, new)?;
                    homes.push((on.clone(), out.members[at].organisation));
                    out.members[at].label.clone_from(new);
                    out.members[at].home.clone_from(on);
                }
                Spelt::Power { label, power } => {
                    let at = place(&out.members, label)?;
                    (out.members[at].power != *power).then_some(()).ok_or(Code::State)?;
                    (*power > 0).then_some(()).ok_or(Code::AmountZero)?;
                    out.members[at].power = *power;
                }
                Spelt::NodeRemove { label } => {
                    out.nodes.remove(label).ok_or(Code::NotFound)?;
                }
            }
        }
        for (home, organisation) in homes {
            if out.nodes.get(&home) != Some(&(organisation, false)) {
                return Err(Code::NotFound);
            }
        }
        self.keeps_nodes(&out)?;
        let same = |a: &[Member], b: &[Member]| {
            let short = |members: &[Member]| -> Vec<_> {
                members.iter().map(|m| (m.label.clone(), m.organisation, m.power)).collect()
            };
            short(a) == short(b)
        };
        if !same(&out.members, &self.members) {
            self.goes_on(&out.members)?;
        }
        Ok(out)
    }

    fn keeps_nodes(&self, out: &Outcome) -> Result<(), Code> {
        let has = |nodes: &BTreeMap<String, (usize, bool)>, organisation: usize| {
            nodes.values().any(|(by, observer)| *by == organisation && !observer)
        };
        let lost = out.members.iter().any(|member| {
            has(&self.nodes, member.organisation) && !has(&out.nodes, member.organisation)
        });
        if lost { Err(Code::LastNode) } else { Ok(()) }
    }

    /// Whether those alone who built one of the last 4 · n blocks are more than two thirds.
    fn goes_on(&self, members: &[Member]) -> Result<(), Code> {
        let window = 4 * self.members.len();
        let heard: BTreeSet<_> = self.headers.iter().rev().take(window).collect();
        let whole: u64 = members.iter().map(|member| member.power).sum();
        let power: u64 =
            members.iter().filter(|m| heard.contains(&m.label)).map(|member| member.power).sum();
        if 3 * power > 2 * whole { Ok(()) } else { Err(Code::ValidatorQuorum) }
    }

    fn take(&mut self, out: Outcome) {
        self.members = out.members;
        self.nodes = out.nodes;
        self.seen = out.seen;
    }

    /// What falls due in a block of this time, as of the state before it.
    pub(super) fn block_begins(&mut self, time: BlockTime) {
        self.now = time;
        let due = |(id, proposal): (&RecordId, &Proposed)| match proposal.state {
            "open" => Some((proposal.until, 1, *id)),
            "accepted" => proposal.effect_at.map(|at| (at, 2, *id)),
            _ => None,
        };
        let mut items: Vec<_> =
            self.proposals.iter().filter_map(due).filter(|(at, ..)| *at <= time).collect();
        items.sort_unstable();
        for (_, kind, id) in items {
            let worked_out = self.work_out(&self.proposals[&id].changes);
            let (state, refused) = match (kind, worked_out) {
                (1, _) => ("expired", None),
                (_, Ok(out)) => {
                    self.take(out);
                    ("applied", None)
                }
                (_, Err(code)) => ("refused", Some(code)),
            };
            let proposal = self.proposals.get_mut(&id).unwrap();
            (proposal.state, proposal.refused) = (state, refused);
        }
    }

    pub(super) fn propose(&mut self, by: usize, id: RecordId, changes: Vec<Spelt>) -> Option<Code> {
        if by >= GOVERNING {
            return Some(Code::GovernanceQuorum);
        }
        let living = |p: &&Proposed| p.by == by && ["open", "accepted"].contains(&p.state);
        if self.proposals.values().filter(living).count() >= 16 {
            return Some(Code::PersonLimit);
        }
        if let Err(code) = self.work_out(&changes) {
            return Some(code);
        }
        let until = self.now.plus(4 * DAY_MS);
        let votes = BTreeMap::from([(by, true)]);
        let (state, effect_at, refused) = ("open", None, None);
        let proposed = Proposed { by, changes, until, votes, state, effect_at, refused };
        self.proposals.insert(id, proposed);
        self.order.push(id);
        None
    }

    pub(super) fn vote(&mut self, by: usize, id: RecordId, approve: bool) -> Option<Code> {
        if by >= GOVERNING {
            return Some(Code::GovernanceQuorum);
        }
        let mut proposal = self.proposals[&id].clone();
        if !["open", "accepted"].contains(&proposal.state) {
            return Some(Code::State);
        }
        let over = if proposal.state == "open" { Some(proposal.until) } else { proposal.effect_at };
        if over.unwrap() <= self.now {
            return Some(Code::Deadline);
        }
        if proposal.votes.insert(by, approve) == Some(approve) {
            return Some(Code::Exists);
        }
        let enough = proposal.votes.values().filter(|yes| **yes).count() >= THRESHOLD;
        match (proposal.state, enough) {
            ("open", true) => {
                if let Err(code) = self.work_out(&proposal.changes) {
                    return Some(code);
                }
                proposal.effect_at = Some(self.now.plus(DAY_MS));
                proposal.state = "accepted";
            }
            ("accepted", false) => proposal.state = "open",
            _ => {}
        }
        self.proposals.insert(id, proposal);
        None
    }

    pub(super) fn withdraw(&mut self, by: usize, id: RecordId) -> Option<Code> {
        if by >= GOVERNING {
            return Some(Code::GovernanceQuorum);
        }
        let now = self.now;
        let proposal = self.proposals.get_mut(&id).unwrap();
        let over = if proposal.state == "open" { Some(proposal.until) } else { proposal.effect_at };
        match proposal.state {
            "open" | "accepted" if over.unwrap() <= now => Some(Code::Deadline),
            "open" | "accepted" if proposal.by != by => Some(Code::Role),
            "open" => {
                proposal.state = "withdrawn";
                None
            }
            _ => Some(Code::State),
        }
    }

    pub(super) fn end_node(&mut self, by: usize, label: &str) -> Option<Code> {
        let Some((owner, _)) = self.nodes.get(label).copied() else { return Some(Code::NotFound) };
        if owner != by {
            return Some(Code::Role);
        }
        let mut out = Outcome {
            members: self.members.clone(),
            nodes: self.nodes.clone(),
            seen: self.seen.clone(),
        };
        out.nodes.remove(label);
        if let Err(code) = self.keeps_nodes(&out) {
            return Some(code);
        }
        self.take(out);
        None
    }
}

fn fresh(seen: &mut BTreeSet<String>, label: &str) -> Result<(), Code> {
    if seen.insert(label.into()) { Ok(()) } else { Err(Code::KeyExists) }
}

fn place(members: &[Member], label: &str) -> Result<usize, Code> {
    members.iter().position(|member| member.label == label).ok_or(Code::NotFound)
}
