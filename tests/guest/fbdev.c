// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fbdev DEVICE - hold firmware's framebuffer, as plymouth and installers do
 *
 * Maps the device (/dev/fb0) and then carries out commands from standard input:
 *
 *	fill BYTE	write this hexadecimal byte to all of the framebuffer
 *	quit
 *
 * The answer is "ok", as that of kms is.
 */

#include <fcntl.h>
#include <linux/fb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	struct fb_fix_screeninfo info;
	char line[80];
	void *memory;
	int fd;

	fd = open(argc > 1 ? argv[1] : "/dev/fb0", O_RDWR);
	if (fd < 0 || ioctl(fd, FBIOGET_FSCREENINFO, &info)) {
		perror("fbdev");
		return EXIT_FAILURE;
	}
	memory = mmap(NULL, info.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin) && strncmp(line, "quit", 4)) {
		if (!strncmp(line, "fill ", 5)) {
			memset(memory, strtol(line + 5, NULL, 16), info.smem_len);
			puts("ok");
		} else {
			puts("err EINVAL");
		}
	}
	return EXIT_SUCCESS;
}
