//! Those who knock and say no more: they fill their own places at the door, not those of members.

mod common;

use common::{GUARD, Honest, public, validators};
use linli_network::{Allowed, Member, Role};
use std::net::SocketAddr;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections that say nothing. Each ends when the other side turns it away.
#[derive(Default)]
struct Silent(JoinSet<()>);

impl Silent {
    /// Knocks so many times from an address of this machine.
    async fn knock(&mut self, from: u8, times: usize, at: SocketAddr) {
        for _ in 0..times {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(([127, 0, 0, from], 0).into()).expect("every such address is ours");
            let connected = timeout(GUARD, socket.connect(at)).await.expect("in time");
            let mut stream: TcpStream = connected.expect("it listens");
            self.0.spawn(async move {
                // An answer, an end or an error: all of them end it.
                let _ = stream.read(&mut [0]).await;
            });
        }
    }

    /// Waits until so many have been turned away, and no more.
    async fn turned_away(&mut self, times: usize) {
        for _ in 0..times {
            let ended = timeout(GUARD, self.0.join_next()).await.expect("it is turned away");
            ended.expect("there are more").expect("nothing panics");
        }
        assert!(self.0.try_join_next().is_none(), "more than {times} were turned away");
    }
}

/// A member that dials, and of which the other knows this address.
async fn member(honest: &Honest, n: u8, known: &[&str]) -> Honest {
    let member = Honest::start(n).await;
    let addresses = known.iter().map(|address| (*address).to_owned()).collect();
    let mut all: Allowed = validators([honest]);
    member.handle().allow(all.clone());
    all.insert(public(n), Member { role: Role::Validator, addresses });
    honest.handle().allow(all);
    member
}

#[tokio::test]
async fn one_address_that_floods_leaves_the_door_to_others() {
    let mut honest = Honest::start(1).await;
    let mut silent = Silent::default();
    silent.knock(2, 100, honest.address()).await;
    silent.turned_away(84).await;
    let mut member = member(&honest, 2, &[]).await;
    honest.up(public(2)).await;
    member.up(public(1)).await;
}

#[tokio::test]
async fn strangers_from_many_addresses_leave_the_door_to_members() {
    let mut honest = Honest::start(1).await;
    // Where the member lives is known, but it does not answer there: it must come in by the door.
    let mut member = member(&honest, 2, &["127.0.0.1:1"]).await;
    honest.up(public(2)).await;
    member.up(public(1)).await;
    let mut silent = Silent::default();
    for from in 2..=5 {
        silent.knock(from, 17, honest.address()).await;
    }
    silent.turned_away(4).await;
    // The twin: one more stranger.
    silent.knock(6, 1, honest.address()).await;
    silent.turned_away(1).await;

    drop(member);
    honest.down(public(2)).await;
    let mut back = Honest::start(2).await;
    back.handle().allow(validators([&honest]));
    honest.up(public(2)).await;
    back.up(public(1)).await;
}
