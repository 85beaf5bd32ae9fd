// SPDX-License-Identifier: Apache-2.0
// Stack and raw table access: API functions that never raise, except if memory is insufficient.
#include "host.h"

int shim_top(lua_State *L) { return lua_gettop(L); }
void shim_pop(lua_State *L, int n) { lua_pop(L, n); }
bool shim_reserve(lua_State *L, int n) { return lua_checkstack(L, n); }
int shim_type(lua_State *L, int i) { return lua_type(L, i); }
int shim_absolute(lua_State *L, int i) { return lua_absindex(L, i); }
void shim_push_copy(lua_State *L, int i) { lua_pushvalue(L, i); }
void shim_remove(lua_State *L, int i) { lua_remove(L, i); }
void shim_insert(lua_State *L, int i) { lua_insert(L, i); }

void shim_push_nil(lua_State *L) { lua_pushnil(L); }
void shim_push_boolean(lua_State *L, bool v) { lua_pushboolean(L, v); }
void shim_push_integer(lua_State *L, int64_t v) { lua_pushinteger(L, v); }
void shim_push_number(lua_State *L, double v) { lua_pushnumber(L, v); }
void shim_push_bytes(lua_State *L, const char *s, size_t n) { lua_pushlstring(L, s, n); }
void shim_push_globals(lua_State *L) { lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); }

bool shim_to_boolean(lua_State *L, int i) { return lua_toboolean(L, i); }
bool shim_is_integer(lua_State *L, int i) { return lua_isinteger(L, i); }

bool shim_to_integer(lua_State *L, int i, int64_t *v) {
  int exact = 0;
  if (lua_type(L, i) == LUA_TNUMBER) *v = lua_tointegerx(L, i, &exact);
  return exact;
}

bool shim_to_number(lua_State *L, int i, double *v) {
  if (lua_type(L, i) != LUA_TNUMBER) return false;
  *v = lua_tonumber(L, i);
  return true;
}

const char *shim_to_bytes(lua_State *L, int i, size_t *n) {
  return lua_type(L, i) == LUA_TSTRING ? lua_tolstring(L, i, n) : NULL;
}

const void *shim_identity(lua_State *L, int i) {
  return lua_type(L, i) == LUA_TSTRING ? NULL : lua_topointer(L, i);
}

const char *shim_type_name(lua_State *L, int i) {
  const char *name = NULL;
  if (lua_type(L, i) >= LUA_TTABLE && lua_getmetatable(L, i)) {
    lua_pushliteral(L, "__name");
    lua_rawget(L, -2);
    if (lua_type(L, -1) == LUA_TSTRING) name = lua_tostring(L, -1);  // the metatable keeps it alive
    lua_pop(L, 2);
  }
  return name ? name : lua_typename(L, lua_type(L, i));
}

void shim_new_table(lua_State *L, int sequence, int fields) {
  lua_createtable(L, sequence, fields);
}

void shim_raw_get(lua_State *L, int i) { lua_rawget(L, i); }

bool shim_raw_set(lua_State *L, int i) {
  double key;
  bool usable = !lua_isnil(L, -2) && !(shim_to_number(L, -2, &key) && key != key);
  if (usable)
    lua_rawset(L, i);
  else
    lua_pop(L, 2);
  return usable;
}

void shim_raw_get_index(lua_State *L, int i, int64_t n) { lua_rawgeti(L, i, n); }
void shim_raw_set_index(lua_State *L, int i, int64_t n) { lua_rawseti(L, i, n); }

void shim_raw_set_field(lua_State *L, int i, const char *name) {
  i = lua_absindex(L, i);
  lua_pushstring(L, name);
  lua_insert(L, -2);
  lua_rawset(L, i);
}

void shim_raw_get_field(lua_State *L, int i, const char *name) {
  i = lua_absindex(L, i);
  lua_pushstring(L, name);
  lua_rawget(L, i);
}

int64_t shim_raw_length(lua_State *L, int i) { return (int64_t)lua_rawlen(L, i); }
bool shim_push_metatable(lua_State *L, int i) { return lua_getmetatable(L, i); }
void shim_set_metatable(lua_State *L, int i) { lua_setmetatable(L, i); }

static int raw_next(lua_State *L) { return lua_next(L, 1) ? 2 : 0; }

// lua_next raises for a key that is not in the table, hence the pcall (without message handler).
bool shim_raw_next(lua_State *L, int i) {
  i = lua_absindex(L, i);
  int top = lua_gettop(L) - 1;
  lua_pushcfunction(L, raw_next);
  lua_pushvalue(L, i);
  lua_rotate(L, -3, -1);  // key above function and table
  // An interrupt raised in here would look like the end of the table.
  shim_host *h = host_of(L);
  h->sheltered++;
  if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK) lua_settop(L, top);
  h->sheltered--;
  return lua_gettop(L) > top;
}

size_t shim_raw_numbers(lua_State *L, int i, double *out, size_t n) {
  i = lua_absindex(L, i);
  size_t k = 0;
  for (; k < n; k++) {
    bool number = lua_rawgeti(L, i, (lua_Integer)k + 1) == LUA_TNUMBER;
    if (number) out[k] = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (!number) break;
  }
  return k;
}

static int presize(size_t n) { return n > 0x7fffffff ? 0x7fffffff : (int)n; }

void shim_push_numbers(lua_State *L, const double *v, size_t n) {
  lua_createtable(L, presize(n), 0);
  for (size_t k = 0; k < n; k++) {
    lua_pushnumber(L, v[k]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
}

int shim_ref(lua_State *L) { return luaL_ref(L, LUA_REGISTRYINDEX); }
void shim_unref(lua_State *L, int ref) { luaL_unref(L, LUA_REGISTRYINDEX, ref); }
void shim_push_ref(lua_State *L, int ref) { lua_rawgeti(L, LUA_REGISTRYINDEX, ref); }
