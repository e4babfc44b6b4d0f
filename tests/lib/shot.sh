# shot.sh - programs that are killed at one of their calls; behind tap.sh
# shellcheck shell=sh

# order PROGRAM N - it is killed at its N-th call that changes something
order() {
	rm -f "$T/fault"
	python3 - "$TOP/tests/crash" "$T/fault" "$1" "$2" <<-X
		import os, sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, sys.argv[1])
		import fault
		f = fault.Fault(sys.argv[2])
		os.chmod(sys.argv[2], 0o666)
		f.order(sys.argv[3], fault.KILL_SELF, int(sys.argv[4]))
	X
}

# shot COMMAND... - with these orders; exits 0 when it was killed
shot() {
	sh -c 'LD_PRELOAD=$0 LSV_FAULT=$1; export LD_PRELOAD LSV_FAULT
		shift; exec "$@"' "$LSV_BUILD/tests/lib/preload_fault.so" \
		"$T/fault" "$@" >/dev/null 2>"$T/err"
	[ $? = 137 ]
}
