// SPDX-License-Identifier: Apache-2.0
// The interface to Lua for Swift: no function declared here can longjmp.
//
// lua.h is deliberately not included. A function of the Lua C API that raises an error would
// unwind Swift frames without releasing their objects, so Swift must not have access to such
// functions. Operations that may raise run in C under lua_pcall and report a status (section
// "protected"). Functions that allocate are safe because the allocator never fails while Swift
// frames are on the stack.
#ifndef CLUASHIM_H
#define CLUASHIM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lua_State lua_State;

// ---- state and memory ---------------------------------------------------------------------------

/// Creates a state whose Lua heap may grow to `limit` bytes (0: no limit). NULL if memory is
/// insufficient.
lua_State *shim_open(size_t limit);
/// Closes the state and releases every box. Returns the number of bytes that remain allocated
/// (0).
size_t shim_close(lua_State *L);
/// Opens the standard libraries, with the replacements of library.c. Returns a status.
int shim_open_libraries(lua_State *L, bool c_modules);

/// Removes functions that untrusted scripts must not use; modules are loaded from `module_path`
/// only. Returns a status.
int shim_restrict(lua_State *L, const char *module_path);
/// Limits an outermost call to a number of Lua VM instructions (0: no limit), and to about as
/// many steps of pattern matching and sorting. A call that exceeds the limit ends with
/// SHIM_EXHAUSTED. Loops run about twice as slow with a limit.
void shim_set_instruction_limit(lua_State *L, int64_t limit);
/// Replaces the table on top, which records assigned names, by a __newindex metamethod for the
/// globals that permits new globals outside of functions only.
void shim_push_global_declaration(lua_State *L);

size_t shim_memory_peak(lua_State *L);
/// The number of bytes that live boxes own outside Lua's heap.
size_t shim_external_bytes(lua_State *L);
/// The number of live boxes (not collected, not closed).
size_t shim_live_boxes(lua_State *L);
/// The number of external bytes below which boxes never trigger a collection (initially 256 MiB).
void shim_set_external_floor(lua_State *L, size_t bytes);
void shim_collect(lua_State *L);

// ---- stack --------------------------------------------------------------------------------------

/// Lua's type codes.
enum {
  SHIM_NONE = -1,
  SHIM_NIL = 0,
  SHIM_BOOLEAN = 1,
  SHIM_LIGHTUSERDATA = 2,
  SHIM_NUMBER = 3,
  SHIM_STRING = 4,
  SHIM_TABLE = 5,
  SHIM_FUNCTION = 6,
  SHIM_USERDATA = 7,
  SHIM_THREAD = 8,
};

int shim_top(lua_State *L);
/// Pops `n` values.
void shim_pop(lua_State *L, int n);
/// Reserves stack slots for `n` more values; false if the Lua stack is full.
bool shim_reserve(lua_State *L, int n);
int shim_type(lua_State *L, int i);
int shim_absolute(lua_State *L, int i);
void shim_push_copy(lua_State *L, int i);
void shim_remove(lua_State *L, int i);
void shim_insert(lua_State *L, int i);

void shim_push_nil(lua_State *L);
void shim_push_boolean(lua_State *L, bool v);
void shim_push_integer(lua_State *L, int64_t v);
void shim_push_number(lua_State *L, double v);
void shim_push_bytes(lua_State *L, const char *s, size_t n);
void shim_push_globals(lua_State *L);

bool shim_to_boolean(lua_State *L, int i);
/// Whether the number at `i` has Lua's integer subtype.
bool shim_is_integer(lua_State *L, int i);
/// A number with an exact integer value (4 and 4.0); never converts a string.
bool shim_to_integer(lua_State *L, int i, int64_t *v);
/// A number; never converts a string.
bool shim_to_number(lua_State *L, int i, double *v);
/// The bytes of a string, NULL when the value is not one; never converts a number.
const char *shim_to_bytes(lua_State *L, int i, size_t *n);
/// Identity of a table, function, userdata or thread; NULL otherwise.
const void *shim_identity(lua_State *L, int i);
/// The `__name` of a value's metatable when it is a string, else the name of its basic type.
const char *shim_type_name(lua_State *L, int i);

// ---- raw tables (no metamethods) ----------------------------------------------------------------

void shim_new_table(lua_State *L, int sequence, int fields);
/// Pops the key on top and pushes t[k]. `i` must be a table.
void shim_raw_get(lua_State *L, int i);
/// Pops the key and value on top and sets t[k] = v; false if the key is nil or NaN.
bool shim_raw_set(lua_State *L, int i);
void shim_raw_get_index(lua_State *L, int i, int64_t n);
void shim_raw_set_index(lua_State *L, int i, int64_t n);
void shim_raw_set_field(lua_State *L, int i, const char *name);
void shim_raw_get_field(lua_State *L, int i, const char *name);
/// The border of a table or the length of a string, without metamethods.
int64_t shim_raw_length(lua_State *L, int i);
/// Pushes the metatable of the value at `i`; false, without pushing, if it has none.
bool shim_push_metatable(lua_State *L, int i);
/// Pops the table on top and sets it as the metatable of the table at `i`.
void shim_set_metatable(lua_State *L, int i);
/// Replaces the key on top by the next key and its value; false (and the key is popped) at the
/// end or if the key is not in the table.
bool shim_raw_next(lua_State *L, int i);
/// Reads up to `n` numbers from t[1...]. Returns the number of elements before the first that is
/// not a number.
size_t shim_raw_numbers(lua_State *L, int i, double *out, size_t n);
/// Pushes a sequence of `n` numbers.
void shim_push_numbers(lua_State *L, const double *v, size_t n);

// ---- registry references ------------------------------------------------------------------------

/// Pops the value on top, stores it, and returns its handle.
int shim_ref(lua_State *L);
void shim_unref(lua_State *L, int ref);
void shim_push_ref(lua_State *L, int ref);

// ---- protected: everything that may raise -------------------------------------------------------

/// Outcomes. SHIM_FAILED leaves two values in place of the results: the error value and the
/// traceback of the location where it was first raised (string or nil). The stopped outcomes
/// leave nothing.
enum {
  SHIM_OK = 0,
  SHIM_FAILED = 1,
  SHIM_OUT_OF_MEMORY = 2,
  SHIM_INTERRUPTED = 3,
  SHIM_TERMINATED = 4,
  SHIM_EXITED = 5,
  SHIM_EXHAUSTED = 6,
};
enum { SHIM_ALL_RESULTS = -1 };

/// Calls the function below `arguments` values and pops them all.
int shim_call(lua_State *L, int arguments, int results);
/// Accepts text chunks only. Pushes the function on success. SHIM_FAILED: message and nil.
int shim_load(lua_State *L, const char *text, size_t n, const char *chunk_name);
/// Like shim_load for a file, or standard input if `path` is NULL; a first line `#…` is skipped.
int shim_load_file(lua_State *L, const char *path);
/// Pops the key on top and pushes t[k], with metamethods.
int shim_get(lua_State *L, int i);
/// Pushes the result of `tostring`.
int shim_tostring(lua_State *L, int i);

/// The status passed to os.exit by the call that returned SHIM_EXITED.
int shim_exit_status(lua_State *L);
/// Writes "file.lua:12:" for the innermost script line, or "", into `out`.
void shim_where(lua_State *L, char *out, size_t capacity);

// ---- functions ----------------------------------------------------------------------------------

/// A bound function. It returns the number of results on top of the stack, or one of the codes
/// below. It never raises; the trampoline does so after it has returned.
typedef int (*shim_callback)(lua_State *L, void *context);
typedef void (*shim_release)(void *object);
enum {
  SHIM_RAISE = -1,    ///< raise the value on top
  SHIM_RERAISE = -2,  ///< raise the value below the traceback on top, keeping that traceback
  SHIM_STOP = -3,     ///< raise the interrupt that pcall cannot catch
  SHIM_EXIT = -4,     ///< unwind everything and exit with the status set by shim_set_exit
};
/// Pushes a function; `release(context)` is called when Lua collects it.
void shim_push_function(lua_State *L, shim_callback callback, void *context, shim_release release);
/// The context of a bound function; NULL for any other value.
void *shim_function_context(lua_State *L, int i);
void shim_set_exit(lua_State *L, int status);
/// Whether the text of a value is requested by `print` rather than `tostring`.
bool shim_is_printing(lua_State *L);

// ---- variables of functions ---------------------------------------------------------------------

/// The name of the n-th upvalue of the function at `i`, counted from 1; NULL if there is none.
const char *shim_upvalue_name(lua_State *L, int i, int n);
/// Pushes the value of that upvalue. Returns false, without pushing, if there is none.
bool shim_push_upvalue(lua_State *L, int i, int n);
/// Makes upvalue `n` of the function at `i` refer to the variable of upvalue `m` of the function
/// at `j`. Both must exist.
void shim_join_upvalue(lua_State *L, int i, int n, int j, int m);
/// Writes the compiled code of the Lua function at `i`, without line numbers and names, to `out` as
/// far as `capacity` permits, and returns its size; 0 for anything but a Lua function.
size_t shim_compiled_code(lua_State *L, int i, char *out, size_t capacity);
/// Writes the compiled code of the Lua function at `i`, without line numbers and names, to `out` as
/// far as `capacity` permits, and returns its size; 0 for anything but a Lua function.
size_t shim_compiled_code(lua_State *L, int i, char *out, size_t capacity);
/// Pops the function on top of the stack and treats it as the main chunk in the check for
/// declarations of globals.
void shim_set_main_chunk(lua_State *L);

// ---- boxes --------------------------------------------------------------------------------------

/// Pushes a new metatable for boxes with __gc, __eq by identity, and __name, hidden from
/// getmetatable; with `closable` also __close.
void shim_push_class(lua_State *L, const char *name, int64_t class_id, bool closable);
/// Pops the methods table (below) and the property function (on top), and pushes the function for
/// __index: it returns a method, else a cached property, else the result of the property
/// function.
void shim_push_class_index(lua_State *L);
/// Pushes the existing box of `object`; false if there is none.
bool shim_push_known_box(lua_State *L, void *object);
/// Pushes a new box that owns one reference to `object`; `bytes` is the memory that it owns
/// outside Lua.
void shim_push_box(lua_State *L, int class_ref, void *object, shim_release release, size_t bytes);
/// The class id of the box at `i`; -1 if the value is not a box. `*object` is NULL if it is
/// closed.
int64_t shim_box(lua_State *L, int i, void **object);
/// Releases the object now; false if it was already closed.
bool shim_close_box(lua_State *L, int i);
/// Pops the value on top and caches it as property `name` of the box at `i`.
void shim_cache_property(lua_State *L, int i, const char *name);

// ---- interrupts ---------------------------------------------------------------------------------

/// Installs handlers that direct SIGINT and SIGTERM to this state, which the calling thread runs.
void shim_install_signals(lua_State *L, bool restart_system_calls);
/// Restores the previous handlers of both signals.
void shim_remove_signals(lua_State *L);
/// Sets whether a second SIGINT, before the first has been handled, is merged with it rather than
/// terminating the process.
void shim_set_interrupt_patience(bool patient);
/// Whether an interrupt is pending. It may be called from any thread at any time.
bool shim_interrupt_pending(void);
void shim_clear_interrupt(lua_State *L);
/// Clears a pending SIGINT or one that is being handled, so that the script continues. Returns
/// false, without effect, if there is none.
bool shim_take_interrupt(lua_State *L);
/// Also sets `*flag` to 1 on an interrupt, and to 0 when the interrupt is cleared. Returns false
/// if 8 flags are already watched.
bool shim_watch_interrupt(volatile sig_atomic_t *flag);

#endif
