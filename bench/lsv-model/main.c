/* lsv-model - the least that a program between two inboxes can do
 *
 * The yardstick of lsv-score: it scans the files of score/new, records each in
 * LMDB, renames it to route/new, and makes that durable, with the batches of
 * lsv-score.  It decides nothing, logs nothing, and looks nothing up.  The records
 * are as many as lsv-score has to keep of a posting: the message, its
 * Message-ID, its body, its text, its author; all by one SHA-256 here.  With -1 it
 * is one record.  With -n the files are not opened either, and the record is of a
 * number that looks like a sum.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/inbox.h"
#include "lib/msg.h"
#include "lib/names.h"

enum { MAP_SIZE = 1 << 30, SUM = 32, STEP = 64 << 10, RECORDS = 5 };

struct model {
	int unread, records, from, to;
	MDB_env *env;
	MDB_dbi table;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
};

static void
need(int good, const char *what)
{
	if (!good)
		msg_diesys(LSV_TEMP, "unable to ", what);
}

static void
begin(struct model *m, const char *store)
{
	MDB_txn *txn;

	m->from = open("score/new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->to = open("route/new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(m->from >= 0 && m->to >= 0, "open score/new and route/new");
	need(mdb_env_create(&m->env) == 0 &&
		mdb_env_set_mapsize(m->env, MAP_SIZE) == 0 &&
		mdb_env_open(m->env, store, MDB_NOLOCK, 0600) == 0 &&
		mdb_txn_begin(m->env, NULL, 0, &txn) == 0 &&
		mdb_dbi_open(txn, NULL, 0, &m->table) == 0 &&
		mdb_txn_commit(txn) == 0,
	    "open the store");
	m->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	m->digest = EVP_MD_CTX_new();
	need(m->sha256 && m->digest, "use SHA-256");
}

static void
scan(struct model *m, unsigned char *sum, const char *name)
{
	static char step[STEP];
	ssize_t n;
	int fd = openat(m->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	need(fd >= 0 && EVP_DigestInit_ex(m->digest, m->sha256, NULL) == 1,
	    "open a file");
	while ((n = read(fd, step, sizeof step)) > 0)
		EVP_DigestUpdate(m->digest, step, (size_t)n);
	need(n == 0 && EVP_DigestFinal_ex(m->digest, sum, NULL) == 1,
	    "read a file");
	fio_close(fd);
}

/* What stands for a sum: spread like one, made of the name. */
static void
pretend(unsigned char *sum, const char *name)
{
	uint64_t h = 1;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0xbf58476d1ce4e5b9);
	for (unsigned i = 0; i < SUM; i++) {
		h = (h ^ h >> 29) * UINT64_C(0x94d049bb133111eb);
		sum[i] = (unsigned char)(h >> 56);
	}
}

/* Each record of a message is somewhere else, as the keys of lsv-score are. */
static void
record(struct model *m, MDB_txn *txn, const unsigned char *sum, char *name)
{
	unsigned char key[1 + SUM];
	MDB_val k = {sizeof key, key}, v = {strlen(name), name};

	for (int i = 0; i < m->records; i++) {
		key[0] = (unsigned char)i;
		for (unsigned j = 0; j < SUM; j++)
			key[1 + j] = sum[(j + (unsigned)i) % SUM];
		need(mdb_put(txn, m->table, &k, &v, 0) == 0, "record");
	}
}

static void
batch(struct model *m, char (*name)[ID_NAME_MAX], size_t n)
{
	unsigned char sum[SUM];
	MDB_txn *txn;
	size_t i;

	need(fsync(m->from) == 0, "make names durable");
	need(mdb_txn_begin(m->env, NULL, 0, &txn) == 0, "begin");
	for (i = 0; i < n; i++) {
		if (m->unread)
			pretend(sum, name[i]);
		else
			scan(m, sum, name[i]);
		record(m, txn, sum, name[i]);
	}
	need(mdb_txn_commit(txn) == 0, "make the record durable");
	for (i = 0; i < n; i++)
		need(renameat(m->from, name[i], m->to, name[i]) == 0,
		    "move a file");
	need(fsync(m->to) == 0, "make names durable");
}

int
main(int argc, char **argv)
{
	struct model m = {.records = RECORDS};
	struct names l;
	int c;

	msg_prog = "lsv-model";
	while ((c = getopt(argc, argv, "1n")) != -1) {
		m.unread |= c == 'n';
		m.records = c == '?' ? 0 : 1;
	}
	if (argc - optind != 2 || m.records == 0)
		msg_die(LSV_PERM, "usage: lsv-model [-1 | -n] spool store");
	need(chdir(argv[optind]) == 0, "use the spool");
	begin(&m, argv[optind + 1]);
	need(names_read(&l, m.from, INBOX_SCAN_MAX, NULL, NULL) == 0,
	    "read score/new");
	for (size_t i = 0; i < l.n; i += INBOX_BATCH)
		batch(&m, l.name + i,
		    l.n - i < INBOX_BATCH ? l.n - i : INBOX_BATCH);
	names_free(&l);
	return LSV_OK;
}
