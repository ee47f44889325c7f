"""faults.py - plant one fault at a time in signed zones; zonesign verify must name the guard that refuses it.

Called by faults.sh: faults.py ZONESIGN RESIGN WORKDIR. BIND, ldns and Knot sign the zones; resign (ldns) makes valid
signatures over wrong content, so that only the content can give the fault away. Ends with "N passed, N failed".
"""
import base64
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys

from forge import (BASE, KEYS, NOW, WORK, ZONESIGN, Key, Zone, bind_sign, cut_signature, edit, flip, joined, keygen, ldns_sign,
                   nsec3_hash, one_ttl, run, ttl)

passed = failed = 0


def verify(zone, *options):
    path = os.path.join(WORK, "candidate")
    open(path, "w").write(zone if isinstance(zone, str) else zone.text())
    origin = "example."
    if "--origin" in options:
        argv = [ZONESIGN, "verify"] + list(options) + [path]
    else:
        argv = [ZONESIGN, "verify", "--origin", origin] + list(options) + [path]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stdout + done.stderr


def report(name, ok, text):
    global passed, failed
    if ok:
        passed += 1
        return
    failed += 1
    print("not ok: %s" % name)
    print("".join("    %s\n" % l for l in text.splitlines()[:12]), end="")
    shutil.copy(os.path.join(WORK, "candidate"), os.path.join(WORK, "failed-%d" % failed))


def guards(text):
    """The guards named in errors."""
    lines = [l for l in text.splitlines() if not re.search(r"\b(warning|note|hint): ", l)]
    return set(re.findall(r"\bG\d+\b", "\n".join(lines)))


def refused(guard, name, zone, *options):
    """The fault must be refused (status 4) by this guard and no other; "G1+G2": by both."""
    status, text = verify(zone, *options)
    report("%s is refused by %s" % (name, guard), status == 4 and guards(text) == set(guard.split("+")),
           "status %d\n%s" % (status, text))


def accepted(name, zone, *options):
    status, text = verify(zone, *options)
    report("%s is accepted" % name, status == 0, "status %d\n%s" % (status, text))


def warned(word, name, zone, *options):
    status, text = verify(zone, *options)
    report("%s is accepted with a warning" % name, status == 0 and word in text, "status %d\n%s" % (status, text))


def main():
    os.makedirs(KEYS, exist_ok=True)
    ksk, zsk, stray = keygen("ECDSAP256SHA256", True), keygen("ECDSAP256SHA256"), keygen("ECDSAP256SHA256")
    ed = keygen("ED25519")
    nsec = bind_sign(BASE, ksk, [zsk], "-x")
    nsec3 = bind_sign(BASE, ksk, [zsk], "-x", "-3", "-", "-H", "0")
    optout = bind_sign(BASE, ksk, [zsk], "-x", "-3", "-", "-H", "0", "-A")
    for zone in (nsec, nsec3, optout):
        for r in zone.records:
            if r[2] == "RRSIG":
                r[3] = joined(r[3])
    clean(nsec, nsec3, optout, ksk, zsk, ed)
    signatures(nsec, ksk, zsk, stray)
    coverage(nsec, zsk)
    nsec_faults(nsec, nsec3, zsk, ksk)
    nsec3_faults(nsec3, optout, nsec, zsk, ksk)
    keys_and_ds(nsec, ksk, zsk, stray, ed)
    asked(nsec, ksk, zsk, stray)
    content(nsec, ksk, zsk)
    zonemd(ksk, zsk)
    each_record(nsec, nsec3, optout, ksk, zsk)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


def clean(nsec, nsec3, optout, ksk, zsk, ed):
    accepted("BIND, NSEC", nsec)
    accepted("BIND, NSEC3", nsec3)
    accepted("BIND, opt-out", optout)
    shuffled = nsec.copy()
    random.Random(7).shuffle(shuffled.records)
    accepted("records in any order", shuffled)
    upper = nsec.copy()
    for r in upper.records:
        r[0] = r[0].upper()
    accepted("owners in capitals", upper)
    accepted("a DS of the KSK", nsec, "--ds", ds_file(ksk.ds()))
    accepted("a SHA-384 DS of the KSK", nsec, "--ds", ds_file(ksk.ds(4)))
    accepted("a lone SHA-1 DS of the KSK", nsec, "--ds", ds_file(ksk.ds(1)))
    accepted("one good DS beside one of a key not there yet", nsec, "--ds", ds_file(ksk.ds(), zsk.ds(2, True)))
    warned("iterations", "BIND, NSEC3 with salt and iterations", bind_sign(BASE, ksk, [zsk], "-x", "-3", "aabb", "-H", "5"))
    for algorithm, bits in (("RSASHA256", "2048"), ("RSASHA512", "2048"), ("ECDSAP384SHA384", None), ("ED25519", None),
                            ("ED448", None), ("RSASHA256", "1024"), ("RSASHA256", "4096")):
        k, z = keygen(algorithm, True, bits=bits), keygen(algorithm, bits=bits if bits != "4096" else "2048")
        accepted("BIND, %s %s" % (algorithm, bits), bind_sign(BASE, k, [z], "-x"))
    for algorithm in ("RSASHA1", "NSEC3RSASHA1"):
        k = keygen(algorithm, True, bits="2048")
        warned("SHA-1", "BIND, %s" % algorithm, bind_sign(BASE, k, [k], "-z", *(["-3", "-"] if "3" in algorithm else [])))
    edk = keygen("ED25519", True)
    accepted("BIND, one CSK", bind_sign(BASE, ksk, [], "-z"))
    dual = bind_sign(BASE + edk.line + "\n" + ed.line + "\n", ksk, [zsk, ed, edk], "-x")
    accepted("BIND, two algorithms", dual)
    spaced = dual.copy()
    for r in spaced.records:
        r[3] = joined(r[3]) if r[2] == "RRSIG" else r[3]
    spaced.drop("www.example.", "RRSIG", "A 15 ")
    refused("G7", "one RRset without the second algorithm", spaced)
    big = BASE + "".join("big.example. 300 IN A 10.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(4199))
    signed = bind_sign(big, ksk, [zsk], "-x")
    accepted("BIND, an RRset above 64 KiB", signed)
    refused("G1", "an RRset above 64 KiB with another last record", edit(signed, "big.example.", "A", lambda r: "10.9.9.9", "10.0.16.100"))
    refused("G1", "ldns, an RRset above 64 KiB", ldns_sign(big, [ksk, zsk]))
    accepted("BIND, a zone of one name", bind_sign("".join(l + "\n" for l in BASE.splitlines() if " SOA " in l)
                                                   + "example. 3600 IN NS ns.example.net.\nexample. 3600 IN NS ns.example.org.\n", ksk, [zsk], "-x"))
    root = keygen("ED25519", True, zone=".")
    text = ". 86400 IN SOA a.root. host.root. 1 1800 900 604800 86400\n. 3600 IN NS a.root.\n. 3600 IN NS b.root.\n" \
        "a.root. 3600 IN A 192.0.2.1\nb.root. 3600 IN A 192.0.2.2\nx. 3600 IN NS ns.x.\nns.x. 3600 IN A 192.0.2.3\n"
    accepted("BIND, a root zone", bind_sign(text, root, [], "-z", zone="."), "--origin", ".")
    accepted("ldns, NSEC", ldns_sign(BASE, [ksk, zsk]))
    accepted("ldns, NSEC3", ldns_sign(BASE, [ksk, zsk], "-n", "-t", "0"))
    accepted("ldns, opt-out with a record for each delegation", ldns_sign(BASE, [ksk, zsk], "-n", "-p", "-t", "0"))
    knot(accepted)


def knot(accepted):
    if not shutil.which("kzonesign"):
        print("skipped: kzonesign is not installed")
        return
    for denial in ("off", "on"):
        home = os.path.join(WORK, "knot-" + denial)
        os.makedirs(home + "/out", exist_ok=True)
        open(home + "/example.zone", "w").write(BASE)
        open(home + "/knot.conf", "w").write(
            "policy:\n  - id: p\n    algorithm: ecdsap256sha256\n    nsec3: %s\n    single-type-signing: on\n"
            "database:\n    storage: %s\nzone:\n  - domain: example\n    storage: %s\n    file: example.zone\n"
            "    dnssec-policy: p\n    dnssec-signing: on\n    zonemd-generate: zonemd-sha384\n" % (denial, home, home))
        run("kzonesign", "-c", home + "/knot.conf", "-o", home + "/out", "example")
        accepted("Knot, NSEC3 " + denial, open(home + "/out/example.zone").read())


def ds_file(*lines):
    path = os.path.join(WORK, "ds")
    open(path, "w").write("\n".join(lines) + "\n")
    return path


def signatures(base, ksk, zsk, stray):
    z = base.copy
    www = "www.example."
    refused("G1", "a flipped bit in a signature", edit(z(), www, "RRSIG", flip, "A "))
    refused("G1", "a changed address", edit(z(), www, "A", lambda r: "192.0.2.82", "192.0.2.80"))
    refused("G1", "a record more in an RRset", z().add(www, 300, "A", "192.0.2.83"))
    refused("G1", "a record less in an RRset", z().drop(www, "A", "192.0.2.80"))
    refused("G1", "a serial changed after signing", edit(z(), "example.", "SOA", lambda r: r.replace("2026112401", "2026112402")))
    refused("G1", "a changed MX preference", edit(z(), "example.", "MX", lambda r: r.replace("10 ", "11 ")))
    refused("G1", "a changed unknown type", edit(z(), www, "TYPE65280", lambda r: r.replace("010203", "010204")))
    refused("G1", "a TTL changed for record and RRSIG", ttl(ttl(z(), www, "A", 301), www, "RRSIG", 301, "A "))
    refused("G1", "a TTL changed for the record alone", ttl(z(), www, "A", 301))
    refused("G1", "a TTL changed for the RRSIG alone", ttl(z(), www, "RRSIG", 301, "A "))
    refused("G1", "an original TTL that is not the TTL", z().resign(zsk, www, "A", original_ttl=600))
    refused("G1", "two TTLs in one RRset", one_ttl(z(), www, "A", 299))
    refused("G1", "an expired signature", z().resign(zsk, www, "A", inception=NOW - 9 * 86400, expiration=NOW - 60))
    refused("G1", "a signature of tomorrow", z().resign(zsk, www, "A", inception=NOW + 86400, expiration=NOW + 9 * 86400))
    refused("G1", "an inception after the expiration", z().resign(zsk, www, "A", inception=NOW + 86400, expiration=NOW + 60))
    warned("clock", "a signature that begins in ten minutes", z().resign(zsk, www, "A", inception=NOW + 600, expiration=NOW + 9 * 86400))
    refused("G1", "a signer below the apex", z().resign(zsk, www, "A", signer="www.example."))
    refused("G1", "a signer above the apex", z().resign(zsk, www, "A", signer="."))
    refused("G1", "a labels field that makes it a wildcard", z().resign(zsk, www, "A", labels=1))
    refused("G1", "a labels field above the owner's", z().resign(zsk, www, "A", labels=3))
    refused("G1", "a labels field that counts the asterisk", z().resign(zsk, "*.wild.example.", "A", labels=3))
    refused("G1", "a signature by a key that is not in the zone", z().resign(stray, www, "A"))
    refused("G1", "a second signature by a key that is not in the zone", z().resign(stray, www, "A", "keep"))
    refused("G1", "another key with the tag of the ZSK", z().resign(stray, www, "A", tag=zsk.tag))
    refused("G1", "a bad signature beside a good one", z().resign(stray, www, "A", "keep", tag=zsk.tag))
    refused("G1", "a key tag that is no key's", edit(z(), www, "RRSIG", lambda r: r.replace(" %d example" % zsk.tag, " %d example" % (zsk.tag ^ 1)), "A "))
    refused("G1", "two signatures by one key", z().resign(zsk, www, "A", "keep", expiration=NOW + 20 * 86400))
    refused("G1+G7", "an unknown algorithm in a RRSIG", edit(z(), www, "RRSIG", lambda r: r.replace("A 13 ", "A 253 "), "A "))
    refused("G1+G7", "another algorithm in a RRSIG", edit(z(), www, "RRSIG", lambda r: r.replace("A 13 ", "A 8 "), "A "))
    refused("G1", "a signature of zeros", edit(z(), www, "RRSIG", lambda r: r.rsplit(" ", 1)[0] + " " + "A" * 86 + "==", "A "))
    refused("G1", "a signature cut by an octet", edit(z(), www, "RRSIG", cut_signature, "A "))
    refused("G1", "a flipped bit in the signature of an NSEC", edit(z(), www, "RRSIG", flip, "NSEC "))
    refused("G1", "a changed DS", edit(z(), "secure.example.", "DS", lambda r: r.replace("12345", "12344")))
    refused("G1", "a record twice", z().add(www, 300, "A", "192.0.2.80"))
    refused("G1", "DNSKEYs signed by the ZSK alone", z().resign(zsk, "example.", "DNSKEY"))
    refused("G1", "a KSK that left the DNSKEY RRset", z().drop("example.", "DNSKEY", "257 "))
    refused("G1", "a ZSK that left the DNSKEY RRset", z().drop("example.", "DNSKEY", "256 ").resign(ksk, "example.", "DNSKEY"))
    refused("G1+G4", "no DNSKEY at all", z().drop_set("example.", "DNSKEY"))
    refused("G1", "a ZSK without the zone flag", edit(z(), "example.", "DNSKEY", lambda r: r.replace("256 ", "0 "), "256 ").resign(ksk, "example.", "DNSKEY"))
    refused("G1", "a ZSK with protocol 2", edit(z(), "example.", "DNSKEY", lambda r: r.replace("256 3", "256 2"), "256 ").resign(ksk, "example.", "DNSKEY"))
    refused("G1", "a DNSKEY that is no point of the curve", z().add("example.", 3600, "DNSKEY", "256 3 13 " + "A" * 85 + "A==").resign(ksk, "example.", "DNSKEY"))
    refused("G1", "a DNSKEY of a length that is no P-256 key", z().add("example.", 3600, "DNSKEY", "256 3 13 AAAA").resign(ksk, "example.", "DNSKEY"))
    refused("G1", "the DNSKEY RRset changed after signing", z().add("example.", 3600, "DNSKEY", stray.rdata))
    revoked(base, ksk, zsk)


def revoked(base, ksk, zsk):
    extra = keygen("ECDSAP256SHA256", True)
    gone = Key(os.path.basename(run("dnssec-revoke", "-K", KEYS, extra.base).strip()).replace(".key", ""))
    with_key = base.copy().add("example.", 3600, "DNSKEY", gone.rdata).resign(ksk, "example.", "DNSKEY")
    refused("G1", "a revoked key that has not signed the DNSKEYs", with_key)
    accepted("a revoked key that has signed the DNSKEYs", with_key.copy().resign(gone, "example.", "DNSKEY", "keep"))
    refused("G1", "a record signed by a revoked key",
            with_key.copy().resign(gone, "example.", "DNSKEY", "keep").resign(gone, "www.example.", "A"))
    refused("G5", "a DS of a revoked key", with_key.copy().resign(gone, "example.", "DNSKEY", "keep"), "--ds", ds_file(gone.ds()))


def coverage(base, zsk):
    z = base.copy
    for owner, rtype in (("www.example.", "A"), ("www.example.", "TYPE65280"), ("example.", "SOA"), ("example.", "NS"), ("example.", "DNSKEY"),
                         ("www.example.", "NSEC"), ("secure.example.", "DS"), ("island.example.", "NSEC"), ("*.wild.example.", "MX"),
                         ("alias.example.", "CNAME"), ("dn.example.", "DNAME"), ("leaf.deep.er.example.", "TXT")):
        refused("G2", "an unsigned %s of %s" % (rtype, owner), z().drop(owner, "RRSIG", rtype + " "))
    refused("G2", "a signed NS at a delegation", z().resign(zsk, "island.example.", "NS"))
    refused("G2", "a signed NS at a secure delegation", z().resign(zsk, "secure.example.", "NS"))
    refused("G2", "a signed address at a delegation", z().resign(zsk, "island.example.", "A"))
    refused("G2", "signed glue", z().resign(zsk, "ns.secure.example.", "A"))
    refused("G2+G4", "a signature without its record", z().drop("www.example.", "AAAA"))
    refused("G2", "a signature at a name without records", z().add("nowhere.example.", 300, "RRSIG", base.sig("www.example.", "A")[3]))
    refused("G2", "a signature of signatures", z().add("www.example.", 300, "RRSIG", re.sub("^A ", "RRSIG ", base.sig("www.example.", "A")[3])))
    refused("G2+G4", "a record added after signing", z().add("www.example.", 300, "TXT", '"new"'))
    refused("G2", "a zone that is not signed", Zone(BASE))
    refused("G2+G4", "signatures and denial removed, DNSKEY left", only_dnskey(z()))
    refused("G2+G12", "a signature below a DNAME", z().add("x.dn.example.", 300, "A", "192.0.2.9").resign(zsk, "x.dn.example.", "A"))


def only_dnskey(zone):
    zone.records = [r for r in zone.records if r[2] not in ("RRSIG", "NSEC")]
    return zone


def nsec_faults(base, nsec3, zsk, ksk):
    def changed(owner, change):
        return edit(base.copy(), owner, "NSEC", change).resign(zsk, owner, "NSEC")

    def types(*wanted):
        return lambda r: r.split()[0] + " " + " ".join(wanted)

    refused("G4", "an NSEC that lacks AAAA", changed("www.example.", lambda r: r.replace(" AAAA", "")))
    refused("G4", "an NSEC with a type too many", changed("www.example.", lambda r: r.replace(" AAAA", " TXT AAAA")))
    refused("G4", "a wildcard's NSEC that lacks A", changed("*.wild.example.", lambda r: r.replace(" A ", " ")))
    refused("G4", "an NSEC that lacks a type above 255", changed("www.example.", lambda r: r.replace(" TYPE65280", "")))
    refused("G4", "an NSEC that lacks CAA", changed("example.", lambda r: r.replace(" CAA", "")))
    refused("G4", "an NSEC that lacks DNSKEY", changed("example.", lambda r: r.replace(" DNSKEY", "")))
    refused("G4", "an NSEC that lacks itself", changed("alias.example.", types("CNAME", "RRSIG")))
    refused("G4", "an NSEC that lacks RRSIG", changed("alias.example.", types("CNAME", "NSEC")))
    refused("G4", "an NSEC that lacks all types", changed("alias.example.", types("")))
    refused("G4", "a delegation's NSEC that lacks NS", changed("island.example.", types("RRSIG", "NSEC")))
    refused("G4", "a delegation's NSEC with the address there", changed("island.example.", types("A", "NS", "RRSIG", "NSEC")))
    refused("G4", "a delegation's NSEC that lacks DS", changed("secure.example.", types("NS", "RRSIG", "NSEC")))
    refused("G4", "an insecure delegation's NSEC with DS", changed("island.example.", types("NS", "DS", "RRSIG", "NSEC")))
    refused("G4", "an NSEC that skips a name", changed("ns1.example.", lambda r: re.sub(r"^\S+", "other.example.", r)))
    refused("G4", "an NSEC that leads to an empty non-terminal", changed("_25._tcp.mail.example.", lambda r: re.sub(r"^\S+", "mixed.example.", r)))
    refused("G4", "a last NSEC that does not lead to the apex", changed("www.example.", lambda r: re.sub(r"^\S+", "alias.example.", r)))
    refused("G4", "an NSEC that leads to itself", changed("alias.example.", lambda r: re.sub(r"^\S+", "alias.example.", r)))
    accepted("an NSEC with the next name in capitals", changed("alias.example.", lambda r: re.sub(r"^\S+", lambda m: m.group().upper(), r)))
    refused("G4", "a name without NSEC", base.copy().drop_set("srv.example.", "NSEC"))
    refused("G4", "a delegation without NSEC", base.copy().drop_set("other.example.", "NSEC"))
    refused("G4", "an NSEC at an empty non-terminal", base.copy().add("deep.er.example.", 1800, "NSEC", "leaf.deep.er.example. RRSIG NSEC")
            .resign(zsk, "deep.er.example.", "NSEC"))
    refused("G4", "an NSEC at glue", base.copy().add("ns.secure.example.", 1800, "NSEC", "srv.example. A RRSIG NSEC"))
    refused("G4", "an NSEC with the TTL of the record", ttl(base.copy(), "www.example.", "NSEC", 3600).resign(zsk, "www.example.", "NSEC"))
    refused("G4", "two NSEC at one name", base.copy().add("www.example.", 1800, "NSEC", "example. A RRSIG NSEC").resign(zsk, "www.example.", "NSEC"))
    refused("G4", "a name added with signature, but no NSEC", base.copy().add("new.example.", 300, "A", "192.0.2.9").resign(zsk, "new.example.", "A"))
    refused("G4", "a zone without denial", no_denial(base.copy()))
    refused("G4", "NSEC with an NSEC3PARAM left over", base.copy().add("example.", 0, "NSEC3PARAM", "1 0 0 -").resign(zsk, "example.", "NSEC3PARAM"))
    both = base.copy()
    both.records += [list(r) for r in nsec3.records if r[2] in ("NSEC3", "NSEC3PARAM") or r[3].startswith(("NSEC3 ", "NSEC3PARAM "))]
    refused("G4", "NSEC and NSEC3 together", both)


def no_denial(zone):
    zone.records = [r for r in zone.records if r[2] != "NSEC" and not r[3].startswith("NSEC ")]
    return zone


def nsec3_faults(base, optout, nsec, zsk, ksk):
    def changed(name, field, value, zone=base):
        z = zone.copy()
        record = z.nsec3(name)
        f = record[3].split()
        record[3] = " ".join(f[:5] + [value]) if field == "types" else " ".join(f[:field] + [value] + f[field + 1:])
        return z.resign(zsk, record[0], "NSEC3")

    def param(value):
        z = base.copy()
        z.one("example.", "NSEC3PARAM")[3] = value
        return z.resign(zsk, "example.", "NSEC3PARAM")

    refused("G4", "an NSEC3 that lacks AAAA", changed("www.example.", "types", "A RRSIG TYPE65280"))
    refused("G4", "an NSEC3 with a type too many", changed("www.example.", "types", "A TXT AAAA RRSIG TYPE65280"))
    refused("G4", "an NSEC3 with NSEC3 in its bitmap", changed("www.example.", "types", "A AAAA RRSIG NSEC3 TYPE65280"))
    refused("G4", "an empty non-terminal's NSEC3 with a type", changed("er.example.", "types", "RRSIG"))
    refused("G4", "an insecure delegation's NSEC3 with RRSIG", changed("island.example.", "types", "NS RRSIG"))
    refused("G4", "an insecure delegation's NSEC3 with the address there", changed("island.example.", "types", "A NS"))
    refused("G4", "a secure delegation's NSEC3 that lacks DS", changed("secure.example.", "types", "NS RRSIG"))
    refused("G4", "an NSEC3 with another iteration count", changed("www.example.", 2, "1"))
    refused("G4", "an NSEC3 with another salt", changed("www.example.", 3, "AABB"))
    refused("G4", "an NSEC3 with an unknown flag", changed("www.example.", 1, "2"))
    refused("G4", "an NSEC3 with an unknown hash algorithm", changed("www.example.", 0, "2"))
    refused("G4", "an NSEC3 that leads elsewhere", changed("www.example.", 4, "0" * 32))
    refused("G4", "an NSEC3 with a short next hash", changed("www.example.", 4, "0" * 24))
    refused("G4", "an NSEC3 gone from the chain", base.copy().drop_set(nsec3_hash("www.example.") + ".example.", "NSEC3"))
    for name in ("www.example.", "er.example.", "deep.er.example.", "*.wild.example.", "wild.example.", "secure.example.", "example.",
                 "island.example.", "a.group.example.", "group.example.", "dn.example."):
        refused("G4", "no NSEC3 for %s in a closed chain" % name, base.copy().unlink_nsec3(zsk, name))
    refused("G4", "an NSEC3 for a name that is not there", base.copy().link_nsec3(zsk, nsec3_hash("nothing.example."), "A RRSIG"))
    refused("G4", "an NSEC3 for glue", base.copy().link_nsec3(zsk, nsec3_hash("ns.secure.example."), "A"))
    refused("G4", "an NSEC3 with another TTL", nsec3_ttl(base.copy(), zsk))
    refused("G4", "an NSEC3 whose owner is no hash", base.copy().add("x.example.", 1800, "NSEC3", base.nsec3("www.example.")[3])
            .resign(zsk, "x.example.", "NSEC3"))
    refused("G4", "an NSEC3 two labels below the apex", base.copy().add(nsec3_hash("q.example.") + ".x.example.", 1800, "NSEC3", base.nsec3("www.example.")[3])
            .resign(zsk, nsec3_hash("q.example.") + ".x.example.", "NSEC3"))
    refused("G4", "two NSEC3 at one hash", base.copy().add(base.nsec3("www.example.")[0], 1800, "NSEC3", "1 0 0 - %s A" % ("0" * 32))
            .resign(zsk, base.nsec3("www.example.")[0], "NSEC3"))
    refused("G4", "no NSEC3PARAM", base.copy().drop_set("example.", "NSEC3PARAM"))
    refused("G4", "NSEC3PARAM with the opt-out flag", param("1 1 0 -"))
    refused("G4", "NSEC3PARAM with another iteration count", param("1 0 1 -"))
    refused("G4", "NSEC3PARAM with another salt", param("1 0 0 AA"))
    refused("G16", "NSEC3 with 51 iterations", param("1 0 51 -"))
    refused("G4", "two NSEC3PARAM", base.copy().add("example.", 0, "NSEC3PARAM", "1 0 1 -").resign(zsk, "example.", "NSEC3PARAM"))
    refused("G4", "an NSEC3PARAM that is not at the apex", base.copy().add("www.example.", 0, "NSEC3PARAM", "1 0 0 -").resign(zsk, "www.example.", "NSEC3PARAM"))
    refused("G2", "an unsigned NSEC3", base.copy().drop(nsec3_hash("www.example.") + ".example.", "RRSIG"))
    refused("G2", "a delegation signed for its RRSIG bit", base.copy().resign(zsk, "island.example.", "NS"))
    old = keygen("RSASHA1", bits="2048")
    refused("G4+G7", "NSEC3 with a key of algorithm 5", base.copy().add("example.", 3600, "DNSKEY", old.rdata).resign(ksk, "example.", "DNSKEY"))
    # opt-out
    for name in ("secure.example.", "www.example.", "mixed.example.", "signed.mixed.example.", "er.example."):
        refused("G4", "opt-out that leaves out %s" % name, optout.copy().unlink_nsec3(zsk, name))
    for name in ("island.example.", "a.group.example.", "plain.mixed.example.", "other.example."):
        z = optout.copy()
        chain = sorted((r for r in z.records if r[2] == "NSEC3"), key=lambda r: r[0].lower())
        covering = ([r for r in chain if r[0].split(".")[0].lower() < nsec3_hash(name)] or chain)[-1]
        f = covering[3].split()
        covering[3] = " ".join([f[0], "0"] + f[2:])
        refused("G4", "%s left out under a record without the opt-out flag" % name, z.resign(zsk, covering[0], "NSEC3"))
    accepted("opt-out with a record for an insecure delegation",
             optout.copy().link_nsec3(zsk, nsec3_hash("island.example."), "NS"))
    refused("G4", "opt-out with a record for an insecure delegation, but none for the empty non-terminal above it",
            optout.copy().link_nsec3(zsk, nsec3_hash("a.group.example."), "NS"))
    accepted("opt-out with a record for an insecure delegation and the empty non-terminal above it",
             optout.copy().link_nsec3(zsk, nsec3_hash("a.group.example."), "NS").link_nsec3(zsk, nsec3_hash("group.example."), ""))
    accepted("opt-out flags only where they are needed", optout_flags(optout, zsk))
    # a real name that equals a hashed owner: RFC 5155 section 7.2.8
    real = nsec3_hash("www.example.") + ".example."
    z = base.copy().add(real, 300, "A", "192.0.2.7").resign(zsk, real, "A").link_nsec3(zsk, nsec3_hash(real), "A RRSIG")
    accepted("a real name that equals the owner of an NSEC3", z)
    refused("G4", "an NSEC3 in the bitmap of a real name that equals its owner",
            base.copy().add(real, 300, "A", "192.0.2.7").resign(zsk, real, "A").link_nsec3(zsk, nsec3_hash(real), "A RRSIG NSEC3"))


def optout_flags(base, zsk):
    z = base.copy()
    chain = sorted((r for r in z.records if r[2] == "NSEC3"), key=lambda r: r[0].lower())
    needed = set()
    for name in ("island.example.", "a.group.example.", "b.group.example.", "group.example.", "plain.mixed.example.", "other.example."):
        needed.add(([r for r in chain if r[0].split(".")[0].lower() < nsec3_hash(name)] or chain)[-1][0])
    for r in chain:
        if r[0] not in needed:
            f = r[3].split()
            r[3] = " ".join([f[0], "0"] + f[2:])
            z.resign(zsk, r[0], "NSEC3")
    return z


def nsec3_ttl(zone, zsk):
    record = zone.nsec3("www.example.")
    record[1] = 3600
    return zone.resign(zsk, record[0], "NSEC3")


def keys_and_ds(base, ksk, zsk, stray, ed):
    z = base.copy
    refused("G7", "a DNSKEY of another algorithm that signs nothing", z().add("example.", 3600, "DNSKEY", ed.rdata).resign(ksk, "example.", "DNSKEY"))
    refused("G7", "a second algorithm that signs the DNSKEYs only",
            z().add("example.", 3600, "DNSKEY", ed.rdata).resign(ksk, "example.", "DNSKEY").resign(ed, "example.", "DNSKEY", "keep"))
    refused("G5", "a DS with a wrong digest", z(), "--ds", ds_file(ksk.ds(2, True)))
    refused("G5", "a DS of another key", z(), "--ds", ds_file(stray.ds()))
    refused("G5", "a DS of a key that signs no DNSKEY", z(), "--ds", ds_file(zsk.ds()))
    refused("G5", "a DS that is right for SHA-1 and wrong for SHA-256", z(), "--ds", ds_file(ksk.ds(1), ksk.ds(2, True)))
    refused("G5", "a DS under another owner's digest", z(), "--ds", ds_file(other_owner(ksk)))
    refused("G7", "a DS of an algorithm that the zone lacks", z(), "--ds", ds_file(ksk.ds(), ed.ds()))
    refused("G2", "a DS for a zone that is not signed", Zone(BASE), "--ds", ds_file(ksk.ds()))
    many = [keygen("ECDSAP256SHA256") for _ in range(7)]
    zone = z()
    for k in many:
        zone.add("example.", 3600, "DNSKEY", k.rdata)
    refused("G16", "nine DNSKEYs", zone.copy().resign(ksk, "example.", "DNSKEY"))
    zone = z()
    for k in many[:4]:
        zone.add("example.", 3600, "DNSKEY", k.rdata).resign(k, "www.example.", "A", "keep")
    refused("G16", "five signatures of one RRset", zone.resign(ksk, "example.", "DNSKEY"))
    zone = z()
    rng = random.Random(3)
    for _ in range(6):
        modulus = bytes([0x80 | rng.randrange(128)]) + bytes(rng.randrange(256) for _ in range(510)) + b"\x01"
        zone.add("example.", 3600, "DNSKEY", "0 3 8 " + base64.b64encode(b"\x03\x01\x00\x01" + modulus + b"").decode())
    warned("1232", "a DNSKEY answer above 1232 octets", zone.copy().resign(ksk, "example.", "DNSKEY"))
    refused("G16", "a DNSKEY answer above 4096 octets", fatter(zone, rng).resign(ksk, "example.", "DNSKEY"))


def asked(base, ksk, zsk, stray):
    """CDS and CDNSKEY: what a parent that listens would take for the DS."""
    def cds(*records):
        zone = base.copy()
        for record in records:
            zone.add("example.", 3600, *record)
        types = sorted({t for t, _ in records})
        edit(zone, "example.", "NSEC", lambda r: r + " " + " ".join(types)).resign(zsk, "example.", "NSEC")
        for t in types:
            zone.resign(ksk, "example.", t)
        return zone

    def of(key, digest=2, wrong=False):
        return ("CDS", key.ds(digest, wrong).split(" DS ")[1])

    def key_of(key):
        return ("CDNSKEY", key.rdata)

    accepted("a CDS of the KSK", cds(of(ksk)))
    accepted("CDS and CDNSKEY of the KSK", cds(of(ksk), of(ksk, 4), key_of(ksk)))
    accepted("CDS of the KSK and of a key to come", cds(of(ksk), of(stray)))
    accepted("a CDS with a digest nobody knows", cds(("CDS", "1 13 200 " + "ab" * 32)))
    accepted("CDS and CDNSKEY that remove", cds(("CDS", "0 0 0 00"), ("CDNSKEY", "0 3 0 AA==")))
    refused("G5", "a CDS of another key", cds(of(stray)))
    refused("G5", "a CDS with a wrong digest", cds(of(ksk, 2, True)))
    refused("G5", "a CDS of a key that signs no DNSKEY", cds(of(zsk)))
    refused("G5", "a CDNSKEY of another key", cds(key_of(stray)))
    refused("G5", "CDS and CDNSKEY of different keys", cds(of(ksk), key_of(ksk), key_of(stray)))
    refused("G5", "a CDS that removes beside others", cds(of(ksk), ("CDS", "0 0 0 00")))
    refused("G5", "a CDS that removes beside a CDNSKEY that does not", cds(("CDS", "0 0 0 00"), key_of(ksk)))


def fatter(zone, rng):
    z = zone.copy()
    z.records = [r for r in z.records if not (r[2] == "DNSKEY" and r[3].startswith("0 "))]
    for _ in range(6):
        modulus = bytes([0x80 | rng.randrange(128)]) + bytes(rng.randrange(256) for _ in range(798)) + b"\x01"
        z.add("example.", 3600, "DNSKEY", "0 3 8 " + base64.b64encode(b"\x03\x01\x00\x01" + modulus).decode())
    return z


def other_owner(key):
    digest = hashlib.sha256(b"\x05other\0" + key.wire()).hexdigest()
    return "example. 3600 IN DS %d %d 2 %s" % (key.tag, key.algorithm, digest)


def content(base, ksk, zsk):
    def signed(extra):
        return ldns_sign(BASE + extra, [ksk, zsk])  # ldns signs anything

    refused("G12", "a CNAME with other data, signed", signed('alias.example. 3600 IN TXT "x"\n'))
    refused("G12", "two CNAMEs, signed", signed("alias.example. 3600 IN CNAME mail.example.\n"))
    refused("G12", "two DNAMEs, signed", signed("dn.example. 3600 IN DNAME b.example.net.\n"))
    soa = "ns2.example. hostmaster.example. 2026112402 7200 3600 1209600 1800"
    refused("G12", "two SOAs, signed", base.copy().add("example.", 3600, "SOA", soa).resign(zsk, "example.", "SOA"))
    refused("G12", "a DS without NS, signed", signed("www.example. 3600 IN DS 12345 13 2 " + "ab" * 32 + "\n"))
    refused("G12", "a DS at the apex, signed", signed("example. 3600 IN DS 12345 13 2 " + "ab" * 32 + "\n"))
    refused("G4+G12", "a record out of the zone, signed", signed("www.example.net. 3600 IN A 192.0.2.1\n"))
    low = edit(base.copy(), "www.example.", "NSEC", lambda r: r.replace(" A ", " A SOA ")).add("www.example.", 3600, "SOA", soa)
    refused("G12", "a SOA below the apex, signed", low.resign(zsk, "www.example.", "SOA").resign(zsk, "www.example.", "NSEC"))
    refused("G12", "a name below a DNAME", base.copy().add("x.dn.example.", 300, "A", "192.0.2.9"))
    refused("G12", "CNAME and DNAME at one name, signed", signed("alias.example. 3600 IN DNAME b.example.net.\n"))
    refused("G2+G4+G12", "NS and DNAME at one name", base.copy().add("dn.example.", 3600, "NS", "ns.example.net."))
    refused("G4+G12", "an apex without NS", base.copy().drop_set("example.", "NS"))
    refused("G4+G12", "an apex without SOA", base.copy().drop_set("example.", "SOA"))
    one = "".join(l + "\n" for l in BASE.splitlines() if not l.endswith("NS ns2.example."))
    warned("name server", "a zone with one name server", bind_sign(one, ksk, [zsk], "-x"))
    lame = "".join(l + "\n" for l in BASE.splitlines() if not l.startswith("ns2.example."))
    warned("ns2.example.", "a name server without address", bind_sign(lame, ksk, [zsk], "-x"))
    twice = "ex.test. 3600 IN SOA ns.example. h.example. 1 7200 3600 1209600 1800\nex.test. 3600 IN NS ns1.example.\n" \
        "ex.test. 3600 IN NS ns2.example.\nwww.ex.test.ex.test. 3600 IN A 192.0.2.1\n"
    csk = keygen("ECDSAP256SHA256", True, zone="ex.test.")
    warned("twice", "a forgotten final dot", bind_sign(twice, csk, [], "-z", zone="ex.test."), "--origin", "ex.test.")
    no_glue = "".join(l + "\n" for l in BASE.splitlines() if not l.startswith("ns.secure."))
    warned("ns.secure.example.", "a delegation without glue", bind_sign(no_glue, ksk, [zsk], "-x"))


def zonemd(ksk, zsk):
    zone = ldns_sign(BASE, [ksk, zsk], "-z", "simple:sha384")
    accepted("ldns, ZONEMD with SHA-384", zone)
    accepted("ldns, ZONEMD with SHA-512", ldns_sign(BASE, [ksk, zsk], "-z", "simple:sha512"))
    old = zone.one("example.", "ZONEMD")[3]
    refused("G20", "glue changed under a ZONEMD", edit(zone.copy(), "ns.secure.example.", "A", lambda r: "192.0.2.66"))
    refused("G20", "a delegation's NS changed under a ZONEMD", edit(zone.copy(), "other.example.", "NS", lambda r: "ns.example.org."))
    refused("G20", "a TTL of glue changed under a ZONEMD", ttl(zone.copy(), "ns.secure.example.", "A", 60))
    refused("G20", "glue lost under a ZONEMD", zone.copy().drop("ns.secure.example.", "A"))

    def changed(*rdatas):
        z = zone.copy().drop("example.", "ZONEMD")
        for r in rdatas:
            z.add("example.", 3600, "ZONEMD", r)
        return z.resign(zsk, "example.", "ZONEMD")

    f = old.split()
    refused("G20", "a ZONEMD with a wrong digest, signed", changed(" ".join(f[:3] + [f[3][:-2] + ("00" if f[3][-2:] != "00" else "01")])))
    refused("G20", "a ZONEMD with another serial, signed", changed(" ".join(["1"] + f[1:])))
    refused("G20", "two ZONEMD of one kind, signed", changed(old, " ".join(f[:3] + ["ab" * 48])))
    status, text = verify(changed(" ".join(f[:3] + [f[3][:64]])))
    report("a ZONEMD with a digest cut short is an error of the input", status == 3 and "ZONEMD" in text, "status %d\n%s" % (status, text))
    accepted("a ZONEMD of an unknown scheme beside a good one", changed(old, "%s 240 1 %s" % (f[0], "ab" * 16)))


def each_record(nsec, nsec3, optout, ksk, zsk):
    """Take every record out in turn, and give every one another TTL. Without ZONEMD nothing protects glue and the NS
    of delegations, unless a name or type is gone with them."""
    free = {"island.example.", "ns.island.example.", "ns.secure.example."}
    sealed = ldns_sign(BASE, [ksk, zsk], "-z", "simple:sha384")
    for form, zone in (("NSEC", nsec), ("NSEC3", nsec3), ("opt-out", optout), ("ZONEMD", sealed)):
        kept = []
        for i, record in enumerate(zone.records):
            exposed = form != "ZONEMD" and (record[0] in free or (record[2] == "NS" and record[0] != "example."))
            gone, changed = zone.copy(), zone.copy()
            del gone.records[i]
            for other in changed.records:
                if other[0] == record[0] and other[2] == record[2]:
                    other[1] += other[2] != "RRSIG" or other[3].split()[0] == record[3].split()[0]
            for what, z in (("without", gone), ("with another TTL of", changed)):
                if not exposed and verify(z)[0] != 4:
                    kept.append("%s %s" % (what, " ".join(map(str, record))[:90]))
        report("%s: every lost record and every changed TTL is refused" % form, not kept, "\n".join(kept))


main()
