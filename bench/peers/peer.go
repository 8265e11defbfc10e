// SPDX-License-Identifier: MIT

// peer generator|spawn|channel|pingpong|echo: what a Go program would write, on
// one processor, where Go is fastest at it.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
)

const rounds = 100

// Processor time in seconds of all threads.
func clock() float64 {
	var use syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return float64(use.Utime.Nano()+use.Stime.Nano()) * 1e-9
}

func check(right bool) {
	if !right {
		fmt.Fprintln(os.Stderr, "peer.go: wrong answer")
		os.Exit(1)
	}
}

// Items from one goroutine to another, through a channel with that much room.
func items(n, room int) {
	c := make(chan int64, room)
	go func() {
		for i := 1; i <= n; i++ {
			c <- int64(i)
		}
		close(c)
	}()
	total := int64(0)
	for i := range c {
		total += i
	}
	check(total == int64(n)*int64(n+1)/2)
}

// Goroutines that do nothing, each waited for.
func spawn(n int) {
	ran, done := 0, make(chan bool)
	for i := 0; i < n; i++ {
		go func() {
			ran++
			done <- true
		}()
		<-done
	}
	check(ran == n)
}

// Round trips over two channels without room.
func pingpong(n int) {
	ping, pong := make(chan int64), make(chan int64)
	go func() {
		for i := range ping {
			pong <- i
		}
	}()
	total := int64(0)
	for i := 1; i <= n; i++ {
		ping <- int64(i)
		total += <-pong
	}
	close(ping)
	check(total == int64(n)*int64(n+1)/2)
}

// A server that echoes, for load.c: a goroutine for each connection.
func echo() {
	runtime.GOMAXPROCS(1)
	at, err := net.Listen("tcp", "127.0.0.1:0")
	check(err == nil)
	fmt.Println(at.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := at.Accept()
		check(err == nil)
		go func() {
			buffer := make([]byte, 16384)
			n, err := conn.Read(buffer)
			for err == nil {
				if _, err = conn.Write(buffer[:n]); err == nil {
					n, err = conn.Read(buffer)
				}
			}
			conn.Close()
		}()
	}
}

func main() {
	if os.Args[1] == "echo" {
		echo()
	}
	n := 5000
	cases := map[string]func(){
		"generator": func() { items(n, 0) },
		"spawn":     func() { spawn(n) },
		"channel":   func() { items(n, 64) },
		"pingpong":  func() { pingpong(n) },
	}
	runtime.GOMAXPROCS(1)
	best := 1e9
	for round := 0; round < rounds; round++ {
		start := clock()
		cases[os.Args[1]]()
		seconds := clock() - start
		if seconds < best {
			best = seconds
		}
	}
	fmt.Printf("%.4g ns  (%s)\n", best/float64(n)*1e9, runtime.Version())
}
