#!/bin/sh
# What the scanner understood is what BIND understood: `zonesign fmt` of a zone, read by named-compilezone, equals the zone
# read by named-compilezone, record by record. On every good zone of the tests, and the root zone.
. "$(dirname "$0")/../lib.sh"
need named-compilezone kzonecheck python3 zcat

compiled() { # ORIGIN FILE: BIND's reading, one record a line, sorted
	named-compilezone -q -i none -k ignore -m ignore -S ignore -r ignore -s full -F text -o - "$1" "$2" | sed 's/[[:space:]]\{1,\}/ /g' | LC_ALL=C sort
}
same() { # ORIGIN FILE
	"$ZONESIGN" -q fmt --origin "$1" "$2" > formatted || return 1
	compiled "$1" "$2" > theirs
	compiled "$1" formatted > ours
	[ -s theirs ] || return 1
	diff theirs ours
}
python3 "$top/tests/interop/zones.py" . 72 > list
while read -r origin name _; do
	ok "fmt of $name" same "$origin" "$name.zone"
done < list
cp -r "$top/testdata/demo" . && ok 'fmt of the demo' same example.com demo/example.com.zone
zcat "$top/testdata/rootzone/root-2026082201.zone.gz" > root.zone
ok 'fmt of the root zone' same . root.zone

# names with each octet, in owners and in data: Knot reads what we write, and BIND the same names
{
	printf 'example. 3600 IN SOA ns. dns+admin.example. 1 7200 3600 1209600 900\nexample. 3600 IN NS ns.\n'
	for octet in $(seq 0 255); do printf 'x\\%03d.example. 3600 IN PTR \\%03dy.example.\n' "$octet" "$octet"; done
} > octets.zone
ok 'fmt of names with each octet' same example. octets.zone
ok 'Knot reads names with each octet' kzonecheck -o example. -d off formatted
finish
