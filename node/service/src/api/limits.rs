//! This exists to give each address and each key its share of the node.

use super::Api;
use super::failure::Failure;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// After this many requests, shares that are full again are forgotten.
const FORGET_EVERY: u32 = 10_000;

/// How many requests one client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Each second, in the long run.
    pub per_second: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

impl Default for Share {
    /// An office behind one address with a few dozen people and their programs.
    fn default() -> Self {
        const fn number(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self { per_second: number(100), burst: number(500) }
    }
}

/// The shares in use.
#[derive(Debug)]
pub(crate) struct Limits {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    keys: DefaultKeyedRateLimiter<PublicKey>,
    clock: DefaultClock,
    seen: AtomicU32,
}

impl Limits {
    pub(crate) fn new(share: Share) -> Self {
        let quota = Quota::per_second(share.per_second).allow_burst(share.burst);
        Self {
            addresses: RateLimiter::keyed(quota),
            keys: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            seen: AtomicU32::new(0),
        }
    }

    fn address(&self, address: IpAddr) -> Result<(), Failure> {
        if self.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.addresses.retain_recent();
            self.keys.retain_recent();
        }
        self.addresses.check_key(&network(address)).map_err(|until| {
            Failure::new(Code::RateLimit, "this address has used up its share")
                .retry(until.wait_time_from(self.clock.now()))
        })
    }

    pub(crate) fn key(&self, key: PublicKey) -> Result<(), Failure> {
        self.keys.check_key(&key).map_err(|until| {
            Failure::new(Code::RateLimit, "this key has used up its share")
                .retry(until.wait_time_from(self.clock.now()))
        })
    }
}

/// Whose share an address uses: in IPv6 one client has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)))
        }
    }
}

/// Refuses whoever asks too often.
pub(crate) async fn limit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(from)| from.ip());
    // Who asks from this machine is its operator, or a proxy that knows its own clients and limits them.
    let limited = if address.is_loopback() { Ok(()) } else { api.limits().address(address) };
    match limited {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_ends_and_is_each_clients_own() {
        let one = NonZeroU32::MIN;
        let limits = Limits::new(Share { per_second: one, burst: one.saturating_add(2) });
        let address = |last: u8| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        for _ in 0..3 {
            limits.address(address(1)).unwrap();
        }
        let failure = limits.address(address(1)).unwrap_err();
        assert_eq!(failure.code, Code::RateLimit);
        assert!(failure.retry_after.is_some());
        limits.address(address(2)).unwrap();
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(address("2001:db8::1")), network(address("2001:db8::ffff:2")));
        assert_ne!(network(address("2001:db8:0:1::1")), network(address("2001:db8:0:2::1")));
    }
}
