# Faults: a prober and a supervisor's child that die, refusals of the kernel, a module that is not
# loaded, a server with connections that a reload removes, a table in another network.
config() { # further lines of the service, then the servers
    cat >/tmp/keepalived.conf <<END
virtual_server 10.1.0.100 80 {
    delay_loop 1
    warmup 0
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    retry 0
    drain_timeout 600
    $1
    real_server 10.2.1.2 80 {
        HTTP_GET {
            url {
                path /
                status_code 200
            }
        }
    }
    $2
}
END
}
two='real_server 10.2.2.2 80 {
        TCP_CHECK {
        }
    }'
serve one
serve two
[ -e /proc/net/ip_vs ] || echo "== before the start the kernel has no load balancer"
config "" "$two"
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >/tmp/log 2>&1 &
daemon=$!
wait_for '[ -e /proc/net/ip_vs ]'
wait_for 'has "-r 10.2.1.2:80"'
wait_for 'has "-r 10.2.2.2:80"'
echo "== its module is loaded at the start:$(count)"

prober() { # the child of the checker
    cat /proc/$(cat /run/checkers.pid)/task/*/children | tr -d ' '
}
wait_for '[ -n "$(prober)" ]'
wait_for 'grep -q "Remote Web server" /tmp/log'
old=$(prober)
[ "$(awk '/^Uid/ { print $2 }' /proc/$old/status)" != 0 ] && echo "== the prober is not root"
kill -9 "$old"
wait_for '[ -n "$(prober)" ] && [ "$(prober)" != "$old" ]'
dies one
wait_for 'lacks "-r 10.2.1.2:80"'
serve one
wait_for 'has "-r 10.2.1.2:80"'
echo "== the prober was killed, the next one found a death and a return"

# a connection to the server that goes
ip netns exec cl bash -c 'exec 3<>/dev/tcp/10.1.0.100/80; exec 4<>/dev/tcp/10.1.0.100/80
    read -r _ </tmp/hold' &
mkfifo /tmp/hold
exec 5<>/tmp/hold
wait_for '[ $(ipvsadm -Ln | awk "\$2 == \"10.2.2.2:80\" { print \$5 }") -ge 1 ]'
config "" ""
kill -HUP $daemon
wait_for 'has "-r 10.2.2.2:80 -m -w 0"'
echo "== a server with a connection drains:$(count)"
echo >&5
wait_for '[ $(ipvsadm -Ln | awk "\$2 == \"10.2.2.2:80\" { print \$5 }") -eq 0 ]'
config "" "$two"
kill -HUP $daemon
wait_for 'has "-r 10.2.2.2:80 -m -w 1"'
echo "== it is back before it was gone:$(count)"

# what the kernel refuses is tried again: a scheduler that comes later
umount /lib/modules/$(uname -r)
config "" "$two"
sed -i 's/lvs_sched rr/lvs_sched sed/' /tmp/keepalived.conf
kill -HUP $daemon
wait_for 'grep -q "IPVS: cannot edit service" /tmp/log'
has "-A -t 10.1.0.100:80 -s rr" && echo "== a scheduler that is missing leaves the service as it was:$(count)"
mount --bind /usr/lib/uml/modules/$(uname -r) /lib/modules/$(uname -r)
wait_for 'has "-A -t 10.1.0.100:80 -s sed"'
echo "== it is there, and taken"

kill $daemon
wait $daemon
[ -z "$(ipvsadm -Sn)" ] && echo "== the end: nothing is left"

# the table of another network
config "" "$two"
sed -i '1i net_namespace_ipvs two' /tmp/keepalived.conf
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >>/tmp/log 2>&1 &
daemon=$!
wait_for 'ip netns exec two ipvsadm -Sn | grep -q -- "-r 10.2.1.2:80"'
[ -z "$(ipvsadm -Sn)" ] && echo "== with net_namespace_ipvs the table is elsewhere"
kill $daemon
wait $daemon
[ -z "$(ip netns exec two ipvsadm -Sn)" ] && echo "== and left clean"

# sync daemons on an interface that comes later
config "" "$two"
sed -i '1i global_defs {\n    lvs_sync_daemon later id 3\n}' /tmp/keepalived.conf
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >>/tmp/log 2>&1 &
daemon=$!
wait_for 'grep -q "IPVS: sync daemon: No such device" /tmp/log'
[ -z "$(ipvsadm -Ln --daemon)" ] && echo "== without their interface no sync daemon runs"
ip link add later type veth peer name later-peer
ip addr add 10.9.0.1/24 dev later
ip link set later-peer up
ip link set later up
both='master sync daemon (mcast=later, syncid=3|backup sync daemon (mcast=later, syncid=3'
wait_for '[ "$(ipvsadm -Ln --daemon | cut -d, -f1,2 | paste -sd "|")" = "$both" ]'
[ -z "$(sed -n "s/.*IPVS: sync daemon: //p" /tmp/log | uniq -d)" ] && echo "== it comes, and they do"
kill $daemon
wait $daemon
[ -z "$(ipvsadm -Ln --daemon)" ] && echo "== and go"

# this kernel's packet filter has no tables for IP
config "" "$two"
sed -i 's/^virtual_server .*/virtual_server group web {/
    1i global_defs {\n    nftables_ipvs\n}\nvirtual_server_group web {\n    10.1.0.100 80\n}' /tmp/keepalived.conf
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >>/tmp/log 2>&1 &
daemon=$!
wait_for 'grep -q "nftables_ipvs: cannot mark packets: .* served address by address" /tmp/log'
wait_for 'has "-r 10.2.1.2:80"'
wait_for 'has "-r 10.2.2.2:80"'
echo "== where packets cannot be marked a group is served by address:$(count)"
kill $daemon
wait $daemon
[ -z "$(ipvsadm -Sn)" ] && echo "== and leaves nothing"
cat /tmp/log
