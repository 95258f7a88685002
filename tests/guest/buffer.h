/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framebuffers and the memory behind them.
 */
#ifndef TESTS_GUEST_BUFFER_H
#define TESTS_GUEST_BUFFER_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm_fourcc.h>
#include <linux/udmabuf.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "picture.h"
#include "words.h"

/**
 * struct buffer - a framebuffer
 * @id: what the kernel calls it, 0 in a free slot
 * @handle: GEM handle of the memory
 * @width: in pixels
 * @height: in lines
 * @pitch: bytes from line to line
 * @offset: bytes before the first pixel
 * @format: DRM fourcc
 * @map: the memory as this process sees it, or NULL
 * @size: bytes of @map
 */
struct buffer {
	uint32_t id;
	uint32_t handle;
	uint32_t width, height;
	uint32_t pitch, offset;
	uint32_t format;
	void *map;
	size_t size;
};

/* Bytes per pixel of the formats that can be filled; others have four, as far as anybody looks. */
static uint32_t pixel_size(uint32_t format)
{
	return format == DRM_FORMAT_RGB565 ? 2 : format == DRM_FORMAT_RGB888 ? 3 : 4;
}

static void unmap_buffer(struct buffer *b)
{
	if (b->map)
		munmap(b->map, b->size);
	b->map = NULL;
}

/* Gives up memory that never became, or no longer is, a framebuffer. */
static void release_memory(int fd, struct buffer *b)
{
	unmap_buffer(b);
	if (b->handle)
		drmCloseBufferHandle(fd, b->handle);
	*b = (struct buffer){ 0 };
}

static int map_memory(struct buffer *b, int fd, off_t offset)
{
	void *map = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 offset);

	if (map == MAP_FAILED)
		return fail(errno, "mmap");
	b->map = map;
	return 0;
}

/*
 * Memory for offset + pitch * height bytes.  Dumb buffers are asked for in
 * pixels, so the request is rounded up to whole lines.
 */
static int alloc_dumb(int fd, struct buffer *b)
{
	uint32_t pitch = b->pitch ? b->pitch : b->width * pixel_size(b->format);
	uint32_t width = (pitch + 3) / 4;
	uint32_t extra = pitch ? (b->offset + (uint64_t)pitch - 1) / pitch : 0;
	uint32_t driver_pitch;
	uint64_t size;
	int ret;

	ret = check(drmModeCreateDumbBuffer(fd, width, b->height + extra, 32, 0,
					    &b->handle, &driver_pitch, &size),
		    "create dumb buffer");
	if (ret)
		return ret;
	b->size = size;
	if (!b->pitch)
		b->pitch = driver_pitch;
	return 0;
}

static int map_dumb(int fd, struct buffer *b)
{
	uint64_t offset;
	int ret = check(drmModeMapDumbBuffer(fd, b->handle, &offset), "map dumb buffer");

	return ret ? ret : map_memory(b, fd, offset);
}

/**
 * add_framebuffer - turn memory into a framebuffer
 * @fd: the card
 * @b: with everything but @id
 * @modifier: NULL leaves it implicit
 */
static int add_framebuffer(int fd, struct buffer *b, const uint64_t *modifier)
{
	uint64_t modifiers[4] = { modifier ? *modifier : 0 };
	uint32_t handles[4] = { b->handle };
	uint32_t pitches[4] = { b->pitch };
	uint32_t offsets[4] = { b->offset };

	return check(drmModeAddFB2WithModifiers(fd, b->width, b->height, b->format,
						handles, pitches, offsets,
						modifier ? modifiers : NULL, &b->id,
						modifier ? DRM_MODE_FB_MODIFIERS : 0),
		     "add framebuffer");
}

static int create_buffer(int fd, struct buffer *b, const uint64_t *modifier)
{
	int ret = alloc_dumb(fd, b);

	if (!ret)
		ret = map_dumb(fd, b);
	if (!ret)
		ret = add_framebuffer(fd, b, modifier);
	if (ret)
		release_memory(fd, b);
	return ret;
}

/* An exporter need not allow mmap(): such a buffer cannot be filled here. */
static int import_buffer(int fd, struct buffer *b, int dmabuf)
{
	off_t size = lseek(dmabuf, 0, SEEK_END);
	int ret = check(drmPrimeFDToHandle(fd, dmabuf, &b->handle), "import");

	if (!ret && size > 0) {
		b->size = size;
		map_memory(b, dmabuf, 0);
	}
	if (!ret)
		ret = add_framebuffer(fd, b, NULL);
	if (ret)
		release_memory(fd, b);
	return ret;
}

/* udmabuf takes only memory that can no longer shrink. */
static int sealed_memory(size_t size)
{
	int memory = memfd_create("kms", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (memory < 0)
		return fail(errno, "memfd");
	if (ftruncate(memory, size) || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK)) {
		int error = errno;

		close(memory);
		return fail(error, "sealed memory");
	}
	return memory;
}

static int create_udmabuf(int memory, size_t size)
{
	struct udmabuf_create create = {
		.memfd = memory,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int dmabuf, error;

	if (device < 0)
		return fail(errno, "open udmabuf");
	dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	error = errno;
	close(device);
	return dmabuf < 0 ? fail(error, "create udmabuf") : dmabuf;
}

/* A framebuffer whose memory comes from no DRM driver at all. */
static int import_udmabuf(int fd, struct buffer *b)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (b->offset + (size_t)b->pitch * b->height + page - 1) & -page;
	int memory = sealed_memory(size);
	int dmabuf, ret;

	if (memory < 0)
		return memory;
	ret = dmabuf = create_udmabuf(memory, size);
	if (dmabuf >= 0) {
		ret = import_buffer(fd, b, dmabuf);
		close(dmabuf);
	}
	close(memory);
	return ret;
}

static int remove_buffer(int fd, struct buffer *b)
{
	int ret = check(drmModeRmFB(fd, b->id), "remove framebuffer");

	release_memory(fd, b);
	return ret;
}

/* The rectangle lies in the picture, and the picture in the mapping. */
static bool can_fill(const struct buffer *b, const struct rect *r)
{
	uint64_t end = b->offset + (uint64_t)b->pitch * b->height;

	return r->x <= b->width && r->w <= b->width - r->x &&
	       r->y <= b->height && r->h <= b->height - r->y &&
	       b->pitch >= b->width * pixel_size(b->format) && end <= b->size;
}

/* From XRGB8888, in place: what does not fit is cut off. */
static void pack_line(uint32_t format, uint32_t *line, uint32_t count)
{
	uint32_t size = pixel_size(format);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t p = line[i];

		if (format == DRM_FORMAT_RGB565)
			p = (p >> 19 & 31) << 11 | (p >> 10 & 63) << 5 | (p >> 3 & 31);
		else if (format == DRM_FORMAT_BGRX8888)
			p = __builtin_bswap32(p);
		for (uint32_t byte = 0; byte < size; byte++)
			((uint8_t *)line)[i * size + byte] = p >> 8 * byte;
	}
}

/* Line by line through ordinary memory, as a pitch may be any number of bytes. */
static int fill_buffer(struct buffer *b, const struct picture *p,
		       const struct rect *r)
{
	uint32_t size = pixel_size(b->format), *line;

	if (!b->map)
		return fail(ENODEV, "the buffer is not mapped");
	if (!can_fill(b, r))
		return fail(ERANGE, "the rectangle is outside of the buffer");
	line = malloc(r->w * sizeof(*line));
	if (!line)
		return fail(ENOMEM, "line");
	for (uint32_t y = r->y; y < r->y + r->h; y++) {
		paint_line(p, r, y, line);
		pack_line(b->format, line, r->w);
		memcpy((char *)b->map + b->offset + (size_t)y * b->pitch + r->x * size, line,
		       r->w * size);
	}
	free(line);
	return 0;
}

#endif
