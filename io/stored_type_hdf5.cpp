#include "io/stored_type_hdf5.hpp"

#include <bit>

namespace tally::io {
namespace {

hdf5::Datatype half_type() {
  hdf5::Datatype half(H5Tcopy(H5T_NATIVE_FLOAT));  // for its byte order
  H5Tset_fields(half.get(), 15, 10, 5, 0, 10);
  H5Tset_size(half.get(), 2);
  H5Tset_ebias(half.get(), 15);
  return half;
}

bool is_half(hid_t type) {
  hdf5::Datatype native = half_type();
  for (const H5T_order_t order : {H5T_ORDER_LE, H5T_ORDER_BE})
    if (H5Tset_order(native.get(), order) >= 0 && H5Tequal(type, native.get()) > 0) return true;
  return false;
}

StoredType integer_type(std::size_t bytes, bool is_signed) {
  switch (std::bit_ceil(bytes)) {
    case 1:
      return is_signed ? StoredType::int8 : StoredType::uint8;
    case 2:
      return is_signed ? StoredType::int16 : StoredType::uint16;
    case 4:
      return is_signed ? StoredType::int32 : StoredType::uint32;
    default:
      return is_signed ? StoredType::int64 : StoredType::uint64;
  }
}

}  // namespace

hdf5::Datatype memory_type(StoredType type) {
  switch (type) {
    case StoredType::uint8:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_UINT8));
    case StoredType::int8:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_INT8));
    case StoredType::uint16:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_UINT16));
    case StoredType::int16:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_INT16));
    case StoredType::uint32:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_UINT32));
    case StoredType::int32:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_INT32));
    case StoredType::uint64:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_UINT64));
    case StoredType::int64:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_INT64));
    case StoredType::float16:
      return half_type();
    case StoredType::float32:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_FLOAT));
    case StoredType::float64:
      return hdf5::Datatype(H5Tcopy(H5T_NATIVE_DOUBLE));
  }
  return {};
}

StoredElement stored_element(const hdf5::Place& place, const hdf5::Datatype& stored) {
  StoredElement element;
  element.dtype = hdf5::dtype_name(stored.get());
  const std::size_t bytes = H5Tget_size(stored.get());
  const H5T_class_t kind = H5Tget_class(stored.get());
  if (kind == H5T_INTEGER && bytes >= 1 && bytes <= 8) {
    element.type = integer_type(bytes, H5Tget_sign(stored.get()) != H5T_SGN_NONE);
  } else if (kind == H5T_FLOAT && bytes == 2 && is_half(stored.get())) {
    element.type = StoredType::float16;
  } else if (kind == H5T_FLOAT && bytes >= 1 && bytes <= 4) {
    element.type = StoredType::float32;
  } else if (kind == H5T_FLOAT && bytes > 4 && bytes <= 8) {
    element.type = StoredType::float64;
  } else if (kind == H5T_ENUM && element.dtype == "bool") {
    // One byte either way: read under the enum's own type, since libhdf5 converts no enum to an integer.
    element.type = StoredType::uint8;
    element.memory = hdf5::Datatype(place.check(H5Tcopy(stored.get()), "has no readable type"));
    return element;
  } else {
    place.fail("should hold numbers, but its type is " + element.dtype);
  }
  element.memory = memory_type(element.type);
  place.check(element.memory.get(), "has no readable type");
  return element;
}

}  // namespace tally::io
