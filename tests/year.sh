#!/usr/bin/env bash
# A generated year, told twice: the same head, an audit from the bytes alone, every planted row refused with
# its code and no other row. Prints a table; exits with 1 if anything differs.
#
#   LINLI=target/release/linli tests/year.sh community 1 DIR
set -euo pipefail

size=${1:?usage: year.sh SIZE SEED DIR}
seed=${2:?usage: year.sh SIZE SEED DIR}
dir=${3:?usage: year.sh SIZE SEED DIR}
linli=${LINLI:-target/release/linli}
year=$dir/year

mkdir -p "$dir"
"$linli" example --size "$size" --seed "$seed" "$year" -o json > "$dir/example.json"
for run in one two; do
  "$linli" run "$year" --dir "$dir/$run" -o json > "$dir/$run.json"
done
report() { python3 -c 'import json,sys; v=json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."): v=v[key]
print(v)' "$dir/$1.json" "$2"; }
genesis=$(report one genesis_hash)
"$linli" audit "$dir/one" --genesis-hash "$genesis" --expect-head "$(report two head.hash)" -o json \
  > "$dir/audit.json" || true

python3 - "$dir" "$size" "$seed" <<'PYTHON'
import csv, json, sys
from collections import Counter

folder, size, seed = sys.argv[1:]
read = lambda name: json.load(open(f"{folder}/{name}.json", encoding="utf-8"))
example, one, two = read("example"), read("one"), read("two")
try:
    audit = read("audit").get("ok", False)
except ValueError:
    audit = False
with open(f"{folder}/year/planted.csv", encoding="utf-8", newline="") as file:
    planted = {(row["file"], int(row["line"])): row["code"] for row in csv.DictReader(file)}
refused = {
    (row["file"], row["line"]): row["code"]
    for kind in ("rejected", "unreadable")
    for row in one["ingest"][kind]
}
differs = sorted(
    place for place in planted.keys() | refused.keys() if planted.get(place) != refused.get(place)
)
rare = sorted(code for code, times in Counter(planted.values()).items() if times < 2)
lines = [
    ("rows", example["rows"], one["ingest"]["rows"]),
    ("accepted", one["ingest"]["rows"] - len(planted), one["ingest"]["accepted"]),
    ("planted rows refused with their code", len(planted), len(planted) - len(differs)),
    ("codes planted once only", 0, len(rare)),
    ("head of a second run", one["head"]["hash"][:16], two["head"]["hash"][:16]),
    ("state of a second run", one["state_root"][:16], two["state_root"][:16]),
    ("audit from genesis to that head", True, audit),
]
print(f"{size}, seed {seed}: {one['head']['height']} blocks, {one['verify']['transactions']} transactions")
print(f"{'':40}{'expected':>18}{'found':>18}")
for what, expected, found in lines:
    print(f"{what:40}{expected!s:>18}{found!s:>18}{'' if expected == found else '  differs'}")
for place in differs[:20]:
    print(f"  {place[0]}:{place[1]}: planted {planted.get(place)}, found {refused.get(place)}")
sys.exit(any(expected != found for _, expected, found in lines))
PYTHON
