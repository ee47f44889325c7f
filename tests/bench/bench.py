#!/usr/bin/env python3
"""The bench: zonesign beside its peers, on the same zones, keys, threads and in the same minutes.

    bench.py [--quick] [--only ROW,...] [--rounds N] [--readme] [--results FILE]

Every figure is measured in this run. A peer that is missing, or fails, is named in the table. Samples and claims go to
build/bench/results.jsonl; --readme writes the table of the last complete run into README.md and measures nothing.
"""
import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import fleet
import rows
import table
import tools

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOME = 64 << 20  # octets of memory
FULL = {'dense': 100000, 'large': 500000, 'tld': 1000000, 'rsa': 10000, 'fleet': 1000, 'idle': 50000, 'rounds': 3, 'loop': 2}
# small enough for two minutes on two cores with all peers
QUICK = {'dense': 4000, 'large': 12000, 'tld': 20000, 'rsa': 400, 'fleet': 50, 'idle': 1000, 'rounds': 2, 'loop': 0.3}

ROWS = fleet.ROWS[-1:] + rows.ROWS + fleet.ROWS[:-1]


class Bench:
    def __init__(self, options, size, results, base):
        self.quick, self.size, self.results, self.base = options.quick, size, results, base
        self.rounds = options.rounds or size['rounds']
        self.zonesign = os.environ.get('ZONESIGN', f'{TOP}/build/zonesign')
        self.disk = f'{TOP}/build/bench/disk'
        self.made, self.keys_made = {}, {}

    def zone(self, kind, count):
        """The file of a generated zone, made once."""
        path = f'{self.base}/{kind}-{count}.zone'
        if path not in self.made:
            with open(path, 'wb') as out:
                subprocess.run([f'{TOP}/build/bench/generate', kind, str(count)], stdout=out, check=True)
            self.made[path] = True
        return path

    def keys(self, origin, algorithm):
        """A directory with a KSK and a ZSK, the same for all tools; made by a build of a tiny zone."""
        place = f'{self.base}/keys-{origin}-{algorithm}'
        if place not in self.keys_made:
            os.makedirs(place)
            with open(f'{place}/z', 'w') as out:
                out.write('$TTL 3600\n@ SOA ns.other.test. h 1 7200 3600 1209600 3600\n@ NS ns.other.test.\n@ NS ns2.other.test.\n')
            with open(f'{place}/zonesign.yaml', 'w') as out:
                out.write(f'policies: {{default: {{algorithm: {algorithm}, observe: off}}}}\nzones: {{{origin}: {{file: z, output: o}}}}\n')
            tools.quiet([self.zonesign, '-q', '-c', f'{place}/zonesign.yaml', 'build'])
            self.keys_made[place] = f'{place}/state/{origin}/keys'
        return self.keys_made[place]

    def scenario(self, name, kind, count, denial='nsec', algorithm='ecdsap256sha256', base=None):
        origin = 'bench' if kind == 'tld' else 'bench.example'
        return tools.Scenario(base or self.base, name, origin, self.zone(kind, count), denial, algorithm, self.keys(origin, algorithm))

    def build(self, s, *options):
        return [self.zonesign, '-q', '-c', f'{s.dir}/zonesign.yaml', 'build', '--jobs', str(tools.THREADS), *options]

    def loop(self, row, algorithm='ecdsap256sha256'):
        """Signatures a second of the bare loop."""
        rate = float(tools.quiet([f'{TOP}/build/bench/loop', algorithm, str(tools.THREADS), str(self.size['loop'])]))
        self.results.put(kind='loop', row=row, algorithm=algorithm, per_second=rate)
        return rate

    def openssl_speed(self):
        out = tools.quiet(['openssl', 'speed', '-seconds', '1', '-multi', str(tools.THREADS), '-mr', 'ecdsap256'])
        found = re.findall(r'^\+F4:\d+:256:([\d.]+):([\d.]+)', out, re.M)
        if not found:
            raise tools.Failed('openssl speed printed no rate')
        return float(found[-1][0]), float(found[-1][1])

    def measure(self, row, contestants, rounds=None):
        """contestants: (tool, prepare, call) with call giving a Sample, one after the other in each round, each with as much memory at hand
        as it took last. Medians by tool; a peer of more than 1.5 times the fastest one's time is measured once: it decides no ratio."""
        samples, out = {}, set()
        for number in range(rounds or self.rounds):
            for tool, prepare, call in contestants:
                if tool in out:
                    continue
                try:
                    prepare(number)
                    used = samples[tool][-1].rss_kib << 10 if tool in samples else 2 * SOME
                    if used > SOME:  # of less, what this leaves in the caches of the processor would be the dearer
                        tools.apart(tools.touch, used + used // 4 + SOME)
                    sample = call(number)
                except (tools.Failed, OSError) as error:
                    self.results.failure(row, tool, str(error))
                    samples.pop(tool, None)
                    out.add(tool)
                    continue
                samples.setdefault(tool, []).append(sample)
                self.results.sample(row, tool, number, sample)
            peers = {t: s[0].seconds for t, s in samples.items() if not t.startswith('zonesign')}
            for tool, seconds in peers.items():
                if number == 0 and seconds > 1 and seconds > 1.5 * min(peers.values()):
                    out.add(tool)
        return {tool: tools.Sample(*(statistics.median(getattr(s, field) for s in some) for field in ('seconds', 'cpu', 'rss_kib')))
                for tool, some in samples.items()}


def parse():
    p = argparse.ArgumentParser(description='zonesign beside its peers')
    p.add_argument('--quick', action='store_true', help='small zones and two rounds: two minutes on two cores')
    p.add_argument('--only', help='rows, comma-separated: ' + ', '.join(name for name, _ in ROWS))
    p.add_argument('--rounds', type=int)
    p.add_argument('--readme', action='store_true', help='write the table of the last complete run into README.md')
    p.add_argument('--results', default=f'{TOP}/build/bench/results.jsonl')
    options = p.parse_args()
    known = [name for name, _ in ROWS]
    for name in (options.only or '').split(','):
        if name and name not in known:
            p.error(f"no row '{name}'; there are: {', '.join(known)}")
    return options


def machine():
    try:
        model = re.search(r'model name\s*: (.*)', open('/proc/cpuinfo').read()).group(1)
    except (OSError, AttributeError):
        model = platform.machine()
    return model


def main():
    options = parse()
    if options.readme:
        table.write_readme(f'{TOP}/README.md', *table.last_run(options.results, options.quick))
        return 0
    about = {'date': time.strftime('%Y-%m-%d', time.gmtime()), 'machine': machine(), 'cores': os.cpu_count(), 'threads': tools.THREADS,
             'quick': options.quick, 'versions': tools.versions()}
    size = QUICK if options.quick else FULL
    about['rounds'] = options.rounds or size['rounds']
    results = table.Results(options.results, about)
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else tempfile.gettempdir()
    base = tempfile.mkdtemp(prefix='zonesign-bench-', dir=memory)
    missing = [name for name, version in about['versions'].items() if not version]
    if missing:
        print(f'bench: missing: {", ".join(missing)} (their rows say so)')
    try:
        bench = Bench(options, size, results, base)
        for name, row in ROWS:
            if options.only and name not in options.only.split(','):
                continue
            print(f'{name}', flush=True)
            begin = time.monotonic()
            try:
                row(bench)
            except tools.Failed as error:
                results.claim(name, name, 'not measured', str(error), None, None, 'no')
            results.put(kind='time', row=name, seconds=round(time.monotonic() - begin, 1))
    finally:
        shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(f'{TOP}/build/bench/disk', ignore_errors=True)
    results.put(kind='end', whole=not options.only)
    print()
    print(table.markdown(about, results.claims))
    return 0


if __name__ == '__main__':
    sys.exit(main())
