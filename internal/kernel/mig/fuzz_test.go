package mig

import (
	"io"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

// touch is a handler that reads and writes whatever its arguments allow, and
// hands out a right and memory where pointers are.
func touch(c *core.Ctx) uint64 {
	var b [16]byte
	for i := range c.Fn.Params {
		switch c.Fn.Params[i].Kind {
		case proto.Pointer, proto.CString, proto.BigStruct:
			c.Read(i, b[:])
			c.Write(i, b[:])
			c.Put32(i, 3)
			if i+1 < len(c.Fn.Params) {
				c.GiveMemory(i, i+1, b[:], 4)
			}
			c.GivePort(i, ipc.NewKernelPort(mach.IPC_OTYPE_SEMAPHORE, nil))
			c.GivePorts(i, i, []*ipc.Port{ipc.NewKernelPort(mach.IPC_OTYPE_SEMAPHORE, nil)})
		default:
			if r, kr := c.TakeRight(i, mach.MACH_MSG_TYPE_MOVE_SEND); kr == mach.KERN_SUCCESS && i%2 == 1 {
				r.Release()
			}
		}
	}
	return 0
}

type noMemory struct{}

func (noMemory) ReadAt([]byte, uint64) (int, error)  { return 0, io.ErrUnexpectedEOF }
func (noMemory) WriteAt([]byte, uint64) (int, error) { return 0, io.ErrShortWrite }

// Whatever a request holds, the dispatcher neither fails nor answers with
// anything but a message of its own layout.
func FuzzServe(f *testing.F) {
	table := core.Table{}
	for _, p := range plans() {
		table[p.fn.Name] = core.Entry{Handler: touch, Level: core.Full}
	}
	k := core.New(table, nil)
	task := &core.Task{Kernel: k, Space: ipc.NewSpace()}
	for i := range proto.Routines {
		r := &proto.Routines[i]
		if p := plans()[r.ID]; p != nil {
			f.Add(r.ID, make([]byte, p.maxBody), byte(p.inDescs), byte(mach.MACH_MSG_PORT_DESCRIPTOR))
			f.Add(r.ID, make([]byte, p.minBody), byte(p.inDescs), byte(mach.MACH_MSG_OOL_DESCRIPTOR))
			f.Add(r.ID, make([]byte, p.minBody), byte(p.inDescs), byte(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR))
		}
	}
	f.Fuzz(func(t *testing.T, id int32, body []byte, descs, kind byte) {
		if len(body) > 1<<16 || descs > 40 {
			return
		}
		object := ipc.NewKernelPort(mach.IPC_OTYPE_TASK_CONTROL, task)
		answers := ipc.NewKernelQueue()
		var list []ipc.Desc
		data := make([]byte, 4, 4+16*int(descs)+len(body))
		for range descs {
			d := ipc.Desc{Type: mach.MachMsgDescriptorType(kind % 4), Offset: headerSize + len(data)}
			data = append(data, make([]byte, d.Size())...)
			switch d.Type {
			case mach.MACH_MSG_PORT_DESCRIPTOR:
				d.Right = ipc.NewSendRight(object)
			case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
				d.Rights = []ipc.Right{ipc.NewSendRight(object), {}}
				d.RightsType = mach.MACH_MSG_TYPE_PORT_SEND
			default:
				d.Memory = body
			}
			list = append(list, d)
		}
		if descs == 0 {
			data = data[:0]
		}
		m := ipc.NewMessage(id, append(data, body...), list...)
		m.Dest, m.Reply = ipc.NewSendRight(object), ipc.NewSendOnceRight(answers)
		var args [12]uint64
		c := &core.Ctx{Kernel: k, Task: task, Mem: noMemory{}, Args: &args}
		if reply := Serve(c, m); reply != nil {
			if reply.ID != id+100 {
				t.Errorf("id %d is answered with %d", id, reply.ID)
			}
			reply.Send()
			if got, kr := answers.Receive(0, nil); kr == mach.MACH_MSG_SUCCESS {
				got.Destroy()
			}
		}
		object.Destroy()
		answers.Destroy()
		if names, _, _ := task.Space.Names(); len(names) > 0 {
			t.Errorf("id %d leaves %d names", id, len(names))
		}
	})
}
