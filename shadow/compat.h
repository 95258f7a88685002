/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What older kernels lack.
 *
 * The driver is written against the newest Linux.  Everything older is served here
 * and nowhere else; Kbuild sets the HAVE_ macros from the kernel's own headers.
 */
#ifndef SHADOW_COMPAT_H
#define SHADOW_COMPAT_H

#include <linux/slab.h>

#include <drm/drm_atomic.h>
#include <drm/drm_crtc.h>
#include <drm/drm_fbdev_shmem.h>
#include <drm/drm_managed.h>
#include <drm/drm_panic.h>
#include <drm/drm_print.h>
#include <drm/drm_vblank.h>

/* Before 6.14: drm_client_setup() had another header, before 6.13 another name */
#if defined(HAVE_DRM_CLIENTS)
#include <drm/clients/drm_client_setup.h>
#elif defined(HAVE_DRM_FBDEV_SHMEM_OPS)
#include <drm/drm_client_setup.h>
#else
/* any member that every 6.12 has: .fbdev_probe came to it on the way */
#define DRM_FBDEV_SHMEM_DRIVER_OPS .show_fdinfo = NULL

static inline void drm_client_setup(struct drm_device *drm, const struct drm_format_info *format)
{
	drm_fbdev_shmem_setup(drm, 32);
}
#endif

/* Before 6.17: no pointer for set_pixel; there is room where a second plane would be. */
static inline void **shadow_scanout_private(struct drm_scanout_buffer *sb)
{
#ifdef HAVE_DRM_SCANOUT_PRIVATE
	return &sb->private;
#else
	return &sb->map[1].vaddr;
#endif
}

/* Before 7.0, but for backports: a typed kzalloc() */
#ifndef kzalloc_obj
#define kzalloc_obj(type) kzalloc(sizeof(type), GFP_KERNEL)
#endif

/*
 * Before 7.2: the structure of all states in a commit was struct drm_atomic_state.  This
 * comes below all includes: headers declare a function drm_atomic_commit(), which must not
 * be renamed.
 */
#ifndef HAVE_DRM_ATOMIC_COMMIT
#define drm_atomic_commit drm_atomic_state
#endif

/*
 * Before 6.19: no vblank timer.
 *
 * The adapters have no vblank interrupt.  Without one, page flips would finish
 * as soon as they are asked for, and clients would draw as fast as they can.  A timer
 * stands in for it: it fires once per frame while anybody waits for a vblank.
 * Here is a timer with the interface of drm_vblank_helper.h.
 */
#ifdef HAVE_DRM_VBLANK_TIMER

#include <drm/drm_vblank_helper.h>

struct shadow_vblank {};

static inline int shadow_vblank_init(struct drm_device *drm, struct shadow_vblank *vblank)
{
	return 0;
}

/*
 * The kernel's timer can deadlock. Whoever starts it waits for its callback to return, and
 * holds a lock that the callback takes. (See docs/upstream.md.) So ask first whether the
 * callback runs, and do not start the timer then. The question is to cancel the timer, which
 * says so by a negative number. It does no harm: the caller is about to start it again.
 */
static inline bool shadow_vblank_expires_now(struct drm_crtc *crtc)
{
	struct drm_vblank_crtc_timer *vtimer = &drm_crtc_vblank_crtc(crtc)->vblank_timer;

	return vtimer->crtc && hrtimer_try_to_cancel(&vtimer->timer) < 0;
}

/* Wait for the callback: only where no lock is held. */
static inline void shadow_vblank_settle(struct drm_crtc *crtc)
{
	struct drm_vblank_crtc_timer *vtimer = &drm_crtc_vblank_crtc(crtc)->vblank_timer;

	if (vtimer->crtc)
		hrtimer_cancel(&vtimer->timer);
}

#else /* !HAVE_DRM_VBLANK_TIMER */

#include <linux/hrtimer.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

/**
 * struct shadow_vblank - a CRTC's vblank timer
 * @timer: fires at the end of each frame
 * @crtc: whose frames these are
 * @lock: serializes starting the timer, forwarding it, and reading its time
 * @interval: duration of a frame; 0 asks the timer to stop
 */
struct shadow_vblank {
	struct hrtimer timer;
	struct drm_crtc *crtc;
	spinlock_t lock; /* timer, interval */
	ktime_t interval;
};

/* This timer's start waits for nothing. */
static inline bool shadow_vblank_expires_now(struct drm_crtc *crtc)
{
	return false;
}

static inline void shadow_vblank_settle(struct drm_crtc *crtc)
{
}

/* shadow.h: there is one CRTC per device, and its device knows the timer */
static inline struct shadow_vblank *shadow_vblank_of(struct drm_crtc *crtc);

static inline enum hrtimer_restart shadow_vblank_expired(struct hrtimer *timer)
{
	struct shadow_vblank *vblank = container_of(timer, struct shadow_vblank, timer);
	unsigned long flags;
	bool running;

	/*
	 * A timer that is queued was stopped and started again while this
	 * expiry was on its way: leave it alone.  Forward before handling the
	 * vblank: its timestamp is the expiry minus a frame.
	 */
	spin_lock_irqsave(&vblank->lock, flags);
	running = vblank->interval && !hrtimer_is_queued(timer);
	if (running)
		hrtimer_forward_now(timer, vblank->interval);
	spin_unlock_irqrestore(&vblank->lock, flags);

	if (!running || !drm_crtc_handle_vblank(vblank->crtc))
		return HRTIMER_NORESTART;

	return HRTIMER_RESTART;
}

static inline int drm_crtc_vblank_helper_enable_vblank_timer(struct drm_crtc *crtc)
{
	struct shadow_vblank *vblank = shadow_vblank_of(crtc);
	unsigned long flags;

	drm_calc_timestamping_constants(crtc, &crtc->mode);

	spin_lock_irqsave(&vblank->lock, flags);
	vblank->interval = ns_to_ktime(drm_crtc_vblank_crtc(crtc)->framedur_ns);
	hrtimer_start(&vblank->timer, vblank->interval, HRTIMER_MODE_REL);
	spin_unlock_irqrestore(&vblank->lock, flags);

	return 0;
}

/*
 * Called under a lock that the timer takes as well, so waiting for the timer
 * here would be a deadlock.
 */
static inline void drm_crtc_vblank_helper_disable_vblank_timer(struct drm_crtc *crtc)
{
	struct shadow_vblank *vblank = shadow_vblank_of(crtc);
	unsigned long flags;

	spin_lock_irqsave(&vblank->lock, flags);
	vblank->interval = 0;
	spin_unlock_irqrestore(&vblank->lock, flags);

	hrtimer_try_to_cancel(&vblank->timer);
}

/* The time of the last vblank: a frame before the timer fires next. */
static inline bool
drm_crtc_vblank_helper_get_vblank_timestamp_from_timer(struct drm_crtc *crtc, int *max_error,
						       ktime_t *vblank_time, bool in_vblank_irq)
{
	struct shadow_vblank *vblank = shadow_vblank_of(crtc);
	unsigned long flags;

	/* a 32-bit CPU reads a time in two halves, hence the lock */
	spin_lock_irqsave(&vblank->lock, flags);
	if (vblank->interval)
		*vblank_time = ktime_sub(hrtimer_get_expires(&vblank->timer), vblank->interval);
	else
		*vblank_time = ktime_get();
	spin_unlock_irqrestore(&vblank->lock, flags);

	return true;
}

static inline void drm_crtc_vblank_atomic_enable(struct drm_crtc *crtc,
						 struct drm_atomic_commit *commit)
{
	drm_crtc_vblank_on(crtc);
}

static inline void drm_crtc_vblank_atomic_disable(struct drm_crtc *crtc,
						  struct drm_atomic_commit *commit)
{
	drm_crtc_vblank_off(crtc);
}

/* Send the commit's event at the next vblank, or now if there will be none. */
static inline void drm_crtc_vblank_atomic_flush(struct drm_crtc *crtc,
						struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *new_crtc_state = drm_atomic_get_new_crtc_state(commit, crtc);
	struct drm_pending_vblank_event *event;

	spin_lock_irq(&crtc->dev->event_lock);
	event = new_crtc_state->event;
	new_crtc_state->event = NULL;
	if (event && drm_crtc_vblank_get(crtc))
		drm_crtc_send_vblank_event(crtc, event);
	else if (event)
		drm_crtc_arm_vblank_event(crtc, event);
	spin_unlock_irq(&crtc->dev->event_lock);
}

static inline void shadow_vblank_stop(struct drm_device *drm, void *vblank)
{
	hrtimer_cancel(&((struct shadow_vblank *)vblank)->timer);
}

static inline int shadow_vblank_init(struct drm_device *drm, struct shadow_vblank *vblank)
{
	spin_lock_init(&vblank->lock);
	hrtimer_setup(&vblank->timer, shadow_vblank_expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	vblank->crtc = drm_crtc_from_index(drm, 0);

	return drmm_add_action_or_reset(drm, shadow_vblank_stop, vblank);
}

#endif /* HAVE_DRM_VBLANK_TIMER */

#endif
