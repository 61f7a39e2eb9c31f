// The process that the benchmarks look into.
//
//	target maps N     N mappings that do not merge
//	target memory N   N MiB of touched memory, and the measuring thread of:
//	target threads N  N waiting threads, and one that measures how long the
//	                  process stood still
//	target copy PID ADDRESS SIZE  writes the memory of a process to standard
//	                  output, by a plain loop
//	target look PID ADDRESS SIZE  reads it only
//
// It says "ready ADDRESS"; each line that it reads is answered with the
// longest time, in microseconds, in which the measuring thread did not run,
// since the last answer.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static _Atomic long longest;

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *beat(void *arg)
{
	for (long last = now();;) {
		usleep(200);
		long t = now();
		if (t - last > longest)
			longest = t - last;
		last = t;
	}
	return arg;
}

static void *park(void *arg)
{
	for (;;)
		pause();
	return arg;
}

// copy reads the memory of a process in pieces, and writes them if that is wanted.
static int copy(int write_it, pid_t pid, char *at, size_t size)
{
	static char buf[1 << 20];
	while (size > 0) {
		size_t n = size < sizeof buf ? size : sizeof buf;
		struct iovec here = {buf, n}, there = {at, n};
		if (process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)n)
			return 1;
		if (write_it && write(1, buf, n) != (ssize_t)n)
			return 1;
		at += n;
		size -= n;
	}
	return 0;
}

static char *map(size_t size, int prot)
{
	char *p = mmap(0, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		exit(1);
	return p;
}

int main(int argc, char **argv)
{
	if (argc == 5)
		return copy(!strcmp(argv[1], "copy"), atoi(argv[2]), (char *)strtoul(argv[3], 0, 0), strtoul(argv[4], 0, 0));
	if (argc != 3)
		return 2;
	size_t n = atol(argv[2]), page = sysconf(_SC_PAGESIZE);
	char *at = 0, line[64];
	pthread_t t;
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);

	if (!strcmp(argv[1], "maps")) {
		at = map(n * page, PROT_READ);
		for (size_t i = 0; i < n; i += 2)
			mprotect(at + i * page, page, PROT_READ | PROT_WRITE);
	} else if (!strcmp(argv[1], "memory")) {
		at = map(n << 20, PROT_READ | PROT_WRITE);
		for (size_t i = 0; i < n << 20; i++)
			at[i] = i * 7 >> 3;
		if (pthread_create(&t, &small, beat, 0))
			return 1;
	} else {
		for (size_t i = 0; i < n; i++)
			if (pthread_create(&t, &small, park, 0))
				return 1;
		if (pthread_create(&t, &small, beat, 0))
			return 1;
		usleep(100000);
		longest = 0;
	}
	printf("ready %p\n", (void *)at);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		printf("%ld\n", longest);
		fflush(stdout);
		longest = 0;
	}
	return 0;
}
