// The command line: what each command takes, and what cannot be meant.
#include "pipeline/command_line.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tally::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string fake_version() { return "version text\n"; }

Command parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tally");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), fake_version);
}

template <class Options>
Options parse_as(const std::vector<const char*>& arguments) {
  return std::get<Options>(parse(arguments));
}

/// The one line of a usage error; empty where there was none.
std::string usage_error(const std::vector<const char*>& arguments) {
  try {
    parse(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(CommandLine, EvaluateHasDefaults) {
  const auto options = parse_as<EvaluateOptions>({"evaluate", "--model", "m.h5", "--data", "d.h5"});
  EXPECT_EQ(options.batch_size, 100);
  EXPECT_EQ(options.first_row, 0);
  EXPECT_FALSE(options.limit);
  EXPECT_FALSE(options.threads);
  EXPECT_FALSE(options.data.inputs);
  EXPECT_FALSE(options.data.labels);
  EXPECT_FALSE(options.data.scale);
  EXPECT_FALSE(options.data.offset);
  EXPECT_EQ(options.stall_seconds, 300.0);
  EXPECT_FALSE(options.ranks_read);
  EXPECT_EQ(options.buffer_bytes, Index{128} << 20);
  EXPECT_FALSE(options.quiet);
  EXPECT_FALSE(options.probabilities);
}

TEST(CommandLine, BufferMemoryTakesUnits) {
  const auto bytes = [](const char* text) {
    return parse_as<EvaluateOptions>({"evaluate", "--model", "m.h5", "--data", "d.h5", "--buffer-memory", text})
        .buffer_bytes;
  };
  EXPECT_EQ(bytes("1"), 1);
  EXPECT_EQ(bytes("134217728"), Index{128} << 20);
  EXPECT_EQ(bytes("3K"), 3072);
  EXPECT_EQ(bytes("128M"), Index{128} << 20);
  EXPECT_EQ(bytes("128MiB"), Index{128} << 20);
  EXPECT_EQ(bytes("2G"), Index{2} << 30);
  EXPECT_EQ(bytes("1T"), Index{1} << 40);
  for (const char* text :
       {"0", "-1", "", "M", "1.5G", "128 M", "1MB", "1X", "1KK", "iB", "99999999999999999999", "9999999T"}) {
    EXPECT_THAT(usage_error({"evaluate", "--model", "m.h5", "--data", "d.h5", "--buffer-memory", text}),
                HasSubstr("--buffer-memory"))
        << text;
  }
}

TEST(CommandLine, TheReaderIsTheRootOrEachRank) {
  const auto each = [](const char* text) {
    return parse_as<EvaluateOptions>({"evaluate", "--model", "m.h5", "--data", "d.h5", "--reader", text}).ranks_read;
  };
  EXPECT_FALSE(each("root"));
  EXPECT_TRUE(each("each"));
  EXPECT_THAT(usage_error({"evaluate", "--model", "m.h5", "--data", "d.h5", "--reader", "all"}),
              HasSubstr("'all' is not root or each"));
}

TEST(CommandLine, BenchHasDefaultsAndTakesItsOptions) {
  const auto plain = parse_as<BenchOptions>({"bench", "--model", "m.h5"});
  EXPECT_EQ(plain.batch_size, 100);
  EXPECT_EQ(plain.input_type, StoredType::float32);
  EXPECT_EQ(plain.seconds, 2.0);
  EXPECT_FALSE(plain.threads);
  EXPECT_EQ(plain.report, "");
  const auto options = parse_as<BenchOptions>({"bench", "--model", "m.h5", "--batch-size", "7", "--threads", "3",
                                               "--input-dtype", "uint8", "--seconds", "1/4", "--report", "r.json",
                                               "--activation", "relu", "--output", "identity"});
  EXPECT_EQ(options.batch_size, 7);
  EXPECT_EQ(options.threads, 3);
  EXPECT_EQ(options.input_type, StoredType::uint8);
  EXPECT_EQ(options.seconds, 0.25);
  EXPECT_EQ(options.report, "r.json");
  EXPECT_EQ(options.activations.hidden.size(), 1U);
  EXPECT_TRUE(options.activations.output);
  EXPECT_THAT(usage_error({"bench"}), HasSubstr("--model"));
  EXPECT_THAT(usage_error({"bench", "--model", "m", "--input-dtype", "int8"}), HasSubstr("int8"));
  EXPECT_THAT(usage_error({"bench", "--model", "m", "--seconds", "0"}), HasSubstr("'0'"));
}

TEST(CommandLine, EvaluateTakesItsOptions) {
  const auto options = parse_as<EvaluateOptions>({"evaluate",
                                                  "--model",
                                                  "m.h5",
                                                  "--data",
                                                  "d.h5",
                                                  "--inputs",
                                                  "a/x",
                                                  "--labels",
                                                  "a/t",
                                                  "--scale",
                                                  "1/255",
                                                  "--offset=-0.5",
                                                  "--batch-size",
                                                  "4000000000",
                                                  "--threads",
                                                  "3",
                                                  "--limit",
                                                  "5000000000",
                                                  "--first-row",
                                                  "6000000000",
                                                  "--report",
                                                  "r.json",
                                                  "--predictions",
                                                  "p.h5",
                                                  "--probabilities",
                                                  "--stall-timeout",
                                                  "2.5",
                                                  "--quiet",
                                                  "--activation",
                                                  "relu,elu:0.5",
                                                  "--output",
                                                  "sigmoid"});
  EXPECT_EQ(options.data.inputs, "a/x");
  EXPECT_EQ(options.data.labels, "a/t");
  EXPECT_EQ(options.data.scale, 1.0 / 255.0);
  EXPECT_EQ(options.data.offset, -0.5);
  EXPECT_EQ(options.batch_size, 4'000'000'000);
  EXPECT_EQ(options.threads, 3);
  EXPECT_EQ(options.limit, 5'000'000'000);
  EXPECT_EQ(options.first_row, 6'000'000'000);
  EXPECT_EQ(options.report, "r.json");
  EXPECT_EQ(options.predictions, "p.h5");
  EXPECT_TRUE(options.probabilities);
  EXPECT_EQ(options.stall_seconds, 2.5);
  EXPECT_TRUE(options.quiet);
  EXPECT_THAT(options.activations.hidden,
              ElementsAre(default_activation(ActivationKind::relu), Activation{ActivationKind::elu, 0.5F, 0.0F, 1}));
  ASSERT_TRUE(options.activations.output);
  EXPECT_EQ(options.activations.output->kind, ActivationKind::sigmoid);
}

TEST(CommandLine, NumbersAreDecimal) {
  const auto options = parse_as<EvaluateOptions>(
      {"evaluate", "--model", "m.h5", "--data", "d.h5", "--batch-size", "010", "--threads", "08", "--limit", "0100"});
  EXPECT_EQ(options.batch_size, 10);
  EXPECT_EQ(options.threads, 8);
  EXPECT_EQ(options.limit, 100);
}

TEST(CommandLine, EveryOtherCommandIsRead) {
  EXPECT_THAT(parse_as<InspectOptions>({"inspect", "a.h5", "b.pkl"}).files, ElementsAre("a.h5", "b.pkl"));
  const auto idx = parse_as<ImportIdxOptions>({"import", "idx", "--images", "i.gz", "--labels", "l.gz", "-o", "o.h5"});
  EXPECT_EQ(idx.images, "i.gz");
  EXPECT_EQ(idx.labels, "l.gz");
  EXPECT_EQ(idx.output, "o.h5");
  const auto model =
      parse_as<ImportModelOptions>({"import", "model", "in.pkl", "-o", "out.h5", "--activation", "tanh"});
  EXPECT_EQ(model.input, "in.pkl");
  EXPECT_EQ(model.output, "out.h5");
  EXPECT_THAT(model.activations.hidden, ElementsAre(default_activation(ActivationKind::tanh)));
  EXPECT_EQ(parse_as<ActivationsOptions>({"activations"}).plot, "");
  EXPECT_EQ(parse_as<ActivationsOptions>({"activations", "--plot", "x.svg"}).plot, "x.svg");
}

TEST(CommandLine, HelpAndVersionAreTexts) {
  EXPECT_EQ(parse_as<Message>({"--version"}).text, "version text\n");
  EXPECT_THAT(parse_as<Message>({"--help"}).text, HasSubstr("evaluate"));
  EXPECT_THAT(parse_as<Message>({"evaluate", "--help"}).text, HasSubstr("--batch-size"));
  EXPECT_THAT(parse_as<Message>({"import", "idx", "--help"}).text, HasSubstr("--images"));
}

TEST(CommandLine, WhatCannotBeMeantIsAUsageErrorOfOneLine) {
  const std::vector<std::vector<const char*>> wrong = {
      {},
      {"frobnicate"},
      {"evaluate"},
      {"evaluate", "--model", "m.h5"},
      {"evaluate", "--data", "d.h5"},
      {"import"},
      {"import", "idx", "--images", "i"},
      {"import", "model", "m.pkl"},
      {"inspect"},
  };
  for (const auto& arguments : wrong) {
    const std::string error = usage_error(arguments);
    EXPECT_NE(error, "") << testing::PrintToString(arguments);
    EXPECT_THAT(error, Not(HasSubstr("\n")));
  }
  const std::vector<std::vector<const char*>> wrong_values = {
      {"--batch-size", "0"},       {"--batch-size", "x"},     {"--batch-size", "1.5"},
      {"--batch-size", "1e30"},    {"--threads", "0"},        {"--threads", "-1"},
      {"--threads", "5000000000"}, {"--limit", "0"},          {"--first-row", "-1"},
      {"--stall-timeout", "0"},    {"--scale", "x"},          {"--scale", "1/0"},
      {"--offset", "nan"},         {"--activation", "rleu"},  {"--activation", "relu,"},
      {"--output", "relu:3"},      {"--no-such-option", "1"}, {"--probabilities"},
  };
  for (const auto& value : wrong_values) {
    std::vector<const char*> arguments = {"evaluate", "--model", "m.h5", "--data", "d.h5"};
    arguments.insert(arguments.end(), value.begin(), value.end());
    const std::string error = usage_error(arguments);
    EXPECT_NE(error, "") << testing::PrintToString(arguments);
    EXPECT_THAT(error, Not(HasSubstr("\n")));
  }
}

TEST(ParseActivations, ReadsALayerEach) {
  EXPECT_THAT(parse_activations("relu"), ElementsAre(default_activation(ActivationKind::relu)));
  EXPECT_THAT(parse_activations("maxout:3,tanh"),
              ElementsAre(Activation{ActivationKind::maxout, 0.0F, 0.0F, 3}, default_activation(ActivationKind::tanh)));
  for (const char* text : {"", ",", "relu,", ",relu", "relu,,tanh", "relu;tanh"}) {
    EXPECT_THROW(parse_activations(text), UsageError) << text;
  }
}

}  // namespace
}  // namespace tally::pipeline
