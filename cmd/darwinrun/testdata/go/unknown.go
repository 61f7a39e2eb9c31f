//go:build ignore

// What needs frameworks or the resolver of Darwin: roots of trust, names.
package main

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
)

func main() {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	c := s.Certificate()
	roots := x509.NewCertPool()
	roots.AddCert(c)
	_, err := c.Verify(x509.VerifyOptions{Roots: roots})
	fmt.Println("own roots:", err)
	_, err = c.Verify(x509.VerifyOptions{})
	fmt.Println("the system's roots:", err != nil)
	_, err = net.LookupHost("localhost")
	fmt.Println("localhost:", err)
	_, err = net.LookupHost("name.example")
	fmt.Println("another name:", err != nil)
}
