// Race has a data race, for the race detector to find.
package main

import "fmt"

func main() {
	n, done := 0, make(chan bool)
	go func() {
		n++
		done <- true
	}()
	n++
	<-done
	fmt.Println("done")
}
