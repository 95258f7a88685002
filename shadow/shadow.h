/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between the core and the adapters.
 *
 * The core (shadow/) owns every DRM object.  An adapter family (bochs/,
 * cirrus/) brings a &struct pci_driver, whose probe calls shadow_probe() with the family's
 * &struct shadow_ops, and knows registers and nothing about atomic state.
 *
 *  framebuffer -> plane.atomic_check --> shadow_layout_fit()   fits or not
 *              -> crtc.atomic_enable --> ops->set_mode()       the registers
 *              -> plane.atomic_update -> shadow_flush()        changed pixels
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
#include "layout.h"

struct shadow_device;

/**
 * struct shadow_info - constant facts about one kind of adapter
 * @name: what QEMU calls it
 * @vram_bar: number of the BAR that begins with VRAM
 * @limits: what it can scan out
 * @can_blank: ops->blank hides the picture without touching VRAM; otherwise
 *	the core clears the visible part of VRAM
 * @clears_vram: ops->set_mode leaves the visible part of VRAM black; otherwise
 *	the core clears it before, so that no stale pixel shows at a new pitch
 */
struct shadow_info {
	const char *name;
	unsigned int vram_bar;
	struct shadow_limits limits;
	bool can_blank;
	bool clears_vram;
};

/**
 * struct shadow_ops - what an adapter family does
 *
 * All are called between drm_dev_enter() and drm_dev_exit(), or from probe, or
 * after drm_dev_unplug(). For one device no two run at the same time, except that
 * @read_edid may run beside any, and @blank in a kernel panic.
 */
struct shadow_ops {
	/**
	 * @peek: find out what is lost when consoles are evicted; optional
	 *
	 * Called once, before firmware's framebuffer and consoles are evicted:
	 * nothing is mapped or claimed yet, and a console may use the adapter.
	 */
	void (*peek)(struct shadow_device *sdev);

	/**
	 * @detect: map the registers, find out which adapter this is
	 *
	 * Sets &shadow_device.regs, &shadow_device.vga and
	 * &shadow_device.vram_size, and &shadow_device.info if it knows better than
	 * the caller of shadow_probe(). Called once, after firmware's framebuffer
	 * has been evicted. Returns 0, or an error after a line in the log.
	 */
	int (*detect)(struct shadow_device *sdev);

	/** @state_size: bytes that @save needs */
	size_t state_size;

	/**
	 * @save: remember what firmware has programmed
	 *
	 * Called once, after @detect, and before anything changes; must not
	 * change what is on the screen itself.
	 */
	void (*save)(struct shadow_device *sdev, void *state);

	/**
	 * @restore: put back what @save has found
	 *
	 * Called last, by remove or shutdown, with black VRAM, and blanked if the
	 * adapter can. Text is put back as well, but a picture stays black.
	 */
	void (*restore)(struct shadow_device *sdev, const void *state);

	/**
	 * @shows: whether the adapter shows just what @layout says, not blanked
	 *
	 * Optional. Reads registers, and writes none. Called before the first
	 * mode set: if firmware has left the right mode, it stays.
	 */
	bool (*shows)(struct shadow_device *sdev, const struct shadow_layout *layout);

	/**
	 * @reset: bring what no mode set touches into a known state
	 *
	 * Called before the first mode set that is not adopted, and after a
	 * resume, when registers hold whatever firmware left there. Blanks the
	 * picture, if the adapter can.
	 */
	void (*reset)(struct shadow_device *sdev);

	/**
	 * @set_mode: show VRAM as @layout says
	 *
	 * The layout fits the adapter; this cannot fail. @blanked tells whether
	 * the picture is blanked; afterwards it is not. While this runs the
	 * screen may show the old picture or black, of whatever size, but never
	 * old pixels at a new pitch.
	 */
	void (*set_mode)(struct shadow_device *sdev, const struct shadow_layout *layout,
			 bool blanked);

	/**
	 * @blank: hide or show the picture; only if &shadow_info.can_blank
	 *
	 * Takes no lock and does not sleep: a kernel panic calls it too.
	 */
	void (*blank)(struct shadow_device *sdev, bool blank);

	/**
	 * @read_edid: read a part of the EDID; optional
	 *
	 * The signature is what drm_edid_read_custom() asks for; @context is
	 * the &struct shadow_device.
	 */
	int (*read_edid)(void *context, u8 *buf, unsigned int block, size_t len);
};

/**
 * struct shadow_stats - what was done to the picture, for debugfs
 * @uploads: pictures that were written as a whole, without comparing
 * @flushes: other updates
 * @compared: bytes of clients' pixels that were compared with the shadow frame
 * @skipped: how many of these needed no write
 * @written: bytes written to VRAM, in the scanout format
 */
struct shadow_stats {
	u64 uploads, flushes;
	u64 compared, skipped, written;
};

/**
 * struct shadow_device - one adapter: one plane, CRTC, encoder and connector
 * @drm: the DRM device
 * @plane: the only plane, a primary one
 * @crtc: its CRTC
 * @encoder: a formality: pixels go straight to QEMU
 * @connector: QEMU's window, VNC server or whatever shows the picture
 * @vblank: what a vblank timer needs on kernels that have none
 * @ops: the family's functions
 * @info: the adapter's constant facts
 * @regs: the register BAR; NULL for an adapter that has only legacy ports
 * @vga: where in the register BAR VGA's I/O ports are, from 0x3c0 on; or NULL
 * @vram: the VRAM BAR, write-combined; read only to save text
 * @vram_size: bytes of VRAM that can be shown
 * @text_start: where in VRAM the text console's screen began before it was evicted, as
 *	the CRTC had it
 * @firmware: what &shadow_ops.save has found, or NULL
 * @reset_done: whether ops->reset was called since probe
 * @scanout: what the adapter is programmed to, whether blanked or not;
 *	&shadow_layout.cpp is 0 before the first mode set, during each one, and
 *	after a resume. Written under drm_panic_lock() by the commit tail and by
 *	resume. The plane's state does not tell: it may hold a mode that is not set yet,
 *	because the CRTC is inactive.
 * @stats: figures; changed by the commit tail and by resume
 */
struct shadow_device {
	struct drm_device drm;
	struct drm_plane plane;
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
	u16 text_start;
	void *firmware;
	bool reset_done;
	struct shadow_layout scanout;
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

void shadow_clear(struct shadow_device *sdev, u32 start, u32 size);

void *shadow_handover_alloc(struct shadow_device *sdev, size_t size);

int shadow_probe(struct pci_dev *pdev, const struct shadow_ops *ops,
		 const struct shadow_info *info);
void shadow_remove(struct pci_dev *pdev);
void shadow_shutdown(struct pci_dev *pdev);
extern const struct dev_pm_ops shadow_pm_ops;

extern struct pci_driver bochs_pci_driver;
extern struct pci_driver cirrus_pci_driver;
extern struct pci_driver fallback_pci_driver;

#endif
