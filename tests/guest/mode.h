/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Naming modes: those of the connector as of its last probe, or made up ones.
 */
#ifndef TESTS_GUEST_MODE_H
#define TESTS_GUEST_MODE_H

#include "card.h"
#include "words.h"

static bool is_preferred(const drmModeModeInfo *mode)
{
	return mode->type & DRM_MODE_TYPE_PREFERRED;
}

static drmModeModeInfo *preferred_mode(void)
{
	drmModeConnector *c = card->connector;

	for (int i = 0; i < c->count_modes; i++)
		if (is_preferred(&c->modes[i]))
			return &c->modes[i];
	return c->count_modes ? c->modes : NULL;
}

static drmModeModeInfo *mode_by_size(uint32_t width, uint32_t height, uint32_t refresh)
{
	drmModeConnector *c = card->connector;

	for (int i = 0; i < c->count_modes; i++) {
		drmModeModeInfo *mode = &c->modes[i];

		if (mode->hdisplay == width && mode->vdisplay == height &&
		    (!refresh || mode->vrefresh == refresh))
			return mode;
	}
	return NULL;
}

static drmModeModeInfo *mode_by_index(uint32_t index)
{
	drmModeConnector *c = card->connector;

	return index < (uint32_t)c->count_modes ? &c->modes[index] : NULL;
}

/* "CLOCK,HD,HSS,HSE,HT,VD,VSS,VSE,VT,FLAGS[,VSCAN]", also the last word of "modes". */
static bool parse_timings(const char *text, drmModeModeInfo *mode)
{
	const char *again = text;
	int64_t n[11] = { 0 };

	if (!parse_list(&text, n, 10, "") && !parse_list(&again, n, 11, ""))
		return false;
	*mode = (drmModeModeInfo){
		.clock = n[0],
		.hdisplay = n[1], .hsync_start = n[2], .hsync_end = n[3], .htotal = n[4],
		.vdisplay = n[5], .vsync_start = n[6], .vsync_end = n[7], .vtotal = n[8],
		.flags = n[9],
		.vscan = n[10],
		.type = DRM_MODE_TYPE_USERDEF,
		.name = "user",
	};
	return true;
}

/* "WxH" or "WxH@HZ" */
static bool parse_size(const char *text, uint32_t *width, uint32_t *height,
		       uint32_t *refresh)
{
	int size_end = 0, refresh_end = 0;

	*refresh = 0;
	sscanf(text, "%ux%u%n@%u%n", width, height, &size_end, refresh, &refresh_end);
	return size_end && (!text[size_end] || (refresh_end && !text[refresh_end]));
}

/* "mode=WxH[@HZ]", "mode=#INDEX" or "mode=user:TIMINGS"; preferred if absent. */
static int parse_mode(const struct words *w, drmModeModeInfo *mode)
{
	const char *text = option(w, "mode");
	uint32_t width, height, refresh, index;
	const drmModeModeInfo *listed;

	if (text && !strncmp(text, "user:", 5))
		return parse_timings(text + 5, mode) ? 0 : BAD_SYNTAX;

	if (!text)
		listed = preferred_mode();
	else if (*text == '#' && parse_u32(text + 1, &index))
		listed = mode_by_index(index);
	else if (parse_size(text, &width, &height, &refresh))
		listed = mode_by_size(width, height, refresh);
	else
		return BAD_SYNTAX;
	if (!listed)
		return fail(ENOENT, "no such mode");
	*mode = *listed;
	return 0;
}

#endif
