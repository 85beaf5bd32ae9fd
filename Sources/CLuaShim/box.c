// SPDX-License-Identifier: Apache-2.0
// Boxes: userdata that own a reference to a Swift object.
#include "host.h"

typedef struct {
  void *object;  // NULL once closed
  shim_release release;
  size_t bytes;
} box;

static const char class_key = 0;  // in a class's metatable: its id
static const char known_key = 0;  // in the registry: weak table, object -> box

void host_open_boxes(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  shim_raw_set_field(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &known_key);
}

int64_t shim_box(lua_State *L, int i, void **object) {
  int64_t id = -1;
  if (lua_type(L, i) != LUA_TUSERDATA) return id;
  box *b = lua_touserdata(L, i);
  if (!lua_getmetatable(L, i)) return id;
  if (lua_rawgetp(L, -1, &class_key) == LUA_TNUMBER) {
    id = lua_tointeger(L, -1);
    *object = b->object;
  }
  lua_pop(L, 2);
  return id;
}

bool shim_close_box(lua_State *L, int i) {
  void *object = NULL;
  if (shim_box(L, i, &object) < 0 || object == NULL) return false;
  box *b = lua_touserdata(L, i);
  shim_host *h = host_of(L);
  b->object = NULL;  // cleared first, since the release may run arbitrary code
  h->external -= b->bytes;
  h->boxes--;
  int relaxed = h->relaxed;
  h->relaxed = 1;
  b->release(object);
  h->relaxed = relaxed;
  return true;
}

static int close_box(lua_State *L) {
  shim_close_box(L, 1);
  return 0;
}

// An object can have two boxes only if the first was closed or is being collected.
static int equal_boxes(lua_State *L) {
  void *a = NULL, *b = NULL;
  bool same = shim_box(L, 1, &a) >= 0 && shim_box(L, 2, &b) >= 0 && a != NULL && a == b;
  lua_pushboolean(L, same);
  return 1;
}

static void set_function(lua_State *L, const char *name, lua_CFunction f) {
  lua_pushcfunction(L, f);
  shim_raw_set_field(L, -2, name);
}

void shim_push_class(lua_State *L, const char *name, int64_t class_id, bool closable) {
  lua_createtable(L, 0, 8);
  set_function(L, "__gc", close_box);
  if (closable) set_function(L, "__close", close_box);
  set_function(L, "__eq", equal_boxes);
  lua_pushstring(L, name);
  shim_raw_set_field(L, -2, "__name");
  lua_pushboolean(L, 0);
  shim_raw_set_field(L, -2, "__metatable");
  lua_pushinteger(L, class_id);
  lua_rawsetp(L, -2, &class_key);
}

// __index(box, key). Upvalues: the property function's box, the methods.
static int class_index(lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
  void *object = NULL;
  if (shim_box(L, 1, &object) >= 0 && object && lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL) return 1;
  }
  lua_settop(L, 2);
  return host_invoke(L, lua_upvalueindex(1));
}

void shim_push_class_index(lua_State *L) {
  lua_getupvalue(L, -1, 1);
  lua_replace(L, -2);
  lua_insert(L, -2);
  lua_pushcclosure(L, class_index, 2);
}

void shim_cache_property(lua_State *L, int i, const char *name) {
  i = lua_absindex(L, i);
  if (lua_getiuservalue(L, i, 1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, i, 1);
  }
  lua_insert(L, -2);
  shim_raw_set_field(L, -2, name);
  lua_pop(L, 1);
}

bool shim_push_known_box(lua_State *L, void *object) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &known_key);
  lua_rawgetp(L, -1, object);
  lua_remove(L, -2);
  box *b = lua_touserdata(L, -1);
  if (b && b->object == object) return true;  // otherwise closed, and its address reused
  lua_pop(L, 1);
  return false;
}

// To Lua, a box has a few bytes, although its object may own a gigabyte. Therefore garbage is
// collected when the memory owned by boxes has doubled since the last collection, or grown by a
// gigabyte: scripts that compute with large tensors make garbage of their size at every step.
static void relieve(lua_State *L, shim_host *h) {
  size_t most = (size_t)1 << 30, held = h->external_collected;
  size_t threshold = held + (held < most ? held : most);
  if (threshold < h->external_floor) threshold = h->external_floor;
  if (h->external > threshold) shim_collect(L);
}

void shim_push_box(lua_State *L, int class_ref, void *object, shim_release release, size_t bytes) {
  shim_host *h = host_of(L);
  box *b = lua_newuserdatauv(L, sizeof *b, 1);
  *b = (box){NULL, release, bytes};
  lua_rawgeti(L, LUA_REGISTRYINDEX, class_ref);
  lua_setmetatable(L, -2);
  b->object = object;  // set last: the garbage collector releases it from now on
  h->boxes++;
  h->external += bytes;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &known_key);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, object);
  lua_pop(L, 1);
  if (bytes) relieve(L, h);
}
