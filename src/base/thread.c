/* SPDX-License-Identifier: MIT */
/* See thread.h. */
#include "thread.h"

_Thread_local struct flow__thread flow__thread;
