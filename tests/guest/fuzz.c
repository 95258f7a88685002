// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz - hurl random but structured calls at a KMS device
 *
 *	fuzz CARD SEED CALLS [PROCESSES [KIND...]]
 *
 * CARD is the path of a device, or the name of a driver; CALLS is how many calls
 * the PROCESSES make together.  If KINDs are named, calls are of these only.
 *
 * Most calls begin with one that is right and then spoil some of it, since what
 * is all wrong never gets far.  And enough of them stay right that pictures are
 * really shown.  What a call does follows from the seed, the process and the
 * number of the call; what becomes of it also depends on the other processes.
 *
 * If the device vanishes the fuzzer waits for its return: the adapter may be
 * unbound and bound again meanwhile.  The last line tells how many calls there
 * were and how many of them succeeded, of each kind.  FUZZ_LOG in the environment
 * names a file that tells of each call, before and after it; for /dev/kmsg the
 * kernel needs printk.devkmsg=on.
 */

#define _GNU_SOURCE	/* memfd_create, strerrorname_np */

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Not all of what these offer is needed here. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "fuzz-calls.h"
#include "fuzz-client.h"
#include "random.h"

#define MAX_PROCESSES	16

static int call_log = -1;

/*
 * Calls
 */

/**
 * struct kind - a kind of calls
 * @name: as in the report
 * @share: how often it is made, compared with the others
 * @where: which files it may go to, and whether these have to be masters: a
 *	client that is none is refused before anything interesting happens
 * @fuzz: makes one call; returns 0 or a negative errno
 */
static const struct kind {
	const char *name;
	unsigned int share;
	enum { ANY_FILE, MASTERS, CARD } where;
	int (*fuzz)(void);
} kinds[] = {
	{ "show", 20, MASTERS, fuzz_show },
	{ "badmode", 20, MASTERS, fuzz_badmode },
	{ "flip", 40, MASTERS, fuzz_flip },
	{ "atomic", 120, MASTERS, fuzz_atomic },
	{ "setcrtc", 20, MASTERS, fuzz_setcrtc },
	{ "pageflip", 20, MASTERS, fuzz_pageflip },
	{ "setplane", 20, MASTERS, fuzz_setplane },
	{ "setproperty", 20, MASTERS, fuzz_setproperty },
	{ "dirtyfb", 40, MASTERS, fuzz_dirtyfb },
	{ "gamma", 5, MASTERS, fuzz_gamma },
	{ "cursor", 5, MASTERS, fuzz_cursor },
	{ "addfb", 10, ANY_FILE, fuzz_addfb },
	{ "addfb2", 40, ANY_FILE, fuzz_addfb2 },
	{ "rmfb", 10, ANY_FILE, fuzz_rmfb },
	{ "closefb", 10, ANY_FILE, fuzz_closefb },
	{ "getfb", 5, ANY_FILE, fuzz_getfb },
	{ "dumb", 20, CARD, fuzz_dumb },
	{ "destroy", 10, ANY_FILE, fuzz_destroy },
	{ "map", 10, CARD, fuzz_map },
	{ "export", 10, CARD, fuzz_export },
	{ "import", 10, CARD, fuzz_import },
	{ "udmabuf", 10, CARD, fuzz_udmabuf },
	{ "blob", 40, CARD, fuzz_blob },
	{ "unblob", 10, ANY_FILE, fuzz_unblob },
	{ "lease", 10, MASTERS, fuzz_lease },
	{ "revoke", 15, MASTERS, fuzz_revoke },
	{ "lessees", 3, MASTERS, fuzz_lessees },
	{ "getlease", 3, MASTERS, fuzz_getlease },
	{ "vblank", 20, ANY_FILE, fuzz_vblank },
	{ "sequence", 20, ANY_FILE, fuzz_sequence },
	{ "probe", 3, CARD, fuzz_probe },
	{ "getobject", 10, ANY_FILE, fuzz_getobject },
	{ "getproperties", 5, ANY_FILE, fuzz_getproperties },
	{ "getblob", 5, ANY_FILE, fuzz_getblob },
	{ "capability", 5, ANY_FILE, fuzz_capability },
	{ "master", 30, ANY_FILE, fuzz_master },
	{ "drop", 12, ANY_FILE, fuzz_drop },
	{ "reopen", 2, CARD, fuzz_reopen },
};

static bool wanted[ARRAY_SIZE(kinds)];

/* What all processes count together. */
static struct report {
	uint32_t calls[ARRAY_SIZE(kinds)], successes[ARRAY_SIZE(kinds)];
	uint32_t events, losses;
} *report;

static void count(uint32_t *counter, uint32_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static const struct kind *any_kind(void)
{
	const struct kind *k;
	uint32_t total = 0, n;

	for (k = kinds; k < kinds + ARRAY_SIZE(kinds); k++)
		total += wanted[k - kinds] ? k->share : 0;
	n = below(total);
	for (k = kinds; !wanted[k - kinds] || n >= k->share; k++)
		n -= wanted[k - kinds] ? k->share : 0;
	return k;
}

static void choose_file(const struct kind *k)
{
	int lease = any(LEASES);

	fd = card->fd;
	if (k->where != CARD && lease >= 0 && one_in(4))
		fd = lease;
}

/* Leases are masters of their own, but only as long as the lessor is one. */
static bool may_call(const struct kind *k)
{
	return k->where != MASTERS || master || one_in(16);
}

static const struct kind *choose_call(void)
{
	const struct kind *k;
	int tries = 0;

	do {
		k = any_kind();
		choose_file(k);
	} while (!may_call(k) && ++tries < 100);
	return k;
}

static void read_events(int file)
{
	static uint8_t events[4096];
	ssize_t length = read(file, events, sizeof(events));
	const struct drm_event *event;

	for (ssize_t at = 0; at < length; at += event->length) {
		event = (const void *)(events + at);
		count(&report->events, 1);
	}
}

/* Not after each call: a queue may well be full now and then. */
static void read_all_events(void)
{
	if (!one_in(4))
		return;
	read_events(card->fd);
	for (int i = 0; i < RING; i++)
		if (things[LEASES].item[i] >= 0)
			read_events(things[LEASES].item[i]);
}

/* Returns false if the card is gone for good. */
static bool recover(int ret)
{
	if (card && (ret != -ENODEV || !card_is_gone()))
		return true;
	count(&report->losses, 1);
	close_all();
	return open_all();
}

static bool fuzz_once(uint32_t process, uint32_t number)
{
	const struct kind *k = choose_call();
	int ret;

	/* Who is no master has little to do, and shall not be the first to finish. */
	if (!master)
		poll(NULL, 0, 2);
	if (call_log >= 0)
		dprintf(call_log, "fuzz: process %u call %u: %s%s\n", process, number, k->name,
			fd == card->fd ? "" : " by lease");
	ret = k->fuzz();
	if (call_log >= 0)
		dprintf(call_log, "fuzz: process %u call %u: %s\n", process, number,
			strerrorname_np(-ret));
	count(&report->calls[k - kinds], 1);
	if (!ret)
		count(&report->successes[k - kinds], 1);
	if (card)
		read_all_events();
	return recover(ret);
}

/* Returns the exit status of the process. */
static int fuzz(uint64_t seed, uint32_t process, uint32_t calls)
{
	for (uint32_t number = 0; number < calls; number++) {
		seed_random(seed, process, number);
		if (!fuzz_once(process, number)) {
			fprintf(stderr, "fuzz: process %u, call %u: the card is gone: %s\n",
				process, number, failed_step);
			return EXIT_FAILURE;
		}
	}
	close_all();
	return EXIT_SUCCESS;
}

/*
 * Processes.  The first is the one that was started, and opens the card before
 * the others, so that it is the first master.
 */

static pid_t start_process(uint64_t seed, uint32_t process, uint32_t calls)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_all();
	_exit(open_all() ? fuzz(seed, process, calls) : EXIT_FAILURE);
}

/* Returns how many of the children did not end as they should. */
static int wait_for_all(void)
{
	int status, failures = 0;
	pid_t pid;

	while ((pid = wait(&status)) > 0) {
		if (!status)
			continue;
		fprintf(stderr, "fuzz: process %d ended with wait status %#x\n", pid, status);
		failures++;
	}
	return failures;
}

static void show_report(uint64_t seed)
{
	uint32_t calls = 0, successes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		calls += report->calls[i];
		successes += report->successes[i];
	}
	printf("seed=%llu calls=%u succeeded=%u events=%u losses=%u",
	       (unsigned long long)seed, calls, successes, report->events, report->losses);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		printf(" %s=%u/%u", kinds[i].name, report->successes[i], report->calls[i]);
	putchar('\n');
}

static bool want_kinds(char **names)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		wanted[i] = !*names;
	for (; *names; names++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, *names))
			i++;
		if (i == ARRAY_SIZE(kinds))
			return false;
		wanted[i] = true;
	}
	return true;
}

static void prepare(void)
{
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (getenv("FUZZ_LOG"))
		call_log = open(getenv("FUZZ_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	for (enum things kind = 0; kind < THINGS; kind++)
		memset(things[kind].item, 0xff, sizeof(things[kind].item));
}

static int run(uint64_t seed, uint32_t calls, uint32_t processes)
{
	int failures;

	printf("seed=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	if (!open_all()) {
		fprintf(stderr, "fuzz: cannot open %s: %s\n", card_name, failed_step);
		return EXIT_FAILURE;
	}
	for (uint32_t process = 1; process < processes; process++)
		start_process(seed, process, calls / processes);
	failures = fuzz(seed, 0, calls / processes);
	failures += wait_for_all();
	show_report(seed);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int64_t calls, processes = 1;
	uint64_t seed;

	if (argc < 4 || !parse_u64(argv[2], &seed) ||
	    !parse_number(argv[3], 1, INT32_MAX, &calls) ||
	    (argc > 4 && !parse_number(argv[4], 1, MAX_PROCESSES, &processes)) ||
	    !want_kinds(argv + (argc > 4 ? 5 : 4))) {
		fprintf(stderr, "usage: fuzz CARD SEED CALLS [PROCESSES [KIND...]]\n");
		return EXIT_FAILURE;
	}
	card_name = argv[1];
	prepare();
	return run(seed, calls, processes);
}
