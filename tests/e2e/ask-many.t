#!/bin/sh
# 10,000 messages that wait for SPAM_EXIT when lsv-score starts: it is ready at
# once, asks about some of each list, and does no more for an answer than when
# few wait; what comes in meanwhile does not wait for them.
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_LIB/score"
lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
host=lists.example.org
printf '%s\n' "NODE=$host" 'POSTMASTER=ann@example.net' SPAM_DELAY=0 \
	'SPAM_WHITELIST_FROM=friend@example.com' SPAM_EXIT=test \
	>"$LSV_ETC/site.cfg"
lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
for name in BIG L1 L2 L3 L4 L5 L6 L7 L8 L9 QUICK; do
	printf '* %s\n* Owner= ann@example.net\n' $name >"$T/header"
	lsv-list create "$name" --header "$T/header" 2>>"$T/list.err"
done

# One that came in is the pattern of all others.
printf 'From: joe@example.com\nSubject: 0000000000\n\ntext 0000000000\n' |
	lsv-inject -f joe@example.com "big@$host"

# What takes the place of lsv-scan, and measures: each answer is given as soon
# as its question is there; with a million open at most 64 of a list are.
cat >"$T/scan.py" <<'X'
import os, random, signal, subprocess, sys, time
spool, n = os.environ["LSV_SPOOL"], int(sys.argv[1])
new, wait, scan, route, scanned = (os.path.join(spool, d) for d in (
	"score/new", "score/wait", "scan/new", "route/new", "score/scanned"))
(pattern,) = os.listdir(new)
text = open(os.path.join(new, pattern)).read()
os.unlink(os.path.join(new, pattern))
def make(where, i, name, author="joe"):
	id = "%013x.%010x" % (int(pattern[:13], 16) + i, i)
	t = text.replace(pattern, id).replace("list: BIG", "list: " + name)
	t = t.replace("joe@example.com\nSubject: 0000000000",
		author.ljust(3)[:6] + "@example.com\nSubject: %010d" % i)
	t = t.replace("text 0000000000", "text %010d" % i)
	head, rest = t.split("\nend\n", 1)
	size = "size: %020d" % len(rest)
	head = "\n".join(size if l.startswith("size: ") else l
		for l in head.split("\n"))
	path = os.path.join(where, id)
	open(path + "~", "w").write(head + "\nend\n" + rest)
	os.rename(path + "~", path)
	return id
for i in range(n):
	make(wait, i, "BIG" if i % 2 else "L%d" % (i // 2 % 9 + 1))
s = subprocess.Popen(["lsv-score"], stderr=open(sys.argv[2], "w"))
def wake(d):
	fd = os.open(os.path.join(spool, d, "trigger"), os.O_RDWR | os.O_NONBLOCK)
	os.write(fd, b"x")
	os.close(fd)
began = time.time()
while not os.listdir(scan):
	time.sleep(0.005)
print("first", round(time.time() - began, 3))
def others():
	t = time.time()
	id = make(new, n + 1, "QUICK", "friend")
	wake("score")
	while not os.path.exists(os.path.join(route, id)):
		if time.time() - t > 20: break
		time.sleep(0.002)
	return round(time.time() - t, 3)
time.sleep(1.5)
print("asked", len(os.listdir(scan)))
print("other", others())
answered, took, began = 0, [], time.time()
while answered < n and time.time() - began < 120:
	ids = os.listdir(scan)
	random.Random(answered).shuffle(ids)
	for id in ids:
		open(os.path.join(scanned, "tmp", id), "w").write(
			"lsv-answer 1\ncode: 0\nms: 1\nwhy: \nend\n")
		os.rename(os.path.join(scanned, "tmp", id),
			os.path.join(scanned, "new", id))
		os.unlink(os.path.join(scan, id))
	answered += len(ids)
	wake("score/scanned")
	if not ids: time.sleep(0.002)
while os.listdir(wait) and time.time() - began < 120:
	time.sleep(0.005)
print("all", round(time.time() - began, 3))
status = open("/proc/%d/status" % s.pid).read()
print("anon", [l.split()[1] for l in status.split("\n") if "RssAnon" in l][0])
print("left", len(os.listdir(wait)), len(os.listdir(scanned + "/new")))
print("passed", len(os.listdir(route)))
s.send_signal(signal.SIGTERM)
print("ended", s.wait())
X
python3 "$T/scan.py" 10000 "$T/log" >"$T/said" 2>&1
diag "$(tr '\n' ';' <"$T/said")"
said() {
	sed -n "s/^$1 //p" "$T/said"
}
# under WHAT MAX - a number of milliseconds or KiB
under() {
	[ -n "$(said "$1")" ] &&
		[ "$(said "$1" | awk '{ printf "%d", $1 * 1000 }')" -le "$2" ]
}
# valgrind and the sanitizers are slow
slow=1
[ -z "${LSV_SANITIZED:-}" ] || slow=10
ok 'the first question comes within 3 s of the start' under first $((3000 * slow))
is "$(said asked)" 640 'of each list 64 messages are asked about'
ok 'what needs no answer goes on within 1 s' under other $((1000 * slow))
is "$(said left)" '0 0' 'all are answered'
is "$(said passed)" 10001 'and go on'
ok 'within 30 s' under all $((30000 * slow))
[ -n "${LSV_SANITIZED:-}" ] ||
	ok 'in 24 MiB of memory' [ "$(said anon)" -le 24576 ]
is "$(said ended)" 0 'SIGTERM ends it'
for name in BIG L1 L9; do
	grep " scored .* list=$name " "$T/log" | cut -d ' ' -f 1 >"$T/order"
	ok "$name: in the order in which they came" sort -c "$T/order"
done
done_testing
