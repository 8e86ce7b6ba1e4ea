//! This exists to say in Chinese and in English what a proof is checked for and what was found.

use crate::words::Language;
use linli_ledger::verify::{Check, Finding, Word};

/// What a check looks at, in one phrase.
pub(super) fn check(check: Check, language: Language) -> &'static str {
    let (chinese, english) = match check {
        Check::Kind => ("这是一份证明文件", "the file is a proof"),
        Check::Version => {
            ("证明的版本为本程序所知", "the proof has a version that this program knows")
        }
        Check::Format => {
            ("文件是其内容的唯一写法", "the bytes are the one spelling of what they say")
        }
        Check::Chain => ("属于您信任的账本", "it is of the chain that you trust"),
        Check::Start => {
            ("从您信任的创世或区块开始", "it begins with the genesis or block that you trust")
        }
        Check::Lineage => (
            "验证节点的每次更换都有据可依",
            "each change of the validators follows from the one before",
        ),
        Check::Governance => {
            ("恢复账本的人当时有治理权", "whoever recovered the chain governed it at the time")
        }
        Check::Anchor => ("依据的区块接得上", "the head follows from what is trusted"),
        Check::Certificate => {
            ("这些区块都有足够的节点签名", "a quorum signed each of these blocks")
        }
        Check::History => {
            ("所涉区块在账本的历史里", "the blocks concerned lie in the chain's history")
        }
        Check::Receipt => ("回执在它的区块里", "the receipt is the one in its block"),
        Check::Transaction => {
            ("交易就是回执所说的那一笔", "the transaction is the one of the receipt")
        }
        Check::Signature => {
            ("交易的格式与每个人的签名", "bytes and everybody's signatures of the transaction")
        }
        Check::StateRoot => {
            ("两半账目与区块的状态根一致", "both halves of the books give the state root")
        }
        Check::Leaf => {
            ("记录在账本里，或者确实没有", "the record is in the books, or truly is not")
        }
        Check::AsOf => ("记录在这段时间里没有变过", "the record stayed so for that time"),
        Check::Entries => {
            ("明细属于这个账户和这段时间", "the entries are of this account and period")
        }
        Check::Journal => ("明细一笔不多、一笔不少", "no entry is missing and none was added"),
        Check::Balance => ("明细加起来正好是余额", "the entries add up to the balance"),
        Check::Conflict => ("矛盾确有验证节点的签名", "validators did sign what contradicts"),
        Check::Partition => {
            ("来源的每一分钱都在，恰好一次", "every fen of the source is somewhere, each once")
        }
    };
    language.pick(chinese, english)
}

/// What was expected or found: values as they are, names in words.
pub(super) fn finding(finding: &Finding, language: Language) -> String {
    match finding {
        Finding::Nothing => language.pick("没有", "nothing").to_owned(),
        Finding::Word(found) => word(*found, language).to_owned(),
        Finding::Hash(_) | Finding::Number(_) | Finding::Key(_) | Finding::Code(_) => {
            finding.to_string()
        }
    }
}

fn word(word: Word, language: Language) -> &'static str {
    let (chinese, english) = match word {
        Word::Proof => ("邻里账本的证明", "a proof of this ledger"),
        Word::Canonical => ("唯一的写法", "the one encoding of its content"),
        Word::Other => ("别的内容", "something else"),
        Word::Genesis => ("有效的创世文件", "a genesis that defines a chain"),
        Word::FromGenesis => ("从创世开始的证明", "a proof from the genesis on"),
        Word::FromCheckpoint => ("从检查点开始的证明", "a proof from a pinned block on"),
        Word::Member => ("名单里的验证节点", "a member of the set that certifies"),
        Word::Once => ("每个节点只签一次", "each signer once"),
        Word::Valid => ("有效的签名", "a valid signature"),
        Word::Changed => ("另一份名单", "another set than before"),
        Word::Before => ("更早的区块", "a block before it"),
        Word::Governing => ("治理机构的有效密钥", "an active key of an organisation that governs"),
        Word::Path => ("长度相符的路径", "a path that this place has"),
        Word::LeafProof => ("合格的记录证明", "a proof of a record in the right form"),
        Word::Present => ("有这一项", "something there"),
        Word::Contradiction => ("互相矛盾的两件事", "two things that cannot both be"),
    };
    language.pick(chinese, english)
}
