// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame, its lines' histories, a cursor, and what VRAM shows then
 */

#include "pure-test.h"

#define SCREEN_HEIGHT	4

/*
 * A screen with a client, whose lines are at any alignment, and what VRAM was before the latest
 * flush.  If the client has a pitch, its lines are in one piece of memory, and those of VRAM as
 * well.  If not, each line is a piece of its own.  All pieces are from the heap, to the byte: the
 * sanitizer sees any access beyond.
 */
struct screen {
	u32 width, stride, cpp, client_cpp, skew, pitch, now, written_along;
	bool dither, swapped, in_two_clips, joined;
	struct shadow_layout layout;
	struct shadow_frame *frame;
	struct shadow_source cursor;
	u8 *client[SCREEN_HEIGHT], *vram[SCREEN_HEIGHT], *before[SCREEN_HEIGHT];
	struct shadow_stats stats;
};

/* What a client has drawn, with the cursor in front of it */
static u32 client_pixel(const struct screen *screen, u32 x, u32 y)
{
	u32 pixel = naive_xrgb(screen->client[y] + screen->skew, x, screen->client_cpp);

	return behind_cursor(&screen->cursor, x, y, pixel);
}

/* Whether VRAM shows a color there; an X byte is nobody's business */
static bool is_shown(const struct screen *screen, u32 x, u32 y, u32 xrgb)
{
	u32 pixel = bytes_of_pixel(screen->vram[y], x, screen->cpp);
	u32 difference = (screen->swapped ? reversed(pixel, screen->cpp) : pixel) ^
			 naive(xrgb, screen->cpp, x, y, screen->dither);

	return !(screen->cpp == 4 ? difference & 0xffffff : difference);
}

static bool is_as_before(const struct screen *screen, u32 x, u32 y)
{
	return bytes_of_pixel(screen->vram[y], x, screen->cpp) ==
	       bytes_of_pixel(screen->before[y], x, screen->cpp);
}

/*
 * What is damaged is drawn. So may be the rest of its blocks, and all of a line that was held; what
 * else there is stays as it was.
 */
static void check_line(const struct screen *screen, u32 y, u32 x1, u32 x2, bool was_held)
{
	const u32 *kept = screen->frame->pixels + y * screen->frame->padded_width;
	u32 x;

	for (x = 0; x < screen->width; x++) {
		bool drawn = is_shown(screen, x, y, client_pixel(screen, x, y));
		bool may_be_drawn = was_held || (x >= x1 / 8 * 8 && x < (x2 + 7) / 8 * 8);

		if (x >= x1 && x < x2)
			assert_true(drawn);
		else
			assert_true((may_be_drawn && drawn) || is_as_before(screen, x, y));
	}
	for (; x < screen->stride; x++)
		assert_int_equal(bytes_of_pixel(screen->vram[y], x, screen->cpp), 0);
	if (!screen->frame->lines[y].held)
		for (x = 0; x < screen->stride; x++)
			assert_true(is_shown(screen, x, y, bytes_of_pixel(kept, x, 4)));
}

/* Flush a line, or up to so many, and tell how many these were. */
static u32 flush_some(struct screen *screen, u32 y, u32 lines, u32 x1, u32 x2)
{
	struct shadow_target to = {
		screen->vram[y], y, lines, screen->cpp, screen->dither,
		screen->swapped ? screen->frame->swap_line : NULL
	};
	struct shadow_source src = {
		.pixels = screen->client[screen->pitch ? 0 : y] + screen->skew,
		.pitch = screen->pitch, .cpp = screen->client_cpp,
		.cursor = random_below(2) || screen->cursor.x1 < screen->cursor.x2 ?
			  &screen->cursor : NULL,
	};
	bool was_held[SCREEN_HEIGHT];
	u32 i, count;

	for (i = 0; i < lines; i++)
		was_held[i] = screen->frame->lines[y + i].held;
	count = shadow_flush_lines(screen->frame, &to, &src, x1, x2, screen->now, &screen->stats);
	assert_true(count >= 1 && count <= lines);
	for (i = 0; i < count; i++)
		check_line(screen, y + i, x1, x2, was_held[i]);
	screen->written_along += count - 1;
	return count;
}

/* Other lines stay what they are. */
static void flush_lines(struct screen *screen, u32 x1, u32 x2, u32 y1, u32 y2)
{
	u32 y;

	for (y = 0; y < SCREEN_HEIGHT; y++)
		memcpy(screen->before[y], screen->vram[y], screen->stride * screen->cpp);
	for (y = y1; y < y2; )
		y += flush_some(screen, y, screen->joined ? y2 - y :
				screen->pitch ? 1 + random_below(y2 - y) : 1, x1, x2);
	for (y = 0; y < SCREEN_HEIGHT; y++)
		if (y < y1 || y >= y2)
			assert_memory_equal(screen->before[y], screen->vram[y],
					    screen->stride * screen->cpp);
}

static void draw_part(struct screen *screen, u32 x1, u32 x2, u32 y1, u32 y2)
{
	u32 x, y, pixel, cpp = screen->client_cpp;

	for (y = y1; y < y2; y++)
		for (x = x1; x < x2; x++) {
			pixel = random_below(UINT32_MAX);
			memcpy(screen->client[y] + screen->skew + x * cpp, &pixel, cpp);
		}
}

static void alloc_lines(struct screen *screen)
{
	u32 y, pieces = screen->pitch ? 1 : SCREEN_HEIGHT, lines = SCREEN_HEIGHT / pieces;
	u32 size = screen->width * screen->client_cpp, line = screen->stride * screen->cpp;

	for (y = 0; y < SCREEN_HEIGHT; y++) {
		screen->before[y] = calloc(1, line);
		screen->client[y] = y < pieces ?
			malloc(screen->skew + (lines - 1) * screen->pitch + size) :
			screen->client[y - 1] + screen->pitch;
		screen->vram[y] = y < pieces ? calloc(lines, line) : screen->vram[y - 1] + line;
	}
}

static void free_lines(struct screen *screen)
{
	u32 y;

	for (y = 0; y < SCREEN_HEIGHT; y++) {
		free(screen->before[y]);
		if (!y || !screen->pitch) {
			free(screen->client[y]);
			free(screen->vram[y]);
		}
	}
}

/* On one that is joined nothing is in the way of many lines in one copy. On others something may be. */
static void open_as(struct screen *screen, u32 width, u32 cpp, u32 client_cpp, bool joined)
{
	u32 stride = (width + 7) / 8 * 8;
	struct shadow_layout layout = {
		.width = width, .height = SCREEN_HEIGHT, .pitch = stride * cpp, .cpp = cpp,
	};
	size_t size = shadow_frame_size(&layout);

	*screen = (struct screen) {
		.width = width, .stride = stride, .cpp = cpp,
		.client_cpp = client_cpp, .skew = random_below(8), .dither = random_below(2),
		.swapped = !joined && random_below(2), .joined = joined,
		.pitch = joined ? width * client_cpp :
			 random_below(3) ? width * client_cpp + !random_below(4) * 8 : 0,
		/* often enough it wraps before long */
		.now = random_below(2) ? random_below(UINT32_MAX) : -random_below(20000),
		.layout = layout, .frame = malloc(size),
	};
	alloc_lines(screen);
	memset(screen->frame, 0xa5, size);
	shadow_frame_init(screen->frame, &screen->layout, screen->now);
	draw_part(screen, 0, width, 0, SCREEN_HEIGHT);
	flush_lines(screen, 0, width, 0, SCREEN_HEIGHT);
}

static void open_screen(struct screen *screen, u32 width, u32 cpp, u32 client_cpp)
{
	open_as(screen, width, cpp, client_cpp, false);
}

static void close_screen(struct screen *screen)
{
	free_lines(screen);
	free(screen->frame);
	free((void *)screen->cursor.pixels);
}

/* Draw somewhere, all of it or a part, and flush no less than that, or nothing but a part of it. */
static void flush_random(struct screen *screen, bool all)
{
	u32 x1 = all ? 0 : random_below(screen->width);
	u32 x2 = all ? screen->width : x1 + 1 + random_below(screen->width - x1);
	u32 y1 = random_below(SCREEN_HEIGHT), y2 = y1 + 1 + random_below(SCREEN_HEIGHT - y1);

	if (random_below(3))
		draw_part(screen, x1, x2, y1, y2);
	if (!all && random_below(2))
		x2 = x1 + 1 + random_below(x2 - x1);
	if (!random_below(100))
		shadow_frame_init(screen->frame, &screen->layout, screen->now);
	flush_lines(screen, x1, x2, y1, y2);
}

/*
 * All that was drawn is on the screen, and the cursor becomes another one, somewhere else. Then
 * where it was is flushed, and where it is, and all of the screen is right again.
 */
static void change_cursor(struct screen *screen)
{
	struct shadow_source *cursor = &screen->cursor, old = *cursor;
	u32 x, y;

	flush_lines(screen, 0, screen->width, 0, SCREEN_HEIGHT);
	random_cursor(cursor, screen->width, SCREEN_HEIGHT);
	if (old.x1 < old.x2)
		flush_lines(screen, old.x1, old.x2, old.y1, old.y2);
	if (cursor->x1 < cursor->x2)
		flush_lines(screen, cursor->x1, cursor->x2, cursor->y1, cursor->y2);
	for (y = 0; y < SCREEN_HEIGHT; y++)
		for (x = 0; x < screen->width; x++)
			assert_true(is_shown(screen, x, y, client_pixel(screen, x, y)));
	free((void *)old.pixels);
}

/* Whatever a line's history is, what was drawn is shown, and nothing else changes. */
static void test_frame_random(void **state)
{
	u32 i, j, y, width, held = 0, written_along = 0;
	struct screen screen;

	(void)state;
	for (i = 0; i < 600; i++) {
		/* from nothing but videos to nothing but small changes, at any pace */
		u32 whole = random_below(5), pace = 1 << random_below(9);

		/* on half of the screens several lines may be written at once */
		width = 64 + random_below(50);
		if (i % 4 < 2)
			open_screen(&screen, width, 2 + i % 3, 2 + i / 3 % 3);
		else
			open_as(&screen, width / 8 * 8, 2 + i % 3, 4, i % 8 < 4);
		for (j = 0; j < 200; j++) {
			if (i % 2 && !random_below(4))
				change_cursor(&screen);
			flush_random(&screen, random_below(4) < whole);
			for (y = 0; y < SCREEN_HEIGHT; y++)
				held += screen.frame->lines[y].held;
			screen.now += random_below(pace);
		}
		written_along += screen.written_along;
		close_screen(&screen);
	}
	assert_true(held > 30000);
	assert_true(written_along > 500);
}

/* Draw so many pixels of each line, and flush all, maybe in two clips; tells how many bytes that wrote. */
static u64 show_frame(struct screen *screen, u32 pixels)
{
	u64 before = screen->stats.written;

	draw_part(screen, 0, pixels, 0, SCREEN_HEIGHT);
	if (screen->in_two_clips)
		flush_lines(screen, 0, 56, 0, SCREEN_HEIGHT);
	flush_lines(screen, screen->in_two_clips ? 56 : 0, screen->width, 0, SCREEN_HEIGHT);
	return screen->stats.written - before;
}

/* A video of 25 frames a second is not compared, however often each frame is shown. */
static void test_frame_video(void **state)
{
	struct screen screen;
	u64 before = 0;
	u32 i, times;

	(void)state;
	for (times = 1; times <= 3; times++) {
		open_screen(&screen, 104, 4, 4);
		for (i = 0; i < 75 * times; i++) {
			if (i == 25 * times)
				before = screen.stats.compared;
			screen.now += 40 / times;
			show_frame(&screen, i % times ? 0 : 104);
		}
		assert_true(screen.stats.compared == before);
		close_screen(&screen);
	}
}

/* A slow video may miss a frame, and is not compared either. */
static void test_frame_missing(void **state)
{
	struct screen screen;
	u32 pace, missing, i;
	u64 before;

	(void)state;
	for (pace = 17; pace < 80; pace++)
		for (missing = 0; missing < 20; missing++) {
			open_as(&screen, 104, 4, 4, random_below(2));
			for (i = 0; i < 20; i++, screen.now += pace)
				show_frame(&screen, 104);
			before = screen.stats.compared;
			for (i = 0; i < 20; i++, screen.now += i == missing ? 2 * pace : pace)
				show_frame(&screen, 104);
			assert_true(screen.stats.compared == before);
			close_screen(&screen);
		}
}

/* A flush of all, which takes every pixel into account once */
static void show_counted(struct screen *screen, u32 lines)
{
	struct shadow_stats before = screen->stats, *now = &screen->stats;

	draw_part(screen, 0, 104, 0, lines);
	flush_lines(screen, 0, 104, 0, SCREEN_HEIGHT);
	assert_int_equal(now->held + now->compared - before.held - before.compared,
			 SCREEN_HEIGHT * 104 * 4);
	assert_int_equal((now->written - before.written) / screen->cpp * 4,
			 now->held + now->compared - now->skipped -
			 before.held - before.compared + before.skipped);
	screen->now += 16;
}

/* Of lines that are written at once, each has its own history. */
static void test_frame_joined(void **state)
{
	struct screen screen;
	u32 i, cpp, along;
	u64 compared;

	(void)state;
	for (cpp = 2; cpp <= 4; cpp++) {
		open_as(&screen, 104, cpp, 4, true);
		for (i = 0; i < 10; i++)
			show_counted(&screen, SCREEN_HEIGHT);
		compared = screen.stats.compared;
		along = screen.written_along;
		for (i = 0; i < 100; i++)
			show_counted(&screen, SCREEN_HEIGHT);
		assert_true(screen.stats.compared == compared);
		/* at 16 bpp each on its own */
		assert_int_equal(screen.written_along - along,
				 cpp == 2 ? 0 : 100 * (SCREEN_HEIGHT - 1));
		for (i = 0; i < 500; i += 16)
			show_counted(&screen, 2);
		for (i = 0; i < SCREEN_HEIGHT; i++)
			assert_int_equal(screen.frame->lines[i].held, i < 2);
		close_screen(&screen);
	}
}

/* Half a second after a video's end, nothing is written that has not changed. */
static void test_frame_falls_still(void **state)
{
	static const u32 paces[] = { 4, 16, 17, 25, 33, 40, 66, 79, 80, 81, 99, 100 };
	struct screen screen;
	u32 i, pace, length;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(paces) * 400; i++) {
		pace = paces[i / 400];
		open_screen(&screen, 104, 4, 4);
		screen.in_two_clips = i % 2;
		for (length = i % 400 / 2; length; length--, screen.now += pace)
			show_frame(&screen, 104);
		for (length = 0; length < 500; length += pace, screen.now += pace)
			show_frame(&screen, 0);
		assert_int_equal(show_frame(&screen, 0), 0);
		close_screen(&screen);
	}
}

static void check_looks(bool in_two_clips)
{
	struct screen screen;
	struct shadow_line before;
	u32 i;

	open_screen(&screen, 104, 4, 4);
	screen.in_two_clips = in_two_clips;
	for (i = 0; i < 30; i++, screen.now += 16)
		show_frame(&screen, 104);
	while (screen.frame->lines[0].since != screen.now) {
		screen.now++;
		show_frame(&screen, 104);
	}
	before = screen.frame->lines[0];
	assert_true(before.held);
	screen.now += 79;
	show_frame(&screen, 104);
	assert_memory_equal(&screen.frame->lines[0], &before, sizeof(before));
	screen.now++;
	show_frame(&screen, 104);
	assert_true(screen.frame->lines[0].since == screen.now);
	for (i = 0; i < SHADOW_WATCHED; i++)
		assert_true(screen.frame->lines[0].seen[i] != before.seen[i]);
	close_screen(&screen);
}

/* A held line that was seen to change is looked at again after 80 ms, in all clips, and not before. */
static void test_frame_looks(void **state)
{
	(void)state;
	check_looks(false);
	check_looks(true);
}

/* For half a second after a video, 8 pixels change, or a part is damaged without a change. */
static void end_video(struct screen *screen, u32 width, u32 step, bool changes)
{
	u32 i, x;

	for (i = 0; i < 500; i += 16, screen->now += 16) {
		x = step * i % (104 - width + 1);
		if (changes)
			draw_part(screen, step * 5, step * 5 + 8, 0, SCREEN_HEIGHT);
		flush_lines(screen, x, x + width, 0, SCREEN_HEIGHT);
	}
	for (i = 0; i < SCREEN_HEIGHT; i++)
		assert_false(screen->frame->lines[i].held);
}

/* Half a second after a video's end all lines are compared again, if there is any flush at all. */
static void test_frame_video_ends(void **state)
{
	struct screen screen;
	u32 i, width, step;

	(void)state;
	for (width = 16; width <= 104; width += 8)
		for (step = 0; step < 32; step++) {
			open_screen(&screen, 104, 4, 2 + step % 3);
			for (i = 0; i < 100; i++, screen.now += 16)
				show_frame(&screen, 104);
			end_video(&screen, width, step % 16, step < 16);
			close_screen(&screen);
		}
}

/* What is no video is never written in vain: changes far apart, or of less than half of a line. */
static void test_frame_no_video(void **state)
{
	static const struct { u32 every, pixels; bool held; } changes[] = {
		{ 1000, 104, false }, { 101, 104, false }, { 100, 104, true },
		{ 16, 48, false }, { 16, 56, true },
	};
	struct screen screen;
	bool held;
	u32 i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		open_screen(&screen, 104, 4, 4);
		for (j = 0, held = false; j < 20; j++) {
			screen.now += changes[i].every;
			show_frame(&screen, changes[i].pixels);
			held |= screen.frame->lines[0].held;
			if (!changes[i].held)
				assert_int_equal(show_frame(&screen, 0), 0);
		}
		assert_int_equal(held, changes[i].held);
		close_screen(&screen);
	}
}

/* Two halves of a line are damaged at once: that is one change. */
static void test_frame_clips(void **state)
{
	struct screen screen;

	(void)state;
	open_screen(&screen, 128, 4, 4);
	screen.now += 1000;
	draw_part(&screen, 0, 128, 0, SCREEN_HEIGHT);
	flush_lines(&screen, 0, 64, 0, SCREEN_HEIGHT);
	flush_lines(&screen, 64, 128, 0, SCREEN_HEIGHT);
	assert_false(screen.frame->lines[0].held);
	close_screen(&screen);
}

int test_frames(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_random),
		cmocka_unit_test(test_frame_video),
		cmocka_unit_test(test_frame_missing),
		cmocka_unit_test(test_frame_joined),
		cmocka_unit_test(test_frame_falls_still),
		cmocka_unit_test(test_frame_looks),
		cmocka_unit_test(test_frame_video_ends),
		cmocka_unit_test(test_frame_no_video),
		cmocka_unit_test(test_frame_clips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
