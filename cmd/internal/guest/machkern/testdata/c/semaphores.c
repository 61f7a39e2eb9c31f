// Semaphores between threads, and waits that time out.
#include "show.h"
#include <mach/semaphore.h>


static semaphore_t go, done;

static void *work(void *n) {
	for (long i = 0; i < (long)n; i++) {
		semaphore_wait(go);
		semaphore_signal(done);
	}
	return n;
}

int main(void) {
	SHOW(semaphore_create(mach_task_self(), &go, SYNC_POLICY_FIFO, 0));
	SHOW(semaphore_create(mach_task_self(), &done, SYNC_POLICY_FIFO, 0));
	pthread_t t[3];
	for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, work, (void *)100);
	for (int i = 0; i < 300; i++) {
		semaphore_signal(go);
		semaphore_wait(done);
	}
	for (int i = 0; i < 3; i++) {
		void *r;
		pthread_join(t[i], &r);
		PRINT((long)r);
	}
	mach_timespec_t ms = {0, 5000000};
	uint64_t before = mach_absolute_time();
	SHOW(semaphore_timedwait(go, ms));
	mach_timebase_info_data_t tb;
	mach_timebase_info(&tb);
	uint64_t ns = (mach_absolute_time() - before) * tb.numer / tb.denom;
	PRINT(ns >= 5000000 && ns < 5000000000);
	before = mach_absolute_time();
	SHOW(mach_wait_until(before + 10000000ull * tb.denom / tb.numer));
	ns = (mach_absolute_time() - before) * tb.numer / tb.denom;
	PRINT(ns >= 10000000 && ns < 5000000000);
	SHOW(semaphore_signal(go));
	SHOW(semaphore_wait_signal(go, done));
	SHOW(semaphore_destroy(mach_task_self(), go));
	SHOW(semaphore_destroy(mach_task_self(), done));
	SHOW(semaphore_wait(go) == KERN_SUCCESS);
	return 0;
}
