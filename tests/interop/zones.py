#!/usr/bin/env python3
"""Makes DIR/zonesign.yaml and COUNT seeded zones of many shapes, so that signers and validators can be compared.

Each zone gets a policy by its number, so that denial, algorithms, key roles and ZONEMD are all combined.
"""
import random
import sys

HEAD = "$TTL {ttl}\n@ IN SOA ns1 host.master {serial} 7200 3600 1209600 {minimum}\n@ NS ns1\n@ NS NS2\nns1 A 192.0.2.1\nNS2 AAAA 2001:db8::2\n"
ALGORITHMS = ["ecdsap256sha256", "ed25519", "rsasha256", "ecdsap384sha384", "ed448", "rsasha512"]
DENIALS = ["nsec", "nsec3", "{nsec3: {opt-out: yes}}", '{nsec3: {iterations: 5, salt: "aabbccdd"}}']
SPECIAL = {
    "tiny": "",
    "wild": "* TXT \"w\"\n*.a.b A 192.0.2.9\nx.*.c A 192.0.2.9\n\\042.lit TXT \"escaped star\"\n\\*foo TXT \"no wildcard\"\n",
    "ents": "a.b.c.d.e.f A 192.0.2.3\nz.b.c.d.e.f A 192.0.2.3\nq.c.d.e.f NS ns.elsewhere.test.\nonly.cut.deep NS ns.elsewhere.test.\n",
    "cuts": "sub NS ns.sub\nsub NS ns.elsewhere.test.\nns.sub A 192.0.2.7\nns.sub AAAA 2001:db8::7\nbelow.sub TXT \"occluded\"\n"
            "nest.sub NS ns.nest.sub\nns.nest.sub A 192.0.2.8\nsafe NS ns.elsewhere.test.\nsafe DS 12345 13 2 "
            + "ab" * 32 + "\nglue NS glue\nglue A 192.0.2.10\nxsub A 192.0.2.1\n",
    "dname": "d DNAME target.test.\nd TXT \"beside a DNAME\"\nda A 192.0.2.1\n",
    "case": "WwW A 192.0.2.1\nMail MX 10 MX.Example.COM.\nmail MX 20 mx.example.com.\nUP CNAME WwW\nsrv SRV 0 0 5 WwW\nnap NAPTR 1 2 \"S\" \"x\" \"\" WwW\n",
    "bytes": "\\000 TXT \"nul\"\n\\255\\254 TXT \"high\"\na\\.b TXT \"dot\"\na\\032b TXT \"blank\"\n\\001.z A 192.0.2.1\n\\200.z A 192.0.2.1\nZ A 192.0.2.1\n"
             "sp TXT \"a;b\" \"c\\\"d\" \"\\009\\200\" \"\"\n",
    "types": "t A 192.0.2.1\nt AAAA ::1\nt MX 1 m\nm A 192.0.2.2\nt TXT \"x\"\nt LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m\nt HINFO \"a\" \"b\"\n"
             "t RP h.m t\nt AFSDB 1 m\nt SSHFP 4 2 " + "12" * 32 + "\nt CAA 0 issue \"ca.test\"\nt URI 1 2 \"https://x/\"\nt TLSA 3 1 1 " + "34" * 32
             + "\nt SMIMEA 3 1 1 " + "34" * 32 + "\nt DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=\nt EUI48 00-00-5e-00-53-2a\n"
             "t EUI64 00-00-5e-ef-10-00-00-2a\nt NID 10 0014:4fff:ff20:ee64\nt L32 10 10.1.2.0\nt L64 10 2001:0DB8:1140:1000\nt LP 10 l64\n"
             "t OPENPGPKEY AQIDBAUG\n"
             + "t CERT PKIX 1 5 AQID\nt KX 1 m\nt APL 1:192.0.2.0/24\nt PX 1 m m\nt TYPE65280 \\# 3 010203\nt SPF \"v=spf1 -all\"\nt CSYNC2 A 192.0.2.1\n".replace("t CSYNC2", "csync2"),
    "svcb": "s SVCB 1 . alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1\ns HTTPS 0 WwW\nsvc HTTPS 16 foo mandatory=alpn,port alpn=h2 port=1\nWwW A 192.0.2.1\nfoo A 192.0.2.1\n",
    "ttls": "long 86400 A 192.0.2.1\nzero 0 A 192.0.2.1\n1h30m 1h30m TXT \"ttl in units\"\n",
    "big": "".join("big A 10.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(4040)),
    "longtxt": "t TXT " + " ".join("\"%s\"" % ("y" * 255) for _ in range(200)) + "\n",
    "apex": "@ MX 0 .\n@ TXT \"x\"\n@ CAA 0 issue \";\"\n@ HTTPS 1 . alpn=h2\n",
    "unusual": "_25._tcp.mail TLSA 3 1 1 " + "ab" * 32 + "\nmail A 192.0.2.1\nptr PTR somewhere.test.\nlong" + "x" * 50 + " A 192.0.2.1\n" + ".".join(["l" * 60] * 3) + " A 192.0.2.1\n",
}


def label(rng):
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789-_ABC") for _ in range(rng.randint(1, 12))).strip("-") or "x"


def body(rng, names):
    out, cuts, used = [], set(), {"ns1", "ns2", ""}
    for _ in range(names):
        depth = rng.choice([1, 1, 1, 2, 2, 3, 5])
        name = ".".join(label(rng) for _ in range(depth))
        parts = name.lower().split(".")
        above = {".".join(parts[i:]) for i in range(len(parts))}
        if above & cuts or name.lower() in used:
            continue
        used.add(name.lower())
        kind = rng.randrange(12)
        if kind == 0 and not any(u.endswith("." + name.lower()) for u in used):
            cuts.add(name.lower())
            out.append("%s NS ns.%s" % (name, name))
            out.append("ns.%s A 192.0.2.%d" % (name, rng.randrange(1, 255)))
            if rng.random() < 0.4:
                out.append("%s DS %d 13 2 %064x" % (name, rng.randrange(65536), rng.getrandbits(256)))
        elif kind == 1:
            out.append("%s CNAME ns1" % name)
        elif kind == 2:
            out.append("*.%s TXT \"wild\"" % name)
            used.add("*." + name.lower())
        elif kind == 3:
            out += ["%s TXT \"%s\"" % (name, "z" * rng.randrange(256)), "%s MX 5 ns1" % name]
        elif kind == 4:
            out.append("%s AAAA 2001:db8::%x" % (name, rng.randrange(65536)))
        else:
            for _ in range(rng.choice([1, 1, 2, 6])):
                out.append("%s A 192.0.%d.%d" % (name, rng.randrange(256), rng.randrange(256)))
    return "\n".join(dict.fromkeys(out)) + "\n"


def main(directory, count, big):
    rng = random.Random(20261124)
    zones = [(name, text) for name, text in SPECIAL.items()]
    while len(zones) < count:
        zones.append(("r%d" % len(zones), body(rng, rng.choice([3, 10, 30, 100]))))
    if big:
        zones = [("big%d" % i, body(random.Random(i), 20000)) for i in range(3)]
    policies, config = {}, []
    for i, (name, text) in enumerate(zones):
        key = (i % 4, i // 4 % 6 if not big else 0, i // 24 % 2, i % 3)
        if key not in policies:
            denial, algorithm, csk, md = key
            policies[key] = "  p%d:\n    observe: off\n    algorithm: %s\n    denial: %s\n    zonemd: %s\n%s" % (
                len(policies), ALGORITHMS[algorithm], DENIALS[denial], ["off", "sha384", "sha512"][md],
                "    csk: {lifetime: unlimited}\n" if csk else "")
        policy = list(policies).index(key)
        origin = "%s.example" % name if i % 7 else "%s.Sub.Example" % name
        with open("%s/%s.zone" % (directory, name), "w", encoding="ascii") as file:
            file.write(HEAD.format(ttl=rng.choice([300, 3600]), serial=rng.randrange(2 ** 31), minimum=rng.choice([60, 900, 7200])) + text)
        config.append("  %s:\n    file: %s.zone\n    output: signed/%s.zone\n    policy: p%d\n" % (origin.lower(), name, name, policy))
        print(origin.lower(), name, "nsec" if key[0] == 0 else "nsec3", ALGORITHMS[key[1]], "csk" if key[2] else "split")
    with open(directory + "/zonesign.yaml", "w", encoding="ascii") as file:
        file.write("policies:\n" + "".join(policies.values()) + "zones:\n" + "".join(config))


main(sys.argv[1], int(sys.argv[2]), len(sys.argv) > 3)
