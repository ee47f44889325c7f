"""tlsa.py - each TLSA record set to OpenSSL's s_client and to zonesign's predictor, against each chain that s_server presents: a line for each
that differs, then "N same, N differ". Called by tlsa.sh, which has made the certificates."""
import hashlib, re, subprocess, sys, time

port, predict = sys.argv[1:]


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, stdin=None if data else subprocess.DEVNULL, capture_output=True).stdout


forms = {}
for cert in ("leaf", "ca", "stale", "named"):
    key = openssl("pkey", "-pubin", "-outform", "DER", data=openssl("x509", "-in", cert + ".crt", "-noout", "-pubkey"))
    forms[cert] = {0: openssl("x509", "-in", cert + ".crt", "-outform", "DER"), 1: key}


def record(usage, selector, matching, cert):
    data = forms[cert][selector]
    digest = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}[matching]
    return "%d %d %d %s" % (usage, selector, matching, digest.hex())


def client(names, records):
    flags = [] if names == "names" else ["-dane_ee_no_namechecks"]
    out = openssl("s_client", "-connect", "127.0.0.1:" + port, "-CAfile", "root.crt", "-dane_tlsa_domain", "mail.example.com", *flags,
                  *(word for r in records for word in ("-dane_tlsa_rrdata", r))).decode(errors="replace")
    if "CONNECTED" not in out:
        return "no connection"
    return "verified" if "Verification: OK" in out and re.search("^DANE TLSA ", out, re.M) else "refused"


same = differ = 0
for chain, key in (("chain.pem", "leaf.key"), ("leaf.crt", "leaf.key"), ("named.pem", "named.key")):
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:" + port, "-cert", chain, "-cert_chain", chain, "-key", key, "-quiet"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if client("any", [record(3, 1, 1, "leaf")]) != "no connection":
                break
            time.sleep(0.05)
        sets = [("any", [record(u, s, m, c)]) for u in range(4) for s in range(2) for m in range(3) for c in forms]
        sets += [("names", r) for _, r in sets if r[0][0] == "3"]
        for a, b in (((3, 1, 1, "leaf"), (3, 1, 2, "stale")), ((3, 1, 1, "stale"), (3, 1, 2, "leaf")), ((3, 0, 1, "leaf"), (3, 1, 2, "stale")),
                     ((3, 1, 1, "stale"), (2, 1, 1, "ca")), ((3, 1, 1, "stale"), (3, 1, 1, "leaf"))):
            sets.append(("any", [record(*a), record(*b)]))
        for names, records in sets:
            wanted = client(names, records)
            got = subprocess.run([predict, chain, "root.crt", "mail.example.com", names, *records], capture_output=True, text=True).stdout.strip()
            if wanted == got:
                same += 1
            else:
                differ += 1
                print("%s, %s, %s: s_client says %s, zonesign %s" % (chain, names, [r[:16] for r in records], wanted, got))
    finally:
        server.kill()
        server.wait()
print("%d same, %d differ" % (same, differ))
