//! This exists to say who the other nodes are.

use super::line;
use crate::api::admin::NamedPeer;
use crate::live::Presence;
use linli_contracts::governance::NodeRole;
use linli_verify::{Language, Output};
use serde_json::json;
use std::fmt::Write as _;

/// Hexadecimal digits of a key that tell it from others on one page.
const KEY_DIGITS: usize = 16;

/// The nodes of the list; `None` for a node that is alone.
pub(in crate::command) fn peers(
    peers: Option<&[NamedPeer]>,
    output: Output,
    language: Language,
) -> String {
    match (output, peers) {
        (Output::Json, peers) => line(&json!({ "ok": true, "peers": peers })),
        (Output::Table, None) => {
            let alone = "这个节点独自运行，没有其他节点。\n";
            language.pick(alone, "This node is alone; there are no others.\n").to_owned()
        }
        (Output::Table, Some(peers)) => peers.iter().fold(String::new(), |mut text, named| {
            let _ = writeln!(text, "  {}", row(named, language));
            text
        }),
    }
}

fn row(named: &NamedPeer, language: Language) -> String {
    let NamedPeer { peer, organisation_name } = named;
    let (mark, presence) = match peer.presence {
        Presence::Itself => ("●", language.pick("本节点", "this node")),
        Presence::Connected => ("✓", language.pick("已连接", "connected")),
        Presence::Absent => ("✗", language.pick("未连接", "absent   ")),
    };
    let role = match peer.role {
        NodeRole::Validator => language.pick("验证", "validator"),
        NodeRole::Observer => language.pick("观察", "observer "),
    };
    let key = peer.key.to_string();
    let key = key.get(..KEY_DIGITS).unwrap_or(&key);
    let organisation = peer.organisation.to_string();
    let organisation = organisation_name.as_ref().unwrap_or(&organisation);
    let addresses = match peer.addresses.as_slice() {
        [] => language.pick("由对方来连", "it dials us").to_owned(),
        addresses => addresses.join(", "),
    };
    let addresses = if peer.presence == Presence::Itself { "" } else { &addresses };
    let row = format!("{mark} {presence}  {role}  {key}…  {organisation}  {addresses}");
    row.trim_end().to_owned()
}
