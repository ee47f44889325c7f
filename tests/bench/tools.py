"""The tools that are measured: how each is prepared, called and timed."""
import mmap
import os
import re
import shutil
import signal
import socket
import subprocess
import time

THREADS = 2
ALGORITHMS = {'ecdsap256sha256': '013', 'ed25519': '015', 'rsasha256': '008'}


class Failed(Exception):
    """A tool that cannot be measured; its text goes into the table."""


class Sample:
    def __init__(self, seconds, cpu, rss_kib):
        self.seconds, self.cpu, self.rss_kib = seconds, cpu, rss_kib

    def plus(self, other):
        return Sample(self.seconds + other.seconds, self.cpu + other.cpu, max(self.rss_kib, other.rss_kib))


def measure(argv, log='/dev/null'):
    """Run argv to its end: wall and CPU seconds, and the largest resident set of it or a child it waited for."""
    with open(log, 'wb') as out:
        begin = time.perf_counter()
        # posix_spawn: what Python does in a child before it is the program would be counted with it
        child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, '/dev/null', os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)])
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - begin
    ended = os.waitstatus_to_exitcode(status)
    if ended:
        text = '' if log == '/dev/null' else open(log, errors='replace').read().strip()
        raise Failed(f'{os.path.basename(argv[0])} ended with {ended}: ' + text[-300:].replace('\n', ' / '))
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def quiet(argv, **options):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise Failed(f'{" ".join(argv)[:200]} ended with {done.returncode}: {done.stdout[-300:]}')
    return done.stdout


def apart(work, *arguments):
    """Call work in a process of its own: large files must not stay in this one, whose memory each child is counted with."""
    pid = os.fork()
    if not pid:
        try:
            work(*arguments)
            os._exit(0)
        except BaseException as error:  # the parent has only the status
            print(f'bench: {error}')
            os._exit(1)
    if os.waitpid(pid, 0)[1]:
        raise Failed(f'{work.__name__} failed')


def touch(size):
    """Use `size` octets of memory and give them back. Where the machine is a guest whose host takes back what lies idle, the host finds them again
    here, and not in the time of whoever runs next."""
    block = bytes([1]) * (1 << 20)
    size = min(size, os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 2)
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        if hasattr(mmap, 'MADV_HUGEPAGE'):
            memory.madvise(mmap.MADV_HUGEPAGE)  # in large pages, which are what takes longest to get
        for at in range(0, size - len(block) + 1, len(block)):
            memory[at:at + len(block)] = block


def change(source, target, number):
    """Copy a zone file, signed or not, with ten records changed: addresses, or DS where there are none to spare."""
    text = open(source, 'rb').read()
    places = [m.span(2) for m in re.finditer(rb'(\sDS\s+)(\d+)(?= 13 2[ \t(])', text)]
    wanted = b'%d' % (1000 + number)
    if not places or b'\tSOA\ta.nic.bench.' not in text[:100000] and b' SOA a.nic.bench.' not in text[:100000]:
        places = [m.span(2) for m in re.finditer(rb'(\sA\s+)(192\.\d+\.\d+\.\d+)', text)]
        wanted = b'192.0.%d.9' % number
    if len(places) < 20:
        raise Failed(f'no records to change in {source}')
    step = len(places) // 11
    out, last = [], 0
    for start, end in places[step:step * 11:step]:
        out += [text[last:start], wanted]
        last = end
    with open(target + '.new', 'wb') as file:
        file.write(b''.join(out) + text[last:])
    os.rename(target + '.new', target)


class Scenario:
    """A zone file, a policy, a directory in memory, and the same keys for every tool."""

    def __init__(self, base, name, origin, file, denial='nsec', algorithm='ecdsap256sha256', keys=None):
        self.dir = os.path.join(base, name)
        self.name, self.origin, self.file, self.denial, self.algorithm = name, origin, file, denial, algorithm
        self.keys = keys
        os.makedirs(self.dir, exist_ok=True)
        self.output = f'{self.dir}/ours.zone'
        self.state = f'{self.dir}/state/{origin}'
        denials = {'nsec': 'nsec', 'nsec3': 'nsec3', 'opt-out': '{nsec3: {opt-out: yes}}'}
        with open(f'{self.dir}/zonesign.yaml', 'w') as out:
            out.write(f'policies:\n  default: {{denial: {denials[denial]}, algorithm: {algorithm}, observe: off}}\n'
                      f'zones:\n  {origin}: {{file: {file}, output: {self.output}}}\n')

    def key_files(self):
        return sorted(f'{self.keys}/{f[:-4]}' for f in os.listdir(self.keys) if f.endswith('.key'))

    def fresh(self):
        """Nothing built yet, but the keys are there."""
        shutil.rmtree(f'{self.dir}/state', ignore_errors=True)
        for path in (self.output, self.output + '.unverified'):
            if os.path.exists(path):
                os.remove(path)
        os.makedirs(self.state, mode=0o700)
        os.chmod(f'{self.dir}/state', 0o700)
        shutil.copytree(self.keys, f'{self.state}/keys')
        os.chmod(f'{self.state}/keys', 0o700)


class Peer:
    def __init__(self, name, program):
        self.name, self.program = name, program

    def missing(self):
        return not shutil.which(self.program)


class Bind(Peer):
    def __init__(self, verify=False):
        super().__init__('dnssec-signzone' if verify else 'dnssec-signzone -P', 'dnssec-signzone')
        self.verify = verify

    def argv(self, s, source, threads=THREADS):
        denial = {'nsec': [], 'nsec3': ['-3', '-'], 'opt-out': ['-3', '-', '-A']}[s.denial]
        return (['dnssec-signzone', '-S'] + ([] if self.verify else ['-P']) + denial
                + ['-n', str(threads), '-o', s.origin, '-K', s.keys, '-d', s.dir, '-f', self.output(s), source])

    def output(self, s):
        return f'{s.dir}/bind.zone'

    def prepare(self, s):
        pass


class Knot(Peer):
    def __init__(self):
        super().__init__('kzonesign', 'kzonesign')

    def prepare(self, s):
        if not shutil.which('keymgr'):
            raise Failed('keymgr (package knot) is missing: no keys for kzonesign')
        if os.path.exists(f'{s.dir}/knot/db'):
            return
        os.makedirs(f'{s.dir}/knot/db')
        self.configure(s, s.file)
        for key in s.key_files():
            quiet(['keymgr', '-c', f'{s.dir}/knot/knot.conf', s.origin, 'import-bind', key + '.key'])

    def configure(self, s, source, extra=''):
        nsec3 = 'off' if s.denial == 'nsec' else 'on'
        with open(f'{s.dir}/knot/knot.conf', 'w') as out:
            out.write(f'server:\n    rundir: {s.dir}/knot\n{extra}'
                      f'database:\n    storage: {s.dir}/knot/db\n'
                      f'policy:\n  - id: p\n    manual: on\n    algorithm: {s.algorithm}\n    signing-threads: {THREADS}\n'
                      f'    nsec3: {nsec3}\n    nsec3-iterations: 0\n    nsec3-salt-length: 0\n'
                      f'    nsec3-opt-out: {"on" if s.denial == "opt-out" else "off"}\n'
                      f'zone:\n  - domain: {s.origin}\n    file: {source}\n    dnssec-signing: on\n    dnssec-policy: p\n')
            if extra:
                out.write('    zonefile-load: difference-no-serial\n    zonefile-sync: -1\n    journal-content: all\n    journal-max-usage: 8G\n')

    def argv(self, s, source, threads=THREADS):
        self.configure(s, source)
        return ['kzonesign', '-c', f'{s.dir}/knot/knot.conf', '-o', f'{s.dir}/knot', s.origin]

    def output(self, s):
        """kzonesign keeps the name of its input."""
        return f'{s.dir}/knot/{os.path.basename(s.file)}'


class Ldns(Peer):
    def __init__(self):
        super().__init__('ldns-signzone', 'ldns-signzone')

    def prepare(self, s):
        pass

    def argv(self, s, source, threads=THREADS):
        denial = {'nsec': [], 'nsec3': ['-n', '-t', '0'], 'opt-out': ['-n', '-p', '-t', '0']}[s.denial]
        return ['ldns-signzone', *denial, '-o', s.origin, '-f', self.output(s), source, *s.key_files()]

    def output(self, s):
        return f'{s.dir}/ldns.zone'


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Knotd:
    """A name server that signs and keeps a journal: on loopback, stopped by its pid."""

    def __init__(self, s):
        knot = Knot()
        knot.prepare(s)
        self.s, self.source = s, f'{s.dir}/knotd.zone'
        shutil.copy(s.file, self.source)
        knot.configure(s, self.source, f'    listen: 127.0.0.1@{free_port()}\n')
        self.log = open(f'{s.dir}/knotd.log', 'wb')
        self.process = subprocess.Popen(['knotd', '-c', f'{s.dir}/knot/knot.conf'], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        self.serial = None
        for _ in range(1200):
            if self.process.poll() is not None:
                raise Failed('knotd ended: ' + open(f'{s.dir}/knotd.log').read()[-300:])
            self.serial = self.read_serial()
            if self.serial:
                return
            time.sleep(0.1)
        self.stop()
        raise Failed('knotd did not sign in two minutes')

    def control(self, *arguments):
        return ['knotc', '-t', '600', '-s', f'{self.s.dir}/knot/knot.sock', *arguments]

    def read_serial(self):
        done = subprocess.run(self.control('zone-read', self.s.origin, '@', 'SOA'), capture_output=True, text=True)
        found = re.search(r'SOA\s+\S+\s+\S+\s+(\d+)', done.stdout)
        return found and found.group(1)

    def update(self, number):
        """Ten records changed in its zone file: taken over and signed, then written to a file."""
        apart(change, self.s.file, self.source, number)
        os.makedirs(f'{self.s.dir}/flushed', exist_ok=True)
        sample = measure(self.control('-b', 'zone-reload', self.s.origin))
        sample = sample.plus(measure(self.control('-b', 'zone-flush', '+outdir', f'{self.s.dir}/flushed', self.s.origin)))
        serial = self.read_serial()
        if serial == self.serial:
            raise Failed('knotd did not take the change over')
        self.serial = serial
        return sample

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def version_of(argv):
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except FileNotFoundError:
        return None
    found = re.search(r'\d+\.\d+(\.\d+)?', done.stdout)
    return found and found.group(0)


def versions():
    return {name: version_of(argv) for name, argv in (
        ('BIND', ['named-checkzone', '-v']), ('Knot', ['kzonesign', '-V']), ('ldns', ['ldns-signzone', '-v']),
        ('NSD', ['nsd-checkzone', '-h']), ('OpenSSL', ['openssl', 'version']))}
