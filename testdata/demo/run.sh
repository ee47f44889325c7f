#!/bin/sh
# The demo: signs testdata/demo in build/demo. Certificates are made at the first run; a second run finds nothing to do.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
demo=$top/build/demo
mkdir -p "$demo"
for file in zonesign.yaml example.com.zone; do
	cmp -s "$top/testdata/demo/$file" "$demo/$file" || cp "$top/testdata/demo/$file" "$demo/$file"
done
cd "$demo"
[ -e certs/www-chain.pem ] || sh "$top/testdata/demo/make-certs.sh" certs
echo "$ cd build/demo"
echo "$ zonesign build"
result=$("$top/build/zonesign" -v build 2>build.log) || { cat build.log >&2; exit 1; }
echo "$result"
grep -Ev '^  [a-zA-Z]+ +[0-9.]+ s( |$)' build.log || : # the stages of -v
echo
echo "$ zonesign ds"
"$top/build/zonesign" ds
echo
case $result in
*'nothing to do'*) echo "Nothing is to do: the signed zone is up to date." ;;
*) echo "The signed zone is in build/demo/signed/example.com.zone. Next: let your name server load it, and run 'zonesign build' from cron." ;;
esac
