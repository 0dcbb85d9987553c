package dev.retrograde.x64.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// What the processor can do and how it is built, by its own account.
///
/// A feature is listed only if the operating system also saves the registers that it needs.
///
/// @param vendor twelve letters, such as `GenuineIntel`
/// @param brand the name that is printed on the box
/// @param features what may be used
/// @param caches from the nearest to the farthest
public record CpuFeatures(
    String vendor, String brand, Set<CpuFeature> features, List<CpuCache> caches) {

  private static final long XMM_AND_YMM = 0b110;
  private static final long AVX512_STATE = 0b1110_0110;
  private static final long TILE_STATE = 0b11 << 17;

  private static final int EXTENDED = 0x8000_0000;

  public CpuFeatures {
    features = Set.copyOf(features);
    caches = List.copyOf(caches);
  }

  /// Asks the processor that this runs on.
  ///
  /// @throws ExecutableMemoryRefused if machine code cannot be run here
  public static CpuFeatures detect() {
    try (Cpuid cpuid = new Cpuid()) {
      return of(cpuid);
    }
  }

  /// Whether the feature may be used.
  public boolean has(CpuFeature feature) {
    return features.contains(feature);
  }

  /// Whether the code generator's base may be used: AVX2 with fused multiply-add.
  public boolean hasAvx2Base() {
    return has(CpuFeature.AVX2) && has(CpuFeature.FMA);
  }

  /// Whether the wide registers and masks may be used at every width.
  public boolean hasAvx512Base() {
    return features.containsAll(
        EnumSet.of(
            CpuFeature.AVX512F, CpuFeature.AVX512DQ, CpuFeature.AVX512BW, CpuFeature.AVX512VL));
  }

  /// Bytes of the data cache (or unified cache) at a level; empty if the processor does not say.
  public OptionalLong dataCacheBytes(int level) {
    return caches.stream()
        .filter(c -> c.level() == level && c.kind() != CpuCache.Kind.INSTRUCTION)
        .mapToLong(CpuCache::bytes)
        .findFirst();
  }

  private static CpuFeatures of(Cpuid cpuid) {
    Cpuid.Answer zero = cpuid.ask(0, 0);
    String vendor = letters(zero.ebx(), zero.edx(), zero.ecx());
    return new CpuFeatures(vendor, brand(cpuid), features(cpuid, zero.eax()), caches(cpuid));
  }

  private static Set<CpuFeature> features(Cpuid cpuid, int lastLeaf) {
    Set<CpuFeature> found = EnumSet.noneOf(CpuFeature.class);
    int ecx1 = cpuid.ask(1, 0).ecx();
    add(found, CpuFeature.SSE4_2, ecx1, 20, true);
    add(found, CpuFeature.POPCNT, ecx1, 23, true);
    boolean osSaves = (ecx1 >>> 27 & 1) != 0;
    long state = osSaves ? cpuid.enabledState() : 0;
    boolean avx = (state & XMM_AND_YMM) == XMM_AND_YMM;
    boolean avx512 = (state & AVX512_STATE) == AVX512_STATE;
    boolean tiles = (state & TILE_STATE) == TILE_STATE;
    add(found, CpuFeature.AVX, ecx1, 28, avx);
    add(found, CpuFeature.F16C, ecx1, 29, avx);
    add(found, CpuFeature.FMA, ecx1, 12, avx);
    if (lastLeaf < 7) {
      return found;
    }
    Cpuid.Answer seven = cpuid.ask(7, 0);
    add(found, CpuFeature.BMI1, seven.ebx(), 3, true);
    add(found, CpuFeature.BMI2, seven.ebx(), 8, true);
    add(found, CpuFeature.AVX2, seven.ebx(), 5, avx);
    add(found, CpuFeature.AVX512F, seven.ebx(), 16, avx512);
    add(found, CpuFeature.AVX512DQ, seven.ebx(), 17, avx512);
    add(found, CpuFeature.AVX512BW, seven.ebx(), 30, avx512);
    add(found, CpuFeature.AVX512VL, seven.ebx(), 31, avx512);
    add(found, CpuFeature.AVX512_VNNI, seven.ecx(), 11, avx512);
    add(found, CpuFeature.AVX512_VPOPCNTDQ, seven.ecx(), 14, avx512);
    add(found, CpuFeature.AMX_BF16, seven.edx(), 22, tiles);
    add(found, CpuFeature.AMX_TILE, seven.edx(), 24, tiles);
    add(found, CpuFeature.AMX_INT8, seven.edx(), 25, tiles);
    if (seven.eax() >= 1) {
      add(found, CpuFeature.AVX512_BF16, cpuid.ask(7, 1).eax(), 5, avx512);
    }
    return found;
  }

  private static void add(
      Set<CpuFeature> found, CpuFeature feature, int word, int bit, boolean allowed) {
    if (allowed && (word >>> bit & 1) != 0) {
      found.add(feature);
    }
  }

  private static String brand(Cpuid cpuid) {
    if (Integer.compareUnsigned(cpuid.ask(EXTENDED, 0).eax(), EXTENDED + 4) < 0) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (int leaf = EXTENDED + 2; leaf <= EXTENDED + 4; leaf++) {
      Cpuid.Answer a = cpuid.ask(leaf, 0);
      text.append(letters(a.eax(), a.ebx(), a.ecx(), a.edx()));
    }
    return text.toString().strip();
  }

  private static List<CpuCache> caches(Cpuid cpuid) {
    boolean amd =
        Integer.compareUnsigned(cpuid.ask(EXTENDED, 0).eax(), EXTENDED + 0x1D) >= 0
            && (cpuid.ask(EXTENDED + 1, 0).ecx() >>> 22 & 1) != 0;
    int leaf = amd ? EXTENDED + 0x1D : 4;
    List<CpuCache> caches = new ArrayList<>();
    if (!amd && cpuid.ask(0, 0).eax() < leaf) {
      return caches;
    }
    for (int i = 0; i < 16; i++) {
      Cpuid.Answer a = cpuid.ask(leaf, i);
      CpuCache.Kind kind;
      switch (a.eax() & 31) {
        case 1 -> kind = CpuCache.Kind.DATA;
        case 2 -> kind = CpuCache.Kind.INSTRUCTION;
        case 3 -> kind = CpuCache.Kind.UNIFIED;
        default -> {
          return caches;
        }
      }
      int line = (a.ebx() & 0xFFF) + 1;
      long partitions = (a.ebx() >>> 12 & 0x3FF) + 1;
      long ways = (a.ebx() >>> 22) + 1;
      long sets = Integer.toUnsignedLong(a.ecx()) + 1;
      int sharing = (a.eax() >>> 14 & 0xFFF) + 1;
      int level = a.eax() >>> 5 & 7;
      caches.add(new CpuCache(level, kind, ways * partitions * line * sets, line, sharing));
    }
    return caches;
  }

  private static String letters(int... words) {
    byte[] bytes = new byte[4 * words.length];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_INT, words);
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
    }
    return new String(bytes, StandardCharsets.ISO_8859_1).replace("\0", "");
  }
}
