#!/bin/sh
# BIND's dnssec-cds, the parent's side of RFC 7344, takes our CDS at each step of a KSK roll. (The set that asks for removal, RFC
# 8078, is none of its business: 9.18 makes a DS of it.)
. "$(dirname "$0")/../lib.sh"
need python3 dnssec-cds
z=$ZONESIGN state=state/a.example/state.yaml
# dnssec-cds has the real clock: the steps lie in the days before now, and their signatures are valid still
when() { date -u -d "@$(($(date +%s) - 432000 + $1 * 3600))" +%Y-%m-%dT%H:%M:%SZ; }
printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.1\n' > a.zone
printf 'zones:\n  a.example: {file: a.zone, output: signed/a.zone}\n' > zonesign.yaml
at() { run "$z" -q --now "$(when "$1")" build; is "build after $1 h" 0 $status; }
said() { # HOURS: the DS wanted are seen, those taken back are gone, as `ds --seen` and `ds --gone` record
	python3 - "$state" "$(when "$1")" <<'PY'
import re, sys
path, now = sys.argv[1:]
keys = open(path).read().split('\n  - id:')
for i, k in enumerate(keys):
    if 'ds: {state: rumoured' in k: keys[i] = k.replace('ds_seen: never', 'ds_seen: ' + now)
    if 'ds: {state: unretentive' in k: keys[i] = re.sub(r'ds_gone: \S+', 'ds_gone: ' + now, re.sub(r'ds_seen: \S+', 'ds_seen: never', k))
keys[0] = re.sub(r'next_due: \S+', 'next_due: never', keys[0])
open(path, 'w').write('\n  - id:'.join(keys))
PY
}
parent() { # HOURS NAME WANTED: dnssec-cds makes the parent's DS set from our CDS; so many DS are in it. The file's time is that
	# of the parent's last change: what was signed before it might be replayed, and is not taken
	touch -d "$(when "$last")" dsset; last=$1; shift
	awk '($4=="DNSKEY" || $4=="CDS" || $4=="CDNSKEY") || ($4=="RRSIG" && ($5=="DNSKEY" || $5=="CDS" || $5=="CDNSKEY"))' signed/a.zone > child
	run dnssec-cds -a SHA-256 -f child -d dsset a.example
	is "$1: dnssec-cds takes it" 0 $status
	is "$1: the DS set" "$2" "$(grep -c 'DS' out)"
	cp out dsset
}
at 0; at 6
run "$z" --now "$(when 6)" ds --format ds; sed 's/\t[0-9]*\tIN/ 86400 IN/' out > dsset; is 'the first DS' 1 "$(grep -c DS dsset)"
last=-2; parent 6 'first' 1
said 6; at 36
run "$z" -q --now "$(when 36)" roll a.example ksk; at 36; at 41
parent 41 'KSK roll: both' 2
said 43; at 43; parent 43 'KSK roll: the new one' 1
said 45; at 45; at 76; is 'the old KSK is gone' 2 "$(grep -c ' IN DNSKEY ' signed/a.zone)"
parent 76 'after the roll' 1
finish
