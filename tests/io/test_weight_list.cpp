// From bare arrays to a model.
#include "io/weight_list.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "oracle_files.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

NamedArray array(const std::string& name, const std::vector<Index>& shape) {
  Index size = 1;
  for (const Index n : shape) size *= n;
  std::vector<float> values(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) + 0.5F;
  return {name, shape, values};
}

const ActivationChoice relu{{parse_activation("relu")}, {}};
const ActivationChoice maxout{{parse_activation("maxout:2")}, {}};

Model build(const std::vector<NamedArray>& arrays, const ActivationChoice& choice = relu) {
  return model_from_weights("weights.h5", arrays, choice, false);
}
std::string refusal(const std::vector<NamedArray>& arrays, const ActivationChoice& choice = relu) {
  return message_of<Error>([&] { build(arrays, choice); });
}

TEST(WeightList, OrderAndCaseMatterNot) {
  std::vector<NamedArray> arrays = {array("W1", {3, 2}), array("b1", {2}), array("w2", {2, 4}), array("b2", {1, 4})};
  std::ranges::sort(arrays, {}, &NamedArray::name);
  do {
    const Model model = build(arrays);
    ASSERT_EQ(shape_string(model), "3-2-4");
    ASSERT_EQ(activations_string(model), "relu, softmax");
    ASSERT_EQ(model.layers[1].bias, array("", {4}).values);
  } while (std::ranges::next_permutation(arrays, {}, &NamedArray::name).found);
}

TEST(WeightList, TenthLayerComesAfterTheNinth) {
  std::vector<NamedArray> arrays;
  for (Index i = 1; i <= 11; ++i) arrays.push_back(array(std::string("W").append(std::to_string(i)), {i, i + 1}));
  EXPECT_EQ(build(arrays).layers.size(), 11U);
}

TEST(WeightList, AMissingBiasIsZero) {
  const Model model = build({array("W1", {3, 2})});
  EXPECT_EQ(model.layers[0].bias.size(), 2U);
  EXPECT_THAT(model.layers[0].bias, Each(0.0F));
}

TEST(WeightList, MaxoutHasPieces) {
  const Model model = build({array("W1", {2, 3, 4}), array("b1", {2, 4}), array("W2", {4, 5})}, maxout);
  EXPECT_EQ(model.layers[0].pieces(), 2);
  EXPECT_EQ(model.layers[0].inputs, 3);
  EXPECT_THAT(refusal({array("W1", {3, 4}), array("W2", {4, 5})}, maxout),
              AllOf(HasSubstr("W1"), HasSubstr("[3, 4]"), HasSubstr("3-D"), HasSubstr("maxout:2")));
  EXPECT_THAT(refusal({array("W1", {3, 3, 4}), array("W2", {4, 5})}, maxout), HasSubstr("[3, 3, 4]"));
  EXPECT_THAT(refusal({array("W1", {2, 3, 4}), array("b1", {4}), array("W2", {4, 5})}, maxout), HasSubstr("[2, 4]"));
  EXPECT_THAT(refusal({array("W1", {2, 3, 4}), array("W2", {4, 5})}), AllOf(HasSubstr("3-D"), HasSubstr("relu")));
}

TEST(WeightList, NamesWhatDoesNotFit) {
  EXPECT_THAT(refusal({}), AllOf(HasSubstr("weights.h5"), HasSubstr("W1")));
  for (const char* name : {"gamma", "W", "W0", "W01", "W1x", "B1", "W-1", "W12345678", ""}) {
    EXPECT_THAT(refusal({array("W1", {3, 2}), array(name, {2})}), HasSubstr(std::string("'").append(name).append("'")))
        << name;
  }
  EXPECT_THAT(refusal({array("W1", {3, 2}), array("W3", {2, 2})}), HasSubstr("no W2"));
  EXPECT_THAT(refusal({array("W1", {3, 2}), array("b2", {2})}), HasSubstr("no W2"));
  EXPECT_THAT(refusal({array("W1", {3, 2}), array("w1", {3, 2})}), AllOf(HasSubstr("'W1'"), HasSubstr("'w1'")));
  EXPECT_THAT(refusal({array("W1", {3})}), HasSubstr("[3]"));
  EXPECT_THAT(refusal({array("W1", {3, 2}), array("b1", {3})}), AllOf(HasSubstr("b1"), HasSubstr("[3]")));
  EXPECT_THAT(refusal({array("W1", {3, 2}), array("b1", {2, 1})}), HasSubstr("[2, 1]"));
  EXPECT_THAT(refusal({array("W1", {3, 4}), array("W2", {5, 2})}),
              AllOf(HasSubstr("weights.h5"), HasSubstr("4"), HasSubstr("5")));
}

TEST(WeightList, AnEmptyArrayTakesNoMemory) {
  const NamedArray hollow{"W1", {0, std::numeric_limits<Index>::max()}, {}};
  EXPECT_THAT(refusal({hollow}), HasSubstr("holds nothing"));
}

TEST(WeightList, ActivationsAreNeededUnlessOptional) {
  const std::vector<NamedArray> arrays = {array("W1", {3, 2}), array("W2", {2, 2})};
  EXPECT_THAT(message_of<UsageError>([&] { build(arrays, {}); }), HasSubstr("--activation"));
  EXPECT_EQ(shape_string(model_from_weights("f", arrays, {}, true)), "3-2-2");
  const Model pieces = model_from_weights("f", {array("W1", {2, 3, 4}), array("W2", {4, 1})}, {}, true);
  EXPECT_EQ(pieces.layers[0].pieces(), 2);
  EXPECT_THAT(message_of<UsageError>([&] { build({array("W1", {3, 1})}, {}); }), HasSubstr("--output"));
}

}  // namespace
}  // namespace tally::io
