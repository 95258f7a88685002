// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU's TCG that counts what the guest's instructions do to an adapter, so that any
 * driver is measured in the same way, and none is asked what it does.
 *
 * It takes commands on a Unix socket in the abstract namespace, by the name of "vgakms-writes-"
 * and QEMU's process ID.  Each is a line on a connection of its own, with hexadecimal numbers:
 *
 *   start RAM BAR SIZE REGISTERS SIZE	count, from 0, accesses to these
 *   stop				count no more, and answer with the counters
 *   blocks				answer with the bytes written to each block of 256 bytes of VRAM
 *
 * With the argument "programs=off" only the kernel's accesses are counted.  Programs then run
 * nearly as fast as without the plugin, which a desktop needs.  What they write to VRAM that a
 * driver has given to them is missed.
 *
 * VRAM is at RAM by the addresses that a plugin sees for memory (since QEMU 9 at the latest, the
 * guest's physical ones), and at BAR in the guest's physical ones.  The registers are only at the
 * latter.
 *
 * What is not seen: ports (in, out), which no callback for memory is for; and what QEMU itself
 * writes, such as a blitter's work, or the legacy window at a0000 unless it is simply VRAM.
 *
 * Each step of a "rep" instruction is an access, and an instruction, of its own, and one access of
 * 16 bytes is two of 8.  So bytes compare better than stores.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "qemu-plugin.h"

#define PAGE_SHIFT	12
#define BLOCK_SHIFT	8
#define MAX_VRAM	(512ul << 20)

/**
 * struct range - addresses
 * @start: the first one
 * @size: how many
 */
struct range {
	uint64_t start, size;
};

/**
 * struct counters - what was counted since the start
 * @stores: stores to VRAM
 * @bytes: the sum of their sizes
 * @pages: pages of VRAM with a store
 * @loads: loads from VRAM
 * @io_reads: loads from registers
 * @io_writes: stores to registers
 */
struct counters {
	atomic_ulong stores, bytes, pages, loads, io_reads, io_writes;
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* Whether to watch what programs do */
static bool programs = true;

/* The rest changes only while this is false. */
static atomic_bool counting;
static struct range ram, bar, registers;
static struct counters counters;
static atomic_bool touched[MAX_VRAM >> PAGE_SHIFT];
static atomic_ulong written[MAX_VRAM >> BLOCK_SHIFT];

static uint64_t instructions_at_start;

/* The translated code adds to this at all times.  With version 1 exact for one CPU only. */
#if QEMU_PLUGIN_VERSION == 1
static uint64_t executed;

static void count_instructions(struct qemu_plugin_tb *tb, size_t n)
{
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &executed, n);
}

static uint64_t instructions(void)
{
	return executed;
}
#else
static qemu_plugin_u64 executed;

static void count_instructions(struct qemu_plugin_tb *tb, size_t n)
{
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, QEMU_PLUGIN_INLINE_ADD_U64, executed,
							  n);
}

static uint64_t instructions(void)
{
	return qemu_plugin_u64_sum(executed);
}
#endif

static bool contains(const struct range *range, uint64_t address)
{
	return address - range->start < range->size;
}

static void count(atomic_ulong *counter, unsigned long number)
{
	atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

static void touch(uint64_t offset)
{
	if (!atomic_exchange_explicit(&touched[offset >> PAGE_SHIFT], true, memory_order_relaxed))
		count(&counters.pages, 1);
}

static void count_vram(qemu_plugin_meminfo_t info, uint64_t offset)
{
	unsigned int size = 1u << qemu_plugin_mem_size_shift(info);

	if (!qemu_plugin_mem_is_store(info)) {
		count(&counters.loads, 1);
		return;
	}

	count(&counters.stores, 1);
	count(&counters.bytes, size);
	count(&written[offset >> BLOCK_SHIFT], size);
	touch(offset);
	/* one that is not aligned may be to two pages */
	if (offset + size <= ram.size)
		touch(offset + size - 1);
}

/* Runs after each of the guest's accesses to memory: what is of no interest must end soon. */
static void on_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *unused)
{
	struct qemu_plugin_hwaddr *hwaddr;
	uint64_t address;

	(void)vcpu;
	(void)unused;
	if (!atomic_load_explicit(&counting, memory_order_acquire))
		return;

	/* A driver may hand VRAM to programs, so there is no telling by the virtual address. */
	hwaddr = qemu_plugin_get_hwaddr(info, vaddr);
	if (!hwaddr)
		return;

	address = qemu_plugin_hwaddr_phys_addr(hwaddr);
	if (!qemu_plugin_hwaddr_is_io(hwaddr)) {
		if (contains(&ram, address))
			count_vram(info, address - ram.start);
	} else if (contains(&registers, address)) {
		count(qemu_plugin_mem_is_store(info) ? &counters.io_writes : &counters.io_reads, 1);
	} else if (contains(&bar, address)) {
		/* cirrus-vga has modes where VRAM is not simply memory */
		count_vram(info, address - bar.start);
	}
}

/* A 64-bit Linux lives in the upper half of the addresses.  A 32-bit one is not recognized. */
static bool is_kernel(const struct qemu_plugin_tb *tb)
{
	return qemu_plugin_tb_vaddr(tb) >> 63;
}

static void translate(struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	count_instructions(tb, n);
	if (!programs && !is_kernel(tb))
		return;
	for (size_t i = 0; i < n; i++)
		qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access,
						 QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
}

#if QEMU_PLUGIN_VERSION < 7
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	translate(tb);
}

static void watch(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
}
#else
static void on_translation(struct qemu_plugin_tb *tb, void *unused)
{
	(void)unused;
	translate(tb);
}

static void watch(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation, NULL);
}
#endif

static bool start(const char *line)
{
	uint64_t vram, window, vram_size, io, io_size;

	if (sscanf(line, "start %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
		   &vram, &window, &vram_size, &io, &io_size) != 5 || vram_size > MAX_VRAM)
		return false;

	counting = false;
	ram = (struct range){ vram, vram_size };
	bar = (struct range){ window, vram_size };
	registers = (struct range){ io, io_size };
	memset(&counters, 0, sizeof(counters));
	memset(touched, 0, sizeof(touched));
	memset(written, 0, sizeof(written));
	instructions_at_start = instructions();
	counting = true;
	return true;
}

static void tell_blocks(int client)
{
	FILE *answer = fdopen(dup(client), "w");

	if (!answer)
		return;
	for (uint64_t block = 0; block < ram.size >> BLOCK_SHIFT; block++)
		fprintf(answer, "%lx ", written[block]);
	fputc('\n', answer);
	fclose(answer);
}

static void obey(const char *line, int client)
{
	if (!strcmp(line, "stop\n")) {
		counting = false;
		dprintf(client, "stores=%lu bytes=%lu pages=%lu loads=%lu io_reads=%lu io_writes=%lu "
			"insns=%" PRIu64 "\n", counters.stores, counters.bytes, counters.pages,
			counters.loads, counters.io_reads, counters.io_writes,
			instructions() - instructions_at_start);
	} else if (!strcmp(line, "blocks\n")) {
		tell_blocks(client);
	} else {
		dprintf(client, "%s\n", start(line) ? "ok" : "error");
	}
}

static void *serve(void *listener)
{
	char line[128];
	FILE *client;
	int fd;

	for (;;) {
		fd = accept((int)(intptr_t)listener, NULL, NULL);
		client = fd < 0 ? NULL : fdopen(fd, "r");
		if (!client) {
			perror("writes: accept");
			return NULL;
		}
		if (fgets(line, sizeof(line), client))
			obey(line, fd);
		fclose(client);
	}
}

/* No file: nothing to choose a folder for, or to clean up */
static int listen_for_commands(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			      "vgakms-writes-%d", getpid());
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&address,
			     offsetof(struct sockaddr_un, sun_path) + 1 + length) && !listen(fd, 1))
		return fd;
	perror("writes: socket");
	return -1;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	sigset_t all, before;
	pthread_t thread;
	int fd, err;

	(void)info;
	if (argc > 1 || (argc && strcmp(argv[0], "programs=off"))) {
		fprintf(stderr, "writes: what is %s?\n", argv[argc - 1]);
		return -1;
	}
	programs = !argc;

	fd = listen_for_commands();
	if (fd < 0)
		return -1;

	/* QEMU's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -1;

#if QEMU_PLUGIN_VERSION > 1
	executed.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
#endif
	watch(id);
	return 0;
}
