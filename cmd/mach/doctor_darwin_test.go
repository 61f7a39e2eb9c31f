package main

import (
	"errors"
	"strings"
	"testing"
)

// What the tools print (codesign(1), csrutil(8), DevToolsSecurity(1), ps(1)) becomes
// findings. The texts are those of the manuals, not of a run.
func TestExamine(t *testing.T) {
	const debugger, allowed = "<key>com.apple.security.cs.debugger</key><true/>", "<key>com.apple.security.get-task-allow</key><true/>"
	for _, c := range []struct {
		what  string
		uid   int
		tools map[string]string // by the command's last argument
		check string
		try   string
	}{
		{"root", 0, nil, "user ok", ""},
		{"a user", 501, nil, "user limits", "sudo /bin/mach"},
		{"signed", 0, map[string]string{"/bin/mach": debugger}, "entitlement ok", ""},
		{"not signed", 0, map[string]string{"/bin/mach": ""}, "entitlement limits", "/bin/mach doctor --sign"},
		{"SIP", 0, map[string]string{"status": "System Integrity Protection status: enabled."}, "SIP limits", "a copy"},
		{"no SIP", 0, map[string]string{"status": "System Integrity Protection status: disabled."}, "SIP ok", ""},
		{"developers", 0, map[string]string{"-status": "Developer mode is currently enabled."}, "developer mode ok", ""},
		{"none", 0, map[string]string{"-status": "Developer mode is currently disabled."}, "developer mode limits", "DevToolsSecurity -enable"},
		{"dead", 0, nil, "process forbids", ""},
		{"zombie", 0, map[string]string{"9": "501 Z (it)"}, "process forbids", ""},
		{"another's", 501, map[string]string{"9": "0 Ss /usr/libexec/it"}, "its user forbids", "sudo /bin/mach doctor 9"},
		{"allowed", 0, map[string]string{"9": "0 S /opt/it", "/opt/it": allowed + "flags=0x10000(runtime)"}, "its signature ok", ""},
		{"hardened", 0, map[string]string{"9": "0 S /opt/it", "/opt/it": "flags=0x10000(runtime)"}, "its signature forbids", "get-task-allow"},
		{"Apple's", 0, map[string]string{"9": "0 S /usr/bin/it", "/usr/bin/it": "flags=0x0(none)"}, "its signature forbids", "get-task-allow"},
		{"plain", 0, map[string]string{"9": "0 S /opt/it", "/opt/it": "flags=0x2(adhoc)"}, "its signature ok", ""},
	} {
		x := macExaminer{"/bin/mach", c.uid, func(_ string, args ...string) (string, error) {
			out, ok := c.tools[args[len(args)-1]]
			if !ok {
				return "", errors.New("exit status 1")
			}
			return out, nil
		}}
		seen := false
		for _, f := range append(x.program(), x.target(9)...) {
			if f.Check+" "+f.State == c.check {
				seen = true
				if !strings.Contains(f.Remedy, c.try) || (c.try == "") != (f.Remedy == "") {
					t.Errorf("%s: %+v", c.what, f)
				}
			}
		}
		if !seen {
			t.Errorf("%s: no %q", c.what, c.check)
		}
	}
}
