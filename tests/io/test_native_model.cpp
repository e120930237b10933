// The native format: what h5py writes is read, what Tally writes is read back, what is wrong is named.
#include <gmock/gmock.h>

#include <limits>

#include "io/model_file.hpp"
#include "oracle_files.hpp"
#include "temporary_folder.hpp"
#include "tests/kernels/equal_models.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelFile read(const std::string& name) { return read_model(oracle_file(name), {}); }
std::string refusal(const std::string& name) {
  const std::string text = message_of<Error>([&] { read(name); });
  EXPECT_THAT(text, HasSubstr(name));
  return text;
}

using NativeModelOracle = OracleTest;

TEST_F(NativeModelOracle, ReadsWhatH5pyWrites) {
  for (const char* name :
       {"native.h5", "native_f4.h5", "native_fixed_strings.h5", "native_notes.h5", "native_one_by_one.h5"}) {
    const ModelFile file = read(name);
    EXPECT_EQ(file.format, "tally") << name;
    EXPECT_TRUE(file.activations_stored && file.activations_known);
    EXPECT_EQ(activations_string(file.model), "sigmoid, softmax");
    expect_weights(file.model, oracle_floats);
  }
}

TEST_F(NativeModelOracle, ReadsParametersOfAnyNumericType) {
  EXPECT_EQ(to_string(read("native_narrow.h5").model.layers[0].activation), "leaky_relu:0.25");
  EXPECT_EQ(read("native_integer_alpha.h5").model.layers[0].activation.alpha, 2.0F);
  const Activation hard = read("native_hard_sigmoid.h5").model.layers[0].activation;
  EXPECT_EQ(hard.alpha, 0.2F);
  EXPECT_EQ(hard.beta, 0.5F);
  EXPECT_THAT(read("native_slopes.h5").model.layers[0].slopes, ElementsAre(0.5F, 0.25F));
  const Layer maxout = read("native_maxout.h5").model.layers[0];
  EXPECT_EQ(maxout.pieces(), 2);
  EXPECT_THAT(maxout.weights, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(maxout.bias, ElementsAre(0, 1, 2, 3));
}

TEST_F(NativeModelOracle, ReadsTheReadmesExample) {
  const ModelFile file = read("model.h5");
  EXPECT_EQ(shape_string(file.model), "784-50-10");
  EXPECT_EQ(activations_string(file.model), "leaky_relu:0.1, softmax");
}

TEST_F(NativeModelOracle, NamesAVersionItDoesNotKnow) {
  EXPECT_THAT(refusal("bad_version.h5"), AllOf(HasSubstr("version 2"), HasSubstr("up to version 1")));
  EXPECT_THAT(refusal("bad_no_version.h5"), HasSubstr("version"));
}

TEST_F(NativeModelOracle, AssumesNoActivation) {
  EXPECT_THAT(refusal("bad_no_activation.h5"), AllOf(HasSubstr("layer1"), HasSubstr("activation")));
  EXPECT_THAT(refusal("bad_unknown_activation.h5"), AllOf(HasSubstr("layer1"), HasSubstr("swoosh")));
  EXPECT_THAT(refusal("bad_text_parameter.h5"), HasSubstr("leaky_relu:0.1"));
  EXPECT_THAT(refusal("bad_no_alpha.h5"), HasSubstr("leaky_relu needs the attribute 'alpha'"));
  EXPECT_THAT(refusal("bad_no_beta.h5"), HasSubstr("'beta'"));
  EXPECT_THAT(refusal("bad_no_pieces.h5"), HasSubstr("'pieces'"));
  EXPECT_THAT(refusal("bad_alpha.h5"), HasSubstr("relu has no parameter 'alpha'"));
  EXPECT_THAT(refusal("bad_nan_alpha.h5"), HasSubstr("not finite"));
  EXPECT_THAT(refusal("bad_output.h5"), HasSubstr("relu"));
}

TEST_F(NativeModelOracle, NamesEntriesThatDoNotFit) {
  EXPECT_THAT(refusal("bad_layer_name.h5"), HasSubstr("layer3"));
  EXPECT_THAT(refusal("bad_extra_group.h5"), HasSubstr("history"));
  EXPECT_THAT(refusal("bad_extra_dataset.h5"), AllOf(HasSubstr("layer1"), HasSubstr("scale")));
  EXPECT_THAT(refusal("bad_no_bias.h5"), AllOf(HasSubstr("layer1"), HasSubstr("bias")));
  EXPECT_THAT(refusal("bad_bias_shape.h5"), AllOf(HasSubstr("[3]"), HasSubstr("[2]")));
  EXPECT_THAT(refusal("bad_chain.h5"), AllOf(HasSubstr("2"), HasSubstr("3")));
  EXPECT_THAT(refusal("bad_three_d.h5"), HasSubstr("[2, 3, 2]"));
  EXPECT_THAT(refusal("bad_pieces.h5"), AllOf(HasSubstr("[2, 3, 2]"), HasSubstr("[3, 3, 2]")));
  EXPECT_THAT(refusal("bad_huge.h5"), HasSubstr("layer1/weights"));
}

TEST_F(NativeModelOracle, FollowsNoLinkOutOfTheFile) {
  EXPECT_THAT(refusal("bad_external_layer.h5"), HasSubstr("layer2"));
  EXPECT_THAT(refusal("bad_external_bias.h5"), HasSubstr("bias"));
}

Layer layer(Index inputs, Index outputs, const Activation& activation) {
  Layer result;
  result.inputs = inputs;
  result.outputs = outputs;
  result.activation = activation;
  for (Index i = 0; i < result.pieces() * inputs * outputs; ++i) {
    result.weights.push_back(static_cast<float>(i % 97) * 0.1F - 3.0F);
  }
  for (Index i = 0; i < result.pieces() * outputs; ++i) result.bias.push_back(static_cast<float>(i) * -0.7F);
  return result;
}

TEST(NativeModel, EveryActivationIsReadBack) {
  const TemporaryFolder folder;
  Model model;
  for (int kind = 0; kind < static_cast<int>(ActivationKind::softmax); ++kind) {
    model.layers.push_back(layer(3, 3, default_activation(static_cast<ActivationKind>(kind))));
  }
  Layer slopes = layer(3, 3, {.kind = ActivationKind::prelu});
  slopes.slopes = {0.1F, 0.2F, -0.3F};
  model.layers.push_back(slopes);
  for (const char* name : {"leaky_relu:0.1", "hard_sigmoid:0.2:0.4", "maxout:5", "maxout:1", "elu:-3.3"}) {
    model.layers.push_back(layer(3, 3, parse_activation(name)));
  }
  model.layers.push_back(layer(3, 4, default_activation(ActivationKind::softmax)));
  write_native_model(model, folder / "out.h5");
  EXPECT_EQ(folder.entries(), 1);
  expect_equal(read_model(folder / "out.h5", {}).model, model);
  EXPECT_TRUE(is_model_file(folder / "out.h5"));
}

TEST(NativeModel, EveryOutputIsReadBack) {
  const TemporaryFolder folder;
  for (const char* output : {"softmax", "identity", "sigmoid"}) {
    const Model model{{layer(4, 3, parse_activation(output))}};
    write_native_model(model, folder / "out.h5");
    expect_equal(read_model(folder / "out.h5", {}).model, model);
  }
}

TEST(NativeModel, NonFiniteWeightsAreKept) {
  const TemporaryFolder folder;
  Model model{{layer(1, 2, parse_activation("softmax"))}};
  model.layers[0].weights = {std::numeric_limits<float>::infinity(), -0.0F};
  write_native_model(model, folder / "out.h5");
  expect_equal(read_model(folder / "out.h5", {}).model, model);
}

TEST(NativeModel, NothingIsWrittenForAModelThatCannotRun) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_native_model(Model{}, folder / "out.h5"), Error);
  EXPECT_EQ(folder.entries(), 0);
  const Model model{{layer(1, 2, parse_activation("softmax"))}};
  EXPECT_THAT(message_of<Error>([&] { write_native_model(model, folder / "no/out.h5"); }), HasSubstr("no/out.h5"));
}

}  // namespace
}  // namespace tally::io
