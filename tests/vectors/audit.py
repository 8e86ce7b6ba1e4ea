"""Audits the small chain of chain.json with nothing but docs/spec/ledger.md.

Frames, links, certificates, signatures, every root, every write of every receipt, every journal. What
the contracts decide is taken from the receipts.
"""
from canonical import H, big, block, checks, leaf_hash, list_root, load, option, rows, same, tree, u, verify, x


class Reader:
    """Reads canonical bytes; what is left over or missing is an error. LED-1.1"""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        assert self.at + n <= len(self.data), "the bytes end too early"
        self.at += n
        return self.data[self.at - n : self.at]

    def u(self, bits):
        return int.from_bytes(self.take(bits // 8), "little")

    def bytes(self):
        return self.take(self.u(32))

    def tagged(self, n=32):
        assert self.u(8) == 0, "an algorithm that is not known"
        return self.take(n)

    def option(self, read):
        tag = self.u(8)
        assert tag < 2
        return read() if tag else None

    def list(self, read):
        return [read() for _ in range(self.u(32))]

    def end(self):
        assert self.at == len(self.data), "bytes left over"


def read_genesis(data):  # LED-7.1
    r = Reader(data)
    g = {"version": r.u(16), "name": r.bytes(), "time": r.u(64), "clock": r.u(8), "keys": r.u(8)}
    g["organisations"] = r.list(lambda: (r.bytes(), r.u(8), r.tagged()))
    g["governance"], g["threshold"] = r.list(lambda: r.u(32)), r.u(32)
    g["validators"] = r.list(lambda: (r.tagged(), r.u(32), r.u(64)))
    g["nodes"] = r.list(lambda: (r.tagged(), r.u(32)))
    g["contracts"] = r.list(lambda: (r.u(16), r.u(16)))
    g["parameters"] = r.list(lambda: (r.u(16), r.u(64)))
    r.end()
    return g


def first_state(g, hashed):  # LED-7.4, 7.5, 5.3
    def organisation(n):
        return H("identifier", hashed + u(32, n))

    def owned(position, purpose):
        return b"\1" + organisation(position) + u(8, purpose) + u(64, 0) + b"\0"

    values = {b"\0\0\1\0" + k: owned(n, 0) for n, (_, _, k) in enumerate(g["organisations"])}
    values |= {b"\0\0\1\0" + k: owned(n, 2) for k, n, _ in g["validators"]}
    values |= {b"\0\0\1\0" + k: owned(n, 3) for k, n in g["nodes"]}
    members = rows(b"\0" + k + organisation(n) + u(64, power) for k, n, power in g["validators"])
    values[b"\0\0\x09"] = members
    values[b"\0\0\x0a"] = u(32, g["threshold"]) + rows(organisation(n) for n in g["governance"])
    for contract, version in g["contracts"]:
        values[b"\0\0\x08" + big(16, contract)] = rows([u(64, 0) + u(16, version)])
    return {k: (value, 0, hashed) for k, value in values.items()}, members


def read_block(r):  # LED-4.1, 4.3, 4.8
    start = r.at
    h = {"version": r.u(16), "chain": r.tagged(), "height": r.u(64), "time": r.u(64)}
    h["parent"] = r.tagged()
    for name in ("transactions", "receipts"):
        h[name], h[name + " count"] = r.tagged(), r.u(32)
    for name in "state history validators next proposer".split():
        h[name] = r.tagged()
    h["bytes"] = r.data[start : r.at]
    transactions = []
    for _ in range(r.u(32)):
        assert r.u(8) == 0, "withheld"
        transactions.append((r.bytes(), r.list(lambda: r.tagged(64))))
    assert r.u(8) == 0, "not a quorum"
    return h, transactions, r.u(32), r.list(lambda: (r.tagged(), r.tagged(64)))


def check_certificate(genesis, h, round_, signatures, members):  # LED-4.4, 4.5, 4.8
    r = Reader(members)
    powers = dict(r.list(lambda: (r.tagged(), (r.take(32), r.u(64)))))
    value = option(b"\0" + H("header", h["bytes"]))
    assert len({k for k, _ in signatures}) == len(signatures), "a key twice"
    for k, signature in signatures:
        vote = b"\1" + u(64, h["height"]) + u(32, round_) + value + b"\0" + k
        verify(k, "sign-precommit", genesis, vote, signature)
    assert 3 * sum(powers[k][1] for k, _ in signatures) > 2 * sum(p for _, p in powers.values())
    assert h["proposer"] in powers


def check_transaction(genesis, body, signatures):  # LED-3.1, 3.4
    r = Reader(body)
    assert r.u(16) == 1 and r.tagged() == genesis
    r.take(4)
    signers = r.list(lambda: (r.tagged(), r.option(lambda: r.take(32)))[0])
    assert len(set(signers)) == len(signers) == len(signatures)
    for k, signature in zip(signers, signatures, strict=True):
        verify(k, "sign-transaction", genesis, H("body", body), signature)
    nonce, sender = r.u(64), signers[0]
    r.take(16 + 8)
    r.bytes()
    r.end()
    return sender, nonce


def read_receipt(data):  # LED-5.6, 6.4, 6.5, 9.3
    r = Reader(data)
    kind = r.u(8)
    subject = r.take(43) if kind == 0 else r.tagged()
    made = {"kind": kind, "subject": subject, "contract": r.u(16), "compartment": r.u(8)}
    made["code"] = r.u(16) if r.u(8) else None
    if made["code"] is not None:
        r.list(lambda: r.take({4: 4, 6: 32}.get(r.u(8), 8)))
    made["conditions"] = r.list(lambda: (r.bytes(), r.take(32)))

    def quantity():
        start, tag = r.at, r.u(8)
        r.u(64) if tag == 2 else r.list(lambda: r.take(20 if tag == 0 else 48))
        return r.data[start : r.at]

    made["movements"] = r.list(lambda: (r.take(32), r.take(32), quantity()))
    made["entries"] = r.list(lambda: (r.take(32), r.u(8), r.u(64), r.u(64), r.u(64), r.take(32)))
    made["writes"] = r.list(lambda: (r.bytes(), r.u(64), r.option(lambda: r.take(32))))
    r.end()
    return made


def check_journal(receipt, height, index, heads):  # LED-6.5
    assert len(receipt["entries"]) == 2 * len(receipt["movements"])
    for place, (account, direction, amount, _, number, head) in enumerate(receipt["entries"]):
        source, target, quantity = receipt["movements"][place // 2]
        assert (account, direction) == ((source, 1), (target, 0))[place % 2]
        other = target if direction else source
        entry = u(64, height) + u(32, index) + u(8, direction) + u(64, amount) + other
        before, count = heads.get(account, (b"\0" * 32, 0))
        same("journal", H("journal", before + entry + H("lots", quantity)), head.hex())
        assert number == count + 1
        heads[account] = (head, number)


def check_receipt(receipt, height, index, halves, fresh, heads, shown):  # LED-5.5, 5.6
    writer = receipt["subject"]
    if receipt["kind"] == 0:
        writer = H("identifier", b"due" + receipt["subject"] + u(64, height))
    half = halves[receipt["compartment"]]
    for k, value_hash in receipt["conditions"]:
        found = k in halves[1] and H("value", halves[1][k][0]) == value_hash
        assert found == (receipt["code"] != 2009)
    check_journal(receipt, height, index, heads)
    assert receipt["writes"] == sorted(receipt["writes"], key=lambda write: write[0])
    for k, version, value_hash in receipt["writes"]:
        checks[0] += 1
        before = half[k][1] if k in half else fresh.get((receipt["compartment"], k))
        assert version == (height << 24 if before is None else before + 1), "version"
        fresh[receipt["compartment"], k] = version
        if value_hash is None:
            del half[k]
        else:
            half[k] = (shown[value_hash], version, writer)


def root_of(halves):  # LED-5.1, 5.4, 5.8
    roots = []
    for half in halves:
        leaves = half.items()
        roots.append(tree({H("state-path", k): leaf_hash(k, n, w, H("value", v)) for k, (v, n, w) in leaves}))
    return H("state-root", roots[0] + roots[1])


def chain():  # LED-8
    file = load("chain")
    data, payloads = b"".join(x(frame) for frame in file["frames"]), []
    r = Reader(data)
    while r.at < len(data):  # LED-8.1
        length, hashed = r.u(32), r.take(32)
        payloads.append(r.take(length))
        same("frame", H("frame", payloads[-1]), hashed.hex())
    r = Reader(payloads[0])
    assert r.u(8) == 0
    bytes_, genesis = r.bytes(), x(file["genesis"])
    same("genesis", H("genesis", bytes_), file["genesis"])
    g = read_genesis(bytes_)
    public, members = first_state(g, genesis)
    halves, parent, time, history, heads = [public, {}], genesis, g["time"], [], {}
    same("state 0", root_of(halves), file["blocks"][0]["state_root"])
    shown = {}  # values by their hash: those between two blocks are not in the vector, and not needed
    for row in file["blocks"]:
        for k, value, _, _ in row["public"] + row["restricted"]:
            shown[H("value", x(value))] = x(value)
    for height, (payload, row) in enumerate(zip(payloads[1:], file["blocks"][1:], strict=True), 1):
        r = Reader(payload)
        assert r.u(8) == 1
        h, transactions, round_, signatures = read_block(r)
        r.end()
        assert (h["version"], h["chain"], h["height"], h["parent"]) == (1, genesis, height, parent)
        assert h["time"] > time
        same("history", list_root([H("history-leaf", one) for one in history]), h["history"].hex())
        same("validators", H("validator-set", members), h["validators"].hex())
        check_certificate(genesis, h, round_, signatures, members)
        for body, made in transactions:
            check_transaction(genesis, body, made)
        leaves = [block(body) + rows(b"\0" + one for one in made) for body, made in transactions]
        found = list_root([H("transaction-leaf", leaf) for leaf in leaves])
        same("transactions", found, h["transactions"].hex())
        assert h["transactions count"] == len(leaves)
        made = [x(one) for one in row["receipts"]]
        same("receipts", list_root([H("receipt-leaf", one) for one in made]), h["receipts"].hex())
        assert h["receipts count"] == len(made)
        receipts, fresh = [read_receipt(one) for one in made], {}
        ids = [receipt["subject"] for receipt in receipts if receipt["kind"] == 1]
        assert ids == [H("body", body) for body, _ in transactions]
        for index, receipt in enumerate(receipts):
            check_receipt(receipt, height, index, halves, fresh, heads, _Values(shown))
        same("state", root_of(halves), h["state"].hex())
        same("next", H("validator-set", public[b"\0\0\x09"][0]), h["next"].hex())
        parent, time = H("header", h["bytes"]), h["time"]
        history.append(parent)
    same("head", parent, file["head"])


class _Values(dict):
    """A value that only an intermediate write had stays unknown; the roots prove the last ones."""

    def __missing__(self, value_hash):
        return b""
