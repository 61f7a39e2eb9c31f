// Package wire carries questions and answers between two processes of one machine, in both
// directions at once: a question may be asked while another one waits for its answer, also
// by the side that is being asked. Open files travel along. What a peer may make this process
// allocate or keep is bounded, and less so once it has been accepted.
package wire
