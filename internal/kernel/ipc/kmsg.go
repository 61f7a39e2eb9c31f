package ipc

// kmsg is a message in the kernel: its bytes as the sender laid them out, its
// rights and its out-of-line memory.
type kmsg struct {
	next *kmsg
}

func (k *kmsg) destroy() {}

// post sends a notification.
func (x notice) post() {}

// notifySendOnce tells the holder of the receive right that a send-once right
// was given up unused, which uses it up.
func notifySendOnce(p *Port) {
	p.mu.Lock()
	p.sorights--
	p.mu.Unlock()
}

func (p *Port) giveHead(l *waitList) bool { return false }
