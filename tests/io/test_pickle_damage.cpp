// Damaged pickles end in an Error, or in arrays; never in a crash or in memory that the file cannot account for.
#include <gtest/gtest.h>

#include <random>

#include "io/pickle.hpp"
#include "oracle_files.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

const std::vector<std::string> small_pickles = {"p2_C_little4.pkl", "p2_python2.pkl",   "p3_F_big8.pkl",
                                                "p4_C_numpy2.pkl",  "p5_F_little2.pkl", "k_order.pkl"};

/// Whether the bytes could be read.
bool survives(const std::string& bytes) {
  try {
    for (const NamedArray& array : read_pickle("damaged.pkl", bytes)) {
      Index size = 1;
      for (const Index n : array.shape) size *= n;
      EXPECT_EQ(static_cast<std::size_t>(size), array.values.size());
      EXPECT_LE(array.values.size(), bytes.size());
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

using PickleDamageOracle = OracleTest;

TEST_F(PickleDamageOracle, NoPrefixIsAModel) {
  for (const std::string& name : small_pickles) {
    const std::string bytes = file_content(oracle_file(name));
    ASSERT_TRUE(survives(bytes)) << name;
    // STOP comes last, so that every shorter file lacks it.
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      ASSERT_FALSE(survives(bytes.substr(0, length))) << name << " " << length;
    }
  }
}

TEST_F(PickleDamageOracle, FlippedBytesDoNoHarm) {
  std::mt19937 random(20240607);
  for (const std::string& name : small_pickles) {
    const std::string bytes = file_content(oracle_file(name));
    // Every byte with every opcode-like change would be 10^5 cases; a few thousand find the same.
    for (int round = 0; round < 5000; ++round) {
      std::string damaged = bytes;
      const int flips = 1 + round % 3;
      for (int i = 0; i < flips; ++i) damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
      survives(damaged);
    }
  }
}

TEST_F(PickleDamageOracle, SplicedPicklesDoNoHarm) {
  std::mt19937 random(7);
  for (const std::string& name : small_pickles) {
    const std::string bytes = file_content(oracle_file(name));
    for (int round = 0; round < 2000; ++round) {
      // A piece of the pickle, repeated somewhere else in it.
      const std::size_t from = random() % bytes.size();
      const std::size_t to = random() % bytes.size();
      survives(bytes.substr(0, to) + bytes.substr(from, random() % 60) + bytes.substr(to));
    }
  }
}

}  // namespace
}  // namespace tally::io
