// SPDX-License-Identifier: Apache-2.0
// Slices that wait for earlier ones.
#include <sched.h>
#include <stdlib.h>

#include "CThreads.h"
#include "wait.h"

typedef struct {
  const int *starts, *needs;
  ct_slice body;
  void *context;
  atomic_bool *done;
} ordered;

// Spins before a thread lets others run: the slice that it waits for may belong to a thread that
// the system has taken from its processor.
enum { SPINS = 2000 };

static void run_when_ready(void *context, int slice, int lane) {
  ordered *o = context;
  for (int i = o->starts[slice]; i < o->starts[slice + 1]; i++) {
    for (int spins = 0; !atomic_load_explicit(&o->done[o->needs[i]], memory_order_acquire);) {
      if (spins++ < SPINS) {
        ct_pause();
      } else {
        sched_yield();
      }
    }
  }
  o->body(o->context, slice, lane);
  atomic_store_explicit(&o->done[slice], true, memory_order_release);
}

void ct_run_ordered(int count, int lanes, const int *starts, const int *needs, ct_slice body,
                    void *context) {
  // In order, each slice comes after those that it needs.
  atomic_bool *done = ct_threads() > 1 && lanes != 1 ? calloc((size_t)count, sizeof *done) : NULL;
  if (!done) {
    for (int i = 0; i < count; i++) body(context, i, 0);
    return;
  }
  ordered o = {starts, needs, body, context, done};
  ct_run(count, lanes, run_when_ready, &o);
  free(done);
}
