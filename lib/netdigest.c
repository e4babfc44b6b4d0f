#include "lib/netdigest.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/netdir.h"

enum { CHUNK = 65536 }; /* bytes read at a time */

static int
add(EVP_MD_CTX *sum, const void *p, size_t len)
{
	if (EVP_DigestUpdate(sum, p, len))
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
add_bytes(EVP_MD_CTX *sum, int fd, uint64_t *bytes)
{
	char buf[CHUNK];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0) {
		*bytes += (uint64_t)n;
		if (add(sum, buf, (size_t)n) < 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

/* One file. Its length stands before it, so that no two directories are alike
 * by where one file ends and the next begins; what is still being written is
 * another file when it is read again. */
static int
add_file(EVP_MD_CTX *sum, int dir, const char *name, const char *table,
    uint64_t *bytes)
{
	struct stat st;
	uint64_t size;
	int fd, r = -1;

	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		goto done;
	size = htole64((uint64_t)st.st_size);
	if (add(sum, table, strlen(table) + 1) < 0 ||
	    add(sum, &size, sizeof size) < 0 || add_bytes(sum, fd, bytes) < 0)
		goto done;
	r = 0;
done:
	fio_close(fd);
	return r;
}

/* The files of one name, whatever their case. */
static int
add_table(EVP_MD_CTX *sum, DIR *d, const char *table, uint64_t *bytes)
{
	struct dirent *e;

	rewinddir(d);
	while (errno = 0, (e = readdir(d)))
		if (strcasecmp(e->d_name, table) == 0 &&
		    add_file(sum, dirfd(d), e->d_name, table, bytes) < 0)
			return -1;
	return errno ? -1 : 0;
}

static int
add_tables(EVP_MD_CTX *sum, DIR *d, uint64_t *bytes)
{
	const char *table;

	if (!EVP_DigestInit_ex(sum, EVP_sha256(), NULL)) {
		errno = ENOMEM;
		return -1;
	}
	for (unsigned i = 0; (table = network_table(i)); i++)
		if (add_table(sum, d, table, bytes) < 0)
			return -1;
	return 0;
}

int
netdigest(char out[NETDIGEST_LEN + 1], const char *dir, uint64_t *bytes)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *sum = EVP_MD_CTX_new();
	DIR *d = opendir(dir);
	uint64_t all = 0;
	int i, e, r = -1;

	if (d && !sum)
		errno = ENOMEM;
	if (d && sum && add_tables(sum, d, &all) == 0 &&
	    EVP_DigestFinal_ex(sum, hash, NULL)) {
		for (i = 0; i < NETDIGEST_LEN / 2; i++)
			snprintf(out + (size_t)i * 2, 3, "%02x", hash[i]);
		if (bytes)
			*bytes = all;
		r = 0;
	}
	e = errno;
	if (d)
		closedir(d);
	EVP_MD_CTX_free(sum);
	errno = e;
	return r;
}
