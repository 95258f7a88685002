/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The language of kms: words in, answers out.
 *
 * An answer is any number of info lines, each of which begins with a blank,
 * and then one line that begins with "ok" or "err".
 */
#ifndef TESTS_GUEST_WORDS_H
#define TESTS_GUEST_WORDS_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* As in the kernel: a callback need not look at all that it is given. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/**
 * struct words - a command
 * @count: number of words, which begin with the name of the command
 * @word: the words
 * @options: what follows them, each "key=value", ended by NULL
 */
struct words {
	int count;
	char **word;
	char **options;
};

/* What a handler returns for words it cannot parse; never an errno. */
#define BAD_SYNTAX	1

static char result_text[256];	/* follows "ok" */
static const char *failed_step;	/* follows "err NAME" */

__attribute__((format(printf, 1, 2)))
static void info(const char *format, ...)
{
	va_list args;

	putchar(' ');
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Append to what the final line tells. */
__attribute__((format(printf, 1, 2)))
static void result(const char *format, ...)
{
	size_t used = strlen(result_text);
	va_list args;

	va_start(args, format);
	vsnprintf(result_text + used, sizeof(result_text) - used, format, args);
	va_end(args);
}

static int fail(int error, const char *step)
{
	failed_step = step;
	return -error;
}

/*
 * Judge the return value of libdrm or of the C library.  Some of libdrm's
 * functions return a negative errno, others -1 and errno.
 */
static int check(int ret, const char *step)
{
	if (ret >= 0)
		return 0;
	return fail(ret == -1 ? errno : -ret, step);
}

static bool parse_number(const char *word, int64_t min, int64_t max,
			 int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(word, &end, 0);
	return end != word && !*end && !errno && *number >= min && *number <= max;
}

static bool parse_u32(const char *word, uint32_t *number)
{
	int64_t wide;

	if (!parse_number(word, 0, UINT32_MAX, &wide))
		return false;
	*number = wide;
	return true;
}

static bool parse_u64(const char *word, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(word, &end, 0);
	return end != word && !*end && !errno;
}

/* Exactly @count numbers, separated by commas and ended by @stop. */
static bool parse_list(const char **text, int64_t *numbers, int count,
		       const char *stop)
{
	for (int i = 0; i < count; i++) {
		const char *ends = i < count - 1 ? "," : stop;
		char *end;

		errno = 0;
		numbers[i] = strtoll(*text, &end, 0);
		if (end == *text || errno || !strchr(ends, *end))
			return false;
		*text = *end ? end + 1 : end;
	}
	return true;
}

/* The value of option @key, or NULL. */
static const char *option(const struct words *w, const char *key)
{
	size_t len = strlen(key);

	for (char **o = w->options; *o; o++)
		if (!strncmp(*o, key, len) && (*o)[len] == '=')
			return *o + len + 1;
	return NULL;
}

/* Leaves @number alone where the option is absent. */
static bool option_u32(const struct words *w, const char *key, uint32_t *number)
{
	const char *value = option(w, key);

	return !value || parse_u32(value, number);
}

#endif
