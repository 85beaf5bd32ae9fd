// SPDX-License-Identifier: Apache-2.0
// The one thread team: our loops run on the very threads that oneDNN uses.
#pragma once

#include <stdbool.h>

/// The number of threads of a parallel region. At start-up: `WANE_THREADS`, else the online
/// processors.
int wp_threads(void);

/// Sets the number of threads for every later primitive and `wp_parallel`, from any thread.
/// `count` < 1 restores the start-up value.
///
/// A primitive keeps the number of threads that was set when it was created: set it first.
void wp_set_threads(int count);

/// Keeps what the calling thread makes and runs from now on to `count` threads; 0 lifts the limit.
/// Returns the limit before.
int wp_limit_threads(int count);

/// Sets whether the calling thread divides its work among the team, or runs it alone because it
/// is one of several threads that work concurrently. Primitives are always created for the team.
/// Returns the previous setting.
bool wp_share_regions(bool shares);

/// Runs `body(context, index)` for every index in 0..<count, shared out over the team one index at
/// a time, and returns when all are done.
///
/// Which thread runs which index is not fixed; a body that writes only what belongs to its index
/// gives the same bits every time. Runs on the calling thread alone if `count` is 1, if the team
/// has one thread, inside another parallel region, or without an OpenMP library.
///
/// Each calling thread owns a team of its own (OpenMP's rule): call from one dedicated thread,
/// never from Swift's cooperative pool.
void wp_parallel(int count, void (*body)(void *context, int index), void *context);
