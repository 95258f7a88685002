// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kms - drive a KMS device by hand, by script, or from a test on the host
 *
 * Reads commands from standard input, one per line, and answers each with any
 * number of info lines (they begin with a blank) and one final line:
 *
 *	ok [RESULT...]
 *	err ERRNO-NAME WHAT-FAILED
 *
 * Empty lines and lines that begin with # have no answer.  "help" lists the
 * commands.  Nothing here sleeps: what takes time is waited for with poll(),
 * and what takes too long fails with ETIME.
 *
 *	kms --dump WIDTH HEIGHT pattern 7
 *
 * writes a picture to standard output, as XRGB8888, without any device.
 */

#define _GNU_SOURCE	/* strerrorname_np, memfd_create */

#include <poll.h>
#include <sys/resource.h>

#include "buffer.h"
#include "card.h"
#include "commit.h"
#include "mode.h"
#include "picture.h"
#include "words.h"

#define BLANKS			" \t\r\n"
#define MAX_WORDS		512
#define MAX_CLIPS		300	/* more than the kernel's 256, to see it refuse */

static bool quitting;

/* The next line of input, valid until the next call; NULL at the end. */
static char *read_line(void)
{
	static char *line;
	static size_t size;

	return getline(&line, &size, stdin) < 0 ? NULL : line;
}

/* Does not disturb what read_line returned: its words may be in use. */
static void skip_line(void)
{
	int c;

	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

/* Parsing what several commands have in common */

static int find_buffer(const char *word, struct buffer **b)
{
	int64_t id;

	if (!parse_number(word, 0, MAX_BUFFERS - 1, &id))
		return BAD_SYNTAX;
	*b = &card->buffers[id];
	return (*b)->id ? 0 : fail(ENOENT, "no such framebuffer");
}

static int find_free_buffer(const char *word, struct buffer **b)
{
	int64_t id;

	if (!parse_number(word, 0, MAX_BUFFERS - 1, &id))
		return BAD_SYNTAX;
	*b = &card->buffers[id];
	return (*b)->id ? fail(EEXIST, "framebuffer number") : 0;
}

/* "src=X,Y": which pixel of the framebuffer the display begins with; 0,0 if absent. */
static bool parse_source(const struct words *w, uint32_t *x, uint32_t *y)
{
	const char *text = option(w, "src");
	int64_t numbers[2] = { 0 };

	if (text && !parse_list(&text, numbers, 2, ""))
		return false;
	*x = numbers[0];
	*y = numbers[1];
	return true;
}

/* "clips=X1,Y1,X2,Y2;...", exclusive of X2 and Y2; returns -1 if malformed. */
static int parse_clips(const struct words *w, struct drm_mode_rect *clips)
{
	const char *text = option(w, "clips");
	int count = 0;

	while (text && *text) {
		int64_t n[4];

		if (count == MAX_CLIPS || !parse_list(&text, n, 4, ";"))
			return -1;
		clips[count++] = (struct drm_mode_rect){ n[0], n[1], n[2], n[3] };
	}
	return count;
}

/* Commands: cards */

static int run_card(const struct words *w)
{
	drmVersion *version;
	int64_t index = 0;
	int ret;

	if (w->count == 2 && strchr(w->word[1], '/'))
		ret = open_card(w->word[1]);
	else if (w->count == 3 && !strcmp(w->word[1], "pci"))
		ret = open_pci_card(w->word[2]);
	else if (w->count == 2 || parse_number(w->word[2], 0, MAX_CARDS, &index))
		ret = open_driver_card(w->word[1], index);
	else
		ret = BAD_SYNTAX;
	if (ret)
		return ret;
	version = drmGetVersion(card->fd);
	result("card=%td driver=%s master=%d connector=%u crtc=%u plane=%u",
	       card - cards, version ? version->name : "?", drmIsMaster(card->fd),
	       card->object[CONNECTOR], card->object[CRTC], card->object[PLANE]);
	drmFreeVersion(version);
	return 0;
}

static int run_use(const struct words *w)
{
	int64_t index;

	if (!parse_number(w->word[1], 0, MAX_CARDS - 1, &index))
		return BAD_SYNTAX;
	if (cards[index].fd < 0)
		return fail(ENOENT, "no such card");
	card = &cards[index];
	return 0;
}

static int run_close(const struct words *w)
{
	close_card(card);
	card = NULL;
	return 0;
}

static int run_master(const struct words *w)
{
	return check(drmSetMaster(card->fd), "set master");
}

static int run_drop(const struct words *w)
{
	return check(drmDropMaster(card->fd), "drop master");
}

/* Commands: what the driver offers */

static int run_modes(const struct words *w)
{
	int ret = probe_connector(card);

	for (int i = 0; !ret && i < card->connector->count_modes; i++) {
		const drmModeModeInfo *m = &card->connector->modes[i];

		info("%d %ux%u %u %s %u,%u,%u,%u,%u,%u,%u,%u,%u,%#x", i,
		     m->hdisplay, m->vdisplay, m->vrefresh,
		     is_preferred(m) ? "preferred" : "other",
		     m->clock, m->hdisplay, m->hsync_start, m->hsync_end, m->htotal,
		     m->vdisplay, m->vsync_start, m->vsync_end, m->vtotal, m->flags);
	}
	return ret;
}

static int show_property(struct card *c, enum object object, drmModePropertyRes *p,
			 uint64_t value, void *context)
{
	info("%s %llu %s", object_types[object].name, (unsigned long long)value, p->name);
	return 0;
}

static void show_formats(void)
{
	drmModePlane *plane = drmModeGetPlane(card->fd, card->object[PLANE]);

	for (uint32_t i = 0; plane && i < plane->count_formats; i++)
		info("format %.4s", (const char *)&plane->formats[i]);
	drmModeFreePlane(plane);
}

static void show_modifiers(void)
{
	drmModePropertyBlobRes *blob = read_blob(card, PLANE_IN_FORMATS);
	drmModeFormatModifierIterator i = { 0 };

	while (blob && drmModeFormatModifierBlobIterNext(blob, &i))
		info("modifier %.4s %#llx", (const char *)&i.fmt, (unsigned long long)i.mod);
	drmModeFreePropertyBlob(blob);
}

static int run_props(const struct words *w)
{
	info("size %ux%u", card->connector->mmWidth, card->connector->mmHeight);
	show_formats();
	show_modifiers();
	return for_each_property(card, show_property, NULL);
}

static int run_edid(const struct words *w)
{
	drmModePropertyBlobRes *blob = read_blob(card, CONNECTOR_EDID);
	char line[2 * 32 + 1];

	if (!blob)
		return fail(ENOENT, "no EDID");
	for (uint32_t i = 0; i < blob->length; i++) {
		sprintf(line + i % 32 * 2, "%02x", ((uint8_t *)blob->data)[i]);
		if (i % 32 == 31 || i + 1 == blob->length)
			info("%s", line);
	}
	drmModeFreePropertyBlob(blob);
	return 0;
}

struct property_change {
	const char *name, *of;
	uint64_t value;
};

static int change_property(struct card *c, enum object object, drmModePropertyRes *p,
			   uint64_t value, void *context)
{
	const struct property_change *change = context;
	int ret;

	if (strcmp(p->name, change->name) ||
	    (change->of && strcmp(object_types[object].name, change->of)))
		return 0;
	ret = drmModeObjectSetProperty(c->fd, c->object[object],
				       object_types[object].type, p->prop_id,
				       change->value);
	return ret ? check(ret, "set property") : 1;
}

static int run_prop(const struct words *w)
{
	struct property_change change = { .name = w->word[1], .of = option(w, "of") };
	int ret;

	if (!parse_u64(w->word[2], &change.value))
		return BAD_SYNTAX;
	ret = for_each_property(card, change_property, &change);
	if (ret == 1)
		return 0;
	return ret ? ret : fail(ENOENT, "no such property");
}

/* Commands: framebuffers */

static bool parse_dimensions(char **word, struct buffer *b)
{
	int64_t width, height;

	if (!parse_number(word[0], 0, UINT16_MAX, &width) ||
	    !parse_number(word[1], 0, UINT16_MAX, &height))
		return false;
	b->width = width;
	b->height = height;
	return true;
}

/* "format=XR24" */
static bool parse_format(const struct words *w, uint32_t *format)
{
	const char *code = option(w, "format");

	*format = DRM_FORMAT_XRGB8888;
	if (code && strlen(code) != sizeof(*format))
		return false;
	if (code)
		*format = fourcc_code(code[0], code[1], code[2], code[3]);
	return true;
}

/* "modifier=linear" or a number; absent means not to name any. */
static bool parse_modifier(const struct words *w, uint64_t *modifier)
{
	const char *text = option(w, "modifier");

	*modifier = DRM_FORMAT_MOD_LINEAR;
	return !text || !strcmp(text, "linear") || parse_u64(text, modifier);
}

static int run_fb(const struct words *w)
{
	struct buffer b = { 0 }, *slot;
	uint64_t modifier;
	int ret = find_free_buffer(w->word[1], &slot);

	if (ret)
		return ret;
	if (!parse_dimensions(w->word + 2, &b) || !parse_format(w, &b.format) ||
	    !option_u32(w, "pitch", &b.pitch) || !option_u32(w, "offset", &b.offset) ||
	    !parse_modifier(w, &modifier))
		return BAD_SYNTAX;
	ret = create_buffer(card->fd, &b, option(w, "modifier") ? &modifier : NULL);
	if (ret)
		return ret;
	*slot = b;
	result("pitch=%u", b.pitch);
	return 0;
}

static int run_rmfb(const struct words *w)
{
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	return ret ? ret : remove_buffer(card->fd, b);
}

static int run_export(const struct words *w)
{
	struct buffer *b;
	int dmabuf;
	int ret = find_buffer(w->word[1], &b);

	if (!ret)
		ret = check(drmPrimeHandleToFD(card->fd, b->handle, DRM_CLOEXEC | DRM_RDWR,
					       &dmabuf), "export");
	if (!ret)
		result("fd=%d pitch=%u", dmabuf, b->pitch);
	return ret;
}

static int run_import(const struct words *w)
{
	struct buffer b = { .format = DRM_FORMAT_XRGB8888 }, *slot;
	int64_t dmabuf;
	int ret = find_free_buffer(w->word[1], &slot);

	if (ret)
		return ret;
	if (!parse_number(w->word[2], 0, INT32_MAX, &dmabuf) ||
	    !parse_dimensions(w->word + 3, &b) || !parse_u32(w->word[5], &b.pitch))
		return BAD_SYNTAX;
	ret = import_buffer(card->fd, &b, dmabuf);
	if (!ret)
		*slot = b;
	return ret;
}

static int run_release(const struct words *w)
{
	int64_t dmabuf;

	if (!parse_number(w->word[1], STDERR_FILENO + 1, INT32_MAX, &dmabuf))
		return BAD_SYNTAX;
	return check(close(dmabuf), "close");
}

static int run_udmabuf(const struct words *w)
{
	struct buffer b = { .format = DRM_FORMAT_XRGB8888 }, *slot;
	int ret = find_free_buffer(w->word[1], &slot);

	if (ret)
		return ret;
	if (!parse_dimensions(w->word + 2, &b))
		return BAD_SYNTAX;
	b.pitch = b.width * 4;
	ret = import_udmabuf(card->fd, &b);
	if (!ret)
		*slot = b;
	return ret;
}

/* Commands: pictures */

static bool parse_color(const char *text, uint32_t *color)
{
	char *end;

	*color = strtoul(text, &end, 16);
	return strlen(text) == 6 && !*end;
}

static bool parse_gradient(const char *direction, const char *color, struct picture *p)
{
	static const struct {
		const char *name;
		uint32_t channels;
	} ramps[] = {
		{ "red", 0xff0000 }, { "green", 0x00ff00 },
		{ "blue", 0x0000ff }, { "gray", 0xffffff },
	};

	p->vertical = !strcmp(direction, "vertical");
	if (!p->vertical && strcmp(direction, "horizontal"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ramps); i++)
		if (!strcmp(color, ramps[i].name))
			p->channels = ramps[i].channels;
	return p->channels;
}

/* The picture that the words from number @first on, "junk=SEED", and "premultiplied=1" describe. */
static bool parse_picture(const struct words *w, int first, struct picture *p)
{
	char **word = w->word + first;
	int count = w->count - first;

	*p = (struct picture){ .premultiplied = option(w, "premultiplied") };
	if (!option_u32(w, "junk", &p->junk))
		return false;
	if (count == 2 && !strcmp(word[0], "pattern")) {
		p->kind = PICTURE_PATTERN;
		return parse_u32(word[1], &p->seed);
	}
	if (count == 2 && !strcmp(word[0], "solid")) {
		p->kind = PICTURE_SOLID;
		return parse_color(word[1], &p->color);
	}
	p->kind = PICTURE_GRADIENT;
	return count == 3 && !strcmp(word[0], "gradient") &&
	       parse_gradient(word[1], word[2], p);
}

/* "rect=X,Y,W,H" */
static bool parse_rect(const struct words *w, struct rect *r)
{
	const char *text = option(w, "rect");
	int64_t n[4];

	if (!text)
		return true;
	if (!parse_list(&text, n, 4, ""))
		return false;
	*r = (struct rect){ n[0], n[1], n[2], n[3] };
	return true;
}

static int run_fill(const struct words *w)
{
	struct picture picture;
	struct rect rect;
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	if (ret)
		return ret;
	rect = (struct rect){ 0, 0, b->width, b->height };
	if (!parse_picture(w, 2, &picture) || !parse_rect(w, &rect))
		return BAD_SYNTAX;
	return fill_buffer(b, &picture, &rect);
}

/* Commands: mode sets */

static int create_mode_blob(const drmModeModeInfo *mode, uint32_t *blob)
{
	return check(drmModeCreatePropertyBlob(card->fd, mode, sizeof(*mode), blob),
		     "create mode blob");
}

/* With 0 the CRTC is switched off. */
static void put_crtc(drmModeAtomicReq *request, uint32_t mode_blob)
{
	put(request, CONNECTOR_CRTC_ID, mode_blob ? card->object[CRTC] : 0);
	put(request, CRTC_MODE_ID, mode_blob);
	put(request, CRTC_ACTIVE, !!mode_blob);
}

/* "how=test" or "how=nonblock" */
static uint32_t commit_flags(const struct words *w)
{
	const char *how = option(w, "how");

	if (!how)
		return DRM_MODE_ATOMIC_ALLOW_MODESET;
	return DRM_MODE_ATOMIC_ALLOW_MODESET |
	       (strcmp(how, "nonblock") ? DRM_MODE_ATOMIC_TEST_ONLY : DRM_MODE_ATOMIC_NONBLOCK);
}

/* "set", "asleep" and "test" differ only in ACTIVE and in flags. */
static int commit_mode(const struct words *w, bool active, uint32_t flags)
{
	drmModeAtomicReq *request;
	drmModeModeInfo mode;
	uint32_t x, y, blob;
	struct buffer *b;
	int ret;

	ret = find_buffer(w->word[1], &b);
	if (!ret)
		ret = parse_source(w, &x, &y) ? parse_mode(w, &mode) : BAD_SYNTAX;
	if (!ret)
		ret = create_mode_blob(&mode, &blob);
	if (ret)
		return ret;
	request = drmModeAtomicAlloc();
	put_crtc(request, blob);
	put(request, CRTC_ACTIVE, active);
	put_plane(request, b, &mode);
	put_source(request, x, y);
	ret = commit(request, flags | DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
	drmModeDestroyPropertyBlob(card->fd, blob);
	return ret;
}

static int run_set(const struct words *w)
{
	return commit_mode(w, true, commit_flags(w));
}

static int run_asleep(const struct words *w)
{
	return commit_mode(w, false, 0);
}

static int run_test(const struct words *w)
{
	return commit_mode(w, true, DRM_MODE_ATOMIC_TEST_ONLY);
}

static int run_setcrtc(const struct words *w)
{
	drmModeModeInfo mode;
	struct buffer *b;
	uint32_t x, y;
	int ret = find_buffer(w->word[1], &b);

	if (!ret)
		ret = parse_source(w, &x, &y) ? parse_mode(w, &mode) : BAD_SYNTAX;
	if (ret)
		return ret;
	return check(drmModeSetCrtc(card->fd, card->object[CRTC], b->id, x, y,
				    &card->object[CONNECTOR], 1, &mode), "set CRTC");
}

static int run_active(const struct words *w)
{
	drmModeAtomicReq *request;
	int64_t active;

	if (!parse_number(w->word[1], 0, 1, &active))
		return BAD_SYNTAX;
	request = drmModeAtomicAlloc();
	put(request, CRTC_ACTIVE, active);
	return commit(request, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
}

static int run_dpms(const struct words *w)
{
	bool on = !strcmp(w->word[1], "on");

	if (!on && strcmp(w->word[1], "off"))
		return BAD_SYNTAX;
	return check(drmModeConnectorSetProperty(card->fd, card->object[CONNECTOR],
						 card->property[CONNECTOR_DPMS],
						 on ? DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF),
		     "set DPMS");
}

/* Switch the CRTC on or off, and leave the plane as it is. */
static int run_crtc(const struct words *w)
{
	drmModeAtomicReq *request;
	drmModeModeInfo mode;
	uint32_t blob = 0;
	int ret;

	if (!strcmp(w->word[1], "on")) {
		ret = parse_mode(w, &mode);
		if (!ret)
			ret = create_mode_blob(&mode, &blob);
		if (ret)
			return ret;
	} else if (strcmp(w->word[1], "off")) {
		return BAD_SYNTAX;
	}
	request = drmModeAtomicAlloc();
	put_crtc(request, blob);
	ret = commit(request, commit_flags(w), NULL);
	if (blob)
		drmModeDestroyPropertyBlob(card->fd, blob);
	return ret;
}

/* Give the plane a framebuffer and a place on the CRTC, and leave that as it is. */
static int run_plane(const struct words *w)
{
	drmModeAtomicReq *request;
	drmModeModeInfo mode;
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	if (!ret)
		ret = parse_mode(w, &mode);
	if (ret)
		return ret;
	request = drmModeAtomicAlloc();
	put_plane(request, b, &mode);
	put_source(request, 0, 0);
	return commit(request, commit_flags(w), NULL);
}

/* "fence=FD" is for the plane, which has nothing to show then. */
static int run_off(const struct words *w)
{
	drmModeAtomicReq *request;
	uint32_t fence = 0;

	if (!option_u32(w, "fence", &fence))
		return BAD_SYNTAX;
	request = drmModeAtomicAlloc();
	put_crtc(request, 0);
	put(request, PLANE_FB_ID, 0);
	put(request, PLANE_CRTC_ID, 0);
	if (option(w, "fence"))
		put(request, PLANE_IN_FENCE_FD, fence);
	return commit(request, commit_flags(w), NULL);
}

/* Commands: the cursor */

static int parse_place(char **word, int64_t *x, int64_t *y)
{
	return parse_number(word[0], INT32_MIN, INT32_MAX, x) &&
	       parse_number(word[1], INT32_MIN, INT32_MAX, y) ? 0 : BAD_SYNTAX;
}

static void put_cursor(drmModeAtomicReq *request, int64_t x, int64_t y)
{
	put(request, CURSOR_CRTC_X, x);
	put(request, CURSOR_CRTC_Y, y);
}

/* "src=X,Y" and "size=W,H" are the part of the framebuffer, "scaled=W,H" what it is on the screen. */
static int run_cursor(const struct words *w)
{
	const char *size = option(w, "size"), *scaled = option(w, "scaled");
	drmModeAtomicReq *request;
	struct buffer *b;
	int64_t x, y, part[2], shown[2];
	uint32_t src_x, src_y;
	int ret = find_buffer(w->word[1], &b);

	if (!ret)
		ret = parse_place(w->word + 2, &x, &y);
	if (ret)
		return ret;
	part[0] = b->width;
	part[1] = b->height;
	if (!parse_source(w, &src_x, &src_y) || (size && !parse_list(&size, part, 2, "")))
		return BAD_SYNTAX;
	memcpy(shown, part, sizeof(shown));
	if (scaled && !parse_list(&scaled, shown, 2, ""))
		return BAD_SYNTAX;
	request = drmModeAtomicAlloc();
	put(request, CURSOR_FB_ID, b->id);
	put(request, CURSOR_CRTC_ID, card->object[CRTC]);
	put(request, CURSOR_SRC_X, (uint64_t)src_x << 16);
	put(request, CURSOR_SRC_Y, (uint64_t)src_y << 16);
	put(request, CURSOR_SRC_W, part[0] << 16);
	put(request, CURSOR_SRC_H, part[1] << 16);
	put_cursor(request, x, y);
	put(request, CURSOR_CRTC_W, shown[0]);
	put(request, CURSOR_CRTC_H, shown[1]);
	return commit(request, 0, NULL);
}

static int run_nocursor(const struct words *w)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();

	put(request, CURSOR_FB_ID, 0);
	put(request, CURSOR_CRTC_ID, 0);
	return commit(request, 0, NULL);
}

/* The ioctls from before atomic commits */

static int run_setcursor(const struct words *w)
{
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	return ret ? ret : check(drmModeSetCursor(card->fd, card->object[CRTC], b->handle,
						  b->width, b->height), "set cursor");
}

static int run_hidecursor(const struct words *w)
{
	return check(drmModeSetCursor(card->fd, card->object[CRTC], 0, 0, 0), "hide cursor");
}

static int move_cursor(int64_t x, int64_t y)
{
	return check(drmModeMoveCursor(card->fd, card->object[CRTC], x, y), "move cursor");
}

static int run_movecursor(const struct words *w)
{
	int64_t x, y;
	int ret = parse_place(w->word + 1, &x, &y);

	return ret ? ret : move_cursor(x, y);
}

/* Commands: frames */

/* Each of the clips @repeat times */
static int create_clips_blob(const struct drm_mode_rect *clips, uint32_t count, uint32_t repeat,
			     uint32_t *blob)
{
	struct drm_mode_rect *all = calloc((size_t)count * repeat, sizeof(*all));
	int ret;

	if (!all)
		return fail(ENOMEM, "clips");
	for (size_t i = 0; i < (size_t)count * repeat; i++)
		all[i] = clips[i % count];
	ret = check(drmModeCreatePropertyBlob(card->fd, all, count * repeat * sizeof(*all), blob),
		    "create clips blob");
	free(all);
	return ret;
}

static int run_flip(const struct words *w)
{
	static struct drm_mode_rect clips[MAX_CLIPS];
	const char *place = option(w, "cursor");
	drmModeAtomicReq *request;
	uint32_t x, y, blob = 0, repeat = 1;
	int64_t cursor[2];
	struct buffer *b;
	int count, ret = find_buffer(w->word[1], &b);

	if (ret)
		return ret;
	count = parse_clips(w, clips);
	if (count < 0 || !parse_source(w, &x, &y) || !option_u32(w, "repeat", &repeat) ||
	    (place && !parse_list(&place, cursor, 2, "")))
		return BAD_SYNTAX;
	if (count)
		ret = create_clips_blob(clips, count, repeat, &blob);
	if (ret)
		return ret;
	request = drmModeAtomicAlloc();
	put(request, PLANE_FB_ID, b->id);
	put_source(request, x, y);
	if (option(w, "cursor"))
		put_cursor(request, cursor[0], cursor[1]);
	if (blob)
		put(request, PLANE_FB_DAMAGE_CLIPS, blob);
	ret = commit(request, 0, NULL);
	if (blob)
		drmModeDestroyPropertyBlob(card->fd, blob);
	return ret;
}

static int answer_event(int ret)
{
	if (!ret)
		ret = wait_event();
	if (!ret)
		result("seq=%u us=%llu", event.sequence, (unsigned long long)event.us);
	return ret;
}

static int run_nbflip(const struct words *w)
{
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	return ret ? ret : answer_event(start_flip(b));
}

static int run_pageflip(const struct words *w)
{
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	if (ret)
		return ret;
	return answer_event(check(drmModePageFlip(card->fd, card->object[CRTC], b->id,
						  DRM_MODE_PAGE_FLIP_EVENT, new_cookie()),
				  "page flip"));
}

/* A file descriptor that is ready when the next frame is. */
static int run_fence(const struct words *w)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	int32_t fence = -1;
	int ret;

	put(request, CRTC_OUT_FENCE_PTR, (uintptr_t)&fence);
	ret = commit(request, DRM_MODE_ATOMIC_NONBLOCK, NULL);
	if (!ret)
		result("fd=%d", fence);
	return ret;
}

/* All of the words from number @first on. */
static int find_buffers(const struct words *w, int first, struct buffer **b)
{
	int ret = 0;

	for (int i = first; i < w->count && !ret; i++)
		ret = find_buffer(w->word[i], &b[i - first]);
	return ret;
}

static int run_flips(const struct words *w)
{
	struct buffer *b[MAX_WORDS];
	unsigned int busy = 0;
	int64_t n;
	int ret;

	if (!parse_number(w->word[1], 1, MAX_EVENTS, &n))
		return BAD_SYNTAX;
	ret = find_buffers(w, 2, b);
	for (int i = 0; i < n && !ret; i++) {
		ret = finish_flip(b[i % (w->count - 2)], &busy);
		event_log[i] = event;
	}
	if (ret)
		return ret;
	show_events(n);
	result("flips=%d busy=%u", (int)n, busy);
	return 0;
}

static bool input_waits(void)
{
	struct pollfd poller = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&poller, 1, 0) > 0;
}

/* Flips until told to stop by a line of input, or by the death of the device. */
static int run_spin(const struct words *w)
{
	struct buffer *b[MAX_WORDS];
	unsigned int flips = 0, busy = 0;
	int ret = find_buffers(w, 1, b);

	if (ret)
		return ret;
	while (!ret && !input_waits()) {
		ret = finish_flip(b[flips % (w->count - 1)], &busy);
		if (!ret)
			flips++;
	}
	if (!ret)
		skip_line();
	result("flips=%u busy=%u error=%s", flips, busy,
	       ret ? strerrorname_np(-ret) : "none");
	return 0;
}

/*
 * Flip so many times, and move the cursor as long as each flip is on its way. In the end it is at X,Y. The result says
 * how many moves were done before their flip was.
 */
static int run_chase(const struct words *w)
{
	struct buffer *b[MAX_WORDS];
	unsigned int early = 0;
	int64_t n = 0, x, y;
	int ret = find_buffers(w, 4, b);

	if (!ret && !parse_number(w->word[1], 1, MAX_EVENTS, &n))
		ret = BAD_SYNTAX;
	if (!ret)
		ret = parse_place(w->word + 2, &x, &y);
	for (int i = 0; !ret && i < n; i++) {
		ret = start_flip(b[i % (w->count - 4)]);
		while (!ret && !event_waits()) {
			ret = move_cursor(i * 7 % 850 - 50, i * 5 % 650 - 50);
			early += !event_waits();
		}
		if (!ret)
			ret = wait_event();
	}
	if (!ret)
		ret = move_cursor(x, y);
	if (!ret)
		result("early=%u", early);
	return ret;
}

static int run_dirty(const struct words *w)
{
	static struct drm_mode_rect rects[MAX_CLIPS];
	drmModeClip clips[MAX_CLIPS];
	struct buffer *b;
	int count, ret = find_buffer(w->word[1], &b);

	if (ret)
		return ret;
	count = parse_clips(w, rects);
	if (count < 0)
		return BAD_SYNTAX;
	for (int i = 0; i < count; i++)
		clips[i] = (drmModeClip){ rects[i].x1, rects[i].y1, rects[i].x2, rects[i].y2 };
	return check(drmModeDirtyFB(card->fd, b->id, count ? clips : NULL, count), "dirty");
}

/* Commands: vertical blanks */

static int get_sequence(uint64_t *sequence, uint64_t *ns)
{
	return check(drmCrtcGetSequence(card->fd, card->object[CRTC], sequence, ns), "get sequence");
}

static int run_crtcseq(const struct words *w)
{
	uint64_t sequence, ns;
	int ret = get_sequence(&sequence, &ns);

	if (!ret)
		result("seq=%llu us=%llu", (unsigned long long)sequence,
		       (unsigned long long)ns / 1000);
	return ret;
}

/* Flip, move the cursor, and flush the picture, and only then ask for the flip's event. The result is in frames. */
static int run_queue(const struct words *w)
{
	uint64_t sequence, ns;
	struct buffer *b;
	int ret = find_buffer(w->word[1], &b);

	if (!ret)
		ret = start_flip(b);
	if (!ret)
		ret = move_cursor(100, 100);
	if (!ret)
		ret = check(drmModeDirtyFB(card->fd, b->id, NULL, 0), "dirty");
	if (!ret)
		ret = get_sequence(&sequence, &ns);
	if (!ret)
		ret = wait_event();
	if (!ret)
		result("later=%lld", (long long)sequence - event.sequence);
	return ret;
}

static int wait_vblank(void)
{
	drmVBlank vblank = {
		.request.type = DRM_VBLANK_RELATIVE | DRM_VBLANK_EVENT,
		.request.sequence = 1,
		.request.signal = (uintptr_t)new_cookie(),
	};
	int ret = check(drmWaitVBlank(card->fd, &vblank), "request vblank");

	return ret ? ret : wait_event();
}

static int run_vblank(const struct words *w)
{
	int64_t n;
	int ret = 0;

	if (!parse_number(w->word[1], 1, MAX_EVENTS, &n))
		return BAD_SYNTAX;
	for (int i = 0; i < n && !ret; i++) {
		ret = wait_vblank();
		event_log[i] = event;
	}
	if (!ret)
		show_events(n);
	return ret;
}

/* Commands: commands */

static int execute(char **word);

/* Commands separated by the word "/". */
static int execute_in_turn(char **word)
{
	char *command[MAX_WORDS + 1];
	int ret = 0;

	while (*word && !ret) {
		int n = 0;

		while (*word && strcmp(*word, "/"))
			command[n++] = *word++;
		command[n] = NULL;
		if (*word)
			word++;
		result_text[0] = '\0';
		ret = execute(command);
	}
	return ret;
}

static int run_loop(const struct words *w)
{
	int64_t n;
	int ret = 0;

	if (!parse_number(w->word[1], 1, INT32_MAX, &n))
		return BAD_SYNTAX;
	while (n-- && !ret)
		ret = execute_in_turn(w->word + 2);
	result_text[0] = '\0';
	return ret;
}

static long long elapsed_us(const struct timeval *from, const struct timeval *to)
{
	return (to->tv_sec - from->tv_sec) * 1000000ll + to->tv_usec - from->tv_usec;
}

static int run_time(const struct words *w)
{
	struct rusage before, after;
	int64_t start = now_us();
	int ret;

	getrusage(RUSAGE_SELF, &before);
	ret = run_loop(w);
	getrusage(RUSAGE_SELF, &after);
	if (!ret)
		result("user_us=%lld system_us=%lld wall_us=%lld",
		       elapsed_us(&before.ru_utime, &after.ru_utime),
		       elapsed_us(&before.ru_stime, &after.ru_stime),
		       (long long)(now_us() - start));
	return ret;
}

/*
 * Have the kernel's fault injection make one allocation fail. Which one is counted in this
 * thread; what is left of the number tells whether the command came that far.
 */
static int run_nth(const struct words *w)
{
	char left[16] = "";
	int64_t n;
	int fd, ret;

	if (!parse_number(w->word[1], 1, INT32_MAX, &n))
		return BAD_SYNTAX;
	fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fd < 0)
		return fail(errno, "fail-nth");
	if (dprintf(fd, "%lld", (long long)n) < 0) {
		close(fd);
		return fail(errno, "fail-nth");
	}
	ret = execute(w->word + 2);
	if (pread(fd, left, sizeof(left) - 1, 0) < 1 || pwrite(fd, "0", 1, 0) < 1) {
		close(fd);
		return fail(errno, "fail-nth");
	}
	close(fd);
	result_text[0] = '\0';
	result("injected=%d error=%s", atoi(left) == 0, ret ? strerrorname_np(-ret) : "none");
	return 0;
}

/* A file of sysfs, say */
static int run_write(const struct words *w)
{
	const char *text = w->word[2];
	int fd = open(w->word[1], O_WRONLY), ret = 0;

	if (fd < 0)
		return fail(errno, w->word[1]);
	if (write(fd, text, strlen(text)) < 0)
		ret = fail(errno, w->word[1]);
	close(fd);
	return ret;
}

static int run_quit(const struct words *w)
{
	quitting = true;
	return 0;
}

static int run_help(const struct words *w);

enum needs { NOTHING, A_CARD };

/**
 * struct command - a line of the table of commands
 * @name: its first word
 * @needs: what must have been opened before
 * @min: how many words must follow
 * @max: how many words may follow
 * @options: keys of the "key=value" that may follow the words; NULL: anything
 * @usage: words and options, for people
 * @run: carries it out; returns 0, a negative errno, or BAD_SYNTAX
 */
static const struct command {
	const char *name;
	enum needs needs;
	int min, max;
	const char *options;
	const char *usage;
	int (*run)(const struct words *w);
} commands[] = {
	{ "card", NOTHING, 1, 2, "", "PATH | pci ADDRESS | DRIVER [INDEX]", run_card },
	{ "use", NOTHING, 1, 1, "", "CARD", run_use },
	{ "close", A_CARD, 0, 0, "", "", run_close },
	{ "master", A_CARD, 0, 0, "", "", run_master },
	{ "drop", A_CARD, 0, 0, "", "", run_drop },

	{ "modes", A_CARD, 0, 0, "", "", run_modes },
	{ "props", A_CARD, 0, 0, "", "", run_props },
	{ "edid", A_CARD, 0, 0, "", "", run_edid },
	{ "prop", A_CARD, 2, 2, "of", "NAME VALUE [of=connector|crtc|plane|cursor]", run_prop },

	{ "fb", A_CARD, 3, 3, "pitch offset format modifier",
	  "ID W H [pitch=BYTES] [offset=BYTES] [format=XR24] [modifier=linear|NUMBER]",
	  run_fb },
	{ "rmfb", A_CARD, 1, 1, "", "ID", run_rmfb },
	{ "export", A_CARD, 1, 1, "", "ID", run_export },
	{ "import", A_CARD, 5, 5, "", "ID FD W H PITCH", run_import },
	{ "release", NOTHING, 1, 1, "", "FD", run_release },
	{ "udmabuf", A_CARD, 3, 3, "", "ID W H", run_udmabuf },
	{ "fill", A_CARD, 3, 4, "rect junk premultiplied",
	  "ID pattern SEED | solid RRGGBB | gradient horizontal|vertical red|green|blue|gray "
	  "[rect=X,Y,W,H] [junk=SEED [premultiplied=1]]", run_fill },

	{ "set", A_CARD, 1, 1, "mode src how",
	  "ID [mode=WxH[@HZ]|#INDEX|user:CLOCK,HD,HSS,HSE,HT,VD,VSS,VSE,VT,FLAGS] [src=X,Y] "
	  "[how=test|nonblock]", run_set },
	{ "asleep", A_CARD, 1, 1, "mode src", "ID [mode=... as in set] [src=X,Y]", run_asleep },
	{ "test", A_CARD, 1, 1, "mode src", "ID [mode=... as in set] [src=X,Y]", run_test },
	{ "setcrtc", A_CARD, 1, 1, "mode src", "ID [mode=... as in set] [src=X,Y]", run_setcrtc },
	{ "active", A_CARD, 1, 1, "", "0|1", run_active },
	{ "dpms", A_CARD, 1, 1, "", "on|off", run_dpms },
	{ "off", A_CARD, 0, 0, "fence how", "[fence=FD] [how=test|nonblock]", run_off },
	{ "crtc", A_CARD, 1, 1, "mode how", "on|off [mode=... as in set] [how=test|nonblock]", run_crtc },
	{ "plane", A_CARD, 1, 1, "mode how", "ID [mode=... as in set] [how=test|nonblock]", run_plane },

	{ "cursor", A_CARD, 3, 3, "src size scaled", "ID X Y [src=X,Y] [size=W,H] [scaled=W,H]", run_cursor },
	{ "nocursor", A_CARD, 0, 0, "", "", run_nocursor },
	{ "setcursor", A_CARD, 1, 1, "", "ID", run_setcursor },
	{ "hidecursor", A_CARD, 0, 0, "", "", run_hidecursor },
	{ "movecursor", A_CARD, 2, 2, "", "X Y", run_movecursor },

	{ "flip", A_CARD, 1, 1, "src clips repeat cursor",
	  "ID [src=X,Y] [clips=X1,Y1,X2,Y2;... [repeat=COUNT]] [cursor=X,Y]", run_flip },
	{ "nbflip", A_CARD, 1, 1, "", "ID", run_nbflip },
	{ "pageflip", A_CARD, 1, 1, "", "ID", run_pageflip },
	{ "fence", A_CARD, 0, 0, "", "", run_fence },
	{ "flips", A_CARD, 2, MAX_WORDS, "", "COUNT ID...", run_flips },
	{ "spin", A_CARD, 1, MAX_WORDS, "", "ID... (until an error or a line of input)", run_spin },
	{ "queue", A_CARD, 1, 1, "", "ID", run_queue },
	{ "chase", A_CARD, 4, MAX_WORDS, "", "COUNT X Y ID...", run_chase },
	{ "dirty", A_CARD, 1, 1, "clips", "ID [clips=X1,Y1,X2,Y2;...]", run_dirty },

	{ "crtcseq", A_CARD, 0, 0, "", "", run_crtcseq },
	{ "vblank", A_CARD, 1, 1, "", "COUNT", run_vblank },

	{ "loop", NOTHING, 2, MAX_WORDS, NULL, "COUNT COMMAND [/ COMMAND]...", run_loop },
	{ "time", NOTHING, 2, MAX_WORDS, NULL, "COUNT COMMAND [/ COMMAND]...", run_time },
	{ "nth", NOTHING, 2, MAX_WORDS, NULL, "NUMBER COMMAND... (with that allocation failing)", run_nth },
	{ "write", NOTHING, 2, 2, "", "FILE TEXT", run_write },
	{ "help", NOTHING, 0, 0, "", "", run_help },
	{ "quit", NOTHING, 0, 0, "", "", run_quit },
};

static int run_help(const struct words *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		info("%-8s %s", commands[i].name, commands[i].usage);
	return 0;
}

/* From a line to its answer */

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static struct words split_options(char **word)
{
	struct words w = { .word = word };

	while (word[w.count] && !strchr(word[w.count], '='))
		w.count++;
	w.options = word + w.count;
	return w;
}

/* Is "key=value" among the space separated @keys? */
static bool knows_option(const char *keys, const char *text)
{
	size_t len = strcspn(text, "=");

	while (*keys) {
		size_t key = strcspn(keys, " ");

		if (text[len] && key == len && !strncmp(keys, text, len))
			return true;
		keys += key;
		keys += strspn(keys, " ");
	}
	return false;
}

static bool obeys_syntax(const struct command *c, const struct words *w)
{
	if (w->count - 1 < c->min || w->count - 1 > c->max)
		return false;
	for (char **o = w->options; c->options && *o; o++)
		if (!knows_option(c->options, *o))
			return false;
	return true;
}

static int explain(const struct command *c)
{
	static char text[256];

	snprintf(text, sizeof(text), "usage: %s%s%s", c->name, *c->usage ? " " : "", c->usage);
	return fail(EINVAL, text);
}

static int execute(char **word)
{
	const struct command *c = find_command(word[0]);
	struct words w = split_options(word);
	int ret;

	if (!c)
		return fail(EINVAL, "usage: no such command, try help");
	if (!obeys_syntax(c, &w))
		return explain(c);
	if (c->needs == A_CARD && !card)
		return fail(ENODEV, "no card");
	ret = c->run(&w);
	return ret == BAD_SYNTAX ? explain(c) : ret;
}

static int execute_line(char *line)
{
	char *word[MAX_WORDS + 1];
	int count = 0;

	for (char *w = strtok(line, BLANKS); w; w = strtok(NULL, BLANKS)) {
		if (count == MAX_WORDS)
			return fail(E2BIG, "words");
		word[count++] = w;
	}
	word[count] = NULL;
	return execute(word);
}

static void answer(char *line)
{
	int ret;

	line += strspn(line, BLANKS);
	if (!*line || *line == '#')
		return;
	result_text[0] = '\0';
	ret = execute_line(line);
	if (ret)
		printf("err %s %s\n", strerrorname_np(-ret), failed_step);
	else
		printf("ok%s%s\n", *result_text ? " " : "", result_text);
}

static int dump(char **word)
{
	struct words w = split_options(word);
	struct rect rect = { 0 };
	struct picture picture;
	uint32_t *line;

	if (w.count < 4 || !parse_u32(word[0], &rect.w) || !parse_u32(word[1], &rect.h) ||
	    !parse_picture(&w, 2, &picture)) {
		fprintf(stderr, "usage: kms --dump W H PICTURE (as in fill) [junk=SEED]\n");
		return EXIT_FAILURE;
	}
	line = calloc(rect.w, sizeof(*line));
	for (uint32_t y = 0; y < rect.h; y++) {
		paint_line(&picture, &rect, y, line);
		fwrite(line, sizeof(*line), rect.w, stdout);
	}
	free(line);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char *line;

	if (argc > 1 && !strcmp(argv[1], "--dump"))
		return dump(argv + 2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* No reading ahead: "spin" polls for input that nobody has read yet. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (!quitting && (line = read_line()))
		answer(line);
	for (struct card *c = cards; c < cards + MAX_CARDS; c++)
		if (c->fd >= 0)
			close_card(c);
	return EXIT_SUCCESS;
}
