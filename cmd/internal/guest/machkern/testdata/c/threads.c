// Threads: ports, suspension, registers read and written, a blocked call broken off.
#include "show.h"

static volatile int spins;
static volatile int phase;

static void *spin(void *x) {
	while (phase == 0) spins++;
	return x;
}

static volatile long landed;
static void land(void) {
	landed = 1;
	for (;;) {
		if (phase == 2) pthread_exit((void *)9);
	}
}

static mach_port_t quiet;
static kern_return_t broken;
static void *wait_for_ever(void *x) {
	mach_msg_empty_rcv_t m;
	broken = mach_msg(&m.header, MACH_RCV_MSG | MACH_RCV_INTERRUPT, 0, sizeof m, quiet, 0, MACH_PORT_NULL);
	return x;
}

int main(void) {
	mach_port_t me = mach_thread_self();
	PRINT(me == pthread_mach_thread_np(pthread_self()));
	PRINT(pthread_from_mach_thread_np(me) == pthread_self());
	pthread_t t;
	pthread_create(&t, NULL, spin, NULL);
	while (spins < 1000) usleep(1000);
	thread_act_t port = pthread_mach_thread_np(t);
	SHOW(thread_suspend(port));
	int at = spins;
	usleep(20000);
	PRINT(spins == at);
	thread_basic_info_data_t info;
	mach_msg_type_number_t n = THREAD_BASIC_INFO_COUNT;
	SHOW(thread_info(port, THREAD_BASIC_INFO, (thread_info_t)&info, &n));
	PRINT(info.suspend_count);
	PRINT(info.run_state == TH_STATE_STOPPED);
	uint64_t pc;
#ifdef __arm64__
	arm_thread_state64_t s;
	n = ARM_THREAD_STATE64_COUNT;
	SHOW(thread_get_state(port, ARM_THREAD_STATE64, (thread_state_t)&s, &n) );
	PRINT(n == ARM_THREAD_STATE64_COUNT);
	pc = s.__pc;
	s.__pc = (uint64_t)land;
	s.__sp -= 256;
	s.__sp &= ~15ull;
	kern_return_t set = thread_set_state(port, ARM_THREAD_STATE64, (thread_state_t)&s, n);
	arm_neon_state64_t v;
	n = ARM_NEON_STATE64_COUNT;
	kern_return_t vec = thread_get_state(port, ARM_NEON_STATE64, (thread_state_t)&v, &n);
#else
	x86_thread_state64_t s;
	n = x86_THREAD_STATE64_COUNT;
	kern_return_t got = thread_get_state(port, x86_THREAD_STATE64, (thread_state_t)&s, &n);
	printf("thread_get_state(port, ARM_THREAD_STATE64, (thread_state_t)&s, &n) = %d\n", got);
	printf("n == ARM_THREAD_STATE64_COUNT: %d\n", n == x86_THREAD_STATE64_COUNT);
	pc = s.__rip;
	s.__rip = (uint64_t)land;
	s.__rsp = ((s.__rsp - 256) & ~15ull) - 8;
	kern_return_t set = thread_set_state(port, x86_THREAD_STATE64, (thread_state_t)&s, n);
	x86_float_state64_t v;
	n = x86_FLOAT_STATE64_COUNT;
	kern_return_t vec = thread_get_state(port, x86_FLOAT_STATE64, (thread_state_t)&v, &n);
#endif
	PRINT(pc - (uint64_t)spin < 4096);
	PRINT(set);
	PRINT(vec);
	SHOW(thread_resume(port));
	SHOW(thread_resume(port));
	while (!landed) usleep(1000);
	phase = 2;
	void *r;
	pthread_join(t, &r);
	PRINT((long)r);
	thread_act_array_t list;
	mach_msg_type_number_t count;
	SHOW(task_threads(mach_task_self(), &list, &count));
	PRINT(count);
	PRINT(list[0] == me);
	vm_deallocate(mach_task_self(), (vm_address_t)list, count * sizeof *list);

	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &quiet);
	pthread_create(&t, NULL, wait_for_ever, NULL);
	usleep(50000);
	port = pthread_mach_thread_np(t);
	mach_port_mod_refs(mach_task_self(), port, MACH_PORT_RIGHT_SEND, 1);
	SHOW(thread_abort(port));
	pthread_join(t, NULL);
	PRINT(broken == MACH_RCV_INTERRUPTED);
	for (int i = 0; i < 100; i++) {
		mach_port_type_t type = 0;
		mach_port_type(mach_task_self(), port, &type);
		if (type == MACH_PORT_TYPE_DEAD_NAME) {
			puts("the ended thread's port is a dead name");
			break;
		}
		usleep(1000);
	}
	return 0;
}
