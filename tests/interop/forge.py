"""forge.py - for faults.py: keys, zones signed by BIND and ldns, and changes to them, signed again where wanted."""
import base64
import hashlib
import os
import subprocess
import sys
import time

ZONESIGN, RESIGN, WORK = sys.argv[1:4]
KEYS = os.path.join(WORK, "keys")
NOW = int(time.time())
HEX32 = "0123456789abcdefghijklmnopqrstuv"

BASE = """\
example. 3600 IN SOA ns1.example. hostmaster.example. 2026112401 7200 3600 1209600 1800
example. 3600 IN NS ns1.example.
example. 3600 IN NS ns2.example.
example. 3600 IN MX 10 Mail.Example.
example. 3600 IN TXT "v=spf1 -all" "second string"
example. 3600 IN CAA 0 issue "ca.example.net"
ns1.example. 3600 IN A 192.0.2.1
ns1.example. 3600 IN AAAA 2001:db8::1
ns2.example. 3600 IN A 192.0.2.2
Mail.example. 3600 IN A 192.0.2.25
mail.example. 3600 IN AAAA 2001:db8::25
www.example. 300 IN A 192.0.2.80
www.example. 300 IN A 192.0.2.81
www.example. 3600 IN AAAA 2001:db8::80
www.example. 3600 IN TYPE65280 \\# 3 010203
alias.example. 3600 IN CNAME www.example.
leaf.deep.er.example. 3600 IN TXT "below two empty non-terminals"
_25._tcp.mail.example. 3600 IN TLSA 3 1 1 0d6fce3320315023ff499b3f3d6c362f26f19c9a32bc2d8d3d0b7b4a4ce0f0a1
*.wild.example. 3600 IN A 192.0.2.99
*.wild.example. 3600 IN MX 10 mail.example.
dn.example. 3600 IN DNAME elsewhere.example.net.
secure.example. 3600 IN NS ns.secure.example.
secure.example. 3600 IN DS 12345 13 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b
ns.secure.example. 3600 IN A 192.0.2.53
island.example. 3600 IN NS ns.island.example.
island.example. 3600 IN NS ns1.example.
island.example. 3600 IN A 192.0.2.54
ns.island.example. 3600 IN A 192.0.2.55
a.group.example. 3600 IN NS ns.example.net.
b.group.example. 3600 IN NS ns.example.net.
plain.mixed.example. 3600 IN NS ns.example.net.
signed.mixed.example. 3600 IN NS ns.example.net.
signed.mixed.example. 3600 IN DS 12346 13 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b
other.example. 3600 IN NS ns.example.net.
srv.example. 3600 IN SRV 0 5 443 WWW.Example.
"""


def run(*argv, **kw):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, **kw)
    if done.returncode:
        sys.exit("faults.py: %s: %s%s" % (" ".join(argv), done.stdout, done.stderr))
    return done.stdout


class Key:
    """A key pair in KEYS: base name, DNSKEY RDATA as text, tag."""

    def __init__(self, base, zone="example."):
        self.base = os.path.join(KEYS, base)
        self.zone = zone
        self.line = [l for l in open(self.base + ".key") if not l.startswith(";")][0].strip()
        self.rdata = self.line.split("DNSKEY ")[1]
        self.tag = int(base.split("+")[2])
        self.algorithm = int(base.split("+")[1])

    def wire(self):
        f = self.rdata.split()
        return int(f[0]).to_bytes(2, "big") + bytes([int(f[1]), int(f[2])]) + base64.b64decode("".join(f[3:]))

    def ds(self, digest=2, wrong=False):
        owner = b"".join(bytes([len(x)]) + x.encode() for x in self.zone.rstrip(".").split(".") if x) + b"\0"
        method = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}[digest]
        h = method(owner + self.wire() + (b"x" if wrong else b"")).hexdigest()
        return "%s 3600 IN DS %d %d %d %s" % (self.zone, self.tag, self.algorithm, digest, h)


def keygen(algorithm, ksk=False, zone="example.", bits=None):
    argv = ["dnssec-keygen", "-q", "-K", KEYS, "-a", algorithm] + (["-b", bits] if bits else []) \
        + (["-f", "KSK"] if ksk else []) + [zone]
    return Key(run(*argv).strip(), zone)


class Zone:
    """Records as [owner, ttl, type, rdata], and the signatures still to be made."""

    def __init__(self, text):
        self.records, self.orders = [], []
        for line in text.splitlines():
            if line.strip() and not line.startswith(";"):
                f = line.split(None, 4)
                self.records.append([f[0], int(f[1]), f[3], f[4].split("\t;")[0] if len(f) > 4 else ""])

    def copy(self):
        z = Zone("")
        z.records = [list(r) for r in self.records]
        z.orders = list(self.orders)
        return z

    def find(self, owner, rtype, start=""):
        return [r for r in self.records if r[0].lower() == owner.lower() and r[2] == rtype and r[3].startswith(start)]

    def one(self, owner, rtype, start=""):
        found = self.find(owner, rtype, start)
        if not found:
            raise KeyError("%s %s %s" % (owner, rtype, start))
        return found[0]

    def sig(self, owner, covered):
        return self.one(owner, "RRSIG", covered + " ")

    def drop(self, owner, rtype, start=""):
        gone = self.find(owner, rtype, start)
        if not gone:
            raise KeyError("%s %s %s" % (owner, rtype, start))
        self.records = [r for r in self.records if r not in gone]
        return self

    def drop_set(self, owner, rtype):
        self.drop(owner, rtype)
        if self.find(owner, "RRSIG", rtype + " "):
            self.drop(owner, "RRSIG", rtype + " ")
        return self

    def add(self, owner, ttl, rtype, rdata):
        self.records.append([owner, ttl, rtype, rdata])
        return self

    def resign(self, key, owner, rtype, *words, **fields):
        self.orders.append(" ".join([key.base, owner, rtype] + list(words)
                                    + ["%s=%s" % (k.replace("_", "-"), v) for k, v in fields.items()]))
        return self

    def text(self):
        text = "".join("%s\t%d\tIN\t%s\t%s\n" % tuple(r) for r in self.records)
        if not self.orders:
            return text
        path = os.path.join(WORK, "orders")
        open(path, "w").write("\n".join(self.orders) + "\n")
        return run(RESIGN, path, input=text)

    # NSEC3 by the name it is about
    def nsec3(self, name):
        return self.one(nsec3_hash(name) + ".example.", "NSEC3")

    def nsec3_before(self, record):
        chain = sorted((r for r in self.records if r[2] == "NSEC3"), key=lambda r: r[0].lower())
        return chain[chain.index(record) - 1]

    def unlink_nsec3(self, key, name):
        """Take the NSEC3 of a name out, close the chain behind it and sign that."""
        gone = self.nsec3(name)
        before = self.nsec3_before(gone)
        f, g = before[3].split(), gone[3].split()
        before[3] = " ".join(f[:4] + [g[4]] + f[5:])
        self.drop_set(gone[0], "NSEC3")
        return self.resign(key, before[0], "NSEC3")

    def link_nsec3(self, key, owner_hash, bitmap, flags=None):
        """Put a NSEC3 into the chain where its hash belongs, both signed."""
        chain = sorted((r for r in self.records if r[2] == "NSEC3"), key=lambda r: r[0].lower())
        before = [r for r in chain if r[0].split(".")[0].lower() < owner_hash][-1:] or [chain[-1]]
        before = before[0]
        f = before[3].split()
        self.add(owner_hash + ".example.", before[1], "NSEC3",
                 " ".join([f[0], f[1] if flags is None else str(flags), f[2], f[3], f[4], bitmap]))
        before[3] = " ".join(f[:4] + [owner_hash.upper()] + f[5:])
        return self.resign(key, before[0], "NSEC3").resign(key, owner_hash + ".example.", "NSEC3")


def nsec3_hash(name, salt=b"", iterations=0):
    data = b"".join(bytes([len(x)]) + x.lower().encode() for x in name.rstrip(".").split(".")) + b"\0"
    digest = hashlib.sha1(data + salt).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt).digest()
    bits = int.from_bytes(digest, "big")
    return "".join(HEX32[bits >> 5 * i & 31] for i in reversed(range(32)))


def bind_sign(text, ksk, zsks, *options, zone="example."):
    source, out = os.path.join(WORK, "plain"), os.path.join(WORK, "signed")
    keys = ([ksk] if ksk else []) + list(zsks)
    open(source, "w").write(text + "".join(k.line + "\n" for k in keys))
    argv = ["dnssec-signzone", "-q", "-P", "-o", zone, "-O", "full", "-f", out, "-d", WORK, "-s", str_time(NOW - 3600),
            "-e", str_time(NOW + 30 * 86400)] + list(options)
    run(*(argv + (["-k", ksk.base] if ksk else []) + [source] + [k.base for k in zsks]))
    return Zone(open(out).read())


def ldns_sign(text, keys, *options, zone="example."):
    source, out = os.path.join(WORK, "plain"), os.path.join(WORK, "signed")
    open(source, "w").write(text)
    run(*(["ldns-signzone", "-o", zone, "-f", out, "-i", str(NOW - 3600), "-e", str(NOW + 30 * 86400)]
          + list(options) + [source] + [k.base for k in keys]))
    return Zone(open(out).read())


def str_time(when):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(when))


def flip(rdata, at=None):
    """Another base64 character in the last field of a RDATA, or at that place of it."""
    head, tail = rdata.rsplit(" ", 1)
    at = len(tail) // 2 if at is None else at
    c = "A" if tail[at] != "A" else "B"
    return head + " " + tail[:at] + c + tail[at + 1:]


def edit(zone, owner, rtype, change, start=""):
    record = zone.one(owner, rtype, start)
    record[3] = change(record[3])
    return zone


def joined(rdata):
    """A RRSIG RDATA with its signature in one field."""
    f = rdata.split()
    return " ".join(f[:8] + ["".join(f[8:])])


def ttl(zone, owner, rtype, value, start=""):
    for r in zone.find(owner, rtype, start):
        r[1] = value
    return zone


def one_ttl(zone, owner, rtype, value):
    zone.one(owner, rtype)[1] = value
    return zone


def cut_signature(rdata):
    head, tail = rdata.rsplit(" ", 1)
    return head + " " + base64.b64encode(base64.b64decode(tail)[:-1]).decode()
