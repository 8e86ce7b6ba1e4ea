//! This exists to be the command `linli activity`: residents find, join, come and go; organisers propose,
//! publish and attest; witnesses confirm.

use super::attendance::{LinesArguments, lines};
use super::{identifier, json_file};
use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::{Client, Order, WriteArguments, perform};
use crate::qr;
use crate::reading;
use crate::session::{Session, now};
use crate::texts::{word, word_with};
use crate::transaction::Signing;
use clap::{Args, Subcommand};
use linli_contracts::AnyCall;
use linli_contracts::credit::{AttestedLine, Call as Credit, WitnessedLine, line_hash, site_nonce};
use linli_contracts::programme::{ActivityStatus, ActivityTerms, Call as Programme, terms_hash};
use linli_contracts::registry::Role;
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_ledger::hash::{from_hex, from_hex_bytes, to_hex};
use linli_ledger::types::{MINUTE_MS, OrganisationId, RecordId, derive_identifier};
use linli_secrets::private_file;
use linli_wire::credit::ActivitySummary;
use linli_wire::path;
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What the QR code of a place begins with.
const MARK: &str = "LINLI:S1:";

#[derive(Subcommand, Debug)]
pub(crate) enum ActivityCommand {
    /// List activities that one can join / 列出可以参加的活动
    List(ListArguments),
    /// Show one activity / 查看一项活动
    Show(OneArguments),
    /// Sign up for an activity / 报名参加活动
    Signup(OneWriteArguments),
    /// Withdraw from an activity before it begins / 取消报名
    Cancel(ParticipationArguments),
    /// Check in with what the place shows / 到场签到（用现场二维码）
    Checkin(SeenArguments),
    /// Check out with what the place shows / 离场签退（用现场二维码）
    Checkout(SeenArguments),
    /// Show the code of this minute at the place of an activity / 在活动现场显示本分钟的签到码
    Site(SiteArguments),
    /// Propose an activity, as organiser / 组织者提出一项活动
    Propose(ProposeArguments),
    /// Publish an activity that a colleague proposed / 发布同事提出的活动
    Publish(OneWriteArguments),
    /// Call an activity off / 取消一项活动
    Calloff(OneWriteArguments),
    /// Make the lines to attest from the files of coming and going / 用签到签退的文件生成待证明的明细
    Lines(LinesArguments),
    /// Attest hours of service, as organiser / 组织者证明服务时长
    Attest(AttestArguments),
    /// Confirm what an organiser attested, as witness / 见证人确认组织者的证明
    Witness(AttestArguments),
}

/// Arguments of `activity list`.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Only under this administrative path / 只看这个地方的，例如 5101/04
    #[arg(long, value_name = "PATH")]
    place: Option<String>,
    /// Also those that are not published, or over / 也列出未发布的和已结束的
    #[arg(long)]
    all: bool,
}

/// One activity.
#[derive(Args, Debug)]
pub(crate) struct OneArguments {
    /// Identifier of the activity, llr1… / 活动的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    activity: RecordId,
}

/// One activity, and how to write.
#[derive(Args, Debug)]
pub(crate) struct OneWriteArguments {
    /// Identifier of the activity, llr1… / 活动的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    activity: RecordId,
    #[command(flatten)]
    write: WriteArguments,
}

/// A participation, and how to write.
#[derive(Args, Debug)]
pub(crate) struct ParticipationArguments {
    /// Identifier of your participation, given at sign-up / 报名时得到的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    participation: RecordId,
    #[command(flatten)]
    write: WriteArguments,
}

/// A participation and what the place showed.
#[derive(Args, Debug)]
pub(crate) struct SeenArguments {
    /// Identifier of your participation, given at sign-up / 报名时得到的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    participation: RecordId,
    /// What the QR code of the place says / 现场二维码的内容
    #[arg(long, value_name = "CODE", value_parser = Site::parse)]
    site: Site,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `activity site`.
#[derive(Args, Debug)]
pub(crate) struct SiteArguments {
    /// Identifier of the activity, llr1… / 活动的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    activity: RecordId,
    /// Name of the key of the device at the place / 签到设备的密钥名字
    #[arg(long, value_name = "NAME")]
    key: String,
    /// The QR code as a picture into a file / 把二维码存成图片
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

/// Arguments of `activity propose`.
#[derive(Args, Debug)]
pub(crate) struct ProposeArguments {
    /// Organisation that holds it, llo1… / 举办单位的编号，llo1…
    #[arg(long, value_name = "llo1…", value_parser = identifier::<OrganisationId>)]
    organisation: OrganisationId,
    /// JSON with the terms of the activity / 活动内容的 JSON 文件
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `activity attest` and `activity witness`.
#[derive(Args, Debug)]
pub(crate) struct AttestArguments {
    /// Identifier of the activity, llr1… / 活动的编号，llr1…
    #[arg(value_parser = identifier::<RecordId>)]
    activity: RecordId,
    /// JSON with the lines: who came when, and minutes of service / 明细的 JSON 文件：谁、何时、服务多少分钟
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    write: WriteArguments,
}

/// What the place of an activity shows: the key of its device, and the code of the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    key: PublicKey,
    nonce: [u8; 16],
}

impl Site {
    /// The code of a minute since the epoch.
    fn new(activity: RecordId, key: PublicKey, minute: u64) -> Self {
        Self { key, nonce: site_nonce(activity, &key, minute) }
    }

    /// What the QR code holds: the small alphabet of QR codes only.
    fn text(&self) -> String {
        format!("{MARK}{}:{}", self.key, to_hex(&self.nonce)).to_uppercase()
    }

    /// Reads what [`Site::text`] writes.
    ///
    /// # Errors
    /// A sentence for the command line.
    fn parse(text: &str) -> Result<Self, String> {
        let upper = text.trim().to_uppercase();
        let (key, nonce) = upper
            .strip_prefix(MARK)
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(|| format!("{MARK}…:…"))?;
        let key = from_hex(&key.to_lowercase()).map(PublicKey::Ed25519);
        let nonce = from_hex_bytes(&nonce.to_lowercase()).and_then(|bytes| bytes.try_into().ok());
        key.zip(nonce).map(|(key, nonce)| Self { key, nonce }).ok_or_else(|| format!("{MARK}…:…"))
    }
}

/// Runs `linli activity`.
///
/// # Errors
/// Those of the node, of keys and prompts; the code with which a rule says no.
pub(crate) fn run(command: &ActivityCommand, session: &Session) -> Result<String, Failure> {
    if let ActivityCommand::Site(arguments) = command {
        return site(arguments, session);
    }
    let client = Client::new(session)?;
    let act = |write: &WriteArguments, call: AnyCall, role: Option<Role>| {
        perform(&Order::open(&client, write)?, call, role, &mut |_| Ok(()))
    };
    match command {
        ActivityCommand::Site(_) => Ok(String::new()),
        ActivityCommand::List(arguments) => list(&client, arguments),
        ActivityCommand::Show(OneArguments { activity }) => show(&client, *activity),
        ActivityCommand::Signup(arguments) => sign_up(&client, arguments),
        ActivityCommand::Cancel(ParticipationArguments { participation, write }) => act(
            write,
            AnyCall::Credit(Credit::SignUpCancel { participation: *participation }),
            None,
        ),
        ActivityCommand::Checkin(arguments) => seen(&client, arguments, true),
        ActivityCommand::Checkout(arguments) => seen(&client, arguments, false),
        ActivityCommand::Propose(ProposeArguments { organisation, input, write }) => {
            let terms: ActivityTerms = json_file(input)?;
            let call = Programme::ActivityPropose { organisation: *organisation, terms };
            act(write, AnyCall::Programme(call), Some(Role::Organiser))
        }
        ActivityCommand::Publish(OneWriteArguments { activity, write }) => {
            let found = find(&client, *activity)?;
            if session.format == Format::Table {
                crate::transaction::eprint_text(&format!("{}\n", text(&found, session)));
            }
            // Computed here from what is shown here, so that nobody publishes what they did not see.
            let terms_hash = terms_hash(&found.record.terms);
            let call = Programme::ActivityPublish { activity: *activity, terms_hash };
            act(write, AnyCall::Programme(call), Some(Role::Organiser))
        }
        ActivityCommand::Calloff(OneWriteArguments { activity, write }) => {
            let call = Programme::ActivityCancel { activity: *activity };
            act(write, AnyCall::Programme(call), Some(Role::Organiser))
        }
        ActivityCommand::Lines(arguments) => lines(&client, arguments),
        ActivityCommand::Attest(AttestArguments { activity, input, write }) => {
            let lines: Vec<AttestedLine> = json_file(input)?;
            let call = Credit::AttestFirst { activity: *activity, lines };
            act(write, AnyCall::Credit(call), Some(Role::Organiser))
        }
        ActivityCommand::Witness(AttestArguments { activity, input, write }) => {
            let lines: Vec<AttestedLine> = json_file(input)?;
            let witnessed = |line: &AttestedLine| WitnessedLine {
                participation: line.participation,
                line_hash: line_hash(line),
            };
            let lines = lines.iter().map(witnessed).collect();
            let call = Credit::AttestSecond { activity: *activity, lines };
            act(write, AnyCall::Credit(call), Some(Role::Witness))
        }
    }
}

fn status(activity: &ActivitySummary) -> &'static str {
    match &activity.record.status {
        ActivityStatus::Draft => "proposed",
        ActivityStatus::Published { .. } => "published",
        ActivityStatus::Cancelled { .. } => "cancelled",
    }
}

fn list(client: &Client<'_>, arguments: &ListArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let ListArguments { place, all } = arguments;
    let filter: Vec<_> = place.iter().map(|place| ("place", place.clone())).collect();
    let activities: Vec<ActivitySummary> = client.list(path::ACTIVITIES, &filter, None)?;
    let time = client.status()?.time;
    let mut listing = Listing::new(&[
        ("start", word("column-start", language)),
        ("title", word("column-name", language)),
        ("place", word("column-place", language)),
        ("seats_free", word("column-seats", language)),
        ("state", word("column-state", language)),
        ("activity", word("column-number", language)),
    ])
    .right(3);
    for activity in activities {
        let state = status(&activity);
        let terms = &activity.record.terms;
        if !all && (state != "published" || terms.end <= time) {
            continue;
        }
        listing.row_shown([
            (terms.start.to_string(), reading::time(terms.start)),
            (terms.title.clone(), terms.title.clone()),
            (terms.place.clone(), terms.place.clone()),
            (activity.seats_free.to_string(), activity.seats_free.to_string()),
            (state.to_owned(), word(&format!("state-{state}"), language)),
            (activity.id.to_string(), activity.id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

pub(super) fn find(client: &Client<'_>, id: RecordId) -> Result<ActivitySummary, Failure> {
    let found: ActivitySummary =
        client.one(&path::with(path::ACTIVITY, &[&id.to_string()]), None)?;
    if found.id == id { Ok(found) } else { Err(Failure::new(Code::NodeAnswer, found.id)) }
}

fn show(client: &Client<'_>, id: RecordId) -> Result<String, Failure> {
    let session = client.session();
    let found = find(client, id)?;
    Ok(match session.format {
        Format::Json => format!("{}\n", json!(found)),
        Format::Table | Format::Csv => text(&found, session),
    })
}

fn text(found: &ActivitySummary, session: &Session) -> String {
    let language = session.language;
    let terms = &found.record.terms;
    let mut text = format!("{}  {}\n", reading::clean(&terms.title), found.id);
    let mut add = |title: &str, value: String| {
        let _ = writeln!(text, "  {}  {value}", word(title, language));
    };
    add("column-state", word(&format!("state-{}", status(found)), language));
    add("column-start", reading::time(terms.start));
    add("column-end", reading::time(terms.end));
    add("column-place", reading::clean(&terms.place));
    add("column-seats", format!("{} / {}", found.seats_free, terms.capacity));
    text
}

fn sign_up(client: &Client<'_>, arguments: &OneWriteArguments) -> Result<String, Failure> {
    let session = client.session();
    let OneWriteArguments { activity, write } = arguments;
    let found = find(client, *activity)?;
    if session.format == Format::Table {
        crate::transaction::eprint_text(&format!("{}\n", text(&found, session)));
    }
    let mut made = None;
    let order = Order::open(client, write)?;
    let call = AnyCall::Credit(Credit::SignUp { activity: *activity });
    let said = perform(&order, call, None, &mut |id| {
        made = Some(RecordId(derive_identifier(&id, 0)));
        Ok(())
    })?;
    Ok(match (session.format, made) {
        (Format::Table | Format::Csv, Some(participation)) => {
            let values = [("participation", participation.to_string().into())];
            format!("{said}  {}\n", word_with("signup-next", session.language, &values))
        }
        (_, _) => said,
    })
}

/// Coming or going: the device at the place signs too, so the file goes to it.
fn seen(client: &Client<'_>, arguments: &SeenArguments, comes: bool) -> Result<String, Failure> {
    let SeenArguments { participation, site, write } = arguments;
    let mut write = write.clone();
    write.others.push(Signing { key: site.key.to_string(), grant: None });
    let (participation, nonce, observed_at) = (*participation, site.nonce, client.now()?);
    let call = if comes {
        Credit::CheckIn { participation, observed_at, nonce }
    } else {
        Credit::CheckOut { participation, observed_at, nonce }
    };
    let order = Order::open(client, &write)?;
    perform(&order, AnyCall::Credit(call), None, &mut |_| Ok(()))
}

fn site(arguments: &SiteArguments, session: &Session) -> Result<String, Failure> {
    let SiteArguments { activity, key, svg } = arguments;
    let card = session.store().card(key)?;
    // The device may have no network: then it goes by its own clock.
    let time = match Client::new(session).and_then(|client| client.now()) {
        Err(failure) if failure.code == Code::NodeUnreachable => now(),
        asked => asked?,
    };
    let text = Site::new(*activity, card.public_key, time.0 / MINUTE_MS).text();
    if let Some(file) = svg {
        private_file::replace(file, qr::picture(&text)?.as_bytes())?;
    }
    Ok(match session.format {
        Format::Json => format!("{}\n", json!({ "activity": activity, "code": text })),
        Format::Table | Format::Csv => format!("{}\n\n{text}\n", qr::terminal(&text)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_place_shows_is_read_again() {
        let site = Site::new(RecordId([3; 32]), PublicKey::Ed25519([4; 32]), 29_000_000);
        let text = site.text();
        assert_eq!(Site::parse(&text), Ok(site));
        assert_eq!(Site::parse(&text.to_lowercase()), Ok(site));
        let later = Site::new(RecordId([3; 32]), PublicKey::Ed25519([4; 32]), 29_000_001);
        assert_ne!(later.nonce, site.nonce, "each minute has its own");
        for bad in ["", "LINLI:S1:", &text[..text.len() - 1], &text.replace("S1", "V1")] {
            assert!(Site::parse(bad).is_err(), "{bad}");
        }
    }
}
