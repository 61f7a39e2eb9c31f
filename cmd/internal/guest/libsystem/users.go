//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"os/user"
	"strconv"

	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// packer lays out a struct and its strings in a buffer of the guest.
type packer struct {
	at   uint64 // of the next string
	left []byte
	full bool
}

func (p *packer) text(s string) uint64 {
	if len(s)+1 > len(p.left) {
		p.full = true
		return 0
	}
	at := p.at
	copy(p.left, s)
	p.left[len(s)] = 0
	p.left = p.left[len(s)+1:]
	p.at += uint64(len(s) + 1)
	return at
}

// putPasswd fills a struct passwd (72 bytes on Darwin: with change, class and expire).
func putPasswd(c *proc.Call, u *user.User, to, buf, size uint64) proc.Errno {
	b, ok := c.Out(to, 72)
	room, ok2 := c.Out(buf, size)
	if !ok || !ok2 {
		return proc.EFAULT
	}
	p := packer{at: buf, left: room}
	le := binary.LittleEndian
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	clear(b)
	le.PutUint64(b, p.text(u.Username))
	le.PutUint64(b[8:], p.text("*"))
	le.PutUint32(b[16:], uint32(uid))
	le.PutUint32(b[20:], uint32(gid))
	le.PutUint64(b[32:], p.text(""))
	le.PutUint64(b[40:], p.text(u.Name))
	le.PutUint64(b[48:], p.text(u.HomeDir))
	le.PutUint64(b[56:], p.text("/bin/sh"))
	if p.full {
		return proc.ERANGE
	}
	return 0
}

// putGroup fills a struct group (32 bytes) without members.
func putGroup(c *proc.Call, g *user.Group, to, buf, size uint64) proc.Errno {
	b, ok := c.Out(to, 32)
	room, ok2 := c.Out(buf, size)
	if !ok || !ok2 || size < 8 {
		return proc.ERANGE
	}
	clear(room[:8]) // the empty list of members
	p := packer{at: buf + 8, left: room[8:]}
	le := binary.LittleEndian
	gid, _ := strconv.Atoi(g.Gid)
	le.PutUint64(b, p.text(g.Name))
	le.PutUint64(b[8:], p.text("*"))
	le.PutUint32(b[16:], uint32(gid))
	le.PutUint64(b[24:], buf)
	if p.full {
		return proc.ERANGE
	}
	return 0
}

// lookup answers the reentrant family: (key, struct, buffer, size, result).
func lookup[T any](find func(c *proc.Call) (*T, error), put func(c *proc.Call, v *T, to, buf, size uint64) proc.Errno) func(*proc.Call) {
	return func(c *proc.Call) {
		r := proc.At[uint64](c, c.Arg(4))
		if r == nil {
			c.Return(uint64(proc.EFAULT))
			return
		}
		*r = 0
		v, err := find(c)
		if err != nil {
			return // not found: no error, no result
		}
		if e := put(c, v, c.Arg(1), c.Arg(2), c.Arg(3)); e != 0 {
			c.Return(uint64(e))
			return
		}
		*r = c.Arg(1)
	}
}

func init() {
	byName := func(c *proc.Call) (*user.User, error) { n, _ := c.String(c.Arg(0)); return user.Lookup(n) }
	byID := func(c *proc.Call) (*user.User, error) { return user.LookupId(strconv.Itoa(int(c.Uint32(0)))) }
	group := func(c *proc.Call) (*user.Group, error) { n, _ := c.String(c.Arg(0)); return user.LookupGroup(n) }
	groupID := func(c *proc.Call) (*user.Group, error) { return user.LookupGroupId(strconv.Itoa(int(c.Uint32(0)))) }
	on("getpwnam_r", lookup(byName, putPasswd))
	on("getpwuid_r", lookup(byID, putPasswd))
	on("getgrnam_r", lookup(group, putGroup))
	on("getgrgid_r", lookup(groupID, putGroup))
	static := func(find func(c *proc.Call) (*user.User, error)) func(*proc.Call) {
		return func(c *proc.Call) {
			u, err := find(c)
			if err != nil {
				return
			}
			at := c.Process.Static(make([]byte, 72+1024))
			if putPasswd(c, u, at, at+72, 1024) == 0 {
				c.Return(at)
			}
		}
	}
	on("getpwnam", static(byName))
	on("getpwuid", static(byID))
	on("getgrouplist", func(c *proc.Call) {
		name, _ := c.String(c.Arg(0))
		n := proc.At[int32](c, c.Arg(3))
		u, err := user.Lookup(name)
		if err != nil || n == nil || *n < 0 {
			c.ReturnInt(-1)
			return
		}
		ids, _ := u.GroupIds()
		b, ok := c.Out(c.Arg(2), 4*uint64(*n))
		if !ok {
			c.ReturnInt(-1)
			return
		}
		if len(ids) > int(*n) {
			*n = int32(len(ids))
			c.ReturnInt(-1)
			return
		}
		for i, id := range ids {
			v, _ := strconv.Atoi(id)
			binary.LittleEndian.PutUint32(b[4*i:], uint32(v))
		}
		*n = int32(len(ids))
	})
	on("getenv", func(c *proc.Call) {
		name, _ := c.String(c.Arg(0))
		if at := findEnv(c, name); at != 0 {
			c.Return(at)
		}
	})
	on("setenv", func(c *proc.Call) {
		name, ok := c.String(c.Arg(0))
		value, ok2 := c.String(c.Arg(1))
		if !ok || !ok2 || name == "" {
			c.Fail(proc.EINVAL)
			return
		}
		if c.Int(2) != 0 || findEnv(c, name) == 0 {
			changeEnv(c, name, name+"="+value)
		}
	})
	on("putenv", func(c *proc.Call) {
		s, _ := c.String(c.Arg(0))
		for i := range s {
			if s[i] == '=' {
				changeEnv(c, s[:i], s)
				return
			}
		}
	})
	on("unsetenv", func(c *proc.Call) {
		name, _ := c.String(c.Arg(0))
		changeEnv(c, name, "")
	})
}

// environment reads the guest's environ.
func environment(c *proc.Call) (at uint64, list []uint64) {
	at, _ = c.Process.DataSymbol("environ")
	for p := c.Process.Peek(at); p != 0 && len(list) < 1<<16; p += 8 {
		v := c.Process.Peek(p)
		if v == 0 {
			break
		}
		list = append(list, v)
	}
	return at, list
}

func matches(c *proc.Call, entry uint64, name string) bool {
	s, ok := c.String(entry)
	return ok && len(s) > len(name) && s[:len(name)] == name && s[len(name)] == '='
}

func findEnv(c *proc.Call, name string) uint64 {
	_, list := environment(c)
	for _, e := range list {
		if matches(c, e, name) {
			return e + uint64(len(name)) + 1
		}
	}
	return 0
}

// changeEnv replaces, adds or (entry empty) removes a variable. The vector is made anew.
func changeEnv(c *proc.Call, name, entry string) {
	at, list := environment(c)
	var b []byte
	for _, e := range list {
		if !matches(c, e, name) {
			b = append(b, word64(e)...)
		}
	}
	if entry != "" {
		b = append(b, word64(c.Process.Static([]byte(entry+"\x00")))...)
	}
	binary.LittleEndian.PutUint64(mem.Slice(at, 8), c.Process.Static(append(b, word64(0)...)))
}
