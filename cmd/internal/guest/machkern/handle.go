//go:build linux && (amd64 || arm64)

package machkern

import (
	"errors"
	"io/fs"
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// What a kernel in another runner asks of a guest. Each question is answered as the kernel of
// this process would find it itself.

// rules says by whose rules memory is used.
type rules uint8

const (
	asKernel  rules = iota // whatever is mapped
	asUser                 // what the guest itself could
	asChecked              // the same, for a write that the kernel makes
)

type readMemory struct {
	Addr, Size uint64
	As         rules
}

func (q readMemory) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	if q.Size > mostAtOnce {
		return o, fs.ErrInvalid
	}
	var m core.Memory = space{g.process}
	if q.As == asUser {
		m = userMemory{g.process}
	}
	b := make([]byte, q.Size)
	n, err := m.ReadAt(b, q.Addr)
	o.Bytes = b[:n]
	return o, err
}

type writeMemory struct {
	Addr  uint64
	Bytes []byte
	As    rules
}

func (q writeMemory) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	var n int
	switch q.As {
	case asUser:
		n, err = userMemory{g.process}.WriteAt(q.Bytes, q.Addr)
	case asChecked:
		n, err = space{g.process}.WriteAtChecked(q.Bytes, q.Addr)
	default:
		n, err = space{g.process}.WriteAt(q.Bytes, q.Addr)
	}
	o.N = uint64(n)
	return o, err
}

type bounds int

func (bounds) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	lo, hi := space{g.process}.Bounds()
	o.Regions = []core.Region{{Start: lo, End: hi}}
	return o, nil
}

type regions struct {
	Addr uint64
	Most int
}

func (q regions) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	for r, err := range (space{g.process}).Regions(q.Addr) {
		if err != nil {
			return o, err
		}
		o.Regions = append(o.Regions, r)
		if len(o.Regions) >= q.Most {
			break
		}
	}
	return o, nil
}

// mapMemory is core.Mapping; its file comes along.
type mapMemory struct {
	Addr, Size, Mask         uint64
	Fixed, Overwrite, Shared bool
	Prot                     mach.VMProt
	Offset                   uint64
}

func (q mapMemory) handle(g *Guest, files []*os.File) (o outcome, err error) {
	m := core.Mapping{
		Addr: q.Addr, Size: q.Size, Mask: q.Mask, Fixed: q.Fixed, Overwrite: q.Overwrite, Shared: q.Shared, Prot: q.Prot, Offset: q.Offset,
	}
	if len(files) > 0 {
		m.File = files[0]
	}
	o.N, err = space{g.process}.Map(m)
	return o, err
}

type rangeOp uint8

const (
	rangeUnmap rangeOp = iota
	rangeProtect
	rangeAdvise
	rangeSync
	rangeLock
)

type onRange struct {
	Op                rangeOp
	Addr, Size, Value uint64
}

func (q onRange) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	s := space{g.process}
	switch q.Op {
	case rangeUnmap:
		err = s.Unmap(q.Addr, q.Size)
	case rangeProtect:
		err = s.Protect(q.Addr, q.Size, mach.VMProt(q.Value))
	case rangeAdvise:
		err = s.Advise(q.Addr, q.Size, core.Advice(q.Value))
	case rangeSync:
		err = s.Sync(q.Addr, q.Size, mach.VMSync(q.Value))
	case rangeLock:
		err = s.Lock(q.Addr, q.Size, q.Value != 0)
	default:
		err = errors.ErrUnsupported
	}
	return o, err
}

type pagesOf struct {
	Addr uint64
	N    int
}

func (q pagesOf) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	o.Words, err = space{g.process}.Pages(q.Addr, q.N)
	return o, err
}

type countRegion struct{ R core.Region }

func (q countRegion) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	err = space{g.process}.StatRegion(&q.R)
	o.Regions = []core.Region{q.R}
	return o, err
}

type hold struct{ On bool }

func (q hold) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	if q.On {
		return o, g.sub.Suspend()
	}
	return o, g.sub.Resume()
}

type threads int

func (threads) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	o.IDs, err = g.sub.Threads()
	return o, err
}

type openThread struct{ ID int }

func (q openThread) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	_, err = g.sub.open(q.ID)
	return o, err
}

type usage int

func (usage) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	u, err := g.sub.Usage()
	o.Usage = &u
	return o, err
}

type imageInfos int

func (imageInfos) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	o.N, _ = g.sub.DyldInfo()
	return o, nil
}

type newThreads struct {
	Flavor mach.ThreadStateFlavor
	Words  []uint32
}

func (q newThreads) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	return o, g.sub.NewThreads(q.Flavor, q.Words)
}

type threadOp uint8

const (
	threadSuspend threadOp = iota
	threadResume
	threadAbort
	threadTerminate
	threadGetState
	threadSetState
	threadUsage
)

type onThread struct {
	Thread int
	Op     threadOp
	Flavor mach.ThreadStateFlavor
	Words  []uint32
}

func (q onThread) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	th, err := g.sub.open(q.Thread)
	if err != nil {
		return o, err
	}
	switch q.Op {
	case threadSuspend:
		err = th.Suspend()
	case threadResume:
		err = th.Resume()
	case threadAbort:
		err = th.Abort()
	case threadTerminate:
		err = th.Terminate()
	case threadGetState:
		o.Words, err = th.GetState(q.Flavor)
	case threadSetState:
		err = th.SetState(q.Flavor, q.Words)
	case threadUsage:
		var u core.ThreadUsage
		u, err = th.Usage()
		o.Thread = &u
	default:
		err = errors.ErrUnsupported
	}
	return o, err
}

// address asks for a variable of libSystem.
type address struct{ Name string }

func (q address) handle(g *Guest, _ []*os.File) (o outcome, err error) {
	g.process.Sync(func() { o.N = g.variable(q.Name) })
	return o, nil
}
