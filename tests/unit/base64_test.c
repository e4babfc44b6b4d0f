#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base64.h"

/* RFC 4648 section 10 */
static const struct {
	const char *text, *code;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe\xfb", "//77"},
};

static void
encodes_and_decodes_the_vectors_of_the_standard(void **state)
{
	char out[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		size_t len = strlen(vectors[i].text);

		n = base64_put(out, vectors[i].text, len);
		assert_int_equal(n, strlen(vectors[i].code));
		assert_int_equal(n, BASE64_LEN(len));
		assert_memory_equal(out, vectors[i].code, n);
		assert_int_equal(base64_get(out, &n, len, vectors[i].code,
				     strlen(vectors[i].code)),
		    0);
		assert_int_equal(n, len);
		assert_memory_equal(out, vectors[i].text, n);
	}
}

static void
brings_back_every_byte(void **state)
{
	unsigned char in[256], back[256];
	char out[BASE64_LEN(256)];
	size_t i, n;

	(void)state;
	for (i = 0; i < 256; i++)
		in[i] = (unsigned char)(255 - i);
	for (i = 0; i <= 256; i++) {
		n = base64_put(out, in, i);
		assert_int_equal(base64_get(back, &n, i, out, n), 0);
		assert_int_equal(n, i);
		assert_memory_equal(in, back, n);
	}
}

static void
refuses_what_is_not_base64(void **state)
{
	static const char *const bad[] = {"Z", "Zg",
	    "Zg=", "Zg===", "====", "Z===", "Zg==Zg==", "Zm=v", "Zm9 ", " Zm9",
	    "Zm9v\n", "Zm9-", "Zh==", "Zm9=", "\xc3\xa4zz"};
	char out[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(
		    base64_get(out, &n, sizeof(out), bad[i], strlen(bad[i])),
		    -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(base64_get(out, &n, sizeof(out), "Zm\0v", 4), -1);
}

static void
writes_no_more_than_there_is_room(void **state)
{
	char out[8] = "1234567";
	size_t n;

	(void)state;
	assert_int_equal(base64_get(out, &n, 2, "Zm9v", 4), -1);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(out + 2, "34567");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encodes_and_decodes_the_vectors_of_the_standard),
	    cmocka_unit_test(brings_back_every_byte),
	    cmocka_unit_test(refuses_what_is_not_base64),
	    cmocka_unit_test(writes_no_more_than_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
