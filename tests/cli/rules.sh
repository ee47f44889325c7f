#!/bin/sh
# Each zone of testdata/zones has one defect, or none: its first line says which exit status and which words are expected.
. "$(dirname "$0")/../lib.sh"
cp "$top"/testdata/zones/*.zone .
for file in *.zone; do
	expect=$(head -n 1 "$file" | tr -d '\r' | sed -n 's/^; expect: //p')
	wanted=${expect%% *}
	words=${expect#* }
	run "$ZONESIGN" check --origin example.com "$file"
	is "$file: exit status" "$wanted" "$status"
	cat out err > both
	has "$file: words" both "$words"
	# an error about a record names file and line
	case $file in
	soa-missing.zone | ns-missing.zone | old-dnssec.zone | glue-elsewhere.zone | good-*) ;;
	*) ok "$file: place" grep -Eq "^$file:[0-9]+:" err ;;
	esac
done
run "$ZONESIGN" check --origin example.com /nonexistent
is 'a file that is not there' 3 "$status"
run "$ZONESIGN" check --origin example.com .
is 'a directory' 3 "$status"
finish
