/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between the core and the adapters.
 *
 * The core (shadow/) owns every DRM object.  An adapter family (bochs/,
 * cirrus/) brings a &struct pci_driver, whose probe calls shadow_probe() with the family's
 * &struct shadow_ops, and knows registers and nothing about atomic state.
 *
 *  mode        -> crtc.atomic_check ---> shadow_layout_fit()   fits or not
 *              -> crtc.atomic_enable --> ops->set_mode()       the registers
 *  framebuffer -> plane.atomic_update -> shadow_flush()        changed pixels
 *                                          framebuffer -> shadow frame -> VRAM
 */
#ifndef SHADOW_SHADOW_H
#define SHADOW_SHADOW_H

#include <linux/pci.h>

#include <drm/drm_connector.h>
#include <drm/drm_crtc.h>
#include <drm/drm_device.h>
#include <drm/drm_encoder.h>
#include <drm/drm_plane.h>

#include "compat.h"
#include "frame.h"

struct shadow_device;

/**
 * struct shadow_info - constant facts about one kind of adapter
 * @name: what QEMU calls it
 * @vram_bar: number of the BAR that begins with VRAM
 * @limits: what it can scan out
 */
struct shadow_info {
	const char *name;
	unsigned int vram_bar;
	struct shadow_limits limits;
};

/**
 * struct shadow_ops - what an adapter family does
 *
 * All are called between drm_dev_enter() and drm_dev_exit(), or from probe, or
 * after drm_dev_unplug(). For one device no two run at the same time, except that
 * @read_edid may run beside any.
 */
struct shadow_ops {
	/**
	 * @detect: map the registers, find out which adapter this is
	 *
	 * Sets &shadow_device.regs, &shadow_device.vga and
	 * &shadow_device.vram_size, and &shadow_device.info if it knows better than
	 * the caller of shadow_probe(). (VRAM may turn out smaller in @save.) Called
	 * once, while firmware's framebuffer or a text console may still use the
	 * adapter: what they show and rely on stays as it is. Returns 0, or an error
	 * after a line in the log.
	 */
	int (*detect)(struct shadow_device *sdev);

	/**
	 * @peek: find out what is lost when consoles are evicted
	 *
	 * Called once, just before that: a console may still use the adapter.
	 */
	void (*peek)(struct shadow_device *sdev);

	/** @state_size: bytes that @save needs */
	size_t state_size;

	/**
	 * @save: remember what firmware has programmed
	 *
	 * Called once, after firmware's framebuffer and consoles have been evicted, and
	 * before anything changes. It must not change the picture. (There are exceptions:
	 * an adapter that can do more becomes a VGA again, and the window of the emulator
	 * Bochs flickers.) If firmware's mode is just what
	 * @set_mode would make of some layout, not blanked, @save may
	 * set &shadow_device.scanout to that: then a panic is shown in this mode, and the
	 * first mode set may adopt it. @save has to call shadow_note_shown() with the end
	 * of firmware's picture then, since no mode set will.
	 */
	void (*save)(struct shadow_device *sdev, void *state);

	/**
	 * @restore: put back what @save has found
	 *
	 * Called last, by remove or shutdown, when the screen is black. A text screen is
	 * put back with its text. A graphics mode stays black until somebody draws.
	 */
	void (*restore)(struct shadow_device *sdev, const void *state);

	/**
	 * @reset: bring what no mode set touches into a known state
	 *
	 * Called before the first mode set, unless firmware's mode is adopted, and after
	 * a resume. Registers hold whatever firmware or another kernel left there.
	 * Afterwards the screen is black.
	 */
	void (*reset)(struct shadow_device *sdev);

	/**
	 * @set_mode: show VRAM as @layout says
	 *
	 * The layout fits the adapter, so this cannot fail. Afterwards the screen is
	 * black: the adapter clears what @layout makes visible, or shadow_make_black()
	 * does. While this runs the screen may show the old picture, or black of any size,
	 * but never old pixels at a new pitch.
	 */
	void (*set_mode)(struct shadow_device *sdev, const struct shadow_layout *layout);

	/**
	 * @read_edid: read a part of the EDID; optional
	 *
	 * The signature is what drm_edid_read_custom() asks for; @context is
	 * the &struct shadow_device.
	 */
	int (*read_edid)(void *context, u8 *buf, unsigned int block, size_t len);
};

/**
 * struct shadow_device - one adapter: two planes, a CRTC, an encoder and a connector
 * @drm: the DRM device
 * @plane: the primary plane
 * @cursor: the cursor plane
 * @crtc: their CRTC
 * @encoder: a formality: pixels go straight to QEMU
 * @connector: QEMU's window, VNC server or whatever shows the picture
 * @vblank: what a vblank timer needs on kernels that have none
 * @ops: the family's functions
 * @info: the adapter's constant facts
 * @regs: the register BAR; NULL for an adapter that has only legacy ports
 * @vga: where in the register BAR VGA's I/O ports are, from 0x3c0 on; or NULL
 * @vram: the VRAM BAR, write-combined or cached; the driver reads it only to save a
 *	text screen, and to find the end of that of Cirrus
 * @vram_size: bytes of VRAM that can be shown
 * @swapped: whether the adapter takes pixels as big endian, and cannot be told otherwise; set by
 *	&shadow_ops.detect
 * @shown_size: bytes from the start of VRAM that have been shown since all of it was black.
 *	Neither our pixels nor firmware's are beyond them. An adapter's set_mode may make
 *	that much black, and set this to 0.
 * @text_start: where in VRAM the text console's screen began before it was evicted, in
 *	the units of VGA's CRT controller
 * @firmware: what &shadow_ops.save has found
 * @reset_done: whether ops->reset was called since probe
 * @scanout: what the adapter is programmed to, whether the CRTC is active or not;
 *	&shadow_layout.cpp is 0 if that is unknown: before the first mode set, unless
 *	&shadow_ops.save knows it; during each mode set; and after a resume. Written by
 *	probe, and then under drm_panic_lock() by the commit tail and by resume.
 * @frame: what VRAM shows, see &struct shadow_frame, as @scanout lies; NULL before the
 *	first mode set. Belongs to the commit tail, and changes only between
 *	drm_dev_enter() and drm_dev_exit(): after drm_dev_unplug(), remove reads it to find
 *	out whether there was a mode set.
 * @frame_valid: whether VRAM shows @frame. If not, the next update writes all of it.
 *	Cleared by whoever else writes VRAM, in any context.
 * @stats: figures; changed by the commit tail, by resume, and by remove and shutdown
 */
struct shadow_device {
	struct drm_device drm;
	struct drm_plane plane, cursor;
	struct drm_crtc crtc;
	struct drm_encoder encoder;
	struct drm_connector connector;
	struct shadow_vblank vblank;

	const struct shadow_ops *ops;
	const struct shadow_info *info;
	void __iomem *regs;
	void __iomem *vga;
	void *vram;
	u32 vram_size;
	bool swapped;
	u32 shown_size;
	u16 text_start;
	void *firmware;
	bool reset_done;
	struct shadow_layout scanout;
	struct shadow_frame *frame;
	bool frame_valid;
	struct shadow_stats stats;
};

static inline struct shadow_device *to_shadow_device(struct drm_device *drm)
{
	return container_of(drm, struct shadow_device, drm);
}

static inline struct shadow_vblank *shadow_vblank_of(struct drm_crtc *crtc)
{
	return &to_shadow_device(crtc->dev)->vblank;
}

/**
 * shadow_has_bar - ask whether a PCI device has a BAR
 * @pdev: the PCI device
 * @bar: number of the BAR
 * @type: IORESOURCE_MEM or IORESOURCE_IO
 * @size: how large it is at least, in bytes
 *
 * Context: Any.
 * Return: Whether it does, and the BAR has got an address.
 */
static inline bool shadow_has_bar(struct pci_dev *pdev, unsigned int bar, unsigned long type,
				  resource_size_t size)
{
	unsigned long flags = pci_resource_flags(pdev, bar);

	return flags & type && !(flags & IORESOURCE_UNSET) && pci_resource_len(pdev, bar) >= size;
}

void shadow_note_shown(struct shadow_device *sdev, u64 end);
void shadow_make_black(struct shadow_device *sdev, u32 size);

void *shadow_handover_alloc(struct shadow_device *sdev, size_t size);

int shadow_probe(struct pci_dev *pdev, const struct shadow_ops *ops,
		 const struct shadow_info *info);
void shadow_remove(struct pci_dev *pdev);
void shadow_shutdown(struct pci_dev *pdev);
extern const struct dev_pm_ops shadow_pm_ops;

/* What all families' &struct pci_driver have in common */
#define SHADOW_PCI_DRIVER_OPS \
	.remove = shadow_remove, \
	.shutdown = shadow_shutdown, \
	.driver.pm = pm_sleep_ptr(&shadow_pm_ops)

#endif
