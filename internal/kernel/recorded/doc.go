// Package recorded runs sequences of Mach IPC operations on the kernel, over
// fake tasks, and tells the result of each in one line of text.
//
// Its testdata are sequences with the results that XNU's own IPC code gave
// (README.md there has the language, line by line); the tests hold the kernel
// against them. Nothing here knows a recording: a World performs operations by
// the functions that libSystem exports.
package recorded
