// What this CPU and this operating system can run, asked directly: the compiler's own CPU model
// lives in a library that the edge build does not link.
#include "runtime/core/cpu_features.hpp"

#include "runtime/core/kernels.hpp"

namespace mainspring {

namespace {

#if defined(__x86_64__)

struct CpuAnswer {
  uint32_t eax, ebx, ecx, edx;
};

CpuAnswer ask_cpu(uint32_t leaf, uint32_t subleaf) {
  CpuAnswer answer{};
  asm volatile("cpuid"
               : "=a"(answer.eax), "=b"(answer.ebx), "=c"(answer.ecx), "=d"(answer.edx)
               : "a"(leaf), "c"(subleaf));
  return answer;
}

/// Register sets that the operating system saves for each thread.
uint64_t saved_registers() {
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

constexpr uint32_t bit(uint32_t position) { return uint32_t{1} << position; }

constexpr bool has_all(uint64_t value, uint64_t bits) { return (value & bits) == bits; }

// Intel SDM volume 2, CPUID. The groups are those of the x86-64 psABI's levels v3 and v4.
constexpr uint32_t kLeaf1Ecx =
    bit(12) | bit(22) | bit(26) | bit(27) | bit(28) | bit(29);  // fma movbe xsave osxsave avx f16c
constexpr uint32_t kExtendedEcx = bit(5);                       // lzcnt
constexpr uint32_t kLeaf7EbxAvx2 = bit(3) | bit(5) | bit(8);    // bmi1 avx2 bmi2
constexpr uint32_t kLeaf7EbxAvx512 =
    bit(16) | bit(17) | bit(28) | bit(30) | bit(31);  // avx512 f dq cd bw vl
constexpr uint32_t kLeaf7EcxGfni = bit(1) | bit(8);   // avx512 vbmi, gfni
constexpr uint64_t kAvxState = 0x06;                  // xmm and the upper halves of ymm
constexpr uint64_t kAvx512State = 0xE6;               // and masks, upper halves of zmm, zmm16-31

#endif

}  // namespace

IsaLevel detect_isa() noexcept {
#if defined(__x86_64__)
  if (ask_cpu(0, 0).eax < 7 || ask_cpu(0x80000000, 0).eax < 0x80000001) return IsaLevel::kBaseline;
  if (!has_all(ask_cpu(1, 0).ecx, kLeaf1Ecx)) return IsaLevel::kBaseline;
  const uint32_t leaf7 = ask_cpu(7, 0).ebx;
  const uint64_t saved = saved_registers();
  if (!has_all(leaf7, kLeaf7EbxAvx2) || !has_all(ask_cpu(0x80000001, 0).ecx, kExtendedEcx) ||
      !has_all(saved, kAvxState) || kernels_avx2() == nullptr) {
    return IsaLevel::kBaseline;
  }
  if (!has_all(leaf7, kLeaf7EbxAvx512) || !has_all(saved, kAvx512State) ||
      kernels_avx512() == nullptr) {
    return IsaLevel::kAvx2;
  }
  return IsaLevel::kAvx512;
#else
  return IsaLevel::kBaseline;
#endif
}

#if !defined(MAINSPRING_SMALL)
bool has_gfni() noexcept {
#if defined(__x86_64__)
  enum Known : uint8_t { kNotAsked, kMissing, kThere };
  static constinit uint8_t known = kNotAsked;  // whoever asks at the same time learns the same
  uint8_t has = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (has == kNotAsked) {
    has = ask_cpu(0, 0).eax >= 7 && has_all(ask_cpu(7, 0).ecx, kLeaf7EcxGfni) ? kThere : kMissing;
    __atomic_store_n(&known, has, __ATOMIC_RELAXED);
  }
  return has == kThere;
#else
  return false;
#endif
}
#endif

const Kernels* kernels_for(IsaLevel at_most) noexcept {
  const IsaLevel best = detect_isa();
  switch (at_most < best ? at_most : best) {
    case IsaLevel::kAvx512: return kernels_avx512();
    case IsaLevel::kAvx2: return kernels_avx2();
    case IsaLevel::kBaseline: return kernels_baseline();
  }
  return kernels_baseline();
}

}  // namespace mainspring
