/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that depend on nothing but a seed, and how likely they break things.
 */
#ifndef TESTS_GUEST_RANDOM_H
#define TESTS_GUEST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static uint64_t random_state;

/* "splitmix64" by Sebastiano Vigna: every state is as good as any other. */
static uint64_t random_number(void)
{
	uint64_t v = random_state += 0x9e3779b97f4a7c15ull;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ull;
	v = (v ^ v >> 27) * 0x94d049bb133111ebull;
	return v ^ v >> 31;
}

/* Each (seed, stream, position) has numbers of its own, whatever was drawn before. */
static void seed_random(uint64_t seed, uint32_t stream, uint32_t position)
{
	random_state = seed;
	random_state = random_number() + stream;
	random_state = random_number() + position;
}

/* 0 to @n - 1 */
static uint32_t below(uint32_t n)
{
	return random_number() % n;
}

static uint32_t between(uint32_t first, uint32_t last)
{
	return first + below(last - first + 1);
}

static bool one_in(uint32_t n)
{
	return below(n) == 0;
}

/* All orders of magnitude alike, and what lies at the limits of types. */
static uint64_t wild(void)
{
	uint64_t power = 1ull << below(64);

	switch (below(4)) {
	case 0:
		return power + below(3) - 1;
	case 1:
		return -(power + below(3) - 1);
	default:
		return random_number() & (power - 1);
	}
}

/* What was right may now be just beside it, or anything. */
static uint64_t nearly(uint64_t right)
{
	switch (below(4)) {
	case 0:
		return right + below(3) - 1;
	case 1:
		return right * between(2, 4);
	case 2:
		return right + (int64_t)wild() % 4096;
	default:
		return wild();
	}
}

#endif
