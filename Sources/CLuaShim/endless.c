// SPDX-License-Identifier: Apache-2.0
// Replacements for functions of Lua's library that can run for a long time in C, and for
// finalizers, which check for interrupts.
#include <string.h>

#include "host.h"

// ---- table.sort without a comparison, table.move, string.rep ------------------------------------

enum { long_sort = 1 << 17, moves_between_looks = 1 << 16 };

static int less(lua_State *L) {
  host_spend(L, 1);
  lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
  return 1;
}

// Raises an error for a value that is neither a table nor has metamethods that make it act like
// one. The check is done here so that the error names the original function.
static void check_list(lua_State *L, int i, const char *event) {
  if (lua_type(L, i) == LUA_TTABLE) return;
  if (luaL_getmetafield(L, i, event) == LUA_TNIL) luaL_checktype(L, i, LUA_TTABLE);
  lua_pop(L, 1);
}

// Upvalue: the original function, which is used when a comparison function is given. Without one,
// it would compare in C.
static int sort(lua_State *L) {
  check_list(L, 1, "__len");
  if (!lua_isnoneornil(L, 2) && luaL_len(L, 1) > 1) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  if (lua_isnil(L, 2) && lua_type(L, 1) == LUA_TTABLE && lua_rawlen(L, 1) >= long_sort) {
    lua_pushcfunction(L, less);
    lua_replace(L, 2);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 2, 0);
  return 0;
}

// Upvalue: the original function, which is called for short pieces.
static int move(lua_State *L) {
  lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
  lua_Integer at = luaL_checkinteger(L, 4);
  int target = lua_isnoneornil(L, 5) ? 1 : 5;
  check_list(L, 1, "__index");
  check_list(L, target, "__newindex");
  lua_settop(L, 5);
  lua_Unsigned count = 0;
  if (to >= from) {
    luaL_argcheck(L, from > 0 || to < LUA_MAXINTEGER + from, 3, "too many elements to move");
    count = (lua_Unsigned)to - (lua_Unsigned)from + 1;
    luaL_argcheck(L, at <= LUA_MAXINTEGER - (lua_Integer)count + 1, 4, "destination wrap around");
  }
  if (count <= moves_between_looks) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 5, 1);
    return 1;
  }
  // If elements move to higher indices of the same table, the pieces are processed in reverse.
  int backwards = at > from && at <= to && lua_rawequal(L, 1, target);
  for (lua_Unsigned done = 0; done < count;) {
    lua_Unsigned n = count - done < moves_between_looks ? count - done : moves_between_looks;
    lua_Integer first = (lua_Integer)(backwards ? count - done - n : done);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, from + first);
    lua_pushinteger(L, from + first + (lua_Integer)n - 1);
    lua_pushinteger(L, at + first);
    lua_pushvalue(L, target);
    lua_call(L, 5, 0);
    done += n;
    host_spend(L, (int)n);
  }
  lua_pushvalue(L, target);
  return 1;
}

// Upvalue: the original function, which would loop over all repetitions of an empty string.
static int rep(lua_State *L) {
  size_t n, separator_n;
  luaL_checklstring(L, 1, &n);
  luaL_checkinteger(L, 2);
  luaL_optlstring(L, 3, "", &separator_n);
  if (n + separator_n == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  lua_settop(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 3, 1);
  return 1;
}

// ---- finalizers ---------------------------------------------------------------------------------

// Upvalue: the script's __gc. The collector disables hooks on the state that it interrupts, so
// the finalizer runs on a coroutine of its own, where hooks work.
static int finalize(lua_State *L) {
  shim_host *h = host_of(L);
  lua_settop(L, 1);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 2);
  lua_State *outer = h->running;
  int results, stopping = h->stop;
  h->running = co;
  if (stopping)
    host_disarm(h, co);  // like a __close handler, it may finish
  else if (host_signal(h))
    host_arm(h);
  int status = lua_resume(co, L, 1, &results);
  h->running = outer;
  if (h->stop && !stopping)
    host_arm(h);  // the collector discards errors, so raise again where it was invoked
  if (status == LUA_OK) return 0;
  if (status == LUA_YIELD) return luaL_error(L, "attempt to yield from a finalizer");
  lua_xmove(co, L, 1);
  return lua_error(L);
}

// Wraps the __gc of the metatable at i in `finalize`.
static void guard_finalizer(lua_State *L, int i) {
  lua_pushliteral(L, "__gc");
  if (lua_rawget(L, i) == LUA_TFUNCTION && !lua_iscfunction(L, -1)) {
    lua_pushcclosure(L, finalize, 1);
    lua_pushliteral(L, "__gc");
    lua_insert(L, -2);
    lua_rawset(L, i);
  } else {
    lua_pop(L, 1);
  }
}

static int set_metatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int kind = lua_type(L, 2);
  luaL_argexpected(L, kind == LUA_TNIL || kind == LUA_TTABLE, 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
    return luaL_error(L, "cannot change a protected metatable");
  if (kind == LUA_TTABLE) guard_finalizer(L, 2);
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

static int set_any_metatable(lua_State *L) {
  int kind = lua_type(L, 2);
  luaL_argexpected(L, kind == LUA_TNIL || kind == LUA_TTABLE, 2, "nil or table");
  if (kind == LUA_TTABLE) guard_finalizer(L, 2);
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

// ---- replacing ----------------------------------------------------------------------------------

void host_replace_endless(lua_State *L) {
  static const struct {
    const char *library, *name;
    lua_CFunction function;
  } replacements[] = {
      {"table", "sort", sort},
      {"table", "move", move},
      {"string", "rep", rep},
      {"_G", "setmetatable", set_metatable},
      {"debug", "setmetatable", set_any_metatable},
  };
  for (size_t k = 0; k < sizeof replacements / sizeof *replacements; k++) {
    lua_getglobal(L, replacements[k].library);
    host_wrap(L, replacements[k].name, replacements[k].function);
    lua_pop(L, 1);
  }
}
