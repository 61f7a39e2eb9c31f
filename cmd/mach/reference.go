package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/internal/gen"
)

// reference is what package mach was made from.
var reference = sync.OnceValues(gen.New)

// named finds the items whose name is wanted: exactly, or else without regard
// to case; by the C name or the Go one.
func named[T any](items []T, want string, names func(T) []string) []T {
	find := func(same func(a, b string) bool) []T {
		return slices.DeleteFunc(slices.Clone(items), func(x T) bool {
			return !slices.ContainsFunc(names(x), func(n string) bool { return same(n, want) })
		})
	}
	if found := find(func(a, b string) bool { return a == b }); len(found) > 0 {
		return found
	}
	return find(strings.EqualFold)
}

// explain prints the items that are wanted by name.
func explain[T any](cmd *cobra.Command, items []T, what, want string, names func(T) []string, print func(*printer, T)) error {
	found := named(items, want, names)
	if len(found) == 0 {
		return notFound(items, what, want, names)
	}
	return emit(cmd, found, func(w *printer) { printEach(w, found, print) })
}

// notFound says so, with up to five names that contain what was asked for.
func notFound[T any](items []T, what, want string, names func(T) []string) error {
	var like []string
	for _, x := range items {
		for _, n := range names(x)[:1] {
			if len(want) > 2 && strings.Contains(strings.ToLower(n), strings.ToLower(want)) {
				like = append(like, n)
			}
		}
	}
	more := ""
	if n := len(like); n > 5 {
		like, more = like[:5], fmt.Sprintf(" and %d more", n-5)
	}
	if len(like) > 0 {
		return fmt.Errorf("no %s is called %q; these have it in their names: %s%s: %w", what, want, strings.Join(like, ", "), more, errNotFound)
	}
	return fmt.Errorf("no %s is called %q: %w", what, want, errNotFound)
}
