config() { # words of global_defs, the second server
    cat >/tmp/keepalived.conf <<EOF
global_defs {
    router_id lb01
    notification_email {
        ops@example.com
    }
    notification_email_from ka@example.com
    smtp_alert_file /tmp/alerts
    $1
}
virtual_server 10.1.0.100 80 {
    delay_loop 1
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    quorum 2
    smtp_alert
    real_server 10.2.1.2 80 {
        TCP_CHECK {
            connect_timeout 2
            retry 0
        }
        MISC_CHECK {
            misc_path "/usr/bin/test ! -e /tmp/down"
        }
    }
    $2
}
EOF
}
second='real_server 10.2.2.2 80 {
        HTTP_GET {
            url {
                path /
                status_code 200
            }
            connect_timeout 2
            retry 0
        }
    }'
# what came since the last time, in the order of the alphabet
told() {
    sed -n 's/^Subject: //p; s/^=> \(.*\) <=$/    \1/p' /tmp/alerts | paste - - | sort | sed "s/^/== $1: /"
    : >/tmp/alerts
}
mails() { [ "$(grep -c ^Subject: /tmp/alerts)" -ge "$1" ]; }
: >/tmp/alerts
serve one
serve two
config "" "$second"
"$KEEPALIVED" -n -l -D -G -f /tmp/keepalived.conf >/tmp/log 2>&1 &
daemon=$!
wait_for 'has "-r 10.2.1.2:80"'
wait_for 'has "-r 10.2.2.2:80"'
wait_for 'mails 1'
told start

touch /tmp/down
wait_for 'mails 2'
told script
dies one
wait_for 'mails 1'
told port
rm /tmp/down
wait_for 'mails 1'
told 'script again'
serve one
wait_for 'mails 2'
told back

config no_checker_emails "$second"
kill -HUP $daemon
wait_for 'grep -q "Reload complete" /tmp/log'
touch /tmp/down
wait_for 'mails 2'
dies one
dies two
wait_for 'mails 3'
told quiet
rm /tmp/down
serve two
wait_for 'mails 1'
told 'two is back'
config "" ""
kill -HUP $daemon
wait_for 'mails 1'
told removed
kill $daemon
wait $daemon
