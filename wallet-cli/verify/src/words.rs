//! This exists to say in Chinese and in English what an audit checks and what it found.

use linli_ledger::replay::Check;

/// A language for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language of a tag or locale: `zh…` is Chinese, anything else that names a language is
    /// English, and no answer (`C`, `POSIX`, empty) is Chinese, the language of most users.
    pub fn of(tag: &str) -> Self {
        match tag {
            "" | "C" | "POSIX" => Self::Chinese,
            tag if tag.starts_with("zh") || tag.starts_with("C.") => Self::Chinese,
            _ => Self::English,
        }
    }

    /// The language that the environment asks for.
    pub fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        Self::of(&set.unwrap_or_default())
    }

    /// One of two texts.
    pub fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// What a check looks at, in one phrase.
pub fn check(check: Check, language: Language) -> &'static str {
    let (chinese, english) = match check {
        Check::Frame => ("每一帧的长度和摘要", "length and hash of every frame"),
        Check::Genesis => ("创世文件与给定的摘要一致", "the genesis has the hash you gave"),
        Check::Link => ("区块首尾相接，时间递增", "every block follows the one before"),
        Check::History => {
            ("历史根包含以前每一个区块", "the history root holds every earlier block")
        }
        Check::Validators => ("验证节点名单与账本一致", "the validators are those in the ledger"),
        Check::Certificate => ("每个区块都有足够的节点签名", "a quorum signed every block"),
        Check::Signature => {
            ("每笔交易的格式、密钥和签名", "bytes, keys and signatures of every transaction")
        }
        Check::TransactionsRoot => ("交易与区块头一致", "the transactions are those of the header"),
        Check::Rules => {
            ("按规则重算，结果与回执一致", "the rules, run again, give the same receipts")
        }
        Check::StateRoot => {
            ("重算后的余额与状态根一致", "every balance, computed again, matches the root")
        }
        Check::Invariants => {
            ("总账守恒：每一分钱、每一积分都在", "nothing is lost or created: every fen and point")
        }
        Check::Head => ("最后一个区块与给定的一致", "the last block is the one you gave"),
    };
    language.pick(chinese, english)
}
