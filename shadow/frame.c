// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shadow frame: what VRAM shows, line by line, and what to do about a line.
 *
 * Most lines do not change.  So each line of the client's picture is compared with the frame,
 * and what differs is written to both, the frame and VRAM.
 *
 * In a video nearly all differs, and comparing is wasted.  So a line is held when at least half
 * of it changes twice in a short time.  The pixels of a line that is held go straight to VRAM,
 * even if nothing has changed, and the frame is out of date there.  Now and then a few of its
 * pixels are looked at, to see whether the line goes on changing.  If it has not done so for a
 * moment, the next flush writes the whole line to both, which releases it.  The one after that
 * compares again.
 */

#include "frame.h"

/* So many ms are a short time: a page that changes once a second is no video. */
#define SHADOW_SOON	100

/* A line is held until it has not been seen to change for so many ms. */
#define SHADOW_HOLD	200

/* A held line that was seen to change is not looked at by flushes of the next so many ms. */
#define SHADOW_LOOK	50

/* It is seen to change if so many of the SHADOW_WATCHED pairs have: half of them. */
#define SHADOW_CHANGING	4

/* In pixels: lines of whole blocks need no special case where one ends. */
static size_t padded_width(const struct shadow_layout *layout)
{
	return round_up(layout->width, SHADOW_PIXEL_BLOCK);
}

/**
 * shadow_frame_size - compute how much memory a frame takes
 * @layout: the layout of the picture; not empty, and by shadow_layout_fit(), which keeps it
 *	far below what would overflow
 *
 * Context: Any.
 * Return: Bytes.
 */
size_t shadow_frame_size(const struct shadow_layout *layout)
{
	return sizeof(struct shadow_frame) + layout->height * sizeof(struct shadow_line) +
	       (layout->height + 2) * padded_width(layout) * sizeof(u32);
}

/**
 * shadow_frame_init - make a frame of memory with any content, or forget what VRAM shows
 * @frame: at least shadow_frame_size() bytes
 * @layout: the layout of the picture
 * @now: the time of the flush that comes next, in ms
 *
 * Its pixels are undefined, so all of its lines are held, and the first flush writes them: an
 * upload. What a line is padded with stays black.
 *
 * Context: Any.
 */
void shadow_frame_init(struct shadow_frame *frame, const struct shadow_layout *layout, u32 now)
{
	u32 y;

	frame->width = layout->width;
	frame->height = layout->height;
	frame->padded_width = padded_width(layout);
	frame->pixels = (void *)(frame->lines + frame->height);
	frame->scratch = frame->pixels + (size_t)frame->padded_width * frame->height;
	frame->swap_line = frame->scratch + frame->padded_width;
	memset(frame->scratch, 0, frame->padded_width * sizeof(*frame->scratch));
	for (y = 0; y < frame->height; y++)
		frame->lines[y] = (struct shadow_line) { .held = true, .since = now - SHADOW_HOLD };
}

static u32 *frame_line(struct shadow_frame *frame, u32 y)
{
	return frame->pixels + (size_t)y * frame->padded_width;
}

/* Write a part of a line without comparing. */
static void write_line(const struct shadow_target *to, u32 *kept, const void *src, u32 x1, u32 x2,
		       struct shadow_stats *stats)
{
	shadow_write_blocks(to, kept, src + x1 * sizeof(u32), x1, x2 - x1);
	stats->written += (x2 - x1) * to->cpp;
}

/* Write what differs, in whole blocks, and return how many pixels these have. */
static u32 compare_line(const struct shadow_target *to, u32 *kept, const void *src, u32 x1, u32 x2,
			struct shadow_stats *stats)
{
	u32 count = x2 - x1, start, end = 0, written = 0;

	src += x1 * sizeof(u32);
	while (shadow_next_span(src, kept + x1, count, &start, &end)) {
		shadow_write_blocks(to, kept, src + start * sizeof(u32), x1 + start, end - start);
		written += end - start;
	}
	stats->compared += count * sizeof(u32);
	stats->skipped += (count - written) * sizeof(u32);
	stats->written += written * to->cpp;

	return written;
}

/*
 * At least half of a line that is not held was found changed. A flush may have several clips
 * in a line: they all have the same time, and count once.
 */
static void line_changed(struct shadow_line *line, u32 now)
{
	if (now != line->since)
		line->held = now - line->since <= SHADOW_SOON;
	line->since = now;
}

/*
 * Look at some pairs of pixels in a part of a held line, and remember them. Tells whether half of
 * them have changed since they were last looked at. (For a line that has just become held, that
 * was long ago. They may seem to have changed, and the line is held 200 ms longer than it should.)
 */
static bool watch_line(struct shadow_line *line, const void *src, u32 width, u32 x1, u32 x2)
{
	u32 i, x, changed = 0;
	u64 pair;

	for (i = 0; i < SHADOW_WATCHED; i++) {
		x = (2 * i + 1) * width / (2 * SHADOW_WATCHED);
		if (x < x1 || x + 2 > x2)
			continue;
		pair = shadow_load_pair(src + x * sizeof(u32)) & shadow_le64(SHADOW_COLORS);
		changed += line->seen[i] != pair;
		line->seen[i] = pair;
	}

	return changed >= SHADOW_CHANGING;
}

/**
 * shadow_flush_line - bring a part of a line to the screen
 * @frame: the frame
 * @to: the line
 * @src: the client's picture
 * @x1: the first pixel that may have changed
 * @x2: one past the last pixel that may have changed
 * @now: the time of the flush, in ms; it may wrap
 * @stats: figures to add to
 *
 * Lines are compared and written in whole blocks, so pixels beside these may be written, too: as
 * the client has them now. If the line was held, that is all of it.
 *
 * Context: Any.
 */
void shadow_flush_line(struct shadow_frame *frame, const struct shadow_target *to,
		       const struct shadow_source *src, u32 x1, u32 x2, u32 now,
		       struct shadow_stats *stats)
{
	struct shadow_line *line = &frame->lines[to->y];
	bool release = line->held && now - line->since >= SHADOW_HOLD;
	u32 *kept = frame_line(frame, to->y);
	const void *new;

	x1 = release ? 0 : round_down(x1, SHADOW_PIXEL_BLOCK);
	x2 = release ? frame->padded_width : round_up(x2, SHADOW_PIXEL_BLOCK);
	new = shadow_source_line(src, to->y, x1, min(x2, frame->width), frame->scratch);

	if (line->held) {
		write_line(to, release ? kept : NULL, new, x1, x2, stats);
		stats->held += (x2 - x1) * sizeof(u32);
		if (!release && (now == line->since || now - line->since >= SHADOW_LOOK) &&
		    watch_line(line, new, frame->width, x1, x2))
			line->since = now;
		line->held = !release;
	} else if (compare_line(to, kept, new, x1, x2, stats) >= frame->width / 2) {
		line_changed(line, now);
	}
}
