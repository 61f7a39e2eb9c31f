package main

import (
	_ "embed"
	"strings"
)

//go:embed peers.txt
var peersText string

// peers are the functions that each well-known program calls.
func peers() map[string][]string {
	all := map[string][]string{}
	program := ""
	for _, line := range strings.Split(peersText, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '\t':
			all[program] = append(all[program], strings.Fields(line)...)
		default:
			program = line
		}
	}
	return all
}

//go:embed except.txt
var exceptText string

// excepted are functions of peers that are known to be partial, with why.
func excepted() map[string]string {
	all := map[string]string{}
	for _, line := range strings.Split(exceptText, "\n") {
		if line != "" && line[0] != '#' {
			name, why, _ := strings.Cut(line, "\t")
			all[name] = why
		}
	}
	return all
}
