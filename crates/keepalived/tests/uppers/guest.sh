# Interfaces on top of others, in a kernel that has ipvlan and vrf.
set -u
wait_for() { # a command that comes to succeed
    for _ in $(seq 300); do
        if eval "$1" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "never: $1"
    cat /tmp/log
    exit 1
}
for n in 0 1 2; do
    ip link add eth$n type veth peer name peer$n
    ip addr add 10.2$n.0.1/24 dev eth$n
    ip link set peer$n up
done
ip link add blue type vrf table 100
ip link set blue up
ip link set eth1 master blue
ip link set eth0 up
ip link set eth1 up
ip link set eth2 up
instance() { # name, interface, VRID, address, words
    printf 'vrrp_instance %s {\n interface %s\n virtual_router_id %s\n version 3\n priority 200\n' "$1" "$2" "$3"
    printf ' advert_int 0.5\n %s\n virtual_ipaddress {\n %s/24\n }\n}\n' "$5" "$4"
}
{
    instance VI_1 eth0 51 10.20.0.249 'use_ipvlan ipv 10.20.0.5/24 private'
    instance VI_2 eth1 52 10.21.0.249 'use_vmac'
    printf 'static_routes {\n 10.99.0.0/24 dev eth1 vrf blue\n}\n'
    instance VI_3 eth2 53 10.22.0.247 'use_vmac three
 vrf blue'
} >/tmp/conf
$BOX/keepalived -n -l -G -f /tmp/conf >/tmp/log 2>&1 &
daemon=$!
for n in 1 2 3; do wait_for "grep -q '(VI_$n) Entering MASTER STATE' /tmp/log"; done
wait_for 'ip addr show dev ipv | grep -q 10.20.0.249'
wait_for 'ip addr show dev vrrp.52 | grep -q 10.21.0.249'
wait_for 'ip addr show dev three | grep -q 10.22.0.247'
echo "== ipvlan: $(ip -d link show ipv | grep -o 'ipvlan *mode l2 [a-z]*')"
echo "== its own address: $(ip -o addr show dev ipv | grep -o '10.20.0.5/24')"
echo "== on a member of a VRF: $(ip -o link show vrrp.52 | grep -o 'master [a-z]*')"
echo "== where the file says: $(ip -o link show three | grep -o 'master [a-z]*')"
wait_for 'ip route show vrf blue | grep -q 10.99.0.0'
echo "== a route of a VRF: $(ip route show table 100 | grep -o "10.99.*keepalived")"
kill -TERM $daemon
wait $daemon
echo "== the end: $? $(ip -o link | grep -cE ' (ipv|vrrp.52|three)@')"
