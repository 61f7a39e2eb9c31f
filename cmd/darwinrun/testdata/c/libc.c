#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <pthread.h>
#include <unistd.h>
#include <time.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdarg.h>

static _Thread_local int counter = 7;
static jmp_buf env;
static int cmp(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void bye(void) { puts("bye"); }
static void early(void) { puts("constructor"); }
__attribute__((constructor)) static void ctor(void) { early(); }
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static int turns;
static void *worker(void *arg) {
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&mu);
		turns++;
		counter++;
		pthread_cond_signal(&cv);
		pthread_mutex_unlock(&mu);
	}
	return (void *)(long)(counter + (long)arg);
}
static sigjmp_buf segv;
static void onsegv(int s, siginfo_t *si, void *uc) { siglongjmp(segv, si->si_addr == (void*)16 ? 42 : 1); }
static volatile sig_atomic_t got;
static void onusr(int s) { got = s; }
static void vtest(const char *f, ...) { va_list ap; va_start(ap, f); vprintf(f, ap); va_end(ap); }
static pthread_key_t key;
static void destroy(void *p) { printf("destroyed %s\n", (char*)p); }
static void *keyed(void *a) { pthread_setspecific(key, a); return 0; }

int main(int argc, char **argv) {
	atexit(bye);
	printf("args %d %s\n", argc, argc > 1 ? argv[1] : "-");
	printf("[%5d|%-5d|%05d|%+d|%x|%#X|%lld|%hhd|%c|%s|%.2s|%p|%%]\n", 42, 42, 42, 42, 255, 255, 1LL << 40, 300, 'x', "str", "string", (void *)0x10);
	printf("[%f|%.2f|%e|%g|%g|%G|%10.3f|%a]\n", 1.5, 3.14159, 12345.678, 0.0001, 1e10, 1e-10, 2.5, 1.0);
	printf("%d %d %d %d %d %d %d %d %d %f %f %f %f %f %f %f %f %f %f\n", 1, 2, 3, 4, 5, 6, 7, 8, 9, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.);
	vtest("v %d %s %.1f\n", 1, "two", 3.0);
	printf("%Lf\n", 1.25L);
	int a[] = {5, 3, 9, 1, 7};
	qsort(a, 5, sizeof a[0], cmp);
	for (int i = 0; i < 5; i++) printf("%d ", a[i]);
	int want = 7;
	printf("%ld\n", (long)((int *)bsearch(&want, a, 5, sizeof a[0], cmp) - a));
	char buf[64];
	snprintf(buf, sizeof buf, "%s-%d", "abc", 12);
	printf("%zu %s %s\n", strlen(buf), buf, strchr(buf, '-'));
	strcpy(buf, "a,b,,c");
	for (char *t = strtok(buf, ","); t; t = strtok(0, ",")) printf("<%s>", t);
	puts("");
	printf("%ld %lu %g %d\n", strtol("-12x", 0, 10), strtoul("0xff", 0, 0), strtod("1e3", 0), atoi(" 77"));
	printf("%d %d %d %c\n", !!isalpha('a'), !!isdigit('a'), !!isspace(' '), toupper('q'));
	printf("%.6f %.6f %.6f\n", sin(1), pow(2, 0.5), floor(-1.5));
	int v = setjmp(env);
	if (v == 0) longjmp(env, 3);
	printf("setjmp %d\n", v);
	char *p = malloc(100);
	p = realloc(p, 10000);
	memset(p, 'z', 9999);
	p[9999] = 0;
	printf("%zu\n", strlen(p));
	free(p);
	pthread_t t[3];
	for (long i = 0; i < 3; i++) pthread_create(&t[i], 0, worker, (void *)i);
	pthread_mutex_lock(&mu);
	while (turns < 3000) pthread_cond_wait(&cv, &mu);
	pthread_mutex_unlock(&mu);
	for (int i = 0; i < 3; i++) { void *r; pthread_join(t[i], &r); printf("%ld ", (long)r); }
	printf("%d %d\n", turns, counter);
	pthread_key_create(&key, destroy);
	pthread_create(&t[0], 0, keyed, "key");
	pthread_join(t[0], 0);
	struct sigaction sa = {0};
	sa.sa_sigaction = onsegv; sa.sa_flags = SA_SIGINFO;
	sigaction(SIGSEGV, &sa, 0);
	int s = sigsetjmp(segv, 1);
	if (s == 0) *(volatile int *)16 = 1;
	printf("segv %d\n", s);
	signal(SIGUSR1, onusr);
	raise(SIGUSR1);
	printf("usr1 %d\n", (int)got);
	errno = 0;
	int fd = open("/does/not/exist", O_RDONLY);
	printf("%d %d %s\n", fd, errno, strerror(errno));
	FILE *f = fopen("dr.tmp", "w+");
	fprintf(f, "line one\nline two\n");
	rewind(f);
	while (fgets(buf, sizeof buf, f)) printf("read %s", buf);
	fclose(f);
	struct stat st;
	stat("dr.tmp", &st);
	printf("size %lld mode %o\n", (long long)st.st_size, st.st_mode & 0777);
	unlink("dr.tmp");
	time_t when = 86400 * 365;
	strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S", gmtime(&when));
	puts(buf);
	putchar('o'); putc('k', stdout); fputs("\n", stdout);
	fflush(stdout);
	write(1, "raw\n", 4);
	return 5;
}
