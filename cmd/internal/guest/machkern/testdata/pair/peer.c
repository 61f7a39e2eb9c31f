// The C half of the pair, see ../../pair_test.go: it does what messages of the Go half ask for
// and checks what they bring. fields.h is generated: the members of C's structs by their names,
// each with a value of its own.
#include "../c/show.h"
#include <fcntl.h>
#include "fields.h"

// Zig's header tree lacks <servers/bootstrap.h> and parts of <mach/mach_vm.h>.
extern mach_port_t bootstrap_port;
kern_return_t bootstrap_look_up(mach_port_t, const char *, mach_port_t *);
kern_return_t mach_vm_region_recurse(vm_map_t, mach_vm_address_t *, mach_vm_size_t *, natural_t *, vm_region_recurse_info_t, mach_msg_type_number_t *);

static int bad; // what was not as it should be, of the message in work

#define CHECK(what, got, want) check(what, (long long)(got), (long long)(want))
static void check(const char *what, long long got, long long want) {
	if (got != want) {
		printf("C: %s is %lld (%#llx), want %lld (%#llx)\n", what, got, got, want, want);
		bad++;
	}
}
#define OK(call) check(#call, (call), 0)

enum { RECORD = 1000, CALL = 2000, COMPLEX = 3000, MAP = 3011, STATE = 3012, STILL = 3013, END = 3014, QUEUED = 4000, ARRAY = 5000 };
enum { ROOM = 40000, MEMORY = 3 * 16384 + 5 };

struct message {
	mach_msg_header_t h;
	char rest[ROOM];
};

// answer is what goes back for all but COMPLEX.
struct answer {
	mach_msg_header_t h;
	int32_t bad, result;
	uint32_t count, size;
	char data[ROOM - 64];
};

static mach_port_t peer_task, still_task, still_thread;

static unsigned char pattern(int seed, int i) { return (unsigned char)(seed + i * 7 + (i >> 8)); }

static void send_simple(mach_port_t to, mach_msg_type_name_t how, mach_msg_id_t id) {
	mach_msg_header_t h = {.msgh_bits = MACH_MSGH_BITS(how, 0), .msgh_size = sizeof h, .msgh_remote_port = to, .msgh_id = id};
	OK(mach_msg(&h, MACH_SEND_MSG, sizeof h, 0, 0, 0, 0));
}

static mach_msg_id_t receive_id(mach_port_t from) {
	struct {
		mach_msg_header_t h;
		mach_msg_max_trailer_t t;
	} m;
	OK(mach_msg(&m.h, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof m, from, 10000, 0));
	return m.h.msgh_id;
}

// trailer checks who sent a message: the parent.
static void trailer(struct message *m, int seqno) {
	mach_msg_audit_trailer_t *t = (mach_msg_audit_trailer_t *)((char *)m + round_msg(m->h.msgh_size));
	CHECK("msgh_trailer_type", t->msgh_trailer_type, MACH_MSG_TRAILER_FORMAT_0);
	CHECK("msgh_trailer_size", t->msgh_trailer_size, sizeof *t);
	CHECK("msgh_seqno", t->msgh_seqno, seqno);
	CHECK("msgh_sender.val[0]", t->msgh_sender.val[0], geteuid());
	CHECK("msgh_sender.val[1]", t->msgh_sender.val[1], getegid());
	unsigned want[8] = {-1, geteuid(), getegid(), getuid(), getgid(), getppid(), 0, 0};
	for (int i = 0; i < 8; i++)
		CHECK("msgh_audit.val[i]", t->msgh_audit.val[i], want[i]);
}

struct complex {
	mach_msg_header_t h;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
	mach_msg_ool_descriptor_t memory;
	mach_msg_ool_ports_descriptor_t ports;
	mach_msg_port_descriptor_t receive;
	uint32_t tail;
};

static void complex_in(struct complex *m) {
	CHECK("complex size", m->h.msgh_size, sizeof *m);
	CHECK("complex bits", m->h.msgh_bits & MACH_MSGH_BITS_COMPLEX, MACH_MSGH_BITS_COMPLEX);
	CHECK("descriptors", m->body.msgh_descriptor_count, 4);
	CHECK("port.type", m->port.type, MACH_MSG_PORT_DESCRIPTOR);
	CHECK("port.disposition", m->port.disposition, MACH_MSG_TYPE_PORT_SEND);
	CHECK("memory.type", m->memory.type, MACH_MSG_OOL_DESCRIPTOR);
	CHECK("memory.size", m->memory.size, MEMORY);
	CHECK("memory.copy", m->memory.copy, MACH_MSG_VIRTUAL_COPY);
	CHECK("ports.type", m->ports.type, MACH_MSG_OOL_PORTS_DESCRIPTOR);
	CHECK("ports.count", m->ports.count, 3);
	CHECK("ports.disposition", m->ports.disposition, MACH_MSG_TYPE_PORT_SEND);
	CHECK("receive.type", m->receive.type, MACH_MSG_PORT_DESCRIPTOR);
	CHECK("receive.disposition", m->receive.disposition, MACH_MSG_TYPE_PORT_RECEIVE);
	CHECK("tail", m->tail, 0xfeedf00d);
	int wrong = 0;
	for (int i = 0; i < MEMORY; i++)
		wrong += ((unsigned char *)m->memory.address)[i] != pattern(3, i);
	CHECK("bytes that differ", wrong, 0);
	OK(mach_vm_deallocate(mach_task_self(), (mach_vm_address_t)m->memory.address, MEMORY));
	mach_port_t *list = m->ports.address;
	for (int i = 0; i < 3; i++)
		send_simple(list[i], MACH_MSG_TYPE_MOVE_SEND, ARRAY + i);
	OK(mach_vm_deallocate(mach_task_self(), (mach_vm_address_t)list, 3 * sizeof *list));
	send_simple(m->port.name, MACH_MSG_TYPE_MOVE_SEND, ARRAY + 9);
	mach_port_status_t st;
	mach_msg_type_number_t n = MACH_PORT_RECEIVE_STATUS_COUNT;
	OK(mach_port_get_attributes(mach_task_self(), m->receive.name, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&st, &n));
	CHECK("mps_qlimit", st.mps_qlimit, 9);
	CHECK("mps_msgcount", st.mps_msgcount, 2);
	CHECK("mps_mscount", st.mps_mscount, 0);
	CHECK("mps_sorights", st.mps_sorights, 2);
	CHECK("mps_srights", st.mps_srights, 1);
	CHECK("first queued", receive_id(m->receive.name), QUEUED + 1);
	CHECK("second queued", receive_id(m->receive.name), QUEUED + 2);
	OK(mach_port_mod_refs(mach_task_self(), m->receive.name, MACH_PORT_RIGHT_RECEIVE, -1));
}

// complex_out sends the same back, made here. Go tells the ports apart by what comes from them.
static mach_port_t array_out[3], port_out;

static void complex_out(mach_port_t to) {
	mach_port_t self = mach_task_self(), moved;
	OK(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port_out));
	for (int i = 0; i < 3; i++)
		OK(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &array_out[i]));
	OK(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &moved));
	mach_port_limits_t limits = {.mpl_qlimit = 11};
	OK(mach_port_set_attributes(self, moved, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits, MACH_PORT_LIMITS_INFO_COUNT));
	OK(mach_port_set_mscount(self, moved, 5));
	for (int i = 1; i <= 2; i++)
		send_simple(moved, MACH_MSG_TYPE_MAKE_SEND_ONCE, QUEUED + i);
	mach_vm_address_t memory = 0;
	OK(mach_vm_allocate(self, &memory, MEMORY, VM_FLAGS_ANYWHERE));
	for (int i = 0; i < MEMORY; i++)
		((unsigned char *)memory)[i] = pattern(5, i);
	struct complex m = {
		.h = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0) | MACH_MSGH_BITS_COMPLEX, .msgh_size = sizeof m, .msgh_remote_port = to, .msgh_id = COMPLEX + 100},
		.body = {4},
		.port = {.name = port_out, .disposition = MACH_MSG_TYPE_MAKE_SEND, .type = MACH_MSG_PORT_DESCRIPTOR},
		.memory = {.address = (void *)memory, .size = MEMORY, .deallocate = 1, .copy = MACH_MSG_VIRTUAL_COPY, .type = MACH_MSG_OOL_DESCRIPTOR},
		.ports = {.address = array_out, .count = 3, .copy = MACH_MSG_PHYSICAL_COPY, .disposition = MACH_MSG_TYPE_MAKE_SEND, .type = MACH_MSG_OOL_PORTS_DESCRIPTOR},
		.receive = {.name = moved, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE, .type = MACH_MSG_PORT_DESCRIPTOR},
		.tail = 0xc001d00d + bad,
	};
	OK(mach_msg(&m.h, MACH_SEND_MSG, sizeof m, 0, 0, 0, 0));
	OK(mach_vm_read_overwrite(self, memory, 1, (mach_vm_address_t)&m, &(mach_vm_size_t){0}) != KERN_INVALID_ADDRESS);
}

// What Go sent through the ports of complex_out.
static void came_back(void) {
	for (int i = 0; i < 3; i++)
		CHECK("message to a port of the array", receive_id(array_out[i]), ARRAY + i);
	CHECK("message to the port", receive_id(port_out), ARRAY + 9);
}

// call makes call number k; *size is what it filled of the struct.
static kern_return_t call(int k, void *data, mach_msg_type_number_t *count, mach_vm_address_t at) {
	mach_vm_size_t size;
	natural_t depth = 9;
	mach_port_t object;
	host_t host = mach_host_self();
	kern_return_t kr = -1;
	*count = ROOM / 8;
	switch (calls[k].kind) {
	case TASK_INFO:
		kr = task_info(still_task, calls[k].flavor, data, count);
		break;
	case THREAD_INFO:
		kr = thread_info(still_thread, calls[k].flavor, data, count);
		break;
	case HOST_INFO:
		kr = host_info(host, calls[k].flavor, data, count);
		break;
	case HOST_STATISTICS64:
		kr = host_statistics64(host, calls[k].flavor, data, count);
		break;
	case REGION:
		kr = mach_vm_region(still_task, &at, &size, calls[k].flavor, data, count, &object);
		break;
	case REGION_RECURSE:
		kr = mach_vm_region_recurse(still_task, &at, &size, &depth, data, count);
		break;
	case PORT_ATTRIBUTES:
		kr = mach_port_get_attributes(mach_task_self(), at, calls[k].flavor, data, count);
		break;
	}
	mach_port_deallocate(mach_task_self(), host);
	return kr;
}

// state sets the registers of the thread that stands still, each to a value of its own.
static int set_state(void) {
#ifdef __arm64__
	arm_thread_state64_t s = {.__fp = 0x2900001, .__lr = 0x3000001, .__sp = 0x31000010, .__pc = 0x32000004, .__cpsr = 0x60000000};
	for (int i = 0; i < 29; i++)
		s.__x[i] = 0x0102030405000000 * (i + 1);
	return thread_set_state(still_thread, ARM_THREAD_STATE64, (thread_state_t)&s, ARM_THREAD_STATE64_COUNT);
#else
	x86_thread_state64_t s = {
		.__rax = 0x101, .__rbx = 0x202, .__rcx = 0x303, .__rdx = 0x404, .__rdi = 0x505, .__rsi = 0x606, .__rbp = 0x707, .__rsp = 0x808,
		.__r8 = 0x909, .__r9 = 0xa0a, .__r10 = 0xb0b, .__r11 = 0xc0c, .__r12 = 0xd0d, .__r13 = 0xe0e, .__r14 = 0xf0f, .__r15 = 0x1111,
		.__rip = 0x1212, .__rflags = 0x246, .__cs = 0x2b};
	return thread_set_state(still_thread, x86_THREAD_STATE64, (thread_state_t)&s, x86_THREAD_STATE64_COUNT);
#endif
}

static void get_state(void) { // what Go has set
#ifdef __arm64__
	arm_thread_state64_t s;
	mach_msg_type_number_t n = ARM_THREAD_STATE64_COUNT;
	OK(thread_get_state(still_thread, ARM_THREAD_STATE64, (thread_state_t)&s, &n));
	for (int i = 0; i < 29; i++)
		CHECK("__x[i]", s.__x[i], 0x0a0b0c0d0e000000 + i);
	CHECK("__fp", s.__fp, 29);
	CHECK("__lr", s.__lr, 30);
	CHECK("__sp", s.__sp, 3100);
	CHECK("__pc", s.__pc, 3200);
	CHECK("__cpsr", s.__cpsr & 0xf0000000, 0x90000000);
#else
	x86_thread_state64_t s;
	mach_msg_type_number_t n = x86_THREAD_STATE64_COUNT;
	OK(thread_get_state(still_thread, x86_THREAD_STATE64, (thread_state_t)&s, &n));
	uint64_t got[] = {s.__rax, s.__rbx, s.__rcx, s.__rdx, s.__rdi, s.__rsi, s.__rbp, s.__rsp, s.__r8, s.__r9, s.__r10, s.__r11, s.__r12, s.__r13, s.__r14, s.__r15, s.__rip};
	for (int i = 0; i < 17; i++)
		CHECK("register", got[i], 0x0a0b0c0d0e00 + i);
#endif
}

static int still(void) {
	pthread_setname_np("standing still");
	printf("still\n");
	fflush(stdout);
	char c;
	return (int)read(0, &c, 1); // until the pair has ended
}

int main(int argc, char **argv) {
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "still") == 0)
		return still();
	mach_port_t self = mach_task_self(), service, port;
	OK(bootstrap_look_up(bootstrap_port, argv[1], &service));
	OK(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port));
	struct {
		mach_msg_header_t h;
		uint8_t a;
		uint16_t b;
		uint32_t c;
		uint64_t d;
		double e;
		char text[20];
	} hello = {
		{.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND), .msgh_size = sizeof hello, .msgh_remote_port = service, .msgh_local_port = port, .msgh_id = -7},
		0xa1, 0xb2b3, 0xc4c5c6c7, 0xd8d9dadbdcdddedf, 1.0 / 3, "from C"};
	OK(mach_msg(&hello.h, MACH_SEND_MSG, sizeof hello, 0, 0, 0, 0));
	static struct message in;
	static struct answer out;
	for (int seqno = 0;; seqno++) {
		kern_return_t kr = mach_msg(&in.h, MACH_RCV_MSG | MACH_RCV_TRAILER_TYPE(MACH_MSG_TRAILER_FORMAT_0) | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 0, sizeof in, port, 0, 0);
		if (kr != 0) {
			printf("C: nothing to receive: %#x\n", kr);
			return 1;
		}
		trailer(&in, seqno);
		CHECK("msgh_local_port", in.h.msgh_local_port, port);
		int id = in.h.msgh_id;
		struct answer *ask = (struct answer *)&in; // a question has the same form
		out.result = out.count = out.size = 0;
		if (id >= RECORD && id < RECORD + RECORDS) {
			out.size = records[id - RECORD].size;
			CHECK("size of a record", ask->size, out.size);
			bad += records[id - RECORD].check(ask->data);
			records[id - RECORD].fill(out.data);
		} else if (id >= CALL && id < CALL + CALLS) {
			mach_vm_address_t at;
			memcpy(&at, ask->data, sizeof at);
			out.result = call(id - CALL, out.data, &out.count, at);
			out.size = out.count * 4;
			CHECK("result of a call", out.result, ask->result);
			CHECK("count of a call", out.count, ask->count);
			bad += calls[id - CALL].same(ask->data + 8, out.data);
		} else if (id == COMPLEX) {
			complex_in((struct complex *)&in);
			complex_out(in.h.msgh_remote_port);
			bad = 0;
			continue;
		} else if (id == COMPLEX + 1) {
			came_back();
		} else if (id == STILL) {
			struct {
				mach_msg_header_t h;
				mach_msg_body_t body;
				mach_msg_port_descriptor_t task, thread;
			} *m = (void *)&in;
			still_task = m->task.name, still_thread = m->thread.name;
		} else if (id == MAP) {
			mach_vm_address_t at = 0;
			OK(mach_vm_map(still_task, &at, 5 * vm_page_size, 0, VM_FLAGS_ANYWHERE | VM_MAKE_TAG(77), 0, 0, 0, VM_PROT_READ, VM_PROT_READ | VM_PROT_WRITE, VM_INHERIT_NONE));
			memcpy(out.data, &at, sizeof at);
			out.size = sizeof at;
		} else if (id == STATE) {
			get_state();
			OK(set_state());
		} else if (id != END) {
			CHECK("id", id, END);
		}
		out.bad = bad;
		bad = 0;
		mach_msg_size_t size = offsetof(struct answer, data) + ((out.size + 3) & ~3);
		out.h = (mach_msg_header_t){.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0), .msgh_size = size, .msgh_remote_port = in.h.msgh_remote_port, .msgh_id = id + 100};
		OK(mach_msg(&out.h, MACH_SEND_MSG, size, 0, 0, 0, 0));
		if (id == END)
			return bad;
	}
}
