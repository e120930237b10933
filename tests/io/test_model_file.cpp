// Recognising a model file, whatever its name, and what the user's choice does with it.
#include "io/model_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "io/sha256.hpp"
#include "oracle_files.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const ActivationChoice relu{{parse_activation("relu")}, {}};

std::string refusal(const std::string& file) {
  return message_of<Error>([&] { read_model(file, relu); });
}

using ModelFileOracle = OracleTest;

TEST_F(ModelFileOracle, IsRecognisedByContent) {
  const TemporaryFolder folder;
  const std::string disguised = folder.write("weights.txt", file_content(oracle_file("p4_C_little4.pkl")));
  const ModelFile file = read_model(disguised, relu);
  EXPECT_EQ(file.format, "numpy-pickle");
  EXPECT_EQ(file.file, disguised);
  EXPECT_EQ(file.sha256, sha256(file_content(disguised)));
  expect_weights(file.model, oracle_floats);
  EXPECT_EQ(read_model(oracle_file("native.h5"), {}).sha256, sha256(file_content(oracle_file("native.h5"))));

  for (const char* name : {"p2_C_little4.pkl", "native.h5", "bare_f8.h5", "bare_lower.h5", "bare_userblock.h5"}) {
    EXPECT_TRUE(is_model_file(oracle_file(name))) << name;
  }
  EXPECT_FALSE(is_model_file(oracle_file("dataset.h5")));
}

TEST_F(ModelFileOracle, AChoiceIsNeededWhereNoneIsStored) {
  for (const char* name : {"p4_C_little4.pkl", "bare_f8.h5"}) {
    const std::string path = oracle_file(name);
    EXPECT_THAT(message_of<UsageError>([&] { read_model(path, {}); }),
                AllOf(HasSubstr(name), HasSubstr("--activation")));
    const ModelFile shapes = read_model_or_shapes(path, {});
    EXPECT_FALSE(shapes.activations_known);
    EXPECT_EQ(shape_string(shapes.model), "3-2-2");
    EXPECT_TRUE(read_model_or_shapes(path, relu).activations_known);
  }
}

TEST_F(ModelFileOracle, AChoiceMustEqualWhatIsStored) {
  const std::string path = oracle_file("native.h5");
  EXPECT_EQ(read_model(path, {{parse_activation("sigmoid")}, parse_activation("softmax")}).format, "tally");
  EXPECT_THAT(message_of<UsageError>([&] { read_model(path, relu); }), AllOf(HasSubstr("relu"), HasSubstr("sigmoid")));
  EXPECT_THAT(message_of<UsageError>([&] { read_model_or_shapes(path, relu); }), HasSubstr("sigmoid"));
}

TEST_F(ModelFileOracle, MaxoutNeedsPieces) {
  const ActivationChoice maxout{{parse_activation("maxout:2")}, {}};
  EXPECT_EQ(read_model(oracle_file("maxout.pkl"), maxout).model.layers[0].pieces(), 2);
  EXPECT_THAT(message_of<Error>([&] { read_model(oracle_file("bare_f8.h5"), maxout); }), HasSubstr("3-D"));
}

TEST_F(ModelFileOracle, APickleBecomesANativeModel) {
  const TemporaryFolder folder;
  const ModelFile pickle = read_model(oracle_file("p4_C_little4.pkl"), relu);
  write_native_model(pickle.model, folder / "out.h5");
  const ModelFile native = read_model(folder / "out.h5", {});
  EXPECT_TRUE(native.activations_stored);
  expect_weights(native.model, oracle_floats);
}

TEST(ModelFile, NamesWhatIsNoModel) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder / "missing"), AllOf(HasSubstr("missing"), HasSubstr("No such file")));
  EXPECT_THAT(refusal(folder / "."), HasSubstr("is a folder"));
  EXPECT_THAT(refusal(folder.write("empty", "")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(folder.write("text", "hello")), HasSubstr("is no model"));
  EXPECT_THAT(refusal(folder.write("cut.h5", "\x89HDF\r\n\x1a\n")), HasSubstr("cut.h5"));
  EXPECT_THAT(refusal("/dev/zero"), HasSubstr("no regular file"));
  EXPECT_FALSE(is_model_file(folder / "text"));
  EXPECT_FALSE(is_model_file(folder / "empty"));
  EXPECT_THROW(is_model_file(folder / "missing"), Error);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(folder / "pipe"), HasSubstr("no regular file"));
}

#ifdef TALLY_TEST_REFERENCE_DATA
TEST(ModelFile, ReadsTheTextbooksPickle) {
  const std::string path = std::string(TALLY_TEST_REFERENCE_DATA) + "/mnist/sample_weight.pkl";
  const ModelFile file = read_model(path, {{parse_activation("sigmoid")}, {}});
  EXPECT_EQ(shape_string(file.model), "784-50-100-10");
  EXPECT_EQ(activations_string(file.model), "sigmoid, softmax");
  EXPECT_EQ(file.model.parameters(), 784 * 50 + 50 + 50 * 100 + 100 + 100 * 10 + 10);
}
#endif

}  // namespace
}  // namespace tally::io
