"""What was measured, as JSON lines and as the table of the README."""
import json
import os
import time

BEGIN, END = '<!-- bench: made by `make bench-readme` -->', '<!-- /bench -->'


def seconds_text(value):
    if value < 0.0995:
        return f'{value * 1000:.1f} ms'
    return f'{value:.2f} s' if value < 9.95 else f'{value:.1f} s'


class Results:
    """Every sample and every claim of one run, appended to a file of JSON lines."""

    def __init__(self, path, about):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.file = open(path, 'a')
        self.run = f'{int(time.time())}-{os.getpid()}'
        self.claims = []
        self.put(kind='run', **about)

    def put(self, **fields):
        self.file.write(json.dumps({'run': self.run, **fields}) + '\n')
        self.file.flush()

    def sample(self, row, tool, number, sample):
        self.put(kind='sample', row=row, tool=tool, round=number, seconds=round(sample.seconds, 6), cpu=round(sample.cpu, 6),
                 rss_kib=sample.rss_kib)

    def failure(self, row, tool, reason):
        self.put(kind='failure', row=row, tool=tool, reason=reason)
        print(f'    {tool}: not measured: {reason}', flush=True)

    def claim(self, row, work, ours, peer, ratio, target, reached):
        """One line of the table; texts, but ratio and target may be None: nothing to compare with, or it could not be measured."""
        claim = {'row': row, 'work': work, 'ours': ours, 'peer': peer, 'ratio': ratio, 'target': target, 'reached': reached}
        self.claims.append(claim)
        self.put(kind='claim', **claim)
        print(f'  {work}: {ours}, {peer}: {ratio or "-"} (wanted {target or "-"}) {reached}', flush=True)


def last_run(path, quick):
    """The newest complete run of the file: what was said at its start and its claims; those of rows that were measured again since
    by themselves, on the same machine and with the same tools, in place of the former, which the table then says."""
    runs, claims, ended = {}, {}, []
    for line in open(path):
        entry = json.loads(line)
        if entry['kind'] == 'run':
            runs[entry['run']], claims[entry['run']] = entry, []
        elif entry['kind'] == 'claim':
            claims[entry['run']].append(entry)
        elif entry['kind'] == 'end' and runs[entry['run']]['quick'] == quick:
            ended.append((entry['run'], entry['whole']))
    whole = [number for number, (_, complete) in enumerate(ended) if complete]
    if not whole:
        raise SystemExit(f'bench: no complete run in {path}; `make bench` makes one')
    about, table = dict(runs[ended[whole[-1]][0]]), claims[ended[whole[-1]][0]]
    about['again'] = {}
    for run, _ in ended[whole[-1] + 1:]:
        if any(runs[run][key] != about[key] for key in ('machine', 'cores', 'threads', 'versions', 'rounds')):
            continue
        for row in dict.fromkeys(c['row'] for c in claims[run]):
            at = next((number for number, c in enumerate(table) if c['row'] == row), len(table))
            table = [c for c in table[:at] if c['row'] != row] + [c for c in claims[run] if c['row'] == row] + [c for c in table[at:] if c['row'] != row]
            about['again'][row] = runs[run]['date']
    return about, table


def markdown(about, claims):
    peers = ', '.join(f'{name} {version}' for name, version in about['versions'].items() if version)
    missing = [name for name, version in about['versions'].items() if not version]
    again = [f'{row} ({date})' for row, date in about.get('again', {}).items()]
    lines = [f'Measured {about["date"]} by `make bench`: {about["machine"]}, {about["cores"]} cores, {about["threads"]} threads for every '
             f'tool; {peers}; files in memory, the same keys; medians of {about["rounds"]} rounds (a peer that takes more than 1.5 times '
             'the fastest peer runs once).' + (f' Measured again since, alone: {", ".join(again)}.' if again else '')
             + (f' Missing: {", ".join(missing)}.' if missing else ''), '',
             '| work | zonesign | against | ratio | wanted | reached |', '|---|---|---|---|---|---|']
    for c in claims:
        lines.append(f'| {c["work"]} | {c["ours"]} | {c["peer"]} | {c["ratio"] or "-"} | {c["target"] or "-"} | {c["reached"]} |')
    return '\n'.join(lines)


def write_readme(path, about, claims):
    text = open(path).read()
    if BEGIN not in text or END not in text:
        raise SystemExit(f'bench: {path} lacks the lines {BEGIN} and {END}')
    before, rest = text.split(BEGIN, 1)
    with open(path, 'w') as out:
        out.write(before + BEGIN + '\n' + markdown(about, claims) + '\n' + END + rest.split(END, 1)[1])
