# What checks send, recorded by a server of its own (srv): the original's first, then ours.
network srv 10.3.0.1 10.3.0.2
ip -6 addr add fd00:3::1/64 dev srv nodad
ip -n srv -6 addr add fd00:3::2/64 dev eth0 nodad
ip -n srv addr add 10.3.0.80/24 dev eth0
ip -n srv addr add 10.3.0.3/24 dev eth0
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=h -keyout /tmp/key -out /tmp/cert 2>/dev/null

# Checks by name: the address and port of the server, what is in the block, how it is recorded.
checks() {
    http() { check "$1" TCP "10.3.0.2 $2" "HTTP_GET {
        $3
        url {
            path /a
            $4
        }" tcp4; }
    http http_1.0 8001 '' 'status_code 200'
    http http_1.0C 8002 'http_protocol 1.0C' 'status_code 200'
    http http_1.1 8003 'http_protocol 1.1' 'status_code 200'
    http http_url_host 8004 'virtualhost h1' 'virtualhost h2'
    http http_host 8005 'virtualhost h1' ''
    http http_host_1.1 8006 'http_protocol 1.1
        virtualhost h1' ''
    http http_query 8007 '' 'digest 9b3a0c85a887a256d6939da88aabd8cd'
    check http_port_80 TCP '10.3.0.80 80' 'HTTP_GET {
        url {
            path /
        }' tcp4
    check http_v6 TCP 'fd00:3::2 8008' 'HTTP_GET {
        url {
            path /
        }' tcp6
    check ssl TCP '10.3.0.2 8011' 'SSL_GET {
        url {
            path /s
        }' tls
    check ssl_sni TCP '10.3.0.2 8012' 'SSL_GET {
        enable_sni
        virtualhost h
        http_protocol 1.1
        url {
            path /s
        }' tls
    check smtp TCP '10.3.0.2 8021' 'SMTP_CHECK {' smtp
    check smtp_helo TCP '10.3.0.2 8022' 'SMTP_CHECK {
        helo_name me.example' smtp
    check dns UDP '10.3.0.2 8031' 'DNS_CHECK {' udp
    check dns_a UDP '10.3.0.2 8032' 'DNS_CHECK {
        type A
        name www.example.com' udp
    check dns_txt UDP '10.3.0.2 8033' 'DNS_CHECK {
        type TXT
        name example.com.' udp
    check dns_aaaa UDP '10.3.0.2 8034' 'DNS_CHECK {
        type AAAA
        name a' udp
    check udp UDP '10.3.0.2 8041' 'UDP_CHECK {
        payload Ab12f 3 456' udp
    check udp_any UDP '10.3.0.2 8042' 'UDP_CHECK {' udp
    check ping TCP '10.3.0.3 8051' 'PING_CHECK {' icmp
    check connect TCP '10.3.0.9 80' 'HTTP_GET {
        connect_ip 10.3.0.2
        connect_port 8061
        url {
            path /c
        }' tcp4
}

as_config() {
    case $3 in *::*) vip=fd00:1::100 ;; *) vip=10.1.0.100 ;; esac
    echo "virtual_server $vip $((port += 1)) {
    delay_loop 2
    lvs_sched rr
    lvs_method NAT
    protocol $2
    real_server $3 {
        $4
            warmup 0
            connect_timeout 1
        }
    }
}"
}

record() { # in the background, into /tmp/rec/NAME
    local file=/tmp/rec/$1
    set -- "$5" "${3#* }"
    case $file in */connect) set -- tcp4 8061 ;; esac
    case $1 in
    tcp4) set -- socat -u "TCP4-LISTEN:$2,reuseaddr" "CREATE:$file" ;;
    tcp6) set -- socat -u "TCP6-LISTEN:$2,reuseaddr" "CREATE:$file" ;;
    tls) set -- openssl s_server -quiet -accept "$2" -naccept 1 -cert /tmp/cert -key /tmp/key ;;
    smtp) set -- socat -r "$file" "TCP4-LISTEN:$2,reuseaddr" "EXEC:sh /tmp/smtp.sh" ;;
    udp) set -- socat -u "UDP4-RECVFROM:$2" "CREATE:$file" ;;
    icmp) set -- socat -u IP4-RECVFROM:1 "CREATE:$file" ;;
    esac
    if [ "$1" = openssl ]; then
        # its standard input stays open
        sleep 1000 | ip netns exec srv "$@" >"$file" 2>/dev/null &
    else
        ip netns exec srv "$@" 2>/dev/null &
    fi
}

cat >/tmp/smtp.sh <<'END'
printf '220 h ESMTP\r\n'
read -r _ && printf '250 h\r\n'
read -r _ && printf '221 bye\r\n'
END

normal() { # a recording without what is random, as text
    case $1 in
    dns*) tail -c +3 "$1" | od -An -v -tx1 ;;
    udp_any) wc -c <"$1" ;;
    # all but checksum, identifier and sequence number
    ping) od -An -v -tx1 -N2 "$1"; od -An -v -tx1 -j8 "$1" ;;
    udp) od -An -v -tx1 "$1" ;;
    *) cat "$1" ;;
    esac
}

play() { # daemon, where its recordings go
    rm -rf /tmp/rec
    mkdir /tmp/rec
    check() { record "$@"; }
    checks
    sleep 1
    port=100
    check() { as_config "$@"; }
    checks >/tmp/keepalived.conf
    "$1" -n -l -D -G -f /tmp/keepalived.conf >/tmp/log 2>&1 &
    local daemon=$!
    check() { wait_for "[ -s /tmp/rec/$1 ]"; }
    checks
    sleep 2
    kill $daemon
    wait $daemon
    for job in $(jobs -p); do kill "$job" 2>/dev/null; done
    ip netns pids srv | xargs -r kill
    mkdir "/tmp/$2"
    cd /tmp/rec
    local place=$2
    check() { normal "$1" >"/tmp/$place/$1"; }
    checks
    cd /
}
play "$ORIGINAL" theirs
play "$KEEPALIVED" ours
check() {
    if cmp -s "/tmp/theirs/$1" "/tmp/ours/$1"; then
        echo "== $1"
    else
        echo "$1: theirs, ours"
        cat -A "/tmp/theirs/$1" "/tmp/ours/$1"
    fi
}
checks
