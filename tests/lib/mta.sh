# shellcheck shell=sh
# mta.sh - a mail server that is unpacked under build/deps and not installed,
# in a mount namespace of its own: nothing of the system is touched; read after
# tree.sh, as root
#
#   mta_etc          $T/etc becomes a copy of /etc, for it to have
#   mta_user NAME    a user of the system of that name, there only
#   mta_start COMMAND...      in the namespace, where $T/etc is /etc, and
#                    /run, /var/spool, /var/lib and /usr/libexec are empty but
#                    for what $T/mta.mounts, a script, puts there; it is ended
#                    when the test ends, with all that it has started
#   mta COMMAND...   another command in the same namespace
#   send FROM TO <MESSAGE     by SMTP to 127.0.0.1, port $in_port

mta_pid=

mta_etc() {
	mkdir "$T/etc" &&
		tar -C /etc --exclude=./ssl/private -cf - . |
		tar -C "$T/etc" -xf -
}

mta_user() {
	mta_ids=$((mta_ids + 1))
	echo "$1:x:$mta_ids:$mta_ids::/nonexistent:/usr/sbin/nologin" \
		>>"$T/etc/passwd"
	echo "$1:x:$mta_ids:" >>"$T/etc/group"
}
mta_ids=64100

# A process namespace as well: what it leaves behind ends with it.
mta_start() {
	cat >"$T/mta.sh" <<-X
		set -e
		mount --bind '$T/etc' /etc
		for dir in /run /var/spool /var/lib /usr/libexec; do
			mount -t tmpfs -o mode=755,suid tmpfs \$dir
		done
		. '$T/mta.mounts'
		exec "\$@"
	X
	unshare -m -p -f --kill-child --mount-proc sh "$T/mta.sh" "$@" \
		>"$T/mta.out" 2>&1 &
	mta_pid=$!
}

mta_inside() {
	pgrep -P "$mta_pid"
}

mta() {
	nsenter -t "$(mta_inside)" -m -p "$@"
}

mta_end() {
	[ -n "$mta_pid" ] || return 0
	kill -9 "$(mta_inside)" 2>/dev/null
	wait "$mta_pid" 2>/dev/null
	mta_pid=
}
at_exit mta_end

mta_answers() {
	python3 - "$in_port" <<-X
		import smtplib, sys
		smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=5).quit()
	X
}

send() {
	sed 's/$/\r/' >"$T/wire"
	python3 - "$in_port" "$1" "$2" "$T/wire" <<-X
		import smtplib, sys
		with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=10) as s:
		    s.sendmail(*sys.argv[2:4], open(sys.argv[4], "rb").read())
	X
}
