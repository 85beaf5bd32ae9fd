// SPDX-License-Identifier: Apache-2.0
// The thread pool. Open regions are stored in a fixed array. A region's ticket contains its
// generation and the number of unclaimed slices, so that a single compare-and-swap both claims a
// slice and verifies that the region has not been reused.
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>
#include <unistd.h>

#include "CThreads.h"
#include "wait.h"

enum {
  REGIONS = 32,  // open at once; further callers run their region alone
  MOST_THREADS = 1024,
  // Spins before an idle thread sleeps, a few hundred microseconds: longer than the gaps between
  // the regions of a plan, since waking a sleeping processor takes as long as a short region.
  IDLE_SPINS = 10000,
  // Spins before a caller sleeps until others have finished their slices. When a thread has been
  // preempted within a slice, spinning would only keep the processor from it.
  END_SPINS = 2000,
};

typedef struct {
  alignas(64) _Atomic uint64_t ticket;  // generation << 32 | unclaimed slices
  _Atomic uint32_t unfinished;          // slices; the caller sleeps on it
  _Atomic(ct_slice) body;
  _Atomic(void *) context;
  _Atomic int count, lanes;
  atomic_bool is_open, is_awaited;
} region;

static region regions[REGIONS];
static _Atomic uint32_t openings = 0;   // raised with each region; idle threads sleep on it
static _Atomic uint32_t resizings = 0;  // raised with each change of size; superfluous threads do
static atomic_int sleepers = 0, started = 0, wanted = 0;
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

static int startup_threads(void) {
  const char *text = getenv("WANE_THREADS");
  char *end = NULL;
  long count = text ? strtol(text, &end, 10) : 0;
  if (count < 1 || count > MOST_THREADS || *end) count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : (int)count;
}

int ct_threads(void) {
  int count = atomic_load_explicit(&wanted, memory_order_relaxed);
  if (count > 0) return count;
  count = startup_threads();
  int undecided = 0;
  return atomic_compare_exchange_strong(&wanted, &undecided, count) ? count : undecided;
}

void ct_set_threads(int count) {
  atomic_store(&wanted, count < 1              ? startup_threads()
                        : count > MOST_THREADS ? MOST_THREADS
                                               : count);
  atomic_fetch_add(&resizings, 1);
  ct_wake(&resizings, MOST_THREADS);
}

/// Claims and runs one slice. Returns false if none is left for this lane.
static bool run_one(region *r, int lane) {
  uint64_t ticket = atomic_load_explicit(&r->ticket, memory_order_acquire);
  do {
    // The number of lanes is read between the ticket and its exchange, so it belongs to the ticket.
    if ((uint32_t)ticket == 0 || lane >= atomic_load_explicit(&r->lanes, memory_order_relaxed))
      return false;
  } while (!atomic_compare_exchange_weak_explicit(&r->ticket, &ticket, ticket - 1,
                                                  memory_order_acq_rel, memory_order_acquire));
  // The region cannot close before this slice is finished.
  int count = atomic_load_explicit(&r->count, memory_order_relaxed);
  ct_slice body = atomic_load_explicit(&r->body, memory_order_relaxed);
  body(atomic_load_explicit(&r->context, memory_order_relaxed), count - (int)(uint32_t)ticket,
       lane);
  // After the last subtraction the region may belong to another caller. A spurious wake-up of that
  // caller is harmless.
  if (atomic_fetch_sub(&r->unfinished, 1) == 1 && atomic_load(&r->is_awaited))
    ct_wake(&r->unfinished, 1);
  return true;
}

/// Runs slices of all open regions.
static bool help(int lane) {
  bool helped = false;
  for (int i = 0; i < REGIONS; i++) {
    region *r = &regions[i];
    if ((uint32_t)atomic_load_explicit(&r->ticket, memory_order_relaxed) == 0) continue;
    while (run_one(r, lane)) helped = true;
  }
  return helped;
}

static void *work(void *number) {
  int lane = (int)(intptr_t)number;
  for (;;) {
    uint32_t size = atomic_load(&resizings), seen = atomic_load(&openings);
    if (lane >= ct_threads()) {
      ct_wait(&resizings, size);
      continue;
    }
    if (help(lane)) continue;
    int spins = IDLE_SPINS;
    while (spins-- && atomic_load_explicit(&openings, memory_order_relaxed) == seen) ct_pause();
    if (spins >= 0) continue;
    atomic_fetch_add(&sleepers, 1);
    ct_wait(&openings, seen);
    atomic_fetch_sub(&sleepers, 1);
  }
  return NULL;
}

static void forget_threads(void) {
  // A forked process has none of its parent's other threads, so the counters and regions are
  // reset.
  atomic_store(&started, 0);
  atomic_store(&sleepers, 0);
  for (int i = 0; i < REGIONS; i++) {
    atomic_store(&regions[i].ticket, 0);
    atomic_store(&regions[i].is_open, false);
  }
  pthread_mutex_init(&starting, NULL);
}

static void start(int count) {
  static bool registered = false;
  pthread_mutex_lock(&starting);
  if (!registered) registered = pthread_atfork(NULL, NULL, forget_threads) == 0;
  // Signals are delivered to the program's other threads only.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = atomic_load(&started); i < count; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, (void *)(intptr_t)(i + 1)) != 0) break;
    pthread_detach(thread);
    atomic_store(&started, i + 1);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_mutex_unlock(&starting);
}

/// A free element of the array; NULL if all are in use.
static region *open_region(void) {
  for (int i = 0; i < REGIONS; i++) {
    bool is_open = false;
    if (!atomic_load_explicit(&regions[i].is_open, memory_order_relaxed) &&
        atomic_compare_exchange_strong_explicit(&regions[i].is_open, &is_open, true,
                                                memory_order_acquire, memory_order_relaxed))
      return &regions[i];
  }
  return NULL;
}

static void await(region *r) {
  for (int spins = 0; spins < END_SPINS; spins++) {
    if (atomic_load_explicit(&r->unfinished, memory_order_acquire) == 0) return;
    ct_pause();
  }
  atomic_store(&r->is_awaited, true);
  for (uint32_t left; (left = atomic_load(&r->unfinished)) != 0;) ct_wait(&r->unfinished, left);
  atomic_store(&r->is_awaited, false);
}

void ct_run(int count, int lanes, ct_slice body, void *context) {
  int threads = ct_threads();
  if (lanes > 0 && lanes < threads) threads = lanes;
  region *r = count > 1 && threads > 1 ? open_region() : NULL;
  if (!r) {
    for (int i = 0; i < count; i++) body(context, i, 0);
    return;
  }
  if (atomic_load_explicit(&started, memory_order_relaxed) < threads - 1) start(threads - 1);
  atomic_store_explicit(&r->body, body, memory_order_relaxed);
  atomic_store_explicit(&r->context, context, memory_order_relaxed);
  atomic_store_explicit(&r->count, count, memory_order_relaxed);
  atomic_store_explicit(&r->lanes, threads, memory_order_relaxed);
  atomic_store_explicit(&r->unfinished, (uint32_t)count, memory_order_relaxed);
  uint64_t generation = atomic_load_explicit(&r->ticket, memory_order_relaxed) >> 32;
  atomic_store_explicit(&r->ticket, (generation + 1) << 32 | (uint32_t)count, memory_order_release);
  atomic_fetch_add(&openings, 1);
  int helpers = count < threads ? count - 1 : threads - 1;
  if (atomic_load(&sleepers) > 0) ct_wake(&openings, helpers);
  while (run_one(r, 0)) {
  }
  await(r);
  atomic_store_explicit(&r->is_open, false, memory_order_release);
}
