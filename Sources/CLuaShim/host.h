// SPDX-License-Identifier: Apache-2.0
// Declarations shared by the C files of the shim. Swift does not see this header.
#ifndef CLUASHIM_HOST_H
#define CLUASHIM_HOST_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdatomic.h>

#include "CLuaShim.h"

/// The reason for unwinding the stack.
enum { STOP_NONE = 0, STOP_INTERRUPT, STOP_TERMINATE, STOP_EXIT, STOP_EXHAUSTED };

/// One per state. It is the user data of the allocator, so that it can be found from any
/// lua_State.
typedef struct shim_host {
  lua_State *main;
  lua_State *volatile running;  // the coroutine a signal handler must hook
  size_t used, limit, peak;     // Lua's heap, bytes
  int relaxed;                  // Swift frames are on the stack: the limit is not enforced
  size_t external, external_collected, external_floor;
  size_t boxes;
  int depth;  // number of active protected calls from Swift
  int stop;   // STOP_…, from the first raise until the outermost call returns
  int exit_status;
  int64_t instruction_limit;  // of one outermost call; 0: none
  int64_t instructions_left;
  int sheltered;  // errors are swallowed: the stop waits for the next instruction after
  int closing;
  int printing;  // `print` asks a value for its text
} shim_host;

shim_host *host_of(lua_State *L);

// interrupt.c
void host_open_stop(lua_State *L);
int host_signal(
    shim_host *h);  // STOP_INTERRUPT or STOP_TERMINATE if a signal is pending for this state
int host_is_stop(lua_State *L, int i);
int host_push_stop(lua_State *L);
int host_raise_stop(lua_State *L, int kind);
void host_reraise_stop(lua_State *L);  // returns only if nothing is being stopped
void host_arm(shim_host *h);  // makes the running code raise the stop at its next instruction
void host_disarm(shim_host *h, lua_State *L);
void host_spend(lua_State *L,
                int instructions);  // counts work of C code; raises a pending stop
void host_begin(shim_host *h);
int host_end(shim_host *h);  // returns and clears the STOP_… that ended the outermost call

// call.c
void host_set_traceback(lua_State *L);  // pops it: the traceback of the error now in flight
void host_forget_traceback(lua_State *L);
int host_has_traceback(lua_State *L);

// library.c
int host_replace_libraries(lua_State *L, int c_modules);
int host_search_text(lua_State *L);
void host_wrap(lua_State *L, const char *name, lua_CFunction f);  // the old function is its upvalue

// pattern.c, endless.c
void host_replace_patterns(lua_State *L);
void host_replace_endless(lua_State *L);

// function.c
int host_invoke(lua_State *L, int function_box);
void host_open_functions(lua_State *L);

// box.c
void host_open_boxes(lua_State *L);

#endif
