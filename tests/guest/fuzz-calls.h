/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuzzer's calls.  Each fuzz_*() makes one and returns 0 or a negative errno.
 */
#ifndef TESTS_GUEST_FUZZ_CALLS_H
#define TESTS_GUEST_FUZZ_CALLS_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fuzz-arguments.h"
#include "fuzz-client.h"
#include "random.h"

#define MAX_CLIPS	300	/* more than the 256 that DIRTYFB takes */
#define MAX_PUTS	24
#define MAX_GAMMA	512

/*
 * Memory that a client may keep in one buffer, in bytes.  Larger buffers are
 * created as well, which is free, and destroyed before anybody uses them: the
 * processes together must not run the machine out of memory.
 */
#define KEEP_MAX	(2u << 20)

static int call(unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) ? -errno : 0;
}

static uint64_t pointer(const void *p)
{
	return (uintptr_t)p;
}

/*
 * Blobs
 */

static int create_blob(const void *data, uint32_t length, uint32_t *id)
{
	struct drm_mode_create_blob blob = { .data = pointer(data), .length = length };
	int ret = call(DRM_IOCTL_MODE_CREATEPROPBLOB, &blob);

	*id = ret ? 0 : blob.blob_id;
	return ret;
}

static int keep_blob(enum things kind, const void *data, uint32_t length)
{
	uint32_t id;
	int ret = create_blob(data, length, &id);

	if (!ret)
		keep(kind, id);
	return ret;
}

/* Half of them have nothing wrong, for any framebuffer of the pool: one wild clip spoils all. */
static int blob_clips(void)
{
	struct drm_mode_rect clips[MAX_CLIPS];
	uint32_t count = one_in(2) ? between(1, 4) : between(1, MAX_CLIPS);
	bool right = one_in(2);

	for (uint32_t i = 0; i < count; i++)
		clips[i] = right ? right_clip() : any_clip();
	return keep_blob(CLIPS, clips, count * sizeof(*clips) - (one_in(16) ? below(16) : 0));
}

static int blob_mode(void)
{
	struct drm_mode_modeinfo mode = any_mode();

	return keep_blob(MODES, &mode, sizeof(mode) - (one_in(16) ? below(sizeof(mode)) : 0));
}

static int blob_junk(void)
{
	static uint8_t junk[8192];

	for (size_t i = 0; i < sizeof(junk); i += 8)
		*(uint64_t *)(junk + i) = wild();
	return keep_blob(JUNK, one_in(16) ? (void *)(uintptr_t)wild() : junk, below(sizeof(junk) + 1));
}

static int fuzz_blob(void)
{
	switch (below(4)) {
	case 0:
		return blob_junk();
	case 1:
		return blob_clips();
	default:
		return blob_mode();
	}
}

static uint32_t any_blob(void)
{
	return one_in(8) ? below(256) : any(between(MODES, JUNK));
}

static int fuzz_unblob(void)
{
	struct drm_mode_destroy_blob blob = { .blob_id = any_blob() };

	return call(DRM_IOCTL_MODE_DESTROYPROPBLOB, &blob);
}

/*
 * Atomic commits
 */

static struct {
	uint32_t object[MAX_PUTS], count[MAX_PUTS], property[MAX_PUTS];
	uint64_t value[MAX_PUTS];
	uint32_t puts;
	int32_t out_fence;
} request;

static void put_raw(uint32_t object, uint32_t property, uint64_t value)
{
	uint32_t i = request.puts++;

	request.object[i] = object;
	request.count[i] = 1;
	request.property[i] = property;
	request.value[i] = value;
}

static void put(enum property p, uint64_t value)
{
	put_raw(card->object[property_names[p].object], card->property[p], value);
}

static uint64_t knob_value(const struct knob *k)
{
	const uint64_t pointers[] = { 0, pointer(&request.out_fence), 1, -1 };

	/* Never a wild one: the kernel writes there. */
	if (k->is_fence_pointer)
		return pointers[below(ARRAY_SIZE(pointers))];
	if (one_in(8))
		return wild();
	if (k->takes != THINGS)
		return one_in(8) ? 0 : one_in(8) ? any_blob() : any(k->takes);
	if ((k->flags & DRM_MODE_PROP_EXTENDED_TYPE) == DRM_MODE_PROP_OBJECT)
		return one_in(4) ? 0 : any_object();
	return one_in(2) ? nearly(k->value[0]) : k->value[below(k->count)];
}

static void put_knob(void)
{
	const struct knob *k = any_knob();

	put_raw(k->object, k->property, knob_value(k));
}

static void spoil_put(uint32_t i)
{
	if (one_in(16))
		request.object[i] = any_object();
	else if (one_in(16))
		request.count[i] = below(3);
	else if (request.value[i] != pointer(&request.out_fence))
		request.value[i] = nearly(request.value[i]);
}

/* Something in the request is no longer what it was, or a knob is turned. */
static void spoil_request(void)
{
	uint32_t i = below(MAX_PUTS);

	if (i < request.puts)
		spoil_put(i);
	else if (request.puts < MAX_PUTS)
		put_knob();
}

/* Where the plane reads may be chosen, and the rest of it just fills the CRTC. */
static void put_picture(const struct buffer *b, const struct drm_mode_modeinfo *mode)
{
	bool pans = one_in(4) && b->width > mode->hdisplay && b->height > mode->vdisplay;

	put(PLANE_FB_ID, b->id);
	put(PLANE_CRTC_ID, card->object[CRTC]);
	put(PLANE_SRC_X, pans ? (uint64_t)below(b->width - mode->hdisplay) << 16 : 0);
	put(PLANE_SRC_Y, pans ? (uint64_t)below(b->height - mode->vdisplay) << 16 : 0);
	put(PLANE_SRC_W, (uint64_t)mode->hdisplay << 16);
	put(PLANE_SRC_H, (uint64_t)mode->vdisplay << 16);
	put(PLANE_CRTC_X, 0);
	put(PLANE_CRTC_Y, 0);
	put(PLANE_CRTC_W, mode->hdisplay);
	put(PLANE_CRTC_H, mode->vdisplay);
}

static int put_mode_set(const struct buffer *b, const struct drm_mode_modeinfo *mode,
			uint32_t *blob)
{
	int ret = create_blob(mode, sizeof(*mode), blob);

	put(CONNECTOR_CRTC_ID, card->object[CRTC]);
	put(CRTC_MODE_ID, *blob);
	put(CRTC_ACTIVE, 1);
	put_picture(b, mode);
	return ret;
}

static void put_flip(const struct buffer *b)
{
	put(PLANE_FB_ID, b->id);
	if (one_in(2))
		put(PLANE_FB_DAMAGE_CLIPS, any(CLIPS) == NOTHING ? 0 : any(CLIPS));
	if (one_in(8))
		put(PLANE_SRC_X, (uint64_t)below(64) << 16);
}

/* All zero if there is none. */
static struct drm_mode_modeinfo current_mode(void)
{
	struct drm_mode_crtc c = { .crtc_id = card->object[CRTC] };

	call(DRM_IOCTL_MODE_GETCRTC, &c);
	return c.mode;
}

/* One that is large enough, more often than not. */
static struct buffer *buffer_for(const struct drm_mode_modeinfo *mode)
{
	struct buffer *b = any_buffer();

	for (int i = 0; i < 4 && (b->width < mode->hdisplay || b->height < mode->vdisplay); i++)
		b = any_buffer();
	return b;
}

static void begin_request(void)
{
	request.puts = 0;
	request.out_fence = -1;
}

static int commit(uint32_t flags)
{
	struct drm_mode_atomic atomic = {
		.flags = flags,
		.count_objs = request.puts,
		.objs_ptr = pointer(request.object),
		.count_props_ptr = pointer(request.count),
		.props_ptr = pointer(request.property),
		.prop_values_ptr = pointer(request.value),
		.reserved = one_in(64) ? wild() : 0,
		.user_data = random_number(),
	};
	int ret = call(DRM_IOCTL_MODE_ATOMIC, &atomic);

	if (!ret && request.out_fence >= 0)
		keep(FENCES, request.out_fence);
	return ret;
}

static int show_mode(struct buffer *b, const struct drm_mode_modeinfo *mode)
{
	uint32_t blob;
	int ret;

	scribble(b);
	begin_request();
	ret = put_mode_set(b, mode, &blob);
	if (ret)
		return ret;
	ret = commit(DRM_MODE_ATOMIC_ALLOW_MODESET);
	drmModeDestroyPropertyBlob(fd, blob);
	return ret;
}

/* A mode set with nothing wrong. */
static int fuzz_show(void)
{
	struct buffer *b = any_buffer();
	struct drm_mode_modeinfo mode = mode_for(b);

	return show_mode(b, &mode);
}

/* A mode set with nothing wrong but one of the timings. */
static int fuzz_badmode(void)
{
	struct buffer *b = any_buffer();
	struct drm_mode_modeinfo mode = mode_for(b);

	spoil_mode(&mode);
	return show_mode(b, &mode);
}

/* A flip with nothing wrong, if nobody sets another mode meanwhile. */
static int fuzz_flip(void)
{
	struct drm_mode_modeinfo mode = current_mode();
	struct buffer *b = buffer_for(&mode);

	scribble(b);
	begin_request();
	put(PLANE_FB_ID, b->id);
	put(PLANE_SRC_X, 0);
	put(PLANE_SRC_Y, 0);
	return commit(one_in(4) ? 0 : DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT);
}

static uint32_t commit_flags(uint32_t flags)
{
	flags |= any_flags(DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT);
	if (one_in(8))
		flags = DRM_MODE_ATOMIC_TEST_ONLY | (flags & DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (one_in(8))
		flags ^= DRM_MODE_ATOMIC_ALLOW_MODESET;
	if (one_in(16))
		flags |= DRM_MODE_PAGE_FLIP_ASYNC;
	return flags;
}

static int fuzz_atomic(void)
{
	struct buffer *b = any_buffer();
	struct drm_mode_modeinfo mode = mode_for(b), current = current_mode();
	uint32_t blob = 0, flags = 0;
	int ret;

	begin_request();
	if (one_in(3)) {
		put_mode_set(b, &mode, &blob);
		flags = DRM_MODE_ATOMIC_ALLOW_MODESET;
	} else if (!one_in(8)) {
		put_flip(buffer_for(&current));
	}
	for (uint32_t i = below(3); i; i--)
		spoil_request();
	ret = commit(commit_flags(flags));
	if (blob)
		drmModeDestroyPropertyBlob(fd, blob);
	return ret;
}

/*
 * Framebuffers
 */

static uint32_t any_format(void)
{
	static const uint32_t formats[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888,
		DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565, DRM_FORMAT_RGB888, DRM_FORMAT_C8,
		DRM_FORMAT_NV12, DRM_FORMAT_YUV420, DRM_FORMAT_YUYV, DRM_FORMAT_P010,
		DRM_FORMAT_XRGB8888 | DRM_FORMAT_BIG_ENDIAN, DRM_FORMAT_R1,
	};

	return one_in(16) ? random_number() : formats[below(ARRAY_SIZE(formats))];
}

static uint64_t any_modifier(void)
{
	static const uint64_t modifiers[] = {
		DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID, I915_FORMAT_MOD_X_TILED,
		DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16),
	};

	return one_in(8) ? random_number() : modifiers[below(ARRAY_SIZE(modifiers))];
}

static struct drm_mode_fb_cmd2 right_fb(void)
{
	uint32_t width = between(1, 700), height = between(1, 300);

	return (struct drm_mode_fb_cmd2){
		.width = width, .height = height,
		.pixel_format = DRM_FORMAT_XRGB8888,
		.handles = { any_handle() },
		.pitches = { width * 4 },
	};
}

static void add_planes(struct drm_mode_fb_cmd2 *f)
{
	for (int i = 1; i < 4; i++) {
		f->handles[i] = one_in(2) ? f->handles[0] : any_handle();
		f->pitches[i] = one_in(2) ? f->pitches[0] : wild();
		f->offsets[i] = one_in(2) ? 0 : wild();
	}
}

static void add_modifiers(struct drm_mode_fb_cmd2 *f)
{
	uint64_t modifier = one_in(2) ? DRM_FORMAT_MOD_LINEAR : any_modifier();

	f->flags |= DRM_MODE_FB_MODIFIERS;
	f->modifier[0] = modifier;
	for (int i = 1; i < 4 && one_in(4); i++)
		f->modifier[i] = one_in(4) ? any_modifier() : modifier;
}

static void spoil_fb(struct drm_mode_fb_cmd2 *f)
{
	uint32_t *fields[] = {
		&f->width, &f->height, &f->pitches[0], &f->offsets[0], &f->flags, &f->handles[0],
	};
	uint32_t *field = fields[below(ARRAY_SIZE(fields))];

	switch (below(6)) {
	case 0:
		add_planes(f);
		f->pixel_format = any_format();
		break;
	case 1:
		f->pixel_format = any_format();
		break;
	case 2:
		add_modifiers(f);
		break;
	default:
		*field = nearly(*field);
	}
}

static int fuzz_addfb2(void)
{
	struct drm_mode_fb_cmd2 f = right_fb();
	int ret;

	if (one_in(8))
		f.offsets[0] = below(4096);
	for (uint32_t i = below(3); i; i--)
		spoil_fb(&f);
	ret = call(DRM_IOCTL_MODE_ADDFB2, &f);
	if (!ret)
		keep(FRAMEBUFFERS, f.fb_id);
	return ret;
}

static int fuzz_addfb(void)
{
	static const uint32_t depths[][2] = {
		{ 24, 32 }, { 24, 32 }, { 24, 32 }, { 32, 32 }, { 16, 16 }, { 8, 8 },
	};
	uint32_t i = below(ARRAY_SIZE(depths));
	struct drm_mode_fb_cmd2 right = right_fb();
	struct drm_mode_fb_cmd f = {
		.width = right.width, .height = right.height, .pitch = right.pitches[0],
		.depth = depths[i][0], .bpp = depths[i][1], .handle = right.handles[0],
	};
	uint32_t *fields[] = { &f.width, &f.height, &f.pitch, &f.depth, &f.bpp, &f.handle };
	uint32_t *field = fields[below(ARRAY_SIZE(fields))];
	int ret;

	if (one_in(2))
		*field = nearly(*field);
	ret = call(DRM_IOCTL_MODE_ADDFB, &f);
	if (!ret)
		keep(FRAMEBUFFERS, f.fb_id);
	return ret;
}

/* The pool only now and then: it shall not run dry between two openings of the card. */
static uint32_t any_fb_to_remove(void)
{
	return one_in(64) ? any_fb() : any(FRAMEBUFFERS);
}

static int fuzz_rmfb(void)
{
	uint32_t id = any_fb_to_remove();

	return call(DRM_IOCTL_MODE_RMFB, &id);
}

static int fuzz_closefb(void)
{
	struct drm_mode_closefb f = { .fb_id = any_fb_to_remove(), .pad = one_in(16) };

	return call(DRM_IOCTL_MODE_CLOSEFB, &f);
}

/* Tells handles as well, to root: those of others' framebuffers, too. */
static int fuzz_getfb(void)
{
	struct drm_mode_fb_cmd2 f = { .fb_id = any_fb() };
	int ret = call(DRM_IOCTL_MODE_GETFB2, &f);

	for (int i = 0; i < 4 && !ret; i++)
		if (f.handles[i] && (!i || f.handles[i] != f.handles[i - 1]))
			drmCloseBufferHandle(fd, f.handles[i]);
	return ret;
}

static int fuzz_dirtyfb(void)
{
	struct drm_clip_rect clips[MAX_CLIPS];
	struct buffer *b = any_buffer();
	struct drm_mode_fb_dirty_cmd dirty = {
		.fb_id = one_in(4) ? any_fb() : b->id,
		.flags = one_in(4) ? any_flags(DRM_MODE_FB_DIRTY_FLAGS) : 0,
		.num_clips = one_in(2) ? below(4) : one_in(8) ? wild() : below(MAX_CLIPS),
		.clips_ptr = one_in(32) ? wild() : pointer(clips),
	};

	for (uint32_t i = 0; i < MAX_CLIPS; i++) {
		struct drm_mode_rect r = any_clip();

		clips[i] = (struct drm_clip_rect){ r.x1, r.y1, r.x2, r.y2 };
	}
	scribble(b);
	return call(DRM_IOCTL_MODE_DIRTYFB, &dirty);
}

/*
 * Memory
 */

static int fuzz_dumb(void)
{
	struct drm_mode_create_dumb dumb = {
		.width = any_size(), .height = any_size(),
		.bpp = one_in(8) ? nearly(32) : 32,
		.flags = one_in(32) ? wild() : 0,
	};
	int ret = call(DRM_IOCTL_MODE_CREATE_DUMB, &dumb);

	if (!ret && dumb.size <= KEEP_MAX)
		keep(HANDLES, dumb.handle);
	else if (!ret)
		drmModeDestroyDumbBuffer(fd, dumb.handle);
	return ret;
}

static int fuzz_destroy(void)
{
	struct drm_mode_destroy_dumb dumb = { .handle = one_in(8) ? below(64) : any(HANDLES) };

	return call(DRM_IOCTL_MODE_DESTROY_DUMB, &dumb);
}

/* Writes to the first page; there is no memory of less. */
static int fuzz_map(void)
{
	struct drm_mode_map_dumb dumb = { .handle = any_handle() };
	int ret = call(DRM_IOCTL_MODE_MAP_DUMB, &dumb);
	void *page;

	if (ret)
		return ret;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, dumb.offset);
	if (page == MAP_FAILED)
		return -errno;
	memset(page, random_number(), 4096);
	munmap(page, 4096);
	return 0;
}

static int fuzz_export(void)
{
	struct drm_prime_handle prime = {
		.handle = any_handle(),
		.flags = one_in(8) ? wild() : DRM_CLOEXEC | DRM_RDWR,
	};
	int ret = call(DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);

	if (!ret)
		keep(DMABUFS, prime.fd);
	return ret;
}

static int fuzz_import(void)
{
	struct drm_prime_handle prime = { .fd = one_in(8) ? below(32) : any(DMABUFS) };
	int ret = call(DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);

	if (!ret)
		keep(HANDLES, prime.handle);
	return ret;
}

/* Memory of no DRM device, for fuzz_import; sometimes it is no dmabuf even. */
static int fuzz_udmabuf(void)
{
	size_t size = 4096 * between(1, KEEP_MAX / 4096);
	int memory = sealed_memory(size);
	int dmabuf;

	if (memory < 0)
		return memory;
	if (one_in(8)) {
		keep(DMABUFS, memory);
		return 0;
	}
	dmabuf = create_udmabuf(memory, size);
	close(memory);
	if (dmabuf < 0)
		return dmabuf;
	keep(DMABUFS, dmabuf);
	return 0;
}

/*
 * Calls from before there were atomic commits
 */

static int fuzz_setcrtc(void)
{
	struct buffer *b = any_buffer();
	uint32_t connectors[4] = { card->object[CONNECTOR], any_object(), any_object(), wild() };
	struct drm_mode_crtc c = {
		.crtc_id = crtc(),
		.fb_id = b->id,
		.set_connectors_ptr = pointer(connectors),
		.count_connectors = 1,
		.mode_valid = 1,
		.mode = mode_for(b),
	};
	uint32_t *fields[] = { &c.fb_id, &c.x, &c.y, &c.count_connectors, &c.mode_valid };
	uint32_t *field = fields[below(ARRAY_SIZE(fields))];

	scribble(b);
	if (one_in(2))
		*field = one_in(2) ? below(4) : nearly(*field);
	else if (one_in(4))
		spoil_mode(&c.mode);
	else if (one_in(8))
		c.mode = any_mode();
	return call(DRM_IOCTL_MODE_SETCRTC, &c);
}

static int fuzz_pageflip(void)
{
	struct drm_mode_modeinfo mode = current_mode();
	struct drm_mode_crtc_page_flip_target flip = {
		.crtc_id = crtc(),
		.fb_id = one_in(4) ? any_fb() : buffer_for(&mode)->id,
		.flags = one_in(8) ? any_flags(DRM_MODE_PAGE_FLIP_FLAGS) :
			 below(2) * DRM_MODE_PAGE_FLIP_EVENT,
		.sequence = one_in(8) ? wild() : 0,
		.user_data = random_number(),
	};

	return call(DRM_IOCTL_MODE_PAGE_FLIP, &flip);
}

static int fuzz_setplane(void)
{
	struct drm_mode_modeinfo mode = current_mode();
	struct buffer *b = buffer_for(&mode);
	struct drm_mode_set_plane p = {
		.plane_id = one_in(16) ? any_object() : card->object[PLANE],
		.crtc_id = crtc(),
		.fb_id = one_in(4) ? any_fb() : b->id,
		.flags = one_in(16) ? wild() : 0,
		.crtc_w = mode.hdisplay, .crtc_h = mode.vdisplay,
		.src_w = mode.hdisplay << 16, .src_h = mode.vdisplay << 16,
	};
	uint32_t *fields[] = {
		(uint32_t *)&p.crtc_x, (uint32_t *)&p.crtc_y, &p.crtc_w, &p.crtc_h,
		&p.src_x, &p.src_y, &p.src_w, &p.src_h, &p.fb_id, &p.crtc_id,
	};
	uint32_t *field = fields[below(ARRAY_SIZE(fields))];

	if (one_in(2))
		*field = one_in(2) ? 0 : nearly(*field);
	return call(DRM_IOCTL_MODE_SETPLANE, &p);
}

static int fuzz_setproperty(void)
{
	const struct knob *k = any_knob();
	struct drm_mode_obj_set_property p = {
		.obj_id = one_in(16) ? any_object() : k->object,
		.obj_type = one_in(16) ? wild() : k->type,
		.prop_id = k->property,
		.value = knob_value(k),
	};

	return call(DRM_IOCTL_MODE_OBJ_SETPROPERTY, &p);
}

static int fuzz_gamma(void)
{
	static uint16_t ramp[MAX_GAMMA];
	struct drm_mode_crtc_lut lut = {
		.crtc_id = crtc(),
		.gamma_size = one_in(4) ? below(MAX_GAMMA + 1) : one_in(2) ? 0 : 256,
		.red = pointer(ramp),
		.green = pointer(ramp),
		.blue = one_in(16) ? 8 : pointer(ramp),
	};

	for (int i = 0; i < MAX_GAMMA; i++)
		ramp[i] = random_number();
	return call(one_in(4) ? DRM_IOCTL_MODE_GETGAMMA : DRM_IOCTL_MODE_SETGAMMA, &lut);
}

static int fuzz_cursor(void)
{
	struct drm_mode_cursor2 cursor = {
		.flags = any_flags(DRM_MODE_CURSOR_FLAGS),
		.crtc_id = crtc(),
		.x = one_in(4) ? wild() : between(0, 1200) - 100,
		.y = one_in(4) ? wild() : between(0, 900) - 100,
		.width = one_in(4) ? wild() : 64,
		.height = one_in(4) ? wild() : 64,
		.handle = one_in(4) ? 0 : any_handle(),
		.hot_x = wild(), .hot_y = wild(),
	};

	return call(one_in(2) ? DRM_IOCTL_MODE_CURSOR2 : DRM_IOCTL_MODE_CURSOR, &cursor);
}

/*
 * Masters and leases
 */

static int fuzz_master(void)
{
	int ret = call(DRM_IOCTL_SET_MASTER, NULL);

	if (!ret && fd == card->fd)
		master = true;
	return ret;
}

static int fuzz_drop(void)
{
	int ret = call(DRM_IOCTL_DROP_MASTER, NULL);

	if (!ret && fd == card->fd)
		master = false;
	return ret;
}

static void prepare_lease(int lease)
{
	drmSetClientCap(lease, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	drmSetClientCap(lease, DRM_CLIENT_CAP_ATOMIC, 1);
	fcntl(lease, F_SETFL, O_NONBLOCK);
}

static int fuzz_lease(void)
{
	uint32_t objects[6] = {
		card->object[CONNECTOR], card->object[CRTC], card->object[PLANE],
		any_object(), any_object(), wild(),
	};
	struct drm_mode_create_lease lease = {
		.object_ids = pointer(objects),
		.object_count = one_in(4) ? below(ARRAY_SIZE(objects) + 1) : 3,
		.flags = one_in(8) ? wild() : O_CLOEXEC | O_NONBLOCK,
	};
	int ret = call(DRM_IOCTL_MODE_CREATE_LEASE, &lease);

	if (ret)
		return ret;
	prepare_lease(lease.fd);
	keep(LEASES, lease.fd);
	keep(LESSEES, lease.lessee_id);
	return 0;
}

/* An end of a lease by the owner of the card, or by the client that has it. */
static int fuzz_revoke(void)
{
	struct drm_mode_revoke_lease revoke = { .lessee_id = one_in(8) ? wild() : any(LESSEES) };

	if (one_in(4))
		close_any(LEASES);
	return call(DRM_IOCTL_MODE_REVOKE_LEASE, &revoke);
}

static int fuzz_lessees(void)
{
	uint32_t ids[32];
	struct drm_mode_list_lessees lessees = {
		.count_lessees = below(ARRAY_SIZE(ids) + 1),
		.pad = one_in(16),
		.lessees_ptr = one_in(16) ? 8 : pointer(ids),
	};

	return call(DRM_IOCTL_MODE_LIST_LESSEES, &lessees);
}

static int fuzz_getlease(void)
{
	uint32_t ids[32];
	struct drm_mode_get_lease lease = {
		.count_objects = below(ARRAY_SIZE(ids) + 1),
		.pad = one_in(16),
		.objects_ptr = one_in(16) ? 8 : pointer(ids),
	};

	return call(DRM_IOCTL_MODE_GET_LEASE, &lease);
}

/*
 * Vertical blanks.  Those who wait do so for one frame only: nothing here may
 * take long.
 */

static int fuzz_vblank(void)
{
	union drm_wait_vblank vblank = {
		.request = {
			.type = one_in(2) ? _DRM_VBLANK_RELATIVE : any_flags(_DRM_VBLANK_FLAGS_MASK),
			.sequence = one_in(8) ? wild() : below(4),
			.signal = random_number(),
		},
	};

	if (one_in(8))
		vblank.request = (struct drm_wait_vblank_request){
			.type = _DRM_VBLANK_RELATIVE, .sequence = below(2),
		};
	else
		vblank.request.type |= _DRM_VBLANK_EVENT;
	return call(DRM_IOCTL_WAIT_VBLANK, &vblank);
}

static int fuzz_sequence(void)
{
	struct drm_crtc_queue_sequence queue = {
		.crtc_id = crtc(),
		.flags = one_in(2) ? DRM_CRTC_SEQUENCE_RELATIVE : any_flags(3),
		.sequence = one_in(8) ? wild() : below(4),
		.user_data = random_number(),
	};
	struct drm_crtc_get_sequence get = { .crtc_id = crtc() };

	if (one_in(3))
		return call(DRM_IOCTL_CRTC_GET_SEQUENCE, &get);
	return call(DRM_IOCTL_CRTC_QUEUE_SEQUENCE, &queue);
}

/*
 * Questions
 */

/* listed_mode() chooses from what the latest probe has found. */
static int fuzz_probe(void)
{
	return probe_connector(card);
}

static int fuzz_getobject(void)
{
	struct drm_mode_crtc c = { .crtc_id = crtc() };
	struct drm_mode_get_plane plane = { .plane_id = any_object() };
	struct drm_mode_get_encoder encoder = { .encoder_id = below(64) };
	struct drm_mode_get_property property = { .prop_id = below(64) };
	struct drm_mode_get_connector connector = {
		.connector_id = any_object(),
		.count_modes = one_in(4) ? 0 : 1,
		.modes_ptr = pointer(&c.mode),
	};

	switch (below(5)) {
	case 0:
		return call(DRM_IOCTL_MODE_GETCRTC, &c);
	case 1:
		return call(DRM_IOCTL_MODE_GETPLANE, &plane);
	case 2:
		return call(DRM_IOCTL_MODE_GETENCODER, &encoder);
	case 3:
		return call(DRM_IOCTL_MODE_GETPROPERTY, &property);
	default:
		return call(DRM_IOCTL_MODE_GETCONNECTOR, &connector);
	}
}

static int fuzz_getproperties(void)
{
	static uint32_t properties[64];
	static uint64_t values[64];
	struct drm_mode_obj_get_properties get = {
		.props_ptr = pointer(properties),
		.prop_values_ptr = pointer(values),
		.count_props = below(ARRAY_SIZE(values) + 1),
		.obj_id = any_object(),
		.obj_type = one_in(4) ? object_types[below(OBJECTS)].type : DRM_MODE_OBJECT_ANY,
	};

	return call(DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &get);
}

static int fuzz_getblob(void)
{
	static uint8_t data[8192];
	struct drm_mode_get_blob blob = {
		.blob_id = any_blob(),
		.length = below(sizeof(data) + 1),
		.data = pointer(data),
	};

	return call(DRM_IOCTL_MODE_GETPROPBLOB, &blob);
}

/* What a client says it can do; without atomic commits it could not do much here. */
static int fuzz_capability(void)
{
	struct drm_set_client_cap cap = { .capability = between(1, 7), .value = below(3) };
	int ret = call(DRM_IOCTL_SET_CLIENT_CAP, &cap);

	drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
	return ret;
}

static int fuzz_reopen(void)
{
	close_all();
	return open_all() ? 0 : -ENODEV;
}

#endif
