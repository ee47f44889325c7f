#!/bin/sh
# `tlsa --stage` and the hooks that `tlsa --hook` prints, each with the environment and the files that its client gives it:
# certbot 2.1 (its own code runs the hook), lego 4.9, dehydrated 0.7 and acme.sh 3 as their sources do.
. "$(dirname "$0")/../lib.sh"
need openssl python3
z=$ZONESIGN
python= # the one that has certbot
for p in /usr/bin/python3 python3; do "$p" -c 'import certbot._internal.hooks' 2>/dev/null && { python=$p; break; }; done
if [ -z "$python" ]; then
	[ "${CI:-}" != true ] || fail 'certbot is not installed'
	echo "skipped: certbot is not installed; its hook gets the environment that it would set"
fi

newcert() { # NAME [KEY]
	[ -f "${2:-$1}.key" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "${2:-$1}.key" 2>/dev/null
	openssl req -x509 -key "${2:-$1}.key" -days 3000 -subj "/CN=mail.example.com" -addext subjectAltName=DNS:mail.example.com -out "$1.pem" 2>/dev/null
}
spki() { openssl pkey -in "$1" -pubout -outform DER | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F; }
records() { grep -c '^_25._tcp.mail.* IN TLSA ' signed.zone; }
has_key() { grep -q "^_25._tcp.mail.* IN TLSA 3 1 1 $(spki "$1")" signed.zone && echo yes || echo no; }
same() { cmp -s "$1" "$2" && echo same || echo other; }
at() { now=2026-12-$1:00Z; shift; run "$z" --now "$now" "$@"; }
printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n@ MX 1 mail\nmail A 192.0.2.25\n' > a.zone
config() { # CERTIFICATE NEXT
	printf 'policies:\n  default: {observe: off}\nzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n    dane:\n      - {host: mx, port: 25, certificate: %s%s}\n' "$1" "${2:+, next: $2}" > zonesign.yaml
}
fresh() { rm -rf state signed.zone service; }
newcert k1; newcert k2

# ---- staging ----
fresh; config k1.pem; at 01T00:00 build
at 02T00:00 tlsa --stage mail.example.com; is 'no next: in the config' 3 $status; has 'it says which line to add' err 'next: k1.pem.next.key'
config k1.pem next.key
at 02T00:00 tlsa --stage nowhere.example.com; is 'no entry for the host' 3 $status
at 02T00:00 tlsa --stage mail.example.net; is 'no zone for the host' 3 $status
at 02T00:00 tlsa --stage mail.example.com; is 'stage: status' 0 $status; has 'stage: from when' out 'from 2026-12-02 03:00 UTC'
is 'stage: mode' 600 "$(stat -c %a next.key)"; is 'stage: as the one in use' 'P-256' "$(openssl pkey -in next.key -noout -text | sed -n 's/NIST CURVE: //p')"
is 'stage: published' '2 yes' "$(records) $(has_key next.key)"
cp next.key was.key; at 02T01:00 tlsa --stage mail.example.com; is 'stage again: status' 0 $status; is 'stage again: the same key' same "$(same next.key was.key)"; has 'stage again: says so' out 'none is made'
at 02T02:59 tlsa --gate next.key; is 'the gate of it: too early' 5 $status
newcert renewed next; cp renewed.pem k1.pem; at 03T00:00 build
at 03T00:00 tlsa --stage mail.example.com; is 'stage after the renewal: status' 0 $status
is 'the key in use has another name' same "$(same was.key "$(ls next.key.in-use-*)")"; is 'and the next one is new' other "$(same next.key was.key)"; is 'three records: former, current, next' 3 "$(records)"
echo nonsense > next.key; at 04T00:00 tlsa --stage mail.example.com; is 'stage over something else' 3 $status; is 'it is left alone' nonsense "$(cat next.key)"
rm next.key; at 04T00:00 tlsa --stage mail.example.com --algorithm rsa --bits 3072; is '--algorithm rsa' 0 $status; has 'RSA 3072' next.key 'PRIVATE KEY'
is 'its size' 3072 "$(openssl pkey -in next.key -noout -text | sed -n 's/.*(\([0-9]*\) bit.*/\1/p')"
rm next.key; for a in p384 ed25519; do at 04T01:00 tlsa --stage mail.example.com --algorithm $a; is "--algorithm $a" 0 $status; rm -f next.key; done
cp k1.pem was.pem; openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2304 -out pss.key 2>/dev/null; newcert k1 pss
at 04T01:30 tlsa --stage mail.example.com; is 'as an RSA-PSS key in use' 0 $status; is 'of its size' 2304 "$(openssl pkey -in next.key -noout -text | sed -n 's/.*(\([0-9]*\) bit.*/\1/p')"; rm -f next.key; mv was.pem k1.pem
at 04T02:00 tlsa --stage mail.example.com --algorithm dsa; is '--algorithm dsa' 2 $status; is 'and nothing is made' no "$([ -e next.key ] && echo yes || echo no)"
at 04T02:00 tlsa --stage mail.example.com --bits 1024 --algorithm rsa; is '--bits 1024' 2 $status
at 04T02:00 tlsa --stage mail.example.com --bits 3072; is '--bits for an EC key' 2 $status
mkdir next.key; at 04T02:00 tlsa --stage mail.example.com; is 'a directory in its place' 3 $status; rmdir next.key

# ---- hooks ----
printf '#!/bin/sh\nexec "%s" --now "$(cat "%s/now")" "$@"\n' "$z" "$work" > zs; chmod +x zs
export PROGRAM="$work/zs" SERVICE="$work/service" RESTART="touch '$work/restarted'"
clock() { echo "2026-12-$1:00Z" > now; }

# hooked CLIENT CERT KEY: run the client's hook as the client does after it renewed into CERT and KEY
hooked() {
	case $1 in
	certbot)
		mkdir -p live/mail; cp "$2" live/mail/fullchain.pem; cp "$3" live/mail/privkey.pem
		if [ -n "$python" ]; then
			run "$python" -c 'import sys
from types import SimpleNamespace
from certbot._internal import hooks
from certbot._internal.display import obj
obj.set_display(obj.FileDisplay(sys.stdout, False))
hooks.renew_hook(SimpleNamespace(directory_hooks=False, renew_hook=sys.argv[1], dry_run=False), ["mail.example.com"], sys.argv[2])' "$work/hook-certbot" "$work/live/mail"
		else
			RENEWED_LINEAGE=$work/live/mail RENEWED_DOMAINS=mail.example.com run ./hook-certbot
		fi ;;
	acme.sh) # "cd $DOMAIN_PATH && eval $reloadcmd" in a subshell, after export
		d=acme/${4:-mail}; mkdir -p $d; cp "$2" $d/fullchain.cer; cp "$2" $d/mail.cer; cp "$3" $d/mail.key # $4: mail_ecc for ECDSA
		run sh -c 'export CERT_PATH=$0/mail.cer CERT_KEY_PATH=$0/mail.key CA_CERT_PATH=$0/ca.cer CERT_FULLCHAIN_PATH=$0/fullchain.cer Le_Domain=mail
			cd "$0" && eval "$1/hook-acme.sh"' "$work/$d" "$work" ;;
	lego)
		mkdir -p lego; cp "$2" lego/mail.crt; cp "$3" lego/mail.key
		run env LEGO_ACCOUNT_EMAIL=a@example.com LEGO_CERT_DOMAIN=mail LEGO_CERT_PATH="$work/lego/mail.crt" LEGO_CERT_KEY_PATH="$work/lego/mail.key" ./hook-lego ;;
	dehydrated) # links to files with the time in their name
		d=certs/${4:-mail}; mkdir -p $d; t=$(date +%s); cp "$2" "$d/fullchain-$t.pem"; cp "$2" "$d/cert-$t.pem"; cp "$3" "$d/privkey-$t.pem"; : > "$d/chain-$t.pem" # $4: an alias
		for f in fullchain cert privkey chain; do ln -sf "$f-$t.pem" "$d/$f.pem"; done
		export CONFIG=/etc/dehydrated/config COMMAND=sign_domains # as it does, and more, for its hooks
		ok 'dehydrated: an event it does not know' ./hook-dehydrated this_hookscript_is_broken__dehydrated_is_working_fine__please_ignore_unknown_hooks_in_your_script
		ok 'dehydrated: sync_cert' ./hook-dehydrated sync_cert k c f ch csr
		run ./hook-dehydrated deploy_cert mail "$work/$d/privkey.pem" "$work/$d/cert.pem" "$work/$d/fullchain.pem" "$work/$d/chain.pem" "$t"
		unset CONFIG COMMAND ;;
	esac
}
later() { # what cron does, or dehydrated at the end of each run
	if [ "$1" = dehydrated ]; then run ./hook-dehydrated exit_hook; else run "./hook-$1" retry; fi
}
for client in certbot acme.sh lego dehydrated; do
	fresh; rm -f restarted ./*.pem.* ; newcert k1; newcert k2; newcert k2b k2
	config service/mail/fullchain.pem service/mail/pending/fullchain.pem
	"$z" tlsa --hook $client > hook-$client; is "$client: printed" 0 $?; chmod +x hook-$client
	ok "$client: a shell can read it" sh -n hook-$client
	clock 01T00:00; hooked $client k1.pem k1.key
	is "$client: the first certificate is put in place" same "$(same k1.pem service/mail/fullchain.pem)"; is "$client: its key is private" 600 "$(stat -c %a service/mail/privkey.pem)"
	is "$client: its record" '1 yes' "$(records) $(has_key k1.key)"; rm -f restarted
	# a renewal with a new key
	clock 05T00:00; hooked $client k2.pem k2.key
	is "$client: nothing is deployed before its time" same "$(same k1.pem service/mail/fullchain.pem)"; is "$client: nor restarted" no "$([ -e restarted ] && echo yes || echo no)"
	is "$client: the new key is published" '2 yes' "$(records) $(has_key k2.key)"; is "$client: what waits is private" 600 "$(stat -c %a service/mail/pending/privkey.pem)"
	clock 05T02:59; later $client; is "$client: still too early" same "$(same k1.pem service/mail/fullchain.pem)"
	clock 05T03:00; later $client; is "$client: deployed" same "$(same k2.pem service/mail/fullchain.pem)"; is "$client: with its key" same "$(same k2.key service/mail/privkey.pem)"
	is "$client: restarted" yes "$([ -e restarted ] && echo yes || echo no)"; is "$client: nothing waits" no "$([ -e service/mail/pending/fullchain.pem ] && echo yes || echo no)"
	is "$client: the former record stays a while" 2 "$(records)"; rm -f restarted
	clock 05T09:00; "$z" --now "$(cat now)" -q build 2>err; is "$client: and goes" '1 yes' "$(records) $(has_key k2.key)"
	# a renewal that keeps the key
	clock 08T00:00; hooked $client k2b.pem k2.key; is "$client: the same key: at once" same "$(same k2b.pem service/mail/fullchain.pem)"; is "$client: the same key: restarted" yes "$([ -e restarted ] && echo yes || echo no)"
	# the config does not name what is pending
	config service/mail/fullchain.pem; clock 09T00:00; hooked $client k1.pem k1.key
	is "$client: no next: the old certificate stays" same "$(same k2b.pem service/mail/fullchain.pem)"; has "$client: no next: it says so" err 'keeps its certificate'
done
# ---- RSA beside ECDSA, each with a directory of its own, in the config before either is there, and cron builds meanwhile ----
newrsa() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" 2>/dev/null; newcert "$1"; }
newrsa r1; newrsa r2
for client in acme.sh dehydrated; do
	fresh; newcert k1; config service/mail/fullchain.pem service/mail/pending/fullchain.pem
	echo '      - {host: mx, port: 25, certificate: service/mail_ecc/fullchain.pem, next: service/mail_ecc/pending/fullchain.pem}' >> zonesign.yaml
	clock 01T00:00; run ./zs build; is "$client, two: no file is there yet" 3 $status; clock 01T01:00; run ./zs build
	hooked $client r1.pem r1.key; hooked $client k1.pem k1.key mail_ecc
	is "$client, two: status" 0 $status; is "$client, two: both are in place" 'same same' "$(same r1.pem service/mail/fullchain.pem) $(same k1.pem service/mail_ecc/fullchain.pem)"
	is "$client, two: their records" '2 yes yes' "$(records) $(has_key r1.key) $(has_key k1.key)"
	clock 05T00:00; hooked $client r2.pem r2.key; is "$client, two: a renewal of one waits" 'same same' "$(same r1.pem service/mail/fullchain.pem) $(same k1.pem service/mail_ecc/fullchain.pem)"
	clock 05T03:00; later $client; is "$client, two: and is put in its own place" 'same same' "$(same r2.pem service/mail/fullchain.pem) $(same k1.pem service/mail_ecc/fullchain.pem)"
done
rm -f restarted

config k1.pem; run "$z" check; has 'check: without next: the hooks are named' err 'tlsa --hook CLIENT'; hasnt 'check: there is no next:' err 'is not there yet'
config k1.pem service/mail/pending/fullchain.pem; run "$z" check; has 'check: next: is for a renewal to come' err "pending/fullchain.pem' is not there yet"; hasnt 'check: it is not missing' err 'one key only'

# ---- a hook that is killed behind any of its commands: the pair that servers read fits, and they are told of it ----
mkdir bin
for c in chmod mkdir mv rm; do # the countdown'th call ends its shell
	printf '#!/bin/sh\n%s "$@"; s=$?\nn=$(($(cat "%s/countdown") - 1)); echo $n > "%s/countdown"\n[ $n != 0 ] || { : > "%s/killed"; kill -9 $PPID; }\nexit $s\n' "$(command -v $c)" "$work" "$work" "$work" > bin/$c
	chmod +x bin/$c
done
killed() { # N COMMAND...
	echo "$1" > countdown; rm -f killed; shift
	{ (PATH=$work/bin:$PATH; export PATH; "$@"); true; } >/dev/null 2>&1 # "Killed" says the shell that waits
}
renewed() { # CERT KEY: what certbot has in live/
	mkdir -p live/mail; cp "$1" live/mail/fullchain.pem; cp "$2" live/mail/privkey.pem
}
fits() { [ "$(openssl x509 -in "$1/fullchain.pem" -noout -pubkey)" = "$(openssl pkey -in "$1/privkey.pem" -pubout)" ] && echo fits || echo other; }
export RENEWED_LINEAGE="$work/live/mail"; newcert k3
fresh; config service/mail/fullchain.pem service/mail/pending/fullchain.pem
clock 01T00:00; renewed k1.pem k1.key; run ./hook-certbot; clock 02T00:00; renewed k2.pem k2.key; run ./hook-certbot
rm -rf kept; mkdir kept; cp -a state signed.zone service kept
for n in $(seq 30); do
	rm -rf state signed.zone service; cp -a kept/. .; clock 02T03:00; renewed k3.pem k3.key
	killed $n ./hook-certbot; k=$([ -e killed ] && echo yes || echo no)
	run ./hook-certbot retry; is "killed $n commands into a renewal: the pair" fits "$(fits service/mail)"
	[ $k = yes ] || break
done
is 'the renewal was killed often enough' yes "$([ $n -gt 6 ] && [ $n -lt 30 ] && echo yes || echo no)"
for n in $(seq 30); do
	rm -rf state signed.zone service restarted; cp -a kept/. .; clock 02T03:00
	killed $n ./hook-certbot retry; k=$([ -e killed ] && echo yes || echo no)
	run ./hook-certbot retry; is "killed $n commands into the switch: the pair" 'same fits' "$(same k2.pem service/mail/fullchain.pem) $(fits service/mail)"
	is "killed $n commands into the switch: restarted" yes "$([ -e restarted ] && echo yes || echo no)"
	[ $k = yes ] || break
done
is 'the switch was killed often enough' yes "$([ $n -gt 6 ] && [ $n -lt 30 ] && echo yes || echo no)"
# ---- servers that do not restart go on with the former key, so it is tried again ----
rm -rf state signed.zone service; cp -a kept/. .; clock 02T03:00
RESTART='test -e allowed && touch restarted'; rm -f restarted allowed
run ./hook-certbot retry; is 'restart fails: status' 1 $status; has 'restart fails: said' err "'retry' repeats it"; is 'restart fails: what is in place' same "$(same k2.pem service/mail/fullchain.pem)"
run ./hook-certbot retry; is 'restart fails again: status' 1 $status
touch allowed; run ./hook-certbot retry; is 'restart succeeds' '0 yes' "$status $([ -e restarted ] && echo yes || echo no)"
rm -f restarted; run ./hook-certbot retry; is 'and is not repeated' no "$([ -e restarted ] && echo yes || echo no)"
RESTART="touch '$work/restarted'"
is 'nobody else can hold the lock' 600 "$(stat -c %a service/.lock)"

# a first certificate in SERVICE, while TLSA of a server that was elsewhere before are published
fresh; config k1.pem; "$z" --now 2026-12-01T00:00:00Z -q build 2>err; config service/mail/fullchain.pem service/mail/pending/fullchain.pem
clock 05T00:00; RENEWED_LINEAGE=$work/live/mail; export RENEWED_LINEAGE; cp k2.pem live/mail/fullchain.pem; cp k2.key live/mail/privkey.pem
run sh -c './hook-certbot 2>&1'; is 'a first certificate waits where TLSA are published' no "$([ -e service/mail/fullchain.pem ] && echo yes || echo no)"
has 'and it says what to do' out 'put that and its key into'
cp state/example.com/state.yaml whole; echo damaged > state/example.com/state.yaml
run ./hook-certbot retry; is 'nor while nobody knows what is published' no "$([ -e service/mail/fullchain.pem ] && echo yes || echo no)"
cp whole state/example.com/state.yaml
cp k1.pem service/mail/fullchain.pem; cp k1.key service/mail/privkey.pem; clock 05T01:00; run ./hook-certbot retry; is 'then its key is published' yes "$(has_key k2.key)"
clock 05T04:00; run ./hook-certbot retry; is 'and it is deployed' same "$(same k2.pem service/mail/fullchain.pem)"
unset RENEWED_LINEAGE
run "$z" tlsa --hook nobody; is 'no such client' 2 $status
for client in certbot acme.sh lego; do run env -i PATH="$PATH" SERVICE="$SERVICE" "./hook-$client"; is "$client: without its environment" 1 $status; done
run env LEGO_CERT_DOMAIN=../../x LEGO_CERT_PATH=k1.pem LEGO_CERT_KEY_PATH=k1.key ./hook-lego; is 'a name that leaves the directory' 1 $status
finish
