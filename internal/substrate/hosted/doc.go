// Package hosted lets the Mach kernel work on real Linux processes: it
// implements the substrate interfaces of internal/kernel/core over
// internal/substrate/linux. What is Linux's stays there; what is Darwin's
// (flavors, units, states) is translated here.
package hosted
