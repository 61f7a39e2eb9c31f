// Package sync has the kernel's semaphores.
//
// A wait parks the calling goroutine. It ends by a signal, by its deadline, by
// the semaphore's end, or when the calling thread is aborted.
package sync
