#!/usr/bin/env python3
"""Does the oracle see what it is for? Each fault below is planted into a copy of lib/rollover, compiled, and run through the
random schedules; a schedule must fail. A fault whose text is no longer in the source fails too."""
import os, pathlib, subprocess, sys, tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build" / os.environ.get("FLAVOUR", "release")
SCHEDULES = "300"
SEEDS = {"two keys that hold each other never leave": "4700", "the TTL of the served DNSKEY RRset is forgotten when the policy lowers it": "1000"}  # rare: begin near one that shows it

FAULTS = [
    ("the old DS counts as gone by the calendar, nobody looked", "timing.c",
     "return key->ds.since && key->ds_gone >= key->ds.since ? key->ds_gone + wait : 0;", "return key->ds.since ? key->ds.since + wait : 0;"),
    ("a DS that was away before it was taken back counts as gone", "timing.c",
     "key->ds_gone >= key->ds.since ?", "key->ds_gone ?"),
    ("the DS TTL is not waited for", "timing.c", "return ttl + policy->propagation_parent", "return ttl * 0 + policy->propagation_parent"),
    ("the DS TTL is the configured one, not the observed (.nz 2023)", "timing.c",
     "facts->parent.ttl > policy->parent_ds_ttl ?", "false ?"),
    ("no memory of larger TTLs", "timing.c", "if (memory->dnskey == dnskey)", "if (false && memory->dnskey == dnskey)"),
    ("the TTL of the served DNSKEY RRset is forgotten when the policy lowers it", "timing.c",
     "larger(policy->dnskey_ttl, published->dnskey_ttl)", "policy->dnskey_ttl"),
    ("propagation to the secondaries takes no time", "timing.c",
     "zs_time end = since + ttl + policy->propagation_zone;", "zs_time end = since + ttl - policy->safety;"),
    ("signatures are in every cache at once", "timing.c",
     "return zs_forgotten_at(e->policy, e->facts, e->ttls, record->since, false) + safety(e);", "return record->since + 1;"),
    ("rule 2 off: a KSK leaves while its DS may be cached", "rules.c",
     "return zs_is_absent(key->ds.phase) || (", "return zs_is_absent(key->ds.phase) || true || ("),
    ("rule 3 off: a ZSK leaves while its signatures may be cached", "rules.c",
     "if (key->dnskey.phase == ZS_OMNIPRESENT || !has_companion(e, key))\n\t\t\treturn false;",
     "if (key->dnskey.phase == ZS_OMNIPRESENT || !has_companion(e, key))\n\t\t\treturn true;"),
    ("withdrawn signatures count as complete though they never were (three is a crowd)", "rules.c",
     "|| record->complete)", "|| record->phase == ZS_UNRETENTIVE)"),
    ("a new algorithm shows its DNSKEYs with its first signatures", "rules.c",
     "&& other->zrrsig.phase == ZS_OMNIPRESENT)", "&& zs_in_zone(other->zrrsig.phase))", "moves.c",
     "signer->goal_in && signer->zrrsig.phase == ZS_OMNIPRESENT)", "signer->goal_in)"),
    ("the zone goes unsigned when the DS was taken back, not when it is forgotten", "rules.c",
     "if (!zs_is_absent(e->facts->keys[i].ds.phase))\n\t\t\treturn false;", "if (zs_in_zone(e->facts->keys[i].ds.phase))\n\t\t\treturn false;"),
    ("time runs from the decision, not from the service", "moves.c",
     "move_to(e, key, part, (struct zs_record_state){ .phase = ZS_RUMOURED })",
     "move_to(e, key, part, (struct zs_record_state){ .phase = ZS_RUMOURED, .since = e->now })"),
    ("two keys that hold each other never leave", "moves.c",
     "return (!key->goal_in && leave(e, key, part)) || settle(e, key, part);",
     "return key->goal_in ? settle(e, key, part) : leave(e, key, part);"),
    ("a key that stands by signs the zone", "moves.c", "return !key->standby && may_enter_zrrsig(e, key);", "return may_enter_zrrsig(e, key);"),
    ("a key that stands by outlives its role", "goals.c", " && (key->role == ZS_CSK) == e->csk;\n\t\tif (!key->goal_in ||", ";\n\t\tif (!key->goal_in ||"),
    ("nobody releases the old key", "goals.c", "set_goal(e, key, false);\n\t}\n}", "(void)set_goal;\n\t}\n}"),
]


def plant(directory, fault):
    edits = [fault[i:i + 3] for i in range(1, len(fault), 3)]
    for source in (TOP / "lib/rollover").glob("*.c"):
        text = source.read_text()
        for name, old, new in edits:
            if source.name == name:
                if text.count(old) != 1:
                    return f"'{old}' is {text.count(old)} times in {name}"
                text = text.replace(old, new)
        (directory / source.name).write_text(text)
    return None


def catch(directory, fault):
    problem = plant(directory, fault)
    if problem:
        return False, problem
    program = directory / "random"
    sources = [str(s) for s in sorted(directory.glob("*.c"))]
    tests = [str(BUILD / f"tests/timeline/{n}.o") for n in ("random", "world", "oracle")]
    libs = subprocess.check_output(["pkg-config", "--libs", "openssl", "yaml-0.1", "jansson"], text=True).split()
    built = subprocess.run(["gcc", "-O1", "-std=c11", "-D_GNU_SOURCE", "-DZS_VERSION=\"0\"", "-w", f"-I{TOP}/lib", f"-I{TOP}", "-o", str(program)]
                           + sources + tests + [str(BUILD / "libzonesign.a")] + libs + ["-lpthread"], capture_output=True, text=True)
    if built.returncode:
        return False, "it does not compile: " + built.stderr[:300]
    ran = subprocess.run([str(program), SEEDS.get(fault[0], "1"), SCHEDULES, "first"], capture_output=True, text=True)
    first = next((line for line in ran.stdout.splitlines() if line.startswith("FAIL")), "")
    return ran.returncode != 0 and bool(first), first[:110] or "not caught"


def main():
    passed = failed = 0
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as directory:
            caught, how = catch(pathlib.Path(directory), fault)
        print(("caught: " if caught else "FAIL: ") + fault[0] + "\n    " + how)
        passed, failed = passed + caught, failed + (not caught)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
