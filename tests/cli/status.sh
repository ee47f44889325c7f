#!/bin/sh
# status: the sentence, the exit status, JSON, the page; and notify, which says the same to a command, once.
. "$(dirname "$0")/../lib.sh"
need python3 dnssec-keygen
z=$ZONESIGN
t0=1796083200
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }
cat > a.zone <<'EOF'
$TTL 300
@ SOA ns.other.test. host 1 7200 3600 1209600 300
@ NS ns.other.test.
@ NS ns2.other.test.
EOF
cat > tell.sh <<'EOF'
cat > told.json; echo "$ZONESIGN_ZONE" >> told
EOF
cat > zonesign.yaml <<'EOF'
policies:
  default: {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 1m}, parent-ds-ttl: 30m, safety: 0, observe: off, ksk: {lifetime: 30d}, zsk: {lifetime: unlimited}}
zones:
  a.example: {file: a.zone, output: a.signed, registrar: gandi, notify: sh tell.sh}
EOF
told() { [ -e told ] && wc -l < told || echo 0; }
json() { python3 -c "import json; d = json.load(open('$1')); d = d['zones'][0] if 'zones' in d else d; print($2)"; }

at 0 status; is 'never built' 5 $status; has 'it says so' out "Run 'zonesign build a.example'"
at 0 build; at 10 status; is 'the first DS is not due' 0 $status; has 'until when' out 'Nothing to do until 2026-12-01 00:06 UTC; then Gandi'
is 'nobody is told' 0 "$(told)"
at 400 build; at 410 status; is 'a person must act' 5 $status; has 'the sentence' out 'Give Gandi the DS of KSK'; has 'how it ends' out 'ds --seen a.example'
is 'a person is told' 1 "$(told)"; is 'in JSON' "a.example. 5 True False" "$(json told.json 'd["zone"], d["status"], d["act"], d["reminder"]')"
at 500 build; at 600 build; is 'once' 1 "$(told)"
run "$z" --json --now $((t0 + 410)) status; is '--json: status' 5 $status
is '--json: keys' 'ksk rumoured coming zsk na active' "$(json out '*[x for k in d["keys"] for x in (k["role"], k["ds"]["state"], k["standing"])]' | tr -d "(),'")"
at 700 ds --seen a.example; at 700 build; at 710 status; is 'nothing to do' 0 $status; has 'the wait is named' out 'zonesign goes on by itself'
ok 'what was told is forgotten' sh -c '! grep -q told: state/a.example/state.yaml'
at 6000 build
day=86400
for d in 1 5 9 13 17 21 25 28; do at $((d * day)) -q build; done
at $((28 * day + 60)) status; is 'before the roll' 0 $status; has 'it is announced' out 'when the successor of KSK'
at $((30 * day + 350)) build; at $((30 * day + 720)) build; at $((30 * day + 730)) status
is 'the roll needs a person' 5 $status; has 'the old one stays' out 'keep the old one'
is 'told again' 2 "$(told)"
at $((30 * day + 760)) ds --seen a.example; at $((30 * day + 770)) build; at $((30 * day + 780)) status; has 'then the old one goes' out 'Delete the DS of KSK'
is 'that is news' 3 "$(told)"
at $((30 * day + 800)) ds --gone a.example; at $((30 * day + 810)) build
at $((30 * day + 811)) status; is 'all done' 0 $status
at $((30 * day + 4000)) -q build; at $((31 * day)) -q build; sed -i 's/ksk: {lifetime: 30d}/ksk: {lifetime: 100d}/' zonesign.yaml

# -- danger
echo 'broken' >> a.zone; at $((34 * day)) build; is 'a broken zone file' 3 $status; is 'that is told' 4 "$(told)"; has 'with its reason' told.json 'build fails'
at $((34 * day + 60)) build; is 'once' 4 "$(told)"
at $((60 * day)) status; is 'expired' 4 $status; has 'it says so' out 'expired on'
sed -i '$d' a.zone
at $((60 * day)) build; is 'mended' 0 $status
at $((62 * day)) status; is 'fine again' 0 $status
at $((71 * day)) status; is 'nothing runs' 4 $status; has 'the run that was due is named' out 'No build has succeeded since'
chmod 000 tell.sh; echo 'exit 3' > t; mv t tell.sh; echo 'broken' >> a.zone; at $((63 * day)) build; has 'a notify command that fails is said' err 'notify command failed'
echo 'cat > told.json; echo x >> told' > tell.sh; before=$(told); at $((63 * day + 60)) build; is 'and tried again' $((before + 1)) "$(told)"; sed -i '$d' a.zone

# -- the page
at $((64 * day)) build
at $((64 * day)) status --html page.html; is '--html' 0 $status
has 'the policy of the page' page.html "default-src 'none'"; hasnt 'no script' page.html '<script'; hasnt 'nothing is fetched' page.html 'http://'; has 'a telephone scrolls what is wide' page.html '<div class="wide"><img'
is 'its mode' 644 "$(stat -c %a page.html)"
cat > page.py <<'EOF'
import base64, re, sys, xml.dom.minidom
from html.parser import HTMLParser
text = open("page.html").read()
void = {"meta", "img", "br"}
class P(HTMLParser):
    stack, text, images = [], "", 0
    def handle_starttag(self, tag, attrs):
        if tag == "img":
            d = dict(attrs); assert d["alt"], "an image without words"; P.images += 1
            svg = base64.b64decode(d["src"].split(",", 1)[1]); root = xml.dom.minidom.parseString(svg).documentElement
            assert root.tagName == "svg" and len(root.getElementsByTagName("rect")) > 5
            assert b"today" in svg
        if tag not in void: P.stack.append(tag)
    def handle_endtag(self, tag): assert P.stack.pop() == tag, tag
    def handle_data(self, data):
        if P.stack and P.stack[-1] != "style": P.text += data
P().feed(text)
assert not P.stack, P.stack
assert P.images >= 1
for word in sys.argv[1:]: assert word in P.text, word
EOF
ok 'the page is well-formed, and its words are in it without the picture' python3 page.py 'a.example.' 'Nothing to do' KSK omnipresent 'you give the parent the DS'
at $((64 * day)) status --html - ; has "'-' is standard output" out '<!doctype html>'
mkdir other; echo old > other/page; ln -s other/page link; ln -s other/new dangling; mkfifo pipe; cat pipe > from.pipe & reader=$!
at $((64 * day)) status --html link; is '--html to a symlink' 0 $status; ok 'the link stays' test -L link; ok 'its target is replaced' cmp page.html other/page
at $((64 * day)) status --html dangling; is 'a symlink that leads to nothing' 0 $status; ok 'stays, too' test -L dangling; ok 'its target is made' cmp page.html other/new
at $((64 * day)) status --html pipe; is 'to a fifo' 0 $status; ok 'the fifo stays' test -p pipe; wait $reader; ok 'its reader has the page' cmp page.html from.pipe
if mknod device c 1 3 2>/dev/null && : > device 2>/dev/null; then
	at $((64 * day)) status --html device; is 'to a device' 0 $status; ok 'the device stays' test -c device
fi
at $((64 * day)) status --html other; is 'a directory' 1 $status
if [ "$(id -u)" = 0 ]; then # nor does root write where somebody else has led it
	mkdir web; chown 65534 web; ln -s ../other/page web/page; chown -h 65534 web/page; echo old > other/page
	at $((64 * day)) status --html web/page; is 'a planted link' 1 $status; has 'why not' err 'root does not follow it'; is 'what it leads to is as it was' old "$(cat other/page)"
	rm web/page; ln -s /dev/null web/page; chown -h 65534 web/page
	at $((64 * day)) status --html web/page; is 'a planted link to a device' 1 $status
	rm web/page; at $((64 * day)) status --html web/page; is 'a page in their directory' 0 $status; ok 'is there' cmp page.html web/page
fi
at $((64 * day)) status --html missing/page.html; is 'a directory that is not there' 1 $status
at 0 status --ahead never; is '--ahead never' 2 $status
# -- a build that does not take the input is told as long as none does, though nothing is due and the old version is renewed
cat > zonesign.yaml <<'EOF'
policies: {default: {observe: off}}
zones: {a.example: {file: a.zone, output: a.signed}}
EOF
sum() { sha256sum < state/a.example/state.yaml; }
rm -rf state a.signed; cp a.zone good.zone; at 0 -q build; at 14400 -q build; at 14400 -q ds --seen a.example; at $((2 * day)) -q build
before=$(sum); at $((3 * day)) -q build; is 'a build with nothing to do writes nothing' "$before" "$(sum)"
echo 'bad A 1.2.3.999' >> a.zone; at $((4 * day)) -q build; is 'an input that is refused' 3 $status
at $((4 * day + 60)) status; is 'status: a person must act' 5 $status; has 'since when, and why' out "The input of a.example is refused since 2026-12-05 00:00 UTC: a.zone:5: A record: '1.2.3.999'"
has 'what is served, until when' out 'stays in service; its signatures last until 2026-12-1'
before=$(sum); at $((4 * day + 3600)) -q build; is 'the same again writes nothing' "$before" "$(sum)"
mv a.signed away; at $((4 * day + 3700)) status; has 'the output is gone: the sentence says so' out "The output 'a.signed' is gone: a server that has loaded it goes on with it until 2026-12-1"
hasnt 'and does not say that it is in service' out 'stays in service'; mv away a.signed
at $((10 * day)) -q build; at $((19 * day)) build; is 'rescued' 3 $status; has 'it is' out 'rescued'
at $((19 * day + 60)) status; is 'status after rescues' 5 $status; has 'the first time stays' out 'is refused since 2026-12-05 00:00 UTC'
run "$z" --json --now $((t0 + 19 * day + 60)) status; is 'in JSON' 'True input refused input 2026-12-05T00:00:00Z' "$(json out '*(d["act"], d["event"], d["failure"]["kind"], d["failure"]["since"])')"
at $((19 * day + 60)) status --html -; has 'on the page' out 'is refused since'
{ cat good.zone; printf '@ %0900d\303\251"\\ A 192.0.2.1\n' 0; } > a.zone; at $((19 * day + 90)) -q build; is 'another reason' 3 $status
at $((19 * day + 95)) status; is 'it can be read' 5 $status; ok 'and is bounded' sh -c '[ "$(wc -L < state/a.example/state.yaml)" -lt 1300 ]'
before=$(sum); run "$z" -q build; is 'a run of another clock leaves it alone' "$before" "$(sum)"
cp good.zone a.zone; at $((19 * day + 120)) build; is 'the good one again' 0 $status; at $((19 * day + 180)) status; is 'all is well' 0 $status
hasnt 'the state forgets it' state/a.example/state.yaml 'failure:'
rm -rf state a.signed; echo 'bad A 1.2.3.999' >> a.zone; at 0 -q build; ok 'a zone that was never built gets no state of it' [ ! -e state/a.example/state.yaml ]
at 0 status; is 'it is to be built' 5 $status
sed -i 's/a.signed}/a.signed, notify: [touch, told]}/' zonesign.yaml; at 0 -q build; ok 'a person is told of a zone that was never built' [ -e told ]
rm told; at 60 -q build; ok 'once' [ ! -e told ]
mkdir -p -m 700 state/a.example/keys; (cd state/a.example/keys && dnssec-keygen -q -P 20261101 -A 20261101 -a 13 -f KSK a.example && dnssec-keygen -q -P 20261101 -A 20261101 -a 13 a.example) > keys.made
cp good.zone a.zone; at 120 build; is 'keys that were put there meanwhile are taken over' "2 0" "$(grep -c 'is taken over' err) $status"
is 'and no others made' 4 "$(ls state/a.example/keys | wc -l)"

# -- a clock that jumped, and is right again: builds are refused, and status is what is watched for that
cp good.zone a.zone; cat > zonesign.yaml <<'EOF'
policies: {default: {observe: off}}
zones: {a.example: {file: a.zone, output: a.signed}}
EOF
rm -rf state a.signed; at 0 -q build; at $((2 * day)) -q build; at $((2 * day)) -q ds --seen a.example; at $((2 * day + 60)) -q build; at $((2 * day + 60)) status; is 'before the jump' 0 $status
at $((200 * day)) -q build; is 'a clock that is 198 days ahead is believed' 0 $status
at $((3 * day)) build; is 'then the right one is refused' 4 $status
at $((3 * day)) status; is 'status knows' 4 $status; has 'and says what to do' out "it went back. Set the clock right; if it is right now, run 'zonesign build --accept clock a.example' once"
at $((3 * day)) -q build --accept clock; is 'that works' 0 $status; at $((3 * day)) status; is 'and all is well' 0 $status
at $((500 * day)) status; is 'more than a year ahead' 4 $status; has 'is told too' out 'more than a year ahead'

# -- a build is overdue: the sentence says so, and no step is said to wait for a zone that is in service
cp good.zone a.zone
cat > zonesign.yaml <<'EOF'
policies: {default: {observe: off}}
zones: {a.example: {file: a.zone, output: a.signed}}
EOF
rm -rf state a.signed; at 0 -q build
at 10000 status; has 'before the first DS' out 'Nothing to do until 2026-12-01 03:00 UTC; then'
at 14400 ds --ready; is 'the DS may be given' 0 $status
at 14400 status; is 'a build is due' 0 $status; has 'that is said' out "Nothing to do but a build, due since 2026-12-01 02:05 UTC: cron runs it, or 'zonesign build a.example'; then your registrar gets"
at 14400 -q build; at 14400 -q ds --seen a.example
for d in 2 8 14 20 26 32 38 44 50 56 62 68 74 80 86; do at $((d * day)) -q build; done
at $((92 * day)) keys; hasnt 'it is in service' out 'not in service yet'; at $((92 * day)) status; hasnt 'here too' out 'not in service yet'
at $((92 * day)) -q build; at $((93 * day)) keys; has 'a step that no build made yet' out 'the next build makes that step'

# -- a certificate that is missing keeps its TLSA, and nothing else is late
need openssl
{ cat good.zone; echo '@ MX 1 mail'; echo 'mail A 192.0.2.2'; } > a.zone
cat > zonesign.yaml <<'EOF'
policies: {default: {observe: off}}
zones: {a.example: {file: a.zone, output: a.signed, dane: [{host: mail.a.example, port: 25, certificate: mail.pem}]}}
EOF
cert() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mail.key -days 3000 -subj /CN=mail.a.example -addext subjectAltName=DNS:mail.a.example -out mail.pem 2>/dev/null; }
rm -rf state a.signed; cert
at 0 -q build; at $day -q build; cert; at $((2 * day)) -q build; rm mail.pem; at $((2 * day + 7200)) -q build; is 'a certificate that is gone' 3 $status
at $((2 * day + 7300)) status; is 'is told' 5 $status; has 'with the time' out 'A certificate or key file of a.example cannot be used since 2026-12-03 02:00 UTC'
for d in 3 4 5 6 7; do echo "n$d A 192.0.2.1" >> a.zone; at $((d * day)) build; done; is 'the rest is published' 3 $status; has 'it is' out 'published:'
at $((7 * day + 60)) status; is 'a stale TLSA that waits for the certificate is no danger' 5 $status; hasnt 'nor are builds late' out 'No build has succeeded'
cert; at $((7 * day + 120)) -q build; is 'it is there again' 0 $status; at $((7 * day + 180)) status; hasnt 'that is over' out 'cannot be used'

# -- a zone that has left the config before its time
cat > zonesign.yaml <<'EOF'
policies: {default: {observe: off}}
zones:
  a.example: {file: good.zone, output: a.signed}
  b.example: {file: good.zone, output: b.signed}
EOF
rm -rf state a.signed b.signed; at 0 -q build; at 60 status; is 'both are there' 0 $status
sed -i '/b.example/d' zonesign.yaml; at 120 -q build; at 180 status; is 'one has left: a person must act' 5 $status
has 'it is named' out "b.example. It is not in 'zonesign.yaml' any more, so no build signs it: its signatures end on 2026-12-"; has 'and its state' out "move 'state/b.example' away"
run "$z" --json --now $((t0 + 180)) status; is 'in JSON' "['a.example.', 'b.example.'] 5 not in the config" "$(python3 -c 'import json; d = json.load(open("out"))["zones"]; print([z["zone"] for z in d], d[1]["status"], d[1]["event"])')"
at 180 status --html -; is 'on the page' 5 $status; has 'it is' out '>b.example'
at 180 status a.example; is 'who asks for one zone hears of that' 0 $status; hasnt 'alone' out b.example
at $((30 * day)) status; hasnt 'nor is it told when its signatures have ended' out b.example
cp -r state/b.example state/b.example.old; mkdir state/.git state/c.example; at 180 status; is 'copies and other directories' 05 "$(grep -c . err)$status"; hasnt 'are no zones' out 'b.example.old. It'
printf 'state: state\nzones: {b.example: {file: good.zone, output: b.signed}}\n' > other.yaml; cp zonesign.yaml third.yaml
at 240 -c other.yaml -q build b.example; at 300 status; is 'one that another config builds' 0 $status; at 300 -c third.yaml status; hasnt 'is not told' out 'b.example. It'
rm other.yaml; at 300 status; is 'unless that is gone' 5 $status
mkdir zones; printf 'file: ../good.zone\noutput: ../b.signed\n' > zones/b.example.yaml; printf 'policies: {default: {observe: off}}\nzones-dir: zones\n' > zonesign.yaml
at 300 status; hasnt 'a zone of zones-dir is in the config' out 'any more, so no build signs b'; echo '?' >> zones/b.example.yaml
at 300 status; is 'so is one with a wrong file' 3 $status; hasnt 'that is all' out 'b.example. It is not'

need w3m
w3m -dump page.html > dump; has 'a text browser shows the sentence' dump 'Nothing to do'; has 'and the picture has words' dump 'timeline of the keys'
finish
