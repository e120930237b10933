// The wrapper around libhdf5: what it writes it reads back, and what it refuses it names.
#include "io/hdf5.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "io/hdf5_section.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Hdf5 : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("tally_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// A file with one dataset w [2, 3], a group, and attributes of the kinds a model needs.
void write_sample(const std::string& name) {
  const Hdf5Section section(name);
  hdf5::File file = hdf5::File::create(name);
  {
    const hdf5::Group root = file.root();
    root.write_string("format", "tally \u03b1");
    root.write_integer("version", -7);
    root.write_number("alpha", 0.1);
    root.write_strings("layers", {"one", "", "three"});
    root.write_integers("sizes", std::vector<std::int64_t>{1, INT64_MIN, INT64_MAX});
    const hdf5::Group group = root.create_group("layers");
    const std::vector<Index> shape{2, 3};
    group.write_floats("b/w", shape, std::vector<float>{1, 2, 3, 4, 5, 6});
    group.create_group("a");
  }
  file.close();
}

TEST_F(Hdf5, ReadsBackWhatItWrote) {
  const std::string name = path("a.h5");
  write_sample(name);
  const Hdf5Section section(name);
  const hdf5::Group root = hdf5::File::open(name).root();
  EXPECT_EQ(root.read_string("format"), "tally \u03b1");
  EXPECT_EQ(root.read_integer("version"), -7);
  EXPECT_EQ(root.read_number("version"), -7.0);
  EXPECT_EQ(root.read_number("alpha"), 0.1);
  EXPECT_THAT(root.read_strings("layers"), ElementsAre("one", "", "three"));
  EXPECT_THAT(root.read_integers("sizes"), ElementsAre(1, INT64_MIN, INT64_MAX));
  EXPECT_THAT(root.attribute_names(), ElementsAre("alpha", "format", "layers", "sizes", "version"));
  EXPECT_TRUE(root.has("layers/b/w"));
  EXPECT_TRUE(root.has("/layers"));
  EXPECT_FALSE(root.has("layers/c/w"));
  EXPECT_FALSE(root.has("layers/b/w/x"));

  const hdf5::Group layers = root.open_group("layers");
  const auto links = layers.links();
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].name, "a");
  EXPECT_EQ(links[1].name, "b");
  EXPECT_EQ(links[1].kind, hdf5::LinkKind::group);

  const hdf5::Dataset weights = layers.open_dataset("b/w");
  EXPECT_EQ(weights.place().object, "/layers/b/w");
  EXPECT_THAT(weights.shape(), ElementsAre(2, 3));
  EXPECT_EQ(weights.dtype(), "float32");
  EXPECT_EQ(weights.layout(), "contiguous");
  EXPECT_EQ(weights.storage_bytes(), 24u);
  EXPECT_THAT(weights.read_floats(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Hdf5, WritesRowsInAnyOrder) {
  const std::string name = path("a.h5");
  const Hdf5Section section(name);
  const hdf5::Group root = hdf5::File::create(name).root();
  const std::vector<Index> shape{3, 2};
  const hdf5::Dataset data = root.create_dataset("x", H5T_NATIVE_INT32, shape);
  const std::vector<std::int32_t> last{5, 6};
  const std::vector<std::int32_t> front{1, 2, 3, 4};
  data.write_rows(2, 1, H5T_NATIVE_INT32, last.data());
  data.write_rows(0, 2, H5T_NATIVE_INT32, front.data());
  EXPECT_THAT(data.read_floats(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(error_of([&] { data.write_rows(2, 2, H5T_NATIVE_INT32, front.data()); }),
              HasSubstr("2 rows from row 2 on"));
}

TEST_F(Hdf5, SaysPlainlyWhyAFileCannotBeOpened) {
  const auto open = [&](const std::string& name) {
    return error_of([&] {
      const Hdf5Section section(path(name));
      hdf5::File::open(path(name));
    });
  };
  EXPECT_EQ(open("missing.h5"), path("missing.h5") + ": no such file");
  EXPECT_THAT(open("."), HasSubstr("is a folder"));
  std::ofstream(path("empty.h5"));
  EXPECT_THAT(open("empty.h5"), HasSubstr("is empty"));
  std::ofstream(path("text.h5")) << std::string(5000, 'x');
  EXPECT_THAT(open("text.h5"), HasSubstr("is not an HDF5 file"));
  write_sample(path("short.h5"));
  const auto length = std::filesystem::file_size(path("short.h5"));
  std::filesystem::resize_file(path("short.h5"), 1000);
  EXPECT_EQ(open("short.h5"), path("short.h5") + ": truncated: 1000 bytes of " + std::to_string(length));
}

TEST_F(Hdf5, NamesWhatIsMissingOrOfTheWrongKind) {
  const std::string name = path("a.h5");
  write_sample(name);
  const Hdf5Section section(name);
  const hdf5::Group root = hdf5::File::open(name).root();
  EXPECT_EQ(error_of([&] { root.open_dataset("layers/x"); }), name + ": /layers/x: no such dataset");
  EXPECT_EQ(error_of([&] { root.open_dataset("layers/b"); }), name + ": /layers/b: is no dataset");
  EXPECT_EQ(error_of([&] { root.open_group("layers/b/w"); }), name + ": /layers/b/w: is no group");
  EXPECT_EQ(error_of([&] { root.read_number("x"); }), name + ": /: attribute x: does not exist");
  EXPECT_THAT(error_of([&] { root.read_number("format"); }), HasSubstr("should be a number, but is string"));
  EXPECT_THAT(error_of([&] { root.read_integer("alpha"); }), HasSubstr("should be an integer, but is float64"));
  EXPECT_THAT(error_of([&] { root.read_string("alpha"); }), HasSubstr("should be text"));
  EXPECT_THAT(error_of([&] { root.read_string("layers"); }), HasSubstr("should be one value, but holds 3"));
}

TEST_F(Hdf5, DoesNotFollowLinksOutOfTheFile) {
  write_sample(path("other.h5"));
  const std::string name = path("a.h5");
  const Hdf5Section section(name);
  {
    const hdf5::Group root = hdf5::File::create(name).root();
    ASSERT_GE(H5Lcreate_external("other.h5", "/layers/b", root.id(), "out", H5P_DEFAULT, H5P_DEFAULT), 0);
    ASSERT_GE(H5Lcreate_soft("/out/w", root.id(), "soft", H5P_DEFAULT, H5P_DEFAULT), 0);
    ASSERT_GE(H5Lcreate_soft("/nowhere", root.id(), "broken", H5P_DEFAULT, H5P_DEFAULT), 0);
  }
  const hdf5::Group root = hdf5::File::open(name).root();
  const auto links = root.links();
  ASSERT_EQ(links.size(), 3u);
  EXPECT_EQ(links[0].kind, hdf5::LinkKind::broken);
  EXPECT_EQ(links[1].kind, hdf5::LinkKind::external);
  EXPECT_EQ(links[2].kind, hdf5::LinkKind::external);
  EXPECT_FALSE(root.has("out/w"));
  EXPECT_FALSE(root.has("soft"));
  for (const char* object : {"out/w", "soft"})
    for (const std::optional<ChunkCache>& cache : {std::optional<ChunkCache>(), std::optional(ChunkCache{1 << 20})})
      EXPECT_THAT(error_of([&] { root.open_dataset(object, cache); }),
                  AllOf(HasSubstr("link to another file (other.h5)"), HasSubstr(object)));
  EXPECT_THAT(error_of([&] { root.open_group("out"); }), HasSubstr("link to another file (other.h5)"));
  EXPECT_THAT(error_of([&] { root.open_dataset("broken"); }), HasSubstr("no such dataset"));
}

TEST_F(Hdf5, TakesNoMemoryForMoreThanTheFileCanHold) {
  const std::string name = path("a.h5");
  const Hdf5Section section(name);
  {
    const hdf5::Group root = hdf5::File::create(name).root();
    const std::vector<Index> huge{Index{1} << 40};
    root.create_dataset("unwritten", H5T_IEEE_F32LE, huge);
    const hsize_t dimension = hsize_t{1} << 40;
    const hsize_t chunk = 16;
    const hdf5::Dataspace space(H5Screate_simple(1, &dimension, nullptr));
    const hdf5::PropertyList creation(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(creation.get(), 1, &chunk);
    H5Pset_deflate(creation.get(), 1);
    const hdf5::Dataset sparse(hdf5::Handle<H5Oclose>(H5Dcreate2(root.id(), "sparse", H5T_IEEE_F32LE, space.get(),
                                                                 H5P_DEFAULT, creation.get(), H5P_DEFAULT)),
                               {name, "/sparse"});
    const std::vector<float> row{1};
    sparse.write_rows(0, 1, H5T_NATIVE_FLOAT, row.data());
  }
  const hdf5::Group root = hdf5::File::open(name).root();
  EXPECT_THAT(error_of([&] { root.open_dataset("unwritten").read_floats(); }), HasSubstr("was never written"));
  EXPECT_THAT(error_of([&] { root.open_dataset("sparse").read_floats(); }), HasSubstr("more than a file of"));
}

TEST_F(Hdf5, ClearsTheErrorStack) {
  const std::string name = path("a.h5");
  write_sample(name);
  const Hdf5Section section(name);
  const hdf5::Group root = hdf5::File::open(name).root();
  ASSERT_LT(H5Dopen2(root.id(), "nothing", H5P_DEFAULT), 0);
  const std::string text = hdf5::take_error_stack();
  EXPECT_THAT(text, AllOf(HasSubstr("nothing"), Not(HasSubstr("\n"))));
  EXPECT_EQ(hdf5::take_error_stack(), "libhdf5 gives no reason");
}

}  // namespace
}  // namespace tally::io
