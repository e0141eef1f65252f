/*
 * A WebSocket server (RFC 6455) that echoes each message, for the tests of connections that last.
 * It is linked statically, so that an image can be made of this one file. A thread a connection;
 * messages of one frame, up to MESSAGE_MAX bytes; no extensions. At SIGTERM it ends at once, as
 * many such servers do: who is cut by a stop sees it.
 *
 * Environment: PORT (8080), where to listen.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX    8192
#define MESSAGE_MAX 65536
#define GUID        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, 1.3 */

enum opcode {
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10,
};

static char hostname[65];

static uint32_t rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

/* FIPS 180-4, one block; @hash has the five words. */
static void sha1_block(const uint8_t *block, uint32_t hash[static 5])
{
	uint32_t w[80], v[5], f;

	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, hash, sizeof(v));
	for (unsigned i = 0; i < 80; i++) {
		if (i < 20)
			f = ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999;
		else if (i < 40)
			f = (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1;
		else if (i < 60)
			f = ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdc;
		else
			f = (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
		f += rotate(v[0], 5) + v[4] + w[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = f;
	}
	for (unsigned i = 0; i < 5; i++)
		hash[i] += v[i];
}

/* Of a text of at most 119 bytes: two blocks. */
static void sha1(const char *text, uint8_t digest[static 20])
{
	uint32_t hash[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint8_t blocks[128] = { 0 };
	size_t length = strlen(text);
	size_t end = length < 56 ? 64 : 128;

	memcpy(blocks, text, length);
	blocks[length] = 0x80;
	blocks[end - 2] = (uint8_t)(length * 8 >> 8);
	blocks[end - 1] = (uint8_t)(length * 8);
	for (size_t at = 0; at < end; at += 64)
		sha1_block(blocks + at, hash);
	for (unsigned i = 0; i < 20; i++)
		digest[i] = (uint8_t)(hash[i / 4] >> (24 - i % 4 * 8));
}

static void base64(const uint8_t digest[static 20], char text[static 29])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";

	for (unsigned i = 0; i < 28; i++) {
		unsigned bit = i * 6;
		unsigned pair = (unsigned)digest[bit / 8] << 8 |
				(bit / 8 + 1 < 20 ? digest[bit / 8 + 1] : 0);

		text[i] = i == 27 ? '=' : letters[pair >> (10 - bit % 8) & 63];
	}
	text[28] = '\0';
}

static bool send_all(int fd, const void *data, size_t length)
{
	return send(fd, data, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool receive_all(int fd, void *data, size_t length)
{
	return length == 0 || recv(fd, data, length, MSG_WAITALL) == (ssize_t)length;
}

/* Byte by byte: what follows the head is a frame's. */
static bool receive_head(int fd, char head[static HEAD_MAX])
{
	for (size_t n = 0; n < HEAD_MAX - 1; n++) {
		if (recv(fd, head + n, 1, 0) != 1)
			return false;
		head[n + 1] = '\0';
		if (n >= 3 && strcmp(head + n - 3, "\r\n\r\n") == 0)
			return true;
	}
	return false;
}

static bool shake_hands(int fd)
{
	char head[HEAD_MAX], text[128], accept[29], answer[256];
	const char *key;
	uint8_t digest[20];
	int n;

	if (!receive_head(fd, head) || (key = strcasestr(head, "\r\nSec-WebSocket-Key:")) == NULL)
		return false;
	key += strlen("\r\nSec-WebSocket-Key:");
	key += strspn(key, " ");
	(void)snprintf(text, sizeof(text), "%.*s" GUID, (int)strcspn(key, " \r"), key);
	if (strlen(text) > 119)
		return false;
	sha1(text, digest);
	base64(digest, accept);
	n = snprintf(answer, sizeof(answer),
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\nX-Replica: %s\r\n\r\n",
		accept, hostname);
	return send_all(fd, answer, (size_t)n);
}

static bool send_frame(int fd, unsigned opcode, const uint8_t *data, size_t length)
{
	uint8_t head[4] = { (uint8_t)(0x80 | opcode), (uint8_t)length };
	size_t n = 2;

	if (length > 125) {
		head[1] = 126;
		head[2] = (uint8_t)(length >> 8);
		head[3] = (uint8_t)length;
		n = 4;
	}
	return send_all(fd, head, n) && send_all(fd, data, length);
}

/* Takes one frame of a client (masked) and answers it; false at the end. */
static bool serve_frame(int fd, uint8_t *data)
{
	uint8_t head[2], mask[4];
	uint16_t longer;
	size_t length;
	unsigned opcode;

	if (!receive_all(fd, head, 2) || (head[1] & 0x80) == 0)
		return false;
	opcode = head[0] & 15;
	length = head[1] & 127;
	if (length == 127 || (length == 126 && !receive_all(fd, &longer, 2)))
		return false;
	if (length == 126)
		length = ntohs(longer);
	if (!receive_all(fd, mask, 4) || !receive_all(fd, data, length))
		return false;
	for (size_t i = 0; i < length; i++)
		data[i] ^= mask[i % 4];
	if (opcode == OPCODE_PONG)
		return true;
	return send_frame(fd, opcode == OPCODE_PING ? OPCODE_PONG : opcode, data, length) &&
	       opcode != OPCODE_CLOSE;
}

static void *run_connection(void *argument)
{
	uint8_t *data = malloc(MESSAGE_MAX);
	int fd = *(int *)argument;
	int one = 1;

	free(argument);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (data != NULL && shake_hands(fd))
		while (serve_frame(fd, data))
			;
	(void)close(fd);
	free(data);
	return NULL;
}

static void on_terminate(int signal)
{
	(void)signal;
	_exit(0);
}

static int open_listener(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1024) < 0)
		return -1;
	return fd;
}

int main(void)
{
	const char *port = getenv("PORT");
	int listener;

	/* The first process of a container: without a handler SIGTERM would be ignored. */
	(void)signal(SIGTERM, on_terminate);
	(void)gethostname(hostname, sizeof(hostname) - 1);
	listener = open_listener((uint16_t)(port != NULL ? strtol(port, NULL, 10) : 8080));
	if (listener < 0) {
		perror("demo_ws: listen");
		return 1;
	}
	for (;;) {
		int *fd = malloc(sizeof(*fd));
		pthread_t thread;

		if (fd == NULL || (*fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0 ||
			pthread_create(&thread, NULL, run_connection, fd) != 0) {
			free(fd);
			continue;
		}
		(void)pthread_detach(thread);
	}
}
