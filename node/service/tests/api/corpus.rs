//! A thousand requests that are wrong, from a seed: each gets a typed problem and none a fault.

use crate::common::register;
use crate::house::House;
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_ledger::code::Code;
use linli_ledger::codec::encode;
use linli_wire::path;
use std::collections::BTreeMap;

/// A hexadecimal digit in upper case, as addresses have it.
fn digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Numbers from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn word(&mut self, length: usize) -> String {
        let letters = b"abcdefghijklmnopqrstuvwxyz0123456789-_.~";
        (0..length).map(|_| char::from(*self.pick(letters))).collect()
    }
}

/// Something wrong, and what it is called.
struct Case {
    name: &'static str,
    request: Request<Body>,
}

fn read(path: String) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn submit(kind: &str, body: Vec<u8>) -> Request<Body> {
    let request = Request::post(path::TRANSACTIONS).header(header::CONTENT_TYPE, kind);
    request.body(Body::from(body)).unwrap()
}

/// A path whose parts are filled in with words that are no identifiers.
fn filled(dice: &mut Dice, path: &str) -> String {
    let parts = path.matches('{').count();
    let length = 1 + dice.below(70);
    let words: Vec<_> = (0..parts).map(|_| format!("x{}", dice.word(length))).collect();
    path::with(path, &words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn bad_read(dice: &mut Dice) -> Case {
    let listed = *dice.pick(path::ALL);
    match dice.below(7) {
        0 => Case { name: "unknown path", request: read(format!("/v1/{}", dice.word(12))) },
        1 => {
            let methods = [Method::PUT, Method::DELETE, Method::PATCH];
            let path = filled(dice, listed);
            let request = Request::builder().method(dice.pick(&methods)).uri(path);
            Case { name: "method", request: request.body(Body::empty()).unwrap() }
        }
        2 => {
            let path = filled(dice, listed);
            let word = dice.word(9);
            Case { name: "unknown parameter", request: read(format!("{path}?x{word}={word}")) }
        }
        3 => {
            let limits = ["0", "1001", "-1", "abc", "1e9", "99999999999999999999", "", "0x10"];
            let limit = dice.pick(&limits);
            let list = dice.pick(&[path::FUNDS, path::PAYMENTS, path::ROLES, path::TRANSACTIONS]);
            Case { name: "limit", request: read(format!("{list}?limit={limit}")) }
        }
        4 => {
            let length = dice.below(80);
            let cursor = dice.word(length);
            let list = dice.pick(&[path::FUNDS, path::SOURCES, path::OFFERS, path::BLOCKS]);
            Case { name: "cursor", request: read(format!("{list}?cursor={cursor}")) }
        }
        5 => {
            let narrowed: Vec<_> = path::ALL.iter().filter(|path| path.contains('{')).collect();
            let path = **dice.pick(&narrowed);
            Case { name: "identifier", request: read(filled(dice, path)) }
        }
        _ => {
            let bytes = dice.bytes(6);
            let text: String =
                bytes.iter().flat_map(|byte| ['%', digit(byte >> 4), digit(byte & 15)]).collect();
            Case { name: "percent", request: read(format!("/v1/funds/{text}")) }
        }
    }
}

fn bad_submission(dice: &mut Dice) -> Case {
    let signed = encode(register(1 + dice.next() % 1_000).signed());
    let octets = "application/octet-stream";
    let json = "application/json";
    match dice.below(9) {
        0 => {
            let length = dice.below(400);
            Case { name: "noise", request: submit(octets, dice.bytes(length)) }
        }
        1 => {
            let mut changed = signed;
            let at = dice.below(changed.len());
            changed[at] ^= 1 << dice.below(8);
            Case { name: "flipped", request: submit(octets, changed) }
        }
        2 => {
            let end = dice.below(signed.len());
            Case { name: "cut", request: submit(octets, signed[..end].to_vec()) }
        }
        3 => {
            let longer = [signed, dice.bytes(3)].concat();
            Case { name: "longer", request: submit(octets, longer) }
        }
        4 => {
            let kinds = ["text/plain", "application/xml", "", "image/png", "application/jsonp"];
            let kind = *dice.pick(&kinds);
            Case { name: "media type", request: submit(kind, signed) }
        }
        5 => {
            let depth = 33 + dice.below(5_000);
            Case { name: "deep", request: submit(json, "[".repeat(depth).into_bytes()) }
        }
        6 => {
            let bodies = [
                "null",
                "[]",
                "{}",
                "1e999",
                "\"\"",
                "{\"transaction\":null}",
                "{\"transactions\":{}}",
                "{\"transactions\":[]}",
                "{\"transactions\":[1]}",
                "{\"transaction\":\"%\"}",
                "{\"transaction\":\"AA==\",\"transaction\":\"AA==\"}",
                "{\"transaction\":\"AA==\"",
                "{\"transaction\":\"AA==\",\"x\":1}",
                "\u{feff}{}",
                "{\"Transaction\":\"AA==\"}",
            ];
            let body = (*dice.pick(&bodies)).to_owned();
            Case { name: "json", request: submit(json, body.into_bytes()) }
        }
        7 => {
            let length = 1 + dice.below(300);
            let noise = STANDARD.encode(dice.bytes(length));
            let body = format!("{{\"transaction\":\"{noise}\"}}");
            Case { name: "base64", request: submit(json, body.into_bytes()) }
        }
        _ => {
            let large = 66 * 1_024 + dice.below(5_000);
            Case { name: "large", request: submit(octets, dice.bytes(large)) }
        }
    }
}

fn bad_signature(dice: &mut Dice) -> Case {
    let (input, signature) = match dice.below(4) {
        0 => (dice.word(20), dice.word(20)),
        1 => ("linli=(\"@method\");created=1;keyid=\"00\";nonce=\"n\"".to_owned(), dice.word(9)),
        2 => {
            let key = linli_ledger::hash::to_hex(&dice.bytes(32));
            let input = format!(
                "linli=(\"@method\" \"@target-uri\");created={};keyid=\"{key}\";nonce=\"{}\";alg=\"ed25519\";tag=\"x\"",
                dice.next(),
                dice.word(16).replace(['.', '~'], "-"),
            );
            (input, format!("linli=:{}:", STANDARD.encode(dice.bytes(64))))
        }
        _ => (String::new(), String::new()),
    };
    let request = Request::get(path::VOUCHERS)
        .header(header::HOST, "localhost")
        .header("signature-input", input)
        .header("signature", signature);
    Case { name: "request signature", request: request.body(Body::empty()).unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_requests_get_a_thousand_typed_problems() {
    let house = House::new();
    let mut dice = Dice(20_261_125);
    let mut codes: BTreeMap<Code, u32> = BTreeMap::new();
    let mut names: BTreeMap<&str, u32> = BTreeMap::new();
    for number in 0..1_000 {
        let case = match number % 10 {
            0..5 => bad_read(&mut dice),
            5..9 => bad_submission(&mut dice),
            _ => bad_signature(&mut dice),
        };
        let shown = format!("{number} {}: {:?}", case.name, case.request.uri());
        let answer = house.ask(case.request).await;
        assert!(answer.status.is_client_error(), "{shown}: {answer:?}");
        let problem = answer.problem();
        *codes.entry(problem.code).or_default() += 1;
        *names.entry(case.name).or_default() += 1;
    }
    println!("{names:?}\n{codes:?}");
    assert!(names.len() >= 15 && codes.len() >= 9, "{names:?} {codes:?}");
    assert_eq!(codes.values().sum::<u32>(), 1_000);
    assert_eq!(house.live.heights().borrow().height.0, 0, "none of them did anything");
}
