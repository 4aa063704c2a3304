# A client (cl), this machine as director, two web servers (one, two).
set -u
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.vs.expire_nodest_conn=1
network() { # name, address of the director, address of the other, prefix length
    ip netns add "$1"
    ip link add "$1" type veth peer name eth0 netns "$1"
    ip addr add "$2/24" dev "$1"
    ip link set "$1" up
    ip -n "$1" addr add "$3/24" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" link set lo up
    ip -n "$1" route add default via "$2"
}
network cl 10.1.0.1 10.1.0.2
network one 10.2.1.1 10.2.1.2
network two 10.2.2.1 10.2.2.2
ip addr add 10.1.0.100/32 dev cl

serve() { # a web server that answers with its name
    mkdir -p "/tmp/$1"
    cat >"/tmp/$1/nginx.conf" <<END
user root;
pid /tmp/$1/pid;
error_log /tmp/$1/error.log;
events {}
http { access_log off; server { listen 80; location / { return 200 "$1"; } } }
END
    ip netns exec "$1" nginx -e "/tmp/$1/error.log" -c "/tmp/$1/nginx.conf"
}
dies() { kill "$(cat "/tmp/$1/pid")"; }

ask() { # one request of the client; prints who answered
    ip netns exec cl timeout 20 bash -c '
        exec 3<>/dev/tcp/10.1.0.100/80 || exit 1
        printf "GET / HTTP/1.0\r\n\r\n" >&3
        sed "1,/^\r\$/d" <&3' 2>/dev/null
    echo
}
count() { # ten requests: who answered how often
    for _ in 1 2 3 4 5 6 7 8 9 10; do ask; done | grep . | sort | uniq -c | while read -r n who; do
        printf ' %s=%s' "$who" "$n"
    done
}
table() { ipvsadm -Sn | sort | tr '\n' ';'; }
wait_for() { # a command that comes to succeed
    for _ in $(seq 300); do
        if eval "$1" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "never: $1"
    table
    cat /tmp/log
    exit 1
}
has() { ipvsadm -Sn | grep -q -- "$1"; }
lacks() { ! has "$1"; }
