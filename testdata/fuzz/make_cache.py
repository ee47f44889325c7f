"""Makes the seeds of fuzz_cache: bodies of signature caches, without magic, checksum and zone. Run it from the top of the source."""
import hashlib
import os
import struct


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def write(name, keys, proofs):
    """keys: (id, length of a signature, [(lookup, expiration, inception)])."""
    body = struct.pack('>Q', len(keys))
    for key, length, entries in keys:
        body += key + struct.pack('>IIQ', length, 0, len(entries))
    for _, length, entries in keys:
        for lookup, expiration, inception in sorted(entries):
            body += lookup + struct.pack('>II', expiration, inception) + b'\x55' * length
    with open(f'testdata/fuzz/fuzz_cache/{name}', 'wb') as file:
        file.write(body + b''.join(sorted(proofs)))


os.makedirs('testdata/fuzz/fuzz_cache', exist_ok=True)
write('one-key', [(digest('k'), 64, [(bytes([i, i * 7 % 256]) + bytes(14), 2000, 900) for i in range(4)])],
      [digest(f'p{i}') for i in range(4)])
write('two-keys', [(digest('k'), 64, [(digest(str(i))[:16], 2000, 900) for i in range(3)]),
                   (digest('l'), 96, [(digest(str(i))[:16], 5000, 0) for i in range(2)])], [])
