/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DRM device as this client sees it: one connector, one CRTC, one primary
 * plane, maybe a cursor plane, and the property ids that an atomic commit needs.
 */
#ifndef TESTS_GUEST_CARD_H
#define TESTS_GUEST_CARD_H

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "buffer.h"
#include "words.h"

#define MAX_CARDS	8
#define MAX_BUFFERS	64

enum object { CONNECTOR, CRTC, PLANE, CURSOR, OBJECTS };

static const struct {
	const char *name;
	uint32_t type;
} object_types[OBJECTS] = {
	[CONNECTOR] = { "connector", DRM_MODE_OBJECT_CONNECTOR },
	[CRTC]	    = { "crtc", DRM_MODE_OBJECT_CRTC },
	[PLANE]	    = { "plane", DRM_MODE_OBJECT_PLANE },
	[CURSOR]    = { "cursor", DRM_MODE_OBJECT_PLANE },
};

enum property {
	CONNECTOR_CRTC_ID, CONNECTOR_DPMS, CONNECTOR_EDID,
	CRTC_ACTIVE, CRTC_MODE_ID, CRTC_OUT_FENCE_PTR,
	PLANE_FB_ID, PLANE_CRTC_ID, PLANE_FB_DAMAGE_CLIPS, PLANE_IN_FENCE_FD, PLANE_IN_FORMATS,
	PLANE_SRC_X, PLANE_SRC_Y, PLANE_SRC_W, PLANE_SRC_H,
	PLANE_CRTC_X, PLANE_CRTC_Y, PLANE_CRTC_W, PLANE_CRTC_H,
	CURSOR_FB_ID, CURSOR_CRTC_ID,
	CURSOR_SRC_X, CURSOR_SRC_Y, CURSOR_SRC_W, CURSOR_SRC_H,
	CURSOR_CRTC_X, CURSOR_CRTC_Y, CURSOR_CRTC_W, CURSOR_CRTC_H,
	PROPERTIES,
};

static const struct {
	enum object object;
	const char *name;
} property_names[PROPERTIES] = {
	[CONNECTOR_CRTC_ID]	= { CONNECTOR, "CRTC_ID" },
	[CONNECTOR_DPMS]	= { CONNECTOR, "DPMS" },
	[CONNECTOR_EDID]	= { CONNECTOR, "EDID" },
	[CRTC_ACTIVE]		= { CRTC, "ACTIVE" },
	[CRTC_MODE_ID]		= { CRTC, "MODE_ID" },
	[CRTC_OUT_FENCE_PTR]	= { CRTC, "OUT_FENCE_PTR" },
	[PLANE_FB_ID]		= { PLANE, "FB_ID" },
	[PLANE_CRTC_ID]		= { PLANE, "CRTC_ID" },
	[PLANE_FB_DAMAGE_CLIPS]	= { PLANE, "FB_DAMAGE_CLIPS" },
	[PLANE_IN_FENCE_FD]	= { PLANE, "IN_FENCE_FD" },
	[PLANE_IN_FORMATS]	= { PLANE, "IN_FORMATS" },
	[PLANE_SRC_X]		= { PLANE, "SRC_X" },
	[PLANE_SRC_Y]		= { PLANE, "SRC_Y" },
	[PLANE_SRC_W]		= { PLANE, "SRC_W" },
	[PLANE_SRC_H]		= { PLANE, "SRC_H" },
	[PLANE_CRTC_X]		= { PLANE, "CRTC_X" },
	[PLANE_CRTC_Y]		= { PLANE, "CRTC_Y" },
	[PLANE_CRTC_W]		= { PLANE, "CRTC_W" },
	[PLANE_CRTC_H]		= { PLANE, "CRTC_H" },
	[CURSOR_FB_ID]		= { CURSOR, "FB_ID" },
	[CURSOR_CRTC_ID]	= { CURSOR, "CRTC_ID" },
	[CURSOR_SRC_X]		= { CURSOR, "SRC_X" },
	[CURSOR_SRC_Y]		= { CURSOR, "SRC_Y" },
	[CURSOR_SRC_W]		= { CURSOR, "SRC_W" },
	[CURSOR_SRC_H]		= { CURSOR, "SRC_H" },
	[CURSOR_CRTC_X]		= { CURSOR, "CRTC_X" },
	[CURSOR_CRTC_Y]		= { CURSOR, "CRTC_Y" },
	[CURSOR_CRTC_W]		= { CURSOR, "CRTC_W" },
	[CURSOR_CRTC_H]		= { CURSOR, "CRTC_H" },
};

/**
 * struct card - an open device
 * @fd: its file descriptor, -1 in a free slot
 * @object: ids of the connector, the CRTC and the planes; 0 for a plane that the driver lacks
 * @pipe: the index of the CRTC, by which vblank calls know it
 * @property: property ids, 0 for those that the driver lacks
 * @connector: modes and size as of the last probe
 * @buffers: framebuffers by the number that the user gave them
 */
struct card {
	int fd;
	uint32_t object[OBJECTS];
	uint32_t pipe;
	uint32_t property[PROPERTIES];
	drmModeConnector *connector;
	struct buffer buffers[MAX_BUFFERS];
};

static struct card cards[MAX_CARDS] = {
	[0 ... MAX_CARDS - 1] = { .fd = -1 },
};

static struct card *card;	/* the current one, or NULL */

/* Asks the driver for modes and EDID again. */
static int probe_connector(struct card *c)
{
	drmModeConnector *connector;

	connector = drmModeGetConnector(c->fd, c->object[CONNECTOR]);
	if (!connector)
		return fail(errno, "get connector");
	drmModeFreeConnector(c->connector);
	c->connector = connector;
	return 0;
}

/* What a plane is for */
static uint64_t plane_type(int fd, uint32_t plane)
{
	drmModeObjectProperties *list;
	uint64_t type = DRM_PLANE_TYPE_OVERLAY;

	list = drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);
	for (uint32_t i = 0; list && i < list->count_props; i++) {
		drmModePropertyRes *p = drmModeGetProperty(fd, list->props[i]);

		if (p && !strcmp(p->name, "type"))
			type = list->prop_values[i];
		drmModeFreeProperty(p);
	}
	drmModeFreeObjectProperties(list);
	return type;
}

static int find_planes(struct card *c)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(c->fd);

	if (!planes)
		return fail(errno, "get planes");
	for (uint32_t i = 0; i < planes->count_planes; i++) {
		uint64_t type = plane_type(c->fd, planes->planes[i]);

		if (type == DRM_PLANE_TYPE_PRIMARY && !c->object[PLANE])
			c->object[PLANE] = planes->planes[i];
		if (type == DRM_PLANE_TYPE_CURSOR && !c->object[CURSOR])
			c->object[CURSOR] = planes->planes[i];
	}
	drmModeFreePlaneResources(planes);
	return c->object[PLANE] ? 0 : fail(ENODEV, "no primary plane");
}

/* The first of each kind: the drivers under test have no others. */
static int find_pipe(struct card *c)
{
	drmModeRes *resources = drmModeGetResources(c->fd);

	if (!resources)
		return fail(errno, "get resources");
	if (resources->count_crtcs && resources->count_connectors) {
		c->object[CRTC] = resources->crtcs[0];
		c->object[CONNECTOR] = resources->connectors[0];
	}
	drmModeFreeResources(resources);
	return c->object[CRTC] ? 0 : fail(ENODEV, "no CRTC or connector");
}

/**
 * for_each_property() - visit the properties of the connector, CRTC and planes
 * @c: the card
 * @visit: called with each property; anything but 0 ends the walk
 * @context: passed on to @visit
 *
 * Return: 0, or what @visit returned.
 */
static int for_each_property(struct card *c,
			     int (*visit)(struct card *c, enum object object,
					  drmModePropertyRes *p, uint64_t value,
					  void *context),
			     void *context)
{
	int ret = 0;

	for (int object = 0; object < OBJECTS && !ret; object++) {
		drmModeObjectProperties *list;

		if (!c->object[object])
			continue;
		list = drmModeObjectGetProperties(c->fd, c->object[object],
						  object_types[object].type);
		if (!list)
			return fail(errno, "get properties");
		for (uint32_t i = 0; i < list->count_props && !ret; i++) {
			drmModePropertyRes *p = drmModeGetProperty(c->fd, list->props[i]);

			if (p)
				ret = visit(c, object, p, list->prop_values[i], context);
			drmModeFreeProperty(p);
		}
		drmModeFreeObjectProperties(list);
	}
	return ret;
}

static int note_property(struct card *c, enum object object,
			 drmModePropertyRes *p, uint64_t value, void *context)
{
	for (int i = 0; i < PROPERTIES; i++)
		if (property_names[i].object == object &&
		    !strcmp(property_names[i].name, p->name))
			c->property[i] = p->prop_id;
	return 0;
}

struct blob_search {
	uint32_t property;
	drmModePropertyBlobRes *blob;
};

static int match_blob(struct card *c, enum object object, drmModePropertyRes *p,
		      uint64_t value, void *context)
{
	struct blob_search *search = context;

	if (p->prop_id != search->property)
		return 0;
	search->blob = drmModeGetPropertyBlob(c->fd, value);
	return 1;
}

/* What a blob property holds now, or NULL; free with drmModeFreePropertyBlob. */
static drmModePropertyBlobRes *read_blob(struct card *c, enum property property)
{
	struct blob_search search = { .property = c->property[property] };

	for_each_property(c, match_blob, &search);
	return search.blob;
}

static void close_card(struct card *c)
{
	for (int i = 0; i < MAX_BUFFERS; i++)
		unmap_buffer(&c->buffers[i]);
	drmModeFreeConnector(c->connector);
	close(c->fd);
	*c = (struct card){ .fd = -1 };
}

static int init_card(struct card *c)
{
	int ret;

	ret = check(drmSetClientCap(c->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1),
		    "universal planes");
	if (!ret)
		ret = check(drmSetClientCap(c->fd, DRM_CLIENT_CAP_ATOMIC, 1),
			    "atomic capability");
	if (!ret)
		ret = find_pipe(c);
	if (!ret)
		ret = find_planes(c);
	if (!ret)
		ret = for_each_property(c, note_property, NULL);
	if (!ret)
		ret = probe_connector(c);
	return ret;
}

/* Opens a device as the new current card.  Not being master is no error. */
static int open_card(const char *path)
{
	struct card *c = cards;
	int ret;

	while (c->fd >= 0)
		if (++c == cards + MAX_CARDS)
			return fail(EMFILE, "too many cards");
	c->fd = open(path, O_RDWR | O_CLOEXEC);
	if (c->fd < 0)
		return fail(errno, "open");
	drmSetMaster(c->fd);
	ret = init_card(c);
	if (ret)
		close_card(c);
	else
		card = c;
	return ret;
}

static int open_pci_card(const char *address)
{
	char folder[128], path[300] = "";
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/sys/bus/pci/devices/%s/drm", address);
	dir = opendir(folder);
	if (!dir)
		return fail(errno, "no such PCI display device");
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "card", 4))
			snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
	closedir(dir);
	return open_card(path);
}

static bool has_driver(const char *path, const char *driver)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	drmVersion *version = fd < 0 ? NULL : drmGetVersion(fd);
	bool match = version && !strcmp(version->name, driver);

	drmFreeVersion(version);
	if (fd >= 0)
		close(fd);
	return match;
}

/* The card number @index of those that @driver drives. */
static int open_driver_card(const char *driver, int64_t index)
{
	char path[32];

	for (int minor = 0; minor < 64; minor++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", minor);
		if (has_driver(path, driver) && index-- == 0)
			return open_card(path);
	}
	return fail(ENODEV, "no such card");
}

#endif
