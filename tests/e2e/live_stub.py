"""live_stub.py - servers that the tests of `check --live` look at. Each line of the file named on the command line is one of

  smtp ADDRESS PORT [MODE] CERT KEY [CERT KEY]...   SMTP with STARTTLS; MODE: ok, nostarttls, refuse, inject, endless, drip, noline, mute,
                                                    close, reject
  tls ADDRESS PORT CERT KEY [CERT KEY]...           TLS from the start
  dns ADDRESS PORT UPSTREAM MODE                    passes questions on to UPSTREAM (ADDRESS@PORT); MODE: ent (NXDOMAIN for _tcp names
                                                    without data), ede (SERVFAIL with an extended error), notcp, mute, huge (65,000 octets over TCP),
                                                  hang (a length over TCP, and nothing behind it), swell (1000 long names)

CERT is PEM, the server's own first, its issuers behind it. "up" is printed into the file .up when all listen.
"""
import os, socket, ssl, struct, sys, threading, time


def context(files):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for cert, key in zip(files[::2], files[1::2]):
        ctx.load_cert_chain(cert, key)
    return ctx


def secure(conn, ctx):
    try:
        with ctx.wrap_socket(conn, server_side=True) as tls:
            tls.settimeout(2)
            tls.recv(100)
    except (OSError, ssl.SSLError):
        pass


def line(conn):
    data = b""
    while not data.endswith(b"\n"):
        octet = conn.recv(1)
        if not octet:
            raise OSError
        data += octet
    return data


def smtp(conn, mode, ctx):
    if mode == "mute":
        time.sleep(60)
    if mode == "close":
        return
    if mode == "endless":
        while True:
            conn.sendall(b"220-still here\r\n" * 100)
    if mode == "noline":
        while True:
            conn.sendall(b"2" * 1000)
    if mode == "drip":
        for octet in b"220-slow\r\n" * 10000:
            conn.sendall(bytes([octet]))
            time.sleep(0.05)
    if mode == "reject":
        conn.sendall(b"554 5.7.1 go away\r\n")
        return
    conn.sendall(b"220-mail.test ESMTP\r\n220 \xff\x1b[31m ready\r\n")
    line(conn)
    if mode == "nostarttls":
        conn.sendall(b"250-mail.test\r\n250 8BITMIME\r\n")
        line(conn)
        return
    conn.sendall(b"250-mail.test\r\n250-STARTTLS\r\n250 8BITMIME\r\n")
    line(conn)
    if mode == "refuse":
        conn.sendall(b"454 TLS not available\r\n")
        return
    if mode == "inject":
        conn.sendall(b"220 go\r\n250 injected by nobody\r\n")
    else:
        conn.sendall(b"220 go\r\n")
    secure(conn, ctx)


def listen(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, int(port)))
    s.listen(64)
    return s


def serve(s, handle):
    def one(conn):
        try:
            handle(conn)
        except OSError:
            pass
        finally:
            conn.close()
    while True:
        conn, _ = s.accept()
        threading.Thread(target=one, args=(conn,), daemon=True).start()


def question(data):
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]])
        at += 1 + data[at]
    return labels, at + 5


def change(mode, asked, answer):
    labels, end = question(asked)
    if mode == "ent" and labels[0] == b"_tcp":  # NXDOMAIN, whatever else it says
        return answer[:3] + bytes([answer[3] & 0xf0 | 3]) + answer[4:]
    if mode == "ede" and labels[0] != b"test" and len(labels) > 1 and labels[0] not in (b"a", b"ns1", b"ns2"):
        text = b"signatures are on \x07holiday"
        option = struct.pack("!HHH", 15, 2 + len(text), 7) + text
        opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, len(option)) + option
        return asked[:2] + bytes([0x84, 2]) + struct.pack("!HHHH", 1, 0, 0, 1) + asked[12:end] + opt
    if mode == "huge":  # the answer, and records that nobody asked for behind it
        count, = struct.unpack("!H", answer[10:12])
        more = (65000 - len(answer)) // 1015
        return answer[:10] + struct.pack("!H", count + more) + answer[12:] + (b"\0" + struct.pack("!HHIH", 65280, 1, 60, 1004) + bytes(1004)) * more
    if mode == "swell":  # unsigned records at as many names of 200 octets that show as 750: a verdict names each
        long_name = (b"\x3c" + b"\7" * 60) * 3
        out = b"\xc0\x0c" + struct.pack("!HHIH", 65280, 1, 60, len(long_name) + 2) + long_name + b"\xc0\x0c"
        for n in range(1000):
            out += b"\3%03x" % n + struct.pack("!HHHIH", 0xc000 | end + 12, 16, 1, 60, 2) + b"\1x"
        return asked[:2] + struct.pack("!HHHHH", 0x8400, 1, 1001, 0, 0) + asked[12:end] + out
    return answer


def dns(address, port, upstream, mode):
    host, upstream_port = upstream.split("@")
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((address, int(port)))

    def udp():
        while True:
            asked, who = u.recvfrom(4096)
            if mode == "mute":
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(2)
                s.sendto(asked, (host, int(upstream_port)))
                answer = s.recv(65535)
                if mode in ("huge", "hang", "swell"):
                    answer = answer[:2] + bytes([answer[2] | 2]) + answer[3:]
                u.sendto(answer if answer[2] & 2 else change(mode, asked, answer), who)

    def tcp(conn):
        size, = struct.unpack("!H", conn.recv(2))
        asked = conn.recv(size)
        if mode == "hang":
            conn.sendall(b"\xff\xff")
            time.sleep(60)
        with socket.create_connection((host, int(upstream_port))) as s:
            s.sendall(struct.pack("!H", size) + asked)
            size, = struct.unpack("!H", s.recv(2))
            answer = b""
            while len(answer) < size:
                answer += s.recv(size - len(answer))
        answer = change(mode, asked, answer)
        conn.sendall(struct.pack("!H", len(answer)) + answer)

    threading.Thread(target=udp, daemon=True).start()
    if mode not in ("notcp", "mute"):
        threading.Thread(target=serve, args=(listen(address, port), tcp), daemon=True).start()


for row in open(sys.argv[1]):
    kind, address, port, *rest = row.split()
    if kind == "dns":
        dns(address, port, *rest)
        continue
    mode = rest.pop(0) if kind == "smtp" else None
    ctx = context(rest)
    handle = (lambda conn, mode=mode, ctx=ctx: smtp(conn, mode, ctx)) if kind == "smtp" else (lambda conn, ctx=ctx: secure(conn, ctx))
    threading.Thread(target=serve, args=(listen(address, port), handle), daemon=True).start()
open(sys.argv[1] + ".tmp", "w").write("up\n")
os.rename(sys.argv[1] + ".tmp", sys.argv[1] + ".up")
while True:
    time.sleep(60)
