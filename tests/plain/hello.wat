;; SPDX-License-Identifier: MIT
;; Firmware of somebody else's for the virtual board: it logs, echoes lines, panics, restarts. It has
;; no model, and knows nothing of docs/protocol.md. Imports: firmware/virtual/machine.h; exports:
;; events.h beside it.
(module
  (import "port" "console_write" (func $write (param i32 i32)))
  (import "port" "restart" (func $restart))
  (memory (export "memory") 2)
  (data (i32.const 0)
    "I (80) main_task: Calling app_main()\r\n\1b[0;32mI (81) hello: Hello world, from 2 cores\1b[0m\r\n")
  (data (i32.const 256) "you said: ")
  (data (i32.const 400) "3 Tests 0 Failures 0 Ignored\r\n")
  (data (i32.const 300) "I (95) hello: tick\r\n")
  (func (export "staging") (result i32) (i32.const 65536))
  (func (export "staging_capacity") (result i32) (i32.const 1024))
  (func (export "boot") (param i32 i32 i32 i32) (result i64)
    (call $write (i32.const 0) (i32.const 90))
    (i64.const 2000000))
  (func (export "on_timer") (result i64)
    (call $write (i32.const 300) (i32.const 20))
    (i64.const -1))
  (func $divide_by_zero (unreachable))
  ;; p: panics; r: restarts itself; *: runs its unit tests; anything else is repeated.
  (func (export "on_console") (param $length i32) (result i64)
    (if (i32.eq (i32.load8_u (i32.const 65536)) (i32.const 42))
      (then (call $write (i32.const 400) (i32.const 30)) (return (i64.const -1))))
    (if (i32.eq (i32.load8_u (i32.const 65536)) (i32.const 112)) (then (call $divide_by_zero)))
    (if (i32.eq (i32.load8_u (i32.const 65536)) (i32.const 114))
      (then (call $restart))
      (else
        (call $write (i32.const 256) (i32.const 10))
        (call $write (i32.const 65536) (local.get $length))))
    (i64.const -1)))
