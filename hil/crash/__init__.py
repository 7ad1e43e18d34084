# SPDX-License-Identifier: MIT
"""What a panic says: from lines of a console to functions and source lines.

``report``        what is known of a fault, as an exception of one sentence
``signs``         what a console line says about the board's health
``reset_reason``  why the chip started, by its ROM
``decoder``       gives the addresses of a backtrace names and lines
``backtrace``     backtraces as panic handlers print them
``elf``           functions and lines of an ELF file
``line_program``  one address in a DWARF line program
"""
