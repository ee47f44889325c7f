#!/usr/bin/env python3
"""200 successive versions of a zone, each built with the signature cache and, from the same state, without it: the records
are the same, every signature is valid. Run in an empty directory: versions.py ZONESIGN DENIAL."""
import os
import random
import shutil
import subprocess
import sys
import time

ZONESIGN, DENIAL = sys.argv[1:3]
VERSIONS, NOW, HOUR = 200, 1790000000, 3600
rng = random.Random(4242)
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL: {name}\n  {detail}")


def run(*args):
    return subprocess.run([ZONESIGN, *args], capture_output=True, text=True)


class Zone:
    """Owner and type to [ttl, set of rdata]."""

    def __init__(self):
        self.sets = {("@", "NS"): [300, {"ns1", "ns2"}], ("ns1", "A"): [300, {"192.0.2.1"}], ("ns2", "A"): [300, {"192.0.2.2"}]}
        for i in range(40):
            self.add_host(f"h{i}")
        for i in range(6):
            self.delegate(f"d{i}")

    def add_host(self, name):
        self.sets[(name, "A")] = [300, {f"10.0.{rng.randrange(256)}.{rng.randrange(256)}"}]
        if rng.random() < 0.4:
            self.sets[(name, "TXT")] = [600, {f'"text {rng.randrange(1000)}"'}]

    def delegate(self, name):
        for key in [k for k in self.sets if k[0] == name and k[1] not in ("NS", "DS", "A", "AAAA")]:
            del self.sets[key]
        self.sets[(name, "NS")] = [300, {f"ns.{name}", "ns1"}]
        self.sets[(f"ns.{name}", "A")] = [300, {"192.0.2.9"}]
        if rng.random() < 0.5:
            self.sets[(name, "DS")] = [300, {f"{rng.randrange(65536)} 13 2 {rng.getrandbits(256):064x}"}]

    def hosts(self):
        return [k[0] for k in self.sets if k[1] == "A" and k[0] not in ("ns1", "ns2") and not k[0].startswith("ns.")]

    def change(self):
        kind = rng.choice(["add", "rdata", "remove", "ttl", "glue", "delegation", "back", "deep", "wildcard", "ds", "nothing"])
        host = rng.choice(self.hosts())
        if kind == "add":
            self.add_host(f"n{rng.randrange(1000)}")
        elif kind == "rdata":
            self.sets[(host, "A")][1].add(f"10.1.{rng.randrange(256)}.{rng.randrange(256)}")
        elif kind == "remove":
            for key in [k for k in self.sets if k[0] == host]:
                del self.sets[key]
        elif kind == "ttl":
            self.sets[(host, "A")][0] = rng.choice([60, 300, 900])
        elif kind == "glue":  # names below become glue, or data that nobody sees
            self.sets[(f"a.{host}", "A")] = [300, {"192.0.2.77"}]
            self.delegate(host)
        elif kind == "delegation":
            self.delegate(f"e{rng.randrange(100)}")
        elif kind == "back":  # a delegation ends, its glue is data again
            cut = rng.choice([k[0] for k in self.sets if k[1] == "NS" and k[0] != "@"] or ["d0"])
            for kept in ("NS", "DS"):
                self.sets.pop((cut, kept), None)
        elif kind == "deep":
            self.sets[(f"x.y{rng.randrange(20)}.z", "TXT")] = [300, {'"deep"'}]
        elif kind == "wildcard":
            self.sets[("*." + host, "A")] = [300, {"192.0.2.5"}]
        elif kind == "ds":
            for key in [k for k in self.sets if k[1] == "DS"]:
                self.sets.pop(key)
                break
        return kind

    def text(self):
        lines = ["$TTL 300", "@ SOA ns1 h 1 7200 3600 1209600 300"]
        for (owner, rtype), (ttl, rdata) in self.sets.items():
            lines += [f"{owner} {ttl} {rtype} {r}" for r in sorted(rdata)]
        return "\n".join(lines) + "\n"


def records(path):
    """What may not differ: all records but RRSIGs, and of those what they cover and by whom."""
    plain, signatures = set(), set()
    for line in open(path):
        owner, ttl, _, rtype, rdata = line.rstrip("\n").split(" ", 4)
        if rtype == "RRSIG":
            f = rdata.split(" ")
            signatures.add((owner, ttl, *f[:4], f[6], f[7]))
        else:
            plain.add((owner, ttl, rtype, rdata))
    return plain, signatures


def main():
    policy = {"nsec": "nsec", "nsec3": "nsec3", "optout": "{nsec3: {opt-out: yes}}"}[DENIAL]
    for name in ("one", "two"):
        with open(f"{name}.yaml", "w") as f:
            f.write(f"state: {name}\npolicies: {{default: {{algorithm: ed25519, denial: {policy}}}}}\n"
                    f"zones: {{example.: {{file: zone, output: {name}.signed}}}}\n")
    zone, reused, changes, clock = Zone(), 0, "first", NOW
    for version in range(VERSIONS):
        clock += HOUR if version % 50 else 5 * 24 * HOUR  # now and then signatures are due too
        now = str(clock)
        if version:
            changes = " ".join(zone.change() for _ in range(rng.randrange(1, 4)))
        open("zone", "w").write(zone.text())
        if os.path.exists("one"):
            shutil.rmtree("two", ignore_errors=True)
            shutil.copytree("one", "two")
            shutil.copy2("one.signed", "two.signed")
            if os.path.exists("two/example/signatures"):
                os.unlink("two/example/signatures")
        first = run("-c", "one.yaml", "--now", now, "--json", "build")
        check(f"version {version} ({changes}) is built", first.returncode == 0, first.stdout + first.stderr)
        if not os.path.exists("two"):
            continue
        second = run("-c", "two.yaml", "--now", now, "-q", "build")
        check(f"version {version} ({changes}) is built without the cache", second.returncode == 0, second.stdout + second.stderr)
        a, b = records("one.signed"), records("two.signed")
        check(f"version {version} ({changes}): records", a[0] == b[0], str(sorted(a[0] ^ b[0])[:6]))
        check(f"version {version} ({changes}): signatures", a[1] == b[1], str(sorted(a[1] ^ b[1])[:6]))
        checked = run("--now", now, "verify", "--origin", "example.", "one.signed")
        check(f"version {version} ({changes}): all valid", checked.returncode == 0, checked.stderr)
        if '"reused": 0' not in first.stdout:
            reused += 1
        if version % 10 == 0:
            stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(clock))
            for foreign in (["ldns-verify-zone", "-t", stamp, "one.signed"], ["kzonecheck", "-t", stamp, "-o", "example.", "one.signed"]):
                seen = subprocess.run(foreign, capture_output=True, text=True)
                check(f"version {version}: {foreign[0]}", seen.returncode == 0, seen.stdout + seen.stderr)
    check("most versions used the cache", reused > VERSIONS * 3 // 4, str(reused))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
