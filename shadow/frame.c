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

/*
 * A line is held until it has not been seen to change for so many ms. Of 15 frames a second every
 * other one is looked at. If that one is missing, the next one is still in time.
 */
#define SHADOW_HOLD	240

/*
 * A held line that was seen to change is not looked at by flushes of the next so many ms. At 60 Hz
 * the fifth frame is. If it were the sixth, two or three pictures that take turns would seem still.
 */
#define SHADOW_LOOK	80

/* It is seen to change if so many of the SHADOW_WATCHED pairs have: half of them. */
#define SHADOW_CHANGING	4

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
	       (layout->height + 2) * shadow_layout_padded_width(layout) * sizeof(u32);
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
	frame->width = layout->width;
	frame->height = layout->height;
	frame->padded_width = shadow_layout_padded_width(layout);
	frame->pixels = (void *)(frame->lines + frame->height);
	frame->scratch = frame->pixels + (size_t)frame->padded_width * frame->height;
	frame->swap_line = frame->scratch + frame->padded_width;
	memset(frame->scratch, 0, frame->padded_width * sizeof(*frame->scratch));
	for (u32 y = 0; y < frame->height; y++)
		frame->lines[y] = (struct shadow_line) { .held = true, .since = now - SHADOW_HOLD };
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

static bool stays_held(const struct shadow_line *line, u32 now)
{
	return line->held && now - line->since < SHADOW_HOLD;
}

/*
 * Look at some pairs of pixels in a part of a held line, and remember them. Remember the time as
 * well if half of them have changed since they were last looked at. (For a line that has just
 * become held, that was long ago. They may seem to have changed, and the line is held longer than
 * it should.)
 */
static void look_at_line(struct shadow_line *line, const void *src, u32 width, u32 x1, u32 x2,
			 u32 now)
{
	u32 step = width / SHADOW_WATCHED, x = step / 2, changed = 0;
	u64 *seen, pair;

	for (seen = line->seen; seen < line->seen + SHADOW_WATCHED; seen++, x += step) {
		if (x < x1 || x + 2 > x2)
			continue;
		pair = shadow_load_pair(src + x * sizeof(u32)) & shadow_le64(SHADOW_COLORS);
		changed += *seen != pair;
		*seen = pair;
	}

	if (changed >= SHADOW_CHANGING)
		line->since = now;
}

/*
 * Count the lines that one copy can write, and look at each if it is time. The first one stays
 * held. Those below it are written along if they stay held, too, if all of them is damaged, and if
 * they follow each other without a gap in the client's memory, as they do in VRAM. (Not at 16 bpp:
 * there each line has its own pattern of dithering.)
 */
static u32 count_held(struct shadow_frame *frame, const struct shadow_target *to,
		      const struct shadow_source *src, const void *new, u32 x1, u32 x2, u32 now)
{
	bool joined = x2 - x1 == frame->padded_width && src->pitch == x2 * sizeof(u32) &&
		      new != frame->scratch && to->cpp != sizeof(u16) && !to->swap_line;
	u32 lines = joined ? shadow_lines_to_cursor(src, to->y, to->lines) : 1;
	struct shadow_line *first = &frame->lines[to->y], *line = first;

	do {
		if (now == line->since || now - line->since >= SHADOW_LOOK)
			look_at_line(line, new, frame->width, x1, x2, now);
		line++;
		new += src->pitch;
	} while (line < first + lines && stays_held(line, now));

	return line - first;
}

/**
 * shadow_flush_lines - bring a part of a line to the screen, or several whole lines
 * @frame: the frame
 * @to: where to; there may be more lines than are brought there at once
 * @src: the client's picture
 * @x1: the first pixel that may have changed
 * @x2: one past the last pixel that may have changed
 * @now: the time of the flush, in ms; it may wrap
 * @stats: figures to add to
 *
 * Lines are compared and written in whole blocks, so pixels beside these may be written, too: as
 * the client has them now. That is all of the line if it was held and is to be compared again.
 * Several lines are written at once only if all of them are held.
 *
 * Context: Any.
 * Return: How many lines that were: one at least, and no more than @to has.
 */
u32 shadow_flush_lines(struct shadow_frame *frame, const struct shadow_target *to,
		       const struct shadow_source *src, u32 x1, u32 x2, u32 now,
		       struct shadow_stats *stats)
{
	u32 *kept = frame->pixels + (size_t)to->y * frame->padded_width;
	struct shadow_line *line = &frame->lines[to->y];
	bool release = line->held && !stays_held(line, now);
	const void *new;
	u32 count, pixels;

	x1 = release ? 0 : round_down(x1, SHADOW_PIXEL_BLOCK);
	x2 = release ? frame->padded_width : round_up(x2, SHADOW_PIXEL_BLOCK);
	new = shadow_source_line(src, to->y, x1, min(x2, frame->width), frame->scratch);

	if (!line->held) {
		/* A flush may have several clips in a line. They have one time, and count once. */
		if (compare_line(to, kept, new, x1, x2, stats) >= frame->width / 2 &&
		    now != line->since) {
			line->held = now - line->since <= SHADOW_SOON;
			line->since = now;
		}
		return 1;
	}

	count = release ? 1 : count_held(frame, to, src, new, x1, x2, now);
	pixels = (x2 - x1) * count;
	shadow_write_blocks(to, release ? kept : NULL, new + x1 * sizeof(u32), x1, pixels);
	stats->held += pixels * sizeof(u32);
	stats->written += pixels * to->cpp;
	line->held = !release;

	return count;
}
