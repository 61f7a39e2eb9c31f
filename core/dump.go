package core

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// dump reads a suspended task into a pipe.
type dump struct {
	task    *task.Task
	options Options
	files   files
	pipe    *pipe
	report  *Report

	page    uint64
	cpu     mach.CPUType
	pid     int
	threads []Thread
	regions []Region
	done    uint64
}

func (d *dump) run(ctx context.Context) error {
	if err := d.look(); err != nil {
		return err
	}
	head := d.head()
	d.report.Size += uint64(len(head))
	if err := d.pipe.send(ctx, piece{p: head}); err != nil {
		return err
	}
	for _, r := range d.regions {
		if !r.Saved {
			continue
		}
		if err := d.memory(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// look collects the threads and regions.
func (d *dump) look() (err error) {
	d.page = grain
	if f, err := d.task.Footprint(); err == nil && f.PageSize >= grain && f.PageSize <= maxPage {
		d.page = f.PageSize
	}
	if d.cpu, err = d.task.CPU(); err != nil {
		return err
	}
	d.pid, _ = d.task.PID()
	if err := d.lookThreads(); err != nil {
		return err
	}
	walk := d.task.Regions()
	if d.options.SharedCache {
		walk = d.task.RegionsRecurse()
	}
	for r, err := range walk {
		if err != nil {
			return err
		}
		x := Region{Region: r}
		x.Path, x.Segment, _ = d.files.files.Of(r)
		if x.Saved, err = d.wanted(x); err != nil {
			return err
		}
		if x.Saved {
			d.report.Saved += r.Size
		}
		d.regions = append(d.regions, x)
	}
	d.report.Threads, d.report.Regions = len(d.threads), len(d.regions)
	return nil
}

func (d *dump) lookThreads() error {
	list, err := d.task.Threads()
	if err != nil {
		return err
	}
	defer list.Close()
	var failed error
	for _, th := range list.All() {
		x, err := readThread(th)
		if err != nil {
			failed = err // it may just have ended
			continue
		}
		d.threads = append(d.threads, x)
	}
	if len(d.threads) == 0 {
		return failed
	}
	return nil
}

// wanted reports whether a region's memory is to be in the core: it has to be
// readable, which the first byte tells.
func (d *dump) wanted(r Region) (bool, error) {
	if r.Submap || r.Size == 0 || r.Protection&mach.VM_PROT_READ == 0 {
		return false, nil
	}
	if d.options.Modified && r.External && r.Path != "" && r.Dirtied == 0 && r.SwappedOut == 0 {
		return false, nil
	}
	if untouched(r) {
		return true, nil
	}
	var b [1]byte
	_, err := d.task.ReadMemory(b[:], r.Address)
	if err != nil && !hole(err) {
		return false, err
	}
	return err == nil, nil
}

// untouched reports whether a region is zeros because nobody has been there.
func untouched(r Region) bool {
	return !r.External && r.Path == "" && r.Resident == 0 && r.SwappedOut == 0 && (r.ShareMode == mach.SM_EMPTY || r.ShareMode == mach.SM_PRIVATE)
}

// hole reports whether an error is of a place that cannot be read, not of the task.
func hole(err error) bool {
	return errors.Is(err, mach.KERN_INVALID_ADDRESS) || errors.Is(err, mach.KERN_PROTECTION_FAILURE) ||
		errors.Is(err, mach.KERN_MEMORY_FAILURE) || errors.Is(err, mach.KERN_MEMORY_ERROR)
}

// memory sends a region.
func (d *dump) memory(ctx context.Context, r Region) error {
	d.report.Size += r.Size
	if untouched(r) {
		return d.send(ctx, piece{zeros: r.Size})
	}
	step := uint64(chunk)
	for at := r.Address; at != r.End(); {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b, err := d.pipe.buffer(ctx)
		if err != nil {
			return err
		}
		b = b[:min(step, r.End()-at)]
		n, err := d.task.ReadMemory(b, at)
		if err != nil && !hole(err) {
			return err
		}
		step = chunk
		var skip uint64
		if err != nil {
			// Not this page, then, and probably not the next one.
			step = d.page
			skip = min(d.page-(at+uint64(n))%d.page, r.End()-at-uint64(n))
			d.report.Unreadable += skip
		}
		if err := d.send(ctx, piece{p: b[:n], memory: true, zeros: skip}); err != nil {
			return err
		}
		at += uint64(n) + skip
	}
	return nil
}

func (d *dump) send(ctx context.Context, x piece) error {
	d.done += uint64(len(x.p)) + x.zeros
	x.done, x.total = d.done, d.report.Saved
	return d.pipe.send(ctx, x)
}

// head is all of the core before the memory: header, commands, notes.
func (d *dump) head() []byte {
	var saved []Region
	for _, r := range d.regions {
		if r.Saved {
			saved = append(saved, r)
		}
	}
	var threads []byte
	numbers := metadata{}
	told := processNote{Version: noteVersion, PID: d.pid, Created: time.Now(), Page: d.page}
	for i := range d.threads {
		x := &d.threads[i]
		threads = append(threads, x.command()...)
		numbers.Threads = append(numbers.Threads, threadNumber{x.Info.ID})
		told.Threads = append(told.Threads, newThreadNote(x.Info))
	}
	for _, r := range d.regions {
		told.Regions = append(told.Regions, newRegionNote(r))
	}
	notes := []noteContent{{owner: noteMetadata, b: marshal(numbers)}, {owner: noteProcess, b: marshal(told)}}
	if r := d.threads[0].Registers; r.CPU == mach.CPU_TYPE_ARM64 && r.AddressBits > 0 {
		notes = append(notes, noteContent{owner: noteBits, b: encodeBits(r.AddressBits)})
	}
	if len(d.files.images) > 0 {
		// Its size does not depend on its place, and it is the last.
		notes = append(notes, noteContent{owner: noteImages, b: encodeImages(d.files.images, 0)})
	}
	commands := segmentSize*len(saved) + len(threads) + noteSize*len(notes)
	at := uint64(headerSize + commands)
	for i := range notes {
		n := &notes[i]
		if n.owner == noteImages {
			n.b = encodeImages(d.files.images, at)
		}
		n.at = at
		at += pageUp(uint64(len(n.b)), 8)
	}
	return d.layout(saved, threads, notes, commands, pageUp(at, d.page))
}

// noteContent is a note with its place.
type noteContent struct {
	owner string
	b     []byte
	at    uint64
}

func (d *dump) layout(saved []Region, threads []byte, notes []noteContent, commands int, memory uint64) []byte {
	le := binary.LittleEndian
	subtype := uint32(subtypeX86)
	if d.cpu == mach.CPU_TYPE_ARM64 {
		subtype = subtypeARM64
	}
	b := make([]byte, 0, memory)
	for _, v := range []uint32{magic64, uint32(d.cpu), subtype, typeCore, uint32(len(saved) + len(d.threads) + len(notes)), uint32(commands), 0, 0} {
		b = le.AppendUint32(b, v)
	}
	at := memory
	for _, r := range saved {
		b = le.AppendUint32(b, commandSegment)
		b = le.AppendUint32(b, segmentSize)
		b = append(b, make([]byte, 16)...) // no name: a region is none of an image's segments
		for _, v := range []uint64{r.Address, r.Size, at, r.Size} {
			b = le.AppendUint64(b, v)
		}
		for _, v := range []uint32{uint32(r.MaxProtection), uint32(r.Protection), 0, 0} {
			b = le.AppendUint32(b, v)
		}
		at += r.Size
	}
	b = append(b, threads...)
	for _, n := range notes {
		b = le.AppendUint32(b, commandNote)
		b = le.AppendUint32(b, noteSize)
		var owner [16]byte
		copy(owner[:], n.owner)
		b = append(b, owner[:]...)
		b = le.AppendUint64(b, n.at)
		b = le.AppendUint64(b, uint64(len(n.b)))
	}
	for _, n := range notes {
		b = append(b, make([]byte, int(n.at)-len(b))...)
		b = append(b, n.b...)
	}
	return append(b, make([]byte, int(memory)-len(b))...)
}
