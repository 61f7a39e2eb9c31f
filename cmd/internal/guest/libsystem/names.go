//go:build linux && (amd64 || arm64)

package libsystem

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"

	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Errors and flags of getaddrinfo (Apple's netdb.h).
const (
	eaiFamily    = 5
	eaiMemory    = 6
	eaiNoName    = 8
	eaiService   = 9
	aiPassive    = 0x1
	aiCanonName  = 0x2
	aiNumeric    = 0x4
	addrInfoSize = 48
)

var addrErrors = map[int]string{0: "Success", eaiFamily: "ai_family not supported", eaiMemory: "Memory allocation failure",
	eaiNoName: "nodename nor servname provided, or not known", eaiService: "servname not supported for ai_socktype"}

type addrHints struct{ Flags, Family, Type, Protocol int32 }

// resolve finds the addresses of a name: without -net, only numbers and this machine's names.
func (s *State) resolve(name string, h addrHints) []netip.Addr {
	if name == "" {
		if h.Flags&aiPassive != 0 {
			return []netip.Addr{netip.IPv6Unspecified(), netip.IPv4Unspecified()}
		}
		return []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a}
	}
	if h.Flags&aiNumeric != 0 {
		return nil
	}
	if !s.Policy.Network {
		if name == "localhost" {
			return []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}
		}
		return nil
	}
	list, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return nil
	}
	for i := range list {
		list[i] = list[i].Unmap()
	}
	return list
}

func putSockaddr(b []byte, a netip.Addr, port uint16) (family int32, n uint32) {
	binary.BigEndian.PutUint16(b[2:], port)
	if a.Is4() {
		v := a.As4()
		copy(b[4:], v[:])
		b[0], b[1] = 16, afInet
		return afInet, 16
	}
	v := a.As16()
	copy(b[8:], v[:])
	b[0], b[1] = 28, afInet6
	return afInet6, 28
}

func getAddrInfo(c *proc.Call) {
	s := of(c)
	var name, service string
	if c.Arg(0) != 0 {
		name, _ = c.String(c.Arg(0))
	}
	if c.Arg(1) != 0 {
		service, _ = c.String(c.Arg(1))
	}
	var h addrHints
	if p := proc.Read[addrHints](c, c.Arg(2)); c.Arg(2) != 0 && p != nil {
		h = *p
	}
	port := 0
	if service != "" {
		network := "tcp"
		if h.Type == 2 {
			network = "udp"
		}
		var err error
		if port, err = net.LookupPort(network, service); err != nil {
			c.Return(eaiService)
			return
		}
	}
	types := [][2]int32{{h.Type, h.Protocol}}
	if h.Type == 0 {
		types = [][2]int32{{2, 17}, {1, 6}}
	}
	var first, last uint64
	for _, a := range s.resolve(name, h) {
		if h.Family == afInet && !a.Is4() || h.Family == afInet6 && a.Is4() {
			continue
		}
		for _, t := range types {
			at := s.heap.alloc(c, addrInfoSize+32+uint64(len(name))+1)
			if at == 0 {
				c.Return(eaiMemory)
				return
			}
			b := mem.Slice(at, addrInfoSize+32+uint64(len(name))+1)
			family, n := putSockaddr(b[addrInfoSize:], a, uint16(port))
			le := binary.LittleEndian
			le.PutUint32(b[4:], uint32(family))
			le.PutUint32(b[8:], uint32(t[0]))
			le.PutUint32(b[12:], uint32(t[1]))
			le.PutUint32(b[16:], n)
			if h.Flags&aiCanonName != 0 && first == 0 {
				copy(b[addrInfoSize+32:], name)
				le.PutUint64(b[24:], at+addrInfoSize+32)
			}
			le.PutUint64(b[32:], at+addrInfoSize)
			if last != 0 {
				le.PutUint64(mem.Slice(last+40, 8), at)
			} else {
				first = at
			}
			last = at
		}
	}
	if first == 0 {
		c.Return(eaiNoName)
		return
	}
	out(c, 3, first)
}

func init() {
	on("getaddrinfo", func(c *proc.Call) { c.Block(func() { getAddrInfo(c) }) })
	on("freeaddrinfo", func(c *proc.Call) {
		for at := c.Arg(0); at != 0; {
			next := c.Process.Peek(at + 40)
			if !of(c).heap.free(c, at) {
				return
			}
			at = next
		}
	})
	on("gai_strerror", func(c *proc.Call) {
		text, ok := addrErrors[c.Int(0)]
		if !ok {
			text = "Unknown error"
		}
		c.Return(static(c, "gai "+text, []byte(text+"\x00")))
	})
	on("getnameinfo", func(c *proc.Call) {
		b, ok := c.Bytes(c.Arg(0), uint64(c.Uint32(1)))
		if !ok || len(b) < 16 {
			c.Return(eaiFamily)
			return
		}
		var a netip.Addr
		switch {
		case b[1] == afInet:
			a = netip.AddrFrom4([4]byte(b[4:8]))
		case b[1] == afInet6 && len(b) >= 24:
			a = netip.AddrFrom16([16]byte(b[8:24]))
		default:
			c.Return(eaiFamily)
			return
		}
		name := a.String()
		if a.IsLoopback() && c.Uint32(6)&2 == 0 { // NI_NUMERICHOST
			name = "localhost"
		}
		if n := uint64(c.Uint32(3)); c.Arg(2) != 0 && uint64(len(name)) < n {
			copyString(c, c.Arg(2), name)
		}
		if port := strconv.Itoa(int(binary.BigEndian.Uint16(b[2:]))); c.Arg(4) != 0 && uint64(len(port)) < uint64(c.Uint32(5)) {
			copyString(c, c.Arg(4), port)
		}
	})
	// The DNS resolver proper: not there, which programs take for a name that does not exist.
	on("res_9_ninit res_9_nclose", func(c *proc.Call) {})
	on("res_9_nsearch", func(c *proc.Call) { c.ReturnInt(-1) })
}
