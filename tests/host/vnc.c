// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vnc - what a VNC viewer shows, for tests
 *
 *	vnc SOCKET
 *
 * Follows the display of a QEMU that runs with "-display vnc=unix:SOCKET", and
 * reads commands from standard input, until that ends:
 *
 *	shot FILE	write the picture, as it now is here, as binary PPM; print "ok"
 *
 * The library asks for a full picture at the start and when the size changes, and
 * otherwise for what has changed since the last update. Nothing here asks for more:
 * whether the changes alone make the picture is what the tests want to know.
 */

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rfb/rfbclient.h>

#define BYTES_PER_PIXEL		4

/* The library chooses a format of red, green, blue and a spare byte, in memory. */
static bool write_ppm(const rfbClient *client, const char *path)
{
	const uint8_t *pixel = client->frameBuffer;
	size_t left = (size_t)client->width * client->height;
	FILE *file = fopen(path, "wb");

	if (!file)
		return false;

	fprintf(file, "P6\n%d %d\n255\n", client->width, client->height);
	for (; left; left--, pixel += BYTES_PER_PIXEL)
		fwrite(pixel, 3, 1, file);

	/* An error of any write before is still known. */
	return !ferror(file) & !fclose(file);
}

/*
 * Ask for messages about the size. The library asks for screen layouts instead, but
 * ignores those of a screen number 0, which QEMU's is (LibVNC issue 640). This takes
 * the place of all that it asked for; only raw pixels need not be asked for.
 */
static bool follow_size(rfbClient *client)
{
	struct {
		rfbSetEncodingsMsg head;
		uint32_t encoding;
	} message = {
		.head = { .type = rfbSetEncodings, .nEncodings = rfbClientSwap16IfLE(1) },
		.encoding = rfbClientSwap32IfLE(rfbEncodingNewFBSize),
	};

	return WriteToRFBServer(client, (char *)&message, sizeof(message));
}

/* Whoever sends a line waits for the answer, so no second line is in stdin's buffer. */
static bool obey(const rfbClient *client)
{
	static char *line;
	static size_t size;
	char path[4096];

	if (getline(&line, &size, stdin) < 0)
		exit(0);

	if (sscanf(line, "shot %4095[^\n]", path) != 1 || !write_ppm(client, path)) {
		perror(line);
		return false;
	}

	puts("ok");
	return !fflush(stdout);
}

int main(int argc, char **argv)
{
	rfbClient *client = rfbGetClient(8, 3, BYTES_PER_PIXEL);
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (!client || argc != 2)
		return 2;

	free(client->serverHost);
	client->serverHost = strdup(argv[1]);
	/* Exact, and the fastest as long as no network is in between */
	client->appData.encodingsString = "raw";
	/* End so many seconds after QEMU stopped in the middle of a message. */
	client->readTimeout = 30;
	if (!rfbInitClient(client, NULL, NULL) || !follow_size(client))
		return 1;

	fds[1].fd = client->sock;
	for (;;) {
		/* What the library has read ahead, poll() does not know of. */
		if (poll(fds, 2, client->buffered ? 0 : -1) < 0)
			return 1;
		if ((client->buffered || fds[1].revents) && !HandleRFBServerMessage(client))
			return 1;
		if (fds[0].revents && !obey(client))
			return 1;
	}
}
