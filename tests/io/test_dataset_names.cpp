// Finding the pair of datasets, and what is said where it is not clear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "io/dataset.hpp"
#include "made_datasets.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DatasetNames : public MadeDatasets {
 protected:
  static std::string names_of(const std::string& file, const std::string& inputs = "", const std::string& labels = "") {
    const DatasetReader reader = open("names_" + file + ".h5", inputs, labels);
    return reader.info().inputs_path + " " + reader.info().labels_path;
  }
  static std::string names_error(const std::string& file, const std::string& inputs = "",
                                 const std::string& labels = "") {
    return error_of([&] { names_of(file, inputs, labels); });
  }
};

TEST_F(DatasetNames, UsualPairsAreFound) {
  EXPECT_EQ(names_of("plain"), "/inputs /labels");
  EXPECT_EQ(names_of("plain_and_others"), "/inputs /labels");
  EXPECT_EQ(names_of("x_t"), "/x /t");
  EXPECT_EQ(names_of("x_y"), "/x /y");
  EXPECT_EQ(names_of("X_y"), "/X /y");
  EXPECT_EQ(names_of("data_label"), "/data /label");
  EXPECT_EQ(names_of("images_labels"), "/images /labels");
  EXPECT_EQ(names_of("x_test_y_test"), "/x_test /y_test");
  EXPECT_EQ(names_of("test_x_test_y"), "/test_x /test_y");
  EXPECT_EQ(names_of("x_test_t_test"), "/x_test /t_test");
  EXPECT_EQ(names_of("test_set_x"), "/test_set_x /test_set_y");
  EXPECT_EQ(names_of("in_group"), "/b/c/x /b/c/y");
}

TEST_F(DatasetNames, OneNameBringsItsPartner) {
  EXPECT_EQ(names_of("two_parts", "x_test"), "/x_test /y_test");
  EXPECT_EQ(names_of("two_parts", "", "/y_train"), "/x_train /y_train");
  EXPECT_EQ(names_of("two_groups", "b/x"), "/b/x /b/y");
  EXPECT_EQ(names_of("plain_and_others", "x_test"), "/x_test /y_test");
  EXPECT_EQ(names_of("two_parts", "x_train", "y_test"), "/x_train /y_test");
  EXPECT_THAT(names_error("x_t_y", "x"), HasSubstr("/x with /t, /x with /y"));
  EXPECT_THAT(names_error("unknown", "first"), HasSubstr("say --labels"));
  EXPECT_THAT(names_error("unknown", "", "second"), HasSubstr("say --inputs"));
}

TEST_F(DatasetNames, WhatIsNotClearListsEveryDataset) {
  EXPECT_THAT(names_error("two_parts"),
              AllOf(StartsWith(path("names_two_parts.h5") + ": more than one pair"), HasSubstr("--inputs and --labels"),
                    HasSubstr("/x_train uint8 [37, 4, 3]"), HasSubstr("/y_test int64 [37]")));
  EXPECT_THAT(names_error("two_groups"), HasSubstr("more than one pair"));
  EXPECT_THAT(names_error("x_t_y"), HasSubstr("more than one pair"));
  EXPECT_THAT(names_error("split_groups"), AllOf(HasSubstr("no inputs and labels"), HasSubstr("/b/y int64 [37]")));
  EXPECT_THAT(names_error("unknown"), AllOf(HasSubstr("/first int64 [37]"), HasSubstr("/second int64 [37]")));
  EXPECT_THAT(names_error("empty"), HasSubstr("it holds no dataset"));
}

TEST_F(DatasetNames, MissingDatasetsListThoseThereAre) {
  EXPECT_THAT(names_error("plain", "images"), AllOf(HasSubstr("no dataset /images"), HasSubstr("/inputs uint8 [37")));
  EXPECT_THAT(names_error("in_group", "b", "b/c/y"), HasSubstr("/b: is no dataset"));
}

TEST_F(DatasetNames, LinksInCirclesAreWalkedOnce) {
  EXPECT_EQ(names_of("links"), "/a/data /a/label");
  EXPECT_EQ(names_of("links", "soft/data", "soft/label"), "/soft/data /soft/label");
  const auto entries = list_datasets(path("names_links.h5"));
  EXPECT_EQ(entries.size(), 2u);
}

TEST_F(DatasetNames, LinksOutOfTheFileAreRefused) {
  EXPECT_THAT(names_error("external", "inputs", "labels"), HasSubstr("link to another file (names_plain.h5)"));
  EXPECT_THAT(names_error("external"), Not(HasSubstr("no error")));
}

TEST_F(DatasetNames, DescribesAnEntry) {
  const auto entries = list_datasets(path("names_plain.h5"));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].path, "/inputs");
  EXPECT_EQ(describe(entries[0]), "uint8 [37, 4, 3]");
  EXPECT_EQ(describe(entries[1]), "int64 [37]");
}

}  // namespace
}  // namespace tally::io
