// Labels: every form becomes class indices, everything else an error that names the row or the shape.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "io/dataset.hpp"
#include "made_datasets.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DatasetLabels : public MadeDatasets {
 protected:
  static std::string open_error(const std::string& inputs, const std::string& labels) {
    return error_of([&] { open("labels.h5", inputs, labels); });
  }
  static std::string read_error(const std::string& labels) {
    const DatasetReader reader = open("labels.h5", "inputs", labels);
    std::vector<std::int64_t> values(made_rows);
    return error_of([&] { reader.read_labels(0, values); });
  }
};

TEST_F(DatasetLabels, OfEveryFormAreClassIndices) {
  for (const std::string name : {"i8", "u1_be_column", "i2_be", "f4", "f8_column_column", "bool", "negative",
                                 "one_hot_f4", "one_hot_u1", "one_hot_bool", "one_hot_gzip", "group/labels"}) {
    SCOPED_TRACE(name);
    const DatasetReader reader = open("labels.h5", "inputs", name);
    EXPECT_EQ(reader.info().one_hot_classes, name.starts_with("one_hot") ? 5 : 0);
    EXPECT_EQ(reader.info().labels_path, "/" + name);
    for (const Index first : {0, 9, 36}) {
      std::vector<std::int64_t> labels(static_cast<std::size_t>(made_rows - first));
      reader.read_labels(first, labels);
      for (Index i = 0; i < made_rows - first; ++i) {
        const std::int64_t label = made_label(first + i);
        EXPECT_EQ(labels[static_cast<std::size_t>(i)], name == "bool"       ? label % 2
                                                       : name == "negative" ? -label
                                                                            : label);
      }
    }
  }
}

TEST_F(DatasetLabels, ThatAreNoIndexNameTheirRow) {
  EXPECT_THAT(read_error("bad_fraction"),
              AllOf(StartsWith(path("labels.h5") + ": /bad_fraction: row 11: "), HasSubstr("2.5")));
  EXPECT_THAT(read_error("bad_nan"), HasSubstr("row 12: label nan"));
  EXPECT_THAT(read_error("bad_large"), HasSubstr("row 13: label 18446744073709551615"));
  EXPECT_THAT(read_error("bad_one_hot_none"), HasSubstr("row 14: is not one-hot"));
  EXPECT_THAT(read_error("bad_one_hot_many"), HasSubstr("row 15: is not one-hot"));
  EXPECT_THAT(read_error("bad_one_hot_half"), HasSubstr("row 16: is not one-hot"));
}

TEST_F(DatasetLabels, OfOtherTypesAndShapesAreRefused) {
  EXPECT_THAT(open_error("inputs", "bad_text"), HasSubstr("/bad_text: should hold numbers, but its type is string"));
  EXPECT_THAT(open_error("inputs", "bad_unicode"), HasSubstr("type is string"));
  EXPECT_THAT(open_error("inputs", "bad_compound"), HasSubstr("type is compound"));
  EXPECT_THAT(open_error("inputs", "bad_complex"), HasSubstr("type is compound"));
  EXPECT_THAT(open_error("inputs", "bad_shape"), HasSubstr("but are [37, 2, 2]"));
  EXPECT_THAT(open_error("inputs", "bad_scalar"), HasSubstr("is a single value"));
  EXPECT_THAT(open_error("inputs", "bad_empty"), HasSubstr("null dataspace"));
  EXPECT_THAT(open_error("inputs", "bad_unwritten"), HasSubstr("was never written"));
  EXPECT_THAT(open_error("inputs", "inputs"), HasSubstr("cannot be both"));
}

TEST_F(DatasetLabels, OfAnotherLengthNameBothShapes) {
  EXPECT_THAT(open_error("inputs", "bad_short"), AllOf(HasSubstr("[37, 4, 3]"), HasSubstr("/bad_short has [36]")));
}

TEST_F(DatasetLabels, InputsOfOtherKindsAreRefused) {
  EXPECT_THAT(open_error("bad_text", "i8"), HasSubstr("type is string"));
  EXPECT_THAT(open_error("bad_no_rows", "i8"), HasSubstr("has no rows: its shape is [0, 3]"));
  EXPECT_THAT(open_error("bad_no_columns", "i8"), HasSubstr("rows without values: its shape is [37, 0]"));
  EXPECT_THAT(open_error("bad_scalar", "i8"), HasSubstr("is a single value"));
}

TEST_F(DatasetLabels, AFilterThatIsNotInstalledIsNamed) {
  const std::string text = open_error("bad_lzf", "i8");
  if (text == "no error") GTEST_SKIP() << "the lzf plugin is installed";
  EXPECT_THAT(text, AllOf(HasSubstr("filter \"lzf\" (number 32000)"), HasSubstr("/bad_lzf")));
}

}  // namespace
}  // namespace tally::io
