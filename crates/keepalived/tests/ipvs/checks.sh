# One virtual server for each kind of check: all servers live, all die, all return; then weights.

# One process for one port: nothing of it is left once it is killed, so that the next can bind.
answers() { # port over UDP, Perl for what it answers
    ip netns exec one perl -MIO::Socket::INET -e '
        my $port = IO::Socket::INET->new(Proto => "udp", LocalPort => '"$1"') or die "'"$1"': $!";
        while (defined $port->recv(my $asked, 512)) { $port->send('"$2"') }' &
}
serves() {
    serve one
    ip netns exec one sysctl -qw net.ipv4.icmp_echo_ignore_all=0
    ip netns exec one socat TCP4-LISTEN:25,fork,reuseaddr "EXEC:sh /tmp/smtp.sh" 2>/dev/null &
    answers 53 'substr($asked, 0, 2) . "\201\200" . "\0" x 8' # which question, and that this is its answer
    answers 7 '$asked'
    sleep 1000 | ip netns exec one openssl s_server -quiet -WWW -accept 443 \
        -cert /tmp/cert -key /tmp/key >/dev/null 2>&1 &
    echo 0 >/tmp/misc
    echo 0 >/tmp/number
}
ends() {
    ip netns pids one | xargs -r kill
    ip netns exec one sysctl -qw net.ipv4.icmp_echo_ignore_all=1
    echo 1 >/tmp/misc
    echo -254 >/tmp/number
}
cat >/tmp/smtp.sh <<'END'
printf '220 h ESMTP\r\n'
read -r _ && printf '250 h\r\n'
read -r _ && printf '221 bye\r\n'
END
cat >/tmp/misc.sh <<'END'
#!/bin/sh
exit $(cat /tmp/misc)
END
chmod 755 /tmp/misc.sh
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=h -keyout /tmp/key -out /tmp/cert 2>/dev/null
cd /tmp
echo page >page

KINDS="TCP HTTP SSL SMTP DNS UDP PING MISC FILE"
service() { # port of the virtual server, protocol, port of the real server, block of the check
    echo "virtual_server 10.1.0.100 $1 {
    delay_loop 1
    lvs_sched rr
    lvs_method NAT
    protocol $2
    real_server 10.2.1.2 $3 {
        weight 10
        $4
            retry 0
            connect_timeout 2
        }
    }
}" | if [ "${5:-}" ]; then grep -v -e connect_timeout ${6:+-e "$6"}; else cat; fi
}
{
    echo "global_defs {
    script_user root
}
track_file number {
    file /tmp/number
    weight 1
}"
    service 1 TCP 80 'TCP_CHECK {'
    service 2 TCP 80 'HTTP_GET {
            url {
                path /
                status_code 200
                regex ^o.e
            }'
    service 3 TCP 443 'SSL_GET {
            tls_ca /tmp/cert
            tls_name h
            url {
                path /page
            }'
    service 4 TCP 25 'SMTP_CHECK {'
    service 5 UDP 53 'DNS_CHECK {'
    service 6 UDP 7 'UDP_CHECK {
            payload 0102
            require_reply 01 0x'
    service 7 TCP 80 'PING_CHECK {'
    service 8 TCP 80 'MISC_CHECK {
            misc_path /tmp/misc.sh
            misc_dynamic' plain
    service 9 TCP 80 'FILE_CHECK {
            track_file number' plain retry
} >/tmp/keepalived.conf
serves
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >/tmp/log 2>&1 &
daemon=$!
entry() { # kind: its line of the table
    local number=1 kind
    for kind in $KINDS; do [ "$kind" = "$1" ] && break || number=$((number + 1)); done
    ipvsadm -Sn | grep -e "-a -[tu] 10.1.0.100:$number "
}
weighs() { entry "$1" | grep -q -e "-w $2\$"; }
is_in() { entry "$1" >/dev/null; }
is_out() { ! entry "$1" >/dev/null; }
wait_for 'grep -q "Startup complete" /tmp/log'
for kind in $KINDS; do wait_for "grep -q . /tmp/log && is_in $kind"; done
ends
for kind in $KINDS; do wait_for "is_out $kind"; done
echo "== out: $KINDS"
serves
for kind in $KINDS; do wait_for "is_in $kind"; done
echo "== in: $KINDS"
echo 7 >/tmp/misc
wait_for 'weighs MISC 5'
echo 3 >/tmp/number
wait_for 'weighs FILE 13'
echo "== weights of a script and a file"
kill $daemon
wait $daemon
cat /tmp/log
