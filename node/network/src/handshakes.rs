//! This exists to keep the door from being blocked by those who knock and say no more: until a handshake has shown
//! a key, the address is all that is known of whoever comes.
//!
//! Each address may have a few handshakes under way, and all addresses that are strange together so
//! many. Those at which members are, or were when they were last connected, are not strange.

use crate::allowed::Allowed;
use libp2p::Multiaddr;
use libp2p::PeerId;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use linli_ledger::crypto::PublicKey;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::task::{Context, Poll};

/// Handshakes that strange addresses may have under way. Source: NET-1.3.
const STRANGE_MAX: usize = 64;

/// Handshakes that one address may have under way: several nodes may stand behind it.
const EACH_ADDRESS_MAX: usize = 16;

/// Addresses remembered of one member.
const OF_ONE_MEMBER_MAX: usize = 8;

/// Why a connection is turned away before its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Crowd {
    #[error("{EACH_ADDRESS_MAX} handshakes with {0} are under way")]
    Address(IpAddr),
    #[error("{STRANGE_MAX} handshakes with strange addresses are under way")]
    Strange,
}

/// Who is at the door, and where members live.
#[derive(Debug, Default)]
pub(crate) struct Handshakes {
    under_way: HashMap<ConnectionId, IpAddr>,
    /// The newest last.
    members: BTreeMap<PublicKey, Vec<IpAddr>>,
}

impl Handshakes {
    /// A member is at this address, or may be.
    pub(crate) fn lives(&mut self, member: PublicKey, address: IpAddr) {
        let (addresses, home) = (self.members.entry(member).or_default(), home(address));
        addresses.retain(|known| *known != home);
        addresses.push(home);
        if addresses.len() > OF_ONE_MEMBER_MAX {
            addresses.remove(0);
        }
    }

    /// Forgets those that may not connect any more.
    pub(crate) fn keep(&mut self, allowed: &Allowed) {
        self.members.retain(|member, _| allowed.contains(member));
    }

    fn is_strange(&self, home: IpAddr) -> bool {
        !self.members.values().any(|addresses| addresses.contains(&home))
    }

    fn begin(&mut self, id: ConnectionId, address: IpAddr) -> Result<(), Crowd> {
        let home = home(address);
        let same = self.under_way.values().filter(|other| **other == home).count();
        if same >= EACH_ADDRESS_MAX {
            return Err(Crowd::Address(address));
        }
        if self.is_strange(home) {
            let strange = self.under_way.values().filter(|other| self.is_strange(**other)).count();
            if strange >= STRANGE_MAX {
                return Err(Crowd::Strange);
            }
        }
        self.under_way.insert(id, home);
        Ok(())
    }
}

/// What counts as one address: whoever has one of version 6 has the other 2^64 of its network, too.
fn home(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The address of a peer; one that has none is taken for strange.
pub(crate) fn address_of(peer: &Multiaddr) -> IpAddr {
    let address = peer.iter().find_map(|protocol| match protocol {
        Protocol::Ip4(address) => Some(address.into()),
        Protocol::Ip6(address) => Some(address.into()),
        _ => None,
    });
    address.unwrap_or(Ipv6Addr::UNSPECIFIED.into())
}

impl NetworkBehaviour for Handshakes {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.begin(id, address_of(from)).map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.under_way.remove(&id);
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ListenFailure(failure) = event {
            self.under_way.remove(&failure.connection_id);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: PublicKey = PublicKey::Ed25519([1; 32]);

    fn v4(n: u8) -> IpAddr {
        [192, 0, 2, n].into()
    }

    fn v6(network: u16, host: u16) -> IpAddr {
        Ipv6Addr::new(0x2001, 0xdb8, 0, network, 0, 0, 0, host).into()
    }

    /// How many of these come in.
    fn come(door: &mut Handshakes, id: &mut usize, addresses: &[IpAddr]) -> usize {
        let mut begin = |address: &IpAddr| {
            *id += 1;
            door.begin(ConnectionId::new_unchecked(*id), *address).is_ok()
        };
        addresses.iter().filter(|address| begin(address)).count()
    }

    #[test]
    fn one_address_has_few_handshakes_under_way_and_others_theirs() {
        let (mut door, mut id) = (Handshakes::default(), 0);
        assert_eq!(come(&mut door, &mut id, &[v4(1); 100]), EACH_ADDRESS_MAX);
        assert_eq!(come(&mut door, &mut id, &[v4(2)]), 1);
        let network: Vec<_> = (0..100).map(|host| v6(1, host)).collect();
        assert_eq!(come(&mut door, &mut id, &network), EACH_ADDRESS_MAX, "one network");
        assert_eq!(come(&mut door, &mut id, &[v6(2, 1)]), 1);
    }

    #[test]
    fn strangers_from_everywhere_leave_the_door_to_members() {
        let (mut door, mut id) = (Handshakes::default(), 0);
        let everywhere: Vec<_> = (1..=255).map(v4).collect();
        assert_eq!(come(&mut door, &mut id, &everywhere), STRANGE_MAX);
        assert_eq!(come(&mut door, &mut id, &[v6(1, 1)]), 0, "one more");
        door.lives(MEMBER, v6(1, 7));
        assert_eq!(come(&mut door, &mut id, &[v6(1, 1)]), 1, "a member's address");
        door.keep(&Allowed::default());
        assert_eq!(come(&mut door, &mut id, &[v6(1, 1)]), 0, "a member's no more");
    }

    #[test]
    fn a_member_is_known_where_it_was_lately() {
        let mut door = Handshakes::default();
        for n in 1..=9 {
            door.lives(MEMBER, v4(n));
        }
        assert!(door.is_strange(v4(1)));
        door.lives(MEMBER, v4(2));
        door.lives(MEMBER, v4(10));
        assert!(!door.is_strange(v4(2)) && door.is_strange(v4(3)));
    }
}
