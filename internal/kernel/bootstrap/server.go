package bootstrap

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Server is what a bootstrap port stands for: a set of names, and the server
// to ask for those that it does not have.
type Server struct {
	port   *ipc.Port
	parent *Server   // nil for the topmost
	owner  ipc.Right // of a subset: it ends with this port
	lender *lender

	mu       sync.Mutex
	services map[string]*service
}

// service is a name with its port.
type service struct {
	send ipc.Right // a send right that the server holds
	// receive is the receive right while nobody has checked in, or nobody any
	// more. A service that was registered has none.
	receive ipc.Right
}

type rootKey struct{}

// Of returns the kernel's topmost server.
func Of(k *core.Kernel) *Server {
	return k.State(rootKey{}, func() any { return newServer(nil) }).(*Server)
}

func newServer(parent *Server) *Server {
	s := &Server{parent: parent, services: map[string]*service{}}
	if parent != nil {
		s.lender = parent.lender
	} else {
		s.lender = newLender()
	}
	s.port = ipc.NewKernelPort(mach.IPC_OTYPE_NONE, s)
	return s
}

// Port is the bootstrap port.
func (s *Server) Port() *ipc.Port { return s.port }

// alive reports whether the server still answers: a subset ends with the port
// that it was asked for with.
func (s *Server) alive() bool {
	if s.owner.Port != nil && s.owner.Port.Dead() {
		s.end()
		return false
	}
	return s.parent == nil || s.parent.alive()
}

func (s *Server) end() {
	s.mu.Lock()
	services := s.services
	s.services = map[string]*service{}
	s.mu.Unlock()
	s.port.Destroy()
	for _, x := range services {
		x.release()
	}
}

func (x *service) release() {
	x.send.Release()
	x.receive.Release()
}

// find returns the live service of a name. s is locked. A service whose port
// has died is forgotten.
func (s *Server) find(name string) *service {
	x := s.services[name]
	if x == nil {
		return nil
	}
	if x.send.Port.Dead() {
		delete(s.services, name)
		x.release()
		return nil
	}
	return x
}

// lookUp makes a send right to a service.
func (s *Server) lookUp(name string) (ipc.Right, mach.KernReturn) {
	for ; s != nil; s = s.parent {
		s.mu.Lock()
		x := s.find(name)
		var r ipc.Right
		if x != nil {
			r = ipc.NewSendRight(x.send.Port)
		}
		s.mu.Unlock()
		if x != nil && r.Valid() {
			return r, mach.BOOTSTRAP_SUCCESS
		}
	}
	return ipc.Right{}, mach.BOOTSTRAP_UNKNOWN_SERVICE
}

// create makes a service that waits for its server to check in, and a send
// right to it.
func (s *Server) create(name string) (ipc.Right, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(name)
	if x == nil {
		if x = newService(); x == nil {
			return ipc.Right{}, mach.BOOTSTRAP_NO_MEMORY
		}
		s.services[name] = x
	} else if x.receive.Port == nil {
		return ipc.Right{}, mach.BOOTSTRAP_SERVICE_ACTIVE
	}
	return ipc.NewSendRight(x.send.Port), mach.BOOTSTRAP_SUCCESS
}

// checkIn takes the receive right of a service, which it makes if there is
// none: launchd does so for a job that has not declared the name.
func (s *Server) checkIn(name string) (ipc.Right, mach.KernReturn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(name)
	switch {
	case x == nil:
		if x = newService(); x == nil {
			return ipc.Right{}, mach.BOOTSTRAP_NO_MEMORY
		}
		s.services[name] = x
	case x.receive.Port == nil:
		return ipc.Right{}, mach.BOOTSTRAP_SERVICE_ACTIVE
	}
	r, ok := s.lender.lend(x.receive, func(r ipc.Right) { s.takeBack(name, x, r) })
	x.receive = ipc.Right{}
	if !ok {
		return ipc.Right{}, mach.BOOTSTRAP_NO_MEMORY
	}
	return r, mach.BOOTSTRAP_SUCCESS
}

// takeBack keeps the receive right of a service until the next one checks in,
// if the service still is.
func (s *Server) takeBack(name string, x *service, r ipc.Right) {
	s.mu.Lock()
	still := s.services[name] == x
	if still {
		x.receive = r
	}
	s.mu.Unlock()
	if !still {
		r.Release()
	}
}

// register gives a name to a port of which the caller hands over a send right.
// No port takes the name back.
func (s *Server) register(name string, r ipc.Right) mach.KernReturn {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(name)
	if !r.Valid() {
		if x == nil {
			return mach.BOOTSTRAP_UNKNOWN_SERVICE
		}
		delete(s.services, name)
		x.release()
		return mach.BOOTSTRAP_SUCCESS
	}
	if x != nil {
		r.Release()
		return mach.BOOTSTRAP_NAME_IN_USE
	}
	s.services[name] = &service{send: r}
	return mach.BOOTSTRAP_SUCCESS
}

// status tells whether a service has a server.
func (s *Server) status(name string) (mach.BootstrapStatus_t, mach.KernReturn) {
	for ; s != nil; s = s.parent {
		s.mu.Lock()
		x := s.find(name)
		waits := x != nil && x.receive.Port != nil
		s.mu.Unlock()
		switch {
		case x == nil:
		case waits:
			return mach.BOOTSTRAP_STATUS_ON_DEMAND, mach.BOOTSTRAP_SUCCESS
		default:
			return mach.BOOTSTRAP_STATUS_ACTIVE, mach.BOOTSTRAP_SUCCESS
		}
	}
	return 0, mach.BOOTSTRAP_UNKNOWN_SERVICE
}
