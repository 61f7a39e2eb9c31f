// Package host answers for the machine: the host ports, host_info and
// host_statistics in every flavor, processors, processor sets and the host's
// special ports.
//
// The figures are the real machine's, read through a Machine at each call:
// unlike XNU, which answers programs that are not Apple's from a cache for a
// part of each second, nothing is cached.
package host
