// SPDX-License-Identifier: MIT

// peer generator|spawn|channel|buffered|pingpong|select|echo|pages: what a Go
// program would write, on one processor, where Go is fastest at it.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
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

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "Hello, world!\n")
}

// Each piece goes out before the next is made.
func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	for n := 1; n <= 30; n++ {
		fmt.Fprintf(w, "This is piece %d.\n", n)
		w.(http.Flusher).Flush()
	}
}

// A server of pages, for asking.
func pages() {
	runtime.GOMAXPROCS(1)
	at, err := net.Listen("tcp", "127.0.0.1:0")
	check(err == nil)
	fmt.Println(at.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/hello", hello)
	http.HandleFunc("/stream", stream)
	check(http.Serve(at, nil) == nil)
}

// Items through one channel, which four send into and four receive from.
func buffered(n, room int) {
	const each = 4
	c, totals, sent := make(chan int64, room), make(chan int64), make(chan bool)
	for i := 0; i < each; i++ {
		go func() {
			for i := 1; i <= n/each; i++ {
				c <- int64(i)
			}
			sent <- true
		}()
		go func() {
			total := int64(0)
			for i := range c {
				total += i
			}
			totals <- total
		}()
	}
	for i := 0; i < each; i++ {
		<-sent
	}
	close(c)
	total := int64(0)
	for i := 0; i < each; i++ {
		total += <-totals
	}
	m := int64(n / each)
	check(total == each*m*(m+1)/2)
}

// Items for one that chooses among four channels without room.
func choose(n int) {
	const senders = 4
	var c [senders]chan int64
	for i := range c {
		c[i] = make(chan int64)
		go func(c chan int64) {
			for i := 1; i <= n/senders; i++ {
				c <- int64(i)
			}
			close(c)
		}(c[i])
	}
	total := int64(0)
	for left := senders; left > 0; {
		var i int64
		var more bool
		var from int
		select {
		case i, more = <-c[0]:
			from = 0
		case i, more = <-c[1]:
			from = 1
		case i, more = <-c[2]:
			from = 2
		case i, more = <-c[3]:
			from = 3
		}
		if !more {
			c[from] = nil
			left--
		}
		total += i
	}
	m := int64(n / senders)
	check(total == senders*m*(m+1)/2)
}

func main() {
	if os.Args[1] == "echo" {
		echo()
	}
	if os.Args[1] == "pages" {
		pages()
	}
	n := 5000
	cases := map[string]func(){
		"generator": func() { items(n, 0) },
		"spawn":     func() { spawn(n) },
		"channel":   func() { items(n, 64) },
		"buffered":  func() { buffered(n, 128) },
		"pingpong":  func() { pingpong(n) },
		"select":    func() { choose(n) },
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
