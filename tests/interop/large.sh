#!/bin/sh
# The root zone, stripped and signed again, and zones of 20,000 names, in NSEC, NSEC3 and opt-out: BIND, Knot and ldns agree.
. "$(dirname "$0")/../lib.sh"
need dnssec-verify kzonecheck ldns-verify-zone python3 zcat

judge() { # WHAT ORIGIN FILE
	ok "$1: dnssec-verify" dnssec-verify -q -o "$2" "$3"
	ok "$1: kzonecheck" kzonecheck -d on -o "$2" "$3"
	ok "$1: zonesign verify" "$ZONESIGN" -q verify --origin "$2" "$3"
}
zcat "$top/testdata/rootzone/root-2026082201.zone.gz" > root.zone
for denial in nsec nsec3 '{nsec3: {opt-out: yes}}'; do
	rm -rf state signed
	cat > zonesign.yaml <<-EOF
		policies:
		  default: {denial: $denial, zonemd: sha384, signatures: {validity: 21d, refresh: 10d}, observe: off}
		zones:
		  ".": {file: root.zone, output: signed/root.zone}
	EOF
	run "$ZONESIGN" -q build
	is "root, $denial: built" 0 "$status"
	judge "root, $denial" . signed/root.zone
done
python3 "$top/tests/interop/zones.py" . 3 big > list
run "$ZONESIGN" -q build
is 'zones of 20,000 names are built' 0 "$status"
while read -r origin name denial _; do
	judge "$name, $denial" "$origin" "signed/$name.zone"
	ok "$name: ldns-verify-zone" ldns-verify-zone -V 1 "signed/$name.zone"
done < list
finish
