//! This exists to say everything that is wrong with a genesis, and what its founders may regret, before a
//! chain begins from it for ever.

use crate::operations::doctor::{Finding, Grade};
use linli_contracts::governance;
use linli_contracts::registry::parameters::Parameter;
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::{Clock, Genesis, Keys};
use linli_ledger::state::State;
use std::collections::{BTreeMap, BTreeSet};

/// With fewer equal validators not one may fail: 3 · 1 + 1.
const VALIDATORS_MIN: usize = 4;

/// What was found, in the order of the genesis.
struct Found(Vec<Finding>);

impl Found {
    fn say(&mut self, check: &'static str, grade: Grade, chinese: String, english: String) {
        self.0.push(Finding { check, grade, chinese, english });
    }

    fn bad(&mut self, check: &'static str, chinese: impl Into<String>, english: impl Into<String>) {
        self.say(check, Grade::Bad, chinese.into(), english.into());
    }

    fn warn(
        &mut self,
        check: &'static str,
        chinese: impl Into<String>,
        english: impl Into<String>,
    ) {
        self.say(check, Grade::Warning, chinese.into(), english.into());
    }
}

/// Everything that is wrong with a genesis, and what may be regretted; one line more if a chain can begin
/// from it.
pub fn examine(genesis: &Genesis, rulebook: &Rulebook) -> Vec<Finding> {
    let mut found = Found(Vec::new());
    names(genesis, &mut found);
    keys(genesis, &mut found);
    positions(genesis, &mut found);
    govern(genesis, &mut found);
    validators(genesis, &mut found);
    nodes(genesis, &mut found);
    rules(genesis, rulebook, &mut found);
    let is_bad = found.0.iter().any(|finding| finding.grade == Grade::Bad);
    match State::from_genesis(genesis, rulebook) {
        Err(error) if !is_bad => found.bad("genesis", error.to_string(), error.to_string()),
        Err(_) => {}
        Ok(_) => {
            let (organisations, validators, nodes) =
                (genesis.organisations.len(), genesis.validators.len(), genesis.nodes.len());
            found.say(
                "genesis",
                Grade::Good,
                format!("账本可以由此开始：{organisations} 个单位，{validators} 个验证节点，{nodes} 个联网节点"),
                format!("a chain can begin from it: {organisations} organisations, {validators} validators, {nodes} nodes"),
            );
        }
    }
    found.0
}

fn names(genesis: &Genesis, found: &mut Found) {
    let printable =
        |text: &str| (1..=64).contains(&text.len()) && !text.chars().any(char::is_control);
    let Genesis { name, .. } = genesis;
    if !printable(name) || !name.is_ascii() {
        found.bad(
            "name",
            format!("账本名「{}」应为 1 至 64 个 ASCII 字符", name.escape_debug()),
            format!(
                "the name \"{}\" is not 1 to 64 printable ASCII characters",
                name.escape_debug()
            ),
        );
    }
    if genesis.clock == Clock::Data {
        found.warn(
            "clock",
            "时间取自资料：这样的账本不能在网络中运行",
            "times come from data: such a chain is not run by a network",
        );
    }
    if genesis.keys == Keys::Demonstration {
        found.warn(
            "keys",
            "这是演示密钥，正式网络会拒绝",
            "demonstration keys: a real network refuses this genesis",
        );
    }
    if genesis.organisations.is_empty() {
        found.bad("organisations", "还没有单位", "there is no organisation yet");
    }
    let mut seen = BTreeSet::new();
    for organisation in &genesis.organisations {
        let shown = organisation.name.escape_debug();
        if !printable(&organisation.name) {
            found.bad(
                "organisations",
                format!("单位名「{shown}」应为 1 至 64 个字节，不含控制字符"),
                format!("the name \"{shown}\" is not 1 to 64 printable bytes"),
            );
        }
        if !seen.insert(&organisation.name) {
            found.bad(
                "organisations",
                format!("有两个单位叫「{shown}」"),
                format!("two organisations are called \"{shown}\""),
            );
        }
    }
}

fn keys(genesis: &Genesis, found: &mut Found) {
    let business = genesis.organisations.iter().map(|organisation| organisation.key);
    let consensus = genesis.validators.iter().map(|validator| validator.key);
    let network = genesis.nodes.iter().map(|node| node.key);
    let mut times: BTreeMap<PublicKey, usize> = BTreeMap::new();
    for key in business.chain(consensus).chain(network) {
        *times.entry(key).or_default() += 1;
    }
    for (key, times) in times {
        if let Err(error) = key.check() {
            found.bad("keys", format!("密钥 {key} 不可用"), format!("key {key}: {error}"));
        }
        if times > 1 {
            found.bad(
                "keys",
                format!("密钥 {key} 出现了 {times} 次"),
                format!("key {key} stands there {times} times"),
            );
        }
    }
}

fn positions(genesis: &Genesis, found: &mut Found) {
    let validators = genesis.validators.iter().map(|validator| validator.organisation);
    let nodes = genesis.nodes.iter().map(|node| node.organisation);
    let all: BTreeSet<u32> =
        genesis.governance.iter().copied().chain(validators).chain(nodes).collect();
    for position in all.into_iter().filter(|position| genesis.at(*position).is_err()) {
        found.bad(
            "organisations",
            format!("提到了第 {position} 个单位，但没有列出"),
            format!("organisation {position} is named but not listed"),
        );
    }
}

fn govern(genesis: &Genesis, found: &mut Found) {
    let members: BTreeSet<_> = genesis.governance.iter().collect();
    let (count, threshold) = (members.len(), genesis.governance_threshold as usize);
    if members.len() != genesis.governance.len() {
        found.bad("governance", "有单位两次列入治理", "an organisation governs twice");
    }
    if count == 0 {
        found.bad("governance", "没有参与治理的单位", "no organisation governs");
    } else if threshold == 0 || threshold > count {
        found.bad(
            "governance",
            format!("{count} 个单位参与治理，门槛是 {threshold}：应为 1 至 {count}"),
            format!(
                "{count} organisations govern and {threshold} must agree: it must be 1 to {count}"
            ),
        );
    } else if threshold == 1 {
        found.warn(
            "governance",
            "门槛是 1：任何一个治理单位都能单独更改成员和参数",
            "a threshold of 1: each governing organisation alone changes members and parameters",
        );
    } else if threshold == count {
        found.warn(
            "governance",
            "门槛等于治理单位总数：只要一个单位丢了密钥，就再也不能更改任何事",
            "all governing organisations must agree: if one loses its key, nothing can be changed any more",
        );
    }
}

fn validators(genesis: &Genesis, found: &mut Found) {
    let validators = &genesis.validators;
    if validators.is_empty() {
        return found.bad("validators", "没有验证节点", "there is no validator");
    }
    if validators.iter().any(|validator| validator.power == 0) {
        found.bad("validators", "有验证节点的权重是 0", "a validator has a weight of 0");
    }
    let whole: u128 = validators.iter().map(|validator| u128::from(validator.power)).sum();
    let equal = validators.windows(2).all(|pair| match pair {
        [a, b] => a.power == b.power,
        _ => true,
    });
    let count = validators.len();
    if equal && count < VALIDATORS_MIN {
        found.warn(
            "validators",
            format!("{count} 个权重相同的验证节点：一个停下，账本就停；至少 {VALIDATORS_MIN} 个才能容一个出错"),
            format!("{count} validators of equal weight: one that stops stops the chain; {VALIDATORS_MIN} bear one fault"),
        );
    }
    let mut powers: BTreeMap<u32, u128> = BTreeMap::new();
    for validator in validators {
        *powers.entry(validator.organisation).or_default() += u128::from(validator.power);
    }
    // One organisation alone is no network, and needs no warning about its share.
    for (position, power) in powers.iter().filter(|_| powers.len() > 1) {
        let name = genesis.at(*position).map_or("?", |organisation| organisation.name.as_str());
        if power * 3 > whole * 2 {
            found.warn(
                "validators",
                format!("「{name}」的权重超过三分之二，可以独自决定区块"),
                format!("\"{name}\" has more than two thirds of the weight and decides alone"),
            );
        } else if power * 3 > whole || (count >= VALIDATORS_MIN && power * 3 == whole) {
            found.warn(
                "validators",
                format!("「{name}」的权重达到或超过三分之一，可以独自让账本停下"),
                format!(
                    "\"{name}\" has a third of the weight or more and can stop the chain alone"
                ),
            );
        }
    }
}

fn nodes(genesis: &Genesis, found: &mut Found) {
    let connected: BTreeSet<u32> = genesis.nodes.iter().map(|node| node.organisation).collect();
    let running: BTreeSet<u32> =
        genesis.validators.iter().map(|validator| validator.organisation).collect();
    if running.len() < 2 && genesis.nodes.is_empty() {
        return;
    }
    for position in running.difference(&connected) {
        let name = genesis.at(*position).map_or("?", |organisation| organisation.name.as_str());
        found.bad(
            "nodes",
            format!("「{name}」有验证节点，却没有可以联网的节点"),
            format!("\"{name}\" runs a validator and no node that may connect"),
        );
    }
}

fn rules(genesis: &Genesis, rulebook: &Rulebook, found: &mut Found) {
    for (id, version) in &genesis.contracts {
        if rulebook.get(*id, *version).is_none() {
            found.bad(
                "contracts",
                format!("本程序没有合约 {id} 的第 {version} 版"),
                format!("this program does not have contract {id} version {version}"),
            );
        }
    }
    if !genesis.contracts.iter().any(|(id, _)| *id == governance::CONTRACT) {
        found.warn(
            "contracts",
            "没有治理合约：成员永远不能更改",
            "without the contract of governance members can never change",
        );
    }
    for (number, value) in &genesis.parameters {
        let known = Parameter::from_number(*number);
        if !known.is_some_and(|parameter| parameter.allows(*value)) {
            found.bad(
                "parameters",
                format!("参数 {number} = {value}：没有这个参数，或超出范围"),
                format!("parameter {number} = {value} is unknown or out of its range"),
            );
        }
    }
}
