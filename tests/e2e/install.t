#!/bin/sh
# make install: exactly what the tree holds, with the modes it should have.
. "$(dirname "$0")/../lib/tap.sh"

prefix=$(sed -n 's/^prefix = //p' "$TOP/config.mak")
root=$T/root
cd "$TOP" || exit 1

wanted() {
	for main in cmd/*/main.c; do
		program=${main%/main.c}
		echo "755 $prefix/sbin/${program#cmd/}"
	done
	for exit in cmd/exits/*.c; do
		exit=${exit#cmd/exits/}
		echo "755 $prefix/libexec/lsv/${exit%.c}"
	done
	for page in man/*.[1-9]; do
		[ ! -f "$page" ] || echo \
			"644 $prefix/share/man/man${page##*.}/${page#man/}"
	done
	find spool-layout -type f | while read -r file; do
		mode=644
		[ ! -x "$file" ] || mode=755
		echo "$mode $prefix/share/lsv/${file#spool-layout/}"
	done
}

installed() {
	find "$root" -type f -printf '%m /%P\n' | sort
}

ok 'make install succeeds' make -s OBJ="$LSV_BUILD" DESTDIR="$root" install
is "$(installed)" "$(wanted | sort)" \
	'it installs every program, exit, manual page, file of the layout, no more'
ok 'a second make install succeeds as well' \
	make -s OBJ="$LSV_BUILD" DESTDIR="$root" install
is "$(installed)" "$(wanted | sort)" 'and installs the same'
for main in cmd/*/main.c; do
	program=${main%/main.c}
	program=${program#cmd/}
	ok "$program installed is $program built" \
		cmp "$LSV_BUILD/bin/$program" "$root$prefix/sbin/$program"
	ok "$program has a manual page" test -f "man/$program.8"
done
for exit in cmd/exits/*.c; do
	exit=${exit#cmd/exits/}
	exit=libexec/lsv/${exit%.c}
	ok "$exit installed is $exit built" \
		cmp "$LSV_BUILD/$exit" "$root$prefix/$exit"
done
is "$(readlink -f "$LSV_BUILD/share/lsv")" "$TOP/spool-layout" \
	'programs in the build tree find the layout where installed ones do'
done_testing
