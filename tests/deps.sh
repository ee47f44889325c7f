#!/bin/sh
# Installs the Debian packages named as arguments that are missing: as root or by sudo; else prints the command to run.
set -eu
missing=
for package; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || { echo "needed, by their Debian names:$missing" >&2; exit 1; }
if [ "$(id -u)" = 0 ]; then
	as=
elif sudo -n true 2>/dev/null || { command -v sudo >/dev/null && [ -t 0 ]; }; then
	as=sudo
else
	echo "run this as root, then try again:" >&2
	echo "  apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "installing:$missing"
# servers that come with the packages must not start: policy-rc.d refuses them while we install
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $as tee $policy >/dev/null
	$as chmod 0755 $policy
	made=1
fi
trap '[ -z "$made" ] || $as rm -f $policy' EXIT
log=$(mktemp)
if ! { $as apt-get update -q && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	exit 1
fi
rm -f "$log"
