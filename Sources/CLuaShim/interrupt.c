// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as errors that scripts cannot catch.
//
// The handler sets a flag (polled by Swift) and one-shot hooks on the main and the running
// coroutine; the hook raises a sentinel. From then until the outermost call from Swift has
// returned, `host.stop` indicates that the stack is being unwound: pcall and similar functions
// re-raise any error that they catch, while __close handlers still run. The hooks are one-shot,
// since a permanent hook would make every loop take about twice as long.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { max_watched = 8 };

static atomic_int pending;  // 0, SIGINT or SIGTERM
static _Atomic(shim_host *) target;
static atomic_uintptr_t target_thread;
static volatile sig_atomic_t *watched[max_watched];
static atomic_int watched_count;
static atomic_bool patient;
static struct sigaction previous_int, previous_term;
static sigset_t previous_mask;

static const char stop_key = 0;  // its address is the sentinel's key in the registry

static void set_watched(int value) {
  int n = atomic_load(&watched_count);
  for (int k = 0; k < n; k++) *watched[k] = value;
}

bool shim_watch_interrupt(volatile sig_atomic_t *flag) {
  int n = atomic_load(&watched_count);
  for (int k = 0; k < n; k++)
    if (watched[k] == flag) return true;
  if (n == max_watched) return false;
  watched[n] = flag;
  atomic_store(&watched_count, n + 1);
  return true;
}

void shim_set_interrupt_patience(bool value) { atomic_store(&patient, value); }

bool shim_interrupt_pending(void) {
  return atomic_load_explicit(&pending, memory_order_relaxed) != 0;
}

int host_signal(shim_host *h) {
  int signal = atomic_load_explicit(&pending, memory_order_relaxed);
  if (signal == 0 || atomic_load(&target) != h) return STOP_NONE;
  return signal == SIGTERM ? STOP_TERMINATE : STOP_INTERRUPT;
}

static void hook(lua_State *L, lua_Debug *activation) {
  (void)activation;
  shim_host *h = host_of(L);
  if (h->sheltered) return;
  int kind = h->stop ? h->stop : host_signal(h);
  if (kind == STOP_NONE)
    host_disarm(h, L);  // a leftover hook on a coroutine that was not resumed in time
  else
    host_raise_stop(L, kind);
}

// ---- counting instructions ----------------------------------------------------------------------

enum { instructions_between_counts = 1000 };

static void count(lua_State *L, lua_Debug *activation) {
  (void)activation;
  host_spend(L, instructions_between_counts);
}

void host_spend(lua_State *L, int instructions) {
  shim_host *h = host_of(L);
  if (h->stop) return;  // a __close handler, which may finish
  host_reraise_stop(L);
  if (h->instruction_limit == 0) return;
  h->instructions_left -= instructions;
  if (h->instructions_left <= 0) host_raise_stop(L, STOP_EXHAUSTED);
}

void shim_set_instruction_limit(lua_State *L, int64_t limit) {
  shim_host *h = host_of(L);
  h->instruction_limit = h->instructions_left = limit;
  host_disarm(h, h->main);
}

// ---- arming -------------------------------------------------------------------------------------

void host_disarm(shim_host *h, lua_State *L) {
  if (h->instruction_limit)
    lua_sethook(L, count, LUA_MASKCOUNT, instructions_between_counts);
  else
    lua_sethook(L, NULL, 0, 0);
}

static void disarm_all(shim_host *h) {
  host_disarm(h, h->main);
  if (h->running != h->main) host_disarm(h, h->running);
}

void host_arm(shim_host *h) {
  int events = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
  lua_State *running = h->running;
  lua_sethook(h->main, hook, events, 1);
  if (running != h->main) lua_sethook(running, hook, events, 1);
}

static void die(int signal_number) {
  signal(signal_number, SIG_DFL);
  raise(signal_number);  // delivered when the handler returns
}

static void on_signal(int signal_number) {
  int saved_errno = errno;
  shim_host *h = atomic_load(&target);
  pthread_t thread = (pthread_t)atomic_load(&target_thread);
  if (h == NULL) {
    die(signal_number);
  } else if (!pthread_equal(pthread_self(), thread)) {
    pthread_kill(thread, signal_number);  // hooks may only be set from the state's own thread
  } else {
    int before = atomic_exchange(&pending, signal_number);
    if (before == 0 || (before == SIGINT && signal_number == SIGTERM)) {
      set_watched(1);
      host_arm(h);
    } else if (signal_number == SIGTERM || !atomic_load(&patient)) {
      die(signal_number);  // the first one has not been handled
    }
  }
  errno = saved_errno;
}

// ---- the handler's stack ------------------------------------------------------------------------

// oneDNN's generated code stores data below the stack pointer, beyond the red zone that the ABI
// protects from signal handlers. The handler therefore runs on its own stack. The kernel delivers
// signals to the main thread, since the threads of the pool block them.
static _Thread_local stack_t previous_stack;
static _Thread_local void *own_stack;

static void install_stack(void) {
  enum { size = 1 << 16 };  // a frame with all vector and matrix registers takes 11 KiB
  if (own_stack != NULL || sigaltstack(NULL, &previous_stack) != 0) return;
  if (!(previous_stack.ss_flags & SS_DISABLE) && previous_stack.ss_size >= size) return;
  stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
  if (stack.ss_sp != NULL && sigaltstack(&stack, NULL) == 0)
    own_stack = stack.ss_sp;
  else
    free(stack.ss_sp);
}

static void remove_stack(void) {
  stack_t current;
  if (own_stack == NULL || sigaltstack(NULL, &current) != 0 || current.ss_sp != own_stack) return;
  if (sigaltstack(&previous_stack, NULL) == 0) {
    free(own_stack);
    own_stack = NULL;
  }
}

// ---- installing ---------------------------------------------------------------------------------

void shim_install_signals(lua_State *L, bool restart_system_calls) {
  shim_host *h = host_of(L);
  shim_host *before = atomic_exchange(&target, h);
  atomic_store(&target_thread, (uintptr_t)pthread_self());
  sigset_t both;  // threads made by a dispatch library block every signal
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &both, before ? NULL : &previous_mask);
  install_stack();
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK | (restart_system_calls ? SA_RESTART : 0);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, before ? NULL : &previous_int);
  sigaction(SIGTERM, &action, before ? NULL : &previous_term);
}

void shim_remove_signals(lua_State *L) {
  shim_host *h = host_of(L);
  if (atomic_load(&target) != h) return;
  sigaction(SIGINT, &previous_int, NULL);
  sigaction(SIGTERM, &previous_term, NULL);
  pthread_sigmask(SIG_SETMASK, &previous_mask, NULL);
  remove_stack();
  shim_clear_interrupt(L);
  atomic_store(&target, NULL);
}

void shim_clear_interrupt(lua_State *L) {
  shim_host *h = host_of(L);
  if (atomic_load(&target) != h) return;
  atomic_store(&pending, 0);
  set_watched(0);
  disarm_all(h);
}

bool shim_take_interrupt(lua_State *L) {
  shim_host *h = host_of(L);
  int kind = host_signal(h);
  if (kind == STOP_NONE) kind = h->stop;
  if (kind != STOP_INTERRUPT || (h->stop != STOP_NONE && h->stop != STOP_INTERRUPT)) return false;
  shim_clear_interrupt(L);
  h->stop = STOP_NONE;
  return true;
}

// ---- the sentinel -------------------------------------------------------------------------------

static int stop_tostring(lua_State *L) {
  lua_pushliteral(L, "interrupted");
  return 1;
}

void host_open_stop(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, stop_tostring);
  shim_raw_set_field(L, -2, "__tostring");
  lua_pushliteral(L, "interrupt");
  shim_raw_set_field(L, -2, "__name");
  lua_pushboolean(L, 0);
  shim_raw_set_field(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &stop_key);
}

int host_push_stop(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &stop_key);
  return 1;
}

int host_is_stop(lua_State *L, int i) {
  if (lua_type(L, i) != LUA_TUSERDATA) return 0;
  i = lua_absindex(L, i);
  host_push_stop(L);
  int same = lua_rawequal(L, i, -1);
  lua_pop(L, 1);
  return same;
}

int host_raise_stop(lua_State *L, int kind) {
  shim_host *h = host_of(L);
  if (h->stop == STOP_NONE) h->stop = kind;
  disarm_all(h);
  host_disarm(h, L);
  host_push_stop(L);
  return lua_error(L);
}

void host_reraise_stop(lua_State *L) {
  shim_host *h = host_of(L);
  if (h->sheltered) return;
  int kind = h->stop ? h->stop : host_signal(h);
  if (kind) host_raise_stop(L, kind);
}

void host_begin(shim_host *h) {
  if (h->depth++ > 0) return;
  h->stop = STOP_NONE;
  h->instructions_left = h->instruction_limit;
}

int host_end(shim_host *h) {
  if (--h->depth > 0) return h->stop;
  int kind = h->stop ? h->stop : host_signal(h);
  if (kind == STOP_INTERRUPT || kind == STOP_TERMINATE) {
    if (host_signal(h) == STOP_TERMINATE) kind = STOP_TERMINATE;
    shim_clear_interrupt(h->main);
  }
  h->stop = STOP_NONE;
  return kind;
}
