/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process of the fuzzer has: an open card, a pool of framebuffers for it,
 * leases of it, and the things that it made and destroyed lately.
 */
#ifndef TESTS_GUEST_FUZZ_CLIENT_H
#define TESTS_GUEST_FUZZ_CLIENT_H

#include <poll.h>
#include <time.h>

#include "buffer.h"
#include "card.h"
#include "random.h"

#define REOPEN_MS	30000	/* how long the device may be away */
#define RING		8
#define NOTHING		-1ull	/* in place of a number, where there is nothing to choose from */
#define MAX_KNOBS	64

static const char *card_name;
static int fd;			/* the card, or a lease of it: where the next call goes */
static bool master;		/* whether the card itself takes calls that change the screen */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/*
 * Things that a client has: the latest few of each.  A thing that is pushed out
 * is released.  One that was destroyed on purpose stays, to be used once more,
 * but for file descriptors: their numbers are soon those of other files.
 */

enum things {
	HANDLES,	/* of memory */
	FRAMEBUFFERS,
	MODES,		/* blobs, and so are the next two */
	CLIPS,
	JUNK,
	LESSEES,	/* what the kernel calls the leases */
	LEASES,		/* their file descriptors */
	DMABUFS,	/* file descriptors, too */
	FENCES,
	THINGS,
};

static struct {
	int64_t item[RING];
	unsigned int next;
} things[THINGS];

static bool is_file(enum things kind)
{
	return kind >= LEASES;
}

static void release_thing(enum things kind, int64_t item)
{
	if (item < 0)
		return;
	if (kind == HANDLES)
		drmCloseBufferHandle(card->fd, item);
	else if (kind == FRAMEBUFFERS)
		drmModeRmFB(card->fd, item);
	else if (kind == MODES || kind == CLIPS || kind == JUNK)
		drmModeDestroyPropertyBlob(card->fd, item);
	else if (is_file(kind))
		close(item);
}

static void keep(enum things kind, int64_t item)
{
	int64_t *slot = &things[kind].item[things[kind].next++ % RING];

	release_thing(kind, *slot);
	*slot = item;
}

static int64_t *find_any(enum things kind)
{
	int64_t *item = things[kind].item;
	uint32_t first = below(RING);

	for (uint32_t i = first; i < first + RING; i++)
		if (item[i % RING] >= 0)
			return &item[i % RING];
	return item;
}

static uint64_t any(enum things kind)
{
	return *find_any(kind);
}

static void close_any(enum things kind)
{
	int64_t *file = find_any(kind);

	release_thing(kind, *file);
	*file = -1;
}

/* After the card was closed, or if nothing was ever kept. */
static void forget(enum things kind)
{
	for (int i = 0; i < RING; i++) {
		if (is_file(kind))
			release_thing(kind, things[kind].item[i]);
		things[kind].item[i] = -1;
	}
}

/*
 * The pool: framebuffers in card->buffers that are right for a picture.
 */

static const struct {
	uint32_t width, height, pitch, offset;
	bool foreign;	/* memory that is not the card's */
} pool[] = {
	{ 640, 480, 0, 0, false },
	{ 800, 600, 0, 0, true },
	{ 1024, 768, 0, 0, false },
	{ 1024, 768, 4096, 0, true },
	{ 1366, 768, 0, 0, false },
	{ 1280, 1024, 5125, 0, false },
	{ 1601, 901, 6500, 77, false },
	{ 1920, 1080, 0, 0, false },
	{ 4096, 1100, 0, 0, false },	/* larger than all of VRAM */
};

static void fill_pool(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pool); i++) {
		struct buffer *b = &card->buffers[i];

		*b = (struct buffer){
			.width = pool[i].width, .height = pool[i].height,
			.pitch = pool[i].pitch, .offset = pool[i].offset,
			.format = DRM_FORMAT_XRGB8888,
		};
		if (pool[i].foreign) {
			b->pitch = b->width * 4;
			import_udmabuf(card->fd, b);
		} else {
			create_buffer(card->fd, b, NULL);
		}
	}
}

static struct buffer *any_buffer(void)
{
	return &card->buffers[below(ARRAY_SIZE(pool))];
}

/* Draws something, so that there is a change to show. */
static void scribble(struct buffer *b)
{
	struct picture picture = { .kind = PICTURE_PATTERN, .seed = random_number() };
	struct rect rect;

	if (!b->map)
		return;
	rect.x = below(b->width);
	rect.y = below(b->height);
	rect.w = between(1, b->width - rect.x);
	rect.h = between(1, b->height - rect.y < 16 ? b->height - rect.y : 16);
	fill_buffer(b, &picture, &rect);
}

/*
 * What properties there are, and what they take
 */

static struct knob {
	uint32_t object, type, property, flags;
	uint64_t value[8];
	int count;
	enum things takes;	/* THINGS: numbers */
	bool is_fence_pointer;
} knobs[MAX_KNOBS];

static unsigned int knob_count;

static enum things things_for(const char *name)
{
	if (!strcmp(name, "FB_ID"))
		return FRAMEBUFFERS;
	if (!strcmp(name, "MODE_ID"))
		return MODES;
	if (!strcmp(name, "FB_DAMAGE_CLIPS"))
		return CLIPS;
	return strcmp(name, "IN_FENCE_FD") ? THINGS : FENCES;
}

static int note_knob(struct card *c, enum object object, drmModePropertyRes *p,
		     uint64_t value, void *context)
{
	struct knob *k = &knobs[knob_count];

	if (knob_count == MAX_KNOBS)
		return 1;
	*k = (struct knob){
		.object = c->object[object],
		.type = object_types[object].type,
		.property = p->prop_id,
		.flags = p->flags,
		.takes = things_for(p->name),
		.is_fence_pointer = !strcmp(p->name, "OUT_FENCE_PTR"),
	};
	k->value[k->count++] = value;
	for (int i = 0; i < p->count_values && k->count < (int)ARRAY_SIZE(k->value); i++)
		k->value[k->count++] = p->values[i];
	knob_count++;
	return 0;
}

/* Rarely one that cannot be turned. */
static const struct knob *any_knob(void)
{
	const struct knob *k = knobs;

	for (int tries = 0; tries < 8; tries++) {
		k = &knobs[knob_count ? below(knob_count) : 0];
		if (!(k->flags & DRM_MODE_PROP_IMMUTABLE))
			break;
	}
	return k;
}

/*
 * Opening the card
 */

/* It may have another path each time. */
static int open_named_card(void)
{
	return strchr(card_name, '/') ? open_card(card_name) : open_driver_card(card_name, 0);
}

/*
 * Dmabufs outlive the card that they are from: its successor may get them.
 * Fences had better not.  Their lock is &drm_crtc.fence_lock, and nothing in
 * DRM's core keeps that as long as there are fences: a commit that waits for one
 * whose card is gone hangs the machine in dma_fence_wait_timeout(), on Linux 7.2
 * with slub_debug=P and any driver.
 */
static void close_all(void)
{
	for (enum things kind = 0; kind < THINGS; kind++)
		if (kind != DMABUFS)
			forget(kind);
	if (card)
		close_card(card);
	card = NULL;
}

static bool open_all(void)
{
	int64_t deadline = now_ms() + REOPEN_MS;

	while (open_named_card()) {
		if (now_ms() > deadline)
			return false;
		poll(NULL, 0, 20);
	}
	fd = card->fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	master = drmIsMaster(fd);
	knob_count = 0;
	for_each_property(card, note_knob, NULL);
	fill_pool();
	return true;
}

/* Calls may also fail with ENODEV for other reasons. */
static bool card_is_gone(void)
{
	drmVersion *version = drmGetVersion(card->fd);

	drmFreeVersion(version);
	return !version && errno == ENODEV;
}

#endif
