//! This exists to say what each setting is for, in two languages.

use super::{PREFIX, Settings};
use std::fmt::Write as _;

/// What each setting is for: its name, in Chinese, in English.
pub const REFERENCE: [(&str, &str, &str); 23] = [
    ("folder", "账本和节点数据所在的文件夹", "where the chain and all else of the node lies"),
    (
        "network",
        "demonstration 或 real；real 拒绝演示密钥的账本",
        "demonstration or real; real refuses a chain with demonstration keys",
    ),
    (
        "genesis",
        "新账本的创世文件（JSON）；已有账本时不需要",
        "genesis of a new chain, JSON; a chain that is there has its own",
    ),
    (
        "validator_key",
        "验证节点密钥文件，权限须为 0600；不设则不投票：有 network_key 时跟随账本，否则只供查看",
        "file with the validator's key, mode 0600; without one the node does not vote: with network_key it follows the chain, otherwise it only shows it",
    ),
    (
        "passphrase_file",
        "密钥口令所在的文件（第一行），权限须为 0600；不设则启动时询问",
        "file with the passphrase of the keys in its first line, mode 0600; without one it is asked for",
    ),
    (
        "network_key",
        "本节点的网络密钥文件，权限须为 0600；设了就与其他节点组网，不设则独自运行",
        "file with this node's network key, mode 0600; with it the node joins the others, without it is alone",
    ),
    (
        "listen",
        "供其他节点连接的监听地址；不设则只主动去连",
        "where other nodes connect; without it this node only dials",
    ),
    (
        "peers",
        "其他节点的地址，每项为「公钥@主机:端口」；谁可以连由账本决定",
        "where other nodes listen, each as \"<public key>@host:port\"; who may connect is on the chain",
    ),
    (
        "join_by_snapshot",
        "还没有账本时，区块凭共识证书接收、状态取自快照，不从头重算；已有账本就不起作用",
        "without a chain yet, take blocks by their certificates and the state by snapshot; nothing happens where a chain is",
    ),
    ("api", "接口监听地址", "where the interface is served"),
    (
        "admin",
        "健康检查和指标的监听地址，不要对外开放",
        "where health and metrics are served; nobody else should reach it",
    ),
    (
        "public_address",
        "前面有代理时，客户看到的地址开头",
        "what addresses begin with for clients behind a proxy",
    ),
    (
        "heartbeat_seconds",
        "多久没有新区块就补一个空块（秒）；0 表示不补",
        "seconds without a block after which an empty one is made; 0 for never",
    ),
    (
        "queue_transactions",
        "最多排队的交易数；一个组织最多占一半，一把密钥最多占四分之一",
        "transactions that may wait; of one organisation at most half, of one key a quarter",
    ),
    ("queue_bytes", "排队交易的总字节上限，份额同上", "their bytes, with the same shares"),
    ("snapshot_receipts", "每多少笔交易写一次快照", "transactions between two snapshots"),
    ("snapshot_blocks", "或者每多少个区块写一次", "or blocks between two snapshots"),
    ("snapshot_seconds", "两次快照至少间隔的秒数", "least seconds between two snapshots"),
    (
        "reserve_bytes",
        "磁盘剩余少于这个数就不再接收",
        "with less room on its disk than this the node takes nothing new",
    ),
    (
        "requests_per_second",
        "每个地址、每把密钥每秒最多的请求数；本机地址不限",
        "requests of one address, and of one key, each second; addresses of this machine have no limit",
    ),
    ("requests_at_once", "一时最多的请求数", "how many of them at once"),
    ("log", "日志级别，例如 info 或 info,linli_node=debug", "what is logged, such as info"),
    ("log_format", "日志格式：text 或 json", "how log lines look: text or json"),
];

/// A file with every setting, its meaning in two languages, and its default.
pub fn reference() -> String {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut text = String::from("# linlid --config FILE\n");
    for (name, chinese, english) in REFERENCE {
        let value = defaults.get(name).cloned().unwrap_or_default();
        let line = match value {
            serde_json::Value::Null => format!("# {name} = \"\""),
            value => format!("{name} = {value}"),
        };
        let variable = name.to_uppercase();
        let _ = write!(text, "\n# {chinese}\n# {english}\n# {PREFIX}{variable}\n{line}\n");
    }
    text
}
