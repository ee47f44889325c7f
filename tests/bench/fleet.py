"""The rows about many zones, and about one small one."""
import os
import shutil
import subprocess

import tools
from rows import claim_ratio, claim_share, nothing
from table import seconds_text


class Fleet:
    """Zones in a directory, one config for ours; a directory of keys for each zone."""

    def __init__(self, b, name, count, records, base=None):
        self.dir = os.path.join(base or b.base, name)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(f'{self.dir}/in')
        tools.quiet([f'{os.path.dirname(b.disk)}/generate', 'fleet', str(count), str(records), f'{self.dir}/in'])
        self.names = [f'z{i:06}.example' for i in range(count)]
        with open(f'{self.dir}/zonesign.yaml', 'w') as out:
            out.write('policies: {default: {observe: off}}\nzones:\n' + ''.join(f'  {n}: {{file: in/{n}.zone, output: out/{n}.zone}}\n' for n in self.names))

    def forget(self, keep_keys):
        """As before the first build, with or without the keys."""
        shutil.rmtree(f'{self.dir}/out', ignore_errors=True)
        shutil.rmtree(f'{self.dir}/state', ignore_errors=True)
        if not keep_keys:
            return
        for name in self.names:
            shutil.copytree(f'{self.dir}/keys/{name}', f'{self.dir}/state/{name}/keys')
        tools.quiet(['chmod', '-R', 'go=', f'{self.dir}/state'])

    def save_keys(self):
        """The keys of the first build, for all; under fixed names too, for a loop that cannot know them."""
        for name in self.names:
            place = f'{self.dir}/keys/{name}'
            shutil.copytree(f'{self.dir}/state/{name}/keys', place)
            fixed = f'{self.dir}/ldns/{name}'
            os.makedirs(fixed)
            for file in os.listdir(place):
                if file.endswith('.key'):
                    role = 'ksk' if ' 257 ' in open(f'{place}/{file}').read() else 'zsk'
                    shutil.copy(f'{place}/{file}', f'{fixed}/{role}.key')
                    shutil.copy(f'{place}/{file[:-4]}.private', f'{fixed}/{role}.private')

    def knot(self):
        """One config a zone, so that no tool reads the whole fleet for one zone."""
        os.makedirs(f'{self.dir}/knot/db')
        imports = []
        for name in self.names:
            with open(f'{self.dir}/knot/{name}.conf', 'w') as out:
                out.write(f'server:\n    rundir: {self.dir}/knot\ndatabase:\n    storage: {self.dir}/knot/db\n'
                          'policy:\n  - id: p\n    manual: on\n    algorithm: ecdsap256sha256\n    signing-threads: 1\n'
                          f'zone:\n  - domain: {name}\n    file: {self.dir}/in/{name}.zone\n    dnssec-signing: on\n    dnssec-policy: p\n')
            for file in sorted(os.listdir(f'{self.dir}/keys/{name}')):
                if file.endswith('.key'):
                    imports.append(f'-c {self.dir}/knot/{name}.conf {name} import-bind {self.dir}/keys/{name}/{file}')
        subprocess.run(['xargs', '-P', '2', '-L', '1', 'keymgr'], input='\n'.join(imports), text=True, check=True, stdout=subprocess.DEVNULL)

    def loops(self):
        """Each peer over every zone of a list, two processes at a time: program and arguments, {} is the zone."""
        d = self.dir
        return {'dnssec-signzone -P': ['dnssec-signzone', '-q', '-S', '-P', '-n', '1', '-o', '{}', '-K', f'{d}/keys/{{}}', '-d', d,
                                       '-f', f'{d}/bind/{{}}', f'{d}/in/{{}}.zone'],
                'kzonesign': ['kzonesign', '-c', f'{d}/knot/{{}}.conf', '-o', f'{d}/knot', '{}'],
                'ldns-signzone': ['ldns-signzone', '-o', '{}', '-f', f'{d}/ldns/{{}}.zone', f'{d}/in/{{}}.zone', f'{d}/ldns/{{}}/ksk',
                                  f'{d}/ldns/{{}}/zsk']}

    def contestants(self, b, row, make):
        found = []
        for tool, argv in self.loops().items():
            needs = [argv[0]] + (['keymgr'] if argv[0] == 'kzonesign' else [])
            missing = [n for n in needs if not shutil.which(n)]
            if missing:
                b.results.failure(row, tool, f'{missing[0]} is not installed')
                continue
            if argv[0] == 'kzonesign':
                self.knot()
            os.makedirs(f'{self.dir}/bind', exist_ok=True)
            found.append((tool, nothing, lambda number, argv=argv: tools.measure(make(argv), log=f'{self.dir}/log')))
        return found

    def build(self, b, *options):
        return [b.zonesign, '-q', '-c', f'{self.dir}/zonesign.yaml', 'build', '--jobs', str(tools.THREADS), *options]

    def ours(self, b, tool='zonesign', prepare=None, options=()):
        return (tool, prepare or (lambda number: self.forget(True)),
                lambda number: tools.measure(self.build(b, *options), log=f'{self.dir}/log'))


def fleet(b):
    count = b.size['fleet']
    f = Fleet(b, 'fleet', count, 60)
    tools.quiet(f.build(b))
    f.save_keys()
    with open(f'{f.dir}/names', 'w') as out:
        out.write('\n'.join(f.names) + '\n')
    make = lambda argv: ['xargs', '-a', f'{f.dir}/names', '-P', str(tools.THREADS), '-I', '{}', *argv]
    plain = f.ours(b, 'zonesign: unverified', prepare=nothing, options=['--bench-no-verify'])
    rates = []
    loop = ('zonesign: loop', nothing, lambda number: rates.append(b.loop('fleet')) or tools.Sample(0, 0, 0))
    medians = b.measure('fleet', [loop, plain] + f.contestants(b, 'fleet', make))
    work = f'{count:,} zones of 60 records, all signed anew, not verified'
    claim_ratio(b, 'fleet', work, medians, 'zonesign: unverified', 4)
    if 'zonesign: unverified' in medians:
        claim_share(b, 'fleet', f'{count:,} zones of 60 records', signatures_of(f), medians['zonesign: unverified'].seconds, rates, None)
    first = b.measure('fleet', [f.ours(b)])
    if 'zonesign' in first:
        b.results.claim('fleet', 'the same, first build, verified', seconds_text(first['zonesign'].seconds), '-', None, None, '-')


def small(b):
    f = Fleet(b, 'small', 1, 60)
    tools.quiet(f.build(b))
    f.save_keys()
    make = lambda argv: [part.replace('{}', f.names[0]) for part in argv]
    medians = b.measure('small', [f.ours(b)] + f.contestants(b, 'small', make), 40)
    claim_ratio(b, 'small', 'one zone of 60 records, start to end, verified', medians, 'zonesign', 1.3)
    tools.quiet(f.build(b))
    plain = b.measure('small', [f.ours(b, 'zonesign: unverified', prepare=nothing, options=['--bench-no-verify'])], 40)
    claim_ratio(b, 'small', 'the same, not verified', {**medians, **plain}, 'zonesign: unverified', 1.3)
    if 'zonesign' in medians:
        cpu = medians['zonesign'].cpu
        b.results.claim('small', 'the same: CPU', seconds_text(cpu), '-', None, 'under 10 ms', 'yes' if cpu < 0.01 else 'no')
    signatures = signatures_of(f)
    least = b.measure('small', [('zonesign: least', nothing, lambda number: tools.measure([f'{os.path.dirname(b.disk)}/loop', 'once', str(signatures)]))], 40)
    if 'zonesign: least' in least and 'zonesign' in medians:
        bare = least['zonesign: least']
        b.results.claim('small', f'the same, by a program that only loads OpenSSL, makes {signatures} signatures and verifies them', seconds_text(bare.seconds),
                        f'zonesign {seconds_text(medians["zonesign"].seconds)}', f'{medians["zonesign"].seconds / bare.seconds:.2f}', None, '-')
    on_disk = Fleet(b, 'small', 1, 60, base=b.disk)
    shutil.copytree(f'{f.dir}/keys', f'{on_disk.dir}/keys')
    disk = b.measure('small', [on_disk.ours(b, 'zonesign: disk')], 10)
    if 'zonesign: disk' in disk:
        b.results.claim('small', 'the same on a disk: what fsync costs', seconds_text(disk['zonesign: disk'].seconds),
                        f'in memory {seconds_text(medians["zonesign"].seconds)}' if 'zonesign' in medians else '-', None, None, '-')


def signatures_of(f):
    done = subprocess.run(['grep', '-rch', '--include=*.zone', ' IN RRSIG ', f'{f.dir}/out'], capture_output=True, text=True)
    return sum(int(n) for n in done.stdout.split())


def idle(b):
    """Many tiny zones: the first build on a disk, keys made, group commit and all; then with nothing to do."""
    count = b.size['idle']
    f = Fleet(b, 'idle', count, 10, base=b.disk)
    first = b.measure('idle', [f.ours(b, 'zonesign: first', prepare=lambda number: f.forget(False))], 1)
    if 'zonesign: first' in first:
        seconds, signatures, rate = first['zonesign: first'].seconds, signatures_of(f), b.loop('idle')
        b.results.claim('idle', f'{count:,} zones of 10 records, first build, on a disk', seconds_text(seconds),
                        f'{signatures:,} signatures alone: {seconds_text(signatures / rate)}', f'{signatures / rate / seconds:.2f}', None, '-')
    medians = b.measure('idle', [f.ours(b, 'zonesign', prepare=nothing)])
    if 'zonesign' not in medians:
        b.results.claim('idle', f'{count:,} zones, nothing to do', 'not measured', '-', None, 'about 1 s', 'no')
        return
    wanted = count / 50000
    seconds = medians['zonesign'].seconds
    b.results.claim('idle', f'{count:,} zones, nothing to do', seconds_text(seconds), '-', None, f'about {wanted:g} s',
                    'yes' if seconds < 1.25 * wanted else 'no')


def openssl(b):
    """The loop against OpenSSL's own measure, which makes a signature and nothing else in processes of its own."""
    rate = b.loop('openssl')
    sign, check = b.openssl_speed()
    b.results.claim('openssl', 'bare loop of EVP_PKEY_sign, P-256', f'{rate:,.0f}/s',
                    f'openssl speed -multi {tools.THREADS}: {sign:,.0f}/s signed, {check:,.0f}/s verified', f'{rate / sign:.2f}', None, '-')


ROWS = [('fleet', fleet), ('small', small), ('idle', idle), ('openssl', openssl)]
