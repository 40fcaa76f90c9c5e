// Bytes to an opened bundle, and a refused one to a sentence that says what is wrong and what to
// do.
#include "host/bundle_image.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "host/error.hpp"
#include "host/files.hpp"
#include "host/large_pages.hpp"
#include "host/ranked_forest.hpp"

namespace mainspring {

namespace {

constexpr size_t kAlignment = 64;

std::string hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof(text), "0x%08x", value);
  return text;
}

// "'PLAN'" as a person reads a section type; hexadecimal where it is not printable.
std::string type_name(uint32_t type) {
  char letters[4];
  std::memcpy(letters, &type, sizeof(letters));
  const bool printable = std::all_of(letters, letters + 4, [](char letter) {
    return std::isgraph(static_cast<unsigned char>(letter)) != 0;
  });
  return printable ? "'" + std::string(letters, 4) + "'" : hex(type);
}

struct Signature {
  std::string_view first_bytes;
  const char* what;
  const char* fix;
};

constexpr const char* kGiveABundle = "Give a file that save() has written.";

// What people pass by mistake, told by its first bytes.
constexpr Signature kSignatures[] = {
    {"\x89PNG", "a PNG image", kGiveABundle},
    {"PK\x03\x04", "a zip file", kGiveABundle},
    {"PAR1", "a Parquet file", "Read it as a table, or give a file that save() has written."},
    {"ARROW1", "an Arrow file", "Read it as a table, or give a file that save() has written."},
    {"\x1f\x8b", "a gzip file", "Decompress it first."},
    {"\x80\x04", "a Python pickle", "Pickles are never read. Save with save()."},
    {"\x80\x05", "a Python pickle", "Pickles are never read. Save with save()."},
    {"tree\n", "a LightGBM model", "Read it with Predictor(path), or `mainspring convert` it."},
    {"{", "JSON text", kGiveABundle},
};

[[noreturn]] void throw_foreign(std::span<const uint8_t> bytes, const std::string& subject) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string got;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 8); ++i) {
    char digits[4];
    std::snprintf(digits, sizeof(digits), i == 0 ? "%02x" : " %02x", bytes[i]);
    got += digits;
  }
  const char* fix = kGiveABundle;
  for (const Signature& signature : kSignatures) {
    if (!text.starts_with(signature.first_bytes)) continue;
    got += std::string(", ") + signature.what;
    fix = signature.fix;
    break;
  }
  const std::string expected = "the first bytes 8f 53 50 52 49 4e 47 0a";
  throw Error(ErrorKind::kBundleCorrupt, "'" + subject + "' is not a mainspring bundle: expected " +
                                             expected + ", got " + got + ". " + fix)
      .expected(expected)
      .got(got)
      .hint(fix);
}

constexpr const char* kGetItAgain = "Copy or save the file again.";

[[noreturn]] void throw_truncated(std::span<const uint8_t> bytes, const std::string& subject) {
  std::string expected = "at least " + std::to_string(sizeof(BundleHeader)) + " bytes";
  if (bytes.size() >= sizeof(BundleHeader)) {
    BundleHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    expected = std::to_string(header.length) + " bytes";
  }
  const std::string got = std::to_string(bytes.size());
  throw Error(ErrorKind::kBundleCorrupt,
              "'" + subject + "' is " + (bytes.empty() ? "empty" : "truncated") + ": expected " +
                  expected + ", got " + got + ". " + kGetItAgain)
      .expected(expected)
      .got(got + " bytes")
      .hint(kGetItAgain);
}

[[noreturn]] void throw_newer(Status status, uint32_t fault, const std::string& subject) {
  const char* fix = "Install a newer mainspring, or save the bundle with this one.";
  const std::string known =
      "format " + std::to_string(kBundleMajor) + "." + std::to_string(kBundleMinor);
  const std::string got =
      fault == 0 ? "format " + std::to_string(status.index) : "the section " + type_name(fault);
  const std::string what = fault == 0 ? " was written in a newer format"
                                      : " needs a section that this version does not know";
  throw Error(ErrorKind::kBundleVersion, "'" + subject + "'" + what + ": expected at most " +
                                             known + ", got " + got + ". " + fix)
      .expected(known)
      .got(got)
      .hint(fix);
}

[[noreturn]] void throw_corrupt(Status status, uint32_t fault, const std::string& subject) {
  std::string place = "The header";
  if (status.code == Code::kBadChecksum && status.index == kTableChecksum) {
    place = "The section table";
  } else if (fault != 0) {
    place = "Section " + type_name(fault);
  } else if (status.code == Code::kCorrupt && status.index >= sizeof(BundleHeader)) {
    place = "The section table";
  }
  std::string why;
  if (status.code == Code::kBadChecksum) {
    why = "does not have the checksum that was written with it";
  } else {
    const char* unit = fault == kSectionPlan ? "record " : "byte ";
    why = std::string("has a value out of its range at ") + unit + std::to_string(status.index);
  }
  throw Error(ErrorKind::kBundleCorrupt, "'" + subject + "' is damaged or was changed. " + place +
                                             " " + why + ". " + kGetItAgain)
      .hint(kGetItAgain);
}

[[noreturn]] void throw_refused(Status status, uint32_t fault, std::span<const uint8_t> bytes,
                                const std::string& subject) {
  switch (status.code) {
    case Code::kForeign: throw_foreign(bytes, subject);
    case Code::kTruncated:
      if (fault == 0) throw_truncated(bytes, subject);
      throw_corrupt(status, fault, subject);
    case Code::kNewerVersion: throw_newer(status, fault, subject);
    default: throw_corrupt(status, fault, subject);
  }
}

IsaLevel wanted_isa() {
  const char* const name = std::getenv("MAINSPRING_ISA");
  if (name == nullptr || *name == '\0') return detect_isa();
  const std::string_view wanted = name;
  if (wanted == "baseline") return IsaLevel::kBaseline;
  if (wanted == "avx2") return IsaLevel::kAvx2;
  if (wanted == "avx512") return IsaLevel::kAvx512;
  throw Error(
      ErrorKind::kParameter,
      "MAINSPRING_ISA is not the name of an instruction set: expected 'baseline', 'avx2' or "
      "'avx512', got '" +
          std::string(wanted) + "'. Correct the environment variable or unset it.")
      .expected("'baseline', 'avx2' or 'avx512'")
      .got(wanted);
}

}  // namespace

std::shared_ptr<const BundleImage> BundleImage::open(std::span<const uint8_t> bytes,
                                                     const std::string& subject) {
  const std::shared_ptr<BundleImage> image(new BundleImage);
  image->data_ = static_cast<uint8_t*>(
      ::operator new(std::max<size_t>(bytes.size(), 1), std::align_val_t{kAlignment}));
  image->length_ = bytes.size();
  prefer_large_pages(image->data_, image->length_);
  if (!bytes.empty()) std::memcpy(image->data_, bytes.data(), bytes.size());
  uint32_t fault = 0;
  const Status status = read_bundle(image->data_, image->length_, &image->view_, &fault);
  if (!status.ok()) throw_refused(status, fault, image->bytes(), subject);
  image->forms_ = make_forms(&image->view_);
  return image;
}

std::shared_ptr<const BundleImage> BundleImage::load(const std::string& path) {
  return open(read_file(path), printable_path(path));
}

std::shared_ptr<const RankedForest> BundleImage::ranked_forest() const {
  std::call_once(ranked_once_, [&] { ranked_ = rank_forest(view_); });
  return ranked_;
}

BundleImage::~BundleImage() { ::operator delete(data_, std::align_val_t{kAlignment}); }

const Kernels& process_kernels() {
  // An exception leaves the variable unset, so that a corrected environment works at the next call.
  static const Kernels* const kernels = kernels_for(std::min(wanted_isa(), detect_isa()));
  return *kernels;
}

}  // namespace mainspring
