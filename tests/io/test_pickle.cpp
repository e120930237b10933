// Pickles that NumPy wrote, and pickles that ask for something else.
#include "io/pickle.hpp"

#include <gmock/gmock.h>

#include <map>

#include "oracle_files.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::map<std::string, NamedArray> read_arrays(const std::string& name) {
  std::map<std::string, NamedArray> arrays;
  for (NamedArray& array : read_pickle(name, file_content(oracle_file(name)))) arrays[array.name] = array;
  return arrays;
}

void expect_network(const std::string& name, const OracleWeights& expected) {
  const auto arrays = read_arrays(name);
  ASSERT_EQ(arrays.size(), 4U) << name;
  EXPECT_THAT(arrays.at("W1").shape, ElementsAre(3, 2)) << name;
  EXPECT_EQ(arrays.at("W1").values, expected.w1) << name;
  EXPECT_THAT(arrays.at("b1").shape, ElementsAre(2)) << name;
  EXPECT_EQ(arrays.at("b1").values, expected.b1) << name;
  EXPECT_EQ(arrays.at("W2").values, expected.w2) << name;
  EXPECT_EQ(arrays.at("b2").values, expected.b2) << name;
}

std::string refusal(const std::string& name) {
  return message_of<Error>([&] { read_arrays(name); });
}

using PickleOracle = OracleTest;

TEST_F(PickleOracle, EveryProtocolOrderAndType) {
  for (const std::string protocol : {"p2_", "p3_", "p4_", "p5_"}) {
    for (const std::string order : {"C_", "F_"}) {
      for (const char* type : {"little2", "big2", "little4", "big4", "little8", "big8", "numpy2"}) {
        expect_network(protocol + order + type + ".pkl", oracle_floats);
      }
      for (const char* type : {"i1", "i2", "i4", "i8"}) {
        expect_network(protocol + order + "int_" + type + ".pkl", oracle_integers);
      }
    }
    expect_network(protocol + "strided.pkl", oracle_floats);
  }
}

TEST_F(PickleOracle, OtherWaysToWriteTheSame) {
  expect_network("p5_readonly.pkl", oracle_floats);
  expect_network("p2_python2.pkl", oracle_floats);
  for (const char* name : {"unsigned_u1.pkl", "unsigned_u2.pkl", "unsigned_u4.pkl", "unsigned_u8.pkl"}) {
    EXPECT_THAT(read_arrays(name).at("W1").values, ElementsAre(1, 1, 2, 3, 4, 5)) << name;
  }
}

TEST_F(PickleOracle, LargeArraysUseTheLongOpcodes) {
  for (const char* name : {"large_p2.pkl", "large_p3.pkl", "large_p4.pkl", "large_p5.pkl"}) {
    const auto arrays = read_arrays(name);
    const NamedArray& array = arrays.at("W1");
    ASSERT_THAT(array.shape, ElementsAre(200, 100)) << name;
    for (std::size_t i = 0; i < array.values.size(); ++i) ASSERT_EQ(array.values[i], static_cast<float>(i)) << name;
  }
}

// The array is [2, 3, 4], stored as [3, 2, 4] with elements 0, 1, 2 ...
TEST_F(PickleOracle, NumPy23sOrderK) {
  const auto arrays = read_arrays("k_order.pkl");
  const NamedArray& array = arrays.at("W1");
  ASSERT_THAT(array.shape, ElementsAre(2, 3, 4));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 4; ++k) {
        EXPECT_EQ(array.values[(i * 3 + j) * 4 + k], static_cast<float>((j * 2 + i) * 4 + k));
      }
    }
  }
}

TEST_F(PickleOracle, NamesTheGlobalAndItsByte) {
  for (const char* protocol : {"p2", "p3", "p4", "p5"}) {
    const std::string system = std::string("hostile_system_") + protocol + ".pkl";
    EXPECT_THAT(refusal(system), AllOf(HasSubstr(system + ": the pickle asks for "), HasSubstr(".system at byte "),
                                       HasSubstr("only NumPy arrays are read")));
    EXPECT_THAT(refusal(std::string("hostile_eval_") + protocol + ".pkl"), HasSubstr(".eval at byte "));
  }
  EXPECT_EQ(refusal("hostile_global.pkl"),
            "hostile_global.pkl: the pickle asks for os.system at byte 2; only NumPy arrays are read");
  EXPECT_THAT(refusal("hostile_stack_global.pkl"), HasSubstr("asks for os.system at byte 14;"));
  EXPECT_THAT(refusal("hostile_inst.pkl"), HasSubstr("asks for os.system at byte 22;"));
  EXPECT_THAT(refusal("hostile_builtins.pkl"), HasSubstr("asks for __builtin__.eval at byte 2;"));
  EXPECT_THAT(refusal("hostile_dotted.pkl"), HasSubstr("asks for numpy.core._internal.eval"));
  EXPECT_THAT(refusal("hostile_numpy_load.pkl"), HasSubstr("asks for numpy.load"));
  EXPECT_THAT(refusal("hostile_codecs.pkl"), HasSubstr("asks for _codecs.decode"));
  // A file's bytes never reach a terminal as they are.
  EXPECT_THAT(refusal("hostile_name.pkl"), HasSubstr("asks for os\\x1b[2J.sys\\xfftem"));
}

TEST_F(PickleOracle, RefusesMisuseOfWhatIsAllowed) {
  EXPECT_THAT(refusal("hostile_inst_numpy.pkl"), HasSubstr("uses INST"));
  EXPECT_THAT(refusal("hostile_obj.pkl"), HasSubstr("uses OBJ at byte"));
  EXPECT_THAT(refusal("hostile_newobj.pkl"), HasSubstr("uses NEWOBJ at byte 18;"));
  EXPECT_THAT(refusal("hostile_encoding.pkl"), HasSubstr("_codecs.encode"));
  EXPECT_THAT(refusal("hostile_reconstruct.pkl"), HasSubstr("_reconstruct"));
  EXPECT_THAT(refusal("hostile_extension.pkl"), HasSubstr("EXT1"));
  EXPECT_THAT(refusal("hostile_persistent.pkl"), HasSubstr("BINPERSID"));
  EXPECT_THAT(refusal("hostile_buffer.pkl"), HasSubstr("NEXT_BUFFER"));
}

TEST_F(PickleOracle, RefusesWhatIsNoDictOfNumbers) {
  EXPECT_THAT(refusal("objects.pkl"), AllOf(HasSubstr("'O8'"), HasSubstr("at byte")));
  EXPECT_THAT(refusal("structured.pkl"), HasSubstr("'V4'"));
  EXPECT_THAT(refusal("complex.pkl"), HasSubstr("'c8'"));
  EXPECT_THAT(refusal("text_array.pkl"), HasSubstr("'U1'"));
  EXPECT_THAT(refusal("list.pkl"), HasSubstr("no dict"));
  EXPECT_THAT(refusal("number.pkl"), HasSubstr("'W1' is no NumPy array"));
  EXPECT_THAT(refusal("bytes_key.pkl"), HasSubstr("key"));
  EXPECT_THAT(refusal("zero_d.pkl"), HasSubstr("0 dimensions"));
  EXPECT_THAT(refusal("four_d.pkl"), HasSubstr("4 dimensions"));
  EXPECT_THAT(refusal("protocol0.pkl"), HasSubstr("protocol 2 to 5"));
  EXPECT_THAT(refusal("two_pickles.pkl"), HasSubstr("more bytes follow"));
}

TEST_F(PickleOracle, MemoryIsBoundedByTheFile) {
  EXPECT_THAT(refusal("shared.pkl"), HasSubstr("share their bytes"));
  EXPECT_THAT(refusal("self_list.pkl"), HasSubstr("no dict"));
  EXPECT_THAT(refusal("deep.pkl"), HasSubstr("no dict"));
  EXPECT_THAT(refusal("too_many.pkl"), HasSubstr("200000"));
  EXPECT_THAT(refusal("huge_bytes.pkl"), HasSubstr("9223372036854775808 bytes are needed, 2 are left"));
  EXPECT_THAT(refusal("huge_text.pkl"), HasSubstr("4294967295 bytes are needed"));
}

TEST(Pickle, IsRecognisedByItsFirstBytes) {
  EXPECT_TRUE(looks_like_pickle("\x80\x02"));
  EXPECT_TRUE(looks_like_pickle("\x80\x05...."));
  for (const char* bytes : {"", "\x80", "\x80\x01", "\x80\x06", "(d", "\x89HDF"})
    EXPECT_FALSE(looks_like_pickle(bytes));
}

}  // namespace
}  // namespace tally::io
