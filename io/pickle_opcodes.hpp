// The pickle opcodes that Tally executes, and the names of all others for its error messages.
#pragma once

#include <string>

namespace tally::io {

/// Those that NumPy's pickles of dicts use in protocols 2 to 5 (names as in Python's pickletools). Text opcodes of
/// protocols 0 and 1, classes (INST, OBJ, NEWOBJ), persistent ids, extension codes, sets and out-of-band buffers are
/// not among them.
enum class PickleOpcode : unsigned char {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  dup = '2',
  binfloat = 'G',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  reduce = 'R',
  binstring = 'T',
  short_binstring = 'U',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  inst = 'i',
  dict = 'd',
  appends = 'e',
  binget = 'h',
  long_binget = 'j',
  list = 'l',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  setitems = 'u',
  empty_tuple = ')',
  empty_list = ']',
  empty_dict = '}',
  binbytes = 'B',
  short_binbytes = 'C',
  proto = 0x80,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a,
  long4 = 0x8b,
  short_binunicode = 0x8c,
  binunicode8 = 0x8d,
  binbytes8 = 0x8e,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
  bytearray8 = 0x96,
};

/// "NEWOBJ" for an opcode of Python's that Tally refuses, "opcode 0x42" for a byte that is none.
std::string refused_opcode_name(unsigned char opcode);

}  // namespace tally::io
