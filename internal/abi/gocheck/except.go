package gocheck

import (
	"bufio"
	"fmt"
	"os"
	"path"
	"strings"
)

// Exceptions are the lines of except.txt: "kind name" -> reason. A * in a name
// stands for anything.
type Exceptions map[string]string

// ReadExceptions reads a file of lines "kind c_name: reason". Empty lines and
// those that begin with # do not count.
func ReadExceptions(path string) (Exceptions, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e := Exceptions{}
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		item, reason, ok := strings.Cut(line, ": ")
		if words := strings.Fields(item); !ok || len(words) != 2 || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: want \"kind c_name: reason\"", path, n)
		}
		if _, twice := e[item]; twice {
			return nil, fmt.Errorf("%s:%d: %s stands twice", path, n, item)
		}
		e[item] = reason
	}
	return e, in.Err()
}

// Find returns the key of the exception that covers an item.
func (e Exceptions) Find(kind, name string) (string, bool) {
	if key := kind + " " + name; e[key] != "" {
		return key, true
	}
	for key := range e {
		if strings.Contains(key, "*") {
			if ok, err := path.Match(key, kind+" "+name); ok && err == nil {
				return key, true
			}
		}
	}
	return "", false
}
