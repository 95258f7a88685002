/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events from the current card, and atomic commits to it.
 */
#ifndef TESTS_GUEST_COMMIT_H
#define TESTS_GUEST_COMMIT_H

#include <poll.h>
#include <sched.h>
#include <time.h>

#include "buffer.h"
#include "card.h"
#include "words.h"

#define EVENT_TIMEOUT_MS	5000
#define MAX_EVENTS		10000

/* The last event that arrived. */
static struct event {
	uintptr_t cookie;
	unsigned int sequence;
	uint64_t us;
} event;

static uintptr_t last_cookie;

/* Events to be told of when all is over: the serial line is slow. */
static struct event event_log[MAX_EVENTS];

/* Cookies are never used twice: an event that comes too late is ignored. */
static void *new_cookie(void)
{
	return (void *)++last_cookie;
}

static void note_event(int fd, unsigned int sequence, unsigned int s,
		       unsigned int us, void *cookie)
{
	event.cookie = (uintptr_t)cookie;
	event.sequence = sequence;
	event.us = s * 1000000ull + us;
}

static int read_events(void)
{
	drmEventContext context = {
		.version = 2,
		.vblank_handler = note_event,
		.page_flip_handler = note_event,
	};
	struct pollfd poller = { .fd = card->fd, .events = POLLIN };
	int n = poll(&poller, 1, EVENT_TIMEOUT_MS);

	if (n < 0)
		return fail(errno, "poll");
	if (n == 0)
		return fail(ETIME, "event");
	if (!(poller.revents & POLLIN))
		return fail(ENODEV, "poll");
	return check(drmHandleEvent(card->fd, &context), "read event");
}

static bool event_waits(void)
{
	struct pollfd poller = { .fd = card->fd, .events = POLLIN };

	return poll(&poller, 1, 0) != 0;
}

/* Waits for the event with the newest cookie. */
static int wait_event(void)
{
	int ret = 0;

	while (!ret && event.cookie != last_cookie)
		ret = read_events();
	return ret;
}

static void show_events(int count)
{
	for (int i = 0; i < count; i++)
		info("%u:%llu", event_log[i].sequence,
		     (unsigned long long)event_log[i].us);
}

static void put(drmModeAtomicReq *request, enum property p, uint64_t value)
{
	drmModeAtomicAddProperty(request, card->object[property_names[p].object],
				 card->property[p], value);
}

/* Commits and frees the request. */
static int commit(drmModeAtomicReq *request, uint32_t flags, void *cookie)
{
	int ret = drmModeAtomicCommit(card->fd, request, flags, cookie);

	drmModeAtomicFree(request);
	return check(ret, "atomic commit");
}

/* The plane fills the CRTC, unscaled: only where it reads can be chosen. */
static void put_plane(drmModeAtomicReq *request, const struct buffer *b,
		      const drmModeModeInfo *mode)
{
	put(request, PLANE_FB_ID, b->id);
	put(request, PLANE_CRTC_ID, card->object[CRTC]);
	put(request, PLANE_SRC_W, (uint64_t)mode->hdisplay << 16);
	put(request, PLANE_SRC_H, (uint64_t)mode->vdisplay << 16);
	put(request, PLANE_CRTC_X, 0);
	put(request, PLANE_CRTC_Y, 0);
	put(request, PLANE_CRTC_W, mode->hdisplay);
	put(request, PLANE_CRTC_H, mode->vdisplay);
}

static void put_source(drmModeAtomicReq *request, uint32_t x, uint32_t y)
{
	put(request, PLANE_SRC_X, (uint64_t)x << 16);
	put(request, PLANE_SRC_Y, (uint64_t)y << 16);
}

/* A flip that does not wait, but has an event sent when it is done. */
static int start_flip(const struct buffer *b)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();

	put(request, PLANE_FB_ID, b->id);
	put_source(request, 0, 0);
	return commit(request, DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT,
		      new_cookie());
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

/* Flips as soon as the kernel accepts it, counts refusals, awaits the event. */
static int finish_flip(const struct buffer *b, unsigned int *busy)
{
	int64_t deadline = now_us() + EVENT_TIMEOUT_MS * 1000ll;
	int ret;

	while ((ret = start_flip(b)) == -EBUSY && now_us() < deadline) {
		++*busy;
		sched_yield();
	}
	return ret ? ret : wait_event();
}

#endif
