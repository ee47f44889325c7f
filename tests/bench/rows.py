"""The rows of the table: what is measured, and what is wanted of it."""
import os
import shutil
import subprocess

import tools
from table import seconds_text


TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def nothing(_):
    pass


def memory_text(kib):
    return f'{kib / 1024:.0f} MiB'


def best(medians, of=lambda sample: sample.seconds):
    """The peer that is best; None if none could be measured."""
    peers = {tool: of(s) for tool, s in medians.items() if not tool.startswith('zonesign')}
    return min(peers, key=peers.get) if peers else None


def claim_ratio(b, row, work, medians, ours, target, peer=None, of=lambda s: s.seconds, text=seconds_text):
    """Ours against the best peer: how many times better."""
    peer = peer or best(medians, of)
    wanted = f'{target}x'
    if ours not in medians:
        b.results.claim(row, work, 'not measured', f'{peer} {text(of(medians[peer]))}' if peer else '-', None, wanted, 'no')
    elif not peer or peer not in medians:
        b.results.claim(row, work, text(of(medians[ours])), 'no peer could be measured', None, wanted, 'not compared')
    else:
        ratio = of(medians[peer]) / of(medians[ours])
        others = '; '.join(f'{t} {text(of(s))}' for t, s in sorted(medians.items(), key=lambda i: of(i[1]))
                           if not t.startswith('zonesign') and t != peer)
        b.results.claim(row, work, text(of(medians[ours])), f'{peer} {text(of(medians[peer]))}' + (f' ({others})' if others else ''),
                        f'{ratio:.2f}x', wanted, 'yes' if ratio >= target else 'no')


def peers_for(b, s, verify=False):
    """Contestants that sign the zone of s from nothing."""
    found = []
    for peer in [tools.Bind(True)] if verify else [tools.Bind(), tools.Knot(), tools.Ldns()]:
        if peer.missing():
            b.results.failure(s.name, peer.name, f'{peer.program} is not installed')
            continue
        found.append((peer.name, lambda number, peer=peer: peer.prepare(s),
                      lambda number, peer=peer: tools.measure(peer.argv(s, s.file), log=f'{s.dir}/log')))
    return found


def ours(b, s, name, *options, prepare=nothing):
    return (name, prepare, lambda number: tools.measure(b.build(s, *options), log=f'{s.dir}/log'))


def built(b, s):
    """A whole build, so that there is a state and an output."""
    s.fresh()
    tools.quiet(b.build(s))


def count_signatures(path):
    """In our own output: the type of a record, not a word of a bitmap."""
    done = subprocess.run(['grep', '-c', ' IN RRSIG ', path], capture_output=True, text=True)
    return int(done.stdout or 0)


def claim_share(b, row, work, signatures, seconds, rates, target):
    """Signatures a second, as a share of those that the bare loop makes; `rates` are those of several loops."""
    rate = sorted(rates)[len(rates) // 2]
    share = signatures / seconds / rate
    b.results.claim(row, f'{work}: {signatures:,} signatures', f'{signatures / seconds:,.0f}/s',
                    f'bare loop {rate:,.0f}/s, {seconds_text(signatures / rate)} for these', f'{share:.2f}', f'{target}' if target else None,
                    '-' if not target else 'yes' if share >= target else 'no')


def sign_row(b, row, work, s, target, rounds=None, peers=True, memory=False):
    built(b, s)
    rates = []
    loop = ('zonesign: loop', nothing, lambda number: rates.append(b.loop(row, s.algorithm)) or tools.Sample(0, 0, 0))
    medians = b.measure(row, [loop, ours(b, s, 'zonesign', '--bench-no-verify')] + (peers_for(b, s) if peers else []), rounds)
    if peers:
        claim_ratio(b, row, f'sign {work}, not verified', medians, 'zonesign', target)
    if 'zonesign' in medians:
        claim_share(b, row, work, count_signatures(f'{s.output}.unverified'), medians['zonesign'].seconds, rates, 0.85)
    if memory:
        kib = lambda sample: sample.rss_kib
        claim_ratio(b, row, f'peak memory of it', medians, 'zonesign', 2.5, of=kib, text=memory_text)
        whole = b.measure(row, [ours(b, s, 'zonesign: verified', prepare=lambda number: s.fresh())], 1)
        claim_ratio(b, row, 'peak memory, ours verified', {**medians, **whole}, 'zonesign: verified', 2, of=kib, text=memory_text)
    return medians


def dense_nsec(b):
    sign_row(b, 'dense-nsec', f'dense {b.size["dense"]:,} names, NSEC', b.scenario('dense-nsec', 'dense', b.size['dense']), 2)


def dense_nsec3(b):
    sign_row(b, 'dense-nsec3', f'dense {b.size["dense"]:,} names, NSEC3', b.scenario('dense-nsec3', 'dense', b.size['dense'], 'nsec3'), 2)


def dense_verified(b):
    row, s = 'dense-verified', b.scenario('dense-verified', 'dense', b.size['dense'])
    medians = b.measure(row, [ours(b, s, 'zonesign', prepare=lambda number: s.fresh())] + peers_for(b, s, verify=True))
    claim_ratio(b, row, f'sign and verify dense {b.size["dense"]:,} names', medians, 'zonesign', 2)


def tld(b):
    sign_row(b, 'tld', f'{b.size["tld"]:,} delegations, NSEC3 opt-out', b.scenario('tld', 'tld', b.size['tld'], 'opt-out'), 6, memory=True)


def large(b):
    sign_row(b, 'large', f'dense {b.size["large"]:,} names, NSEC', b.scenario('large', 'dense', b.size['large']), 2, rounds=1, memory=True)


def algorithms(b):
    for algorithm, size in (('ed25519', b.size['dense']), ('rsasha256', b.size['rsa'])):
        s = b.scenario(f'dense-{algorithm}', 'dense', size, algorithm=algorithm)
        sign_row(b, 'algorithms', f'dense {size:,} names, {algorithm}', s, 2, peers=False)


def resign_peers(b, s):
    """Peers fed their own output with ten records changed."""
    found = []
    for peer in (tools.Bind(), tools.Knot(), tools.Ldns()):
        if peer.missing():
            b.results.failure(s.name, peer.name, f'{peer.program} is not installed')
            continue
        changed = f'{s.dir}/{peer.program}.changed'

        def prepare(number, peer=peer, changed=changed):
            if number == 0:
                peer.prepare(s)
                tools.measure(peer.argv(s, s.file), log=f'{s.dir}/log')
                os.rename(peer.output(s), f'{changed}.first')
            tools.apart(tools.change, f'{changed}.first', changed, number)

        found.append((peer.name, prepare,
                      lambda number, peer=peer, changed=changed: tools.measure(peer.argv(s, changed), log=f'{s.dir}/log')))
    return found


def rebuild(b, row, work, s, knotd):
    original, s.file = s.file, f'{s.dir}/zone'
    shutil.copy(original, s.file)
    with open(f'{s.dir}/zonesign.yaml') as config:
        text = config.read().replace(original, s.file)
    with open(f'{s.dir}/zonesign.yaml', 'w') as config:
        config.write(text)
    built(b, s)
    edit = lambda number: tools.apart(tools.change, original, s.file, number)
    mine = ours(b, s, 'zonesign', prepare=edit)
    medians = b.measure(row, [mine] + resign_peers(b, s))
    claim_ratio(b, row, f'rebuild {work}, 10 records changed, ours verified', medians, 'zonesign', 20)
    full = b.measure(row, [(n + ', whole', p, c) for n, p, c in peers_for(b, s)], 1)
    claim_ratio(b, row, 'the same, against a full sign', {**full, 'zonesign': medians['zonesign']} if 'zonesign' in medians else full,
                'zonesign', 10)
    idle = b.measure(row, [ours(b, s, 'zonesign: idle')])
    claim_ratio(b, row, 'nothing changed', {**medians, **idle}, 'zonesign: idle', 100)
    if knotd:
        against_knotd(b, row, s, original, medians)


def against_knotd(b, row, s, original, medians):
    if not shutil.which('knotd') or not shutil.which('knotc'):
        b.results.claim(row, 'the same, against knotd with its journal', seconds_text(medians['zonesign'].seconds), 'knotd is not installed', None,
                        '3x', 'not compared')
        return
    s.file, s.dir = original, s.dir + '-knotd'
    os.makedirs(s.dir)
    server = tools.Knotd(s)
    try:
        daemon = b.measure(row, [('knotd', nothing, lambda number: server.update(number + 1))])
    finally:
        server.stop()
    claim_ratio(b, row, 'the same, against knotd with its journal', {**daemon, 'zonesign': medians['zonesign']}, 'zonesign', 3)


def rebuild_dense(b):
    rebuild(b, 'rebuild-dense', f'dense {b.size["dense"]:,} names', b.scenario('rebuild-dense', 'dense', b.size['dense']), True)


def rebuild_tld(b):
    rebuild(b, 'rebuild-tld', f'{b.size["tld"]:,} delegations', b.scenario('rebuild-tld', 'tld', b.size['tld'], 'opt-out'), True)


def read(b):
    for kind, size, what in (('dense', b.size['large'], 'names'), ('tld', b.size['tld'], 'delegations')):
        path, origin = b.zone(kind, size), 'bench' if kind == 'tld' else 'bench.example'
        readers = [('named-checkzone', ['named-checkzone', '-i', 'local', '-q', origin, path]), ('nsd-checkzone', ['nsd-checkzone', origin, path]),
                   ('kzonecheck', ['kzonecheck', '-o', origin, path])]
        found = [('zonesign', nothing, lambda number: tools.measure([b.zonesign, '-q', 'check', '--origin', origin, path], log=f'{b.base}/log'))]
        for name, argv in readers:
            if shutil.which(name):
                found.append((name, nothing, lambda number, argv=argv: tools.measure(argv, log=f'{b.base}/log')))
            else:
                b.results.failure('read', name, 'is not installed')
        medians = b.measure('read', found)
        claim_ratio(b, 'read', f'read and check {size:,} {what}', medians, 'zonesign', 10)
        scan_speed(b, origin, path, f'{size:,} {what}')


def scan_speed(b, origin, path, what):
    """Text to records on one core, neither grouped nor sorted."""
    rate = float(tools.quiet([f'{TOP}/build/bench/scan', origin, path, str(2 * b.rounds + 1)]))
    b.results.claim('read', f'scan of {what}, alone', f'{rate:.0f} MB/s a core', "simdzone's class, storing nothing", None,
                    '300 MB/s a core', 'yes' if rate >= 300 else 'no')


def verify(b):
    s = b.scenario('verify', 'dense', b.size['dense'])
    built(b, s)
    found = [('zonesign', nothing, lambda number: tools.measure([b.zonesign, '-q', 'verify', '--origin', s.origin, s.output], log=f'{s.dir}/log'))]
    for name, argv in (('dnssec-verify', ['dnssec-verify', '-q', '-o', s.origin, s.output]),
                       ('kzonecheck', ['kzonecheck', '-d', 'on', '-o', s.origin, s.output])):
        if shutil.which(name):
            found.append((name, nothing, lambda number, argv=argv: tools.measure(argv, log=f'{s.dir}/log')))
        else:
            b.results.failure('verify', name, 'is not installed')
    claim_ratio(b, 'verify', f'verify dense {b.size["dense"]:,} names', b.measure('verify', found), 'zonesign', 2.2)


ROWS = [('dense-nsec', dense_nsec), ('dense-nsec3', dense_nsec3), ('dense-verified', dense_verified), ('tld', tld), ('large', large),
        ('algorithms', algorithms), ('rebuild-dense', rebuild_dense), ('rebuild-tld', rebuild_tld), ('read', read), ('verify', verify)]
