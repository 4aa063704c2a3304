# Who is told of servers and quorums: scripts with their arguments and the pipe `lvs_notify_fifo`,
# of both daemons, each in a network of its own. Prints what was said after every step.
set -u
ip netns add far
ip -n far link set lo up
for k in 1 2 3; do ip -n far addr add 10.2.0.$k/32 dev lo; done
serve() { # a server, which is a process of its own
    mkdir -p "/tmp/far$1"
    cat >"/tmp/far$1/conf" <<END
user root; worker_processes 1; pid /tmp/far$1/pid; error_log /tmp/far$1/log;
events {}
http { access_log off; server { listen 10.2.0.$1:80; return 200 "$1"; } }
END
    ip netns exec far nginx -e "/tmp/far$1/log" -c "/tmp/far$1/conf"
}
dies() { kill -9 $(cat "/tmp/far$1/pid") $(cat /proc/$(cat "/tmp/far$1/pid")/task/*/children); }

real() { # service, server
    cat <<END
    real_server 10.2.0.$2 80 {
        weight $2
        notify_up "$dir/say $1 up $2"
        notify_down "$dir/say $1 down '$2 x'"
        TCP_CHECK {
            retry 0
            connect_timeout 2
        }
    }
END
}
service() { # number, further lines, servers
    echo "virtual_server 10.1.0.$1 80 {
    delay_loop 1
    warmup 0
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    quorum_up \"$dir/say $1 quorum up\"
    quorum_down \"$dir/say $1 quorum down\"
    $2"
    for k in $3; do real "$1" "$k"; done
    echo "}"
}
config() { # further lines of global_defs, servers of the first service
    cat <<END
global_defs {
    script_user root
    lvs_notify_fifo $dir/fifo
    lvs_notify_fifo_script "$dir/reader one 'two three'"
    $1
}
END
    service 1 "quorum 4
    hysteresis 1" "$2"
    service 2 "alpha
    omega" "$3"
    [ -z "${4-}" ] || service 3 "" "$4"
}
prepare() { # who, number
    dir=/tmp/$1
    mkdir -p "$dir"
    printf '#!/bin/bash\necho "$#: $*" >>%s/said\n' "$dir" >"$dir/say"
    printf '#!/bin/bash\necho "reader $#: $*" >>%s/said\nexec cat "${!#}" >>%s/lines\n' \
        "$dir" "$dir" >"$dir/reader"
    chmod +x "$dir/say" "$dir/reader"
    : >"$dir/said" >"$dir/lines"
    ip netns add "$1"
    ip link add "f$2" netns far type veth peer name eth0 netns "$1"
    ip -n far addr add "10.100.$2.1/24" dev "f$2"
    ip -n far link set "f$2" up
    ip -n "$1" link set lo up
    ip -n "$1" addr add "10.100.$2.2/24" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" route add 10.2.0.0/24 via "10.100.$2.1"
    config rs_init_notifies "1 2 3" "1 2" 3 >"$dir/keepalived.conf"
}
begin() { # who, daemon
    cd "/tmp/$1" || exit 1
    ip netns exec "$1" "$2" -n -l -D -G -f keepalived.conf -p pid -r vrrp -c checkers -b bfd >log 2>&1 &
    cd / || exit 1
}
rests() { # waits until nothing was said for five rounds of checks
    local before= now quiet=0
    for _ in $(seq 90); do
        sleep 1
        now=$(cat /tmp/original/{said,lines} /tmp/ours/{said,lines} | cksum)
        [ "$now" = "$before" ] && quiet=$((quiet + 1)) || quiet=0
        [ $quiet -ge 5 ] && return
        before=$now
    done
    echo "!! they never fall silent"
}
after() { # step
    rests
    for who in original ours; do
        # each service has its order; which one is first is chance, and scripts run side by side
        for n in 1 2 3; do
            # the original's reader is ended before the last news
            [ "$1" = stop ] && continue
            echo "@@ $1 pipe $n $who"
            # from 2.4 on a NUL follows each line
            tr -d '\0' </tmp/$who/lines | grep -F "[10.1.0.$n]"
        done
        echo "@@ $1 scripts $who"
        # the original starts its reader again at each reload
        sed "s|/tmp/$who|DIR|g" /tmp/$who/said | sort | if [ "$1" = start ]; then cat; else grep -v ^reader; fi
        : >/tmp/$who/said >/tmp/$who/lines
    done
}

for k in 1 2 3; do serve $k; done
prepare original 1
prepare ours 2
begin original "$ORIGINAL"
begin ours "$OURS"
after start
dies 1
after a-death
dies 3
after the-quorum-is-lost
serve 1
after within-the-hysteresis
serve 3
after the-quorum-is-back
reload() { # arguments of config
    for who in original ours; do
        dir=/tmp/$who
        config "$@" >"$dir/keepalived.conf"
        kill -HUP "$(cat "$dir/pid")"
    done
}
reload "" "1 2" "1 2" 3
after a-server-is-removed
dies 1
after one-of-two-is-dead
reload "" "2 3" "2"
after a-dead-server-and-a-service-are-removed
serve 1
reload "" "1 2 3" "1 2" 3
after all-are-back
for who in original ours; do kill "$(cat /tmp/$who/pid)"; done
wait
after stop
for who in original ours; do echo "## $who"; cat /tmp/$who/log; done
