// SHA-256 against the standard's own examples.
#include "io/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tally::io {
namespace {

// FIPS 180-4's examples (NIST, "SHA256.pdf") and the empty message of the CAVP vectors.
TEST(Sha256, MatchesTheStandardsVectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
                   "mnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DependsOnlyOnTheBytesNotOnThePieces) {
  std::string message;
  for (int i = 0; i < 300; ++i) message += static_cast<char>(i * 7);
  // Every length around the block's edges, at every cut.
  for (std::size_t length = 50; length < 140; ++length) {
    const std::string whole = sha256(message.substr(0, length));
    for (std::size_t cut = 0; cut <= length; ++cut) {
      Sha256 digest;
      digest.update(std::string_view(message).substr(0, cut));
      digest.update(std::string_view(message).substr(cut, length - cut));
      ASSERT_EQ(digest.finish(), whole) << length << " " << cut;
    }
  }
}

}  // namespace
}  // namespace tally::io
