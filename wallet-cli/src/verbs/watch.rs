//! This exists to be `linli account watch`: each entry of an account as it becomes final, one after another
//! and none left out, for as long as somebody looks.

use super::account::{amount, rows};
use super::identifier;
use crate::cli::Format;
use crate::failure::Failure;
use crate::online::Client;
use crate::reading;
use crate::session::Session;
use crate::texts::{word, word_with};
use crate::transaction::eprint_text;
use crate::verbs::points::WhoArguments;
use clap::Args;
use linli_ledger::code::Code;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::posting::{Direction, Unit};
use linli_ledger::types::AccountId;
use linli_wire::account::{Account, HistoryEntry};
use linli_wire::path;
use serde_json::json;
use std::io::Write as _;
use std::ops::ControlFlow;

/// Arguments of `account watch`.
#[derive(Args, Debug)]
pub(crate) struct WatchArguments {
    /// Identifier of the account, lla1…, from account list / 账户编号，lla1…，见 account list
    #[arg(value_parser = identifier::<AccountId>)]
    account: AccountId,
    /// Go on after this number; from now on if not given / 从第几笔之后看起；不给则从现在起
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// End after so many entries / 看到多少笔就结束
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    #[command(flatten)]
    who: WhoArguments,
}

impl WatchArguments {
    /// Who asks.
    pub(super) const fn who(&self) -> &WhoArguments {
        &self.who
    }
}

/// Who looks at an account, and how far.
struct Watch<'c, 's> {
    client: &'c Client<'s>,
    key: Option<&'c BusinessKey>,
    account: AccountId,
    unit: Unit,
    /// The number of the last entry that was told.
    last: u64,
    /// How many more are told.
    left: u64,
}

/// Tells each entry on standard output.
///
/// # Errors
/// Those of [`Client::follow`]; [`Code::NodeAnswer`] for a journal with a gap.
pub(super) fn watch(
    client: &Client<'_>,
    arguments: &WatchArguments,
    key: Option<&BusinessKey>,
) -> Result<String, Failure> {
    let session = client.session();
    let id = arguments.account;
    // The height first: what happens between the two questions is then told, not lost.
    let height = client.status()?.head.height;
    let found: Account = client.one(&path::with(path::ACCOUNT, &[&id.to_string()]), key)?;
    let unit = found.account.key.unit;
    let last = arguments.after.unwrap_or(found.account.entries);
    let left = arguments.count.unwrap_or(u64::MAX);
    let mut watch = Watch { client, key, account: id, unit, last, left };
    match session.format {
        Format::Table => {
            let balance = amount(unit, found.account.balance, session);
            let values = [("account", id.to_string().into()), ("balance", balance.into())];
            eprint_text(&format!("{}\n", word_with("watch-began", session.language, &values)));
        }
        Format::Csv => {
            let names = rows(&[], unit, session).render(session, "nothing-here");
            if print(&names).is_break() {
                return Ok(String::new());
            }
        }
        Format::Json => {}
    }
    if watch.tell()?.is_continue() {
        client.follow(height, &mut |_| watch.tell())?;
    }
    Ok(String::new())
}

/// Writes at once; whoever has closed the pipe ends this program with the next line.
fn print(text: &str) -> ControlFlow<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

impl Watch<'_, '_> {
    /// Tells what is new.
    fn tell(&mut self) -> Result<ControlFlow<()>, Failure> {
        let session = self.client.session();
        for entry in self.news()? {
            if self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            let line = match session.format {
                Format::Json => format!("{}\n", json!(entry)),
                Format::Csv => rows(std::slice::from_ref(&entry), self.unit, session).csv_rows(),
                Format::Table => format!("{}\n", sentence(&entry, self.unit, session)),
            };
            if print(&line).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.last = entry.number;
            self.left = self.left.saturating_sub(1);
        }
        Ok(if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// The entries after the last one that was told, the oldest first.
    fn news(&self) -> Result<Vec<HistoryEntry>, Failure> {
        let path = path::with(path::ACCOUNT_HISTORY, &[&self.account.to_string()]);
        let is_new = |entry: &HistoryEntry| entry.number > self.last;
        let mut news = self.client.list_while(&path, &[], self.key, &is_new)?;
        news.reverse();
        let numbers = news.iter().map(|entry| entry.number);
        let wrong = numbers.zip(self.last.saturating_add(1)..).find(|(found, next)| found != next);
        match wrong {
            None => Ok(news),
            Some((found, next)) => {
                Err(Failure::new(Code::NodeAnswer, format!("{found} ≠ {next} ({path})")))
            }
        }
    }
}

/// An entry, for people.
fn sentence(entry: &HistoryEntry, unit: Unit, session: &Session) -> String {
    let language = session.language;
    let message = match entry.direction {
        Direction::In => "watch-in",
        Direction::Out => "watch-out",
    };
    let by = match entry.transaction {
        None => word("watch-by-time", language),
        Some(id) => {
            let id = reading::short(&id.to_string());
            word_with("watch-by-transaction", language, &[("id", id.into())])
        }
    };
    let values = [
        ("time", reading::time(entry.time).into()),
        ("amount", amount(unit, entry.amount, session).into()),
        ("balance", amount(unit, entry.balance, session).into()),
        ("number", entry.number.to_string().into()),
        ("height", entry.height.to_string().into()),
        ("by", by.into()),
    ];
    word_with(message, language, &values)
}
