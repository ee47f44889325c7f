# mail.lib.sh - Postfix for tests, in a network and mount namespace of the test: a receiver that is the MX, a sender that asks for DANE.
# Sourced after ../lib.sh; needs root, since Postfix changes its user.

# postfix_start NAME MAIN SMTP: instance in NAME/; MAIN: lines for main.cf besides the common ones, SMTP: address and port of smtpd
postfix_start() {
	px=$PWD/$1
	mkdir -p "$px/etc" "$px/queue" "$px/data" "$px/mbox"
	chown postfix "$px/data"
	chmod 700 "$px/data"
	for px_dir in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		mkdir -p "$px/queue/$px_dir" && chown postfix "$px/queue/$px_dir" && chmod 700 "$px/queue/$px_dir"
	done
	for px_dir in maildrop public; do
		mkdir -p "$px/queue/$px_dir" && chown postfix:postdrop "$px/queue/$px_dir"
	done
	chmod 730 "$px/queue/maildrop"
	chmod 710 "$px/queue/public"
	mkdir -p "$px/queue/pid"
	chown 65534:65534 "$px/mbox"
	sed 's/^[[:blank:]]*//' > "$px/etc/main.cf" <<-EOM
		compatibility_level = 3.6
		queue_directory = $px/queue
		data_directory = $px/data
		daemon_directory = /usr/lib/postfix/sbin
		maillog_file = $px/log
		maillog_file_prefixes = $px
		alias_maps =
		alias_database =
		mydestination =
		local_transport = error:none
		local_recipient_maps =
		relayhost =
		biff = no
		smtputf8_enable = no
		inet_protocols = ipv4
		mynetworks = 127.0.0.0/8
		smtpd_peername_lookup = no
		$2
	EOM
	cat > "$px/etc/master.cf" <<-EOM
		$3 inet n - n - - smtpd
		cleanup   unix  n - n - 0 cleanup
		qmgr      unix  n - n 300 1 qmgr
		tlsmgr    unix  - - n 1000? 1 tlsmgr
		rewrite   unix  - - n - - trivial-rewrite
		bounce    unix  - - n - 0 bounce
		defer     unix  - - n - 0 bounce
		trace     unix  - - n - 0 bounce
		verify    unix  - - n - 1 verify
		proxymap  unix  - - n - - proxymap
		smtp      unix  - - n - - smtp
		relay     unix  - - n - - smtp
		error     unix  - - n - - error
		retry     unix  - - n - - error
		discard   unix  - - n - - discard
		virtual   unix  - n n - - virtual
		anvil     unix  - - n - 1 anvil
		scache    unix  - - n - 1 scache
		postlog   unix-dgram n - n - 1 postlogd
	EOM
	touch -d '1 hour ago' "$px/etc/main.cf" "$px/etc/master.cf" # Postfix reads a fresh file again and again for two seconds
	/usr/lib/postfix/sbin/master -s -c "$px/etc" > "$px/out" 2>&1 &
	echo $! > "$px/pid"
	pids="$pids $!"
	for _ in $(seq 100); do
		python3 -c "import socket; socket.create_connection(('${3%:*}', ${3##*:}), 1).close()" 2>/dev/null && return
		sleep 0.05
	done
	fail "Postfix $1 starts" "$(tail -n 5 "$px/out" "$px/log" 2>&1)"
}

# mail_rx CERTIFICATE KEY [LINE]: the receiver with this certificate
mail_rx() {
	postfix_start rx "myhostname = mail.$zone
		inet_interfaces = $mx_address
		smtpd_relay_restrictions = reject_unauth_destination
		virtual_mailbox_domains = $zone
		virtual_mailbox_base = $PWD/rx/mbox
		virtual_mailbox_maps = static:inbox
		virtual_uid_maps = static:65534
		virtual_gid_maps = static:65534
		smtpd_tls_security_level = may
		smtpd_tls_cert_file = $1
		smtpd_tls_key_file = $2
		smtpd_tls_loglevel = 1
		${3:-}" "$mx_address:25"
}

# mail_reconfigure LINE...: settings of the running receiver
mail_reconfigure() {
	postconf -c "$PWD/rx/etc" -e "$@"
	touch -d '1 hour ago' "$PWD/rx/etc/main.cf"
	kill -HUP "$(cat rx/pid)"
	sleep 0.3
}

mail_tx() {
	postfix_start tx "myhostname = client.invalid
		inet_interfaces = 127.0.0.1
		smtp_dns_support_level = dnssec
		smtp_host_lookup = dns
		smtp_tls_security_level = dane
		smtp_tls_loglevel = 1
		smtp_connect_timeout = 5s
		dnssec_probe =
		default_destination_concurrency_failed_cohort_limit = 0
		minimal_backoff_time = 1h
		queue_run_delay = 1h" 127.0.0.1:2525
}

# mail_send ID: one message to somebody of the zone, whose fate mail_fate tells
cat > mail_send.py <<'PY'
import smtplib
import sys
zone, ident = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", 2525, timeout=10) as s:
    s.sendmail("from-%s@client.invalid" % ident, ["to-%s@%s" % (ident, zone)], "Subject: %s\n\nx\n" % ident)
PY
mail_send() { python3 -B mail_send.py "$zone" "$1"; }

# mail_fate ID: "sent" or "deferred" with the reason, as the sender logs it; waits for it
mail_fate() {
	for _ in $(seq 200); do
		mf_line=$(grep -sF "to=<to-$1@" tx/log | grep -oE 'status=(sent|deferred|bounced).*' | head -n 1)
		[ -n "$mf_line" ] && break
		sleep 0.05
	done
	echo "$mf_line"
}

# mail_tls: the last word of the sender about TLS: Verified, Untrusted, Anonymous
mail_tls() { grep -oE '(Verified|Trusted|Untrusted|Anonymous) TLS connection established to' tx/log | tail -n 1 | cut -d' ' -f1; }
