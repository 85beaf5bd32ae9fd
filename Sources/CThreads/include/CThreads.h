// SPDX-License-Identifier: Apache-2.0
// The thread pool: loops whose iterations are claimed one by one by whichever thread is free.
#pragma once

#include <stdbool.h>

/// The number of threads that work on a region: `WANE_THREADS` at start-up, otherwise the number of
/// online processors; 1 to 1024.
int ct_threads(void);

/// Sets the number of threads of every later region, from any thread. `count` < 1 restores the
/// start-up value.
void ct_set_threads(int count);

/// One slice of a region. `lane` is the number of the thread that runs it: 0 for the caller, 1 and
/// up for the pool's threads. No two slices of a region run at once in one lane, so a lane can have
/// scratch memory of its own.
typedef void (*ct_slice)(void *context, int slice, int lane);

/// Runs `body(context, slice, lane)` for every slice in 0..<count and returns when all are done.
///
/// The calling thread works too. It waits at the end only for slices that another thread has begun,
/// never for a thread that has yet to wake up or be scheduled. Which thread runs which slice is not
/// fixed: a body that writes only what belongs to its slice gives the same bits with any number of
/// threads, provided that `count` depends on the work alone.
///
/// Callers may be several threads at once, and a body may open a region of its own; threads that
/// are free help with any open region.
///
/// - lanes: the most threads that may take part, 0 for no limit but ct_threads().
void ct_run(int count, int lanes, ct_slice body, void *context);

/// Runs slices of which some need others: slice i needs those in needs[starts[i]]..<needs[starts[i
/// + 1]], all of which are below i. A thread that claims a slice waits for the ones it needs, which
/// other threads have begun; otherwise like ct_run.
///
/// - starts: count + 1 numbers.
void ct_run_ordered(int count, int lanes, const int *starts, const int *needs, ct_slice body,
                    void *context);
