//! This exists to write every path of the interface once, for the server and for its clients. Parts in
//! braces are replaced with [`with`].

macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident = $path:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $path;)*

        /// Every path, in the order in which `/v1` lists them.
        pub const ALL: &[&str] = &[$($path,)*];
    };
}

paths! {
    /// What there is.
    INDEX = "/v1";
    /// Head, lag, queue.
    STATUS = "/v1/status";
    /// Genesis and contracts in force.
    CHAIN = "/v1/chain";
    /// Who certifies the next block.
    VALIDATORS = "/v1/validators";
    /// Proofs that validators have contradicted themselves.
    EVIDENCE = "/v1/evidence";
    /// Blocks.
    BLOCKS = "/v1/blocks";
    /// One block, by height, by hash, or `latest`.
    BLOCK = "/v1/blocks/{block}";
    /// Transactions; POST submits.
    TRANSACTIONS = "/v1/transactions";
    /// One transaction.
    TRANSACTION = "/v1/transactions/{transaction}";
    /// An account of the kernel.
    ACCOUNT = "/v1/accounts/{account}";
    /// Its journal.
    ACCOUNT_HISTORY = "/v1/accounts/{account}/history";
    /// Its journal between two times, with opening and closing balance.
    ACCOUNT_STATEMENT = "/v1/accounts/{account}/statement";
    /// The same as CSV.
    ACCOUNT_STATEMENT_CSV = "/v1/accounts/{account}/statement.csv";
    /// What a resident has. Not public.
    ENROLMENT = "/v1/enrolments/{enrolment}";
    /// A resident's awards. Not public.
    ENROLMENT_AWARDS = "/v1/enrolments/{enrolment}/awards";
    /// Funds.
    FUNDS = "/v1/funds";
    /// One fund.
    FUND = "/v1/funds/{fund}";
    /// Budget against actual of a fund and year.
    FUND_BUDGET = "/v1/funds/{fund}/budget";
    /// Where the money of a fund came from and went to.
    FUND_FLOW = "/v1/funds/{fund}/flow";
    /// Service contracts.
    CONTRACTS = "/v1/contracts";
    /// One service contract.
    CONTRACT = "/v1/contracts/{contract}";
    /// Payments.
    PAYMENTS = "/v1/payments";
    /// One payment.
    PAYMENT = "/v1/payments/{payment}";
    /// Back from a payment to its sources.
    PAYMENT_TRACE = "/v1/payments/{payment}/trace";
    /// Sources of money.
    SOURCES = "/v1/sources";
    /// One source.
    SOURCE = "/v1/sources/{source}";
    /// Forward from a source, or from an interval of it, to where its fen lie now.
    SOURCE_TRACE = "/v1/sources/{source}/trace";
    /// Programmes of points.
    PROGRAMMES = "/v1/programmes";
    /// One programme with its rules.
    PROGRAMME = "/v1/programmes/{programme}";
    /// Activities.
    ACTIVITIES = "/v1/activities";
    /// One activity.
    ACTIVITY = "/v1/activities/{activity}";
    /// Rewards on offer.
    OFFERS = "/v1/offers";
    /// One reward.
    OFFER = "/v1/offers/{offer}";
    /// Vouchers. Not public.
    VOUCHERS = "/v1/vouchers";
    /// One voucher. Not public.
    VOUCHER = "/v1/vouchers/{voucher}";
    /// Organisations.
    ORGANISATIONS = "/v1/organisations";
    /// One organisation.
    ORGANISATION = "/v1/organisations/{organisation}";
    /// Roles granted to persons in office.
    ROLES = "/v1/roles";
    /// One grant.
    ROLE = "/v1/roles/{grant}";
    /// Whom a key speaks for. Residents' keys are not public.
    KEY = "/v1/keys/{key}";
    /// Numbers that governance may change.
    PARAMETERS = "/v1/parameters";
    /// Proposals about validators and nodes.
    PROPOSALS = "/v1/proposals";
    /// One proposal.
    PROPOSAL = "/v1/proposals/{proposal}";
    /// The nodes that may connect.
    NODES = "/v1/nodes";
    /// Finds by name, number, identifier or hash.
    SEARCH = "/v1/search";
    /// Blocks and transactions as they become final, server-sent events.
    EVENTS = "/v1/events";
    /// What a code means.
    CODE = "/v1/codes/{code}";
    /// The description of the interface.
    OPENAPI = "/v1/openapi.json";
}

/// A path with its parts in place of the braces, in order.
pub fn with(path: &str, parts: &[&str]) -> String {
    let mut out = String::new();
    let mut parts = parts.iter();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push_str(parts.next().copied().unwrap_or_default());
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_take_the_place_of_braces() {
        assert_eq!(with(FUND_FLOW, &["llr1x"]), "/v1/funds/llr1x/flow");
        assert_eq!(with(INDEX, &[]), "/v1");
    }
}
