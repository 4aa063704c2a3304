# The web pair behind two directors: $METHOD is NAT or DR. A client in front, web servers behind
# (NAT: in a network of their own, where the directors share a second address as their gateway).
set -u
VIP=10.20.0.249
node() { # name, then its addresses for eth0, eth1
    ip netns add "$1"
    ip -n "$1" link set lo up
    local n=0 name=$1 address bridge
    shift
    for address in "$@"; do
        [ $n = 0 ] && bridge=front || bridge=back
        case $address in 10.30.*) bridge=back ;; esac
        ip link add "$name$n" type veth peer name "eth$n" netns "$name"
        ip link set "$name$n" master $bridge up
        ip -n "$name" addr add "$address/24" dev "eth$n"
        ip -n "$name" link set "eth$n" up
        n=$((n + 1))
    done
    ip netns exec "$name" sysctl -qw net.ipv4.ip_forward=1
}
for bridge in front back; do
    ip link add $bridge type bridge
    ip link set $bridge up
done
node cl 10.20.0.50
node lb01 10.20.0.2 10.30.0.2
node lb02 10.20.0.3 10.30.0.3
if [ "$METHOD" = NAT ]; then
    WEB=10.30.0
    node web01 10.30.0.11
    node web02 10.30.0.12
    for web in web01 web02; do ip -n $web route add default via 10.30.0.1; done
else
    WEB=10.20.0
    node web01 10.20.0.11
    node web02 10.20.0.12
    for web in web01 web02; do
        ip netns exec $web sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
        ip -n $web addr add $VIP/32 dev lo
    done
fi

serve() { # a web server that answers with its name, and keeps a list of who asked
    mkdir -p "/tmp/$1"
    cat >"/tmp/$1/nginx.conf" <<END
user root;
pid /tmp/$1/pid;
error_log /tmp/$1/error.log;
events {}
http { access_log /tmp/$1/access.log; server { listen 80; location / { return 200 "$1\n"; } } }
END
    ip netns exec "$1" nginx -e "/tmp/$1/error.log" -c "/tmp/$1/nginx.conf"
}
dies() { kill "$(cat "/tmp/$1/pid")"; }

config() { # director, state, priority
    mkdir -p "/tmp/$1"
    cat >"/tmp/$1/keepalived.conf" <<END
global_defs {
    router_id $1
    vrrp_version 3
    lvs_sync_daemon eth0 VI_1 id 5
}
vrrp_instance VI_1 {
    state $2
    interface eth0
    virtual_router_id 55
    priority $3
    advert_int 0.5
    virtual_ipaddress {
        $VIP/24 dev eth0 label eth0:1
        10.30.0.1/24 dev eth1
    }
    track_interface {
        eth1
    }
}
virtual_server $VIP 80 {
    delay_loop 1
    warmup 0
    lvs_sched rr
    lvs_method $METHOD
    protocol TCP
    ha_suspend
    real_server $WEB.11 80 {
        HTTP_GET {
            url {
                path /
                status_code 200
            }
            retry 0
        }
    }
    real_server $WEB.12 80 {
        HTTP_GET {
            url {
                path /
                status_code 200
            }
            retry 0
        }
    }
}
END
}
start() {
    cd "/tmp/$1" || exit 1
    ip netns exec "$1" "$KEEPALIVED" -n -l -D -G -f keepalived.conf -p pid -r vrrp -c checkers >>log 2>&1 &
    cd / || exit 1
}
on() { ip netns exec "$@"; }
holds() { ip -n "$1" addr | grep -q " $VIP/24 "; }
serves() { on "$1" ipvsadm -Sn | grep -q -- "-r $2:80"; }
spares() { ! serves "$@"; }
syncs() { on "$1" ipvsadm -Ln --daemon | grep -q "^$2 sync daemon"; }
wait_for() {
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "never: $*"
    for lb in lb01 lb02; do
        on $lb ipvsadm -Ln
        ip -n $lb addr show eth0
        cat /tmp/$lb/log
    done
    exit 1
}
ask() {
    on cl timeout 5 bash -c "
        exec 3<>/dev/tcp/$VIP/80 || exit 1
        printf 'GET / HTTP/1.0\r\n\r\n' >&3
        sed '1,/^\r\$/d' <&3" 2>/dev/null
}
count() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do ask; done | sort | uniq -c | while read -r n who; do
        printf ' %s=%s' "$who" "$n"
    done
}
asked() { grep -c "^$2 " "/tmp/$1/access.log"; }

serve web01
serve web02
config lb01 MASTER 150
config lb02 BACKUP 100
# connections are told of at every fifth packet
on lb01 sysctl -qw net.ipv4.vs.sync_threshold="3 5"
start lb01
wait_for holds lb01
start lb02
wait_for syncs lb01 master
wait_for syncs lb02 backup
wait_for serves lb01 $WEB.11
echo "== lb01 is master:$(count)"
case $METHOD in NAT) own=10.30.0 ;; DR) own=10.20.0 ;; esac
wait_for eval "[ \$(asked web01 $own.2) -ge 2 ] || [ \$(asked web01 10.30.0.1) -ge 2 ]"
echo "== ha_suspend: lb02 has asked $(asked web01 $own.3) times"

dies web01
wait_for spares lb01 $WEB.11
echo "== web01 is dead:$(count)"
serves lb02 $WEB.11 && echo "== lb02 knows nothing of it"
serve web01
wait_for serves lb01 $WEB.11
echo "== web01 is back:$(count)"

# a connection that outlives its director: the sync daemon has told the other one of it
mkfifo /tmp/requests
on cl bash -c "exec 3<>/dev/tcp/$VIP/80; cat <&3 >/tmp/answers & cat /tmp/requests >&3" &
exec 4>/tmp/requests
request() { printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&4; }
answers() { [ "$(grep -c '^web0' /tmp/answers)" -ge "$1" ]; }
client() { on lb01 ipvsadm -Lnc | awk '/ESTABLISHED/ { print $4; exit }'; }
told() { on lb02 ipvsadm -Lnc | grep ESTABLISHED | grep -q " $(client) "; }
n=0
until told; do
    n=$((n + 1))
    request
    wait_for answers $n
done
for n in 0 1; do ip link set lb01$n down; done
wait_for holds lb02
echo "== lb01 is cut off, lb02 serves:$(count)"
request
wait_for answers $((n + 1))
echo "== a connection from before goes on"
wait_for syncs lb02 master
dies web02
wait_for spares lb02 $WEB.12
echo "== web02 is dead:$(count)"
serve web02
wait_for serves lb02 $WEB.12

for n in 0 1; do ip link set lb01$n up; done
wait_for eval "holds lb01 && ! holds lb02"
wait_for syncs lb01 master
wait_for syncs lb02 backup
wait_for serves lb01 $WEB.11
wait_for serves lb01 $WEB.12
# the client may have asked the other director once more
echo "== lb01 is back:$(count | sed 's/web01=[46] web02=[46]/web01=5 web02=5/')"

for lb in lb01 lb02; do kill "$(cat /tmp/$lb/pid)"; done
for lb in lb01 lb02; do
    wait_for eval "[ -z \"\$(on $lb ipvsadm -Sn)\" ] && ! syncs $lb master && ! syncs $lb backup"
done
echo "== the end: nothing of ours is left"
