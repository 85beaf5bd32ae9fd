// SPDX-License-Identifier: Apache-2.0
// The thread team, which oneDNN and Wane's own loops share.
#pragma once

#include <stdbool.h>

/// The number of threads of a parallel region. The initial value is `WANE_THREADS`, or else the
/// number of online processors.
int wp_threads(void);

/// Sets the number of threads for all primitives created later and for `wp_parallel`, from any
/// thread. `count` < 1 restores the initial value.
///
/// A primitive keeps the number of threads that was set when it was created.
void wp_set_threads(int count);

/// Limits the calling thread, for primitives that it creates and regions that it runs, to `count`
/// threads; 0 removes the limit. Returns the previous limit.
int wp_limit_threads(int count);

/// Sets whether the calling thread divides its work among the team, or runs it alone because it
/// is one of several threads that work concurrently. Primitives are always created for the team.
/// Returns the previous setting.
bool wp_share_regions(bool shares);

/// Runs `body(context, index)` for every index in 0..<count, distributed over the team one index
/// at a time, and returns when all are finished.
///
/// The assignment of indices to threads is not fixed; a body that writes only the data of its
/// index produces identical bits every time. It runs on the calling thread alone if `count` is 1,
/// if the team has one thread, inside another parallel region, or without an OpenMP library.
///
/// Each calling thread has its own team (a rule of OpenMP): call it from one dedicated thread,
/// never from Swift's cooperative pool.
void wp_parallel(int count, void (*body)(void *context, int index), void *context);
