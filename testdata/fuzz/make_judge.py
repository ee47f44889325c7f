#!/usr/bin/env python3
"""Seeds for fuzz_judge: what an authoritative server answers from the zones of testdata/verify.

make_judge.py ADDRESS PORT PREFIX DIR: asks a server that has one of the zones (as "example.") and writes PREFIX-NAME-TYPE into DIR: two octets of
the type, the name on the wire, the message.
"""
import socket
import struct
import sys

QUESTIONS = [("mail", 1), ("", 48), ("nothing", 1), ("ent", 1), ("x.w", 16), ("x.w", 1), ("a.secure", 1), ("a.insecure", 1), ("alias", 1), ("insecure", 43)]


def wire(name):
    labels = [label.encode() for label in (name + ".example").strip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def main():
    address, port, prefix, folder = sys.argv[1:]
    for name, kind in QUESTIONS:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(5)
        query = struct.pack("!6H", 1, 0, 1, 0, 0, 1) + wire(name) + struct.pack("!2H", kind, 1) + b"\0" + struct.pack("!2HIH", 41, 4096, 0x8000, 0)
        s.sendto(query, (address, int(port)))
        answer = s.recv(65535)
        with open("%s/%s-%s-%d" % (folder, prefix, name or "apex", kind), "wb") as f:
            f.write(struct.pack("!H", kind) + wire(name) + answer)


main()
