config() {
    cat >/tmp/keepalived.conf <<END
virtual_server 10.1.0.100 80 {
    delay_loop 1
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 10.2.1.2 80 {
        weight $1
        TCP_CHECK {
            connect_timeout 2
            retry 0
        }
    }
    real_server 10.2.2.2 80 {
        weight 1
        HTTP_GET {
            url {
                path /
                status_code 200
            }
            connect_timeout 2
            retry 0
        }
    }
}
END
}
serve one
serve two
ipvsadm -A -t 10.9.9.9:80 -s wlc
config 1
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >/tmp/log 2>&1 &
daemon=$!
wait_for 'has "-r 10.2.1.2:80"'
wait_for 'has "-r 10.2.2.2:80"'
echo "== both serve:$(count)"

dies one
wait_for 'lacks "-r 10.2.1.2:80"'
echo "== after the death of one:$(count)"
checker=$(cat /run/checkers.pid)
kill -9 "$checker"
wait_for '[ "$(cat /run/checkers.pid)" != "$checker" ]'
lost=0
for _ in $(seq 20); do [ -n "$(ask)" ] || lost=$((lost + 1)); done
echo "== the checker is killed while one is dead: $lost requests lost"
serve one
wait_for 'has "-r 10.2.1.2:80"'
echo "== after its return:$(count)"

checker=$(cat /run/checkers.pid)
kill -9 "$checker"
lost=0
for _ in $(seq 20); do [ -n "$(ask)" ] || lost=$((lost + 1)); done
wait_for '[ "$(cat /run/checkers.pid)" != "$checker" ]'
for _ in $(seq 10); do [ -n "$(ask)" ] || lost=$((lost + 1)); done
[ $lost = 0 ] && echo "== the checker is killed: no request lost" || echo "== $lost requests lost"

has "-A -t 10.9.9.9:80 -s wlc" && echo "== somebody else's service is still there"
wait_for 'grep -q "Startup complete" /tmp/log'
ipvsadm -d -t 10.1.0.100:80 -r 10.2.1.2:80
config 3
kill -HUP $daemon
wait_for 'has "-r 10.2.1.2:80 -m -w 3"'
echo "== a server removed behind our back is back after a reload"

# lvs_flush is for the start of the daemon: a checker that is replaced leaves the table
sed -i '1i global_defs {\n    lvs_flush\n}' /tmp/keepalived.conf
kill -HUP $daemon
wait_for '[ $(grep -c "Reload complete" /tmp/log) -ge 2 ]'
ipvsadm -A -t 10.8.8.8:80 -s rr
before=$(grep -c "Gained quorum" /tmp/log)
checker=$(cat /run/checkers.pid)
kill -9 "$checker"
wait_for '[ "$(cat /run/checkers.pid)" != "$checker" ]'
wait_for '[ $(grep -c "Gained quorum" /tmp/log) -gt $before ]'
has "-A -t 10.8.8.8:80 -s rr" && has "-r 10.2.1.2:80 -m -w 3" && echo "== lvs_flush is for the daemon's start"
ipvsadm -D -t 10.8.8.8:80

kill $daemon
wait $daemon
[ "$(ipvsadm -Sn)" = "-A -t 10.9.9.9:80 -s wlc" ] && echo "== the end: nothing of ours is left"
table
cat /tmp/log
