//! This exists to answer about organisations, roles, keys and parameters.

use super::answer::Answer;
use super::cursor::Turn;
use super::description::Problems;
use super::extract::{Ask, Nothing, Part};
use super::failure::{Asked, Failure};
use super::records::{list, page};
use super::viewer::Viewer;
use super::{Api, at};
use axum::Extension;
use axum::extract::State;
use linli_contracts::fund::reading::every;
use linli_contracts::registry::Role as RoleKind;
use linli_contracts::registry::parameters::{Parameter, ParameterRecord};
use linli_contracts::registry::records::{Grant, Organisation};
use linli_contracts::registry::roles::parameter;
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::hash::from_hex_bytes;
use linli_ledger::keys::{self, KeyOwner};
use linli_ledger::types::{GrantId, OrganisationId, PersonId};
use linli_wire::registry::{Key, NextValue, Parameter as Shown, Role};
use linli_wire::{AnyRecord, Explanation, Found, List, Recorded, path};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

type Organisations = List<Recorded<OrganisationId, Organisation>>;
type Roles = List<Recorded<GrantId, Grant>>;

/// Which organisations.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrganisationQuery {
    /// Only this kind, such as `bank`.
    #[param(value_type = Option<String>)]
    kind: Option<OrganisationKind>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Organisations, by identifier.
#[utoipa::path(get, path = path::ORGANISATIONS, tag = "registry", params(OrganisationQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn organisations(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<OrganisationQuery>,
) -> Result<Answer<Organisations>, Failure> {
    let turn = Turn::new(path::ORGANISATIONS, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let keep =
                |_: &_, found: &Organisation| query.kind.is_none_or(|kind| found.kind == kind);
            let turned = page::<Organisation>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), Recorded::from), at(state))
        }))
    })
    .await
}

/// One organisation.
#[utoipa::path(get, path = path::ORGANISATION, tag = "registry",
    params(("organisation" = String, Path, description = "Its identifier, `llo1…`")),
    responses((status = 200, body = Found<AnyRecord>), Problems))]
pub(crate) async fn organisation(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<OrganisationId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Recorded<OrganisationId, Organisation>>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let found = view.get::<Organisation>(&id);
            let record = found.ok_or_else(|| Failure::not_found("organisation", id))?;
            Ok((Found { data: Recorded { id, record }, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Which grants.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoleQuery {
    /// Only for this organisation.
    #[param(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// Only to this person in office.
    #[param(value_type = Option<String>)]
    person: Option<PersonId>,
    /// Only this role, such as `approver`.
    #[param(value_type = Option<String>)]
    role: Option<RoleKind>,
    /// Only those in force now (`true`), or not in force (`false`).
    active: Option<bool>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Roles granted to persons in office, by identifier.
#[utoipa::path(get, path = path::ROLES, tag = "registry", params(RoleQuery),
    responses((status = 200, body = List<AnyRecord>), Problems))]
pub(crate) async fn roles(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<RoleQuery>,
) -> Result<Answer<Roles>, Failure> {
    let turn = Turn::new(path::ROLES, &query, query.limit, query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let now = view.now();
            let keep = |_: &_, grant: &Grant| {
                let active = grant.from <= now && now < grant.to;
                query.organisation.is_none_or(|organisation| grant.organisation == organisation)
                    && query.person.is_none_or(|person| grant.person == person)
                    && query.role.is_none_or(|role| grant.role == role)
                    && query.active.is_none_or(|wanted| active == wanted)
            };
            let turned = page::<Grant>(view, &turn, &(), keep);
            (list(&turn, turned, at(state), Recorded::from), at(state))
        }))
    })
    .await
}

/// One grant of a role.
#[utoipa::path(get, path = path::ROLE, tag = "registry",
    params(("grant" = String, Path, description = "Its identifier, `llg1…`")),
    responses((status = 200, body = Found<AnyRecord>), Problems))]
pub(crate) async fn role(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(id): Part<GrantId>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Recorded<GrantId, Grant>>>, Failure> {
    api.answer(viewer, move |api| {
        api.public(|view, state| {
            let record = view.get::<Grant>(&id).ok_or_else(|| Failure::not_found("grant", id))?;
            Ok((Found { data: Recorded { id, record }, at: at(state) }, at(state)))
        })
    })
    .await
}

/// A public key in a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyText(pub(crate) PublicKey);

impl FromStr for KeyText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = from_hex_bytes(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or("expected a key: 64 lower-case hexadecimal digits")?;
        Ok(Self(PublicKey::Ed25519(bytes)))
    }
}

/// Whom a key speaks for. Of residents' keys nobody learns more than that they are not public.
#[utoipa::path(get, path = path::KEY, tag = "registry",
    params(("key" = String, Path, description = "64 lower-case hexadecimal digits")),
    responses((status = 200, body = Found<Key>), Problems))]
pub(crate) async fn key(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Part(KeyText(key)): Part<KeyText>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Key>>, Failure> {
    api.answer(viewer, move |api| {
        api.restricted(|view, state| {
            // A key that may not be seen is not there: else keys could be tried one by one.
            let record = keys::find(view, &key).filter(|key| viewer.sees_key(view, key.owner));
            let record = record.ok_or_else(|| Failure::not_found("key", key))?;
            let now = view.now();
            let roles: Vec<Role> = match record.owner {
                KeyOwner::Person(person) => every::<Grant>(view, &())
                    .into_iter()
                    .filter(|(_, grant)| {
                        grant.person == person && grant.from <= now && now < grant.to
                    })
                    .map(Recorded::from)
                    .collect(),
                KeyOwner::Organisation(_) | KeyOwner::Enrolment(_) => Vec::new(),
            };
            let data = Key { active: record.is_active(now), record, roles };
            Ok((Found { data, at: at(state) }, at(state)))
        })
    })
    .await
}

/// Numbers that governance may change: all of them, always.
#[utoipa::path(get, path = path::PARAMETERS, tag = "registry",
    responses((status = 200, body = Found<Vec<Shown>>), Problems))]
pub(crate) async fn parameters(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Vec<Shown>>>, Failure> {
    api.answer(viewer, move |api| {
        Ok(api.public(|view, state| {
            let show = |found: &Parameter| {
                let (least, greatest) = found.range();
                let record = view.get::<ParameterRecord>(&found.number());
                let next = record.and_then(|record| record.next);
                let next = next.filter(|(from, _)| *from > view.now());
                Shown {
                    number: found.number(),
                    name: format!("{found:?}"),
                    value: parameter(view, *found),
                    least,
                    greatest,
                    next: next.map(|(from, value)| NextValue { from, value }),
                }
            };
            let data = Parameter::ALL.iter().map(show).collect();
            (Found { data, at: at(state) }, at(state))
        }))
    })
    .await
}

/// A code in a path: its name or its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeText(Code);

impl FromStr for CodeText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = || text.parse().ok().and_then(Code::from_number);
        let code = Code::from_name(text).or_else(number).map(Self);
        code.ok_or_else(|| "expected a code such as E_OVERLAP, or its number".to_owned())
    }
}

/// What a code means.
#[utoipa::path(get, path = path::CODE, tag = "help",
    params(("code" = String, Path, description = "A name such as `E_OVERLAP`, or its number")),
    responses((status = 200, body = Found<Explanation>), Problems))]
pub(crate) async fn code(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Extension(asked): Extension<Asked>,
    Part(CodeText(code)): Part<CodeText>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Explanation>>, Failure> {
    api.answer(viewer, move |api| {
        let data = Explanation::new(code, &[], asked.language);
        Ok(api.public(|_, state| (Found { data, at: at(state) }, at(state))))
    })
    .await
}
