// SPDX-License-Identifier: Apache-2.0
// The thread team: OpenMP parallel regions entered through libgomp's entry points, so that Wane's
// loops and oneDNN's share one team.
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "onednn.h"

static void (*gomp_parallel)(void (*)(void *), void *, unsigned, unsigned);
static void (*set_num_threads)(int);
static int (*in_parallel)(void);

static atomic_int wanted = 0;  // 0: not yet decided
static _Thread_local int applied = 0, most = 0;
static _Thread_local bool sharing = true;

void wpi_load_threads(void *library) {
  gomp_parallel =
      (void (*)(void (*)(void *), void *, unsigned, unsigned))dlsym(library, "GOMP_parallel");
  set_num_threads = (void (*)(int))dlsym(library, "omp_set_num_threads");
  in_parallel = (int (*)(void))dlsym(library, "omp_in_parallel");
  if (!set_num_threads || !in_parallel) gomp_parallel = NULL;
}

static int startup_threads(void) {
  const char *text = getenv("WANE_THREADS");
  char *end = NULL;
  long count = text ? strtol(text, &end, 10) : 0;
  if (count < 1 || count > 1024 || *end) count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > 1024 ? 1024 : (int)count;
}

static int team(void) {
  int count = atomic_load_explicit(&wanted, memory_order_relaxed);
  if (count > 0) return count;
  count = startup_threads();
  int undecided = 0;
  return atomic_compare_exchange_strong(&wanted, &undecided, count) ? count : undecided;
}

int wp_threads(void) {
  int count = team();
  return most > 0 && most < count ? most : count;
}

int wp_limit_threads(int count) {
  int before = most;
  most = count;
  return before;
}

bool wp_share_regions(bool shares) {
  bool before = sharing;
  sharing = shares;
  return before;
}

void wp_set_threads(int count) {
  atomic_store(&wanted, count < 1 ? startup_threads() : count > 1024 ? 1024 : count);
}

// omp_set_num_threads only affects the calling thread, so each thread applies the setting before
// it works.
void wpi_apply_threads(int count) {
  if (applied == count) return;
  if (set_num_threads) set_num_threads(count);
  applied = count;
}

void wpi_apply_region(void) { wpi_apply_threads(sharing ? wp_threads() : 1); }

typedef struct {
  void (*body)(void *, int);
  void *context;
  int count;
  atomic_int next;
} region;

// The team's barriers order a region with respect to the code around it, but race detectors do
// not see them. Accesses to `next` express the same order: a read follows the start of the
// region, and everything before its last increment precedes the end of the region.
static void run_share(void *argument) {
  region *r = argument;
  atomic_load_explicit(&r->next, memory_order_acquire);
  void (*body)(void *, int) = r->body;
  void *context = r->context;
  int count = r->count;
  for (int i; (i = atomic_fetch_add_explicit(&r->next, 1, memory_order_acq_rel)) < count;)
    body(context, i);
}

void wp_parallel(int count, void (*body)(void *context, int index), void *context) {
  if (count > 1 && sharing && wp_threads() > 1) {
    wpi_load();
    if (gomp_parallel && !in_parallel()) {
      wpi_apply_threads(wp_threads());
      region r = {body, context, count, 0};
      atomic_store_explicit(&r.next, 0, memory_order_release);
      int team = wp_threads() < count ? wp_threads() : count;
      gomp_parallel(run_share, &r, (unsigned)team, 0);
      atomic_load_explicit(&r.next, memory_order_acquire);
      return;
    }
  }
  for (int i = 0; i < count; i++) body(context, i);
}
