// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the flush costs on this processor, in relation to what Linux' own drivers do: copy each
 * line as it is, or convert it pixel by pixel.
 *
 * Two pictures take turns, 60 times a second by a clock that this program makes up.  Some
 * frames of that are a run, their mean a result, and what is printed is the median of some
 * runs, which take turns with those of the baseline: a JSON list, an object a line.
 *
 * The same memory is used over and over, so that it is in the caches as far as it fits.  "cold"
 * means that something else was in them before each frame.  Pages have 4 KiB, as the kernel's
 * mappings.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "baseline.h"
#include "frame.h"

#define FRAMES		26	/* one time that a line is held, and its release */
#define ROUNDS		5

struct picture {
	u32 width, height, cpp;
	u32 *client[2];
	void *vram, *baseline;
	struct shadow_frame *frame;
	u32 frames, now;	/* how many there were, and the clock in ms */
	bool cold;
};

static u32 seed = 1;

static u32 noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static void fill(struct picture *p, u32 client, u32 x, u32 y, u32 width, u32 height, bool random)
{
	u32 i, j;

	for (j = y; j < y + height; j++)
		for (i = x; i < x + width; i++)
			p->client[client][(size_t)j * p->width + i] = random ? noise() : 0x303030;
}

/*
 * Sequences: how the second picture differs from the first
 */

static void still(struct picture *p)
{
	(void)p;
}

static void character(struct picture *p)
{
	fill(p, 1, 64, 64, 8, 16, true);
}

static void lines(struct picture *p)
{
	fill(p, 1, 0, p->height / 2, p->width, p->height / 20, true);
}

/* A page of letters, a line of text further on in the second one */
static void text(struct picture *p)
{
	u32 client, row, column;

	for (client = 0; client < 2; client++) {
		fill(p, client, 0, 0, p->width, p->height, false);
		for (row = 0; row < p->height / 16; row++)
			for (column = 0; column < (row + client) * 37 % 100 && column < p->width / 8; column++)
				if ((row + client + column) % 6)
					fill(p, client, column * 8 + 1, row * 16 + 2, 6, 11, true);
	}
}

static void window(struct picture *p)
{
	u32 client;

	for (client = 0; client < 2; client++) {
		fill(p, client, 0, 0, p->width, p->height, false);
		fill(p, client, 100 + client * 8, 100 + client * 8, p->width / 3, p->height / 3, true);
	}
}

static void video(struct picture *p)
{
	fill(p, 1, 0, 0, p->width, p->height, true);
}

static void small_video(struct picture *p)
{
	fill(p, 1, p->width / 4, p->height / 4, p->width / 2, p->height / 2, true);
}

/*
 * What is timed
 */

/* All widths here are multiples of 8. */
static struct shadow_layout layout_of(u32 width, u32 height, u32 cpp)
{
	return (struct shadow_layout) {
		.width = width, .height = height, .pitch = width * cpp, .cpp = cpp,
	};
}

static void flush_lines(struct picture *p, const u32 *client)
{
	struct shadow_stats stats = { 0 };
	struct shadow_target to = { .cpp = p->cpp, .dither = true };
	struct shadow_source src = { .pixels = client, .pitch = p->width * 4, .cpp = 4 };
	u32 y, count;

	for (y = 0; y < p->height; y += count) {
		to.y = y;
		to.lines = p->height - y;
		to.vram = p->vram + (size_t)y * p->frame->padded_width * p->cpp;
		count = shadow_flush_lines(p->frame, &to, &src, 0, p->width, p->now, &stats);
	}
}

static void flush(struct picture *p, const u32 *client)
{
	p->now = p->frames++ * 1000ull / 60;
	flush_lines(p, client);
}

static void upload(struct picture *p, const u32 *client)
{
	struct shadow_layout layout = layout_of(p->width, p->height, p->cpp);

	shadow_frame_init(p->frame, &layout, p->now);
	flush_lines(p, client);
}

static void in_tree(struct picture *p, const u32 *client)
{
	size_t pitch = (size_t)p->width * p->cpp;
	u32 y;

	for (y = 0; y < p->height; y++)
		baseline_line(p->baseline + y * pitch, client + (size_t)y * p->width, p->width, p->cpp);
}

/*
 * The limits: what can be done to as many bytes at best
 */

static volatile u64 limit_result;

static void load_two_streams(struct picture *p, const u32 *client)
{
	size_t size = (size_t)p->width * p->height / 2, i;
	const u64 *a = (const void *)client, *b = (const void *)p->frame->pixels;
	u64 differs[4] = { 0 };

	for (i = 0; i + 8 <= size; i += 8) {
		differs[0] |= (a[i] ^ b[i]) | (a[i + 1] ^ b[i + 1]);
		differs[1] |= (a[i + 2] ^ b[i + 2]) | (a[i + 3] ^ b[i + 3]);
		differs[2] |= (a[i + 4] ^ b[i + 4]) | (a[i + 5] ^ b[i + 5]);
		differs[3] |= (a[i + 6] ^ b[i + 6]) | (a[i + 7] ^ b[i + 7]);
	}
	limit_result = differs[0] | differs[1] | differs[2] | differs[3];
}

static void libc_memcmp(struct picture *p, const u32 *client)
{
	limit_result = memcmp(client, p->frame->pixels, (size_t)p->width * p->height * 4);
}

/* in parentheses, it is not the macro that stands for the kernel's */
static void libc_memcpy(struct picture *p, const u32 *client)
{
	(memcpy)(p->vram, client, (size_t)p->width * p->height * 4);
}

static void libc_memset(struct picture *p, const u32 *client)
{
	(memset)(p->vram, client[0], (size_t)p->width * p->height * 4);
}

static const struct limit {
	const char *name;
	void (*work)(struct picture *p, const u32 *client);
} limits[] = {
	{ "limit: two streams of 64-bit loads", load_two_streams },
	{ "limit: libc's memcmp", libc_memcmp },
	{ "limit: libc's memcpy", libc_memcpy },
	{ "limit: libc's memset", libc_memset },
};

/*
 * Time
 */

static double us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void empty_caches(void)
{
	static size_t size;
	static u8 *other;
	size_t i;

	if (!other) {
		size = 2 * sysconf(_SC_LEVEL3_CACHE_SIZE);
		if (size < 64u << 20)
			size = 64u << 20;
		other = malloc(size);
	}
	for (i = 0; other && i < size; i += 64)
		other[i]++;
}

/* A run: the mean of its frames, in us */
static double run(struct picture *p, u32 every, void (*work)(struct picture *, const u32 *))
{
	u32 i, frames = FRAMES * every;
	double sum = 0, start;

	for (i = 0; i < frames; i++) {
		if (p->cold)
			empty_caches();
		start = us();
		work(p, p->client[i / every % 2]);
		sum += us() - start;
	}
	return sum / frames;
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static void measure(struct picture *p, const char *name, u32 every,
		    void (*work)(struct picture *, const u32 *))
{
	double ours[ROUNDS], baseline[ROUNDS];
	static bool later;
	int round;

	/* the first round is for the caches and the processor's clock */
	for (round = -1; round < ROUNDS; round++) {
		ours[round < 0 ? 0 : round] = run(p, every, work);
		baseline[round < 0 ? 0 : round] = run(p, every, in_tree);
	}
	printf("%s{\"sequence\": \"%s%s\", \"width\": %u, \"height\": %u, \"bpp\": %u, \"us\": %.1f, "
	       "\"baseline_us\": %.1f, \"ratio\": %.3f}", later ? ",\n" : "[\n", name,
	       p->cold ? ", cold" : "", p->width, p->height, p->cpp * 8, median(ours),
	       median(baseline), median(ours) / median(baseline));
	fflush(stdout);
	later = true;
}

static const struct sequence {
	const char *name;
	void (*draw)(struct picture *p);
	u32 every;	/* how many frames each picture is shown */
	bool cold;	/* worth a look without caches */
} sequences[] = {
	{ "still", still, 1, true },
	{ "one character", character, 1, false },
	{ "5 % of the lines", lines, 1, false },
	{ "text scrolls", text, 1, false },
	{ "a window moves", window, 1, false },
	{ "video", video, 1, true },
	{ "video in a quarter", small_video, 1, false },
	{ "video, each frame twice", video, 2, false },
};

static void measure_sequence(struct picture *p, const struct sequence *sequence)
{
	size_t size = (size_t)p->width * p->height * 4;

	seed = 1;
	fill(p, 0, 0, 0, p->width, p->height, true);
	memcpy(p->client[1], p->client[0], size);
	sequence->draw(p);
	upload(p, p->client[1]);
	p->frames += 600;
	measure(p, sequence->name, sequence->every, flush);
	if (sequence->cold && p->cpp == 4 && p->width < 3000) {
		p->cold = true;
		measure(p, sequence->name, sequence->every, flush);
		p->cold = false;
	}
}

static void measure_limits(struct picture *p)
{
	u32 i;

	memcpy(p->client[1], p->client[0], (size_t)p->width * p->height * 4);
	upload(p, p->client[1]);
	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		measure(p, limits[i].name, 1, limits[i].work);
}

/* Addresses differ in what the caches sort them by. */
static void *pages(size_t size)
{
	static size_t stagger;
	u8 *memory = mmap(NULL, size + (1 << 20), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	madvise(memory, size + (1 << 20), MADV_NOHUGEPAGE);
	stagger = (stagger + 4096 + 512) % (1 << 19);
	memset(memory, 1, size + (1 << 20));
	return memory + stagger / 64 * 64;
}

static void measure_size(u32 width, u32 height, u32 cpp)
{
	struct shadow_layout layout = layout_of(width, height, cpp);
	size_t size = (size_t)width * height * 4;
	struct picture p = {
		.width = width, .height = height, .cpp = cpp,
		.client = { pages(size), pages(size) },
		.vram = pages(size), .baseline = pages(size),
		.frame = pages(shadow_frame_size(&layout)),
	};
	u32 i;

	for (i = 0; i < sizeof(sequences) / sizeof(*sequences); i++)
		measure_sequence(&p, &sequences[i]);
	if (cpp == 4)
		measure_limits(&p);
}

int main(void)
{
	static const struct { u32 width, height; } sizes[] = {
		{ 1024, 768 }, { 1920, 1080 }, { 3840, 2160 },
	};
	u32 i, cpp;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (cpp = 4; cpp >= 2; cpp--)
			measure_size(sizes[i].width, sizes[i].height, cpp);
	printf("\n]\n");
	return 0;
}
