// HDF5 files with bare weights, as h5py writes them.
#include <gmock/gmock.h>

#include "io/model_file.hpp"
#include "oracle_files.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

const ActivationChoice relu{{parse_activation("relu")}, {}};

ModelFile read(const std::string& name) { return read_model(oracle_file(name), relu); }
std::string refusal(const std::string& name) {
  return message_of<Error>([&] { read(name); });
}

using BareModelOracle = OracleTest;

TEST_F(BareModelOracle, ReadsAnyTypeAndStorage) {
  for (const char* name : {"bare_f8.h5", "bare_f4_big.h5", "bare_f2.h5", "bare_gzip.h5", "bare_lower.h5",
                           "bare_row_bias.h5", "bare_userblock.h5"}) {
    SCOPED_TRACE(name);
    const ModelFile file = read(name);
    EXPECT_EQ(file.format, "hdf5-weights");
    EXPECT_FALSE(file.activations_stored);
    EXPECT_EQ(activations_string(file.model), "relu, softmax");
    expect_weights(file.model, oracle_floats);
  }
}

TEST_F(BareModelOracle, AMissingBiasIsZero) {
  const Model model = read("bare_no_bias.h5").model;
  EXPECT_THAT(model.layers[0].bias, Each(0.0F));
  EXPECT_EQ(model.layers[1].weights, oracle_floats.w2);
}

TEST_F(BareModelOracle, NamesWhatDoesNotBelong) {
  EXPECT_THAT(refusal("bare_extra.h5"), AllOf(HasSubstr("bare_extra.h5"), HasSubstr("optimizer")));
  EXPECT_THAT(refusal("bare_text.h5"), AllOf(HasSubstr("b2"), HasSubstr("string")));
  EXPECT_THAT(refusal("dataset.h5"), HasSubstr("no model"));
}

TEST_F(BareModelOracle, StaysInsideTheFile) {
  EXPECT_THAT(refusal("bare_external_link.h5"), AllOf(HasSubstr("b1"), HasSubstr("link out of the file")));
  EXPECT_THAT(refusal("bare_external_storage.h5"), AllOf(HasSubstr("b1"), HasSubstr("external")));
  EXPECT_THAT(refusal("bare_virtual.h5"), AllOf(HasSubstr("b1"), HasSubstr("virtual")));
  EXPECT_THAT(refusal("bare_hard_links.h5"), HasSubstr("share their data"));
}

}  // namespace
}  // namespace tally::io
