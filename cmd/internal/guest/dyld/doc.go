// Package dyld puts Mach-O images into a guest's address space and connects their symbols.
package dyld
