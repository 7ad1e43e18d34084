# SPDX-License-Identifier: MIT
"""The chip: processor, flash, and the chain from a reset to the application.

``boot``     ROM, second-stage bootloader, image checks
``update``   a new application or model, into the partition not in use
``storage``  the flash as the running firmware sees it
``machine``  the processor: WebAssembly, every instruction counted
``panic``    what is printed when the firmware dies
``image``    application images
``otadata``  which application boots, on trial or for good
``layout``   what the partition table has for the firmware
``nvs``      settings that outlive resets
``nor``      NOR flash
``chip``     identity, eFuses, ROM messages
``reset``    the auto-reset circuit, and reset reasons
"""
