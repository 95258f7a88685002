// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Write 32-bit values to I/O ports: outl PORT VALUE [PORT VALUE...]
 *
 * For what drives a device behind its driver's back; /dev/port only has bytes.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

int main(int argc, char **argv)
{
	int i;

	if (argc < 3 || argc % 2 == 0) {
		fprintf(stderr, "usage: outl PORT VALUE [PORT VALUE...]\n");
		return 2;
	}
	if (iopl(3)) {
		perror("outl");
		return 1;
	}

	for (i = 1; i < argc; i += 2)
		outl(strtoul(argv[i + 1], NULL, 0), strtoul(argv[i], NULL, 0));
	return 0;
}
