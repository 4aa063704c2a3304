# Plays every configuration of $BOX/*.conf with both daemons, each in a network of its own, all at
# the same time, and prints what the load balancer of each holds after every step.
#
# The servers 10.2.0.1 to 10.2.0.3 (and fd00:2::1 to 3) are web servers in one network, `far`.
# A configuration may begin with "# before: COMMANDS" (run in its network and directory), "# options:
# MORE"; what follows a line "# reload" is the file that is put in force by the reload.
set -u
shopt -s nullglob
ulimit -n 65536

# ---- networks
ip netns add far
ip -n far link set lo up
for k in 1 2 3; do
    echo "addr add 10.2.0.$k/32 dev lo"
    echo "addr add fd00:2::$k/128 dev lo nodad"
done | ip -n far -batch -

serve() { # one web server, on all the ports that checks ask for
    mkdir -p "/tmp/far$1"
    cat >"/tmp/far$1/conf" <<END
user root; worker_processes 1; pid /tmp/far$1/pid; error_log /tmp/far$1/log;
events {}
http {
    access_log off;
    server {
        listen 10.2.0.$1:80; listen 10.2.0.$1:8080; listen [fd00:2::$1]:80;
        return 200 "$1";
    }
}
END
    ip netns exec far nginx -e "/tmp/far$1/log" -c "/tmp/far$1/conf"
    echo 0 >"/tmp/far$1/weight"
}
dies() {
    echo -254 >"/tmp/far$1/weight"
    kill -9 $(cat "/tmp/far$1/pid") $(cat /proc/$(cat "/tmp/far$1/pid")/task/*/children)
}

# ---- plays: a configuration and a daemon; number N has network dN
names=() who=() daemons=() dirs=() holders=() pids=()
prepare() { # configuration, who, daemon
    local n=${#names[@]} name
    name=$(basename "$1" .conf)
    local dir=/tmp/play/$n
    mkdir -p "$dir"
    sed "s|@DIR@|$dir|; /^# reload/,\$d" "$1" >"$dir/keepalived.conf"
    sed "s|@DIR@|$dir|; 1,/^# reload/d" "$1" >"$dir/next"
    [ -s "$dir/next" ] || cp "$dir/keepalived.conf" "$dir/next"
    cp "$BOX/pace" "$BOX/check" "$dir"
    ip netns add "d$n"
    ip link add "f$n" netns far type veth peer name eth0 netns "d$n"
    ip -n far -batch - <<END
addr add 10.100.$n.1/24 dev f$n
addr add fd00:100:$n::1/64 dev f$n nodad
link set f$n up
END
    ip -n "d$n" -batch - <<END
link set lo up
addr add 10.100.$n.2/24 dev eth0
addr add fd00:100:$n::2/64 dev eth0 nodad
link set eth0 up
route add 10.2.0.0/24 via 10.100.$n.1
route add fd00:2::/64 via fd00:100:$n::1
END
    ip netns exec "d$n" sleep 100000 &
    holders+=($!)
    names+=("$name") who+=("$2") daemons+=("$3") dirs+=("$dir")
    (cd "$dir" && ip netns exec "d$n" bash -c "$(sed -n 's/^# before: //p' "$1")")
}
begin() {
    local n=$1 more
    more=$(sed -n 's/^# options: //p' "$BOX/${names[n]}.conf")
    cd "${dirs[n]}" || exit 1
    # shellcheck disable=SC2086  # options are words
    ip netns exec "d$n" "${daemons[n]}" -n -l -D -G -f keepalived.conf -p pid -r vrrp -c checkers -b bfd $more \
        >log 2>&1 &
    pids[n]=$!
    cd / || exit 1
}
each() { for n in "${!names[@]}"; do "$@" "$n"; done; }

# ---- looking
syncs() { grep -q lvs_sync_daemon "$BOX/${names[$1]}.conf"; }
sync_of() { ip netns exec "d$1" ipvsadm -Ln --daemon; }
follow() { # waits until sync daemons are alike; whether they are at all is seen later
    for _ in $(seq 20); do
        local same=1 n
        for n in "${syncing[@]}"; do
            [ $((n % 2)) = 1 ] || [ "$(sync_of "$n")" = "$(sync_of $((n + 1)))" ] || same=0
        done
        [ $same = 1 ] && return
        sleep 1
    done
}
sum() { # of all tables
    local n files=()
    for n in "${!names[@]}"; do files+=("/proc/${holders[n]}/net/ip_vs"); done
    cat "${files[@]}" | cksum
}
rests() { # waits until no table has changed for five rounds of checks
    local before= now quiet=0
    for _ in $(seq 60); do
        sleep 1
        now=$(sum)
        [ "$now" = "$before" ] && quiet=$((quiet + 1)) || quiet=0
        if [ $quiet -ge 5 ]; then
            follow
            return
        fi
        before=$now
    done
    echo "!! the tables never come to rest"
}
show() {
    local in="ip netns exec d$1"
    echo "@@ ${names[$1]} ${who[$1]} $step"
    $in ipvsadm -Sn
    syncs "$1" && sync_of "$1"
    case $step in
    start | reload | stop)
        $in ipvsadm -Ln --thresholds
        $in ipvsadm -Ln --timeout
        ;;
    esac
}
after() {
    step=$1
    rests
    each show
}

# ---- the play
for k in 1 2 3; do serve $k; done
for conf in "$BOX"/*.conf; do
    prepare "$conf" original "$ORIGINAL"
    prepare "$conf" ours "$OURS"
done
syncing=()
for n in "${!names[@]}"; do syncs "$n" && syncing+=("$n"); done
each begin
after start
dies 1
after death
serve 1
after return
for k in 1 2 3; do dies $k; done
after quorum-lost
for k in 1 2 3; do serve $k; done
after quorum-back
reload() {
    cp "${dirs[$1]}/next" "${dirs[$1]}/keepalived.conf"
    kill -HUP "${pids[$1]}"
}
each reload
after reload
stop() { kill "${pids[$1]}"; }
each stop
wait "${pids[@]}"
after stop
logs() { echo "## ${names[$1]} ${who[$1]}"; head -c 200000 "${dirs[$1]}/log"; }
each logs
