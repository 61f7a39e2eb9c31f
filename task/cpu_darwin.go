package task

// programCPU asks the task's memory.
var programCPU = findCPU
