package core

import (
	"encoding/json"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Region is a region of the process, with what stands behind it.
type Region struct {
	task.Region
	// Path is the file behind the region and Segment its part of it, such as
	// "__TEXT", where the system tells.
	Path, Segment string
	// Saved says that the region's memory is in the core.
	Saved bool
}

// Image is a program or library that the process had loaded.
type Image struct {
	Address  uint64 // of its header
	Path     string
	UUID     task.UUID // zero if there is none
	Segments []ImageSegment
}

// ImageSegment is where a part of an image was.
type ImageSegment struct {
	Name    string
	Address uint64
}

// ThreadInfo is what the kernel told of a thread.
type ThreadInfo struct {
	ID           uint64 // 0 if it is not known
	Name         string
	State        mach.Integer // TH_STATE_ of <mach/thread_info.h>, 0 if it is not known
	User, System time.Duration
	Usage        int32 // of TH_USAGE_SCALE
	Priority     int32
	SuspendCount int32
}

// Process is what a core of this package tells beside memory and registers.
type Process struct {
	PID      int
	Created  time.Time
	PageSize uint64
}

// processNote is the form of the note "gomach process".
type processNote struct {
	Version int          `json:"version"`
	PID     int          `json:"pid"`
	Created time.Time    `json:"created"`
	Page    uint64       `json:"page_size"`
	Threads []threadNote `json:"threads"`
	Regions []regionNote `json:"regions"`
}

const noteVersion = 1

type threadNote struct {
	ID        uint64        `json:"id"`
	Name      string        `json:"name,omitempty"`
	State     int32         `json:"state"`
	User      time.Duration `json:"user_ns"`
	System    time.Duration `json:"system_ns"`
	Usage     int32         `json:"usage"`
	Priority  int32         `json:"priority"`
	Suspended int32         `json:"suspend_count"`
}

type regionNote struct {
	Address  uint64 `json:"a"`
	Size     uint64 `json:"n"`
	Prot     int32  `json:"p"`
	Max      int32  `json:"m"`
	Share    uint8  `json:"s"`
	Tag      uint32 `json:"t,omitempty"`
	Offset   uint64 `json:"o,omitempty"`
	Depth    uint32 `json:"d,omitempty"`
	Submap   bool   `json:"sub,omitempty"`
	External bool   `json:"x,omitempty"`
	Resident uint32 `json:"r,omitempty"`
	Dirty    uint32 `json:"w,omitempty"`
	Swapped  uint32 `json:"z,omitempty"`
	Path     string `json:"f,omitempty"`
	Segment  string `json:"g,omitempty"`
	Saved    bool   `json:"in,omitempty"`
}

func newRegionNote(r Region) regionNote {
	return regionNote{
		Address: r.Address, Size: r.Size, Prot: int32(r.Protection), Max: int32(r.MaxProtection), Share: uint8(r.ShareMode),
		Tag: uint32(r.Tag), Offset: r.Offset, Depth: r.Depth, Submap: r.Submap, External: r.External,
		Resident: r.Resident, Dirty: r.Dirtied, Swapped: r.SwappedOut, Path: r.Path, Segment: r.Segment, Saved: r.Saved,
	}
}

func (n regionNote) region() Region {
	return Region{
		Region: task.Region{
			Address: n.Address, Size: n.Size, Protection: mach.VMProt(n.Prot), MaxProtection: mach.VMProt(n.Max),
			ShareMode: mach.ShareMode(n.Share), Tag: mach.VMMemory(n.Tag), Offset: n.Offset, Depth: n.Depth,
			Submap: n.Submap, External: n.External, Resident: n.Resident, Dirtied: n.Dirty, SwappedOut: n.Swapped,
		},
		Path: n.Path, Segment: n.Segment, Saved: n.Saved,
	}
}

func newThreadNote(t ThreadInfo) threadNote {
	return threadNote{t.ID, t.Name, int32(t.State), t.User, t.System, t.Usage, t.Priority, t.SuspendCount}
}

func (n threadNote) info() ThreadInfo {
	return ThreadInfo{n.ID, n.Name, mach.Integer(n.State), n.User, n.System, n.Usage, n.Priority, n.Suspended}
}

// metadata is lldb's note "process metadata": the numbers of the threads in the
// order of their LC_THREAD commands.
type metadata struct {
	Threads []threadNumber `json:"threads"`
}

type threadNumber struct {
	ID uint64 `json:"thread_id"`
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // the types above always can be
	}
	return b
}
