"""What both Python programs share: canonical bytes, hashes, signatures, list roots, state trees.

Written from docs/spec/ledger.md; clause numbers stand beside what they specify.
"""
import json
import pathlib
import sys

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
FOLDER = FOLDER if FOLDER.is_dir() else FOLDER.parent
checks = [0]


def same(what, found, expected):
    checks[0] += 1
    found = found.hex() if isinstance(found, bytes) else found
    if found != expected:
        sys.exit(f"{what}: rebuilt {found}, the vector has {expected}")


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


# LED-1.1: canonical bytes
def u(bits, n):
    return n.to_bytes(bits // 8, "little")


def big(bits, n):  # LED-5.3: in keys only
    return n.to_bytes(bits // 8, "big")


def block(data):
    return u(32, len(data)) + data


def rows(items):
    items = list(items)
    return u(32, len(items)) + b"".join(items)


def option(value):
    return b"\0" if value is None else b"\1" + value


def x(text):
    return bytes.fromhex(text)


# LED-2.1, 2.2, 2.4, 2.5: hashes; tag 0 before digests, keys and signatures
def H(domain, message):
    return blake3(message, key=("linli/1/" + domain).encode().ljust(32, b"\0")).digest()


def tagged(text):
    return b"\0" + x(text)


# LED-2.6, 2.7, 2.8: signatures and demonstration keys
def preimage(domain, genesis, message):
    return ("linli/1/" + domain).encode().ljust(32, b"\0") + genesis + message


def secret(label):
    return blake3(label.encode(), key=H("demonstration-seed", b"vectors")).digest()


def key(label):
    return Ed25519PrivateKey.from_private_bytes(secret(label)).public_key().public_bytes_raw()


def sign(label, domain, genesis, message):
    return Ed25519PrivateKey.from_private_bytes(secret(label)).sign(preimage(domain, genesis, message))


def verify(public, domain, genesis, message, signature):
    checks[0] += 1
    Ed25519PublicKey.from_public_bytes(public).verify(signature, preimage(domain, genesis, message))


# LED-5.10: list root
def list_root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else H("merkle-node", b"")
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return H("merkle-node", list_root(leaves[:k]) + list_root(leaves[k:]))


# LED-5.8: state tree over {path: leaf hash}
def bit(path, level):
    return path[level // 8] >> (7 - level % 8) & 1


def tree(leaves, level=0):
    if not leaves:
        return H("state-empty", b"")
    if len(leaves) <= 8:
        return H("state-bucket", b"".join(path + leaves[path] for path in sorted(leaves)))
    halves = [{p: h for p, h in leaves.items() if bit(p, level) == side} for side in (0, 1)]
    return H("state-branch", tree(halves[0], level + 1) + tree(halves[1], level + 1))


def state_proof(leaves, path):
    siblings, level = [], 0
    while len(leaves) > 8:
        halves = [{p: h for p, h in leaves.items() if bit(p, level) == side} for side in (0, 1)]
        siblings.append(tree(halves[1 - bit(path, level)], level + 1))
        leaves, level = halves[bit(path, level)], level + 1
    return siblings, [(p, leaves[p]) for p in sorted(leaves)]


# LED-5.4: leaf hash
def leaf_hash(k, version, writer, value_hash):
    return H("state-leaf", block(k) + u(64, version) + b"\0" + writer + value_hash)
