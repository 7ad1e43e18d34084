# SPDX-License-Identifier: MIT
"""The lab: virtual boards on simulated time, in a process of their own.

``process``         starts that process and ends it, for whoever wants virtual boards
``lab``             the process: the bench on which all boards stand
``make_board``      a board with its faults
``board``           chip, flash, reset circuit and serial port around an application
``runtime``         the firmware at run time: one boot of it
``processor``       its calls, one after the other, in simulated time
``visitors``        who may connect to it: whoever started it
``inference_task``  the task around TensorFlow Lite Micro
``kernels``         TensorFlow Lite Micro with an arena limit

Its wings: ``chip``, ``loader``, ``serial``, ``radio``, ``ip``, ``espnow``, ``ble``, ``clock``,
``faults``.
"""
