// The rules of --activation and --output.
#include "io/activation_choice.hpp"

#include <gmock/gmock.h>

#include "oracle_files.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ActivationChoice choice_of(const std::vector<std::string>& hidden, const std::string& output = "") {
  ActivationChoice choice;
  for (const std::string& name : hidden) choice.hidden.push_back(parse_activation(name));
  if (!output.empty()) choice.output = parse_activation(output);
  return choice;
}

std::vector<std::string> chosen(Index hidden_layers, Index outputs, const ActivationChoice& choice) {
  std::vector<std::string> names;
  const auto activations = chosen_activations("f", hidden_layers, outputs, choice);
  if (!activations) return {"open"};
  for (const Activation& activation : *activations) names.push_back(to_string(activation));
  return names;
}

TEST(ActivationChoice, OneForAllOrOnePerHiddenLayer) {
  EXPECT_THAT(chosen(3, 10, choice_of({"relu"})), ElementsAre("relu", "relu", "relu", "softmax"));
  EXPECT_THAT(chosen(2, 10, choice_of({"relu", "tanh"}, "identity")), ElementsAre("relu", "tanh", "identity"));
  EXPECT_THAT(chosen(0, 10, choice_of({})), ElementsAre("softmax"));
  EXPECT_THAT(chosen(0, 10, choice_of({"relu"})), ElementsAre("softmax"));
}

TEST(ActivationChoice, SaysWhatIsOpen) {
  EXPECT_THAT(chosen(1, 10, choice_of({}, "softmax")), ElementsAre("open"));
  EXPECT_THAT(chosen(1, 1, choice_of({"relu"})), ElementsAre("open"));
  EXPECT_THAT(chosen(1, 1, choice_of({"relu"}, "sigmoid")), ElementsAre("relu", "sigmoid"));
  EXPECT_THAT(message_of<UsageError>([] { throw_missing_choice("f", 2, choice_of({})); }), HasSubstr("--activation"));
  EXPECT_THAT(message_of<UsageError>([] { throw_missing_choice("f", 0, choice_of({})); }), HasSubstr("--output"));
}

TEST(ActivationChoice, NamesBothNumbers) {
  EXPECT_THAT(message_of<UsageError>([] {
                chosen(2, 10, choice_of({"relu", "relu", "relu"}));
              }),
              AllOf(HasSubstr("3 activations"), HasSubstr("2 hidden layers"), HasSubstr("f ")));
  EXPECT_THAT(message_of<UsageError>([] { chosen(1, 10, choice_of({"relu", "relu"})); }), HasSubstr("1 hidden layer"));
}

TEST(ActivationChoice, RefusesActivationsInTheWrongPlace) {
  EXPECT_THAT(message_of<UsageError>([] { chosen(1, 10, choice_of({"softmax"})); }), HasSubstr("softmax"));
  EXPECT_THAT(message_of<UsageError>([] { chosen(1, 10, choice_of({"relu"}, "relu")); }), HasSubstr("--output"));
}

Model stored_model() {
  Model model;
  for (const char* name : {"leaky_relu:0.1", "leaky_relu:0.1", "softmax"}) {
    Layer layer;
    layer.inputs = layer.outputs = 2;
    layer.activation = parse_activation(name);
    model.layers.push_back(layer);
  }
  return model;
}

TEST(ActivationChoice, MustEqualWhatAFileStores) {
  const Model model = stored_model();
  check_choice_equals_stored("f", model, {});
  check_choice_equals_stored("f", model, choice_of({"leaky_relu:0.1"}));
  check_choice_equals_stored("f", model, choice_of({"leaky_relu:0.1", "leaky_relu:0.1"}, "softmax"));
  const auto refused = [&](const ActivationChoice& choice) {
    return message_of<UsageError>([&] { check_choice_equals_stored("f", model, choice); });
  };
  EXPECT_THAT(refused(choice_of({"leaky_relu:0.2"})), AllOf(HasSubstr("leaky_relu:0.2"), HasSubstr("leaky_relu:0.1")));
  EXPECT_THAT(refused(choice_of({"leaky_relu:0.1", "relu"})), HasSubstr("layer 2"));
  EXPECT_THAT(refused(choice_of({}, "identity")), AllOf(HasSubstr("identity"), HasSubstr("softmax")));
  EXPECT_THAT(refused(choice_of({"relu", "relu", "relu"})), HasSubstr("3 activations"));
}

}  // namespace
}  // namespace tally::io
