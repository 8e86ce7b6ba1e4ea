"""Verifies the proofs of proofs.json and places.json, and refuses their twins, with nothing but docs/spec/proofs.md.

Each check has the name that the text gives it. rebuild.py calls this.
"""
import re

from audit import Reader, read_genesis
from canonical import FOLDER, H, bit, block, leaf_hash, load, same, u, verify, x
from cryptography.exceptions import InvalidSignature

SPEC = (FOLDER / "../../docs/spec/ledger.md").resolve().read_text(encoding="utf-8")
CODES = {int(n) for n in re.findall(r"^\| (\d{4}) \| `E_", SPEC, re.M)}  # LED-9.4
SUM_MAX = (2**64 - 1) // 4


class Fail(Exception):
    """The first check that does not hold."""


def hold(check, holds):
    if not holds:
        raise Fail(check)


class Strict(Reader):
    """What is not the one spelling of a value is not read. LED-1.1"""

    def tag(self, count):
        found = self.u(8)
        assert found < count
        return found

    def hash(self):
        return self.take(32)

    def path(self):
        return self.list(self.hash)

    def signatures(self):
        return self.list(lambda: (self.tagged(), self.tagged(64)))

    def header(self):  # LED-4.1
        start = self.at
        h = {"version": self.u(16), "chain": self.tagged(), "height": self.u(64), "time": self.u(64)}
        h["parent"] = self.tagged()
        for name in ("transactions", "receipts"):
            h[name], h[name + " count"] = self.tagged(), self.u(32)
        for name in "state history validators next proposer".split():
            h[name] = self.tagged()
        h["hash"] = H("header", self.data[start : self.at])
        return h

    def set(self):  # LED-4.4
        start = self.at
        members = self.list(lambda: (self.tagged(), self.hash(), self.u(64)))
        powers = {k: power for k, _, power in members}
        assert members and len(powers) == len(members)
        assert all(powers.values()) and sum(powers.values()) <= SUM_MAX
        return H("validator-set", self.data[start : self.at]), powers

    def commit(self):
        return self.u(32), self.signatures()

    def leaf(self):  # PRF-4.3
        stored = self.option(lambda: (self.u(64), self.tagged(), self.bytes()))
        return stored, self.path(), self.list(lambda: (self.hash(), self.hash()))

    def place(self):  # PRF-4.1
        return (self.header(), self.path()) if self.tag(2) else None

    def quantity(self):  # LED-6.4
        start, tag = self.at, self.tag(3)
        if tag == 2:
            parts = [self.u(64)]
        elif tag == 1:
            parts = self.list(lambda: (self.take(40), self.u(64))[1])
        else:
            parts = self.list(lambda: (self.take(12), self.u(64))[1])
        return tag, parts, self.data[start : self.at]

    def receipt(self):  # LED-5.6
        start, kind = self.at, self.tag(3)
        made = {"kind": kind, "subject": self.take(43) if kind == 0 else self.tagged()}
        made["contract"], made["half"] = self.u(16), self.tag(2)
        if self.tag(2):
            assert self.u(16) in CODES
            self.list(lambda: self.take({4: 4, 6: 32}.get(self.tag(7), 8)))
        self.list(lambda: (self.bytes(), self.hash()))
        self.list(lambda: (self.hash(), self.hash(), self.quantity()))
        self.list(lambda: (self.hash(), self.tag(2), self.u(64), self.u(64), self.u(64), self.hash()))
        made["writes"] = self.list(lambda: (self.bytes(), self.u(64), self.option(self.hash)))
        made["leaf"] = H("receipt-leaf", self.data[start : self.at])
        return made

    def receipt_at(self):  # PRF-4.2
        return self.place(), self.u(32), self.receipt(), self.path()

    def leaf_at(self):  # PRF-4.3
        return self.place(), (self.hash(), self.hash()), self.leaf()

    def as_of(self):  # PRF-6.2
        tag = self.tag(3)
        if tag == 0:
            return tag, self.leaf_at()
        if tag == 1:
            return tag, self.receipt_at(), self.leaf_at()
        return tag, self.bytes(), self.receipt_at(), self.receipt_at()

    def entry(self):  # PRF-7.1
        e = {"place": (self.u(64), self.u(32)), "direction": self.tag(2), "other": self.hash()}
        e["unit"], e["parts"], e["quantity"] = self.quantity()
        return e

    def account_key(self):  # LED-6.3
        start = self.at
        unit, side = self.tag(3), self.tag(3)
        self.take(65)
        return unit, side, self.data[start : self.at]

    def signed(self):
        start = self.at
        body, signatures = self.bytes(), self.list(lambda: self.tagged(64))
        return body, signatures, H("transaction-leaf", self.data[start : self.at])

    def message(self, is_vote):  # LED-4.5, 4.6
        start = self.at
        kind = self.tag(2) if is_vote else None
        m = {"kind": kind, "height": self.u(64), "round": self.u(32)}
        self.option(self.tagged) if is_vote else (self.tagged(), self.option(lambda: self.u(32)))
        m["key"] = self.tagged()
        m["bytes"] = self.data[start : self.at]
        return m, self.tagged(64)


def read(r):  # PRF-1.2
    b = {"genesis": r.tagged(), "descent": None}
    if r.tag(2) == 0:
        origin = ("checkpoint", r.header(), r.path(), r.set()) if r.tag(2) else ("genesis", r.bytes())

        def change():
            if r.tag(2) == 0:
                return "voted", r.header(), r.commit(), r.set()
            before = r.option(lambda: (r.header(), r.commit()))
            roots, governance, keys = (r.hash(), r.hash()), r.leaf(), r.list(r.leaf)
            header, start = r.header(), r.at
            validators = r.set()
            named = r.data[start : r.at]
            return "recovered", header, before, roots, governance, keys, validators, named, r.signatures(), r.set()

        b["descent"] = origin, r.list(change), r.commit()
    b["anchor"] = r.header()
    kind = r.tag(8)
    readers = [
        lambda: (r.receipt_at(), r.option(lambda: (r.signed(), r.path()))),
        lambda: (r.tag(2), r.bytes(), r.as_of()),
        lambda: (r.account_key(), (r.hash(), r.entry()) if r.tag(2) else None, r.list(r.entry), r.as_of()),
        lambda: r.place(),
        lambda: (r.place(), r.set(), r.commit(), r.header(), r.commit()),
        lambda: (r.place(), r.set(), [r.message(is_vote) for is_vote in [r.tag(2) == 0] * 2]),
        lambda: (r.place(), (r.hash(), r.hash()), r.u(32), r.leaf(), r.list(r.leaf), r.list(r.account_key)),
        lambda: (r.place(), (r.hash(), r.hash()), r.list(lambda: (r.tag(2), r.bytes(), r.leaf()))),
    ]
    b["claim"] = kind, readers[kind]()
    r.end()
    return b


# LED-5.11, LED-5.14: the root to which a path leads, and that of the leaves before
def walk(leaf, index, size, path):
    sides, stack = [], [(index, size)]
    while stack:
        at, n = stack.pop()
        if n > 1:
            k = 1
            while 2 * k < n:
                k *= 2
            sides.append(at < k)
            stack.append((at, k) if at < k else (at - k, n - k))
    if index >= size or len(sides) != len(path):
        return None, None
    root, before = leaf, None
    for is_right, node in zip(reversed(sides), path, strict=True):
        root = H("merkle-node", root + node if is_right else node + root)
        if not is_right:
            before = node if before is None else H("merkle-node", node + before)
    return root, before if before is not None else H("merkle-node", b"")


def listed(check, path, leaf, index, count, root):
    hold(check, walk(leaf, index, count, path)[0] == root)


def lies_before(h, path, anchor):  # PRF-4.1
    hold("history", h["version"] == 1 and h["chain"] == anchor["chain"] and 0 < h["height"] < anchor["height"])
    root, before = walk(H("history-leaf", h["hash"]), h["height"] - 1, anchor["height"] - 1, path)
    hold("history", root == anchor["history"] and before == h["history"])


def at(place, anchor):
    if place is None:
        return anchor
    lies_before(*place, anchor)
    return place[0]


def receipt_at(found, anchor):  # PRF-4.2
    place, index, receipt, path = found
    h = at(place, anchor)
    listed("receipt", path, receipt["leaf"], index, h["receipts count"], h["receipts"])
    return h


def roots_of(check, roots, h):
    hold(check, H("state-root", roots[0] + roots[1]) == h["state"])


def leaf_of(check, root, key, found):  # LED-5.9
    stored, siblings, bucket = found
    path, depth = H("state-path", key), len(siblings)
    hold(check, depth <= 256 and len(bucket) <= 8)
    hold(check, all(one[0] < two[0] for one, two in zip(bucket, bucket[1:])))
    hold(check, all(bit(p, level) == bit(path, level) for p, _ in bucket for level in range(depth)))
    empty = H("state-empty", b"")
    hold(check, not siblings or siblings[-1] != empty)
    node = H("state-bucket", b"".join(p + h for p, h in bucket)) if bucket else empty
    for level in reversed(range(depth)):
        other = siblings[level]
        node = H("state-branch", other + node if bit(path, level) else node + other)
    hold(check, node == root)
    said = stored and leaf_hash(key, stored[0], stored[1], H("value", stored[2]))
    hold(check, dict(bucket).get(path) == said)
    return stored


def leaf_at(found, anchor, half, key):  # PRF-4.3
    place, roots, leaf = found
    h = at(place, anchor)
    roots_of("state-root", roots, h)
    return h, leaf_of("leaf", roots[half], key, leaf)


def quorum(check, chain, height, hashed, commit, powers):  # LED-4.8
    round_, signatures = commit
    seen = set()
    for k, signature in signatures:
        hold(check, k not in seen and k in powers)
        seen.add(k)
        vote = b"\1" + u(64, height) + u(32, round_) + b"\1\0" + hashed + b"\0" + k
        signed(check, k, "sign-precommit", chain, vote, signature)
    hold(check, 3 * sum(powers[k] for k in seen) > 2 * sum(powers.values()))


def signed(check, k, domain, chain, message, signature):  # LED-2.6: every key here may be enrolled
    try:
        verify(k, domain, chain, message, signature)
    except (InvalidSignature, ValueError):
        raise Fail(check) from None


def descend(b, trust):  # PRF-3
    chain, anchor = trust["genesis"], b["anchor"]
    hold("chain", b["genesis"] == chain)
    if b["descent"] is None:
        hold("start", (anchor["height"], anchor["hash"]) == (trust.get("height"), trust.get("block")))
        hold("anchor", anchor["chain"] == chain and anchor["version"] == 1)
        return []
    origin, changes, certificate = b["descent"]
    hold("start", (origin[0] == "checkpoint") == ("block" in trust))
    if origin[0] == "genesis":
        hold("start", H("genesis", origin[1]) == chain)
        g = read_genesis(origin[1])
        members = [(k, H("identifier", chain + u(32, n)), power) for k, n, power in g["validators"]]
        encoded = b"".join(b"\0" + k + o + u(64, power) for k, o, power in members)
        known = H("validator-set", u(32, len(members)) + encoded), {k: power for k, _, power in members}
        last = {"height": 0, "time": g["time"], "hash": None}
    else:
        last, known = origin[1], origin[3]
        hold("start", (last["height"], last["hash"], last["chain"]) == (trust["height"], trust["block"], chain))
        hold("start", last["next"] == known[0])

    def link(check, h, last, certifies):
        hold(check, h["version"] == 1 and h["chain"] == chain)
        hold(check, h["height"] > last["height"] and h["time"] > last["time"])
        hold(check, h["validators"] == certifies[0] and h["proposer"] in certifies[1])

    recoveries = []
    for kind, h, *rest in changes:
        if kind == "voted":
            commit, following = rest
            link("lineage", h, last, known)
            hold("lineage", h["next"] != h["validators"] and h["next"] == following[0])
            quorum("certificate", chain, h["height"], h["hash"], commit, known[1])
        else:
            before, roots, governance, keys, validators, named, signatures, following = rest
            if before:
                link("lineage", before[0], last, known)
                hold("lineage", before[0]["validators"] == before[0]["next"])
                quorum("certificate", chain, before[0]["height"], before[0]["hash"], before[1], known[1])
                last = before[0]
            hold("lineage", last["hash"] is not None)
            link("lineage", h, last, validators)
            hold("lineage", h["height"] == last["height"] + 1 and h["parent"] == last["hash"])
            hold("lineage", h["next"] == following[0])
            recovered(chain, h, last, roots, governance, keys, named, signatures)
            recoveries.append(str(h["height"]))
        last, known = h, following
    link("anchor", anchor, last, known)
    if origin[0] == "checkpoint":
        lies_before(origin[1], origin[2], anchor)
    quorum("certificate", chain, anchor["height"], anchor["hash"], certificate, known[1])
    return recoveries


def recovered(chain, h, last, roots, governance, keys, named, signatures):  # PRF-3.4, LED-4.9
    roots_of("governance", roots, last)
    stored = leaf_of("governance", roots[0], b"\0\0\x0a", governance)
    hold("governance", stored is not None and len(keys) == len(signatures))
    r = Strict(stored[2])
    threshold, members = r.u(32), r.list(r.hash)
    message = b"\0" + h["hash"] + u(64, h["height"]) + named
    seen = []
    for (k, signature), leaf in zip(signatures, keys, strict=True):
        stored = leaf_of("governance", roots[0], b"\0\0\1\0" + k, leaf)
        hold("governance", stored is not None)
        r = Strict(stored[2])
        owner, organisation, purpose, begins, ends = r.u(8), r.hash(), r.u(8), r.u(64), r.option(lambda: r.u(64))
        is_active = begins <= last["time"] and (ends is None or last["time"] < ends)
        hold("governance", owner == 1 and purpose == 0 and is_active and organisation in members)
        hold("governance", organisation not in seen)
        seen.append(organisation)
        signed("governance", k, "sign-recovery", chain, message, signature)
    hold("governance", len(seen) >= max(threshold, 1))


def receipt(claim, anchor):  # PRF-5
    found, transaction = claim
    h, made = receipt_at(found, anchor), found[2]
    hold("transaction", (made["kind"] == 1) == (transaction is not None))
    if transaction is None:
        return
    (body, signatures, leaf), path = transaction
    hold("transaction", H("body", body) == made["subject"])
    index = found[1] - (h["receipts count"] - h["transactions count"])
    hold("transaction", index >= 0)
    listed("transaction", path, leaf, index, h["transactions count"], h["transactions"])
    r = Strict(body)
    hold("signature", r.u(16) == 1 and r.tagged() == h["chain"] and r.u(16) == made["contract"])
    r.u(16)
    signers = r.list(lambda: (r.tagged(), r.option(r.hash))[0])
    hold("signature", len(signers) == len(signatures))
    for k, signature in zip(signers, signatures, strict=True):
        signed("signature", k, "sign-transaction", h["chain"], H("body", body), signature)


def as_of(found, anchor, half, key):  # PRF-6.2
    def wrote(receipt):
        h = receipt_at(receipt, anchor)
        writes = [w for w in receipt[2]["writes"] if w[0] == key]
        hold("as-of", receipt[2]["half"] == half and writes)
        return h["height"], writes[0]

    if found[0] == 0:
        h, stored = leaf_at(found[1], anchor, half, key)
        return h["height"], h["height"], stored and stored[2]
    if found[0] == 1:
        first, write = wrote(found[1])
        h, stored = leaf_at(found[2], anchor, half, key)
        hold("as-of", h["height"] >= first and stored and stored[0] == write[1])
        hold("as-of", write[2] == H("value", stored[2]))
        return first, h["height"], stored[2]
    (first, write), value = wrote(found[2]), found[1]
    hold("as-of", write[2] == H("value", value))
    end, after = wrote(found[3])
    hold("as-of", end > first and after[1] == write[1] + 1)
    return first, end - 1, value


def statement(claim, anchor):  # PRF-7
    (unit, side, key), opening, entries, closing = claim
    _, to, value = as_of(closing, anchor, 0 if unit == 0 else 1, b"\0\0\3" + H("account", key))
    r = Strict(value or key + bytes(48))
    hold("entries", r.take(len(key)) == key)
    balance, count, head = r.u(64), r.u(64), r.hash()
    before = count - len(entries)
    hold("entries", before > 0 if opening else before == 0)
    after = opening[1]["place"][0] if opening else 0
    last = (after + 1, 0)
    for e in entries:
        hold("entries", e["place"] >= last)
        last = e["place"]
    hold("entries", not entries or last[0] <= to)
    found = opening[0] if opening else bytes(32)
    for e in ([opening[1]] if opening else []) + entries:
        line = u(64, e["place"][0]) + u(32, e["place"][1]) + u(8, e["direction"])
        line += u(64, min(sum(e["parts"]), 2**64 - 1)) + e["other"] + H("lots", e["quantity"])
        found = H("journal", found + line)
    hold("journal", found == head)
    lines = []
    for number, e in zip(range(count, before, -1), reversed(entries)):
        amount = sum(e["parts"])
        hold("balance", e["unit"] == unit and 0 < amount < 2**64)
        lines.append([str(number), str(amount), str(balance)])
        balance += -amount if (e["direction"] == 0) != (side == 1) else amount
        hold("balance", 0 <= balance < 2**64)
    hold("balance", opening or balance == 0)
    return after, to, lines[::-1]


def conflict(place, certifies, anchor):
    h = at(place, anchor)
    hold("conflict", h["validators"] == certifies[0])
    return h


def fork(claim, anchor):  # PRF-9
    place, certifies, one, other, two = claim
    h = conflict(place, certifies, anchor)
    same_place = all(h[name] == other[name] for name in ("version", "chain", "height", "validators"))
    hold("conflict", same_place and h["hash"] != other["hash"])
    for hashed, commit in ((h["hash"], one), (other["hash"], two)):
        quorum("conflict", h["chain"], h["height"], hashed, commit, certifies[1])


def evidence(claim, anchor):  # PRF-10, LED-4.11
    place, certifies, ((one, first), (two, second)) = claim
    h = conflict(place, certifies, anchor)
    hold("conflict", all(one[name] == two[name] for name in ("key", "height", "round", "kind")))
    hold("conflict", one["height"] == h["height"] and one["bytes"] != two["bytes"] and one["key"] in certifies[1])
    domain = {None: "sign-proposal", 0: "sign-prevote", 1: "sign-precommit"}[one["kind"]]
    for m, signature in ((one, first), (two, second)):
        signed("conflict", m["key"], domain, h["chain"], m["bytes"], signature)


def partition(claim, anchor):  # PRF-11
    place, roots, source, record, parts, accounts = claim
    h = at(place, anchor)
    roots_of("state-root", roots, h)
    number = source.to_bytes(4, "big")
    stored = leaf_of("leaf", roots[0], b"\0\0\7" + number, record)
    hold("partition", stored is not None)
    amount, start = Strict(stored[2]).u(64), 0
    ids = [H("account", key) for _, _, key in accounts]
    hold("partition", all(one < two for one, two in zip(ids, ids[1:])))
    held = set()
    for part in parts:
        hold("partition", start < amount)
        stored = leaf_of("leaf", roots[0], b"\0\0\5" + number + start.to_bytes(8, "big"), part)
        hold("partition", stored is not None)
        r = Strict(stored[2])
        length, account = r.u(64), r.hash()
        hold("partition", account in ids and length > 0)
        held.add(account)
        start += length
    hold("partition", start == amount and held == set(ids))


def records(claim, anchor):  # PRF-12
    place, roots, found = claim
    h = at(place, anchor)
    roots_of("state-root", roots, h)
    hold("leaf", found)
    last = None
    for half, key, leaf in found:
        hold("leaf", last is None or last < (half, key))
        last = (half, key)
        leaf_of("leaf", roots[half], key, leaf)


def verdict(data, trust):
    hold("kind", len(data) <= 1 << 24 and data[:8] == b"LINLIPRF")
    hold("version", data[8:10] == b"\1\0")
    try:
        b = read(Strict(data[10:]))
    except (AssertionError, KeyError):
        raise Fail("format") from None
    recoveries = descend(b, trust)
    kind, claim = b["claim"]
    anchor, shown = b["anchor"], {}
    if kind == 0:
        receipt(claim, anchor)
    elif kind == 1:
        first, to, value = as_of(claim[2], anchor, claim[0], claim[1])
        shown = {"from": str(first), "to": str(to), "value": value and value.hex()}
    elif kind == 2:
        after, to, lines = statement(claim, anchor)
        shown = {"after": str(after), "to": str(to), "entries": lines}
    elif kind == 3:
        hold("history", claim is not None)
        at(claim, anchor)
    else:
        {4: fork, 5: evidence, 6: partition, 7: records}[kind](claim, anchor)
    return recoveries, [str(anchor["height"]), anchor["hash"].hex()], shown


def proofs(name):
    for row in load(name)["proofs"]:
        trust = row["trust"]
        if "checkpoint" in trust:  # PRF-2.4
            lines = trust["checkpoint"].split("\n")
            assert lines[0] == "linli checkpoint 1" and lines[4:] == [""]
            genesis, height, pinned = (line.split(": ")[1] for line in lines[1:4])
            trust = {"genesis": x(genesis), "height": int(height), "block": x(pinned)}
        else:
            trust = {"genesis": x(trust["genesis"])}
        good = x(row["bytes"])
        recoveries, head, shown = verdict(good, trust)
        same(row["name"], recoveries, row["verdict"]["recoveries"])
        same(row["name"], head, row["verdict"]["head"])
        for field, value in shown.items():
            same(row["name"], value, row["verdict"]["shown"][field])
        for twin in row["twins"]:
            bad = good[: twin["from"]] + x(twin["with"]) + good[twin["to"] :]
            try:
                verdict(bad, trust)
                found = "nothing"
            except Fail as failure:
                found = failure.args[0]
            same(f"{row['name']}: {twin['what']}", found, twin["check"])
