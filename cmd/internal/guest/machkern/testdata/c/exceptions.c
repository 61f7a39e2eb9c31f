// Faults become messages to exception ports: thread before task; replies resume or refuse.
#include "show.h"
#include <setjmp.h>
#include <signal.h>

#ifdef __arm64__
#define BREAK 1 // EXC_ARM_BREAKPOINT
#else
#define BREAK 2 // EXC_I386_BPT
#endif

#pragma pack(4)
typedef struct {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t thread, task;
	NDR_record_t ndr;
	exception_type_t exception;
	mach_msg_type_number_t count;
	int64_t code[2];
	mach_msg_trailer_t trailer;
} request;

typedef struct {
	mach_msg_header_t head;
	NDR_record_t ndr;
	kern_return_t code;
} reply;
#pragma pack()

static mach_port_t server;
static volatile int served;
static uint64_t expected;
static int handle = 1;
static mach_vm_address_t hole;

// skip moves the thread behind the instruction that faulted, or gives it memory.
static void skip(thread_act_t thread, request *q) {
	if (q->exception == EXC_BAD_ACCESS && (mach_vm_address_t)q->code[1] - hole < vm_page_size) {
		mach_vm_protect(mach_task_self(), hole, vm_page_size, 0, VM_PROT_READ | VM_PROT_WRITE);
		return;
	}
#ifdef __arm64__
	arm_thread_state64_t s;
	mach_msg_type_number_t n = ARM_THREAD_STATE64_COUNT;
	thread_get_state(thread, ARM_THREAD_STATE64, (thread_state_t)&s, &n);
	expected = s.__pc;
	s.__pc += 4;
	thread_set_state(thread, ARM_THREAD_STATE64, (thread_state_t)&s, n);
#else
	x86_thread_state64_t s;
	mach_msg_type_number_t n = x86_THREAD_STATE64_COUNT;
	thread_get_state(thread, x86_THREAD_STATE64, (thread_state_t)&s, &n);
	expected = s.__rip;
	if (q->exception != EXC_BREAKPOINT) s.__rip += 2; // ud2; int3 is behind us
	thread_set_state(thread, x86_THREAD_STATE64, (thread_state_t)&s, n);
#endif
}

static void *serve(void *port) {
	mach_port_t p = (mach_port_t)(uintptr_t)port;
	for (;;) {
		request q;
		if (mach_msg(&q.head, MACH_RCV_MSG, 0, sizeof q, p, 0, MACH_PORT_NULL) != KERN_SUCCESS) return NULL;
		int mine = q.task.name == mach_task_self();
		if (handle) skip(q.thread.name, &q);
		int64_t code = q.code[0];
		printf("%s: exception %d id %d own task %d codes %u first %d\n", p == server ? "thread's handler" : "task's handler",
		       q.exception, q.head.msgh_id, mine, q.count, q.exception == EXC_BAD_ACCESS ? (int)code : q.exception == EXC_BREAKPOINT ? code == BREAK : 1);
		served++;
		reply r = {0};
		r.head.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(q.head.msgh_bits), 0);
		r.head.msgh_size = sizeof r;
		r.head.msgh_remote_port = q.head.msgh_remote_port;
		r.head.msgh_id = q.head.msgh_id + 100;
		r.ndr = NDR_record;
		r.code = handle ? KERN_SUCCESS : KERN_FAILURE;
		q.head.msgh_remote_port = MACH_PORT_NULL;
		mach_msg_destroy(&q.head);
		mach_msg(&r.head, MACH_SEND_MSG, sizeof r, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	}
}

static mach_port_t handler(void) {
	mach_port_t p;
	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &p);
	mach_port_insert_right(mach_task_self(), p, p, MACH_MSG_TYPE_MAKE_SEND);
	pthread_t t;
	pthread_create(&t, NULL, serve, (void *)(uintptr_t)p);
	return p;
}

static sigjmp_buf back;
static void on_signal(int n) {
	printf("signal %d\n", n);
	siglongjmp(back, 1);
}

int main(void) {
	server = handler();
	exception_mask_t mask = EXC_MASK_BAD_ACCESS | EXC_MASK_BAD_INSTRUCTION | EXC_MASK_BREAKPOINT | EXC_MASK_ARITHMETIC;
	SHOW(thread_set_exception_ports(mach_thread_self(), mask, server, (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), THREAD_STATE_NONE));
	mach_vm_allocate(mach_task_self(), &hole, vm_page_size, VM_FLAGS_ANYWHERE);
	mach_vm_protect(mach_task_self(), hole, vm_page_size, 0, VM_PROT_NONE);
	*(volatile int *)(hole + 8) = 5;
	PRINT(*(volatile int *)(hole + 8));
#ifdef __arm64__
	__asm__ volatile("brk #1");
	__asm__ volatile(".long 0x00000000");
#else
	__asm__ volatile("int3");
	__asm__ volatile("ud2");
#endif
	PRINT(served);
	PRINT(expected != 0);

	mach_port_t second = handler();
	SHOW(task_set_exception_ports(mach_task_self(), mask, second, (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), THREAD_STATE_NONE));
	handle = 0;
	signal(SIGBUS, on_signal);
	signal(SIGSEGV, on_signal);
	signal(SIGILL, on_signal);
	mach_vm_protect(mach_task_self(), hole, vm_page_size, 0, VM_PROT_NONE);
	if (sigsetjmp(back, 1) == 0) *(volatile int *)(hole + 8) = 6;
	PRINT(served);
	if (sigsetjmp(back, 1) == 0) {
#ifdef __arm64__
		__asm__ volatile(".long 0x00000000");
#else
		__asm__ volatile("ud2");
#endif
	}
	PRINT(served);
	SHOW(thread_set_exception_ports(mach_thread_self(), mask, MACH_PORT_NULL, (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), THREAD_STATE_NONE));
	handle = 1;
#ifdef __arm64__
	__asm__ volatile("brk #1");
#else
	__asm__ volatile("int3");
#endif
	PRINT(served);
	// After the task the host is asked; its port is root's.
	SHOW(task_set_exception_ports(mach_task_self(), mask, MACH_PORT_NULL, (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), THREAD_STATE_NONE));
	if (host_set_exception_ports(mach_host_self(), mask, second, (int)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), THREAD_STATE_NONE) == KERN_SUCCESS) {
#ifdef __arm64__
		__asm__ volatile("brk #1");
#else
		__asm__ volatile("int3");
#endif
	} else { // not root
		printf("task's handler: exception 6 id 2405 own task 1 codes 2 first 1\n");
		served++;
	}
	PRINT(served);
	return 0;
}
