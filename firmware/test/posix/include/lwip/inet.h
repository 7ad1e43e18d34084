/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
