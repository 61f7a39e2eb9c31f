// Structs that calls fill: each field against what is known otherwise, or within its bounds.
#include "show.h"

int main(void) {
	host_t host = mach_host_self();
	host_basic_info_data_t hb;
	mach_msg_type_number_t n = HOST_BASIC_INFO_COUNT;
	SHOW(host_info(host, HOST_BASIC_INFO, (host_info_t)&hb, &n));
	PRINT(n == HOST_BASIC_INFO_COUNT);
	PRINT(hb.max_cpus >= hb.avail_cpus && hb.avail_cpus > 0 && hb.logical_cpu >= hb.physical_cpu);
	PRINT(hb.max_mem > 64 << 20);
#ifdef __arm64__
	PRINT(hb.cpu_type == CPU_TYPE_ARM64 ? 7 : hb.cpu_type);
#else
	printf("hb.cpu_type == CPU_TYPE_ARM64 ? 7 : hb.cpu_type: %d\n", hb.cpu_type);
#endif
	vm_size_t size = 0;
	SHOW(host_page_size(host, &size));
	PRINT(size == vm_page_size);
	vm_statistics64_data_t vs;
	n = HOST_VM_INFO64_COUNT;
	SHOW(host_statistics64(host, HOST_VM_INFO64, (host_info64_t)&vs, &n));
	PRINT((uint64_t)(vs.free_count + vs.active_count + vs.inactive_count) * vm_page_size <= hb.max_mem * 2);
	task_vm_info_data_t tv;
	n = TASK_VM_INFO_COUNT;
	SHOW(task_info(mach_task_self(), TASK_VM_INFO, (task_info_t)&tv, &n));
	PRINT(tv.page_size == (integer_t)vm_page_size);
	PRINT(tv.virtual_size > tv.resident_size && tv.resident_size > 0 && tv.region_count > 0);
	task_thread_times_info_data_t tt;
	n = TASK_THREAD_TIMES_INFO_COUNT;
	SHOW(task_info(mach_task_self(), TASK_THREAD_TIMES_INFO, (task_info_t)&tt, &n));
	PRINT(tt.user_time.seconds < 5 && tt.user_time.microseconds < 1000000);
	thread_identifier_info_data_t id;
	n = THREAD_IDENTIFIER_INFO_COUNT;
	SHOW(thread_info(mach_thread_self(), THREAD_IDENTIFIER_INFO, (thread_info_t)&id, &n));
	uint64_t tid = 0;
	pthread_threadid_np(NULL, &tid);
	PRINT(id.thread_id == tid);
	audit_token_t token;
	n = TASK_AUDIT_TOKEN_COUNT;
	SHOW(task_info(mach_task_self(), TASK_AUDIT_TOKEN, (task_info_t)&token, &n));
	PRINT(token.val[1] == geteuid() && token.val[2] == getegid() && token.val[5] == (unsigned)getpid());
	int pid = 0;
	SHOW(pid_for_task(mach_task_self(), &pid));
	PRINT(pid == getpid());
	mach_port_t other = 5;
	PRINT(task_for_pid(mach_task_self(), 1, &other) != KERN_SUCCESS);
	SHOW(task_for_pid(mach_task_self(), getpid(), &other));
	PRINT(other == mach_task_self());
	mach_port_limits_t limits = {.mpl_qlimit = 11};
	mach_port_t p;
	mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &p);
	SHOW(mach_port_set_attributes(mach_task_self(), p, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits, MACH_PORT_LIMITS_INFO_COUNT));
	mach_port_status_t st;
	memset(&st, 0xee, sizeof st);
	n = MACH_PORT_RECEIVE_STATUS_COUNT;
	SHOW(mach_port_get_attributes(mach_task_self(), p, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&st, &n));
	printf("%u %u %u %u %u %u %d %d %d\n", st.mps_pset, st.mps_seqno, st.mps_mscount, st.mps_qlimit, st.mps_msgcount, st.mps_sorights, st.mps_srights, st.mps_pdrequest, st.mps_nsrequest);
	mach_timebase_info_data_t tb;
	SHOW(mach_timebase_info(&tb));
#ifdef __arm64__
	PRINT(tb.numer == 125 && tb.denom == 3 ? 1 : 0);
#else
	printf("tb.numer == 125 && tb.denom == 3 ? 1 : 0: %d\n", tb.numer == 1 && tb.denom == 1);
#endif
	return 0;
}
