package exc

import (
	"fmt"
	"strings"
	"time"

	"github.com/gomach/mach"
)

// Resource: EXC_RESOURCE, the process has used more than it may.
//
// Header: <kern/exc_resource.h>.
type Resource struct {
	Resource ResourceType
	Flavor   int           // FLAVOR_*, by resource; see FlavorName
	Limit    uint64        // what is permitted, in the resource's unit; 0 of threads and ports, where the system does not tell
	Observed uint64        // what was measured, in the same unit; 0 of memory, where the system does not tell
	Interval time.Duration // how long was looked, where that counts
}

// ResourceType is what a process has too much of, RESOURCE_TYPE_CPU and its
// like.
type ResourceType int

// The flavors stand in the order of the header; each resource has few.
var resources = [...]struct {
	typ     ResourceType
	name    string
	unit    string
	flavors []name[int]
}{
	{mach.RESOURCE_TYPE_CPU, "RESOURCE_TYPE_CPU", "percent", []name[int]{
		{mach.FLAVOR_CPU_MONITOR, "FLAVOR_CPU_MONITOR"},
		{mach.FLAVOR_CPU_MONITOR_FATAL, "FLAVOR_CPU_MONITOR_FATAL"},
	}},
	{mach.RESOURCE_TYPE_WAKEUPS, "RESOURCE_TYPE_WAKEUPS", "wakeups per second", []name[int]{
		{mach.FLAVOR_WAKEUPS_MONITOR, "FLAVOR_WAKEUPS_MONITOR"},
	}},
	{mach.RESOURCE_TYPE_MEMORY, "RESOURCE_TYPE_MEMORY", "MiB", []name[int]{
		{mach.FLAVOR_HIGH_WATERMARK, "FLAVOR_HIGH_WATERMARK"},
		{mach.FLAVOR_DIAG_MEMLIMIT, "FLAVOR_DIAG_MEMLIMIT"},
	}},
	{mach.RESOURCE_TYPE_IO, "RESOURCE_TYPE_IO", "MiB", []name[int]{
		{mach.FLAVOR_IO_PHYSICAL_WRITES, "FLAVOR_IO_PHYSICAL_WRITES"},
		{mach.FLAVOR_IO_LOGICAL_WRITES, "FLAVOR_IO_LOGICAL_WRITES"},
	}},
	{mach.RESOURCE_TYPE_THREADS, "RESOURCE_TYPE_THREADS", "threads", []name[int]{
		{mach.FLAVOR_THREADS_HIGH_WATERMARK, "FLAVOR_THREADS_HIGH_WATERMARK"},
	}},
	{mach.RESOURCE_TYPE_PORTS, "RESOURCE_TYPE_PORTS", "ports", []name[int]{
		{mach.FLAVOR_PORT_SPACE_FULL, "FLAVOR_PORT_SPACE_FULL"},
	}},
}

func resourceNames() []name[ResourceType] {
	out := make([]name[ResourceType], len(resources))
	for i := range resources {
		out[i] = name[ResourceType]{resources[i].typ, resources[i].name}
	}
	return out
}

func (r ResourceType) flavors() []name[int] {
	for i := range resources {
		if resources[i].typ == r {
			return resources[i].flavors
		}
	}
	return nil
}

// String is the C name, or ResourceType(n).
func (r ResourceType) String() string { return nameIn(resourceNames(), "ResourceType", r) }

// ParseResourceType is the value of a C name, or of what String gives. Its error
// is a [*mach.UnknownNameError].
func ParseResourceType(s string) (ResourceType, error) {
	return parseIn(resourceNames(), "ResourceType", s)
}

// FlavorName is the C name of a flavor of the resource, such as
// FLAVOR_CPU_MONITOR_FATAL, or Flavor(n).
func (r ResourceType) FlavorName(flavor int) string { return nameIn(r.flavors(), "Flavor", flavor) }

// ParseFlavor is the flavor of the resource whose C name is s, or what
// [ResourceType.FlavorName] gives. Its error is a [*mach.UnknownNameError].
func (r ResourceType) ParseFlavor(s string) (int, error) { return parseIn(r.flavors(), "Flavor", s) }

// Unit is what the limit of the resource counts: "percent", "wakeups per
// second", "MiB", "threads" or "ports"; "" of a resource that this package does
// not know.
func (r ResourceType) Unit() string {
	for i := range resources {
		if resources[i].typ == r {
			return resources[i].unit
		}
	}
	return ""
}

// FlavorName is the C name of the flavor; see [ResourceType.FlavorName].
func (x Resource) FlavorName() string { return x.Resource.FlavorName(x.Flavor) }

// Unit is that of Limit and Observed; see [ResourceType.Unit].
func (x Resource) Unit() string { return x.Resource.Unit() }

// String is the resource and the flavor by their C names, and the limit with its
// unit. What the system did not tell is left out.
func (x Resource) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %s", x.Resource, x.FlavorName())
	if x.Unit() == "" {
		return b.String()
	}
	if x.Limit != 0 {
		fmt.Fprintf(&b, ": limit %d %s", x.Limit, x.Unit())
	}
	if x.Observed != 0 {
		sep := ","
		if x.Limit == 0 {
			sep = ":"
		}
		fmt.Fprintf(&b, "%s observed %d %s", sep, x.Observed, x.Unit())
	}
	if x.Interval != 0 {
		fmt.Fprintf(&b, ", over %v", x.Interval)
	}
	return b.String()
}

// resource follows <kern/exc_resource.h>: the layout depends on the resource.
func resource(c, s int64) Resource {
	r := Resource{
		Resource: ResourceType(mach.ExcResourceDecodeResourceType(c)),
		Flavor:   int(mach.ExcResourceDecodeFlavor(c)),
	}
	seconds := func(n uint64) time.Duration { return time.Duration(n) * time.Second }
	switch r.Resource {
	case mach.RESOURCE_TYPE_CPU:
		r.Limit = mach.ExcResourceCpumonitorDecodePercentage(c)
		r.Observed = mach.ExcResourceCpumonitorDecodePercentageObserved(s)
		r.Interval = seconds(mach.ExcResourceCpumonitorDecodeInterval(c))
	case mach.RESOURCE_TYPE_WAKEUPS:
		// The layout has twenty bits, and C's macro reads twelve of them.
		r.Limit = uint64(c) & 0xfffff
		r.Observed = mach.ExcResourceCpumonitorDecodeWakeupsObserved(s)
		r.Interval = seconds(mach.ExcResourceCpumonitorDecodeObservationInterval(c))
	case mach.RESOURCE_TYPE_MEMORY:
		r.Limit = mach.ExcResourceHwmDecodeLimit(c)
	case mach.RESOURCE_TYPE_IO:
		r.Limit = mach.ExcResourceIODecodeLimit(c)
		r.Observed = mach.ExcResourceIOObserved(s)
		r.Interval = seconds(mach.ExcResourceIODecodeInterval(c))
	case mach.RESOURCE_TYPE_THREADS:
		// The number that the task has (xnu osfmk/kern/thread.c,
		// SENDING_NOTIFICATION__TASK_HAS_TOO_MANY_THREADS).
		r.Observed = mach.ExcResourceThreadsDecodeThreads(c)
	case mach.RESOURCE_TYPE_PORTS:
		r.Observed = mach.ExcResourceThreadsDecodePorts(c)
	}
	return r
}
