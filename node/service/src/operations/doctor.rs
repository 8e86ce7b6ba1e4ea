//! This exists to look for what will trouble a node before it does: room, clock, permissions, locks,
//! snapshots, the second place of the tip.

use super::status::{Status, status};
use super::{OperationError, disk};
use crate::config::Network;
use crate::config::Settings;
use crate::founding::keys::ORGANISATION_KEY;
use crate::key_file::{self, AtRest};
use linli_ledger::genesis::Clock;
use linli_ledger::types::Height;
use linli_node::chain_file::known_tip;
use linli_node::storage::Folder;
use linli_node::{Blocks, SNAPSHOTS, Snapshots};
use std::path::Path;

/// How serious something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Good,
    /// The node runs, but somebody should look.
    Warning,
    /// The node does not start, or must not.
    Bad,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable name of the check, for programs.
    pub check: &'static str,
    /// How serious it is.
    pub grade: Grade,
    /// What was found, in Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
}

fn found(check: &'static str, grade: Grade, chinese: String, english: String) -> Finding {
    Finding { check, grade, chinese, english }
}

/// Checks a node by its settings; changes nothing.
///
/// # Errors
/// As [`status`]: without a chain there is nothing to look at.
pub fn examine(settings: &Settings) -> Result<Vec<Finding>, OperationError> {
    let folder = &settings.folder;
    let now = status(folder)?;
    let mut findings = vec![room(settings, &now), clock(&now)];
    findings.extend(keys(settings));
    findings.extend(left_behind(folder));
    findings.push(network(settings, &now));
    findings.push(lock(&now));
    findings.push(tip(folder, &now)?);
    findings.push(snapshots(folder, &now)?);
    Ok(findings)
}

fn room(settings: &Settings, now: &Status) -> Finding {
    const MEBIBYTE: u64 = 1024 * 1024;
    let Some(room) = now.room else {
        let english = "the system does not say how much room there is".to_owned();
        return found("room", Grade::Warning, "系统没有说明磁盘剩余空间".to_owned(), english);
    };
    let grade = if room < settings.reserve_bytes {
        Grade::Bad
    } else if room < settings.reserve_bytes.saturating_mul(16) {
        Grade::Warning
    } else {
        Grade::Good
    };
    let free = room / MEBIBYTE;
    let least = settings.reserve_bytes / MEBIBYTE;
    found(
        "room",
        grade,
        format!("磁盘剩余 {free} MiB，低于 {least} MiB 就停止接收"),
        format!("{free} MiB free on the disk; below {least} MiB nothing new is taken"),
    )
}

fn clock(now: &Status) -> Finding {
    let ahead = now.head.2.0.saturating_sub(linli_node::milliseconds_since_epoch());
    match (now.genesis.clock, ahead) {
        (Clock::Data, _) => found(
            "clock",
            Grade::Good,
            "这本账用的是资料里的时间".to_owned(),
            "this chain takes its times from data".to_owned(),
        ),
        (Clock::Real, 0) => found(
            "clock",
            Grade::Good,
            "时钟在最新区块之后".to_owned(),
            "the clock is after the last block".to_owned(),
        ),
        (Clock::Real, ahead) => found(
            "clock",
            if ahead > 2_000 { Grade::Bad } else { Grade::Warning },
            format!("时钟比最新区块慢 {ahead} 毫秒，请先校准"),
            format!("the clock is {ahead} ms behind the last block; set it right first"),
        ),
    }
}

fn keys(settings: &Settings) -> Vec<Finding> {
    let files = [("key", &settings.validator_key), ("network_key", &settings.network_key)];
    let named = files.into_iter().filter_map(|(check, path)| Some((check, path.as_ref()?)));
    let found_keys: Vec<_> =
        named.map(|(check, path)| key(check, path, settings.network)).collect();
    if found_keys.is_empty() {
        return vec![found(
            "key",
            Grade::Good,
            "没有设验证节点密钥，只供查看".to_owned(),
            "no validator key: the chain is only shown".to_owned(),
        )];
    }
    found_keys
}

/// The key of the organisation pays and governs; a machine that answers strangers is no place for it.
fn left_behind(folder: &Path) -> Option<Finding> {
    let path = folder.join(ORGANISATION_KEY);
    let shown = path.display();
    path.exists().then(|| {
        found(
            "organisation_key",
            Grade::Warning,
            format!("单位密钥还在节点上，请移到办公用的电脑：{shown}"),
            format!("the organisation's key is still on the node, move it to the office's machine: {shown}"),
        )
    })
}

fn key(check: &'static str, path: &Path, network: Network) -> Finding {
    match (key_file::at_rest(path), network) {
        (Ok(AtRest::Sealed), _) => found(
            check,
            Grade::Good,
            "密钥文件有口令保护，只有本用户能读".to_owned(),
            "the key file is sealed, and only its owner reads it".to_owned(),
        ),
        (Ok(AtRest::Plain), Network::Demonstration) => found(
            check,
            Grade::Good,
            "密钥文件没有口令保护，演示可以，正式网络不行".to_owned(),
            "the key file is not sealed: good for a demonstration, not for a real network"
                .to_owned(),
        ),
        (Ok(AtRest::Plain), Network::Real) => found(
            check,
            Grade::Bad,
            "密钥文件没有口令保护，正式网络不接受".to_owned(),
            "the key file is not sealed, which a real network refuses".to_owned(),
        ),
        (Err(error), _) => found(check, Grade::Bad, error.to_string(), error.to_string()),
    }
}

fn network(settings: &Settings, now: &Status) -> Finding {
    let (grade, chinese, english) = if settings.admits(&now.genesis) {
        (Grade::Good, "密钥类型与网络设置相符", "the kind of keys suits the network")
    } else {
        (Grade::Bad, "演示密钥不能用于正式网络", "demonstration keys are refused on a real network")
    };
    found("network", grade, chinese.to_owned(), english.to_owned())
}

fn lock(now: &Status) -> Finding {
    let (chinese, english) = if now.is_running {
        ("有一个节点正在使用这个文件夹", "a node is using this folder")
    } else {
        ("没有节点在使用这个文件夹", "no node is using this folder")
    };
    found("lock", Grade::Good, chinese.to_owned(), english.to_owned())
}

fn tip(folder: &Path, now: &Status) -> Result<Finding, OperationError> {
    let node = folder.join("node");
    if !node.is_dir() {
        return Ok(found(
            "tip",
            Grade::Warning,
            "没有最新区块的第二份记录（刚恢复的账本是这样）".to_owned(),
            "there is no second record of the last block, as after a restore".to_owned(),
        ));
    }
    let known = known_tip(&Folder::create(&node).map_err(disk(&node))?)?;
    let height = now.head.0;
    // While the node runs, the chain file may be one block ahead of the second place.
    let finding = match known {
        Some((known, _)) if known > height => found(
            "tip",
            Grade::Bad,
            format!("账本到第 {height} 个区块为止，但这里确认过第 {known} 个；请用副本恢复"),
            format!("the chain ends at block {height}, but {known} was committed here; restore it"),
        ),
        Some((known, hash)) if known == height && hash != now.head.1 => found(
            "tip",
            Grade::Bad,
            format!("第 {known} 个区块不是这里确认过的那一个"),
            format!("block {known} is not the one that was committed here"),
        ),
        Some((known, _)) => found(
            "tip",
            Grade::Good,
            format!("第二份记录是第 {known} 个区块，账本到第 {height} 个"),
            format!("the second record names block {known}, the chain ends at {height}"),
        ),
        None => found(
            "tip",
            Grade::Warning,
            "没有最新区块的第二份记录".to_owned(),
            "there is no second record of the last block".to_owned(),
        ),
    };
    Ok(finding)
}

fn snapshots(folder: &Path, now: &Status) -> Result<Finding, OperationError> {
    let Some(newest) = now.snapshots.first() else {
        return Ok(found(
            "snapshots",
            Grade::Good,
            "还没有快照，启动时从头重算".to_owned(),
            "no snapshot yet: a start executes everything again".to_owned(),
        ));
    };
    let (chain, store) = (folder.join("chain"), folder.join(SNAPSHOTS));
    let blocks = Blocks::new(Box::new(Folder::create(&chain).map_err(disk(&chain))?));
    let store = Snapshots::new(Box::new(Folder::create(&store).map_err(disk(&store))?));
    let good =
        store.newest(Height(u64::MAX), &now.genesis, &blocks).map(|state| state.tip().height);
    Ok(match good {
        Some(good) if good == *newest => found(
            "snapshots",
            Grade::Good,
            format!("第 {good} 个区块的快照完好"),
            format!("the snapshot of block {good} is good"),
        ),
        Some(good) => found(
            "snapshots",
            Grade::Warning,
            format!("第 {newest} 个区块的快照坏了，会用第 {good} 个的"),
            format!("the snapshot of block {newest} is no good; that of {good} will be used"),
        ),
        None => found(
            "snapshots",
            Grade::Warning,
            "快照都坏了，启动时从头重算；可以直接删掉".to_owned(),
            "no snapshot is good: a start executes everything again; they may be deleted"
                .to_owned(),
        ),
    })
}
