// Package ipc is Mach's inter-process communication: ports, the rights to them,
// the name spaces that hold rights, and messages. It knows nothing of tasks and
// calls; those are in core and in package calls below this one.
//
// Locks are taken in the order transit, Space, Port. Nothing is sent while one
// is held: code that may cause notifications collects them in a pending list
// and sends them when it has let go.
//
// The rules are those of Darwin's kernel, as the sources of xnu in osfmk/ipc
// have them; comments name the file where a rule would surprise.
package ipc
