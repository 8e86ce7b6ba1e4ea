//! This exists to run an office's files through a real ledger: import, commit block by block, verify,
//! and say what came of it.
//!
//! Each batch of the plan is exactly one block, so the height says how far a run has come: a run that
//! was killed goes on where it stopped, and a finished one only says its result again.

mod ahead;
#[cfg(test)]
mod everywhere;
mod outcomes;

use crate::cli::RunArguments;
use crate::failure::Failure;
use crate::import::{self, Batch, Plan};
use crate::naming::Naming;
use crate::progress::Bar;
use crate::report;
use crate::summary::{Moved, Summary};
use ahead::Ahead;
use linli_ledger::code::Code;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::hash::Digest;
use linli_node::storage::SyncObserver;
use linli_node::{Node, Options};
use linli_verify::{Language, Output, Said};
use outcomes::{Outcomes, candidates};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where ledgers lie if nobody says otherwise.
pub(crate) const LEDGERS: &str = ".linli";

/// Runs `linli run`.
pub(crate) fn command(
    arguments: &RunArguments,
    language: Language,
    output: Output,
    bar: &mut Bar,
) -> Said {
    let finished = run(arguments, language, bar);
    bar.finish();
    let summary = match finished {
        Ok(summary) => summary,
        Err(failure) => return failure.said(language, output),
    };
    if let Some(path) = &arguments.report {
        let written = report::html(&summary)
            .map_err(|error| error.to_string())
            .and_then(|page| fs::write(path, page).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let detail = format!("{}: {error}", path.display());
            return Failure::new(Code::Storage, detail).said(language, output);
        }
    }
    let text = match output {
        Output::Json => report::json(&summary),
        Output::Table => {
            let mut text = report::text(&summary, language);
            text.push_str(&report::next(&summary, &folder(arguments), language));
            text
        }
    };
    Said { output: text, error: String::new(), exit: 0 }
}

fn folder(arguments: &RunArguments) -> PathBuf {
    arguments.dir.clone().unwrap_or_else(|| default_folder(&arguments.input))
}

/// Where the ledger of an input lies if nobody says otherwise.
fn default_folder(input: &Path) -> PathBuf {
    let name = input.canonicalize().ok().and_then(|path| path.file_name().map(ToOwned::to_owned));
    Path::new(LEDGERS).join(name.unwrap_or_else(|| "input".into()))
}

fn run(arguments: &RunArguments, language: Language, bar: &mut Bar) -> Result<Summary, Failure> {
    bar.say(language.pick("读取", "reading"));
    let plan = import::plan(&import::read(&arguments.input)?)?;
    let folder = folder(arguments);
    claim(&folder, &plan)?;
    bar.say(language.pick("记账", "committing"));
    let batches = import::batches(plan.genesis.time, &plan.steps);
    let (outcomes, head) = commit(&folder, &plan, &batches, bar)?;
    bar.say(language.pick("核对", "verifying"));
    let genesis = plan.genesis.hash();
    let mut moved = Moved::default();
    let (audit, state) = linli_verify::audit_receipts(
        &folder,
        &linli_contracts::rulebook(),
        Some(&genesis),
        Some(&head),
        &mut |done, total| bar.set(done, total),
        &mut |receipts| moved.note(receipts),
    )?;
    let naming = Naming::of(&plan.names, &state);
    naming
        .save(&folder)
        .and_then(|()| plan.names.donations.save(&folder))
        .map_err(|error| Failure::new(Code::Storage, error))?;
    Ok(Summary::new(&plan, &outcomes, &naming, audit, &state, &moved))
}

/// Refuses a folder that was made from other input; marks a new one as this input's.
fn claim(folder: &Path, plan: &Plan) -> Result<(), Failure> {
    let storage = |error: std::io::Error| Failure::new(Code::Storage, error);
    let own = folder.join("node");
    fs::create_dir_all(&own).map_err(storage)?;
    let mark = own.join("input");
    let text = format!("{}\n", plan.input.to_hex());
    match fs::read_to_string(&mark) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => Err(Failure::new(Code::OtherInput, folder.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if folder.join("chain").exists() {
                return Err(Failure::new(Code::OtherInput, folder.display()));
            }
            // All or nothing: a mark that was torn would look like other input for ever.
            let new = own.join("input.new");
            let mut file = fs::File::create(&new).map_err(storage)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(storage)?;
            fs::rename(&new, &mark).map_err(storage)
        }
        Err(error) => Err(storage(error)),
    }
}

fn commit(
    folder: &Path,
    plan: &Plan,
    batches: &[Batch<'_>],
    bar: &mut Bar,
) -> Result<(Vec<Option<Code>>, Digest), Failure> {
    let mut outcomes = Outcomes::new(batches);
    let options = Options {
        folder: folder.to_owned(),
        genesis: plan.genesis.clone(),
        rulebook: Arc::new(linli_contracts::rulebook()),
        validator: ConsensusKey::demonstration(plan.seed.as_bytes(), "validator"),
        synced: SyncObserver::default(),
    };
    let mut node = Node::open(options, &mut outcomes)?;
    if outcomes.is_other {
        return Err(Failure::new(Code::OtherInput, folder.display()));
    }
    let done = usize::try_from(node.state().tip().height.0).unwrap_or(usize::MAX);
    let rest = batches.get(done..).unwrap_or_default();
    let total = plan.steps.len() as u64;
    let mut committed = total - rest.iter().map(|batch| batch.steps.len() as u64).sum::<u64>();
    ahead::of_batches(rest, plan.genesis.hash(), |ready| {
        for ((index, batch), ahead) in (done..).zip(rest).zip(ready) {
            let result = commit_batch(&mut node, batch, ahead);
            outcomes.note(index, result?);
            committed += batch.steps.len() as u64;
            bar.set(committed, total);
        }
        Ok::<_, Failure>(())
    })?;
    let head = node.state().tip().hash.0;
    node.stop();
    Ok((outcomes.codes, head))
}

fn commit_batch(
    node: &mut Node,
    batch: &Batch<'_>,
    ahead: Vec<Ahead>,
) -> Result<Vec<Option<Code>>, Failure> {
    let candidates = candidates(batch, ahead, &node.state());
    let transactions = candidates.iter().filter_map(|c| c.as_ref().ok().cloned()).collect();
    let committed = node.commit(linli_node::Batch { time: batch.time, transactions })?;
    Ok(outcomes::codes(&candidates, &committed.refused, &committed.receipts))
}
