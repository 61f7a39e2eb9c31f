// Package task is the kernel's tasks and threads: how their ports are found,
// what they do and tell, their registers, and the exceptions of their threads.
//
// The rules are xnu's (osfmk/kern/{task.c,thread.c,thread_act.c,ipc_tt.c,
// exception.c,bsd_kern.c}); processes and registers come from the substrate.
package task
