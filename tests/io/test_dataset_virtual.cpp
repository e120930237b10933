// Virtual datasets and external storage: rows come from inside the file's folder, or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "made_datasets.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class DatasetVirtual : public MadeDatasets {
 protected:
  static void expect_rows(const std::string& file) {
    SCOPED_TRACE(file);
    const DatasetReader reader = open(file);
    EXPECT_EQ(reader.info().layout, "virtual");
    EXPECT_EQ(reader.info().dtype, "int16");
    for (Index first = 0; first < made_rows; first += 6) {
      const Index count = std::min(Index{6}, made_rows - first);
      std::vector<std::int16_t> rows(static_cast<std::size_t>(count) * 12);
      reader.read_inputs(first, count, std::as_writable_bytes(std::span(rows)));
      for (Index i = 0; i < count; ++i)
        for (Index j = 0; j < 12; ++j)
          ASSERT_EQ(rows[static_cast<std::size_t>(i * 12 + j)], made_value(first + i, j) - 50) << first + i << " " << j;
    }
  }
  static std::string virtual_error(const std::string& name) {
    return error_of([&] { open("virtual/" + name + ".h5"); });
  }
};

TEST_F(DatasetVirtual, SourcesInTheFolderAreRead) {
  for (const char* name : {"two_files", "nested", "absolute_inside", "unlimited"})
    expect_rows("virtual/" + std::string(name) + ".h5");
  expect_rows("virtual/same_file.h5");
}

TEST_F(DatasetVirtual, SourcesAreSoughtBesideTheFileAndNotBesideALinkToIt) { expect_rows("linked_two_files.h5"); }

TEST_F(DatasetVirtual, SourcesOutsideTheFolderAreRefused) {
  for (const char* name : {"above", "absolute", "symbolic_link"})
    EXPECT_THAT(virtual_error(name), AllOf(HasSubstr(std::string(name) + ".h5: /inputs: its virtual source"),
                                           HasSubstr("lies outside the file's folder")));
  EXPECT_THAT(virtual_error("through_link"), HasSubstr("link to another file"));
}

TEST_F(DatasetVirtual, MissingSourcesAreAnErrorAndNotFillValues) {
  EXPECT_THAT(virtual_error("missing_file"), AllOf(HasSubstr("nowhere.h5"), HasSubstr("No such file")));
  EXPECT_THAT(virtual_error("missing_dataset"), AllOf(HasSubstr("first.h5"), HasSubstr("/y: no such dataset")));
}

TEST_F(DatasetVirtual, GapsAreAnErrorAndNotFillValues) {
  EXPECT_THAT(virtual_error("with_a_gap"), HasSubstr("provide only 240 of its values"));
  EXPECT_THAT(virtual_error("overlap"), HasSubstr("provide only 240 of its values"));
  EXPECT_THAT(virtual_error("short_source"), HasSubstr("second.h5: /x has fewer values than are mapped"));
}

TEST_F(DatasetVirtual, CirclesEnd) { EXPECT_THAT(virtual_error("circle"), HasSubstr("in a circle")); }

TEST_F(DatasetVirtual, ExternalStorageIsRefused) {
  EXPECT_THAT(error_of([&] { open("external_storage.h5"); }), HasSubstr("external storage"));
}

}  // namespace
}  // namespace tally::io
