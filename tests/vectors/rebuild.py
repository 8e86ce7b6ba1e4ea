#!/usr/bin/env python3
"""Rebuilds the byte vectors from the text of docs/spec/ledger.md: a second implementation.

Needs `pip install blake3 cryptography`. `python3 rebuild.py [folder]` ends with status 1 at the first
difference. The chain vector is audited by audit.py, the proofs are verified by proofs.py; this calls both last.
"""
import sys

sys.dont_write_bytecode = True

from audit import chain
from canonical import (
    H, big, block, checks, key, leaf_hash, list_root, load, option, preimage, rows, same, secret, sign,
    state_proof, tagged, tree, u, x,
)
from proofs import proofs


def hashes():
    file = load("hashes")
    long = bytes(n % 256 for n in range(2049))
    for row in file["domains"]:
        name = row["domain"].removeprefix("linli/1/")
        same(name, H(name, b""), row["empty"])
        same(name, H(name, b"linli"), row["linli"])
        same(name, H(name, long), row["2049 bytes 0 1 2 .. 255 0 .."])
    same("number of domains", len(file["domains"]), 29)
    same("digest", tagged(file["digest"]["hash"]), file["digest"]["bytes"])


def signatures():
    file = load("signatures")
    genesis = x(file["genesis"])
    for row in file["labels"]:
        same("secret", secret(row["label"]), row["secret"])
        same("key", key(row["label"]), row["key"])
        same("key bytes", b"\0" + key(row["label"]), row["key bytes"])
    row = file["transaction"]
    same("preimage", preimage("sign-transaction", genesis, x(row["id"])), row["preimage"])
    signature = sign(row["label"], "sign-transaction", genesis, x(row["id"]))
    same("signature", signature, row["signature"])
    same("signature bytes", b"\0" + signature, row["signature bytes"])
    row = file["peer"]
    same("peer", preimage("sign-peer", genesis, x(row["peer"])), row["preimage"])
    same("peer", sign(row["label"], "sign-peer", genesis, x(row["peer"])), row["signature"])


def transactions():  # LED-3.1 to 3.6
    file = load("transactions")
    f = file["body"]
    signers = rows(tagged(s["key"]) + option(s["grant"] and x(s["grant"])) for s in f["signers"])
    body = u(16, f["version"]) + tagged(f["genesis"]) + u(16, f["contract"]) + u(16, f["call_version"])
    body += signers + u(64, f["nonce"]) + x(f["salt"]) + u(64, f["valid_until"]) + block(x(f["call"]))
    same("body", body, file["bytes"])
    identity = H("body", body)
    same("id", identity, file["id"])
    made = [sign(label, "sign-transaction", x(f["genesis"]), identity) for label in file["labels"]]
    same("signatures", [s.hex() for s in made], file["signatures"])
    signed = block(body) + rows(b"\0" + s for s in made)
    same("signed", signed, file["signed bytes"])
    same("leaf", H("transaction-leaf", signed), file["leaf"])
    for row in file["identifiers"]:
        same("identifier", H("identifier", identity + u(32, row["n"])), row["identifier"])


def genesis_file():  # LED-7.1, 7.4, 8.1, 8.2
    file = load("genesis")
    f = file["fields"]
    made = u(16, f["version"]) + block(f["name"].encode()) + u(64, f["time"]) + b"\1\1"
    made += rows(block(o["name"].encode()) + u(8, o["kind"]) + tagged(o["key"]) for o in f["organisations"])
    made += rows(u(32, n) for n in f["governance"]) + u(32, f["governance_threshold"])
    made += rows(tagged(v["key"]) + u(32, v["organisation"]) + u(64, v["power"]) for v in f["validators"])
    made += rows(tagged(n["key"]) + u(32, n["organisation"]) for n in f["nodes"])
    made += rows(u(16, c) + u(16, v) for c, v in f["contracts"])
    made += rows(u(16, n) + u(64, v) for n, v in f["parameters"])
    same("genesis", made, file["bytes"])
    same("genesis hash", H("genesis", made), file["hash"])
    ids = [H("identifier", H("genesis", made) + u(32, n)).hex() for n in range(3)]
    same("organisations", ids, file["organisation ids"])
    payload = b"\0" + block(made)
    same("frame", u(32, len(payload)) + H("frame", payload) + payload, file["frame"])


def blocks():  # LED-4
    file = load("blocks")
    genesis, f = x(file["genesis"]), file["header"]["fields"]
    roots = ["state_root", "history_root", "validators_hash", "next_validators_hash", "proposer"]
    header = u(16, f["version"]) + tagged(f["chain"]) + u(64, f["height"]) + u(64, f["time"])
    header += tagged(f["parent"])
    for name in ("transaction", "receipt"):
        header += tagged(f[name + "s_root"]) + u(32, f[name + "_count"])
    header += b"".join(tagged(f[name]) for name in roots)
    same("header", header, file["header"]["bytes"])
    hashed = H("header", header)
    same("block hash", hashed, file["header"]["hash"])
    members = file["validators"]["members"]
    members = rows(tagged(m["key"]) + x(m["organisation"]) + u(64, m["power"]) for m in members)
    same("validators", members, file["validators"]["bytes"])
    same("validators hash", H("validator-set", members), file["validators"]["hash"])

    def vote(kind, height, round_, value, label):
        tag = {"prevote": 0, "precommit": 1}[kind]
        value = option(None if value is None else b"\0" + value)
        return u(8, tag) + u(64, height) + u(32, round_) + value + b"\0" + key(label)

    for v in file["votes"]:
        value = v["value"] and x(v["value"])
        made = vote(v["kind"], v["height"], v["round"], value, v["label"])
        same("vote", made, v["bytes"])
        same("vote", sign(v["label"], "sign-" + v["kind"], genesis, made), v["signature"])
    for p in file["proposals"]:
        pol = option(None if p["pol_round"] is None else u(32, p["pol_round"]))
        made = u(64, p["height"]) + u(32, p["round"]) + tagged(p["value"]) + pol + b"\0" + key(p["label"])
        same("proposal", made, p["bytes"])
        same("proposal", sign(p["label"], "sign-proposal", genesis, made), p["signature"])
    q = file["quorum"]
    votes = {label: vote("precommit", f["height"], q["round"], hashed, label) for label in q["labels"]}
    made = [(label, sign(label, "sign-precommit", genesis, v)) for label, v in votes.items()]
    same("quorum", [s.hex() for _, s in made], q["signatures"])
    pairs = rows(b"\0" + key(label) + b"\0" + s for label, s in made)
    same("quorum", b"\0" + u(32, q["round"]) + pairs, q["bytes"])
    r = file["recovery"]
    signed = b"\0" + hashed + u(64, f["height"]) + members
    same("recovery", signed, r["signed"])
    made = [(label, sign(label, "sign-recovery", genesis, signed)) for label in r["labels"]]
    same("recovery", [s.hex() for _, s in made], r["signatures"])
    pairs = rows(b"\0" + key(label) + b"\0" + s for label, s in made)
    same("recovery", b"\1" + members + pairs, r["bytes"])


LOT = b"\xee" * 32 + b"\3" + option(u(32, 20_500)) + b"\2\1"
RANK = b"\xfc" + big(32, 20_500) + b"\2\xfe" + b"\xee" * 32
DUE = u(64, 0x0102030405060708) + u(16, 0x0A0B) + b"\x0c" + b"\x0d" * 32


def leaves():  # LED-5.3, 5.4
    account, source = b"\x08" * 32, big(32, 0x01020304)
    expected = [
        (1, b"\0" + b"\4" * 32, b"\1" + b"\7" * 32 + b"\1" + u(64, 5) + option(u(64, 6))),
        (2, big(64, 0x0102030405060708) + big(16, 0x0A0B) + b"\x0c" + b"\x0d" * 32, b""),
        (4, account + big(64, 9) + b"\1" * 32, u(64, 5)),
        (5, source + big(64, 1 << 40), u(64, 77) + account + LOT),
        (6, account + RANK + source + big(64, 1 << 40), u(64, 77)),
    ]
    for row, (kind, identifier, value) in zip(load("leaves")["leaves"], expected, strict=True):
        k = big(16, 0) + u(8, kind) + identifier
        same(row["what"], k, row["key"])
        same(row["what"], value, row["value"])
        same(row["what"], H("state-path", k), row["path"])
        same(row["what"], H("value", value), row["value hash"])
        found = leaf_hash(k, row["version"], x(row["writer"]), H("value", value))
        same(row["what"], found, row["leaf hash"])


def trees():  # LED-5.8, 5.9
    file = load("trees")

    def path(n):
        return H("state-path", u(64, n))

    def of(size):
        return {path(n): H("state-leaf", u(64, n)) for n in range(size)}

    for row in file["roots"]:
        same("tree", tree(of(row["leaves"])), row["root"])
    proofs = [(of(20), row) for row in file["proofs over 20"]] + [(of(0), file["proof over 0"])]
    for held, row in proofs:
        siblings, bucket = state_proof(held, path(row["leaf"]))
        same("siblings", [s.hex() for s in siblings], row["siblings"])
        same("bucket", [[p.hex(), h.hex()] for p, h in bucket], row["bucket"])
        same("proof", rows(siblings) + rows(p + h for p, h in bucket), row["bytes"])
        found = held.get(path(row["leaf"]))
        same("found", found and found.hex(), row["found"])
    same("state root", H("state-root", tree(of(9)) + tree(of(0))), file["state root over 9 and 0"])


def lists():  # LED-5.10 to 5.13
    file = load("lists")

    def of(size):
        return [H("history-leaf", u(64, n)) for n in range(size)]

    def split(size):
        return 1 << (size - 1).bit_length() - 1

    def inclusion(index, held):  # RFC 9162 2.1.3.1
        if len(held) == 1:
            return []
        k = split(len(held))
        if index < k:
            return inclusion(index, held[:k]) + [list_root(held[k:])]
        return inclusion(index - k, held[k:]) + [list_root(held[:k])]

    def consistency(old, held, whole):  # RFC 9162 2.1.4.1
        if old == len(held):
            return [] if whole else [list_root(held)]
        k = split(len(held))
        if old <= k:
            return consistency(old, held[:k], whole) + [list_root(held[k:])]
        return consistency(old - k, held[k:], False) + [list_root(held[:k])]

    for row in file["roots"]:
        same("list", list_root(of(row["leaves"])), row["root"])
    for row in file["inclusion"]:
        found = inclusion(row["index"], of(row["size"]))
        same("inclusion", [h.hex() for h in found], row["path"])
        same("inclusion", u(64, row["index"]) + u(64, row["size"]) + rows(found), row["bytes"])
    for row in file["consistency"]:
        old, new = row["old_size"], row["new_size"]
        found = consistency(old, of(new), True) if old else []
        same("consistency", [h.hex() for h in found], row["path"])
        same("consistency", u(64, old) + u(64, new) + rows(found), row["bytes"])
    held = of(13)
    peaks = [list_root(held[:8]), list_root(held[8:12]), held[12]]
    same("frontier", u(64, 13) + rows(peaks), file["frontier of 13"])


def records():  # LED-3.8, 6.3, 6.6, 6.7
    file = load("records")
    window = file["nonce window"]
    highest, used = window["first"], {window["first"]}
    for step in window["steps"]:
        nonce = step["nonce"]
        assert nonce not in used and nonce + 256 >= highest
        used.add(nonce)
        highest = max(highest, nonce)
        marks = sum(1 << i for i in range(256) if highest - 1 - i in used)
        below = [marks >> 64 * w & 2**64 - 1 for w in range(4)]
        same("window", [highest, below], [step["highest"], step["below"]])
        same("window", u(64, highest) + b"".join(u(64, w) for w in below), step["bytes"])
    for nonce in window["then refused"]:
        assert nonce in used or nonce + 256 < highest
    for row, (unit, side) in zip(file["accounts"], [(0, 0), (1, 1), (2, 2)], strict=True):
        made = bytes([unit, side, 5]) + b"\1" * 32 + b"\2" * 32
        same("account", made, row["bytes"])
        same("account", H("account", made), row["id"])
    endless = b"\xee" * 32 + b"\3" + option(None) + b"\2\1", RANK[:1] + b"\xff" * 4 + RANK[5:]
    for row, (lot, rank) in zip(file["lots"], [(LOT, RANK), endless], strict=True):
        same("lot", lot, row["lot"])
        same("rank", rank, row["rank"])
    row = file["due"]
    same("due", DUE, row["item"])
    same("due", H("identifier", b"due" + DUE + u(64, row["height"])), row["writer"])


def receipts():  # LED-5.6, 6.4, 6.5, 9.3
    file = load("receipts")
    fen = b"\0" + rows(u(32, 1) + u(64, start) + u(64, 10) for start in (0, 20))
    points = b"\1" + rows([u(64, 9) + b"\1" * 32 + u(64, 5)])
    for row, made in zip(file["quantities"], [fen, points, b"\2" + u(64, 90)], strict=True):
        same("quantity", made, row["bytes"])
        same("quantity", H("lots", made), row["hash"])
    a, b = b"\1" * 32, b"\2" * 32

    def write(k, value):
        return block(k) + u(64, 1 << 24) + option(value)

    def entry(account, direction, balance):
        return account + u(8, direction) + u(64, 20) + u(64, balance) + u(64, 1) + b"\6" * 32

    rest = u(16, 5) + b"\0" + b"\0" + rows([block(b"key") + b"\4" * 32]) + rows([a + b + fen])
    rest += rows([entry(a, 1, 0), entry(b, 0, 20)]) + rows([write(b"a", b"\5" * 32), write(b"b", None)])
    details = [u(8, tag) + u(64, tag + 1) for tag in range(4)] + [b"\4" + u(32, 5), b"\5" + u(64, 6)]
    no = b"\1" + u(16, 2401) + rows(details + [b"\6" + b"\7" * 32])
    no = u(16, 5) + b"\1" + no + rows([]) * 3 + rows([write(b"nonce", b"\5" * 32)])
    transaction = b"\1\0" + b"\3" * 32
    expected = {"applied": transaction + rest, "rejected": transaction + no}
    expected |= {"due": b"\0" + DUE + rest, "recovery": b"\2\0" + b"\x08" * 32 + rest}
    for name, made in expected.items():
        same(name, made, file[name]["bytes"])
        same(name, H("receipt-leaf", made), file[name]["leaf"])


def members():  # LED-4.7, 6.11; GOV-1, GOV-4, GOV-8
    file = load("members")
    genesis, node = x(file["genesis"]), key(file["node"]["label"])
    identity = x("002408011220") + node
    same("node", node, file["node"]["key"])
    same("identity", identity, file["node"]["identity"])
    proof = sign(file["proof"]["label"], "sign-peer", genesis, identity)
    same("proof", proof, file["proof"]["signature"])
    validator, clerk = (b"\0" + key(label) for label in ("validator 0", "clerk"))
    node, proof = b"\0" + node, b"\0" + proof
    same("builders", big(16, 0) + u(8, 12), file["builders"]["key"])
    noted = rows([validator + u(64, 7), b"\0" + key("validator 1") + u(64, 300)])
    same("builders", noted, file["builders"]["bytes"])
    changes = [
        b"\0" + b"\2" * 32 + validator + u(64, 3) + node + proof, b"\1" + validator,
        b"\2" + clerk + validator + node + proof, b"\3" + validator + u(64, 300),
        b"\4" + b"\2" * 32 + node + b"\0", b"\5" + node, b"\6" + node + b"\1",
    ]
    same("changes", [change.hex() for change in changes], file["changes"])
    proposal, evidence = b"\3" * 32, b"\0" + b"\4" * 32
    hashed = H("document", proposal + rows(changes) + evidence)
    same("proposal hash", hashed, file["proposal hash"])
    same("propose", b"\0" + rows(changes) + evidence, file["propose"])
    same("vote", b"\1" + proposal + b"\0" + hashed + b"\1", file["vote"])
    same("withdraw", b"\2" + proposal, file["withdraw"])
    same("node end", b"\3" + node, file["node end"])


if __name__ == "__main__":
    parts = hashes, signatures, transactions, genesis_file, blocks, leaves, trees, lists, records, receipts, members
    for part in parts:
        part()
    chain()
    for name in ("proofs", "places"):
        proofs(name)
    print(f"{checks[0]} values agree")
