//! This exists to do one thing on the ledger in the one way in which everything is done: build the body,
//! explain it from its bytes, ask, sign, submit.

use super::{Client, Wait, outcome};
use crate::cli::Format;
use crate::failure::Failure;
use crate::keys::Card;
use crate::prompt;
use crate::reading;
use crate::session::Session;
use crate::texts::{word, word_with};
use crate::transaction::{Draft, Signing, save};
use clap::Args;
use linli_contracts::AnyCall;
use linli_contracts::registry::Role;
use linli_ledger::code::Code;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_ledger::hash::Digest;
use linli_ledger::keys::KeyOwner;
use linli_ledger::types::{EnrolmentId, GrantId, TransactionId};
use linli_wire::path;
use linli_wire::registry::Key;
use std::path::PathBuf;

/// How something is done on the ledger.
#[derive(Args, Clone, Debug)]
pub(crate) struct WriteArguments {
    /// Name of the key that signs; the only one if not given / 用哪把密钥签名；只有一把时可以不给
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
    /// Role in which it signs; found by itself if not given / 以哪个职务签名；不给则自动查找
    #[arg(long, value_name = "llg1…")]
    pub(crate) grant: Option<GrantId>,
    /// Others who sign too: a key, or a key and a role / 还要谁签名：密钥，或密钥加职务
    #[arg(long = "with", value_name = "KEY[:GRANT]", value_parser = Signing::parse)]
    pub(crate) others: Vec<Signing>,
    /// Only ask the node what would come of it / 只问节点结果会怎样，不提交
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the signed transaction into a file instead of sending it / 签好后存成文件，不提交
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Who acts: an opened key and what the node says of it.
pub(crate) struct Order<'c, 's> {
    client: &'c Client<'s>,
    arguments: &'c WriteArguments,
    card: Card,
    key: BusinessKey,
}

impl<'c, 's> Order<'c, 's> {
    /// Opens the key; asks for the passphrase once.
    ///
    /// # Errors
    /// [`Code::WrongUse`] if there are several keys and none is named; those of store and prompt.
    pub(crate) fn open(
        client: &'c Client<'s>,
        arguments: &'c WriteArguments,
    ) -> Result<Self, Failure> {
        let session = client.session();
        let card = card(session, arguments.key.as_deref())?;
        let passphrase =
            prompt::passphrase(session, &card.name, arguments.passphrase_file.as_deref())?;
        let key = session.store().open(&card.name, &passphrase)?;
        Ok(Self { client, arguments, card, key })
    }

    /// The key, for questions that are not for everybody.
    pub(crate) const fn key(&self) -> &BusinessKey {
        &self.key
    }

    /// Its public half.
    pub(crate) const fn public_key(&self) -> PublicKey {
        self.card.public_key
    }

    /// The resident whose key this is.
    ///
    /// # Errors
    /// [`Code::KeyInactive`] if it is no resident's; those of the node.
    pub(crate) fn enrolment(&self) -> Result<EnrolmentId, Failure> {
        match self.registered()?.record.owner {
            KeyOwner::Enrolment(enrolment) => Ok(enrolment),
            KeyOwner::Person(_) | KeyOwner::Organisation(_) => {
                Err(Failure::new(Code::KeyInactive, &self.card.name))
            }
        }
    }

    /// What the node says of the key.
    ///
    /// # Errors
    /// [`Code::KeyInactive`] if the key is nobody's; those of the node.
    pub(crate) fn registered(&self) -> Result<Key, Failure> {
        let path = path::with(path::KEY, &[&self.card.public_key.to_string()]);
        self.client.one(&path, Some(&self.key)).map_err(|failure| match failure.code {
            // The node does not know the key: it was not registered yet.
            Code::NotFound => Failure::new(Code::KeyInactive, &self.card.name),
            _ => failure,
        })
    }

    /// The grant with which the key may do what needs a role: the one that was named, else one in force.
    fn grant(&self, role: Option<Role>) -> Result<Option<GrantId>, Failure> {
        match (self.arguments.grant, role) {
            (Some(grant), _) => Ok(Some(grant)),
            (None, None) => Ok(None),
            (None, Some(role)) => {
                let key = self.registered()?;
                let found = key.roles.iter().find(|granted| granted.record.role == role);
                Ok(found.map(|granted| granted.id))
            }
        }
    }
}

fn card(session: &Session, name: Option<&str>) -> Result<Card, Failure> {
    let store = session.store();
    if let Some(name) = name {
        return store.card(name);
    }
    let mut cards = store.list()?;
    match cards.len() {
        1 => Ok(cards.remove(0)),
        0 => Err(Failure::new(Code::KeyMissing, "linli key new")),
        _ => {
            let names: Vec<_> = cards.into_iter().map(|card| card.name).collect();
            Err(Failure::new(Code::WrongUse, format!("--key {}", names.join(" | "))))
        }
    }
}

/// Does a call: explains, asks, signs, and submits it, or tries it, or writes it for others to sign.
/// `before` is told the identifier when it is signed and before anybody else has it.
///
/// # Errors
/// Those of the node, of keys and prompts; [`Code::Declined`]; the code with which a rule says no.
///
/// Source: WAL-8.
pub(crate) fn perform(
    order: &Order<'_, '_>,
    call: AnyCall,
    role: Option<Role>,
    before: &mut dyn FnMut(TransactionId) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let session = order.client.session();
    let arguments = order.arguments;
    let genesis: Digest = order.client.genesis()?;
    let own = Signing { key: order.card.public_key.to_string(), grant: order.grant(role)? };
    let signers = std::iter::once(own).chain(arguments.others.iter().cloned()).collect();
    let mut draft = Draft::new(call, genesis, signers);
    draft.from = order.client.now()?;
    let mut file = draft.build(&session.store())?;
    if session.format == Format::Table {
        crate::transaction::eprint_text(&format!("{}\n", reading::text(&file, session)));
    }
    if arguments.dry_run {
        // The question is signed, never the body: what is only tried cannot be submitted by anybody.
        return outcome::dry_run(&file, Some(&order.key), session);
    }
    let question = if arguments.out.is_some() { "ask-sign" } else { "ask-send" };
    prompt::agree(session, &word(question, session.language))?;
    file.sign(&order.key)?;
    if file.missing().is_empty() || arguments.out.is_some() {
        before(file.id())?;
    }
    if let Some(out) = &arguments.out {
        return save(&file, Some(out), "tx-signed", session);
    }
    if !file.missing().is_empty() {
        let missing = file.missing().iter().map(ToString::to_string).collect::<Vec<_>>();
        let hint = word_with("write-needs-out", session.language, &[]);
        return Err(Failure::new(
            Code::SignatureMissing,
            format!("{} ({hint})", missing.join(" ")),
        ));
    }
    outcome::submit(&file.complete()?, Wait::Final, session)
}
