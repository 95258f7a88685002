/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments for the fuzzer's calls: right, nearly right, and wild ones.
 */
#ifndef TESTS_GUEST_FUZZ_ARGUMENTS_H
#define TESTS_GUEST_FUZZ_ARGUMENTS_H

#include "fuzz-client.h"
#include "random.h"

/*
 * Numbers for calls
 */

static uint32_t any_fb(void)
{
	switch (below(4)) {
	case 0:
		return any(FRAMEBUFFERS);
	case 1:
		return below(256);	/* small numbers are other objects and clients' */
	default:
		return any_buffer()->id;
	}
}

static uint32_t any_handle(void)
{
	switch (below(4)) {
	case 0:
		return below(32);
	case 1:
		return any_buffer()->handle;
	default:
		return any(HANDLES);
	}
}

static uint32_t any_object(void)
{
	return one_in(8) ? nearly(below(256)) : card->object[below(OBJECTS)];
}

static uint32_t crtc(void)
{
	return one_in(16) ? any_object() : card->object[CRTC];
}

static uint32_t any_size(void)
{
	return one_in(3) ? wild() : between(1, 2048);
}

/* Each bit is likely to be one of @known. */
static uint32_t any_flags(uint32_t known)
{
	return one_in(16) ? wild() : random_number() & known;
}

/* Lies in the smallest framebuffer of the pool, and so in all of them. */
static struct drm_mode_rect right_clip(void)
{
	int32_t x = below(pool[0].width), y = below(pool[0].height);

	return (struct drm_mode_rect){
		.x1 = x, .y1 = y,
		.x2 = between(x + 1, pool[0].width), .y2 = between(y + 1, pool[0].height),
	};
}

static struct drm_mode_rect any_clip(void)
{
	switch (below(3)) {
	case 0:
		return (struct drm_mode_rect){ wild(), wild(), wild(), wild() };
	case 1:
		return (struct drm_mode_rect){ below(1100), below(800), below(2000), below(1200) };
	default:
		return right_clip();
	}
}

/*
 * Modes
 */

static struct drm_mode_modeinfo listed_mode(void)
{
	struct drm_mode_modeinfo mode = { 0 };
	drmModeConnector *c = card->connector;

	_Static_assert(sizeof(mode) == sizeof(*c->modes), "libdrm's modes are the kernel's");
	if (c->count_modes)
		memcpy(&mode, &c->modes[below(c->count_modes)], sizeof(mode));
	return mode;
}

static struct drm_mode_modeinfo mode_of_size(uint32_t width, uint32_t height)
{
	struct drm_mode_modeinfo mode = {
		.hdisplay = width, .hsync_start = width + 16,
		.hsync_end = width + 48, .htotal = width + 80,
		.vdisplay = height, .vsync_start = height + 3,
		.vsync_end = height + 8, .vtotal = height + 20,
		.type = DRM_MODE_TYPE_USERDEF, .name = "fuzz",
	};

	mode.clock = (uint32_t)mode.htotal * mode.vtotal / 1000 * between(24, 240);
	return mode;
}

/* A mode that the framebuffer is large enough for. */
static struct drm_mode_modeinfo mode_for(const struct buffer *b)
{
	for (int i = 0; i < 4; i++) {
		struct drm_mode_modeinfo mode = listed_mode();

		/* what could not be created has no size */
		if (!b->width)
			return mode;
		if (mode.hdisplay && mode.hdisplay <= b->width && mode.vdisplay <= b->height)
			return mode;
	}
	if (one_in(4))
		return mode_of_size(between(1, b->width), between(1, b->height));
	return mode_of_size(b->width, b->height);
}

static uint16_t *some_timing(struct drm_mode_modeinfo *mode)
{
	uint16_t *timings[] = {
		&mode->hdisplay, &mode->hsync_start, &mode->hsync_end, &mode->htotal, &mode->hskew,
		&mode->vdisplay, &mode->vsync_start, &mode->vsync_end, &mode->vtotal, &mode->vscan,
	};

	return timings[below(ARRAY_SIZE(timings))];
}

static void spoil_mode(struct drm_mode_modeinfo *mode)
{
	uint32_t *others[] = { &mode->clock, &mode->vrefresh, &mode->flags, &mode->type };
	uint32_t *other = others[below(ARRAY_SIZE(others))];
	uint16_t *timing = some_timing(mode);

	if (one_in(2))
		*timing = nearly(*timing);
	else if (other == &mode->flags)
		*other ^= 1u << below(20);
	else
		*other = nearly(*other);
}

static struct drm_mode_modeinfo any_mode(void)
{
	struct drm_mode_modeinfo mode = listed_mode();

	if (one_in(8))
		for (size_t i = 0; i < sizeof(mode); i++)
			((uint8_t *)&mode)[i] = random_number();
	else if (one_in(4))
		mode = mode_of_size(any_size(), any_size());
	else if (one_in(2))
		spoil_mode(&mode);
	return mode;
}

#endif
