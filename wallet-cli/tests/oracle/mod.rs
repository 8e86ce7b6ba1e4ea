//! This exists to be a second opinion on where money is: a map of intervals that follows the movements of a
//! chain one by one and believes none of them. It shares no line with the ledger's traces.

mod traces;

pub(crate) use traces::check;

use std::collections::{BTreeMap, BTreeSet};

/// An account, by its identifier.
pub(crate) type Account = [u8; 32];

/// Fen of one source from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) source: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Run {
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.source == other.source && self.start < other.end && other.start < self.end
    }
}

/// One movement, as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The transaction; nothing where something fell due.
    pub(crate) transaction: Option<[u8; 32]>,
    pub(crate) from: Account,
    pub(crate) to: Account,
    pub(crate) runs: Vec<Run>,
}

/// Where every fen lies, and where it was issued.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// By source and first fen: one past the last fen, and the account.
    runs: BTreeMap<(u32, u64), (u64, Account)>,
}

impl Places {
    /// After all of some steps.
    ///
    /// # Errors
    /// What is wrong with the first step that cannot be.
    pub(crate) fn after(steps: &[Step]) -> Result<Self, String> {
        let mut places = Self::default();
        for (number, step) in steps.iter().enumerate() {
            places.follow(step).map_err(|wrong| format!("step {number}: {wrong}"))?;
        }
        Ok(places)
    }

    fn follow(&mut self, step: &Step) -> Result<(), String> {
        if step.runs.is_empty() {
            return Err("it moves nothing".to_owned());
        }
        for run in &step.runs {
            if run.start >= run.end {
                return Err(format!("{run:?} is empty"));
            }
            let is_new = self.runs.range((run.source, 0)..=(run.source, u64::MAX)).next().is_none();
            if is_new {
                // A source is issued whole, from its first fen on, each number once, in order.
                let before = self.runs.keys().map(|(source, _)| *source).max();
                let number = before.map_or(run.source, |last| last + 1);
                if run.start != 0 || run.source != number {
                    return Err(format!("{run:?} was never issued"));
                }
                self.runs.insert((run.source, 0), (run.end, step.to));
            } else {
                self.carry(run, step.from, step.to)?;
            }
        }
        Ok(())
    }

    fn carry(&mut self, run: &Run, from: Account, to: Account) -> Result<(), String> {
        self.cut(run.source, run.start);
        self.cut(run.source, run.end);
        let mut next = run.start;
        while next < run.end {
            let Some((end, account)) = self.runs.get_mut(&(run.source, next)) else {
                return Err(format!("fen {next} of {run:?} is nowhere"));
            };
            if *account != from {
                return Err(format!("fen {next} of {run:?} does not lie where it is taken from"));
            }
            *account = to;
            next = *end;
        }
        Ok(())
    }

    /// Makes a boundary before a fen.
    fn cut(&mut self, source: u32, at: u64) {
        let before = self.runs.range((source, 0)..(source, at)).next_back();
        let Some((&(_, start), &(end, account))) = before else { return };
        if end > at {
            self.runs.insert((source, start), (at, account));
            self.runs.insert((source, at), (end, account));
        }
    }

    /// Where the fen of a source lie, in order, neighbours in one account joined.
    pub(crate) fn of_source(&self, source: u32) -> Vec<(Run, Account)> {
        let mut found: Vec<(Run, Account)> = Vec::new();
        for ((_, start), (end, account)) in self.runs.range((source, 0)..=(source, u64::MAX)) {
            match found.last_mut() {
                Some((run, before)) if before == account => run.end = *end,
                _ => found.push((Run { source, start: *start, end: *end }, *account)),
            }
        }
        found
    }

    /// How many fen a source has.
    pub(crate) fn issued(&self, source: u32) -> u64 {
        self.of_source(source).last().map_or(0, |(run, _)| run.end)
    }
}

/// Runs sorted, neighbours joined.
pub(crate) fn joined(runs: impl IntoIterator<Item = Run>) -> Vec<Run> {
    let sorted: BTreeSet<Run> = runs.into_iter().collect();
    let mut joined: Vec<Run> = Vec::new();
    for run in sorted {
        match joined.last_mut() {
            Some(last) if last.source == run.source && last.end == run.start => last.end = run.end,
            _ => joined.push(run),
        }
    }
    joined
}

/// The last step that takes fen out of an account.
pub(crate) fn last_out_of<'a>(steps: &'a [Step], account: &Account) -> Option<&'a Step> {
    steps.iter().rev().find(|step| step.from == *account)
}

/// The positions of the steps that move any of these fen.
pub(crate) fn touching(steps: &[Step], runs: &[Run]) -> Vec<usize> {
    let touches = |step: &Step| step.runs.iter().any(|run| runs.iter().any(|own| own.meets(run)));
    (0..steps.len()).filter(|position| touches(&steps[*position])).collect()
}
